"""Tests of L{twistchat.wire.plain}."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from unicodedata import category
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields, replace
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from twistchat.chat.model.events import (
    SERVER,
    AccessSet,
    AccountEvent,
    AccountMetadataSet,
    AccountSet,
    AdministrativeAct,
    Announced,
    AwaySet,
    Entered,
    Entry,
    Event,
    HostSet,
    Invited,
    Joined,
    KeptPrivateTagMessage,
    KeptRoomMetadataSet,
    KeptRoomTagMessage,
    Kicked,
    Killed,
    ModeChange,
    ModesSet,
    NodeJoined,
    NodeLost,
    OperatorSet,
    Parted,
    PresenceResumed,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    Quit,
    RealnameSet,
    Renamed,
    RoomDropped,
    RoomMessage,
    RoomMessageRedacted,
    RoomMetadataSet,
    RoomRegistered,
    RoomRemoved,
    RoomRenamed,
    RoomSettingSet,
    RoomTagMessage,
    RoomTransferred,
    ServerBanLifted,
    ServerBanSet,
    SessionEnded,
    SessionMoved,
    SessionStarted,
    Source,
    TopicSet,
    UserMetadataSet,
    UserModesSet,
)
from twistchat.interfaces import IDialect
from twistchat.testing.samples import eventClasses, everyEvent
from twistchat.wire.plain import Clockface, PlainDialect, Silence, because, dayNotice, error, notice, writeModes

NINE = int(datetime(2026, 1, 2, 9, 5, 59, tzinfo=UTC).timestamp() * 1000) + 999
ALICE, BOB = Source("u1", "Alice", "~line", "a.cloak"), Source("u2", "bob", "~line", "b.cloak", "robert", "Bob B.")

UNSEEN = (
    AccountEvent,
    AccessSet,
    RoomRegistered,
    RoomTransferred,
    RoomDropped,
    RoomSettingSet,
    RoomRemoved,
    SessionMoved,
)
"""Events that no client sees."""

GOLDEN: tuple[tuple[Event, str, str], ...] = (
    (RoomMessage(ALICE, "#a", "s1", "hello, all"), "[09:05] <Alice> hello, all", "[09:05] #a <Alice> hello, all"),
    (RoomMessage(ALICE, "#a", "s1", "waves", "action"), "[09:05] * Alice waves", "[09:05] #a * Alice waves"),
    (RoomMessage(ALICE, "#a", "s1", "psst", "notice"), "[09:05] -Alice- psst", "[09:05] #a -Alice- psst"),
    (PrivateMessage(ALICE, "s1", BOB, "hey"), "[09:05] @bob <Alice> hey", "[09:05] @bob <Alice> hey"),
    (PrivateMessage(ALICE, "s1", BOB, "winks", "action"), "[09:05] @bob * Alice winks", "[09:05] @bob * Alice winks"),
    (PrivateMessage(ALICE, "s1", BOB, "psst", "notice"), "[09:05] @bob -Alice- psst", "[09:05] @bob -Alice- psst"),
    (Joined(ALICE, "#a"), "* Alice joined #a", "* Alice joined #a"),
    (Parted(ALICE, "#a", ""), "* Alice left #a", "* Alice left #a"),
    (Parted(ALICE, "#a", "later"), "* Alice left #a (later)", "* Alice left #a (later)"),
    (Quit(ALICE, ""), "* Alice quit", "* Alice quit"),
    (Quit(ALICE, "lost"), "* Alice quit (lost)", "* Alice quit (lost)"),
    (Kicked(ALICE, "#a", BOB, ""), "* Alice kicked bob from #a", "* Alice kicked bob from #a"),
    (Kicked(ALICE, "#a", BOB, "no"), "* Alice kicked bob from #a (no)", "* Alice kicked bob from #a (no)"),
    (Renamed(ALICE, "alicia"), "* Alice is now alicia", "* Alice is now alicia"),
    (TopicSet(ALICE, "#a", "x: y"), "* Alice set the topic of #a to: x: y", "* Alice set the topic of #a to: x: y"),
    (TopicSet(ALICE, "#a", ""), "* Alice cleared the topic of #a", "* Alice cleared the topic of #a"),
    (
        ModesSet(ALICE, "#a", (ModeChange(True, "o", "bob", BOB), ModeChange(False, "m"))),
        "* Alice set +o-m bob on #a",
        "* Alice set +o-m bob on #a",
    ),
    (
        ModesSet(SERVER, "#a", (ModeChange(True, "o", "bob", BOB), ModeChange(False, "i"))),
        "* The server set +o-i bob on #a",
        "* The server set +o-i bob on #a",
    ),
    (Invited(ALICE, "#a", BOB), "* Alice invited bob to #a", "* Alice invited bob to #a"),
    (
        RoomMessage(ALICE, "#a", "s1", "one\n\ntwo \n", tags=(("reply", "t-1"),)),
        "[09:05] <Alice> one\n[09:05] <Alice> two ",
        "[09:05] #a <Alice> one\n[09:05] #a <Alice> two ",
    ),
    (
        RoomMessage(ALICE, "#a", "s1", "one\ntwo", "action"),
        "[09:05] * Alice one\n[09:05] * Alice two",
        "[09:05] #a * Alice one\n[09:05] #a * Alice two",
    ),
    (RoomMessage(ALICE, "#a", "s1", "help", rank="o"), "[09:05] @#a <Alice> help", "[09:05] @#a <Alice> help"),
    (Joined(ALICE, "#a", "lunch", "ov", True), "* Alice joined #a", "* Alice joined #a"),
    (RoomRenamed(ALICE, "#a", "#b"), "* Alice renamed #a to #b", "* Alice renamed #a to #b"),
    (RoomRenamed(ALICE, "#a", "#b", "typo"), "* Alice renamed #a to #b (typo)", "* Alice renamed #a to #b (typo)"),
    (RoomMessageRedacted(ALICE, "#a", 5, "t-5"), "* Alice took back a text in #a", "* Alice took back a text in #a"),
    (
        RoomMessageRedacted(ALICE, "#a", 5, "t-5", "x"),
        "* Alice took back a text in #a (x)",
        "* Alice took back a text in #a (x)",
    ),
    (
        PrivateMessageRedacted(ALICE, BOB, 5, "t-5"),
        "* Alice took back a text to bob",
        "* Alice took back a text to bob",
    ),
    (
        PrivateMessageRedacted(ALICE, BOB, 5, "t-5", "x"),
        "* Alice took back a text to bob (x)",
        "* Alice took back a text to bob (x)",
    ),
    (Killed(SERVER, BOB, ""), "* bob quit (killed by the server)", "* bob quit (killed by the server)"),
    (Kicked(SERVER, "#a", BOB, ""), "* The server kicked bob from #a", "* The server kicked bob from #a"),
    (Killed(ALICE, BOB, ""), "* bob quit (killed by Alice)", "* bob quit (killed by Alice)"),
    (Killed(ALICE, BOB, "spam"), "* bob quit (killed by Alice: spam)", "* bob quit (killed by Alice: spam)"),
    (Announced(ALICE, "tea"), "* Alice announced: tea", "* Alice announced: tea"),
    (Announced(SERVER, "tea", True), "* The server announced: tea", "* The server announced: tea"),
    (
        OperatorSet(ALICE, "Net Admin", frozenset({"kill"})),
        "* Alice is an operator of the server: Net Admin",
        "* Alice is an operator of the server: Net Admin",
    ),
    (
        OperatorSet(ALICE, None),
        "* Alice is no operator of the server any more",
        "* Alice is no operator of the server any more",
    ),
    (AdministrativeAct(ALICE, "kill", "Alice", "bob"), "", ""),
    (Entered(ALICE, "s1"), "", ""),
    (PresenceResumed(ALICE), "", ""),
    (SessionStarted(ALICE, "s2"), "", ""),
    (SessionEnded(ALICE, "s2", "local", "bye"), "", ""),
    (NodeJoined(SERVER, "n-1", "n"), "", ""),
    (NodeLost(SERVER, "n-1", "it stopped"), "", ""),
    (AwaySet(ALICE, "lunch"), "", ""),
    (RealnameSet(ALICE, "Alice A."), "", ""),
    (HostSet(ALICE, "alice", "a.example"), "", ""),
    (AccountSet(ALICE, "alice"), "", ""),
    (UserModesSet(ALICE, "i", "w"), "", ""),
    (ServerBanSet(ALICE, "bob!*@*", "spam"), "", ""),
    (ServerBanLifted(ALICE, "bob!*@*"), "", ""),
    *[(event, "", "") for event in everyEvent("x") if isinstance(event, UNSEEN)],
    (RoomTagMessage(ALICE, "#a", "s1", (("typing", "active"),)), "", ""),
    (PrivateTagMessage(ALICE, "s1", BOB, (("typing", "active"),)), "", ""),
    (UserMetadataSet(ALICE, "s1", "color", "#102030"), "", ""),
    (AccountMetadataSet(ALICE, "alice", "s1", "color", "#102030"), "", ""),
    (RoomMetadataSet(ALICE, "#a", "s1", "color", "#102030"), "", ""),
    (KeptRoomMetadataSet(ALICE, "#a", "s1", "color", None), "", ""),
    (KeptRoomTagMessage(ALICE, "#a", "s1", (("draft/react", "+1"),)), "", ""),
    (KeptPrivateTagMessage(ALICE, "s1", BOB, (("draft/react", "+1"),)), "", ""),
)
"""Events, and how they are shown in the current room and elsewhere."""


def dialect(current: bool) -> PlainDialect:
    """Make a dialect in UTC."""
    return PlainDialect(Clockface(UTC), current)


class PlainTests(SynchronousTestCase):
    """The plain dialect."""

    def test_interface(self) -> None:
        """It is a dialect, and equals only itself: a server has two."""
        verifyObject(IDialect, dialect(True))
        self.assertEqual(len({dialect(True), dialect(False)}), 2)

    def test_golden(self) -> None:
        """Every event has its line, in the current room and elsewhere."""
        for event, current, other in GOLDEN:
            with self.subTest(f"{event}"):
                entry = Entry(7, "t-7", NINE, event)
                for name, line in ((True, current), (False, other)):
                    self.assertEqual(dialect(name).render(entry), f"{line}\n".encode() if line else b"")
        self.assertEqual({type(event) for event, _, _ in GOLDEN}, set(eventClasses()))

    def test_silence(self) -> None:
        """Events at places that this door does not show give no output."""
        verifyObject(IDialect, Silence())
        for event, *_ in GOLDEN:
            self.assertEqual(Silence().render(Entry(7, "t-7", NINE, event)), b"")

    def test_unicode(self) -> None:
        """Text of any script is written in UTF-8."""
        entry = Entry(1, "t-1", NINE, RoomMessage(replace(ALICE, nick="Ζωή"), "#чат", "s1", "שלום \N{GRINNING FACE}"))
        self.assertEqual(dialect(False).render(entry), "[09:05] #чат <Ζωή> שלום \N{GRINNING FACE}\n".encode())

    def test_nothingObeyed(self) -> None:
        """Control characters are shown as pictures."""
        entry = Entry(1, "t-1", NINE, RoomMessage(ALICE, "#a", "s1", "\x1b[2J\r[09:05] <bob> forged\t\u202e"))
        self.assertEqual(
            dialect(True).render(entry), "[09:05] <Alice> \u241b[2J\u240d[09:05] <bob> forged \ufffd\n".encode()
        )

    def test_linesOfItsOwn(self) -> None:
        """Every line of a text names its author.  Only LF ends a line."""
        entry = Entry(1, "t-1", NINE, RoomMessage(ALICE, "#a", "s1", "a\n[09:05] <bob> forged\n* bob quit\u2028\x85x"))
        self.assertEqual(
            dialect(False).render(entry).decode(),
            "[09:05] #a <Alice> a\n[09:05] #a <Alice> [09:05] <bob> forged\n"
            "[09:05] #a <Alice> * bob quit\ufffd\ufffdx\n",
        )

    def test_replies(self) -> None:
        """Notices and errors are one line too."""
        self.assertEqual(notice("a\nb"), "* a\u240ab\n".encode())
        self.assertEqual(error("a\x1bb"), "! a\u241bb\n".encode())

    def test_because(self) -> None:
        """An empty reason is not shown."""
        self.assertEqual((because(""), because("x")), ("", " (x)"))

    def test_writeModes(self) -> None:
        """A sign stands where it changes, and parameters follow all letters, in order.  A key is not shown."""
        self.assertEqual(writeModes(()), "")
        self.assertEqual(
            writeModes(
                (
                    ModeChange(False, "n"),
                    ModeChange(False, "t"),
                    ModeChange(True, "k", "key"),
                    ModeChange(True, "b", "x!*@*"),
                    ModeChange(True, "m"),
                    ModeChange(False, "v", "bob", BOB),
                )
            ),
            "-nt+kbm-v * x!*@* bob",
        )


def allStrings(event: Event, text: str) -> Event:
    """Make an event in which every text field, at any depth, has this value."""

    def changed(value: object) -> object:
        if isinstance(value, Source):
            return Source(text, text, text, text, text, text)
        if isinstance(value, ModeChange):
            return ModeChange(value.adding, value.letter, text, value.subject)
        if isinstance(value, tuple):
            return tuple(map(changed, value))
        return text if isinstance(value, str) else value

    changes = {field.name: changed(getattr(event, field.name)) for field in fields(event) if field.name != "kind"}
    return replace(event, **changes)


class LineTests(SynchronousTestCase):
    """One entry is one line, or one for each line of its text, with any field values."""

    @settings(max_examples=200, derandomize=True, deadline=None)
    @given(st.text(st.characters() | st.sampled_from("\r\n\0\x1b\x9b\u2028\u2029\u202e"), max_size=20), st.booleans())
    def test_oneLine(self, text: str, current: bool) -> None:
        """Only a text can have several lines.  No field begins a line or contains a control character."""
        for event, _, _ in GOLDEN:
            data = dialect(current).render(Entry(1, "t-1", NINE, allStrings(event, text)))
            if data:
                whole = data.decode()
                self.assertEqual(whole[-1], "\n")
                lines = whole[:-1].split("\n")
                said = isinstance(event, (RoomMessage, PrivateMessage))
                self.assertEqual(len(lines), len(list(filter(None, text.split("\n")))) if said else 1)
                for line in lines:
                    self.assertTrue(line.startswith("[09:05] " if said else "* "))
                    self.assertFalse([c for c in line if category(c) in ("Cc", "Zl", "Zp", "Cs")])


class ClockfaceTests(SynchronousTestCase):
    """Times of day."""

    def test_show(self) -> None:
        """A time is shown to the minute, independent of the time shown before."""
        clock = Clockface(UTC)
        for time, shown in ((NINE, "09:05"), (NINE + 1, "09:06"), (NINE, "09:05"), (0, "00:00"), (59_999, "00:00")):
            self.assertEqual(clock.show(time), shown)

    def test_zone(self) -> None:
        """Hours and days are those of the time zone."""
        east, west = Clockface(timezone(timedelta(hours=5, minutes=30))), Clockface(timezone(timedelta(hours=-10)))
        self.assertEqual((east.show(NINE), east.day(NINE)), ("14:35", "2026-01-02"))
        self.assertEqual((west.show(NINE), west.day(NINE)), ("23:05", "2026-01-01"))

    def test_at(self) -> None:
        """A day and a time of day give the time at which the clock shows them."""
        berlin = Clockface(ZoneInfo("Europe/Berlin"))
        for day, hour, minute in ((date(2026, 1, 2), 9, 5), (date(2026, 7, 2), 23, 59), (date(1969, 12, 31), 0, 0)):
            time = berlin.at(day, hour, minute)
            self.assertEqual((day, f"{hour:02}:{minute:02}"), (berlin.dateOf(time), berlin.show(time)))
        self.assertEqual(int(datetime(2026, 7, 2, tzinfo=UTC).timestamp() - 7200) * 1000, berlin.at(date(2026, 7, 2)))
        self.assertRaises(ValueError, berlin.at, date(2026, 1, 2), 24)

    def test_newDay(self) -> None:
        """The first entry of each day is reported, except on the first day.  A day with a change of the hour is one."""
        told: list[int] = []
        clock = Clockface(ZoneInfo("Europe/Berlin"), told.append)
        dialect = PlainDialect(clock, current=True)
        for time in (saturday := clock.at(date(2026, 10, 24), 23, 59), clock.at(date(2026, 10, 25)) - 1):
            dialect.render(Entry(1, "t-1", time, Joined(ALICE, "#a")))
        self.assertEqual([], told)
        sunday, monday = clock.at(date(2026, 10, 25)), clock.at(date(2026, 10, 26))
        self.assertEqual(25 * 3_600_000, monday - sunday)
        for time in (sunday, sunday + 1, monday - 1, monday, monday + 90 * 3_600_000):
            dialect.render(Entry(1, "t-1", time, RoomMessage(ALICE, "#a", "s1", "x")))
        self.assertEqual([sunday, monday, monday + 90 * 3_600_000], told)
        PlainDialect(Clockface(UTC), current=True).render(Entry(1, "t-1", saturday, Joined(ALICE, "#a")))

    def test_dayNotice(self) -> None:
        """The date is written out."""
        self.assertEqual(b"* --- Sunday, 29 November 2026\n", dayNotice(date(2026, 11, 29)))
