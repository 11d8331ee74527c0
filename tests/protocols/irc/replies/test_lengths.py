"""Tests of the length of a text of one line: a text that does not fit into one line to others is refused."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import STRANGER, mask
from twistchat.config import Settings
from twistchat.testing import IrcClient, MemoryServer

LINE = 512
"""The bytes of a line with its CR LF."""

MULTILINE = ("batch", "draft/multiline")


class LengthTests(SynchronousTestCase):
    """Alice sends long texts, and bob gets each of them whole or not at all.  All limits are the defaults."""

    def setUp(self) -> None:
        """Register them from an address without exemption."""
        self.server = MemoryServer(Settings())
        self.alice = self.bringIn("alice", "labeled-response", *MULTILINE)
        self.bob = self.bringIn("bob")

    def bringIn(self, nick: str, *capabilities: str) -> IrcClient:
        """Register a client, and let it join the channel."""
        self.server.advance(30)
        client = self.server.irc(nick, *capabilities, host=STRANGER)
        client.join("#tea")
        return client

    def say(self, *lines: str) -> None:
        """Let alice send lines at the rate of the flood limit.  Meanwhile both clients send PONG."""
        self.server.advance(30)
        for client in (self.alice, self.bob):
            client.send("PONG x")
            client.skip()
        self.alice.send(*lines)

    def room(self, command: str = "PRIVMSG", target: str = "#tea", nick: str = "alice") -> int:
        """Get the bytes for a text in a line to other clients."""
        source = mask("alice", STRANGER).replace("alice!", f"{nick}!")
        return LINE - len(f":{source} {command} {target} :\r\n".encode())

    def told(self, size: int, room: int) -> str:
        """Get alice's reply to a text that is too long."""
        text = f"Input line was too long: the text has {size} bytes, and {room} fit"
        return f":twistchat.local 417 alice :{text}"

    def check(self, command: str, target: str, room: int, before: str = "", after: str = "") -> None:
        """
        Assert that a text of this many bytes is sent in a line of 512 bytes, and one with another byte is refused.

        @param before: the bytes before the counted text, for the sender and for the recipients.
        @param after: the bytes after it.
        """
        for text in ("x" * room, "\N{LATIN SMALL LETTER E WITH ACUTE}" * (room // 2) + "x" * (room % 2)):
            self.say(f"{command} {target} :{before}{text}{after}")
            self.alice.expect()
            (line,) = self.bob.lines()
            self.assertTrue(line.endswith(f" :{before}{text}{after}"), line)
            self.assertEqual(LINE - 2, len(line.encode()))
            self.say(f"{command} {target} :{before}{text}y{after}")
            self.alice.expect(self.told(room + 1, room))
            self.bob.expect()

    def test_kinds(self) -> None:
        """This holds for messages, notices and actions, to channels, users and ranks."""
        self.check("PRIVMSG", "#tea", self.room())
        self.check("privmsg", "#TEA", self.room())
        self.check("PRIVMSG", "bob", self.room(target="bob"))
        self.check("NOTICE", "#tea", self.room("NOTICE"))
        self.check("NOTICE", "bob", self.room("NOTICE", "bob"))
        self.check("PRIVMSG", "#tea", self.room() - len("\x01ACTION \x01"), "\x01ACTION ", "\x01")
        self.say("MODE #tea +o bob")
        self.check("PRIVMSG", "@#tea", self.room(target="@#tea"))

    def test_severalPrefixes(self) -> None:
        """Recipients get one of several prefixes, and that line counts."""
        self.say("MODE #tea +o bob")
        room = self.room(target="@#tea")
        self.say(f"PRIVMSG ~&@#tea :{'x' * room}")
        self.assertEqual(LINE - 2, len(self.bob.lines()[0]))
        self.say(f"PRIVMSG ~&@#tea :{'x' * room}y")
        self.alice.expect(self.told(room + 1, room))

    def test_openAction(self) -> None:
        """An action without its end is sent with it, so it has a byte less."""
        room = self.room() - len("\x01ACTION \x01")
        self.say(f"PRIVMSG #tea :\x01ACTION {'x' * (room + 1)}")
        self.alice.expect(self.told(room + 1, room))
        self.bob.expect()

    def test_severalTargets(self) -> None:
        """If the text is too long for one of several targets, nobody gets it."""
        room = self.room()
        self.assertLess(room, self.room(target="bob"))
        self.say(f"PRIVMSG bob,#tea :{'x' * room}y")
        self.alice.expect(self.told(room + 1, room))
        self.bob.expect()
        self.say(f"PRIVMSG bob,#tea :{'x' * room}")
        self.assertEqual(2, len(self.bob.lines()))

    def test_ownNick(self) -> None:
        """The sender's current nick counts."""
        room = self.room()
        self.say("NICK alicealice", f"PRIVMSG #tea :{'x' * room}")
        self.alice.until(self.told(room, self.room(nick="alicealice")).replace(" alice ", " alicealice "))
        self.say(f"PRIVMSG #tea :{'x' * self.room(nick='alicealice')}")
        self.assertEqual(1, len(self.bob.lines()))

    def test_label(self) -> None:
        """The refusal has the label of the command."""
        room = self.room()
        self.say(f"@label=7 PRIVMSG #tea :{'x' * room}y")
        self.alice.expect(f"@label=7 {self.told(room + 1, room)}")

    def test_batch(self) -> None:
        """A line of a batch that does not fit is split between words, without an error."""
        words = "word " * 95
        self.say("BATCH +1 draft/multiline #tea", f"@batch=1 PRIVMSG #tea :{words}", "BATCH -1")
        self.alice.expect()
        lines = self.bob.lines()
        self.assertEqual(2, len(lines))
        self.assertEqual(words, "".join(line.split(" :", 1)[1] for line in lines))

    def test_otherDoors(self) -> None:
        """A text from the line door may be longer than a line, and is split between words."""
        words = "word " * 200 + "end"
        self.server.advance(30)
        lena = self.server.person("lena", STRANGER)
        lena.send("/join #tea")
        self.bob.skip()
        lena.send(words)
        lines = self.bob.lines()
        self.assertEqual(3, len(lines))
        self.assertEqual(words, "".join(line.split(" :", 1)[1] for line in lines))
