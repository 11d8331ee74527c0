"""A chat without doors.  Its sessions have outlets that record what they get."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from zope.interface import implementer

from twistchat.chat.chat import Chat
from twistchat.chat.errors import ChatError
from twistchat.chat.fanout.audience import Broadcast
from twistchat.chat.limits import AlwaysOnPolicy, ChatLimits, NickProtection
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.events import (
    SERVER,
    AccessSet,
    AccountEvent,
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
    Kicked,
    Killed,
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
    RoomMessage,
    RoomMessageRedacted,
    RoomMetadataSet,
    RoomRegistered,
    RoomRenamed,
    RoomTagMessage,
    ServerBanLifted,
    ServerBanSet,
    SessionEnded,
    SessionMoved,
    SessionStarted,
    Source,
    Tags,
    TopicSet,
    UserMetadataSet,
    UserModesSet,
)
from twistchat.chat.model.nodes import ALONE
from twistchat.chat.model.rooms import Room
from twistchat.chat.model.sessions import Origin, Session
from twistchat.chat.model.users import User
from twistchat.chat.state import State
from twistchat.interfaces import IDialect, IOutlet, Journal
from twistchat.journal.kinds import memoryJournal
from twistchat.journal.stamp import Stamp
from twistchat.testing import ManualLog, inMemory

NOON = 1_767_268_800.0
"""When a chat begins, in seconds since the epoch."""

SILENT: tuple[type[Event], ...] = (
    Entered,
    PresenceResumed,
    SessionStarted,
    SessionEnded,
    NodeJoined,
    NodeLost,
    ServerBanSet,
    ServerBanLifted,
    AccountEvent,
    AdministrativeAct,
)
"""Events that a L{FakeDialect} does not render by default."""

E = TypeVar("E", bound=ChatError)


def written(event: Event) -> str:
    """Describe an event in a few words, for comparison in tests."""
    who = event.source.nick
    match event:
        case RoomMessage():
            return f"{event.rank}{event.room} {who}: {event.text}{writtenTags(event.tags)}"
        case PrivateMessage():
            return f"@{event.recipient.nick} {who}: {event.text}{writtenTags(event.tags)}"
        case RoomTagMessage():
            return f"{event.rank}{event.room} {who} signals{writtenTags(event.tags)}"
        case PrivateTagMessage():
            return f"@{event.recipient.nick} {who} signals{writtenTags(event.tags)}"
        case RoomMessageRedacted():
            return f"{event.room} {who} unsaid {event.msgid} {event.reason}".rstrip()
        case PrivateMessageRedacted():
            return f"@{event.recipient.nick} {who} untold {event.msgid} {event.reason}".rstrip()
        case RoomRenamed():
            return f"{event.room} {who} renamed it {event.name} {event.reason}".rstrip()
        case Kicked():
            return f"{event.room} {event.source.shown} kicked {event.kicked.nick} {event.reason}".rstrip()
        case Joined():
            return f"{event.room} {who} joined"
        case Parted():
            return f"{event.room} {who} parted {event.reason}".rstrip()
        case TopicSet():
            return f"{event.room} {who} topic {event.topic}".rstrip()
        case ModesSet():
            changes = " ".join(
                f"{'+' if change.adding else '-'}{change.letter} {change.parameter or ''}".rstrip()
                for change in event.changes
            )
            return f"{event.room} {who} set {changes}"
        case Invited():
            return f"{event.room} {who} invited {event.invitee.nick}"
        case Renamed():
            return f"{who} is {event.nick}"
        case AwaySet():
            return f"{who} away {event.message or ''}".rstrip()
        case Quit():
            return f"{who} quit {event.reason}".rstrip()
        case Killed():
            return f"{event.source.shown} killed {event.killed.nick} {event.reason}".rstrip()
        case RealnameSet():
            return f"{who} realname {event.realname}".rstrip()
        case HostSet():
            return f"{who} host {event.username}@{event.host}"
        case AccountSet():
            return f"{who} account {event.account}"
        case UserMetadataSet():
            return f"{who} has {event.key} {event.value or ''}".rstrip()
        case RoomMetadataSet():
            return f"{event.room} has {event.key} {event.value or ''}".rstrip()
        case UserModesSet():
            return f"{who} umode +{event.added}-{event.removed}"
        case OperatorSet():
            return f"{who} operator {event.title}"
        case Announced():
            return f"{event.source.shown} announced {event.text}{' to everyone' if event.everyone else ''}"
        case Entered():
            return f"{who} entered"
        case PresenceResumed():
            return f"{who} resumed"
        case SessionStarted():
            return f"{who} started {event.session}"
        case SessionEnded():
            return f"{who} ended {event.session}"
        case AdministrativeAct():
            return f"{who} act {event.act}"
        case ServerBanSet():
            return f"{who} banned"
        case ServerBanLifted():
            return f"{who} unbanned"
    raise AssertionError(event)


def writtenTags(tags: Tags) -> str:
    """Describe tags, after a text."""
    return "".join(f" +{key}={value}" for key, value in tags)


@implementer(IDialect)
class FakeDialect:
    """
    Renders entries as L{written} does, and counts.


    @ivar rendered: the sequence numbers of the rendered entries.
    """

    def __init__(self, name: str = "fake", mute: tuple[type[Event], ...] = SILENT) -> None:
        """
        Make a dialect.


        @param mute: the events that it does not render.
        """
        self.name = name
        self.rendered: list[int] = []
        self._mute = mute

    def render(self, entry: Entry) -> bytes:
        """See L{IDialect.render}."""
        self.rendered.append(entry.sequence)
        return b"" if isinstance(entry.event, self._mute) else f"{written(entry.event)}\n".encode()


@implementer(IOutlet)
class FakeOutlet:
    """
    Records what it gets.


    @ivar dialect: the dialect for all places.
    @ivar places: the dialects for particular places.
    @ivar delivered: the delivered objects.
    @ivar tuned: the rooms for which the chat asked for a dialect.
    @ivar moves: the reported renames of rooms: the old name, folded, and the new name.
    @ivar rehosts: the reported changes of other users' hosts: the old host and the new one.
    @ivar reasons: the reasons of disconnections.
    @ivar entered: the rooms that a user with several sessions has joined.
    """

    def __init__(self, dialect: IDialect) -> None:
        self.dialect = dialect
        self.places: dict[str, IDialect] = {}
        self.delivered: list[bytes] = []
        self.tuned: list[str] = []
        self.moves: list[tuple[str, str]] = []
        self.rehosts: list[tuple[str, str]] = []
        self.reasons: list[str] = []
        self.entered: list[str] = []

    def deliver(self, data: bytes) -> None:
        """See L{IOutlet.deliver}."""
        self.delivered.append(data)

    def dialectFor(self, room: str) -> IDialect:
        """See L{IOutlet.dialectFor}."""
        self.tuned.append(room)
        return self.places.get(room, self.dialect)

    def echo(self, label: str, data: bytes) -> bytes:
        """See L{IOutlet.echo}: the label in front; nothing, where the label is empty."""
        return label.encode() + b"> " + data if label else b""

    def roomRenamed(self, old: str, entry: Entry, label: str | None) -> None:
        """See L{IOutlet.roomRenamed}."""
        assert isinstance(entry.event, RoomRenamed)
        self.moves.append((old, entry.event.name))

    def hostChanged(self, entry: Entry, before: Source) -> None:
        """See L{IOutlet.hostChanged}."""
        assert isinstance(entry.event, HostSet)
        self.rehosts.append((before.host, entry.event.host))

    def attached(self, entry: Entry, before: Source, left: Sequence[str]) -> None:
        """See L{IOutlet.attached}."""
        assert isinstance(entry.event, SessionMoved)
        self.delivered.append(f"{before.nick} is now {entry.event.user.nick}, not in {' '.join(left)}\n".encode())

    def nickClaimed(self, nick: str, seconds: float) -> None:
        """See L{IOutlet.nickClaimed}."""
        self.delivered.append(f"{nick} is claimed, {seconds:g} s\n".encode())

    def roomEntered(self, room: str) -> None:
        """See L{IOutlet.roomEntered}."""
        self.entered.append(room)

    def markerMoved(self, target: str, time: int) -> None:
        """See L{IOutlet.markerMoved}."""
        self.delivered.append(f"{target} read {time}\n".encode())

    def inboxWaiting(self) -> None:
        """See L{IOutlet.inboxWaiting}."""
        self.delivered.append(b"texts wait\n")

    def disconnect(self, reason: str) -> None:
        """See L{IOutlet.disconnect}."""
        self.reasons.append(reason)


@dataclass(eq=False)
class Person:
    """A user with a session and its outlet."""

    session: Session
    outlet: FakeOutlet

    @property
    def user(self) -> User:
        """The user of the session."""
        assert self.session.user is not None
        return self.session.user

    def heard(self) -> list[str]:
        """Return the lines delivered since the last call."""
        lines = b"".join(self.outlet.delivered).decode().splitlines()
        self.outlet.delivered.clear()
        return lines


class Scene:
    """
    A chat with its journal and the ends of its turns.


    @ivar now: the time on the clock that measures rates, in seconds.
    @ivar entries: all entries, applied or refused.
    @ivar origins: the origins of the entries.
    @ivar stamp: stamps the events.
    @ivar wakes: how often the chat requested the end of the turn.
    @ivar later: in how many seconds the chat last asked for upkeep of its rooms.
    @ivar protection: how nicks of accounts are protected.
    @ivar alwaysOn: whose users stay without a session.
    @ivar guests: whether people without an account may enter.
    @ivar departures: gets the exceptions of dialects and outlets.
    """

    def __init__(
        self,
        limits: ChatLimits | None = None,
        journal: Callable[[Stamp], Journal] = memoryJournal,
        reserved: tuple[str, ...] = (),
        lobby: str = "",
        longestRetention: float = 0.0,
        begin: bool = True,
        node: str = ALONE,
        ids: str = "id",
    ) -> None:
        """
        @param begin: whether the users of always-on accounts are brought back at once.
        @param node: the id of the node.
        @param ids: what the ids of its sessions begin with.
        """
        self.now = 0.0
        self.keptTags: tuple[str, ...] = ("draft/react",)
        self.protection = NickProtection()
        self.alwaysOn = AlwaysOnPolicy()
        self.guests = True
        self.wakes = 0
        self.later: float | None = None
        self.departures = FakeDepartures()
        self.entries: list[Entry] = []
        self.origins: list[Origin | None] = []
        numbers = count(1)

        def wall() -> float:
            return NOON + self.now

        self.log: Any
        self.history: Any
        self.stamp = Stamp(wall, "t")
        self.log, self.history = journal(self.stamp)
        self.chat = Chat(
            self.log,
            self.history,
            self._atTurnEnd,
            self.departures,
            lambda: self.now,
            wall,
            lambda: f"{ids}{next(numbers)}",
            limits or ChatLimits(),
            reserved,
            lobby,
            self._later,
            node,
            protection=lambda: self.protection,
            keptTags=lambda: self.keptTags,
            longestRetention=longestRetention,
            alwaysOn=lambda: self.alwaysOn,
            guests=lambda: self.guests,
        )
        self.dialect = FakeDialect()
        self.log.open(self.apply)
        if begin:
            self.chat.upkeep.begin()

    @property
    def state(self) -> State:
        """The chat's state."""
        return self.chat.state

    def _atTurnEnd(self, flush: Callable[[], None]) -> None:
        assert flush == self.state.broadcast.flush
        self.wakes += 1

    def _later(self, seconds: float | None) -> None:
        self.later = seconds

    def wait(self, seconds: float) -> None:
        """Advance the clock, and call L{Upkeep.tend <twistchat.chat.rules.rooms.upkeep.Upkeep.tend>}."""
        self.now += seconds
        self.chat.upkeep.tend()
        self.endTurn()

    def apply(self, entry: Entry, origin: Origin | None) -> None:
        self.entries.append(entry)
        self.origins.append(origin)
        self.state.apply(entry, origin)

    def endTurn(self) -> None:
        """End the turn."""
        self.state.broadcast.flush()

    def connect(
        self,
        dialect: IDialect | None = None,
        exempt: bool = False,
        address: str | None = None,
        secure: bool = False,
    ) -> Person:
        """Open a session that has not entered."""
        outlet = FakeOutlet(dialect or self.dialect)
        return Person(self.chat.presence.open(outlet, exempt, address=address, secure=secure), outlet)

    def enter(self, person: Person, nick: str) -> Deferred[Entry]:
        """Begin to enter."""
        return Deferred.fromCoroutine(self.chat.identity.enter(person.session, nick, "~u", f"{nick.lower()}.host"))

    def person(self, nick: str, *rooms: str, dialect: IDialect | None = None, account: str | None = None) -> Person:
        """
        Return a user who has entered and joined these rooms, without the output of that.


        @param account: their account; guests have none.
        """
        person = self.connect(dialect)
        if account is None:
            done(self.enter(person, nick))
        else:
            source = Source(f"uid-{nick}", nick, "~u", f"{nick.lower()}.host", account)
            done(self.log.append(Entered(source, person.session.id, node="local")))
        for room in rooms:
            done(self.chat.membership.join(person.session, room, unlimited=True))
        self.endTurn()
        person.heard()
        return person

    def account(self, name: str, **settings: str) -> None:
        """
        Register an account, as an administrator does.


        @param settings: its settings.
        """
        done(Deferred.fromCoroutine(self.chat.accounts.register(None, name)))
        for setting, value in settings.items():
            done(self.chat.accounts.set(None, name, setting, value))

    def logIn(self, person: Person, account: str) -> Deferred[None]:
        """Log a session in to an account, before or after it enters."""
        return Deferred.fromCoroutine(self.chat.identity.login(person.session, account))

    def logOut(self, person: Person) -> Deferred[None]:
        """Log a session out."""
        return Deferred.fromCoroutine(self.chat.identity.logout(person.session))

    def attach(self, person: Person, dialect: IDialect | None = None) -> Person:
        """Open a second session of a user, in all their rooms."""
        other = self.connect(dialect)
        done(self.chat.presence.attach(other.session, person.user))
        return other

    def found(self, name: str, founder: str, **access: str) -> None:
        """
        Register a room, and the accounts in its access list.


        @param founder: the account of its founder.
        @param access: the ranks of other accounts.
        """
        for account in (founder, *access):
            if self.state.accounts.get(account) is None:
                done(self.log.append(AccountRegistered(SERVER, account)))
        done(self.log.append(RoomRegistered(SERVER, name, founder)))
        for account, ranks in access.items():
            done(self.log.append(AccessSet(SERVER, name, account, ranks)))

    def operator(self, nick: str, *privileges: str) -> Person:
        """Return an operator of the server with these privileges, without the output of that."""
        person = self.person(nick)
        done(Deferred.fromCoroutine(self.chat.operators.become(person.session, "an operator", privileges)))
        person.heard()
        return person

    def room(self, name: str) -> Room:
        """Return an existing room."""
        room = self.state.rooms.get(name)
        assert room is not None, f"no room {name}"
        return room

    def ranks(self, name: str) -> dict[str, str]:
        """Return the members of a room, with their ranks."""
        return {member.user.nick: member.ranks for member in self.room(name).members.values()}

    def modes(self, person: Person, name: str, letters: str, *parameters: str) -> None:
        """Set modes that change something."""
        done(self.chat.channels.setModes(person.session, name, letters, parameters))

    def promote(self, name: str, nick: str, ranks: str) -> None:
        """Give a user exactly these ranks in a room."""
        room = self.room(name)
        user = self.chat.identity.find(nick)
        room.members[user.source.uid].ranks = ranks

    def clear(self, *people: Person) -> None:
        """End the turn, and discard the output of users."""
        self.endTurn()
        for person in people:
            person.heard()


class FakeDepartures:
    """
    Disconnects sessions at once on request.


    @ivar faults: the exceptions, with the ids of their sessions; C{None} if none is expected.
    """

    def __init__(self) -> None:
        self.faults: list[tuple[object, list[str]]] | None = None

    def broken(self, what: object, sessions: Iterable[Session], error: Exception) -> None:
        """See L{Departures.broken}."""
        if self.faults is None:
            raise error
        self.faults.append((what, [session.id for session in sessions]))

    def disconnect(self, sessions: Iterable[Session], reason: str) -> None:
        """See L{Departures.disconnect}."""
        for session in sessions:
            session.outlet.disconnect(reason)


class ManualScene(Scene):
    """A scene with a journal that holds events until L{commit}."""

    log: ManualLog

    def __init__(self, limits: ChatLimits | None = None, begin: bool = True) -> None:
        """
        @param begin: see L{Scene}.
        """
        super().__init__(limits, inMemory(ManualLog), begin=begin)

    def commit(self, count: int | None = None) -> None:
        """Commit the held events, and end the turn."""
        self.log.commit(count)
        self.endTurn()

    def person(self, nick: str, *rooms: str, dialect: IDialect | None = None, account: str | None = None) -> Person:
        """See L{Scene.person}."""
        person = self.connect(dialect)
        entering = self.enter(person, nick)
        self.log.commit()
        done(entering)
        for room in rooms:
            self.chat.membership.join(person.session, room, unlimited=True)
        self.commit()
        person.heard()
        return person


def done(deferred: Deferred[Any] | None) -> Any:
    """Return the result of a Deferred that has fired, or raise its failure."""
    assert deferred is not None, "nothing was proposed"
    results: list[Any] = []
    failures: list[Any] = []
    deferred.addCallbacks(results.append, failures.append)
    if failures:
        failures[0].raiseException()
    assert results, "it has not fired"
    return results[0]


def refused(kind: type[E], asked: Callable[[], object]) -> E:
    """
    Assert that a verb fails with this class of error, in the call or in the journal.


    @return: the error.
    """
    caught = None
    try:
        answer = asked()
        if isinstance(answer, Deferred):
            done(answer)
    except kind as error:
        caught = error
    assert caught is not None and type(caught) is kind, f"{caught!r} is no {kind.__name__}"
    return caught


def kept(state: State) -> dict[str, Any]:
    """Return what rooms keep without members: the topic, modes, lists, founder, access list and settings of each."""
    return {
        room.name: (room.topic, room.modes, room.lists, room.founder, room.granted, room.settings)
        for room in state.rooms
        if room.persistent
    }


def shown(state: State) -> dict[str, Any]:
    """Return the whole state, as values that can be compared."""
    return {
        "users": {
            user.source.uid: (
                user.source,
                user.since,
                user.away,
                dict(user.absences),
                user.flags,
                user.operator,
                user.detached,
                user.stays,
                sorted([*user.sessions, *user.elsewhere]),
                dict(user.metadata),
                sorted(user.rooms),
                sorted(room.name for room in user.invitations),
            )
            for user in state.users
        },
        "rooms": {
            room.name: (
                room.created,
                room.topic,
                room.modes,
                room.lists,
                room.founder,
                room.granted,
                room.settings,
                dict(room.metadata),
                [(uid, member.ranks, member.since) for uid, member in room.members.items()],
            )
            for room in state.rooms
        },
        "accounts": {account.name: valuesOf(account) for account in state.accounts},
        "retired": state.accounts.retired,
        "vacancies": list(state.rooms.vacancies.items()),
        "sealed": dict(state.rooms.sealed),
        "bans": state.serverBans.active(0),
        "whowas": {user.nick: state.whowas.named(user.nick) for user in state.users},
    }


def valuesOf(account: Account) -> tuple[Any, ...]:
    """Return the fields of an account, as values that can be compared."""
    fields = [getattr(account, name) for name in Account.__slots__]
    return tuple([dict(field) if isinstance(field, Mapping) else field for field in fields])


def newState() -> State:
    """Make a state without users and rooms."""
    return State(Broadcast(lambda flush: None, FakeDepartures()))


def rebuilt(entries: list[Entry]) -> State:
    """Apply entries to a new state, and return it.  Entries that it refuses are skipped, as they were before."""
    state = newState()
    for entry in entries:
        try:
            state.apply(entry)
        except ChatError:
            continue
    return state
