"""Tests of L{twistchat.protocols.irc.history.sharing}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import SERVER, AccountRegistered, TextsForgotten
from twistchat.protocols.irc.history.sharing import LIFETIME, LONGEST, Page, Pages
from twistchat.testing import IrcClient, MemoryServer
from twistchat.wire.irc.dialect import IrcDialect

CAPABILITIES = "batch server-time message-tags draft/chathistory"


class PagesTests(SynchronousTestCase):
    """The pages that are kept."""

    def key(self, number: int) -> Any:
        """A key."""
        return (None, "chathistory", "#a", (number,), 0)

    def test_memory(self) -> None:
        """The page that was not asked for longest is dropped when there are too many bytes."""
        pages = Pages(Clock(), 30)
        for number in range(3):
            pages.add(self.key(number), Page(b"x" * 10, 1))
        self.assertIsNotNone(pages.get(self.key(0)))
        pages.add(self.key(3), Page(b"x" * 10, 1))
        self.assertEqual([True, False, True, True], [pages.get(self.key(number)) is not None for number in range(4)])

    def test_again(self) -> None:
        """A page that is added again takes its bytes once, and one that is too large is not kept."""
        pages = Pages(Clock(), 30)
        for _ in range(10):
            pages.add(self.key(0), Page(b"x" * 10, 1))
        pages.add(self.key(1), Page(b"x" * 20, 1))
        self.assertIsNotNone(pages.get(self.key(0)))
        pages.add(self.key(2), Page(b"x" * 31, 1))
        self.assertEqual([None] * 3, [pages.get(self.key(number)) for number in range(3)])

    def test_lifetime(self) -> None:
        """No page is kept for longer than L{LIFETIME}, and pages can be added again then."""
        clock = Clock()
        pages = Pages(clock, 30)
        for number in range(2):
            pages.add(self.key(number), Page(b"x" * 15, 1))
            clock.advance(LIFETIME / 2)
        self.assertEqual([None, None], [pages.get(self.key(number)) for number in range(2)])
        for number in range(2):
            pages.add(self.key(number), Page(b"x" * 15, 1))
        self.assertIsNotNone(pages.get(self.key(0)))
        self.assertEqual(1, len(clock.getDelayedCalls()))


class SharingTests(SynchronousTestCase):
    """Clients that ask for the history of a channel."""

    def setUp(self) -> None:
        """Three lines are said, and rendered entries are counted."""
        self.server = MemoryServer()
        self.alice = self.join("alice")
        self.alice.send("PRIVMSG #tea :one", "PRIVMSG #tea :two", "PRIVMSG #tea :three")
        self.rendered = 0
        render = IrcDialect.render

        def counting(dialect: IrcDialect, entry: Any) -> bytes:
            self.rendered += 1
            return render(dialect, entry)

        self.patch(IrcDialect, "render", counting)

    def join(self, nick: str, capabilities: str = CAPABILITIES) -> IrcClient:
        """A client who is in the channel."""
        client = self.server.irc(nick, *capabilities.split())
        client.send("JOIN #tea")
        client.skip()
        return client

    def ask(self, client: IrcClient, command: str = "CHATHISTORY LATEST #tea * 10") -> tuple[list[str], int]:
        """
        Ask for the history.

        @return: the lines of the answer, and the number of entries that were rendered.
        """
        client.skip()
        before = self.rendered
        client.send(command)
        return client.lines(), self.rendered - before

    def test_same(self) -> None:
        """Two clients in the same dialect get the same bytes, which are rendered once."""
        bob = self.join("bob")
        first, rendered = self.ask(self.alice)
        self.assertEqual((5, 3), (len(first), rendered))
        self.assertEqual((first, 0), self.ask(bob))
        self.assertEqual((first, 0), self.ask(bob))

    def test_label(self) -> None:
        """A label belongs to the answer of one client only."""
        bob = self.join("bob", f"{CAPABILITIES} labeled-response")
        first, _ = self.ask(self.alice)
        labelled, rendered = self.ask(bob, "@label=x CHATHISTORY LATEST #tea * 10")
        self.assertEqual(0, rendered)
        self.assertEqual([f"@label=x {first[0]}", *first[1:]], labelled)
        self.assertEqual(first, self.ask(self.alice)[0])

    def test_others(self) -> None:
        """Another dialect, another range, and new lines are rendered."""
        self.ask(self.alice)
        self.assertEqual(3, self.ask(self.join("bob", "batch draft/chathistory"))[1])
        self.assertEqual(2, self.ask(self.alice, "CHATHISTORY LATEST #tea * 2")[1])
        self.alice.send("PRIVMSG #tea :four")
        lines, _ = self.ask(self.alice)
        self.assertTrue(lines[-2].endswith("PRIVMSG #tea :four"))

    def test_redacted(self) -> None:
        """A text that was redacted is not sent any more."""
        self.alice = self.join("al", f"{CAPABILITIES} draft/message-redaction echo-message")
        self.alice.send("PRIVMSG #tea :secret")
        id = self.alice.lines()[-1].partition("msgid=")[2].split(" ")[0].split(";")[0]
        self.assertIn("secret", "".join(self.ask(self.alice)[0]))
        self.alice.send(f"REDACT #tea {id}")
        self.assertNotIn("secret", "".join(self.ask(self.alice)[0]))

    def test_forgotten(self) -> None:
        """A reason that was erased is not sent any more, although its entry keeps its number."""
        chat, log = self.server.chat, self.server.log
        log.append(AccountRegistered(SERVER, "alice"))
        session = next(iter(chat.identity.find("alice").sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(chat.identity.login(session, "alice")))
        carol = self.join("carol", f"{CAPABILITIES} draft/event-playback")
        self.join("bob")
        self.alice.send("KICK #tea bob :secret reason")
        self.assertIn("secret", "".join(self.ask(carol)[0]))
        log.append(TextsForgotten(SERVER, "alice"))
        self.server.pump()
        lines, _ = self.ask(carol)
        self.assertIn("KICK #tea bob", "".join(lines))
        self.assertNotIn("secret", "".join(lines))

    def test_notShared(self) -> None:
        """Long pages, private ones, and those of clients without batches are rendered for each client."""
        bob = self.join("bob", "server-time message-tags draft/chathistory")
        self.ask(self.alice)
        self.assertEqual(3, self.ask(bob)[1])
        self.assertEqual(3, self.ask(bob)[1])
        self.alice.send(*[f"PRIVMSG #tea :{number}" for number in range(LONGEST)])
        for _ in range(2):
            self.assertEqual(LONGEST + 1, self.ask(self.alice, f"CHATHISTORY LATEST #tea * {LONGEST + 1}")[1])
