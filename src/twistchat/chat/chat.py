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
from twistchat.chat.changes import checkChanges
from twistchat.chat.events import (
    AwaySet,
    Entered,
    Invited,
    Joined,
    Kicked,
    Kind,
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
from twistchat.chat.modes import HALF_OPERATOR, VOICE, parseChanges
from twistchat.chat.names import fold, normalizeNick, normalizeRoom, reserve, skeleton
from twistchat.chat.rooms import ListItem, Member, Room
from twistchat.chat.state import State
from twistchat.chat.texts import checkMessage, checkText, withoutDelimiters
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

    def open(
        self, outlet: IOutlet, exempt: bool = False, *, address: str | None = None, secure: bool = False
    ) -> Session:
        """
        Begin a session for a connection that came in through a door.

        @param exempt: whether limits on rates do not bind it.
        @param address: the IP address that it comes from.
        @param secure: whether it is encrypted all the way from its client.
        """
        session = Session(self._ids(), outlet, exempt, address, secure)
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
        return self._journal.append(Quit(user.source, withoutDelimiters(reason[: self.limits.reason])))

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
            checkText("the reason", message, self.limits.reason)
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
        checkMessage(text, self.limits.message)
        return self._journal.append(Said(user.source, room.name, session.id, text, kind))

    def tell(self, session: Session, nick: str, text: str, kind: Kind = "message") -> Receipt:
        """Say a text to one user."""
        user = self._user(session)
        recipient = self._named(nick)
        checkMessage(text, self.limits.message)
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
