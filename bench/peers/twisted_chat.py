"""A chat with Twisted's LineReceiver.  Run it as C{python -m bench.peers.twisted_chat PORT}."""

from __future__ import annotations

import sys

from twisted.internet import reactor
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure


class Chat(LineReceiver):
    """One connection."""

    delimiter = b"\n"
    name = b""

    def __init__(self, chats: set[Chat]) -> None:
        self.chats = chats

    def connectionMade(self) -> None:
        """Turn off Nagle's algorithm."""
        self.transport.setTcpNoDelay(True)  # type: ignore[union-attr]  # a TCP transport has it

    def lineReceived(self, line: bytes) -> None:
        """Take the name, or send a line to all other clients."""
        if not self.name:
            self.name = line
            self.chats.add(self)
            self.sendLine(b"Welcome, " + line + b"!")
            return
        for chat in self.chats:
            if chat is not self:
                chat.sendLine(b"#[" + self.name + b"]>> " + line)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget the connection."""
        self.chats.discard(self)


class ChatFactory(ServerFactory):
    """Makes the connections, which share a set."""

    def __init__(self) -> None:
        self.chats: set[Chat] = set()

    def buildProtocol(self, addr: IAddress | None) -> Chat:
        """Make a connection's protocol."""
        return Chat(self.chats)


if __name__ == "__main__":
    reactor.listenTCP(int(sys.argv[1]), ChatFactory(), backlog=1024, interface="127.0.0.1")
    reactor.run()
