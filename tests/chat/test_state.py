"""Tests of L{twistchat.chat.state}: the effect of each entry, the refusals, and determinism."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import FakeDepartures, Person, Scene, done, kept, rebuilt, shown
from twistchat.chat import errors
from twistchat.chat.fanout.audience import Broadcast
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import (
    SERVER,
    AccessSet,
    AccountDropped,
    AccountEvent,
    AccountExpired,
    AccountRegistered,
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
    NickGrouped,
    NodeJoined,
    NodeLost,
    OperatorSet,
    Parted,
    PresenceKept,
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
from twistchat.chat.model.names import fold
from twistchat.chat.state import State
from twistchat.testing.samples import eventClasses, everyEvent

KEPT = Source("u5", "kept", account="acc")
ALICE, BOB, NOBODY = Source("u1", "alice"), Source("u2", "bob"), Source("u9", "nobody")
LOOKALIKE = "#\N{CYRILLIC SMALL LETTER A}"
"""Looks like C{#a}."""


LATE = (AccountRegistered, AccountDropped, AccountExpired, NickGrouped)
"""Events of accounts that cannot happen to an account that is there and stays."""


class ApplyTests(SynchronousTestCase):
    """Entries that cannot be applied any more, and those that still can."""

    def setUp(self) -> None:
        """Alice in a room, and bob outside."""
        self.state = State(Broadcast(lambda flush: None, FakeDepartures()))
        self.sequence = 0
        self.apply(Entered(ALICE, "s1"), Entered(BOB, "s2"), Joined(ALICE, "#a"))

    def apply(self, *happened: Event) -> None:
        """Apply events with stamps."""
        for event in happened:
            self.sequence += 1
            self.state.apply(Entry(self.sequence, f"m{self.sequence}", 1000 * self.sequence, event))

    def test_nothingYet(self) -> None:
        """Before the first entry there are no users, and there never were."""
        state = State(Broadcast(lambda flush: None, FakeDepartures()))
        self.assertEqual((state.sequence, state.mostUsers, len(state.users), len(state.rooms)), (0, 0, 0, 0))

    def test_sequence(self) -> None:
        """The state knows the last entry, even if it refused it."""
        self.assertEqual(self.state.sequence, 3)
        self.assertRaises(errors.NoSuchNick, self.apply, Quit(NOBODY, "x"))
        self.assertEqual(self.state.sequence, 4)

    def test_everyEvent(self) -> None:
        """The state knows every class of event."""

        happened = (
            RoomMessage(ALICE, "#a", "s1", "x"),
            RoomTagMessage(ALICE, "#a", "s1", ()),
            KeptRoomTagMessage(ALICE, "#a", "s1", ()),
            RoomMessageRedacted(ALICE, "#a", 4, "m4"),
            PrivateMessage(ALICE, "s1", BOB, "x"),
            PrivateTagMessage(ALICE, "s1", BOB, ()),
            KeptPrivateTagMessage(ALICE, "s1", BOB, ()),
            PrivateMessageRedacted(ALICE, BOB, 7, "m7"),
            AwaySet(ALICE, "x"),
            RealnameSet(ALICE, "x"),
            HostSet(ALICE, "u", "h"),
            AccountSet(ALICE, "x"),
            UserModesSet(ALICE, "i", ""),
            OperatorSet(ALICE, "x"),
            AdministrativeAct(ALICE, "x", "Alice"),
            Announced(ALICE, "x"),
            ServerBanSet(ALICE, "x!*@*", "x"),
            ServerBanLifted(ALICE, "x!*@*"),
            Invited(ALICE, "#a", BOB),
            TopicSet(ALICE, "#a", "x"),
            ModesSet(ALICE, "#a", ()),
            UserMetadataSet(ALICE, "s1", "x", "y"),
            RoomMetadataSet(ALICE, "#a", "s1", "x", "y"),
            Entered(NOBODY, "s3"),
            Joined(NOBODY, "#a"),
            Kicked(ALICE, "#a", NOBODY, ""),
            Renamed(NOBODY, "somebody"),
            SessionStarted(NOBODY, "s4"),
            SessionEnded(NOBODY, "s3", "", ""),
            Quit(NOBODY, ""),
            RoomRenamed(ALICE, "#a", "#b"),
            Parted(ALICE, "#b", ""),
            Entered(NOBODY, "s5"),
            AccountSet(BOB, "bob"),
            SessionMoved(NOBODY, "s5", "", Source("u2", "bob", account="bob")),
            Killed(ALICE, BOB, ""),
            AccountRegistered(ALICE, "acc", registration="acc"),
            NickGrouped(ALICE, "acc", "accy"),
            PresenceKept(KEPT, "acc"),
            PresenceResumed(KEPT),
            NodeJoined(SERVER, "n-1", "n"),
            NodeLost(SERVER, "n-1"),
            *[event for event in everyEvent("acc") if isinstance(event, AccountEvent) and not isinstance(event, LATE)],
            RoomRegistered(ALICE, "#b", "acc"),
            RoomSettingSet(ALICE, "#b", "description", "x"),
            KeptRoomMetadataSet(ALICE, "#b", "s1", "x", "y"),
            AccessSet(ALICE, "#b", "acc", "o"),
            RoomTransferred(ALICE, "#b", "acc"),
            RoomDropped(ALICE, "#b"),
            TopicSet(ALICE, "#d", "x"),
            RoomRemoved(ALICE, "#d"),
            AccountDropped(ALICE, "acc"),
            AccountRegistered(ALICE, "other", until=1),
            AccountExpired(ALICE, "other"),
        )
        self.apply(*happened)
        self.assertEqual({type(event) for event in happened}, set(eventClasses()))

    def test_refused(self) -> None:
        """An entry that is not possible any more is refused with the reason, and changes nothing."""
        carol = Source("u3", "c\N{CYRILLIC SMALL LETTER A}rol")
        self.apply(Entered(carol, "s3"), Joined(carol, "#c"))
        cases: list[tuple[Event, errors.ChatError]] = [
            (Entered(Source("u4", "ALICE"), "s4"), errors.NickInUse("ALICE", "alice")),
            (Entered(Source("u4", "carol"), "s4"), errors.NickInUse("carol", carol.nick)),
            (Renamed(BOB, "Alice"), errors.NickInUse("Alice", "alice")),
            (Renamed(NOBODY, "x"), errors.NoSuchNick("nobody")),
            (Quit(NOBODY, "x"), errors.NoSuchNick("nobody")),
            (AwaySet(NOBODY, "x"), errors.NoSuchNick("nobody")),
            (PrivateMessage(ALICE, "s1", NOBODY, "x"), errors.NoSuchNick("nobody")),
            (Invited(ALICE, "#a", NOBODY), errors.NoSuchNick("nobody")),
            (Invited(NOBODY, "#a", BOB), errors.NoSuchNick("nobody")),
            (Invited(ALICE, "#none", BOB), errors.NotInRoom("#none")),
            (PrivateTagMessage(ALICE, "s1", NOBODY, ()), errors.NoSuchNick("nobody")),
            (RoomRenamed(ALICE, "#a", "#C"), errors.RoomNameInUse("#c")),
            (RoomRenamed(carol, "#c", LOOKALIKE), errors.RoomLookalike(LOOKALIKE, "#a")),
            (Joined(NOBODY, "#b"), errors.NoSuchNick("nobody")),
            (Joined(BOB, LOOKALIKE), errors.RoomLookalike(LOOKALIKE, "#a")),
            (Parted(BOB, "#a", ""), errors.NotInRoom("#a")),
            (Parted(BOB, "#none", ""), errors.NotInRoom("#none")),
            (Kicked(ALICE, "#a", BOB, ""), errors.TargetNotInRoom("bob", "#a")),
            (Kicked(ALICE, "#none", BOB, ""), errors.NotInRoom("#none")),
            (TopicSet(ALICE, LOOKALIKE, "x"), errors.RoomLookalike(LOOKALIKE, "#a")),
            (ModesSet(ALICE, LOOKALIKE, ()), errors.RoomLookalike(LOOKALIKE, "#a")),
        ]
        for event, expected in cases:
            with self.subTest(f"{event}"):
                before = shown(self.state)
                error = self.assertRaises(type(expected), self.apply, event)
                self.assertEqual(error, expected)
                self.assertEqual(shown(self.state), before)

    def test_late(self) -> None:
        """An entry that was proposed in time still takes effect after its reason is gone, if that harms nobody."""
        before = shown(self.state)
        self.apply(Joined(ALICE, "#A"), RoomMessage(ALICE, "#gone", "s1", "x"), RoomMessage(BOB, "#a", "s2", "x"))
        self.apply(
            RoomTagMessage(ALICE, "#gone", "s1", ()),
            RoomMessageRedacted(ALICE, "#gone", 1, "m1"),
            PrivateMessageRedacted(ALICE, NOBODY, 1, "m1"),
        )
        self.assertEqual(shown(self.state), before)
        self.apply(PrivateMessage(NOBODY, "s9", ALICE, "last words"))
        self.apply(TopicSet(BOB, "#a", "from outside"), TopicSet(ALICE, "#later", "kept"))
        self.assertEqual([room.name for room in self.state.rooms], ["#a", "#later"])
        self.apply(TopicSet(ALICE, "#later", ""), TopicSet(ALICE, "#never", ""), ModesSet(ALICE, "#never", ()))
        self.assertEqual([room.name for room in self.state.rooms], ["#a"])

    def test_lateRename(self) -> None:
        """A room that has ended is not renamed, because the journal would give its entries to the other name."""
        before = shown(self.state)
        self.assertRaises(errors.NoSuchRoom, self.apply, RoomRenamed(ALICE, "#gone", "#later"))
        self.assertEqual(shown(self.state), before)

    def test_unknownSession(self) -> None:
        """A user whose session belongs to another process is like any other."""
        user = self.state.users.named("alice")
        assert user is not None
        self.assertEqual(user.sessions, {})
        self.apply(Renamed(ALICE, "Alicia"), RoomMessage(ALICE, "#a", "s1", "x"), Quit(ALICE, "bye"))
        self.assertEqual([user.nick for user in self.state.users], ["bob"])
        self.assertEqual(len(self.state.rooms), 0)

    def test_modeWithoutEffect(self) -> None:
        """A change that two sessions proposed at once is made once."""
        ban = ModesSet(ALICE, "#a", (ModeChange(True, "b", "x!*@*"), ModeChange(True, "m")))
        self.apply(ban)
        before = shown(self.state)
        self.apply(ban)
        self.assertEqual(shown(self.state), before)
        lift = ModesSet(ALICE, "#a", (ModeChange(False, "b", "x!*@*"), ModeChange(False, "m")))
        self.apply(lift)
        before = shown(self.state)
        self.apply(lift)
        self.assertEqual(shown(self.state), before)


NICKS = ("ann", "Ben", "c\N{CYRILLIC SMALL LETTER A}t", "cat", "bEN", "dora")
ROOMS = ("#a", "#B", "#b", LOOKALIKE, "#c")
TEXTS = ("", "x", "y")
MODES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("+m", ()),
    ("-m", ()),
    ("+s-n", ()),
    ("-s+n", ()),
    ("-t", ()),
    ("+t", ()),
    ("+k", ("key",)),
    ("-k", ("key",)),
    ("+l", ("2",)),
    ("-l", ()),
    ("+bb", ("ann", "*!*@ben.host")),
    ("-b", ("ann",)),
    ("-b", ("*!*@ben.host",)),
    ("+ee", ("b", "c")),
    ("-ee", ("b", "c")),
    ("+i", ()),
    ("-i", ()),
    ("+I", ("ann",)),
    ("-I", ("ann",)),
    ("+RM", ()),
    ("-RM", ()),
    ("+CNTcg", ()),
    ("-CNTcg", ()),
    ("+f", ("#B",)),
    ("-f", ()),
    ("+bb", ("~m:~a:*", "~c:@#b")),
    ("-bb", ("~m:~a:*", "~c:@#b")),
)


class Play:
    """Four users, two of them with accounts, with random actions."""

    def __init__(self) -> None:
        self.scene = Scene(ChatLimits(bans=2, userJoinBurst=1000, roomJoinBurst=1000))
        self.people = [
            self.scene.person("ann", account="Ann"),
            self.scene.person("ben", account="ben"),
            self.scene.person("cat"),
            self.scene.person("dan"),
        ]
        for person in self.people:
            done(self.scene.chat.membership.join(person.session, "#a"))
        self.comings = 0

    def act(self, verb: str, who: int, choice: int, other: int) -> None:
        """Act.  If the chat refuses, nothing happens."""
        chat, person = self.scene.chat, self.people[who]
        room = ROOMS[choice % len(ROOMS)]
        nick = self.people[other].user.nick
        session = person.session
        letters, parameters = MODES[(choice * 4 + other) % len(MODES)]
        verbs: dict[str, Callable[[], object]] = {
            "join": lambda: chat.membership.join(session, room, "key"),
            "part": lambda: chat.membership.part(session, room),
            "topic": lambda: chat.channels.setTopic(session, room, TEXTS[other % len(TEXTS)]),
            "kick": lambda: chat.membership.kick(session, room, nick),
            "modes": lambda: chat.channels.setModes(session, ROOMS[other % 2], letters, parameters),
            "rank": lambda: chat.channels.setModes(session, room, "+-"[choice % 2] + "ohv"[other % 3], [nick]),
            "rename": lambda: chat.identity.rename(session, NICKS[choice % len(NICKS)]),
            "say": lambda: chat.speaking.say(session, room, "hello"),
            "tell": lambda: chat.speaking.sayPrivate(session, nick, "hello"),
            "away": lambda: chat.presence.setAway(session, TEXTS[other % len(TEXTS)] or None),
            "invite": lambda: chat.membership.invite(session, room, nick),
            "rename room": lambda: chat.channels.rename(session, room, ROOMS[other]),
            "return": lambda: self.comeBack(who),
        }
        self.scene.now += 60
        try:
            verbs[verb]()
        except errors.ChatError:
            return

    def comeBack(self, who: int) -> None:
        """Disconnect, and return with nothing but an account."""
        person = self.people[who]
        account = person.user.source.account
        done(self.scene.chat.presence.close(person.session, "bye"))
        self.comings += 1
        self.people[who] = self.scene.person(f"back{self.comings}", account=account)


VERBS = (
    "join",
    "part",
    "topic",
    "kick",
    "modes",
    "rank",
    "rename",
    "say",
    "tell",
    "away",
    "invite",
    "rename room",
    "return",
)
ACTS = st.lists(
    st.tuples(
        st.sampled_from((*VERBS, "join", "part", "modes", "modes", "rank")),
        st.integers(0, 3),
        st.integers(0, 9),
        st.integers(0, 3),
    ),
    max_size=60,
)


class ReplayTests(SynchronousTestCase):
    """The same entries give the same state."""

    @settings(max_examples=150)
    @given(ACTS)
    def test_deterministic(self, acts: list[tuple[str, int, int, int]]) -> None:
        """All entries, applied again, give the whole state, except for connections."""
        play = Play()
        for act in acts:
            play.act(*act)
        self.assertEqual(shown(rebuilt(play.scene.entries)), shown(play.scene.state))

    @settings(max_examples=250)
    @given(ACTS)
    def test_durable(self, acts: list[tuple[str, int, int, int]]) -> None:
        """The durable entries without texts give everything that rooms keep, without members."""
        play = Play()
        for act in acts:
            play.act(*act)
        state = rebuilt(
            [entry for entry in play.scene.entries if isinstance(entry.event, (TopicSet, ModesSet, RoomRenamed))]
        )
        self.assertEqual(kept(state), kept(play.scene.state))
        self.assertTrue(all(room.persistent and not room.members for room in state.rooms))

    @settings(max_examples=100)
    @given(ACTS)
    def test_consistent(self, acts: list[tuple[str, int, int, int]]) -> None:
        """Users and rooms refer to each other, no two names look alike, and no room outlasts what keeps it."""
        play = Play()
        for act in acts:
            play.act(*act)
        state = play.scene.state
        for room in state.rooms:
            self.assertTrue(room.members or room.persistent)
            self.assertIs(state.rooms.get(fold(room.name)), room)
            self.assertIs(state.rooms.lookalike(room.name), room)
            for uid, member in room.members.items():
                self.assertIs(state.users.get(uid), member.user)
                self.assertIs(member.user.rooms[room.name.lower()], room)
        for user in state.users:
            self.assertIs(state.users.lookalike(user.nick), user)
            for room in user.rooms.values():
                self.assertIn(user.source.uid, room.members)
                self.assertIs(state.rooms.get(room.name), room)
        self.listening(play.people, state)

    def listening(self, people: list[Person], state: State) -> None:
        """Every session hears the rooms of its user, and no other."""
        state.broadcast.flush()
        for person in people:
            person.heard()
        for room in state.rooms:
            room.audience.publish(Entry(10**6, "m", 10**12, TopicSet(NOBODY, room.name, "test")))
        state.broadcast.flush()
        for person in people:
            expected = sorted(f"{room.name} nobody topic test" for room in person.user.rooms.values())
            self.assertEqual(sorted(person.heard()), expected)
