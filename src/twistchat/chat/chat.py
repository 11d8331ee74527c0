"""
The verbs: what a session may ask of the chat.

A verb checks names, membership, rank and limits, and raises a L{ChatError <twistchat.chat.errors.ChatError>} for what
it refuses; then it proposes an event to the journal.  It changes nothing itself: that is left to
L{State.apply <twistchat.chat.state.State.apply>}, once the journal has the event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from twistchat.chat.fanout.audience import Broadcast
from twistchat.chat.limits import Limits
from twistchat.chat.model.names import fold, reserve
from twistchat.chat.model.spans import Around, Kept, Point, Span
from twistchat.chat.model.users import Session
from twistchat.chat.rules.operatorverbs import OperatorVerbs
from twistchat.chat.rules.roomverbs import RoomVerbs
from twistchat.chat.rules.textverbs import TextVerbs
from twistchat.chat.rules.upkeep import Upkeep
from twistchat.chat.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twistchat.chat.fanout.delivery import Departures
    from twistchat.interfaces import IHistory, ILog


class Chat(RoomVerbs, TextVerbs, OperatorVerbs, Upkeep):
    """
    The chat, as doors see it.

    @ivar state: users and rooms; doors read it, and change nothing in it.
    @ivar limits: how much is too much.
    """

    def __init__(
        self,
        log: ILog,
        history: IHistory,
        wake: Callable[[], None],
        departures: Departures,
        now: Callable[[], float],
        wall: Callable[[], float],
        ids: Callable[[], str],
        limits: Limits,
        reserved: Iterable[str] = (),
        lobby: str = "",
        later: Callable[[float | None], None] = lambda seconds: None,
    ) -> None:
        """
        @param log: takes proposed events; open it with this chat's C{state.apply}.
        @param history: reads what the log has stored.
        @param wake: called when listeners have something waiting: C{state.broadcast.flush} is to be called at the end
            of this turn.
        @param departures: disconnects sessions.
        @param now: seconds on a clock that does not go back, to measure rates with.
        @param wall: seconds since the epoch, to end bans from the server by.
        @param ids: a new id at each call, for users and sessions; none comes twice, not over restarts either.
        @param limits: how much is too much.
        @param reserved: nicks that nobody can have.
        @param lobby: the room that only operators of the server lock; C{""} for none.
        @param later: called with a number of seconds, after which C{tend} is to be called; or with C{None}, where it
            need not be.  The last call counts.
        """
        self.state = State(Broadcast(wake, departures), self._needed)
        self.limits = limits
        self._journal = log
        self._history = history
        self._now = now
        self._wall = wall
        self._ids = ids
        self._reserved = reserve(reserved)
        self._lobby = fold(lobby)
        self._later = later
        self._due = None
        self._passing = set()

    def settled(self, reached: Callable[[], None]) -> None:
        """See L{ILog.settled <twistchat.interfaces.ILog.settled>}."""
        self._journal.settled(reached)

    # Questions

    async def history(
        self,
        session: Session,
        name: str,
        limit: int,
        after: Point | None = None,
        before: Point | None = None,
        oldest: bool = False,
    ) -> Sequence[Kept]:
        """
        Read a room's history, for a member of it.  The arguments are those of L{Span}.

        @return: no more than the limit on one reply allows, oldest first.
        """
        room, _ = self._membership(session, name)
        limit = min(limit, self.limits.historyReply)
        return await self._history.read(Span(fold(room.name), limit, after, before, oldest))

    async def historyAround(self, session: Session, name: str, limit: int, point: Point) -> Sequence[Kept]:
        """Read what was nearest to a point in a room, for a member of it."""
        room, _ = self._membership(session, name)
        return await self._history.read(Around(fold(room.name), min(limit, self.limits.historyReply), point))

    async def search(self, session: Session, words: str, limit: int, before: int | None = None) -> Sequence[Kept]:
        """
        Find texts that have all of these words: in the rooms where the asker is now, and in the private conversations
        of their account.

        @param before: a sequence number, to find only what came before it.
        @return: the newest, no more than the limit on one reply allows, oldest first.
        """
        user = self._user(session)
        limit = min(limit, self.limits.historyReply)
        return await self._history.search(list(user.rooms), words, limit, before, user.source.account)
