"""Tests of L{twistchat.services.control.server}, on a server in memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.services.control.commands import Answer, Arguments, Nothing, execute
from twistchat.services.control.server import PORTION, Ban, ServerCommands
from twistchat.services.control.wire import ControlError, Request
from twistchat.testing import MemoryServer, settingsOf
from twistchat.testing.server import NOON

if TYPE_CHECKING:
    from twistchat.interfaces import Receipt


class ServerCommandsTests(SynchronousTestCase):
    """The commands, with the default limits."""

    def setUp(self) -> None:
        self.server = MemoryServer(settingsOf(""))
        self.parts: list[Any] = []
        self.acts: list[tuple[str, str, str]] = []
        self.noted: list[str] = []

    def note(self, arguments: Arguments, refused: str) -> None:
        """Collect what the log is told."""
        self.noted.append(refused)

    def start(self, command: str, **arguments: object) -> Deferred[Any]:
        """Start a command."""

        async def report(part: Answer) -> None:
            self.parts.append(part)

        def record(act: str, target: str, detail: str) -> Receipt:
            self.acts.append((act, target, detail))
            return self.server.chat.audit.recordOutside("console", "root", act, target, detail)

        self.parts.clear()
        table = ServerCommands(self.server.context).table
        executing = Deferred.fromCoroutine(
            execute(table, Request(1, f"server.{command}", arguments), report, record, self.note, "root")
        )
        self.server.pump()
        return executing

    def do(self, command: str, **arguments: object) -> Any:
        """Return the answer of a command."""
        return self.successResultOf(self.start(command, **arguments))

    def refused(self, command: str, **arguments: object) -> ControlError:
        """Return the error of a command."""
        error = self.failureResultOf(self.start(command, **arguments), ControlError).value
        assert isinstance(error, ControlError)
        return error

    def test_who(self) -> None:
        """A user is listed once, with all sessions, their doors and addresses."""
        self.server.person("alice", host="192.0.2.1")
        self.server.irc("bob", host="192.0.2.2").send("JOIN #a,#b")
        self.server.advance(90)
        self.assertEqual({"count": 2}, self.do("who"))
        ((alice, bob),) = (part["users"] for part in self.parts)
        self.assertEqual(
            ("alice", None, [{"door": "line", "address": "192.0.2.1", "secure": False}], 1, 90),
            (alice["nick"], alice["account"], alice["sessions"], alice["rooms"], alice["idle"]),
        )
        self.assertEqual(int(NOON * 1000), alice["since"])
        self.assertEqual(("bob", "irc", 2), (bob["nick"], bob["sessions"][0]["door"], bob["rooms"]))
        self.assertEqual((False, False), (bob["operator"], bob["away"]))

    def test_portions(self) -> None:
        """A long list comes in portions.  A user who leaves meanwhile is not in the next one."""
        clients = [self.server.irc(f"n{number}") for number in range(PORTION + 2)]

        async def report(part: Answer) -> None:
            self.parts.append(part)
            if len(self.parts) == 1:
                clients[-1].send("QUIT")

        who = ServerCommands(self.server.context).who
        answer = self.successResultOf(Deferred.fromCoroutine(who(Nothing(), report)))
        self.assertEqual({"count": PORTION + 1}, answer)
        self.assertEqual([PORTION, 1], [len(part["users"]) for part in self.parts])

    def test_rooms(self) -> None:
        """A room is listed with its members, modes and topic, but not with its key."""
        alice = self.server.irc("alice")
        alice.send("JOIN #Tea", "TOPIC #tea :Earl Grey", "MODE #tea +sk secret")
        self.server.irc("bob").send("JOIN #tea secret")
        self.assertEqual({"count": 1}, self.do("rooms"))
        (room,) = self.parts[0]["rooms"]
        self.assertEqual(
            ("#Tea", 2, None, "Earl Grey"), (room["name"], room["members"], room["founder"], room["topic"])
        )
        self.assertEqual(("+", True), (room["modes"][0], {*"ks"} <= {*room["modes"]}))
        self.assertNotIn("secret", str(room))

    def test_kick(self) -> None:
        """A kicked user is disconnected, with all sessions."""
        bob = self.server.irc("bob")
        self.assertEqual({"nick": "bob", "room": None, "sessions": 1}, self.do("kick", nick="BOB", reason="spam"))
        bob.until(re.compile(r"ERROR :.*Killed \(the server \(spam\)\)\)"))
        self.assertEqual("NO_SUCH_NICK", self.refused("kick", nick="bob").code)
        self.assertEqual(
            [
                ("server.kick", "BOB", "spam"),
                ("server.kick", "bob", ""),
                ("server.kick.refused", "bob", "Nobody here is called bob"),
            ],
            self.acts,
        )

    def test_kickFromRoom(self) -> None:
        """A user can be removed from one room."""
        self.server.irc("alice")
        bob = self.server.irc("bob")
        bob.send("JOIN #tea")
        self.server.irc("carol").send("JOIN #tea")
        self.assertEqual({"nick": "bob", "room": "#tea"}, self.do("kick", nick="bob", room="#TEA", reason="spam"))
        bob.until(":twistchat.local KICK #tea bob :spam")
        self.assertEqual("TARGET_NOT_IN_ROOM", self.refused("kick", nick="alice", room="#tea").code)
        self.assertEqual(("server.kick", "bob #TEA", "spam"), self.acts[0])

    def test_ban(self) -> None:
        """A ban disconnects whom it matches, is listed, and can be lifted."""
        bob = self.server.irc("bob", host="192.0.2.7")
        self.assertEqual({"mask": "192.0.2.0/24"}, self.do("ban", mask="192.0.2.9/24", seconds=60, reason="spam"))
        bob.until(re.compile(r"ERROR .*Banned from this server: spam\)"))
        self.assertEqual({"count": 1}, self.do("bans"))
        time = int(NOON * 1000)
        self.assertEqual(
            [{"mask": "192.0.2.0/24", "reason": "spam", "by": "the server", "time": time, "until": time + 60_000}],
            self.parts[0]["bans"],
        )
        self.assertEqual({"mask": "192.0.2.0/24"}, self.do("unban", mask="192.0.2.0/24"))
        self.assertEqual({"count": 0}, self.do("bans"))
        self.assertEqual("BAD_MASK", self.refused("ban", mask="*@*").code)
        self.assertEqual(("server.ban", "192.0.2.9/24", "for 1m: spam"), self.acts[0])

    def test_banNobody(self) -> None:
        """If nobody has a nick, the error says so; and there is no ban on what cannot be banned."""
        self.assertEqual("Nobody here is called ghost", self.refused("ban", mask="ghost").text)
        self.assertEqual("There is no ban from the server on ghost", self.refused("unban", mask="ghost").text)
        self.assertEqual("NO_SUCH_BAN", self.refused("unban", mask="192.0.2.7").code)

    def test_banTime(self) -> None:
        """The audit trail has the time as people type it."""
        for seconds, shown in ((604_800.0, "7d"), (5400.0, "90m"), (61.0, "61s"), (0.5, "0.5s")):
            self.assertEqual(f"for {shown}", Ban("x", seconds).detail)

    def test_banNick(self) -> None:
        """The nick of a user stands for their host."""
        self.server.irc("bob", host="192.0.2.7")
        user = self.server.chat.state.users.named("bob")
        assert user is not None
        self.assertEqual({"mask": f"*!*@{user.source.host}"}, self.do("ban", mask="Bob"))
        self.assertEqual(("server.ban", "Bob", "for ever"), self.acts[0])

    def test_broadcast(self) -> None:
        """Everybody hears it at every door.  The audit trail does not have the text."""
        alice, bob = self.server.person("alice"), self.server.irc("bob")
        self.assertEqual({"users": 2}, self.do("broadcast", text="Restart at noon"))
        alice.until("* The server announced: Restart at noon")
        bob.until(":twistchat.local NOTICE * :Restart at noon")
        self.assertEqual([("server.broadcast", "", "")], self.acts)
        self.assertEqual("NOTHING_SAID", self.refused("broadcast", text=" ").code)

    def test_reload(self) -> None:
        """A reload says what has changed, and what waits for a restart."""
        self.server.configure('server.name = "other.example"\nlimits.ping = 50')
        self.assertEqual({"applied": ("limits.ping",), "deferred": ("server.name",)}, self.do("reload"))
        self.assertEqual(50, self.server.context.settings.limits.ping)

    def test_configuration(self) -> None:
        """The configuration in force is shown without secrets, with what the file has changed since."""
        self.server.configure('server.name = "other.example"\nlimits.ping = 50\naccounts.invitation = "hunter2"')
        self.do("reload")
        self.server.configure('server.name = "other.example"\nlimits.ping = 60\naccounts.invitation = "hunter2"')
        answer = self.do("config")
        self.assertEqual((("limits.ping",), ("server.name",)), (answer["applied"], answer["deferred"]))
        self.assertEqual((True, None), (answer["running"], answer["mistake"]))
        self.assertEqual(50, answer["settings"]["limits"]["ping"])
        self.assertIn('ping = "50s"\n', answer["toml"])
        self.assertNotIn("hunter2", str(answer))
        self.server.configure("limits.ping = 'soon'")
        answer = self.do("config")
        self.assertIn("limits.ping: found", answer["mistake"])
        self.assertEqual(((), ()), (answer["applied"], answer["deferred"]))
        self.assertEqual(1, len(self.acts))

    def test_badConfiguration(self) -> None:
        """If the configuration has a mistake, the error says where, and nothing changes."""
        before = self.server.context.settings
        self.server.configure('limits.ping = "soon"')
        error = self.refused("reload")
        self.assertEqual("BAD_CONFIGURATION", error.code)
        self.assertIn("twistchat.toml:1: limits.ping", error.text)
        self.assertIs(before, self.server.context.settings)
        self.assertEqual([("server.reload", "", ""), ("server.reload.refused", "", error.text)], self.acts)
        self.server.configure("")
        self.do("reload")
        self.assertEqual([], self.noted, "a reload has a line of its own in the log")
