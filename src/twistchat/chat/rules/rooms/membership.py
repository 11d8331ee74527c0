"""Membership of rooms: joining, parting, kicks and invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.errors import NoSuchNick, NotInRoom, TargetNotInRoom
from twistchat.chat.limits import bucketOf
from twistchat.chat.model.events import SERVER, Entry, Invited, Joined, Kicked, Parted, Source
from twistchat.chat.model.modes.room import FOUNDER, HALF_OPERATOR, sortRanks
from twistchat.chat.model.names import fold, normalizeRoom
from twistchat.chat.model.rooms import Member, Room
from twistchat.chat.model.sessions import Asker, Origin
from twistchat.chat.model.texts import checkText
from twistchat.chat.model.users import User
from twistchat.chat.model.vacancies import Vacancy
from twistchat.chat.rules.audit import Audit
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.notify import namesNow
from twistchat.chat.rules.rooms.succession import leave, unlock, vacate

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt


class Membership:
    """The verbs that add users to rooms and remove them."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._audit = Audit(core)

    def join(
        self,
        asker: Asker,
        name: str,
        key: str | None = None,
        unlimited: bool = False,
    ) -> Receipt | None:
        """
        Join a room.  A room that does not exist is created.

        Server operators with the privilege C{"rooms"} bypass all locks.

        @param key: the room's key, if the asker gave one.
        @param unlimited: whether to skip the rate limits, because the server itself initiates the join.
        @return: C{None} if the asker is in the room already.
        @raise Forwarded: the room refuses the asker, and suggests another room.  Follow such a forward only once: the
            other room may forward back.
        """
        user = self._core.user(asker)
        name = normalizeRoom(name, self._core.limits.room)
        if fold(name) in user.rooms:
            return None
        if len(user.rooms) >= self._core.limits.roomsPerUser:
            raise errors.TooManyRooms(self._core.limits.roomsPerUser)
        room, overridden = self._core.state.rooms.get(name), None
        if room is None:
            self._core.state.rooms.checkFree(name)
        else:
            overridden = self._overridden(room, user, key)
            name = room.name
        if not (unlimited or self._core.isExempt(asker, user)):
            self._checkJoinRates(user, room)
        if overridden is not None:
            self._audit.note(asker, "room.join", name, overridden.code)
        return self._core.propose(asker, Joined(user.source, name, user.away))

    def part(self, asker: Asker, name: str, reason: str = "") -> Receipt:
        """Leave a room."""
        room, member = self._core.membership(asker, name)
        checkText("the reason", reason, self._core.limits.reason)
        return self._core.propose(asker, Parted(member.user.source, room.name, reason))

    def kick(self, asker: Asker | None, name: str, nick: str, reason: str = "") -> Receipt:
        """
        Remove a user from a room.

        @param asker: C{None} is an administrator who is not in the chat.  The server kicks for them.
        """
        if asker is None:
            room, member = self._core.room(name), None
        else:
            room, member = self._core.membership(asker, name)
            room.require(member, HALF_OPERATOR)
        checkText("the reason", reason, self._core.limits.reason)
        target = room.members.get(self._core.named(nick).source.uid)
        if target is None:
            raise errors.TargetNotInRoom(nick, room.name)
        if member is not None:
            room.require(member, target.level)
        source = SERVER if member is None else member.user.source
        return self._core.propose(asker, Kicked(source, room.name, target.user.source, reason))

    def invite(self, asker: Asker, name: str, nick: str) -> Receipt:
        """
        Invite a user to a room.  The invitation overrides the room's locks.  One by a half-operator, who could
        lift bans, also overrides the bans that exist at the time.
        """
        room, member = self._core.membership(asker, name)
        if "i" in room.modes and "g" not in room.modes:
            room.require(member, HALF_OPERATOR)
        invitee = self._core.named(nick)
        if invitee.source.uid in room.members:
            raise errors.AlreadyInRoom(invitee.nick, room.name)
        return self._core.propose(asker, Invited(member.user.source, room.name, invitee.source))

    # Checks

    def _overridden(self, room: Room, user: User, key: str | None) -> errors.ChatError | None:
        """
        The lock that a server operator with the privilege C{"rooms"} overrides; C{None} if there is none.

        @raise ChatError: the lock keeps out a user without that privilege.
        """
        try:
            self._checkLocks(room, user, key)
        except errors.ChatError as refusal:
            if not user.may("rooms"):
                raise
            return refusal.why if isinstance(refusal, errors.Forwarded) else refusal
        return None

    def _checkLocks(self, room: Room, user: User, key: str | None) -> None:
        """
        Check that a room's locks let a user in.

        An invitation overrides the locks that the room's operators set (see L{invite} for bans).  So does a timely
        return of the last operator, who regains the rank.  In a registered room, so does the rank of half-operator in
        the access list; and its founder overrides bans too.
        """
        if room.abandoned:
            return
        if "O" in room.modes and user.operator is None:
            raise errors.OperatorsOnly(room.name)
        if "z" in room.modes and not user.secure:
            raise errors.SecureOnly(room.name)
        vacancy = self._core.state.rooms.vacancies.get(room.key)
        returning = vacancy is not None and vacancy.canReclaim(user, self._core.state.users, self._core.timestamp())
        why = _lock(room, user, key, returning)
        if why is None:
            return
        to = self._core.state.rooms.get(room.modes.get("f") or "")
        if to is None or user.source.uid in to.members:
            raise why
        raise errors.Forwarded(room.name, to.name, why)

    def _checkJoinRates(self, user: User, room: Room | None) -> None:
        limits, now = self._core.limits, self._core.now()
        user.joins = bucketOf(user.joins, limits.userJoinBurst, limits.userJoinRate, now)
        if wait := user.joins.take(now):
            raise errors.TooFast("join rooms", wait)
        if room is None:
            return
        room.joins = bucketOf(room.joins, limits.roomJoinBurst, limits.roomJoinRate, now)
        if wait := room.joins.take(now):
            raise errors.RoomTooFast(room.name, wait)


def _lock(room: Room, user: User, key: str | None, returning: bool) -> errors.ChatError | None:
    """
    Check a user against the locks that the operators of a room have set.

    @param returning: whether the user is the last operator, who returns in time.
    @return: the error to raise; C{None} if the user may join.
    """
    modes, access = room.modes, room.accessLevel(user.source)
    if access < FOUNDER and room.barred(user) and user.invitations.get(room) != room.bansSet:
        return errors.Banned(room.name)
    if returning or room in user.invitations or access >= HALF_OPERATOR:
        return None
    if "R" in modes and user.source.account is None:
        return errors.RegisteredOnly(room.name)
    if "i" in modes and not room.isInviteExempt(user):
        return errors.InviteOnly(room.name)
    if "k" in modes and modes["k"] != key:
        return errors.BadKey(room.name, key is not None)
    if "l" in modes and len(room.members) >= int(modes["l"] or 0):
        return errors.RoomFull(room.name, int(modes["l"] or 0))
    return None


# Effects


def _joined(state: State, entry: Entry, event: Joined, origin: Origin | None) -> None:
    user = state.userOf(entry)
    room = state.roomFor(event.room, entry.time)
    if event.source.uid in room.members:
        return
    unlock(state, room)
    ranks = room.ranksFor(user.source)
    vacancy = state.rooms.vacancies.get(room.key)
    if vacancy is not None and vacancy.canReclaim(user, state.users, entry.time):
        ranks = sortRanks(ranks + vacancy.ranks)
        del state.rooms.vacancies[room.key]
    room.members[event.source.uid] = Member(user, ranks, entry.sequence)
    state.rooms.abandoned.pop(room, None)
    user.invitations.pop(room, None)
    user.rooms[room.key] = room
    user.moves += 1
    state.changed(user)
    for session in user.sessions.values():
        room.audience.add(session)
    room.audience.publish(
        replace(entry, event=replace(event, source=user.source, ranks=ranks, first=len(room.members) == 1)), origin
    )
    if len(user.sessions) > 1:
        for session in user.sessions.values():
            state.broadcast.roomEntered(session, room.name)
    if len(room.members) == 2 and not room.hasOperator:
        # The other member resigned as operator while nobody else was there to succeed.
        vacate(state, entry, room, state.rooms.vacancies.get(room.key) or Vacancy(entry.time))


def _parted(state: State, entry: Entry, event: Parted, origin: Origin | None) -> None:
    seen = replace(entry, event=replace(event, source=namesNow(state, event.source)))
    _remove(state, seen, event.room, event.source, NotInRoom(event.room), origin)


def _kicked(state: State, entry: Entry, event: Kicked, origin: Origin | None) -> None:
    seen = replace(entry, event=replace(event, kicked=namesNow(state, event.kicked)))
    _remove(state, seen, event.room, event.kicked, TargetNotInRoom(event.kicked.nick, event.room), origin)


def _remove(
    state: State, entry: Entry, name: str, source: Source, absent: errors.ChatError, origin: Origin | None
) -> None:
    """
    Notify a room, then remove a member from it.

    @param absent: the error to raise if the user is not a member.
    """
    room = state.rooms.get(name)
    if room is None:
        raise NotInRoom(name)
    member = room.members.get(source.uid)
    if member is None:
        raise absent
    room.audience.publish(entry, origin)
    del member.user.rooms[room.key]
    leave(state, entry, room, member.user)


def _invited(state: State, entry: Entry, event: Invited, origin: Origin | None) -> None:
    state.userOf(entry)
    invitee = state.users.get(event.invitee.uid)
    if invitee is None:
        raise NoSuchNick(event.invitee.nick)
    room = state.rooms.get(event.room)
    if room is None:
        raise NotInRoom(event.room)
    inviter = room.members.get(event.source.uid)
    if inviter is not None and inviter.level >= HALF_OPERATOR:
        invitee.invitations[room] = room.bansSet
    else:
        invitee.invitations.setdefault(room, None)
    state.broadcast.send(entry, invitee.sessions.values(), origin=origin)
    if invitee.source.uid not in room.members:
        room.audience.publish(entry, origin)


EFFECTS: Effects = {
    Joined: _joined,
    Parted: _parted,
    Kicked: _kicked,
    Invited: _invited,
}
"""The effect of each class of event."""
