"""Tests of arbitrary input: every error is reported, and nothing fails inside the server."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocols.irc.conversations import Conversations
from twistchat.protocols.irc.commands import COMMANDS
from twistchat.testing import MemoryServer
from twistchat.wire.irc.capabilities import CAPABILITIES
from twistchat.wire.irc.message import parse

EVERYTHING = tuple(name for name in CAPABILITIES if name not in ("sts", "draft/metadata-2"))
"""All capabilities that a client can have at once."""

WORDS = st.sampled_from(
    (
        *(
            "#tea",
            "#ale",
            "#TEA",
            "#none",
            "@#tea",
            "~&@%+#tea",
            "+#",
            "#",
            "#a:b",
            "#\u202e",
            "alice",
            "bob",
            "nobody",
        ),
        *(
            "0",
            "*",
            "?",
            ",",
            ",,",
            "#tea,#ale,alice",
            "a,b,c,d,e,f",
            "+b",
            "+o-v",
            "+k",
            "-k",
            "+l",
            "+f",
            "+ooooovvvv",
        ),
        *(
            "+beIqaZ",
            "-",
            "+",
            "+1",
            "-1",
            "draft/multiline",
            "LS",
            "REQ",
            "302",
            "test-1",
            "test-5",
            ">1",
            "C<x",
            "!*",
        ),
        *(
            "a!b@c",
            "~a:x",
            "~m:~r:x",
            "~c:@#tea",
            "~:",
            "%tnuh,1",
            "\x01ACTION x\x01",
            "\x01",
            "\u00e9" * 120,
            "x" * 300,
        ),
    )
)
TAGS = st.sampled_from(
    (
        "",
        "",
        "",
        "@label=1 ",
        "@label=1;+x=y ",
        "@batch=1 ",
        "@batch=1;draft/multiline-concat ",
        "@+typing=active ",
        "@ ",
        "@;;= ",
    )
)
PLAYED = tuple(sorted(COMMANDS.keys() - {"QUIT", "WEBIRC"}))
LINES = st.builds(
    lambda tags, command, words, last: f"{tags}{command} {' '.join(words)}{last}",
    TAGS,
    st.sampled_from((*PLAYED, "NOPE", "001")),
    st.lists(WORDS, max_size=4),
    st.sampled_from(("", " :", " ::", " :two words", " :\x02\x1b[1m")),
)


class AnythingTests(Conversations):
    """Lines of words that have a meaning for some command."""

    @settings(max_examples=60, deadline=None)
    @given(st.lists(LINES, min_size=1, max_size=25))
    def test_lines(self, lines: list[str]) -> None:
        """All clients are served, and get whole messages only."""
        self.limit()
        server = self.server
        alice = self.operator("alice", *EVERYTHING, privileges="rooms redact auspex")
        bob = server.irc("bob")
        alice.join("#tea")
        bob.join("#tea")
        alice.send(*lines)
        server.advance(40)
        alice.send("NICK alice2", "PING :the end")
        self.assertNotIn(b"INTERNAL_ERROR", alice.raw + bob.raw)
        self.assertFalse(bob.gone)
        self.assertTrue(alice.gone or b" PONG twistchat :the end\r\n" in alice.raw)
        for client in (alice, bob):
            for line in client.raw[:-2].split(b"\r\n"):
                message = parse(line)
                self.assertLessEqual(len(line.partition(b" ")[2] if message.tags else line), 510)

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=600))
    def test_bytes(self, data: bytes) -> None:
        """The same with arbitrary bytes, before and after registration."""
        server = MemoryServer()
        for client in (server.connectIrc(), server.irc("alice", *EVERYTHING)):
            client.sendBytes(data + b"\r\n")
            self.assertNotIn(b"INTERNAL_ERROR", client.raw)
