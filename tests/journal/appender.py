"""
A process that appends messages until it is killed: C{python -m tests.journal.appender DIRECTORY}.

It writes a line to standard output for each acknowledged message: the number of the message, and the sequence number of
its entry.  It does so at once, so each line is an acknowledgement.
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
"""The number of messages in flight."""


def main(directory: str) -> None:
    """Append messages until the process is killed."""
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
