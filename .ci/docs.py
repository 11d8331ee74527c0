#!/usr/bin/env python3
"""
Build the API documentation, and fail for every mistake in a docstring.

pydoctor fetches no inventories here.  So it cannot follow links into Twisted, zope.interface or the standard library,
nor see that a class is an interface because of a base from there.  Its messages about these are ignored.
"""

from __future__ import annotations

import builtins
import re
import subprocess
import sys

FOREIGN = {"twisted", "zope", *sys.stdlib_module_names, *dir(builtins)}
"""What the first part of a name from elsewhere can be."""

NO_TARGET = re.compile(r'Cannot find link target for "(\w+)')
NO_INTERFACE = re.compile(r'Class "[\w.]+" is not an interface')


def excused(line: str) -> bool:
    """Whether a message of pydoctor is about something that it cannot know."""
    link = NO_TARGET.search(line)
    return (link is not None and link[1] in FOREIGN) or NO_INTERFACE.search(line) is not None


def main() -> int:
    """Run pydoctor with the settings in C{pyproject.toml}, and read its messages."""
    done = subprocess.run(
        [sys.executable, "-m", "pydoctor"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    mistakes = [line for line in done.stdout.splitlines() if line.strip() and not excused(line)]
    print(*mistakes, sep="\n", end="\n" if mistakes else "")
    return done.returncode or bool(mistakes)


if __name__ == "__main__":
    sys.exit(main())
