"""Tests of L{twistchat.net.client.table}."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.client.table import CommandTable


@dataclass(frozen=True)
class Order:
    """A command of a protocol."""

    name: str
    run: Callable[[], None]
    summary: str
    early: bool = False


class CommandTableTests(SynchronousTestCase):
    """A table of commands."""

    def test_command(self) -> None:
        """Decorated functions become commands, in their order, and stay functions."""
        table = CommandTable(Order, "Rooms")

        @table.command("join", "enter a room", early=True)
        def join() -> None:
            pass

        @table.command("part", "leave it")
        def part() -> None:
            pass

        self.assertEqual("Rooms", table.title)
        self.assertEqual([Order("join", join, "enter a room", True), Order("part", part, "leave it")], list(table))

    def test_replaced(self) -> None:
        """A later command with the same name takes the place of the earlier one."""
        table = CommandTable(Order)
        for summary in ("old", "new"):
            table.command("join", summary)(lambda: None)
        self.assertEqual(["new"], [order.summary for order in table])
