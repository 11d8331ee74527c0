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
    Quit,
    Renamed,
    Source,
)
from twistchat.chat.history import Around, Point, Span
from twistchat.chat.limits import Limits
from twistchat.chat.names import fold, normalizeNick, reserve, skeleton
from twistchat.chat.roomverbs import RoomVerbs
from twistchat.chat.state import State
from twistchat.chat.texts import checkText, withoutDelimiters
from twistchat.chat.textverbs import TextVerbs
from twistchat.chat.users import Session, User

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twistchat.chat.events import Entry
    from twistchat.interfaces import IJournal, IOutlet, Receipt


class Chat(RoomVerbs, TextVerbs):
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
            member = room.members[user.source.uid]
            if room.silenced(member):
                raise errors.Banned(room.name)
            if room.fixesNick(member):
                raise errors.NickFixed(room.name)
        return self._journal.append(Renamed(user.source, nick))

    def setAway(self, session: Session, message: str | None) -> Receipt:
        """Be away with a message, or back with C{None}."""
        if message is not None:
            checkText("the reason", message, self.limits.reason)
        return self._journal.append(AwaySet(self._user(session).source, message))

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

    def _freeNick(self, nick: str, claimant: User | None) -> str:
        nick = normalizeNick(nick, self.limits.nick)
        if skeleton(nick) in self._reserved:
            raise errors.NickReserved(nick)
        holder = self.state.users.lookalike(nick)
        if holder is not None and holder is not claimant:
            raise errors.NickInUse(nick, holder.nick)
        return nick
