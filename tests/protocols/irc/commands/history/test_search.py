"""Tests of SEARCH, by the sections of the draft of IRCv3 search (specifications PR 496)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from twisted.internet.defer import Deferred, fail

from tests.protocols.irc.conversations import LABELS, Conversations, mask
from twistchat.chat.errors import NotRead
from twistchat.testing import IrcClient

CAPABILITIES = ("batch", "soju.im/search", "message-tags", "server-time")


class Searches(Conversations):
    """
    Bob has said five things in #tea, one a second from noon on.  Alice searches.

    @ivar ids: the message ids of what he said.
    """

    kind = "soju.im/search"

    def setUp(self) -> None:
        """Let bob speak."""
        super().setUp()
        self.bob = self.irc("bob", "echo-message", "message-tags", rooms="#tea")
        for text in ("PRIVMSG #tea :green tea", "PRIVMSG #tea :black tea", "NOTICE #tea :tea is ready"):
            self.bob.send(text)
            self.server.advance(1)
        self.bob.send("TOPIC #tea :green tea", "PRIVMSG #tea :\x01ACTION drinks tea\x01", "PRIVMSG #tea :coffee")
        self.ids = [found[1] for line in self.bob.lines() if (found := re.search(r"msgid=(\S+) \S+ [PN]", line))]
        self.alice = self.irc("alice", *CAPABILITIES, rooms="#tea")

    def asks(self, request: str, client: IrcClient | None = None) -> list[str]:
        """Let alice send a request; return what she receives."""
        client = self.alice if client is None else client
        client.skip()
        client.send(f"SEARCH {request}")
        return client.lines()

    def batch(self, lines: Sequence[str], kind: str = kind) -> list[str]:
        """Assert that lines are one batch, and return the lines in it, without its reference."""
        opening = re.fullmatch(rf":twistchat BATCH \+(\w+) {re.escape(kind)}", lines[0])
        assert opening is not None, lines
        self.assertEqual(lines[-1], f":twistchat BATCH -{opening[1]}")
        start = f"@batch={opening[1]};"
        for line in lines[1:-1]:
            self.assertTrue(line.startswith(start), line)
        return [line.removeprefix(start) for line in lines[1:-1]]

    def texts(self, request: str, client: IrcClient | None = None) -> list[str]:
        """Let alice send a request; return the texts in the batch."""
        return [line.partition(" :")[2].partition(" :")[2] or line for line in self.batch(self.asks(request, client))]


class CapabilitiesTests(Searches):
    """ "Capabilities", "Batch type"."""

    def test_negotiated(self) -> None:
        """Without one of the capabilities, the command does not exist."""
        carol = self.irc("carol", "batch", rooms="#tea")
        self.assertEqual(self.asks("text=tea", carol), [":twistchat 421 carol SEARCH :Unknown command"])

    def test_ownName(self) -> None:
        """The type of the batch is the name of the capability.  The name of this server comes first."""
        carol = self.irc("carol", "batch", "twistchat.org/search", rooms="#tea")
        self.assertRegex(self.asks("text=coffee", carol)[0], r":twistchat BATCH \+\w+ twistchat.org/search")
        both = self.irc("dora", *CAPABILITIES, "twistchat.org/search", rooms="#tea")
        self.assertIn("twistchat.org/search", self.asks("text=coffee", both)[0])

    def test_withoutOthers(self) -> None:
        """The other capabilities are not required: without batch, the messages come one by one."""
        carol = self.irc("carol", "soju.im/search", rooms="#tea")
        lines = self.asks("text=black", carol)
        self.assertEqual([line.partition(" ")[2] for line in lines], ["PRIVMSG #tea :black tea"])


class MessagesTests(Searches):
    """ "Messages", "Returned message notes"."""

    def test_renamed(self) -> None:
        """Messages of a renamed channel have its present name, also if a new channel has the old one."""
        self.bob.send("RENAME #tea #Chai", "JOIN #tea", "PRIVMSG #tea :new tea")
        self.alice.join("#tea")
        for request in ("text=tea", "text=green;in=#chai", "text=new;in=#tea"):
            for line in self.batch(self.asks(request)):
                self.assertIn(" #tea " if "new tea" in line else " #Chai ", line)

    def test_batch(self) -> None:
        """The reply is a batch of PRIVMSG and NOTICE, in ascending order, with the original times and ids."""
        lines = self.batch(self.asks("text=tea"))
        self.assertEqual(
            [re.sub(r":bob!\S+", ":bob", line) for line in lines],
            [
                f"time=2026-01-01T12:00:00.000Z;msgid={self.ids[0]} :bob PRIVMSG #tea :green tea",
                f"time=2026-01-01T12:00:01.000Z;msgid={self.ids[1]} :bob PRIVMSG #tea :black tea",
                f"time=2026-01-01T12:00:02.000Z;msgid={self.ids[2]} :bob NOTICE #tea :tea is ready",
                f"time=2026-01-01T12:00:03.000Z;msgid={self.ids[3]} :bob PRIVMSG #tea :\x01ACTION drinks tea\x01",
            ],
        )

    def test_empty(self) -> None:
        """If nothing matches, the batch is empty."""
        for request in ("text=nothing", "text=tea;before=2010-01-01T00:00:00.000Z", "text=☃", "from=nobody"):
            self.assertEqual(self.texts(request), [], request)

    def test_label(self) -> None:
        """With a label, the batch is the whole reply and has the label."""
        carol = self.irc("carol", *CAPABILITIES, *LABELS, rooms="#tea")
        carol.skip()
        carol.send("@label=x SEARCH text=tea;in=#tea;limit=100")
        lines = carol.lines()
        self.assertTrue(lines[0].startswith("@label=x :twistchat BATCH +"), lines[0])
        self.assertEqual(len(self.batch([lines[0].removeprefix("@label=x "), *lines[1:]])), 4)
        carol.send("@label=y SEARCH text=nothing")
        self.assertEqual(len(carol.lines()), 2)
        carol.send("@label=z SEARCH limit=no")
        self.assertTrue(carol.lines()[0].startswith("@label=z :twistchat FAIL SEARCH INVALID_PARAMS limit no :"))

    def test_ignored(self) -> None:
        """Messages of an ignored user are left out."""
        session = next(iter(self.server.chat.identity.find("alice").sessions.values()))
        session.ignored["bob"] = "bob"
        self.assertEqual(self.texts("text=tea"), [])


class AttributesTests(Searches):
    """ "Standard search attributes"."""

    def test_in(self) -> None:
        """C{in} is the channel that the message was sent to."""
        self.alice.send("JOIN #milk", "PRIVMSG #milk :tea with milk")
        self.assertEqual(len(self.texts("text=tea")), 5)
        self.assertEqual(self.texts("text=tea;in=#Milk"), ["tea with milk"])
        self.assertEqual(len(self.texts("text=tea;in=#tea")), 4)
        self.assertEqual(len(self.texts("in=#tea")), 5)

    def test_from(self) -> None:
        """C{from} is the nick of the author, in any case."""
        self.alice.send("PRIVMSG #tea :my tea")
        self.assertEqual(self.texts("from=ALICE"), ["my tea"])
        self.assertEqual(self.texts("from=alice;text=green"), [])
        self.assertEqual(self.texts("from=bob;text=green;in=#tea"), ["green tea"])

    def test_times(self) -> None:
        """C{after} and C{before} include their time.  With C{after}, the search begins there."""
        self.assertEqual(len(self.texts("text=tea;after=2026-01-01T12:00:01.000Z")), 3)
        self.assertEqual(len(self.texts("text=tea;after=2026-01-01T12:00:01.001Z")), 2)
        self.assertEqual(self.texts("text=tea;before=2026-01-01T12:00:01.000Z"), ["green tea", "black tea"])
        self.assertEqual(self.texts("text=tea;before=2026-01-01T12:00:00.999Z"), ["green tea"])
        self.assertEqual(self.texts("text=tea;after=2026-01-01T12:00:01.000Z;limit=1"), ["black tea"])
        self.assertEqual(self.texts("text=tea;before=2026-01-01T12:00:01.000Z;limit=1"), ["black tea"])

    def test_messageIds(self) -> None:
        """A message id in C{after} or C{before} begins the next page."""
        self.assertEqual(self.texts(f"text=tea;before=msgid={self.ids[2]};limit=1"), ["black tea"])
        self.assertEqual(self.texts(f"text=tea;after=msgid={self.ids[1]};limit=1"), ["tea is ready"])

    def test_text(self) -> None:
        """C{text} is unescaped like the value of a tag, and all words must match."""
        self.assertEqual(self.texts("text=tea\\sgreen"), ["green tea"])
        self.assertEqual(self.texts("text=TEA;in=#tea;limit=1"), ["\x01ACTION drinks tea\x01"])

    def test_limit(self) -> None:
        """C{limit} bounds the number of messages, and the newest are sent."""
        self.assertEqual(self.texts("text=tea;limit=2"), ["tea is ready", "\x01ACTION drinks tea\x01"])
        self.assertEqual(len(self.texts("text=tea;limit=99999999999999999999")), 4)

    def test_onlyLimit(self) -> None:
        """No attribute is mandatory: with C{limit} alone, the newest messages of all conversations are sent."""
        self.bob.send("JOIN #milk", "PRIVMSG #milk :elsewhere")
        self.assertEqual(self.texts("limit=2"), ["\x01ACTION drinks tea\x01", "coffee"])
        self.alice.join("#milk")
        self.assertEqual(self.texts("limit=2"), ["coffee", "elsewhere"])

    def test_outside(self) -> None:
        """Only messages that the client may read are found."""
        carol = self.irc("carol", *CAPABILITIES, rooms="#milk")
        self.assertEqual(self.texts("text=tea", carol), [])
        for room in ("#tea", "#nowhere"):
            self.assertEqual(
                self.asks(f"text=tea;in={room}", carol),
                [f":twistchat FAIL SEARCH INVALID_PARAMS in {room} :You cannot search there"],
            )

    def test_guests(self) -> None:
        """The private conversations of guests are not kept, so that nothing is found."""
        self.assertEqual(self.texts("in=bob;text=tea"), [])


class ErrorsTests(Searches):
    """ "Errors and Warnings"."""

    def test_invalid(self) -> None:
        """Attributes that are not valid are named."""
        for request, context in (
            ("text=tea;colour=green;x", "colour x"),
            ("text=tea;limit=0", "limit 0"),
            ("text=tea;limit=-1", "limit -1"),
            ("text=tea;after=yesterday", "after yesterday"),
            ("text=tea;before=2026-01-01", "before 2026-01-01"),
            ("text=tea;before=msgid=none", "before msgid=none"),
            ("text=tea;before=msgid=", "before msgid="),
            ("text=tea;in=", "in"),
        ):
            (line,) = self.asks(request)
            self.assertTrue(line.startswith(f":twistchat FAIL SEARCH INVALID_PARAMS {context} :"), line)
        for request in ("", "text=", "text=tea more"):
            (line,) = self.asks(request)
            self.assertTrue(line.startswith(":twistchat FAIL SEARCH INVALID_PARAMS :"), line)

    def test_internalError(self) -> None:
        """If the journal cannot be read, the error says so."""
        self.patch(self.server.history, "search", lambda search: fail(NotRead("the disk failed")))
        (line,) = self.asks("text=tea")
        self.assertTrue(line.startswith(":twistchat FAIL SEARCH INTERNAL_ERROR NOT_READ :The search could not be run"))


class PrivateTests(Conversations):
    """Private conversations, of alice and bob, who have accounts."""

    def test_private(self) -> None:
        """Both find what was said, and see it with the present nicks.  Nobody else finds it."""
        clients = {name: self.irc(name, *CAPABILITIES) for name in ("alice", "bob", "carol")}
        for name in clients:
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, name)))
            self.logIn(name, name)
        alice, bob, carol = clients.values()
        alice.send("PRIVMSG bob :green tea")
        bob.send("PRIVMSG alice :black tea", "NICK bobby")
        wanted = [
            f":{mask('alice')} PRIVMSG bobby :green tea",
            f":{mask('bob').replace('bob!', 'bobby!')} PRIVMSG alice :black tea",
        ]
        for request in ("text=tea", "text=tea;in=bobby", "text=tea;in=bob"):
            alice.skip()
            alice.send(f"SEARCH {request}")
            _, *lines, _ = alice.lines()
            self.assertEqual([line.split(" ", 1)[1] for line in lines], wanted, request)
        carol.skip()
        carol.send("SEARCH text=tea", "SEARCH text=tea;in=alice")
        self.assertEqual([line.split(" ")[1] for line in carol.lines()], ["BATCH"] * 4)
