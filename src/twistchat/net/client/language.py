"""The part of a client protocol that each protocol implements: its language."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from twistchat.chat.phrasing import counted

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from twistchat.chat.model.events import Entry, Event, Source
    from twistchat.config.limits import Limits
    from twistchat.interfaces import IDialect
    from twistchat.wire.lines import Line


class Deadline(NamedTuple):
    """
    The time that a client has to register.

    @ivar seconds: the time, counted from the acceptance of its connection.
    @ivar reason: why the connection ends, for a client that did not register in time.
    """

    seconds: float
    reason: str


class Language(ABC):
    """
    How a protocol greets its clients, executes their lines, and words what it tells them.

    It is the part of L{IOutlet <twistchat.interfaces.IOutlet>} that differs between protocols, and it keeps no state.

    @cvar pings: whether the protocol pings silent clients.  If so, L{idle} is called after C{limits.ping} of silence,
        and a client that does not answer within C{limits.pingTimeout} is disconnected.
    """

    __slots__ = ()

    pings: ClassVar[bool] = False

    # Every protocol implements these

    @abstractmethod
    def begin(self) -> None:
        """Greet an admitted client."""

    @abstractmethod
    def lineReceived(self, line: Line) -> float:
        """Execute a line, or return the seconds to wait for the rate limit.  See L{IClient.lineReceived
        <twistchat.interfaces.carrier.IClient.lineReceived>}."""

    @abstractmethod
    def farewell(self, reason: str, fault: bool) -> bytes:
        """
        Word why the connection ends, for its client.

        @param fault: whether the client caused the end.
        """

    @abstractmethod
    def refused(self, event: Event | None, failure: Failure) -> None:
        """
        Tell the client that one of its commands is refused, and why.

        @param event: the text that it posted, if the journal refused that.  See L{Speaking.post
            <twistchat.chat.rules.speaking.Speaking.post>}.
        """

    @abstractmethod
    def dialectFor(self, place: str) -> IDialect:
        """See L{IOutlet.dialectFor}."""

    # Defaults

    def deadline(self, limits: Limits) -> Deadline:
        """How long a client may take to register."""
        seconds = limits.registration
        return Deadline(seconds, f"You did not come in within {seconds:g} s.  Connect again, and be quicker.")

    def tooManyLines(self, limit: int) -> str:
        """Word why a client is disconnected that sent more than C{limit} lines and did not register."""
        return f"You sent {counted(limit, 'message')} and did not register"

    def idle(self) -> None:  # noqa: B027  # a default
        """Ping a silent client.  Any input from it counts as an answer."""

    def encrypted(self) -> None:  # noqa: B027  # a default
        """The connection of an admitted client is encrypted now, and the fingerprint of its certificate is known."""

    def echo(self, label: str, data: bytes) -> bytes:
        """See L{IOutlet.echo}.  A protocol without labels returns C{data} unchanged."""
        return data

    def roomRenamed(self, old: str, entry: Entry, label: str | None) -> None:  # noqa: B027  # a default
        """See L{IOutlet.roomRenamed}.  A protocol without a current room does nothing."""

    def hostChanged(self, entry: Entry, before: Source) -> None:  # noqa: B027  # a default
        """See L{IOutlet.hostChanged}.  A protocol that shows no hosts does nothing."""

    def attached(self, entry: Entry, before: Source, left: Sequence[str]) -> None:  # noqa: B027  # a default
        """See L{IOutlet.attached}.  A protocol that shows neither nicks nor rooms does nothing."""

    def roomEntered(self, room: str) -> None:  # noqa: B027  # a default
        """See L{IOutlet.roomEntered}.  A protocol that shows nothing on joining does nothing."""

    def inboxWaiting(self) -> None:  # noqa: B027  # a default
        """See L{IOutlet.inboxWaiting}.  If a protocol does nothing, the texts wait for a login elsewhere."""

    @property
    def shownIsRead(self) -> bool:
        """
        Whether what this client was shown counts as read when it leaves, because it has no means to say what was read.
        """
        return False

    def markerMoved(self, target: str, time: int) -> None:  # noqa: B027  # a default
        """See L{IOutlet.markerMoved}.  A protocol without read markers does nothing."""

    def nickClaimed(self, nick: str, seconds: float) -> None:  # noqa: B027  # a default
        """See L{IOutlet.nickClaimed}.  A protocol that nobody can log in to does nothing."""
