"""What the composition root hands to every door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.interfaces import IReactorTime

from twistchat.chat.chat import Chat
from twistchat.config import Reload, Settings, reloadSettings
from twistchat.interfaces import IHistory, ILog, IPasswords
from twistchat.net.input.intake import Shares
from twistchat.net.input.pace import Portions
from twistchat.net.input.pipeline import InFlight
from twistchat.net.limits.admission import Admission, cloak
from twistchat.net.limits.departures import DepartureQueue
from twistchat.net.limits.idle import Idle, Reminder
from twistchat.net.limits.refusals import RefusalLog
from twistchat.net.output.turn import Turn


@dataclass(slots=True)
class ServerContext:
    """
    The chat, and what doors share.

    @ivar chat: the verbs.
    @ivar turn: the end of the current turn.
    @ivar clock: for time-outs, and to measure rates with; it does not go back.
    @ivar wall: what time it is, in seconds since the epoch.
    @ivar admission: who may connect.
    @ivar refusals: logs what limits refuse.
    @ivar idle: finds the connections whose time is up.
    @ivar upkeep: has the chat see to its rooms.
    @ivar shares: gives connections with much input their shares, one a turn.
    @ivar cloak: from an address to the host that others see.
    @ivar passwords: checks passwords.
    @ivar inFlight: the messages that are under way, of all connections.
    @ivar portions: the commands that wait to go on.
    @ivar settings: what the administrator chose.  What there is to be read again is replaced by L{rehash}: look here
        each time.
    @ivar reread: reads the configuration again, and raises L{ConfigError <twistchat.config.ConfigError>} where it has
        a mistake.
    @ivar onReload: called when other settings hold; a door that tells its clients what they are puts something here.
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

    @classmethod
    def assemble(
        cls,
        settings: Settings,
        log: ILog,
        history: IHistory,
        clock: IReactorTime,
        wall: Callable[[], float],
        ids: Callable[[], str],
        key: Callable[[], bytes],
        passwords: IPasswords,
        reread: Callable[[], Settings],
    ) -> ServerContext:
        """
        Put a chat together on a log, which is yet to be opened with C{chat.state.apply}.

        @param history: reads what the log has stored.
        @param clock: the reactor's clock, or a test's.
        @param wall: seconds since the epoch.
        @param ids: a new id at each call; none comes twice, not over restarts either.
        @param key: gives the key of the cloaks.
        @param passwords: checks passwords.
        @param reread: reads the configuration again.
        """
        turn, portions = Turn(clock), Portions(clock)
        idle = Idle(clock)
        upkeep = Reminder(idle, clock, lambda: chat.upkeep.tend())
        chat = Chat(
            log,
            history,
            lambda: turn.tell(chat.state.broadcast.flush),
            DepartureQueue(
                turn.afterwards, portions.wait, lambda session, reason: chat.presence.close(session, reason)
            ),
            clock.seconds,
            wall,
            ids,
            settings.limits,
            settings.chat.reserved,
            settings.chat.lobby,
            upkeep.after,
        )
        admission = Admission(settings.limits, clock.seconds)
        inFlight = InFlight(chat.settled, turn.afterwards)
        return cls(
            chat,
            turn,
            clock,
            wall,
            admission,
            RefusalLog(clock.seconds),
            idle,
            upkeep,
            Shares(clock),
            cloak(key),
            passwords,
            inFlight,
            portions,
            settings,
            reread,
        )

    def rehash(self) -> Reload:
        """
        Read the configuration again, and take over what can be changed while the server runs.

        @return: what that came to.
        @raise ConfigError: it has a mistake; nothing has changed.
        """
        reloaded = reloadSettings(self.settings, self.reread())
        self.settings = reloaded.settings
        self.admission.limit(self.settings.limits)
        for tell in self.onReload:
            tell()
        return reloaded
