"""Makes directories so that they survive a power failure: their names are synced, too."""

from __future__ import annotations

import os
from pathlib import Path


def makeDirectory(path: Path) -> None:
    """
    Make a private directory, and its parents, if they do not exist.

    Their names are on disk then.  Otherwise a power failure could take the directory away, with everything in it that
    was synced (fsync(2)).

    @raise OSError: this fails.
    """
    missing = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in missing:
        syncDirectory(each.parent)


def syncDirectory(path: Path) -> None:
    """
    Sync a directory, so that the names in it are on disk.

    @raise OSError: this fails.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
