"""
Fuzz a target with atheris, which looks for inputs that reach new code of twistchat.

This module runs in a process of its own, which L{tests.fuzzing.__main__} starts: atheris ends the process.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import process_time
from typing import Any, Final

import atheris

with atheris.instrument_imports(include=["twistchat"]):
    from tests.fuzzing.mutation import mutated
    from tests.fuzzing.registry import targetNamed
    from tests.fuzzing.target import Target

from tests.fuzzing.findings import command, findingsOf, keep

SLOW: Final = 2.0
"""The seconds of CPU after which an input is too slow.  Instrumented code is several times slower than usual."""

FRAMES: Final = 3
"""How many calls of a traceback tell one fault from another."""


class TooSlow(Exception):
    """An input takes too long."""


def watched(target: Target) -> Callable[[bytes], None]:
    """
    Make the function that tries an input.

    It keeps the first input of each fault, prints the command that tries it again, and goes on.
    """
    known: set[str] = set()

    def tryInput(data: bytes) -> None:
        begin = process_time()
        try:
            target.check(data)
            if process_time() - begin > SLOW:
                raise TooSlow(f"{process_time() - begin:.1f} s for {len(data)} bytes")
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
            fault = f"{type(error).__name__} {[(frame.filename, frame.lineno) for frame in frames]}"
            if fault not in known:
                known.add(fault)
                path = keep(target.name, data)
                print(f"FINDING {path}", file=sys.stderr)
                print("".join(traceback.format_exception(error)), file=sys.stderr)
                print(f"Try it again: {command(target.name, path)}", file=sys.stderr, flush=True)

    return tryInput


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """
    Make the next input from another: change values of its JSON, or let libFuzzer change its bytes.

    @param most: the most bytes of the result.
    """
    random = Random(seed)
    found = mutated(data, random) if random.random() < 0.5 else data
    if found == data or len(found) > most:
        return bytes(atheris.Mutate(data, most))
    return found


def dictionaryOf(words: tuple[bytes, ...]) -> str:
    """Write words as a dictionary of libFuzzer."""
    return "".join([f'"{"".join([f"{chr(92)}x{byte:02x}" for byte in word])}"\n' for word in words if len(word) <= 64])


def main(name: str, seconds: int, corpus: Path) -> None:
    """
    Fuzz a target.  This does not return.

    @param name: the name of the target.
    @param seconds: the time to fuzz.
    @param corpus: a folder for the inputs that reach new code.  A later run starts from them.
    """
    with atheris.instrument_imports(include=["twistchat"]):
        target = targetNamed(name)
    corpus.mkdir(parents=True, exist_ok=True)
    kept = [data for _, data in findingsOf(name)]
    for number, data in enumerate([*target.seeds, *kept]):
        (corpus / f"seed-{number}").write_bytes(data)
    words = corpus.parent / f"{name}.dict"
    words.write_text(dictionaryOf(target.words))
    arguments: list[Any] = [
        *(sys.argv[0], str(corpus), f"-max_total_time={seconds}", f"-max_len={target.most}", f"-dict={words}"),
        *("-timeout=60", "-rss_limit_mb=3000", f"-artifact_prefix={corpus.parent}/{name}-", "-print_final_stats=1"),
    ]
    atheris.Setup(arguments, watched(target), custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
