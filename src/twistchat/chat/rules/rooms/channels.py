"""The properties of rooms: topic, modes, ranks and name; and the visibility of rooms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.errors import NoSuchRoom, NotInRoom
from twistchat.chat.limits import TokenBucket
from twistchat.chat.model.bans.room import ListItem
from twistchat.chat.model.events import SERVER, Entry, ModeChange, ModesSet, RoomRenamed, TopicSet
from twistchat.chat.model.holding import unlocks
from twistchat.chat.model.modes.room import HALF_OPERATOR, OPERATOR, RANK_BY_LETTER, parseChanges
from twistchat.chat.model.names import fold, normalizeRoom
from twistchat.chat.model.rooms import Member, Room, Topic
from twistchat.chat.model.sessions import Asker, Origin, Session
from twistchat.chat.model.texts import checkText
from twistchat.chat.model.vacancies import Vacancy
from twistchat.chat.rules.audit import Audit
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.notify import namesNow
from twistchat.chat.rules.rooms.access import ranksChanged
from twistchat.chat.rules.rooms.changes import checkChanges, describeChanges, exceedingRank, isLock
from twistchat.chat.rules.rooms.succession import keepOrRemove, vacate
from twistchat.chat.rules.users.markers import Markers

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt

RENAME_BURST = 3
"""The burst of renames of one room.  A rename is expensive: it affects all members and the whole history."""

RENAME_RATE = 1 / 60
"""Renames per second after the burst."""


class Channels:
    """The verbs that change the properties of a room."""

    def __init__(self, core: Core, markers: Markers) -> None:
        """
        @param markers: the read markers, which follow the names of rooms.
        """
        self._core = core
        self._markers = markers
        self._audit = Audit(core)

    def setTopic(self, asker: Asker, name: str, topic: str) -> Receipt:
        """Set a room's topic.  An empty text clears it."""
        room, member = self._core.membership(asker, name)
        checkText("the topic", topic, self._core.limits.topic)
        if "t" in room.modes:
            room.require(member, HALF_OPERATOR)
        return self._core.propose(asker, TopicSet(member.user.source, room.name, topic))

    def setModes(self, asker: Asker, name: str, letters: str, parameters: Sequence[str]) -> Receipt | None:
        """
        Change a room's modes, lists and ranks.  If two changes contradict each other, the last one takes effect.

        @param letters: the mode string, as in C{"+ov-m"}.
        @param parameters: the parameters of the letters that have one, in order.
        @return: C{None} if nothing would change.
        """
        return self.changeModes(asker, name, parseChanges(letters, parameters))

    def changeModes(
        self,
        asker: Asker,
        name: str,
        asked: Iterable[tuple[bool, str, str | None]],
        refused: Callable[[errors.ChatError], None] | None = None,
    ) -> Receipt | None:
        """
        Make changes that are already parsed.  See L{setModes}.

        @param asked: the changes, from L{parseChanges <twistchat.chat.model.modes.room.parseChanges>}.
        @param refused: called with the error of each change that cannot be made; the others are made.  Without it, the
            first such error is raised, and no change is made.
        @return: C{None} if nothing would change.
        @raise LobbyLock: the change locks the lobby, which needs the privilege C{"rooms"}.
        """
        room, member = self._core.membership(asker, name)
        changes = checkChanges(
            room, member, asked, self._core.named, self._core.state.rooms, self._core.limits.bans, refused
        )
        if room.key == self._core.lobby and not member.user.may("rooms"):
            changes = _withoutLocks(room, member, changes, refused)
        if not changes:
            return None
        if exceeding := exceedingRank(room, member, changes, self._core.state.rooms, self._core.lobby):
            self._audit.note(asker, "room.modes", room.name, describeChanges(exceeding))
        return self._core.propose(asker, ModesSet(member.user.source, room.name, changes))

    def rename(self, asker: Asker, name: str, new: str, reason: str = "") -> Receipt | None:
        """
        Rename a room (IRCv3 channel-rename).  Its members, history and all other data stay with it.

        This needs an operator; a founder if an account is the room's founder; or a server operator with the privilege
        C{"rooms"}.  Only the latter can rename the lobby, or give its name to another room, which might have locks.
        A registered room cannot get that name.

        @param new: the new name.  It may differ from C{name} only in case.
        @return: C{None} if this is the room's name already, including case.
        """
        room, member = self._core.membership(asker, name)
        if not member.user.may("rooms"):
            room.require(member, room.renameLevel)
        checkText("the reason", reason, self._core.limits.reason)
        new = normalizeRoom(new, self._core.limits.room)
        if new == room.name:
            return None
        old = room.key
        if fold(new) != old and self._core.lobby in (fold(new), old) and not member.user.may("rooms"):
            raise errors.NotPrivileged("rooms")
        if fold(new) == self._core.lobby and room.founder is not None:
            raise errors.CannotRegister(new, "everyone arrives there")
        self._core.state.rooms.checkFree(new, room)
        if not asker.session.exempt:
            if room.renames is None:
                room.renames = TokenBucket(RENAME_BURST, RENAME_RATE, self._core.now())
            if wait := room.renames.take(self._core.now()):
                raise errors.TooFast("rename rooms", wait)
        if member.level < room.renameLevel or (fold(new) != old and self._core.lobby in (fold(new), old)):
            self._audit.note(asker, "room.rename", room.name, new)
        renaming = self._core.propose(asker, RoomRenamed(member.user.source, room.name, new, reason))
        if fold(new) == old:
            return renaming

        def renamed(entry: Entry) -> Entry:
            self._markers.moveAll(old, fold(new))
            return entry

        return renaming.addCallback(renamed)

    def takeOver(self, asker: Asker, name: str) -> Receipt | None:
        """
        Make the asker a founder of a room that they are in.  This needs the privilege C{"rooms"}.

        @return: C{None} if they are a founder already.
        """
        if not self._core.user(asker).may("rooms"):
            raise errors.NotPrivileged("rooms")
        room, member = self._core.membership(asker, name)
        change = ModeChange(True, "q", member.user.nick, member.user.source)
        if room.isInEffect(change):
            return None
        self._audit.note(asker, "room.takeover", room.name)
        return self._core.propose(asker, ModesSet(member.user.source, room.name, (change,)))

    # Questions

    def listed(self, session: Session) -> Iterator[Room | None]:
        """
        Iterate over the rooms that are visible to a session: its own rooms, and rooms that are not secret.

        The caller may pause the iteration, because there may be many rooms.

        @return: the rooms that exist at the time of the call, with C{None} in place of each room that is not visible or
            was removed meanwhile.
        """
        user, rooms = self._core.user(session), self._core.state.rooms
        return (None if rooms.get(room.name) is not room or room.secretTo(user) else room for room in list(rooms))

    def visible(self, session: Session, name: str) -> Room:
        """
        The room with this name, if it is visible to a session.  Secret rooms are visible to their members and to server
        operators with the privilege C{"auspex"}.

        @raise NoSuchRoom: there is no such visible room.
        """
        user = self._core.user(session)
        room = self._core.state.rooms.get(name)
        if room is None or room.secretTo(user):
            raise errors.NoSuchRoom(name)
        return room

    def listItems(self, session: Session, name: str, letter: str) -> list[ListItem]:
        """The masks in one of a room's lists, in the order in which they were set."""
        room, _ = self._core.membership(session, name)
        return list(room.lists[letter].values())


def _withoutLocks(
    room: Room, asker: Member, changes: Iterable[ModeChange], refused: Callable[[errors.ChatError], None] | None
) -> tuple[ModeChange, ...]:
    """
    Filter out the changes that would lock people out of the lobby.

    @param refused: see L{Channels.changeModes}.
    """
    left = []
    for change in changes:
        if not isLock(change, asker.user):
            left.append(change)
        elif refused is None:
            raise errors.LobbyLock(room.name, change.letter)
        else:
            refused(errors.LobbyLock(room.name, change.letter))
    return tuple(left)


# Effects


def _topicSet(state: State, entry: Entry, event: TopicSet, origin: Origin | None) -> None:
    room = state.roomOf(event) or state.roomFor(event.room, entry.time)
    room.topic = Topic(event.topic, event.source.nick, entry.time) if event.topic else None
    room.audience.publish(entry, origin)
    keepOrRemove(state, room)


def _modesSet(state: State, entry: Entry, event: ModesSet, origin: Origin | None) -> None:
    room = state.roomOf(event)
    if event.source == SERVER and (promoted := _operators(event, True)):
        _checkSuccessor(state, event.room, promoted[0], entry.time)
    room = room or state.roomFor(event.room, entry.time)
    for change in event.changes:
        room.change(change, event.source.nick, entry.time)
        ranksChanged(state, room, change)
    if unlocks(event):
        state.rooms.sealed[room.key] = entry.sequence
    seen = tuple([_withNickNow(state, change) for change in event.changes])
    room.audience.publish(replace(entry, event=replace(event, changes=seen)), origin)
    if any(change.subject is not None or change.letter == "P" for change in event.changes):
        _findOperator(state, entry, room, event)
    keepOrRemove(state, room)


def _withNickNow(state: State, change: ModeChange) -> ModeChange:
    """A change of a rank with the nick that the member has now."""
    if change.subject is None:
        return change
    subject = namesNow(state, change.subject)
    return replace(change, subject=subject, parameter=subject.nick)


def _checkSuccessor(state: State, name: str, uid: str, time: int) -> None:
    """Check that a room still needs a new operator, and that this member is still there."""
    room, vacancy = state.rooms.get(name), state.rooms.vacancies.get(fold(name))
    if room is None or uid not in room.members or room.hasOperator or vacancy is None or not vacancy.hasExpired(time):
        raise NotInRoom(name)


def _findOperator(state: State, entry: Entry, room: Room, event: ModesSet) -> None:
    """
    Update the room's vacancy, after ranks changed or the room stopped being permanent.

    The last operator can no longer regain the rank if the room has an owner now, or if the server or a server operator
    made another member operator.
    """
    name, vacancies, asker = room.key, state.rooms.vacancies, state.users.get(event.source.uid)
    chosen = event.source == SERVER or (asker is not None and asker.may("rooms"))
    if room.owned or (chosen and _operators(event, True)):
        vacancies.pop(name, None)
    elif room.members and not room.hasOperator:
        vacancy, lost = vacancies.get(name), _operators(event, False)
        if vacancy is None or (lost and vacancy.hasExpired(entry.time)):
            vacancy = Vacancy(entry.time)
        vacate(state, entry, room, replace(vacancy, resigned=lost[-1] if lost else vacancy.resigned))


def _roomRenamed(state: State, entry: Entry, event: RoomRenamed, origin: Origin | None) -> None:
    room = state.roomOf(event)
    state.rooms.checkFree(event.name, room)
    if room is None:
        # A replay, in which no users are present, does not restore rooms without persistent data.
        if state.users:
            raise NoSuchRoom(event.room)
        state.rooms.moveSeal(fold(event.room), fold(event.name))
        return
    old, new = room.key, fold(event.name)
    room.audience.publish(entry, origin)
    room.audience.move(new)
    state.rooms.rename(room, event.name)
    sessions: list[Session] = []
    for member in room.members.values():
        user = member.user
        user.rooms = {new if name == old else name: place for name, place in user.rooms.items()}
        user.moves += 1
        state.changed(user)
        sessions += user.sessions.values()
    for session in sessions:
        state.broadcast.roomRenamed(session, old, entry, origin)
        room.audience.add(session)


def _operators(event: ModesSet, adding: bool) -> list[str]:
    """The ids of the users who gained, or lost, the rank of operator or a higher one."""
    return [
        change.subject.uid
        for change in event.changes
        if change.adding == adding and change.subject is not None and RANK_BY_LETTER[change.letter].level >= OPERATOR
    ]


EFFECTS: Effects = {
    TopicSet: _topicSet,
    ModesSet: _modesSet,
    RoomRenamed: _roomRenamed,
}
"""The effect of each class of event."""
