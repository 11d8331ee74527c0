"""Accounts for the tests of IRC, and what clients send to log in."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

from scramp import ScramClient
from twisted.internet.defer import Deferred, fail
from zope.interface import implementer

from twistchat.chat.errors import ChatError
from twistchat.chat.model.sessions import Session
from twistchat.interfaces import Authenticated, Caller, ILogins, IScramAttempt, WebSession
from twistchat.testing import IrcClient, MemoryServer

PASSWORD = "correct horse"
"""The password of every account."""


def addAccount(server: MemoryServer, name: str) -> None:
    """Register an account, and leave nobody behind."""
    client = server.irc(name)
    client.send(f"REGISTER * * :{PASSWORD}")
    client.until(f":twistchat REGISTER SUCCESS {name} :The account is registered")
    client.send("QUIT")


def negotiating(server: MemoryServer, host: str = "127.0.0.1", *capabilities: str) -> IrcClient:
    """Connect a client that has the capability sasl, and has not registered."""
    client = server.connectIrc(host)
    client.send("CAP LS 302", f"CAP REQ :{' '.join(('sasl', *capabilities))}")
    client.skip()
    return client


def encoded(text: str | bytes) -> str:
    """Encode a response."""
    return b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def plain(name: str, password: str = PASSWORD, identity: str = "") -> str:
    """Encode a response of PLAIN."""
    return encoded(f"{identity}\0{name}\0{password}")


def scram(client: IrcClient, name: str, password: str = PASSWORD) -> Iterator[str]:
    """
    Log in with SCRAM-SHA-256, and check the server's signature.

    @return: the lines that the client sends.  The caller sends each before it asks for the next.
    """
    mechanism = ScramClient(["SCRAM-SHA-256"], name, password, c_nonce="client")
    yield "AUTHENTICATE SCRAM-SHA-256"
    client.until("AUTHENTICATE +")
    yield f"AUTHENTICATE {encoded(mechanism.get_client_first())}"
    mechanism.set_server_first(challenge(client))
    yield f"AUTHENTICATE {encoded(mechanism.get_client_final())}"
    mechanism.set_server_final(challenge(client))
    yield "AUTHENTICATE +"


def challenge(client: IrcClient) -> str:
    """Read the challenge that a client has just received."""
    (line,) = client.lines()
    word, _, data = line.partition(" ")
    assert word == "AUTHENTICATE", line
    return b64decode(data).decode()


@implementer(ILogins)
class Refusing:
    """Checks of passwords that all end with the same error.  There are no second factors."""

    factors: Any = None

    def __init__(self, error: ChatError) -> None:
        self.error = error

    def maySendPasswords(self, caller: Caller) -> bool:
        """Anyone may."""
        return True

    def password(self, caller: Caller, name: str, password: str, code: str | None = None) -> Deferred[Authenticated]:
        """Fail."""
        return fail(self.error)

    def certificate(self, session: Session, name: str | None) -> Deferred[Authenticated]:
        """Fail."""
        return fail(self.error)

    def sshKey(self, caller: Caller, name: str | None, fingerprint: str) -> Deferred[Authenticated]:
        """Fail."""
        return fail(self.error)

    def scram(self, caller: Caller, name: str) -> IScramAttempt:
        """Fail."""
        raise self.error

    def webLogin(self, caller: Caller, name: str, password: str, code: str | None, agent: str) -> Deferred[WebSession]:
        """Fail."""
        return fail(self.error)

    def openWebSession(self, caller: Caller, account: str, agent: str) -> Deferred[WebSession]:
        """Fail."""
        return fail(self.error)

    def webSession(self, secret: str, caller: Caller | None = None) -> Authenticated:
        """Fail."""
        raise self.error

    def endWebSession(self, secret: str) -> Deferred[None]:
        """Fail."""
        return fail(self.error)

    def endWebSessions(self, account: str, but: str | None = None) -> Deferred[None]:
        """Fail."""
        return fail(self.error)

    def tend(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""
