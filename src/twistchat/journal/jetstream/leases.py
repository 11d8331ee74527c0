"""
The leases of the nodes.  They show which nodes are alive.

A node renews its lease every few seconds.  Nobody compares clocks: a member is lost if its lease did not change while
this node renewed its own a number of times.  So nobody is lost while the brokers are out of reach of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

if TYPE_CHECKING:
    from twistchat.interfaces import IStream

WATCHER: Final = "watcher"
"""The key of a lease with which the others are looked at.  It is not the id of a node."""

EVERY: Final = 2.0
"""Seconds between two renewals."""

ROUNDS: Final = 5
"""The number of this node's renewals during which the lease of a member must not change until the member is lost."""


def renewed(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    """
    Which nodes are alive.

    @param before: the leases.
    @param after: the leases some time later.
    @return: the ids of the nodes whose leases were renewed in between, sorted.
    """
    return sorted(node for node, number in after.items() if node != WATCHER and before.get(node) != number)


class Leases:
    """Renews the lease of this node, and watches those of the members."""

    def __init__(
        self,
        stream: IStream,
        clock: IReactorTime,
        members: Callable[[], Iterable[str]],
        lost: Callable[[str], None],
    ) -> None:
        """
        @param members: returns the ids of the members.
        @param lost: called with the id of a member whose lease has ended; again in each round until it is no member.
        """
        self._stream = stream
        self._clock = clock
        self._members = members
        self._lost = lost
        self._node = ""
        self._next: IDelayedCall | None = None
        self._seen: dict[str, tuple[int, int]] = {}

    def begin(self, node: str) -> None:
        """Hold the lease of the node with this id from now on, and no other."""
        self.stop()
        self._node = node
        self._renew()

    def stop(self) -> None:
        """Renew no lease any more."""
        self._node, self._seen = "", {}
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _renew(self) -> None:
        node, self._next = self._node, None

        def looked(leases: Mapping[str, int]) -> None:
            if node == self._node:
                self._watch(leases)

        def scheduled(_: object) -> None:
            if node == self._node and self._next is None:
                self._next = self._clock.callLater(EVERY, self._renew)

        self._stream.renew(node).addCallbacks(looked, lambda failure: None).addBoth(scheduled)

    def _watch(self, leases: Mapping[str, int]) -> None:
        """Count the rounds in which the lease of a member has not changed."""
        seen: dict[str, tuple[int, int]] = {}
        for node in self._members():
            if node == self._node:
                continue
            number = leases.get(node, 0)
            before, rounds = self._seen.get(node, (number, -1))
            seen[node] = (number, rounds + 1 if number == before else 0)
        self._seen = seen
        for node, (_, rounds) in seen.items():
            if rounds >= ROUNDS:
                self._lost(node)
