"""Bits of the journal that change on disk, below a running server and between two starts."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

from bench.fire.scenario import Marks, Scenario, Seen
from bench.fire.stage import Stage
from bench.fire.witness import Witness
from bench.servers import NotStarted
from twistchat.journal.sqlite.files import FILE

TEXTS = 40
"""The number of texts of which some are damaged."""

PAGE = 25
"""
The number of texts of one request for history.  It is so small that full pages have damaged texts in every round.  A
page must not be shorter because of them.
"""

TALK = 0.5
"""How long the canary talks before bits are flipped at random, in seconds."""

BITS = 3
"""The number of random bits that are flipped before a start."""

ENDING = 10.0
"""How long a server may take to end that cannot open its journal, in seconds."""

REFUSED = f"{FILE}: "
"""What the log says of a journal that could not be opened, before the reason."""

CHANGED = "changed on disk"
"""What the log says of a damaged row."""


def flipText(journal: Path, text: bytes) -> None:
    """
    Flip a bit of a text in a journal.

    @raise OSError: the journal does not have it.
    """
    with journal.open("r+b") as file:
        content = file.read()
        place = content.find(b'"text":"%s"' % text)
        if place < 0:
            raise OSError(f"{text.decode()} is not in {journal}")
        place += len(b'"text":"')
        file.seek(place)
        file.write(bytes([content[place] ^ 1]))


def flipAny(journal: Path, random: Random) -> None:
    """Flip some random bits of a journal."""
    content = bytearray(journal.read_bytes())
    for _ in range(BITS):
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    journal.write_bytes(content)


def wrong(witness: Witness, damaged: Iterable[bytes], sure: bool) -> Iterator[str]:
    """
    Read the history while some rows are damaged.

    @param damaged: their texts.
    @param sure: whether none of them may be shown.  Below a running server, SQLite may still have the page in memory.
    @return: what is wrong.
    """
    shown = witness.history()
    if shown is None:
        yield "the history cannot be read"
        return
    texts, gone = [text for text, _ in shown], set(damaged)
    strange = [text for text in texts if text not in witness.taken]
    if strange:
        yield f"damaged texts are shown: {strange[:3]}"
    if sure and gone.intersection(texts):
        yield f"{len(gone.intersection(texts))} damaged texts are shown as they were"
    rest = [text for text in texts if text not in gone]
    if rest != [text for text in witness.taken if text not in gone]:
        yield f"{len(rest)} of {len(witness.taken) - len(gone)} undamaged texts are shown, or in another order"


def reopened(stage: Stage, witness: Witness, change: bytes | None = None) -> None:
    """Stop the server, damage a text, start the server, and let the witness come back."""
    witness.close()
    stage.end(signal.SIGTERM)
    if change is not None:
        flipText(stage.data / FILE, change)
    stage.start()
    witness.enter()


def flippedTexts(stage: Stage, seconds: float) -> Seen:
    """Damage a text below the running server, and one between two starts, again and again."""
    until, missed, damaged, rounds = time.monotonic() + seconds, set[str](), list[bytes](), 0
    with closing(Witness(stage.ports["irc"], PAGE)) as witness:
        while time.monotonic() < until or not rounds:
            rounds += 1
            for _ in range(TEXTS):
                if not witness.say():
                    missed.add("texts are refused")
            running, stopped = witness.taken[-TEXTS // 2], witness.taken[-TEXTS // 4]
            # At its end the server moves all entries into the file.
            reopened(stage, witness)
            flipText(stage.data / FILE, running)
            damaged.append(running)
            missed.update(wrong(witness, damaged, sure=False))
            if not witness.say():
                missed.add("texts are refused")
            reopened(stage, witness, stopped)
            damaged.append(stopped)
            missed.update(wrong(witness, damaged, sure=True))
        try:
            stage.command("check")
            missed.add("twistchat check finds nothing")
        except OSError as e:
            if f"{len(damaged)} entries changed on disk" not in str(e):
                missed.add(f"twistchat check finds something else: {e}")
        logged = stage.log().count(CHANGED)
        if not logged:
            missed.add("the log does not mention damaged entries")
        stage.measure()
        words = f"{len(damaged)} of {len(witness.taken):,} texts damaged, none of them shown; all others shown"
        figures = {"damaged": len(damaged), "taken": len(witness.taken), "logged": logged}
        return Seen(words if not missed else f"{len(damaged)} texts damaged", sorted(missed), figures)


def flippedBits(stage: Stage, seconds: float) -> Seen:
    """Flip random bits between two starts, again and again.  The server starts or says why it does not."""
    until, missed, refused = time.monotonic() + seconds, set[str](), 0
    random, journal, rounds = Random(1), stage.data / FILE, 0
    with closing(Witness(stage.ports["irc"])) as witness:
        for _ in range(TEXTS):
            witness.say()
        time.sleep(TALK)
        # It could not come back.
        stage.canary.report()
        stage.end(signal.SIGTERM)
        good = journal.read_bytes()
        while time.monotonic() < until or not rounds:
            rounds += 1
            for beside in stage.data.glob(f"{FILE}*"):
                beside.unlink()
            journal.write_bytes(good)
            flipAny(journal, random)
            begun = len(stage.log())
            try:
                stage.start()
                missed.update(strangers(witness))
            except (NotStarted, OSError) as e:
                # The doors are open before the journal is.
                end = time.monotonic() + ENDING
                while stage.alive and time.monotonic() < end:
                    time.sleep(0.05)
                said = stage.log()[begun:]
                if stage.alive:
                    missed.add(f"the server started, and a client had no answer: {e}")
                elif REFUSED not in said:
                    missed.add(f"the server ended without the reason: {said[-200:]}")
                refused += not stage.alive
            stage.end(signal.SIGKILL)
        for beside in stage.data.glob(f"{FILE}*"):
            beside.unlink()
        journal.write_bytes(good)
        stage.start()
        witness.enter()
        stage.measure()
        missed.update(wrong(witness, (), sure=True))
    words = f"{rounds} journals with {BITS} flipped bits: {refused} of them refused"
    return Seen(words, sorted(missed), {"rounds": rounds, "refused": refused})


def strangers(witness: Witness) -> Iterator[str]:
    """
    Let the witness come in, and read the history.  Return whether it shows what nobody said.

    @raise OSError: the server does not answer.
    """
    witness.enter()
    texts = [text for text, _ in witness.history() or ()]
    witness.close()
    strange = [text for text in texts if text not in witness.taken]
    if strange:
        yield f"damaged texts are shown: {strange[:3]}"


SCENARIOS = (
    Scenario(
        "flipped-texts",
        "bits of texts change on disk, below the running server and between two starts",
        "a changed text is never shown, all others are; texts are taken; twistchat check counts the changed ones",
        flippedTexts,
        marks=Marks(refused=True),
    ),
    Scenario(
        "flipped-bits",
        f"{BITS} random bits of the journal change between two starts",
        "the server starts, or says why it does not; it never shows a changed text",
        flippedBits,
        shortest=4.0,
        quick=False,
        marks=Marks(refused=True),
    ),
)
