"""The files of a journal in its directory: whose they are, who else may read them, and the lock."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path
from pwd import getpwuid

from twisted.logger import Logger

from twistchat.journal.sqlite.constants import KEY_SIZE
from twistchat.journal.sqlite.copying import syncDirectory
from twistchat.journal.sqlite.migrate import JournalUnusable

FILE = "journal.sqlite"
"""The journal in its directory."""

LOCK = "journal.lock"
"""What keeps a second server out of that directory."""

KEY_FILE = "cloak.key"
"""Where the key of the cloaks was before the journal had it."""

OTHERS = 0o077
"""What others than the owner may do with a file."""

log = Logger()


def secure(directory: Path, user: int) -> None:
    """
    Make a journal's directory, if it is not there, and close it and its files to others.  The log has one warning for
    each that was open.

    @param user: the user id of this process, to whom everything is to belong.
    @raise JournalUnusable: it, or one of its files, belongs to somebody else or is of the wrong type; or the directory
        is open to others and is not the journal's alone.
    @raise OSError: it cannot be made or changed.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.stat()
    if not stat.S_ISDIR(found.st_mode):
        raise JournalUnusable(f"{directory} is {_type(found.st_mode)}, and not a directory")
    files = sorted([*directory.glob("journal.*"), *directory.glob(f"{KEY_FILE}*")])
    mode = stat.S_IMODE(found.st_mode)
    if mode & OTHERS and (mode & stat.S_ISVTX or (not files and any(directory.iterdir()))):
        raise JournalUnusable(
            f"{directory} is open to others (mode {mode:04o}), and is not the journal's alone;"
            " name a directory of its own with --data"
        )
    _close(directory, found, user)
    for file in files:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise JournalUnusable(f"{file} is {_type(found.st_mode)}, and not a regular file; move it away")
        _close(file, found, user)


def _close(path: Path, found: os.stat_result, user: int) -> None:
    """Hold that a file is this user's own, and close it to others."""
    if found.st_uid != user:
        owner, own = _name(found.st_uid), _name(user)
        advice = f"start it as twistd --uid {owner} twistchat" if user == 0 else f"give it to {own} with chown"
        raise JournalUnusable(f"{path} belongs to {owner}, and this server runs as {own}; {advice}")
    mode = stat.S_IMODE(found.st_mode)
    if mode & OTHERS:
        path.chmod(mode & ~OTHERS)
        log.warn(
            "{path} was open to others (mode {mode}), and is closed to them now", path=str(path), mode=f"{mode:04o}"
        )


def lock(directory: Path) -> int:
    """
    Be the only server in a directory, for as long as the descriptor that this returns is open.

    @raise JournalUnusable: another one is.
    """
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise JournalUnusable(
            f"a server (process {holder}) uses {directory}; stop it first, or name another directory with --data"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def restore(copyTo: Callable[[Path], None], directory: Path) -> Path:
    """
    Put a copy of a journal where a server will find it as its own.  It is there whole or not at all.

    @param copyTo: copies the journal to a file.
    @param directory: of the server; made, if it is not there.  Root gives the file to the owner of the directory.
    @return: the new file.
    @raise JournalUnusable: there is a journal, or something left of one; or this is no directory, or a server uses it.
    """
    if directory.exists() and not directory.is_dir():
        raise JournalUnusable(f"{directory} is not a directory; name one with --data")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    locked = lock(directory)
    try:
        path = directory / FILE
        # SQLite would take the log of another journal for that of this one.
        for name in (FILE, f"{FILE}-wal", f"{FILE}-shm", f"{FILE}-journal"):
            if os.path.lexists(directory / name):
                raise JournalUnusable(f"{directory / name} is there already; name another directory, or move it away")
        copyTo(path)
        if os.geteuid() == 0:
            owner = directory.stat()
            for file in (path, directory / LOCK):
                os.chown(file, owner.st_uid, owner.st_gid)
        return path
    finally:
        os.close(locked)


def readKeyFile(directory: Path) -> bytes | None:
    """
    The key of the cloaks that an earlier version has left beside the journal, or C{None}.

    @raise JournalUnusable: what is there is no such key.
    """
    path = directory / KEY_FILE
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(key) != KEY_SIZE:
        raise JournalUnusable(
            f"{path} has {len(key)} bytes, and the key of the cloaks has {KEY_SIZE}; restore it from a backup, or"
            " remove it: if the journal has no key either, the server makes a new one, and all hosts change"
        )
    return key


def retireKeyFile(directory: Path, key: bytes) -> None:
    """
    Rename the file of the key, now that the journal has that; or warn of a file that has another one.

    @param key: the one that the journal has, on disk.
    """
    path = directory / KEY_FILE
    old = readKeyFile(directory)
    if old == key:
        path.replace(path.with_name(f"{KEY_FILE}.old"))
        syncDirectory(directory)
        log.info("The key of the cloaks is in the journal now; {path}.old is not used any more", path=str(path))
    elif old is not None:
        log.warn("{path} is not used: the journal has another key of the cloaks.  Remove it", path=str(path))


def _type(mode: int) -> str:
    """What a file is that is not what it should be."""
    types = (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISREG, "a file"),
    )
    return next((name for isType, name in types if isType(mode)), "a device")


def _name(uid: int) -> str:
    """A user's name, or their number if they have none."""
    try:
        return getpwuid(uid).pw_name
    except KeyError:
        return f"the user {uid}"
