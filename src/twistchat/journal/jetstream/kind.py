"""Puts the journal of a cluster together."""

from __future__ import annotations

from twistchat import __version__
from twistchat.interfaces import Journal, JournalContext
from twistchat.journal.history.sqlite import SqliteHistory
from twistchat.journal.jetstream.log import ReplicatedLog
from twistchat.journal.jetstream.nats.stream import NatsStream
from twistchat.journal.jetstream.participation import Node
from twistchat.journal.kinds import retentionOf
from twistchat.journal.sqlite.copy import SqliteCopy


def makeJournal(context: JournalContext) -> Journal:
    """
    Make the journal of a node.

    @param context: its C{cluster} and C{replica} are there.
    """
    assert context.replica is not None
    chosen, cluster = context.settings, context.cluster
    copy = SqliteCopy(
        context.directory,
        context.now,
        context.worker,
        chosen.keepPassing,
        clock=context.clock,
        failed=lambda why: log.fail(why),
        damaged=lambda why: log.fail(why),
    )
    log = ReplicatedLog(
        NatsStream(cluster, context.clock),
        copy,
        context.clock,
        context.replica,
        Node(cluster.node, context.name, __version__, context.agreed),
        context.name,
        context.key,
        context.stop,
        promiseOf(cluster.durability, cluster.replicas),
    )
    return Journal(log, SqliteHistory(copy, retentionOf(context), context.clock, searchTime=chosen.searchTime))


def promiseOf(durability: str, replicas: int) -> str:
    """What the log tells the administrator at start."""
    where = f"on {replicas} brokers" if replicas > 1 else "on one broker, which must not be lost"
    if durability == "full":
        return f"The journal is a stream {where}; messages are stored there before anyone sees them."
    return (
        f"The journal is a stream {where}, with relaxed durability: if their power fails, what was said in the last"
        " moments is lost, though people have seen it."
    )
