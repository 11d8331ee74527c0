"""Tests of CHATHISTORY, by the sections of IRCv3 chathistory."""

from __future__ import annotations

import re
from collections.abc import Sequence

from twisted.internet.defer import Deferred, fail, succeed

from tests.protocols.irc.conversations import LABELS, Conversations, mask
from twistchat.chat.errors import NotRead
from twistchat.chat.model.spans import Around, Damaged, Kept, Span
from twistchat.journal.kinds import memoryJournal
from twistchat.protocols.irc.commands.history import chathistory
from twistchat.testing import IrcClient
from twistchat.testing.server import SETTINGS, MemoryServer

CAPABILITIES = ("batch", "draft/chathistory", "message-tags", "server-time")
TEXT = re.compile(r"@batch=(\w+);time=(\S+Z);msgid=(\S+) \S+ (?:PRIVMSG|NOTICE) \S+ :(.*)")


class Histories(Conversations):
    """
    Bob has said ten things in #tea, one a second from noon on.  Alice reads.

    @ivar ids: the message ids of what he said.
    """

    def setUp(self) -> None:
        """Let bob speak."""
        super().setUp()
        self.begin()

    def begin(self, *capabilities: str) -> None:
        """Let bob speak, and let alice come."""
        self.bob = self.irc("bob", "echo-message", "message-tags", rooms="#tea")
        for number in range(10):
            self.bob.send(f"PRIVMSG #tea :line {number}")
            self.server.advance(1)
        self.ids = [found[1] for line in self.bob.lines() if (found := re.search(r"msgid=(\S+)", line))]
        self.alice = self.irc("alice", *CAPABILITIES, *capabilities, rooms="#tea")

    def asks(self, request: str, client: IrcClient | None = None) -> list[str]:
        """Let alice send a request; return what she receives."""
        client = self.alice if client is None else client
        client.skip()
        client.send(f"CHATHISTORY {request}")
        return client.lines()

    def batch(self, lines: Sequence[str], target: str = "#tea") -> list[str]:
        """Assert that lines are one batch about a target, and return the lines in it."""
        opening = re.fullmatch(rf":twistchat BATCH \+(\w+) chathistory {re.escape(target)}", lines[0])
        self.assertIsNotNone(opening, lines[0])
        assert opening is not None
        self.assertEqual(lines[-1], f":twistchat BATCH -{opening[1]}")
        for line in lines[1:-1]:
            self.assertTrue(line.startswith(f"@batch={opening[1]}"), line)
        return list(lines[1:-1])

    def texts(self, request: str) -> list[int]:
        """Let alice send a request; return which of bob's lines she receives."""
        found = []
        for line in self.batch(self.asks(request)):
            matched = TEXT.fullmatch(line)
            assert matched is not None, line
            number = int(matched[4].removeprefix("line "))
            self.assertEqual(matched[3], self.ids[number])
            self.assertEqual(matched[2], f"2026-01-01T12:00:0{number}.000Z")
            found.append(number)
        return found

    def failed(self, request: str, *context: str) -> None:
        """Assert that a request has one answer: C{FAIL}, with a code and context, and a description."""
        (line,) = self.asks(request)
        head, _, description = line.partition(" :")
        self.assertEqual(head, ":twistchat " + " ".join(("FAIL", "CHATHISTORY", *context)))
        self.assertTrue(description)


class ImplementationTests(Histories):
    """Implementation."""

    def test_draftChathistoryCapabilityMustBeNegotiated(self) -> None:
        """Without the capability, the command does not exist."""
        carol = self.irc("carol", "batch", "server-time")
        self.gets(carol, "CHATHISTORY LATEST #tea * 5", ":twistchat 421 carol CHATHISTORY :Unknown command")

    def test_serversShouldNotEnforceRelatedCapabilities(self) -> None:
        """Clients without batch, server-time and message-tags get plain lines."""
        carol = self.irc("carol", "draft/chathistory", rooms="#tea")
        said = [f":{mask('bob')} PRIVMSG #tea :line {number}" for number in (8, 9)]
        self.gets(carol, "CHATHISTORY LATEST #tea * 2", *said)

    def test_isupportTokens(self) -> None:
        """CHATHISTORY is the most messages of a request, and MSGREFTYPES names both types, the exact one first."""
        self.limit(historyReply=7)
        client = self.server.connectIrc()
        client.send("NICK alice", "USER alice 0 * :alice")
        tokens = " ".join(line for line in client.lines() if " 005 " in line)
        self.assertRegex(tokens, r" CHATHISTORY=7 .* MSGREFTYPES=msgid,timestamp ")

    def test_replayIsNotSentAutomatically(self) -> None:
        """Who joins with the capability gets nothing that was said before."""
        carol = self.irc("carol", *CAPABILITIES)
        carol.send("JOIN #tea")
        self.assertNotIn("line 9", "\n".join(carol.lines()))


class CommandTests(Histories):
    """The C{CHATHISTORY} Command."""

    def test_mustReplyUsingABatch(self) -> None:
        """The batch has the type chathistory, and one parameter: the canonical name of the target."""
        lines = self.asks("LATEST #TEA * 1")
        self.assertRegex(lines[0], r"^:twistchat BATCH \+\w+ chathistory #tea$")
        self.assertEqual(len(self.batch(lines)), 1)

    def test_emptyBatch(self) -> None:
        """If no content exists to return, the batch is empty."""
        self.assertEqual(self.texts(f"BEFORE #tea msgid={self.ids[0]} 5"), [])
        self.assertEqual(self.texts("AFTER #tea timestamp=2026-01-01T12:00:09.000Z 5"), [])

    def test_withoutEventPlaybackOnlyPrivmsgAndNotice(self) -> None:
        """Without draft/event-playback there is nothing else, and the page is full all the same."""
        self.bob.send("NOTICE #tea :n", "PRIVMSG #tea :\x01ACTION a\x01", *(f"TOPIC #tea :{n}" for n in range(9)))
        said = [line.split(" ", 2)[2] for line in self.batch(self.asks("LATEST #tea * 3"))]
        self.assertEqual(said, ["PRIVMSG #tea :line 9", "NOTICE #tea :n", "PRIVMSG #tea :\x01ACTION a\x01"])

    def test_labels(self) -> None:
        """With a label, the batch has it, also if it is long or empty.  So has FAIL."""
        alice = self.irc("other", *CAPABILITIES, *LABELS, "standard-replies", rooms="#tea")
        for request, count in (("LATEST #tea * 5", 5), (f"BEFORE #tea msgid={self.ids[0]} 5", 0)):
            alice.skip()
            alice.send(f"@label=x CHATHISTORY {request}")
            first, *rest = alice.lines()
            self.assertTrue(first.startswith("@label=x :twistchat BATCH +"))
            self.assertEqual(len(self.batch([first.removeprefix("@label=x "), *rest])), count)
        self.gets(
            alice,
            "@label=y CHATHISTORY LATEST",
            "@label=y :twistchat FAIL CHATHISTORY INVALID_PARAMS LATEST :Insufficient parameters",
        )

    def test_longLabelledReply(self) -> None:
        """A reply of several portions is one batch, with the label on its first line."""
        self.bob.send(*(f"PRIVMSG #tea :more {number}" for number in range(200)))
        alice = self.irc("other", *CAPABILITIES, *LABELS, rooms="#tea")
        alice.skip()
        alice.send("@label=x CHATHISTORY LATEST #tea * 205")
        first, *rest = alice.lines()
        self.assertTrue(first.startswith("@label=x :twistchat BATCH +"))
        self.assertEqual(len(self.batch([first.removeprefix("@label=x "), *rest])), 205)

    def test_limitIsEnforced(self) -> None:
        """A limit above the maximum is the maximum ("Security Considerations")."""
        self.limit(historyReply=3)
        self.begin()
        self.assertEqual(self.texts("LATEST #tea * 500"), [7, 8, 9])
        self.assertEqual(self.texts(f"AROUND #tea msgid={self.ids[5]} 500"), [4, 5, 6])

    def test_longTexts(self) -> None:
        """A text of several lines is a batch within the batch, with draft/multiline; otherwise it is several lines."""
        talker = self.irc("talker", "batch", "draft/multiline", "message-tags", rooms="#tea")
        talker.send("BATCH +a draft/multiline #tea", *(f"@batch=a PRIVMSG #tea :{n}" for n in "xy"), "BATCH -a")
        for line in self.batch(self.asks("LATEST #tea * 1")):
            self.assertRegex(line, r" PRIVMSG #tea :[xy]$")
        inner = self.asks("LATEST #tea * 1", self.irc("dora", *CAPABILITIES, "draft/multiline", rooms="#tea"))
        outer = inner[0].split("+")[1].split(" ")[0]
        found = re.match(rf"@batch={outer};time=\S+;msgid=\S+ :\S+ BATCH \+(\w+) draft/multiline #tea$", inner[1])
        assert found is not None, inner
        self.assertTrue(inner[2].startswith(f"@batch={found[1]} ") and inner[2].endswith(":x"))
        self.assertTrue(inner[3].startswith(f"@batch={found[1]} ") and inner[3].endswith(":y"))
        self.assertEqual(inner[4].split(" ")[0], f"@batch={outer}")
        self.assertTrue(inner[4].endswith(f" BATCH -{found[1]}"))

    def test_liveAfterReply(self) -> None:
        """The client's next command waits until the reply is complete."""
        self.alice.skip()
        self.alice.send("CHATHISTORY LATEST #tea * 10", "PING x")
        self.assertEqual(self.alice.lines()[-1], ":twistchat PONG twistchat x")


class SubcommandTests(Histories):
    """Subcommands."""

    def test_before(self) -> None:
        """BEFORE: the messages right before and excluding the selector."""
        for selector in (f"msgid={self.ids[5]}", "timestamp=2026-01-01T12:00:05.000Z"):
            self.assertEqual(self.texts(f"BEFORE #tea {selector} 3"), [2, 3, 4])
        self.assertEqual(self.texts("BEFORE #tea timestamp=2026-01-01T12:00:05.001Z 3"), [3, 4, 5])

    def test_after(self) -> None:
        """AFTER: the messages right after and excluding the selector."""
        for selector in (f"msgid={self.ids[5]}", "timestamp=2026-01-01T12:00:05.000Z"):
            self.assertEqual(self.texts(f"AFTER #tea {selector} 3"), [6, 7, 8])
        self.assertEqual(self.texts("AFTER #tea timestamp=2026-01-01T12:00:04.999Z 3"), [5, 6, 7])

    def test_latest(self) -> None:
        """LATEST: the most recent messages, after and excluding the selector if one is given."""
        self.assertEqual(self.texts("LATEST #tea * 3"), [7, 8, 9])
        for selector in (f"msgid={self.ids[7]}", "timestamp=2026-01-01T12:00:07.000Z"):
            self.assertEqual(self.texts(f"LATEST #tea {selector} 5"), [8, 9])
            self.assertEqual(self.texts(f"LATEST #tea {selector} 1"), [9])

    def test_around(self) -> None:
        """AROUND: messages before and after the selector, not more than the limit."""
        for selector in (f"msgid={self.ids[5]}", "timestamp=2026-01-01T12:00:05.000Z"):
            self.assertEqual(self.texts(f"AROUND #tea {selector} 3"), [4, 5, 6])
            self.assertEqual(self.texts(f"AROUND #tea {selector} 1"), [5])

    def test_aroundARedactedMessage(self) -> None:
        """The id of a message that was redacted still names its place (IRCv3 message-redaction, "Chat history")."""
        bob = self.irc("bobby", "message-tags", "draft/message-redaction", "echo-message", rooms="#tea")
        bob.send("PRIVMSG #tea :oops")
        gone = re.findall(r"msgid=(\S+)", bob.lines()[-1])[0]
        bob.send(f"REDACT #tea {gone}")
        self.bob.send("PRIVMSG #tea :after")
        said = [line.rpartition(":")[2] for line in self.batch(self.asks(f"AROUND #tea msgid={gone} 4"))]
        self.assertEqual(said, ["line 7", "line 8", "line 9", "after"])

    def test_between(self) -> None:
        """BETWEEN: counted from and excluding the first selector, up to and excluding the second, both ways in time."""
        ids, times = self.ids, [f"timestamp=2026-01-01T12:00:0{number}.000Z" for number in range(10)]
        for start in (f"msgid={ids[2]}", times[2]):
            for end in (f"msgid={ids[7]}", times[7]):
                self.assertEqual(self.texts(f"BETWEEN #tea {start} {end} 3"), [3, 4, 5])
                self.assertEqual(self.texts(f"BETWEEN #tea {end} {start} 3"), [4, 5, 6])
                self.assertEqual(self.texts(f"BETWEEN #tea {end} {start} 10"), [3, 4, 5, 6])
        self.assertEqual(self.texts(f"BETWEEN #tea msgid={ids[2]} msgid={ids[3]} 3"), [])
        self.assertEqual(self.texts(f"BETWEEN #tea msgid={ids[2]} msgid={ids[2]} 3"), [])

    def test_idOfAnotherConversation(self) -> None:
        """An id of another conversation is only a place in the order, and reveals nothing of it."""
        self.bob.join("#other")
        self.bob.send("PRIVMSG #other :elsewhere")
        other = re.findall(r"msgid=(\S+)", self.bob.lines()[-1])[0]
        self.bob.send("PRIVMSG #tea :line 9")
        lines = self.batch(self.asks(f"AROUND #tea msgid={other} 2"))
        self.assertEqual([line.rpartition(":")[2] for line in lines], ["line 9", "line 9"])

    def test_idOfTheOwnJoin(self) -> None:
        """The id of the client's own JOIN divides what was said before from what it hears."""
        carol = self.irc("carol", *CAPABILITIES)
        carol.send("JOIN #tea")
        joined = re.findall(r"msgid=(\S+) \S+ JOIN", carol.lines()[0])[0]
        self.bob.send("PRIVMSG #tea :later")
        self.assertEqual(self.texts(f"BEFORE #tea msgid={joined} 2"), [8, 9])
        said = self.batch(self.asks(f"AFTER #tea msgid={joined} 2", carol))
        self.assertEqual([line.rpartition(":")[2] for line in said], ["later"])


class EventPlaybackTests(Histories):
    """Clients with C{draft/event-playback}."""

    def shown(self, *capabilities: str, limit: int = 50) -> list[str]:
        """Return what a client with further capabilities gets: the lines without their tags."""
        client = self.irc("carol", *CAPABILITIES, "draft/event-playback", *capabilities, rooms="#tea")
        lines = self.batch(self.asks(f"AFTER #tea msgid={self.ids[9]} {limit}", client))
        client.send("QUIT")
        return [line.split(" ", 1)[1] for line in lines]

    def test_additionalLines(self) -> None:
        """The server sends MODE and TOPIC."""
        self.bob.send("TOPIC #tea :green", "MODE #tea +m", "PRIVMSG #tea :hi")
        bob = f":{mask('bob')}"
        expected = [f"{bob} TOPIC #tea :green", f"{bob} MODE #tea +m", f"{bob} PRIVMSG #tea :hi"]
        self.assertEqual(self.shown(), expected)
        self.assertEqual(self.shown(limit=2), expected[:2])

    def test_comingsAndGoings(self) -> None:
        """If the journal keeps passing events, the server sends JOIN, PART, NICK, KICK and QUIT."""
        self.server = MemoryServer(SETTINGS, journal=lambda stamp: memoryJournal(stamp, keepPassing=True))
        self.begin()
        dave, erin = self.irc("dave", rooms="#tea"), self.irc("erin", rooms="#tea")
        dave.send("NICK david", "PART #tea :tired", "JOIN #tea")
        self.bob.send("KICK #tea erin :out")
        erin.send("QUIT :gone")
        dave.send("QUIT :bye")
        one, two = mask("dave"), mask("dave").replace("dave!", "david!")
        expected = [
            f":{mask('alice')} JOIN #tea",
            f":{one} JOIN #tea",
            f":{mask('erin')} JOIN #tea",
            f":{one} NICK david",
            f":{two} PART #tea :tired",
            f":{two} JOIN #tea",
            f":{mask('bob')} KICK #tea erin :out",
            f":{two} QUIT :Quit: bye",
        ]
        self.assertEqual(self.shown(limit=8), expected)

    def test_redacted(self) -> None:
        """Who has message-redaction gets REDACT too; the message itself is excluded ("Chat history")."""
        bob = self.irc("bobby", "message-tags", "draft/message-redaction", "echo-message", rooms="#tea")
        bob.send("PRIVMSG #tea :oops")
        gone = re.findall(r"msgid=(\S+)", bob.lines()[-1])[0]
        bob.send(f"REDACT #tea {gone} :typo", "PRIVMSG #tea :after")
        after = f":{mask('bobby')} PRIVMSG #tea :after"
        self.assertEqual(self.shown(limit=1), [after])
        self.assertEqual(
            self.shown("draft/message-redaction", limit=2), [f":{mask('bobby')} REDACT #tea {gone} :typo", after]
        )

    def test_redactionsDoNotCount(self) -> None:
        """REDACT does not count toward the limit; pages in either direction show each of them once."""
        bob = self.irc("bobby", "message-tags", "draft/message-redaction", "echo-message", rooms="#tea")
        gone = []
        for number in range(3):
            bob.send("PRIVMSG #tea :oops")
            gone += re.findall(r"msgid=(\S+)", bob.lines()[-1])
            bob.send(f"PRIVMSG #tea :text {number}", f"REDACT #tea {gone[-1]}")
        carol = self.irc("carol", *CAPABILITIES, "draft/event-playback", "draft/message-redaction", rooms="#tea")

        def page(request: str) -> tuple[str, list[str], str]:
            lines = self.batch(self.asks(request, carol))
            ids = [re.findall(r"msgid=(\S+)", line)[0] for line in lines]
            return ids[0], [line.partition(" PRIVMSG #tea :")[2] or "-" for line in lines], ids[-1]

        one, two = ["text 0", "-", "text 1"], ["-", "text 2", "-"]
        _, shown, last = page(f"AFTER #tea msgid={self.ids[9]} 2")
        self.assertEqual(shown, one)
        self.assertEqual(page(f"AFTER #tea msgid={last} 2")[1], two)
        self.assertEqual(page("LATEST #tea * 1")[1], two[1:])
        first, shown, _ = page("LATEST #tea * 2")
        self.assertEqual(shown, one[2:] + two)
        self.assertEqual(page(f"BEFORE #tea msgid={first} 1")[1], one[:2])

    def test_renamed(self) -> None:
        """
        Who has channel-rename gets RENAME; no page is shorter for the others.  Other lines have the name of the
        channel that the client is in ("Batch type").
        """
        self.bob.send("RENAME #tea #coffee", "PRIVMSG #coffee :hi", "RENAME #coffee #tea")
        bob = f":{mask('bob')}"
        self.assertEqual(self.shown(limit=1), [f"{bob} PRIVMSG #tea :hi"])
        self.assertEqual(
            self.shown("draft/channel-rename")[:2], [f"{bob} RENAME #tea #coffee :", f"{bob} PRIVMSG #tea :hi"]
        )

    def test_presentName(self) -> None:
        """All lines have the present name of the channel, as it is written now; so have those to its operators."""
        self.bob.send("TOPIC #tea :t", "NOTICE @#tea :psst", "MODE #tea +v bob", "RENAME #tea #Chai")
        erin = self.irc("erin", *CAPABILITIES, "draft/event-playback", rooms="#chai")
        self.bob.send("MODE #Chai +o erin")
        for target in ("#chai", "@#chai"):
            shown = target.replace("c", "C")
            lines = self.batch(self.asks(f"LATEST {target} * 500", erin), shown)
            self.assertEqual([line.split(" ")[3] for line in lines], [shown] * len(lines))


class PrivateTests(Conversations):
    """Private conversations: between alice and bob, who have accounts, and with guests."""

    def setUp(self) -> None:
        """Let both log in, and talk."""
        super().setUp()
        self.alice, self.bob = self.irc("alice", *CAPABILITIES), self.irc("bob")
        for name in ("alice", "bob"):
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, name)))
            self.logIn(name, name)
        self.alice.send("PRIVMSG bob :hello")
        self.bob.send("PRIVMSG alice :hi! how are you?", "NOTICE alice :psst")

    def read(self, nick: str) -> list[str]:
        """Return what alice reads: the batch's target, and the lines without tags."""
        self.alice.skip()
        self.alice.send(f"CHATHISTORY LATEST {nick} * 10")
        first, *lines, _ = self.alice.lines()
        return [first.split(" ")[-1], *[line.split(" ", 1)[1] for line in lines]]

    def test_selfMessages(self) -> None:
        """If a nickname is the target, outgoing messages are included."""
        self.assertEqual(
            self.read("BOB"),
            [
                "bob",
                f":{mask('alice')} PRIVMSG bob :hello",
                f":{mask('bob')} PRIVMSG alice :hi! how are you?",
                f":{mask('bob')} NOTICE alice :psst",
            ],
        )

    def test_changedNicks(self) -> None:
        """After one of the two has changed the nick, sources and targets have the present nicks."""
        self.bob.send("NICK bobby")
        self.alice.send("NICK al")
        alice, bob = mask("alice").replace("alice!", "al!"), mask("bob").replace("bob!", "bobby!")
        expected = [
            "bobby",
            f":{alice} PRIVMSG bobby :hello",
            f":{bob} PRIVMSG al :hi! how are you?",
            f":{bob} NOTICE al :psst",
        ]
        self.assertEqual(self.read("bobby"), expected)
        self.assertEqual(self.read("bob"), expected)

    def test_notHere(self) -> None:
        """The other user need not be here.  Then it has the name of the account."""
        self.bob.send("NICK bobby", "QUIT")
        self.assertEqual(
            self.read("bob")[:3],
            ["bob", f":{mask('alice')} PRIVMSG bob :hello", f":{mask('bob')} PRIVMSG alice :hi! how are you?"],
        )

    def test_self(self) -> None:
        """Messages to oneself are a conversation too."""
        self.alice.send("PRIVMSG alice :note")
        self.assertEqual(self.read("alice"), ["alice", f":{mask('alice')} PRIVMSG alice :note"])

    def test_guests(self) -> None:
        """With a guest no content exists.  A guest does not read what the last guest with its nick said."""
        carol = self.irc("carol", *CAPABILITIES)
        carol.send("PRIVMSG alice :secret")
        self.assertEqual(self.read("carol"), ["carol"])
        carol.send("CHATHISTORY LATEST alice * 10")
        self.assertEqual(len(carol.lines()), 2)

    def test_nobody(self) -> None:
        """A nick that neither a user nor an account has is no target."""
        self.gets(
            self.alice,
            "CHATHISTORY LATEST nobody * 10",
            ":twistchat FAIL CHATHISTORY INVALID_TARGET LATEST nobody :Messages could not be retrieved",
        )


class TargetsTests(Conversations):
    """C{TARGETS}."""

    def setUp(self) -> None:
        """Alice and bob have accounts.  There is a text a second in #a, in #b, from bob, and in #a."""
        super().setUp()
        self.alice, self.bob = self.irc("alice", *CAPABILITIES, rooms="#a #b"), self.irc("bob", rooms="#a #b")
        for name in ("alice", "bob"):
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, name)))
            self.logIn(name, name)
        self.start = self.server.clock.seconds()
        for target in ("#a", "#b", "alice", "#a"):
            self.bob.send(f"PRIVMSG {target} :hi")
            self.server.advance(1)

    def lists(self, start: int, end: int, limit: int = 10) -> list[str]:
        """Return the targets between two seconds, as alice sees them; assert that the batch and the times are right."""
        self.alice.skip()
        first, second = [f"timestamp=2026-01-01T12:00:{number:02}.000Z" for number in (start, end)]
        self.alice.send(f"CHATHISTORY TARGETS {first} {second} {limit}")
        opening, *lines, closing = self.alice.lines()
        reference = opening.split("+")[1].split(" ")[0]
        self.assertEqual(opening, f":twistchat BATCH +{reference} draft/chathistory-targets")
        self.assertEqual(closing, f":twistchat BATCH -{reference}")
        found = []
        for line in lines:
            matched = re.fullmatch(rf"@batch={reference} :twistchat CHATHISTORY TARGETS (\S+) (\S+)", line)
            assert matched is not None, line
            found.append(matched[1])
            self.assertEqual(
                matched[2],
                {"#b": ":01", "bob": ":02", "bobby": ":02", "#a": ":03"}[matched[1]].join(
                    ("2026-01-01T12:00", ".000Z")
                ),
            )
        return found

    def test_order(self) -> None:
        """Channels and users, by the time of the latest message; both times are exclusive."""
        self.assertEqual(self.lists(0, 10), ["#b", "bob", "#a"])
        self.assertEqual(self.lists(1, 10), ["bob", "#a"])
        self.assertEqual(self.lists(0, 3), ["#b", "bob"])
        self.assertEqual(self.lists(4, 10), [])

    def test_sameSemanticsAsBetween(self) -> None:
        """They are counted from the first time, and may be asked for backwards."""
        self.assertEqual(self.lists(0, 10, 2), ["#b", "bob"])
        self.assertEqual(self.lists(10, 0, 2), ["bob", "#a"])
        self.assertEqual(self.lists(10, 1, 2), ["bob", "#a"])

    def test_presentNick(self) -> None:
        """A user has the present nick, and the name of the account when not here."""
        self.bob.send("NICK bobby")
        self.assertEqual(self.lists(0, 10, 2), ["#b", "bobby"])
        self.bob.send("QUIT")
        self.assertEqual(self.lists(0, 10, 2), ["#b", "bob"])

    def test_visible(self) -> None:
        """Channels without visible history are left out: those it left, and those it may not read so far back."""
        self.alice.send("PART #b")
        room = self.server.chat.state.rooms.get("#a")
        assert room is not None
        room.settings = {"history": "joined"}
        self.alice.send("PART #a", "JOIN #a")
        self.assertEqual(self.lists(0, 10), ["bob"])

    def test_eventsDoNotCount(self) -> None:
        """A topic or a text to operators is no message of the channel."""
        self.bob.send("TOPIC #b :x", "PRIVMSG @#b :y")
        self.assertEqual(self.lists(0, 10), ["#b", "bob", "#a"])

    def test_notRead(self) -> None:
        """MESSAGE_ERROR: the list cannot be read."""
        self.patch(self.server.history, "latest", lambda names, account: fail(NotRead("the disk is broken")))
        time = "timestamp=2026-01-01T12:00:00.000Z"
        self.gets(
            self.alice,
            f"CHATHISTORY TARGETS {time} {time} 5",
            ":twistchat FAIL CHATHISTORY MESSAGE_ERROR TARGETS :Messages could not be retrieved: the disk is broken",
        )

    def test_waiting(self) -> None:
        """Messages that wait for an account are not sent to the client, and wait until a list names them all."""
        self.alice.send("QUIT")
        self.bob.send("PRIVMSG alice :tea?")
        alice = self.server.connectIrc()
        session = next(reversed(self.server.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, "alice")))
        alice.send("CAP LS 302", f"CAP REQ :{' '.join(CAPABILITIES)}", "CAP END", "NICK alice", "USER a 0 * :a")
        self.server.advance(30)
        self.assertNotIn("tea?", alice.raw.decode())
        self.alice = alice
        account = self.server.chat.state.accounts.named("alice")
        for times, waiting in (("12:30:00", 1), ("12:00:00", 0)):
            alice.send(f"CHATHISTORY TARGETS timestamp=2026-01-01T{times}.000Z timestamp=2027-01-01T00:00:00.000Z 9")
            self.assertEqual(len(account.inbox), waiting)


class ErrorTests(Histories):
    """Errors and Warnings."""

    def test_invalidParams(self) -> None:
        """INVALID_PARAMS: the context is the given command, and the parameter that cannot be parsed."""
        self.failed("NEWEST #tea * 5", "INVALID_PARAMS", "NEWEST")
        self.failed("LATEST #tea", "INVALID_PARAMS", "LATEST")
        self.failed("latest #tea * 5 6", "INVALID_PARAMS", "latest")
        self.failed("AFTER #tea timestamp=noon 5", "INVALID_PARAMS", "AFTER", "timestamp=noon")
        self.failed("LATEST #tea * 0", "INVALID_PARAMS", "LATEST", "0")
        self.failed("", "INVALID_PARAMS", "*")
        self.failed(":a b", "INVALID_PARAMS", "a\N{REPLACEMENT CHARACTER}b")

    def test_invalidTarget(self) -> None:
        """INVALID_TARGET: the target does not exist, or the client does not have permissions; both look alike."""
        self.bob.send("JOIN #secret", "MODE #secret +s", "JOIN #public", "MODE #tea +b alice!*@*")
        for target in ("#nowhere", "#secret", "#public", "#tea", "@#tea", "nobody"):
            self.failed(f"LATEST {target} * 5", "INVALID_TARGET", "LATEST", target)
        descriptions = {
            self.asks(f"LATEST {target} * 5")[0].partition(" :")[2]
            for target in ("#nowhere", "#secret", "#public", "#tea")
        }
        self.assertEqual(len(descriptions), 1)

    def test_messageError(self) -> None:
        """MESSAGE_ERROR: the history cannot be read, or this server did not make the message id."""
        self.failed("AROUND #tea msgid=1234 5", "MESSAGE_ERROR", "AROUND", "#tea", "msgid=1234")
        self.patch(self.server.history, "read", lambda span: fail(NotRead("the disk is broken")))
        self.failed("LATEST #tea * 5", "MESSAGE_ERROR", "LATEST", "#tea")
        self.patch(self.server.history, "read", lambda span: succeed([Damaged(5), Damaged(6)]))
        self.failed("LATEST #tea * 5", "MESSAGE_ERROR", "LATEST", "#tea")

    def test_invalidMsgreftype(self) -> None:
        """INVALID_MSGREFTYPE: the client used a reference type that the server does not support."""
        self.failed("AFTER #tea id=5 5", "INVALID_MSGREFTYPE", "AFTER", "#tea", "id=5")

    def test_damaged(self) -> None:
        """An entry that changed on disk is left out."""
        read = self.server.history.read
        self.patch(self.server.history, "read", lambda span: succeed([Damaged(1), *self.successResultOf(read(span))]))
        self.assertEqual(self.texts("LATEST #tea * 2"), [8, 9])

    def damage(self, *numbers: int) -> list[Span | Around]:
        """Let some of bob's lines be damaged from now on.  Return a list of what is read, which grows."""
        read, asked = self.server.history.read, list[Span | Around]()
        ids = {self.ids[number] for number in numbers}

        def damaged(span: Span | Around) -> Deferred[Sequence[Kept]]:
            asked.append(span)
            kept = self.successResultOf(read(span))
            return succeed([Damaged(one.sequence) if getattr(one, "msgid", None) in ids else one for one in kept])

        self.patch(self.server.history, "read", damaged)
        return asked

    def test_damagedPage(self) -> None:
        """
        Damaged entries do not count.  So a page is shorter than the client asked for only at the end of the history.
        Clients take a short page for the end, and would miss what is behind it.
        """
        self.damage(2, 5, 6, 8)
        for request, numbers in (
            ("LATEST #tea * 3", [4, 7, 9]),
            (f"LATEST #tea msgid={self.ids[4]} 3", [7, 9]),
            (f"BEFORE #tea msgid={self.ids[7]} 3", [1, 3, 4]),
            (f"BEFORE #tea msgid={self.ids[3]} 3", [0, 1]),
            (f"AFTER #tea msgid={self.ids[1]} 3", [3, 4, 7]),
            (f"AFTER #tea msgid={self.ids[4]} 3", [7, 9]),
            (f"BETWEEN #tea msgid={self.ids[1]} msgid={self.ids[9]} 2", [3, 4]),
            (f"BETWEEN #tea msgid={self.ids[9]} msgid={self.ids[1]} 2", [4, 7]),
            (f"AROUND #tea msgid={self.ids[5]} 3", [4]),
        ):
            self.assertEqual(numbers, self.texts(request), request)

    def test_damagedMany(self) -> None:
        """One request reads a bounded number of damaged entries."""
        self.limit(historyReply=1)
        self.begin()
        self.patch(chathistory, "FURTHER", 3)
        asked = self.damage(*range(6, 10))
        self.failed("LATEST #tea * 1", "MESSAGE_ERROR", "LATEST", "#tea")
        self.assertEqual(len(asked), 4)
        self.patch(chathistory, "FURTHER", 4)
        self.assertEqual(self.texts("LATEST #tea * 1"), [5])


class PermissionTests(Histories):
    """Security Considerations."""

    def test_joined(self) -> None:
        """Where members read from their joining on, nobody gets an earlier row, whichever id they name."""
        room = self.server.chat.state.rooms.get("#tea")
        assert room is not None
        room.settings = {"history": "joined"}
        self.bob.send("PRIVMSG #tea :now")
        for request in (
            "LATEST #tea * 50",
            f"AFTER #tea msgid={self.ids[0]} 50",
            f"AROUND #tea msgid={self.ids[5]} 50",
        ):
            said = [line.rpartition(":")[2] for line in self.batch(self.asks(request))]
            self.assertEqual(said, ["now"])
        self.assertEqual(self.texts(f"BEFORE #tea msgid={self.ids[9]} 50"), [])

    def test_rank(self) -> None:
        """Texts to a rank are a conversation of their own, for those who have the rank."""
        self.bob.send("PRIVMSG @#tea :for operators")
        self.assertNotIn("for operators", "\n".join(self.asks("LATEST #tea * 50")))
        bob = self.irc("bo", *CAPABILITIES, rooms="#tea")
        self.bob.send("MODE #tea +o bo")
        lines = self.batch(self.asks("LATEST @#TEA * 50", bob), "@#tea")
        self.assertTrue(lines[0].endswith(" PRIVMSG @#tea :for operators"))

    def test_ignored(self) -> None:
        """A session does not get the texts of those whom it ignores."""
        session = next(iter(self.server.chat.identity.find("alice").sessions.values()))
        session.ignored["bob"] = "bob"
        self.assertEqual(self.texts("LATEST #tea * 50"), [])


class SlowReaderTests(Histories):
    """Large replies, and clients that read slowly."""

    def test_largeReply(self) -> None:
        """Five hundred texts of four kilobytes reach a client that reads; and one that stalls gets the rest later."""
        chat = self.server.chat
        session = next(iter(chat.identity.find("bob").sessions.values()))
        for number in range(500):
            chat.speaking.say(session, "#tea", f"{number} " + "x" * 4000, "message", (("t", "y" * 4000),))
        self.server.pump()
        alice = self.irc("other", *CAPABILITIES, "draft/multiline", rooms="#tea")
        alice.link.stalled = True
        alice.send("CHATHISTORY LATEST #tea * 500")
        for _ in range(50):
            self.server.advance(0.2)
        alice.link.stalled = False
        for _ in range(300):
            self.server.advance(0.2)
        self.assertFalse(alice.gone)
        found = [int(number) for number in re.findall(r" PRIVMSG #tea :(\d+)\b", alice.raw.decode())]
        self.assertEqual(found, list(range(500)))
        self.assertTrue(alice.raw.decode().splitlines()[-1].startswith(":twistchat BATCH -"))
