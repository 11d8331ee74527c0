"""Tests of how operators of the server put people out, over a whole server in memory."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import FakeDialect, FakeOutlet, done
from tests.protocols.line.servers import STRANGER, commit
from twistchat.chat.model.sessions import Session
from twistchat.testing import LineClient, ManualLog, MemoryServer, inMemory


class ExpulsionTests(SynchronousTestCase):
    """The output of clients that an operator disconnects, and of the others."""

    def setUp(self) -> None:
        """Start a server with a local client, a remote client, and an operator in no room."""
        self.begin(MemoryServer())

    def begin(self, server: MemoryServer) -> None:
        """Connect the operator and both clients."""
        self.server = server
        self.operator = self.enter("op")
        becoming = server.chat.operators.become(self.operator, "Boss", ["kill", "ban"])
        self.finish(Deferred.fromCoroutine(becoming))
        self.ann, self.bob = self.come("ann"), self.come("bob", STRANGER)
        self.ann.skip()

    def finish(self, deferred: Deferred[Any]) -> None:
        """Commit pending entries, and check that a command has completed."""
        if isinstance(self.server.log, ManualLog):
            commit(self.server)
        done(deferred)

    def enter(self, nick: str) -> Session:
        """Connect a registered client in no room."""
        session = self.server.chat.presence.open(FakeOutlet(FakeDialect()))
        self.finish(Deferred.fromCoroutine(self.server.chat.identity.enter(session, nick, "~u", f"{nick}.host")))
        return session

    def come(self, nick: str, host: str = "127.0.0.1") -> LineClient:
        """Connect a client at the line door."""
        client = self.server.connect(host)
        client.send(nick)
        if isinstance(self.server.log, ManualLog):
            commit(self.server)
        client.skip()
        return client

    def test_banned(self) -> None:
        """A banned user receives earlier messages and the reason, and quits; the nick becomes free."""
        self.ann.send("hello")
        self.bob.until("[12:00] <ann> hello")
        (session,) = self.server.chat.identity.find("ann").sessions.values()
        done(self.server.chat.speaking.say(session, "#lobby", "last"))
        done(self.server.chat.operators.banFromServer(self.operator, f"{STRANGER}/24", 60, "spam"))
        self.server.pump()
        self.bob.expect("[12:00] <ann> last", "* Banned from this server: spam")
        self.assertTrue(self.bob.gone)
        self.ann.until("* bob quit (Banned from this server: spam)")
        self.ann.expect()
        self.come("bob")

    def test_keptOut(self) -> None:
        """A client with a banned address is refused until the ban ends."""
        done(self.server.chat.operators.banFromServer(self.operator, STRANGER, 20, "spam"))
        self.server.pump()
        client = self.server.connect(STRANGER)
        client.expect("! Banned from this server: spam")
        self.assertTrue(client.gone)
        self.server.advance(20)
        client = self.server.connect(STRANGER)
        client.send("bob")
        client.until("* You are bob.  /help lists what you can type")

    def test_unnamed(self) -> None:
        """An unregistered connection is disconnected too."""
        client = self.server.connect(STRANGER)
        client.skip()
        done(self.server.chat.operators.banFromServer(self.operator, STRANGER, None))
        self.server.pump()
        client.expect("* Banned from this server")
        self.assertTrue(client.gone and self.bob.gone)

    def test_killed(self) -> None:
        """A killed user learns who did it and why, and sees no other QUIT; the nick becomes free."""
        done(self.server.chat.operators.kill(self.operator, "bob", "spam"))
        self.server.pump()
        self.bob.expect("* Killed (op (spam))")
        self.assertTrue(self.bob.gone)
        self.ann.expect("* bob quit (killed by op: spam)")
        self.come("bob")

    def test_held(self) -> None:
        """The same holds on a slow journal, where earlier proposals of the killed user still apply."""
        self.begin(MemoryServer(journal=inMemory(ManualLog)))
        killing = self.server.chat.operators.kill(self.operator, "bob", "spam")
        self.bob.send("too late", "/nick robert")
        commit(self.server)
        done(killing)
        self.ann.until("[12:00] <bob> too late")
        self.bob.until("* Killed (op (spam))")
        self.bob.expect()
        self.assertTrue(self.bob.gone)
        banning = self.server.chat.operators.banFromServer(self.operator, "~line@*", None)
        commit(self.server)
        done(banning)
        self.ann.until("* Banned from this server")
        self.assertEqual([user.nick for user in self.server.chat.state.users], ["op"])
