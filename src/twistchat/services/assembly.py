"""Builds a L{ServerContext} from the settings, a log and a clock."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from twistchat.chat.chat import Chat
from twistchat.config import Settings
from twistchat.interfaces import IHistory, ILog, IPasswords
from twistchat.net.context import ServerContext
from twistchat.net.input.intake import Shares
from twistchat.net.input.pace import Portions
from twistchat.net.input.pipeline import InFlight
from twistchat.net.limits.admission import Admission, cloak
from twistchat.net.limits.departures import DepartureQueue
from twistchat.net.limits.idle import Idle, Reminder
from twistchat.net.limits.refusals import RefusalLog
from twistchat.net.output.turn import Turn


def assemble(
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
    Build the chat and the parts that doors share, on a log that is not open yet.

    The caller opens the log with C{context.chat.state.apply}.

    @param settings: the settings to start with.
    @param log: takes events.
    @param history: reads the entries that the log has stored.
    @param clock: the reactor's clock, or a test's.
    @param wall: returns the time in seconds since the epoch.
    @param ids: returns a new id at each call.  Ids never repeat, not even after a restart.
    @param key: returns the key of the cloaks, 1 to 32 bytes.
    @param passwords: checks passwords.
    @param reread: reads the configuration again.  It raises L{ConfigError <twistchat.config.ConfigError>} if the
        configuration has a mistake.
    """
    turn, portions = Turn(clock), Portions(clock)
    idle = Idle(clock)
    upkeep = Reminder(idle, clock, lambda: chat.upkeep.tend())
    chat = Chat(
        log,
        history,
        turn.beforeSending,
        DepartureQueue(turn.afterSending, portions.wait, lambda session, reason: chat.presence.close(session, reason)),
        clock.seconds,
        wall,
        ids,
        settings.limits,
        settings.chat.reserved,
        settings.chat.lobby,
        upkeep.after,
        inherits=settings.accounts.succession == "next",
    )
    return ServerContext(
        chat=chat,
        turn=turn,
        clock=clock,
        wall=wall,
        admission=Admission(settings.limits, clock.seconds),
        refusals=RefusalLog(clock.seconds),
        idle=idle,
        upkeep=upkeep,
        shares=Shares(clock),
        cloak=cloak(key),
        passwords=passwords,
        inFlight=InFlight(chat.settled, turn.afterSending),
        portions=portions,
        settings=settings,
        reread=reread,
    )
