"""Tests of L{twistchat.services.listening}: which door listens where.  L{tests.services.test_service} has the rest."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.testing import MemoryReactor
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.commandlines import CommandLineTestCase
from twistchat.config import Settings, SettingsBuilder
from twistchat.doors.line import LineDoor
from twistchat.interfaces import IDoor, IDoorFactory
from twistchat.net.context import ServerContext
from twistchat.services.listener import Listener, plan
from twistchat.services.listening import Listening
from twistchat.testing import MemoryServer, settingsOf

DEFAULT = "tcp:6623:interface=127.0.0.1"


@implementer(IDoor)
class FakeDoor:
    """A third-party door."""

    summary = "A door."
    settings = None

    def __init__(self, name: str, *defaultEndpoints: str) -> None:
        self.name = name
        self.proxied = False
        self.defaultEndpoints = defaultEndpoints

    def invitation(self, host: str, port: int, secure: bool) -> str:
        """See L{IDoor.invitation}."""
        return f"knock{' quietly' if secure else ''} at {host} {port}"

    def isProxied(self, settings: Settings) -> bool:
        """See L{IDoor.isProxied}."""
        return self.proxied

    def warnings(self, settings: Settings, endpoints: Sequence[str]) -> Sequence[str]:
        """See L{IDoor.warnings}.  All endpoints fit."""
        return ()

    def factory(self, context: ServerContext) -> IDoorFactory:
        """See L{IDoor.factory}.  Nobody comes in."""
        raise AssertionError("this door is not to be opened")


class PlanTests(CommandLineTestCase):
    """The endpoints of each door."""

    doors = (FakeDoor("line", DEFAULT), FakeDoor("irc", "tcp:6667", "tcp:6668"), FakeDoor("late"))

    def planned(self, **listen: list[str]) -> list[tuple[str, str]]:
        """Return the plan for these settings of C{listen}."""
        builder = SettingsBuilder({door.name: door.settings for door in self.doors})
        for door, endpoints in listen.items():
            builder.put(f"listen.{door}", endpoints, "here")
        return [(listener.door.name, listener.description) for listener in plan(self.doors, builder.finish())]

    def test_defaults(self) -> None:
        """Without settings each door listens at its default endpoints."""
        self.assertEqual([("line", DEFAULT), ("irc", "tcp:6667"), ("irc", "tcp:6668")], self.planned())

    def test_named(self) -> None:
        """Naming one endpoint replaces the defaults of all doors."""
        self.assertEqual([("irc", "tcp:1"), ("irc", "tcp:2")], self.planned(irc=["tcp:1", "tcp:2"]))
        self.assertEqual([("line", "tcp:1"), ("late", "tcp:2")], self.planned(late=["tcp:2"], line=["tcp:1"]))

    def test_nowhere(self) -> None:
        """A door with an empty list of endpoints does not listen."""
        self.assertEqual([], self.planned(line=[]))


class ReachableTests(SynchronousTestCase):
    """Whether other machines can reach the server."""

    def test_proxied(self) -> None:
        """A door on loopback can be reached if a proxy is in front of it."""
        door = FakeDoor("knock", "tcp:7:interface=127.0.0.1")
        server = MemoryServer(doors=())
        listening = Listening(MemoryReactor(), [Listener(door, "tcp:7:interface=127.0.0.1")], server.context)
        self.assertFalse(listening.isReachable)
        door.proxied = True
        self.assertTrue(listening.isReachable)

    def test_proxyHeaders(self) -> None:
        """So can an endpoint on loopback that takes PROXY headers, if it takes them from somebody."""
        for config, description, wanted in (
            ('[irc]\nproxies = ["127.0.0.1"]\n', f"haproxy:{DEFAULT}", True),
            ('[irc]\nproxies = ["127.0.0.1"]\n', DEFAULT, False),
            ("", f"haproxy:{DEFAULT}", False),
        ):
            server = MemoryServer(settingsOf(config))
            listening = Listening(MemoryReactor(), [Listener(LineDoor(), description)], server.context)
            self.assertIs(listening.isReachable, wanted, (config, description))
