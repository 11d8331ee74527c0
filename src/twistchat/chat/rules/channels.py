"""What is set in a room: topic, modes and ranks, and its name; and which rooms a session may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.errors import NotInRoom, RoomLookalike, RoomNameInUse
from twistchat.chat.limits import TokenBucket
from twistchat.chat.model.bans import ListItem
from twistchat.chat.model.events import SERVER, Entry, ModeChange, ModesSet, RoomRenamed, TopicSet
from twistchat.chat.model.modes import HALF_OPERATOR, OPERATOR, RANK_BY_LETTER, parseChanges
from twistchat.chat.model.names import fold, normalizeRoom
from twistchat.chat.model.origin import Asker, Origin
from twistchat.chat.model.rooms import Member, Room, Topic
from twistchat.chat.model.texts import checkText
from twistchat.chat.model.users import Session
from twistchat.chat.model.vacancies import Vacancy
from twistchat.chat.rules.changes import checkChanges, isLock
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.succession import forgetIfOver, present, roomFor, vacate

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt

RENAME_BURST = 3
"""How often a room is renamed at once: each time takes every member with it, and the room's history."""

RENAME_RATE = 1 / 60
"""How often a second after that."""


class Channels:
    """The verbs that change a room itself."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def setTopic(self, asker: Asker, name: str, topic: str) -> Receipt:
        """Set a room's topic, or clear it with an empty one."""
        room, member = self._core.membership(asker, name)
        checkText("the topic", topic, self._core.limits.topic)
        if "t" in room.modes:
            room.require(member, HALF_OPERATOR)
        return self._core.propose(asker, TopicSet(member.user.source, room.name, topic))

    def setModes(self, asker: Asker, name: str, letters: str, parameters: Sequence[str]) -> Receipt | None:
        """
        Change a room's modes, lists and ranks.  Where one change contradicts another, the last is carried out.

        @param letters: as in C{"+ov-m"}.
        @param parameters: those of the letters that have one, in order.
        @return: C{None} where nothing would change.
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
        Make changes that have been read already, as L{setModes} does.

        @param asked: as L{parseChanges <twistchat.chat.model.modes.parseChanges>} reads them.
        @param refused: called with why a change cannot be made, while all others are; without it, one that cannot be
            made is raised, and none is.
        @return: C{None} where nothing would change.
        @raise LobbyLock: the room is the lobby, which only operators of the server with the privilege C{"rooms"} lock.
        """
        room, member = self._core.membership(asker, name)
        changes = checkChanges(
            room, member, asked, self._core.named, self._core.state.rooms, self._core.limits.bans, refused
        )
        if fold(room.name) == self._core.lobby and not member.user.may("rooms"):
            changes = _withoutLocks(room, member, changes, refused)
        if not changes:
            return None
        return self._core.propose(asker, ModesSet(member.user.source, room.name, changes))

    def rename(self, asker: Asker, name: str, new: str, reason: str = "") -> Receipt | None:
        """
        Give a room another name; all that it has, and who is in it, goes with it (IRCv3 channel-rename).  Operators do,
        but where an account is the room's founder, founders; and operators of the server with the privilege C{"rooms"}.
        They alone give a room the lobby's name, for it might have locks, and they alone give the lobby another.

        @param new: may differ from C{name} in case only.
        @return: C{None} where it is its name, to the letter.
        """
        room, member = self._core.membership(asker, name)
        if not member.user.may("rooms"):
            room.require(member, room.renamedBy)
        checkText("the reason", reason, self._core.limits.reason)
        new = normalizeRoom(new, self._core.limits.room)
        if new == room.name:
            return None
        old = fold(room.name)
        if fold(new) != old and self._core.lobby in (fold(new), old) and not member.user.may("rooms"):
            raise errors.NotPrivileged("rooms")
        holder = self._core.state.rooms.lookalike(new)
        if holder is not None and holder is not room:
            if fold(holder.name) == fold(new):
                raise errors.RoomNameInUse(holder.name)
            raise errors.RoomLookalike(new, holder.name)
        if not asker.session.exempt:
            if room.renames is None:
                room.renames = TokenBucket(RENAME_BURST, RENAME_RATE, self._core.now())
            if wait := room.renames.take(self._core.now()):
                raise errors.TooFast("rename rooms", wait)
        return self._core.propose(asker, RoomRenamed(member.user.source, room.name, new, reason))

    def takeOver(self, asker: Asker, name: str) -> Receipt | None:
        """
        Have a founder's rank in a room where the asker is, as operators of the server may who have the privilege
        C{"rooms"}.

        @return: C{None} where they have it.
        """
        if not self._core.user(asker).may("rooms"):
            raise errors.NotPrivileged("rooms")
        room, member = self._core.membership(asker, name)
        change = ModeChange(True, "q", member.user.nick, member.user.source)
        if room.isSo(change):
            return None
        return self._core.propose(asker, ModesSet(member.user.source, room.name, (change,)))

    # Questions

    def listed(self, session: Session) -> Iterator[Room | None]:
        """
        The rooms this session may know of: its own, and all that are not secret.  Time may pass while one goes through
        them, for they may be many.

        @return: each room that there is when this is called, as long as it is; C{None} in the place of one of which the
            session may not know.
        """
        user, rooms = self._core.user(session), self._core.state.rooms
        return (None if rooms.get(room.name) is not room or room.secretTo(user) else room for room in list(rooms))

    def visible(self, session: Session, name: str) -> Room:
        """
        The room of a name, for one who may know of it: of a secret one that is its members, and operators of the server
        who see all.

        @raise NoSuchRoom: there is none.
        """
        user = self._core.user(session)
        room = self._core.state.rooms.get(name)
        if room is None or room.secretTo(user):
            raise errors.NoSuchRoom(name)
        return room

    def listItems(self, session: Session, name: str, letter: str) -> list[ListItem]:
        """The masks in one of a room's lists, as they were set."""
        room, _ = self._core.membership(session, name)
        return list(room.lists[letter].values())


def _withoutLocks(
    room: Room, asker: Member, changes: Iterable[ModeChange], refused: Callable[[errors.ChatError], None] | None
) -> tuple[ModeChange, ...]:
    """
    The changes that lock nobody out of the lobby.

    @param refused: as L{Channels.changeModes} has it.
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


def _topicSet(state: State, entry: Entry, origin: Origin | None) -> None:
    event = entry.event
    assert isinstance(event, TopicSet)
    room = present(state, event) or roomFor(state, event.room, entry.time)
    room.topic = Topic(event.topic, event.source.nick, entry.time) if event.topic else None
    room.audience.tell(entry, origin)
    forgetIfOver(state, room)


def _modesSet(state: State, entry: Entry, origin: Origin | None) -> None:
    event = entry.event
    assert isinstance(event, ModesSet)
    room = present(state, event)
    if event.source == SERVER and (heirs := _operators(event, True)):
        _checkHeir(state, event.room, heirs[0], entry.time)
    room = room or roomFor(state, event.room, entry.time)
    for change in event.changes:
        room.change(change, event.source.nick, entry.time)
    room.audience.tell(entry, origin)
    if any(change.subject is not None or change.letter == "P" for change in event.changes):
        _findOperator(state, entry, room, event)
    forgetIfOver(state, room)


def _checkHeir(state: State, name: str, uid: str, time: int) -> None:
    """Hold that a member may have the rank of a room's last operator, who has not come back meanwhile."""
    room, vacancy = state.rooms.get(name), state.rooms.vacancies.get(fold(name))
    if room is None or uid not in room.members or room.led or vacancy is None or not vacancy.isOver(time):
        raise NotInRoom(name)


def _findOperator(state: State, entry: Entry, room: Room, event: ModesSet) -> None:
    """
    See to it, now that ranks have changed or the room is permanent no more, that it has an operator or will have.

    Whoever left as its last operator has a claim no more where the rank has passed to another, where somebody owns
    the room now, or where an operator of the server has chosen another.
    """
    name, vacancies, asker = fold(room.name), state.rooms.vacancies, state.users.get(event.source.uid)
    chosen = event.source == SERVER or (asker is not None and asker.may("rooms"))
    if room.owned or (chosen and _operators(event, True)):
        vacancies.pop(name, None)
    elif room.members and not room.led:
        vacancy, lost = vacancies.get(name), _operators(event, False)
        if vacancy is None or (lost and vacancy.isOver(entry.time)):
            vacancy = Vacancy(entry.time)
        vacate(state, entry, room, replace(vacancy, resigned=lost[-1] if lost else vacancy.resigned))


def _roomRenamed(state: State, entry: Entry, origin: Origin | None) -> None:
    event = entry.event
    assert isinstance(event, RoomRenamed)
    room = present(state, event)
    if room is None:
        return
    holder = state.rooms.lookalike(event.name)
    if holder is not None and holder is not room:
        if fold(holder.name) == fold(event.name):
            raise RoomNameInUse(holder.name)
        raise RoomLookalike(event.name, holder.name)
    old, new = fold(room.name), fold(event.name)
    room.audience.tell(entry, origin)
    room.audience.move(new)
    state.rooms.rename(room, event.name)
    sessions: list[Session] = []
    for member in room.members.values():
        user = member.user
        user.rooms = {new if name == old else name: place for name, place in user.rooms.items()}
        user.moves += 1
        sessions += user.sessions.values()
    for session in sessions:
        state.broadcast.moved(session, old, entry, origin)
        room.audience.add(session)


def _operators(event: ModesSet, adding: bool) -> list[str]:
    """The ids of those who were made operators, or something higher; or who were so and lost it."""
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
"""What applying these events does."""
