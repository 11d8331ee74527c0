"""Builds a L{ServerContext} from the settings, a log and a clock."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from twisted.cred.checkers import ICredentialsChecker
from twisted.internet.interfaces import IReactorTime

from twistchat.accounts.context import AccountContext
from twistchat.accounts.logins import Logins
from twistchat.accounts.registration import Registrar
from twistchat.accounts.throttle import Buckets, Throttle
from twistchat.chat.chat import Chat
from twistchat.chat.limits import AlwaysOnPolicy, NickProtection
from twistchat.config import Settings
from twistchat.interfaces import IHistory, ILog, IMailer, IPasswords
from twistchat.net.client.following import LimitsFollower
from twistchat.net.context import ServerContext
from twistchat.net.input.intake import Shares
from twistchat.net.input.pace import Portions
from twistchat.net.input.pipeline import InFlight
from twistchat.net.limits.admission import Admission, LoginFailures, cloak, shownAddress
from twistchat.net.limits.departures import DepartureQueue
from twistchat.net.limits.idle import Idle, Reminder
from twistchat.net.limits.refusals import RefusalLog
from twistchat.net.logs.connections import ConnectionLog
from twistchat.net.logs.logins import LoginLog
from twistchat.net.monitoring.figures import Figures
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
    random: Callable[[int], bytes],
    sources: Sequence[ICredentialsChecker] = (),
    isReachable: Callable[[], bool] = lambda: False,
    mailer: IMailer | None = None,
) -> ServerContext:
    """
    Build the chat and the parts that doors share, on a log that is not open yet.

    The caller opens the log with C{context.chat.state.apply}, then calls C{context.chat.upkeep.begin}.

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
    @param random: returns that many random bytes, which nobody can predict.
    @param sources: further sources of passwords: checkers of C{IUsernamePassword}.
    @param isReachable: returns whether other machines can reach a door.
    @param mailer: sends mails; C{None} if no mail server is configured.
    """
    turn, portions = Turn(clock), Portions(clock)
    idle = Idle(clock)
    upkeep = Reminder(idle, clock, lambda: chat.upkeep.tend())

    def protection() -> NickProtection:
        accounts = context.settings.accounts
        return NickProtection(accounts.protection == "strict", accounts.claimTime)

    def keptTags() -> Container[str]:
        return [name.removeprefix("+") for name in context.settings.chat.keptTags]

    def alwaysOn() -> AlwaysOnPolicy:
        accounts = context.settings.accounts
        return AlwaysOnPolicy(accounts.alwaysOn, accounts.alwaysOnTime)

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
        protection=protection,
        keptTags=keptTags,
        longestRetention=settings.journal.roomsAtMost,
        alwaysOn=alwaysOn,
        guests=lambda: context.settings.accounts.guests,
    )
    admission, hide = Admission(settings.limits, clock.seconds), cloak(key)
    shown = shownAddress(lambda: context.settings.log.address, hide)

    def failures() -> tuple[float, float]:
        return context.settings.limits.accountFailures, context.settings.limits.accountFailureRate

    throttle = Throttle(LoginFailures(admission), Buckets(failures, clock.seconds), settings.limits.passwordQueue)
    loginLog = LoginLog(clock, shown)
    authentication = AccountContext(
        chat, lambda: context.settings, passwords, throttle, loginLog, hide, key, random, wall
    )
    logoff = Reminder(idle, clock, lambda: logins.tend())
    logins = Logins(authentication, logoff.after, sources)
    expiry = Reminder(idle, clock, lambda: registrar.tend())
    registrar = Registrar(authentication, logins, clock.seconds, isReachable, expiry.after, mailer)
    refusals = RefusalLog(clock.seconds, shown)

    def waitingMails() -> int:
        return 0 if mailer is None else mailer.waiting

    context = ServerContext(
        chat=chat,
        turn=turn,
        clock=clock,
        wall=wall,
        admission=admission,
        refusals=refusals,
        figures=Figures(log, chat, turn, admission, refusals, throttle.figures, clock, wall, waitingMails),
        connections=ConnectionLog(clock, shown),
        loginLog=loginLog,
        shown=shown,
        idle=idle,
        upkeep=upkeep,
        shares=Shares(clock),
        cloak=hide,
        passwords=passwords,
        logins=logins,
        registrar=registrar,
        mailer=mailer,
        random=random,
        inFlight=InFlight(chat.settled, turn.afterSending),
        portions=portions,
        settings=settings,
        reread=reread,
    )

    def follow() -> None:
        chat.limits = context.settings.limits
        chat.reserve(context.settings.chat.reserved)
        chat.ownership.inherits = context.settings.accounts.succession == "next"

    context.onReload += [follow, LimitsFollower(context).notify]
    return context
