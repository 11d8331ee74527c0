"""Servers for the tests of the line door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred

from twistchat.chat.model.spans import Around, Kept, Span
from twistchat.journal.history.memory import MemoryHistory
from twistchat.journal.memory import MemoryLog
from twistchat.testing import ManualLog, MemoryServer
from twistchat.testing.server import SETTINGS

GOODBYE = "* Goodbye.  If your nc does not end by itself, Ctrl-C ends it"
"""The last line to a client that quits."""

STRANGER = "192.0.2.7"
"""An address without exemption from limits."""


def limited(**limits: Any) -> MemoryServer:
    """Make a server with these limits, and the defaults for the others."""
    return MemoryServer(replace(SETTINGS, limits=replace(SETTINGS.limits, **limits)))


def commit(server: MemoryServer) -> None:
    """Commit all events in the journal, and those that follow from them."""
    assert isinstance(server.log, ManualLog)
    while server.log.waiting:
        server.log.commit()
        server.pump()


class SlowHistory(MemoryHistory):
    """
    A history whose reads complete when the test says so.  They find what is stored then.

    @ivar reads: the pending reads.
    """

    def __init__(self, log: MemoryLog) -> None:
        super().__init__(log)
        self.reads: list[tuple[Callable[[], Deferred[Sequence[Kept]]], Deferred[Sequence[Kept]]]] = []

    def read(self, span: Span | Around) -> Deferred[Any]:
        """See L{IHistory.read}."""
        result: Deferred[Any] = Deferred()
        self.reads.append((partial(super().read, span), result))
        return result

    def search(self, *arguments: Any) -> Deferred[Any]:
        """See L{IHistory.search}."""
        result: Deferred[Any] = Deferred()
        self.reads.append((partial(super().search, *arguments), result))
        return result

    def finish(self) -> None:
        """Complete the pending reads, and those that follow them."""
        while self.reads:
            reads, self.reads = self.reads, []
            for read, result in reads:
                read().chainDeferred(result)
