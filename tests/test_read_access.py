"""
Read access: everyone who may not read a text tries every way to it, and not a byte of it reaches them.

The same ways show the text to a reader who has access, so the test would notice a way that leads nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.testing import IrcClient, LineClient, MemoryServer

WORD, SECRET = "xyzzy", "plugh"
"""The words of the hidden text: that which the readers search for, and that which they must not be shown."""

CAPABILITIES = (
    "batch",
    "draft/chathistory",
    "draft/event-playback",
    "draft/message-redaction",
    "draft/metadata-3",
    "draft/read-marker",
    "message-tags",
    "soju.im/search",
    "standard-replies",
    "znc.in/playback",
)

STAMP = "timestamp=2026-01-01T{}:00:00.000Z"
MORNING, EVENING = STAMP.format("00"), STAMP.format("23")

BY_TIME = (
    "CHATHISTORY LATEST {} * 50",
    f"CHATHISTORY BEFORE {{}} {EVENING} 50",
    f"CHATHISTORY AFTER {{}} {MORNING} 50",
    f"CHATHISTORY AROUND {{}} {STAMP.format('12')} 50",
    f"CHATHISTORY BETWEEN {{}} {MORNING} {EVENING} 50",
)
"""Requests for the whole room."""

IRC = (
    *BY_TIME,
    f"CHATHISTORY TARGETS {MORNING} {EVENING} 50",
    f"SEARCH text={WORD}",
    f"SEARCH in={{}};text={WORD}",
    "SEARCH in={};from=olga",
    "MARKREAD {}",
    f"MARKREAD {{}} {MORNING}",
    "PRIVMSG *playback :PLAY * 0",
    "PRIVMSG *playback :PLAY {} 0",
    "PRIVMSG *playback :LIST",
    "ZNC *playback PLAY {} 0 2000000000",
)
"""The ways of the IRC door, with the room in place of the braces."""

BY_ID = (
    "CHATHISTORY AROUND {} msgid=test-{} 9",
    "CHATHISTORY AROUND #own msgid=test-{1} 9",
    "CHATHISTORY BEFORE {} msgid=test-{} 9",
    "CHATHISTORY AFTER {} msgid=test-{} 9",
)
"""The ways of the IRC door that name a message, with the room and its number in place of the braces."""

REJOIN = ("PART {}", "JOIN {}")
"""What a member without any capability does to be shown the last lines."""

LINE = (
    "/unread",
    "/unread {}",
    "/history {}",
    "/history {} 00:00",
    f"/search {WORD}",
    f"/search {WORD} in:{{}}",
    "/history #own",
)
"""The ways of the line door."""

METADATA = (
    "METADATA * SUB display-name",
    "METADATA {} LIST",
    "METADATA {} GET display-name",
    "METADATA {} SYNC",
    "METADATA * SYNC",
)
"""The ways to the metadata of a room."""

VISIBLE = ("NAMES {}", "TOPIC {}", "LIST", "LIST {}", "WHO {}", "WHOIS olga", "WHO olga", "MODE {}", "MODE {} b")
"""The ways to the topic and the members of a room."""


class ReadAccessTests(SynchronousTestCase):
    """Olga owns #tea, a registered room, and says the hidden text there.  The readers are in #own, a room of theirs."""

    def setUp(self) -> None:
        """Register the accounts and the room."""
        self.server = MemoryServer()
        self.chat = self.server.chat
        for name in ("olga", "reader"):
            self.successResultOf(Deferred.fromCoroutine(self.chat.accounts.register(None, name)))
        self.olga = self.irc("olga", "olga", *CAPABILITIES, "draft/channel-rename")
        self.hidden = ""
        self.olga.send("JOIN #tea", "CS REGISTER #tea")

    def logIn(self, account: str | None) -> None:
        """Log the newest session in."""
        if account is not None:
            session = next(reversed(self.chat.state.sessions.values()))
            self.successResultOf(Deferred.fromCoroutine(self.chat.identity.login(session, account)))

    def irc(self, nick: str, account: str | None, *capabilities: str) -> IrcClient:
        """Let a client come in at the IRC door."""
        client = self.server.connectIrc()
        self.logIn(account)
        client.register(nick, *capabilities)
        return client

    def line(self, nick: str, account: str | None) -> LineClient:
        """Let a client come in at the line door."""
        client = self.server.connect()
        self.logIn(account)
        client.send(nick)
        return client

    def tries(self, account: str | None, prepare: Callable[[str], str | None], room: str = "#tea") -> list[str]:
        """
        Let a reader try every way: with a client that asks for history, with one that cannot, and at the line door.

        @param prepare: called with the nick when the reader has come in; it lets the text be said.  It returns the room
            to try if it is not C{room}.
        @return: the ways that showed the hidden text, or that there is one.
        """
        shown = []
        for door in ("irc", "old", "line"):
            nick = f"reader{door}" if account is None else "reader"
            client: IrcClient | LineClient = (
                self.line(nick, account)
                if door == "line"
                else self.irc(nick, account, *(CAPABILITIES if door == "irc" else ()))
            )
            client.send("/join #own" if door == "line" else "JOIN #own")
            room = prepare(nick) or room
            client.skip()
            for way in self.ways(door, room):
                if account is not None and way.startswith("JOIN"):
                    # Without a marker, as after the first visit: an account is shown only what is new.
                    self.chat.state.accounts.named(account).markers = {}
                client.send(way)
                answer = "\n".join(client.lines())
                if (
                    SECRET in answer
                    or "new line" in answer
                    or self.hidden in re.findall(r"msgid=([^; ]+)[; ].*:", answer)
                ):
                    shown.append(way)
            session = next(reversed(self.chat.state.sessions.values()), None)
            user = None if session is None else session.user
            if session is not None and user is not None and user.nick == nick:
                unread = self.successResultOf(Deferred.fromCoroutine(self.chat.reading.unread(session)))
                shown += [f"unread {news.name}" for news in unread if news.name != "#own"]
                listed = self.successResultOf(Deferred.fromCoroutine(self.chat.reading.targets(session, 50)))
                shown += [f"targets {target.name}" for target in listed if target.name != "#own"]
            if not client.gone:
                client.send("/quit" if door == "line" else "QUIT")
        return shown

    def ways(self, door: str, room: str) -> Iterator[str]:
        """The commands to try at a door."""
        if door == "irc":
            yield from [way.format(room) for way in IRC]
            for number in range(1, self.chat.state.sequence + 1):
                yield from [way.format(room, number) for way in BY_ID]
        yield from [way.format(room) for way in (LINE if door == "line" else REJOIN if door == "old" else ())]

    def enter(self, nick: str, room: str = "#tea") -> None:
        """Let a reader into a room."""
        user = self.chat.identity.find(nick)
        self.chat.membership.join(next(iter(user.sessions.values())), room, unlimited=True)
        self.server.pump()

    def redactions(self, reader: IrcClient, room: str = "#tea") -> set[str]:
        """
        Let a reader redact every message.

        @return: the answers, without the ids.
        """
        reader.skip()
        for number in range(1, self.chat.state.sequence + 9):
            reader.send(f"REDACT {room} test-{number}")
        return {re.sub(r"test-\d+", "ID", line) for line in reader.lines()}

    def say(self, target: str = "#tea") -> None:
        """Say the hidden text, a second later."""
        self.server.advance(1)
        self.olga.send(f"PRIVMSG {target} :{WORD} {SECRET}")
        self.hidden = f"test-{self.chat.state.sequence}"

    def test_member(self) -> None:
        """A member is shown it: these ways lead to texts.  ZNC's playback leads to those before they joined."""

        def prepare(nick: str) -> None:
            self.say()
            self.enter(nick)
            self.say()

        shown = self.tries("reader", prepare)
        blind = ("TARGETS", "MARKREAD", "LIST", "#own", "PART")
        for way in [*[way.format("#tea") for way in (*IRC, *REJOIN, *LINE)], "targets #tea"]:
            if not any(word in way for word in blind):
                self.assertIn(way, shown)
        for way in BY_ID:
            if "#own" not in way:
                self.assertTrue(any(re.fullmatch(way.format("#tea", r"\d+"), tried) for tried in shown), way)

    def test_outside(self) -> None:
        """Neither an account nor a guest who is outside is shown it, and the first cannot come in."""
        self.olga.send("MODE #tea +i")
        for account in ("reader", None):
            self.assertEqual(self.tries(account, lambda nick: self.say()), [])

    def test_secret(self) -> None:
        """Nobody outside is shown it in a secret room, whoever can read its history; its name is not shown either."""
        self.olga.send("CS SET #tea HISTORY everyone", "MODE #tea +si", f"TOPIC #tea :{SECRET}")
        for account in ("reader", None):
            self.assertEqual(self.tries(account, lambda nick: self.say()), [])
        reader = self.irc("watcher", None)
        reader.send(*[way.format("#tea") for way in VISIBLE])
        answer = "\n".join(reader.lines())
        self.assertNotIn(SECRET, answer)
        self.assertNotIn("353", answer)
        self.assertEqual(
            answer.count("#tea"), answer.count(" 366 ") + answer.count(" 403 ") + answer.count(" 315 watcher #tea")
        )

    def test_everyone(self) -> None:
        """If everyone can read the room, outsiders are shown it, but not the key with which they could join."""
        self.olga.send("CS SET #tea HISTORY everyone", "MODE #tea +k sesame", "MODE #tea -k+k * sesame2")
        self.assertIn("CHATHISTORY LATEST #tea * 50", self.tries(None, lambda nick: self.say()))
        reader = self.irc("watcher", None, *CAPABILITIES)
        reader.send("CHATHISTORY LATEST #tea * 50")
        answer = "\n".join(reader.lines())
        self.assertIn("MODE #tea +k *", answer)
        self.assertNotIn("sesame", answer)
        line = self.line("liner", None)
        line.send("/history #tea")
        answer = "\n".join(line.lines())
        self.assertIn(SECRET, answer)
        self.assertNotIn("sesame", answer)

    def test_banned(self) -> None:
        """A banned member is not shown it, and a banned outsider neither, even if everyone can read it."""
        self.olga.send("CS SET #tea HISTORY everyone")

        def member(nick: str) -> None:
            self.olga.send(f"MODE #tea -b {nick}!*@*")
            self.enter(nick)
            self.olga.send(f"MODE #tea +b {nick}!*@*")
            self.say()

        def outsider(nick: str) -> None:
            self.olga.send(f"MODE #tea +b {nick}!*@*")
            self.say()

        for prepare in (member, outsider):
            for account in ("reader", None):
                self.assertEqual(self.tries(account, prepare), [])

    def test_kicked(self) -> None:
        """A member who was kicked and cannot return is not shown it."""

        def prepare(nick: str) -> None:
            self.olga.send("MODE #tea -i")
            self.enter(nick)
            self.say()
            self.olga.send("MODE #tea +i", f"KICK #tea {nick}")

        self.assertEqual(self.tries("reader", prepare), [])

    def test_joined(self) -> None:
        """With the setting joined, a member is not shown what was said before."""
        self.olga.send("CS SET #tea HISTORY joined")

        def prepare(nick: str) -> None:
            self.say()
            self.enter(nick)

        for account in ("reader", None):
            self.assertEqual([way for way in self.tries(account, prepare) if "LIST" not in way], [])

    def test_sealed(self) -> None:
        """Who comes into a room that lost its locks when all had left is not shown what was said before."""

        def prepare(nick: str) -> None:
            self.olga.send("JOIN #plan", "MODE #plan +i")
            self.say("#plan")
            self.olga.send("PART #plan")
            self.enter(nick, "#plan")

        self.assertEqual(self.tries("reader", prepare, "#plan"), [])

    def test_oldName(self) -> None:
        """Under the old name of a renamed room nothing is shown that was said there, even to its new members."""
        rooms = iter(range(9))

        def prepare(nick: str) -> str:
            old, new = (f"#{name}{next(rooms)}" for name in ("old", "new"))
            self.olga.send(f"JOIN {old}")
            self.say(old)
            self.olga.send(f"RENAME {old} {new}")
            self.enter(nick, old)
            return old

        self.assertEqual(self.tries("reader", prepare), [])

    def test_suspended(self) -> None:
        """A user whose account was suspended is shown nothing, neither of their rooms nor of their private texts."""

        def prepare(nick: str) -> None:
            self.enter(nick)
            self.say()
            self.say(nick)
            self.chat.accounts.suspend(None, "reader", "")
            self.chat.accounts.restore(None, "reader")

        for room in ("#tea", "olga"):
            self.assertEqual(self.tries("reader", prepare, room), [])

    def test_ranks(self) -> None:
        """A member without the rank is not shown a text to the rank."""

        def prepare(nick: str) -> None:
            self.enter(nick)
            self.say("@#tea")

        for room in ("#tea", "@#tea"):
            self.assertEqual(self.tries("reader", prepare, room), [])

    def test_private(self) -> None:
        """Nobody else is shown a private conversation between accounts."""
        self.successResultOf(Deferred.fromCoroutine(self.chat.accounts.register(None, "bob")))
        bob = self.irc("bob", "bob", *CAPABILITIES)
        for room in ("bob", "olga"):
            self.assertEqual(self.tries("reader", lambda nick: self.say("bob"), room), [])
        self.assertIn(SECRET, "\n".join(bob.lines()))

    def test_redact(self) -> None:
        """REDACT answers the same for every message that the reader may not read, and for ids that do not exist."""
        self.olga.send("CS SET #tea HISTORY joined")
        self.say()
        reader = self.irc("reader", "reader", *CAPABILITIES)
        self.assertEqual(len(self.redactions(reader)), 1)
        self.enter("reader")
        self.assertEqual(len(self.redactions(reader)), 1)
        self.olga.send("MODE #tea +o reader")
        self.assertEqual(len(self.redactions(reader)), 1)
        for nick in ("olga", "nobody"):
            self.assertEqual(len(self.redactions(reader, nick)), 1)
        self.say()
        self.assertEqual(len(self.redactions(reader)), 2)

    def test_metadata(self) -> None:
        """Who may not read a room is not shown its metadata, nor told of changes."""
        self.olga.send(f"METADATA #tea SET display-name :{SECRET}")
        self.assertIn(SECRET, "\n".join(self.metadata("member", "#tea")))
        self.olga.send("MODE #tea +b banned!*@*", "MODE #tea +i")
        for nick in ("outsider", "banned"):
            self.assertNotIn(SECRET, "\n".join(self.metadata(nick)))
        self.olga.send("MODE #tea -b banned!*@*", "MODE #tea -i")
        self.assertNotIn(SECRET, "\n".join(self.metadata("banned2", "#tea", "MODE #tea +b banned2!*@*")))
        self.olga.send("CS SET #tea HISTORY everyone", "MODE #tea +s")
        self.assertNotIn(SECRET, "\n".join(self.metadata("secret")))

    def metadata(self, nick: str, room: str = "", meanwhile: str = "") -> list[str]:
        """
        Let a guest try every way to the metadata of the room.

        @param room: a room that they join.
        @param meanwhile: a command of Olga.
        @return: what they are shown.
        """
        reader = self.irc(nick, None, *CAPABILITIES)
        if room:
            reader.send(f"JOIN {room}")
        if meanwhile:
            self.olga.send(meanwhile)
        reader.skip()
        reader.send(*[way.format("#tea") for way in METADATA])
        self.olga.send("METADATA #tea SET display-name", f"METADATA #tea SET display-name :{SECRET}")
        return reader.lines()
