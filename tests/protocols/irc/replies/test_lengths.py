"""How long a text of one line may be: what others cannot be sent in one line is refused."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import STRANGER, mask
from twistchat.config import Settings
from twistchat.testing import IrcClient, MemoryServer

LINE = 512
"""Bytes of a line, its CR LF included."""

MULTILINE = ("batch", "draft/multiline")


class LengthTests(SynchronousTestCase):
    """Alice says long texts, and bob is to hear each of them whole or not at all.  All limits are the defaults."""

    def setUp(self) -> None:
        """Bring them in, from an address that limits bind."""
        self.server = MemoryServer(Settings())
        self.alice = self.bringIn("alice", "labeled-response", *MULTILINE)
        self.bob = self.bringIn("bob")

    def bringIn(self, nick: str, *capabilities: str) -> IrcClient:
        """Bring someone in, and into the room."""
        self.server.advance(30)
        client = self.server.irc(nick, *capabilities, host=STRANGER)
        client.join("#tea")
        return client

    def say(self, *lines: str) -> None:
        """Let alice send lines, when the flood limit lets her; meanwhile both show that they are there."""
        self.server.advance(30)
        for client in (self.alice, self.bob):
            client.send("PONG x")
            client.skip()
        self.alice.send(*lines)

    def room(self, command: str = "PRIVMSG", target: str = "#tea", nick: str = "alice") -> int:
        """How many bytes are left for a text behind what others are sent before it."""
        source = mask("alice", STRANGER).replace("alice!", f"{nick}!")
        return LINE - len(f":{source} {command} {target} :\r\n".encode())

    def told(self, size: int, room: int) -> str:
        """What alice is told of a text that is too long."""
        text = f"Input line was too long: the text has {size} bytes, and {room} fit"
        return f":twistchat.local 417 alice :{text}"

    def check(self, command: str, target: str, room: int, before: str = "", after: str = "") -> None:
        """
        Hold that a text of so many bytes is relayed in a line of 512 bytes, and one of another byte is refused.

        @param before: what stands before the text that is counted, for those who send it and those who hear it.
        @param after: what stands behind it.
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
        """Messages, notices and actions; to channels, to users, and to those of a rank."""
        self.check("PRIVMSG", "#tea", self.room())
        self.check("privmsg", "#TEA", self.room())
        self.check("PRIVMSG", "bob", self.room(target="bob"))
        self.check("NOTICE", "#tea", self.room("NOTICE"))
        self.check("NOTICE", "bob", self.room("NOTICE", "bob"))
        self.check("PRIVMSG", "#tea", self.room() - len("\x01ACTION \x01"), "\x01ACTION ", "\x01")
        self.say("MODE #tea +o bob")
        self.check("PRIVMSG", "@#tea", self.room(target="@#tea"))

    def test_severalPrefixes(self) -> None:
        """Others are sent one prefix of several, and it is that line that counts."""
        self.say("MODE #tea +o bob")
        room = self.room(target="@#tea")
        self.say(f"PRIVMSG ~&@#tea :{'x' * room}")
        self.assertEqual(LINE - 2, len(self.bob.lines()[0]))
        self.say(f"PRIVMSG ~&@#tea :{'x' * room}y")
        self.alice.expect(self.told(room + 1, room))

    def test_openAction(self) -> None:
        """An action whose end is missing is relayed with it, so that it has a byte less."""
        room = self.room() - len("\x01ACTION \x01")
        self.say(f"PRIVMSG #tea :\x01ACTION {'x' * (room + 1)}")
        self.alice.expect(self.told(room + 1, room))
        self.bob.expect()

    def test_severalTargets(self) -> None:
        """Where it does not fit for one of several targets, it is sent to none of them."""
        room = self.room()
        self.assertLess(room, self.room(target="bob"))
        self.say(f"PRIVMSG bob,#tea :{'x' * room}y")
        self.alice.expect(self.told(room + 1, room))
        self.bob.expect()
        self.say(f"PRIVMSG bob,#tea :{'x' * room}")
        self.assertEqual(2, len(self.bob.lines()))

    def test_ownNick(self) -> None:
        """The sender's own nick counts, as it is now."""
        room = self.room()
        self.say("NICK alicealice", f"PRIVMSG #tea :{'x' * room}")
        self.alice.until(self.told(room, self.room(nick="alicealice")).replace(" alice ", " alicealice "))
        self.say(f"PRIVMSG #tea :{'x' * self.room(nick='alicealice')}")
        self.assertEqual(1, len(self.bob.lines()))

    def test_label(self) -> None:
        """The refusal carries the label of the command."""
        room = self.room()
        self.say(f"@label=7 PRIVMSG #tea :{'x' * room}y")
        self.alice.expect(f"@label=7 {self.told(room + 1, room)}")

    def test_batch(self) -> None:
        """A line of a batch that does not fit is split between words, and nobody is told."""
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
