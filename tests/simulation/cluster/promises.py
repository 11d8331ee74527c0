"""What must hold of several nodes together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.broken import Broken
from tests.simulation.machine.connection import Connection
from tests.simulation.promises.answers import Answers
from tests.simulation.promises.determinism import difference
from twistchat.journal.sqlite.maintenance.comparing import differences, digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.simulation.cluster.site import Site
    from tests.simulation.world import World

NOT_KNOWN = ":*** PRIVMSG: It is not known"
"""What a client without standard-replies reads if the outcome of its text is not known."""

KEPT = 64
"""The number of positions whose states are kept, to compare them with those of nodes that come later."""


class UnsureAnswers(Answers):
    """
    Who sends a text is told what became of it, or that it is not known.

    What was not known may be applied later.  Then a PONG that the client reads after that was sent before.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._unsure: set[int] = set()

    def connected(self, connection: Connection) -> None:
        """A client has no answers yet."""
        self._unsure.discard(connection.client.slot)

    def heard(self, connection: Connection, line: str) -> None:
        """See L{Answers}."""
        if "OUTCOME_UNKNOWN" in line or "is not known whether" in line:
            self._unsure.add(connection.client.slot)
            connection.sent.errors += NOT_KNOWN in line
        super().heard(connection, line)

    def isLate(self, connection: Connection, number: int) -> bool:
        """See L{Answers}."""
        return connection.client.slot not in self._unsure and super().isLate(connection, number)


class EqualStates:
    """The states of all nodes that have followed the stream to the same message are equal."""

    def __init__(self) -> None:
        self._states: dict[int, tuple[str, bytes]] = {}

    def look(self, sites: Iterable[Site]) -> None:
        """
        Compare the states of the nodes now with each other and with earlier ones.

        @raise Broken: they differ.
        """
        for site in sites:
            position = site.server.position if site.isRunning and site.server.isOpen else None
            if position is None:
                continue
            state = site.server.take()
            name, other = self._states.setdefault(position, (site.name, state))
            if state != other:
                raise Broken(
                    "the same on every node",
                    f"after message {position}, on {name} and {site.name}: {difference(other, state)}",
                )
        while len(self._states) > KEPT:
            del self._states[next(iter(self._states))]


def checkCopies(sites: Iterable[Site]) -> None:
    """
    Compare the copies of nodes that have nothing to do.

    @raise Broken: they differ.
    """
    found = {site.name: digest(site.file) for site in sites}
    first = next(iter(found))
    for name, hashes in found.items():
        if hashes != found[first]:
            raise Broken("equal copies", f"those of {first} and {name} differ in {differences(hashes, found[first])}")


def checkSessions(sites: Iterable[Site]) -> None:
    """
    Check that each session in the state has a connection at its node, when everything has come to rest.

    @raise Broken: one has none, or a client is connected without a session.
    """
    sites = [*sites]
    held = {
        session: site.server.chat.state.nodes.own
        for site in sites
        for user in site.server.chat.state.users
        for session in user.sessions
    }
    for site in sites:
        state = site.server.chat.state
        if state.nodes.orphans:
            raise Broken("sessions of lost nodes end", f"{site.name} has the orphans {[*state.nodes.orphans]}")
        for user in state.users:
            for session, node in user.elsewhere.items():
                if held.get(session) != node:
                    raise Broken(
                        "sessions of lost nodes end",
                        f"{user.nick} has a session of {node}, says {site.name}: {session}",
                    )
        for connection in site.connections.values():
            session_ = connection.session
            if session_ is not None and session_.user is None and connection.client.registered:
                raise Broken("sessions of lost nodes end", f"client {connection.client.slot} stays without a session")


def checkTexts(sites: Iterable[Site]) -> None:
    """
    Check that all nodes have applied all texts.

    @raise Broken: a node lacks one.
    """
    sites = [*sites]
    everything = {number for site in sites for number in site.ledger.texts}
    for site in sites:
        lacking = sorted(everything - site.ledger.texts.keys())
        if lacking:
            raise Broken("nothing is lost", f"{site.name} does not have {lacking}")
