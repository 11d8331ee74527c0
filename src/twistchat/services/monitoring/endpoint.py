"""The ports at which the server tells its metrics and its health."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.config import toml
from twistchat.net.listening.endpoints import BadEndpoint, endpointOf, whyNotListening
from twistchat.services.failure import StartFailure
from twistchat.services.monitoring.web import METRICS, MonitoringFactory

if TYPE_CHECKING:
    from twistchat.net.monitoring.figures import Figures

PORT: Final = 9667
"""The port of the examples."""

MISSING: Final = "prometheus_client is not installed, which writes the metrics: pip install 'twistchat[metrics]'"
"""What is wrong if the extra is missing, and what to do."""

log = Logger()


class MetricsEndpoint:
    """
    Serves metrics and health at some endpoints.

    It answers from the time when it is bound: also while the journal is opening, and while the server shuts down.
    """

    def __init__(
        self, reactor: Any, descriptions: Sequence[str], metrics: Callable[[str], tuple[bytes, str]], figures: Figures
    ) -> None:
        """
        @param descriptions: where to listen, as Twisted's server endpoint strings.
        @param metrics: see L{MonitoringFactory}.
        """
        self._reactor = reactor
        self._descriptions = descriptions
        self._factory = MonitoringFactory(reactor, metrics, lambda: figures.trouble)
        self.ports: list[Any] = []

    def check(self) -> None:
        """
        Check the endpoints before the server starts.

        @raise StartFailure: one cannot be used.  The error is one line that names it.
        """
        checkDescriptions(self._reactor, self._descriptions)

    def bind(self) -> None:
        """
        Listen, while the process still has the privilege to bind any port.

        @raise StartFailure: an endpoint cannot listen.  Then none does.
        """
        for description in self._descriptions:
            try:
                self.ports.append(self._listen(description))
            except Exception as e:
                for bound in self.ports:
                    bound.stopListening()
                self.ports = []
                why = toml.printable(f"{toml.shortened(description)}: {whyNotListening(e)}")
                raise StartFailure(f"metrics cannot be served at {why}") from e

    @property
    def isReachable(self) -> bool:
        """Whether other machines can reach a port."""
        return not all(_isLoopback(port) for port in self.ports)

    def announce(self) -> None:
        """Log where the metrics are, and warn if others can read them."""
        for description, port in zip(self._descriptions, self.ports, strict=True):
            log.info("Metrics are at {where}", where=_place(port) or description)
        if self.isReachable:
            log.warn(
                "Other machines can read the metrics, without a password: how many people are here and what the server"
                " refuses, but no names and no texts.  Listen at interface=127.0.0.1, or let a firewall choose who may"
            )

    def stop(self) -> Deferred[Any]:
        """
        Stop listening, and end the connections.

        @return: fires when that is done.
        """
        ports, self.ports = self.ports, []
        stopping = DeferredList([maybeDeferred(port.stopListening) for port in ports])
        self._factory.close()
        return stopping

    def _listen(self, description: str) -> Any:
        outcome: list[Any] = []
        _endpointOf(self._reactor, description).listen(self._factory).addBoth(outcome.append)
        if not outcome:
            raise StartFailure("it takes too long")
        if isinstance(outcome[0], Failure):
            outcome[0].raiseException()
        return outcome[0]


def checkDescriptions(reactor: Any, descriptions: Iterable[str]) -> None:
    """
    Check endpoints, without binding them.

    @param reactor: makes the endpoints.
    @param descriptions: see L{MetricsEndpoint}.
    @raise StartFailure: one cannot be used.  The error is one line that names it.
    """
    for description in descriptions:
        try:
            _endpointOf(reactor, description)
        except BadEndpoint as bad:
            what = f"the endpoint {toml.shortened(description)} for metrics cannot be used"
            raise StartFailure(toml.printable(f"{what}: {bad}")) from None


def _endpointOf(reactor: Any, description: str) -> Any:
    endpoint, proxied = endpointOf(reactor, description, PORT)
    if proxied:
        raise BadEndpoint("metrics are not served to proxies; leave out haproxy:")
    return endpoint


def _isLoopback(port: Any) -> bool:
    address = getattr(port.getHost(), "host", None)
    return address is None or ip_address(address).is_loopback


def _place(port: Any) -> str | None:
    """The URL of the metrics at a port; C{None} if it has no address."""
    host = port.getHost()
    address = getattr(host, "host", None)
    if address is None:
        return None
    return f"http://{f'[{address}]' if ':' in address else address}:{host.port}{METRICS}"
