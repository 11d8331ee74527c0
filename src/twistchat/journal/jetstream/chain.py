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

    __slots__ = ("_expected", "_hash", "_kept", "sequence")

    def __init__(self, sequence: int = 0, hash: str = BEGINNING) -> None:
        """
        @param sequence: the number of the last message that was read.
        @param hash: the hash after it, in hexadecimal.
        """
        self.sequence = sequence
        self._hash = bytes.fromhex(hash)
        self._kept: deque[bytes] = deque([self._hash], maxlen=KEPT)
        self._expected: dict[int, bytes] = {}

    @property
    def known(self) -> Known:
        """The last message, and the hash after it in hexadecimal."""
        return self.sequence, self._hash.hex()

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
        self._hash = blake2b(self._hash + message.data, digest_size=SIZE).digest()
        self._kept.append(self._hash)

    def compare(self, known: Known, node: str) -> None:
        """
        Compare what another node had read with what this one has read.

        @param known: what the other node had read last, before it sent the last message.
        @param node: the id of the other node.
        @raise ChainBroken: both have read different messages.
        """
        sequence, hash = known
        if sequence >= self.sequence and sequence > 0:
            raise ChainBroken(f"the node {node} had read message {sequence} before it was in the stream")
        place = sequence - self.sequence - 1
        if -place <= len(self._kept) and self._kept[place].hex() != hash:
            raise ChainBroken(
                f"the stream has forked: the node {node} has read another message {sequence}, or one before it"
            )

    def expect(self, sequence: int, data: bytes) -> None:
        """
        Note that the broker has acknowledged a message of this node.

        If the message was read already, it was the one that the broker returned, so there is nothing to note.
        """
        if sequence > self.sequence:
            self._expected[sequence] = data
