"""
A process that says things for as long as it lives: C{python -m tests.journal.appender DIRECTORY}.

It writes a line to standard output for each message that the journal has acknowledged: the message's number and the
sequence number of its entry.  It tells as soon as it can, so a line that was written is an acknowledgement that was
given.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from twisted.internet import reactor as installed

from twistchat.chat.model.events import Entry
from twistchat.journal.kinds import sqliteJournal
from twistchat.testing.contract import said
from twistchat.worker import ThreadWorker

reactor: Any = installed

TOGETHER = 40
"""How many messages are under way at any time."""


def main(directory: str) -> None:
    """Append until the end."""
    numbers = iter(range(sys.maxsize))
    journal, _ = sqliteJournal(
        directory,
        time.time,
        lambda: "crash",
        lambda: bytes(32),
        lambda name: ThreadWorker(name, reactor.callFromThread),
    )

    def more() -> None:
        number = next(numbers)
        journal.append(said(f"message {number}")).addCallback(acknowledged, number)

    def acknowledged(entry: Entry, number: int) -> None:
        os.write(1, f"{number} {entry.sequence}\n".encode())
        more()

    def begin() -> None:
        journal.open(lambda entry, origin: None)
        for _ in range(TOGETHER):
            more()

    reactor.callWhenRunning(begin)
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1])
