"""
Every key of the configuration, as a field.

Its type says how it is read, its default what it is when nobody sets it, and its docstring is what a user reads of it
in C{docs/twistchat.toml}.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from types import MappingProxyType
from typing import Any, Literal, get_type_hints

from twistchat.chat.limits import Limits, Networks
from twistchat.chat.model.names import DEFAULT_RESERVED
from twistchat.config.keytypes import (
    Age,
    Directory,
    Fingerprint,
    Greeting,
    Host,
    JournalKind,
    Lines,
    NetworkName,
    Nicks,
    Number,
    PasswordHash,
    Port,
    Privileges,
    ServerName,
    Span,
    Text,
    Url,
    Zone,
)

NO_KEY: Mapping[Any, Any] = MappingProxyType({"key": False})
"""The metadata of a field that is no key of the configuration."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """
    The server as a whole.

    @ivar name: the server's name, which IRC clients see as the server they are on.  Letters, digits, dots and
        hyphens; with a dot in it, clients can tell it from a nick.
    @ivar description: what the server is, in one line, for those who ask with IRC's WHOIS or LINKS.
    @ivar data: the directory for what the server keeps.  A relative path begins where the server is started.  The
        option --data sets it too.
    """

    name: ServerName = "twistchat.local"
    description: Text = "A twistchat server"
    data: Directory = "./twistchat-data"


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """
    The rules of the chat.

    @ivar lobby: the room that one is in after connecting through a door that shows one room at a time.  Only operators
        of the server with the privilege "rooms" lock it.
    @ivar reserved: nicks that nobody can take: those of services, and others that would deceive.
    """

    lobby: str = "#lobby"
    reserved: Nicks = DEFAULT_RESERVED


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """
    The journal.

    @ivar kind: "sqlite" keeps the journal on disk, in the data directory; "memory" keeps it in memory and loses it when
        the server stops.  The option --journal sets it too.
    @ivar durability: "full" puts every message on disk before anyone sees it, so that it survives a power failure;
        "relaxed" answers sooner, and a power failure takes the last moments with it.
    @ivar retention: how long entries are kept on disk; 0 for ever.  What a room has (its topic, modes, bans and ranks)
        is kept as long as it holds.
    @ivar retentionCount: how many entries are kept on disk, of all conversations together; 0 sets no limit.
    @ivar keepPassing: whether people's comings and goings are kept on disk too, as part of a room's history.
    @ivar keep: how many entries the memory journal holds for history, of all conversations together.
    @ivar own: the keys of [journal.KIND], for a kind of journal that a plugin brings; C{None} without one.
    """

    kind: JournalKind = "sqlite"
    durability: Literal["full", "relaxed"] = "full"
    retention: Age = 90 * 86400.0
    retentionCount: Number = 0
    keepPassing: bool = False
    keep: int = 10_000
    own: Any = field(default=None, metadata=NO_KEY)


@dataclass(frozen=True, slots=True)
class LineSettings:
    """
    The line door.

    @ivar timezone: the time zone of the times shown, as the IANA database names it ("Europe/Paris"); "" is the
        machine's own.
    @ivar motd: a greeting shown on connecting, of one line or more; "" shows none.
    """

    timezone: Zone = ""
    motd: Greeting = ""


@dataclass(frozen=True, slots=True)
class IrcSettings:
    """
    The IRC door.

    @ivar network: the name of the network, of which this is the only server.  Letters, digits, dots, hyphens and
        underscores.
    @ivar motd: the message of the day, of one line or more; "" says that there is none.
    @ivar admin: who runs this server and how to reach them, for the command ADMIN: up to three lines.
    @ivar icon: where the picture of the network is, a URL, which should be of a square and begin with https; "" where
        there is none.
    @ivar password: the hash of a password without which nobody comes in through this door; "" where none is wanted.
        The command "twistchat hash-password" makes it.
    @ivar stsPort: the port of an encrypted endpoint of this door, to which clients that know IRCv3's strict transport
        security are sent from any other; 0 sends nobody.
    @ivar stsDuration: how long such clients come back to that port and no other; 0 ends it for those who would.
    @ivar stsPreload: whether makers of clients may ship that with their programs.
    @ivar proxies: networks whose PROXY header is believed, at the endpoints of any door that begin with "haproxy:".
    """

    network: NetworkName = "twistchat"
    motd: Greeting = ""
    admin: Lines = ()
    icon: Url = ""
    password: PasswordHash = ""
    stsPort: Port = 0
    stsDuration: Span = 30 * 86400.0
    stsPreload: bool = False
    proxies: Networks = ()


@dataclass(frozen=True, slots=True)
class WebircSettings:
    """
    A gateway.

    @ivar password: the hash of the gateway's password, which "twistchat hash-password" makes.
    @ivar hosts: the networks that the gateway connects from.
    """

    password: PasswordHash = ""
    hosts: Networks = ()


@dataclass(frozen=True, slots=True)
class ClassSettings:
    """
    A class of operators.

    @ivar title: what they are, for those who ask who they are.
    @ivar privileges: what they may do.
    @ivar host: the host that others see of them; "" leaves them theirs.
    """

    title: Text = "is an operator of this server"
    privileges: Privileges = ()
    host: Host = ""


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """
    An operator.  What is given of C{password}, C{account}, C{fingerprint} and C{hosts} has to be right, all of it.

    @ivar password: the hash of their password, which "twistchat hash-password" makes; "" where none is wanted.
    @ivar account: the account that they have to be logged in to; "" where none is wanted.
    @ivar fingerprint: the SHA-256 of the certificate that their client has, in hexadecimal; "" where none is wanted.
    @ivar class_: what they may do: the NAME of a table [classes.NAME].
    @ivar hosts: the networks that they connect from; none where that does not matter.
    """

    password: PasswordHash = ""
    account: str = ""
    fingerprint: Fingerprint = ""
    class_: str = ""
    hosts: Networks = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Everything that can be configured.

    @ivar server: the server as a whole.
    @ivar chat: the rules of the chat.
    @ivar listen: where each door listens, as Twisted's server endpoint strings, one or a list of them.  The keys are
        the doors' names.  With no key at all every door listens where it does by default; with any, only what is named
        listens.  Each door also has an option of its name, --line for the line door: one such option takes the place of
        all keys.
    @ivar journal: the record of what was said and done.
    @ivar line: the line door, for nc and telnet.
    @ivar irc: the IRC door.
    @ivar webirc: gateways that say on whose behalf they connect, with IRC's command WEBIRC.  Each has a table of its
        own, [webirc.NAME].
    @ivar classes: classes of operators of the server.  Each has a table of its own, [classes.NAME].
    @ivar operators: who may become an operator of the server, with IRC's command OPER.  Each has a table of its own,
        [operators.NAME], where NAME is what they say there.  What is given of password, account, fingerprint and hosts
        has to be right, all of it.
    @ivar limits: how much is too much.  Lengths are in characters where they are not said to be in bytes; rates are
        per second.
    """

    server: ServerSettings = field(default_factory=ServerSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)
    listen: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    journal: JournalSettings = field(default_factory=JournalSettings)
    line: LineSettings = field(default_factory=LineSettings)
    irc: IrcSettings = field(default_factory=IrcSettings)
    webirc: Mapping[str, WebircSettings] = field(default_factory=lambda: MappingProxyType({}))
    classes: Mapping[str, ClassSettings] = field(default_factory=lambda: MappingProxyType({}))
    operators: Mapping[str, OperatorSettings] = field(default_factory=lambda: MappingProxyType({}))
    limits: Limits = field(default_factory=Limits)


SECTIONS = tuple(section.name for section in fields(Settings))
"""The names of the sections."""

TABLES: dict[str, Any] = {
    section.name: section.default_factory for section in fields(Settings) if is_dataclass(section.default_factory)
}
"""The sections whose keys are fixed: all but C{listen} and those of L{NAMED}."""

NAMED: dict[str, Any] = {"webirc": WebircSettings, "classes": ClassSettings, "operators": OperatorSettings}
"""The sections whose tables have names of the administrator's, with what each table is."""

LIVE = (
    "server.description",
    "line.motd",
    "irc",
    "webirc",
    "classes",
    "operators",
    "limits.sendq",
    "limits.recvq",
    "limits.registration",
    "limits.lineRegistration",
    "limits.ping",
    "limits.pingTimeout",
    "limits.floodBurst",
    "limits.floodRate",
    "limits.connectionsPerAddress",
    "limits.newPerAddress",
    "limits.unregistered",
    "limits.unregisteredLines",
    "limits.loginFailures",
    "limits.loginRate",
    "limits.exempt",
)
"""
The sections and keys that take effect when the configuration is read again: those that only doors look at, when someone
connects or asks.  What clients have been told once (how long a nick may be), and what is set up at the start, stays.
"""


def keysOf(table: type) -> Iterator[tuple[str, str, object, object]]:
    """The name, the field, the type and the default of each key in a section."""
    types = get_type_hints(table, include_extras=True)
    for key in fields(table):
        if not key.metadata.get("key", True):
            continue
        yield key.name.removesuffix("_"), key.name, types[key.name], key.default
