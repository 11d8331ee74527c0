"""What the journal has stored: entries and snapshots; and the words of searches in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from functools import cache
from tempfile import TemporaryDirectory
from typing import Final
from unicodedata import ucd_3_2_0

from tests.chat.fakes import Scene, done, newState, rebuilt
from tests.fuzzing.target import UNSAFE, Target, words
from tests.journal.test_codec import asKept
from tests.wire.irc.samples import ALICE, BOB, EVENTS
from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import (
    SERVER,
    AccountRegistered,
    Credential,
    Entered,
    Entry,
    Event,
    Joined,
    RoomRegistered,
    ServerBanSet,
    Source,
)
from twistchat.chat.model.spans import Search
from twistchat.chat.snapshot import UnreadableSnapshot, restoreSnapshot, takeSnapshot
from twistchat.importing.content import faultOf
from twistchat.interfaces import IDialect
from twistchat.journal.codec import KINDS, Unreadable, decode, encode
from twistchat.journal.sqlite.rows import RowWriter, isIntact
from twistchat.journal.sqlite.writing.sideeffects import SideEffects
from twistchat.testing import MemoryServer
from twistchat.testing.contract.opened import said
from twistchat.wire.irc.capabilities import CAPABILITIES
from twistchat.wire.irc.dialect import IrcDialects
from twistchat.wire.irc.message import MAX_LINE, MAX_TAGS, parse
from twistchat.wire.irc.views import View
from twistchat.wire.plain import Clockface, PlainDialect

TIME: Final = 1_767_268_800_000
"""The time of entries, in milliseconds since the epoch."""

_DIALECTS: Final = IrcDialects("irc.example.org")

IRC: Final[tuple[IDialect, ...]] = tuple(
    [_DIALECTS.of(names, view) for names in ((), tuple(CAPABILITIES)) for view in View]
)
"""The dialects of IRC: with no capability, and with all."""

PREPARED: Final = [
    Entry(number, f"test-{number}", TIME, event)
    for number, event in enumerate(
        (
            *(Entered(ALICE, "s1"), Entered(BOB, "s2"), Joined(ALICE, "#a"), Joined(BOB, "#a")),
            *(AccountRegistered(SERVER, "alice"), RoomRegistered(SERVER, "#a", "alice")),
        ),
        1,
    )
]
"""Entries with two users, a room and an account."""

PLAIN: Final[tuple[IDialect, ...]] = tuple([PlainDialect(Clockface(UTC), current) for current in (False, True)])
"""The dialects of the line protocol."""


def checkEntry(data: bytes) -> None:
    """
    A row, which is its kind, a line end and its body, gives an event or an error.

    The event is the same after it is written and read again.  Its row is intact, and no more after a change.  Every
    dialect renders it as whole lines, and no terminal gets a control character.
    """
    first, _, body = data.partition(b"\n")
    kind = first.decode(errors="replace")
    try:
        event = decode(kind, body)
    except Unreadable as bad:
        assert str(bad) and data not in ROWS
        return
    again, written = encode(event)
    assert again == kind
    assert _alike(decode(again, written), asKept(event)), (event, written)
    entry = Entry(7, "test-7", TIME, event)
    why = faultOf(event)
    if why is None or "is not a number" not in why:  # the server itself makes no other times
        _checkRendered(entry)
    if why is None:
        _checkImported(entry)


def _checkImported(entry: Entry) -> None:
    """An entry that an import accepts can be stored, and applied to a state, which gives a snapshot."""
    row = RowWriter().row(entry)
    assert isIntact(*row)
    for place in range(0, len(row[5]), 1 + len(row[5]) // 4):
        changed = row[5][:place] + chr(ord(row[5][place]) ^ 1) + row[5][place + 1 :]
        assert not isIntact(*row[:5], changed)
    effects = SideEffects()
    effects.note(entry)
    effects.statements()
    for state in (newState(), rebuilt(PREPARED)):
        try:
            state.apply(entry)
        except ChatError:
            continue
        again = newState()
        taken = takeSnapshot(state, "n")
        restoreSnapshot(again, taken)
        for user in again.users:
            for room in again.rooms:
                room.bans.of(user)


def _alike(one: Event, other: Event) -> bool:
    """Whether events are equal, where NaN is equal to itself."""
    return one == other or repr(one) == repr(other)


def _checkRendered(entry: Entry) -> None:
    for dialect in IRC:
        data = dialect.render(entry)
        assert data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n"), data
        assert b"\0" not in data and (not data or data.endswith(b"\r\n")), data
        for line in data.split(b"\r\n")[:-1]:
            parse(line)
            tags, _, rest = line.partition(b" ") if line[:1] == b"@" else (b"", b"", line)
            assert len(rest) <= MAX_LINE - 2 and len(tags) < MAX_TAGS, line
    for dialect in PLAIN:
        text = dialect.render(entry).decode()
        assert not text or text.endswith("\n")
        assert UNSAFE.search(text) is None, text


def checkSnapshot(data: bytes) -> None:
    """Some bytes are a snapshot, which gives the same snapshot again, or an error with a reason."""
    state = newState()
    try:
        restoreSnapshot(state, data)
    except UnreadableSnapshot as bad:
        assert "contradicts itself" in str(bad) or takeSnapshot(state, "n") == takeSnapshot(newState(), "n")
        return
    again = newState()
    taken = takeSnapshot(state, "n")
    restoreSnapshot(again, taken)
    assert takeSnapshot(again, "n") == taken


ROWS: Final = tuple([b"%b\n%b" % (kind.encode(), body) for kind, body in map(encode, EVENTS)])
"""A row of every kind of event."""

ENTRY: Final = Target(
    "entries",
    checkEntry,
    ROWS,
    (
        *[kind.encode() + b"\n" for kind in KINDS.values()],
        *words('{ } [ ] "source": "nick": "text": "room": "tags": "changes": "taken": "sequence": "msgid": , : null'),
        *words('true 1 -1 1e999 9223372036854775808 "\\ud800" "\\u0000" "\\r\\n" "a" "\\u001b[31m" "\\u202e"'),
        *(b"\xff", b"[" * 3000, b"\n"),
    ),
    most=8192,
)
"""The rows of entries."""


def _snapshots() -> tuple[bytes, ...]:
    """Make a snapshot that has something in each part, and an empty one."""
    scene = Scene()
    alice = scene.operator("alice", "kill", "rooms")
    bob = scene.person("bob", "#a", "#B", account="Bob")
    done(scene.chat.membership.join(alice.session, "#a"))
    scene.modes(bob, "#a", "+kbeI", "key", "x!*@*", "m:y!*@*", "z!*@*")
    done(scene.chat.channels.setTopic(bob.session, "#a", "tea"))
    done(scene.chat.membership.invite(bob.session, "#B", "alice"))
    done(scene.chat.channels.rename(bob.session, "#B", "#c"))
    carol = scene.person("carol", "#d")
    done(scene.chat.membership.part(carol.session, "#d"))
    scene.found("#e", "dave", erin="o")
    done(scene.chat.accounts.setCredential(None, "dave", Credential("password", "", "a hash", "keys")))
    done(scene.chat.accounts.group(None, "dave", "ally"))
    done(scene.log.append(ServerBanSet(Source("op", "op"), "192.0.2.0/24", "spam", None)))
    return takeSnapshot(scene.state, "local"), takeSnapshot(newState(), "n")


SNAPSHOT: Final = Target(
    "snapshot",
    checkSnapshot,
    _snapshots(),
    words(
        '"users":[ "rooms":[ "members":{ "accounts":[ "source":{ "nick": "sessions":{ "invitations":{ "lists":{ "b"'
        ' "I" "modes":{ "settings":{ "#a" "#b" "u1" "founder": "presence":null "detached":1 "version":1 "sequence":1 ""'
        ' "retired":["x"] "formerNames":["#x"] "serverBans":[ "*!*@*" "q" null -1 1 true { } [ ] : ,',
        b"\xff",
        b"[" * 3000,
    ),
    most=16_384,
    cost=5,
)
"""A snapshot of the state."""

OLD: Final = frozenset({"Cc", "Lu", "Ll", "Lt", "Nd", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Zs"})
"""The categories of characters on which SQLite and Python agree."""

TEXTS: Final = (
    *("The quick brown fox", "a BROWN dog", "Café brown-eyed", "don't panic", "browning", "тихий ДОМ", "日本語 text"),
    *(
        'say "hello" to AND or NEAR text:x',
        "naïve ﬁne Straße İstanbul ΣΑΣ",
        "ภาษาไทย x",
        "한국어 test",
        "a_b c.d 1,000",
        "haha🤣 ok👍🏽",
    ),
)
"""The texts that are searched."""


@cache
def _servers() -> tuple[MemoryServer, MemoryServer]:
    """Make a server with a journal in memory, and one with a journal on disk, which have the same texts."""
    directory = TemporaryDirectory()
    servers = MemoryServer(), MemoryServer(directory=directory.name)
    _directories.append(directory)
    for server in servers:
        for text in TEXTS:
            server.log.append(said(text))
        server.advance(60)
    return servers


_directories: Final[list[TemporaryDirectory[str]]] = []
"""The directories of journals on disk, which are removed at the end of the process."""


def isOld(text: str) -> bool:
    """
    Whether all characters of a text are letters, digits, spaces or punctuation of Unicode 3.2 (2002).

    SQLite and Python know other versions of Unicode, and do not agree on all symbols and marks.
    """
    return all([ucd_3_2_0.category(letter) in OLD for letter in text])


def checkSearch(data: bytes) -> None:
    """Any words find the same texts in a journal on disk and in one in memory, if their characters are old."""
    text = data.decode(errors="surrogateescape")
    first, _, rest = text.partition("\n")
    search = Search(
        first,
        1 + len(first) % 20,
        {"#room": 0, **({"#" + rest: 0} if rest else {})},
        "bob" if len(first) % 2 else None,
        rest or None,
        oldest=len(text) % 3 == 0,
    )
    found = []
    for server in _servers():
        results: list[Sequence[object]] = []
        server.history.search(search).addCallback(results.append)
        server.pump()
        (entries,) = results
        found.append([getattr(getattr(entry, "event", None), "text", None) for entry in entries])
    assert found[0] == found[1] or not isOld(first), found


SEARCH: Final = Target(
    "search",
    checkSearch,
    (b"brown", b"fox THE", b'"hello" NEAR(a b)\nann', "日本 CAFE\u0301".encode(), b"", b"text:x*", b"\xff\xed\xa0\x80"),
    words(
        "brown the don't panic CAFÉ дом 日 ภา 한국 naive strasse istanbul σας 1,000 a_b \" * ( ) AND OR NEAR : ^ - {",
        b" ",
        b"\0",
        b"\nann",
        b"\xcc\x81",
        b"\xc2\xad",
    ),
    most=256,
    cost=5,
)
"""The words of searches."""

TARGETS: Final = (ENTRY, SNAPSHOT, SEARCH)
"""The targets of this module."""
