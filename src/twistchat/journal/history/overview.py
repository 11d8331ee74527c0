"""Finds the newest texts of many conversations, and counts texts.  Everything here blocks."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter, itemgetter

from twistchat.chat.model.events import Entry, PrivateMessage, RoomMessage
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import Count, Latest, Point, following
from twistchat.journal.history.reader import HistoryReader
from twistchat.journal.history.renames import Piece, pieces
from twistchat.journal.history.search.words import Words, matchesAny, tokens, wantedPhrases
from twistchat.journal.sqlite.faults import faults
from twistchat.journal.sqlite.reading import LAST, StoredRow
from twistchat.journal.sqlite.rows import COLUMNS

EARLIER = 20
"""The maximum number of texts to examine if the newest text of a conversation changed on disk."""

_MOVING = "(SELECT count(*) FROM moving)"
"""The number of renames whose entries have not been moved yet."""

# The texts of a conversation, newest first (DESC) or oldest first (ASC).  Only the name of a private conversation
# contains a space.
_TEXTS = """
    SELECT sequence FROM entry
    WHERE conversation = {0} AND kind = CASE instr({0}, ' ') WHEN 0 THEN 'said' ELSE 'told' END
        AND sequence >= {1} AND sequence < {2} AND sequence NOT IN (SELECT value FROM json_each(:without))
    ORDER BY sequence {4} LIMIT {3}
"""

# For each place, its name, its first sequence number, and the row of the newest text, as one JSON text.
_LATEST = f"""
    SELECT json_group_array(json_array(name, low, sequence, time, kind, conversation, checksum, body)), {_MOVING}
    FROM (
        SELECT name, low, {COLUMNS} FROM (
            SELECT name, low, ({_TEXTS.format("name", "low", "high", "1", "DESC")}) AS sequence FROM (
                SELECT json_extract(value, '$[0]') AS name, json_extract(value, '$[1]') AS low,
                    min(json_extract(value, '$[2]'), :before) AS high
                FROM json_each(:places)
                UNION ALL
                SELECT conversation, 0, :before FROM correspondent WHERE account = :account
            )
            ORDER BY sequence DESC LIMIT :limit
        ) LEFT JOIN entry USING (sequence)
        WHERE sequence IS NOT NULL
    )
"""

# The newest texts between two sequence numbers, each with the account of its author, as one JSON text.  Only texts that
# may contain a phrase have a body.  SQLite compares ASCII only, so a text with other characters may contain them.
_COUNT = f"""
    SELECT json_group_array(json_array(
        author, sequence, time, kind, conversation, checksum,
        CASE WHEN length(text) < length(CAST(text AS BLOB))
            OR EXISTS (SELECT 1 FROM json_each(:tokens) WHERE instr(lower(text), value)) THEN body END
    )), {_MOVING}
    FROM (
        SELECT *, CASE WHEN valid THEN json_extract(body, '$.by[4]') END AS author,
            CASE WHEN valid AND :phrases THEN json_extract(body, '$.text') END AS text
        FROM (
            SELECT {COLUMNS}, json_valid(CAST(body AS TEXT)) AS valid
            FROM ({_TEXTS.format(":name", ":low", ":high", ":limit", "DESC")}) LEFT JOIN entry USING (sequence)
        )
    )
"""

# The oldest texts between two sequence numbers: the account of the author, the sequence number and the time of each.
_OLDEST = f"""
    SELECT json_group_array(json_array(
        CASE WHEN json_valid(CAST(body AS TEXT)) THEN json_extract(body, '$.by[4]') END, sequence, time
    ))
    FROM ({_TEXTS.format(":name", ":low", ":high", ":limit", "ASC")}) LEFT JOIN entry USING (sequence)
"""


class Overview:
    """Finds the newest texts of conversations, and counts texts."""

    def __init__(self, reader: HistoryReader) -> None:
        """
        @param reader: reads conversations.
        """
        self._reader, self._file = reader, reader.file

    def latest(
        self,
        conversations: Collection[str],
        account: str | None = None,
        limit: int = 1000,
        before: int = LAST,
        without: str = "[]",
    ) -> Sequence[Latest]:
        """
        Find the newest text of each conversation.  See L{IHistory.latest <twistchat.interfaces.IHistory.latest>}.

        @param before: leave out entries with this sequence number or a higher one.
        @param without: further sequence numbers to leave out, as a JSON array.
        @raise Fault: the file cannot be read.
        """
        names, person = set(conversations), None if account is None else fold(account)
        parameters = {"before": before, "without": without, "limit": limit}
        with faults():
            found, moving = self._newest([(name, 0, LAST) for name in names], person, parameters)
            if moving:
                found, _ = self._newest([], person, parameters)
                with self._reader.renames(before, without) as renames:
                    for name in names:
                        parts, _ = self._newest(pieces(name, renames, LAST), None, parameters)
                        found += [Latest(name, part.sequence, part.time) for part in parts]
        found.sort(key=attrgetter("sequence"))
        newest = {latest.conversation: latest for latest in found}
        return sorted(newest.values(), key=attrgetter("sequence"))[-limit:]

    def count(
        self,
        conversation: str,
        after: Point,
        limit: int,
        phrases: Sequence[str] = (),
        account: str | None = None,
        first: int = 0,
        before: int = LAST,
        without: str = "[]",
    ) -> Count:
        """
        Count texts.  See L{IHistory.count <twistchat.interfaces.IHistory.count>}.

        @param account: leave out the texts of this account.
        @param before: leave out entries with this sequence number or a higher one.
        @param without: further sequence numbers to leave out, as a JSON array.
        @raise Fault: the file cannot be read.
        """
        wanted = wantedPhrases(phrases)
        parameters = {
            "without": without,
            "limit": limit + 1,
            "phrases": len(wanted),
            "tokens": json.dumps([token for token in map(_token, wanted) if token is not None]),
        }
        with faults():
            start = max(first, self._reader.start(following(after), conversation, before, without))
            texts, moving = self._texts((conversation, start, before), parameters)
            oldest: list[StoredRow] = []
            if moving or len(texts) > limit:
                with self._reader.renames(before, without) as renames:
                    parts = pieces(conversation, renames, LAST)
                    places = [(name, max(start, low), min(before, high)) for name, low, high in parts]
                    if moving:
                        texts = [text for place in places for text in self._texts(place, parameters)[0]]
                        texts.sort(key=itemgetter(1), reverse=True)
                    if len(texts) > limit:
                        oldest = [text for place in places for text in self._oldest(place, parameters)]
                        oldest = sorted(oldest, key=itemgetter(1))[: limit + 1]
        counted = _others(texts[:limit], account)
        ends = [*_others(oldest, account)[:1], *counted[-1:]]
        matching = sum(self._contains(row, wanted) for _, *row in counted if row[-1] is not None)
        return Count(len(counted), matching, len(texts) > limit, ends[0][2] if ends else 0)

    def _newest(
        self, places: Sequence[Piece], person: str | None, parameters: Mapping[str, object]
    ) -> tuple[list[Latest], int]:
        """
        The newest intact text of each place, under the name of the place.

        @param person: the folded account whose private conversations are places too.
        @return: the texts, and the number of renames whose entries have not been moved yet.
        """
        rows, moving = self._file.execute(_LATEST, _places(places, person, parameters)).fetchone()
        found: list[Latest] = []
        for _ in range(EARLIER):
            damaged: list[Piece] = []
            for name, low, *row in json.loads(rows):
                if self._file.isIntactRow(row, name):
                    found.append(Latest(name, row[0], row[1]))
                else:
                    self._file.entry(row, name)  # logs the damage
                    damaged.append((name, low, row[0]))
            if not damaged:
                break
            rows, _ = self._file.execute(_LATEST, _places(damaged, None, parameters)).fetchone()
        return found, moving

    def _texts(self, place: Piece, parameters: Mapping[str, object]) -> tuple[list[StoredRow], int]:
        """
        The newest texts of a place: for each its author's account and its row, whose body is C{None} if it does not
        contain a phrase.

        @return: the texts, newest first, and the number of renames whose entries have not been moved yet.
        """
        where = dict(zip(("name", "low", "high"), place, strict=True))
        rows, moving = self._file.execute(_COUNT, {**parameters, **where}).fetchone()
        return json.loads(rows), moving

    def _oldest(self, place: Piece, parameters: Mapping[str, object]) -> list[StoredRow]:
        """The oldest texts of a place: for each its author's account, its sequence number and its time."""
        where = dict(zip(("name", "low", "high"), place, strict=True))
        found: list[StoredRow] = json.loads(self._file.execute(_OLDEST, {**parameters, **where}).fetchone()[0])
        return found

    def _contains(self, row: StoredRow, wanted: Sequence[Words]) -> bool:
        """Whether the text of a row contains one of some phrases."""
        entry = self._file.entry(row, row[3])
        event = entry.event if isinstance(entry, Entry) else None
        return isinstance(event, (RoomMessage, PrivateMessage)) and matchesAny(event.text, wanted)


def _others(texts: Sequence[StoredRow], account: str | None) -> Sequence[StoredRow]:
    """
    Leave out the texts of an account.

    @param texts: for each its author's account, and more.
    """
    if account is None:
        return texts
    own = {author for author in {text[0] for text in texts} if author and fold(author) == fold(account)}
    return [text for text in texts if text[0] not in own]


def _token(words: Words) -> str | None:
    """A word that every ASCII text with these words contains; C{None} if no such text contains them."""
    return next((token for word in words.plain for token in tokens(word) if token.isascii()), None)


def _places(places: Sequence[Piece], person: str | None, parameters: Mapping[str, object]) -> Mapping[str, object]:
    return {**parameters, "places": json.dumps(places, ensure_ascii=False), "account": person}
