"""Decide which changes of the configuration take effect while the server runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from twistchat.config.settings import LIVE, NAMED, TABLES, Settings, liveOf, sectionsWith


@dataclass(frozen=True, slots=True)
class Reload:
    """
    The result of reading the configuration again.

    @ivar settings: the settings in effect from now on.
    @ivar applied: the changed keys that take effect now.
    @ivar deferred: the changed keys that take effect at the next start.
    """

    settings: Settings
    applied: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = []
        if self.applied:
            parts.append(f"changed: {', '.join(self.applied)}")
        if self.deferred:
            parts.append(f"from the next start on: {', '.join(self.deferred)}")
        return "; ".join(parts) or "nothing has changed"


def reloadSettings(current: Settings, fresh: Settings) -> Reload:
    """
    Apply the changes that can take effect while the server runs: those of L{LIVE}.

    @param current: the settings in effect.
    @param fresh: the settings in the changed configuration.
    """
    applied: list[str] = []
    deferred: list[str] = []
    sections: dict[str, Any] = {}
    doors: dict[str, Any] = {}
    for section in sectionsWith(fresh.doors):
        if section in fresh.doors:
            new = fresh.doors[section]
            old, live = current.of(section, type(new)), liveOf(type(new))
            doors[section] = _merged(section, old, new, live, applied, deferred)
            continue
        old, new = getattr(current, section), getattr(fresh, section)
        if section in TABLES:
            live = tuple(key.name for key in fields(old) if section in LIVE or f"{section}.{key.name}" in LIVE)
            sections[section] = _merged(section, old, new, live, applied, deferred)
        elif section in NAMED or section in LIVE:
            sections[section] = new
            applied += _different(section, old, new)
        else:
            deferred += _different(section, old, new)
    return Reload(replace(current, doors=MappingProxyType(doors), **sections), tuple(applied), tuple(deferred))


def _merged(section: str, old: Any, new: Any, live: tuple[str, ...], applied: list[str], deferred: list[str]) -> Any:
    """
    Apply the changes of one section.

    @param live: the fields that take effect at once.
    @param applied: gets the keys that changed.
    @param deferred: gets the keys that change at the next start.
    @return: the section that holds from now on.
    """
    changed = [key.name for key in fields(old) if getattr(old, key.name) != getattr(new, key.name)]
    applied += [f"{section}.{key}" for key in changed if key in live]
    deferred += [f"{section}.{key if key != 'own' else new.kind}" for key in changed if key not in live]
    return replace(old, **{key: getattr(new, key) for key in changed if key in live})


def _different(section: str, old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return [f"{section}.{name}" for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
