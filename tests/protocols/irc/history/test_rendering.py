"""Tests of L{twistchat.protocols.irc.history.rendering}."""

from __future__ import annotations

from tests.protocols.irc.conversations import Conversations
from tests.wire.irc.samples import EVENTS
from twistchat.chat.model.events import Entry
from twistchat.chat.model.spans import TEXTS
from twistchat.protocols.irc.history.rendering import PLAYBACK_NEEDS, kindsFor
from twistchat.protocols.irc.history.sharing import LONGEST
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.testing import IrcClient


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


class PortionTests(Conversations):
    """A channel has so many long texts that a page of them is longer than the send queue."""

    def setUp(self) -> None:
        """Let bob say them."""
        super().setUp()
        self.irc("bob", rooms="#tea")
        session = next(iter(self.server.chat.identity.find("bob").sessions.values()))
        for number in range(LONGEST):
            self.server.chat.speaking.say(
                session, "#tea", "\n".join([f"{number}.{line} {'x' * 30}" for line in range(100)])
            )
        self.server.pump()

    def come(self, nick: str) -> IrcClient:
        """Join, as a client that can ask for all of them."""
        return self.irc(nick, "batch", "message-tags", "draft/multiline", "draft/chathistory", rooms="#tea")

    def read(self, client: IrcClient) -> int:
        """Read all, however long it takes, and count the lines of texts in one batch."""
        for _ in range(200):
            self.server.advance(0.2)
        lines = client.lines()
        self.assertRegex(lines[0], r" BATCH \+\w+ chathistory #tea$")
        self.assertRegex(lines[-1], f" BATCH -{lines[0].split('+')[1].split(' ')[0]}$")
        return len([line for line in lines if " PRIVMSG " in line])

    def test_fastReader(self) -> None:
        """A client that reads at once gets the page, and is not dropped.  So does the next one."""
        for nick in ("alice", "carol"):
            client = self.come(nick)
            client.send(f"CHATHISTORY LATEST #tea * {LONGEST}")
            self.assertEqual(self.read(client), LONGEST * 100)
            self.assertFalse(client.gone)

    def test_stalledReader(self) -> None:
        """For a client that does not read, the page waits.  What waits in the server stays well below the limit."""
        limits = self.server.context.settings.limits
        for limit in (LONGEST, LONGEST // 10):
            client = self.come(f"alice{limit}")
            client.link.stalled = True
            client.send(f"CHATHISTORY LATEST #tea * {limit}")
            for _ in range(50):
                self.server.advance(0.2)
            user = self.server.chat.identity.find(f"alice{limit}")
            outlet = next(iter(user.sessions.values())).outlet
            assert isinstance(outlet, IrcConnection)
            self.assertLess(outlet.outbox.waiting, limits.sendq * 3 // 4)
            client.link.stalled = False
            self.assertEqual(self.read(client), limit * 100)
            self.assertFalse(client.gone)
