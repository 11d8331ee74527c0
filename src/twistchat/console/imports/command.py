"""The command that imports an export."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from twisted.python.usage import UsageError

from twistchat.console.imports.journals import importJournal
from twistchat.console.imports.others import READERS, Wishes, importFrom
from twistchat.console.offline import adviseOwner, becomeOwner
from twistchat.console.options import JournalOptions, Refused, named
from twistchat.importing.records import ImportProblem
from twistchat.services.control.peer import userNamed

ONLY_OTHERS = ("owner", "report", "claims", "keep-retention", "dry-run")
"""The options that have a meaning for exports of other servers only."""


class ImportOptions(JournalOptions):
    """C{twistchat import FILE}, or C{twistchat import --from slack PATH}."""

    synopsis = "[options] FILE | --from=slack|mattermost PATH"
    longdesc = (
        "Imports what twistchat export --all has written, into an empty data directory, or into one that has an "
        "earlier export of the same server.  With --from, imports the export of another chat server: rooms, texts, "
        "reactions, and people, whose accounts they claim later.  No server may use the directory.  An import that "
        "was interrupted continues when it is run again, and what was imported is not imported twice."
    )
    examples: ClassVar = [
        "twistchat import --data /var/lib/twistchat journal.jsonl",
        "twistchat import --from slack export.zip --claims codes.csv",
    ]
    optParameters: ClassVar = [
        ["from", None, None, "The server that made the export: slack or mattermost."],
        ["owner", None, None, "The account that owns rooms without a creator.  [default: the first administrator]"],
        ["report", None, None, "A new file for a report in JSON."],
        ["claims", None, None, "A new file for codes with which people claim their accounts."],
    ]
    optFlags: ClassVar = [
        ["keep-retention", None, "Import texts that the server deletes because of journal.retention, too."],
        ["dry-run", None, "Read all, and say what would be imported, but write nothing."],
    ]

    dataHelp = "The data directory into whose journal the export is imported."

    source: Path

    def parseArgs(self, *arguments: str) -> None:
        """Read the name of the export."""
        self.source = Path(named(arguments, "the export"))

    def run(self) -> None:
        """Import the export, and check the journal."""
        kind = self["from"]
        if kind is not None and kind not in READERS:
            raise UsageError(f"--from {kind}: there is no reader for it; the readers are {' and '.join(READERS)}")
        for option in ONLY_OTHERS:
            if self[option] and kind is None:
                raise UsageError(f"--{option} needs --from, because a journal is imported as it is")
        if self.settings.journal.kind != "sqlite":
            raise Refused(
                f"an import writes a journal of the kind sqlite, and journal.kind is {self.settings.journal.kind}"
            )
        if not self.source.exists():
            raise Refused(f"there is no {self.source}")
        # The audit trail names who typed the command, also if that is root, who becomes another user here.
        who = userNamed(os.getuid())
        becomeOwner(self._journalDirectory())
        self._permit(self.source, os.R_OK, "read")
        try:
            if kind is None:
                importJournal(self.settings, self.source)
            else:
                importFrom(self.settings, self._wishes(kind, who))
        except ImportProblem as e:
            raise Refused(str(e)) from None
        adviseOwner(self._journalDirectory())

    def _journalDirectory(self) -> Path:
        return Path(self.settings.server.data).absolute()

    def _permit(self, path: Path, mode: int, verb: str) -> None:
        """
        Check that this process has access to a file or a directory.

        @param mode: the access, as in C{os.access}.
        @param verb: the access in words.
        @raise Refused: it has no access.
        """
        if os.access(path, mode):
            return
        directory, user, why = self._journalDirectory(), userNamed(os.getuid()), ""
        if directory.is_dir() and directory.stat().st_uid == os.getuid():
            why = f"; the import runs as the owner of {directory}"
        raise Refused(f"{path.absolute()}: {user} cannot {verb} it{why}")

    def _wishes(self, kind: str, who: str) -> Wishes:
        report, claims = (Path(self[name]) if self[name] else None for name in ("report", "claims"))
        for file in (report, claims):
            if file is None:
                continue
            folder = file.absolute().parent
            if folder.is_dir():
                self._permit(folder, os.W_OK | os.X_OK, f"write {file.name} in")
            if file.exists():
                raise Refused(f"{file} exists already; name a new file")
        return Wishes(
            kind,
            self.source,
            self.configuration(),
            who,
            self["owner"],
            bool(self["keep-retention"]),
            bool(self["dry-run"]),
            report,
            claims,
        )
