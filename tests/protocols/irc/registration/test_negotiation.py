"""Tests of CAP (IRCv3 capability-negotiation)."""

from __future__ import annotations

import re
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import listed, mask, rooted, serverWith, settingsWith, staffed
from twistchat.protocols.irc.registration import offer
from twistchat.protocols.irc.registration.negotiation import Negotiation
from twistchat.protocols.irc.registration.offer import offered
from twistchat.testing import MemoryServer
from twistchat.wire.irc.capabilities import CAPABILITIES


class ListTests(SynchronousTestCase):
    """LS and LIST."""

    def setUp(self) -> None:
        """Connect a client."""
        self.server = MemoryServer()
        self.client = self.server.connectIrc()

    def test_all(self) -> None:
        """
        LS lists every capability except sts, which is not configured; from version 302 on with values.  Before that, it
        lists as many as fit into a line, first those that are not drafts or vendors' own.
        """
        offered = sorted(set(CAPABILITIES) - {"sts"})
        self.client.send("CAP LS")
        (line,) = self.client.lines()
        self.assertTrue(line.startswith(":twistchat CAP * LS :"))
        words = line.split(" :")[1].split()
        wanted = sorted(offered, key=lambda name: "/" in name)
        self.assertEqual(wanted[: len(words)], words)
        self.assertGreater(len(f"{line} {wanted[len(words)]}\r\n"), 512)
        self.client.send("CAP LS 302")
        words = listed(self.client)
        self.assertEqual(offered, sorted(word.partition("=")[0] for word in words))
        self.assertIn("draft/multiline=max-bytes=4096,max-lines=100", words)

    def test_versions(self) -> None:
        """A version is a number.  A higher one is treated like 302; anything else is ignored."""
        for version, values in (("301", False), ("302", True), ("303", True), ("9" * 400, True), ("x", False)):
            self.client.send(f"CAP LS {version}")
            self.assertEqual(values, "max-bytes" in " ".join(listed(self.client)), version)

    def test_keepsHighestVersion(self) -> None:
        """The reply follows the version of the request, and the highest version is remembered: cap-notify stays."""
        self.client.send("CAP LS 302", "CAP LS")
        self.client.skip()
        self.client.send("CAP REQ -cap-notify", "CAP LIST")
        self.client.expect(":twistchat CAP * NAK :-cap-notify", ":twistchat CAP * LIST :cap-notify")

    def test_notify(self) -> None:
        """From version 302 on cap-notify is enabled; not for earlier versions."""
        for version, on in (("", ""), (" 301", ""), (" 302", "cap-notify")):
            client = self.server.connectIrc()
            client.send(f"CAP LS{version}")
            client.skip()
            client.send("CAP LIST")
            client.expect(f":twistchat CAP * LIST :{on}")

    def test_list(self) -> None:
        """LIST lists the enabled capabilities without values; at first none."""
        self.client.send("CAP LIST")
        self.client.expect(":twistchat CAP * LIST :")
        self.client.send("CAP REQ :draft/multiline batch", "CAP LIST")
        self.client.expect(
            ":twistchat CAP * ACK :draft/multiline batch", ":twistchat CAP * LIST :batch draft/multiline"
        )

    def test_lowerCase(self) -> None:
        """Subcommands ignore case; capabilities do not."""
        self.client.send("cap list", "CAP req batch", "CAP REQ Batch")
        self.client.expect(":twistchat CAP * LIST :", ":twistchat CAP * ACK :batch", ":twistchat CAP * NAK :Batch")

    def test_afterRegistration(self) -> None:
        """All of it works after registration, with the nick.  END then does nothing."""
        bob = self.server.irc("bob")
        bob.send("CAP END", "CAP LIST", "CAP REQ batch", "CAP LIST", "CAP REQ -batch", "CAP LIST", "CAP FROB")
        bob.expect(
            ":twistchat CAP bob LIST :",
            ":twistchat CAP bob ACK :batch",
            ":twistchat CAP bob LIST :batch",
            ":twistchat CAP bob ACK :-batch",
            ":twistchat CAP bob LIST :",
            ":twistchat 410 bob FROB :Invalid CAP command",
        )

    def test_serversSubcommands(self) -> None:
        """Subcommands of servers are invalid."""
        for subcommand in ("ACK", "NAK", "NEW", "DEL", "CLEAR"):
            self.client.send(f"CAP {subcommand} :batch")
            self.client.expect(f":twistchat 410 * {subcommand} :Invalid CAP command")


class RequestTests(SynchronousTestCase):
    """REQ."""

    def setUp(self) -> None:
        """Connect a client."""
        self.server = MemoryServer()
        self.client = self.server.connectIrc()

    def test_allOrNothing(self) -> None:
        """A request with an unknown capability, or one that cannot be requested, is refused as a whole."""
        for wrong in ("nonsense", "sts", "-nonsense", "BATCH", "-", "batch=1"):
            self.client.send(f"CAP REQ :batch {wrong} server-time", "CAP LIST")
            self.client.expect(f":twistchat CAP * NAK :batch {wrong} server-time", ":twistchat CAP * LIST :")

    def test_nothing(self) -> None:
        """An empty request is granted."""
        self.client.send("CAP REQ :", "CAP REQ")
        self.client.expect(":twistchat CAP * ACK :", ":twistchat CAP * ACK :")

    def test_blanks(self) -> None:
        """Further spaces are ignored."""
        self.client.send("CAP REQ :  batch   server-time ", "CAP LIST")
        self.client.expect(":twistchat CAP * ACK :batch server-time", ":twistchat CAP * LIST :batch server-time")

    def test_again(self) -> None:
        """Enabling an enabled capability and disabling a disabled one are granted."""
        self.client.send("CAP REQ batch", "CAP REQ batch", "CAP REQ -server-time")
        self.client.expect(
            ":twistchat CAP * ACK :batch", ":twistchat CAP * ACK :batch", ":twistchat CAP * ACK :-server-time"
        )

    def test_lastWord(self) -> None:
        """A request is read from left to right."""
        self.client.send("CAP REQ :batch -batch", "CAP LIST", "CAP REQ :-batch batch", "CAP LIST")
        self.assertEqual([":twistchat CAP * LIST :", ":twistchat CAP * LIST :batch"], self.client.lines()[1::2])

    def test_long(self) -> None:
        """The reply to a request that fills the line is complete, in lines of at most 512 bytes."""
        names = sorted(set(CAPABILITIES) - {"sts", "draft/metadata-2"})
        words: list[str] = []
        while len(" ".join([*words, names[len(words) % len(names)]])) < 490:
            words.append(names[len(words) % len(names)])
        self.client.send(f"CAP REQ :{' '.join(words)}")
        lines = self.client.lines()
        for line in lines:
            self.assertLessEqual(len(line.encode()), 510)
            self.assertTrue(line.startswith(":twistchat CAP * ACK :"))
        self.assertEqual(words, " ".join(line.split(" :")[1] for line in lines).split())

    def test_holdsRegistration(self) -> None:
        """REQ delays registration until END, like LS."""
        self.client.send("CAP REQ :batch", "NICK alice", "USER alice 0 * :Alice")
        self.client.expect(":twistchat CAP * ACK :batch")
        self.client.send("CAP END")
        self.client.until(re.compile(":twistchat 001 alice .*"))

    def test_takesEffect(self) -> None:
        """A capability changes the output after its ACK, and not before."""
        bob = self.server.irc("bob")
        alice = self.server.irc("alice")
        bob.join("#a")
        alice.join("#a")
        bob.skip()
        alice.sendBytes(b"PRIVMSG #a :one\r\n")
        bob.sendBytes(b"CAP REQ server-time\r\n")
        alice.sendBytes(b"PRIVMSG #a :two\r\n")
        bob.sendBytes(b"CAP REQ -server-time\r\n")
        alice.sendBytes(b"PRIVMSG #a :three\r\n")
        bob.expect(
            f":{mask('alice')} PRIVMSG #a :one",
            ":twistchat CAP bob ACK :server-time",
            f"@time=2026-01-01T12:00:00.000Z :{mask('alice')} PRIVMSG #a :two",
            ":twistchat CAP bob ACK :-server-time",
            f":{mask('alice')} PRIVMSG #a :three",
        )

    def test_withoutWhatItRequires(self) -> None:
        """Labels require batches.  Without batch a label is ignored, whatever the order of the requests."""
        self.client.send("CAP REQ labeled-response", "@label=x PING y", "CAP REQ batch", "@label=x PING y")
        self.client.expect(
            ":twistchat CAP * ACK :labeled-response",
            ":twistchat PONG twistchat y",
            ":twistchat CAP * ACK :batch",
            "@label=x :twistchat PONG twistchat y",
        )


class NegotiationTests(SynchronousTestCase):
    """L{Negotiation}."""

    def test_offer(self) -> None:
        """New and changed capabilities are returned with values, and removed ones are disabled."""
        negotiation = Negotiation({"a": "", "b": "1", "c": ""})
        negotiation.request([(True, "a"), (True, "c")])
        self.assertEqual(({"b": "2", "d": ""}, ["c"]), negotiation.changeOffer({"a": "", "b": "2", "d": ""}))
        self.assertEqual({"a"}, negotiation.enabled)
        self.assertFalse(negotiation.request([(True, "c")]))
        self.assertTrue(negotiation.request([(True, "d")]))

    def test_version(self) -> None:
        """Version 302 enables cap-notify, and keeps what the client has enabled before."""
        negotiation = Negotiation({"a": "", "cap-notify": ""})
        negotiation.request([(True, "a")])
        negotiation.setVersion(301)
        self.assertEqual({"a"}, negotiation.enabled)
        negotiation.setVersion(302)
        self.assertEqual({"a", "cap-notify"}, negotiation.enabled)


class NotifyTests(SynchronousTestCase):
    """cap-notify, and capabilities that change with the configuration."""

    def test_implicit(self) -> None:
        """Clients from version 302 on have it and may request it.  Others may request and disable it."""
        server = MemoryServer()
        client = server.connectIrc()
        client.send("CAP LS 302")
        client.skip()
        client.send("CAP REQ cap-notify", "CAP LIST")
        client.expect(":twistchat CAP * ACK :cap-notify", ":twistchat CAP * LIST :cap-notify")
        other = server.connectIrc()
        other.send("CAP REQ cap-notify", "CAP LIST", "CAP REQ -cap-notify", "CAP LIST")
        self.assertEqual([":twistchat CAP * LIST :cap-notify", ":twistchat CAP * LIST :"], other.lines()[1::2])

    def test_new(self) -> None:
        """After REHASH, clients from version 302 on get a new sts with its value, also before registration."""
        server = staffed()
        modern, plain, old, early = server.connectIrc(), server.irc("plain"), server.irc("old"), server.connectIrc()
        modern.send("CAP LS 302", "NICK modern", "USER m 0 * :M", "CAP END")
        early.send("CAP LS 302")
        old.send("CAP REQ cap-notify")
        root = rooted(server, "root")
        clients = [modern, plain, old, early, root]
        for client in clients:
            client.skip()
        server.configuration = settingsWith(
            irc={"stsPort": 6697}, classes=server.configuration.classes, operators=server.configuration.operators
        )
        root.send("REHASH")
        modern.expect(":twistchat CAP modern NEW :sts=port=6697")
        early.expect(":twistchat CAP * NEW :sts=port=6697")
        plain.expect()
        old.expect()
        early.send("CAP LS 302")
        self.assertIn("sts=port=6697", listed(early))

    def test_stsIsNotDeleted(self) -> None:
        """When sts is no longer configured, nobody gets DEL, as its specification says, and LS omits it."""
        server = staffed(irc={"stsPort": 6697})
        client = server.connectIrc()
        client.send("CAP LS 302")
        client.skip()
        root = rooted(server, "root")
        server.configuration = settingsWith(
            classes=server.configuration.classes, operators=server.configuration.operators
        )
        root.send("REHASH")
        client.expect()
        client.send("CAP LS 302")
        self.assertNotIn("sts", client.lines()[0])


class DeletedTests(SynchronousTestCase):
    """A capability that is no longer offered."""

    def test_del(self) -> None:
        """It is disabled, clients with cap-notify get DEL, and nobody can request it."""
        server = staffed()
        alice = server.irc("alice")
        modern, plain = server.irc("modern", "server-time", "account-tag"), server.irc("plain")
        plain.send("CAP REQ server-time")
        for client in (alice, modern, plain):
            client.join("#a")
        root = rooted(server, "root")

        def fewer(client: Any) -> dict[str, str]:
            return {name: value for name, value in offered(client).items() if name != "server-time"}

        self.patch(offer, "offered", fewer)
        for client in (modern, plain):
            client.skip()
        root.send("REHASH")
        alice.send("PRIVMSG #a :hi")
        modern.expect(":twistchat CAP modern DEL :server-time", f":{mask('alice')} PRIVMSG #a :hi")
        plain.expect(f":{mask('alice')} PRIVMSG #a :hi")
        modern.send("CAP REQ server-time", "CAP LIST")
        modern.expect(":twistchat CAP modern NAK :server-time", ":twistchat CAP modern LIST :account-tag cap-notify")


class FeatureNotifyTests(SynchronousTestCase):
    """RPL_ISUPPORT after a change of the configuration."""

    def test_changed(self) -> None:
        """After REHASH registered clients get the changed tokens only; in a batch if they support that."""
        server = staffed(irc={"icon": "https://example.org/icon.png"})
        plain, early = server.irc("plain", "batch"), server.connectIrc()
        modern = server.irc("modern", "batch", "draft/extended-isupport")
        root = rooted(server, "root")
        server.configuration = settingsWith(
            irc={"network": "Another"}, classes=server.configuration.classes, operators=server.configuration.operators
        )
        root.send("REHASH")
        plain.expect(":twistchat 005 plain NETWORK=Another -draft/ICON :are supported by this server")
        early.expect()
        opening, line, closing = modern.lines()
        reference = re.fullmatch(r":twistchat BATCH \+(\S+) draft/isupport", opening)
        assert reference is not None
        self.assertEqual(
            f"@batch={reference[1]} :twistchat 005 modern NETWORK=Another -draft/ICON :are supported by this server",
            line,
        )
        self.assertEqual(f":twistchat BATCH -{reference[1]}", closing)
        root.skip()
        root.send("REHASH")
        plain.expect()


class StsTests(SynchronousTestCase):
    """sts on connections that are not encrypted.  L{test_sts} tests the others."""

    def test_port(self) -> None:
        """
        Its value is the port of the encrypted endpoint.  Before version 302 it is omitted, since it has no meaning
        without.
        """
        client = serverWith(irc={"stsPort": 6697, "stsPreload": True}).connectIrc()
        client.send("CAP LS 302")
        self.assertIn("sts=port=6697", listed(client))
        client.send("CAP LS")
        self.assertNotIn("sts", " ".join(listed(client)))
        client.send("CAP REQ sts")
        client.expect(":twistchat CAP * NAK :sts")
