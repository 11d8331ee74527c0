"""Tests of L{twistchat.protocols.irc.history.joining}: what clients that cannot ask are shown."""

from __future__ import annotations

import re
from dataclasses import replace

from twisted.internet.defer import Deferred, fail

from tests.protocols.irc.conversations import LABELS, Conversations, mask
from tests.protocols.irc.servers import serverWith
from twistchat.chat.errors import NotRead
from twistchat.testing import IrcClient


class JoiningTests(Conversations):
    """Bob has spoken in #tea."""

    def setUp(self) -> None:
        """Let bob speak."""
        super().setUp()
        self.talk()

    def talk(self) -> None:
        """Let bob say three things."""
        self.bob = self.irc("bob", rooms="#tea")
        self.bob.send("PRIVMSG #tea :one", "NOTICE #tea :two", "PRIVMSG #tea :\x01ACTION three\x01")

    def past(self, client: IrcClient, room: str = "#tea") -> list[str]:
        """Let a client join, and return what it gets after the names."""
        client.skip()
        client.send(f"JOIN {room}")
        client.until(re.compile(rf":twistchat 366 \w+ {room} :End of /NAMES list"))
        return client.lines()

    def test_plain(self) -> None:
        """A client without server-time gets the texts with their times, after the names."""
        bob = f":{mask('bob')}"
        self.assertEqual(
            self.past(self.irc("alice")),
            [
                f"{bob} PRIVMSG #tea :[2026-01-01 12:00] one",
                f"{bob} NOTICE #tea :[2026-01-01 12:00] two",
                f"{bob} PRIVMSG #tea :\x01ACTION [2026-01-01 12:00] three\x01",
            ],
        )

    def test_batch(self) -> None:
        """A client with batch gets a batch, and one with server-time gets the times as tags."""
        opening, *texts, _ = self.past(self.irc("alice", "batch", "server-time"))
        self.assertRegex(opening, r"^:twistchat BATCH \+\w+ chathistory #tea$")
        self.assertTrue(texts[0].endswith(f";time=2026-01-01T12:00:00.000Z :{mask('bob')} PRIVMSG #tea :one"))

    def test_label(self) -> None:
        """With a label, all is one labelled response, and later messages follow it."""
        alice = self.irc("alice", *LABELS, "server-time")
        alice.send("@label=x JOIN #tea")
        lines = alice.lines()
        self.assertTrue(lines[0].startswith("@label=x") and lines[0].endswith(" labeled-response"))
        self.assertRegex(lines[-1], r":twistchat BATCH -\w+$")
        self.assertEqual(sum(" :one" in line for line in lines), 1)

    def test_able(self) -> None:
        """A client that can ask gets nothing.  So does a bot, which would answer."""
        for number, capability in enumerate(("draft/chathistory", "znc.in/playback")):
            self.assertEqual(self.past(self.irc(f"able{number}", capability)), [])
        bot = self.irc("robot")
        bot.send("MODE robot +B")
        self.assertEqual(self.past(bot), [])

    def test_playbackWaits(self) -> None:
        """While a channel is played, those who leave it do so after the names, not before them."""
        waiting = Deferred[object]()
        read = self.server.history.read
        self.patch(self.server.history, "read", lambda span: waiting.addCallback(lambda _: read(span)))
        client = self.irc("alice", "znc.in/playback")
        client.send("ZNC *playback PLAY * 0")
        client.skip()
        client.send("JOIN #tea")
        self.bob.send("QUIT")
        waiting.callback(None)
        self.server.advance(1)
        commands = [line.split(" ")[1] for line in client.lines()]
        self.assertLess(commands.index("353"), commands.index("QUIT"))
        self.assertIn("PRIVMSG", commands)

    def test_renamed(self) -> None:
        """The texts have the present name of the channel."""
        self.bob.send("RENAME #tea #chai")
        found = self.past(self.irc("alice"), "#chai")
        self.assertEqual([line.split(" ")[2] for line in found], ["#chai"] * 3)

    def test_onlyTexts(self) -> None:
        """Topics, modes and CTCP requests are left out; requests would be answered."""
        self.bob.send("TOPIC #tea :green", "MODE #tea +v bob", "PRIVMSG #tea :\x01VERSION\x01", "PRIVMSG #tea :four")
        found = self.past(self.irc("alice"))
        self.assertEqual(len(found), 4)
        self.assertTrue(found[-1].endswith("] four"))

    def test_ignored(self) -> None:
        """A session does not get the texts of those whom it ignores."""
        alice = self.irc("alice")
        next(iter(self.server.chat.identity.find("alice").sessions.values())).ignored["bob"] = "bob"
        self.assertEqual(self.past(alice), [])

    def test_numbers(self) -> None:
        """It gets C{limits.historyOnJoin} texts, the newest; none if that is 0, or C{irc.historyOnJoin} is false."""
        for number, shown in ((2, 2), (0, 0)):
            self.limit(historyOnJoin=number)
            self.talk()
            self.assertEqual(len(self.past(self.irc("alice"))), shown)
        self.server = serverWith(irc={"historyOnJoin": False})
        self.talk()
        self.assertEqual(self.past(self.irc("alice")), [])

    def test_large(self) -> None:
        """It gets as many of the newest texts as fit into a quarter of the send queue."""
        session = next(iter(self.server.chat.identity.find("bob").sessions.values()))
        for number in range(50):
            self.server.chat.speaking.say(session, "#tea", f"{number} " + "x" * 4000)
        self.server.pump()
        alice = self.irc("alice")
        before = len(alice.raw)
        alice.send("JOIN #tea")
        for _ in range(20):
            self.server.advance(1)
        quarter = self.server.context.settings.limits.sendq // 4
        self.assertLess(len(alice.raw) - before, quarter + 1000)
        self.assertGreater(len(alice.raw) - before, quarter - 5000)
        self.assertIn("] 49", alice.raw.decode())

    def test_access(self) -> None:
        """Where members read from their joining on, they get nothing.  So does somebody whom an invitation let in."""
        room = self.server.chat.state.rooms.get("#tea")
        assert room is not None
        room.settings = {"history": "joined"}
        self.assertEqual(self.past(self.irc("alice")), [])
        room.settings = {}
        banned = self.irc("banned")
        self.bob.send("MODE #tea +b banned!*@*", "INVITE banned #tea")
        self.assertEqual(self.past(banned), [])

    def account(self, *capabilities: str) -> IrcClient:
        """Log in as alice."""
        client = self.server.connectIrc()
        session = next(reversed(self.server.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, "alice")))
        client.send("CAP LS 302", f"CAP REQ :{' '.join(capabilities)}", "CAP END", "NICK alice", "USER a 0 * :a")
        return client

    def test_account(self) -> None:
        """An account gets only what came after its read marker, which moves when a session or the client leaves."""
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, "alice")))
        alice = self.account("server-time")
        self.assertEqual(len(self.past(alice)), 3)
        for leave in ("QUIT", "PART #tea"):
            self.server.advance(1)
            alice.send("PRIVMSG #tea :own", leave)
            if leave == "QUIT":
                alice = self.account("server-time")
            self.assertEqual(self.past(alice), [])
            alice.send(leave)
            self.server.advance(1)
            self.bob.send("PRIVMSG #tea :news")
            if leave == "QUIT":
                alice = self.account("server-time")
            (line,) = self.past(alice)
            self.assertTrue(line.endswith(" PRIVMSG #tea :news"), line)
        phone = self.account("server-time", "draft/read-marker")
        self.assertEqual([line.split(":")[-1] for line in phone.lines() if " PRIVMSG " in line], ["news"])

    def test_accountMarker(self) -> None:
        """The marker has the time of the last text that was shown, also if nobody has spoken since the restart."""
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, "alice")))
        room = self.server.chat.state.rooms.get("#tea")
        assert room is not None
        room.spoken = 0
        alice = self.account()
        self.assertEqual(len(self.past(alice)), 3)
        self.server.advance(30)
        alice.send("QUIT")
        self.assertEqual(self.server.chat.state.accounts.named("alice").markers, {"#tea": 1_767_268_800_000})

    def test_notRead(self) -> None:
        """If the journal cannot be read, the client is told, is in the room, and hears it."""
        alice = self.irc("alice", "standard-replies")
        self.patch(self.server.history, "read", lambda span: fail(NotRead("the disk is broken")))
        (line,) = self.past(alice)
        self.assertIn(" FAIL JOIN TEMPORARILY_UNAVAILABLE :", line)
        self.bob.send("PRIVMSG #tea :hi")
        self.hears(alice, f":{mask('bob')} PRIVMSG #tea :hi")

    def test_leavesMeanwhile(self) -> None:
        """A client that disconnects while its history is read harms nobody."""
        reading = Deferred[object]()
        self.patch(self.server.history, "read", lambda span: reading)
        alice = self.irc("alice")
        alice.send("JOIN #tea")
        alice.hangUp()
        reading.callback([])
        self.server.pump()
        self.assertIsNone(self.server.chat.state.users.named("alice"))

    def test_heldBack(self) -> None:
        """What is said while the history is read comes after it, and after JOIN; and once."""
        read, waiting = self.server.history.read, Deferred[object]()
        self.patch(self.server.history, "read", lambda span: waiting.addCallback(lambda _: read(span)))
        alice = self.irc("alice")
        alice.send("JOIN #tea")
        self.bob.send("PRIVMSG #tea :meanwhile")
        lines = alice.lines()
        self.assertTrue(lines[0].endswith(" JOIN #tea"))
        self.assertNotIn("meanwhile", "\n".join(lines))
        waiting.callback(None)
        self.server.pump()
        said = [
            line.rpartition(" ")[2].strip("\x01:") for line in alice.lines() if "PRIVMSG" in line or "NOTICE" in line
        ]
        self.assertEqual(said, ["one", "two", "three", "meanwhile"])


class AttachingTests(Conversations):
    """Alice has an account, and is in two rooms."""

    def setUp(self) -> None:
        """Let bob speak before and after she joins."""
        super().setUp()
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, "alice")))
        self.bob = self.irc("bob", rooms="#a #b")
        self.bob.send("PRIVMSG #a :one")
        self.first = self.come()
        self.first.join("#a", "#b")
        self.bob.send("PRIVMSG #a :two", "PRIVMSG #b :three")
        self.first.skip()

    def come(self, *capabilities: str) -> IrcClient:
        """Log in, and register."""
        client = self.server.connectIrc()
        session = next(reversed(self.server.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, "alice")))
        client.send("CAP LS 302", f"CAP REQ :{' '.join(capabilities)}", "CAP END")
        client.send("NICK alice", "USER alice 0 * :alice")
        return client

    def test_attach(self) -> None:
        """A second client gets what was said up to when it came, after the names of each room, and then live texts."""
        second = self.come()
        self.bob.send("PRIVMSG #a :live")
        lines = second.lines()
        names = [index for index, line in enumerate(lines) if " 366 " in line]
        said = [(index, line.rpartition("] ")[2]) for index, line in enumerate(lines) if " PRIVMSG #" in line]
        self.assertEqual([text.rpartition(":")[2] for _, text in said], ["one", "two", "three", "live"])
        self.assertTrue(names[0] < said[0][0] < said[1][0] < names[1] < said[2][0] < said[3][0])
        self.assertEqual(len(self.first.lines()), 1)

    def test_secondJoins(self) -> None:
        """If another session of the user joins a room, this one gets the history too."""
        self.bob.send("JOIN #c", "PRIVMSG #c :four")
        self.first.skip()
        second = self.come("draft/chathistory")
        second.send("JOIN #c")
        self.bob.send("PRIVMSG #c :live")
        lines = self.first.lines()
        self.assertTrue(lines[0].endswith(" JOIN #c"))
        self.assertEqual([line.rpartition(" ")[2] for line in lines[-2:]], ["four", ":live"])

    def test_slowReader(self) -> None:
        """If much is said meanwhile, a client that reads slowly gets no more history, and is not dropped."""
        limits = self.server.context.settings.limits
        self.server.context.settings = replace(
            self.server.context.settings, limits=replace(limits, sendq=20_000, historyOnJoin=50)
        )
        session = next(iter(self.server.chat.identity.find("bob").sessions.values()))
        waiting = Deferred[object]()
        read = self.server.history.read
        self.patch(self.server.history, "read", lambda span: waiting.addCallback(lambda _: read(span)))
        second = self.come()
        for number in range(20):
            self.server.chat.speaking.say(session, "#a", f"{number} {'x' * 300}")
        self.server.pump()
        waiting.callback(None)
        for _ in range(10):
            self.server.advance(1)
        found = second.raw.decode()
        self.assertFalse(second.gone)
        self.assertNotIn("three", found)
        self.assertIn(" 366 alice #b ", found)
        self.assertIn(" :19 ", found)


class OverlapTests(Conversations):
    """Alice has two sessions.  What she does in the first one arrives while rooms are still shown to the second one."""

    def setUp(self) -> None:
        """Let bob speak in two rooms, and let nobody read the history until C{reading} fires."""
        super().setUp()
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, "alice")))
        self.bob = self.irc("bob", rooms="#a #b")
        self.bob.send("PRIVMSG #a :one", "PRIVMSG #b :two")
        self.first, self.second = self.come("draft/chathistory"), self.come()
        self.second.skip()
        self.reading = Deferred[object]()
        read = self.server.history.read
        self.patch(self.server.history, "read", lambda span: self.reading.addCallback(lambda _: read(span)))

    def come(self, *capabilities: str) -> IrcClient:
        """Log in as alice, and register."""
        client = self.server.connectIrc()
        session = next(reversed(self.server.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, "alice")))
        client.send("CAP LS 302", f"CAP REQ :{' '.join(capabilities)}", "CAP END")
        client.send("NICK alice", "USER alice 0 * :alice")
        return client

    def told(self) -> list[str]:
        """
        Let the history be read.

        @return: what the second client was told, in short: the command, the room, and the text of messages.
        """
        self.reading.callback(None)
        for _ in range(10):
            self.server.advance(1)
        told = []
        for line in self.second.lines():
            _, command, *params = line.split(" ")
            if command in ("JOIN", "PART", "366", "PRIVMSG"):
                room = next(word for word in params if word.startswith("#"))
                text = f" {params[-1].lstrip(':')}" if command == "PRIVMSG" else ""
                told.append(f"{command} {room}{text}")
        return told

    def test_another(self) -> None:
        """A JOIN that comes while another room is shown is followed by its names and its history, once."""
        self.first.send("JOIN #a", "JOIN #b")
        self.bob.send("PRIVMSG #a :three", "PRIVMSG #b :four")
        self.assertEqual(
            self.told(),
            [
                *("JOIN #a", "366 #a", "PRIVMSG #a one"),
                *("JOIN #b", "366 #b", "PRIVMSG #b two", "PRIVMSG #a three", "PRIVMSG #b four"),
            ],
        )

    def test_again(self) -> None:
        """A room that is left and joined while it is shown is shown twice.  Its history is not repeated."""
        self.first.send("JOIN #a", "PART #a", "JOIN #a")
        self.bob.send("PRIVMSG #a :three")
        self.assertEqual(
            self.told(),
            [
                *("JOIN #a", "366 #a", "PRIVMSG #a one", "PART #a"),
                *("JOIN #a", "366 #a", "PRIVMSG #a three"),
            ],
        )

    def test_left(self) -> None:
        """A room that is left before it could be shown is not shown."""
        self.first.send("JOIN #a", "JOIN #b", "PART #b")
        self.assertEqual(self.told(), ["JOIN #a", "366 #a", "PRIVMSG #a one", "JOIN #b", "PART #b"])

    def test_ownJoin(self) -> None:
        """The same holds if this client itself has joined the room that is shown."""
        for line in ("JOIN #a", "@label=x JOIN #a"):
            self.second.send(line)
            self.first.send("JOIN #b")
            self.bob.send("PRIVMSG #b :live")
            self.assertEqual(
                self.told(),
                ["JOIN #a", "366 #a", "PRIVMSG #a one", "JOIN #b", "366 #b", "PRIVMSG #b two", "PRIVMSG #b live"],
            )
            self.setUp()

    def test_renamed(self) -> None:
        """A client without RENAME is told that a room is renamed when it has been shown the room."""
        self.first.send("JOIN #a")
        self.bob.send("RENAME #a #c")
        self.assertEqual(
            [line for line in self.told() if "PRIVMSG" not in line],
            ["JOIN #a", "366 #a", "PART #a", "JOIN #c", "366 #c"],
        )

    def test_goneMeanwhile(self) -> None:
        """A client that disconnects while rooms wait to be shown harms nobody."""
        self.first.send("JOIN #a", "JOIN #b", "PART #a", "JOIN #a")
        self.second.hangUp()
        self.reading.callback(None)
        self.server.advance(1)
        self.assertEqual(self.server.chat.identity.find("alice").sessionCount, 1)
