"""Disconnects sessions: those that match a ban, and those whose dialect or outlet raises an error."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import NoSuchNick, NotStored, OutcomeUnknown
from twistchat.chat.model.sessions import Session

if TYPE_CHECKING:
    from twistchat.interfaces import Receipt

FAILED: Final = "The server failed to show you what happened, and has logged why"
"""The reason shown to a client, and to others in its rooms, when its dialect or outlet raises an error."""

MAX_PER_TURN: Final = 16
"""The most sessions that are disconnected in one turn."""

MAX_NOTIFIED: Final = 1000
"""The number of room members that hear of a quit in one turn, after which the rest waits for another turn."""

MAX_ENDS: Final = 8
"""The most ends of sessions that the journal has not applied yet."""


class DepartureQueue:
    """
    Disconnects sessions after the end of a turn, a few per turn, and never within a broadcast.

    A dialect or an outlet that raises an error harms only its own sessions.  The error is logged once for each dialect
    and each class of outlet.
    """

    _log = Logger()

    __slots__ = ("_afterSending", "_close", "_failed", "_leaving", "_maxNotified", "_maxPerTurn", "_running", "_wait")

    def __init__(
        self,
        afterSending: Callable[[Callable[[], None]], None],
        wait: Callable[[], Deferred[None]],
        close: Callable[[Session, str], Receipt | None],
        maxPerTurn: int = MAX_PER_TURN,
        maxNotified: int = MAX_NOTIFIED,
    ) -> None:
        """
        @param afterSending: calls a function after the turn's output has been sent.
        @param wait: returns a Deferred that fires in a later turn.
        @param close: ends a session, as C{chat.presence.close} does.
        @param maxPerTurn: see L{MAX_PER_TURN}.
        @param maxNotified: see L{MAX_NOTIFIED}.
        """
        self._afterSending = afterSending
        self._wait = wait
        self._close = close
        self._maxPerTurn = maxPerTurn
        self._maxNotified = maxNotified
        self._failed: set[object] = set()
        self._leaving: dict[str, tuple[Session, str]] = {}
        self._running = False

    def broken(self, what: object, sessions: Iterable[Session], error: Exception) -> None:
        """
        Log an error, and disconnect the sessions that it affects.

        @param what: the dialect that raised it, or the outlet of the one session.
        @param sessions: the sessions that use the dialect or the outlet.
        """
        sessions = list(sessions)
        kind: object = type(what) if len(sessions) == 1 and sessions[0].outlet is what else what
        if kind not in self._failed:
            self._failed.add(kind)
            self._log.failure("{what} failed, and its sessions are disconnected", Failure(error), what=what)
        self.disconnect(sessions, FAILED)

    def disconnect(self, sessions: Iterable[Session], reason: str) -> None:
        """
        Disconnect sessions.

        @param reason: the reason, shown to their clients and to others in their rooms.
        """
        for session in sessions:
            if not session.closed:
                self._leaving.setdefault(session.id, (session, reason))
        if self._leaving and not self._running:
            self._running = True
            self._afterSending(self._continue)

    def _continue(self, _: Any = None) -> None:
        notified = 0
        for id in list(islice(self._leaving, self._maxPerTurn)):
            session, reason = self._leaving[id]
            if not session.closed:
                if session.user is not None:
                    notified += sum([len(room.members) for room in session.user.rooms.values()])
                self._disconnect(session, reason)
            del self._leaving[id]
            if notified >= self._maxNotified:
                break
        if self._leaving:
            self._wait().addCallback(self._continue)
        else:
            self._running = False

    def _disconnect(self, session: Session, reason: str) -> None:
        try:
            session.outlet.disconnect(reason)
        except Exception as error:
            self.broken(session.outlet, [session], error)
        closing = self._close(session, reason)
        if closing is not None:
            closing.addErrback(ignoreNotStored)


class Ends:
    """
    Ends sessions whose clients have left, in order: few at a time, so that the journal's queue stays short.

    The entries of others are applied behind those that wait in it, and everybody in a room hears that a user leaves.
    """

    __slots__ = ("_advancing", "_idle", "_most", "_running", "_waiting")

    def __init__(self, most: int = MAX_ENDS) -> None:
        """
        @param most: see L{MAX_ENDS}.
        """
        self._most = most
        self._running = 0
        self._advancing = False
        self._waiting: deque[Callable[[], Receipt | None]] = deque()
        self._idle: list[Callable[[], None]] = []

    def add(self, close: Callable[[], Receipt | None]) -> None:
        """
        End a session, now or when earlier ones have ended.

        @param close: ends it, as C{chat.presence.close} does.
        """
        self._waiting.append(close)
        self._advance()

    def whenIdle(self, reached: Callable[[], None]) -> None:
        """
        Report when every session has ended, or its end was refused.

        @param reached: called once; at once if none is ending.
        """
        self._idle.append(reached)
        self._advance()

    def _advance(self) -> None:
        if self._advancing:
            return  # a session ended within the loop below, which continues
        self._advancing = True
        try:
            while self._waiting and self._running < self._most:
                going = self._waiting.popleft()()
                if going is not None:
                    self._running += 1
                    going.addErrback(ignoreNotStored).addBoth(self._ended)
        finally:
            self._advancing = False
        if self._idle and not self._running:
            idle, self._idle = self._idle, []
            for reached in idle:
                reached()

    def _ended(self, result: Any) -> Any:
        self._running -= 1
        self._advance()
        return result


def ignoreNotStored(failure: Failure) -> None:
    """
    Ignore that the end of a session was refused: by the journal, or because the session was moving to another user and
    its former user is gone.  The session is closed, and every session ends.
    """
    failure.trap(NotStored, OutcomeUnknown, NoSuchNick)
