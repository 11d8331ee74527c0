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

from twistchat.chat.limits import Limits
from twistchat.chat.names import DEFAULT_RESERVED
from twistchat.config.keytypes import Age, Directory, Greeting, Nicks, Number, ServerName, Zone


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """
    The server as a whole.

    @ivar name: the server's name, which IRC clients see as the server they are on.  Letters, digits, dots and
        hyphens.
    @ivar data: the directory for what the server keeps.  A relative path begins where the server is started.  The
        option --data sets it too.
    """

    name: ServerName = "twistchat"
    data: Directory = "./twistchat-data"


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """
    The rules of the chat.

    @ivar lobby: the room that one is in after connecting through a door that shows one room at a time.
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
    """

    kind: Literal["memory", "sqlite"] = "sqlite"
    durability: Literal["full", "relaxed"] = "full"
    retention: Age = 90 * 86400.0
    retentionCount: Number = 0
    keepPassing: bool = False
    keep: int = 10_000


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
    @ivar limits: how much is too much.  Lengths are in characters where they are not said to be in bytes; rates are
        per second.
    """

    server: ServerSettings = field(default_factory=ServerSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)
    listen: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    journal: JournalSettings = field(default_factory=JournalSettings)
    line: LineSettings = field(default_factory=LineSettings)
    limits: Limits = field(default_factory=Limits)


SECTIONS = tuple(section.name for section in fields(Settings))
"""The names of the sections."""

TABLES: dict[str, Any] = {
    section.name: section.default_factory for section in fields(Settings) if is_dataclass(section.default_factory)
}
"""The sections whose keys are fixed: all but C{listen}."""


def keysOf(table: type) -> Iterator[tuple[str, object, object]]:
    """The name, the type and the default of each key in a section."""
    types = get_type_hints(table, include_extras=True)
    for key in fields(table):
        yield key.name, types[key.name], key.default
