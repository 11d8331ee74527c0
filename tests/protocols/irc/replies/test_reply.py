"""Tests of labels (IRCv3 labeled-response)."""

from __future__ import annotations

from tests.carriers import overMessages
from tests.protocols.irc.conversations import LABELS, Conversations, mask


class LabelTests(Conversations):
    """Labels on messages and commands on channels."""

    def test_ack(self) -> None:
        """An empty reply is ACK."""
        alice = self.irc("alice", *LABELS, rooms="#tea")
        for line in ("PRIVMSG #tea :hi", "NOTICE #tea :hi", "NOTICE nobody :hi", "JOIN #tea", "MODE #tea +n", "PONG x"):
            self.gets(alice, f"@label=a {line}", "@label=a :twistchat ACK")

    def test_oneEvent(self) -> None:
        """A reply of one event has the label."""
        alice = self.irc("alice", *LABELS, "echo-message", rooms="#tea #b")
        self.irc("bob", rooms="#tea")
        for line, answer in (
            ("PRIVMSG #tea :hi", "PRIVMSG #tea :hi"),
            ("NOTICE #tea hi", "NOTICE #tea :hi"),
            ("PRIVMSG bob :hi", "PRIVMSG bob :hi"),
            ("TOPIC #tea :Green", "TOPIC #tea :Green"),
            ("MODE #tea +m", "MODE #tea +m"),
            ("KICK #tea bob :Out", "KICK #tea bob :Out"),
            ("PART #b", "PART #b"),
            ("NICK alicia", "NICK alicia"),
        ):
            self.gets(alice, f"@label=a {line}", f"@label=a :{mask('alice')} {answer}")

    def test_oneLine(self) -> None:
        """An error has the label."""
        alice = self.irc("alice", *LABELS)
        self.gets(alice, "@label=a PRIVMSG bob :hi", "@label=a :twistchat 401 alice bob :No such nick")
        self.gets(alice, "@label=a JOIN x", "@label=a :twistchat 476 alice x :The channel name does not begin with #")

    def test_batch(self) -> None:
        """A reply of several lines is a batch, and contains nothing else."""
        alice = self.irc("alice", *LABELS, "echo-message")
        self.irc("bob", rooms="#tea")
        for line, count in (
            ("JOIN #tea", 3),
            ("NAMES #tea", 2),
            ("MODE #tea", 2),
            ("PRIVMSG #tea,bob,nobody :hi", 3),
            ("MODE #tea b", 1),
            ("LIST", 3),
            ("TOPIC #tea", 1),
            ("PART #tea,#none", 2),
        ):
            alice.skip()
            alice.send(f"@label=a {line}")
            lines = alice.lines()
            if count == 1:
                self.assertEqual(len(lines), 1)
                self.assertTrue(lines[0].startswith("@label=a "), lines)
                continue
            self.assertRegex(lines[0], r"^@label=a :twistchat BATCH \+\S+ labeled-response$")
            reference = lines[0].split("+")[1].split(" ")[0]
            self.assertEqual(lines[-1], f":twistchat BATCH -{reference}")
            inside = lines[1:-1]
            self.assertEqual(len(inside), count, lines)
            self.assertTrue(all(one.startswith(f"@batch={reference} ") for one in inside))

    def test_away(self) -> None:
        """The echo and the away message are one reply."""
        alice = self.irc("alice", *LABELS, "echo-message")
        self.irc("bob")
        self.leave("bob", "Out")
        alice.send("@label=a PRIVMSG bob :hi")
        lines = [line.split(" ", 1)[1] for line in alice.lines()[1:-1]]
        self.assertEqual(lines, [f":{mask('alice')} PRIVMSG bob :hi", ":twistchat 301 alice bob Out"])

    def test_oneself(self) -> None:
        """Only the echo of a text to oneself has the label."""
        alice = self.irc("alice", *LABELS, "echo-message")
        line = f":{mask('alice')} PRIVMSG alice :hi"
        self.gets(alice, "@label=a PRIVMSG alice :hi", line, f"@label=a {line}")

    def test_several(self) -> None:
        """A text that is sent in several lines is one reply, also an action.  It is not a multiline batch."""
        alice = self.irc("alice", *LABELS, "draft/multiline", "echo-message", rooms="#tea")
        alice.skip()
        alice.send("@label=a BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea :\x01ACTION waves")
        alice.send("@batch=1 PRIVMSG #tea :and goes\x01", "BATCH -1")
        lines = alice.lines()
        self.assertEqual(len(lines), 4)
        self.assertTrue(lines[0].startswith("@label=a :twistchat BATCH +"))

    def test_place(self) -> None:
        """The labelled echo keeps its place in the order of texts."""
        alice = self.irc("alice", *LABELS, "echo-message", rooms="#tea")
        bob = self.irc("bob", rooms="#tea")
        carol = self.irc("carol", rooms="#tea")
        for client in (alice, carol):
            client.skip()
        for client, line in (
            (bob, b"PRIVMSG #tea :one\r\n"),
            (alice, b"@label=a PRIVMSG #tea :two\r\n@label=b TOPIC #tea :three\r\n"),
            (bob, b"PRIVMSG #tea :four\r\n"),
        ):
            assert client.transport is not None
            client.transport.write(line)
        self.server.pump()
        texts = [line.rsplit(":", 1)[1] for line in carol.lines()]
        self.assertEqual([line.rsplit(":", 1)[1] for line in alice.lines()], texts)
        self.assertEqual(sorted(texts), sorted(["one", "two", "three", "four"]))

    def test_placeInTheTurn(self) -> None:
        """An event that is the whole reply comes after earlier texts of the same turn."""
        bob = self.irc("bob", rooms="#tea")
        alice = self.irc("alice", *LABELS, "echo-message", "message-tags", rooms="#tea")
        self.irc("carol", rooms="#tea")
        bob.send("MODE #tea +o alice")
        assert alice.transport is not None and bob.transport is not None
        for command in (
            "PRIVMSG #tea :x",
            "PRIVMSG #tea :\x01ACTION x\x01",
            "NOTICE #tea :x",
            "TAGMSG #tea",
            "TOPIC #tea :x",
            "MODE #tea +m",
            "KICK #tea carol",
            "PART #tea",
        ):
            alice.skip()
            bob.transport.write(b"NOTICE #tea :before\r\n")
            alice.transport.write(f"@label=a {command}\r\n".encode())
            self.server.pump()
            self.assertEqual(["label=a" in line for line in alice.lines()], [False, True], command)

    def test_others(self) -> None:
        """Other clients see no label."""
        alice = self.irc("alice", *LABELS, "message-tags", "echo-message", rooms="#tea")
        bob = self.irc("bob", *LABELS, "message-tags", rooms="#tea")
        bob.skip()
        alice.send("@label=a PRIVMSG #tea :hi", "@label=b TOPIC #tea :x")
        self.assertNotIn("label", "".join(bob.lines()))

    def test_without(self) -> None:
        """Without the capabilities, or if the label is empty or too long, the reply has no label."""
        alice, bob = self.irc("alice", "labeled-response", rooms="#tea"), self.irc("bob", *LABELS)
        self.gets(alice, "@label=a TOPIC #tea", ":twistchat 331 alice #tea :No topic is set")
        for label in ("x" * 65, "\u00e9" * 33, ""):
            self.gets(bob, f"@label={label} TOPIC #tea", ":twistchat 331 bob #tea :No topic is set")
        self.gets(bob, f"@label={'x' * 64} TOPIC #tea", f"@label={'x' * 64} :twistchat 331 bob #tea :No topic is set")

    def test_escapes(self) -> None:
        """A label may contain any characters."""
        alice = self.irc("alice", *LABELS)
        self.gets(alice, r"@label=\:\s\\é PONG x", r"@label=\:\s\\é :twistchat ACK")


globals().update(overMessages(globals()))
