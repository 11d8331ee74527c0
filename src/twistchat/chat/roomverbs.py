"""Verbs about rooms: coming and going, what is set there, and who may know of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from twistchat.chat import errors
from twistchat.chat.changes import checkChanges
from twistchat.chat.events import Invited, Joined, Kicked, ModesSet, Parted, TopicSet
from twistchat.chat.limits import TokenBucket
from twistchat.chat.modes import HALF_OPERATOR, parseChanges
from twistchat.chat.names import fold, normalizeRoom
from twistchat.chat.rooms import ListItem, Member, Room
from twistchat.chat.texts import checkText
from twistchat.chat.users import Session, User
from twistchat.chat.verbs import Verbs

if TYPE_CHECKING:
    from twistchat.interfaces import Receipt


class RoomVerbs(Verbs):
    """What a session may ask of a room."""

    def join(self, session: Session, name: str, key: str | None = None, hurried: bool = False) -> Receipt | None:
        """
        Come into a room, which begins where there was none.

        @param key: the room's key, where it has one.
        @param hurried: whether this join is the server's own doing, which no rate binds.
        @return: C{None} where they are in it.
        """
        user = self._user(session)
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
        if not (hurried or session.exempt):
            self._checkJoinRates(user, room)
        return self._journal.append(Joined(user.source, name))

    def part(self, session: Session, name: str, reason: str = "") -> Receipt:
        """Leave a room."""
        room, member = self._membership(session, name)
        checkText("the reason", reason, self.limits.reason)
        return self._journal.append(Parted(member.user.source, room.name, reason))

    def setTopic(self, session: Session, name: str, topic: str) -> Receipt:
        """Set a room's topic, or clear it with an empty one."""
        room, member = self._membership(session, name)
        checkText("the topic", topic, self.limits.topic)
        if "t" in room.modes:
            room.require(member, HALF_OPERATOR)
        return self._journal.append(TopicSet(member.user.source, room.name, topic))

    def kick(self, session: Session, name: str, nick: str, reason: str = "") -> Receipt:
        """Put a user out of a room."""
        room, member = self._membership(session, name)
        room.require(member, HALF_OPERATOR)
        checkText("the reason", reason, self.limits.reason)
        target = room.members.get(self._named(nick).source.uid)
        if target is None:
            raise errors.TargetNotInRoom(nick, room.name)
        room.require(member, target.level)
        return self._journal.append(Kicked(member.user.source, room.name, target.user.source, reason))

    def invite(self, session: Session, name: str, nick: str) -> Receipt:
        """Invite a user into a room, past its locks."""
        room, member = self._membership(session, name)
        if "i" in room.modes:
            room.require(member, HALF_OPERATOR)
        invitee = self._named(nick)
        if invitee.source.uid in room.members:
            raise errors.AlreadyInRoom(invitee.nick, room.name)
        return self._journal.append(Invited(member.user.source, room.name, invitee.source))

    def setModes(self, session: Session, name: str, letters: str, parameters: Sequence[str]) -> Receipt | None:
        """
        Change a room's modes, lists and ranks.  Where one change contradicts another, the last is carried out.

        @param letters: as in C{"+ov-m"}.
        @param parameters: those of the letters that have one, in order.
        @return: C{None} where nothing would change.
        """
        room, member = self._membership(session, name)
        changes = checkChanges(room, member, parseChanges(letters, parameters), self._named, self.limits.bans)
        return self._journal.append(ModesSet(member.user.source, room.name, changes)) if changes else None

    # Questions

    def listed(self, session: Session) -> list[Room]:
        """The rooms this session may know of: its own, and all that are not secret."""
        user = self._user(session)
        return [room for room in self.state.rooms if "s" not in room.modes or user.source.uid in room.members]

    def members(self, session: Session, name: str) -> list[Member]:
        """Who is in a room; of a secret one, its members are told only."""
        user = self._user(session)
        room = self.state.rooms.get(name)
        if room is None or ("s" in room.modes and user.source.uid not in room.members):
            raise errors.NoSuchRoom(name)
        return list(room.members.values())

    def listItems(self, session: Session, name: str, letter: str) -> list[ListItem]:
        """The masks in one of a room's lists, as they were set."""
        room, _ = self._membership(session, name)
        return list(room.lists[letter].values())

    # Checks

    def _checkLocks(self, room: Room, user: User, key: str | None) -> None:
        if room.barred(user.source):
            raise errors.Banned(room.name)
        if room in user.invitations:
            return
        if "i" in room.modes and not room.welcomed(user.source):
            raise errors.InviteOnly(room.name)
        if "k" in room.modes and room.modes["k"] != key:
            raise errors.BadKey(room.name)
        if "l" in room.modes and len(room.members) >= int(room.modes["l"] or 0):
            raise errors.RoomFull(room.name, int(room.modes["l"] or 0))

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
