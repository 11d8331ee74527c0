"""
Empties a node of a cluster before it stops: its users leave, while the others still hear of it from this node.

A server that is alone needs none of this, because nobody is left who could hear of it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from twisted.internet.defer import Deferred, TimeoutError
from twisted.logger import Logger

from twistchat.chat.chat import Chat
from twistchat.interfaces import ILog
from twistchat.net.limits.departures import Ends
from twistchat.services.listening import Listening

SETTLING: Final = 5.0
"""Seconds in which the proposals on their way must come back."""

ENDING: Final = 15.0
"""Seconds in which the ends of all sessions must come back.  The other nodes end the sessions that are left."""

log = Logger()


class Draining:
    """Empties this node, once."""

    def __init__(self, clock: Any, listening: Listening, journal: ILog, ends: Ends, chat: Chat) -> None:
        """
        @param clock: the reactor's timers.
        @param ends: ends the sessions of clients that have left.
        @param chat: has the sessions.
        """
        self._clock = clock
        self._listening = listening
        self._journal = journal
        self._ends = ends
        self._chat = chat
        self._waiting: list[Deferred[None]] = []
        self._begun = self._done = False

    def drain(self, reason: str) -> Deferred[None]:
        """
        Accept no more connections, disconnect all clients, and wait until the end of each session has been applied.

        @param reason: what the clients are told.  Only the first call matters.
        @return: fires when that is done, or takes too long.
        """
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        if self._done:
            self._report(None)
        elif not self._begun:
            self._begun = True
            Deferred.fromCoroutine(self._drain(reason)).addErrback(_failed).addCallback(self._report)
        return waiting

    async def _drain(self, reason: str) -> None:
        if not self._listening.stopped:
            await self._listening.stop()
        await self._within(SETTLING, self._settled())
        # The sessions end first: a client that comes back to another node at once finds its nick free.
        for session in list(self._chat.state.sessions.values()):
            self._ends.add(partial(self._chat.presence.close, session, reason))
        until = self._clock.seconds() + ENDING
        await self._within(ENDING, self._ended())
        await self._listening.closeDoors(reason)
        await self._within(max(0.0, until - self._clock.seconds()), self._ended())

    async def _within(self, seconds: float, done: Deferred[None]) -> None:
        try:
            await done.addTimeout(seconds, self._clock)
        except TimeoutError:
            log.warn("The other nodes have not answered in time; they end the sessions that are left")

    def _settled(self) -> Deferred[None]:
        settled: Deferred[None] = Deferred()
        self._journal.settled(lambda: _fire(settled))
        return settled

    def _ended(self) -> Deferred[None]:
        ended: Deferred[None] = Deferred()
        self._ends.whenIdle(lambda: _fire(ended))
        return ended

    def _report(self, _: object) -> None:
        self._done = True
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.callback(None)


def _fire(deferred: Deferred[None]) -> None:
    """Fire a Deferred that may have timed out."""
    if not deferred.called:
        deferred.callback(None)


def _failed(failure: Any) -> None:
    log.failure("The sessions did not end in good order", failure)
