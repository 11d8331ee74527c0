"""A progress bar for commands that take long."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WIDTH = 40
"""The width of the progress bar, in characters."""


@contextmanager
def showProgress(doing: str = "Reading") -> Iterator[Callable[[float], None]]:
    """
    Show a progress bar on standard error if that is a terminal, and erase it at the end.

    @param doing: what the command does; it stands before the bar.
    """
    terminal = sys.stderr.isatty()
    shown = -1

    def show(part: float) -> None:
        nonlocal shown
        percent = int(100 * part)
        if terminal and percent != shown:
            shown = percent
            bar = "#" * (percent * WIDTH // 100)
            print(f"\r{doing} [{bar:{WIDTH}}] {percent:3} %", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
