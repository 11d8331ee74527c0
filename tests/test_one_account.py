"""Tests of an account with sessions at both doors, with the default limits, over a restart."""

from __future__ import annotations

import re

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.net.client.inbox import SHOWN_AFTER
from twistchat.testing import IrcClient, LineClient, MemoryServer
from twistchat.testing.server import settingsOf

HOST = "203.0.113.9"
"""The address of all clients, to which the default limits apply."""


class OneAccountTests(SynchronousTestCase):
    """Alice is connected with two IRC clients and at the line door."""

    def setUp(self) -> None:
        """Start the server on a journal on disk, and register alice and bob."""
        self.directory = self.mktemp()
        self.start()
        for name in ("alice", "bob"):
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, name)))

    def start(self) -> None:
        """Start the server."""
        self.server = MemoryServer(settingsOf(""), directory=self.directory)

    def restart(self) -> None:
        """Stop the server, and start it again."""
        self.successResultOf(self.server.close())
        self.start()

    def login(self, account: str) -> None:
        """Log in the session that was opened last."""
        session = next(reversed(self.server.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, account)))

    def irc(self, account: str, *capabilities: str) -> IrcClient:
        """Connect an IRC client that is logged in.  Its welcome is not read."""
        client = self.server.connectIrc(HOST)
        self.login(account)
        client.send("CAP LS 302", f"CAP REQ :{' '.join(capabilities)}", f"NICK {account}", f"USER {account} 0 * :x")
        client.send("CAP END")
        return client

    def line(self, account: str) -> LineClient:
        """Connect a client at the line door that is logged in."""
        client = self.server.connect(HOST)
        self.login(account)
        client.send(account)
        return client

    def test_noGuests(self) -> None:
        """
        With C{accounts.guests = false}, only people with an account come in, at each door, and nobody becomes a guest.
        Guests who are here stay.
        """
        early = self.server.person("carol")
        self.server.configure("[accounts]\nguests = false\n")
        self.server.context.rehash()
        stranger = self.server.connect(HOST)
        stranger.skip()
        stranger.send("eve", "/login")
        refused = "! This server does not let guests in.  Type /login NAME with your account."
        self.assertEqual([refused, "! Usage: /login NAME [PASSWORD]"], stranger.lines())
        client = self.server.connectIrc(HOST)
        client.send("NICK eve", "USER eve 0 * :x")
        why = "This server does not let guests in here; log in to your account first, with SASL"
        self.assertIn(f"NOTICE * :*** USER: {why}", str(client.lines()))
        self.assertTrue(client.gone)
        line, phone = self.line("alice"), self.irc("bob")
        phone.join("#tea")
        accounts = {user.source.account for user in self.server.chat.state.users}
        self.assertEqual({"alice", "bob", None}, accounts)
        line.send("/logout", "hello?")
        phone.send("PRIVMSG NickServ :LOGOUT", "JOIN #late")
        self.assertEqual([True, True, False], [one.gone for one in (line, phone, early)])
        self.assertIn("* You are logged out", line.lines())
        self.assertNotIn("#late", str(phone.lines()))

    def test_talk(self) -> None:
        """All three are one user: each gets what the others say, once, and bob gets it once from one nick."""
        phone = self.irc("alice")
        phone.join("#tea")
        laptop, terminal = self.irc("alice", "echo-message"), self.line("alice")
        bob = self.line("bob")
        bob.send("/join #tea")
        for client in (phone, laptop, terminal, bob):
            client.skip()
        terminal.send("/join #tea", "from the terminal")
        phone.send("PRIVMSG #tea :from the phone")
        laptop.send("PRIVMSG #tea :from the laptop")
        self.assertEqual(
            [line[8:] for line in bob.lines()],
            [
                "<alice> from the terminal",
                "<alice> from the phone",
                "<alice> from the laptop",
            ],
        )
        texts = [re.sub(r"^:\S+ PRIVMSG #tea :", "", line) for line in phone.lines()]
        self.assertEqual(texts, ["from the terminal", "from the laptop"])
        texts = [re.sub(r"^:\S+ PRIVMSG #tea :", "", line) for line in laptop.lines()]
        self.assertEqual(texts, ["from the terminal", "from the phone", "from the laptop"])
        terminal.expect(
            "* You are talking in #tea", "[12:00] <alice> from the phone", "[12:00] <alice> from the laptop"
        )
        self.assertEqual(len(self.server.chat.state.users), 2)

    def test_restart(self) -> None:
        """After a restart in the middle, they are one user again, and a text left meanwhile is shown once."""
        self.irc("alice")
        self.line("alice")
        self.restart()
        bob = self.irc("bob")
        bob.send("PRIVMSG alice :are you there?")
        self.restart()
        terminal = self.line("alice")
        terminal.until("* 1 message while you were away:")
        terminal.until(re.compile(r"\[\d\d:\d\d\] @alice <bob> are you there\?"))
        self.server.advance(SHOWN_AFTER)
        phone = self.irc("alice")
        self.assertEqual([user.nick for user in self.server.chat.state.users], ["alice"])
        self.assertEqual([line for line in phone.lines() if "are you there?" in line], [])
        self.restart()
        terminal = self.line("alice")
        self.assertEqual([line for line in terminal.lines() if "are you there?" in line], [])
        entry = self.server.chat.state.accounts.named("alice")
        self.assertEqual(entry.inbox, ())

    def test_dropped(self) -> None:
        """When the account is dropped, one session remains as a guest."""
        phone, terminal = self.irc("alice"), self.line("alice")
        self.successResultOf(Deferred.fromCoroutine(self.drop()))
        self.server.pump()
        user = self.server.chat.identity.find("alice")
        self.assertEqual((user.source.account, user.sessionCount), (None, 1))
        self.assertFalse(phone.gone)
        self.assertIn("This account was dropped", terminal.lines()[-1])

    def test_prompt(self) -> None:
        """Where the configuration says so, a guest may have the nick until the time to log in is over."""
        self.successResultOf(self.server.close())
        text = '[accounts]\nprotection = "prompt"\nclaimTime = "30s"\n'
        self.server = MemoryServer(settingsOf(text), directory=self.directory)
        guest = self.server.connectIrc(HOST)
        guest.send("NICK alice", "USER alice 0 * :x")
        self.server.advance(1)
        why = "The nick alice belongs to an account.  Log in within 30 s, or you are renamed"
        guest.until(re.compile(rf":\S+ NOTICE alice :{re.escape(why)}"))
        self.server.advance(31)
        guest.until(re.compile(r":alice!\S+ NICK Guest\d{5}"))
        self.irc("alice").until(re.compile(r":\S+ 001 alice .*"))

    async def drop(self) -> None:
        """Drop alice's account."""
        await self.server.chat.accounts.drop(None, "alice")
