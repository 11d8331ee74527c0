"""What the composition root hands to every door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.interfaces import IReactorTime

from twistchat.chat.chat import Chat
from twistchat.config import Settings
from twistchat.doors.admission import Admission, cloak
from twistchat.doors.idle import Idle
from twistchat.doors.turn import Turn
from twistchat.interfaces import IJournal


@dataclass(frozen=True, slots=True)
class Backstage:
    """
    The chat, and what doors share.

    @ivar chat: the verbs.
    @ivar turn: the end of the current turn.
    @ivar clock: for time-outs, and to measure rates with; it does not go back.
    @ivar wall: what time it is, in seconds since the epoch.
    @ivar admission: who may connect.
    @ivar idle: finds the connections whose time is up.
    @ivar cloak: from an address to the host that others see.
    @ivar settings: what the administrator chose.
    """

    chat: Chat
    turn: Turn
    clock: IReactorTime
    wall: Callable[[], float]
    admission: Admission
    idle: Idle
    cloak: Callable[[str | None], str]
    settings: Settings

    @classmethod
    def assemble(
        cls,
        settings: Settings,
        journal: IJournal,
        clock: IReactorTime,
        wall: Callable[[], float],
        ids: Callable[[], str],
        key: Callable[[], bytes],
    ) -> Backstage:
        """
        Put a chat together on a journal, which is yet to be opened with C{chat.state.apply}.

        @param clock: the reactor's clock, or a test's.
        @param wall: seconds since the epoch.
        @param ids: a new id at each call; none comes twice, not over restarts either.
        @param key: gives the key of the cloaks.
        """
        turn = Turn(clock)
        chat = Chat(
            journal,
            lambda: turn.tell(chat.state.broadcast.flush),
            clock.seconds,
            wall,
            ids,
            settings.limits,
            settings.chat.reserved,
        )
        admission = Admission(settings.limits, clock.seconds)
        return cls(chat, turn, clock, wall, admission, Idle(clock), cloak(key), settings)
