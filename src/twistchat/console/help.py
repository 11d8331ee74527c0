"""Lays out the help of commands, for a terminal of any width."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from twisted.python.usage import Options

WIDTH = 80
"""The width of a terminal that does not tell its own."""

NARROWEST = 40
"""The minimum width that the help is laid out for."""


def widthOf(width: int | None) -> int:
    """
    Choose the width of a help text.

    @param width: the width that is asked for; C{None} for that of the terminal.
    """
    if width is None:
        try:
            width = int(os.environ.get("COLUMNS", ""))
        except ValueError:
            width = WIDTH
    return max(width, NARROWEST)


def helpOf(options: Any, examples: Sequence[str], width: int) -> str:
    """
    Lay out the help of a command, after its usage line: what it does, its options, and examples.

    @param options: the command: L{Options}.  Its C{longdesc} has paragraphs with an empty line between them.
    @param examples: command lines.
    """
    description, options.longdesc = options.longdesc, ""
    try:
        listed = Options.getUsage(options, width).strip("\n")
    finally:
        options.longdesc = description
    parts = [*_paragraphs(description, width), listed]
    if examples:
        parts.append("\n".join(["Examples:", *(f"  {example}" for example in examples)]))
    return "\n" + "\n\n".join(parts)


def listed(groups: Iterable[tuple[str, Sequence[Sequence[Any]]]], width: int) -> Iterator[str]:
    """
    Lay out the commands of several groups.

    @param groups: for each group its heading, and its commands as in C{subCommands}.
    @return: a paragraph for each group.
    """
    groups = list(groups)
    column = max(len(name) for _, commands in groups for name, *_ in commands) + 4
    for heading, commands in groups:
        lines = [f"{heading}:"]
        for name, _, _, what in commands:
            lines += textwrap.wrap(what, width, initial_indent=f"  {name:{column - 2}}", subsequent_indent=" " * column)
        yield "\n".join(lines)


def _paragraphs(text: str, width: int) -> list[str]:
    return [textwrap.fill(" ".join(paragraph.split()), width) for paragraph in text.split("\n\n") if paragraph.strip()]
