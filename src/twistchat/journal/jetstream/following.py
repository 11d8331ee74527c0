"""
Follows the stream: turns its messages into entries, in order, and gives them to the copy.

All nodes do the same with the same messages, so they have the same entries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import Raw
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import Entry, Event, NodeJoined
from twistchat.interfaces import StreamMessage
from twistchat.journal.codec import KINDS, Unreadable
from twistchat.journal.jetstream.batches import Batch, Genesis, NoMessage, decodeEvents, decodeMessage, splitEvent
from twistchat.journal.jetstream.chain import Chain, ChainBroken
from twistchat.journal.jetstream.checkpoints import Checkpoint, encodeCheckpoint
from twistchat.journal.jetstream.members import Members
from twistchat.journal.jetstream.publishing import Item, Request, refuse
from twistchat.journal.stamp import msgid

if TYPE_CHECKING:
    from twistchat.journal.sqlite.copy import SqliteCopy

log = Logger()

CHECKPOINT_ENTRIES: Final = 20_000
"""The number of entries after which a checkpoint is made."""

SHORTEST: Final = 60.0
"""
The seconds between two checkpoints, however many entries there are.  To encode the state of 10,000 users in rooms takes
160 ms, in which the reactor does nothing else.
"""

COMPLAINTS: Final = 60.0
"""The seconds between two lines of the log about bytes that no node has written."""

CHECKPOINT_SECONDS: Final = 600.0
"""The seconds after which a checkpoint is made, if there are new entries."""


JOINING: Final = KINDS[NodeJoined]
"""The kind of the first event of a batch that makes its sender a member."""


class Follower:
    """
    What this node has read of the stream.

    @ivar chain: the hashes of the messages.
    @ivar members: the nodes that take part.
    @ivar sequence: the sequence number of the last entry that was given to the copy.
    @ivar node: the id under which the node of this copy took part last; C{""} if it never did.
    """

    def __init__(
        self,
        copy: SqliteCopy,
        seconds: Callable[[], float],
        take: Callable[[], bytes],
        own: Callable[[Batch], Sequence[Item] | None],
        decided: Callable[[Batch, str | None], None],
        failed: Callable[[str], None],
    ) -> None:
        """
        @param copy: takes the entries.
        @param seconds: returns the seconds of a clock that does not go back.
        @param take: encodes the state of the chat.
        @param own: called with each batch before it counts.  If this node sent it and waits for it, returns what it
            contains.
        @param decided: called with each batch after its events were given to the copy, and with C{None}; or with why it
            does not count.
        @param failed: called once, if the stream cannot be followed further, with the reason in one line.
        """
        self._copy = copy
        self._seconds = seconds
        self._takeState = take
        self._own = own
        self._decided = decided
        self._failed = failed
        self._stopped = False
        self._name = ""
        self._time = 0
        self._stream = ""
        self._entries = 0
        self._saved = seconds()
        self._complain = 0.0
        self._isTaking = False
        self._saves: list[Deferred[None]] = []
        self.chain = Chain()
        self.members = Members()
        self.sequence = 0
        self.node = ""

    def begin(self, genesis: Genesis) -> None:
        """Begin with the first message of the stream."""
        self._name, self._stream = genesis.name, genesis.id
        self.sequence, self._time = genesis.sequence, genesis.time

    def restore(self, checkpoint: Checkpoint, name: str) -> None:
        """
        Continue after a checkpoint.

        @param name: the name of the journal.
        """
        self._name, self._stream = name, checkpoint.stream
        self.sequence, self._time = checkpoint.sequence, checkpoint.time
        self.chain = Chain(*checkpoint.known, checkpoint.before)
        self.members = Members(checkpoint.members)
        self.node = checkpoint.node

    def stop(self) -> None:
        """Follow no further."""
        self._stopped = True

    def receive(self, message: StreamMessage) -> None:
        """Take the next message of the stream."""
        if self._stopped:
            return
        try:
            self.chain.advance(message)
            self._take(message)
        except ChainBroken as e:
            self._fail(str(e))
        except NoMessage as e:
            self._ignore(message, e)
        except Unreadable as e:
            self._fail(f"message {message.sequence} of the stream cannot be read: {e}")
        except Exception as e:
            # A part of the message may have been taken, and the rest never would be.
            log.failure("A message of the stream could not be followed")
            self._fail(f"message {message.sequence} of the stream cannot be followed ({type(e).__name__})")

    def _ignore(self, message: StreamMessage, error: NoMessage) -> None:
        """
        Ignore bytes that no node has written.  All nodes do, and the chain shows if they have read other bytes.
        """
        if self._seconds() >= self._complain:
            self._complain = self._seconds() + COMPLAINTS
            log.warn(
                "Message {sequence} of the stream is not from twistchat, and is ignored: {error}.  Who else publishes"
                " to the subject of the stream?",
                sequence=message.sequence,
                error=error,
            )

    def save(self) -> Deferred[None]:
        """
        Make a checkpoint after everything that was read.  While a batch is being taken, wait until all of it was.

        @return: fires when it is in the copy.
        """
        if self._isTaking:
            # The rest of the batch would be missing, because the stream is read again after this message.
            saved: Deferred[None] = Deferred()
            self._saves.append(saved)
            return saved
        self._entries, self._saved = 0, self._seconds()
        chain = self.chain
        make = partial(
            Checkpoint,
            chain.known,
            self._stream,
            self.sequence,
            self._time,
            tuple(self.members),
            before=chain.before,
            node=self.node,
        )
        return self._copy.save(lambda: encodeCheckpoint(make(Raw(self._takeState()))))

    def _take(self, message: StreamMessage) -> None:
        decoded = decodeMessage(message.data)
        if isinstance(decoded, Genesis):
            if message.sequence != 1:
                raise ChainBroken(f"message {message.sequence} of the stream begins another journal")
            return
        contradiction = self.chain.contradiction(decoded.known, decoded.node)
        if contradiction is not None and decoded.node not in self.members:
            # Its sender does not take part.  If this node is the one that is wrong, a member will contradict it.
            self._decided(decoded, contradiction)
            return
        encoded = [splitEvent(line) for line in decoded.events]
        if decoded.node not in self.members and not (encoded and encoded[0][0] == JOINING):
            # It neither takes part nor joins: its events are not even read.
            encoded = []
        own = self._own(decoded)
        events = decodeEvents(encoded) if own is None else [item.event for item in own if isinstance(item, Request)]
        why = self.members.accept(decoded, events)
        if why is None:
            if contradiction is not None:
                raise ChainBroken(contradiction)
            self._time = max(self._time, message.time)
            self._isTaking = True
            if own is None:
                take, stamp = self._copy.take, self._stamp
                for event, line in zip(events, encoded, strict=True):
                    take(stamp(event), None, None, None, line)
            else:
                self._takeOwn(own)
            self._isTaking = False
            self._entries += len(events)
            saves, self._saves = self._saves, []
            for saved in saves:
                self.save().chainDeferred(saved)
        elif own is not None:
            for item in own:
                refuse(item, NotStored(why))
        self._decided(decoded, why)
        if self._entries:
            waited = self._seconds() - self._saved
            if waited >= CHECKPOINT_SECONDS or (self._entries >= CHECKPOINT_ENTRIES and waited >= SHORTEST):
                self.save()

    def _takeOwn(self, items: Sequence[Item]) -> None:
        """Take a batch of this node, whose users wait for the outcome."""
        for item in items:
            if isinstance(item, Request):
                encoded = splitEvent(item.encoded)
                self._copy.take(self._stamp(item.event), item.origin, item.receipt, item.refused, encoded)
            else:
                self._copy.settled(item.reached)

    def _stamp(self, event: Event) -> Entry:
        self.sequence = sequence = self.sequence + 1
        return Entry(sequence, msgid(self._name, sequence), self._time, event)

    def _fail(self, why: str) -> None:
        self._stopped = True
        self._failed(why)
