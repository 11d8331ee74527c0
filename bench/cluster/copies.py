"""The copies of the journal that the nodes have: what is in them, and whether they are equal."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

from bench.cluster.checks import EQUAL, Rooms
from bench.cluster.messages import read
from bench.cluster.nodes import Node
from bench.cluster.observed import Heard
from twistchat.journal.sqlite.maintenance import comparing
from twistchat.journal.stamp import msgid

POLL = 0.1
"""The time between two looks at the copies, in seconds."""

_ENTRIES = "SELECT sequence, time, kind, conversation, checksum, body FROM entry ORDER BY sequence"

_TEXTS = "SELECT sequence, conversation, body FROM entry WHERE kind = 'said' ORDER BY sequence"


def opened(path: Path) -> sqlite3.Connection:
    """
    Open a copy for reading, also while its node runs.

    @raise sqlite3.Error: there is none, or it cannot be read.
    """
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return connection


def last(path: Path) -> tuple[int, int]:
    """
    Return the last sequence number of a copy and the number of its entries.  Both are 0 if it cannot be read.
    """
    try:
        with closing(opened(path)) as connection:
            found = connection.execute("SELECT coalesce(max(sequence), 0), count(*) FROM entry").fetchone()
            return int(found[0]), int(found[1])
    except sqlite3.Error:
        return 0, 0


def digest(path: Path) -> str:
    """
    Return a digest of all entries of a copy, and of its name.

    @raise sqlite3.Error: it cannot be read.
    """
    hashed = blake2b(digest_size=8)
    with closing(opened(path)) as connection:
        hashed.update(repr(connection.execute("SELECT name FROM journal").fetchall()).encode())
        for row in connection.execute(_ENTRIES):
            hashed.update(repr(row).encode("utf-8", "surrogateescape"))
    return hashed.hexdigest()


def content(path: Path) -> str:
    """
    Return a digest of all entries, and one of everything else that all copies must have.

    @raise sqlite3.Error: the copy cannot be read.
    """
    tables = comparing.digest(path)
    rest = blake2b(repr(sorted(tables.items())).encode(), digest_size=8).hexdigest()
    return f"{digest(path)}-{rest}"


def rooms(path: Path) -> Rooms:
    """
    Return the texts of the writers in a copy, by room.

    @raise sqlite3.Error: it cannot be read.
    """
    found: dict[str, list[Heard]] = {}
    with closing(opened(path)) as connection:
        name = connection.execute("SELECT name FROM journal").fetchone()[0]
        for sequence, conversation, body in connection.execute(_TEXTS):
            text = read(json.loads(body).get("text", "").encode())
            if text is not None:
                found.setdefault(conversation, []).append((msgid(name, sequence), text))
    return found


def firstDifference(one: Path, other: Path) -> str:
    """
    Describe the first difference between two copies.

    @return: the first two rows that differ, in words; empty if there are none.
    @raise sqlite3.Error: one cannot be read.
    """
    with closing(opened(one)) as left, closing(opened(other)) as right:
        for mine, theirs in _pairs(left.execute(_ENTRIES), right.execute(_ENTRIES)):
            if mine != theirs:
                return f"{mine} and {theirs}"
    return ""


def _pairs(left: sqlite3.Cursor, right: sqlite3.Cursor) -> Iterator[tuple[object, object]]:
    while True:
        mine, theirs = left.fetchone(), right.fetchone()
        if mine is None and theirs is None:
            return
        yield mine, theirs


async def settle(
    nodes: Sequence[Node], within: float = EQUAL, look: Callable[[Path], str] = content
) -> tuple[float, Mapping[str, str]]:
    """
    Wait until all copies have the same entries.  Clients may still come and go.

    @param within: the time limit in seconds.
    @param look: makes a digest of a copy.
    @return: how long that took in seconds, infinite if they are not equal in time; and the digest of each copy.
    @raise sqlite3.Error: a copy cannot be read.
    """
    began = time.monotonic()
    while True:
        ends = {node.name: await asyncio.to_thread(last, node.copy) for node in nodes}
        late = time.monotonic() > began + within
        if late or len(set(ends.values())) == 1:
            digests = {node.name: await asyncio.to_thread(look, node.copy) for node in nodes}
            if len(set(digests.values())) == 1:
                return time.monotonic() - began, digests
            if late:
                return float("inf"), {name: f"{text} ({ends[name][1]} entries)" for name, text in digests.items()}
        await asyncio.sleep(POLL)
