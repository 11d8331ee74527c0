"""Tests of L{twistchat.config.readings}."""

from __future__ import annotations

import struct
import tempfile
import zoneinfo
from pathlib import Path
from typing import Any, Literal

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.limits import Bytes, Networks, Seconds
from twistchat.config.keytypes import (
    Age,
    ClientTags,
    Directory,
    Endpoints,
    Fingerprint,
    Greeting,
    Host,
    Lines,
    MailAddress,
    MailHost,
    NetworkName,
    Nicks,
    Number,
    PasswordHash,
    Port,
    Privileges,
    Secret,
    ServerName,
    Span,
    Text,
    Url,
    Zone,
)
from twistchat.config.readings import BadValue, closest, readingOf, writtenAs

Kind = Literal["memory", "sqlite"]

HASH = "$argon2id$v=19$m=19456,t=2,p=1$M2qtxXvGUt+qUGxN3SPqPA$Mrj27h01lO3I/413ugqDbrbh/AMemL8yr0Z7tv+Rq7k"

ZONE_FILE = b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 0, 1, 4) + struct.pack(">lBB", 3600, 0, 0) + b"TST\0"
"""The smallest time zone there can be (RFC 8536): an hour ahead of UTC, always."""


class ReadingTests(SynchronousTestCase):
    """The accepted values of each type of key, and their results."""

    def test_fit(self) -> None:
        """An accepted value is converted to the type of the field."""
        table: list[tuple[object, object, object]] = [
            (str, "", ""),
            (str, "é", "é"),
            (int, 1, 1),
            (int, 2**63 - 1, 2**63 - 1),
            (float, 0.1, 0.1),
            (float, 3, 3.0),
            (Seconds, 30, 30.0),
            (Seconds, 0.5, 0.5),
            (Seconds, "30s", 30.0),
            (Seconds, "1.5h", 5400.0),
            (Seconds, "10m", 600.0),
            (Seconds, "10 m", 600.0),
            (Seconds, "24h", 86400.0),
            (Seconds, "90d", 7776000.0),
            (Age, 0, 0.0),
            (Age, "12h", 43200.0),
            (Number, 0, 0),
            (Number, 7, 7),
            (bool, True, True),
            (bool, False, False),
            (Bytes, 1, 1),
            (Bytes, "1B", 1),
            (Bytes, "256KiB", 262144),
            (Bytes, "10 KiB", 10240),
            (Bytes, "1MiB", 1048576),
            (Bytes, "2GiB", 2147483648),
            (ServerName, "a", "a"),
            (ServerName, "irc-1.example.ORG", "irc-1.example.ORG"),
            (ServerName, "x" * 63, "x" * 63),
            (Directory, "/var/lib/chat data", "/var/lib/chat data"),
            (Directory, "caf\udce9", "caf\udce9"),
            (Greeting, "", ""),
            (Greeting, "Welcome.\n\n\tBe kind. é\n", "Welcome.\n\n\tBe kind. é\n"),
            (Zone, "", ""),
            (Kind, "memory", "memory"),
            (Kind, "sqlite", "sqlite"),
            (Nicks, [], ()),
            (Nicks, ["ChanServ", "日本"], ("ChanServ", "日本")),
            (Nicks, "ChanServ", ("ChanServ",)),
            (ClientTags, ["+draft/react", "+reply"], ("+draft/react", "+reply")),
            (ClientTags, "+example.com/x", ("+example.com/x",)),
            (Endpoints, ["tcp:1", " unix:a b "], ("tcp:1", "unix:a b")),
            (Endpoints, "tcp:1", ("tcp:1",)),
            (Endpoints, ("tcp:1",), ("tcp:1",)),
            (Endpoints, [], ()),
            (Networks, ["192.0.2.0/24", "2001:DB8:0::/32"], ("192.0.2.0/24", "2001:db8::/32")),
            (Networks, "192.0.2.7", ("192.0.2.7/32",)),
            (Networks, ["::1"], ("::1/128",)),
            (Text, "", ""),
            (Text, "is an admin", "is an admin"),
            (Lines, [], ()),
            (Lines, "one", ("one",)),
            (Lines, ["same", "same", ""], ("same", "same", "")),
            (NetworkName, "My-Net.example_2", "My-Net.example_2"),
            (Host, "", ""),
            (Host, "staff/alice.example", "staff/alice.example"),
            (Host, "2001:db8::1", "2001:db8::1"),
            (Url, "", ""),
            (Url, "https://chat.example/icon.png?size={size}", "https://chat.example/icon.png?size={size}"),
            (Port, 0, 0),
            (Port, 6697, 6697),
            (Span, 0, 0.0),
            (Span, "30d", 2592000.0),
            (PasswordHash, "", ""),
            (PasswordHash, HASH, HASH),
            (Fingerprint, "", ""),
            (Age, "0s", 0.0),
            (Span, "0s", 0.0),
            (Fingerprint, "ab" * 32, "ab" * 32),
            (Fingerprint, ":".join(["AB"] * 32), "ab" * 32),
            (Secret, "", ""),
            (Secret, "correct horse  'battery' ü", "correct horse  'battery' ü"),
            (MailAddress, "", ""),
            (MailAddress, "o'neil+chat@mail.example.org", "o'neil+chat@mail.example.org"),
            (MailAddress, "root@localhost", "root@localhost"),
            (MailHost, "", ""),
            (MailHost, "smtp-1.example.org", "smtp-1.example.org"),
            (MailHost, "2001:DB8::0:1", "2001:db8::1"),
            (Privileges, [], ()),
            (Privileges, ["kill", "ban"], ("kill", "ban")),
            (Privileges, "kill", ("kill",)),
        ]
        for annotation, value, wanted in table:
            with self.subTest(f"{annotation} {value!r}"):
                read = readingOf(annotation)(value)
                self.assertEqual(read, wanted)
                self.assertIs(type(read), type(wanted))

    def test_unfit(self) -> None:
        """Other values are refused.  The error shows the wrong part and what would be right."""
        count, rate, text = "a whole number of at least 1", "a number greater than 0", "a text is wanted"
        time, size, network = 'such as "30s"', 'such as "10KiB"', 'such as "192.0.2.0/24"'
        name, greeting, server = "without spaces", "without control characters", "1 to 63 letters"
        tag = 'such as "+draft/react"'
        table: list[tuple[Any, Any, Any, str]] = [
            (str, 5, 5, text),
            (str, ["x"], ["x"], text),
            (str, "\udcff", "\udcff", "UTF-8"),
            *((int, value, value, count) for value in (0, -1, True, 1.0, "1", "many", [1], {"a": 1}, None)),
            (int, 2**63, 2**63, "at most 9223372036854775807"),
            *((float, value, value, rate) for value in (0, 0.0, -1.5, True, "1", float("inf"), float("nan"), 10**400)),
            *((Seconds, value, value, time) for value in (0, -1, True, float("nan"), [30], "", "30", "s", "0s", "-3s")),
            *((Seconds, value, value, time) for value in ("30 S", "1y", "1h30m", "1.s", "٣s", "9" * 30 + "s", "30s\n")),
            *((Age, value, value, "or 0 for no end") for value in (-1, False, "0", "0d", "ever", [90])),
            *((Number, value, value, "a whole number of at least 0") for value in (-1, 0.0, False, True, "0", None)),
            *((bool, value, value, "true or false is wanted") for value in (0, 1, "true", "yes", None)),
            *((Bytes, value, value, size) for value in (0, -1, True, 1.0, 2**63, [1], "", "256", "0KiB", "-1KiB")),
            *((Bytes, value, value, size) for value in ("1KB", "1kib", "1.5MiB", "9" * 18 + "GiB", "9" * 5000 + "B")),
            *(
                (ServerName, value, value, server)
                for value in ("", "a b", "-a", "a.", ".", "é", "a_b", "a\n", "x" * 64)
            ),
            (ServerName, 5, 5, text),
            (Directory, "", "", "the path of a directory"),
            (Directory, "a\0b", "a\0b", "the path of a directory"),
            (Directory, 5, 5, "the path of a directory"),
            *((Greeting, f"a{value}b", value, greeting) for value in ("\r", "\0", "\x1b", "\x9b", "\u202e", "\u2028")),
            (Greeting, 5, 5, text),
            (Zone, 5, 5, text),
            (Kind, "disk", "disk", '"memory" or "sqlite" is wanted'),
            (Kind, "Memory", "Memory", '"memory" or "sqlite" is wanted'),
            (Kind, ["memory"], ["memory"], '"memory" or "sqlite" is wanted'),
            (Nicks, 5, 5, "a list of texts"),
            (Nicks, {}, {}, "a list of texts"),
            (ClientTags, ["reply"], "reply", tag),
            (ClientTags, ["+a", "+b c"], "+b c", tag),
            (ClientTags, ["+draft/"], "+draft/", tag),
            (Nicks, ["a", 5], 5, text),
            (Nicks, ["a", ""], "", name),
            (Nicks, ["a", "b c"], "b c", name),
            (Nicks, ["a\x00"], "a\x00", name),
            (Nicks, ["a", "b", "a"], "a", "it is in the list twice"),
            (Endpoints, 6667, 6667, 'write a list of endpoints, such as ["tcp:6667:interface=127.0.0.1"]'),
            *((Endpoints, value, value, 'such as ["tcp:2323:interface=127.0.0.1"]') for value in (0, 65536, True, 1.5)),
            (Endpoints, "", "", 'such as "tcp:2323:interface=127.0.0.1"'),
            (Endpoints, ["tcp:1", " "], " ", 'such as "tcp:2323:interface=127.0.0.1"'),
            (Endpoints, [6667], 6667, 'such as "tcp:2323:interface=127.0.0.1"'),
            (Endpoints, [["tcp:1"]], ["tcp:1"], 'such as "tcp:2323:interface=127.0.0.1"'),
            (Endpoints, ["tcp:1", "tcp:1 "], "tcp:1", "it is in the list twice"),
            (Networks, 5, 5, "a list of texts"),
            (Networks, [5], 5, network),
            (Networks, ["192.0.2.0/24", "localhost"], "localhost", network),
            (Networks, [""], "", network),
            (Networks, ["192.0.2.0/33"], "192.0.2.0/33", network),
            (Networks, ["127.0.0.1/8"], "127.0.0.1/8", 'beyond its prefix; did you mean "127.0.0.0/8"?'),
            (Networks, ["2001:db8::1/64"], "2001:db8::1/64", 'beyond its prefix; did you mean "2001:db8::/64"?'),
            (Text, "a\nb", "a\nb", "of one line"),
            (Text, 5, 5, text),
            (Lines, 5, 5, "up to three texts"),
            (Lines, ["1", "2", "3", "4"], ["1", "2", "3", "4"], "up to three texts"),
            (Lines, ["1", "a\rb"], "a\rb", "of one line"),
            *((NetworkName, value, value, "1 to 63 letters") for value in ("", "my net", "a=b", "é", "x" * 64, "a\n")),
            *((Host, value, value, '"staff.example"') for value in (":a", "a b", "a!b", "a@b", "é", "x" * 64, "a\n")),
            *(
                (Url, value, value, '"https://chat')
                for value in ("ftp://x/", "chat.example", "https://", "https://x y")
            ),
            (Url, "https://é/", "https://é/", '"https://chat'),
            *((Port, value, value, "at most 65535") for value in (-1, 65536, True, "6697", 1.0, None)),
            *((Span, value, value, "or 0 for none") for value in (-1, False, "0", "ever")),
            *((Fingerprint, value, value, "64 hexadecimal digits") for value in ("ab", "g" * 64, "ab" * 20)),
            *(
                (MailAddress, value, value, '"chat@example.org"')
                for value in (
                    *("alice", "@x.example", "alice@", "a@b@c", "a b@x.example", "<a@x.example>", "a@x.example,b@x"),
                    *("a@x.example\r\nRCPT TO:<b@x>", "a@x.example\n", "a\0@x", ".a@x", "a..b@x", '"a b"@x', "a@[::1]"),
                    *("ä@x.example", "a@ä.example", "a@-x", "a@x..y", f"{'a' * 65}@x", f"a@{'x.' * 130}y"),
                )
            ),
            *(
                (MailHost, value, value, '"smtp.example"')
                for value in ("a b", "smtp.example:25", "-x", "ä", "x.", "[::1]")
            ),
            (Privileges, ["kill", "bann"], "bann", 'did you mean "ban"?'),
            (Privileges, ["everything"], "everything", "the privileges are kill, ban, rehash, "),
            (Privileges, ["kill", "kill"], "kill", "it is in the list twice"),
            (Privileges, [5], 5, text),
            (PasswordHash, 5, 5, text),
        ]
        for annotation, value, found, why in table:
            with self.subTest(f"{annotation} {value!r}"):
                bad = self.assertRaises(BadValue, readingOf(annotation), value)
                self.assertIn(why, bad.why)
                self.assertTrue(bad.found == found or value != value, bad.found)

    def test_secret(self) -> None:
        """A value that is not a hash is not shown: it may be a password, and messages are logged."""
        for value in (
            "hunter2",
            HASH[:-30],
            HASH + "\n",
            HASH.replace("argon2id", "argon2i"),
            HASH.replace("v=19", "v=16"),
            HASH.replace("M2qt", "M2!t"),
            "$2b$12$abcdefghijklmnopqrstuuJ",
        ):
            bad = self.assertRaises(BadValue, readingOf(PasswordHash), value)
            self.assertEqual(f"a text of {len(value)} characters", bad.shown)
            self.assertEqual('the hash of a password is wanted, as "twistchat hash-password" makes it', bad.why)

    def test_password(self) -> None:
        """A password that is refused is not shown either."""
        for value, shown in (
            (12345678, "a value that is no text"),
            (["hunter2"], "a value that is no text"),
            ("hunter2\n", "a text of 8 characters"),
            ("hunter2\0", "a text of 8 characters"),
        ):
            bad = self.assertRaises(BadValue, readingOf(Secret), value)
            self.assertEqual((None, shown), (bad.found, bad.shown))
            self.assertNotIn("hunter2", bad.why)

    def test_unknownType(self) -> None:
        """A type that no key may have is refused at the start, not when a user sets the key."""
        self.assertRaises(KeyError, readingOf, complex)


class ZoneTests(SynchronousTestCase):
    """Time zones, with a test database."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = Path(temporary.name)
        (folder / "Testland").mkdir()
        (folder / "Testland" / "Capital").write_bytes(ZONE_FILE)
        zoneinfo.reset_tzpath(to=[str(folder)])
        self.addCleanup(zoneinfo.reset_tzpath)

    def test_known(self) -> None:
        """A name in the database is accepted."""
        self.assertEqual(readingOf(Zone)("Testland/Capital"), "Testland/Capital")

    def test_unknown(self) -> None:
        """For a similar name, the error suggests the right one.  For any other, it gives examples."""
        for name in ["Testland/Capitol", "testland/capital", "Testland-Capital"]:
            bad = self.assertRaises(BadValue, readingOf(Zone), name)
            self.assertEqual(bad.why, "a time zone of the IANA database is wanted; did you mean Testland/Capital?")
        for name in ["Nowhere", "Testland", "/etc/passwd", "../x", "a\0b", "x" * 5000, "é"]:
            bad = self.assertRaises(BadValue, readingOf(Zone), name)
            self.assertIn('such as "Europe/Paris"', bad.why)

    def test_noDatabase(self) -> None:
        """If the machine has no database, the error says so."""
        self.patch(zoneinfo, "available_timezones", set)
        bad = self.assertRaises(BadValue, readingOf(Zone), "Testland/Nowhere")
        self.assertEqual(bad.why, "this machine has no time zone database; install tzdata")


class WrittenTests(SynchronousTestCase):
    """Values as users write them."""

    def test_written(self) -> None:
        """Times and sizes have the largest unit that divides them.  Everything else is TOML."""
        table: list[tuple[object, object, str]] = [
            (Seconds, 30.0, '"30s"'),
            (Seconds, 90.0, '"90s"'),
            (Seconds, 600.0, '"10m"'),
            (Seconds, 7776000.0, '"90d"'),
            (Seconds, 0.5, "0.5"),
            (Bytes, 262144, '"256KiB"'),
            (Bytes, 1000, '"1000B"'),
            (Bytes, 1048576, '"1MiB"'),
            (int, 3600, "3600"),
            (float, 2.0, "2.0"),
            (str, "#lobby", '"#lobby"'),
            (Networks, ("::1/128",), '["::1/128"]'),
        ]
        for annotation, value, text in table:
            self.assertEqual(writtenAs(annotation, value), text)


class ClosestTests(SynchronousTestCase):
    """Suggestions for misspelt words."""

    def test_closest(self) -> None:
        """Typing errors, capitals and underscores do not prevent a suggestion.  A different word gets none."""
        words = ["nick", "roomsPerUser", "sendq"]
        for word, meant in [("nikc", "nick"), ("rooms_per_user", "roomsPerUser"), ("SENDQ", "sendq"), ("motd", None)]:
            self.assertEqual(closest(word, words, 0.6), meant)
        self.assertIsNone(closest("nick", [], 0.6))
