"""Tests of L{twistchat.console.server.lists}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.console.server.lists import bans, duration, rooms, users

NOON = 1_767_268_800_000
SESSION = {"door": "irc", "address": "192.0.2.1", "secure": True}


class ListsTests(SynchronousTestCase):
    """Users, rooms and bans as tables."""

    def test_users(self) -> None:
        """Users are sorted by nick.  Each session has a line, and a user without one has a line too."""
        local = {"door": "line", "address": None, "secure": False}
        bob: dict[str, object] = {
            "nick": "bob",
            "account": None,
            "rooms": 0,
            "idle": 7200,
            "since": NOON,
            "sessions": [],
        }
        alice = {**bob, "nick": "Alice", "account": "alice", "rooms": 3, "idle": 5, "sessions": [SESSION, local]}
        self.assertEqual(
            [
                "NICK   ACCOUNT  DOOR  ADDRESS       ENCRYPTED  ROOMS  IDLE  SINCE",
                "Alice  alice    irc   192.0.2.1     yes        3      5s    2026-01-01 12:00 UTC",
                "                line  this machine  no",
                "bob    -        -     -             -          0      2h    2026-01-01 12:00 UTC",
                "2 users",
            ],
            list(users([bob, alice])),
        )

    def test_rooms(self) -> None:
        """Rooms are sorted by name.  No topic can write control characters to the terminal."""
        found = [
            {"name": "#tea", "members": 2, "founder": None, "modes": "", "topic": "a\x1b[2Jb\u202e"},
            {"name": "#Lobby", "members": 12, "founder": "alice", "modes": "+nt", "topic": None},
        ]
        self.assertEqual(
            [
                "ROOM    USERS  FOUNDER  MODES  TOPIC",
                "#Lobby  12     alice    +nt",
                r"#tea    2      -        -      a\u001B[2Jb\u202E",
                "2 rooms",
            ],
            list(rooms(found)),
        )

    def test_bans(self) -> None:
        """Bans keep their order."""
        ban = {"mask": "192.0.2.0/24", "by": "the server", "time": NOON, "until": NOON + 60_000, "reason": "spam"}
        self.assertEqual(
            [
                "MASK          SET BY      SET                   UNTIL                 REASON",
                "192.0.2.0/24  the server  2026-01-01 12:00 UTC  2026-01-01 12:01 UTC  spam",
                "*!*@x         the server  2026-01-01 12:00 UTC  for ever",
                "2 bans",
            ],
            list(bans([ban, {**ban, "mask": "*!*@x", "until": None, "reason": ""}])),
        )
        self.assertEqual(["MASK  SET BY  SET  UNTIL  REASON", "0 bans"], list(bans([])))

    def test_duration(self) -> None:
        """A time has its largest unit."""
        times = (0, 59, 60, 3599, 3600, 86_399, 86_400, 10 * 86_400)
        self.assertEqual(["0s", "59s", "1m", "59m", "1h", "23h", "1d", "10d"], [duration(time) for time in times])
