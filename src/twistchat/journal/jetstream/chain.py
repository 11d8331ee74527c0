"""
The chain: a hash of all messages of a stream up to each message.

The hash after a message is made of the hash before it and of the bytes of the message.  Each batch names the last
message that its sender had read, and the hash after it.  So two nodes that read different messages notice it: a fork, a
gap or a rewritten message stops the node that finds it, before the node shows anything of it.
"""

from __future__ import annotations

from collections import deque
from hashlib import blake2b
from typing import Final

from twistchat.interfaces import StreamMessage
from twistchat.journal.jetstream.batches import Known

SIZE: Final = 16
"""The size of a hash in bytes."""

KEPT: Final = 16_384
"""The number of messages whose hashes are kept, to compare them with those of other nodes."""

BEGINNING: Final = bytes(SIZE).hex()
"""The hash before the first message, in hexadecimal."""


class ChainBroken(Exception):
    """The messages of the stream contradict what was read before.  C{str} is one line for the administrator."""


class Chain:
    """
    The hashes of the messages that were read.

    @ivar sequence: the number of the last message.
    """

    __slots__ = ("_before", "_expected", "_hash", "_kept", "sequence")

    def __init__(self, sequence: int = 0, hash: str = BEGINNING, before: str = BEGINNING) -> None:
        """
        @param sequence: the number of the last message that was read.
        @param hash: the hash after it, in hexadecimal.
        @param before: the hash before it, in hexadecimal.
        """
        self.sequence = sequence
        self._before = bytes.fromhex(before)
        self._hash = bytes.fromhex(hash)
        self._kept: deque[bytes] = deque([self._hash], maxlen=KEPT)
        self._expected: dict[int, bytes] = {}

    @property
    def known(self) -> Known:
        """The last message, and the hash after it in hexadecimal."""
        return self.sequence, self._hash.hex()

    @property
    def before(self) -> str:
        """The hash before the last message, in hexadecimal."""
        return self._before.hex()

    def isLast(self, message: StreamMessage) -> bool:
        """Whether a message is the one that was read last."""
        return message.sequence == self.sequence and _next(self._before, message) == self._hash

    def advance(self, message: StreamMessage) -> None:
        """
        Add the next message.

        @raise ChainBroken: it is not the next one, or not the one that the broker had acknowledged.
        """
        if message.sequence != self.sequence + 1:
            raise ChainBroken(f"message {message.sequence} of the stream came after message {self.sequence}")
        expected = self._expected.pop(message.sequence, None)
        if expected is not None and expected != message.data:
            raise ChainBroken(
                f"the stream has lost message {message.sequence}, which the broker had acknowledged to this node"
            )
        self.sequence = message.sequence
        self._before, self._hash = self._hash, _next(self._hash, message)
        self._kept.append(self._hash)

    def contradiction(self, known: Known, node: str) -> str | None:
        """
        Compare what another node had read with what this one has read.

        @param known: what the other node had read last, before it sent the last message.
        @param node: the id of the other node.
        @return: one line for the administrator, if both have read different messages; C{None} if not.
        """
        sequence, hash = known
        if sequence >= self.sequence and sequence > 0:
            return f"the node {node} had read message {sequence} before it was in the stream"
        place = sequence - self.sequence - 1
        if -place <= len(self._kept) and self._kept[place].hex() != hash:
            return f"the stream has forked: the node {node} has read another message {sequence}, or one before it"
        return None

    def expect(self, sequence: int, data: bytes) -> None:
        """
        Note that the broker has acknowledged a message of this node.

        If the message was read already, it was the one that the broker returned, so there is nothing to note.
        """
        if sequence > self.sequence:
            self._expected[sequence] = data


def _next(hash: bytes, message: StreamMessage) -> bytes:
    """The hash after a message."""
    return blake2b(hash + message.data, digest_size=SIZE).digest()
