"""Tests of L{twistchat.protocols.irc.holds}: who holds back deliveries takes turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.protocols.irc.conversations import LABELS, Conversations, mask
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.protocols.irc.replies.reply import Reply

if TYPE_CHECKING:
    from twistchat.testing import IrcClient


class HoldTests(Conversations):
    """Alice is in #a with bob."""

    def setUp(self) -> None:
        """Let them join."""
        super().setUp()
        self.alice, self.bob = self.irc("alice", *LABELS, rooms="#a"), self.irc("bob", rooms="#a")
        (session,) = self.server.chat.identity.find("alice").sessions.values()
        assert isinstance(session.outlet, IrcConnection)
        self.client = session.outlet
        self.alice.skip()

    def said(self, client: IrcClient) -> list[str]:
        """The last words of all lines that a client has received."""
        self.server.pump()
        return [line.rpartition(" ")[2].lstrip(":") for line in client.lines()]

    def note(self, _: None, reached: list[int], number: int) -> None:
        """Note that a hold is reached."""
        reached.append(number)

    def test_turns(self) -> None:
        """The end of a hold sends what was delivered before the next one began."""
        holds, reached = [], list[int]()
        for number in range(3):
            hold = self.client.holdDeliveries()
            hold.reached().addCallback(self.note, reached, number)
            holds.append(hold)
            self.bob.send(f"PRIVMSG #a :{number}")
        self.assertEqual((self.said(self.alice), reached), ([], [0]))
        holds[0].end()
        self.assertEqual((self.said(self.alice), reached), (["0"], [0, 1]))
        self.assertTrue(holds[1].isReached)
        self.assertFalse(holds[2].isReached)
        holds[1].end()
        holds[2].end()
        self.assertEqual((self.said(self.alice), reached), (["1", "2"], [0, 1, 2]))
        self.assertIsNone(self.client.lastHold)
        self.bob.send("PRIVMSG #a :live")
        self.assertEqual(self.said(self.alice), ["live"])

    def test_endsEarly(self) -> None:
        """What a hold keeps back stays there while an earlier hold lasts."""
        first, second, third = (self.client.holdDeliveries() for _ in range(3))
        self.bob.send("PRIVMSG #a :hello")
        second.end()
        self.assertEqual(self.said(self.alice), [])
        first.end()
        self.assertTrue(third.isReached)
        self.assertEqual(self.said(self.alice), [])
        third.end()
        self.assertEqual(self.said(self.alice), ["hello"])

    def test_labelledReply(self) -> None:
        """A labelled reply with an event is sent behind what is held back already, also if its command ends before."""
        hold = self.client.holdDeliveries()
        self.bob.send("PRIVMSG #a :before")
        self.alice.send("@label=x PART #a,#b")
        self.hears(self.alice)
        hold.end()
        self.server.pump()
        lines = self.alice.lines()
        self.assertTrue(lines[0].endswith(":before"))
        self.assertRegex(lines[1], "^@label=x :twistchat BATCH [+][^ ]+ labeled-response$")
        self.assertTrue(lines[2].endswith(f" :{mask('alice')} PART #a"))
        self.assertRegex(lines[-1], "^:twistchat BATCH -[^ ]+$")
        self.assertIsNone(self.client.lastHold)

    def test_replies(self) -> None:
        """A reply without an event does not wait."""
        self.client.holdDeliveries()
        reply = Reply(self.client, "PING")
        reply.line("PONG", "x")
        reply.finish()
        self.server.pump()
        self.hears(self.alice, ":twistchat PONG x")
