"""Checks the endpoints of a configuration, and what a node of a cluster needs, without a server."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from twistchat.config import ClusterSettings, Settings
from twistchat.config.cluster import FILES, MISSING, SECRETS
from twistchat.config.toml import printable, shortened
from twistchat.interfaces import IDoor
from twistchat.net.listening.endpoints import PROXY, BadEndpoint, endpointOf
from twistchat.services.announcing import mistakesIn
from twistchat.services.failure import StartFailure
from twistchat.services.listener import plan

SYSTEMD = "systemd:"
"""The prefix of endpoints that exist only if systemd starts the server."""


def checkEndpoints(doors: Iterable[IDoor], settings: Settings, reactor: Any) -> Iterator[str]:
    """
    Check the endpoints of a configuration, and the certificates and keys that they name.

    @param doors: the installed doors.
    @param reactor: makes the endpoints, which are not bound.
    @return: what may be a mistake: a sentence for each.
    @raise StartFailure: a server cannot start with an endpoint.
    """
    listeners = plan(doors, settings)
    if not listeners:
        raise StartFailure("no door listens anywhere; name an endpoint in [listen]")
    for listener in listeners:
        description = listener.description
        if description.removeprefix(PROXY).startswith(SYSTEMD):
            yield f"{shortened(description)} was not checked, because it exists only if systemd starts the server"
            continue
        try:
            endpointOf(reactor, description, listener.usualPort)
        except BadEndpoint as bad:
            what = f"the {listener.door.name} door's endpoint {shortened(description)} cannot be used"
            raise StartFailure(printable(f"{what}: {bad}")) from None
    if settings.metrics.endpoint:
        _checkMetrics(settings.metrics.endpoint, reactor)
    yield from mistakesIn(listeners, settings)


def checkCluster(cluster: ClusterSettings) -> Iterator[str]:
    """
    Check what a node of a cluster needs on its machine.  The brokers are not asked.

    @return: what may be a mistake: a sentence for each.
    @raise StartFailure: a node cannot start.
    """
    if find_spec("nats") is None:
        raise StartFailure(MISSING)
    for key in FILES:
        name = getattr(cluster, key)
        if not name:
            continue
        shown = f"cluster.{key}: {printable(shortened(name))}"
        try:
            with Path(name).open("rb") as file:
                file.read(1)
            isOpen = Path(name).stat().st_mode & stat.S_IROTH
        except OSError as e:
            raise StartFailure(f"{shown} cannot be read: {e.strerror or e}") from None
        if isOpen and key in SECRETS:
            yield f"{shown} is a secret, and everybody on this machine can read it"


def _checkMetrics(descriptions: Iterable[str], reactor: Any) -> None:
    """
    Check where metrics are served, and that what writes them is installed.

    @raise StartFailure: a server cannot start so.
    """
    from twistchat.services.monitoring.endpoint import MISSING, checkDescriptions

    if find_spec("prometheus_client") is None:
        raise StartFailure(MISSING)
    checkDescriptions(reactor, descriptions)
