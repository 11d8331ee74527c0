"""Tests of PRIVMSG, NOTICE and TAGMSG (modern.ircdocs.horse, "Sending Messages"; IRCv3 message-tags, echo-message)."""

from __future__ import annotations

from tests.carriers import overMessages
from tests.protocols.irc.conversations import HOST, Conversations, mask
from twistchat.testing import ManualLog, MemoryServer, inMemory
from twistchat.testing.server import SETTINGS


class RoomTests(Conversations):
    """Texts in channels."""

    def test_privmsg(self) -> None:
        """The other members get it; the sender does not."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        alice.skip()
        self.gets(bob, "PRIVMSG #TEA :hello there")
        self.hears(alice, f":{mask('bob')} PRIVMSG #tea :hello there")

    def test_echo(self) -> None:
        """With echo-message the sender gets it too."""
        alice = self.irc("alice", "echo-message", rooms="#tea")
        self.gets(alice, "PRIVMSG #tea hello", f":{mask('alice')} PRIVMSG #tea :hello")
        self.gets(alice, "NOTICE #tea hello", f":{mask('alice')} NOTICE #tea :hello")

    def test_action(self) -> None:
        """An action is a kind of text in the core, and is sent as it was received.  Other CTCP texts do not change."""
        alice = self.irc("alice", rooms="#lobby")
        lena = self.server.person("lena")
        bob = self.irc("bob", rooms="#lobby")
        alice.skip()
        lena.skip()
        for text, seen in (
            ("\x01ACTION waves\x01", "* bob waves"),
            ("\x01ACTION waves twice", "* bob waves twice"),
        ):
            bob.send(f"PRIVMSG #lobby :{text}")
            self.hears(alice, f":{mask('bob')} PRIVMSG #lobby :{text.rstrip(chr(1))}\x01")
            lena.expect(f"[12:00] {seen}")
        for text in ("\x01VERSION\x01", "\x01ACTION\x01", "\x01action x\x01", "a \x01ACTION b\x01"):
            bob.send(f"PRIVMSG #lobby :{text}")
            self.hears(alice, f":{mask('bob')} PRIVMSG #lobby :{text}")
        bob.send("NOTICE #lobby :\x01ACTION x\x01")
        self.hears(alice, f":{mask('bob')} NOTICE #lobby :\x01ACTION x\x01")

    def test_emptyAction(self) -> None:
        """An empty action is refused."""
        self.gets(
            self.irc("alice", rooms="#tea"),
            "PRIVMSG #tea :\x01ACTION \x01",
            ":twistchat 412 alice :No text to send",
        )

    def test_status(self) -> None:
        """A text for a rank reaches the holders of that rank and higher ones only (STATUSMSG)."""
        alice = self.irc("alice", rooms="#tea")
        bob, carol, dave = (self.irc(nick, rooms="#tea") for nick in ("bob", "carol", "dave"))
        alice.send("MODE #tea +hv bob carol")
        for client in (alice, bob, carol, dave):
            client.skip()
        for target, heard in (
            ("@#tea", [alice]),
            ("%#tea", [alice, bob]),
            ("@%#tea", [alice, bob]),
            ("%@#TEA", [alice, bob]),
            ("~&@%+#tea", [alice, bob]),
        ):
            carol.send(f"PRIVMSG {target} :psst")
            prefix = {"@#tea": "@", "~&@%+#tea": "+"}.get(target, "%")
            for client in (alice, bob, dave):
                expected = [f":{mask('carol')} PRIVMSG {prefix}#tea :psst"] if client in heard else []
                self.hears(client, *expected)
        self.gets(self.irc("erin"), "PRIVMSG @#tea :psst", ":twistchat 404 erin #tea :Cannot send to channel (+n)")

    def test_refusals(self) -> None:
        """Each refusal has its numeric."""
        alice = self.irc("alice", rooms="#tea")
        bob, carol = self.irc("bob", rooms="#tea"), self.irc("carol")
        self.gets(carol, "PRIVMSG #tea :hi", ":twistchat 404 carol #tea :Cannot send to channel (+n)")
        self.gets(carol, "PRIVMSG #none :hi", ":twistchat 403 carol #none :No such channel")
        for mode, text, answer in (
            ("m", "hi", "(+m)"),
            ("b bob!*@*", "hi", "(+b)"),
            ("M", "hi", "(+M)"),
            ("c", "\x02hi", "(+c): no texts with colours or formatting in them"),
            ("C", "\x01VERSION\x01", "(+C): no texts that are CTCP, but for actions"),
        ):
            alice.send(f"MODE #tea +{mode}")
            self.gets(bob, f"PRIVMSG #tea :{text}", f":twistchat 404 bob #tea :Cannot send to channel {answer}")
            self.gets(bob, f"NOTICE #tea :{text}")
            alice.send(f"MODE #tea -{mode}")
        alice.send("MODE #tea +T")
        alice.skip()
        self.gets(bob, "NOTICE #tea :hi")
        self.hears(alice)

    def test_incomplete(self) -> None:
        """A missing recipient or text is an error.  A notice has no reply."""
        alice = self.irc("alice", rooms="#tea")
        for line, answer in (
            ("PRIVMSG", "411 alice :No recipient given (PRIVMSG)"),
            ("PRIVMSG :", "411 alice :No recipient given (PRIVMSG)"),
            ("PRIVMSG , :x", "411 alice :No recipient given (PRIVMSG)"),
            ("PRIVMSG #tea", "412 alice :No text to send"),
            ("PRIVMSG #tea :", "412 alice :No text to send"),
            ("PRIVMSG #tea,nobody :", "412 alice :No text to send"),
        ):
            self.gets(alice, line, f":twistchat {answer}")
        for line in ("NOTICE", "NOTICE #tea", "NOTICE #tea :", "NOTICE #none :x", "NOTICE nobody :x", "NOTICE , :x"):
            self.gets(alice, line)


class PrivateTests(Conversations):
    """Private texts."""

    def test_privmsg(self) -> None:
        """The recipient gets it."""
        alice, bob = self.irc("alice"), self.irc("bob", "echo-message")
        self.gets(bob, "PRIVMSG ALICE :hi", f":{mask('bob')} PRIVMSG alice :hi")
        self.hears(alice, f":{mask('bob')} PRIVMSG alice :hi")
        self.gets(bob, "PRIVMSG nobody :hi", ":twistchat 401 bob nobody :No such nick")
        self.gets(bob, "PRIVMSG @alice :hi", ":twistchat 401 bob @alice :No such nick")
        self.gets(bob, "PRIVMSG alice, :hi", f":{mask('bob')} PRIVMSG alice :hi")
        self.hears(alice, f":{mask('bob')} PRIVMSG alice :hi")

    def test_oneself(self) -> None:
        """A text to oneself arrives once; with echo-message, twice."""
        alice, bob = self.irc("alice"), self.irc("bob", "echo-message")
        line = f":{mask('alice')} PRIVMSG alice :hi"
        self.gets(alice, "PRIVMSG alice :hi", line)
        line = f":{mask('bob')} PRIVMSG bob :hi"
        self.gets(bob, "PRIVMSG bob :hi", line, line)

    def test_away(self) -> None:
        """The away message is a reply to texts only."""
        self.irc("alice", "message-tags")
        bob = self.irc("bob", "message-tags")
        self.leave("alice", "Out for tea")
        self.gets(bob, "PRIVMSG alice :hi", ":twistchat 301 bob alice :Out for tea")
        self.gets(
            bob,
            "PRIVMSG alice,nobody :hi",
            ":twistchat 401 bob nobody :No such nick",
            ":twistchat 301 bob alice :Out for tea",
        )
        self.irc("carol")
        for targets in ("alice", "alice,carol", "nobody,alice"):
            self.gets(bob, f"NOTICE {targets} :hi")
        self.gets(bob, "@+typing=active TAGMSG alice")
        self.gets(bob, "@+typing=active TAGMSG alice,")

    def test_refused(self) -> None:
        """The recipient's modes refuse texts."""
        alice, bob = self.irc("alice"), self.irc("bob", "message-tags")
        alice.send("MODE alice +R")
        self.gets(
            bob,
            "PRIVMSG alice :hi",
            ":twistchat 531 bob alice :They take no texts from those who are not logged in to an account",
        )
        self.gets(bob, "NOTICE alice :hi")
        alice.send("MODE alice -R+T")
        refusal = ":twistchat 531 bob alice :They take no texts that are CTCP, but for actions"
        self.gets(bob, "PRIVMSG alice :\x01VERSION\x01", refusal)
        self.gets(bob, "PRIVMSG alice :\x01ACTION waves\x01")


class TargetTests(Conversations):
    """Several recipients."""

    def test_several(self) -> None:
        """Each target gets the text once, however often it is named.  Refusals are reported."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        carol = self.irc("carol")
        alice.skip()
        self.gets(
            bob,
            "PRIVMSG #tea,carol,nobody,#TEA,Carol :hi",
            ":twistchat 401 bob nobody :No such nick",
        )
        self.hears(alice, f":{mask('bob')} PRIVMSG #tea :hi")
        self.hears(carol, f":{mask('bob')} PRIVMSG carol :hi")

    def test_tooMany(self) -> None:
        """With more targets than the limit nobody gets the text."""
        alice, bob = self.irc("alice"), self.irc("bob")
        answer = ":twistchat 407 bob e :Too many recipients, 4 may be named"
        self.gets(bob, "PRIVMSG alice,b,c,d,e,f :hi", answer)
        self.gets(bob, "NOTICE alice,b,c,d,e,f :hi")
        self.hears(alice)

    def test_underWay(self) -> None:
        """The texts to all targets, and later texts, are in flight at once and keep their order."""
        self.server = MemoryServer(SETTINGS, journal=inMemory(ManualLog))
        journal = self.server.log
        assert isinstance(journal, ManualLog)
        alice = self.server.connectIrc()
        alice.send("CAP REQ echo-message", "NICK alice", "USER a 0 * :a", "CAP END")
        journal.commit()
        self.server.pump()
        for room in "#a", "#b":
            alice.send(f"JOIN {room}")
            journal.commit()
            self.server.pump()
        alice.skip()
        alice.send("PRIVMSG #a,#b,#none :one", "NOTICE #a :two", "PRIVMSG #b :three", "PING x")
        self.assertEqual([getattr(event, "text", None) for event in journal.waiting], ["one", "one", "two", "three"])
        journal.commit()
        self.server.pump()
        source = f"alice!~a@{HOST}"
        self.hears(
            alice,
            f":{source} PRIVMSG #a :one",
            f":{source} PRIVMSG #b :one",
            ":twistchat 403 alice #none :No such channel",
            f":{source} NOTICE #a :two",
            f":{source} PRIVMSG #b :three",
            ":twistchat PONG twistchat x",
        )

    def test_notStored(self) -> None:
        """Nobody gets a text that the journal refuses, and the sender is told, except for a notice."""
        self.server = MemoryServer(SETTINGS, journal=inMemory(ManualLog))
        journal = self.server.log
        assert isinstance(journal, ManualLog)
        alice = self.server.connectIrc()
        alice.send("CAP REQ :echo-message standard-replies", "NICK alice", "USER a 0 * :a", "CAP END")
        journal.commit()
        alice.send("JOIN #a")
        journal.commit()
        self.server.pump()
        failure = ":twistchat FAIL PRIVMSG TEMPORARILY_UNAVAILABLE :Not taken, and nobody has seen it: the disk is full"
        for line, answer in (
            ("PRIVMSG #a :one", [failure]),
            ("PRIVMSG #a,alice :one", [failure, failure]),
            ("NOTICE #a :one", []),
            ("NOTICE #a,alice :one", []),
        ):
            alice.skip()
            alice.send(line)
            journal.refuse("the disk is full")
            self.server.pump()
            self.hears(alice, *answer)


class TagTests(Conversations):
    """Client-only tags, and TAGMSG."""

    def test_tags(self) -> None:
        """Clients with message-tags get the tags unchanged; others get none."""
        alice = self.irc("alice", "message-tags", rooms="#tea")
        bob = self.irc("bob", "message-tags", rooms="#tea")
        carol = self.irc("carol", rooms="#tea")
        alice.skip()
        bob.skip()
        bob.send(r"@+draft/reply=x\:y\s\\;own=1;+empty;account=root;msgid=1;time=2;+=z PRIVMSG #tea :hi")
        self.assertRegex(
            alice.lines()[0],
            rf"^@msgid=test-\d+;\+draft/reply=x\\:y\\s\\\\;\+empty :{mask('bob')} PRIVMSG #tea :hi$".replace(
                "|", r"\|"
            ),
        )
        self.assertEqual(carol.lines()[-1], f":{mask('bob')} PRIVMSG #tea :hi")

    def test_without(self) -> None:
        """The tags of a client without message-tags are ignored."""
        alice = self.irc("alice", "message-tags", rooms="#tea")
        bob = self.irc("bob", rooms="#tea")
        alice.skip()
        bob.send("@+x=y PRIVMSG #tea :hi")
        self.assertNotIn("+x", alice.lines()[0])

    def test_tagmsg(self) -> None:
        """Clients with message-tags get TAGMSG like a text; the sender too, with echo-message."""
        alice = self.irc("alice", "message-tags", rooms="#tea")
        bob = self.irc("bob", "message-tags", "echo-message", rooms="#tea")
        carol = self.irc("carol", rooms="#tea")
        for client in (alice, bob, carol):
            client.skip()
        for target, heard in (("#tea", [alice, bob]), ("@#tea", [alice, bob]), ("alice", [alice, bob])):
            bob.send(f"@+typing=active TAGMSG {target}")
            for client in (alice, bob, carol):
                lines = client.lines()
                self.assertEqual(len(lines), int(client in heard))
                if lines:
                    self.assertRegex(lines[0], rf"@msgid=test-\d+;\+typing=active :bob!\S+ TAGMSG {target}$")

    def test_noTags(self) -> None:
        """Tags that are not client-only are removed, even if none is left (message-tags)."""
        alice = self.irc("alice", "message-tags", rooms="#tea")
        bob = self.irc("bob", "message-tags", rooms="#tea")
        alice.skip()
        bob.send("@unknown-tag TAGMSG #tea")
        self.assertRegex(alice.lines()[0], r"@msgid=test-\d+ :bob!\S+ TAGMSG #tea$")

    def test_tagmsgErrors(self) -> None:
        """Errors are like those of PRIVMSG.  Without message-tags the command is unknown."""
        alice = self.irc("alice", rooms="#tea")
        self.gets(alice, "@+x TAGMSG #tea", ":twistchat 421 alice TAGMSG :Unknown command")
        bob = self.irc("bob", "message-tags")
        for line, answer in (
            ("TAGMSG", "411 bob :No recipient given (TAGMSG)"),
            ("TAGMSG :", "411 bob :No recipient given (TAGMSG)"),
            ("TAGMSG nobody #tea", "401 bob nobody :No such nick"),
            ("TAGMSG #tea", "404 bob #tea :Cannot send to channel (+n)"),
            ("TAGMSG #none", "403 bob #none :No such channel"),
            ("TAGMSG nobody", "401 bob nobody :No such nick"),
            ("TAGMSG a,b,c,d,e", "407 bob e :Too many recipients, 4 may be named"),
        ):
            self.gets(bob, line, f":twistchat {answer}")

    def test_size(self) -> None:
        """
        Tags of up to 4,094 bytes are accepted.  With more, the reply is 417 and nobody gets the message ("Size limit").
        """
        alice = self.irc("alice", "message-tags", rooms="#tea")
        bob = self.irc("bob", "message-tags", rooms="#tea")
        alice.skip()
        bob.skip()
        fits = f"+x={'y' * 4091}"
        bob.send(f"@{fits} PRIVMSG #tea :{'z' * 460}")
        self.hears(bob)
        self.assertIn(fits, alice.lines()[0])
        bob.send(f"@{fits}y PRIVMSG #tea :hi", f"@+x PRIVMSG #tea :{'z' * 498}")
        self.hears(bob, *[":twistchat 417 bob :Input line was too long"] * 2)
        self.hears(alice)
        line = f"@+x PING :{'z' * 504}"
        self.gets(bob, f"{line}z", ":twistchat 417 bob :Input line was too long")
        bob.send(line)
        self.assertRegex(bob.lines()[0], "^:twistchat PONG twistchat :?z+$")


class GranularityTests(Conversations):
    """The size of the received pieces makes no difference."""

    CONVERSATION = (
        "JOIN #a,#b",
        "@label=1;+x=y PRIVMSG #a :h\u00e9llo",
        "MODE #a +kZ key",
        "@label=2;+x=y BATCH +1 draft/multiline #a",
        "@batch=1 PRIVMSG #a :one",
        "@batch=1;draft/multiline-concat PRIVMSG #a :two",
        "BATCH -1",
        "TOPIC #b :\u00fcber",
        "@label=3 LIST",
        "NAMES #a",
        "PRIVMSG nobody,#none :x",
        "PART #a,#b :bye",
    )

    def _heard(self, step: int) -> tuple[bytes, bytes]:
        self.limit()
        watcher = self.irc("watcher", rooms="#a #b")
        alice = self.irc("alice", "batch", "labeled-response", "message-tags", "echo-message", "draft/multiline")
        alice.raw = watcher.raw = b""
        data = "".join(f"{line}\r\n" for line in self.CONVERSATION).encode()
        for start in range(0, len(data), step):
            alice.sendBytes(data[start : start + step])
        return alice.raw, watcher.raw

    def test_pieces(self) -> None:
        """Byte by byte, in odd pieces and all at once, the result is the same."""
        whole = self._heard(100_000)
        self.assertIn(b"BATCH -", whole[0])
        for step in (1, 7, 64):
            self.assertEqual(self._heard(step), whole)


globals().update(overMessages(globals()))
