"""
The verbs: what a session may ask of the chat.

A verb checks names, membership, rank and limits, and raises a L{ChatError <twistchat.chat.errors.ChatError>} for what
it refuses; then it proposes an event to the journal.  It changes nothing itself: that is left to
L{State.apply <twistchat.chat.state.State.apply>}, once the journal has the event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from twistchat.chat import errors
from twistchat.chat.audience import Broadcast
from twistchat.chat.events import (
    AwaySet,
    Entered,
    Invited,
    Joined,
    Kicked,
    Kind,
    ModeChange,
    ModesSet,
    Parted,
    Quit,
    Renamed,
    Said,
    Source,
    Told,
    TopicSet,
)
from twistchat.chat.history import Around, Point, Span
from twistchat.chat.limits import Limits, TokenBucket
from twistchat.chat.masks import normalizeMask
from twistchat.chat.modes import HALF_OPERATOR, RANK_BY_LETTER, ROOM_MODES, VOICE, Shape, parseChanges
from twistchat.chat.names import fold, normalizeNick, normalizeRoom, reserve, skeleton
from twistchat.chat.rooms import ListItem, Member, Room
from twistchat.chat.state import State
from twistchat.chat.users import Session, User

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twistchat.chat.events import Entry
    from twistchat.interfaces import IJournal, IOutlet, Receipt


class Chat:
    """
    The chat, as doors see it.

    @ivar state: users and rooms; doors read it, and change nothing in it.
    @ivar limits: how much is too much.
    """

    def __init__(
        self,
        journal: IJournal,
        wake: Callable[[], None],
        now: Callable[[], float],
        ids: Callable[[], str],
        limits: Limits,
        reserved: Iterable[str] = (),
    ) -> None:
        """
        @param journal: where events are proposed; it is to be opened with this chat's C{state.apply}.
        @param wake: called when listeners have something waiting: C{state.broadcast.flush} is to be called at the end
            of this turn.
        @param now: seconds on a clock that does not go back, to measure rates with.
        @param ids: a new id at each call, for users and sessions; none comes twice, not over restarts either.
        @param limits: how much is too much.
        @param reserved: nicks that nobody can have.
        """
        self.state = State(Broadcast(wake))
        self.limits = limits
        self._journal = journal
        self._now = now
        self._ids = ids
        self._reserved = reserve(reserved)

    # Coming and going

    def open(self, outlet: IOutlet, exempt: bool = False) -> Session:
        """
        Begin a session for a connection that came in through a door.

        @param exempt: whether limits on rates do not bind it.
        """
        session = Session(self._ids(), outlet, exempt)
        self.state.sessions[session.id] = session
        return session

    async def enter(self, session: Session, nick: str, username: str, host: str, realname: str = "") -> None:
        """
        Let a session's user come in as a guest.

        @param username: the IRC username, to be shown.
        @param host: the host to be shown, not the address.
        @raise ChatError: this nick cannot be had.
        """
        nick = self._freeNick(nick, None)
        await self._journal.append(Entered(Source(self._ids(), nick, username, host, None, realname), session.id))
        if session.closed:
            user = self.state.users.named(nick)
            if user is not None and not user.sessions:
                await self._journal.append(Quit(user.source, "connection lost"))

    def attach(self, session: Session, user: User) -> None:
        """
        Make a session another of a user's: in all their rooms from now on, under their name.

        @param user: whose it is, of which the caller has made sure.
        """
        session.user = user
        user.sessions[session.id] = session
        for room in user.rooms.values():
            room.audience.add(session)

    def close(self, session: Session, reason: str) -> Receipt | None:
        """
        End a session; and with the last of a user's sessions, that user's presence.

        @param reason: why, for those who see the user go.  It is cut to its limit, and what must not be in it becomes
            spaces: nobody is kept here for a bad reason.
        @return: the proposal of the user's going, or C{None} where they stay or never came.
        """
        if session.closed:
            return None
        session.closed = True
        del self.state.sessions[session.id]
        user = session.user
        if user is None:
            return None
        for room in user.rooms.values():
            room.audience.remove(session)
        session.user = None
        del user.sessions[session.id]
        if user.sessions:
            return None
        return self._journal.append(Quit(user.source, reason[: self.limits.reason].translate(_WITHOUT_DELIMITERS)))

    def rename(self, session: Session, nick: str) -> Receipt | None:
        """
        Take another nick.

        @return: C{None} where it is the one they have, to the letter.
        """
        user = self._user(session)
        nick = self._freeNick(nick, user)
        if nick == user.nick:
            return None
        for room in user.rooms.values():
            if room.silenced(room.members[user.source.uid]):
                raise errors.Banned(room.name)
        return self._journal.append(Renamed(user.source, nick))

    def setAway(self, session: Session, message: str | None) -> Receipt:
        """Be away with a message, or back with C{None}."""
        if message is not None:
            self._checkText("the reason", message, self.limits.reason)
        return self._journal.append(AwaySet(self._user(session).source, message))

    # Texts

    def say(self, session: Session, name: str, text: str, kind: Kind = "message") -> Receipt:
        """Say a text in a room."""
        user = self._user(session)
        room = self.state.rooms.get(name)
        member = None if room is None else room.members.get(user.source.uid)
        if room is None:
            raise errors.NoSuchRoom(name)
        if member is None:
            outside = "n" in room.modes or room.barred(user.source)
            if "s" in room.modes and (outside or "m" in room.modes):
                raise errors.NoSuchRoom(name)
            if outside:
                raise errors.NotInRoom(room.name)
        elif room.silenced(member):
            raise errors.Banned(room.name)
        if "m" in room.modes and (member is None or member.level < VOICE):
            raise errors.CannotSpeak(room.name)
        self._checkMessage(text)
        return self._journal.append(Said(user.source, room.name, session.id, text, kind))

    def tell(self, session: Session, nick: str, text: str, kind: Kind = "message") -> Receipt:
        """Say a text to one user."""
        user = self._user(session)
        recipient = self._named(nick)
        self._checkMessage(text)
        return self._journal.append(Told(user.source, session.id, recipient.source, text, kind))

    # Rooms

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
        self._checkText("the reason", reason, self.limits.reason)
        return self._journal.append(Parted(member.user.source, room.name, reason))

    def setTopic(self, session: Session, name: str, topic: str) -> Receipt:
        """Set a room's topic, or clear it with an empty one."""
        room, member = self._membership(session, name)
        self._checkText("the topic", topic, self.limits.topic)
        if "t" in room.modes:
            self._checkRank(room, member, HALF_OPERATOR)
        return self._journal.append(TopicSet(member.user.source, room.name, topic))

    def kick(self, session: Session, name: str, nick: str, reason: str = "") -> Receipt:
        """Put a user out of a room."""
        room, member = self._membership(session, name)
        self._checkRank(room, member, HALF_OPERATOR)
        self._checkText("the reason", reason, self.limits.reason)
        target = room.members.get(self._named(nick).source.uid)
        if target is None:
            raise errors.TargetNotInRoom(nick, room.name)
        self._checkRank(room, member, target.level)
        return self._journal.append(Kicked(member.user.source, room.name, target.user.source, reason))

    def invite(self, session: Session, name: str, nick: str) -> Receipt:
        """Invite a user into a room, past its locks."""
        room, member = self._membership(session, name)
        if "i" in room.modes:
            self._checkRank(room, member, HALF_OPERATOR)
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
        wanted: dict[tuple[str, str | None], ModeChange] = {}
        for adding, letter, parameter in parseChanges(letters, parameters):
            change = self._modeChange(room, member, adding, letter, parameter)
            if change is not None:
                which = change.parameter if change.subject is not None or letter in room.lists else None
                wanted.pop((letter, which), None)
                wanted[letter, which] = change
        changes = [change for change in wanted.values() if not room.isSo(change)]
        for letter, items in room.lists.items():
            after = set(items)
            for change in changes:
                if change.letter == letter and change.parameter is not None:
                    (after.add if change.adding else after.discard)(change.parameter)
            if len(after) > max(self.limits.bans, len(items)):
                raise errors.ListFull(room.name, letter, self.limits.bans)
        if not changes:
            return None
        return self._journal.append(ModesSet(member.user.source, room.name, tuple(changes)))

    # What a session hears

    def setEcho(self, session: Session, echo: bool) -> None:
        """Let a session hear what it says itself, from now on, or not."""
        self.state.broadcast.settle(session)
        session.echo = echo

    def ignore(self, session: Session, nick: str) -> User:
        """
        Let a session hear no text of a user, and no invitation, under any nick that they take.

        @return: the user.
        """
        user = self._named(nick)
        self.state.broadcast.settle(session)
        session.ignored.setdefault(fold(user.nick), fold(user.nick))
        return user

    def unignore(self, session: Session, nick: str) -> bool:
        """
        End that, for every nick that this user is known to have had meanwhile.

        @return: whether that nick was ignored.
        """
        self.state.broadcast.settle(session)
        first = session.ignored.get(fold(nick))
        session.ignored = {known: since for known, since in session.ignored.items() if since != first}
        return first is not None

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

    async def history(
        self,
        session: Session,
        name: str,
        limit: int,
        after: Point | None = None,
        before: Point | None = None,
        oldest: bool = False,
    ) -> Sequence[Entry]:
        """
        Read a room's history, for a member of it.  The arguments are those of L{Span}.

        @return: no more than the limit on one reply allows, oldest first.
        """
        room, _ = self._membership(session, name)
        limit = min(limit, self.limits.historyReply)
        return await self._journal.read(Span(fold(room.name), limit, after, before, oldest))

    async def historyAround(self, session: Session, name: str, limit: int, point: Point) -> Sequence[Entry]:
        """Read what was nearest to a point in a room, for a member of it."""
        room, _ = self._membership(session, name)
        return await self._journal.read(Around(fold(room.name), min(limit, self.limits.historyReply), point))

    async def search(self, session: Session, words: str, limit: int, before: int | None = None) -> Sequence[Entry]:
        """
        Find texts that have all of these words: in the rooms where the asker is now, and in the private conversations
        of their account.

        @param before: a sequence number, to find only what came before it.
        @return: the newest, no more than the limit on one reply allows, oldest first.
        """
        user = self._user(session)
        limit = min(limit, self.limits.historyReply)
        return await self._journal.search(list(user.rooms), words, limit, before, user.source.account)

    def find(self, nick: str) -> User:
        """
        The user of a nick.

        @raise NoSuchNick: nobody is called that.
        """
        return self._named(nick)

    # Checks

    def _user(self, session: Session) -> User:
        if session.user is None:
            raise errors.NotEntered
        return session.user

    def _named(self, nick: str) -> User:
        user = self.state.users.named(nick)
        if user is None:
            raise errors.NoSuchNick(nick)
        return user

    def _membership(self, session: Session, name: str) -> tuple[Room, Member]:
        user = self._user(session)
        room = self.state.rooms.get(name)
        member = None if room is None else room.members.get(user.source.uid)
        if room is None or (member is None and "s" in room.modes):
            raise errors.NoSuchRoom(name)
        if member is None:
            raise errors.NotInRoom(room.name)
        return room, member

    def _freeNick(self, nick: str, claimant: User | None) -> str:
        nick = normalizeNick(nick, self.limits.nick)
        if skeleton(nick) in self._reserved:
            raise errors.NickReserved(nick)
        holder = self.state.users.lookalike(nick)
        if holder is not None and holder is not claimant:
            raise errors.NickInUse(nick, holder.nick)
        return nick

    def _checkRank(self, room: Room, member: Member, level: int) -> None:
        if member.level < level:
            raise errors.NotOperator(room.name)

    def _checkMessage(self, text: str) -> None:
        limit = self.limits.message
        if not text:
            raise errors.NothingSaid
        if 4 * len(text) > limit and (length := len(text.encode())) > limit:
            raise errors.TooLong("the message", length, limit, "bytes")
        _checkDelimiters("the message", text)

    def _checkText(self, what: str, text: str, limit: int) -> None:
        if len(text) > limit:
            raise errors.TooLong(what, len(text), limit)
        _checkDelimiters(what, text)

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

    def _modeChange(
        self, room: Room, member: Member, adding: bool, letter: str, parameter: str | None
    ) -> ModeChange | None:
        """Check one change of modes; C{None} where it asks for a list."""
        rank = RANK_BY_LETTER.get(letter)
        if rank is not None:
            assert parameter is not None
            target = room.members.get(self._named(parameter).source.uid)
            if target is None:
                raise errors.TargetNotInRoom(parameter, room.name)
            if adding or target is not member:
                self._checkRank(room, member, rank.grantedBy)
            return ModeChange(adding, letter, target.user.nick, target.user.source)
        mode = ROOM_MODES[letter]
        if mode.shape is Shape.LIST:
            if parameter is None:
                return None
            self._checkRank(room, member, mode.level)
            return ModeChange(adding, letter, _checkMask(letter, parameter))
        self._checkRank(room, member, mode.level)
        if not adding:
            return ModeChange(False, letter, room.modes.get(letter))
        return ModeChange(True, letter, None if parameter is None else _checkParameter(letter, parameter))


_WITHOUT_DELIMITERS = str.maketrans("\r\n\0", "   ")
"""Makes spaces of what ends a line, for L{str.translate}."""


def _checkDelimiters(what: str, text: str) -> None:
    if "\n" in text or "\r" in text or "\0" in text:
        raise errors.BadText(what, next(character for character in text if character in "\r\n\0"))


LONGEST_KEY = 23
"""Characters of a room's key: what IRC servers advertise as KEYLEN."""

LONGEST_MASK = 200
"""Characters of a mask."""


def _checkParameter(letter: str, parameter: str) -> str:
    """The normal form of the parameter with which a mode is set."""
    if letter == "l":
        if not (parameter.isascii() and parameter.isdigit() and 1 <= int(parameter[:10]) <= 1_000_000):
            raise errors.BadModeParameter(letter, parameter, "a number from 1 to 1000000")
        return str(int(parameter))
    if not 1 <= len(parameter) <= LONGEST_KEY or not parameter.isprintable() or set(parameter) & set(" ,:"):
        raise errors.BadModeParameter(letter, parameter, f"1 to {LONGEST_KEY} characters, no space, comma or colon")
    return parameter


def _checkMask(letter: str, parameter: str) -> str:
    """The normal form of a mask in a list."""
    if not parameter or not parameter.isprintable() or set(parameter) & set(" ,:") or len(parameter) > LONGEST_MASK:
        raise errors.BadModeParameter(letter, parameter, f"a mask of 1 to {LONGEST_MASK} characters, nick!user@host")
    return normalizeMask(parameter)
