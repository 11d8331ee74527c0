"""What one user may know of another: whether they are found, in which rooms they are, and from where they come."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from twistchat.chat.model.masks import Glob
from twistchat.chat.model.names import fold
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room
    from twistchat.chat.model.users import User
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply


def seesAll(asker: User, user: User) -> bool:
    """Whether a user is theirs to know closely: themselves; or anyone, for an operator who sees all."""
    return asker is user or asker.may("auspex")


def mayFind(asker: User, user: User) -> bool:
    """
    Whether a user comes up where nobody asked for their nick (modern.ircdocs.horse, "Invisible User Mode").
    """
    return "i" not in user.flags or seesAll(asker, user) or not asker.rooms.keys().isdisjoint(user.rooms.keys())


def visibleRooms(asker: User, user: User, rooms: Collection[Room] | None = None) -> Iterator[Room]:
    """
    The rooms of a user of which the asker may know: those that they share, and behind them, where the user is not
    invisible, those that are not secret.  An operator who sees all is told all of them.

    @param rooms: some of the user's rooms; all of them, where it is C{None}.
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
    The IP addresses from which a user comes, as far as the asker may know them, fit to be a parameter: none begins with
    a colon (modern.ircdocs.horse, "RPL_WHOISACTUALLY").
    """
    if not seesAll(asker, user):
        return []
    known = dict.fromkeys(session.address for session in user.sessions.values() if session.address)
    return [f"0{address}" if address.startswith(":") else address for address in known]


def isOtherServer(client: IrcConnection, target: str, reply: Reply) -> bool:
    """
    Whether a query is for another server; there is none, which is then answered.

    @param target: a server's name, with wildcards or without; or the nick of someone, who is on this one.
    """
    here = Glob(fold(target)).matches(fold(client.server)) or client.context.chat.state.users.named(target) is not None
    if not here:
        reply.numeric(n.ERR_NOSUCHSERVER, middle(target), "No such server")
    return not here
