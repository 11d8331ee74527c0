"""The history: reading and searching what the log has stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from twisted.internet.defer import Deferred

    from twistchat.chat.model.spans import Acts, Around, Count, Kept, Latest, Point, Search, Span


class IHistory(Interface):
    """
    Reads the stored entries of conversations.  It shows only entries that have been applied.

    Every implementation passes L{twistchat.testing.JournalContract}.
    """

    def read(span: Span | Around) -> Deferred[Sequence[Kept]]:
        """
        Read a stretch of a conversation.

        Entries are as L{shownIn <twistchat.chat.model.spans.shownIn>} describes: with the present name of the room.

        @return: fires with the entries, oldest first.  An entry whose stored bytes changed is replaced by L{Damaged
            <twistchat.chat.model.spans.Damaged>}, and the fault is logged at level critical.  Bytes that this server
            did not write are never shown.
            Fails with L{NotRead <twistchat.chat.errors.NotRead>} if the storage cannot be read.
        """

    def search(search: Search) -> Deferred[Sequence[Kept]]:
        """
        Find texts.  They have the present name of the room, as in L{read}.

        @return: as for L{read}.  Fails with L{SearchTooBroad <twistchat.chat.errors.SearchTooBroad>} if the search
            takes too long, and with L{Overloaded <twistchat.chat.errors.Overloaded>} if too many searches wait.
        """

    def latest(
        conversations: Collection[str], account: str | None = None, limit: int = 1000
    ) -> Deferred[Sequence[Latest]]:
        """
        Find the newest text of each of these conversations.

        @param conversations: their names, see L{conversation <twistchat.chat.model.spans.conversation>}.
        @param account: if given, also find that of every private conversation of this account.
        @param limit: return at most this many, the newest; at least 1.
        @return: fires with one item for each conversation that has a text, by ascending sequence number.  A text whose
            stored bytes changed is logged, and an earlier one takes its place.  Fails as L{read} does.
        """

    def count(
        conversation: str,
        after: Point,
        limit: int,
        phrases: Sequence[str] = (),
        without: str | None = None,
        first: int = 0,
    ) -> Deferred[Count]:
        """
        Count the texts of a conversation after a point, for example those that a user has not read, and how many of
        them mention the user.

        @param conversation: its name, see L{conversation <twistchat.chat.model.spans.conversation>}.
        @param after: count only later texts.
        @param limit: examine only the newest so many; at least 1.
        @param phrases: count the texts that contain one of these, for example the nick and the account.  The words of a
            phrase are compared as in L{search}: whole words, without case and diacritics.  Nothing contains a phrase
            without a letter or digit.
        @param without: leave out the texts of this account.  They take part in the limit.
        @param first: count no texts before this sequence number, because the reader has no access to them.
        @return: fires with the numbers.  A text whose stored bytes changed counts, and matches nothing.  Fails as
            L{read} does.
        """

    def acts(acts: Acts) -> Deferred[Sequence[Kept]]:
        """
        Read the audit trail (L{AdministrativeAct <twistchat.chat.model.events.AdministrativeAct>}).  Acts are kept
        longer than conversations, and neither the erasure of texts nor the end of an account takes them away.

        @return: fires with the acts, newest first.  An act whose stored bytes changed is replaced as in L{read},
            whatever the filters are.  Fails as L{search} does.
        """

    def forgetting(account: str) -> Deferred[float]:
        """
        Wait for the next step of the erasure of an account's texts (L{TextsForgotten
        <twistchat.chat.model.events.TextsForgotten>}).  From the moment when its entry was applied, L{read} and
        L{search} leave the texts out; L{latest} and L{count} may include them until they are erased.

        @param account: the name of the account.
        @return: fires with the part of the work that is done, from 0 to 1; 1 if nothing of the texts is left.
            Fails with L{NotRead <twistchat.chat.errors.NotRead>} if the work is interrupted.  It continues later.
        """

    def locate(msgid: str) -> int | None:
        """
        The sequence number of the entry with this message id.

        @return: C{None} if this journal did not make the id.  The entry may no longer exist; read L{Around
            <twistchat.chat.model.spans.Around>} the number to check.
        """
