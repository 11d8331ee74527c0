"""
Pages of channels that were rendered before, for the next clients that ask for the same ones.

When many clients come back at once, most of them ask for the newest texts of the same channels.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from twisted.internet.interfaces import IReactorTime

from twistchat.chat.model.spans import Kept
from twistchat.chat.rules.rooms.visibility import isRoom

if TYPE_CHECKING:
    from twistchat.chat.rules.reading import Conversation
    from twistchat.interfaces import IDialect
    from twistchat.protocols.irc.protocol import IrcConnection

LONGEST: Final = 100
"""The most entries of a page that is shared.  Longer pages, and those with many bytes, are sent in portions."""

MEMORY: Final = 8 * 1024 * 1024
"""The most bytes of all pages.  Those that were not asked for longest are dropped."""

LIFETIME: Final = 60.0
"""Seconds until a page is dropped.  So what was redacted, erased or deleted leaves the memory, too."""

Key: TypeAlias = "tuple[IDialect, str, str, tuple[int, ...], int]"
"""What decides on the bytes of a page: the dialect, the type of the batch, the channel, the sequence numbers of the
entries, and the hash of the entries.  An entry keeps its number when its reason is erased."""


class Page(NamedTuple):
    """
    A rendered page.

    @ivar data: its lines, with those that open and close its batch.
    @ivar entries: the number of entries that have a line.
    """

    data: bytes
    entries: int


class Pages:
    """
    The pages.  A page is found by the content of its entries, so one with a text that was redacted or erased is not
    found any more.
    """

    def __init__(self, clock: IReactorTime, memory: int = MEMORY) -> None:
        """
        @param clock: drops the pages after L{LIFETIME}.
        @param memory: see L{MEMORY}.
        """
        self._clock = clock
        self._memory = memory
        self._size = 0
        self._clearing = False
        self._pages: OrderedDict[Key, Page] = OrderedDict()

    def get(self, key: Key) -> Page | None:
        """Find a page."""
        found = self._pages.get(key)
        if found is not None:
            self._pages.move_to_end(key)
        return found

    def add(self, key: Key, page: Page) -> None:
        """Keep a page, at most for L{LIFETIME}."""
        if not self._clearing:
            self._clearing = True
            self._clock.callLater(LIFETIME, self._clear)
        before = self._pages.pop(key, None)
        self._size += len(page.data) - (0 if before is None else len(before.data))
        self._pages[key] = page
        while self._size > self._memory:
            _, dropped = self._pages.popitem(last=False)
            self._size -= len(dropped.data)

    def _clear(self) -> None:
        self._pages.clear()
        self._size, self._clearing = 0, False


def pageKey(client: IrcConnection, conversation: Conversation, kept: Sequence[Kept], kind: str) -> Key | None:
    """
    The key of a page.

    @param kind: the type of the batch.
    @return: C{None} if the page is not shared: it is long, private, or filtered for this client, or is no batch.
    """
    if (
        not 0 < len(kept) <= LONGEST
        or client.openSession.ignored
        or "batch" not in client.capabilities
        or not isRoom(conversation.name)
    ):
        return None
    sequences = tuple([item.sequence for item in kept])
    return client.dialectFor(conversation.place), kind, conversation.name, sequences, hash(tuple(kept))
