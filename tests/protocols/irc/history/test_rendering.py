"""Tests of L{twistchat.protocols.irc.history.rendering}."""

from __future__ import annotations

from tests.protocols.irc.conversations import Conversations
from tests.wire.irc.samples import EVENTS
from twistchat.chat.model.events import Entry
from twistchat.chat.model.spans import TEXTS
from twistchat.protocols.irc.history.rendering import PLAYBACK_NEEDS, kindsFor
from twistchat.protocols.irc.protocol import IrcConnection


class KindsTests(Conversations):
    """The events that a client is sent."""

    alices = 0

    def connection(self, *capabilities: str) -> IrcConnection:
        """Get the server's side of a client with these capabilities."""
        self.alices += 1
        self.irc(f"alice{self.alices}", *capabilities)
        outlet = next(iter(self.server.chat.identity.find(f"alice{self.alices}").sessions.values())).outlet
        assert isinstance(outlet, IrcConnection)
        return outlet

    def test_kinds(self) -> None:
        """Without event-playback there are texts only; otherwise what the client's capabilities have a line for."""
        self.assertEqual(kindsFor(self.connection()), TEXTS)
        self.assertEqual(kindsFor(self.connection(*PLAYBACK_NEEDS)), TEXTS)
        plain = kindsFor(self.connection("draft/event-playback"))
        for name, kinds in PLAYBACK_NEEDS.items():
            self.assertTrue(plain.isdisjoint(kinds))
            self.assertTrue(kinds <= kindsFor(self.connection("draft/event-playback", "message-tags", name)))

    def test_everyKindHasALine(self) -> None:
        """Every event that is selected is rendered, so that no page is shorter than it could be."""
        for capabilities in ((), tuple(PLAYBACK_NEEDS)):
            client = self.connection("draft/event-playback", *capabilities)
            kinds = kindsFor(client)
            rendered = set()
            for event in EVENTS:
                if type(event) in kinds:
                    rendered.add(type(event))
                    self.assertTrue(client.render("#room", Entry(5, "x-5", 0, event)), event)
            self.assertEqual(rendered, kinds)
