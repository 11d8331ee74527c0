"""The wording of server notices, which operators receive with user mode s."""

from __future__ import annotations

from datetime import UTC, datetime

from twistchat.chat.model.events import SERVER, Killed, OperatorSet, ServerBanLifted, ServerBanSet, Source
from twistchat.chat.phrasing import sentence

Noted = OperatorSet | Killed | ServerBanSet | ServerBanLifted
"""The events that cause a server notice."""


def noted(event: Noted) -> str:
    """Describe an event in one sentence.  It may contain unchecked text of users."""
    by = sentence(event.source.shown) if event.source == SERVER else event.source.nick
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
    """A user's nick, username and host."""
    return f"{source.nick} ({source.username}@{source.host})"


def _because(reason: str) -> str:
    """The end of a sentence with a reason; empty if there is none."""
    return f": {reason}" if reason else ""


def _until(time: int | None) -> str:
    """When a ban ends: C{None} is never, else milliseconds since the epoch."""
    return "for ever" if time is None else f"until {datetime.fromtimestamp(time // 1000, UTC):%Y-%m-%d %H:%M} UTC"
