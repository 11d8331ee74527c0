"""The stream: the one order of a cluster, which a broker replicates and makes durable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred


class StreamUnusable(Exception):
    """The stream cannot be used.  C{str} gives the reason in one line, for the administrator."""


class NotPublished(Exception):
    """A message was not acknowledged.  It may be in the stream nevertheless, or get there later."""


class StreamMessage(NamedTuple):
    """
    A message of the stream.

    @ivar sequence: its number in the stream.  The first message has the number 1, and numbers grow by one.
    @ivar time: when the broker stored it, in milliseconds since the epoch.  It may go back.
    @ivar data: its bytes.
    """

    sequence: int
    time: int
    data: bytes


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """
    What is known of the stream now.

    @ivar connected: whether the broker is connected.
    @ivar broker: the address or name of the broker; C{""} if there is none.
    @ivar leader: the name of the broker that leads the stream; C{""} if it is not known.
    @ivar elections: how often the leader changed since this process started.
    @ivar reconnections: how often the connection was made again.
    @ivar replicas: for each other broker of the stream, whether it is up to date.
    @ivar first: the number of the first message that the stream still has.
    @ivar last: the highest number that is known, at least that of the last message that was received.
    """

    connected: bool = False
    broker: str = ""
    leader: str = ""
    elections: int = 0
    reconnections: int = 0
    replicas: Mapping[str, bool] | None = None
    first: int = 0
    last: int = 0


class IStreamReading(Interface):
    """The delivery of a stream's messages, as returned by L{IStream.read}."""

    def pause() -> None:
        """Deliver nothing until L{resume} is called.  Calls do not count."""

    def resume() -> None:
        """Go on after L{pause}."""

    def stop() -> None:
        """End the delivery.  A second call is harmless."""


class IStream(Interface):
    """
    The stream of a cluster, and the leases of its nodes, as one node sees them.

    Nothing here raises: errors are reported by Deferreds and callbacks, in the reactor's thread.
    """

    status = Attribute("L{StreamStatus}: what is known now.  It does not block.")

    def open() -> Deferred[StreamStatus]:
        """
        Connect, check that the brokers keep what they acknowledge, and create what does not exist.

        @return: fires with the status, in which C{first} and C{last} are exact.  A new stream has the last number 0.
            Fails with L{StreamUnusable}.
        """

    def publish(data: bytes, id: str, last: int | None = None) -> Deferred[int]:
        """
        Append a message.

        @param id: the broker ignores a second message with the same id for some minutes, and acknowledges the first.
        @param last: append it only if the last message of the stream has this number.
        @return: fires with the number of the message, when the brokers have made it durable.  Fails with
            L{NotPublished} if that is not known in time, which is at most 2 seconds; also if C{last} does not hold.
        """

    def read(after: int, receive: Callable[[StreamMessage], None], broken: Callable[[str], None]) -> IStreamReading:
        """
        Deliver the messages after a number, in order, each once, and each later message when the stream has it.  The
        connection may be lost meanwhile: the delivery goes on from the position when it is back.

        @param receive: called with each message, not within this call.  It does not raise.
        @param broken: called once, with a reason for the administrator in one line, if the stream no longer has the
            next message.  Then the delivery has ended.
        """

    def renew(node: str) -> Deferred[Mapping[str, int]]:
        """
        Renew the lease of a node, and look at all leases.

        @param node: the id of the node.
        @return: fires with a number for each node that has a lease, by its id.  The number is greater after each
            renewal.  Fails with L{NotPublished} if the lease could not be renewed in time, which is at most 2 seconds.
        """

    def release(node: str) -> Deferred[None]:
        """Give up the lease of a node.  It does not fail."""

    def replaceStream() -> Deferred[StreamStatus]:
        """
        Delete the stream with all its messages, and create an empty one.  Only an administrator asks for this.

        @return: fires with the status of the new stream.  Fails with L{StreamUnusable}.
        """

    def close() -> Deferred[None]:
        """End all deliveries and the connection.  Fires when that is done, at most after 2 seconds."""
