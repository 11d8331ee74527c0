"""C{twistchat}: what an administrator does with a server's data and its configuration, while it runs or not."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from contextlib import closing
from getpass import getpass
from pathlib import Path
from typing import ClassVar

from twisted.python.usage import Options, UsageError

from twistchat.accounts.passwords import SALT, hashPassword
from twistchat.chat.errors import BadRoomName
from twistchat.chat.history import Damaged
from twistchat.chat.names import normalizeRoom
from twistchat.journal.export import export
from twistchat.journal.faults import Fault
from twistchat.journal.files import FILE
from twistchat.journal.reader import Reader
from twistchat.options import SettingsOptions, installedDoors


class Refused(Exception):
    """A command cannot be carried out.  As a string it is one line, to be shown as it is."""


class _JournalOptions(SettingsOptions):
    """Options of a command that reads the journal."""

    def __init__(self) -> None:
        super().__init__()
        self.doors = installedDoors()

    def path(self) -> Path:
        """
        The journal's file.

        @raise Refused: there is none.
        """
        path = Path(self.settings.server.data) / FILE
        if not path.exists():
            raise Refused(f"there is no journal in {self.settings.server.data}; name its directory with --data")
        return path


class BackupOptions(_JournalOptions):
    """C{twistchat backup FILE}."""

    synopsis = "[options] FILE"
    longdesc = (
        "Copies the journal, as it is at this moment, to a new file, while the server runs or not.  To restore it, "
        "stop the server, put the file into an empty data directory as journal.sqlite, and start the server."
    )

    target: Path

    def parseArgs(self, file: str) -> None:  # type: ignore[override]  # its arguments are those of the command
        """Take the name of the new file."""
        self.target = Path(file)

    def run(self) -> None:
        """Make the copy."""
        path = self.path()
        if self.target.exists():
            raise Refused(f"{self.target} is there already; name a file that is not")
        if not self.target.absolute().parent.is_dir():
            raise Refused(f"there is no directory {self.target.absolute().parent}")
        with closing(Reader(path)) as reader:
            reader.copyTo(self.target)
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
        with closing(Reader(self.path())) as reader:
            for line in export(reader, room):
                if isinstance(line, Damaged):
                    damaged += 1
                else:
                    print(line)
                    written += 1
        if damaged:
            raise Refused(f"entries that changed on disk were left out: {damaged}")
        if not written:
            raise Refused(f"the journal has nothing of {room}")


class HashPasswordOptions(Options):
    """C{twistchat hash-password}."""

    synopsis = ""
    longdesc = (
        "Asks for a password, twice and without showing it, and writes its argon2id hash to standard output, for the "
        "configuration.  Where standard input is no terminal, the password is its first line."
    )
    opt_version = SettingsOptions.opt_version

    def run(self) -> None:
        """Ask, and write the hash."""
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
    subCommands: ClassVar = [
        ["backup", None, BackupOptions, "Copy the journal to a file, while the server runs."],
        ["export", None, ExportOptions, "Write a room's history as JSON lines."],
        ["hash-password", None, HashPasswordOptions, "Make the hash of a password, for the configuration."],
    ]
    opt_version = SettingsOptions.opt_version


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run the console script.

    @param arguments: what stands behind C{twistchat}; the process's own arguments where it is C{None}.
    """
    options = ConsoleOptions()
    try:
        options.parseOptions(sys.argv[1:] if arguments is None else list(arguments))
        if options.subCommand is None:
            raise UsageError("name a command: backup, export or hash-password")
        options.subOptions.run()
    except UsageError as e:
        raise SystemExit(f"twistchat: {e}; twistchat --help says more") from None
    except Fault as e:
        raise SystemExit(f"twistchat: {e.why}: {e.detail}") from None
    except BrokenPipeError:
        sys.stderr.close()  # whoever read has seen enough; nothing is to be said of it at the exit either
    except (Refused, OSError) as e:
        raise SystemExit(f"twistchat: {e}") from None
