"""Findings: inputs for which a property did not hold.  They are kept, and the normal suite tries them again."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from tests.invocation import invocation

FOLDER: Final = Path(__file__).parent / "findings"
"""The folder with a folder for each target."""


def findingsOf(target: str) -> Iterator[tuple[str, bytes]]:
    """Return the findings of a target: their names and contents."""
    for path in sorted((FOLDER / target).glob("*")):
        yield path.name, path.read_bytes()


def keep(target: str, data: bytes) -> Path:
    """
    Keep an input.

    @return: its file.  The name depends on the content only, so an input is kept once.
    """
    path = FOLDER / target / sha256(data).hexdigest()[:16]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def command(target: str, path: Path) -> str:
    """Return the command that tries a kept input again."""
    return invocation("tests.fuzzing", target, path)
