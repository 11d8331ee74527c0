"""Tests of L{twistchat.config.bounds}: clients can talk with every limit at its minimum and at its maximum."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from operator import attrgetter

from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import ConfigError, Settings, SettingsBuilder
from twistchat.config.bounds import BOUNDS
from twistchat.config.limits import Limits
from twistchat.testing import IrcClient, MemoryServer

WIDE = "\N{GOTHIC LETTER AHSA}"
"""A letter of four bytes."""

KEYS = tuple(f"limits.{field.name}" for field in fields(Limits) if field.name != "exempt")
"""Every limit that is a number."""


def settings(values: Mapping[str, object]) -> Settings:
    """Make settings with these values of keys."""
    builder = SettingsBuilder({})
    for key, value in values.items():
        builder.put(key, value, "here")
    return builder.finish()


class BoundTests(SynchronousTestCase):
    """Values within the bounds, and outside them."""

    def refused(self, values: Mapping[str, object]) -> str:
        """Assert that these values are refused with this message."""
        return str(self.assertRaises(ConfigError, settings, values))

    def test_known(self) -> None:
        """Every bound belongs to an existing key, and the default is within it."""
        for key, (least, most) in BOUNDS.items():
            default = attrgetter(key)(Settings())
            self.assertTrue(least <= default <= (most or default), key)

    def test_tooLittle(self) -> None:
        """A value below the minimum is refused.  The error names the key, the value and the bounds."""
        for key, (least, most) in BOUNDS.items():
            with self.subTest(key):
                value = least - 1 if isinstance(least, int) else least / 2
                text = self.refused({key: value})
                bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
                self.assertRegex(text, rf"^here: {key}: found {value}; a [a-z ]* {bounds}( bytes| s)? is wanted$")

    def test_tooMuch(self) -> None:
        """A value above the maximum is refused in the same way."""
        for key, (least, most) in BOUNDS.items():
            if most is not None:
                with self.subTest(key):
                    text = self.refused({key: most + 1})
                    self.assertRegex(
                        text, f"^here: {key}: found {most + 1}; a [a-z ]* from {least} to {most}( bytes)? is wanted$"
                    )

    def test_nonsense(self) -> None:
        """No limit can be negative, NaN, or infinite, and only one can be zero."""
        for key in KEYS:
            zero = (0,) if key != "limits.historyOnJoin" else ()
            for value in (*zero, -1, 0.0, -0.5, float("nan"), float("inf"), float("-inf"), 2**63, True):
                with self.subTest(f"{key} {value}"):
                    self.assertIn(f"here: {key}: found ", self.refused({key: value}))

    def test_asWritten(self) -> None:
        """The error repeats the value as it was written."""
        self.assertEqual(
            'here: limits.sendq: found "1KiB"; a size of at least 32768 bytes is wanted',
            self.refused({"limits.sendq": "1KiB"}),
        )
        self.assertEqual(
            'here: limits.lineRegistration: found "1s"; a time of at least 5 s is wanted',
            self.refused({"limits.lineRegistration": "1s"}),
        )

    def test_contradictions(self) -> None:
        """Names that leave no room for a text are refused, and messages that do not fit into the send queue."""
        self.assertEqual(
            "here: limits.nick is 40 and limits.room 64; together they may be 100, so that a line of IRC has room for"
            " a text beside the names",
            self.refused({"limits.nick": 40}),
        )
        self.assertIn("limits.nick is 32 and limits.room 69;", self.refused({"limits.room": 69}))
        self.assertEqual(68, settings({"limits.room": 68}).limits.room)
        self.assertEqual(
            "here: limits.message is 20000 bytes and limits.sendq 65536 bytes;"
            " the second must be at least 4 times the first",
            self.refused({"limits.message": 20_000, "limits.sendq": "64KiB"}),
        )


class ConversationTests(SynchronousTestCase):
    """A client enters through each door, and they receive each other's messages."""

    def converse(self, values: Mapping[str, object], nicks: tuple[str, str] = ("a", "b")) -> None:
        """Hold a conversation with these values of keys, and defaults for the others."""
        server = MemoryServer(settings({"chat.lobby": "#x", **values}))
        alice, bob = server.connect("192.0.2.1"), server.connectIrc("192.0.2.2")
        alice.send(nicks[0])
        lobby = server.context.settings.chat.lobby
        alice.until(f"* {nicks[0]} joined {lobby}")
        bob.send(f"NICK {nicks[1]}", f"USER {nicks[1][:1]} 0 * :{nicks[1]}", f"JOIN {lobby}")
        self.wait(server, bob, 45)
        alice.skip()
        bob.send(f"PRIVMSG {lobby} :hello")
        self.wait(server, bob, 30)
        alice.until(re.compile(rf"\[..:..\] <{nicks[1]}> hello"))
        alice.send("hi")
        server.advance(1)
        bob.until(re.compile(rf":{nicks[0]}!\S+ PRIVMSG {lobby} :?hi"))
        for command in ("/who", "/history", "/topic tea", "/help"):
            alice.send(command)
        bob.skip()
        bob.send(f"WHOIS {nicks[0]}", "PING last")
        self.wait(server, bob, 30)
        bob.until(re.compile(r"(@\S+ )?:\S+ PONG \S+ :?last"))
        self.assertEqual((False, False), (alice.gone, bob.gone))
        self.assertEqual([], self.flushLoggedErrors())

    def wait(self, server: MemoryServer, client: IrcClient, seconds: int) -> None:
        """Advance the clock, while a client answers each PING."""
        for _ in range(seconds):
            asked = client.raw.count(b"PING ")
            server.advance(1)
            if client.raw.count(b"PING ") > asked:
                client.send("PONG x")

    def test_least(self) -> None:
        """Each limit at its minimum."""
        for key in KEYS:
            least, _ = BOUNDS.get(key, (1, None))
            with self.subTest(key):
                self.converse({"limits.ping": 5, key: least} if key == "limits.pingTimeout" else {key: least})

    def test_leastTogether(self) -> None:
        """All limits at their minimum, except the ping interval."""
        least: dict[str, object] = {key: BOUNDS.get(key, (1, None))[0] for key in KEYS}
        self.converse({**least, "limits.ping": 90, "limits.pingTimeout": 150})

    def test_most(self) -> None:
        """Each limit at its maximum, or at a very large number if it has none."""
        for key in KEYS:
            if key not in ("limits.nick", "limits.room", "limits.ping"):
                _, most = BOUNDS.get(key, (1, None))
                with self.subTest(key):
                    self.converse({key: 2**63 - 1 if most is None else most})
        self.converse({"limits.ping": 2.0**62, "limits.pingTimeout": 2.0**63 - 1024})

    def test_widestNames(self) -> None:
        """The longest names, of letters that take four bytes each."""
        for nick, room in ((48, 52), (32, 68), (2, 98)):
            with self.subTest(f"{nick} {room}"):
                self.converse(
                    {"limits.nick": nick, "limits.room": room, "chat.lobby": "#" + (room - 1) * WIDE},
                    ("a" + (nick - 1) * WIDE, "b" + (nick - 1) * WIDE),
                )
