"""The command C{twistchat} as a whole: its commands, and how it ends."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, ClassVar

from twisted.python.usage import UsageError

from twistchat.console.group import CommandGroup, innermost
from twistchat.console.options import Refused
from twistchat.journal.sqlite.faults import Fault
from twistchat.journal.sqlite.migrate import JournalUnusable
from twistchat.options import mistakeOf
from twistchat.services.control.wire import ControlError


def _command(name: str, module: str, options: str, summary: str) -> Sequence[Any]:
    """
    Describe a command as Twisted wants it.

    The module is imported only when its command is used, since most commands need few of the modules of all.

    @param name: the command as it is typed.
    @param module: the module of its options, in this package.
    @param options: the class of its options.
    @param summary: one line for the help.
    """
    return name, None, lambda: getattr(import_module(f"{__package__}.{module}"), options)(), summary


ACCOUNTS: Sequence[Sequence[Any]] = [
    _command("account", "accounts.commands", "AccountGroup", "Register, list, suspend and drop accounts."),
    _command("forget", "journals.personal", "ForgetOptions", "Erase what the user of an account wrote."),
]
"""The commands about accounts."""

RUNNING: Sequence[Sequence[Any]] = [
    _command("status", "server.status", "StatusOptions", "Show how the server is."),
    _command("who", "server.running", "WhoOptions", "List the users who are here."),
    _command("rooms", "server.running", "RoomsOptions", "List the rooms."),
    _command("kick", "server.running", "KickOptions", "Disconnect a user, or remove a user from a room."),
    _command("ban", "server.running", "BanOptions", "Keep users or networks from the server."),
    _command("unban", "server.running", "UnbanOptions", "End a ban."),
    _command("bans", "server.running", "BansOptions", "List the bans from the server."),
    _command("broadcast", "server.running", "BroadcastOptions", "Tell everyone something."),
    _command("reload", "server.running", "ReloadOptions", "Have the configuration read again."),
]
"""The commands about a server that runs."""

CLUSTER: Sequence[Sequence[Any]] = [
    _command("cluster", "cluster.commands", "ClusterGroup", "Show the cluster, or stop a node of it."),
]
"""The commands about a cluster."""

JOURNAL: Sequence[Sequence[Any]] = [
    _command("audit", "journals.audit", "AuditOptions", "Show what administrators did."),
    _command("backup", "journals.journal", "BackupOptions", "Copy the journal to a file."),
    _command(
        "restore",
        "journals.journal",
        "RestoreOptions",
        "Put a backup in place as the journal of a server that has none.",
    ),
    _command("check", "journals.journal", "CheckOptions", "Read all of the journal, and say whether it is damaged."),
    _command(
        "export",
        "journals.journal",
        "ExportOptions",
        "Write a room, what belongs to an account, or everything, as JSON lines.",
    ),
    _command(
        "import", "imports.command", "ImportOptions", "Import an export: of twistchat, of Slack, or of Mattermost."
    ),
]
"""The commands about the journal."""

CONFIGURATION: Sequence[Sequence[Any]] = [
    _command("check-config", "server.configuration", "CheckConfigOptions", "Say whether a configuration file is good."),
    _command(
        "default-config", "server.configuration", "DefaultConfigOptions", "Write a configuration file with every key."
    ),
    _command("print-config", "server.configuration", "PrintConfigOptions", "Write the configuration that is in force."),
    _command(
        "hash-password",
        "accounts.passwords",
        "HashPasswordOptions",
        "Make the hash of a password, for the configuration.",
    ),
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
        ("A node of a cluster", CLUSTER),
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
