"""
Side effects: the changes to other rows that the same transaction makes when it stores an entry.

An entry that sets or releases keys of the register (L{twistchat.chat.model.holding}) changes the table C{holding}.  If
its change is late, the transaction only notes in the table C{undecided} that the change is due, and
L{twistchat.journal.sqlite.writing.accepting} makes it when the entry has been applied.  A redaction deletes the text
or the tags.  A rename adds rows to the tables C{renaming} and C{moving}; the room's keys move to the new name when the
rename has been applied, see L{RENAME}.  An entry that several rooms show gets a row in C{roomentry} for each of them.
A private text between accounts adds its conversation to C{correspondent} for both.

A L{TextsForgotten} adds a row to the table C{forgetting}, and
L{twistchat.journal.history.removal.forgetting} does the work.

The triggers of the schema only keep the indexes equal to the entries that are deleted or moved.  There is none on
inserts, because SQLite would copy all rows of a batch first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from twistchat.chat.model.events import (
    Entry,
    KeptPrivateTagMessage,
    KeptRoomTagMessage,
    PrivateMessage,
    PrivateMessageRedacted,
    RoomMessage,
    RoomMessageRedacted,
    TextsForgotten,
)
from twistchat.chat.model.holding import RENAMED, SEALED, HoldingChange, holdingChange
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import conversation, conversationsOf, roomsOf
from twistchat.journal.codec import KINDS
from twistchat.journal.sqlite.rows import conversationChecksum, encodable

Statement: TypeAlias = "tuple[str, Sequence[object] | Mapping[str, object]]"
"""A statement of SQL, and its parameters."""

_SET = """
    INSERT OR REPLACE INTO holding
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?)
"""

_RELEASE = """
    DELETE FROM holding WHERE (conversation, key) IN (
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)
    )
"""

_REDACT = """
    DELETE FROM entry WHERE sequence IN (
        SELECT sequence FROM belonging
        WHERE sequence = :text AND sequence < :sequence AND kind IN (SELECT value FROM json_each(:kinds))
            AND conversation IN (SELECT value FROM json_each(:conversations))
    )
"""

# The word index keeps the words of a deleted text until it merges its segments.
_UNMERGED = "UPDATE journal SET unmerged = 1 WHERE :text <= indexed"

_UNDECIDED = "INSERT INTO undecided SELECT value FROM json_each(?)"

_FORGETTING = "INSERT INTO forgetting (sequence, account) VALUES (:sequence, :account)"

_RENAMING = "INSERT INTO renaming VALUES (:sequence, :origin, :target)"

# Texts to a rank are a conversation of their own, and move with the room.  Empty conversations are left out.
_MOVING = """
    INSERT INTO moving
    SELECT :sequence, origin, target FROM (
        SELECT json_extract(value, '$[0]') AS origin, json_extract(value, '$[1]') AS target FROM json_each(:pairs)
    ) AS conversations
    WHERE origin <> target AND (
        EXISTS (SELECT 1 FROM entry WHERE conversation = conversations.origin AND sequence < :sequence)
        OR EXISTS (SELECT 1 FROM roomentry WHERE conversation = conversations.origin)
        OR EXISTS (SELECT 1 FROM moving AS earlier WHERE earlier.target = conversations.origin)
    )
"""

# See Holding, which does the same in memory.  The new name was not in use, so its old keys are void, except SEALED.
# Earlier entries contain the name that the room had at the time, so an entry that renamed the room must stay current
# while any earlier entry holds a key.
RENAME = (
    f"""
    DELETE FROM holding WHERE :origin <> :target AND conversation = :target AND NOT (
        key = '{SEALED}' AND sequence > coalesce(
            (SELECT sequence FROM holding WHERE conversation = :origin AND key = '{SEALED}'), 0
        )
    )
    """,
    f"""
    DELETE FROM holding WHERE :origin <> :target AND conversation = :origin AND key = '{SEALED}'
        AND EXISTS (SELECT 1 FROM holding WHERE conversation = :target AND key = '{SEALED}')
    """,
    "UPDATE holding SET conversation = :target WHERE conversation = :origin",
    "INSERT INTO holding VALUES (:target, :key, :sequence)",
    f"""
    DELETE FROM holding WHERE conversation = :target AND key GLOB '{RENAMED}*' AND sequence < coalesce(
        (SELECT min(sequence) FROM holding WHERE conversation = :target AND key NOT GLOB '{RENAMED}*'), 9e18
    )
    """,
    "DELETE FROM renaming WHERE sequence = :sequence",
)
"""Statements that move the keys of a room to its new name, once the rename has been applied."""

# See rows.conversationChecksum: the exclusive-or with the entry's checksum, whose conversation is NULL.
_SHARE = """
    INSERT INTO roomentry
    SELECT name, kind, sequence, (checksum | bits) - (checksum & bits) FROM (
        SELECT json_extract(value, '$[0]') AS name, json_extract(value, '$[1]') AS bits,
            json_extract(value, '$[2]') AS sequence
        FROM json_each(?)
    ) JOIN entry USING (sequence)
"""

_CORRESPOND = """
    INSERT OR IGNORE INTO correspondent
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)
"""

FORGET = tuple(
    f"DELETE FROM {table} WHERE sequence IN (SELECT value FROM json_each(?))"
    for table in ("entry", "holding", "undecided", "renaming", "moving", "forgetting")
)
"""Statements that delete entries which could not be applied."""


class SideEffects:
    """
    The side effects of one batch.

    @ivar late: the late changes of the register, by the sequence number of the entry.
    """

    __slots__ = ("_correspondents", "_keys", "_redactions", "_renames", "_shared", "late")

    def __init__(self) -> None:
        self.late: dict[int, HoldingChange] = {}
        self._keys: dict[tuple[str, str], int | None] = {}
        self._redactions: list[Statement] = []
        self._renames: list[Statement] = []
        self._shared: list[tuple[str, int, int]] = []
        self._correspondents: set[tuple[str, str]] = set()

    def note(self, entry: Entry) -> bool:
        """
        Add the side effects of an entry.

        @return: whether it renames a room.  Then it must be the last entry of its batch.
        """
        event, sequence = entry.event, entry.sequence
        if isinstance(event, PrivateMessage):
            place = conversation(event)
            if place is not None:
                place = encodable(place)
                self._correspondents.update([(account, place) for account in place.split(" ")])
        elif isinstance(event, (RoomMessageRedacted, PrivateMessageRedacted)):
            self._redact(event, sequence)
        elif isinstance(event, TextsForgotten):
            account = encodable(fold(event.account))
            self._redactions.append((_FORGETTING, {"sequence": sequence, "account": account}))
        for name in map(encodable, roomsOf(event)):
            self._shared.append((name, conversationChecksum(name), sequence))
        done = holdingChange(event)
        if done is None:
            return False
        if done.late:
            self.late[sequence] = done
            return False
        room = encodable(done.scope)
        if done.renamed is not None:
            self._rename(sequence, room, encodable(done.renamed))
            return True
        for key in done.releases:
            self._keys[room, encodable(key)] = None
        for key in done.keys(sequence):
            self._keys[room, encodable(key)] = sequence
        return False

    def statements(self) -> list[Statement]:
        """The statements to run after the batch was inserted, in order."""
        sets = [(*key, sequence) for key, sequence in self._keys.items() if sequence is not None]
        releases = [key for key, sequence in self._keys.items() if sequence is None]
        found: list[Statement] = []
        if sets:
            found.append((_SET, (json.dumps(sets, ensure_ascii=False),)))
        if releases:
            found.append((_RELEASE, (json.dumps(releases, ensure_ascii=False),)))
        if self.late:
            found.append((_UNDECIDED, (json.dumps(list(self.late)),)))
        if self._shared:
            found.append((_SHARE, (json.dumps(self._shared, ensure_ascii=False),)))
        if self._correspondents:
            found.append((_CORRESPOND, (json.dumps(sorted(self._correspondents), ensure_ascii=False),)))
        # A redaction may delete a text of this batch.  A rename changes where texts are found, so it comes last.
        return [*found, *self._redactions, *self._renames]

    def _redact(self, event: RoomMessageRedacted | PrivateMessageRedacted, sequence: int) -> None:
        name = conversation(event)
        names = [] if name is None else [encodable(name)]
        kinds = [KINDS[PrivateMessage], KINDS[KeptPrivateTagMessage]]
        if isinstance(event, RoomMessageRedacted):
            kinds = [KINDS[RoomMessage], KINDS[KeptRoomTagMessage]]
            names = conversationsOf(encodable(fold(event.room)))
        parameters = {
            "text": event.sequence,
            "sequence": sequence,
            "kinds": json.dumps(kinds),
            "conversations": json.dumps(names, ensure_ascii=False),
        }
        self._redactions += [(_REDACT, parameters), (_UNMERGED, {"text": event.sequence})]

    def _rename(self, sequence: int, origin: str, target: str) -> None:
        pairs = list(zip(conversationsOf(origin), conversationsOf(target), strict=True))
        moved = {"sequence": sequence, "pairs": json.dumps(pairs, ensure_ascii=False)}
        self._renames = [
            (_RENAMING, {"sequence": sequence, "origin": origin, "target": target}),
            (_MOVING, moved),
        ]
