"""Tests of L{twistchat.protocols.irc.attaching}: several sessions of one account at the IRC door."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from tests.protocols.irc.conversations import HOST, LABELS, Conversations, mask
from twistchat.chat.model.sessions import Session
from twistchat.testing import IrcClient


class AttachingTests(Conversations):
    """Alice has an account."""

    def setUp(self) -> None:
        """Register her account."""
        super().setUp()
        register = self.server.chat.accounts.register(None, "alice")
        self.successResultOf(Deferred.fromCoroutine(register))

    def session(self) -> Session:
        """The session that was opened last."""
        return next(reversed(self.server.chat.state.sessions.values()))

    def login(self, session: Session, account: str = "alice") -> None:
        """Log a session in to an account."""
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, account)))
        self.server.pump()

    def loggedIn(self, nick: str, *capabilities: str) -> IrcClient:
        """Register a client that has logged in before.  Its welcome is not read."""
        client = self.server.connectIrc()
        self.login(self.session())
        if capabilities:
            client.send("CAP LS 302", f"CAP REQ :{' '.join(capabilities)}", "CAP END")
        client.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        return client

    def test_enter(self) -> None:
        """A second client gets the user's nick in its welcome, and then every room with its topic and members."""
        first = self.loggedIn("alice")
        first.join("#a", "#b")
        first.send("TOPIC #a :tea")
        bob = self.irc("bob", rooms="#a")
        first.skip()
        second = self.loggedIn("someone")
        lines = second.lines()
        self.assertEqual(lines[0].split(" ")[1:3], ["001", "alice"])
        self.assertEqual(
            lines[-9:],
            [
                ":twistchat 221 alice +r",
                f":alice!~alice@{HOST} JOIN #a",
                f":alice!~alice@{HOST} JOIN #b",
                ":twistchat 332 alice #a tea",
                ":twistchat 333 alice #a alice 1767268800",
                ":twistchat 353 alice = #a :@alice bob",
                ":twistchat 366 alice #a :End of /NAMES list",
                ":twistchat 353 alice = #b :@alice",
                ":twistchat 366 alice #b :End of /NAMES list",
            ],
        )
        self.hears(first)
        self.hears(bob)
        bob.send("PRIVMSG #a :hello")
        line = f":{mask('bob')} PRIVMSG #a hello"
        self.hears(first, line.replace("hello", ":hello"))
        self.hears(second, line.replace("hello", ":hello"))

    def test_tags(self) -> None:
        """The lines have message ids of their own, and the extended JOIN has the account."""
        first = self.loggedIn("alice")
        first.join("#a", "#b")
        second = self.loggedIn("alice", "extended-join", "message-tags", "server-time")
        joins = [line for line in second.lines() if " JOIN " in line]
        self.assertEqual(
            [line.split(" ", 1)[1] for line in joins],
            [
                f":{mask('alice')} JOIN #a alice :alice",
                f":{mask('alice')} JOIN #b alice :alice",
            ],
        )
        self.assertEqual(len({line.split(" ")[0] for line in joins}), 2)

    def test_move(self) -> None:
        """A guest who logs in as a user who is here leaves, is renamed, and joins the rooms of that user."""
        first = self.loggedIn("alice")
        first.join("#a", "#b")
        guest, bob = self.irc("guest", rooms="#a #c"), self.irc("bob", rooms="#a")
        first.skip()
        guest.skip()
        session = next(iter(self.server.chat.identity.find("guest").sessions.values()))
        self.login(session)
        self.hears(
            guest,
            f":{mask('guest')} PART #a :Logged in as alice",
            f":{mask('guest')} PART #c :Logged in as alice",
            f":{mask('guest')} NICK alice",
            ":twistchat 221 alice +r",
            f":{mask('alice')} JOIN #a",
            f":{mask('alice')} JOIN #b",
            ":twistchat 353 alice = #a :@alice bob",
            ":twistchat 366 alice #a :End of /NAMES list",
            ":twistchat 353 alice = #b :@alice",
            ":twistchat 366 alice #b :End of /NAMES list",
        )
        quit = f":{mask('guest')} QUIT :Logged in as alice"
        self.hears(first, quit)
        self.hears(bob, quit)
        guest.send("PRIVMSG #a :me too")
        self.hears(first, f":{mask('alice')} PRIVMSG #a :me too")
        self.hears(guest)

    def test_goneMeanwhile(self) -> None:
        """A client that disconnects or leaves before it was shown the members is not shown them."""
        first = self.loggedIn("alice")
        first.join("#a", "#b")
        second = self.loggedIn("alice")
        second.send("PART #b")
        second.skip()
        third = self.server.connectIrc()
        self.login(self.session())
        third.send("NICK alice", "USER alice 0 * :alice")
        third.hangUp()
        self.assertEqual(self.server.chat.identity.find("alice").sessionCount, 2)

    def test_owned(self) -> None:
        """A guest cannot register with a nick of an account, and may try another one."""
        client = self.server.connectIrc()
        client.send("NICK alice", "USER alice 0 * :alice")
        self.hears(client, ":twistchat 433 * alice :This nick belongs to an account; log in to use it")
        client.send("NICK ally")
        self.assertEqual(client.lines()[0].split(" ")[1:3], ["001", "ally"])
        self.gets(client, "NICK ALICE", ":twistchat 433 ally ALICE :This nick belongs to an account; log in to use it")

    def test_ownedAndNegotiating(self) -> None:
        """A client may ask for its nick before it logs in.  If it then does not log in, the nick is refused."""
        first = self.loggedIn("alice")
        first.skip()
        for logsIn in (True, False):
            client = self.server.connectIrc()
            session = self.session()
            client.send("CAP LS 302", "NICK alice", "USER alice 0 * :alice")
            self.assertTrue(all(" CAP * LS " in line for line in client.lines()))
            if logsIn:
                self.login(session)
            client.send("CAP END")
            if logsIn:
                self.assertEqual(client.lines()[0].split(" ")[1:3], ["001", "alice"])
            else:
                self.hears(client, ":twistchat 433 * alice :This nick belongs to an account; log in to use it")

    def test_joinElsewhere(self) -> None:
        """A client whose user joins in another session sees the JOIN, the topic and the members.  The other asked."""
        bob = self.irc("bob", rooms="#a")
        bob.send("TOPIC #a :tea")
        first, second = self.loggedIn("alice"), self.loggedIn("alice", "echo-message", *LABELS)
        first.skip()
        second.skip()
        shown = (
            f":{mask('alice')} JOIN #a",
            ":twistchat 332 alice #a tea",
            ":twistchat 333 alice #a bob 1767268800",
            ":twistchat 353 alice = #a :@bob alice",
            ":twistchat 366 alice #a :End of /NAMES list",
        )
        self.gets(first, "JOIN #a", *shown)
        self.hears(second, *shown)
        self.gets(second, "@label=x PART #a", f"@label=x :{mask('alice')} PART #a")
        self.hears(first, f":{mask('alice')} PART #a")
        second.send("@label=y JOIN #a")
        self.hears(first, *shown)
        self.assertEqual(len([line for line in second.lines() if " 366 " in line]), 1)
        self.gets(second, "@label=z PRIVMSG #a :hello", f"@label=z :{mask('alice')} PRIVMSG #a :hello")
        self.hears(first, f":{mask('alice')} PRIVMSG #a :hello")
        self.gets(first, "PRIVMSG #a :hi")
        self.hears(second, f":{mask('alice')} PRIVMSG #a :hi")
        self.gets(first, "PRIVMSG bob :psst")
        self.hears(second, f":{mask('alice')} PRIVMSG bob :psst")

    def test_replyAfterIntroduction(self) -> None:
        """A reply to a command comes after the room that another session has joined, and after what is held back."""
        bob = self.irc("bob", rooms="#a")
        first, second = self.loggedIn("alice"), self.loggedIn("alice")
        second.skip()
        for client, line in ((first, "JOIN #a"), (second, "PING x"), (bob, "PRIVMSG #a :hello")):
            assert client.transport is not None
            client.transport.write(f"{line}\r\n".encode())
        self.server.pump()
        heard = [line.split(" ")[1] for line in second.lines()]
        self.assertEqual(heard[0], "JOIN")
        self.assertLess(heard.index("366"), heard.index("PONG"))
        self.assertLess(heard.index("PRIVMSG"), heard.index("PONG"))

    def test_described(self) -> None:
        """WHOIS, WHO, MONITOR, away-notify and account-notify show one user, who is present while a session is."""
        first = self.loggedIn("alice")
        first.join("#a")
        watcher = self.irc("watcher", "away-notify", "account-notify", "account-tag", "extended-join", rooms="#a")
        operator = self.operator("op")
        watcher.send("MONITOR + alice")
        self.server.advance(30)
        second = self.loggedIn("alice")
        for client in (first, second, watcher):
            client.skip()
        self.gets(second, "AWAY :lunch", ":twistchat 306 alice :You have been marked as being away")
        self.hears(watcher)
        self.gets(first, "AWAY *", ":twistchat 306 alice :You have been marked as being away")
        self.hears(watcher, f"@account=alice :{mask('alice')} AWAY :lunch")
        operator.skip()
        operator.send("WHOIS alice")
        numerics = [line.split(" ", 1)[1] for line in operator.lines()]
        self.assertIn("301 op alice lunch", numerics)
        self.assertIn("330 op alice alice :is logged in as", numerics)
        self.assertIn("317 op alice 0 1767268800 :seconds idle, signon time", numerics)
        self.assertEqual(len([line for line in numerics if line.startswith("338 ")]), 1)
        self.gets(
            watcher,
            "WHO alice %nfa",
            ":twistchat 354 watcher alice G@ alice",
            ":twistchat 315 watcher alice :End of WHO list",
        )
        watcher.skip()
        second.send("QUIT")
        self.hears(watcher, f"@account=alice :{mask('alice')} AWAY :*")
        third = self.loggedIn("alice")
        self.hears(watcher, f"@account=alice :{mask('alice')} AWAY")
        third.hangUp()
        first.hangUp()
        *before, quit, offline = watcher.lines()
        self.assertIn(" QUIT :", quit)
        self.assertEqual(offline, ":twistchat 731 * :alice")
        self.assertFalse([line for line in before if " QUIT " in line])

    def test_preAway(self) -> None:
        """A client that is away before it registers does not bring the user back."""
        first = self.loggedIn("alice")
        first.join("#a")
        first.send("AWAY :lunch")
        watcher = self.irc("watcher", "away-notify", rooms="#a")
        client = self.server.connectIrc()
        self.login(self.session())
        client.send("CAP LS 302", "CAP REQ draft/pre-away", "AWAY *", "CAP END", "NICK alice", "USER alice 0 * :alice")
        self.hears(watcher)
        self.assertEqual(self.server.chat.identity.find("alice").away, "lunch")
        client.send("AWAY")
        self.hears(watcher, f":{mask('alice')} AWAY")


class ClaimTests(Conversations):
    """A nick is given to an account while a guest has it."""

    def test_renamed(self) -> None:
        """The guest is asked to log in, and renamed later."""
        client, bob = self.irc("alice", rooms="#a"), self.irc("bob", rooms="#a")
        client.skip()
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, "alice")))
        self.server.advance(1)
        text = "The nick alice belongs to an account.  Log in within 60 s, or you are renamed"
        self.hears(client, f":twistchat NOTICE alice :{text}")
        self.server.advance(61)
        nick = next(iter(self.server.chat.state.rooms.get("#a").members.values())).user.nick  # type: ignore[union-attr]
        self.assertTrue(nick.startswith("Guest"), nick)
        self.hears(client, f":{mask('alice')} NICK {nick}")
        self.hears(bob, f":{mask('alice')} NICK {nick}")
