"""Tests of terminals: line ends, telnet, pieces of input, and harmful characters."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.protocols.line.settings import LineSettings
from twistchat.testing import LineClient, MemoryServer
from twistchat.testing.server import SETTINGS

HARMFUL = re.compile(
    "["
    "\x00-\x09\x0b-\x1f"  # C0, but for LF
    "\x7f-\x9f"  # DEL and C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\u2028\u2029"  # line separators
    "]"
)
"""The characters that no terminal may receive."""

TELNET = re.compile(b"\xff[\xfb-\xfe].", re.DOTALL)
"""The answer to a telnet request.  The telnet client reads it, and does not show it."""

HOSTILE = st.sampled_from(
    [
        *("\x1b[31m", "\x1b]0;title\x07", "\x1b[2J", "\x9b31m", "\x90", "\x07", "\x08", "\t", "\x0c", "\x0b", "\x7f"),
        *("\u202e", "\u2066", "\u200f", "\u061c", "\u2028", "\u2029", "\x85", "\ufffd", "\ufeff", "\u200b"),
        *("<bob> ", "* ", "! ", "[12:00] ", "#lobby", "//", "/", "\N{COMBINING ACUTE ACCENT}", "e", " ", "😀"),
    ]
)
"""Harmful parts of texts."""

TEXTS = st.one_of(
    st.lists(HOSTILE, max_size=8).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\0\r"), max_size=40),
    st.text(st.characters(categories=["Cc", "Cf", "Zl", "Zp", "Zs"], exclude_characters="\n"), max_size=20),
)
"""Arbitrary texts, often with harmful parts."""


def harmless(*people: LineClient) -> None:
    """Assert that clients received no harmful characters, and whole lines only."""
    for person in people:
        text = person.raw.decode()
        found = HARMFUL.search(text)
        if found is not None:
            raise AssertionError(f"{found[0]!r} in {text[max(0, found.start() - 80) : found.end() + 20]!r}")
        for line in text.split("\n")[:-1]:
            assert re.match(r"\[\d\d:\d\d\] (?:\S+ )?(?:<|\* |-)|[*!] ", line), line
        assert text.endswith("\n")


class LineEndTests(SynchronousTestCase):
    """LF, CR LF, telnet, and pieces of input."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_ends(self) -> None:
        """LF and CR LF end a line, in any mixture.  The server's lines end with LF."""
        self.alice.sendBytes(b"one\ntwo\r\nthree\n")
        self.bob.expect("[12:00] <alice> one", "[12:00] <alice> two", "[12:00] <alice> three")
        self.assertNotIn(b"\r", self.bob.raw)

    def test_unfinished(self) -> None:
        """A line without its end is not executed."""
        self.alice.sendBytes(b"hel")
        self.bob.expect()
        self.alice.sendBytes(b"lo\r")
        self.bob.expect()
        self.alice.sendBytes(b"\n")
        self.bob.expect("[12:00] <alice> hello")

    def test_telnet(self) -> None:
        """Telnet commands are removed, also within a line or a character, and requests are answered."""
        naws = b"\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0"
        before = self.alice.raw
        self.alice.sendBytes(b"\xff\xfb\x1f\xff\xfd\x03" + naws + b"caf\xc3\xff\xf1\xa9\xff\xfe\x01\r\n")
        self.bob.expect("[12:00] <alice> café")
        self.assertEqual(before + b"\xff\xfe\x1f\xff\xfc\x03", self.alice.raw)

    def test_telnetAtTheGreeting(self) -> None:
        """A telnet client that negotiates first can register."""
        client = self.server.connect()
        client.sendBytes(b"\xff\xfd\x03\xff\xfb\x18\xff\xfb\x1f\xff\xfb\x20")
        client.skip()
        client.sendBytes(b"carol\r\n")
        client.until("* carol joined #lobby")

    def test_byteByByte(self) -> None:
        """The result is the same byte by byte and all at once."""
        script = (
            "alice\r\n/echo on\nhello, wörld\n\xff\xf1/me waves\r\n\n/join #den\nhere\n/topic 日本\n"
            "/nope\n/who\n/history\n/leave\n" + "x" * 4400 + "\nback\n/quit bye\n"
        )
        data = script.encode("utf-8").replace("\xff\xf1".encode(), b"\xff\xf1")

        def run(*chunks: bytes) -> tuple[bytes, bytes]:
            server = MemoryServer()
            witness = server.person("witness")
            client = server.connect()
            for chunk in chunks:
                client.sendBytes(chunk)
            self.assertTrue(client.gone)
            return client.raw, witness.raw

        whole = run(data)
        self.assertIn(b"[12:00] <alice> hello", whole[1])
        self.assertEqual(whole, run(*(bytes([byte]) for byte in data)))
        self.assertEqual(whole, run(*(data[at : at + 7] for at in range(0, len(data), 7))))


class TerminalSafetyTests(SynchronousTestCase):
    """No text sends control characters to a terminal."""

    @given(st.lists(TEXTS.map(lambda text: text.replace("\n", " ")), min_size=1, max_size=4))
    @settings(max_examples=60)
    def test_anything(self, texts: list[str]) -> None:
        """This holds for any text, in every argument of every command."""
        drawn = itertools.cycle(texts)
        server = MemoryServer()
        alice, bob = server.person("alice"), server.person("bob")
        for person in (alice, bob):
            person.send("/join #den", "/join #lobby")
        alice.send("/mode -t+o bob", "/mode -n", "/echo on")
        for form in (
            *("{}", "//{}", "/me {}", "/msg bob {}", "/msg #den {}", "/topic {}", "/away {}", "/msg alice {}"),
            *("/nick {}", "/join #{}", "/join {}", "/who {}", "/msg {} x", "/invite bob {}", "/kick bob {}", "/ban {}"),
            *("/mode +k {}", "/mode {}", "/unban {}", "/help {}", "/ignore {}", "/{}", "/history {}", "/leave {}"),
        ):
            alice.send(form.format(next(drawn)))
        bob.send("/rooms", "/who", "/topic", "/ban", "/mode", "/history", "/msg alice hey")
        stranger = server.connect()
        stranger.send(next(drawn))
        late = server.connect()
        late.send("late", "/join #den", "/topic", "/ban", "/who", "/rooms")
        alice.send("/quit " + next(drawn))
        harmless(alice, bob, stranger, late)

    def test_every(self) -> None:
        """This holds for each control character, wherever texts are shown to others."""
        server = MemoryServer()
        alice, bob = server.person("alice"), server.person("bob")
        alice.send("/mode -t", "/join #den")
        bob.skip()
        obeyed = [chr(point) for point in (*range(1, 10), *range(11, 13), *range(14, 32), *range(0x7F, 0xA0))]
        obeyed += "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"
        for character in obeyed:
            alice.send("/join #lobby", f"a{character}b", f"/me a{character}b", f"/msg bob a{character}b")
            alice.send(f"/topic a{character}b", "/join #den", f"/leave #lobby a{character}b")
        told = bob.lines()
        self.assertEqual(5 * len(obeyed), len([line for line in told if re.search(r"a.b", line)]))
        harmless(alice, bob)

    def test_shown(self) -> None:
        """Replaced characters are visible.  Letters of right-to-left scripts do not change."""
        server = MemoryServer()
        alice, bob = server.person("alice"), server.person("bob")
        alice.send("\x1b[31mred\x07\tgreen\x7f\x9b\u202e", "שלום עולם")
        bob.expect("[12:00] <alice> ␛[31mred␇ green␡\ufffd\ufffd", "[12:00] <alice> שלום עולם")

    @given(TEXTS)
    @settings(max_examples=30)
    def test_greeting(self, text: str) -> None:
        """This holds for the administrator's greeting too."""
        client = MemoryServer(replace(SETTINGS, doors={**SETTINGS.doors, "line": LineSettings("UTC", text)})).connect()
        harmless(client)

    @given(st.binary(max_size=200))
    @example(b"/leave")
    @example(b"/join #den")
    @settings(max_examples=100)
    def test_anyBytes(self, data: bytes) -> None:
        """This holds for arbitrary bytes, before and after registration."""
        server = MemoryServer()
        bob = server.person("bob")
        stranger = server.connect()
        stranger.sendBytes(data)
        alice = server.person("alice")
        alice.sendBytes(data + b"\n")
        # The bytes may have been a command that leads elsewhere.
        alice.send("/join #lobby", "still here")
        for client in (alice, stranger):
            client.raw = TELNET.sub(b"", client.raw)
        harmless(alice, bob, stranger)
        if not alice.gone and b"\xff" not in data:
            self.assertIn(b"still here", bob.raw)
