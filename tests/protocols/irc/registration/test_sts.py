"""Tests of strict transport security (IRCv3 sts) on encrypted connections."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import encrypt, listed, rooted, serverWith, settingsWith, staffed


class StsTests(SynchronousTestCase):
    """The capability C{sts} of encrypted clients.  L{test_negotiation} tests the others."""

    def setUp(self) -> None:
        """Encrypt every connection."""
        encrypt(self)

    def offered(self, **irc: object) -> list[str]:
        """Get the capabilities offered with these settings."""
        client = serverWith(irc=irc).connectIrc()
        client.send("CAP LS 302")
        return listed(client)

    def test_duration(self) -> None:
        """The value is the duration of the policy, without a port; 0 ends it."""
        self.assertIn("sts=duration=2592000", self.offered(stsPort=6697))
        self.assertIn("sts=duration=86400,preload", self.offered(stsPort=6697, stsDuration=86400.0, stsPreload=True))
        self.assertIn("sts=duration=0", self.offered(stsPort=6697, stsDuration=0.0))

    def test_off(self) -> None:
        """It is not offered unless it is configured."""
        self.assertNotIn("sts", {word.partition("=")[0] for word in self.offered()})

    def test_webSocket(self) -> None:
        """It is not offered over a WebSocket, since it is about the ports of IRC."""
        server = serverWith(irc={"stsPort": 6697})
        server.messages = True
        client = server.connectIrc()
        client.send("CAP LS 302")
        self.assertNotIn("sts", {word.partition("=")[0] for word in listed(client)})

    def test_noRequest(self) -> None:
        """It cannot be requested."""
        client = serverWith(irc={"stsPort": 6697}).connectIrc()
        client.send("CAP REQ sts", "CAP REQ :batch sts", "CAP LIST")
        client.expect(":twistchat CAP * NAK :sts", ":twistchat CAP * NAK :batch sts", ":twistchat CAP * LIST :")

    def test_changed(self) -> None:
        """A changed duration is announced with NEW."""
        server = staffed(irc={"stsPort": 6697})
        client = server.connectIrc()
        client.send("CAP LS 302", "NICK alice", "USER a 0 * :a", "CAP END")
        client.skip()
        root = rooted(server, "root")
        server.configuration = settingsWith(
            irc={"stsPort": 6697, "stsDuration": 60.0},
            classes=server.configuration.classes,
            operators=server.configuration.operators,
        )
        root.send("REHASH")
        client.expect(":twistchat CAP alice NEW :sts=duration=60")
