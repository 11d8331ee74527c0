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
"""The most bytes of a certificate with its chain, or of a key.  They have thousands."""

MOST_CONFIGURATION = 64 << 10
"""
The most bytes of a configuration.  One with every key and its description has 20,000.  L{tomllib} reads less than 1 MiB
per second, and nobody is served meanwhile.
"""


def readSmall(path: Path, most: int = MOST_BYTES) -> bytes:
    """
    Read a regular file, without waiting for anybody.

    @param most: the most bytes.
    @raise OSError: it cannot be read, is not a regular file, or has more bytes.  C{strerror} says why.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        with open(descriptor, "rb", closefd=False) as file:
            data = b"" if status.st_size > most else file.read(most + 1)
    finally:
        os.close(descriptor)  # open() leaves it open if it is that of a directory
    if status.st_size > most or len(data) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))
    return data
