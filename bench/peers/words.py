"""
twisted.words' IRC server, with a checker that lets everyone in.  Run it as C{python -m bench.peers.words PORT}.

This is what C{twistd words} runs, with two differences.  The command needs a list of names for its checker, and it does
not create rooms on request, so nobody could join a room.
"""

from __future__ import annotations

import sys

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.portal import Portal
from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.words.service import InMemoryWordsRealm, IRCFactory
from zope.interface import implementer


@implementer(ICredentialsChecker)
class Anyone:
    """Accepts every name."""

    credentialInterfaces = (IUsernamePassword,)

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[bytes | tuple[()]]:
        """Accept the name."""
        return succeed(credentials.username)


if __name__ == "__main__":
    realm = InMemoryWordsRealm("words.example.net")
    realm.createGroupOnRequest = True
    factory = IRCFactory(realm, Portal(realm, [Anyone()]))
    reactor.listenTCP(int(sys.argv[1]), factory, backlog=1024, interface="127.0.0.1")
    reactor.run()
