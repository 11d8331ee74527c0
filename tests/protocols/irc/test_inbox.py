"""Tests of L{twistchat.protocols.irc.inbox}."""

from __future__ import annotations

from twisted.internet.defer import Deferred, fail

from tests.protocols.irc.conversations import Conversations, mask
from twistchat.chat.errors import NotRead
from twistchat.testing import IrcClient


class InboxTests(Conversations):
    """Bob writes to alice, who is not here."""

    def setUp(self) -> None:
        """Register both, and let bob log in."""
        super().setUp()
        for name in ("alice", "bob"):
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, name)))
        self.bob = self.come("bob")
        self.bob.skip()

    def come(self, account: str, *capabilities: str) -> IrcClient:
        """Log in, and register.  The welcome is not read."""
        client = self.server.connectIrc()
        session = next(reversed(self.server.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, account)))
        client.send("CAP LS 302", f"CAP REQ :{' '.join(capabilities)}", "CAP END")
        client.send(f"NICK {account}", f"USER {account} 0 * :{account}")
        return client

    def test_left(self) -> None:
        """The sender is told that the text waits, and the recipient gets it with its time, after the welcome."""
        self.gets(
            self.bob,
            "PRIVMSG alice :tea at four?",
            ":twistchat 301 bob alice :This user is not here now, and gets messages at the next login",
        )
        self.gets(self.bob, "NOTICE alice :lost")
        self.bob.send("PRIVMSG alice :\x01ACTION waves\x01")
        alice = self.come("alice", "multi-prefix")
        lines = alice.lines()
        self.assertEqual(lines[-4], ":twistchat 221 alice +r")
        self.assertEqual(
            lines[-3:],
            [
                ":twistchat NOTICE alice :2 messages came while you were not here:",
                f":{mask('bob')} PRIVMSG alice :[2026-01-01 12:00] tea at four?",
                f":{mask('bob')} PRIVMSG alice :\x01ACTION [2026-01-01 12:00] waves\x01",
            ],
        )
        self.gets(self.bob, "PRIVMSG alice :now")
        self.hears(alice, f":{mask('bob')} PRIVMSG alice :now")

    def test_serverTime(self) -> None:
        """A client with server-time gets the text unchanged, to its present nick."""
        self.bob.send("PRIVMSG alice :tea")
        guest = self.irc("guest", "server-time")
        session = next(iter(self.server.chat.identity.find("guest").sessions.values()))
        self.server.advance(3600)
        guest.skip()
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, "alice")))
        self.hears(guest)
        self.server.pump()
        self.hears(
            guest,
            ":twistchat NOTICE guest :1 message came while you were not here:",
            f"@time=2026-01-01T12:00:00.000Z :{mask('bob')} PRIVMSG guest :tea",
        )

    def test_guest(self) -> None:
        """A guest is told how to leave a message."""
        guest = self.irc("guest")
        self.gets(guest, "PRIVMSG alice :x", ":twistchat 401 guest alice :No such nick now; log in to leave a message")
        self.gets(guest, "PRIVMSG nobody :x", ":twistchat 401 guest nobody :No such nick")

    def test_away(self) -> None:
        """A guest is told that a user without a session is away, and gets messages from accounts."""
        self.successResultOf(self.server.chat.accounts.set(None, "alice", "always-on", "on"))
        self.come("alice").send("QUIT")
        guest = self.irc("guest")
        why = "alice is away, and gets messages only from accounts; log in to leave one"
        self.gets(guest, "PRIVMSG alice :x", f":twistchat 531 guest alice :{why}")
        self.gets(self.bob, "PRIVMSG alice :x", ":twistchat 301 bob alice :not connected")

    def test_notRead(self) -> None:
        """If the history cannot be read, the client is told, and the texts still wait."""
        self.bob.send("PRIVMSG alice :tea")
        self.patch(self.server.history, "read", lambda span: fail(NotRead("the disk is broken")))
        alice = self.come("alice", "standard-replies")
        why = "What was said cannot be read now: the disk is broken"
        self.assertEqual(alice.lines()[-1], f":twistchat FAIL PRIVMSG TEMPORARILY_UNAVAILABLE :{why}")
        self.assertEqual(len(self.server.chat.state.accounts.named("alice").inbox), 1)

    def test_leavesAtOnce(self) -> None:
        """Who leaves before the texts are shown is not shown them, and they wait."""
        self.bob.send("PRIVMSG alice :tea")
        client = self.server.connectIrc()
        session = next(reversed(self.server.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, "alice")))
        client.sendBytes(b"")
        client.transport.write(b"NICK alice\r\nUSER alice 0 * :alice\r\nQUIT\r\n")  # type: ignore[union-attr]
        self.server.pump()
        self.assertIsNone(self.server.chat.state.users.named("alice"))

    def test_known(self) -> None:
        """
        A client that asks for history learns of one conversation by a page, a list, PLAY, or a read marker.  The texts
        of the others wait on.
        """
        names = ("carol", "dave", "erin")
        for name in names:
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, name)))
        account = self.server.chat.state.accounts.named("alice")
        writers = {name: self.come(name) for name in names} | {"bob": self.bob}
        for writer in writers.values():
            writer.send("PRIVMSG alice :tea")
            self.server.advance(1)
        plain = ("batch", "server-time", "message-tags")
        asking, playing = (*plain, "draft/chathistory", "draft/read-marker"), (*plain, "znc.in/playback")
        dawn = "timestamp=2026-01-01T00:00:00.000Z"
        for capabilities, command, left in (
            (
                asking,
                "CHATHISTORY TARGETS timestamp=2027-01-01T00:00:00.000Z timestamp=2028-01-01T00:00:00.000Z 9",
                "cdeb",
            ),
            (asking, f"CHATHISTORY TARGETS {dawn} timestamp=2026-01-01T12:00:00.500Z 9", "deb"),
            (asking, "CHATHISTORY AFTER bob timestamp=2026-01-02T00:00:00.000Z 9", "deb"),
            (asking, "CHATHISTORY LATEST bob * 9", "de"),
            (asking, f"MARKREAD dave {dawn}", "de"),
            (asking, "MARKREAD dave timestamp=2026-01-01T12:00:01.000Z", "e"),
            (playing, "PRIVMSG *playback :PLAY dave,bob 0", "e"),
            (playing, "PRIVMSG *playback :PLAY erin 0", ""),
        ):
            alice = self.come("alice", *capabilities)
            alice.send(command)
            self.assertEqual("".join([left.sender[0] for left in account.inbox]), left, command)
            alice.send("QUIT")
