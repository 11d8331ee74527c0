"""The commands about the journal: backup, check, export and restore."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from time import sleep
from typing import ClassVar

from twisted.python.usage import UsageError

from twistchat.chat.errors import BadRoomName
from twistchat.chat.model.names import normalizeRoom
from twistchat.console.journals.exporting import write, writeAll
from twistchat.console.offline import adviseOwner
from twistchat.console.options import JournalOptions, Refused, named
from twistchat.console.progress import showProgress
from twistchat.console.reaching import askServer
from twistchat.journal.history.export import export, exportAccount
from twistchat.journal.history.reader import HistoryReader
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.files import KEY_FILE, restore
from twistchat.journal.sqlite.maintenance.backup import nameOf
from twistchat.journal.sqlite.maintenance.checking import Findings, SequenceNumbers, check
from twistchat.journal.sqlite.reading import CHECKSUMS, RowReader
from twistchat.options import refuseMore
from twistchat.services.backups.files import BackupDirectory

PAUSE = 0.001
"""Seconds to wait after each step of a copy, so that the server gets the disk."""


class BackupOptions(JournalOptions):
    """C{twistchat backup [FILE]}."""

    synopsis = "[options] [FILE]"
    longdesc = (
        "Copies the journal, as it is at this moment, to FILE, a new file, while the server runs or not.  Without "
        "FILE, the running server makes a backup in the directory of its scheduled backups (backup.directory), reads "
        "it back, and removes the oldest beyond backup.keep.  A backup has all that a server needs; twistchat restore "
        "puts it back.  An interrupted copy leaves no file."
    )
    examples: ClassVar = ["twistchat backup --data /var/lib/twistchat /backup/journal.sqlite"]

    target: Path | None = None

    def parseArgs(self, *arguments: str) -> None:
        """Read the name of the new file."""
        refuseMore(arguments, 1)
        self.target = Path(arguments[0]) if arguments else None

    def run(self) -> None:
        """Make the copy."""
        if self.target is None:
            self._letServer()
        else:
            self._copyTo(self.target)

    def _letServer(self) -> None:
        """Let the running server make a backup."""
        with showProgress("Backing up") as progress:
            named, other = self["data"] is not None, "name a FILE, "
            answer = askServer(
                self.settings, "server.backup", {}, lambda part: progress(part["part"]), other, named=named
            )
        print(f"{answer['path']} has the journal, {answer['size']:,} bytes, and was read back")
        if answer.get("damaged"):
            raise Refused("the journal is damaged, and so is this backup; twistchat check reads the journal")

    def _copyTo(self, target: Path) -> None:
        path = self.path()
        if target.exists():
            raise Refused(f"{target} exists already; name a new file")
        if not target.absolute().parent.is_dir():
            raise Refused(f"there is no directory {target.absolute().parent}")
        with closing(HistoryReader.open(path)) as reader:
            with showProgress("Copying") as progress:

                def copied(part: float) -> None:
                    progress(part)
                    sleep(PAUSE)

                reader.copyTo(target, copied)
            if reader.version < CHECKSUMS:
                print(f"twistchat: {path} is of an earlier version; keep {KEY_FILE} beside it, too", file=sys.stderr)
        print(f"{target} has the journal, {target.stat().st_size:,} bytes")


class ExportOptions(JournalOptions):
    """C{twistchat export --room ROOM [FILE]}, C{--account NAME [FILE]}, or C{--all [FILE]}."""

    synopsis = "[options] (--room=ROOM | --account=NAME | --all) [FILE]"
    longdesc = (
        "Writes what the journal has of a room, or everything that belongs to an account, or all of the journal, one "
        "JSON object a line, oldest first, to standard output (also -) or to FILE, while the server runs or not.  "
        "To an account belong its data without its secrets, what its user wrote, and its private conversations.  "
        "twistchat import reads what --all writes; it has no secrets either.  An interrupted export leaves no FILE."
    )
    examples: ClassVar = [
        "twistchat export --room '#lobby' lobby.jsonl",
        "twistchat export --account alice alice.jsonl",
        "twistchat export --all journal.jsonl",
    ]
    optParameters: ClassVar = [
        ["room", None, None, "The room, as in '#lobby'."],
        ["account", None, None, "The account, which may have been dropped."],
    ]
    optFlags: ClassVar = [["all", None, "The whole journal."]]

    file: Path | None = None

    def parseArgs(self, *arguments: str) -> None:
        """Read the name of the file."""
        refuseMore(arguments, 1)
        self.file = Path(arguments[0]) if arguments and arguments[0] != "-" else None

    def run(self) -> None:
        """Write the room, the account, or the journal."""
        if bool(self["room"]) + bool(self["account"]) + self["all"] != 1:
            raise UsageError("name a room or an account, as in --room '#lobby' or --account alice, or --all")
        if self["all"]:
            writeAll(self.path(), self.file)
            return
        if self["account"]:
            with closing(RowReader(self.path())) as reader:
                whose = ", of this account or of others"
                write(partial(exportAccount, reader, self["account"]), self["account"], self.file, whose)
            return
        try:
            room = normalizeRoom(self["room"] if self["room"].startswith("#") else f"#{self['room']}")
        except BadRoomName as bad:
            raise Refused(f"the room name {bad.room} {bad.why}") from None
        with closing(HistoryReader.open(self.path())) as history:
            write(partial(export, history, room), room, self.file)


class CheckOptions(JournalOptions):
    """C{twistchat check [FILE]}."""

    synopsis = "[options] [FILE]"
    longdesc = (
        "Reads all of the journal, or of FILE, which may be a backup, while the server runs or not: the structure of "
        "the file, and every entry, which is compared with its checksum.  Prints what it finds.  The exit status is 0 "
        "if all is well, and 1 if not."
    )
    examples: ClassVar = ["twistchat check", "twistchat check /backup/journal.sqlite"]

    dataHelp = "The data directory whose journal is read, if no FILE is named."

    file: Path | None = None

    def parseArgs(self, *arguments: str) -> None:
        """Read the name of the file."""
        refuseMore(arguments, 1)
        self.file = Path(arguments[0]) if arguments else None

    def run(self) -> None:
        """Check the journal, and print the result."""
        path = self.path() if self.file is None else _existing(self.file)
        # One SQLite statement may take long, and Python would handle Ctrl-C only after it.
        earlier = signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            with showProgress() as progress:
                findings = checked(path, progress)
        finally:
            signal.signal(signal.SIGINT, earlier)
        if findings.good:
            print(f"{path} is good: {entries(findings.entries)} read")
        else:
            print(f"{path} is damaged.  Good entries: {findings.entries:,}.  Problems:")
        if not findings.summed:
            print("It is of an earlier version, whose entries have no checksums; the server adds them when it starts.")
        for fault in findings.faults:
            print(f"  {fault}")
        if findings.damaged.count:
            print(f"  {entries(findings.damaged.count)} changed on disk: {_numbered(findings.damaged)}")
        if findings.unreadable.count:
            print(f"  {entries(findings.unreadable.count)} this version cannot read: {_numbered(findings.unreadable)}")
        if not findings.good:
            raise SystemExit(1)


class RestoreOptions(JournalOptions):
    """C{twistchat restore FILE}."""

    synopsis = "[options] FILE"
    longdesc = (
        "Makes FILE, a backup, the journal of a server that has none yet: of the data directory.  FILE is read and "
        "compared with its checksums first, and is not restored if it is damaged.  If FILE is a directory of scheduled "
        "backups, the newest good one is restored.  With --damaged, a backup with damaged entries is restored, too; "
        "nobody sees these entries."
    )
    optFlags: ClassVar = [["damaged", None, "Restore a backup that has damaged entries."]]
    examples: ClassVar = ["twistchat restore --data /var/lib/twistchat /backup/journal.sqlite"]

    dataHelp = "The data directory in which FILE becomes the journal."

    source: Path

    def parseArgs(self, *arguments: str) -> None:
        """Read the name of the backup."""
        self.source = Path(named(arguments, "the backup"))

    def run(self) -> None:
        """Check the backup, and install it as the journal."""
        if self.source.is_dir():
            self.source = _newest(self.source, self["damaged"])
        with showProgress() as progress:
            findings = checked(_existing(self.source), progress)
        if not findings.good and (findings.broken or not self["damaged"]):
            advice = "" if findings.broken else "; --damaged restores what is left"
            raise Refused(
                f"{self.source} is damaged, and was not restored; twistchat check {self.source} says more{advice}"
            )
        with closing(HistoryReader.open(self.source)) as reader:
            with showProgress("Copying") as progress:
                path = restore(lambda target: reader.copyTo(target, progress), Path(self.settings.server.data))
            if reader.version < CHECKSUMS and not path.with_name(KEY_FILE).exists():
                print(
                    f"twistchat: this backup is of an earlier version; put the {KEY_FILE} of that time beside {path}"
                    " before the server starts, or all hosts change",
                    file=sys.stderr,
                )
        damage = "" if findings.good else ", which is damaged; twistchat check says what is lost"
        print(f"{path} is the journal now, restored from {self.source}{damage}")
        adviseOwner(path.parent.absolute())


def checked(path: Path, progress: Callable[[float], None]) -> Findings:
    """Check a file.  An error names the file if it cannot be read at all."""
    try:
        return check(path, progress)
    except Fault as e:
        raise Refused(f"{path}: {e.why}: {e.detail}") from None


def _existing(path: Path) -> Path:
    """
    Return the path of an existing file.

    @raise Refused: there is no such file.
    """
    if not path.is_file():
        raise Refused(f"there is no file {path}")
    return path


def _newest(directory: Path, damaged: bool) -> Path:
    """
    Find the newest scheduled backup in a directory.

    @param damaged: whether it may be damaged.
    @raise Refused: there is none, or there are backups of several journals.
    """
    found = BackupDirectory(directory, lambda path: nameOf(path) is not None).all()
    backups = [backup for backup in found if damaged or not backup.isDamaged]
    if not backups:
        advice = " that is good; --damaged restores a damaged one" if found else ""
        raise Refused(f"there is no backup in {directory}{advice}")
    if len({nameOf(backup.path) for backup in backups}) > 1:
        raise Refused(f"{directory} has backups of several servers; name one of the files")
    if not backups[-1].path.samefile(found[-1].path):
        print(f"twistchat: {found[-1].path} is newer, but damaged; --damaged restores it", file=sys.stderr)
    return backups[-1].path


def entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"


def _numbered(entries: SequenceNumbers) -> str:
    return f"sequence number{'' if entries.count == 1 else 's'} {entries}"
