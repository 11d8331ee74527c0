"""Mistakes in a configuration, and in the file that has it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SECRET = 0o000
"""The permissions of a file that nobody may read."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """
    One way to break a configuration.

    @ivar name: describes it.
    @ivar put: puts it in place.  The arguments are the path, at which there is nothing, and the text of a good
        configuration that ends with a line end.
    @ivar words: a pattern that what the log says about it matches from its beginning.
    @ivar line: the number of the line with the mistake, behind those of the good configuration; C{None} if the mistake
        is in no line of the file.
    """

    name: str
    put: Callable[[Path, str], object]
    words: str
    line: int | None = None

    def isReported(self, report: str, path: Path, good: str) -> bool:
        """Whether what the log says names this mistake, and its place."""
        place = path.name if self.line is None else f"{path.name}:{good.count(chr(10)) + self.line}"
        return re.match(self.words.replace("FILE", re.escape(place)), report) is not None


@contextmanager
def placed(mistake: Mistake, path: Path) -> Iterator[str]:
    """
    Replace a good configuration by a bad one in this context.

    @return: the text of the good one.
    """
    good = path.read_text()
    path.unlink()
    try:
        mistake.put(path, good)
        yield good
    finally:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        path.write_text(good)


def appended(name: str, text: str, words: str, line: int) -> Mistake:
    """Make the mistake of a good configuration with more text behind it."""
    return Mistake(name, lambda path, good: path.write_text(good + text), f"FILE: {words}", line)


def replaced(name: str, pattern: str, text: str, words: str) -> Mistake:
    """Make the mistake of a good configuration in which a pattern is replaced once."""
    return Mistake(name, lambda path, good: path.write_text(re.sub(pattern, text, good, count=1)), words)


def _secret(path: Path, good: str) -> None:
    path.write_text(good)
    path.chmod(SECRET)


MISTAKES = (
    appended("nonsense", "}{ what?\n", "Invalid statement", 1),
    appended("a list without its end", "[log]\nlevel = [\n" + "[1],\n" * 5000, ".*does not end", 2),
    appended("comments, then nonsense", "#\n" * 20_000 + "x\n", "Expected '='", 20_001),
    appended("a section twice", "[server]\n", "server is given twice", 1),
    appended("an unknown section", "[chatt]\n", r"there is no section \[chatt\]; did you mean \[chat\]", 1),
    appended("an unknown key", '[log]\nlevell = "info"\n', r"there is no key log\.levell; did you mean", 2),
    appended("a text for a number", "[chat]\nlobby = 3\n", r"chat\.lobby: found 3", 2),
    appended("an unknown choice", '[log]\n\nlevel = "loud"\n', r"log\.level: found", 3),
    appended("two that contradict each other", '[accounts]\nregistration = "invitation"\n', ".*invitation", 2),
    Mistake("Latin-1", lambda path, good: path.write_bytes(good.encode() + b"# \xe9\n"), "FILE: .*UTF-8", 1),
    Mistake("no file", lambda path, good: None, "FILE: No such file"),
    Mistake("a pipe", lambda path, good: os.mkfifo(path), "FILE: it is not a regular file"),
    Mistake("a directory", lambda path, good: path.mkdir(), "FILE: Is a directory"),
    Mistake("a device", lambda path, good: path.symlink_to("/dev/zero"), "FILE: it is not a regular file"),
    Mistake("a loop of links", lambda path, good: path.symlink_to(path), "FILE: Too many levels of symbolic links"),
    Mistake("1 MiB", lambda path, good: path.write_text(good + "#\n" * (512 << 10)), "FILE: it has more than"),
    Mistake("a file that nobody may read", _secret, "FILE: Permission denied"),
    replaced("a port that is taken", r'(?s)(line = \["tcp:(\d+).*web = \["tcp:)\d+', r"\1\2", r"listen\.web: .*in use"),
    replaced("an endpoint that is none", r'web = \["tcp:\d+', 'web = ["tcp:x', r"listen\.web: .*port is 'x'"),
    replaced("no certificate", "certKey=cert", "certKey=nosuch", r"listen\.irc: .*'nosuch\.pem', and there is no such"),
)
"""
The mistakes.  C{FILE} in a pattern is the file, with the line if the mistake is in one.
"""
