"""Tests of L{twistchat.net.client.following}: limits that change while clients are connected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import STRANGER, serverWith, settingsWith
from twistchat.config.limits import Limits
from twistchat.net.client.following import CHANGED_PER_TURN
from twistchat.net.client.protocol import ClientProtocol
from twistchat.net.limits.rates import Rates
from twistchat.testing import IrcClient, MemoryServer


class FollowingTests(SynchronousTestCase):
    """A server whose limits change."""

    def setUp(self) -> None:
        self.server: MemoryServer = serverWith(limits={"exempt": ()})

    def change(self, **limits: Any) -> None:
        """Change limits, and let the server read its configuration again."""
        self.server.configuration = settingsWith(limits={"exempt": (), **limits})
        self.successResultOf(self.server.context.rehash())
        self.server.pump()

    def client(self, nick: str = "bob", host: str = STRANGER) -> tuple[IrcClient, Any]:
        """Connect a client, and return its side and the server's."""
        client = self.server.irc(nick, host=host)
        user = self.server.chat.state.users.named(nick)
        assert user is not None
        (session,) = user.sessions.values()
        assert isinstance(session.outlet, ClientProtocol)
        return client, session.outlet

    def burst(self, client: IrcClient, lines: int = 40) -> int:
        """Send many lines, and return how many are answered at once."""
        client.skip()
        client.send(*["PING x"] * lines)
        return sum(" PONG " in line for line in client.lines())

    def test_flood(self) -> None:
        """Rates change for connected clients.  The tokens that they have stay."""
        client, _ = self.client()
        self.server.advance(60)
        self.assertEqual(5, self.burst(client, 5))
        self.change(floodBurst=20, floodRate=20.0)
        self.server.advance(1)
        self.assertEqual(20, self.burst(client, 30))
        self.server.advance(60)
        client.skip()
        self.change(floodBurst=2, floodRate=1.0)
        self.assertEqual(2, self.burst(client))

    def test_otherBuckets(self) -> None:
        """Lines without a command and refusals follow too."""
        now = 0.0
        rates = Rates(Limits(floodBurst=1, floodRate=1.0), False, lambda: now)
        rates.minor()
        rates.refusal()
        rates.change(Limits(floodBurst=1, floodRate=4.0), False)
        while rates.refusal():
            pass
        while not rates.minor():
            pass
        self.assertEqual(1 / 40, rates.minor())
        now = 0.25
        self.assertTrue(rates.refusal())

    def test_exempt(self) -> None:
        """A client whose network becomes exempt has no rates and does not count; and the other way round."""
        client, protocol = self.client()
        admission = self.server.context.admission
        self.assertEqual({STRANGER: 1}, admission.connections)
        self.change(exempt=(f"{STRANGER}/32",), connectionsPerAddress=1)
        self.assertEqual((0, True), (admission.connections.get(STRANGER, 0), protocol.session.exempt))
        self.assertEqual(40, self.burst(client))
        self.change(connectionsPerAddress=1)
        self.assertEqual(({STRANGER: 1}, False), (admission.connections, protocol.session.exempt))
        self.server.advance(60)
        self.assertEqual(5, self.burst(client))
        self.assertIn("Your address has 1 connection", "".join(self.server.connectIrc(host=STRANGER).lines()))
        client.hangUp()
        self.assertEqual(0, admission.connections.get(STRANGER, 0))

    def test_exemptUnregistered(self) -> None:
        """A client that has not registered yet is one of the unregistered unless it is exempt."""
        self.server.connectIrc(host=STRANGER)
        admission = self.server.context.admission
        for exempt, count in (((f"{STRANGER}/32",), 0), ((), 1)):
            self.change(exempt=exempt)
            self.assertEqual(count, admission.unregistered)

    def test_sendq(self) -> None:
        """A slow reader that has more waiting than is allowed now is dropped; others may have more waiting."""
        (slow, protocol), (talker, _) = self.client("slow"), self.client("talker", "127.0.0.1")
        self.change(sendq=1_000_000, exempt=("127.0.0.0/8",))
        for each in (slow, talker):
            each.send("JOIN #a")
            each.skip()
        slow.link.stalled = True
        for _ in range(900):
            talker.send(f"PRIVMSG #a :{'x' * 400}")
        self.assertGreater(protocol.outbox.waiting, Limits().sendq)
        self.assertFalse(slow.gone)
        self.change(sendq=300_000, exempt=("127.0.0.0/8",))
        self.assertTrue(slow.gone)

    def test_ping(self) -> None:
        """Clients that are silent are pinged by the new times."""
        client, _ = self.client()
        client.skip()
        self.server.advance(20)
        self.change(ping=30.0, pingTimeout=40.0)
        self.server.advance(9)
        self.assertEqual([], client.lines())
        self.server.advance(2)
        self.assertEqual([":twistchat PING twistchat"], client.lines())
        self.server.advance(11)
        self.assertTrue(client.gone)

    def test_registration(self) -> None:
        """The deadline of clients that are coming in changes."""
        slow = self.server.connectIrc(host=STRANGER)
        self.server.advance(10)
        self.change(registration=60.0)
        self.server.advance(45)
        self.assertFalse(slow.gone)
        late = self.server.connectIrc(host=STRANGER)
        self.change(registration=5.0)
        self.server.advance(1)
        self.assertEqual((True, False), (slow.gone, late.gone))

    def test_rules(self) -> None:
        """The rules of the chat follow, and IRC clients are told what has changed."""
        client, _ = self.client()
        client.send("JOIN #a")
        client.skip()
        self.change(topic=5)
        self.assertIn("TOPICLEN=5", "".join(client.lines()))
        client.send("TOPIC #a :too long")
        self.assertNotIn(" TOPIC ", "".join(client.lines()))
        self.server.configuration = replace(
            self.server.configuration, chat=replace(self.server.configuration.chat, reserved=("boss",))
        )
        self.server.context.rehash()
        client.send("NICK boss")
        self.assertIn(" 43", "".join(client.lines()))

    def test_portions(self) -> None:
        """Many clients change in several turns; if the limits change meanwhile, all get the last ones."""
        protocols = [self.client(f"n{number}", f"192.0.{number // 200}.{number % 200}")[1] for number in range(250)]
        self.assertGreater(len(protocols), CHANGED_PER_TURN)
        for burst in (7, 8):
            self.server.configuration = settingsWith(limits={"exempt": (), "floodBurst": burst})
            self.server.context.rehash()
        self.server.advance(1)
        self.server.advance(1)
        self.assertEqual({8}, {protocol.rates._limits.floodBurst for protocol in protocols})  # private: no other trace

    def test_failure(self) -> None:
        """If one client cannot follow, the others do."""
        (_, broken), (_, other) = self.client("ann"), self.client("bob")
        broken.rates = None
        self.change(floodBurst=9)
        self.assertEqual(1, len(self.flushLoggedErrors(AttributeError)))
        self.assertEqual(9, other.rates._limits.floodBurst)  # private: as above
