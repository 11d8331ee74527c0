"""
Capability negotiation: the capabilities that one client is offered, and those that it has enabled (IRCv3
capability-negotiation).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from twistchat.wire.irc.capabilities import VALUES, areCompatible, inEffect

INFORMATIONAL = frozenset({"sts"})
"""Capabilities that are advertised and cannot be requested (IRCv3 sts)."""


NO_CAPABILITIES: Final[frozenset[str]] = frozenset()
"""The empty set.  All clients share it at first, since an empty set of 216 bytes for each would waste memory."""


class Negotiation:
    """
    The capabilities of one client.

    @ivar offered: the capabilities of the server, each with its value or C{""}.
    @ivar version: the highest CAP version that the client has named; 0 for none.
    @ivar enabled: the enabled capabilities.
    @ivar effective: the enabled capabilities whose requirements are met.
    """

    __slots__ = ("effective", "enabled", "offered", "version")

    def __init__(self, offered: Mapping[str, str]) -> None:
        """
        @param offered: the capabilities of the server, each with its value or C{""}.
        """
        self.offered = offered
        self.version = 0
        self.enabled = self.effective = NO_CAPABILITIES

    def setVersion(self, version: int) -> None:
        """Note the CAP version that the client names.  From 302 on, C{cap-notify} is enabled."""
        self.version = max(self.version, version)
        if self.version >= VALUES:
            self._enable(self.enabled | {"cap-notify"})

    def available(self, version: int) -> dict[str, str]:
        """
        Get the capabilities for the reply to C{CAP LS}.  Omit value-only capabilities for clients before version 302.

        These clients get one line only, so those that all clients may know come before drafts and vendors' own.

        @param version: the version in this request.
        """
        if version >= VALUES:
            return dict(self.offered)
        names = sorted([name for name in self.offered if name not in INFORMATIONAL], key=lambda name: "/" in name)
        return {name: self.offered[name] for name in names}

    def changeOffer(self, offered: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """
        Replace the offered capabilities, and disable those that are no longer offered.

        @return: the new and changed capabilities for C{CAP NEW}, and the names of the removed ones for C{CAP DEL}.
        """
        fresh = {name: value for name, value in offered.items() if self.offered.get(name) != value}
        gone = [name for name in self.offered if name not in offered and name not in INFORMATIONAL]
        self.offered = offered
        self._enable(self.enabled - set(gone))
        if self.version < VALUES:
            fresh = {name: value for name, value in fresh.items() if name not in INFORMATIONAL}
        return fresh, gone

    def request(self, wanted: list[tuple[bool, str]]) -> bool:
        """
        Enable and disable capabilities: all of them, or none.

        @param wanted: for each capability, whether to enable it, and its name.  If a name is repeated, the last one
            counts.
        @return: whether the request was granted.
        """
        enabled = set(self.enabled)
        for adding, name in wanted:
            if name not in self.offered or name in INFORMATIONAL:
                return False
            if not adding and name == "cap-notify" and self.version >= VALUES:
                return False
            (enabled.add if adding else enabled.discard)(name)
        if not areCompatible(enabled):
            return False
        self._enable(frozenset(enabled))
        return True

    def _enable(self, enabled: frozenset[str]) -> None:
        self.enabled, self.effective = enabled, inEffect(enabled)
