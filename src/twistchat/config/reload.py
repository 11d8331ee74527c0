"""Decide which changes of the configuration take effect while the server runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from twistchat.config.settings import LIVE, NAMED, SECTIONS, TABLES, Settings


@dataclass(frozen=True, slots=True)
class Reload:
    """
    The result of reading the configuration again.

    @ivar settings: the settings in effect from now on.
    @ivar taken: the changed keys that take effect now.
    @ivar waiting: the changed keys that take effect at the next start.
    """

    settings: Settings
    taken: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = []
        if self.taken:
            parts.append(f"changed: {', '.join(self.taken)}")
        if self.waiting:
            parts.append(f"from the next start on: {', '.join(self.waiting)}")
        return "; ".join(parts) or "nothing has changed"


def reloadSettings(current: Settings, fresh: Settings) -> Reload:
    """
    Apply the changes that can take effect while the server runs: those of L{LIVE}.

    @param current: the settings in effect.
    @param fresh: the settings in the changed configuration.
    """
    taken: list[str] = []
    waiting: list[str] = []
    sections: dict[str, Any] = {}
    for section in SECTIONS:
        old, new = getattr(current, section), getattr(fresh, section)
        if section in TABLES:
            changed = _changed(old, new)
            live = [key for key in changed if section in LIVE or f"{section}.{key}" in LIVE]
            sections[section] = replace(old, **{key: getattr(new, key) for key in live})
            taken += [f"{section}.{key}" for key in live]
            waiting += [f"{section}.{key if key != 'own' else new.kind}" for key in changed if key not in live]
        elif section in NAMED:
            sections[section] = new
            taken += _different(section, old, new)
        else:
            waiting += _different(section, old, new)
    doors: dict[str, Any] = {}
    for door, new in fresh.doors.items():
        old = current.of(door, type(new))
        changed = _changed(old, new)
        live = [key for key in changed if key in getattr(new, "live", ())]
        doors[door] = replace(old, **{key: getattr(new, key) for key in live})
        taken += [f"{door}.{key}" for key in live]
        waiting += [f"{door}.{key}" for key in changed if key not in live]
    return Reload(replace(current, doors=MappingProxyType(doors), **sections), tuple(taken), tuple(waiting))


def _changed(old: Any, new: Any) -> list[str]:
    """List the fields in which two values of one section differ."""
    return [key.name for key in fields(old) if getattr(old, key.name) != getattr(new, key.name)]


def _different(section: str, old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return [f"{section}.{name}" for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
