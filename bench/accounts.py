"""
Measure what many accounts cost at start: the time until the server greets a client, and the memory.

Run it as C{python -m bench.accounts}; C{bench/README.md} explains the output.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.load import median
from bench.servers import twistchat
from twistchat.chat.model.events import (
    SERVER,
    AccountEvent,
    AccountRegistered,
    Credential,
    CredentialSet,
    Entry,
    LoginRecorded,
)
from twistchat.chat.model.holding import holdingChange
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.rows import RowWriter
from twistchat.testing.workers import InlineWorker

ACCOUNTS = 100_000

MAX_SECONDS, MAX_MEMORY = 3.0, 100.0
"""The targets: seconds until the server greets a client, and MiB of memory more than without accounts."""


@dataclass(frozen=True, slots=True)
class Start:
    """
    One start of a server.

    @ivar seconds: the time until it greets a client.
    @ivar cpu: the CPU seconds until then.
    @ivar memory: its resident memory then, in MiB.
    """

    seconds: float
    cpu: float
    memory: float


def events(number: int, *, seen: bool = False) -> Iterator[AccountEvent]:
    """
    The events of one account: it is registered with a password, which has an argon2id hash and the keys of SCRAM.

    @param number: makes its name and secrets.
    @param seen: whether someone has logged in to it.
    """
    name, id = f"User{number}", f"{number:016x}"
    hashed = hashlib.sha256(name.encode()).digest()
    salt, key, other = (base64.b64encode(part).decode() for part in (hashed[:16], hashed, hashed[::-1]))
    secret = f"$argon2id$v=19$m=19456,t=2,p=1${salt.rstrip('=')}${key.rstrip('=')}"
    scram = f"SCRAM-SHA-256$4096:{salt}${key}:{other}"
    yield AccountRegistered(SERVER, name, registration=id)
    yield CredentialSet(SERVER, name, Credential("password", "", secret, scram), id)
    if seen:
        yield LoginRecorded(SERVER, name, "password", "", hashed.hex()[:32])


def fill(directory: Path, count: int, *, seen: bool = False) -> None:
    """
    Make a journal with accounts.  It contains what a server would have written.

    @param directory: the folder of the journal, which is created.
    @param count: the number of accounts.
    @param seen: see L{events}.
    """
    log, _ = sqliteJournal(
        str(directory), lambda: 1.0, lambda: "bench", lambda: bytes(32), lambda _: InlineWorker(), "relaxed"
    )
    log.open(lambda entry, origin: None)
    log.close()
    rows, held = [], []
    writer, sequence = RowWriter(), 0
    for number in range(count):
        for event in events(number, seen=seen):
            sequence += 1
            rows.append(writer.row(Entry(sequence, "", sequence, event)))
            change = holdingChange(event)
            assert change is not None
            held += [(change.scope, key, sequence) for key in change.keys(sequence)]
    with closing(sqlite3.connect(directory / FILE)) as connection, connection:
        connection.executemany(
            "INSERT INTO entry (sequence, time, kind, conversation, checksum, body) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
        connection.executemany("INSERT INTO holding VALUES (?, ?, ?)", held)


def measure(folder: Path) -> Start:
    """
    Start a server, and stop it when it has greeted a client.

    @param folder: the folder that contains its C{data}.
    """
    start = time.monotonic()
    with twistchat(folder, []) as server, closing(socket.create_connection(("127.0.0.1", server.port), 30)) as client:
        client.recv(1)
        return Start(time.monotonic() - start, server.cpu(), server.memory())


def main(arguments: Sequence[str]) -> int:
    """
    Measure starts without accounts, with accounts, and with accounts that someone has logged in to, in turn.  Print the
    medians.

    @return: the exit status: 1 if a target was missed.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.accounts", description=__doc__)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS, help="the number of accounts")
    parser.add_argument("--rounds", type=int, default=3, help="the number of rounds")
    chosen = parser.parse_args(arguments)
    cases = {"none": (0, False), "registered": (chosen.accounts, False), "and logged in": (chosen.accounts, True)}
    starts: dict[str, list[Start]] = {name: [] for name in cases}
    with tempfile.TemporaryDirectory() as place:
        for name, (count, seen) in cases.items():
            Path(place, name).mkdir()
            fill(Path(place, name, "data"), count, seen=seen)
        for _ in range(chosen.rounds):
            for name in cases:
                starts[name].append(measure(Path(place, name)))
    print(f"{chosen.accounts:,} accounts")
    print("| accounts | s | CPU s | MiB | MiB more |\n| --- | --- | --- | --- | --- |")
    empty = median([start.memory for start in starts["none"]])
    for name, several in starts.items():
        seconds, cpu = median([start.seconds for start in several]), median([start.cpu for start in several])
        memory = median([start.memory for start in several])
        print(f"| {name} | {seconds:.1f} | {cpu:.1f} | {memory:.0f} | {memory - empty:.0f} |")
    seconds = median([start.seconds for start in starts["registered"]])
    memory = median([start.memory for start in starts["registered"]]) - empty
    return int(seconds > MAX_SECONDS or memory > MAX_MEMORY)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
