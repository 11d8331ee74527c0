"""Searches conversations in the journal's file.  Everything here blocks."""

from __future__ import annotations

import json
from collections.abc import Sequence

from twisted.logger import Logger

from twistchat.chat.model.names import fold
from twistchat.chat.model.spans import Kept
from twistchat.journal.history.reader import ROWS, HistoryReader
from twistchat.journal.history.renames import Piece, pieces
from twistchat.journal.history.words import isWord
from twistchat.journal.sqlite.faults import faults
from twistchat.journal.sqlite.reading import LAST, StoredRow
from twistchat.journal.sqlite.rows import COLUMNS

_FOUND = f"""
    SELECT {COLUMNS} FROM {{0}} JOIN entry ON entry.sequence = {{0}}.rowid
    WHERE {{0}} MATCH :words AND {{0}}.rowid >= :start AND {{0}}.rowid < :end
        AND {{0}}.rowid NOT IN (SELECT value FROM json_each(:without))
    ORDER BY {{0}}.rowid DESC LIMIT :limit
"""

_SEARCH = f"{ROWS} FROM ({_FOUND.format('word')})"
_SEARCH_TAIL = f"{ROWS} FROM ({_FOUND.format('tail')})"

# The last column says whether there are entries that are not indexed yet.
_SEARCH_ALL = f"""
    {ROWS}, EXISTS (SELECT 1 FROM entry WHERE sequence > (SELECT indexed FROM journal) AND sequence < :end)
    FROM ({_FOUND.format("word")})
"""

# The word index of entries that are not indexed yet.  It has the tokenizer of the table "word", so both find the same.
_TAIL = """
    CREATE VIRTUAL TABLE temp.tail USING fts5(
        place, text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
    )
"""

_FILL = """
    INSERT INTO temp.tail (rowid, place, text)
    SELECT sequence, place, text FROM utterance
    WHERE conversation IN (SELECT value FROM json_each(:names)) AND kind = 'said'
        AND sequence > (SELECT indexed FROM journal) AND sequence < :end
    UNION ALL
    SELECT sequence, place, text FROM utterance
    WHERE :private AND kind = 'told'
        AND sequence > (SELECT indexed FROM journal) AND sequence < :end
    ORDER BY sequence
"""

log = Logger()


class HistorySearch:
    """Searches conversations."""

    def __init__(self, reader: HistoryReader) -> None:
        """
        @param reader: reads the rows.
        @raise Fault: the file cannot be read.
        """
        self._reader = reader
        self._file = reader.file
        with faults():
            self._file.execute(_TAIL)

    def search(
        self,
        conversations: Sequence[str],
        words: str,
        limit: int,
        before: int = LAST,
        account: str | None = None,
        without: str = "[]",
    ) -> Sequence[Kept]:
        """
        Find texts.  See L{IHistory.search <twistchat.interfaces.IHistory.search>}.

        @param without: sequence numbers to leave out, as a JSON array.
        @raise Fault: the file cannot be read.
        """
        wanted = [_quote(word) for word in words.split() if isWord(word)]
        places = [f"r{_hex(name)}" for name in conversations]
        private = [] if account is None else [f"p{_hex(fold(account))}"]
        if not wanted or not (places or private):
            return []

        def query(places: Sequence[str], start: int, end: int) -> dict[str, object]:
            match = f"place : ({' OR '.join(places)}) AND text : ({' AND '.join(wanted)})"
            return {"words": match, "start": start, "end": end, "without": without, "limit": limit}

        everywhere = query(places + private, 0, before)
        stretches = [(name, 0, LAST) for name in conversations]
        with faults():
            rows, moving, more = self._file.execute(_SEARCH_ALL, everywhere).fetchone()
            found: list[StoredRow] = []
            if moving == "[]" and not more:
                found = json.loads(rows)
            else:
                with self._reader.renames(before, without) as renames:
                    stretches = [stretch for name in conversations for stretch in pieces(name, renames, LAST)]
                    queries = [everywhere]
                    if renames:
                        queries = [query([f"r{_hex(name)}"], start, min(end, before)) for name, start, end in stretches]
                        queries += [query(private, 0, before)] if private else []
                    statements = [_SEARCH]
                    if more:
                        names = json.dumps([name for name, _, _ in stretches])
                        self._file.execute(_FILL, {"names": names, "private": bool(private), "end": before})
                        statements.append(_SEARCH_TAIL)
                    for statement in statements:
                        for parameters in queries:
                            found += self._reader.rows(statement, parameters)[0]
        person = None if account is None else fold(account)
        sought = [row for row in found if self._isSought(row, stretches, person)]
        return self._file.entries(sought)[-limit:]

    def _isSought(self, row: StoredRow, stretches: Sequence[Piece], person: str | None) -> bool:
        """
        Whether a row that the word index found belongs to one of the conversations to search.  A damaged index may
        point to any row.

        @param stretches: where the rooms to search are stored.
        @param person: the folded account whose private conversations are searched.
        """
        sequence, place = row[0], row[3] or ""
        if " " in place:
            sought = person is not None and person in place.split(" ")
        else:
            sought = any(name == place and start <= sequence < end for name, start, end in stretches)
        # A damaged row may belong to any conversation, so it is shown as damaged.
        if sought or not self._file.isIntactRow(row, row[3]):
            return True
        self._file.remark(
            sequence,
            log.critical,
            "The word index of the journal changed on disk: entry {sequence} was found where it is not."
            "  twistchat check reads all of the journal",
            sequence=sequence,
        )
        return False


def _quote(word: str) -> str:
    """Quote a word for FTS5's query language (FTS5, section 3.1)."""
    plain = word.replace("\0", " ").replace('"', '""').encode("utf-8", "replace").decode()
    return f'"{plain}"'


def _hex(name: str) -> str:
    return name.encode("utf-8", "surrogatepass").hex()
