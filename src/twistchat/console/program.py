"""The command C{twistchat} as a whole: its commands, and how it ends."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from twisted.python.usage import UsageError

from twistchat.console.accounts import AccountGroup
from twistchat.console.audit import AuditOptions
from twistchat.console.configuration import CheckConfigOptions, DefaultConfigOptions, PrintConfigOptions
from twistchat.console.group import CommandGroup, innermost
from twistchat.console.imports.command import ImportOptions
from twistchat.console.journal import BackupOptions, CheckOptions, ExportOptions, RestoreOptions
from twistchat.console.options import Refused
from twistchat.console.passwords import HashPasswordOptions
from twistchat.console.personal import ForgetOptions
from twistchat.console.running import (
    BanOptions,
    BansOptions,
    BroadcastOptions,
    KickOptions,
    ReloadOptions,
    RoomsOptions,
    UnbanOptions,
    WhoOptions,
)
from twistchat.console.status import StatusOptions
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.options import mistakeOf
from twistchat.services.control.wire import ControlError

ACCOUNTS: Sequence[Sequence[Any]] = [
    ["account", None, AccountGroup, "Register, list, suspend and drop accounts."],
    ["forget", None, ForgetOptions, "Erase what the user of an account wrote."],
]
"""The commands about accounts."""

RUNNING: Sequence[Sequence[Any]] = [
    ["status", None, StatusOptions, "Show how the server is."],
    ["who", None, WhoOptions, "List the users who are here."],
    ["rooms", None, RoomsOptions, "List the rooms."],
    ["kick", None, KickOptions, "Disconnect a user, or remove a user from a room."],
    ["ban", None, BanOptions, "Keep users or networks from the server."],
    ["unban", None, UnbanOptions, "End a ban."],
    ["bans", None, BansOptions, "List the bans from the server."],
    ["broadcast", None, BroadcastOptions, "Tell everyone something."],
    ["reload", None, ReloadOptions, "Have the configuration read again."],
]
"""The commands about a server that runs."""

JOURNAL: Sequence[Sequence[Any]] = [
    ["audit", None, AuditOptions, "Show what administrators did."],
    ["backup", None, BackupOptions, "Copy the journal to a file."],
    ["restore", None, RestoreOptions, "Put a backup in place as the journal of a server that has none."],
    ["check", None, CheckOptions, "Read all of the journal, and say whether it is damaged."],
    ["export", None, ExportOptions, "Write a room, what belongs to an account, or everything, as JSON lines."],
    ["import", None, ImportOptions, "Import an export: of twistchat, of Slack, or of Mattermost."],
]
"""The commands about the journal."""

CONFIGURATION: Sequence[Sequence[Any]] = [
    ["check-config", None, CheckConfigOptions, "Say whether a configuration file is good."],
    ["default-config", None, DefaultConfigOptions, "Write a configuration file with every key."],
    ["print-config", None, PrintConfigOptions, "Write the configuration that is in force."],
    ["hash-password", None, HashPasswordOptions, "Make the hash of a password, for the configuration."],
]
"""The commands about the configuration."""


class ConsoleOptions(CommandGroup):
    """The commands of C{twistchat}."""

    usage = "Usage: twistchat COMMAND [options]"
    start = "Usage: twistchat"
    longdesc = "Administers a twistchat server.  The server itself is started with: twistd twistchat"
    groups: ClassVar = [
        ("Accounts, while the server runs or not", ACCOUNTS),
        ("A server that runs", RUNNING),
        ("The journal, while the server runs or not", JOURNAL),
        ("The configuration", CONFIGURATION),
    ]


ENDINGS = (signal.SIGTERM, signal.SIGHUP)
"""The signals, besides that of Ctrl-C, that end a command."""


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run the console script.

    @param arguments: the arguments after C{twistchat}; if C{None}, those of the process.
    """
    options = ConsoleOptions()
    try:
        with _tidy():
            options.parseOptions(sys.argv[1:] if arguments is None else list(arguments))
            options.run()
    except UsageError as e:
        named, typed = innermost(options)
        raise SystemExit(f"twistchat: {mistakeOf(named, e)}; twistchat{typed} --help says more") from None
    except Fault as e:
        raise SystemExit(f"twistchat: {e.why}: {e.detail}") from None
    except BrokenPipeError:
        sys.stderr.close()  # the reader closed the pipe, which is no error; suppress Python's message at exit
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None
    except OSError as e:
        where = "" if e.filename is None else f"{e.filename}: "
        raise SystemExit(f"twistchat: {where}{e.strerror or e}") from None
    except (Refused, ControlError, JournalUnusable) as e:
        raise SystemExit(f"twistchat: {e}") from None


@contextmanager
def _tidy() -> Iterator[None]:
    """Let the signals that end a process raise L{SystemExit}, so that a command removes what it has begun to write."""

    def stop(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    ending = [number for number in ENDINGS if signal.getsignal(number) is signal.SIG_DFL]
    for number in ending:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in ending:
            signal.signal(number, signal.SIG_DFL)
