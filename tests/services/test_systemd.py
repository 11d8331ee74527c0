"""Tests of L{twistchat.services.systemd}, with a real socket."""

from __future__ import annotations

import socket
from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.journal.disk import temporary
from twistchat.services.systemd import Systemd


class SystemdTests(SynchronousTestCase):
    """L{Systemd}."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.path = str(Path(temporary(self), "notify"))
        self.socket = self.listen(self.path)

    def listen(self, address: str) -> socket.socket:
        """Listen as systemd does."""
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(receiver.close)
        receiver.bind(address)
        receiver.setblocking(False)
        return receiver

    def make(self, **environment: str) -> Systemd:
        """Make an object with these variables, and those that systemd always sets."""
        return Systemd({"NOTIFY_SOCKET": self.path, **environment}, self.clock, 42)

    def received(self) -> list[str]:
        """The messages since the last call."""
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def test_life(self) -> None:
        """systemd hears of the start, a reload, and the stop."""
        systemd = self.make()
        systemd.opening()
        systemd.ready("Is open")
        systemd.reloading()
        systemd.reloaded()
        systemd.stopping()
        self.assertEqual(
            [
                "EXTEND_TIMEOUT_USEC=3600000000\nSTATUS=Opens the journal",
                "READY=1\nSTATUS=Is open",
                "RELOADING=1\nMONOTONIC_USEC=1000000000",
                "READY=1",
                "STOPPING=1\nSTATUS=Closes the journal and all connections",
            ],
            self.received(),
        )
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_watchdog(self) -> None:
        """The watchdog gets a sign of life twice as often as it wants one, from the start to the stop."""
        systemd = self.make(WATCHDOG_USEC="30000000", WATCHDOG_PID="42")
        systemd.opening()
        systemd.ready("Is open")
        self.assertEqual("WATCHDOG=1", self.received()[-1])
        self.clock.advance(14.9)
        self.assertEqual([], self.received())
        self.clock.advance(0.1)
        self.clock.advance(15)
        self.assertEqual(["WATCHDOG=1", "WATCHDOG=1"], self.received())
        systemd.stopping()
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_watchdogTooSoon(self) -> None:
        """Signs of life are a second apart, however soon the watchdog wants them."""
        self.make(WATCHDOG_USEC="1").ready("Is open")
        self.received()
        self.clock.advance(0.9)
        self.assertEqual([], self.received())
        self.clock.advance(0.1)
        self.assertEqual(["WATCHDOG=1"], self.received())

    def test_noWatchdog(self) -> None:
        """No signs of life are sent if none are wanted, or only those of another process."""
        for environment in (
            {},
            {"WATCHDOG_USEC": "0"},
            {"WATCHDOG_USEC": "soon"},
            {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "41"},
        ):
            systemd = self.make(**environment)
            systemd.ready("Is open")
            self.assertIsNone(systemd.watchdog)
        self.assertNotIn("WATCHDOG=1", self.received())
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_abstract(self) -> None:
        """An address that begins with @ is in the abstract name space."""
        name = self.path.replace("/", "-")
        self.socket = self.listen(f"\0{name}")
        self.make(NOTIFY_SOCKET=f"@{name}").ready("Is open")
        self.assertEqual(["READY=1\nSTATUS=Is open"], self.received())

    def test_without(self) -> None:
        """Without systemd, nothing is sent and no timer runs."""
        for environment in ({}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}):
            systemd = Systemd({"WATCHDOG_USEC": "30000000", **environment}, self.clock, 42)
            systemd.opening()
            systemd.ready("Is open")
            systemd.stopping()
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_gone(self) -> None:
        """If nobody listens at the socket, the server goes on."""
        self.socket.close()
        systemd = self.make()
        systemd.ready("Is open")
        systemd.stopping()
