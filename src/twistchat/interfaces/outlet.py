"""The outlet: what the chat sees of one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from twistchat.chat.model.events import Entry, Source
    from twistchat.interfaces.dialect import IDialect


class IOutlet(Interface):
    """
    What the chat may do to one connection.

    If one of these methods raises, the error is logged and the session is disconnected.
    """

    def deliver(data: bytes) -> None:
        """
        Append bytes to the output waiting to be sent.  Never blocks, never raises, and never closes the connection
        within the call: a slow reader is disconnected later.  An audience looks this method up once, when the session
        joins it.
        """

    def tune(place: str) -> IDialect:
        """
        The dialect in which this session hears entries from a place.

        @param place: a room's folded name; C{""} for entries that belong to no room; L{WATCHED
            <twistchat.chat.fanout.audience.WATCHED>} for news of watched users; or L{NOTICES
            <twistchat.chat.fanout.audience.NOTICES>} for what the server tells its operators.
        """

    def echo(label: str, data: bytes) -> bytes:
        """
        Encode the outcome of this session's own request, which has a label.

        @param label: the label of that request.
        @param data: the entry in the dialect of this session.
        @return: what to deliver in its place; empty if the outlet delivers it itself.
        """

    def moved(old: str, entry: Entry, label: str | None) -> None:
        """
        A room of this session has another name.  Called after the room was notified.

        @param old: the room's folded name until now.
        @param entry: of a L{RoomRenamed <twistchat.chat.model.events.RoomRenamed>}.
        @param label: the label of this session's request that led to it; C{None} if there is none.
        """

    def rehosted(entry: Entry, before: Source) -> None:
        """
        Another user, who shares a room with this session's user, has another host.  Called after the entry was told.

        @param entry: of a L{HostSet <twistchat.chat.model.events.HostSet>}.
        @param before: the names of that user until now.
        """

    def disconnect(reason: str) -> None:
        """Tell the client the reason, then close the connection."""
