"""The value that every door is given: the chat, and the parts that all connections share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorTime

if TYPE_CHECKING:
    from twistchat.chat.chat import Chat
    from twistchat.config import Settings
    from twistchat.interfaces import IPasswords
    from twistchat.net.input.intake import Shares
    from twistchat.net.input.pace import Portions
    from twistchat.net.input.pipeline import InFlight
    from twistchat.net.limits.admission import Admission
    from twistchat.net.limits.idle import Idle, Reminder
    from twistchat.net.limits.refusals import RefusalLog
    from twistchat.net.output.turn import Turn


@dataclass(slots=True)
class ServerContext:
    """
    The chat, and the parts that all connections share.

    @ivar chat: the verbs, and the state behind them.
    @ivar turn: runs calls at the end of the current turn.
    @ivar clock: schedules timeouts and measures rates; it never goes back.
    @ivar wall: returns the time in seconds since the epoch.
    @ivar admission: decides who may connect.
    @ivar refusals: logs what limits refuse.
    @ivar idle: finds the connections whose time is up.
    @ivar upkeep: reminds the chat to look after its rooms.
    @ivar shares: gives each connection with much input one share of it per turn.
    @ivar cloak: turns an address into the host that others see.
    @ivar passwords: checks passwords.
    @ivar inFlight: the messages of all connections that the journal has not applied yet.
    @ivar portions: the commands that wait to continue.
    @ivar settings: the administrator's choices.  L{rehash <twistchat.net.reload.rehash>} replaces them, so do not keep
        a reference to them.
    @ivar reread: reads the configuration again, and raises L{ConfigError <twistchat.config.ConfigError>} if it has a
        mistake.
    @ivar onReload: called after the settings have changed.  A door that informs its clients adds a call here.
    """

    chat: Chat
    turn: Turn
    clock: IReactorTime
    wall: Callable[[], float]
    admission: Admission
    refusals: RefusalLog
    idle: Idle
    upkeep: Reminder
    shares: Shares
    cloak: Callable[[str | None], str]
    passwords: IPasswords
    inFlight: InFlight
    portions: Portions
    settings: Settings
    reread: Callable[[], Settings]
    onReload: list[Callable[[], None]] = field(default_factory=list)
