"""
The figures in the formats of Prometheus.

This module imports prometheus_client, which is an extra.  A server without C{--metrics} does not import it.  Of that
library it uses the formats only: no threads, no WSGI, and not the registry that all users of the library share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector, CollectorRegistry

from twistchat.net.limits.refusals import DROPS
from twistchat.net.monitoring import process

if TYPE_CHECKING:
    from twistchat.interfaces import Histogram
    from twistchat.net.monitoring.figures import Figures

Labelled: TypeAlias = "Iterable[tuple[tuple[str, ...], float]]"
"""Values with the values of their labels."""

_OPEN_METRICS: Final = re.compile(
    r"(?i)(?:^|,)[ \t]*application/openmetrics-text[ \t]*(?=[;,]|$)(?![^,]*;[ \t]*version=(?!1\.0\.0[ \t]*(?:[;,]|$)))"
)
"""
Finds OpenMetrics 1.0.0, or OpenMetrics without a version, in a header C{Accept}.  The library's parser raises errors
for versions that are no numbers, so it never sees what clients send.
"""


class Exporter:
    """Writes the figures when Prometheus asks for them."""

    def __init__(self, figures: Figures) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(FiguresCollector(figures))

    def write(self, accept: str) -> tuple[bytes, str]:
        """
        Write all metrics.

        @param accept: the header C{Accept} of the request; C{""} without one.
        @return: the text, and its content type: OpenMetrics if the header asks for it, or Prometheus's own.
        """
        wanted = "application/openmetrics-text; version=1.0.0" if _OPEN_METRICS.search(accept) else ""
        encode, contentType = choose_encoder(wanted)
        return encode(self._registry), contentType


class FiguresCollector(Collector):
    """Reads the figures once for each scrape."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """See C{Collector.collect}."""
        yield from self._server()
        yield from self._people()
        yield from self._traffic()
        yield from self._journal()
        yield from self._cluster()
        yield from _process(self._figures.started)

    def _server(self) -> Iterator[Metric]:
        figures = self._figures
        yield InfoMetricFamily("twistchat_build", "The version of the server.", {"version": figures.version})
        yield _histogram(
            "twistchat_reactor_lag_seconds",
            "How late the reactor makes a call, measured twice a second.",
            figures.lag.histogram,
        )
        tasks = figures.log.figures.tasks()
        yield _counters("twistchat_tasks", "Steps of background tasks that were done.", ("task",), _each(tasks))
        yield GaugeMetricFamily("twistchat_mails_waiting", "Mails that wait to be sent.", figures.mails())
        if figures.backup() is not None:
            outcomes = {"made": figures.backups(), "failed": figures.failedBackups()}
            yield _counters("twistchat_backups", "Backups by outcome.", ("outcome",), _each(outcomes))
            yield GaugeMetricFamily(
                "twistchat_last_backup_timestamp_seconds",
                "The time of the newest good backup, since the epoch; 0 if there is none.",
                figures.lastBackup() or 0.0,
            )

    def _people(self) -> Iterator[Metric]:
        figures = self._figures
        yield _gauges("twistchat_sessions", "Sessions, by door.", ("door",), _each(figures.sessions()))
        yield GaugeMetricFamily(
            "twistchat_unregistered_connections", "Connections whose users have not entered yet.", figures.unregistered
        )
        yield GaugeMetricFamily("twistchat_users", "Users.", figures.users)
        yield GaugeMetricFamily(
            "twistchat_always_on_users", "Users who stay when their last session ends.", figures.alwaysOn
        )
        yield GaugeMetricFamily("twistchat_rooms", "Rooms.", figures.rooms)
        yield GaugeMetricFamily("twistchat_accounts", "Registered accounts.", figures.accounts)
        logins = figures.logins
        outcomes = {
            "succeeded": _from0(logins.KINDS, logins.succeeded),
            "failed": _from0((*logins.KINDS, "totp"), logins.failed),
            "throttled": _from0(logins.THROTTLES, logins.throttled),
        }
        yield _counters(
            "twistchat_logins",
            "Logins by outcome. The kind is that of the credential; of throttled logins, what had too many.",
            ("outcome", "kind"),
            [((outcome, kind), count) for outcome, kinds in outcomes.items() for kind, count in kinds.items()],
        )

    def _traffic(self) -> Iterator[Metric]:
        figures = self._figures
        events = figures.log.figures.events
        yield _counters(
            "twistchat_events", "Events that the journal has accepted, by class.", ("event",), _each(events)
        )
        yield CounterMetricFamily(
            "twistchat_deliveries",
            "Deliveries: an event that five sessions hear counts five times.",
            figures.deliveries,
        )
        yield _counters(
            "twistchat_refusals",
            "Commands that were refused, by the code of the error.",
            ("reason",),
            _each(figures.refusals.refused),
        )
        yield _counters(
            "twistchat_drops",
            "Connections that the server refused or ended, by reason.",
            ("reason",),
            _each(_from0(DROPS, figures.refusals.dropped)),
        )
        yield GaugeMetricFamily("twistchat_output_waiting_bytes", "Output that waits for clients.", figures.turn.unsent)
        yield GaugeMetricFamily(
            "twistchat_slow_readers",
            "Connections that do not take the output that waits for them.",
            len(figures.turn.full),
        )

    def _journal(self) -> Iterator[Metric]:
        figures = self._figures
        journal = figures.log.figures
        yield GaugeMetricFamily(
            "twistchat_journal_ready", "Whether the journal accepts messages: 1 or 0.", int(figures.trouble is None)
        )
        yield GaugeMetricFamily("twistchat_journal_size_bytes", "The size of the journal on disk.", journal.size())
        yield CounterMetricFamily(
            "twistchat_journal_written_bytes", "Bytes of entries that were stored.", journal.bytes
        )
        yield GaugeMetricFamily(
            "twistchat_journal_waiting_events", "Events that are not stored yet.", journal.waiting()
        )
        yield GaugeMetricFamily(
            "twistchat_journal_unindexed_entries",
            "Entries that the word index does not have yet, approximately.",
            journal.unindexed(),
        )
        yield CounterMetricFamily(
            "twistchat_journal_failed_batches", "Batches of events that could not be stored.", journal.failures
        )
        yield _histogram(
            "twistchat_journal_commit_seconds", "The time to store a batch and to sync the disk.", journal.commits
        )
        yield _histogram(
            "twistchat_journal_queue_seconds",
            "The time that the oldest event of a batch waited for earlier batches.",
            journal.queued,
        )

    def _cluster(self) -> Iterator[Metric]:
        """The metrics of a node; a server that is alone has none of them."""
        overview = self._figures.cluster
        if overview is None:
            return
        yield GaugeMetricFamily(
            "twistchat_cluster_nodes", "Nodes that take part, as this one knows.", len(overview["members"])
        )
        yield GaugeMetricFamily(
            "twistchat_cluster_connected", "Whether a broker is connected: 1 or 0.", int(overview["connected"])
        )
        yield GaugeMetricFamily(
            "twistchat_cluster_lag_messages", "Messages of the stream that this node has to follow.", overview["lag"]
        )
        yield GaugeMetricFamily(
            "twistchat_cluster_behind_entries", "Entries that wait for the disk of this node.", overview["behind"]
        )
        yield GaugeMetricFamily(
            "twistchat_cluster_in_flight_events",
            "Events that this node has proposed, and that have not come back.",
            overview["inFlight"],
        )
        yield CounterMetricFamily(
            "twistchat_cluster_elections", "Changes of the broker that leads the stream.", overview["elections"]
        )
        yield CounterMetricFamily(
            "twistchat_cluster_reconnections", "Connections to brokers after the first.", overview["reconnections"]
        )
        replicas = overview["replicas"].values()
        states = {"current": sum(replicas), "behind": len(replicas) - sum(replicas)}
        yield _gauges(
            "twistchat_cluster_replicas",
            "Brokers that have the stream, beside its leader, by state.",
            ("state",),
            _each(states),
        )


def _process(started: float) -> Iterator[Metric]:
    """The metrics of a process that have the same names for all programs."""
    yield GaugeMetricFamily("process_resident_memory_bytes", "Resident memory size in bytes.", process.memory())
    yield CounterMetricFamily(
        "process_cpu_seconds", "Total user and system CPU time spent in seconds.", process.cpuTime()
    )
    yield GaugeMetricFamily("process_open_fds", "Number of open file descriptors.", process.descriptors())
    yield GaugeMetricFamily("process_max_fds", "Maximum number of open file descriptors.", process.mostDescriptors())
    yield GaugeMetricFamily(
        "process_start_time_seconds", "Start time of the process since unix epoch in seconds.", started
    )


def _from0(names: Iterable[str], counts: Mapping[str, int]) -> Mapping[str, int]:
    """Add 0 for these names, so that Prometheus sees the first step of a counter."""
    return {**dict.fromkeys(names, 0), **counts}


def _each(counts: Mapping[str, int]) -> Labelled:
    return [((name,), count) for name, count in counts.items()]


def _gauges(name: str, text: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for label, value in values:
        family.add_metric(label, value)
    return family


def _counters(name: str, text: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    family = CounterMetricFamily(name, text, labels=labels)
    for label, value in values:
        family.add_metric(label, value)
    return family


def _histogram(name: str, text: str, histogram: Histogram) -> Metric:
    """Make a histogram, whose buckets contain those below them."""
    buckets: list[tuple[str, float]] = []
    total = 0
    for bound, count in zip((*map(str, histogram.bounds), "+Inf"), histogram.counts, strict=True):
        total += count
        buckets.append((bound, total))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=histogram.sum)
