"""The configuration in the making: C{twistchat.toml} and the command's options, each mistake named."""

from __future__ import annotations

import shlex
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from twistchat.chat.errors import BadRoomName
from twistchat.chat.model.names import normalizeRoom
from twistchat.config import toml
from twistchat.config.bounds import MESSAGES_WAITING, NAMES_TOGETHER, outside
from twistchat.config.errors import ConfigError
from twistchat.config.keytypes import Endpoints, Unfit, closest, readingOf
from twistchat.config.settings import NAMED, SECTIONS, TABLES, JournalSettings, Settings, keysOf
from twistchat.config.tables import NamedTables

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from twistchat.config.keytypes import Reading


BUILT_IN: Mapping[str, type | None] = MappingProxyType({"memory": None, "sqlite": None})
"""The kinds of journals that come with twistchat."""

_literal: Any = Literal

_ALL_SECTIONS = ", ".join(SECTIONS)


class SettingsBuilder:
    """
    Settings in the making.

    What sets a key later overrides what set it before, so the file is read first, then C{--set}, then the options that
    have a name of their own.  A value is checked when it is put, and the first mistake raises L{ConfigError}.
    """

    def __init__(self, doors: Collection[str], journals: Mapping[str, type | None] = BUILT_IN) -> None:
        """
        @param doors: the names of the doors there are, which are the keys of C{[listen]}.
        @param journals: the kinds of journals there are, by name; each with the dataclass of C{[journal.NAME]}, or
            C{None} if it has no such section.
        """
        self._journals = {kind: journals[kind] for kind in sorted(journals)}
        self._doors = sorted(doors)
        self._types: dict[str, object] = {
            f"{section}.{name}": annotation
            for section, table in TABLES.items()
            for name, _, annotation, _ in keysOf(table)
        }
        self._types.update((f"listen.{door}", Endpoints) for door in doors)
        self._types["journal.kind"] = _literal[tuple(self._journals)]
        self._types.update(
            (f"journal.{kind}.{name}", annotation)
            for kind, table in self._journals.items()
            if table is not None
            for name, _, annotation, _ in keysOf(table)
        )
        self._readings: dict[str, Reading] = {key: readingOf(annotation) for key, annotation in self._types.items()}
        self._values: dict[str, object] = {}
        self._origins: dict[str, str] = {}
        self._named = NamedTables()

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
            if section not in SECTIONS and isinstance(table, dict):
                guess = closest(section, SECTIONS, 0.6)
                hint = f"did you mean [{guess}]?" if guess else f"the sections are {_ALL_SECTIONS}"
                raise ConfigError(where, f"there is no section [{toml.shortened(section)}]; {hint}")
            if section not in SECTIONS:
                raise ConfigError(where, f"{toml.shortened(section)} is in no section{self._guess('', section)}")
            if not isinstance(table, dict):
                raise ConfigError(where, f"{section}: found {toml.show(table)}, a section [{section}] is wanted")
            if section in NAMED:
                self._named.read(section, table, file, name)
                continue
            for key, value in table.items():
                if section == "journal" and self._journals.get(key) is not None and isinstance(value, dict):
                    for own, each in value.items():
                        self.put(f"journal.{key}.{own}", each, f"{name}:{file.line(section, key, own)}")
                    continue
                self.put(f"{section}.{key}", value, f"{name}:{file.line(section, key)}")

    def set(self, assignment: str, origin: str = "--set") -> None:
        """
        Set one key from the text C{section.key=VALUE}, with the value as TOML has it.

        @param origin: the option that takes such texts.
        """
        where = f"{origin} {toml.shortened(assignment)}"
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
                quoted = shlex.quote(toml.shortened(f"{key}={toml.write(text)}"))
                why = f"a text is written in quotes: {origin} {quoted}"
            raise ConfigError(where, f"{key}: the value is not TOML; {why}") from None
        self.put(key, value, where)

    def put(self, key: str, value: object, origin: str) -> None:
        """
        Set one key.

        @param key: its section and its name, C{"journal.kind"}.
        @param value: what TOML would give for it; a list may be a tuple.
        @param origin: how errors call what set it: an option as it was given, or a file and a line.
        """
        reading = self._reading(key, origin)
        try:
            self._within(key, value)
            read = reading(value)
            self._within(key, read, value)
        except Unfit as bad:
            raise ConfigError(origin, f"{key}: found {bad.shown}, {bad.why}") from None
        self._values[key] = read
        self._origins[key] = origin

    def _within(self, key: str, value: object, found: object = None) -> None:
        """
        Hold that a value is within its key's bounds.

        @param found: the value as it was found, where that is written otherwise.
        @raise Unfit: it is not.
        """
        why = None if isinstance(value, bool) else outside(key, value, self._types[key])
        if why is not None:
            raise Unfit(value if found is None else found, why)

    def finish(self) -> Settings:
        """
        Make the settings: what was put, and defaults for the rest.

        What depends on more than one key is checked here.
        """
        sections: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS if section not in NAMED}
        for key, value in self._values.items():
            section, _, name = key.partition(".")
            sections[section][name] = value
        sections["journal"] = self._journal(sections["journal"])
        made: dict[str, Any] = {"listen": MappingProxyType(sections.pop("listen"))}
        made.update((section, TABLES[section](**values)) for section, values in sections.items())
        settings = Settings(**made | self._named.finish())
        self._checkPing(settings)
        self._checkSizes(settings)
        return replace(settings, chat=replace(settings.chat, lobby=self._lobby(settings)))

    def _journal(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of C{[journal]}, with those of C{[journal.KIND]} as one."""
        kind = values.get("kind", JournalSettings().kind)
        table = self._journals.get(kind)
        made = {name: value for name, value in values.items() if "." not in name}
        if table is not None:
            fields = {f"{kind}.{name}": field for name, field, _, _ in keysOf(table)}
            made["own"] = table(**{fields[name]: value for name, value in values.items() if name in fields})
        return made

    def _checkPing(self, settings: Settings) -> None:
        """Nobody can be given up before they have been asked."""
        ping, timeout = settings.limits.ping, settings.limits.pingTimeout
        if timeout <= ping:
            found = f"limits.ping is {ping:g} s and limits.pingTimeout {timeout:g} s"
            self._contradict(f"{found}; the second must be longer", "limits.pingTimeout", "limits.ping")

    def _checkSizes(self, settings: Settings) -> None:
        """Names leave room for a text in a line of IRC, and the longest message fits into what may wait to leave."""
        limits = settings.limits
        if limits.nick + limits.room > NAMES_TOGETHER:
            found = f"limits.nick is {limits.nick} and limits.room {limits.room}"
            why = f"together they may be {NAMES_TOGETHER}, so that a line of IRC has room for a text beside the names"
            self._contradict(f"{found}; {why}", "limits.room", "limits.nick")
        if limits.sendq < MESSAGES_WAITING * limits.message:
            found = f"limits.message is {limits.message} bytes and limits.sendq {limits.sendq} bytes"
            why = f"the second must be at least {MESSAGES_WAITING} times the first"
            self._contradict(f"{found}; {why}", "limits.message", "limits.sendq")

    def _contradict(self, why: str, *keys: str) -> NoReturn:
        """
        Refuse settings that contradict each other.

        @param keys: those that do; the first of them that was put is named as the place of the mistake.
        """
        raise ConfigError(next(self._origins[key] for key in keys if key in self._origins), why)

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
        if section in NAMED:
            raise ConfigError(where, f"[{section}] is for the configuration file: write a table [{section}.NAME] there")
        if section == "listen" and dot:
            known = f"the doors are {', '.join(self._doors)}" if self._doors else "no door is installed"
            raise ConfigError(where, f"there is no door {toml.shortened(name)}; {known}")
        if section in SECTIONS and not dot:
            raise ConfigError(where, f"{section} is a section; set one of its keys, as in {section}.KEY=VALUE")
        hint = self._guess(section, name) if dot else self._guess("", key)
        raise ConfigError(where, f"there is no key {toml.shortened(key)}{hint}")

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
