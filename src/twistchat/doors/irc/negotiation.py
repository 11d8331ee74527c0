"""
Capabilities: what the server offers one client, and what that client has asked for (IRCv3 capability-negotiation).
"""

from __future__ import annotations

from collections.abc import Mapping

TOLD_ONLY = frozenset({"sts"})
"""What a client reads among the capabilities and cannot ask for (IRCv3 sts)."""

IMPLICIT = 302
"""The version of the negotiation from which on a client has C{cap-notify} whether it asks for it or not."""


class Negotiation:
    """
    One client's side of it.

    @ivar version: the highest version of the negotiation that it has named; 0 for none.
    @ivar enabled: the capabilities that are on.
    """

    __slots__ = ("_offered", "enabled", "version")

    def __init__(self, offered: Mapping[str, str]) -> None:
        """
        @param offered: what the server has, each capability with its value or C{""}.
        """
        self._offered = offered
        self.version = 0
        self.enabled: frozenset[str] = frozenset()

    def speaks(self, version: int) -> None:
        """Take notice of the version that the client names."""
        self.version = max(self.version, version)
        if self.version >= IMPLICIT:
            self.enabled |= {"cap-notify"}

    def offers(self, values: bool) -> list[str]:
        """
        What there is.

        @param values: whether the client can read values.
        """
        return [f"{name}={value}" if value and values else name for name, value in self._offered.items()]

    def request(self, wanted: list[tuple[bool, str]]) -> bool:
        """
        Turn capabilities on and off, all or none of them.

        @param wanted: whether each is to be on, and its name.  The last word on a name counts.
        @return: whether it was done.
        """
        enabled = set(self.enabled)
        for adding, name in wanted:
            if name not in self._offered or name in TOLD_ONLY:
                return False
            if not adding and name == "cap-notify" and self.version >= IMPLICIT:
                return False
            (enabled.add if adding else enabled.discard)(name)
        self.enabled = frozenset(enabled)
        return True
