"""The dialect: one way to encode an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from twistchat.chat.model.events import Entry


class IDialect(Interface):
    """
    One way to encode an entry: a protocol, with the capabilities that change the bytes of an event and the
    carrier's framing.

    Dialects are compared and hashed by what affects the bytes.  Sessions with equal dialects share one rendering.
    """

    def render(entry: Entry) -> bytes:
        """
        Encode an entry for its audience.

        @return: whole lines, framed as the carrier sends them; empty if this protocol does not report the event.  The
            same entry always gives the same bytes.  If this raises, the sessions of the dialect are disconnected.
        """
