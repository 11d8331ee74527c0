"""Makes the data directory for a server that starts as root and then changes its user."""

from __future__ import annotations

import os
import pwd
from pathlib import Path


def makeDataDirectory(path: Path, uid: int | None, gid: int | None) -> None:
    """
    Make the data directory and give it to the user that this process will run as.

    That user may lack the permission to make it.  This does nothing if the directory exists, or if the process does not
    change its user.

    @param uid: the user from C{twistd --uid}.
    @param gid: the group from C{twistd --gid}; with C{None}, the user's own group.
    @raise SystemExit: the directory cannot be made; one line says why.
    """
    if uid is None or os.geteuid() != 0 or path.exists():
        return
    try:
        path.mkdir(0o700, parents=True)
        os.chown(path, uid, pwd.getpwuid(uid).pw_gid if gid is None else gid)
    except OSError as e:
        raise SystemExit(f"twistchat: the data directory {path} cannot be made: {e.strerror}") from None
