"""The files that the importer reads: exports of journals, of Slack and of Mattermost, and ZIP files."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.fuzzing.target import Target, assertPrintable, words
from tests.importing.made import writeFolder
from tests.importing.makemattermost import headLines, oddLines
from tests.importing.makeslack import makeSlack
from tests.wire.irc.samples import EVENTS
from twistchat.importing import mattermost, slack
from twistchat.importing.journals import JournalFile
from twistchat.importing.reading.archive import openArchive, readLines, readWhole
from twistchat.importing.reading.fields import Fields, Malformed, cleaned, parseJson
from twistchat.importing.records import ImportProblem, Person, Reaction, Record, Text
from twistchat.importing.texts import cleaned as cleanedText
from twistchat.importing.texts import oneLine, parts
from twistchat.journal.codec import encode
from twistchat.journal.stamp import msgid

MARK: Final = b"\n=== "
"""What begins the name of a file, in the input that has several."""


def problemOf(read: Callable[[Path], Iterable[object]], path: Path) -> list[object] | None:
    """Read everything; C{None} if it is refused, with one line for people."""
    try:
        return list(read(path))
    except ImportProblem as problem:
        assertPrintable(str(problem).replace(str(path.parent), ""))
        return None


def checkJournal(data: bytes) -> None:
    """An export of a journal has entries in ascending order, whose events are the same after they are written again."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "export.jsonl")
        path.write_bytes(data)
        found = problemOf(_journalLines, path)
    sequences = [line.entry.sequence for line in found or ()]  # type: ignore[attr-defined]  # they are lines
    assert sequences == sorted(set(sequences))


def _journalLines(path: Path) -> Iterator[object]:
    file = JournalFile(path, lambda part: None)
    try:
        for line in file.lines():
            assert line.entry.time >= 0
            encode(line.entry.event)
            yield line
    finally:
        file.close()


def checkRecords(found: list[Record]) -> None:
    """Texts and reactions come by time, their authors are known, and all is text that UTF-8 can encode."""
    people = {record.id for record in found if isinstance(record, Person)}
    said = [record for record in found if isinstance(record, Text | Reaction)]
    assert [record.time for record in said] == sorted([record.time for record in said])
    assert {record.author for record in said} <= people
    repr(found).encode()


def checkSlack(data: bytes) -> None:
    """An export of Slack has records, or a problem.  The input has several files, each after its name."""
    first, *others = data.split(MARK)
    files = {"users.json": first}
    for each in others:
        name, _, content = each.partition(b"\n")
        path = name.decode(errors="replace")
        if path and ".." not in path and not path.startswith("/") and "\0" not in path and len(path) < 60:
            files[path] = content
    with TemporaryDirectory() as folder:
        try:
            writeFolder(Path(folder, "export"), files.items())
        except OSError:
            return  # one name is a file and a folder
        found = problemOf(_slackRecords, Path(folder, "export"))
    checkRecords(found or [])  # type: ignore[arg-type]  # they are records


def _slackRecords(path: Path) -> Iterator[Record]:
    slack.sourceOf(path)
    yield from slack.read(path, lambda part: None)


def checkMattermost(data: bytes) -> None:
    """An export of Mattermost has records, or a problem."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "export.jsonl")
        path.write_bytes(data)
        found = problemOf(_mattermostRecords, path)
    checkRecords(found or [])  # type: ignore[arg-type]  # they are records


def _mattermostRecords(path: Path) -> Iterator[Record]:
    mattermost.sourceOf(path)
    yield from mattermost.read(path, lambda part: None)


def checkArchive(data: bytes) -> None:
    """A ZIP file is read within its bounds, or refused; and no name in it leads out of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "export.zip")
        path.write_bytes(data)
        problemOf(_archiveFiles, path)


def _archiveFiles(path: Path) -> Iterator[bytes]:
    with openArchive(path) as archive:
        for name in archive.sizes:
            assert not name.startswith("/") and ".." not in name.split("/"), name
            whole = readWhole(archive, name, 1 << 16)
            assert len(whole) <= 1 << 16
            yield whole
            yield from readLines(archive, name, 1 << 16)


def checkJson(data: bytes) -> None:
    """JSON is what the standard library reads, or has a problem with its line.  Fields have the right types."""
    try:
        value = parseJson(data, "x.json")
    except ImportProblem as problem:
        assertPrintable(str(problem))
        return
    assert repr(value) == repr(json.loads(data.removeprefix(b"\xef\xbb\xbf").decode())) or b"e" in data.lower(), value
    for name in ("a", "text", "time"):
        for read in ("text", "number", "flag", "child", "array", "children", "texts"):
            try:
                getattr(Fields.of(value), read)(name)
            except Malformed as bad:
                assert str(bad)


def checkText(data: bytes) -> None:
    """A text becomes texts of bounded size and number of lines, without control characters; nothing else is lost."""
    text = data.decode(errors="surrogateescape")
    clean = cleanedText(text)
    assert cleanedText(clean) == clean
    clean.encode()
    cleaned(text).encode()
    one = oneLine(text, 50)
    assert len(one) <= 50 and "\n" not in one
    assert oneLine(one, 50) == one
    pieces = list(parts(clean, 64, 3))
    for piece in pieces:
        assert len(piece.encode()) <= 64 and piece.count("\n") < 3, piece
    assert "".join("".join(pieces).split()) == "".join(clean.split())


def _zipOf(files: Iterable[tuple[str, bytes]], kind: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as file:
        for name, content in files:
            file.writestr(zipfile.ZipInfo(name), content, kind)
    return buffer.getvalue()


def _export() -> bytes:
    """Write an export of a journal that has every event."""
    head = {"format": "twistchat journal", "version": 1, "journal": "test"}
    lines = [head]
    for number, event in enumerate(EVENTS, 1):
        kind, body = encode(event)
        lines.append(
            {
                "sequence": number,
                "msgid": msgid("test", number),
                "time": "2026-01-01T12:00:00.000Z",
                "conversation": None,
                "event": kind,
                "body": json.loads(body),
            }
        )
    return b"\n".join([json.dumps(line).encode() for line in lines])


JSON_WORDS: Final = (
    *words('{ } [ ] , : null true false 0 -1 1e999 1598956000.000001 9223372036854775808 "" "a" "\\ud800" "\\u0000"'),
    *words(
        '"type": "version" "team": "channel" "user" "post" "direct_post" "emoji" "text": "user": "ts": "thread_ts":'
    ),
    *words('"id": "name": "profile": "members": "reactions": "blocks": "elements": "subtype": "create_at": "message":'),
    *words(
        '"replies": "sequence": "msgid": "time": "event": "body": "conversation": "source": "nick": "<@U001>" ":x:"'
    ),
    *(b"\n", b"\xff", b"[" * 3000, b"\xef\xbb\xbf", b"9" * 5000),
)
"""Parts of JSON in exports."""

JOURNAL: Final = Target(
    "import-journal", checkJournal, (_export(), *_export().split(b"\n")), JSON_WORDS, most=32_768, cost=5
)
"""An export of a whole journal."""

SLACK: Final = Target(
    "import-slack",
    checkSlack,
    (
        MARK.join(
            [
                data if name == "users.json" else b"%b\n%b" % (name.encode(), data)
                for name, data in sorted(makeSlack(2), reverse=True)
            ]
        ),
        b"[]"
        + MARK
        + b'channels.json\n[{"id": "C1", "name": "a"}]'
        + MARK
        + b'a/2024-01-01.json\n[{"ts": "1.0", "text": "x"}]',
    ),
    (*JSON_WORDS, MARK + b"channels.json\n", MARK + b"a/2024-01-01.json\n", MARK + b"dms.json\n"),
    most=32_768,
    cost=10,
)
"""An export of Slack."""

MATTERMOST: Final = Target(
    "import-mattermost",
    checkMattermost,
    tuple(
        [
            b"\n".join([json.dumps(line).encode() for line in some])
            for some in ([*headLines(), *oddLines()], list(headLines()), [*headLines(), *oddLines()[:1]])
        ]
    ),
    JSON_WORDS,
    most=32_768,
    cost=5,
)
"""An export of Mattermost."""

ARCHIVE: Final = Target(
    "import-zip",
    checkArchive,
    (
        *[
            _zipOf([("users.json", b"[]"), ("a/caf\xe9.json", b"x\ny" * 20), ("b/", b"")], kind)
            for kind in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
        ],
        _zipOf([("x", bytes(100_000))], zipfile.ZIP_DEFLATED),
    ),
    (
        b"PK\x03\x04",
        b"PK\x01\x02",
        b"PK\x05\x06",
        b"PK\x06\x06",
        b"PK\x06\x07",
        b"../x",
        b"/x",
        b"\\x",
        b"C:/x",
        b"\0",
        b"\xff\xff\xff\xff",
        b"\x01\x00",
        b"\x08\x00",
    ),
    most=4096,
    cost=3,
)
"""A ZIP file."""

JSON: Final = Target(
    "import-json",
    checkJson,
    (
        b'{"a": [{"b": 1.5}, null], "text": "x\\ud83d\\ude00", "time": 12}',
        b"\xef\xbb\xbf[1e999]",
        b"[" * 2000,
        b"1" * 5000,
    ),
    JSON_WORDS,
    most=8192,
)
"""JSON in an export."""

TEXT: Final = Target(
    "import-text",
    checkText,
    (
        "one two\r\nthree\u2028four\u202e\x1b[31m \U0001f468\u200d\U0001f469".encode(),
        b"word " * 60,
        b"x" * 300,
        b"\n\n \n" * 9,
    ),
    words(
        "\u2028 \u202e \u200d \xe9 \U0001f468 word",
        b"\r",
        b"\n",
        b"\t",
        b" ",
        b"\x1b",
        b"\xff",
        b"x" * 64,
        b"\xed\xa0\x80",
    ),
)
"""The texts of other servers."""

TARGETS: Final = (JOURNAL, SLACK, MATTERMOST, ARCHIVE, JSON, TEXT)
"""The targets of this module."""
