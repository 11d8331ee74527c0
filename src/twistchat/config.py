"""
The configuration: C{twistchat.toml} and the command's options become one frozen value, or one clear error.

Every key is a field of the dataclasses below.  Its type says how it is read, its default what it is when nobody sets
it, and its docstring is what a user reads of it in L{describe}.
"""

from __future__ import annotations

import inspect
import re
import shlex
import textwrap
from dataclasses import dataclass, field, fields, is_dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from twistchat import toml
from twistchat.chat.errors import BadRoomName
from twistchat.chat.limits import Limits
from twistchat.chat.names import DEFAULT_RESERVED, normalizeRoom
from twistchat.keytypes import (
    Age,
    Directory,
    Endpoints,
    Greeting,
    Nicks,
    Number,
    ServerName,
    Unfit,
    Zone,
    closest,
    readingOf,
    writtenAs,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from twistchat.keytypes import Reading


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

    @ivar kind: "memory" keeps the journal in memory and loses it when the server stops; "sqlite" keeps it on disk, in
        the data directory.  The option --journal sets it too.
    @ivar durability: "full" puts every message on disk before anyone sees it, so that it survives a power failure;
        "relaxed" answers sooner, and a power failure takes the last moments with it.
    @ivar retention: how long entries are kept on disk; 0 for ever.  What a room has (its topic, modes, bans and ranks)
        is kept as long as it holds.
    @ivar retentionCount: how many entries are kept on disk, of all conversations together; 0 sets no limit.
    @ivar keepPassing: whether people's comings and goings are kept on disk too, as part of a room's history.
    @ivar keep: how many entries the memory journal holds for history, of all conversations together.
    """

    kind: Literal["memory", "sqlite"] = "memory"
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
        the doors' names.  A door without a key listens where it does by default, and one with an empty list nowhere.
        Each door also has an option of its name, --line for the line door, that takes the place of its key.
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


class ConfigError(Exception):
    """
    The configuration has a mistake.  As a string it is one line, to be shown as it is.

    @ivar where: what has the mistake: C{"twistchat.toml:12"}, or an option as it was given.
    @ivar why: what was found, and what would be right.
    """

    def __init__(self, where: str, why: str) -> None:
        super().__init__(where, why)
        self.where = where
        self.why = why

    def __str__(self) -> str:
        return toml.printable(f"{self.where}: {self.why}")


_SECTIONS = tuple(section.name for section in fields(Settings))
_ALL_SECTIONS = ", ".join(_SECTIONS)

_TABLES: dict[str, Any] = {
    section.name: section.default_factory for section in fields(Settings) if is_dataclass(section.default_factory)
}
"""The sections whose keys are fixed: all but C{listen}."""


def _keysOf(table: type) -> Iterator[tuple[str, object, object]]:
    """The name, the type and the default of each key in a section."""
    types = get_type_hints(table, include_extras=True)
    for key in fields(table):
        yield key.name, types[key.name], key.default


class Draft:
    """
    Settings in the making.

    What sets a key later overrides what set it before, so the file is read first, then C{--set}, then the options that
    have a name of their own.  A value is checked when it is put, and the first mistake raises L{ConfigError}.
    """

    def __init__(self, doors: Collection[str]) -> None:
        """
        @param doors: the names of the doors there are, which are the keys of C{[listen]}.
        """
        self._doors = sorted(doors)
        self._readings: dict[str, Reading] = {
            f"{section}.{name}": readingOf(annotation)
            for section, table in _TABLES.items()
            for name, annotation, _ in _keysOf(table)
        }
        self._readings.update((f"listen.{door}", readingOf(Endpoints)) for door in doors)
        self._values: dict[str, object] = {}
        self._origins: dict[str, str] = {}

    def readFile(self, data: bytes, name: str) -> None:
        """
        Take over every key of a file.

        @param data: what the file holds.
        @param name: how errors call the file.
        """
        try:
            file = toml.TomlFile(data)
        except toml.NotToml as bad:
            raise ConfigError(f"{name}:{bad.line}", bad.why) from None
        for section, table in file.values.items():
            where = f"{name}:{file.line(section)}"
            if section not in _SECTIONS and isinstance(table, dict):
                guess = closest(section, _SECTIONS, 0.6)
                hint = f"did you mean [{guess}]?" if guess else f"the sections are {_ALL_SECTIONS}"
                raise ConfigError(where, f"there is no section [{section}]; {hint}")
            if section not in _SECTIONS:
                raise ConfigError(where, f"{section} is in no section{self._guess('', section)}")
            if not isinstance(table, dict):
                raise ConfigError(where, f"{section}: found {toml.show(table)}, a section [{section}] is wanted")
            for key, value in table.items():
                self.put(f"{section}.{key}", value, f"{name}:{file.line(section, key)}")

    def set(self, assignment: str, origin: str = "--set") -> None:
        """
        Set one key from the text C{section.key=VALUE}, with the value as TOML has it.

        @param origin: the option that takes such texts.
        """
        where = f"{origin} {assignment}"
        key, equals, text = assignment.partition("=")
        key, text = key.strip(), text.strip()
        reading = self._reading(key, where)
        if not equals:
            raise ConfigError(where, f"{key}: there is no value; write {key}=VALUE")
        try:
            value = toml.readValue(text)
        except toml.NotToml:
            try:
                reading(text)
            except Unfit as bad:
                why = bad.why
            else:
                why = f"a text is written in quotes: {origin} {shlex.quote(f'{key}={toml.write(text)}')}"
            raise ConfigError(where, f"{key}: the value is not TOML; {why}") from None
        self.put(key, value, where)

    def put(self, key: str, value: object, origin: str) -> None:
        """
        Set one key.

        @param key: its section and its name, C{"journal.kind"}.
        @param value: what TOML would give for it; a list may be a tuple.
        @param origin: how errors call what set it: an option as it was given, or a file and a line.
        """
        try:
            self._values[key] = self._reading(key, origin)(value)
        except Unfit as bad:
            raise ConfigError(origin, f"{key}: found {toml.show(bad.found)}, {bad.why}") from None
        self._origins[key] = origin

    def finish(self) -> Settings:
        """
        Make the settings: what was put, and defaults for the rest.

        What depends on more than one key is checked here.
        """
        sections: dict[str, dict[str, Any]] = {section: {} for section in _SECTIONS}
        for key, value in self._values.items():
            section, _, name = key.partition(".")
            sections[section][name] = value
        listen = MappingProxyType(sections.pop("listen"))
        made = {section: _TABLES[section](**values) for section, values in sections.items()}
        settings = Settings(listen=listen, **made)
        return replace(settings, chat=replace(settings.chat, lobby=self._lobby(settings)))

    def _lobby(self, settings: Settings) -> str:
        """The lobby's name as rooms are named.  It must be within the limit that holds for every room."""
        lobby, limit = settings.chat.lobby, settings.limits.room
        try:
            return normalizeRoom(lobby, limit)
        except BadRoomName as bad:
            why = bad.why
        if "chat.lobby" in self._origins:
            raise ConfigError(self._origins["chat.lobby"], f"chat.lobby: found {toml.show(lobby)}, the room name {why}")
        where = self._origins["limits.room"]
        raise ConfigError(
            where, f"limits.room: found {limit}, which does not fit the lobby {lobby}: the room name {why}"
        )

    def _reading(self, key: str, where: str) -> Reading:
        """
        How a key is read.

        @raise ConfigError: where there is no such key.
        """
        if key in self._readings:
            return self._readings[key]
        section, dot, name = key.partition(".")
        if section == "listen" and dot:
            known = f"the doors are {', '.join(self._doors)}" if self._doors else "no door is installed"
            raise ConfigError(where, f"there is no door {name}; {known}")
        if section in _SECTIONS and not dot:
            raise ConfigError(where, f"{section} is a section; set one of its keys, as in {section}.KEY=VALUE")
        raise ConfigError(where, f"there is no key {key}{self._guess(section, name) if dot else self._guess('', key)}")

    def _guess(self, section: str, name: str) -> str:
        """What may have been meant by a key that does not exist, or what there is, as the end of a sentence."""
        names = [known.removeprefix(f"{section}.") for known in self._readings if known.startswith(f"{section}.")]
        guess = closest(name, names, 0.6)
        if guess is not None:
            return f"; did you mean {section}.{guess}?"
        everywhere = {known.partition(".")[2]: known for known in self._readings}
        guess = closest(name, everywhere, 0.8)
        if guess is not None:
            return f"; did you mean {everywhere[guess]}?"
        return f"; the keys of [{section}] are {', '.join(names)}" if names else f"; the sections are {_ALL_SECTIONS}"


def describe(doors: Mapping[str, Sequence[str]] | None = None) -> str:
    """
    Write a C{twistchat.toml} that has every key with its default and what it is for.

    A line that begins with C{"# "} is for people; one that begins with C{"#"} and no space is a key, out of use.

    @param doors: where each door listens by default, for those that are to have a key in C{[listen]}.
    """
    sections = _documented(Settings)
    lines = [_comment(paragraph) for paragraph in _PREFACE]
    for section in _SECTIONS:
        lines += ["", "", _comment(sections[section]), f"[{section}]"]
        if section in _TABLES:
            table = _TABLES[section]
            texts = _documented(table)
            for name, annotation, default in _keysOf(table):
                lines += ["", _comment(texts[name]), f"#{name} = {writtenAs(annotation, default)}"]
        elif doors:
            lines += [f"#{door} = {toml.write(endpoints)}" for door, endpoints in doors.items()]
        else:
            lines.append(_comment('For example: line = "tcp:2323:interface=127.0.0.1"'))
    return "\n".join(lines) + "\n"


_PREFACE = (
    'twistchat.toml: every key with its default. To change one, take away the "#" before it.',
    'A time is a number of seconds, or a text such as "30s", "10m", "24h" or "90d".',
    'A size is a number of bytes, or a text such as "10KiB" or "1MiB".',
    "Where a list of texts is wanted, a single text does too.",
    "The option --set section.key=VALUE sets a key as well, and overrides what is here.",
)

_IVAR = re.compile(r"^@ivar (\w+): (.*(?:\n[ \t]+.*)*)", re.MULTILINE)

_MARKUP = re.compile(r"[BCIL]\{([^{}]*?)(?: <[^<>{}]*>)?\}")


def _documented(table: type) -> dict[str, str]:
    """What a class's docstring says of each field: one line of plain text, a sentence."""
    texts = {}
    for name, text in _IVAR.findall(inspect.cleandoc(table.__doc__ or "")):
        plain = " ".join(_MARKUP.sub(r"\1", text).split())
        texts[name] = plain[:1].upper() + plain[1:]
    return texts


def _comment(text: str) -> str:
    return textwrap.fill(
        text, 100, initial_indent="# ", subsequent_indent="# ", break_long_words=False, break_on_hyphens=False
    )
