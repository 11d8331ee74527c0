"""Tests of L{twistchat.services.listening}: which door listens where.  L{tests.services.test_service} has the rest."""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface import implementer

from tests.commandlines import CommandLineTestCase
from twistchat.config import Settings, SettingsBuilder
from twistchat.interfaces import IDoor, IDoorFactory
from twistchat.net.context import ServerContext
from twistchat.services.listening import plan

DEFAULT = "tcp:6623:interface=127.0.0.1"


@implementer(IDoor)
class FakeDoor:
    """A door that somebody else wrote."""

    summary = "A door."
    settings = None

    def __init__(self, name: str, *defaultEndpoints: str) -> None:
        self.name = name
        self.defaultEndpoints = defaultEndpoints

    def invitation(self, host: str, port: int) -> str:
        """See L{IDoor.invitation}."""
        return f"knock at {host} {port}"

    def warnings(self, settings: Settings, endpoints: Sequence[str]) -> Sequence[str]:
        """See L{IDoor.warnings}.  All endpoints fit."""
        return ()

    def factory(self, context: ServerContext) -> IDoorFactory:
        """See L{IDoor.factory}.  Nobody comes in."""
        raise AssertionError("this door is not to be opened")


class PlanTests(CommandLineTestCase):
    """Which door listens where."""

    doors = (FakeDoor("line", DEFAULT), FakeDoor("irc", "tcp:6667", "tcp:6668"), FakeDoor("late"))

    def planned(self, **listen: list[str]) -> list[tuple[str, str]]:
        """The plan for these settings of listen."""
        builder = SettingsBuilder({door.name: door.settings for door in self.doors})
        for door, endpoints in listen.items():
            builder.put(f"listen.{door}", endpoints, "here")
        return [(listener.door.name, listener.description) for listener in plan(self.doors, builder.finish())]

    def test_defaults(self) -> None:
        """Where nothing is named, each door listens at its defaults."""
        self.assertEqual([("line", DEFAULT), ("irc", "tcp:6667"), ("irc", "tcp:6668")], self.planned())

    def test_named(self) -> None:
        """Naming any door's endpoint replaces all defaults: only what is named listens."""
        self.assertEqual([("irc", "tcp:1"), ("irc", "tcp:2")], self.planned(irc=["tcp:1", "tcp:2"]))
        self.assertEqual([("line", "tcp:1"), ("late", "tcp:2")], self.planned(late=["tcp:2"], line=["tcp:1"]))

    def test_nowhere(self) -> None:
        """A door that is to listen nowhere does not."""
        self.assertEqual([], self.planned(line=[]))
