"""Tests of L{twistchat.wire.irc.isupport}."""

from __future__ import annotations

from itertools import pairwise

from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.irc.isupport import MAX_TOKENS, escape, lines
from twistchat.wire.irc.message import MAX_LINE, Unwritable, parse


class IsupportTests(SynchronousTestCase):
    """RPL_ISUPPORT."""

    def test_forms(self) -> None:
        """A token has a value, an empty value or none, or it is withdrawn."""
        self.assertEqual(
            lines({"CHANTYPES": "#", "EXCEPTS": None, "STATUSMSG": "", "-SAFELIST": None}, "alice", "irc.example.org"),
            [b":irc.example.org 005 alice CHANTYPES=# EXCEPTS STATUSMSG= -SAFELIST :are supported by this server\r\n"],
        )

    def test_escape(self) -> None:
        """Spaces, equal signs and backslashes are escaped."""
        self.assertEqual(escape("a b=c\\x20"), r"a\x20b\x3Dc\x5Cx20")
        (line,) = lines({"NETWORK": "My Net=1"}, "a", "s")
        self.assertEqual(parse(line[:-2]).params[1], r"NETWORK=My\x20Net\x3D1")

    def test_thirteen(self) -> None:
        """A line has at most 13 tokens."""
        tokens: dict[str, str | None] = {f"T{number}": "x" for number in range(30)}
        written = [parse(line[:-2]).params for line in lines(tokens, "alice", "s")]
        self.assertEqual([len(params) - 2 for params in written], [MAX_TOKENS, MAX_TOKENS, 4])
        self.assertEqual([token for params in written for token in params[1:-1]], [f"{name}=x" for name in tokens])
        self.assertEqual({params[0] for params in written}, {"alice"})

    def test_bytes(self) -> None:
        """A line is filled up to 512 bytes."""
        for size in range(60, 130):
            tokens: dict[str, str | None] = {f"T{number}": "é" + "x" * size for number in range(12)}
            written = lines(tokens, "nick", "irc.example.org")
            self.assertLessEqual(max(map(len, written)), MAX_LINE)
            for line, following in pairwise(written):
                self.assertGreater(len(line) + len(following.split(b" ")[3]) + 1, MAX_LINE)
            self.assertEqual(sum(len(parse(line[:-2]).params) - 2 for line in written), 12)

    def test_none(self) -> None:
        """Without tokens there is no line."""
        self.assertEqual(lines({}, "alice", "s"), [])

    def test_refused(self) -> None:
        """A token that fits into no line is refused."""
        for value in ("x" * 500, "a\r\nb", "a\0"):
            with self.assertRaises(Unwritable):
                lines({"NETWORK": value}, "alice", "s")
