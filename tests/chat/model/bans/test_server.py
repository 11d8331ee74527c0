"""Tests of L{twistchat.chat.model.bans.server}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import BadServerBan
from twistchat.chat.model.bans.server import (
    ServerBan,
    ServerBans,
    ServerBanTest,
    checkReach,
    normalizeServerBan,
    parseAddress,
)
from twistchat.chat.model.events import Source

BOB = Source("u1", "Bob", "~bobby", "0123abcd.cloak")


class NormalizeTests(SynchronousTestCase):
    """The notation of bans."""

    def test_normalForms(self) -> None:
        """A network is written in CIDR notation.  Names are a whole mask, whose host may be a network."""
        for text, mask in (
            ("192.0.2.7", "192.0.2.7/32"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
            ("*@192.0.2.7", "192.0.2.7/32"),
            ("*!*@10.0.0.0/8", "10.0.0.0/8"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
            ("2001:DB8::1", "2001:db8::1/128"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("2001::/16", "2001::/16"),
            ("~bob@192.0.2.7", "*!~bob@192.0.2.7/32"),
            ("Bob!*@2001:DB8::/32", "bob!*@2001:db8::/32"),
            ("~Bob@Example.COM", "*!~bob@example.com"),
            ("*@*.example.com", "*!*@*.example.com"),
            ("robert!*@*", "robert!*@*"),
            ("bob*!*@*", "bob*!*@*"),
            ("~bob@*.cloak", "*!~bob@*.cloak"),
            ("bo!*@*", "bo!*@*"),
            ("bo!~bob", "bo!~bob@*"),
            (f"{'x' * 196}@*", f"*!{'x' * 196}@*"),
            ("*@a.b", "*!*@a.b"),
            ("*@192.0.2.*", "*!*@192.0.2.*"),
        ):
            self.assertEqual(normalizeServerBan(text), mask)
            self.assertEqual(normalizeServerBan(mask), mask)

    def test_refused(self) -> None:
        """A mask that matches nobody is refused, and the error names it."""
        for text, why in (
            ("", "1 to 200 characters"),
            ("bob host", "no space"),
            ("a,b@c", "no space or comma"),
            ("bob@\x07host", "no space"),
            ("x" * 201, "1 to 200 characters"),
            ("bob", "USER@HOST"),
            ("*", "USER@HOST"),
            ("192.0.2.*", "USER@HOST"),
            ("192.0.2.0/33", "USER@HOST"),
            ("fe80::1%eth0", "USER@HOST"),
        ):
            error = self.assertRaises(BadServerBan, normalizeServerBan, text)
            self.assertEqual(error.mask, text[:200])
            self.assertIn(why, error.why)

    def test_reach(self) -> None:
        """A mask that matches too many users is refused; a narrower one is not."""
        for text, why in (
            ("*@*", "3 characters"),
            ("*!*@*", "3 characters"),
            ("*?*!*@?*", "3 characters"),
            ("bo*!*@*", "3 characters"),
            ("*@*.com", "3 characters"),
            ("*@*.cloak", "3 characters"),
            ("a*@*b.c*", "3 characters"),
            ("??!*@?", "3 characters"),
            ("a??!*@*", "3 characters"),
            ("ab*!~*@*", "3 characters"),
            ("*@a.b.*", "3 characters"),
            ("*@2:1:*", "3 characters"),
            ("0.0.0.0/0", "IPv4 is /8 or narrower"),
            ("10.0.0.0/7", "IPv4 is /8 or narrower"),
            ("*@::/0", "IPv6 is /16 or narrower"),
            ("2000::/3", "IPv6 is /16 or narrower"),
            ("::ffff:0:0/96", "IPv4 is /8 or narrower"),
            ("~bobby@0.0.0.0/1", "IPv4 is /8 or narrower"),
            ("spam" + "*a" * 17 + "@*", "a mask of at most 16 wildcards (* and ?) is wanted"),
        ):
            error = self.assertRaises(BadServerBan, checkReach, normalizeServerBan(text), text)
            self.assertEqual(error.mask, text)
            self.assertIn(why, error.why)
        for text in (
            "10.0.0.0/8",
            "2001::/16",
            "~u@0.0.0.0/8",
            "bob*!*@*",
            "bo!*@*",
            "*@a.b",
            "*@192.*",
            "*@*abc*",
            "~bob@*.cloak",
        ):
            checkReach(normalizeServerBan(text), text)

    @given(st.text("ab*?!@.:/0123456789 f", max_size=20))
    def test_anything(self, text: str) -> None:
        """Any text is refused or has a normal form, which is its own and does not match everyone."""
        try:
            mask = normalizeServerBan(text)
            checkReach(mask, text)
        except BadServerBan:
            return
        self.assertEqual(normalizeServerBan(mask), mask)
        self.assertFalse(ServerBanTest(mask).matches(Source("u", "zed", "zed", "zed.zed"), "203.0.113.250"), mask)


class MeetsTests(SynchronousTestCase):
    """Whom a ban matches."""

    def test_meets(self) -> None:
        """It is compared with the visible names and with the real address."""
        for text, address, expected in (
            ("~bobby@0123abcd.cloak", None, True),
            ("~bobby@*abcd.cloak", "192.0.2.7", True),
            ("BOB!*@*", None, True),
            ("~bobby@192.0.2.*", "192.0.2.7", True),
            ("~bobby@192.0.2.*", None, False),
            ("~other@192.0.2.*", "192.0.2.7", False),
            ("bobb!*@*", "192.0.2.7", False),
            ("192.0.2.0/24", "192.0.2.7", True),
            ("192.0.2.0/24", "::ffff:192.0.2.7", True),
            ("192.0.2.0/24", "192.0.3.7", False),
            ("192.0.2.0/24", None, False),
            ("192.0.2.0/24", "/run/socket", False),
            ("2001:db8::/32", "2001:DB8:1::7", True),
            ("2001:db8::/32", "2001:db9::1", False),
            ("2001:db8::/32", "192.0.2.7", False),
            ("fe80::/64", "fe80::1%eth0", True),
            ("*!~bobby@192.0.2.0/24", "192.0.2.7", True),
            ("*!~other@192.0.2.0/24", "192.0.2.7", False),
            ("bob!*@192.0.2.7", "192.0.2.7", True),
            ("bob!*@192.0.2.7", "192.0.2.8", False),
            ("*@2001:db8::1:0:*", "2001:db8::1:0:7", True),
        ):
            test = ServerBanTest(normalizeServerBan(text))
            self.assertEqual(test.matches(BOB, address), expected, (text, address))

    def test_unnamed(self) -> None:
        """Before entering, a connection is matched by its network only."""
        for text, expected in (("192.0.2.7", True), ("~bobby@192.0.2.7", False), ("*@192.0.2.*", False)):
            self.assertEqual(ServerBanTest(normalizeServerBan(text)).matches(None, "192.0.2.7"), expected)

    def test_parseAddress(self) -> None:
        """Equal addresses are read alike.  Invalid ones are refused."""
        self.assertEqual(parseAddress("::ffff:192.0.2.7"), parseAddress("192.0.2.7"))
        self.assertEqual(parseAddress("fe80::1%eth0"), parseAddress("fe80::1"))
        self.assertEqual((parseAddress(None), parseAddress("nowhere")), (None, None))


def ban(mask: str, time: int = 0, until: int | None = None) -> ServerBan:
    """Make a ban."""
    return ServerBan(mask, "spam", "op", time, until)


class RegisterTests(SynchronousTestCase):
    """The register of bans."""

    def setUp(self) -> None:
        """Start without bans."""
        self.bans = ServerBans()

    def test_banned(self) -> None:
        """The first matching ban that has not expired is found."""
        short, long = ban("192.0.2.0/24", until=1000), ban("*!~bobby@*", time=1)
        self.bans.add(short)
        self.bans.add(long)
        self.assertEqual(self.bans.banned(BOB, "192.0.2.7", 999), short)
        self.assertEqual(self.bans.banned(BOB, "192.0.2.7", 1000), long)
        self.assertEqual(self.bans.banned(None, "192.0.2.7", 999), short)
        self.assertIsNone(self.bans.banned(None, "192.0.2.7", 1000))
        self.assertIsNone(self.bans.banned(Source("u2", "carol"), None, 0))

    def test_held(self) -> None:
        """Bans that have not expired are listed, and found by their masks."""
        short, long = ban("192.0.2.0/24", until=1000), ban("*!~bobby@*", time=1)
        self.bans.add(short)
        self.bans.add(long)
        self.assertEqual((self.bans.active(999), self.bans.active(1000)), ([short, long], [long]))
        self.assertEqual(self.bans.get("192.0.2.0/24", 999), short)
        self.assertIsNone(self.bans.get("192.0.2.0/24", 1000))
        self.assertIsNone(self.bans.get("none", 0))

    def test_replaced(self) -> None:
        """A mask is banned once.  The last ban counts, and is listed last."""
        self.bans.add(ban("192.0.2.0/24", until=1000))
        self.bans.add(ban("*!~bobby@*"))
        again = ban("192.0.2.0/24", time=5)
        self.bans.add(again)
        self.assertEqual(self.bans.active(2000), [ban("*!~bobby@*"), again])

    def test_forgotten(self) -> None:
        """An expired ban is forgotten when the next ban is set, and a lifted one at once."""
        self.bans.add(ban("192.0.2.0/24", until=1000))
        self.bans.add(ban("198.51.100.0/24", time=999))
        self.assertEqual(len(self.bans), 2)
        self.bans.add(ban("203.0.113.0/24", time=1000))
        self.assertEqual(len(self.bans), 2)
        self.bans.remove("203.0.113.0/24")
        self.bans.remove("203.0.113.0/24")
        self.assertEqual(len(self.bans), 1)
