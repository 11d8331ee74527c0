"""Tests of KLINE, DLINE, UNKLINE and UNDLINE: whom they match, how long they last, and that restarts keep them."""

from __future__ import annotations

import re
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import SECRET, STRANGER, host, mask, rooted, settingsWith, staffed
from twistchat.chat.model.users import PRIVILEGES
from twistchat.config import ClassSettings, OperatorSettings
from twistchat.interfaces import Journal
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.stamp import Stamp
from twistchat.protocols.irc.commands.server.bans import readDuration
from twistchat.protocols.irc.replies.formatting import formatDuration
from twistchat.testing import IrcClient, ManualLog, MemoryServer, inMemory
from twistchat.testing.server import NOON
from twistchat.testing.workers import InlineWorker


class DurationTests(SynchronousTestCase):
    """L{readDuration} and L{formatDuration}."""

    def test_read(self) -> None:
        """A duration is a sequence of units, or a number of minutes."""
        for text, seconds in (
            ("0", 0),
            ("5", 300),
            ("90", 5400),
            ("1h30m", 5400),
            ("7d", 604800),
            ("1w", 604800),
            ("1W2D3H4M5S", 604800 + 2 * 86400 + 3 * 3600 + 4 * 60 + 5),
            ("0s", 0),
        ):
            self.assertEqual(seconds, readDuration(text), text)
        for text in ("", "h", "1x", "1h30", "-5", "+5", "1.5h", "\N{ARABIC-INDIC DIGIT ONE}", "*@*", "1" * 10, "1 h"):
            self.assertIsNone(readDuration(text), text)

    def test_word(self) -> None:
        """The result has the two largest units, and is at least a second."""
        for seconds, text in (
            (0, "1s"),
            (59.6, "1m"),
            (5400, "1h30m"),
            (86400 + 5, "1d5s"),
            (8 * 86400 + 3600 + 60, "1w1d"),
        ):
            self.assertEqual(text, formatDuration(seconds))


class BanTests(SynchronousTestCase):
    """The commands."""

    def setUp(self) -> None:
        """Register an operator from another address than the other clients."""
        self.server = staffed()
        self.root = rooted(self.server, "root")

    def ask(self, line: str) -> list[str]:
        """Send a line as the operator, and get the reply."""
        self.root.skip()
        self.root.send(line)
        return [line.removeprefix(":twistchat ") for line in self.root.lines()]

    def comes(self, nick: str, address: str = "127.0.0.1") -> tuple[bool, list[str]]:
        """Connect a client: whether it can register, and what it receives."""
        client = self.server.connectIrc(address)
        client.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        lines = client.lines()
        return any(" 001 " in line for line in lines), lines

    def test_kline(self) -> None:
        """Matching users are disconnected and cannot return; others can."""
        bob = self.server.irc("bob")
        self.assertEqual(["NOTICE root :*** *badly*@* is banned for ever: spam"], self.ask("KLINE *badly*@* spam"))
        self.assertEqual(["NOTICE root :*** bob!*@* is banned for 1h: out"], self.ask("KLINE 60 bob!*@* out"))
        bob.expect(f"ERROR :Closing Link: {host()} (Banned from this server: out)")
        self.assertTrue(bob.gone)
        entered, lines = self.comes("bob")
        self.assertFalse(entered)
        self.assertEqual(
            [
                ":twistchat 465 * :You are banned from this server: out",
                f"ERROR :Closing Link: {host()} (Banned from this server: out)",
            ],
            lines,
        )
        self.assertTrue(self.comes("carol")[0])

    def test_forEver(self) -> None:
        """0 means for ever.  There is a default reason."""
        self.assertEqual(
            ["NOTICE root :*** *!~bob@*.cloak is banned for ever: No reason"], self.ask("KLINE 0 *!~bob@*.cloak")
        )
        self.assertIn("(set by root, for ever)", self.ask("STATS k")[0])

    def test_notStored(self) -> None:
        """A ban is announced when it is stored.  If it cannot be stored, the operator is told."""
        self.server = MemoryServer(staffed().configuration, journal=inMemory(ManualLog))
        journal = self.server.log
        assert isinstance(journal, ManualLog)
        self.root = self.server.connectIrc()
        self.root.send("NICK root", "USER root 0 * :root")
        journal.commit()
        self.root.send("OPER root secret")
        journal.commit()
        self.server.pump()
        self.assertEqual([], self.ask("KLINE *!~bob@*.cloak"))
        journal.refuse("the disk is full")
        self.server.pump()
        self.assertEqual(["the disk is full"], [line.rpartition(": ")[2] for line in self.root.lines()])

    def test_labels(self) -> None:
        """The server notice about an operator's own ban is part of the labelled reply."""
        self.root.send("MODE root +s", "CAP REQ :batch labeled-response")
        for line in ("KLINE *!~bob@*.cloak", "UNKLINE *!~bob@*.cloak"):
            opening, *told, closing = self.ask(f"@label=l {line}")
            self.assertRegex(opening, r"^@label=l :twistchat BATCH \+\S+ labeled-response$")
            self.assertEqual((len(told), all(one.startswith("@batch=") for one in told)), (2, True), told)
            self.assertTrue(closing.startswith("BATCH -"))

    def test_more(self) -> None:
        """Further parameters are ignored."""
        self.ask("KLINE *!~bob@*.cloak")
        self.ask("DLINE 192.0.2.7")
        self.assertEqual(
            ["NOTICE root :*** *!~bob@*.cloak is not banned any more"], self.ask("UNKLINE *!~bob@*.cloak x")
        )
        self.assertEqual(["NOTICE root :*** 192.0.2.7 is not banned any more"], self.ask("UNDLINE 192.0.2.7 x"))

    def test_klineNick(self) -> None:
        """A nick stands for its user's host."""
        self.server.irc("bob", host=STRANGER)
        self.ask("KLINE 1h bob")
        self.assertFalse(self.comes("carol", STRANGER)[0])
        self.assertTrue(self.comes("dave")[0])
        self.assertIn(
            f"216 root K {host(STRANGER)} * *!* :No reason (set by root, for another 1h)", self.ask("STATS k")
        )

    def test_realAddress(self) -> None:
        """A mask may contain the real address, with a username.  The matched users see no address but their own."""
        self.ask("KLINE *!~bob@192.0.2.*")
        self.assertFalse(self.comes("bob", STRANGER)[0])
        self.assertTrue(self.comes("bob")[0])

    def test_dline(self) -> None:
        """Connections from a banned address or network are refused before they send anything."""
        bob = self.server.irc("bob", host=STRANGER)
        early = self.server.connectIrc(STRANGER)
        self.ask("DLINE 7d 192.0.2.0/24 :You know why")
        for client in (bob, early):
            self.assertTrue(client.gone)
        late = self.server.connectIrc("192.0.2.99")
        late.expect(f"ERROR :Closing Link: {host('192.0.2.99')} (Banned from this server: You know why)")
        self.assertTrue(late.gone)
        person = self.server.connect("192.0.2.99")
        self.assertTrue(person.gone)
        self.assertIn("Banned from this server: You know why", "".join(person.lines()))
        self.assertTrue(self.comes("carol", "192.0.3.1")[0])
        self.assertEqual(
            ["225 root D 192.0.2.0/24 :You know why (set by root, for another 1w)", "219 root d :End of /STATS report"],
            self.ask("STATS d"),
        )

    def test_ipv6(self) -> None:
        """Networks may be IPv6."""
        self.ask("DLINE 2001:db8::/32")
        self.assertTrue(self.server.connectIrc("2001:db8::7").gone)
        self.assertFalse(self.server.connectIrc("2001:db9::7").gone)

    def test_expires(self) -> None:
        """A ban ends at its time."""
        self.ask("KLINE 10 *!~robert@*.cloak")
        self.assertFalse(self.comes("robert")[0])
        self.assertIn(" for another 10m)", self.ask("STATS k")[0])
        for _ in range(8):
            self.server.advance(74)
            self.root.send("PONG x")
        self.assertFalse(self.comes("robert")[0])
        self.assertIn(" for another 8s)", self.ask("STATS k")[0])
        self.server.advance(9)
        self.assertTrue(self.comes("robert")[0])
        self.assertEqual(["219 root k :End of /STATS report"], self.ask("STATS k"))

    def test_lifted(self) -> None:
        """A ban can be lifted.  Lifting an unknown one is an error."""
        self.ask("KLINE *!~robert@*.cloak")
        self.ask("DLINE 192.0.2.7")
        self.assertEqual(
            ["NOTICE root :*** *!~ROBERT@*.cloak is not banned any more"], self.ask("UNKLINE *!~ROBERT@*.cloak")
        )
        self.assertTrue(self.comes("robert")[0])
        self.assertEqual(["NOTICE root :*** 192.0.2.7 is not banned any more"], self.ask("UNDLINE 192.0.2.7"))
        self.assertFalse(self.server.connectIrc(STRANGER).gone)
        self.assertEqual(["NOTICE root :*** UNKLINE: There is no such ban"], self.ask("UNKLINE *!~robert@*.cloak"))

    def test_replaced(self) -> None:
        """A ban replaces an earlier one on the same mask."""
        self.ask("KLINE 10 *!~robert@*.cloak one")
        self.ask("KLINE *!~robert@*.cloak two")
        self.assertEqual(
            ["216 root K *.cloak * *!~robert :two (set by root, for ever)", "219 root k :End of /STATS report"],
            self.ask("STATS k"),
        )

    def test_refused(self) -> None:
        """Bans of everyone, of the asker, and invalid masks are refused, with an advice."""
        for line, why in (
            ("KLINE *@*", "KLINE: This cannot be banned: it meets too many; .*"),
            ("KLINE nonsense", "KLINE: This cannot be banned: a mask is USER@HOST, .*"),
            (f"KLINE *!~root@{host()}", "KLINE: This cannot be banned: it would meet you"),
            ("KLINE 9999999d *!*bob@x.example", "KLINE: This cannot be banned: a ban lasts .*"),
            ("DLINE 0.0.0.0/0", "DLINE: This cannot be banned: it meets too many; .*"),
            ("DLINE 127.0.0.1", "DLINE: This cannot be banned: it would meet you"),
            ("DLINE a@b", "DLINE: This cannot be banned: DLINE takes an IP address, or a network .*"),
            ("DLINE a!b", "DLINE: This cannot be banned: DLINE takes an IP address, or a network .*"),
            ("DLINE host.example", "DLINE: This cannot be banned: .*"),
            ("UNDLINE a!b@c", "UNDLINE: Invalid mask: UNDLINE takes an IP .*; UNKLINE takes names"),
            ("UNDLINE a@b", "UNDLINE: Invalid mask: UNDLINE takes an IP .*; UNKLINE takes names"),
            ("UNDLINE host.example", "UNDLINE: Invalid mask: a mask is USER@HOST, .*"),
            ("UNKLINE nonsense", "UNKLINE: Invalid mask: a mask is USER@HOST, .*"),
            (f"KLINE :{'x' * 250}@h", "KLINE: This cannot be banned: a mask has 1 to 200 characters, .*"),
        ):
            (answer,) = self.ask(line)
            self.assertRegex(answer, rf"^NOTICE root :\*\*\* {why}$")
        for line in ("KLINE", "DLINE", "UNKLINE", "UNDLINE", "KLINE 60", "DLINE 1h30m"):
            self.assertRegex(self.ask(line)[0], r"^461 root \w+ :Not enough parameters: .*")
        self.assertEqual(["219 root k :End of /STATS report"], self.ask("STATS k"))

    def test_standardReply(self) -> None:
        """A refusal is a standard reply for clients with that capability."""
        self.ask("CAP REQ standard-replies")
        self.assertRegex(self.ask("KLINE *@*")[0], r"FAIL KLINE BAD_MASK \*@\* :This cannot be banned: .*")
        self.assertEqual(
            ["FAIL UNKLINE NO_SUCH_BAN a@b.example :There is no such ban"], self.ask("UNKLINE a@b.example")
        )

    def test_quits(self) -> None:
        """Users who share a channel see the banned user quit, with the reason."""
        alice, bob = self.server.irc("alice", host="198.51.100.1"), self.server.irc("bob", host=STRANGER)
        alice.join("#a")
        bob.join("#a")
        alice.skip()
        self.ask(f"DLINE {STRANGER} :spam")
        self.assertEqual([f":{mask('bob', STRANGER)} QUIT :Banned from this server: spam"], alice.lines())

    def test_longReason(self) -> None:
        """A reason that is too long is cut."""
        (answer,) = self.ask(f"KLINE *!~robert@*.cloak :{'x' * 450}")
        self.assertTrue(answer.endswith(": " + 390 * "x"))


class RestartTests(SynchronousTestCase):
    """Bans survive a restart if the journal is on disk."""

    def start(self, at: float) -> MemoryServer:
        """Start a server on this test's journal."""
        settings = settingsWith(
            classes={"root": ClassSettings(privileges=tuple(PRIVILEGES))},
            operators={"root": OperatorSettings(password=SECRET, class_="root")},
        )

        def journal(stamp: Stamp) -> Journal:
            return sqliteJournal(
                self.directory, lambda: at, lambda: "j", lambda: bytes(32), lambda name: InlineWorker()
            )

        return MemoryServer(settings, journal=journal, start=at)

    def test_restart(self) -> None:
        """Bans hold after a restart until they expire; lifted ones do not."""
        self.directory = mkdtemp()
        self.addCleanup(rmtree, self.directory)
        server = self.start(NOON)
        root = rooted(server, "root")
        root.send(
            "KLINE 60 *!~robert@*.cloak one",
            "DLINE 192.0.2.7 two",
            "KLINE *!~caroline@*.cloak",
            "UNKLINE *!~caroline@*.cloak",
        )
        server.pump()
        self.assertEqual(4, len([line for line in root.lines() if "NOTICE" in line]))
        server.close()
        server = self.start(NOON + 600)
        self.assertTrue(server.connectIrc(STRANGER).gone)
        self.assertEqual(["465"], self.refusals(server, "robert"))
        self.assertEqual([], self.refusals(server, "caroline"))
        root = rooted(server, "root")
        root.send("STATS k", "STATS d")
        self.assertEqual(
            [
                ":twistchat 216 root K *.cloak * *!~robert :one (set by root, for another 50m)",
                ":twistchat 219 root k :End of /STATS report",
                ":twistchat 225 root D 192.0.2.7/32 :two (set by root, for ever)",
                ":twistchat 219 root d :End of /STATS report",
            ],
            root.lines(),
        )
        server.close()
        server = self.start(NOON + 3601)
        self.assertEqual([], self.refusals(server, "robert"))
        server.close()

    def refusals(self, server: MemoryServer, nick: str) -> list[str]:
        """Get the numerics that refuse a client."""
        client: IrcClient = server.connectIrc()
        client.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        return [match[1] for line in client.lines() if (match := re.match(r":twistchat (4(?!22)\d\d) ", line))]
