"""Who has to go: sessions that a ban meets, and those whose dialect or outlet raises."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import NotStored
from twistchat.chat.model.users import Session

if TYPE_CHECKING:
    from twistchat.interfaces import Receipt

FAILED: Final = "The server failed to show you what happened, and has logged why"
"""Why a session ends whose dialect or outlet raises, for its client and for those who see the user go."""

AT_ONCE: Final = 16
"""Sessions that are disconnected in one turn, at the most."""

LISTENERS: Final = 1000
"""How many are told in one turn that somebody quits, before the next waits for another turn."""


class DepartureQueue:
    """
    Disconnects sessions, though never within a broadcast: after the end of the turn, and a few in each.

    What raises harms its own sessions and nobody else.  It is logged, once for each dialect and each class of outlets.
    """

    _log = Logger()

    __slots__ = ("_afterwards", "_close", "_failed", "_going", "_leaving", "_wait")

    def __init__(
        self,
        afterwards: Callable[[Callable[[], None]], None],
        wait: Callable[[], Deferred[None]],
        close: Callable[[Session, str], Receipt | None],
    ) -> None:
        """
        @param afterwards: calls what it is given when all has been told and sent.
        @param wait: waits for another turn.
        @param close: ends a session, as L{Chat.close <twistchat.chat.chat.Chat.close>} does.
        """
        self._afterwards = afterwards
        self._wait = wait
        self._close = close
        self._failed: set[object] = set()
        self._leaving: dict[str, tuple[Session, str]] = {}
        self._going = False

    def broken(self, what: object, sessions: Iterable[Session], error: Exception) -> None:
        """
        Log what raised, and disconnect its sessions.

        @param what: a dialect; or the outlet of the one session.
        @param sessions: those that depend on it.
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

        @param reason: why, for their clients and for those who see the users go.
        """
        for session in sessions:
            if not session.closed:
                self._leaving.setdefault(session.id, (session, reason))
        if self._leaving and not self._going:
            self._going = True
            self._afterwards(self._goOn)

    def _goOn(self, _: Any = None) -> None:
        told = 0
        for id in list(islice(self._leaving, AT_ONCE)):
            session, reason = self._leaving[id]
            if not session.closed:
                if session.user is not None:
                    told += sum([len(room.members) for room in session.user.rooms.values()])
                self._disconnect(session, reason)
            del self._leaving[id]
            if told >= LISTENERS:
                break
        if self._leaving:
            self._wait().addCallback(self._goOn)
        else:
            self._going = False

    def _disconnect(self, session: Session, reason: str) -> None:
        try:
            session.outlet.disconnect(reason)
        except Exception as error:
            self.broken(session.outlet, [session], error)
        going = self._close(session, reason)
        if going is not None:
            going.addErrback(ignoreNotStored)


def ignoreNotStored(failure: Failure) -> None:
    """Pass over that somebody's going was not taken: the journal is closed, and everyone is going."""
    failure.trap(NotStored)
