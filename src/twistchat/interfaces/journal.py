"""A journal: a log and its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from twistchat.interfaces.history import IHistory
    from twistchat.interfaces.log import ILog


class Journal(NamedTuple):
    """
    A log, and the history that follows it.

    @ivar log: records events.
    @ivar history: reads what the log has recorded.
    """

    log: ILog
    history: IHistory
