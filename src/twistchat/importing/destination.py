"""The journal into which an import writes, with the state of its chat, and the texts that were imported into it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from twistchat.chat.model.events import Entry, Event
from twistchat.chat.model.holding import FORGOTTEN, accountScope
from twistchat.journal.sqlite.rows import RowWriter
from twistchat.journal.stamp import msgid

if TYPE_CHECKING:
    from twistchat.chat.model.accounts import Account
    from twistchat.chat.state import State
    from twistchat.journal.sqlite.maintenance.loading import Loader

_NEWEST = """
    SELECT max(
        coalesce((SELECT max(time) FROM entry WHERE conversation = :name), -1),
        coalesce((
            SELECT max(time) FROM roomentry JOIN entry USING (sequence) WHERE roomentry.conversation = :name
        ), -1)
    )
"""

_FORGOTTEN = f"""
    SELECT coalesce(max(time), -1) FROM holding JOIN entry USING (sequence)
    WHERE holding.conversation = ? AND key = '{FORGOTTEN}'
"""

_VERIFIED = """
    SELECT count(*) FROM holding JOIN entry USING (sequence)
    WHERE holding.conversation = :scope AND (key = 'verified' OR (
        :isLater AND key = 'setting email' AND typeof(body) = 'text' AND json_valid(body)
            AND json_extract(body, '$.registration') IS NULL
    ))
"""

_CREATE = "CREATE TEMP TABLE imported (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID"

_SCAN = """
    INSERT OR IGNORE INTO imported
    SELECT json_extract(body, '$.session') AS id, sequence FROM entry
    WHERE kind IN ('said', 'told', 'roomreacted', 'reacted') AND typeof(body) = 'text' AND json_valid(body)
        AND substr(json_extract(body, '$.session'), 1, length(:prefix)) = :prefix
    ORDER BY sequence
"""

_FIND = """
    SELECT json_group_object(id, sequence) FROM imported WHERE id IN (SELECT value FROM json_each(?))
"""

_ADD = "INSERT OR IGNORE INTO imported SELECT key, value FROM json_each(?)"


class Destination:
    """
    A journal that no server uses.

    @ivar state: the state of the chat.
    @ivar now: the time of the import, in milliseconds since the epoch.
    """

    def __init__(self, loader: Loader, state: State, now: int, act: Event, dry: bool = False) -> None:
        """
        @param loader: stores the entries.  It has restored the state.
        @param act: the entry that stands before all others of this import.
        @param dry: whether to store nothing.
        """
        self.state = state
        self.now = max(now, loader.time)
        self._loader = loader
        self._sequence = loader.sequence
        self._act: Event | None = act
        self._dry = dry
        self._rows = RowWriter()
        loader.writer.change(_CREATE, ())

    def propose(self, event: Event, time: int | None = None) -> Entry:
        """
        Apply an event to the state, and store it.

        @param time: its time, in milliseconds since the epoch; C{None} for now.
        @raise ChatError: it cannot be applied.
        """
        self._recordAct()
        entry = self._stamped(event, self.now if time is None else time)
        self.state.apply(entry)
        return self._put(entry)

    def store(self, event: Event, time: int) -> Entry:
        """
        Store a text or a reaction, which changes no state.

        @param time: its time, which is not below that of an earlier entry of its conversation.
        """
        self._recordAct()
        return self._put(self._stamped(event, time))

    def together(self, count: int) -> None:
        """Let one transaction store the next few entries."""
        self._recordAct()
        if not self._dry:
            self._loader.reserve(count)

    def msgid(self, sequence: int) -> str:
        """The message id of an entry."""
        return msgid(self._loader.name, sequence)

    def newest(self, conversation: str) -> int:
        """
        The time of the newest entry of a conversation that was stored before the import began, in milliseconds since
        the epoch; -1 if it has none.
        """
        return int(self._loader.writer.query(_NEWEST, {"name": conversation})[0])

    def forgotten(self, account: str) -> int:
        """
        The time when the texts of an account were erased last, in milliseconds since the epoch; -1 if they never were.
        """
        return int(self._loader.writer.query(_FORGOTTEN, (accountScope(account),))[0])

    def isVerified(self, account: Account) -> bool:
        """
        Whether the owner of an account has typed a code that was mailed to its address: for its registration, or for
        another address later.  An address that an administrator or an import gave it does not count.
        """
        given = {"scope": accountScope(account.name), "isLater": bool(account.registration)}
        return account.until is None and bool(self._loader.writer.query(_VERIFIED, given)[0])

    def scan(self, source: str) -> None:
        """Look for the texts and reactions that were imported from a source earlier."""
        self._loader.writer.change(_SCAN, {"prefix": f"{source} "})

    def find(self, ids: Collection[str]) -> dict[str, int]:
        """The sequence numbers of those of some texts and reactions that have been imported, by id."""
        (text,) = self._loader.writer.query(_FIND, (json.dumps(list(ids)),))
        found: dict[str, int] = json.loads(text)
        return found

    def note(self, imported: Mapping[str, int]) -> None:
        """Note the sequence numbers of new texts and reactions, by id."""
        self._loader.writer.change(_ADD, (json.dumps(imported),))

    def _recordAct(self) -> None:
        if self._act is not None:
            act, self._act = self._act, None
            self.propose(act)

    def _stamped(self, event: Event, time: int) -> Entry:
        sequence = self._sequence + 1
        return Entry(sequence, self.msgid(sequence), time, event)

    def _put(self, entry: Entry) -> Entry:
        self._sequence = entry.sequence
        if not self._dry:
            self._loader.add(entry, self._rows.row(entry))
        return entry
