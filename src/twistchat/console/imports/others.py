"""The import of another server's export, into the journal of a server that does not run."""

from __future__ import annotations

import csv
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from twistchat.accounts.email import checkEmail
from twistchat.accounts.secrets.tokens import digest, makeCode
from twistchat.chat.errors import BadCredential
from twistchat.chat.model.events import SERVER, AdministrativeAct, Credential
from twistchat.chat.model.names import fold, reserve
from twistchat.config.toml import printable
from twistchat.console.imports.journals import emptyState, openLoader
from twistchat.console.journals.exporting import newFile
from twistchat.console.options import Refused
from twistchat.console.progress import showProgress
from twistchat.importing import mattermost, slack
from twistchat.importing.destination import Destination
from twistchat.importing.people import Rules
from twistchat.importing.records import Person, Reaction, Text
from twistchat.importing.report import Report
from twistchat.importing.transfer import Transfer
from twistchat.journal.sqlite.files import FILE

if TYPE_CHECKING:
    from twistchat.config import Settings
    from twistchat.importing.records import Record

READERS: Final = {"mattermost": mattermost, "slack": slack}
"""The readers of exports, by the names of the servers that make them."""

CLAIMABLE: Final = 30 * 86400
"""The seconds for which a code of C{--claims} is valid."""

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Wishes:
    """
    What the administrator wants of an import.

    @ivar kind: a key of L{READERS}.
    @ivar path: the export.
    @ivar configuration: the configuration file that was read; C{None} for none.
    @ivar who: the user who typed the command, for the audit trail.
    @ivar owner: the account that owns rooms without a creator; C{None} for the first administrator.
    @ivar keepsRetention: whether to import texts that the server then deletes because of their age.
    @ivar dry: whether to write nothing.
    @ivar report: the file for the report; C{None} for none.
    @ivar claims: the file for the codes; C{None} for none.
    """

    kind: str
    path: Path
    configuration: str | None
    who: str
    owner: str | None
    keepsRetention: bool
    dry: bool
    report: Path | None
    claims: Path | None


def importFrom(settings: Settings, wishes: Wishes) -> None:
    """
    Import the export of another server, and print what was done.

    @raise ImportProblem: the export cannot be read.
    @raise Refused: the server would delete what is imported; or a file exists.
    """
    with ExitStack() as stack:
        # The file for the report is made first: an import that nobody can read about is not begun.
        file = None if wishes.report is None else stack.enter_context(newFile(wishes.report))
        report = _importFrom(settings, wishes)
        if file is not None:
            json.dump(report.object(), file, ensure_ascii=False, indent=2)
            file.write("\n")


def _importFrom(settings: Settings, wishes: Wishes) -> Report:
    reader, now = READERS[wishes.kind], time.time()
    source = reader.sourceOf(wishes.path)
    with showProgress("Examining") as progress:
        deleted = _deleted(settings, reader.read(wishes.path, progress), now)
    if deleted and not (wishes.keepsRetention or wishes.dry):
        where = (
            "no configuration file was read; name the server's, in which it is 0 to keep texts for ever, with --config"
            if wishes.configuration is None
            else f"set it to 0 in {printable(wishes.configuration)} to keep texts for ever, or name another by --config"
        )
        raise Refused(f"{deleted}; {where}; or add --keep-retention to import nevertheless")
    report = Report(source)
    with ExitStack() as stack:
        claim = None
        if wishes.claims is not None and not wishes.dry:
            claim = stack.enter_context(_claims(wishes.claims, now))
        directory = Path(settings.server.data).absolute()
        if wishes.dry and not (directory / FILE).exists():
            directory = Path(stack.enter_context(TemporaryDirectory()))
        state = emptyState()
        progress = stack.enter_context(showProgress("Importing"))
        loader = stack.enter_context(openLoader(settings, state, directory=directory))
        act = AdministrativeAct(SERVER, "import", wishes.who, source, wishes.path.name, "console")
        destination = Destination(loader, state, int(now * 1000), act, wishes.dry)
        rules = Rules(
            settings.limits,
            reserve(settings.chat.reserved),
            fold(settings.chat.lobby),
            wishes.owner,
            _isAddress,
            claim,
        )
        transfer = Transfer(destination, source, rules, report, lambda: secrets.token_hex(8))
        transfer.run(reader.read(wishes.path, progress))
    _print(report, wishes.dry)
    if deleted:
        print(f"Note: {deleted}")
    return report


def _deleted(settings: Settings, records: Iterator[Record], now: float) -> str:
    """
    Say how much of an export the server would delete because of its retention; C{""} for nothing.

    Without a retention, the export is not read.
    """
    age, most = settings.journal.retention, settings.journal.retentionCount
    if not (age or most):
        return ""
    oldest = (now - age) * 1000 if age else 0
    count = old = 0
    for record in records:
        if isinstance(record, (Text, Reaction)):
            count += 1
            old += record.time < oldest
    if old:
        return (
            f"{old:,} of {count:,} texts and reactions are older than journal.retention ({age / 86400:g} days), and the"
            " server deletes them within the hour"
        )
    if most and count > most:
        return f"there are {count:,} texts and reactions, and journal.retentionCount keeps {most:,} entries"
    return ""


@contextmanager
def _claims(path: Path, now: float) -> Iterator[Callable[[str, Person], Credential]]:
    """
    Make codes with which people claim their accounts, and write them to a new file, which only its owner can read.

    The file stays if the import is interrupted, because the accounts of its codes may be there.

    @raise Refused: the file exists.
    """
    made = 0
    with newFile(path, lambda: made > 0) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("account", "name", "email", "code"))

        def claim(account: str, person: Person) -> Credential:
            nonlocal made
            made += 1
            code = makeCode(secrets.token_bytes)
            table.writerow((*map(_cell, (account, person.realname, person.email or "")), code))
            file.flush()
            return Credential("code", "reset", digest(code), until=int((now + CLAIMABLE) * 1000))

        yield claim


def _cell(text: str) -> str:
    """A text in a table.  A spreadsheet takes it for a text, and not for a formula (OWASP, "CSV Injection")."""
    shown = printable(text)
    return f"'{shown}" if text.lstrip().startswith(("=", "+", "-", "@")) else shown


def _isAddress(text: str) -> bool:
    try:
        checkEmail(text)
    except BadCredential:
        return False
    return True


def _print(report: Report, dry: bool) -> None:
    """Print a report."""
    if not report.added:
        print(f"There is nothing new in this export of {printable(report.source)}")
    else:
        print(f"{'This would be imported' if dry else 'Imported'} from {printable(report.source)}:")
        for count, one, many in (
            (report.people, "new account", "new accounts"),
            (
                report.known,
                "person who had an account with this verified mail address",
                "people who had accounts with these verified mail addresses",
            ),
            (report.codes, "code to claim an account that was there", "codes to claim accounts that were there"),
            (report.rooms, "room", "rooms"),
            (report.texts, "text", f"texts, {report.replies:,} of them replies"),
            (report.reactions, "reaction", "reactions"),
        ):
            if count:
                print(f"  {count:>10,} {one if count == 1 else many}")
    if report.present:
        print(f"  {report.present:>10,} {'was' if report.present == 1 else 'were'} there already (texts and reactions)")
    for title, names in (("People", report.names), ("Rooms", report.roomNames)):
        if names:
            print(f"{title} with another name here:")
            for old, new in names.items():
                print(f"  {printable(old)} is {new}")
    if report.matches:
        print("People who have the verified mail address of an account here (see that these are the same people):")
        for account, name in report.matches.items():
            print(f"  {printable(name)} is {printable(account)}")
    if report.former:
        print("People who have left a private channel there, and may still join it here (/mode ROOM -I ~a:NAME):")
        for room, accounts in report.former.items():
            print(f"  {printable(room)}: {', '.join(map(printable, accounts))}")
    if report.omissions:
        print("Left out:")
        for what, omission in sorted(report.omissions.items()):
            print(f"  {omission.count:>10,} x {printable(what)}, such as {printable(omission.example)}")
