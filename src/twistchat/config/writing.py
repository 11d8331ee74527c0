"""Writes settings, with their secrets hidden, as TOML and as a value for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from twistchat.config import toml
from twistchat.config.keytypes import PasswordHash, Secret
from twistchat.config.readings import writtenAs
from twistchat.config.settings import NAMED, TABLES, Settings, keysOf, sectionsWith

HIDDEN: Final = "***"
"""What is shown of a secret."""

_SECRETS: Final = (PasswordHash, Secret)


class Key(NamedTuple):
    """
    A key with its value.

    @ivar annotation: the type of the value; C{None} for a value that TOML has.
    """

    name: str
    annotation: object
    value: object


def writeSettings(settings: Settings) -> str:
    """Write every key of some settings as TOML.  Secrets are L{HIDDEN}."""
    tables = []
    for path, keys in _tables(settings):
        header = ".".join(map(toml.writeKey, path))
        tables.append("\n".join([f"[{header}]", *(f"{key.name} = {_written(key)}" for key in keys)]))
    return "\n\n".join(tables) + "\n"


def asObject(settings: Settings) -> dict[str, Any]:
    """
    Describe every key of some settings as a JSON object: sections, which have keys.  Times are in seconds, sizes in
    bytes.  Secrets are L{HIDDEN}.
    """
    found: dict[str, Any] = {}
    for path, keys in _tables(settings):
        table = found
        for name in path:
            table = table.setdefault(name, {})
        table.update((key.name, key.value) for key in keys)
    return found


def _tables(settings: Settings) -> Iterator[tuple[tuple[str, ...], list[Key]]]:
    """List the tables of the configuration, each with its keys."""
    for section in sectionsWith(settings.doors):
        if section in settings.doors:
            yield (section,), _keys(settings.doors[section])
            continue
        values = getattr(settings, section)
        if section in TABLES:
            yield (section,), _keys(values)
        elif section in NAMED:
            yield from (((section, name), _keys(values[name])) for name in sorted(values))
        else:
            yield (section,), [Key(name, None, list(value)) for name, value in sorted(values.items())]
        if section == "journal" and settings.journal.own is not None:
            yield (section, settings.journal.kind), _keys(settings.journal.own)


def _keys(table: Any) -> list[Key]:
    """The keys of a section, without its secrets."""
    found = []
    for name, field, annotation, _ in keysOf(type(table)):
        value = getattr(table, field)
        isSecret = annotation in _SECRETS and bool(value)
        found.append(Key(name, annotation, HIDDEN if isSecret else value))
    return found


def _written(key: Key) -> str:
    if isinstance(key.value, Mapping) or key.annotation is None:
        return toml.write(key.value)
    return writtenAs(key.annotation, key.value)
