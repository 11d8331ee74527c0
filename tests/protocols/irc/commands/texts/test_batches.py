"""Tests of BATCH: texts of several lines (IRCv3 multiline, batch)."""

from __future__ import annotations

from tests.protocols.irc.conversations import LABELS, Conversations, mask
from twistchat.protocols.irc.commands.texts.batches import DEADLINE
from twistchat.testing import IrcClient, ManualLog, MemoryServer, inMemory
from twistchat.testing.server import SETTINGS

MULTILINE = ("batch", "draft/multiline")


class Multiline(Conversations):
    """Alice sends batches, bob has the capability, and carol does not."""

    def setUp(self) -> None:
        """Register them."""
        super().setUp()
        self.bringIn()

    def bringIn(self) -> None:
        """Let all of them join a channel."""
        self.alice = self.irc("alice", *MULTILINE, "message-tags", rooms="#tea")
        self.bob = self.irc("bob", *MULTILINE, rooms="#tea")
        self.carol = self.irc("carol", rooms="#tea")
        for client in (self.alice, self.bob, self.carol):
            client.skip()

    def heard(self, client: IrcClient) -> list[str]:
        """Get what a client received: each batch as one text, and the other lines."""
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
        """Assert that these lines cause this failure only, and that nobody receives anything."""
        client = client or self.alice
        client.skip()
        client.send(*lines)
        (line,) = client.lines()
        self.assertTrue(line.startswith(f":twistchat FAIL BATCH {code} :"), line)
        self.hears(self.bob)
        self.hears(self.carol)


class TextTests(Multiline):
    """The texts of batches."""

    def test_text(self) -> None:
        """Clients with batches get one text, and others the lines as the client split them ("Fallback")."""
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
        A joined line is split where its client split it, even within a word: in private texts, notices and actions too.
        A part that is too long behind the sender's name is split between words.
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
        """A part that is joined to a blank line begins that line.  Nobody gets a blank line."""
        self.alice.send("BATCH +1 draft/multiline #tea")
        self.alice.send("@batch=1 PRIVMSG #tea one", "@batch=1 PRIVMSG #tea :")
        self.alice.send("@batch=1;draft/multiline-concat PRIVMSG #tea two", "BATCH -1")
        self.assertEqual(self.heard(self.bob), ["one|two"])
        self.hears(self.carol, f":{mask('alice')} PRIVMSG #tea :one", f":{mask('alice')} PRIVMSG #tea :two")

    def test_blanks(self) -> None:
        """Blank lines are allowed.  Clients without batches do not get them."""
        self.alice.send("BATCH +1 draft/multiline #tea")
        for text in ("", "one", "", "two", ""):
            self.alice.send(f"@batch=1 PRIVMSG #tea :{text}")
        self.alice.send("BATCH -1")
        self.assertEqual(
            [line.split(" #tea :")[1] for line in self.bob.lines() if " PRIVMSG " in line], ["", "one", "", "two", ""]
        )
        self.assertEqual([line.split(" :", 1)[1] for line in self.carol.lines()], ["one", "two"])

    def test_oneLine(self) -> None:
        """A batch of one line is a normal text."""
        self.alice.send("BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea :one", "BATCH -1")
        self.hears(self.bob, f":{mask('alice')} PRIVMSG #tea :one")

    def test_long(self) -> None:
        """A line longer than a message stays one line; clients without batches get its parts."""
        self.alice.send("BATCH +1 draft/multiline #tea", f"@batch=1 PRIVMSG #tea :{'x' * 300}")
        self.alice.send(f"@batch=1;draft/multiline-concat PRIVMSG #tea :{'y' * 300}", "BATCH -1")
        self.assertEqual(self.heard(self.bob), ["x" * 300 + "y" * 300])
        self.assertEqual([line.split(" :", 1)[1] for line in self.carol.lines()], ["x" * 300, "y" * 300])

    def test_concatFirst(self) -> None:
        """A first line that is marked to be joined is accepted."""
        self.alice.send(
            "BATCH +1 draft/multiline #tea",
            "@batch=1;draft/multiline-concat PRIVMSG #tea :one",
            "@batch=1 PRIVMSG #tea :two",
            "BATCH -1",
        )
        self.hears(self.carol, *[f":{mask('alice')} PRIVMSG #tea :{text}" for text in ("one", "two")])
        self.assertNotIn("concat", "".join(self.bob.lines()))

    def test_private(self) -> None:
        """Private texts work too.  The away message is shown, and the line door shows each line."""
        lena = self.server.person("lena")
        self.alice.send("BATCH +1 draft/multiline lena", "@batch=1 PRIVMSG lena one", "@batch=1 PRIVMSG LENA two")
        self.alice.send("BATCH -1")
        self.assertEqual([line.split("> ")[-1] for line in lena.lines()], ["one", "two"])
        self.leave("bob", "Out")
        self.alice.send("BATCH +1 draft/multiline bob", "@batch=1 PRIVMSG bob one", "BATCH -1")
        self.hears(self.alice, ":twistchat 301 alice bob Out")

    def test_action(self) -> None:
        """An action may have several lines."""
        self.alice.send("BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea :\x01ACTION waves")
        self.alice.send("@batch=1 PRIVMSG #tea :and smiles\x01", "BATCH -1")
        source = mask("alice")
        lines = [f":{source} PRIVMSG #tea :\x01ACTION {text}\x01" for text in ("waves", "and smiles")]
        self.hears(self.carol, *lines)

    def test_notice(self) -> None:
        """A notice has no reply."""
        self.alice.send("BATCH +1 draft/multiline #tea", "@batch=1 NOTICE #tea one", "BATCH -1")
        self.hears(self.carol, f":{mask('alice')} NOTICE #tea :one")
        self.gets(self.alice, "BATCH +1 draft/multiline #none")
        self.alice.send("@batch=1 NOTICE #none one")
        self.gets(self.alice, "BATCH -1")

    def test_tags(self) -> None:
        """Client-only tags belong to the opening BATCH."""
        dave = self.irc("dave", *MULTILINE, "message-tags", rooms="#tea")
        dave.skip()
        self.alice.send("@+x=y;z=1 BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea one")
        self.alice.send("@batch=1 PRIVMSG #tea two", "BATCH -1")
        lines = dave.lines()
        self.assertRegex(lines[0], r"^@msgid=test-\d+;\+x=y :alice!\S+ BATCH \+")
        self.assertNotIn("+x", "".join(lines[1:]))

    def test_status(self) -> None:
        """A text for a rank may have several lines."""
        self.alice.send("MODE #tea +v bob")
        self.bob.skip()
        self.carol.skip()
        self.alice.send("BATCH +1 draft/multiline +#tea", "@batch=1 PRIVMSG +#tea one", "BATCH -1")
        self.hears(self.bob, f":{mask('alice')} PRIVMSG +#tea :one")
        self.hears(self.carol)

    def test_refused(self) -> None:
        """A refusal has its numeric."""
        self.carol.send("PART #tea")
        dave = self.irc("dave", *MULTILINE)
        dave.send("BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea one")
        self.gets(dave, "BATCH -1", ":twistchat 404 dave #tea :Cannot send to channel (+n)")

    def test_label(self) -> None:
        """The label of the opening BATCH is on the opening of the echo."""
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
        """Without an echo the labelled reply is ACK.  A label on the closing BATCH is answered too."""
        dave = self.irc("dave", *MULTILINE, *LABELS, rooms="#tea")
        dave.send("@label=9 BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea one")
        self.gets(dave, "@label=10 BATCH -1", "@label=9 :twistchat ACK", "@label=10 :twistchat ACK")

    def test_order(self) -> None:
        """It keeps its place among messages in flight."""
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
        """A text has at most the advertised bytes, with its line ends."""
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
        """A text has at most the advertised lines."""
        self.limit(lines=3)
        self.bringIn()
        lines = ["@batch=1 PRIVMSG #tea :x"] * 3
        self.alice.send(self.OPENING, *lines, "BATCH -1")
        self.assertEqual(self.heard(self.bob), ["x|x|x"])
        self.carol.skip()
        self.fails(self.OPENING, *lines, lines[0], lines[0], "BATCH -1", code="MULTILINE_MAX_LINES 3")

    def test_target(self) -> None:
        """All lines have the target of the batch."""
        self.fails(self.OPENING, "@batch=1 PRIVMSG #bar hello", "BATCH -1", code="MULTILINE_INVALID_TARGET #tea #bar")

    def test_lines(self) -> None:
        """Lines that are invalid in a batch are refused."""
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
        """An invalid opening is refused."""
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
        ):
            self.fails(line, code="MULTILINE_INVALID")

    def test_noBatch(self) -> None:
        """Lines of a batch that is not open are refused."""
        for line in ("BATCH -1", "@batch=1 PRIVMSG #tea :x", "@batch=1 JOIN #bar"):
            self.fails(line, code="MULTILINE_INVALID")

    def test_oneFailure(self) -> None:
        """A wrong line is one failure, and the rest of its batch is ignored."""
        rest = ["@batch=1 PRIVMSG #tea :x", "@batch=1 PRIVMSG #tea :y", "BATCH -1"]
        self.fails("BATCH +1 draft/multiline #tea,alice", *rest, code="MULTILINE_INVALID")
        self.fails("BATCH +1 chathistory #tea", *rest, code="MULTILINE_INVALID")
        inner = ["@batch=1 BATCH +2 draft/multiline #tea", "@batch=2 PRIVMSG #tea :z", "BATCH -2"]
        self.fails(self.OPENING, *inner, *rest, code="MULTILINE_INVALID")
        self.fails("BATCH -1", code="MULTILINE_INVALID")
        self.fails("@label=x BATCH +1 chathistory #tea", "BATCH -1", code="MULTILINE_INVALID")
        self.alice.send(self.OPENING, "@batch=1 PRIVMSG #tea :x", "BATCH -1")
        self.hears(self.bob, f":{mask('alice')} PRIVMSG #tea :x")

    def test_second(self) -> None:
        """A second batch, nested or with the same name, makes the first one invalid."""
        for line in ("BATCH +2 draft/multiline #tea", self.OPENING, "@batch=1 BATCH +2 draft/multiline #tea"):
            self.alice.send(self.OPENING)
            self.alice.skip()
            self.alice.send(line)
            lines = self.alice.lines()
            self.assertEqual(len(lines), 1)
            self.assertTrue(lines[0].startswith(":twistchat FAIL BATCH MULTILINE_INVALID :"))
            if line.startswith("@"):
                continue
            reference = line[7]
            self.alice.send(f"@batch={reference} PRIVMSG #tea :second", f"BATCH -{reference}")
            self.hears(self.bob, f":{mask('alice')} PRIVMSG #tea :second")
            self.hears(self.alice)

    def test_otherReference(self) -> None:
        """Closing another batch is an error.  The open one continues."""
        self.alice.send(self.OPENING, "@batch=1 PRIVMSG #tea :x")
        self.fails("BATCH -2", code="MULTILINE_INVALID")
        self.alice.send("BATCH -1")
        self.hears(self.bob, f":{mask('alice')} PRIVMSG #tea :x")

    def test_otherCommands(self) -> None:
        """Another command makes the batch invalid and is executed; PING and PONG are allowed."""
        self.alice.send(self.OPENING)
        self.gets(self.alice, "PING x", ":twistchat PONG twistchat x")
        self.gets(self.alice, "PONG x")
        self.alice.send("TOPIC #tea :Green", "@batch=1 PRIVMSG #tea :x", "BATCH -1")
        fail, topic = self.alice.lines()
        self.assertTrue(fail.startswith(":twistchat FAIL BATCH MULTILINE_INVALID :TOPIC "))
        self.assertTrue(topic.endswith(" TOPIC #tea :Green"))
        self.hears(self.bob, f":{mask('alice')} TOPIC #tea :Green")

    def test_afterFailure(self) -> None:
        """The rest of an invalid batch is ignored, and the next batch works."""
        self.alice.send(self.OPENING, "@batch=1 PRIVMSG #bar :x")
        self.alice.skip()
        self.gets(self.alice, "@batch=1 PRIVMSG #tea :x")
        self.alice.send("PRIVMSG #tea :between")
        self.hears(self.bob, f":{mask('alice')} PRIVMSG #tea :between")
        self.gets(self.alice, "BATCH -1")
        self.alice.send(self.OPENING, "@batch=1 PRIVMSG #tea :y", "BATCH -1")
        self.hears(self.bob, f":{mask('alice')} PRIVMSG #tea :y")

    def test_deadline(self) -> None:
        """A batch must be closed in time."""
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
        """The failure has the label of the opening, once."""
        dave = self.irc("dave", *MULTILINE, *LABELS, rooms="#tea")
        dave.skip()
        dave.send("@label=3 BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #bar :x", "BATCH -1")
        (line,) = dave.lines()
        self.assertTrue(line.startswith("@label=3 :twistchat FAIL BATCH MULTILINE_INVALID_TARGET #tea #bar :"))

    def test_gone(self) -> None:
        """A client that disconnects with an open batch leaves no text and no timer."""
        scheduled = len(self.server.clock.getDelayedCalls())
        self.alice.send(self.OPENING, "@batch=1 PRIVMSG #tea :x")
        self.assertEqual(len(self.server.clock.getDelayedCalls()), scheduled + 1)
        self.alice.hangUp()
        self.assertLessEqual(len(self.server.clock.getDelayedCalls()), scheduled)
        self.server.advance(DEADLINE)
        self.hears(self.bob, f":{mask('alice')} QUIT :connection lost")

    def test_without(self) -> None:
        """Without the capability the command is unknown, and the tags are ignored."""
        for nick, *capabilities in (("dave",), ("erin", "batch"), ("frank", "draft/multiline")):
            client = self.irc(nick, *capabilities)
            self.gets(client, self.OPENING, f":twistchat 421 {nick} BATCH :Unknown command")
            client.join("#tea")
            self.bob.skip()
            client.send("@batch=1 PRIVMSG #tea :x")
            self.hears(self.bob, f":{mask(nick)} PRIVMSG #tea :x")


class FloodTests(Conversations):
    """A batch counts as one line for the flood limit."""

    def test_lines(self) -> None:
        """The lines of a batch are accepted at once.  Other lines, and those beyond the most lines of a batch, wait."""
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
        """A batch that is not closed has no more free lines than a batch may have, and its closing."""
        self.limit(exempt=(), floodBurst=10, lines=20)
        alice = self.irc("alice", *MULTILINE, rooms="#tea")
        for count, answered in ((21 + 8, True), (21 + 9, False)):
            self.server.advance(60)
            alice.send("PONG x")
            alice.skip()
            alice.send("BATCH +1 draft/multiline #tea", *["@batch=1 PRIVMSG #tea :x"] * count, "PING x")
            self.assertIs(":twistchat PONG twistchat x" in alice.lines(), answered)

    def test_ended(self) -> None:
        """After a command that ends the batch, lines count again."""
        self.limit(exempt=(), floodBurst=10, lines=20)
        alice = self.irc("alice", *MULTILINE, rooms="#tea")
        self.server.advance(60)
        alice.send("PONG x")
        alice.send("BATCH +1 draft/multiline #tea", "MODE #tea +n")
        alice.skip()
        alice.send(*["BATCH -2"] * 20)
        self.assertEqual(len(alice.lines()), 8)

    def test_closings(self) -> None:
        """Closing a batch that is not open counts."""
        self.limit(exempt=(), floodBurst=10, lines=20)
        alice = self.irc("alice", *MULTILINE)
        self.server.advance(60)
        alice.skip()
        alice.send("BATCH +1 draft/multiline #tea", *["BATCH -1"] * 30)
        self.assertEqual(len(alice.lines()), 10)

    def test_without(self) -> None:
        """Without the capability no line is free."""
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
        """PING counts, and does not use up the batch.  PONG does not count."""
        self.limit(exempt=(), floodBurst=10, lines=20)
        alice, bob = self.irc("alice", *MULTILINE, rooms="#tea"), self.irc("bob", rooms="#tea")
        self.server.advance(30)
        bob.skip()
        alice.send("BATCH +1 draft/multiline #tea", "PING x", *["PONG x"] * 20)
        alice.send(*["@batch=1 PRIVMSG #tea :x"] * 20, "BATCH -1", *["PRIVMSG #tea :y"] * 9)
        self.assertEqual(len(bob.lines()), 20 + 8)
