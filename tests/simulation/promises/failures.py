"""The server logs no failure, whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from zope.interface import implementer

from tests.simulation.broken import Broken
from tests.simulation.clients.base import SECRET
from tests.simulation.ledger import NUMBER
from tests.simulation.promises.promise import Promise
from tests.simulation.promises.secrecy import KEY

if TYPE_CHECKING:
    from tests.simulation.world import World


@implementer(ILogObserver)
class LoggedFailures:
    """Collects the failures that are logged."""

    def __init__(self) -> None:
        self._failures: list[str] = []
        globalLogPublisher.addObserver(self)

    def __call__(self, event: LogEvent) -> None:
        """See L{ILogObserver}."""
        text = formatEvent(event)
        if SECRET.decode() in text or KEY in text or NUMBER.search(text):
            self._failures.append(f"the log has a secret: {text}")
        failure = event.get("log_failure")
        if failure is not None:
            self._failures.append(f"{formatEvent(event)}: {failure.getTraceback()}")

    def check(self) -> None:
        """
        Look at what was logged.

        @raise Broken: it is a failure, or has a secret.
        """
        if self._failures:
            raise Broken("no failure", self._failures[0])

    def close(self) -> None:
        """Observe nothing more."""
        globalLogPublisher.removeObserver(self)


class Failures(Promise):
    """The server logs no failure."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._logged = LoggedFailures()

    def stepped(self) -> None:
        """Look at what was logged."""
        self._logged.check()

    def close(self) -> None:
        """Observe nothing more."""
        self._logged.close()
