"""Restores the state when a journal on disk is opened, and finishes what the last process left undone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from twistchat.journal.sqlite.rebuilding import rebuild

if TYPE_CHECKING:
    from twistchat.interfaces import Apply
    from twistchat.journal.sqlite.writing.writer import Writer


def restore(writer: Writer, now: int, apply: Apply) -> None:
    """
    Apply the entries that hold something, and those that were stored and neither applied nor refused.

    @param now: the time, in milliseconds since the epoch.
    @raise Fault: the file cannot be read or written.
    """
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
