"""The history: reading and searching what the log has stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twisted.internet.defer import Deferred

    from twistchat.chat.model.spans import Around, Kept, Span


class IHistory(Interface):
    """
    Reads the stored entries of conversations.  It shows only entries that have been applied.

    Every implementation passes L{twistchat.testing.JournalContract}.
    """

    def read(span: Span | Around) -> Deferred[Sequence[Kept]]:
        """
        Read a stretch of a conversation.

        @return: fires with the entries, oldest first.  An entry whose stored bytes changed is replaced by L{Damaged
            <twistchat.chat.model.spans.Damaged>}, and the fault is logged at level critical.  Bytes that this server
            did not write are never shown.
            Fails with L{NotRead <twistchat.chat.errors.NotRead>} if the storage cannot be read.
        """

    def search(
        conversations: Sequence[str],
        words: str,
        limit: int,
        before: int | None = None,
        account: str | None = None,
    ) -> Deferred[Sequence[Kept]]:
        """
        Find texts that contain all of these words.  Case and diacritics are ignored.

        @param conversations: where to look, as named by L{conversation <twistchat.chat.model.spans.conversation>}.
        @param words: as a user types them.  No character has a special meaning.  A word with neither letter nor digit
            is ignored; without any word, nothing is found.
        @param limit: return at most this many entries, the newest; at least 1.
        @param before: a sequence number: find only earlier entries.  Use it to get the next page.
        @param account: if given, also look into every private conversation of this account.
        @return: as for L{read}.
        """

    def locate(msgid: str) -> int | None:
        """
        The sequence number of the entry with this message id.

        @return: C{None} if this journal did not make the id.  The entry may no longer exist; read L{Around
            <twistchat.chat.model.spans.Around>} the number to check.
        """
