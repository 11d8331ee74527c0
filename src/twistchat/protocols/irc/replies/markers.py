"""The reply with a read marker (IRCv3 read-marker)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import ChatError
from twistchat.wire.irc.cleaning import Stampclock

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply


def showMarker(time: int | None) -> str:
    """
    Write the time of a read marker: C{timestamp=} and the time, or C{*} if it is not known ("MARKREAD server command").

    @param time: milliseconds since the epoch.
    """
    return "*" if time is None else f"timestamp={Stampclock().show(time)}"


def replyMarker(client: IrcConnection, reply: Reply, name: str) -> None:
    """Reply with the read marker of a room that the client has joined.  It is not known if the room is not readable."""
    try:
        time = client.context.chat.markers.marker(client.openSession, name)
    except ChatError:
        time = None
    reply.line("MARKREAD", name, showMarker(time))
