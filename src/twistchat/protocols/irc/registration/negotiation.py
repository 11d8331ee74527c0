"""
Capabilities: what the server offers one client, and what that client has asked for (IRCv3 capability-negotiation).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from twistchat.wire.irc.capabilities import VALUES, inEffect

INFORMATIONAL = frozenset({"sts"})
"""What a client reads among the capabilities and cannot ask for (IRCv3 sts)."""


NO_CAPABILITIES: Final[frozenset[str]] = frozenset()
"""What is on at first: one object for all clients, since a set of one's own is of 216 bytes."""


class Negotiation:
    """
    One client's side of it.

    @ivar offered: what the server has, each capability with its value or C{""}.
    @ivar version: the highest version of the negotiation that it has named; 0 for none.
    @ivar enabled: the capabilities that are on.
    @ivar effective: those of them that have what they require.
    """

    __slots__ = ("effective", "enabled", "offered", "version")

    def __init__(self, offered: Mapping[str, str]) -> None:
        """
        @param offered: what the server has, each capability with its value or C{""}.
        """
        self.offered = offered
        self.version = 0
        self.enabled = self.effective = NO_CAPABILITIES

    def setVersion(self, version: int) -> None:
        """Take notice of the version that the client names."""
        self.version = max(self.version, version)
        if self.version >= VALUES:
            self._enable(self.enabled | {"cap-notify"})

    def available(self, version: int) -> dict[str, str]:
        """
        What to name in answer to C{CAP LS}.  What says nothing without its value is left out where that cannot be told.

        @param version: as this request names it.
        """
        return {name: value for name, value in self.offered.items() if version >= VALUES or name not in INFORMATIONAL}

    def changeOffer(self, offered: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """
        Offer something else from now on; what is not offered any more is off.

        @return: what the client is to be told with C{CAP NEW}, where it has C{cap-notify}, and what with C{CAP DEL}.
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
        Turn capabilities on and off, all or none of them.

        @param wanted: whether each is to be on, and its name.  The last word on a name counts.
        @return: whether it was done.
        """
        enabled = set(self.enabled)
        for adding, name in wanted:
            if name not in self.offered or name in INFORMATIONAL:
                return False
            if not adding and name == "cap-notify" and self.version >= VALUES:
                return False
            (enabled.add if adding else enabled.discard)(name)
        self._enable(frozenset(enabled))
        return True

    def _enable(self, enabled: frozenset[str]) -> None:
        self.enabled, self.effective = enabled, inEffect(enabled)
