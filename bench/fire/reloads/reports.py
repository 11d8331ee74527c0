"""Let a server read its configuration again, and read what its log says about that."""

from __future__ import annotations

import json
import re
import signal
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.fire.stage import Stage

REPORT = re.compile(r"The configuration (?:was read again; |has a mistake, and nothing was changed: )(.*)")
"""What the log says about a reload.  The group is what has changed, or the mistake."""

WITHIN = 5.0
"""How long the server may take to report a reload, in seconds."""


class Reports:
    """The lines of a server's log about its reloads, from now on."""

    def __init__(self, stage: Stage) -> None:
        """
        @param stage: has the server, whose log must have complete lines.
        """
        self._stage = stage
        self._at = len(stage.log())

    def fresh(self) -> list[str]:
        """Return what the log says about reloads since the last call, one text for each."""
        whole = self._stage.log()[self._at :].rpartition("\n")
        self._at += len(whole[0] + whole[1])
        return [found[1] for line in whole[0].split("\n") if (found := REPORT.search(line))]

    def reload(self) -> list[str]:
        """
        Send SIGHUP, and wait for the report.

        @return: what the log says: one text.  It is empty if there is no report in time, and there are more if the log
            has more than one line.
        """
        self._stage.sendSignal(signal.SIGHUP)
        return self.wait()

    def wait(self) -> list[str]:
        """Wait until there is a report, and return it as L{fresh} does."""
        until = time.monotonic() + WITHIN
        while not (found := self.fresh()) and time.monotonic() < until:
            time.sleep(0.005)
        return found


def networkOf(stage: Stage) -> str:
    """
    Ask the web door for the name of the network, which shows the configuration that is in effect.

    @raise OSError: there is no answer.
    """
    connection = HTTPConnection("127.0.0.1", stage.ports["web"], timeout=WITHIN)
    try:
        connection.request("GET", "/login")
        return str(json.loads(connection.getresponse().read())["network"])
    finally:
        connection.close()
