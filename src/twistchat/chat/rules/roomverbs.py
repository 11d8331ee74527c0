"""Verbs about rooms: coming and going, what is set there, and who may know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from twistchat.chat import errors
from twistchat.chat.limits import TokenBucket
from twistchat.chat.model.bans import ListItem
from twistchat.chat.model.events import (
    Invited,
    Joined,
    Kicked,
    ModeChange,
    ModesSet,
    Parted,
    RoomRenamed,
    TopicSet,
)
from twistchat.chat.model.modes import HALF_OPERATOR, parseChanges
from twistchat.chat.model.names import fold, normalizeRoom
from twistchat.chat.model.origin import Asker
from twistchat.chat.model.rooms import Member, Room
from twistchat.chat.model.texts import checkText
from twistchat.chat.model.users import Session, User
from twistchat.chat.rules.changes import checkChanges, isLock
from twistchat.chat.rules.verbs import Verbs

if TYPE_CHECKING:
    from twistchat.interfaces import Receipt

RENAME_BURST = 3
"""How often a room is renamed at once: each time takes every member with it, and the room's history."""

RENAME_RATE = 1 / 60
"""How often a second after that."""


class RoomVerbs(Verbs):
    """
    What a session may ask of a room.

    """

    _lobby: str

    def join(
        self,
        asker: Asker,
        name: str,
        key: str | None = None,
        unlimited: bool = False,
    ) -> Receipt | None:
        """
        Come into a room, which begins where there was none.

        Operators of the server with the privilege C{"rooms"} pass every lock.

        @param key: the room's key, where it has one.
        @param unlimited: whether this join is the server's own doing, which no rate binds.
        @return: C{None} where they are in it.
        @raise Forwarded: the room does not let them in, and names another, which they are to join in its place.  Follow
            that once only: that room may name this one.
        """
        user = self._user(asker)
        name = normalizeRoom(name, self.limits.room)
        if fold(name) in user.rooms:
            return None
        if len(user.rooms) >= self.limits.roomsPerUser:
            raise errors.TooManyRooms(self.limits.roomsPerUser)
        room = self.state.rooms.get(name)
        if room is None:
            twin = self.state.rooms.lookalike(name)
            if twin is not None:
                raise errors.RoomLookalike(name, twin.name)
        else:
            self._checkLocks(room, user, key)
            name = room.name
        if not (unlimited or self._unbound(asker, user)):
            self._checkJoinRates(user, room)
        return self._propose(asker, Joined(user.source, name, user.away))

    def part(self, asker: Asker, name: str, reason: str = "") -> Receipt:
        """Leave a room."""
        room, member = self._membership(asker, name)
        checkText("the reason", reason, self.limits.reason)
        return self._propose(asker, Parted(member.user.source, room.name, reason))

    def setTopic(self, asker: Asker, name: str, topic: str) -> Receipt:
        """Set a room's topic, or clear it with an empty one."""
        room, member = self._membership(asker, name)
        checkText("the topic", topic, self.limits.topic)
        if "t" in room.modes:
            room.require(member, HALF_OPERATOR)
        return self._propose(asker, TopicSet(member.user.source, room.name, topic))

    def kick(self, asker: Asker, name: str, nick: str, reason: str = "") -> Receipt:
        """Put a user out of a room."""
        room, member = self._membership(asker, name)
        room.require(member, HALF_OPERATOR)
        checkText("the reason", reason, self.limits.reason)
        target = room.members.get(self._named(nick).source.uid)
        if target is None:
            raise errors.TargetNotInRoom(nick, room.name)
        room.require(member, target.level)
        return self._propose(asker, Kicked(member.user.source, room.name, target.user.source, reason))

    def invite(self, asker: Asker, name: str, nick: str) -> Receipt:
        """
        Invite a user into a room, past its locks; and past the bans that it has by then, where the asker is one who
        could lift them: a half-operator.
        """
        room, member = self._membership(asker, name)
        if "i" in room.modes and "g" not in room.modes:
            room.require(member, HALF_OPERATOR)
        invitee = self._named(nick)
        if invitee.source.uid in room.members:
            raise errors.AlreadyInRoom(invitee.nick, room.name)
        return self._propose(asker, Invited(member.user.source, room.name, invitee.source))

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
        room, member = self._membership(asker, name)
        changes = checkChanges(room, member, asked, self._named, self.state.rooms, self.limits.bans, refused)
        if fold(room.name) == self._lobby and not member.user.may("rooms"):
            changes = _withoutLocks(room, member, changes, refused)
        if not changes:
            return None
        return self._propose(asker, ModesSet(member.user.source, room.name, changes))

    def renameRoom(self, asker: Asker, name: str, new: str, reason: str = "") -> Receipt | None:
        """
        Give a room another name; all that it has, and who is in it, goes with it (IRCv3 channel-rename).  Operators do,
        but where an account is the room's founder, founders; and operators of the server with the privilege C{"rooms"}.
        They alone give a room the lobby's name, for it might have locks, and they alone give the lobby another.

        @param new: may differ from C{name} in case only.
        @return: C{None} where it is its name, to the letter.
        """
        room, member = self._membership(asker, name)
        if not member.user.may("rooms"):
            room.require(member, room.renamedBy)
        checkText("the reason", reason, self.limits.reason)
        new = normalizeRoom(new, self.limits.room)
        if new == room.name:
            return None
        old = fold(room.name)
        if fold(new) != old and self._lobby in (fold(new), old) and not member.user.may("rooms"):
            raise errors.NotPrivileged("rooms")
        holder = self.state.rooms.lookalike(new)
        if holder is not None and holder is not room:
            if fold(holder.name) == fold(new):
                raise errors.RoomNameInUse(holder.name)
            raise errors.RoomLookalike(new, holder.name)
        if not asker.session.exempt:
            if room.renames is None:
                room.renames = TokenBucket(RENAME_BURST, RENAME_RATE, self._now())
            if wait := room.renames.take(self._now()):
                raise errors.TooFast("rename rooms", wait)
        return self._propose(asker, RoomRenamed(member.user.source, room.name, new, reason))

    def takeOver(self, asker: Asker, name: str) -> Receipt | None:
        """
        Have a founder's rank in a room where the asker is, as operators of the server may who have the privilege
        C{"rooms"}.

        @return: C{None} where they have it.
        """
        if not self._user(asker).may("rooms"):
            raise errors.NotPrivileged("rooms")
        room, member = self._membership(asker, name)
        change = ModeChange(True, "q", member.user.nick, member.user.source)
        if room.isSo(change):
            return None
        return self._propose(asker, ModesSet(member.user.source, room.name, (change,)))

    # Questions

    def listed(self, session: Session) -> Iterator[Room | None]:
        """
        The rooms this session may know of: its own, and all that are not secret.  Time may pass while one goes through
        them, for they may be many.

        @return: each room that there is when this is called, as long as it is; C{None} in the place of one of which the
            session may not know.
        """
        user, rooms = self._user(session), self.state.rooms
        return (None if rooms.get(room.name) is not room or room.secretTo(user) else room for room in list(rooms))

    def visible(self, session: Session, name: str) -> Room:
        """
        The room of a name, for one who may know of it: of a secret one that is its members, and operators of the server
        who see all.

        @raise NoSuchRoom: there is none.
        """
        user = self._user(session)
        room = self.state.rooms.get(name)
        if room is None or room.secretTo(user):
            raise errors.NoSuchRoom(name)
        return room

    def listItems(self, session: Session, name: str, letter: str) -> list[ListItem]:
        """The masks in one of a room's lists, as they were set."""
        room, _ = self._membership(session, name)
        return list(room.lists[letter].values())

    # Checks

    def _checkLocks(self, room: Room, user: User, key: str | None) -> None:
        """
        Hold that a room lets a user in.

        An invitation passes what its operators have locked; and bans from before it, where it is of one who could lift
        them.  The last operator, who comes back in time to have the rank again, passes the locks too.
        """
        if room.abandoned or user.may("rooms"):
            return
        if "O" in room.modes and user.operator is None:
            raise errors.OperatorsOnly(room.name)
        if "z" in room.modes and not user.secure:
            raise errors.SecureOnly(room.name)
        vacancy = self.state.rooms.vacancies.get(fold(room.name))
        returning = vacancy is not None and vacancy.awaits(user, self.state.users, int(self._wall() * 1000))
        why = _lock(room, user, key, returning)
        if why is None:
            return
        to = self.state.rooms.get(room.modes.get("f") or "")
        if to is None or user.source.uid in to.members:
            raise why
        raise errors.Forwarded(room.name, to.name, why)

    def _checkJoinRates(self, user: User, room: Room | None) -> None:
        limits, now = self.limits, self._now()
        if user.joins is None:
            user.joins = TokenBucket(limits.userJoinBurst, limits.userJoinRate, now)
        if wait := user.joins.take(now):
            raise errors.TooFast("join rooms", wait)
        if room is None:
            return
        if room.joins is None:
            room.joins = TokenBucket(limits.roomJoinBurst, limits.roomJoinRate, now)
        if wait := room.joins.take(now):
            raise errors.RoomTooFast(room.name, wait)


def _withoutLocks(
    room: Room, asker: Member, changes: Iterable[ModeChange], refused: Callable[[errors.ChatError], None] | None
) -> tuple[ModeChange, ...]:
    """
    The changes that lock nobody out of the lobby.

    @param refused: as L{RoomVerbs.changeModes} has it.
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


def _lock(room: Room, user: User, key: str | None, returning: bool) -> errors.ChatError | None:
    """
    What of a room's operators' keeps a user out.

    @param returning: whether they are the last operator, and in time.
    """
    modes = room.modes
    if room.barred(user) and user.invitations.get(room) != room.bansSet:
        return errors.Banned(room.name)
    if returning or room in user.invitations:
        return None
    if "R" in modes and user.source.account is None:
        return errors.RegisteredOnly(room.name)
    if "i" in modes and not room.welcomed(user):
        return errors.InviteOnly(room.name)
    if "k" in modes and modes["k"] != key:
        return errors.BadKey(room.name, key is not None)
    if "l" in modes and len(room.members) >= int(modes["l"] or 0):
        return errors.RoomFull(room.name, int(modes["l"] or 0))
    return None
