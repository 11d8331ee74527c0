"""Build the settings from C{twistchat.toml} and the command's options, and report mistakes with their place."""

from __future__ import annotations

import shlex
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from twistchat.chat.errors import BadRoomName
from twistchat.chat.model.names import normalizeRoom
from twistchat.config import toml
from twistchat.config.bounds import MAX_NAME_LENGTHS, MIN_QUEUED_MESSAGES, outside
from twistchat.config.clustering import contradictionIn
from twistchat.config.errors import ConfigError
from twistchat.config.keytypes import Endpoints, Secret
from twistchat.config.readings import BadValue, closest, readingOf
from twistchat.config.settings import NAMED, SECTIONS, TABLES, JournalSettings, Settings, keysOf, sectionsWith
from twistchat.config.tables import NamedTables, isLoopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twistchat.config.readings import Reading


BUILT_IN: Mapping[str, type | None] = MappingProxyType({"memory": None, "sqlite": None, "jetstream": None})
"""The kinds of journals that twistchat includes."""

_literal: Any = Literal


class SettingsBuilder:
    """
    Collects the values of keys and makes L{Settings} of them.

    A later value overrides an earlier one.  So callers read the file first, then C{--set}, then the specific options.
    Each value is checked when it is set, and the first mistake raises L{ConfigError}.
    """

    def __init__(self, doors: Mapping[str, type | None], journals: Mapping[str, type | None] = BUILT_IN) -> None:
        """
        @param doors: the installed doors, by name, which are the keys of C{[listen]}; each with the dataclass of the
            section named like the door, or C{None} if it has no such section.
        @param journals: the installed kinds of journals, by name; each with the dataclass of C{[journal.NAME]}, or
            C{None} if it has no such section.
        """
        self._journals = {kind: journals[kind] for kind in sorted(journals)}
        self._doors = sorted(doors)
        self._own = _ownSections(doors)
        self._sections = sectionsWith(self._own)
        tables = TABLES | self._own
        self._types: dict[str, object] = {
            f"{section}.{name}": annotation
            for section in self._sections
            if section in tables
            for name, _, annotation, _ in keysOf(tables[section])
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
        Set every key of a file.

        @param data: the content of the file.
        @param name: the name of the file in errors.
        """
        try:
            file = toml.TomlFile(data)
        except toml.NotToml as bad:
            raise ConfigError(f"{name}:{bad.line}", bad.why) from None
        for section, table in file.values.items():
            where = f"{name}:{file.line(section)}"
            if section not in self._sections and isinstance(table, dict):
                guess = closest(section, self._sections, 0.6)
                hint = f"did you mean [{guess}]?" if guess else f"the sections are {', '.join(self._sections)}"
                raise ConfigError(where, f"there is no section [{toml.shortened(section)}]; {hint}")
            if section not in self._sections:
                raise ConfigError(where, f"{toml.shortened(section)} is in no section{self._guess('', section)}")
            if not isinstance(table, dict):
                raise ConfigError(where, f"{section}: found {toml.show(table)}; a section [{section}] is wanted")
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
        Set one key from the text C{section.key=VALUE}, whose value is TOML.

        @param origin: the option with this text, for errors.
        """
        key, equals, text = assignment.partition("=")
        key, text = key.strip(), text.strip()
        isSecret = self._types.get(key) == Secret
        where = f"{origin} {key if isSecret else toml.shortened(assignment)}"
        reading = self._reading(key, where)
        if not equals:
            raise ConfigError(where, f"{key}: there is no value; write {key}=VALUE")
        try:
            value = toml.readValue(text)
        except toml.NotToml:
            if isSecret:
                raise ConfigError(where, f"{key}: the value is not TOML; a text is written in quotes") from None
            try:
                reading(text)
            except BadValue as bad:
                why = bad.why
            else:
                quoted = shlex.quote(toml.shortened(f"{key}={toml.write(text)}"))
                why = f"a text is written in quotes: {origin} {quoted}"
            raise ConfigError(where, f"{key}: the value is not TOML; {why}") from None
        self.put(key, value, where)

    def put(self, key: str, value: object, origin: str) -> None:
        """
        Set one key.

        @param key: its section and name, as in C{"journal.kind"}.
        @param value: the value, as TOML parses it; a list may be a tuple.
        @param origin: where the value comes from, for errors: an option with its argument, or a file and line.
        """
        reading = self._reading(key, origin)
        try:
            self._within(key, value)
            read = reading(value)
            self._within(key, read, value)
        except BadValue as bad:
            raise ConfigError(origin, f"{key}: found {bad.shown}; {bad.why}") from None
        self._values[key] = read
        self._origins[key] = origin

    def _within(self, key: str, value: object, found: object = None) -> None:
        """
        Check that a value is within its key's bounds.

        @param found: the value as it was written, if that differs.
        @raise BadValue: the value is out of bounds.
        """
        why = None if isinstance(value, bool) else outside(key, value, self._types[key])
        if why is not None:
            raise BadValue(value if found is None else found, why)

    def finish(self) -> Settings:
        """
        Make the settings, with defaults for the keys that were not set.

        This checks the rules that concern several keys.
        """
        sections: dict[str, dict[str, Any]] = {section: {} for section in self._sections if section not in NAMED}
        for key, value in self._values.items():
            section, _, name = key.partition(".")
            sections[section][name] = value
        sections["journal"] = self._journal(sections["journal"])
        made: dict[str, Any] = {"listen": MappingProxyType(sections.pop("listen"))}
        made["doors"] = MappingProxyType(
            {door: table(**_asFields(table, sections.pop(door))) for door, table in self._own.items()}
        )
        made.update((section, TABLES[section](**values)) for section, values in sections.items())
        settings = Settings(**made | self._named.finish())
        self._checkPing(settings)
        self._checkSizes(settings)
        self._checkInvitation(settings)
        self._checkMail(settings)
        self._checkCluster(settings)
        return replace(settings, chat=replace(settings.chat, lobby=self._lobby(settings)))

    def _journal(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Combine the values of C{[journal.KIND]} into one value of C{[journal]}."""
        kind = values.get("kind", JournalSettings().kind)
        table = self._journals.get(kind)
        made = {name: value for name, value in values.items() if "." not in name}
        if table is not None:
            fields = {f"{kind}.{name}": field for name, field, _, _ in keysOf(table)}
            made["own"] = table(**{fields[name]: value for name, value in values.items() if name in fields})
        return made

    def _checkPing(self, settings: Settings) -> None:
        """Check that the server pings a client before it drops it."""
        ping, timeout = settings.limits.ping, settings.limits.pingTimeout
        if timeout <= ping:
            found = f"limits.ping is {ping:g} s and limits.pingTimeout {timeout:g} s"
            self._contradict(f"{found}; the second must be longer", "limits.pingTimeout", "limits.ping")

    def _checkSizes(self, settings: Settings) -> None:
        """Check that an IRC line has space for names and a text, and that the send queue has space for messages."""
        limits = settings.limits
        if limits.nick + limits.room > MAX_NAME_LENGTHS:
            found = f"limits.nick is {limits.nick} and limits.room {limits.room}"
            why = f"together they may be {MAX_NAME_LENGTHS}, so that a line of IRC has room for a text beside the names"
            self._contradict(f"{found}; {why}", "limits.room", "limits.nick")
        if limits.sendq < MIN_QUEUED_MESSAGES * limits.message:
            found = f"limits.message is {limits.message} bytes and limits.sendq {limits.sendq} bytes"
            why = f"the second must be at least {MIN_QUEUED_MESSAGES} times the first"
            self._contradict(f"{found}; {why}", "limits.message", "limits.sendq")

    def _checkInvitation(self, settings: Settings) -> None:
        """Check that there is an invitation code if accounts are registered with one."""
        accounts = settings.accounts
        if accounts.registration == "invitation" and not accounts.invitation:
            why = 'accounts.registration is "invitation"; then accounts.invitation is wanted too'
            self._contradict(why, "accounts.registration")

    def _checkMail(self, settings: Settings) -> None:
        """Check that mails can be sent if a mail server is named, and that their codes stay secret."""
        mail = settings.mail
        if settings.accounts.emailRequired and not mail.host:
            self._contradict("accounts.emailRequired is true; then mail.host is wanted too", "accounts.emailRequired")
        if mail.host and not mail.sender:
            self._contradict("mail.host is set; then mail.sender is wanted too", "mail.host")
        if mail.host and mail.security == "none" and not isLoopback(mail.host):
            why = 'is another machine; mail.security "none" is possible with "localhost" only'
            self._contradict(f"mail.host {toml.show(mail.host)} {why}", "mail.security")
        if bool(mail.user) != bool(mail.password):
            why = "mail.user and mail.password are wanted together, or neither"
            self._contradict(why, "mail.user", "mail.password")

    def _checkCluster(self, settings: Settings) -> None:
        """Check that this node has a name, and that it reaches its brokers in one way, which is encrypted."""
        found = contradictionIn(settings.cluster, settings.journal.kind)
        if found is not None:
            why, keys = found
            self._contradict(why, *keys)

    def _contradict(self, why: str, *keys: str) -> NoReturn:
        """
        Refuse settings that contradict each other.

        @param keys: the keys that contradict each other.  The error names the place of the first one that was set.
        """
        raise ConfigError(next(self._origins[key] for key in keys if key in self._origins), why)

    def _lobby(self, settings: Settings) -> str:
        """Normalize the lobby's name.  It must obey the limit on room names."""
        lobby, limit = settings.chat.lobby, settings.limits.room
        try:
            return normalizeRoom(lobby, limit)
        except BadRoomName as bad:
            why = bad.why
        if "chat.lobby" in self._origins:
            raise ConfigError(self._origins["chat.lobby"], f"chat.lobby: found {toml.show(lobby)}; the room name {why}")
        where = self._origins["limits.room"]
        raise ConfigError(where, f"limits.room: found {limit}; it does not fit the lobby {lobby}: the room name {why}")

    def _reading(self, key: str, where: str) -> Reading:
        """
        Find the conversion for a key's values.

        @raise ConfigError: the key does not exist.
        """
        if key in self._readings:
            return self._readings[key]
        section, dot, name = key.partition(".")
        if section in NAMED:
            raise ConfigError(where, f"[{section}] is for the configuration file: write a table [{section}.NAME] there")
        if section == "listen" and dot:
            known = f"the doors are {', '.join(self._doors)}" if self._doors else "no door is installed"
            raise ConfigError(where, f"there is no door {toml.shortened(name)}; {known}")
        if section in self._sections and not dot:
            raise ConfigError(where, f"{section} is a section; set one of its keys, as in {section}.KEY=VALUE")
        hint = self._guess(section, name) if dot else self._guess("", key)
        raise ConfigError(where, f"there is no key {toml.shortened(key)}{hint}")

    def _guess(self, section: str, name: str) -> str:
        """End the sentence about an unknown key: with a similar key, or a list of those that exist."""
        names = [known.removeprefix(f"{section}.") for known in self._readings if known.startswith(f"{section}.")]
        guess = closest(name, names, 0.6)
        if guess is not None:
            return f"; did you mean {section}.{guess}?"
        everywhere = {known.partition(".")[2]: known for known in self._readings}
        guess = closest(name, everywhere, 0.8)
        if guess is not None:
            return f"; did you mean {everywhere[guess]}?"
        if names:
            return f"; the keys of [{section}] are {', '.join(names)}"
        return f"; the sections are {', '.join(self._sections)}"


def _ownSections(doors: Mapping[str, type | None]) -> dict[str, Any]:
    """
    The sections of the doors that have one.

    @raise ConfigError: a door has the name of another section.
    """
    own: dict[str, Any] = {}
    for door, table in doors.items():
        if table is None:
            continue
        if door in SECTIONS:
            raise ConfigError(f"the door {door}", f"it cannot have settings: the section [{door}] exists already")
        own[door] = table
    return own


def _asFields(table: type, values: Mapping[str, object]) -> dict[str, object]:
    """Name values by their fields instead of by their keys."""
    return {field: values[key] for key, field, _, _ in keysOf(table) if key in values}
