"""What the server tells its operators, in words (user mode s)."""

from __future__ import annotations

from datetime import UTC, datetime

from twistchat.chat.model.events import Killed, OperatorSet, ServerBanLifted, ServerBanSet, Source

Noted = OperatorSet | Killed | ServerBanSet | ServerBanLifted
"""The events of which operators are told."""


def noted(event: Noted) -> str:
    """An event as one sentence.  It may hold anything that users wrote."""
    by = event.source.nick
    match event:
        case OperatorSet(title=None):
            return f"{_known(event.source)} is no operator of the server any more"
        case OperatorSet():
            return f"{_known(event.source)} is an operator of the server: {event.title}"
        case Killed():
            return f"{by} killed {_known(event.killed)}{_because(event.reason)}"
        case ServerBanSet():
            return f"{by} banned {event.mask} {_until(event.until)}{_because(event.reason)}"
        case ServerBanLifted():
            return f"{by} lifted the ban on {event.mask}"


def _known(source: Source) -> str:
    """Someone as operators know them."""
    return f"{source.nick} ({source.username}@{source.host})"


def _because(reason: str) -> str:
    """A reason as it ends a sentence."""
    return f": {reason}" if reason else ""


def _until(time: int | None) -> str:
    """How long something holds: C{None} is for ever, else milliseconds since the epoch."""
    return "for ever" if time is None else f"until {datetime.fromtimestamp(time // 1000, UTC):%Y-%m-%d %H:%M} UTC"
