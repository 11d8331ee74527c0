"""The command that says how the server is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twistchat.net.monitoring import process
from twistchat.services.control.commands import Answer, Command, Commands, Nothing, Report

if TYPE_CHECKING:
    from twistchat.interfaces import Histogram
    from twistchat.net.monitoring.figures import Figures


class StatusCommands:
    """The command C{server.status}."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    @property
    def table(self) -> Commands:
        """The commands by their names."""
        return {"server.status": Command(Nothing, self.status, changes=False)}

    async def status(self, arguments: Nothing, report: Report) -> Answer:
        """Say how the server is.  See L{statusOf}."""
        return statusOf(self._figures)


def statusOf(figures: Figures) -> dict[str, Any]:
    """
    Describe the server, as a value for JSON.  Times are in seconds since the epoch, durations in seconds, sizes in
    bytes.

    @return: its keys are
        - C{version}, C{started}, C{uptime};
        - C{ready}: whether it accepts messages; C{trouble}: why it does not, or C{None};
        - C{sessions}: their number by the name of the door; C{users}, C{alwaysOn}, C{rooms}, C{accounts};
        - C{journal}: C{size}; C{waiting}, the events that are not stored yet; C{unindexed}, the entries that the word
          index does not have yet; C{failures}, the batches that could not be stored; C{commit} and C{queue}, see
          L{_latency};
        - C{lag}: the reactor's lag in the last five minutes, C{p50} and C{p99};
        - C{messages}, C{deliveries}: their numbers since the start;
        - C{unsent}: the bytes that wait for clients; C{slowReaders}: the clients that do not take what waits;
        - C{mails}: the mails that wait;
        - C{memory}, C{descriptors};
        - C{lastBackup}: the time of the last backup, or C{None}; C{backup}: its C{path} and C{size}; C{failure} and
          C{failed}, why and when the last attempt failed; C{making}, the part of one that is being made.  All may be
          C{None};
        - C{hour}: the last hour by the minute, oldest first; each with the keys of L{Minute
          <twistchat.net.monitoring.figures.Minute>}.
    """
    journal = figures.log.figures
    trouble = figures.trouble
    return {
        "version": figures.version,
        "started": round(figures.started, 3),
        "uptime": round(figures.uptime, 3),
        "ready": trouble is None,
        "trouble": trouble,
        "sessions": dict(sorted(figures.sessions().items())),
        "users": figures.users,
        "alwaysOn": figures.alwaysOn,
        "rooms": figures.rooms,
        "accounts": figures.accounts,
        "journal": {
            "size": journal.size(),
            "waiting": journal.waiting(),
            "unindexed": journal.unindexed(),
            "failures": journal.failures,
            "commit": _latency(journal.commits),
            "queue": _latency(journal.queued),
        },
        "lag": {"p50": figures.lag.quantile(0.5), "p99": figures.lag.quantile(0.99)},
        "messages": figures.messages,
        "deliveries": figures.deliveries,
        "unsent": figures.turn.unsent,
        "slowReaders": len(figures.turn.full),
        "mails": figures.mails(),
        "memory": process.memory(),
        "descriptors": process.descriptors(),
        "lastBackup": figures.lastBackup(),
        "backup": figures.backup(),
        "hour": [minute._asdict() for minute in figures.hour()],
    }


def _latency(histogram: Histogram) -> dict[str, float | None]:
    """Bounds that 50 and 99 of 100 observations since the start do not exceed; C{None} if no bound is known."""
    return {"p50": histogram.bound(0.5), "p99": histogram.bound(0.99)}
