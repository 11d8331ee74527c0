"""
Connection registration: what a client tells the server about itself before it takes part in the chat.

A client registers when it has given a nick and a username and does not negotiate capabilities
(modern.ircdocs.horse, "Connection Registration"; IRCv3 capability-negotiation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred

from twistchat.chat.errors import ChatError, NickInUse, NickOwned, NotLoggedIn, ServerBanned
from twistchat.chat.model.bans.server import wordServerBan
from twistchat.chat.model.events import SessionStarted
from twistchat.chat.rules.users.websessions import LOGGED_OUT
from twistchat.protocols.irc.attaching import showRooms
from twistchat.protocols.irc.registration.welcome import welcome
from twistchat.protocols.irc.replies.accounts import showLoggedIn
from twistchat.protocols.irc.replies.reply import Reply
from twistchat.protocols.irc.settings import ircSettings
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection

NO_GUESTS: Final = "This server does not let guests in here; log in to your account first, with SASL"
"""Why a client without an account is refused."""


class Registration:
    """
    The registration of one client.

    @ivar nick: the nick from NICK; C{""} before that, and after the nick was refused.
    @ivar username: the username as others see it, with C{~}; C{""} before USER.
    @ivar realname: the realname from USER.
    @ivar negotiating: whether the client negotiates capabilities.
    @ivar away: the away message (IRCv3 pre-away); C{None} if the client is not away.
    @ivar password: the parameter of PASS: the server's password, or C{account:password}; C{None} without PASS.
    """

    def __init__(self, client: IrcConnection) -> None:
        self._client = client
        self.nick = ""
        self.username = ""
        self.realname = ""
        self.away: str | None = None
        self.password: str | None = None
        self.negotiating = False

    @property
    def first(self) -> bool:
        """Whether the current message is the client's first."""
        return self._client.entrance.lines == 1

    @property
    def mayLogIn(self) -> bool:
        """Whether the client may log in to an account before it registers, with SASL or PASS."""
        return self.negotiating or self.password is not None

    def advance(self, reply: Reply) -> Deferred[None] | None:
        """
        Register the client if nothing is missing.  Call this after each change of the attributes.

        @return: fires when the client has registered or was refused.  The client's next command waits for it.
        """
        if self.negotiating or not (self.nick and self.username):
            return None
        return Deferred.fromCoroutine(self._register(reply))

    async def _register(self, reply: Reply) -> None:
        client, context = self._client, self._client.context
        host = context.cloak(client.address)
        if client.authentication is not None and client.authentication.running:
            client.authentication.abort(reply)
        try:
            if not await self._isAdmitted(reply):
                return
            entry = await context.chat.identity.enter(
                reply.asker, self.nick, self.username, host, self.realname, away=self.away
            )
        except (NickInUse, NickOwned) as e:
            self.nick = ""
            reply.error(e)
            return
        except NotLoggedIn as e:
            reply.error(e)
            self._expel(reply, LOGGED_OUT)
            return
        except ChatError as e:
            reply.error(e)
            self._expel(reply, wordServerBan(e.reason) if isinstance(e, ServerBanned) else "You cannot come in now")
            return
        if client.openSession.user is None:
            return
        client.registration = None
        client.entered = entry.sequence
        client.entrance.register()
        welcome(client, reply)
        if isinstance(entry.event, SessionStarted):
            showRooms(client, reply, entry)

    def _expel(self, reply: Reply, why: str) -> None:
        reply.finish()
        self._client.closing.expel(why)

    @property
    def _credentials(self) -> tuple[str, str]:
        """The account and the password from PASS; both are C{""} if PASS did not contain them."""
        name, _, password = (self.password or "").partition(":")
        return (name, password) if name and password else ("", "")

    async def _isAdmitted(self, reply: Reply) -> bool:
        """
        Log the client in with PASS, or check the server's password, if it has one.  A client that has logged in needs
        no password of the server.  Other clients are guests, whom not every door lets in.

        @return: whether the client may come in; if not, it has been told why.
        """
        client = self._client
        if client.openSession.account is not None:
            return True
        stored = ircSettings(client.settings).password
        name, password = self._credentials
        if name and (not stored or client.context.chat.state.accounts.ownerOf(name) is not None):
            return await self._logIn(reply, name, password)
        if not client.irc.guests():
            reply.fail("ACCOUNT_REQUIRED", NO_GUESTS)
            self._expel(reply, NO_GUESTS)
            return False
        if stored and not await client.entrance.checkPassword(stored, self.password or ""):
            reply.numeric(n.ERR_PASSWDMISMATCH, "Password incorrect")
            self._expel(reply, "Bad password")
            return False
        return True

    async def _logIn(self, reply: Reply, name: str, password: str) -> bool:
        """Log the client in.  If that fails, say why, and close the connection."""
        client = self._client
        try:
            authenticated = await client.context.logins.password(client.openSession, name, password)
            await client.context.chat.identity.login(reply.asker, authenticated.account)
        except ChatError as refusal:
            client.context.refusals.noteError(client.address, refusal)
            reply.numeric(n.ERR_PASSWDMISMATCH, refusal.text)
            self._expel(reply, refusal.text)
            return False
        showLoggedIn(client, reply, authenticated.account)
        return True
