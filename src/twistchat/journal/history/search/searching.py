"""Searches conversations in the journal's file.  Everything here blocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from twisted.logger import Logger

from twistchat.chat.errors import SearchTooBroad
from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import At, Damaged, Kept, Search, following, shownIn
from twistchat.journal.history.reader import ROWS, HistoryReader
from twistchat.journal.history.renames import Rename, pieces
from twistchat.journal.history.search.words import splitWords
from twistchat.journal.sqlite.faults import faults
from twistchat.journal.sqlite.reading import LAST, Interrupted, StoredRow
from twistchat.journal.sqlite.rows import COLUMNS

SEARCH_TIME: Final = 0.5
"""The maximum duration of a search, in seconds, unless the configuration says otherwise."""

# The pieces are empty if the reader may see all that the index finds.
_FOUND = f"""
    SELECT {COLUMNS} FROM {{table}} JOIN entry ON entry.sequence = {{table}}.rowid
    WHERE {{table}} MATCH :match AND {{table}}.rowid >= :start AND {{table}}.rowid < :end
        AND {{table}}.rowid NOT IN (SELECT value FROM json_each(:without))
        AND entry.time >= :since AND entry.time < :until
        AND (:pieces = '[]' OR instr(entry.conversation, ' ') OR EXISTS (
            SELECT 1 FROM json_each(:pieces) AS piece
            WHERE json_extract(piece.value, '$[0]') = entry.conversation
                AND json_extract(piece.value, '$[1]') <= entry.sequence
                AND json_extract(piece.value, '$[2]') > entry.sequence
        ))
    ORDER BY {{table}}.rowid {{order}} LIMIT :limit
"""

# By whether the oldest texts are wanted.
_SEARCH = [f"{ROWS} FROM ({_FOUND.format(table='word', order=order)})" for order in ("DESC", "ASC")]
_SEARCH_TAIL = [f"{ROWS} FROM ({_FOUND.format(table='tail', order=order)})" for order in ("DESC", "ASC")]

# The index opens a list for each conversation of a query, which takes longer than all else if there are many.  So this
# query selects the words only, and finds the conversations in the rows.  The second column has the number of rows that
# it looked at, and the sequence number of the last one.
_GLANCE = f"""
    WITH piece (name, first, beyond) AS MATERIALIZED (
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
        FROM json_each(:stretches)
    ), candidate AS MATERIALIZED (
        SELECT rowid AS number FROM word
        WHERE word MATCH :anywhere AND rowid >= :start AND rowid < :end
            AND rowid NOT IN (SELECT value FROM json_each(:without))
        ORDER BY rowid {{order}} LIMIT :texts
    ), found AS (
        SELECT {COLUMNS} FROM candidate JOIN entry ON sequence = number
        WHERE time >= :since AND time < :until AND (
            conversation IN (SELECT name FROM piece)
                AND EXISTS (SELECT 1 FROM piece WHERE name = conversation AND first <= number AND beyond > number)
            OR :person != '' AND instr(conversation, ' ') AND instr(' ' || conversation || ' ', :person)
        )
        ORDER BY number {{order}} LIMIT :limit
    )
    SELECT json_group_array(json_array(sequence, time, kind, conversation, checksum, body)),
        (SELECT json_array(count(*), CASE '{{order}}' WHEN 'ASC' THEN max(number) ELSE min(number) END) FROM candidate)
    FROM found
"""

_GLANCES = [_GLANCE.format(order=order) for order in ("DESC", "ASC")]

# Whether there are entries that are not indexed yet, and whether others must move to another conversation.
_PENDING = """
    SELECT EXISTS (SELECT 1 FROM entry WHERE sequence > (SELECT indexed FROM journal) AND sequence < ?),
        EXISTS (SELECT 1 FROM moving)
"""

# The word index of entries that are not indexed yet.  It has the tokenizer of the table "word", so both find the same.
_TAIL = """
    CREATE VIRTUAL TABLE temp.tail USING fts5(
        place, text, content = '', columnsize = 0, tokenize = {tokenizer}
    )
"""

_TOKENIZER = "SELECT sql FROM sqlite_schema WHERE name = 'word'"

_FILL = """
    INSERT INTO temp.tail (rowid, place, text)
    SELECT sequence, place, text FROM utterance
    WHERE conversation IN (SELECT value FROM json_each(:names))
        AND sequence > (SELECT indexed FROM journal) AND sequence >= :start AND sequence < :end
    UNION
    SELECT sequence, place, text FROM utterance
    WHERE :private AND kind = 'told'
        AND sequence > (SELECT indexed FROM journal) AND sequence >= :start AND sequence < :end
    ORDER BY sequence
"""

AND: Final = " AND "
"""Joins the parts of a query to the word index."""

_CORRESPONDENCE = "SELECT conversation FROM correspondent WHERE account = ?"

Stretch: TypeAlias = tuple[str, int, int, str]
"""A L{Piece <twistchat.journal.history.renames.Piece>} of a conversation, and the present name of the conversation."""

log = Logger()


@dataclass(frozen=True, slots=True)
class Glance:
    """
    When a search looks at the texts of all conversations first.

    @ivar places: the number of conversations from which on it does.
    @ivar texts: the number of texts that it looks at.  If they do not suffice, it searches its own conversations only.
    """

    places: int = 16
    texts: int = 1000


class HistorySearch:
    """Searches conversations."""

    def __init__(
        self,
        reader: HistoryReader,
        seconds: Callable[[], float] | None = None,
        longest: float = SEARCH_TIME,
        glance: Glance = Glance(),
    ) -> None:
        """
        @param reader: reads the rows of a journal with the newest schema.
        @param seconds: returns the seconds of a clock; C{None} to let searches take any time.
        @param longest: the maximum duration of a search, in seconds.
        @param glance: see L{Glance}.
        @raise Fault: the file cannot be read.
        """
        self._reader = reader
        self._file = reader.file
        self._seconds, self._longest, self._glance = seconds, longest, glance
        with faults():
            (table,) = self._file.execute(_TOKENIZER).fetchone()
            tokenizer = table.partition("tokenize = ")[2].removesuffix(")")
            self._file.execute(_TAIL.format(tokenizer=tokenizer))

    def search(self, search: Search, before: int = LAST, without: str = "[]") -> Sequence[Kept]:
        """
        Find texts.  See L{IHistory.search <twistchat.interfaces.IHistory.search>}.

        @param before: leave out entries with this sequence number or a higher one.
        @param without: further sequence numbers to leave out, as a JSON array.
        @raise Fault: the file cannot be read.
        @raise SearchTooBroad: it takes too long.
        """
        return self.bounded(lambda: self._search(search, before, without))

    def bounded(self, read: Callable[[], Sequence[Kept]]) -> Sequence[Kept]:
        """
        Read in the time that a search may take.

        @raise SearchTooBroad: it takes too long.
        """
        if self._seconds is None:
            return read()
        seconds, end = self._seconds, self._seconds() + self._longest
        try:
            with self._file.limit(lambda: seconds() > end):
                return read()
        except Interrupted:
            raise SearchTooBroad from None

    def _search(self, search: Search, before: int, without: str) -> Sequence[Kept]:
        words = _textQuery(search.words)
        person = None if search.account is None else fold(search.account)
        if words is None or not (search.places or person):
            return []
        with faults():
            bounds = self._bounds(search, person, before, without)
            end = bounds["end"]
            more, moving = self._file.execute(_PENDING, (end,)).fetchone()
            if more or moving:
                with self._reader.renames(before, without) as renames:
                    stretches = _pieces(search, renames)
                    query = bounds | _query(words, stretches, person, search.sender)
                    found = self._indexed(search, query)
                    # A step may have indexed the entries meanwhile.  In this moment they are in one of the indexes.
                    self._file.execute(_FILL, query)
                    found += self._reader.rows(_SEARCH_TAIL[search.oldest], query)[0]
            else:
                stretches = _pieces(search, ())
                found = self._indexed(search, bounds | _query(words, stretches, person, search.sender))
        sought = [row for row in found if self._isSought(row, stretches, person)]
        places = {row[0]: _presentName(row, stretches) for row in sought}
        entries = [
            item if isinstance(item, Damaged) else shownIn(item, places[item.sequence])
            for item in self._file.entries(sought)
        ]
        return entries[: search.limit] if search.oldest else entries[-search.limit :]

    def _indexed(self, search: Search, query: dict[str, Any]) -> list[StoredRow]:
        """
        Find rows with the index.

        @param query: the parameters of the query, see L{_query}.
        """
        texts = self._glance.texts
        if len(search.places) < self._glance.places or not query["anywhere"]:
            return self._reader.rows(_SEARCH[search.oldest], query)[0]
        glance = self._file.execute(_GLANCES[search.oldest], query | {"texts": texts})
        rows, seen = map(json.loads, glance.fetchone())
        found: list[StoredRow] = rows
        count, last = seen
        missing = search.limit - len(found)
        if missing <= 0 or count < texts:
            return found
        rest = {"start": last + 1} if search.oldest else {"end": last}
        return found + self._reader.rows(_SEARCH[search.oldest], query | rest | {"limit": missing})[0]

    def _bounds(self, search: Search, person: str | None, before: int, without: str) -> dict[str, object]:
        """
        The bounds of a search: sequence numbers, and times.

        Times alone would do, but the word index finds a stretch of sequence numbers faster.
        """
        after = None if search.after is None else following(search.after)
        starts, ends = [0 if isinstance(after, At | None) else after], [before]
        if isinstance(search.before, int):
            ends.append(search.before)
        if isinstance(after, At) or isinstance(search.before, At):
            places = [*search.places]
            if person is not None:
                places += [name for (name,) in self._file.execute(_CORRESPONDENCE, (person,))]
            if isinstance(after, At):
                starts.append(min([self._reader.start(after, place, before, without) for place in places], default=0))
            if isinstance(search.before, At):
                until = search.before
                ends.append(max([self._reader.start(until, place, before, without) for place in places], default=0))
        return {
            "start": max(starts),
            "end": min(ends),
            "since": after.time if isinstance(after, At) else -LAST,
            "until": search.before.time if isinstance(search.before, At) else LAST,
            "without": without,
            "limit": search.limit,
        }

    def _isSought(self, row: StoredRow, stretches: Sequence[Stretch], person: str | None) -> bool:
        """
        Whether a row that the word index found belongs to one of the conversations to search.  A damaged index may
        point to any row.

        @param stretches: where the conversations to search are stored.
        @param person: the folded account whose private conversations are searched.
        """
        sequence, place = row[0], row[3] or ""
        if person is not None and " " in place and person in place.split(" "):
            return True
        # A damaged row may belong to any conversation, so it is shown as damaged.
        if any(
            name == place and start <= sequence < end for name, start, end, _ in stretches
        ) or not self._file.isIntactRow(row, row[3]):
            return True
        self._file.remark(
            sequence,
            log.critical,
            "The word index of the journal changed on disk: entry {sequence} was found where it is not."
            "  twistchat check reads all of the journal",
            sequence=sequence,
        )
        return False


def _pieces(search: Search, renames: Iterable[Rename]) -> list[Stretch]:
    """Find the pieces of conversations that the reader may see."""
    return [
        (name, max(first, start), end, place)
        for place, first in search.places.items()
        for name, start, end in pieces(place, renames, LAST)
    ]


def _presentName(row: StoredRow, stretches: Sequence[Stretch]) -> str:
    """The present name of the conversation of a row, which may be stored under an earlier one."""
    sequence, stored = row[0], row[3] or ""
    return next((now for name, start, end, now in stretches if name == stored and start <= sequence < end), stored)


def _query(words: str, stretches: Sequence[Stretch], person: str | None, sender: str | None) -> dict[str, Any]:
    """
    Write the query to the word index (FTS5, section 3), and the parameters that limit what it finds.

    @return: C{match} selects the texts in the conversations, and C{anywhere} those in all conversations; it is C{""} if
        the search has no words.  C{names} are the conversations, and C{pieces} are the stretches if they are not whole
        conversations.
    """
    names = sorted({name for name, *_ in stretches})
    places = [_place(name) for name in names] + ([] if person is None else [f"p{_hex(person)}"])
    by = "" if sender is None else f" AND place : s{_hex(fold(sender))}"
    whole = all(start == 0 and end == LAST for _, start, end, _ in stretches)
    return {
        "match": f"place : ({' OR '.join(places)}){by}{words}",
        "anywhere": words and words.removeprefix(AND) + by,
        "names": json.dumps(names),
        "person": "" if person is None else f" {person} ",
        "private": person is not None,
        "stretches": json.dumps(stretches),
        "pieces": "[]" if whole else json.dumps(stretches),
    }


def _textQuery(words: str) -> str | None:
    """
    Write the part of the query that selects texts; C{""} for all texts.

    @return: C{None} if nothing can be found, because no word has a letter or a digit.
    """
    plain, runs = splitWords(words)
    terms = [_quote(word) for word in plain] + [_run(run) for run in runs]
    if not terms:
        return None if words.strip() else ""
    return f"{AND}text : ({' AND '.join(terms)})"


def _place(name: str) -> str:
    """The words of a conversation in the index.  The two accounts of a pair are adjacent there."""
    accounts = name.split(" ")
    return f'"{" ".join([f"p{_hex(account)}" for account in accounts])}"' if len(accounts) > 1 else f"r{_hex(name)}"


def _run(run: str) -> str:
    """
    Write the words of a run of characters of scripts without spaces: each character with the next one, adjacent.

    A single character is the beginning of a word.
    """
    if len(run) == 1:
        return f"{_hex(run)}*"
    return f'"{" ".join([_hex(run[at : at + 2]) for at in range(len(run) - 1)])}"'


def _quote(word: str) -> str:
    """Quote a word for FTS5's query language (FTS5, section 3.1)."""
    plain = word.replace("\0", " ").replace('"', '""').encode("utf-8", "replace").decode()
    return f'"{plain}"'


def _hex(name: str) -> str:
    return name.encode("utf-8", "surrogatepass").hex()
