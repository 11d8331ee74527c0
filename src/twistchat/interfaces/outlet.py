"""The outlet: the interface between the chat and one connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from twistchat.chat.model.events import Entry, Source
    from twistchat.interfaces.dialect import IDialect


class IOutlet(Interface):
    """
    The output side of one connection, as the chat uses it.

    If one of these methods raises, the error is logged and the session is disconnected.
    """

    def deliver(data: bytes) -> None:
        """
        Append bytes to the output waiting to be sent.  This never blocks, raises, or closes the connection within the
        call: slow readers are disconnected later.  An audience looks up this method once, when the session joins it.
        """

    def dialectFor(place: str) -> IDialect:
        """
        The dialect for entries that reach this session from a place.

        @param place: a room's folded name; C{""} for entries that belong to no room; L{WATCHED
            <twistchat.chat.fanout.audience.WATCHED>} for news of watched users; or L{NOTICES
            <twistchat.chat.fanout.audience.NOTICES>} for what the server tells its operators.
        """

    def echo(label: str, data: bytes) -> bytes:
        """
        Encode the entry that results from a labelled request of this session.

        @param label: the label of the request.
        @param data: the entry in the dialect of this session.
        @return: the bytes to deliver instead; empty if the outlet delivers the entry itself.
        """

    def roomRenamed(old: str, entry: Entry, label: str | None) -> None:
        """
        A room of this session was renamed.  Called after the room was notified.

        @param old: the room's folded name until now.
        @param entry: the entry of the L{RoomRenamed <twistchat.chat.model.events.RoomRenamed>}.
        @param label: the label, if a labelled request of this session led to the entry; otherwise C{None}.
        """

    def hostChanged(entry: Entry, before: Source) -> None:
        """
        The host of another user, who shares a room with this session's user, has changed.  Called after the entry was
        delivered.

        @param entry: the entry of the L{HostSet <twistchat.chat.model.events.HostSet>}.
        @param before: the previous names of that user.
        """

    def attached(entry: Entry, before: Source, left: Sequence[str]) -> None:
        """
        This session went over to another user, because it logged in to that user's account.  It is in the rooms of that
        user now.  Called before it gets any entry as that user.

        @param entry: the entry of the L{SessionMoved <twistchat.chat.model.events.SessionMoved>}.
        @param before: the names of the session's user until now.
        @param left: the names of the rooms of that user.
        """

    def nickClaimed(nick: str, seconds: float) -> None:
        """
        The nick of this session's user belongs to an account that the user is not logged in to.

        @param seconds: the time to log in.  After that the user gets another nick.
        """

    def roomEntered(room: str) -> None:
        """
        The user of this session, who has several, has joined a room, in one of them.  Called after the room's audience
        got the entry.  The protocol of the session that asked for it ignores the call.

        @param room: the room's name.
        """

    def inboxWaiting() -> None:
        """
        Private texts wait for the account that this session has just logged in to.  The protocol shows them after its
        reply to the login, with L{showInboxLater <twistchat.net.client.inbox.showInboxLater>}.
        """

    def markerMoved(target: str, time: int) -> None:
        """
        A read marker of this session's user has moved, because of this session or another one of the user.  The
        protocol of the session that asked for it ignores the call.

        @param target: the name of the room, or the nick of the other user.
        @param time: the time of the last text that the user has read, in milliseconds since the epoch.
        """

    def disconnect(reason: str) -> None:
        """Tell the client the reason, then close the connection."""
