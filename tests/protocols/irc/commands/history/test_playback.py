"""Tests of the texts to C{*playback}, and of C{ZNC}: what a client for bouncers asks for."""

from __future__ import annotations

import re
from dataclasses import replace

from twisted.internet.defer import Deferred, fail

from tests.protocols.irc.conversations import Conversations, mask
from twistchat.chat.errors import NotRead
from twistchat.testing import IrcClient

CAPABILITIES = ("batch", "message-tags", "server-time", "znc.in/playback")
NOON = 1_767_268_800


class PlaybackTests(Conversations):
    """Bob has said four things in #tea, one a second from noon on."""

    def setUp(self) -> None:
        """Let bob speak, and let alice come."""
        super().setUp()
        self.bob = self.irc("bob", rooms="#tea")
        for number in range(4):
            self.bob.send(f"PRIVMSG #tea :line {number}")
            self.server.advance(1)
        self.alice = self.irc("alice", *CAPABILITIES)
        self.alice.join("#tea")

    def plays(self, request: str, client: IrcClient | None = None) -> list[str]:
        """Return the texts that a request plays."""
        client = self.alice if client is None else client
        client.skip()
        client.send(f"PRIVMSG *playback :{request}")
        return [line.rpartition(":")[2] for line in client.lines() if " PRIVMSG #" in line]

    def answer(self, request: str) -> str:
        """Return the text with which the module answers."""
        self.alice.skip()
        self.alice.send(request)
        (line,) = self.alice.lines()
        head, _, text = line.partition(" :")
        self.assertEqual(head, ":*playback!playback@twistchat PRIVMSG alice")
        return text

    def test_batch(self) -> None:
        """A buffer is a batch of the type that ZNC has."""
        self.alice.send("PRIVMSG *playback :PLAY #tea")
        first, *lines, last = self.alice.lines()
        found = re.fullmatch(r":twistchat BATCH \+(\w+) znc.in/playback #tea", first)
        assert found is not None, first
        self.assertEqual(last, f":twistchat BATCH -{found[1]}")
        tags = rf"@batch={found[1]};time=2026-01-01T12:00:00.000Z;msgid=\S+"
        self.assertRegex(lines[0], rf"^{tags} :{re.escape(mask('bob'))} PRIVMSG #tea :line 0$")

    def test_renamed(self) -> None:
        """The lines of a renamed channel have its present name."""
        self.bob.send("RENAME #tea #chai")
        self.alice.skip()
        self.alice.send("PRIVMSG *playback :PLAY *")
        self.assertEqual([" PRIVMSG #chai :line " in line for line in self.alice.lines()[1:-1]], [True] * 4)

    def test_times(self) -> None:
        """The first time is exclusive and the second inclusive, with fractions; a negative one is none."""
        for times, shown in (
            ("", [0, 1, 2, 3]),
            ("0", [0, 1, 2, 3]),
            (f"{NOON + 1}", [2, 3]),
            (f"{NOON}.999", [1, 2, 3]),
            (f"{NOON}.9999999", [1, 2, 3]),
            (f"{NOON} {NOON + 2}", [1, 2]),
            (f"{NOON} {NOON + 1}.999", [1]),
            (f"-1 {NOON + 1}", [0, 1]),
            (f"{NOON + 3}", []),
        ):
            self.assertEqual(self.plays(f"play * {times}"), [f"line {number}" for number in shown], times)

    def test_buffers(self) -> None:
        """Names with commas between them, and wildcards; in any case."""
        self.bob.send("JOIN #coffee", "PRIVMSG #coffee :black")
        self.alice.join("#coffee")
        for buffers, count in (("#TEA,#coffee", 5), ("#t*", 4), ("#??a", 4), ("#coffee", 1), ("#none", 0), ("bob", 0)):
            self.assertEqual(len(self.plays(f"PLAY {buffers} 0")), count, buffers)

    def test_notTwice(self) -> None:
        """What the client has heard live is not played."""
        self.bob.send("PRIVMSG #tea :live")
        self.assertEqual(self.plays("PLAY * 0"), [f"line {number}" for number in range(4)])

    def test_future(self) -> None:
        """If the second time is in the future, what was said live does not take the place of what was said before."""
        self.bob.send(*[f"PRIVMSG #tea :live {number}" for number in range(3)])
        settings = self.server.context.settings
        self.server.context.settings = replace(settings, limits=replace(settings.limits, historyReply=2))
        self.assertEqual(self.plays(f"PLAY * 0 {NOON + 999}"), ["line 2", "line 3"])

    def test_beforeJoin(self) -> None:
        """A request counts for channels that the client joins within a minute, once."""
        for wait, count in ((59, 3), (61, 0)):
            client = self.irc(f"carol{wait}", *CAPABILITIES)
            self.assertEqual(self.plays(f"PLAY * {NOON}", client), [])
            self.server.advance(wait)
            for shown in (count, 0):
                client.skip()
                client.send("JOIN #tea")
                self.assertEqual(sum(" PRIVMSG #tea :line " in line for line in client.lines()), shown)
                client.send("PART #tea")
            client.send("QUIT")

    def test_joinOnly(self) -> None:
        """Who has not asked is shown nothing."""
        client = self.irc("carol", *CAPABILITIES)
        client.send("JOIN #tea")
        self.assertNotIn("line 0", client.raw.decode())

    def test_list(self) -> None:
        """LIST lists buffers with the time of their last text."""
        self.assertEqual(self.answer("PRIVMSG *playback LIST"), f"#tea 0 {NOON + 3}.000")
        self.assertEqual(self.answer("PRIVMSG *playback :list #t*"), f"#tea 0 {NOON + 3}.000")
        self.gets(self.alice, "PRIVMSG *playback :LIST #coffee")

    def test_clear(self) -> None:
        """CLEAR does nothing, and says so."""
        self.assertIn("not cleared", self.answer("PRIVMSG *playback :CLEAR *"))
        self.assertEqual(len(self.plays("PLAY *")), 4)

    def test_mistakes(self) -> None:
        """A command that is not valid is answered with the usage."""
        for text in (
            "HELP",
            "PLAY",
            "PLAY * noon",
            "PLAY * 0 1 2",
            "PLAY * 1e9",
            "PLAY * 999999999999",
            "LIST a b",
            " ",
        ):
            self.assertTrue(self.answer(f"PRIVMSG *playback :{text}").startswith("Usage: PLAY "), text)
        many = ",".join(f"#{number}*" for number in range(21))
        for command in ("PLAY", "LIST"):
            self.assertIn("At most 20 ", self.answer(f"PRIVMSG *playback :{command} {many}"))

    def test_znc(self) -> None:
        """ZNC is the same; it exists with the capability only, and has no other module."""
        self.assertEqual(self.answer("ZNC *playback list"), f"#tea 0 {NOON + 3}.000")
        self.assertEqual(self.answer("ZNC playback :list #tea"), f"#tea 0 {NOON + 3}.000")
        self.assertIn("no module *status", self.answer("ZNC *status help"))
        self.gets(self.bob, "ZNC *playback list", ":twistchat 421 bob ZNC :Unknown command")

    def test_noNick(self) -> None:
        """Without the capability, the name is that of nobody.  Notices to it have no answer."""
        self.gets(self.bob, "PRIVMSG *playback :PLAY *", ":twistchat 401 bob *playback :No such nick")
        self.gets(self.alice, "NOTICE *playback :PLAY *")
        self.gets(self.alice, "@+a=b TAGMSG *playback")
        self.gets(self.alice, "PRIVMSG *other :PLAY *", ":twistchat 401 alice *other :No such nick")

    def test_access(self) -> None:
        """A channel that the client may not read is not played."""
        room = self.server.chat.state.rooms.get("#tea")
        assert room is not None
        room.settings = {"history": "joined"}
        self.assertEqual(self.plays("PLAY * 0"), [])

    def test_notRead(self) -> None:
        """If the journal cannot be read, the client is told."""
        self.patch(self.server.history, "read", lambda span: fail(NotRead("the disk is broken")))
        client = self.irc("carol", *CAPABILITIES, "standard-replies", rooms="#tea")
        client.send("PRIVMSG *playback :PLAY *")
        self.assertIn(" FAIL PRIVMSG TEMPORARILY_UNAVAILABLE ", client.lines()[-1])

    def test_private(self) -> None:
        """Private conversations of accounts are played, up to when the client came."""
        for name in ("bob", "dora"):
            self.irc("dora") if name == "dora" else None
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, name)))
            self.logIn(name, name)
        self.bob.send("PRIVMSG dora :hello")
        dora = self.server.connectIrc()
        session = next(reversed(self.server.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, "dora")))
        dora.send("CAP LS 302", f"CAP REQ :{' '.join(CAPABILITIES)}", "CAP END", "NICK dora", "USER d 0 * :d")
        self.bob.send("PRIVMSG dora :live")
        dora.skip()
        dora.send("PRIVMSG *playback :PLAY * 0")
        first, text, _ = dora.lines()
        self.assertTrue(first.endswith(" znc.in/playback bob"))
        self.assertTrue(text.endswith(f" :{mask('bob')} PRIVMSG dora :hello"))
