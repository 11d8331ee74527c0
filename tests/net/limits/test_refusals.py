"""Tests of L{twistchat.net.limits.refusals}."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat import errors
from twistchat.config import Settings
from twistchat.config.limits import Limits
from twistchat.net.limits.refusals import INTERVAL, REMEMBERED, WORDS, RefusalLog
from twistchat.protocols.line.settings import LineSettings
from twistchat.testing import MemoryServer

STRANGER = "192.0.2.7"
EXEMPT = "198.51.100.1"


def logged(act: Callable[[], object]) -> list[str]:
    """Capture the log's lines about limits."""
    with capturedLogs() as events:
        act()
    return [text for text in map(formatEvent, events) if text.startswith("Refused ")]


class RefusalLogTests(SynchronousTestCase):
    """The log of refusals, on a fake clock."""

    def setUp(self) -> None:
        """Make a log."""
        self.now = 0.0
        self.refusals = RefusalLog(lambda: self.now, lambda address: address or "local")

    def note(self, address: str | None) -> int:
        """Note a refusal, and return the number of logged lines."""
        return len(logged(lambda: self.refusals.note(address, "too much", "flood")))

    def test_once(self) -> None:
        """An address is logged once per minute."""
        self.assertEqual([1, 0, 0], [self.note(STRANGER) for _ in range(3)])
        self.now += INTERVAL
        self.assertEqual([1, 0], [self.note(STRANGER) for _ in range(2)])

    def test_others(self) -> None:
        """Each address counts separately; an IPv6 /64 is one, and so are all without an address."""
        addresses = ("192.0.2.8", "2001:db8::1", "2001:db8::2", "::ffff:192.0.2.8", None, None)
        self.assertEqual([1, 1, 0, 0, 1, 0], [self.note(address) for address in addresses])

    def test_bounded(self) -> None:
        """The number of addresses in memory, and logged per minute, is bounded."""
        for number in range(REMEMBERED):
            self.refusals.note(f"10.0.{number >> 8}.{number & 255}", "too much", "flood")
        self.assertEqual(0, self.note(STRANGER))
        self.now += INTERVAL
        self.assertEqual(1, self.note(STRANGER))

    def test_forgotten(self) -> None:
        """If there are too many addresses, only those whose minute is over are dropped."""
        for number in range(REMEMBERED):
            self.now = 0.0 if number < REMEMBERED // 2 else 30.0
            self.refusals.note(f"10.0.{number >> 8}.{number & 255}", "too much", "flood")
        self.now = 70.0
        self.assertEqual([1, 0], [self.note(STRANGER) for _ in range(2)])
        self.assertEqual(0, self.note(f"10.0.{(REMEMBERED - 1) >> 8}.{(REMEMBERED - 1) & 255}"))
        self.assertEqual(1, self.note("10.0.0.0"))

    def test_words(self) -> None:
        """The line names the address and the limit."""
        said = logged(lambda: self.refusals.note(STRANGER, "too much", "flood"))
        self.assertEqual([f"Refused {STRANGER}: too much"], said)
        said = logged(lambda: self.refusals.note(None, "too much", "flood"))
        self.assertEqual(["Refused local: too much"], said)

    def test_counted(self) -> None:
        """All refusals count, by their reason, also those that are not logged."""
        for _ in range(3):
            self.note(STRANGER)
            self.refusals.noteError(STRANGER, errors.TooFast("join", 1.0))
            self.refusals.noteError(STRANGER, errors.NoSuchNick("x"))
        self.assertEqual(self.refusals.dropped, {"flood": 3})
        self.assertEqual(self.refusals.refused, {"TOO_FAST": 3, "NO_SUCH_NICK": 3})

    def test_topics(self) -> None:
        """Refusals about another topic have a line of their own."""
        self.note(STRANGER)
        for lines in (1, 0):
            self.assertEqual(lines, len(logged(lambda: self.refusals.remark(STRANGER, "odd", "topic"))))

    def test_addresses(self) -> None:
        """The line shows an address as the log is configured.  An IPv6 /64 is shown as a whole."""
        for show, lines in (
            (lambda address: address, ["Refused 192.0.2.7: odd", "Refused 2001:db8::/64: odd"]),
            (lambda address: "f00.cloak", ["Refused f00.cloak: odd", "Refused f00.cloak: odd"]),
            (lambda address: None, ["Refused a client: odd", "Refused a client: odd"]),
        ):
            refusals = RefusalLog(lambda: self.now, show)
            said = [
                *logged(partial(refusals.remark, STRANGER, "odd")),
                *logged(partial(refusals.remark, "2001:db8::1", "odd")),
            ]
            self.assertEqual(lines, said)


class WordsTests(SynchronousTestCase):
    """The log's wording of each error about a limit."""

    def test_all(self) -> None:
        """Exactly the errors about limits have a wording."""
        self.assertEqual({*errors.LIMITS_REACHED}, {*WORDS})

    def test_sentences(self) -> None:
        """The wordings are sentences that contain the error's values."""
        for error, sentence in (
            (errors.TooManyRooms(1), "it is in 1 room, and can be in no more"),
            (errors.RoomFull("#tea", 9), "it asked for #tea, which is full: it takes 9"),
            (
                errors.ListFull("#tea", "b", 100),
                "the list b of #tea is full: it takes 100",
            ),
            (errors.WatchListFull(100, ("bob",)), "it watches 100 nicks, and can watch no more"),
            (errors.TooLong("the topic", 400, 390), "the topic is too long: it has 400 characters, and 390 fit"),
            (errors.TooFast("send lines", 0.4997), "it tried to send lines too fast"),
            (errors.RoomTooFast("#tea", 0.5), "it asked for #tea, which too many are joining"),
            (errors.Overloaded("passwords to check"), "the server has too many passwords to check"),
        ):
            self.assertEqual(sentence, WORDS[type(error)](error))


class RefusingTests(SynchronousTestCase):
    """The log of a whole server."""

    def test_sentence(self) -> None:
        """A client that sends too fast at the line door is logged."""
        server = MemoryServer(Settings(doors={"line": LineSettings(timezone="UTC")}, limits=Limits()))
        said = logged(lambda: server.person("alice", STRANGER).send(*["hello"] * 8))
        self.assertEqual([f"Refused {STRANGER}: it tried to send lines too fast"], said)

    def test_everyLimit(self) -> None:
        """A refusal by each kind of limit is logged in one line."""

        def late(server: MemoryServer) -> None:
            server.connectIrc(STRANGER)
            server.advance(31)

        def undecided(server: MemoryServer) -> None:
            server.connect(STRANGER)
            server.advance(181)

        def lines(server: MemoryServer) -> None:
            server.connectIrc(STRANGER).send(*["BOGUS"] * 65)

        def crowd(server: MemoryServer) -> None:
            for _ in range(65):
                server.connect(STRANGER)

        def fast(server: MemoryServer) -> None:
            server.person("alice", STRANGER).send(*["hello"] * 8)

        def rooms(server: MemoryServer) -> None:
            client = server.irc("bob", host=STRANGER)
            for number in range(3):
                client.send(f"JOIN #room{number}")

        def wrong(server: MemoryServer) -> None:
            server.irc("bob", host=STRANGER).send("JOIN nowhere", "PRIVMSG nobody :hello")

        def web(server: MemoryServer) -> None:
            server.connect(STRANGER).send("GET / HTTP/1.1")

        def slow(server: MemoryServer) -> None:
            client = server.irc("bob", host=STRANGER)
            client.send("JOIN #lobby")
            client.link.stalled = True
            server.person("carol", EXEMPT).send(*["x" * 4000] * 40)

        for act, limits in (
            (late, Limits()),
            (undecided, Limits()),
            (lines, Limits()),
            (crowd, Limits()),
            (fast, Limits()),
            (rooms, Limits(userJoinBurst=1)),
            (rooms, Limits(roomsPerUser=1)),
            (web, Limits()),
            (slow, Limits(sendq=20_000, exempt=(f"{EXEMPT}/32",))),
        ):
            server = MemoryServer(Settings(doors={"line": LineSettings(timezone="UTC")}, limits=limits))
            self.assertEqual(1, len(logged(partial(act, server))), act.__name__)
        server = MemoryServer(Settings(doors={"line": LineSettings(timezone="UTC")}, limits=Limits()))
        self.assertEqual([], logged(partial(wrong, server)), "no limit refuses that")
