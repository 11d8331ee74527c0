"""Writes commands that run a module of this repository, as the programs here suggest them."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path


def invocation(module: str, *arguments: str | Path) -> str:
    """
    Write the command that runs a module with the interpreter that runs now.

    Another C{python} may have no Twisted, and would import the folder C{twisted} of this repository in its place.

    @param module: the name of the module, as for C{python -m}.
    @param arguments: what follows it.  Paths below the working directory are written relative to it.
    @return: the command for a POSIX shell, quoted where it must be.
    """
    words = [argument if isinstance(argument, str) else _near(argument) for argument in arguments]
    return shlex.join([_near(Path(sys.executable)), "-m", module, *words])


def _near(path: Path) -> str:
    """
    Write a path: relative to the working directory if it is below it.

    Symbolic links are not followed.  The C{python} of a virtual environment is one.
    """
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
