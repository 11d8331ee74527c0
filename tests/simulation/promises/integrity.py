"""
The journal is intact whenever the server has ended: its check finds nothing, all that was seen is in it, and its rows
are in order.  A row whose bytes change on disk is noticed, and all others are not.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import copytree
from typing import Final

from tests.simulation.broken import Broken
from tests.simulation.clients.base import SECRET
from tests.simulation.promises.promise import Promise
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.maintenance.checking import Findings, check

COPY: Final = "checked"
"""The name of the copy that is checked, beside the data folders.  SQLite changes the files that it looks at."""


class Integrity(Promise):
    """Looks at the files that a server leaves behind."""

    def stopped(self, folder: Path) -> None:
        """Check the journal, look for what must be in it, and damage a row of a copy."""
        for path in folder.iterdir():
            if SECRET in path.read_bytes() and not self.world.ledger.blurted:
                raise Broken("secrets", f"a password is in {path.name}")
        copy = folder.parent / f"{folder.name}-{COPY}"
        copytree(folder, copy)
        path = copy / FILE
        findings = check(path, lambda done: None)
        if not findings.good or not findings.summed:
            raise Broken("the journal is intact", _describe(findings))
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            self._checkRows(connection)
            self._damage(connection, path)

    def _checkRows(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute("SELECT sequence, conversation, time FROM entry ORDER BY sequence").fetchall()
        times: dict[str | None, int] = {}
        for sequence, conversation, time in rows:
            if conversation is not None and time < times.get(conversation, 0):
                raise Broken("time never decreases", f"row {sequence} of {conversation} is older than the one before")
            times[conversation] = time
        stored = {sequence for sequence, _, _ in rows}
        # A redaction deletes its text when it is stored, and the server may be killed before it applies it.
        redactions = connection.execute("SELECT body FROM entry WHERE kind IN ('unsaid', 'untold')").fetchall()
        stored |= {json.loads(body)["taken"]["sequence"] for (body,) in redactions}
        lost = [
            text.number
            for text in self.world.ledger.texts.values()
            if not text.redacted and text.sequence not in stored
        ]
        if lost:
            raise Broken("durable before visible", f"texts {lost} were applied, and are not on disk")

    def _damage(self, connection: sqlite3.Connection, path: Path) -> None:
        """Change one bit of one row.  The check finds this row, and no other."""
        rows = connection.execute("SELECT sequence, body FROM entry ORDER BY sequence").fetchall()
        if not rows:
            return
        choice = self.world.steps
        sequence, body = rows[choice % len(rows)]
        changed = bytearray(body if isinstance(body, bytes) else body.encode())
        changed[choice % len(changed)] ^= 1 << choice % 7
        value = bytes(changed) if isinstance(body, bytes) else changed.decode("utf-8", "replace")
        connection.execute("UPDATE entry SET body = ? WHERE sequence = ?", (value, sequence))
        findings = check(path, lambda done: None)
        if findings.damaged.first != [sequence] or findings.entries != len(rows) - 1:
            raise Broken("a changed row is noticed", f"row {sequence} was changed; {_describe(findings)}")


def _describe(findings: Findings) -> str:
    return (
        f"the check finds damage in [{findings.damaged}], cannot read [{findings.unreadable}], and says"
        f" {findings.faults}"
    )
