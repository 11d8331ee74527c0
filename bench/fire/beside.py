"""
The canary in a process of its own, so that a scenario can do what it likes meanwhile.

C{python -m bench.fire.beside IRC LINE} prints L{READY} when both clients are in their room.  They talk until the
standard input ends.  Then it prints a L{Report} as JSON.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass

from bench.fire.canary import DRAIN_TIMEOUT, LOGIN_TIMEOUT, Canary, Outage
from bench.protocols import Refused

READY = "ready"
"""What the process prints when both clients are in their room.  If they cannot enter, it prints the reason."""

PORTION = 0.1
"""How long the clients talk between two looks at the standard input, in seconds."""


@dataclass(frozen=True, slots=True)
class Report:
    """
    What the canary has sent and received.

    @ivar said: how many lines it sent.
    @ivar missing: how many lines were neither received nor refused, although nobody was disconnected.
    @ivar cutOff: how many lines were on their way when the server ended a connection, and did not come later.
    @ivar doubled: how many lines were received twice by one connection, or never sent.
    @ivar refused: how many lines the server refused, and told their sender so.
    @ivar contradicted: how many lines the server refused although they were received.
    @ivar late: the largest delay of the canary itself, in seconds.
    @ivar heard: when each received line was sent, by C{time.monotonic}, and its delay in seconds.
    @ivar acknowledged: the lines that were received: the number of the sender, and their own number.
    @ivar outages: when the server ended a connection.
    """

    said: int
    missing: int
    cutOff: int
    doubled: int
    refused: int
    contradicted: int
    late: float
    heard: Sequence[tuple[float, float]]
    acknowledged: Sequence[tuple[int, int]]
    outages: Sequence[Outage]


class Beside:
    """The process of the canary, as a scenario sees it."""

    def __init__(self, irc: int, line: int) -> None:
        """
        Start the process, and wait until both clients are in their room.

        @param irc: the port of the IRC door on 127.0.0.1.
        @param line: the port of the line door.
        @raise Refused: they cannot enter.
        """
        command = [sys.executable, "-m", "bench.fire.beside", str(irc), str(line)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0
        )
        self._report: Report | None = None
        assert self._process.stdout is not None
        try:
            said = self._process.stdout.readline().strip()
        except BaseException:  # Ctrl-C or SIGTERM: nobody else knows the process yet
            self.close()
            raise
        if said != READY:
            self.close()
            raise Refused(f"the canary could not enter: {said or 'its process has ended'}")

    def report(self) -> Report:
        """
        Let the canary stop, wait until its lines have arrived, and return what it saw.

        Later calls return the same.

        @raise OSError: the process has no answer.
        """
        if self._report is None:
            try:
                output, _ = self._process.communicate(timeout=DRAIN_TIMEOUT + 2 * LOGIN_TIMEOUT)
                self._report = _read(output)
            except (subprocess.TimeoutExpired, ValueError) as e:
                raise OSError(f"the canary has no report: {e}") from e
        return self._report

    def close(self) -> None:
        """End the process, if it still runs."""
        self._process.kill()
        self._process.communicate()


def _read(text: str) -> Report:
    """
    Read a report.

    @raise ValueError: the text is no report.
    """
    values = json.loads(text)
    pairs = {key: [tuple(pair) for pair in values.pop(key)] for key in ("heard", "acknowledged")}
    return Report(**values | pairs | {"outages": [Outage(**outage) for outage in values.pop("outages")]})


def main(arguments: Sequence[str]) -> None:
    """Talk until the standard input ends, and print the report."""
    irc, line = map(int, arguments)
    try:
        canary = Canary(irc, line, returns=True)
    except (OSError, Refused) as e:
        raise SystemExit(print(e)) from e
    with closing(canary):
        print(READY, flush=True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            canary.talk(time.monotonic() + PORTION)
        canary.drain()
        ledger = canary.ledger
        report = Report(
            canary.said,
            ledger.missing,
            len(ledger.cutOff),
            ledger.doubled,
            ledger.refused,
            ledger.contradicted,
            canary.late,
            ledger.heard(0.0),
            ledger.acknowledged,
            canary.outages,
        )
        print(json.dumps(asdict(report)))


if __name__ == "__main__":
    main(sys.argv[1:])
