"""Make a journal with many rooms, as a server would have written it."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from twistchat.accounts.secrets.passwords import SALT, hashPassword
from twistchat.accounts.secrets.scram import ITERATIONS, encodeKeys, makeKeys
from twistchat.chat.model.events import (
    SERVER,
    AccountRegistered,
    Credential,
    CredentialSet,
    Event,
    PrivateMessage,
    RoomMessage,
    Source,
)
from twistchat.journal.kinds import sqliteJournal
from twistchat.journal.sqlite.files import FILE
from twistchat.testing.workers import HeldWorker

READER, PASSWORD = "reader", "correct horse"
"""The account that reads, and its password."""

FRIENDS, LETTERS = 20, 50
"""How many others have a private conversation with the account, and the number of texts in each."""

DAYS = 30
"""The days over which the entries are distributed, up to the present."""

VOCABULARY = 20_000
"""The number of words.  The n-th is 1/n times as frequent as the first."""

BATCH = 2048
"""The entries that are stored together."""


def roomName(number: int) -> str:
    """The name of a room."""
    return f"#room{number}"


def word(number: int) -> str:
    """A word of two to five syllables; the frequent ones are short."""
    syllables = ("ka", "re", "mi", "to", "su", "le", "no", "vi", "da", "po", "gu", "ze", "fa", "hi", "ja", "wo")
    found = ""
    number += 16
    while number:
        number, rest = divmod(number, 16)
        found += syllables[rest]
    return found


class Texts:
    """Makes texts of 4 to 16 words, always the same ones."""

    def __init__(self) -> None:
        self._random = random.Random(13)
        self._words = [word(number) for number in range(VOCABULARY)]
        weights = [1 / (rank + 1) for rank in range(VOCABULARY)]
        total, self._sums = 0.0, []
        for weight in weights:
            total += weight
            self._sums.append(total)

    def text(self) -> str:
        """Make the next text."""
        count = self._random.randint(4, 16)
        return " ".join(self._random.choices(self._words, cum_weights=self._sums, k=count))


def events(entries: int, rooms: int) -> Iterator[Event]:
    """The events of the journal: the account, its private conversations, and texts in each room in turn."""
    salt = bytes(SALT)
    keys = encodeKeys(makeKeys(PASSWORD, salt, ITERATIONS))
    yield AccountRegistered(SERVER, READER)
    yield CredentialSet(SERVER, READER, Credential("password", secret=hashPassword(PASSWORD, salt), scram=keys))
    for number in range(FRIENDS):
        yield AccountRegistered(SERVER, f"friend{number}")
    texts = Texts()
    reader = Source("r", READER, "~irc", "reader.cloak", READER)
    for number in range(FRIENDS * LETTERS):
        name = f"friend{number % FRIENDS}"
        friend = Source(name, name, "~irc", f"{name}.cloak", name)
        yield PrivateMessage(friend, f"s{number}", reader, texts.text())
    people = [Source(f"u{n}", f"user{n}", "~irc", f"{n:016x}.cloak", realname="Someone") for n in range(1000)]
    for number in range(entries):
        # Ten people talk in a room, and each of them in ten rooms.
        person = people[(number % rooms + number // rooms % 10 * 100) % len(people)]
        yield RoomMessage(person, roomName(number % rooms), person.uid, texts.text())


def fill(directory: Path, entries: int, rooms: int) -> float:
    """
    Make a journal, through the log and the index of the server.

    @param directory: its data directory, which is created.
    @param entries: the number of texts in rooms.
    @return: how long it took, in seconds.
    """
    began, worker = time.monotonic(), HeldWorker()
    said = 0

    def now() -> float:
        return time.time() - DAYS * 86400 * (1 - min(1.0, said / entries))

    log, _ = sqliteJournal(str(directory), now, lambda: "bench", lambda: bytes(32), lambda _: worker, "relaxed")
    log.open(lambda entry, origin: None)
    for event in events(entries, rooms):
        log.append(event).addErrback(_fail)
        said += 1
        if not said % BATCH:
            worker.run()
            if not said % (100 * BATCH):
                print(f"{said:,} of {entries:,} entries", file=sys.stderr, flush=True)
    worker.run()
    log.close()
    worker.run()
    return time.monotonic() - began


def _fail(failure: object) -> None:
    raise SystemExit(f"bench: an entry was not stored: {failure}")


def prepared(folder: Path, entries: int, rooms: int) -> Path:
    """
    Find a journal that was made before, or make it.

    @param folder: the folder for journals.
    @return: its data directory.
    """
    directory = folder / f"journal-{entries}-{rooms}"
    done = directory / "complete"
    if not done.exists():
        directory.mkdir(parents=True, exist_ok=True)
        (directory / FILE).unlink(missing_ok=True)
        seconds = fill(directory, entries, rooms)
        size = (directory / FILE).stat().st_size / 2**20
        print(f"made a journal of {entries:,} entries and {size:,.0f} MiB in {seconds:.0f} s", file=sys.stderr)
        done.touch()
    return directory
