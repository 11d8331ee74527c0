"""The files in the directory of a journal: their owner, their permissions, and the lock."""

from __future__ import annotations

import fcntl
import os
import shlex
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from pwd import getpwuid

from twisted.logger import Logger

from twistchat.directories import makeDirectory, syncDirectory
from twistchat.journal.sqlite.constants import KEY_SIZE
from twistchat.journal.sqlite.migrate import JournalUnusable

FILE = "journal.sqlite"
"""The name of the journal's file."""

LOCK = "journal.lock"
"""The name of the lock file, which keeps a second server out of the directory."""

KEY_FILE = "cloak.key"
"""The name of the file that contained the key of the cloaks before version 4."""

OTHERS = 0o077
"""The permission bits of everyone except the owner."""

log = Logger()


def sizeOnDisk(directory: str) -> int:
    """Return the number of bytes of a journal's database and of SQLite's log."""
    size = 0
    for name in (FILE, f"{FILE}-wal"):
        with suppress(OSError):
            size += Path(directory, name).stat().st_size
    return size


class JournalLocked(JournalUnusable):
    """Another process uses the journal."""


def secure(directory: Path, user: int) -> None:
    """
    Create a journal's directory if it does not exist, and make it and its files private.  Each change of permissions is
    logged as a warning.

    @param user: the user id of this process, which must own everything.
    @raise JournalUnusable: the directory or a file has another owner or the wrong type; or the directory is open to
        others, and does not belong to the journal alone.
    @raise OSError: the directory cannot be created or changed.
    """
    try:
        makeDirectory(directory)
    except FileExistsError:
        raise JournalUnusable(f"{directory} is not a directory; name one with --data") from None
    found = directory.stat()
    files = sorted([*directory.glob("journal.*"), *directory.glob(f"{KEY_FILE}*")])
    mode = stat.S_IMODE(found.st_mode)
    if mode & OTHERS and (mode & stat.S_ISVTX or (not files and any(directory.iterdir()))):
        raise JournalUnusable(
            f"{directory} is open to others (mode {mode:04o}), and not only the journal uses it;"
            " name a directory of its own with --data"
        )
    _close(directory, found, user)
    for file in files:
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise JournalUnusable(f"{file} is {_type(found.st_mode)}, and not a regular file; move it away")
        _close(file, found, user)


def _close(path: Path, found: os.stat_result, user: int) -> None:
    """Check that this user owns a file, and make it private."""
    if found.st_uid != user:
        owner, own = _name(found.st_uid), _name(user)
        directory = shlex.quote(str(path if stat.S_ISDIR(found.st_mode) else path.parent))
        advice = (
            f"start it as twistd --uid {owner} twistchat"
            if user == 0
            else f"let root give everything in it to {own}: chown -R {own.removeprefix('the user ')} {directory}"
        )
        raise JournalUnusable(f"{path} belongs to {owner}, and this server runs as {own}; {advice}")
    mode = stat.S_IMODE(found.st_mode)
    if mode & OTHERS:
        path.chmod(mode & ~OTHERS)
        log.warn(
            "{path} was open to others (mode {mode}), and is closed to them now", path=str(path), mode=f"{mode:04o}"
        )


def lock(directory: Path) -> int:
    """
    Lock a directory for this process.

    @return: a file descriptor.  Close it to release the lock.
    @raise JournalLocked: another process has locked it.
    """
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise JournalLocked(
            f"another command or a server (process {holder}) uses {directory}; stop it first, or name another directory"
            " with --data"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def restore(copyTo: Callable[[Path], None], directory: Path) -> Path:
    """
    Copy a journal into the directory of a server.  The copy is complete or does not exist.

    @param copyTo: copies the journal to a file.
    @param directory: the directory, which is created if it does not exist.  Root gives the file to its owner.
    @return: the new file.
    @raise JournalUnusable: the directory contains a journal, or the remains of one; a server uses it; or it is not a
        directory.
    """
    if directory.exists() and not directory.is_dir():
        raise JournalUnusable(f"{directory} is not a directory; name one with --data")
    makeDirectory(directory)
    locked = lock(directory)
    try:
        path = directory / FILE
        # SQLite would apply the remaining log of another journal to this one.
        for name in (FILE, f"{FILE}-wal", f"{FILE}-shm", f"{FILE}-journal"):
            if os.path.lexists(directory / name):
                raise JournalUnusable(f"{directory / name} exists already; name another directory, or move it away")
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
    Read the key of the cloaks from the file of an earlier version.

    @return: C{None} if there is no such file.
    @raise JournalUnusable: the file does not contain a key.
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
    Rename the file of the key, because the journal contains the key now.  If the file contains another key, log a
    warning.

    @param key: the key in the journal, which is on disk.
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
    """Name the type of a file, for an error."""
    types = (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISREG, "a file"),
    )
    return next((name for isType, name in types if isType(mode)), "a device")


def _name(uid: int) -> str:
    """The name of a user; or the number, if they have no name."""
    try:
        return getpwuid(uid).pw_name
    except KeyError:
        return f"the user {uid}"


def cure(directory: str) -> str:
    """Say what the administrator can do about a damaged journal in a directory."""
    data = f"--data {shlex.quote(directory)}"
    return (
        f"twistchat check {data} says more; to restore a backup, move {FILE} and the files beside it away, and use"
        f" twistchat restore {data} FILE"
    )
