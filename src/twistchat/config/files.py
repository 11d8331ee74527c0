"""
Reads the files that an administrator names: the configuration, certificates and keys.

The server also reads them while it runs, in the reactor's thread.  So reading must not take long, whatever a path leads
to: a pipe without a writer, a terminal, or a file of many gigabytes.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST_BYTES = 1 << 20
"""The most bytes of a file.  A configuration has thousands, and so has a chain of certificates."""


def readSmall(path: Path) -> bytes:
    """
    Read a regular file, without waiting for anybody.

    @raise OSError: it cannot be read, is not a regular file, or has more than L{MOST_BYTES}.  C{strerror} says why.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    with open(descriptor, "rb", closefd=True) as file:  # noqa: PTH123  # a Path cannot be opened without waiting
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        data = b"" if status.st_size > MOST_BYTES else file.read(MOST_BYTES + 1)
    if status.st_size > MOST_BYTES or len(data) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"it has more than {MOST_BYTES:,} bytes", str(path))
    return data
