"""Restores the state when a journal on disk is opened, and finishes what the last process left undone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from twisted.logger import Logger

from twistchat.journal.sqlite.rebuilding import rebuild

if TYPE_CHECKING:
    from twistchat.interfaces import Apply
    from twistchat.journal.sqlite.writing.writer import Writer

log = Logger()


def restore(writer: Writer, now: int, apply: Apply) -> None:
    """
    Apply the entries that hold something, and those that were stored and neither applied nor refused.

    The snapshot of a cluster is deleted, because the journal goes on without it.

    @param now: the time, in milliseconds since the epoch.
    @raise Fault: the file cannot be read or written.
    """
    if writer.dropSnapshot():
        log.warn("This journal belonged to a node of a cluster.  It is used alone now, and cannot go back")
    rebuilding = rebuild(writer.held(), writer.constants.name, now, apply)
    refused = rebuilding.refused
    writer.endBans(rebuilding.over)
    if rebuilding.accepted:
        writer.accept(rebuilding.accepted)
    if rebuilding.undecided & refused:
        writer.forget(json.dumps(sorted(rebuilding.undecided & refused)))
    writer.scrub()
    rename = writer.pendingRename()
    if rename in refused:
        writer.forget(json.dumps([rename]))
    elif rename is not None:
        writer.rename(rename)
