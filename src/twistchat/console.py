"""The command C{twistchat}: administration of a server's data and configuration, also while the server runs."""

from __future__ import annotations

import secrets
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from difflib import get_close_matches
from getpass import getpass
from pathlib import Path
from typing import Any, ClassVar

from twisted.python.usage import Options, UsageError

from twistchat.accounts.passwords import SALT, hashPassword
from twistchat.chat.errors import BadRoomName
from twistchat.chat.model.names import normalizeRoom
from twistchat.chat.model.spans import Damaged
from twistchat.journal.history.export import export
from twistchat.journal.history.reader import HistoryReader
from twistchat.journal.sqlite.checking import Findings, SequenceNumbers, check
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.files import FILE, KEY_FILE, restore
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.journal.sqlite.reading import CHECKSUMS
from twistchat.options import SettingsOptions, installedDoors, installedJournals, mistakeOf, refuseMore

WIDTH = 40
"""The width of the progress bar, in characters."""


class Refused(Exception):
    """A command cannot run.  C{str} gives a one-line message for the user."""


class _JournalOptions(SettingsOptions):
    """
    Options of a command that reads the journal.

    @cvar dataHelp: the help text of C{--data}.
    """

    dataHelp: ClassVar = "The server's data directory, which has the journal."

    def __init__(self) -> None:
        super().__init__()
        self.doors = installedDoors()
        self.journals = installedJournals()
        self.docs["data"] = f"{self.dataHelp}  [default: ./twistchat-data]"

    def parseArgs(self, *arguments: str) -> None:
        """Refuse all arguments.  Commands that take some override this."""
        refuseMore(arguments, 0)

    def path(self) -> Path:
        """
        Find the journal's file.

        @raise Refused: there is no journal.
        """
        path = Path(self.settings.server.data) / FILE
        if not path.exists():
            raise Refused(f"there is no journal in {self.settings.server.data}; name its directory with --data")
        return path


class BackupOptions(_JournalOptions):
    """C{twistchat backup FILE}."""

    synopsis = "[options] FILE"
    longdesc = (
        "Copies the journal, as it is at this moment, to a new file, while the server runs or not.  The file has all "
        "that a server needs; twistchat restore puts it back."
    )

    target: Path

    def parseArgs(self, *arguments: str) -> None:
        """Read the name of the new file."""
        self.target = Path(_named(arguments, "the new file"))

    def run(self) -> None:
        """Make the copy."""
        path = self.path()
        if self.target.exists():
            raise Refused(f"{self.target} exists already; name a new file")
        if not self.target.absolute().parent.is_dir():
            raise Refused(f"there is no directory {self.target.absolute().parent}")
        with closing(HistoryReader.open(path)) as reader:
            reader.copyTo(self.target)
            if reader.version < CHECKSUMS:
                print(f"twistchat: {path} is of an earlier version; keep {KEY_FILE} beside it, too", file=sys.stderr)
        print(f"{self.target} has the journal, {self.target.stat().st_size:,} bytes")


class ExportOptions(_JournalOptions):
    """C{twistchat export --room ROOM}."""

    synopsis = "[options] --room=ROOM"
    longdesc = "Writes what the journal has of a room to standard output, one JSON object a line, oldest first."
    optParameters: ClassVar = [["room", None, None, "The room, as in '#lobby'."]]

    def run(self) -> None:
        """Write the room."""
        if not self["room"]:
            raise UsageError("name a room, as in --room '#lobby'")
        try:
            room = normalizeRoom(self["room"] if self["room"].startswith("#") else f"#{self['room']}")
        except BadRoomName as bad:
            raise Refused(f"the room name {bad.room} {bad.why}") from None
        written = damaged = 0
        with closing(HistoryReader.open(self.path())) as reader:
            for line in export(reader, room):
                if isinstance(line, Damaged):
                    damaged += 1
                else:
                    print(line)
                    written += 1
        if damaged:
            raise Refused(f"entries that changed on disk were left out: {damaged}; twistchat check reads the journal")
        if not written:
            raise Refused(f"the journal has nothing of {room}")


class CheckOptions(_JournalOptions):
    """C{twistchat check [FILE]}."""

    synopsis = "[options] [FILE]"
    longdesc = (
        "Reads all of the journal, or of FILE, which may be a backup, while the server runs or not: the structure of "
        "the file, and every entry, which is compared with its checksum.  Prints what it finds.  The exit status is 0 "
        "if all is well, and 1 if not."
    )

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
            with _progress() as progress:
                findings = _checked(path, progress)
        finally:
            signal.signal(signal.SIGINT, earlier)
        if findings.good:
            print(f"{path} is good: {_entries(findings.entries)} read")
        else:
            print(f"{path} is damaged.  Good entries: {findings.entries:,}.  Problems:")
        if not findings.summed:
            print("It is of an earlier version, whose entries have no checksums; the server adds them when it starts.")
        for fault in findings.faults:
            print(f"  {fault}")
        if findings.damaged.count:
            print(f"  {_entries(findings.damaged.count)} changed on disk: {_numbered(findings.damaged)}")
        if findings.unreadable.count:
            print(f"  {_entries(findings.unreadable.count)} this version cannot read: {_numbered(findings.unreadable)}")
        if not findings.good:
            raise SystemExit(1)


class RestoreOptions(_JournalOptions):
    """C{twistchat restore FILE}."""

    synopsis = "[options] FILE"
    longdesc = (
        "Makes FILE, a backup, the journal of a server that has none yet: of the data directory.  FILE is read and "
        "compared with its checksums first, and is not restored if it is damaged."
    )

    dataHelp = "The data directory in which FILE becomes the journal."

    source: Path

    def parseArgs(self, *arguments: str) -> None:
        """Read the name of the backup."""
        self.source = Path(_named(arguments, "the backup"))

    def run(self) -> None:
        """Check the backup, and install it as the journal."""
        with _progress() as progress:
            findings = _checked(_existing(self.source), progress)
        if not findings.good:
            raise Refused(f"{self.source} is damaged, and was not restored; twistchat check {self.source} says more")
        with closing(HistoryReader.open(self.source)) as reader:
            path = restore(reader.copyTo, Path(self.settings.server.data))
            if reader.version < CHECKSUMS and not path.with_name(KEY_FILE).exists():
                print(
                    f"twistchat: this backup is of an earlier version; put the {KEY_FILE} of that time beside {path}"
                    " before the server starts, or all hosts change",
                    file=sys.stderr,
                )
        print(f"{path} is the journal now, restored from {self.source}")


def _named(arguments: Sequence[str], what: str) -> str:
    """
    Return the only argument of a command, the name of a file.

    @param what: describes the file, for the error.
    """
    refuseMore(arguments, 1)
    if not arguments:
        raise UsageError(f"the argument FILE is missing: {what}")
    return arguments[0]


def _checked(path: Path, progress: Callable[[float], None]) -> Findings:
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


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"


def _numbered(entries: SequenceNumbers) -> str:
    return f"sequence number{'' if entries.count == 1 else 's'} {entries}"


@contextmanager
def _progress() -> Iterator[Callable[[float], None]]:
    """Show a progress bar on standard error if that is a terminal, and erase it at the end."""
    terminal = sys.stderr.isatty()
    shown = -1

    def show(part: float) -> None:
        nonlocal shown
        percent = int(100 * part)
        if terminal and percent != shown:
            shown = percent
            bar = "#" * (percent * WIDTH // 100)
            print(f"\rReading [{bar:{WIDTH}}] {percent:3} %", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class HashPasswordOptions(Options):
    """C{twistchat hash-password}."""

    synopsis = ""
    longdesc = (
        "Asks for a password, twice and without showing it, and writes its argon2id hash to standard output, for the "
        "configuration.  Where standard input is no terminal, the password is its first line."
    )
    opt_version = SettingsOptions.opt_version

    def parseArgs(self, *arguments: str) -> None:
        """Refuse arguments: a password would stay in the shell's history."""
        refuseMore(arguments, 0)

    def run(self) -> None:
        """Ask for the password, and print its hash."""
        print(hashPassword(self._ask(), secrets.token_bytes(SALT)))

    def _ask(self) -> str:
        if sys.stdin.isatty():
            try:
                password = getpass("Password: ")
                again = getpass("The same again: ")
            except (EOFError, KeyboardInterrupt):
                print(file=sys.stderr)
                raise Refused("there is no password, and no hash of it") from None
            if again != password:
                raise Refused("these were two different passwords; try again")
        else:
            try:
                password = sys.stdin.readline().rstrip("\r\n")
            except UnicodeDecodeError:
                raise Refused("the password is not UTF-8") from None
        if not password:
            raise Refused("a password has one character at least")
        return password


class ConsoleOptions(Options):
    """The commands of C{twistchat}."""

    synopsis = "Usage: twistchat COMMAND [options]"
    longdesc = "The server itself is started with: twistd twistchat"
    subCommands: ClassVar[Sequence[Sequence[Any]]] = [
        ["backup", None, BackupOptions, "Copy the journal to a file, while the server runs."],
        ["check", None, CheckOptions, "Read all of the journal, and say whether it is damaged."],
        ["export", None, ExportOptions, "Write a room's history as JSON lines."],
        ["hash-password", None, HashPasswordOptions, "Make the hash of a password, for the configuration."],
        ["restore", None, RestoreOptions, "Put a backup in place as the journal of a server that has none."],
    ]
    opt_version = SettingsOptions.opt_version

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """
        See L{Options.parseOptions}.

        @raise UsageError: the options have a mistake.  If a command does not exist, the error suggests a similar one.
        """
        try:
            super().parseOptions(options)
        except UsageError as e:
            unknown = str(e).removeprefix(UNKNOWN)
            if unknown == str(e):
                raise
            guesses = get_close_matches(unknown.lower(), COMMANDS, 1, MIN_SIMILARITY)
            hint = f"did you mean {guesses[0]}?" if guesses else f"the commands are {', '.join(COMMANDS)}"
            raise UsageError(f"there is no command {unknown} ({hint})") from None

    def getSynopsis(self) -> str:
        """The start of the usage line.  A subcommand appends its own, so then it is the program's name alone."""
        return "Usage: twistchat" if self.subCommand else super().getSynopsis()


COMMANDS = tuple(name for name, *_ in ConsoleOptions.subCommands)
"""The names of the commands."""

UNKNOWN = "Unknown command: "
"""The start of Twisted's error message for an unknown command."""

MIN_SIMILARITY = 0.6
"""The minimum similarity, from 0 to 1, to suggest a command for a misspelt one (L{difflib})."""


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run the console script.

    @param arguments: the arguments after C{twistchat}; if C{None}, those of the process.
    """
    options = ConsoleOptions()
    try:
        options.parseOptions(sys.argv[1:] if arguments is None else list(arguments))
        if options.subCommand is None:
            raise UsageError(f"name a command: {', '.join(COMMANDS[:-1])} or {COMMANDS[-1]}")
        options.subOptions.run()
    except UsageError as e:
        command = f"twistchat {options.subCommand}" if options.subCommand else "twistchat"
        mistake = mistakeOf(options.subOptions if options.subCommand else options, e)
        raise SystemExit(f"twistchat: {mistake}; {command} --help says more") from None
    except Fault as e:
        raise SystemExit(f"twistchat: {e.why}: {e.detail}") from None
    except BrokenPipeError:
        sys.stderr.close()  # the reader closed the pipe, which is no error; suppress Python's message at exit
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None
    except OSError as e:
        where = "" if e.filename is None else f"{e.filename}: "
        raise SystemExit(f"twistchat: {where}{e.strerror or e}") from None
    except (Refused, JournalUnusable) as e:
        raise SystemExit(f"twistchat: {e}") from None
