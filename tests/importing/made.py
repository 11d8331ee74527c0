"""What the makers of exports share: conversation, and the files that they write."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

Files: TypeAlias = Iterable[tuple[str, bytes]]
"""The files of an export: names and contents."""

FIRST = 1_600_000_000
"""When the conversations begin, in seconds since the epoch."""

WORDS = """
    the build is green again and we ship on Friday please look at the draft who has the key for the store room lunch at
    noon coffee tea deploy rollback database index slow query customer called ticket closed thanks great no idea maybe
    tomorrow meeting moved to Tuesday the printer is broken naïve café Grüße 你好 спасибо
"""
"""What people say."""


def sentence(random: Random) -> str:
    """Make up a text."""
    return " ".join(random.choices(WORDS.split(), k=random.randint(1, 20)))


@dataclass(frozen=True, slots=True)
class Said:
    """
    One made-up message.

    @ivar room: the number of its room.
    @ivar author: the number of its author.
    @ivar micros: its time in microseconds since the epoch.
    @ivar root: which message of the room it answers, by its time; C{None} if none.
    @ivar reactions: for each emoji the numbers of the people.
    """

    room: int
    author: int
    micros: int
    text: str
    root: int | None
    reactions: tuple[tuple[str, tuple[int, ...]], ...]


EMOJI = ("thumbsup", "heart", "tada", "eyes", "party-parrot", "wave::skin-tone-4")
"""What people react with."""


def conversation(random: Random, messages: int, rooms: int, people: int) -> Iterator[Said]:
    """
    Make up messages in the order of their times, about 1,000 on each day.  A tenth are replies, a tenth get reactions.
    """
    roots: dict[int, int] = {}
    micros = FIRST * 10**6
    for _ in range(messages):
        micros += random.randrange(1, 172_000_000)
        room = random.randrange(rooms)
        root = roots.get(room) if random.random() < 0.1 else None
        if root is None:
            roots[room] = micros
        reactions: tuple[tuple[str, tuple[int, ...]], ...] = ()
        if random.random() < 0.1:
            who = tuple(random.sample(range(people), random.randint(1, min(3, people))))
            reactions = ((random.choice(EMOJI), who),)
        yield Said(room, random.randrange(people), micros, sentence(random), root, reactions)


def asJson(value: Any) -> bytes:
    """Write a value as JSON, as both servers do."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8")


def writeZip(path: Path, files: Files) -> None:
    """Write files into a ZIP file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def writeFolder(path: Path, files: Files) -> None:
    """Write files into a folder."""
    for name, content in files:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
