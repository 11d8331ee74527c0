"""
Metadata of users and rooms, and the subscriptions of sessions to keys (IRCv3 metadata).

Everybody sees the metadata of users.  Only those who may read a room see its metadata.  The metadata of a user who is
logged in is that of their account.  What they set as a guest ends when they log in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from twistchat.chat import errors
from twistchat.chat.limits import bucketOf
from twistchat.chat.model.events import (
    AccountMetadataSet,
    Entry,
    KeptRoomMetadataSet,
    RoomMetadataSet,
    UserMetadataSet,
)
from twistchat.chat.model.metadata import NOTHING, changed, checkKey, checkValue
from twistchat.chat.model.modes.room import OPERATOR
from twistchat.chat.model.sessions import Asker, Origin, Session
from twistchat.chat.model.users import User, neighboursOf
from twistchat.chat.rules.audit import Audit
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.notify import derive
from twistchat.chat.rules.rooms.visibility import readableFrom, readableRoom

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt


class Described(NamedTuple):
    """
    A user or a room, and its metadata.

    @ivar name: its nick, account or name in the display form.
    @ivar values: its metadata.
    @ivar place: the room or the user; C{None} for an account whose user is not here.
    """

    name: str
    values: Mapping[str, str]
    place: Room | User | None


class Metadata:
    """The verbs that change and look up metadata, and subscribe to it."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._audit = Audit(core)

    def of(self, asker: Asker, target: str) -> Described:
        """
        Look up the metadata of a user, an account or a room.

        @param target: a nick, the name of an account, or the name of a room; C{*} for the asker.
        @raise NoSuchRoom: the room does not exist, or is secret to the asker.
        @raise NotInRoom: the asker is not in it, and may not read it.
        @raise Banned: the asker is banned from it.
        @raise NoSuchNick: nobody has this nick.
        """
        user, state = self._core.user(asker), self._core.state
        if target[:1] == "#":
            readableRoom(state, user, target)
            room = state.rooms.get(target)
            assert room is not None
            return Described(room.name, room.metadata, room)
        found = user if target == "*" else state.users.named(target)
        if found is not None:
            return Described(found.nick, metadataOf(state, found), found)
        account = state.accounts.withNick(target)
        if account is None:
            raise errors.NoSuchNick(target)
        return Described(account.name, account.metadata, None)

    def change(self, asker: Asker, target: str, key: str, value: str | None) -> Receipt | None:
        """
        Change one key of the asker, or of a room that they operate.

        @param value: the new value; C{None} or C{""} removes the key.
        @return: C{None} if nothing would change.
        @raise BadMetadataKey: the key is not valid.
        @raise BadMetadataValue: the value is not valid.
        @raise MetadataForbidden: the target is another user, or a room where the asker is no operator.
        @raise TooManyOf: the target has too many keys.
        @raise TooFast: the asker changes metadata too often.
        """
        limits, user = self._core.limits, self._core.user(asker)
        checkKey(key, limits.metadataKey)
        described = self._changeable(asker, target, key)
        if value:
            checkValue(key, value, limits.metadataValue)
        if described.values.get(key) == (value or None):
            return None
        counted = f"metadata {described.name}"
        if value and key not in described.values:
            if len(described.values) + self._core.pending[counted] >= limits.metadataKeys:
                raise errors.TooManyOf("keys of metadata", limits.metadataKeys)
        self._checkRate(asker, user)
        self._noteOverride(asker, described, key)
        return self._core.counted(counted, self._propose(asker, described, key, value or None))

    def clear(self, asker: Asker, target: str) -> list[tuple[str, Receipt]]:
        """
        Remove all keys of the asker, or of a room that they operate.

        @return: each key, with the receipt of its removal.
        @raise MetadataForbidden: see L{change}.
        @raise TooFast: the asker changes metadata too often.
        """
        described = self._changeable(asker, target, "*")
        if described.values:
            self._checkRate(asker, self._core.user(asker))
            self._noteOverride(asker, described, "*")
        return [(key, self._propose(asker, described, key, None)) for key in sorted(described.values)]

    # Subscriptions

    def subscribe(self, session: Session, key: str) -> bool:
        """
        Deliver changes of a key to a session.

        @return: whether that is new.
        @raise BadMetadataKey: the key is not valid.
        @raise TooManyOf: the session subscribes to too many keys.
        """
        checkKey(key, self._core.limits.metadataKey)
        if key in session.subscribed:
            return False
        if len(session.subscribed) >= self._core.limits.metadataSubscriptions:
            raise errors.TooManyOf("subscriptions", self._core.limits.metadataSubscriptions)
        session.subscribed += (key,)
        return True

    def unsubscribe(self, session: Session, key: str) -> None:
        """
        Stop delivering changes of a key to a session, if it subscribes to it.

        @raise BadMetadataKey: the key is not valid.
        """
        checkKey(key, self._core.limits.metadataKey)
        session.subscribed = tuple([other for other in session.subscribed if other != key])

    def unsubscribeAll(self, session: Session) -> None:
        """Stop delivering changes of metadata to a session."""
        session.subscribed = ()

    def visible(self, session: Session) -> Iterator[Described]:
        """
        The rooms and users about which a session hears: its rooms and their members, itself, and those whom it watches.

        The caller may pause the iteration.  Rooms that the session has left, and users who have left, are skipped.
        """
        state, seen = self._core.state, set[str]()
        for room in list(self._core.user(session).rooms.values()):
            yield from self.within(session, room, seen)
        watched = [state.users.named(nick) for nick in session.watched]
        for user in [session.user, *watched]:
            if user is not None and user.source.uid not in seen and state.users.get(user.source.uid) is user:
                seen.add(user.source.uid)
                yield Described(user.nick, metadataOf(state, user), user)

    def within(self, session: Session, room: Room, seen: set[str] | None = None) -> Iterator[Described]:
        """
        A room that a session is in, and its members.

        The caller may pause the iteration.  It ends when the session has left the room, or may not read it any more.

        @param seen: the ids of users to skip.  The members are added to them.
        """
        state = self._core.state
        if seen is None:
            seen = set()
        if self._reads(session, room):
            yield Described(room.name, room.metadata, room)
        for uid, member in list(room.members.items()):
            if not self._reads(session, room):
                return
            if uid not in seen and room.members.get(uid) is member:
                seen.add(uid)
                yield Described(member.user.nick, metadataOf(state, member.user), member.user)

    # Checks

    def _reads(self, session: Session, room: Room) -> bool:
        """Whether a session is in a room and may read it."""
        user = session.user
        if user is None or user.source.uid not in room.members:
            return False
        return readableFrom(self._core.state, room, user) is not None

    def _changeable(self, asker: Asker, target: str, key: str) -> Described:
        """Look up the metadata of a target that the asker may change."""
        described, user = self.of(asker, target), self._core.user(asker)
        if described.place is user:
            return described
        if described.place is None or isinstance(described.place, User):
            raise errors.MetadataForbidden(described.name, key)
        member = described.place.members.get(user.source.uid)
        if (member is None or member.level < OPERATOR) and not user.may("rooms"):
            raise errors.MetadataForbidden(described.name, key)
        return described

    def _noteOverride(self, asker: Asker, described: Described, key: str) -> None:
        """Record a change of a room's metadata that only the privilege C{"rooms"} allows."""
        if described.place is None or isinstance(described.place, User):
            return
        member = described.place.members.get(self._core.user(asker).source.uid)
        if member is None or member.level < OPERATOR:
            self._audit.note(asker, "room.metadata", described.name, key)

    def _checkRate(self, asker: Asker, user: User) -> None:
        if self._core.isExempt(asker, user):
            return
        limits, now = self._core.limits, self._core.now()
        user.metadataChanges = bucketOf(user.metadataChanges, limits.metadataBurst, limits.metadataRate, now)
        if wait := user.metadataChanges.take(now):
            raise errors.TooFast("change metadata", wait)

    def _propose(self, asker: Asker, described: Described, key: str, value: str | None) -> Receipt:
        """Propose a change of one key, which is durable for an account and for a registered room."""
        source, session = self._core.user(asker).source, asker.session.id
        if described.place is None or isinstance(described.place, User):
            account = self._core.state.accounts.get(source.account)
            if account is None:
                return self._core.propose(asker, UserMetadataSet(source, session, key, value))
            return self._core.propose(asker, AccountMetadataSet(source, account.name, session, key, value))
        kind = RoomMetadataSet if described.place.founder is None else KeptRoomMetadataSet
        return self._core.propose(asker, kind(source, described.name, session, key, value))


def metadataOf(state: State, user: User) -> Mapping[str, str]:
    """The metadata of a user: that of their account, or their own for a guest."""
    account = state.accounts.get(user.source.account)
    return user.metadata if account is None else account.metadata


# Effects


def _userMetadataSet(state: State, entry: Entry, event: UserMetadataSet, origin: Origin | None) -> None:
    user = state.userOf(entry)
    if state.accounts.get(user.source.account) is not None:
        # They logged in meanwhile.
        raise errors.MetadataForbidden(user.nick, event.key)
    user.metadata = changed(user.metadata, event.key, event.value)
    _notifyOfUser(state, entry, user, event.session, event.key, event.value)


def _accountMetadataSet(state: State, entry: Entry, event: AccountMetadataSet, origin: Origin | None) -> None:
    account = state.accounts.named(event.account)
    account.metadata = changed(account.metadata, event.key, event.value)
    user = state.users.ofAccount(account.name)
    if user is not None:
        _notifyOfUser(state, entry, user, event.session, event.key, event.value)


def _roomMetadataSet(state: State, entry: Entry, event: RoomMetadataSet, origin: Origin | None) -> None:
    room = state.roomOf(event)
    if isinstance(event, KeptRoomMetadataSet):
        if room is None or room.founder is None:
            raise errors.RoomNotRegistered(event.room)
    elif room is None:
        return
    elif room.founder is not None:
        raise errors.RoomRegisteredAlready(room.name)
    if room.metadata.get(event.key) != event.value:
        room.metadata = changed(room.metadata, event.key, event.value)
        _notifyOfRoom(state, entry, room, event)


def changeMetadata(state: State, entry: Entry, user: User, before: Mapping[str, str]) -> None:
    """
    Report the metadata of a user who has logged in to an account or out of it.  What they set as a guest ends.

    @param before: their metadata before that.
    """
    user.metadata = NOTHING
    after = metadataOf(state, user)
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            _notifyOfUser(state, entry, user, "", key, after.get(key))


def forgetMetadata(state: State, entry: Entry, room: Room) -> None:
    """Remove the metadata of a room whose registration has ended."""
    before, room.metadata = room.metadata, NOTHING
    for key in before:
        _notifyOfRoom(state, entry, room, RoomMetadataSet(entry.event.source, room.name, "", key, None))


def _notifyOfUser(state: State, entry: Entry, user: User, session: str, key: str, value: str | None) -> None:
    """Notify the sessions that share a room with a user or watch their nick, and the user's other sessions."""
    event = UserMetadataSet(user.source, session, key, value)
    sessions = {known.id: known for known in (*neighboursOf(user), *state.watchers.of(user.nick))}
    _notify(state, derive(entry, event, f"metadata-{key}"), event, sessions.values())


def _notifyOfRoom(state: State, entry: Entry, room: Room, event: RoomMetadataSet) -> None:
    """Notify the sessions in a room that may read it."""
    sessions = [
        session
        for group in room.audience.sessions()
        for session in group.values()
        if session.user is not None and readableFrom(state, room, session.user) is not None
    ]
    _notify(state, derive(entry, event, f"metadata-{event.key}"), event, sessions)


def _notify(state: State, entry: Entry, event: UserMetadataSet | RoomMetadataSet, sessions: Iterable[Session]) -> None:
    """Deliver a change to the sessions that subscribe to its key, but not to the session that is answered."""
    listening = [session for session in sessions if event.key in session.subscribed and session.id != event.session]
    if listening:
        state.broadcast.send(entry, listening)


EFFECTS: Effects = {
    UserMetadataSet: _userMetadataSet,
    AccountMetadataSet: _accountMetadataSet,
    RoomMetadataSet: _roomMetadataSet,
    KeptRoomMetadataSet: _roomMetadataSet,
}
"""The effect of each class of event."""
