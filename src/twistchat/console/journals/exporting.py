"""Writes exports, with a progress bar."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TextIO, TypeAlias

from twistchat.chat.model.spans import Damaged
from twistchat.config.jsontext import escapeJson
from twistchat.console.options import Refused
from twistchat.console.progress import showProgress
from twistchat.journal.history.export import exportAll
from twistchat.journal.sqlite.reading import RowReader

Export: TypeAlias = "Callable[[Callable[[float], None]], Iterable[str | Damaged]]"
"""Reads the lines of an export.  Its argument is told the part of the journal that was read, from 0 to 1."""


def write(export: Export, what: str, target: Path | None, whose: str = "") -> None:
    """
    Write an export.

    @param what: what is exported, for errors.
    @param whose: whose entries may be damaged, for errors, with a comma and a space at its start.
    @param target: the new file, which only its owner can read; C{None} for standard output.
    @raise Refused: there is nothing, or entries are damaged, or the new file exists.
    """
    written = damaged = 0
    with _naming(target), ExitStack() as stack:
        if target is None:
            output: TextIO = sys.stdout
        else:
            output = stack.enter_context(newFile(target))
        isMixed = target is None and sys.stdout.isatty()
        progress = (lambda part: None) if isMixed else stack.enter_context(showProgress())
        for line in export(progress):
            if isinstance(line, Damaged):
                damaged += 1
            else:
                print(escapeJson(line), file=output)
                written += 1
        if not written and not damaged:
            raise Refused(f"the journal has nothing of {what}")
    if damaged:
        raise Refused(
            f"entries that changed on disk were left out: {damaged}{whose}; twistchat check reads the journal"
        )


def writeAll(path: Path, target: Path | None) -> None:
    """
    Write the whole journal.

    @param path: the journal's file.
    @param target: the new file, which only its owner can read; C{None} for standard output.  It has the name with
        C{.part} behind it until it is complete.
    @raise Refused: entries are damaged, or the new file exists.
    """
    damaged = 0
    with _naming(target), ExitStack() as stack:
        reader = stack.enter_context(closing(RowReader(path)))
        output: TextIO = sys.stdout if target is None else stack.enter_context(_partFile(target))
        isMixed = target is None and sys.stdout.isatty()
        progress = (lambda part: None) if isMixed else stack.enter_context(showProgress("Exporting"))
        for line in exportAll(reader, progress):
            if isinstance(line, Damaged):
                damaged += 1
            else:
                print(escapeJson(line), file=output)
    if damaged:
        raise Refused(
            f"entries that changed on disk, or are of another version, were left out: {damaged}; twistchat check reads"
            " the journal"
        )


@contextmanager
def _naming(target: Path | None) -> Iterator[None]:
    """Let an error of writing name what was written, as if the disk is full."""
    try:
        yield
        if target is None:
            sys.stdout.flush()
    except OSError as e:
        if e.filename is None:
            e.filename = "standard output" if target is None else str(target)
        raise


@contextmanager
def newFile(target: Path, isKept: Callable[[], bool] = lambda: False) -> Iterator[TextIO]:
    """
    Write a new file.  It is removed if it cannot be completed.

    @param isKept: returns whether it stays nevertheless.
    @raise Refused: it exists.
    """
    try:
        number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(f"{target} exists already; name a new file") from None
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            yield file
    except BaseException:
        if not isKept():
            target.unlink()
        raise


@contextmanager
def _partFile(target: Path) -> Iterator[TextIO]:
    """
    Write a new file under another name until it is complete.

    @raise Refused: it exists.
    """
    if target.exists():
        raise Refused(f"{target} exists already; name a new file")
    part = target.with_name(f"{target.name}.part")
    number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
