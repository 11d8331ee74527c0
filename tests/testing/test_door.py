"""Tests of L{twistchat.testing.door}: the contract detects the faults of a door."""

from __future__ import annotations

import unittest
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.doors import test_contract
from twistchat.chat.model.events import Entry, Event
from twistchat.config.limits import Limits
from twistchat.doors.line import LineDoor
from twistchat.interfaces import IDialect
from twistchat.net.client.closing import Closing
from twistchat.net.client.entrance import Entrance
from twistchat.net.client.factory import ClientFactory
from twistchat.net.client.language import Deadline
from twistchat.net.context import ServerContext
from twistchat.net.limits.admission import Admission
from twistchat.net.stream import StreamFactory
from twistchat.protocols.line.factory import Dialects
from twistchat.protocols.line.protocol import LineProtocol
from twistchat.wire.lines import Line, LineSplitter


class FaultyDoor(LineDoor):
    """The line door with a fault: it has another protocol, or another factory."""

    name = "faulty"
    settings = None  # type: ignore[assignment]  # as for a door without a section

    def __init__(self, protocol: type[LineProtocol], clients: type[ClientFactory] = ClientFactory) -> None:
        self._protocol = protocol
        self._clients = clients

    def factory(self, context: ServerContext) -> StreamFactory:
        """See L{IDoor.factory}."""
        dialects = Dialects.forZone(None)
        clients = self._clients(context, self.name, lambda context, factory: self._protocol(context, factory, dialects))
        return StreamFactory(context, clients, lambda client: LineSplitter(4096))


class Speechless(LineProtocol):
    """A protocol that words neither errors nor farewells."""

    def refused(self, event: Event | None, failure: Failure) -> None:
        """Send nothing."""

    def farewell(self, reason: str, fault: bool) -> bytes:
        """Send nothing."""
        return b""


class Lenient(Entrance):
    """An entrance that neither counts lines nor recognizes HTTP."""

    __slots__ = ()

    def countLine(self, blank: bool = False) -> bool:
        """Allow every line."""
        return True

    def speaksHttp(self, line: Line) -> bool:
        """Accept every line."""
        return False


class Trusting(LineProtocol):
    """A protocol that neither counts lines of unregistered clients nor refuses HTTP.  They have 30 s to register."""

    def __init__(self, context: ServerContext, factory: ClientFactory, dialects: Dialects) -> None:
        super().__init__(context, factory, dialects)
        self.entrance = Lenient(self)

    def deadline(self, limits: Limits) -> Deadline:
        """See L{Language.deadline}."""
        return Deadline(limits.registration, "too slow")


class Hasty(LineProtocol):
    """A protocol without rate limits."""

    def _read(self, line: Line, private: bool) -> str:
        assert isinstance(line, bytes)
        return line.decode("utf-8", "replace")


class Crowded(LineProtocol):
    """A factory that admits everyone, and gives clients unlimited time."""

    def connectionMade(self) -> None:
        """See L{ClientProtocol}."""
        context = self.context
        context.admission = Admission(context.settings.limits, lambda: 0.0)
        super().connectionMade()
        self.silence.stop()


class Patient(Closing):
    """A protocol without a limit for slow readers."""

    def dropSlowReader(self) -> None:
        """Do nothing."""


class Deaf(LineProtocol):
    """A protocol that ends no session and closes no connection."""

    def __init__(self, context: ServerContext, factory: ClientFactory, dialects: Dialects) -> None:
        super().__init__(context, factory, dialects)
        self.closing = Patient(self)

    def disconnect(self, reason: str) -> None:
        """Do nothing."""

    def connectionLost(self, reason: Any = None) -> None:
        """Do nothing."""


class Backwards(LineProtocol):
    """A protocol that runs the lines of one turn in the wrong order."""

    def lineReceived(self, line: Line) -> float:
        """Keep a line, and run it before earlier ones."""
        if self.entrance.registered:
            waiting: list[Line] = vars(self).setdefault("waiting", [])
            waiting.insert(0, line)
            if len(waiting) == 1:
                self.context.clock.callLater(1, self._obeyAll, waiting)
            return 0.0
        return super().lineReceived(line)

    def _obeyAll(self, waiting: list[Line]) -> None:
        lines, waiting[:] = waiting[:], []
        for line in lines:
            super().lineReceived(line)


@dataclass(frozen=True, slots=True)
class RawDialect:
    """A dialect that writes fields unchanged, and fails on some."""

    plain: IDialect

    def render(self, entry: Entry) -> bytes:
        """See L{IDialect.render}."""
        if entry.event.source.nick == "alice":
            return f"{entry.event.topic}\n".encode() if hasattr(entry.event, "topic") else b"half a line"
        return self.plain.render(entry)


class Raw(LineProtocol):
    """Uses L{RawDialect}."""

    def dialectFor(self, place: str) -> IDialect:
        """See L{IOutlet.dialectFor}."""
        dialect: Any = RawDialect(self.dialects.other)
        return dialect if place.startswith("#") else super().dialectFor(place)


class NeverClosing(ClientFactory):
    """Report at once that it is closed."""

    def close(self, reason: str) -> Deferred[None]:
        """See L{IDoorFactory.close}."""
        return succeed(None)


def outcome(door: Callable[[], FaultyDoor], test: str) -> unittest.TestResult:
    """Run one test of the contract on a door."""

    class Case(test_contract.LineTests):
        def makeDoor(self) -> Any:
            return door()

    result = unittest.TestResult()
    Case(test).run(result)
    return result


class FaultTests(SynchronousTestCase):
    """Each fault fails the tests about it."""

    def assertFound(self, door: Callable[[], FaultyDoor], *tests: str) -> None:
        """Assert that the contract's tests with these names fail."""
        for test in tests:
            result = outcome(door, test)
            self.assertEqual(1, len([*result.failures, *result.errors]), f"{test} passed")
        self.flushLoggedErrors()

    def test_sound(self) -> None:
        """The door without a fault passes."""
        for test in (
            "test_order",
            "test_everyError",
            "test_close",
            "test_slowReader",
            "test_noForgedLines",
            "test_http",
        ):
            result = outcome(lambda: FaultyDoor(LineProtocol), test)
            self.assertTrue(result.wasSuccessful(), result.failures + result.errors)

    def test_speechless(self) -> None:
        """A door that words no errors and farewells."""
        self.assertFound(
            lambda: FaultyDoor(Speechless),
            "test_everyError",
            "test_nickInUse",
            "test_tooMany",
            "test_deadline",
            "test_close",
            "test_nothingAfterClose",
        )

    def test_hasty(self) -> None:
        """A door without rate limits."""
        self.assertFound(lambda: FaultyDoor(Hasty), "test_flood")

    def test_trusting(self) -> None:
        """A door that treats unregistered clients like others.  Their deadline does not hide that."""
        self.assertFound(lambda: FaultyDoor(Trusting), "test_unregisteredLines", "test_http")

    def test_crowded(self) -> None:
        """A door without limits on connections and without deadlines."""
        self.assertFound(lambda: FaultyDoor(Crowded), "test_tooMany", "test_deadline")

    def test_deaf(self) -> None:
        """A door that ends no connection."""
        self.assertFound(
            lambda: FaultyDoor(Deaf), "test_nothingAfterClose", "test_hungUp", "test_slowReader", "test_close"
        )

    def test_backwards(self) -> None:
        """A door that changes the order of commands."""
        self.assertFound(lambda: FaultyDoor(Backwards), "test_order")

    def test_raw(self) -> None:
        """A door that writes fields unchanged, and no whole lines."""
        self.assertFound(lambda: FaultyDoor(Raw), "test_everyEvent", "test_noForgedLines")
        (failed,) = outcome(lambda: FaultyDoor(Raw), "test_noForgedLines").failures
        self.assertIn("no field may put CR, LF or NUL into a line", failed[1])

    def test_neverClosing(self) -> None:
        """A door that does not wait until its clients are gone."""
        self.assertFound(lambda: FaultyDoor(LineProtocol, NeverClosing), "test_close")
