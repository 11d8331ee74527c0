"""The data directory of a server that is started as root and then becomes another user."""

from __future__ import annotations

import os
import pwd
from pathlib import Path


def giveDirectory(path: Path, uid: int | None, gid: int | None) -> None:
    """
    Make the data directory for the user that this process is going to be, who may not be allowed to make it.

    This does nothing if the directory exists, or if the process does not change its user.

    @param uid: the user that C{twistd --uid} names.
    @param gid: the group that C{twistd --gid} names; the user's own if it is C{None}.
    @raise SystemExit: the directory cannot be made; one line says why.
    """
    if uid is None or os.geteuid() != 0 or path.exists():
        return
    try:
        path.mkdir(0o700, parents=True)
        os.chown(path, uid, pwd.getpwuid(uid).pw_gid if gid is None else gid)
    except OSError as e:
        raise SystemExit(f"twistchat: the data directory {path} cannot be made: {e.strerror}") from None
