"""The settings of the IRC protocol: the keys of the section C{[irc]}."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from twistchat.chat.limits import Networks
from twistchat.config import Settings
from twistchat.config.keytypes import Greeting, Lines, NetworkName, PasswordHash, Port, Span, Url


@dataclass(frozen=True, slots=True)
class IrcSettings:
    """
    The IRC door.

    @ivar network: the name of the network.  Letters, digits, dots, hyphens and underscores.
    @ivar motd: the message of the day, one or more lines; "" for none.
    @ivar admin: up to three lines about who runs this server and how to reach them, shown by the command ADMIN.
    @ivar icon: the URL of the network's icon, which should be square and use https; "" for none.
    @ivar password: the hash of the password that clients need to connect through this door; "" if they need none.  The
        command "twistchat hash-password" makes it.
    @ivar stsPort: the port of a TLS endpoint of this door.  Clients that support IRCv3's strict transport security
        reconnect to it when they use any other; 0 turns this off.
    @ivar stsDuration: how long such clients use only that port; 0 makes them forget it.
    @ivar stsPreload: whether vendors of clients may include this policy in their programs.
    @ivar earlyAccounts: whether a client may register an account before it has registered its connection, for example
        with the nick that it wants to have.  It may not if this door has a password.
    @ivar customAccountNames: whether clients may register an account with a name that is not their nick.
    @ivar historyOnJoin: whether clients that cannot ask for history get up to limits.historyOnJoin texts when they join
        a channel.  Bots (user mode B) do not.
    @ivar proxies: networks whose PROXY headers are trusted, at endpoints of any door that begin with "haproxy:".
    """

    live: ClassVar = (
        "network",
        "motd",
        "admin",
        "icon",
        "password",
        "stsPort",
        "stsDuration",
        "stsPreload",
        "earlyAccounts",
        "customAccountNames",
        "historyOnJoin",
        "proxies",
    )

    network: NetworkName = "twistchat"
    motd: Greeting = ""
    admin: Lines = ()
    icon: Url = ""
    password: PasswordHash = ""
    stsPort: Port = 0
    stsDuration: Span = 30 * 86400.0
    stsPreload: bool = False
    earlyAccounts: bool = True
    customAccountNames: bool = True
    historyOnJoin: bool = True
    proxies: Networks = ()


def ircSettings(settings: Settings) -> IrcSettings:
    """Get the section C{[irc]}."""
    return settings.of("irc", IrcSettings)
