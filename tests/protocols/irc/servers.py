"""Servers for the tests of IRC, and functions that use them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from argon2 import PasswordHasher
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.users import PRIVILEGES
from twistchat.config import ClassSettings, OperatorSettings, Settings, WebircSettings
from twistchat.net.limits.admission import cloak
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.protocols.irc.settings import IrcSettings
from twistchat.testing import IrcClient, MemoryServer
from twistchat.testing.server import SETTINGS

_begin = IrcConnection.begin

STRANGER = "192.0.2.7"
"""An address without exemption from limits."""

SECRET = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("secret")
"""The hash of the password C{secret}, which is checked quickly."""


def settingsWith(irc: dict[str, Any] | None = None, limits: dict[str, Any] | None = None, **sections: Any) -> Settings:
    """
    Make the settings of a test.

    @param irc: keys of the section C{irc}.
    @param limits: keys of the section C{limits}.
    @param sections: other whole sections.
    """
    return replace(
        SETTINGS,
        doors={**SETTINGS.doors, "irc": IrcSettings(**(irc or {}))},
        limits=replace(SETTINGS.limits, **(limits or {})),
        **sections,
    )


def serverWith(
    irc: dict[str, Any] | None = None, limits: dict[str, Any] | None = None, **sections: Any
) -> MemoryServer:
    """Make a server with these settings.  The arguments are those of L{settingsWith}."""
    return MemoryServer(settingsWith(irc, limits, **sections))


def staffed(
    irc: dict[str, Any] | None = None, limits: dict[str, Any] | None = None, **classes: ClassSettings
) -> MemoryServer:
    """
    Make a server on which C{OPER root secret} gives all privileges.

    @param classes: classes of operators.  Each has an operator with its name and the password C{secret}.
    """
    every = {"root": ClassSettings(privileges=tuple(PRIVILEGES)), **classes}
    operators = {name: OperatorSettings(password=SECRET, class_=name) for name in every}
    return serverWith(irc, limits, classes=every, operators=operators)


def gateway(**settings: Any) -> Settings:
    """Make settings with a gateway at C{192.0.2.7} with the password C{secret}."""
    return settingsWith(webirc={"web": WebircSettings(SECRET, (f"{STRANGER}/32",))}, **settings)


def rooted(server: MemoryServer, nick: str, *capabilities: str, name: str = "root") -> IrcClient:
    """Register a client and make it an operator of the server."""
    client = server.irc(nick, *capabilities)
    client.send(f"OPER {name} secret")
    client.until(f":twistchat 381 {nick} :You are now an IRC operator")
    client.skip()
    return client


def listed(client: IrcClient) -> list[str]:
    """Get the words of the capabilities that a client has just been listed, in one line or in several."""
    return [word for line in client.lines() if " CAP " in line for word in line.split(" :")[1].split()]


def host(address: str = "127.0.0.1") -> str:
    """Get the host that others see for an address."""
    return cloak(lambda: b"test")(address)


def mask(nick: str, address: str = "127.0.0.1") -> str:
    """Get the C{nick!user@host} of a client that L{MemoryServer.irc} registered."""
    return f"{nick}!~{nick}@{host(address)}"


def encrypt(case: SynchronousTestCase, secure: bool = True) -> None:
    """Encrypt every later connection, or none."""

    def beginSo(self: IrcConnection) -> None:
        if not hasattr(self, "negotiation"):  # it begins anew where it turns out to be that of a gateway
            self.secure = self.openSession.secure = secure
        _begin(self)

    case.patch(IrcConnection, "begin", beginSo)
