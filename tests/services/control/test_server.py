"""Tests of L{twistchat.services.control.server}, on a server in memory."""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.services.control.commands import Answer, execute
from twistchat.services.control.server import ServerCommands
from twistchat.services.control.wire import ControlError, Request
from twistchat.testing import MemoryServer, settingsOf


class ServerCommandsTests(SynchronousTestCase):
    """The commands, with the default limits."""

    def setUp(self) -> None:
        self.server = MemoryServer(settingsOf(""))
        self.parts: list[Any] = []

    def start(self, command: str, **arguments: object) -> Deferred[Any]:
        """Start a command."""

        async def report(part: Answer) -> None:
            self.parts.append(part)

        table = ServerCommands(self.server.context).table
        record = partial(self.server.chat.audit.recordOutside, "console", "root")
        executing = Deferred.fromCoroutine(execute(table, Request(1, f"server.{command}", arguments), report, record))
        self.server.pump()
        return executing

    def do(self, command: str, **arguments: object) -> Any:
        """Return the answer of a command."""
        return self.successResultOf(self.start(command, **arguments))

    def refused(self, command: str, **arguments: object) -> ControlError:
        """Return the error of a command."""
        error = self.failureResultOf(self.start(command, **arguments), ControlError).value
        assert isinstance(error, ControlError)
        return error

    def test_reload(self) -> None:
        """A reload says what has changed, and what waits for a restart."""
        self.server.configure('server.name = "other.example"\nlimits.ping = 50')
        self.assertEqual({"applied": ("limits.ping",), "deferred": ("server.name",)}, self.do("reload"))
        self.assertEqual(50, self.server.context.settings.limits.ping)

    def test_badConfiguration(self) -> None:
        """If the configuration has a mistake, the error says where, and nothing changes."""
        before = self.server.context.settings
        self.server.configure('limits.ping = "soon"')
        error = self.refused("reload")
        self.assertEqual("BAD_CONFIGURATION", error.code)
        self.assertIn("twistchat.toml:1: limits.ping", error.text)
        self.assertIs(before, self.server.context.settings)
