"""Visibility: which users a client finds, and which of their rooms and addresses it sees."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from twistchat.chat.model.bans.masks import Glob
from twistchat.chat.model.names import fold
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room
    from twistchat.chat.model.users import User
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply


def seesAll(asker: User, user: User) -> bool:
    """Whether the asker sees everything about a user: it is the same user, or the asker has the privilege C{auspex}."""
    return asker is user or asker.may("auspex")


def mayFind(asker: User, user: User) -> bool:
    """
    Whether a user is in the result of a query that does not name the nick (modern.ircdocs.horse, "Invisible User
    Mode").
    """
    return "i" not in user.flags or seesAll(asker, user) or not asker.rooms.keys().isdisjoint(user.rooms.keys())


def visibleRooms(asker: User, user: User, rooms: Collection[Room] | None = None) -> Iterator[Room]:
    """
    Get the rooms of a user that the asker may see.

    These are the shared rooms, and then, unless the user is invisible, the rooms that are not secret.  An asker with
    the privilege C{auspex} sees all.

    @param rooms: some of the user's rooms; C{None} for all.
    """
    if rooms is None:
        rooms = user.rooms.values()
    if seesAll(asker, user):
        yield from rooms
        return
    uid = asker.source.uid
    for room in rooms:
        if uid in room.members:
            yield room
    if "i" not in user.flags:
        for room in rooms:
            if uid not in room.members and not room.secretTo(asker):
                yield room


def visibleAddresses(asker: User, user: User) -> list[str]:
    """
    Get the IP addresses of a user that the asker may see, as valid parameters: none begins with a colon
    (modern.ircdocs.horse, "RPL_WHOISACTUALLY").
    """
    if not seesAll(asker, user):
        return []
    known = dict.fromkeys(session.address for session in user.sessions.values() if session.address)
    return [f"0{address}" if address.startswith(":") else address for address in known]


def isOtherServer(client: IrcConnection, target: str, reply: Reply) -> bool:
    """
    Check whether a query is for another server, and reply that there is none.

    @param target: a server's name, possibly with wildcards; or a nick, whose user is on this server.
    """
    here = Glob(fold(target)).matches(fold(client.server)) or client.context.chat.state.users.named(target) is not None
    if not here:
        reply.numeric(n.ERR_NOSUCHSERVER, middle(target), "No such server")
    return not here
