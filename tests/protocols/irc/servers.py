"""Servers for the tests of the IRC door, and what these do with them."""

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
"""An address that limits bind."""

SECRET = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("secret")
"""The hash of the password C{secret}, which takes no time to check."""


def settingsWith(irc: dict[str, Any] | None = None, limits: dict[str, Any] | None = None, **sections: Any) -> Settings:
    """
    The settings of a test.

    @param irc: keys of the section C{irc}.
    @param limits: keys of the section C{limits}.
    @param sections: other sections, whole.
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
    """A server with these settings.  The arguments are those of L{settingsWith}."""
    return MemoryServer(settingsWith(irc, limits, **sections))


def staffed(
    irc: dict[str, Any] | None = None, limits: dict[str, Any] | None = None, **classes: ClassSettings
) -> MemoryServer:
    """
    A server where one may say C{OPER root secret}, to be allowed everything.

    @param classes: classes of operators; each has an operator of its name, whose password is C{secret}.
    """
    every = {"root": ClassSettings(privileges=tuple(PRIVILEGES)), **classes}
    operators = {name: OperatorSettings(password=SECRET, class_=name) for name in every}
    return serverWith(irc, limits, classes=every, operators=operators)


def gateway(**settings: Any) -> Settings:
    """Settings with a gateway at C{192.0.2.7} whose password is C{secret}."""
    return settingsWith(webirc={"web": WebircSettings(SECRET, (f"{STRANGER}/32",))}, **settings)


def rooted(server: MemoryServer, nick: str, *capabilities: str, name: str = "root") -> IrcClient:
    """Bring in someone who has become an operator of the server."""
    client = server.irc(nick, *capabilities)
    client.send(f"OPER {name} secret")
    client.until(f":twistchat 381 {nick} :You are now an IRC operator")
    client.skip()
    return client


def host(address: str = "127.0.0.1") -> str:
    """The host with which others see who comes from an address."""
    return cloak(lambda: b"test")(address)


def mask(nick: str, address: str = "127.0.0.1") -> str:
    """The C{nick!user@host} of someone whom L{MemoryServer.irc} brought in."""
    return f"{nick}!~{nick}@{host(address)}"


def encrypt(case: SynchronousTestCase, secure: bool = True) -> None:
    """Have every connection that is made from now on be encrypted, or not."""

    def beginSo(self: IrcConnection) -> None:
        if not hasattr(self, "negotiation"):  # it begins anew where it turns out to be that of a gateway
            self.secure = secure
        _begin(self)

    case.patch(IrcConnection, "begin", beginSo)
