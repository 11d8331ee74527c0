"""Tests of L{twistchat.wire.irc.capabilities}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.wire.irc.capabilities import (
    CAPABILITIES,
    VALUES,
    advertise,
    areCompatible,
    capLines,
    inEffect,
    parseRequest,
)
from twistchat.wire.irc.message import MAX_LINE, parse

WANTED = """
batch echo-message labeled-response standard-replies multi-prefix userhost-in-names extended-join account-notify
account-tag away-notify chghost setname invite-notify extended-monitor cap-notify server-time message-tags
no-implicit-names draft/pre-away draft/channel-rename draft/message-redaction draft/multiline draft/extended-isupport
draft/metadata-2 draft/metadata-3
sts sasl draft/account-registration draft/chathistory draft/event-playback draft/read-marker
twistchat.org/search soju.im/search znc.in/playback
"""


class RegistryTests(SynchronousTestCase):
    """The capabilities."""

    def test_known(self) -> None:
        """All capabilities that the door offers are there, each with its specification and its requirements."""
        self.assertEqual(sorted(CAPABILITIES), sorted(WANTED.split()))
        for name, capability in CAPABILITIES.items():
            self.assertEqual(capability.name, name)
            self.assertTrue(capability.source.startswith(("extensions/", "https://")), name)
            self.assertLessEqual(set(capability.requires), set(CAPABILITIES))

    def test_inEffect(self) -> None:
        """Order does not matter, and a capability without its requirement has no effect."""
        self.assertEqual(inEffect(["draft/multiline", "batch"]), {"draft/multiline", "batch"})
        self.assertEqual(inEffect(["draft/multiline", "labeled-response", "setname"]), {"setname"})
        self.assertEqual(inEffect(["draft/message-redaction"]), set())
        self.assertEqual(inEffect(["example.org/else"]), {"example.org/else"})

    def test_areCompatible(self) -> None:
        """No client has two of the capabilities for metadata."""
        self.assertTrue(areCompatible({"draft/metadata-2", "batch"}))
        self.assertTrue(areCompatible(set(CAPABILITIES) - {"draft/metadata-2"}))
        self.assertFalse(areCompatible({"draft/metadata-2", "draft/metadata-3"}))


class CapTests(SynchronousTestCase):
    """The lines of CAP."""

    def test_request(self) -> None:
        """Names are read from left to right.  A dash disables a capability, and spaces at the end are ignored."""
        self.assertEqual(
            parseRequest(" batch  -setname - -- x=y "),
            [(True, "batch"), (False, "setname"), (False, ""), (False, "-"), (True, "x=y")],
        )
        self.assertEqual(parseRequest(""), [])

    def test_values(self) -> None:
        """Clients get values if they sent 302 or more."""
        offered = {"sts": "port=6697", "batch": ""}
        for version, words in ((0, ["sts", "batch"]), (301, ["sts", "batch"]), (VALUES, ["sts=port=6697", "batch"])):
            self.assertEqual(advertise(offered, version), words)
        self.assertEqual(advertise(offered, 307), ["sts=port=6697", "batch"])

    def test_empty(self) -> None:
        """An empty list is an empty parameter."""
        for subcommand in ("LS", "LIST"):
            for version in (0, 302):
                self.assertEqual(capLines(subcommand, [], "*", "s", version), [f":s CAP * {subcommand} :\r\n".encode()])

    def test_one(self) -> None:
        """A list that fits is one line."""
        for subcommand in ("LS", "LIST", "ACK", "NAK", "NEW", "DEL"):
            for version in (0, 302):
                self.assertEqual(
                    capLines(subcommand, ["batch", "-setname"], "alice", "irc.example.org", version),
                    [f":irc.example.org CAP alice {subcommand} :batch -setname\r\n".encode()],
                )

    def test_continued(self) -> None:
        """
        All lines of a long list except the last have an asterisk.  No line exceeds 512 bytes, and no name is lost.
        """
        words = [f"example.org/capability-{number}=value" for number in range(100)]
        for subcommand in ("LS", "LIST"):
            lines = capLines(subcommand, words, "alice", "irc.example.org", 302)
            self.assertLessEqual(max(map(len, lines)), MAX_LINE)
            params = [parse(line[:-2]).params for line in lines]
            self.assertGreater(len(params), 2)
            self.assertEqual({each[:-1] for each in params[:-1]}, {("alice", subcommand, "*")})
            self.assertEqual(params[-1][:-1], ("alice", subcommand))
            self.assertEqual(" ".join(each[-1] for each in params).split(" "), words)
            self.assertGreater(len(lines[0]) + len(words[0]), MAX_LINE - 3)

    def test_old(self) -> None:
        """A client without 302 gets one line of whole words."""
        words = [f"example.org/capability-{number}" for number in range(100)]
        for subcommand in ("LS", "LIST"):
            (line,) = capLines(subcommand, words, "alice", "irc.example.org")
            self.assertLessEqual(len(line), MAX_LINE)
            shown = parse(line[:-2]).params[-1].split(" ")
            self.assertEqual(shown, words[: len(shown)])
            self.assertGreater(len(shown), 10)

    def test_complete(self) -> None:
        """Other long lists become several lines, each complete."""
        words = [f"-example.org/capability-{number}" for number in range(100)]
        for subcommand in ("ACK", "NAK", "NEW", "DEL"):
            for version in (0, 302):
                params = [parse(line[:-2]).params for line in capLines(subcommand, words, "*", "s", version)]
                self.assertEqual({each[:-1] for each in params}, {("*", subcommand)})
                self.assertEqual(" ".join(each[-1] for each in params).split(" "), words)

    def test_longName(self) -> None:
        """A name that is longer than a line is cut, because it cannot be a known one."""
        lines = capLines("NAK", ["x", "y" * 600, "z"], "*", "s")
        self.assertLessEqual(max(map(len, lines)), MAX_LINE)
        self.assertEqual([parse(line[:-2]).params[-1][0] for line in lines], ["x", "y", "z"])
