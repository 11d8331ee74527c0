"""Tests of L{twistchat.journal.sqlite.rebuilding}: a restart restores the state of rooms."""

from __future__ import annotations

from contextlib import closing
from shutil import rmtree
from sqlite3 import connect
from tempfile import mkdtemp
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import FakeDepartures
from tests.journal.disk import kill, writerOf
from twistchat.chat.errors import ChatError, NoSuchRoom, RoomNameInUse
from twistchat.chat.fanout.audience import Broadcast
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.events import (
    SERVER,
    AccessSet,
    AccountDropped,
    AccountExpired,
    AccountRegistered,
    AccountRestored,
    AccountSettingSet,
    AccountSuspended,
    AccountVerified,
    Credential,
    CredentialRemoved,
    CredentialSet,
    Entered,
    Entry,
    Event,
    InboxRead,
    Joined,
    KeptRoom,
    LoginRecorded,
    MarkerSet,
    ModeChange,
    ModesSet,
    NickGrouped,
    NickUngrouped,
    Parted,
    PresenceEnded,
    PresenceKept,
    PrivateMessage,
    PrivateMessageRedacted,
    RoomDropped,
    RoomRegistered,
    RoomRemoved,
    RoomRenamed,
    RoomSettingSet,
    RoomTransferred,
    ServerBanLifted,
    ServerBanSet,
    Source,
    TopicSet,
)
from twistchat.chat.model.holding import Holding
from twistchat.chat.model.modes.room import RANK_BY_LETTER, ROOM_MODES, Shape
from twistchat.chat.model.names import fold
from twistchat.chat.state import State
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.rows import RowWriter
from twistchat.testing.contract import ANN
from twistchat.testing.workers import InlineWorker

ROOMS = ("#one", "#One", "#two", "#three")

NOW = 1000
"""The time of the journal's clock, in milliseconds since the epoch."""

PEOPLE = (
    Source("u1", "Ann", account="Ann"),
    Source("u2", "ann2", account="ann"),
    Source("u3", "Bob", account="Bob"),
    Source("u4", "guest"),
)


def rankChange(adding: bool, letter: str, who: Source) -> ModeChange:
    """The change of a rank."""
    return ModeChange(adding, letter, who.nick, who)


def modeChange(adding: bool, letter: str, number: int) -> ModeChange:
    """The change of a mode, with one of a few parameters if it has one."""
    shape = ROOM_MODES[letter].shape
    parameters = {Shape.FLAG: None, Shape.LIST: f"{number}!*@*"}
    return ModeChange(adding, letter, parameters.get(shape, f"{number}"))


CHANGES = st.one_of(
    st.builds(rankChange, st.booleans(), st.sampled_from(sorted(RANK_BY_LETTER)), st.sampled_from(PEOPLE)),
    st.builds(modeChange, st.booleans(), st.sampled_from(sorted(ROOM_MODES)), st.integers(1, 3)),
)

ONE_ROOM = st.sampled_from(ROOMS)

MASKS = st.sampled_from(["192.0.2.0/24", "*!*@spam.example", "bad!*@*"])

NAMES = st.sampled_from(["alice", "Alice", "bob", "b\u03bfb"])

CREDENTIALS = st.one_of(
    st.builds(Credential, st.just("password"), st.just(""), st.sampled_from(["one", "two"])),
    st.builds(Credential, st.sampled_from(["token", "certificate"]), st.sampled_from(["a", "b"]), st.just("three")),
)

KIND, NAME = st.sampled_from(["password", "token", "certificate"]), st.sampled_from(["", "a", "b"])

PLACES = st.sampled_from(["", "p", "q"])

TARGETS = st.sampled_from(["#a", "bob", "#b"])

INBOXES = st.sampled_from([Source("", "alice", account="alice"), Source("", "bob", account="bob")])

ACCOUNT_EVENTS = st.one_of(
    st.builds(AccountRegistered, st.just(SERVER), NAMES, st.sampled_from([None, 500, 5000]), st.sampled_from("12")),
    st.builds(AccountVerified, st.just(SERVER), NAMES),
    st.builds(AccountExpired, st.just(SERVER), NAMES, st.sampled_from(["", "1", "2"])),
    st.builds(AccountSuspended, st.just(SERVER), NAMES, st.sampled_from(["", "spam"])),
    st.builds(AccountRestored, st.just(SERVER), NAMES),
    st.builds(AccountDropped, st.just(SERVER), NAMES),
    st.builds(CredentialSet, st.just(SERVER), NAMES, CREDENTIALS, st.sampled_from(["", "1", "2"])),
    st.builds(CredentialRemoved, st.just(SERVER), NAMES, KIND, NAME),
    st.builds(LoginRecorded, st.just(SERVER), NAMES, KIND, NAME, PLACES, PLACES),
    st.builds(
        AccountSettingSet, st.just(SERVER), NAMES, st.just("email"), st.sampled_from([None, "a@example", "b@example"])
    ),
    st.builds(NickGrouped, st.just(SERVER), NAMES, st.sampled_from(["al", "Al", "bo", "bob"])),
    st.builds(NickUngrouped, st.just(SERVER), NAMES, st.sampled_from(["al", "Al", "bo"])),
    st.builds(PrivateMessage, st.just(ANN), st.just("s"), INBOXES, st.just("hello")),
    st.builds(PrivateMessageRedacted, st.just(ANN), INBOXES, st.integers(4, 12), st.just("m")),
    st.builds(PresenceKept, st.just(SERVER), NAMES, st.just((KeptRoom("#a", "o", 3),))),
    st.builds(PresenceEnded, st.just(SERVER), NAMES, st.just("over")),
    st.builds(
        InboxRead, st.just(SERVER), NAMES, st.sampled_from([None, 5, 10]), st.sampled_from([(), (), (5,), (4, 7, 10)])
    ),
    st.builds(MarkerSet, st.just(SERVER), NAMES, TARGETS, st.integers(0, 9), st.sampled_from([(), ("bob",), ("#a",)])),
    st.builds(RoomRegistered, st.just(SERVER), ONE_ROOM, NAMES),
    st.builds(RoomTransferred, st.just(SERVER), ONE_ROOM, NAMES),
    st.builds(RoomDropped, st.just(SERVER), ONE_ROOM, st.booleans()),
    st.builds(RoomRemoved, st.just(SERVER), ONE_ROOM, st.integers(0, 12)),
    st.builds(AccessSet, st.just(SERVER), ONE_ROOM, NAMES, st.sampled_from(["", "o", "v"])),
    st.builds(RoomSettingSet, st.just(SERVER), ONE_ROOM, st.just("description"), st.sampled_from([None, "tea"])),
)

EVENTS = st.one_of(
    ACCOUNT_EVENTS,
    ACCOUNT_EVENTS,
    st.builds(TopicSet, st.just(ANN), ONE_ROOM, st.sampled_from(["", "tea", "coffee"])),
    st.builds(ModesSet, st.just(ANN), ONE_ROOM, st.lists(CHANGES, min_size=1, max_size=4).map(tuple)),
    st.builds(RoomRenamed, st.just(ANN), ONE_ROOM, ONE_ROOM),
    st.builds(Joined, st.just(ANN), ONE_ROOM),
    st.builds(Parted, st.just(ANN), ONE_ROOM, st.just("")),
    st.builds(ServerBanSet, st.just(ANN), MASKS, st.just("spam"), st.sampled_from([None, 500, NOW, NOW + 500])),
    st.builds(ServerBanLifted, st.just(ANN), MASKS),
)


PREPARED: tuple[Event, ...] = (
    AccountRegistered(SERVER, "alice"),
    AccountRegistered(SERVER, "bob", 500),
    RoomRegistered(SERVER, "#one", "alice"),
    AccessSet(SERVER, "#one", "bob", "o"),
)
"""Events before the others, so that more of them can be applied."""


def kept(state: State) -> dict[str, Any]:
    """The persistent data of rooms and accounts, and the bans from the server."""
    rooms = {
        fold(room.name): (
            room.topic,
            room.modes,
            room.lists,
            [(account, set(ranks)) for account, ranks in room.granted.items()],
            room.founder,
            dict(room.settings),
        )
        for room in state.rooms
        if room.persistent
    }
    accounts = {
        account.name: {name: getattr(account, name) for name in Account.__slots__}
        | {"logins": (account.used, list(account.places))}
        for account in state.accounts
    }
    others = {"bans": state.serverBans.active(NOW), "accounts": accounts, "retired": set(state.accounts.retired)}
    others["sealed"] = dict(state.rooms.sealed)
    return rooms | others


def onDisk(directory: str) -> dict[int, set[str]]:
    """The table C{holding}, in the form of L{Holding.entries}."""
    found: dict[int, set[str]] = {}
    with closing(connect(f"{directory}/journal.sqlite")) as connection:
        for sequence, key in connection.execute("SELECT sequence, key FROM holding ORDER BY sequence"):
            found.setdefault(sequence, set()).add(key)
    return found


class RebuildingTests(SynchronousTestCase):
    """The state of rooms before and after a restart."""

    @given(st.sampled_from([(), PREPARED]), st.lists(st.one_of(EVENTS, st.none()), max_size=30))
    @settings(max_examples=60, deadline=None)
    def test_rooms(self, prepared: tuple[Event, ...], events: list[Event | None]) -> None:
        """
        After a restart, rooms have the same topic, modes, lists, owners and access lists, accounts are the same, and
        the server has the same bans.  Refused entries leave no trace.  C{None} is a restart.
        """
        directory = mkdtemp()
        try:
            journal, state = self.start(directory)
            holding = Holding()
            over: set[int] = set()
            ended: set[int] = set()

            def note(entry: Entry) -> None:
                holding.note(entry)
                if isinstance(entry.event, ServerBanSet) and (entry.event.until or NOW + 1) <= NOW:
                    ended.add(entry.sequence)

            for event in [*prepared, *events, None]:
                if event is None:
                    self.successResultOf(journal.close())
                    before = kept(state)
                    held = {sequence: keys for sequence, keys in holding.entries().items() if sequence not in over}
                    self.assertEqual(onDisk(directory), held)
                    over |= ended  # a restart releases bans that have ended
                    journal, state = self.start(directory)
                    self.assertEqual(kept(state), before)
                else:
                    if state.users.get(ANN.uid) is None:
                        self.successResultOf(journal.append(Entered(ANN, "s")))
                    journal.append(event).addCallbacks(note, lambda failure: failure.trap(ChatError) and None)
                    # The chat records the locks that an empty room has lost.
                    for room, changes in state.rooms.unlocked:
                        journal.append(ModesSet(SERVER, room.name, changes)).addCallback(note)
                    state.rooms.unlocked.clear()
            self.successResultOf(journal.close())
        finally:
            rmtree(directory)

    def test_takenBackInBetween(self) -> None:
        """
        A mode that was unset before a look-alike room existed, and set again after that room was renamed, does not keep
        the look-alike from being restored.
        """
        twin = "#\u03bfne"
        ban, lock = ModeChange(True, "b", "x!*@*"), ModeChange(True, "i")
        events = [
            ModesSet(ANN, "#one", (ban, ModeChange(False, "i"))),
            ModesSet(ANN, "#one", (ModeChange(False, "b", "x!*@*"),)),
            ModesSet(ANN, twin, (lock,)),
            RoomRenamed(ANN, twin, "#two"),
            ModesSet(ANN, "#one", (ban,)),
        ]
        directory = mkdtemp()
        self.addCleanup(rmtree, directory)
        states = []
        for appended in (events, []):
            journal, state = self.start(directory)
            for event in appended:
                self.successResultOf(journal.append(event))
            self.successResultOf(journal.close())
            states.append(kept(state))
        self.assertEqual(sorted(states[0]), ["#one", "#two", "accounts", "bans", "retired", "sealed"])
        self.assertEqual(states[1], states[0])

    def test_renamedTooLate(self) -> None:
        """A room that ends before its rename is applied takes nothing from another room that got the new name first."""
        directory = mkdtemp()
        self.addCleanup(rmtree, directory)
        journal, state = self.start(directory)
        events = [
            Entered(ANN, "s"),
            Joined(ANN, "#one"),
            TopicSet(ANN, "#two", "tea"),
            Parted(ANN, "#one", ""),
            RoomRenamed(ANN, "#two", "#three"),
        ]
        for event in events:
            self.successResultOf(journal.append(event))
        before = kept(state)
        self.failureResultOf(journal.append(RoomRenamed(ANN, "#one", "#three")), RoomNameInUse)
        self.failureResultOf(journal.append(RoomRenamed(ANN, "#one", "#four")), NoSuchRoom)
        self.successResultOf(journal.close())
        journal, state = self.start(directory)
        self.assertEqual(kept(state), before)
        self.assertEqual(before["#three"][0].text, "tea")
        self.successResultOf(journal.close())

    def test_renamedTooLateBeforeRestart(self) -> None:
        """The same is true if the server is killed before it applies that rename."""
        directory = mkdtemp()
        self.addCleanup(rmtree, directory)
        journal, state = self.start(directory)
        for event in (TopicSet(ANN, "#two", "tea"), RoomRenamed(ANN, "#two", "#three")):
            self.successResultOf(journal.append(event))
        before = kept(state)
        writerOf(journal).write([RowWriter().row(Entry(3, "r-3", NOW, RoomRenamed(ANN, "#one", "#three")))])
        kill(journal)
        for quiet in (False, True):
            journal, state = self.start(directory, quiet=quiet)
            self.assertEqual(kept(state), before)
            self.successResultOf(journal.close())

    def start(self, directory: str, *, quiet: bool = True) -> tuple[Any, State]:
        """Open a journal with a new state.  It logs nothing if C{quiet}."""
        journal, _ = sqliteJournal(
            directory, lambda: NOW / 1000, lambda: "r", lambda: bytes(32), lambda name: InlineWorker(), "relaxed"
        )
        state = State(Broadcast(lambda flush: None, FakeDepartures()))
        with capturedLogs() as logs:
            self.successResultOf(journal.open(state.apply))
        self.assertTrue(logs == [] or not quiet, logs)
        return journal, state
