"""BATCH: texts of several lines (IRCv3 multiline, batch)."""

from __future__ import annotations

from tests.protocols.irc.conversations import LABELS, Conversations, mask
from twistchat.protocols.irc.commands.texts.batches import DEADLINE
from twistchat.testing import IrcClient, ManualLog, MemoryServer, inMemory
from twistchat.testing.server import SETTINGS

MULTILINE = ("batch", "draft/multiline")


class Multiline(Conversations):
    """Alice sends batches, Bob understands them, and Carol does not."""

    def setUp(self) -> None:
        """Bring them in."""
        super().setUp()
        self.bringIn()

    def bringIn(self) -> None:
        """Let them all be in a room."""
        self.alice = self.irc("alice", *MULTILINE, "message-tags", rooms="#tea")
        self.bob = self.irc("bob", *MULTILINE, rooms="#tea")
        self.carol = self.irc("carol", rooms="#tea")
        for client in (self.alice, self.bob, self.carol):
            client.skip()

    def heard(self, client: IrcClient) -> list[str]:
        """What a client was sent in batches, each as one text; and the lines that are none."""
        texts: list[str] = []
        for line in client.lines():
            if " BATCH +" in line:
                texts.append("")
            elif line.startswith("@batch="):
                tags, rest = line.split(" ", 1)
                joined = "" if "concat" in tags or not texts[-1] else "|"
                texts[-1] += joined + rest.split(" :", 1)[1]
            elif " BATCH -" not in line:
                texts.append(line)
        return texts

    def fails(self, *lines: str, code: str, client: IrcClient | None = None) -> None:
        """Hold that these lines lead to this failure and to nothing else, and that nobody hears anything."""
        client = client or self.alice
        client.skip()
        client.send(*lines)
        (line,) = client.lines()
        self.assertTrue(line.startswith(f":twistchat FAIL BATCH {code} :"), line)
        self.hears(self.bob)
        self.hears(self.carol)


class TextTests(Multiline):
    """What is said."""

    def test_text(self) -> None:
        """One text, and lines for those who do not know batches; all as the client cut it ("Fallback")."""
        self.gets(
            self.alice,
            "BATCH +123 draft/multiline #TEA",
        )
        self.alice.send(
            "@batch=123 PRIVMSG #tea hello",
            "@batch=123 privmsg #TEA :how is ",
            "@batch=123;draft/multiline-concat PRIVMSG #tea :everyone?",
        )
        self.hears(self.bob)
        self.gets(self.alice, "BATCH -123")
        opening, *inside, closing = self.bob.lines()
        reference = opening.split("+")[1].split(" ")[0]
        source = mask("alice")
        self.assertEqual(opening, f":{source} BATCH +{reference} draft/multiline #tea")
        self.assertEqual(closing, f":{source} BATCH -{reference}")
        self.assertEqual(
            inside,
            [
                f"@batch={reference} :{source} PRIVMSG #tea :hello",
                f"@batch={reference} :{source} PRIVMSG #tea :how is ",
                f"@batch={reference};draft/multiline-concat :{source} PRIVMSG #tea :everyone?",
            ],
        )
        self.hears(self.carol, *[f":{source} PRIVMSG #tea :{text}" for text in ("hello", "how is ", "everyone?")])

    def test_composition(self) -> None:
        """
        A line in parts is cut where the client cut it, be it in the middle of a word: to a user, as a notice and as an
        action, too.  A part that has become too long behind the sender's name is cut once more, between words.
        """
        for command, target, parts in (
            ("PRIVMSG", "carol", ["\N{LATIN SMALL LETTER E WITH ACUTE}" * 9 + "o", "ne", " two"]),
            ("NOTICE", "#tea", ["o", "ne"]),
            ("PRIVMSG", "#tea", ["\x01ACTION o", "n", "e\x01"]),
            ("PRIVMSG", "#tea", ["one", "word " * 94]),
        ):
            self.carol.skip()
            self.alice.send(f"BATCH +1 draft/multiline {target}", f"@batch=1 {command} {target} :{parts[0]}")
            for part in parts[1:]:
                self.alice.send(f"@batch=1;draft/multiline-concat {command} {target} :{part}")
            self.alice.send("BATCH -1")
            head = f":{mask('alice')} {command} {target} :"
            heard = [line.removeprefix(head) for line in self.carol.lines()]
            if parts[0].startswith("\x01"):
                parts = [f"\x01ACTION {part}\x01" for part in "one"]
            elif len(parts[-1]) > 400:
                size = (510 - len(head)) // 5 * 5
                parts = [parts[0], parts[1][:size], parts[1][size:]]
            self.assertEqual(parts, heard)

    def test_blankBeforePart(self) -> None:
        """A part that is joined to a blank line is the beginning of that line; nobody is sent a blank line for it."""
        self.alice.send("BATCH +1 draft/multiline #tea")
        self.alice.send("@batch=1 PRIVMSG #tea one", "@batch=1 PRIVMSG #tea :")
        self.alice.send("@batch=1;draft/multiline-concat PRIVMSG #tea two", "BATCH -1")
        self.assertEqual(self.heard(self.bob), ["one|two"])
        self.hears(self.carol, f":{mask('alice')} PRIVMSG #tea :one", f":{mask('alice')} PRIVMSG #tea :two")

    def test_blanks(self) -> None:
        """Blank lines are taken; those who do not know batches are not sent them."""
        self.alice.send("BATCH +1 draft/multiline #tea")
        for text in ("", "one", "", "two", ""):
            self.alice.send(f"@batch=1 PRIVMSG #tea :{text}")
        self.alice.send("BATCH -1")
        self.assertEqual(
            [line.split(" #tea :")[1] for line in self.bob.lines() if " PRIVMSG " in line], ["", "one", "", "two", ""]
        )
        self.assertEqual([line.split(" :", 1)[1] for line in self.carol.lines()], ["one", "two"])

    def test_oneLine(self) -> None:
        """A batch of one line is a text like any other."""
        self.alice.send("BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea :one", "BATCH -1")
        self.hears(self.bob, f":{mask('alice')} PRIVMSG #tea :one")

    def test_long(self) -> None:
        """A line longer than a message is one line again, and those without batches are sent it in its parts."""
        self.alice.send("BATCH +1 draft/multiline #tea", f"@batch=1 PRIVMSG #tea :{'x' * 300}")
        self.alice.send(f"@batch=1;draft/multiline-concat PRIVMSG #tea :{'y' * 300}", "BATCH -1")
        self.assertEqual(self.heard(self.bob), ["x" * 300 + "y" * 300])
        self.assertEqual([line.split(" :", 1)[1] for line in self.carol.lines()], ["x" * 300, "y" * 300])

    def test_concatFirst(self) -> None:
        """A first line that would be joined has nothing before it, and is taken as it is."""
        self.alice.send(
            "BATCH +1 draft/multiline #tea",
            "@batch=1;draft/multiline-concat PRIVMSG #tea :one",
            "@batch=1 PRIVMSG #tea :two",
            "BATCH -1",
        )
        self.hears(self.carol, *[f":{mask('alice')} PRIVMSG #tea :{text}" for text in ("one", "two")])
        self.assertNotIn("concat", "".join(self.bob.lines()))

    def test_private(self) -> None:
        """To one user; who is away says so, and the line door shows each line."""
        lena = self.server.person("lena")
        self.alice.send("BATCH +1 draft/multiline lena", "@batch=1 PRIVMSG lena one", "@batch=1 PRIVMSG LENA two")
        self.alice.send("BATCH -1")
        self.assertEqual([line.split("> ")[-1] for line in lena.lines()], ["one", "two"])
        self.leave("bob", "Out")
        self.alice.send("BATCH +1 draft/multiline bob", "@batch=1 PRIVMSG bob one", "BATCH -1")
        self.hears(self.alice, ":twistchat 301 alice bob Out")

    def test_action(self) -> None:
        """What someone does, in several lines."""
        self.alice.send("BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea :\x01ACTION waves")
        self.alice.send("@batch=1 PRIVMSG #tea :and smiles\x01", "BATCH -1")
        source = mask("alice")
        lines = [f":{source} PRIVMSG #tea :\x01ACTION {text}\x01" for text in ("waves", "and smiles")]
        self.hears(self.carol, *lines)

    def test_notice(self) -> None:
        """A notice, of which nothing is answered."""
        self.alice.send("BATCH +1 draft/multiline #tea", "@batch=1 NOTICE #tea one", "BATCH -1")
        self.hears(self.carol, f":{mask('alice')} NOTICE #tea :one")
        self.gets(self.alice, "BATCH +1 draft/multiline #none")
        self.alice.send("@batch=1 NOTICE #none one")
        self.gets(self.alice, "BATCH -1")

    def test_tags(self) -> None:
        """Client-only tags come with the opening."""
        dave = self.irc("dave", *MULTILINE, "message-tags", rooms="#tea")
        dave.skip()
        self.alice.send("@+x=y;z=1 BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea one")
        self.alice.send("@batch=1 PRIVMSG #tea two", "BATCH -1")
        lines = dave.lines()
        self.assertRegex(lines[0], r"^@msgid=test-\d+;\+x=y :alice!\S+ BATCH \+")
        self.assertNotIn("+x", "".join(lines[1:]))

    def test_status(self) -> None:
        """For those of a rank."""
        self.alice.send("MODE #tea +v bob")
        self.bob.skip()
        self.carol.skip()
        self.alice.send("BATCH +1 draft/multiline +#tea", "@batch=1 PRIVMSG +#tea one", "BATCH -1")
        self.hears(self.bob, f":{mask('alice')} PRIVMSG +#tea :one")
        self.hears(self.carol)

    def test_refused(self) -> None:
        """What the chat refuses is told with its numeric."""
        self.carol.send("PART #tea")
        dave = self.irc("dave", *MULTILINE)
        dave.send("BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea one")
        self.gets(dave, "BATCH -1", ":twistchat 404 dave #tea :Cannot send to channel (+n)")

    def test_label(self) -> None:
        """The label of the opening is answered when the batch is closed, on the opening of the echo."""
        dave = self.irc("dave", *MULTILINE, *LABELS, "echo-message", rooms="#tea")
        self.gets(dave, "@label=9 BATCH +1 draft/multiline #tea")
        dave.send("@batch=1 PRIVMSG #tea one", "@batch=1 PRIVMSG #tea two")
        dave.skip()
        dave.send("BATCH -1")
        lines = dave.lines()
        self.assertRegex(lines[0], r"^@label=9 :dave!\S+ BATCH \+\S+ draft/multiline #tea$")
        self.assertEqual(sum("label" in line for line in lines), 1)
        self.gets(dave, "@label=10 BATCH +1 draft/multiline #none")
        dave.send("@batch=1 PRIVMSG #none one")
        self.gets(dave, "BATCH -1", "@label=10 :twistchat 403 dave #none :No such channel")

    def test_labelWithoutEcho(self) -> None:
        """Without an echo it is ACK; a label on the closing is answered, too."""
        dave = self.irc("dave", *MULTILINE, *LABELS, rooms="#tea")
        dave.send("@label=9 BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea one")
        self.gets(dave, "@label=10 BATCH -1", "@label=9 :twistchat ACK", "@label=10 :twistchat ACK")

    def test_order(self) -> None:
        """It has its place among what is under way."""
        self.server = MemoryServer(SETTINGS, journal=inMemory(ManualLog))
        journal = self.server.log
        assert isinstance(journal, ManualLog)
        alice = self.server.connectIrc()
        alice.send("CAP REQ :batch draft/multiline echo-message", "NICK alice", "USER alice 0 * :a", "CAP END")
        journal.commit()
        alice.send("JOIN #a")
        journal.commit()
        self.server.pump()
        alice.skip()
        alice.send("PRIVMSG #a :zero", "BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a one", "BATCH -1")
        alice.send("PRIVMSG #a :two", "PING x")
        self.assertEqual(len(journal.waiting), 3)
        journal.commit()
        self.server.pump()
        lines = [
            *(f":{mask('alice')} PRIVMSG #a :{text}" for text in ("zero", "one", "two")),
            ":twistchat PONG twistchat x",
        ]
        self.hears(alice, *lines)


class ErrorTests(Multiline):
    """Each code of the specification ("Errors")."""

    OPENING = "BATCH +1 draft/multiline #tea"

    def test_maxBytes(self) -> None:
        """No more bytes than offered, the line ends between lines counted."""
        self.limit(message=20)
        self.bringIn()
        latin, other = "x" * 9, "\u00e9" * 5
        fits = (self.OPENING, f"@batch=1 PRIVMSG #tea :{latin}", f"@batch=1 PRIVMSG #tea :{other}", "BATCH -1")
        self.alice.send(*fits)
        self.hears(self.alice)
        self.assertEqual(self.heard(self.bob), [f"{latin}|{other}"])
        self.carol.skip()
        self.fails(
            *fits[:-1],
            "@batch=1;draft/multiline-concat PRIVMSG #tea :z",
            "@batch=1 PRIVMSG #tea :z",
            "BATCH -1",
            code="MULTILINE_MAX_BYTES 20",
        )

    def test_maxLines(self) -> None:
        """No more lines than offered."""
        self.limit(lines=3)
        self.bringIn()
        lines = ["@batch=1 PRIVMSG #tea :x"] * 3
        self.alice.send(self.OPENING, *lines, "BATCH -1")
        self.assertEqual(self.heard(self.bob), ["x|x|x"])
        self.carol.skip()
        self.fails(self.OPENING, *lines, lines[0], lines[0], "BATCH -1", code="MULTILINE_MAX_LINES 3")

    def test_target(self) -> None:
        """All lines go where the batch goes."""
        self.fails(self.OPENING, "@batch=1 PRIVMSG #bar hello", "BATCH -1", code="MULTILINE_INVALID_TARGET #tea #bar")

    def test_lines(self) -> None:
        """What cannot be a line of a batch, or is no batch with the lines before it."""
        line = "@batch=1 PRIVMSG #tea :x"
        for lines in (
            ["@batch=1 TAGMSG #tea"],
            ["@batch=1 JOIN #bar"],
            ["@batch=1 NOPE #bar"],
            ["@batch=1 TOPIC #tea :x"],
            [line, "@batch=1 NOTICE #tea :x"],
            ["@batch=1 PRIVMSG #tea"],
            ["@batch=1 PRIVMSG"],
            [line, "@batch=1;+typing=done PRIVMSG #tea :x"],
            [line, "@batch=1;label=x PRIVMSG #tea :x"],
            [line, "@batch=1;draft/multiline-concat PRIVMSG #tea :"],
            [line, "@batch=2 PRIVMSG #tea :x"],
            [],
            ["@batch=1 PRIVMSG #tea :", "@batch=1 PRIVMSG #tea :"],
        ):
            self.fails(self.OPENING, *lines, "BATCH -1", code="MULTILINE_INVALID")

    def test_opening(self) -> None:
        """What cannot open a batch."""
        for line in (
            "BATCH",
            "BATCH 1",
            "BATCH :",
            "BATCH +",
            "BATCH +\u00e9 draft/multiline #tea",
            "BATCH +a_b draft/multiline #tea",
            "BATCH +1",
            "BATCH +1 chathistory #tea",
            "BATCH +1 draft/multiline",
            "BATCH +1 draft/multiline :",
            "BATCH +1 draft/multiline #tea,alice",
            "@batch=2 BATCH +1 draft/multiline #tea",
            "BATCH -1",
            "@batch=1 PRIVMSG #tea :x",
            "@batch=1 JOIN #bar",
        ):
            self.fails(line, code="MULTILINE_INVALID")

    def test_second(self) -> None:
        """One at a time: a second, nested or of the same name, ends the first."""
        for line in ("BATCH +2 draft/multiline #tea", self.OPENING, "@batch=1 BATCH +2 draft/multiline #tea"):
            self.alice.send(self.OPENING)
            self.alice.skip()
            self.alice.send(line)
            lines = self.alice.lines()
            self.assertEqual(len(lines), 1 + line.startswith("@"))
            self.assertTrue(all(line.startswith(":twistchat FAIL BATCH MULTILINE_INVALID :") for line in lines))
            if line.startswith("@"):
                continue
            reference = line[7]
            self.alice.send(f"@batch={reference} PRIVMSG #tea :second", f"BATCH -{reference}")
            self.hears(self.bob, f":{mask('alice')} PRIVMSG #tea :second")
            self.hears(self.alice)

    def test_otherReference(self) -> None:
        """To close another than the one that is open is a mistake; that one goes on."""
        self.alice.send(self.OPENING, "@batch=1 PRIVMSG #tea :x")
        self.fails("BATCH -2", code="MULTILINE_INVALID")
        self.alice.send("BATCH -1")
        self.hears(self.bob, f":{mask('alice')} PRIVMSG #tea :x")

    def test_otherCommands(self) -> None:
        """A command that comes while a batch is open ends it, and is obeyed; PING and PONG are as ever."""
        self.alice.send(self.OPENING)
        self.gets(self.alice, "PING x", ":twistchat PONG twistchat x")
        self.gets(self.alice, "PONG x")
        self.alice.send("TOPIC #tea :Green", "@batch=1 PRIVMSG #tea :x", "BATCH -1")
        fail, topic = self.alice.lines()
        self.assertTrue(fail.startswith(":twistchat FAIL BATCH MULTILINE_INVALID :TOPIC "))
        self.assertTrue(topic.endswith(" TOPIC #tea :Green"))
        self.hears(self.bob, f":{mask('alice')} TOPIC #tea :Green")

    def test_afterFailure(self) -> None:
        """What is left of a batch that has failed is passed over, and the next is as good as any."""
        self.alice.send(self.OPENING, "@batch=1 PRIVMSG #bar :x")
        self.alice.skip()
        self.gets(self.alice, "@batch=1 PRIVMSG #tea :x")
        self.alice.send("PRIVMSG #tea :between")
        self.hears(self.bob, f":{mask('alice')} PRIVMSG #tea :between")
        self.gets(self.alice, "BATCH -1")
        self.alice.send(self.OPENING, "@batch=1 PRIVMSG #tea :y", "BATCH -1")
        self.hears(self.bob, f":{mask('alice')} PRIVMSG #tea :y")

    def test_deadline(self) -> None:
        """A batch is to be closed in time."""
        self.alice.send(self.OPENING, "@batch=1 PRIVMSG #tea :x")
        self.alice.skip()
        self.server.advance(DEADLINE - 1)
        self.hears(self.alice)
        self.server.advance(1)
        (line,) = self.alice.lines()
        self.assertTrue(
            line.startswith(":twistchat FAIL BATCH MULTILINE_INVALID :The batch was not closed within 30 s")
        )
        self.gets(self.alice, "@batch=1 PRIVMSG #tea :x")
        self.gets(self.alice, "BATCH -1")
        self.hears(self.bob)

    def test_failureLabelled(self) -> None:
        """The label of the opening is on the failure, once."""
        dave = self.irc("dave", *MULTILINE, *LABELS, rooms="#tea")
        dave.skip()
        dave.send("@label=3 BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #bar :x", "BATCH -1")
        (line,) = dave.lines()
        self.assertTrue(line.startswith("@label=3 :twistchat FAIL BATCH MULTILINE_INVALID_TARGET #tea #bar :"))

    def test_gone(self) -> None:
        """Whoever goes with a batch open leaves nothing behind: nothing is said, and nothing waits for its deadline."""
        scheduled = len(self.server.clock.getDelayedCalls())
        self.alice.send(self.OPENING, "@batch=1 PRIVMSG #tea :x")
        self.assertEqual(len(self.server.clock.getDelayedCalls()), scheduled + 1)
        self.alice.hangUp()
        self.assertLessEqual(len(self.server.clock.getDelayedCalls()), scheduled)
        self.server.advance(DEADLINE)
        self.hears(self.bob, f":{mask('alice')} QUIT :connection lost")

    def test_without(self) -> None:
        """Clients that have not asked for it have no such command, and their tags are passed over."""
        for nick, *capabilities in (("dave",), ("erin", "batch"), ("frank", "draft/multiline")):
            client = self.irc(nick, *capabilities)
            self.gets(client, self.OPENING, f":twistchat 421 {nick} BATCH :Unknown command")
            client.join("#tea")
            self.bob.skip()
            client.send("@batch=1 PRIVMSG #tea :x")
            self.hears(self.bob, f":{mask(nick)} PRIVMSG #tea :x")


class FloodTests(Conversations):
    """A batch counts as one line against the flood limit."""

    def test_lines(self) -> None:
        """As many lines as a batch may have come at once; without one, or beyond that, they wait."""
        self.limit(exempt=(), floodBurst=10, lines=20)
        alice = self.irc("alice", *MULTILINE, rooms="#tea")
        bob = self.irc("bob", rooms="#tea")
        self.server.advance(60)
        bob.skip()
        alice.send(
            "@+x=y BATCH +1 draft/multiline #tea", *["@batch=1 PRIVMSG #tea :x"] * 20, "BATCH -1", "PRIVMSG #tea :end"
        )
        self.assertEqual(len(bob.lines()), 21)
        self.server.advance(60)
        alice.send(*["@batch=1 PRIVMSG #tea :x"] * 30)
        self.assertEqual(sum("FAIL" in line for line in alice.lines()), 10)

    def test_unclosed(self) -> None:
        """A batch that is not closed has no more lines for nothing than one may have, and its closing."""
        self.limit(exempt=(), floodBurst=10, lines=20)
        alice = self.irc("alice", *MULTILINE, rooms="#tea")
        for count, answered in ((21 + 8, True), (21 + 9, False)):
            self.server.advance(60)
            alice.send("PONG x")
            alice.skip()
            alice.send("BATCH +1 draft/multiline #tea", *["@batch=1 PRIVMSG #tea :x"] * count, "PING x")
            self.assertIs(":twistchat PONG twistchat x" in alice.lines(), answered)

    def test_ended(self) -> None:
        """Behind a command that ends the batch, its lines count again."""
        self.limit(exempt=(), floodBurst=10, lines=20)
        alice = self.irc("alice", *MULTILINE, rooms="#tea")
        self.server.advance(60)
        alice.send("PONG x")
        alice.send("BATCH +1 draft/multiline #tea", "MODE #tea +n")
        alice.skip()
        alice.send(*["BATCH -2"] * 20)
        self.assertEqual(len(alice.lines()), 8)

    def test_closings(self) -> None:
        """Closing what is not open counts."""
        self.limit(exempt=(), floodBurst=10, lines=20)
        alice = self.irc("alice", *MULTILINE)
        self.server.advance(60)
        alice.skip()
        alice.send("BATCH +1 draft/multiline #tea", *["BATCH -1"] * 30)
        self.assertEqual(len(alice.lines()), 10)

    def test_without(self) -> None:
        """Who has no batches, or gives them up, has no lines that count for nothing."""
        self.limit(exempt=(), floodBurst=10, lines=20)
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        carol = self.irc("carol", *MULTILINE, rooms="#tea")
        lines = ["@batch=1 PRIVMSG #tea :x"] * 20
        for client, first in ((alice, ()), (carol, ("CAP REQ :-draft/multiline",))):
            self.server.advance(30)
            for other in (alice, bob, carol):
                other.send("PONG x")
            bob.skip()
            client.send("BATCH +1 draft/multiline #tea", *first, *lines)
            self.assertEqual(len(bob.lines()), 9 - len(first))
            self.server.advance(30)

    def test_ping(self) -> None:
        """PING counts, and takes nothing from the batch; PONG does not count."""
        self.limit(exempt=(), floodBurst=10, lines=20)
        alice, bob = self.irc("alice", *MULTILINE, rooms="#tea"), self.irc("bob", rooms="#tea")
        self.server.advance(30)
        bob.skip()
        alice.send("BATCH +1 draft/multiline #tea", "PING x", *["PONG x"] * 20)
        alice.send(*["@batch=1 PRIVMSG #tea :x"] * 20, "BATCH -1", *["PRIVMSG #tea :y"] * 9)
        self.assertEqual(len(bob.lines()), 20 + 8)
