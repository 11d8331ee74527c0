"""The value that each door receives: the chat, and the parts that all connections share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from twistchat.config import reloadSettings
from twistchat.net.limits.departures import Ends
from twistchat.net.reloading import Prepare, Reloads

if TYPE_CHECKING:
    from twistchat.chat.chat import Chat
    from twistchat.config import Reload, Settings
    from twistchat.interfaces import IAdministration, ILogins, IMailer, IPasswords, IRegistrar
    from twistchat.net.input.intake import Shares
    from twistchat.net.input.pace import Portions
    from twistchat.net.input.pipeline import InFlight
    from twistchat.net.limits.admission import Admission
    from twistchat.net.limits.idle import Idle, Reminder
    from twistchat.net.limits.refusals import RefusalLog
    from twistchat.net.logs.connections import ConnectionLog
    from twistchat.net.logs.logins import LoginLog
    from twistchat.net.monitoring.figures import Figures
    from twistchat.net.output.turn import Turn

log = Logger()


@dataclass(slots=True)
class ServerContext:
    """
    The chat, and the parts that all connections share.

    @ivar chat: the verbs and the state.
    @ivar turn: runs calls at the end of the current turn.
    @ivar clock: schedules timeouts and measures rates.  It is monotonic.
    @ivar wall: returns the time in seconds since the epoch.
    @ivar admission: decides who may connect.
    @ivar refusals: logs refusals by limits.
    @ivar figures: what the server is doing, in numbers.
    @ivar connections: logs the ends of connections.
    @ivar loginLog: logs logins and registrations of accounts.
    @ivar shown: returns an address as the log shows it; C{None} if it does not show it.
    @ivar idle: the timeouts of all connections.
    @ivar upkeep: schedules the chat's upkeep of its rooms.
    @ivar shares: gives each connection with unread input one share of it per turn.
    @ivar cloak: turns an address into the host that other users see.
    @ivar passwords: checks passwords.
    @ivar logins: checks who somebody is.  After that, call C{chat.identity.login}.
    @ivar registrar: registers accounts, and changes their credentials.
    @ivar mailer: sends mails; C{None} if no mail server is configured.
    @ivar random: returns that many random bytes, which nobody can predict.
    @ivar inFlight: counts the messages of all connections that have not been applied yet.
    @ivar portions: the commands that wait to continue.
    @ivar settings: the current settings.  L{rehash} replaces them, so do not keep a reference to them.
    @ivar reread: reads the configuration again.  It raises L{ConfigError <twistchat.config.ConfigError>} if the
        configuration has a mistake.
    @ivar onReload: functions called after the settings have changed.  A door that informs its clients adds one.
    @ivar prepare: prepares the listeners for changed settings; C{None} if there are none.
    @ivar ends: ends the sessions of clients that have left.
    @ivar reloads: runs the reloads one after the other.
    @ivar administration: executes the commands of administrators; C{None} if no door may offer them.
    """

    chat: Chat
    turn: Turn
    clock: IReactorTime
    wall: Callable[[], float]
    admission: Admission
    refusals: RefusalLog
    figures: Figures
    connections: ConnectionLog
    loginLog: LoginLog
    shown: Callable[[str | None], str | None]
    idle: Idle
    upkeep: Reminder
    shares: Shares
    cloak: Callable[[str | None], str]
    passwords: IPasswords
    logins: ILogins
    registrar: IRegistrar
    mailer: IMailer | None
    random: Callable[[int], bytes]
    inFlight: InFlight
    portions: Portions
    settings: Settings
    reread: Callable[[], Settings]
    onReload: list[Callable[[], None]] = field(default_factory=list)
    prepare: Prepare | None = None
    ends: Ends = field(default_factory=Ends)
    reloads: Reloads = field(default_factory=Reloads)
    administration: IAdministration | None = None

    def rehash(self, who: str = "") -> Deferred[Reload]:
        """
        Read the configuration again, and apply the keys that may change while the server runs.

        This replaces C{settings}, updates the admission limits and the listeners, and calls each function in
        C{onReload}.  It fires before it returns, unless another reload runs, or a port must be closed before another
        can be bound.  The log has one line about it.

        @param who: who asks, for the log; C{""} if nobody knows.
        @return: which keys changed, and which change at the next start.  It fails with L{ConfigError
            <twistchat.config.ConfigError>} if the configuration has a mistake; then nothing has changed.
        """
        return self.reloads.request(self._reload, who)

    async def _reload(self) -> Reload:
        reloaded = reloadSettings(self.settings, self.reread())
        change = None if self.prepare is None else await self.prepare(reloaded.settings)
        self.settings = reloaded.settings
        self.admission.limit(reloaded.settings.limits)
        if change is not None:
            change.complete()
            reloaded = replace(reloaded, applied=(*reloaded.applied, *change.applied))
        for notify in self.onReload:
            try:
                notify()
            except Exception:
                log.failure("A part of the server failed to follow the changed configuration")
        return reloaded
