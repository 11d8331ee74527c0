"""A node: one process of twistchat, with its own data and its own doors."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.cluster.processes import Process, lastingPort
from bench.fire.stage import CONFIGURATION, DIE, toml
from bench.servers import TWISTD
from twistchat.journal.sqlite.files import FILE

WRITERS, READERS = "127.0.0.1", "127.0.0.2"
"""The address of clients without limits on rates, and that of clients for whom the default limits hold."""

SETTINGS: Mapping[str, object] = {"server.data": "data", "limits.exempt": [f"{WRITERS}/32"]}
"""The settings of every node."""

OPEN = "The %s door is open"
"""What a node logs when clients can come in at a door."""

DATA = "data"
"""The folder of its data, in its working directory."""


class Node(Process):
    """
    One node.

    @ivar ports: its ports C{irc} and C{line}.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.ports = {door: lastingPort() for door in ("irc", "line")}
        super().__init__(name, folder, self.ports["irc"])

    def configure(self, settings: Mapping[str, object]) -> None:
        """Write its configuration.  The settings are added to those of every node."""
        listening = {f"listen.{door}": f"tcp:{port}:interface=127.0.0.1" for door, port in self.ports.items()}
        (self.folder / CONFIGURATION).write_text(toml({**SETTINGS, **listening, **settings}))

    def command(self) -> Sequence[str]:
        """See L{Process.command}."""
        options = ["--reactor=asyncio", "-n", "--pidfile=", "twistchat", f"--config={CONFIGURATION}"]
        return [sys.executable, "-c", DIE + TWISTD, *options]

    def isReady(self) -> bool:
        """Whether all doors are open.  Before that, its ports accept connections that nobody reads."""
        output = self.output(life=True)
        return all(OPEN % door in output for door in self.ports)

    @property
    def data(self) -> Path:
        """The folder of its data."""
        return self.folder / DATA

    @property
    def copy(self) -> Path:
        """The file of its copy of the journal."""
        return self.data / FILE


def clustered(name: str, servers: Sequence[int], monitors: Sequence[int]) -> dict[str, object]:
    """
    Return the settings of a node of a cluster.

    @param name: its name.
    @param servers: the ports at which it reaches the brokers.
    @param monitors: the monitoring ports of all brokers.  All of them store the stream.
    """
    return {
        "journal.kind": "jetstream",
        "cluster.node": name,
        "cluster.servers": [f"nats://127.0.0.1:{port}" for port in servers],
        "cluster.monitoring": [f"http://127.0.0.1:{port}" for port in monitors],
        "cluster.replicas": len(monitors),
    }
