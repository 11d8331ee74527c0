"""
What the server is doing, in numbers.

The parts of the server count what they do: for each batch, turn, refusal or login, and never for each delivery.  This
object reads their numbers when somebody asks.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from twisted.internet.interfaces import IReactorTime

from twistchat import __version__
from twistchat.interfaces import IClusterLog
from twistchat.net.monitoring import process
from twistchat.net.monitoring.lag import ReactorLag, quantileOf

if TYPE_CHECKING:
    from twistchat.chat.chat import Chat
    from twistchat.interfaces import ILog, LoginFigures
    from twistchat.net.limits.admission import Admission
    from twistchat.net.limits.refusals import RefusalLog
    from twistchat.net.output.turn import Turn

MINUTE: Final = 60.0
"""Seconds between two entries of L{Figures.hour}."""

MINUTES: Final = 60
"""The number of entries that are kept."""

MESSAGES: Final = ("RoomMessage", "PrivateMessage")
"""The classes of events that are messages."""

_door, _stays = attrgetter("door"), attrgetter("stays")


class Minute(NamedTuple):
    """
    What happened in a minute, and how the server was at its end.

    @ivar time: its end, in seconds since the epoch.
    @ivar sessions: the number of sessions.
    @ivar rooms: the number of rooms.
    @ivar deliveries: the deliveries within the minute: an entry that five sessions heard counts five times.
    @ivar messages: the messages within the minute.
    @ivar lag: the reactor's lag in seconds that 99 of 100 samples of the minute did not exceed.
    @ivar memory: the resident memory of the process, in bytes.
    """

    time: int
    sessions: int
    rooms: int
    deliveries: int
    messages: int
    lag: float
    memory: int


class Figures:
    """
    The numbers about the server.

    @ivar doors: the names of the doors that are open, or through which somebody came.
    @ivar log: the log: C{log.figures} has its numbers, and C{log.trouble} says why it accepts nothing.
    @ivar lag: how late the reactor is.
    @ivar refusals: counts refusals and dropped connections by reason.
    @ivar logins: counts logins.
    @ivar turn: knows the bytes that wait for slow readers.
    @ivar stopping: whether the server shuts down.
    @ivar mails: returns the number of mails that wait.
    @ivar backups: returns how many backups were made since the start.
    @ivar failedBackups: returns how many attempts to make one failed since the start.
    @ivar backup: describes the last backup: see L{Backups.described
        <twistchat.services.backups.schedule.Backups.described>}; C{None} if the server makes none.
    @ivar lastBackup: returns the time of the last backup, in seconds since the epoch; C{None} if there is none.
    """

    def __init__(
        self,
        log: ILog,
        chat: Chat,
        turn: Turn,
        admission: Admission,
        refusals: RefusalLog,
        logins: LoginFigures,
        clock: IReactorTime,
        wall: Callable[[], float],
        mails: Callable[[], int] = lambda: 0,
    ) -> None:
        """
        @param clock: a monotonic clock.
        @param wall: returns the time in seconds since the epoch.
        """
        self.log = log
        self.turn = turn
        self.refusals = refusals
        self.logins = logins
        self.mails = mails
        self.stopping = False
        self.doors: set[str] = set()
        self.backups: Callable[[], int] = lambda: 0
        self.failedBackups: Callable[[], int] = lambda: 0
        self.backup: Callable[[], Mapping[str, object] | None] = lambda: None
        self.lastBackup: Callable[[], float | None] = lambda: None
        self.lag = ReactorLag(clock, self._sampled)
        self._chat = chat
        self._admission = admission
        self._clock = clock
        self._wall = wall
        self._began, self.started = clock.seconds(), wall()
        self._hour: deque[Minute] = deque(maxlen=MINUTES)
        self._lags: list[float] = []
        self._minuteEnds = 0.0
        self._before = (0, 0)

    # The timer

    def start(self) -> None:
        """Start to measure the reactor's lag, and to keep the numbers of each minute."""
        self._began, self.started = self._clock.seconds(), self._wall()
        self._minuteEnds = self._began + MINUTE
        self._before = (self.deliveries, self.messages)
        self.stopping = False
        self.lag.start()

    def stop(self) -> None:
        """Stop that.  A second call does nothing."""
        self.stopping = True
        self.lag.stop()

    # Numbers

    version = __version__

    @property
    def uptime(self) -> float:
        """The seconds since the start."""
        return self._clock.seconds() - self._began

    @property
    def trouble(self) -> str | None:
        """Why the server accepts no messages now; C{None} if it does."""
        if self.stopping:
            return "the server is shutting down"
        trouble: str | None = self.log.trouble
        return trouble

    @property
    def cluster(self) -> Mapping[str, Any] | None:
        """
        How the cluster is: see L{IClusterLog.overview <twistchat.interfaces.IClusterLog.overview>}; C{None} if this
        server is no node of one.
        """
        if not IClusterLog.providedBy(self.log):
            return None
        overview: Mapping[str, Any] = self.log.overview()
        return overview

    def sessions(self) -> Mapping[str, int]:
        """Count the sessions, by the name of their door.  A door in C{doors} without sessions has 0."""
        counts = Counter(map(_door, self._chat.state.sessions.values()))
        self.doors.update(counts)
        return {door: counts[door] for door in sorted(self.doors)}

    @property
    def unregistered(self) -> int:
        """The number of connections whose users have not entered yet."""
        return self._admission.unregistered

    @property
    def users(self) -> int:
        """The number of users."""
        return len(self._chat.state.users)

    @property
    def alwaysOn(self) -> int:
        """The number of users who stay when their last session ends."""
        return sum(map(_stays, self._chat.state.users))

    @property
    def rooms(self) -> int:
        """The number of rooms."""
        return len(self._chat.state.rooms)

    @property
    def accounts(self) -> int:
        """The number of accounts."""
        return len(self._chat.state.accounts)

    @property
    def deliveries(self) -> int:
        """The deliveries so far: an entry that five sessions heard counts five times."""
        return self._chat.state.broadcast.delivered

    @property
    def messages(self) -> int:
        """The messages so far."""
        events = self.log.figures.events
        return sum([events[name] for name in MESSAGES])

    def hour(self) -> Sequence[Minute]:
        """The numbers of each of the last L{MINUTES} minutes, oldest first.  There are fewer after a start."""
        return tuple(self._hour)

    def _sampled(self, lag: float) -> None:
        """Note a sample of the reactor's lag, and the numbers of a minute that is over."""
        self._lags.append(lag)
        now = self._clock.seconds()
        if now < self._minuteEnds:
            return
        deliveries, messages = self.deliveries, self.messages
        self._hour.append(
            Minute(
                int(self._wall()),
                len(self._chat.state.sessions),
                self.rooms,
                deliveries - self._before[0],
                messages - self._before[1],
                quantileOf(self._lags, 0.99),
                process.memory(),
            )
        )
        self._before = (deliveries, messages)
        self._lags = []
        # After a pause of the process the next minute begins now, so that no minute is counted twice.
        self._minuteEnds = now + MINUTE if now >= self._minuteEnds + MINUTE else self._minuteEnds + MINUTE
