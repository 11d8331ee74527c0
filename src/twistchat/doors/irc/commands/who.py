"""C{WHO}: lists of people, and their extended form (modern.ircdocs.horse, "WHO message"; IRCv3 whox)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from twistchat.chat.masks import Glob, fullMask, normalizeMask
from twistchat.chat.modes import prefixes
from twistchat.chat.names import fold
from twistchat.doors.irc.lists import rest
from twistchat.doors.irc.sight import addressesOf, finds, roomsOf
from twistchat.doors.irc.table import Table
from twistchat.doors.irc.words import shown
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.rooms import Room
    from twistchat.chat.users import User
    from twistchat.doors.irc.protocol import IrcConnection
    from twistchat.doors.irc.reply import Reply
    from twistchat.wire.irc.message import Message

MOST = 500
"""People that a mask brings up for those who do not see everyone anyway."""

AT_ONCE = 200
"""People who are told of in one turn of the reactor."""

FIELDS = "tcuihsnfdlaor"
"""
The fields of the extended form, in the order in which they are sent.  C{d} (how many servers away) and C{o} (a rank by
number) are in none of IRCv3's, and clients ask for them all the same.
"""

UNDISCLOSED = "255.255.255.255"
"""What stands for an address that is not for the asker to know."""

table = Table()


@dataclass(frozen=True, slots=True)
class Query:
    """
    What is asked for beside a mask.

    @ivar operators: whether operators of the server only.
    @ivar fields: letters of L{FIELDS}; C{None} for the plain form.
    @ivar token: what the asker calls the query.
    """

    operators: bool
    fields: str | None
    token: str

    @classmethod
    def read(cls, parameters: Sequence[str]) -> Query:
        """Read what stands behind the mask: C{o}, C{%fields}, C{%fields,token}, or C{o%fields,token}."""
        flags, extended, rest = " ".join(parameters[:1]).partition("%")
        fields, _, token = rest.partition(",")
        fits = token.isascii() and token.isdigit() and len(token) <= 3
        return cls("o" in flags, fields if extended else None, token if fits else "0")

    def wants(self, user: User) -> bool:
        """Whether a user is of those who are asked for."""
        return not self.operators or user.operator is not None


@table.command("WHO", "[<mask> [o][%<fields>[,<token>]]]", "list people", "modern.ircdocs.horse, IRCv3 whox")
async def who(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{WHO}: of a channel, a nick, or all whom a mask brings up."""
    mask = message.params[0] if message.params else "*"
    query = Query.read(message.params[1:])
    users = client.backstage.chat.state.users
    for count, (user, room) in enumerate(list(_found(client, mask, query))):
        if count and not count % AT_ONCE and not await rest(client, reply):
            return
        uid = user.source.uid
        if users.get(uid) is user and (room is None or uid in room.members):
            _tell(client, user, room, query, reply)
    reply.numeric(n.RPL_ENDOFWHO, shown(mask), "End of WHO list")


def _found(client: IrcConnection, mask: str, query: Query) -> Iterator[tuple[User, Room | None]]:
    """Whom a mask brings up, each with the room with which they are shown."""
    asker, state = client.user, client.backstage.chat.state
    if mask.startswith("#"):
        room = state.rooms.get(mask)
        members = [] if room is None or room.secretTo(asker) else room.members.values()
        for member in members:
            if finds(asker, member.user) and query.wants(member.user):
                yield member.user, room
        return
    user = state.users.named(mask)
    if user is not None:
        if query.wants(user):
            yield user, _anyRoom(asker, user)
        return
    found = (user for user in state.users if query.wants(user) and finds(asker, user) and _matches(asker, mask, user))
    for user in found if asker.may("auspex") else islice(found, MOST):
        yield user, _anyRoom(asker, user)


def _matches(asker: User, mask: str, user: User) -> bool:
    if mask in {"0", "*", ""}:
        return True
    source = user.source
    if "!" in mask or "@" in mask:
        return Glob(normalizeMask(mask)).matches(fullMask(source))
    if "*" not in mask and "?" not in mask:
        return False
    shown = (source.nick, source.username, source.host, source.realname, *addressesOf(asker, user))
    return any([Glob(fold(mask)).matches(fold(text)) for text in shown])


def _anyRoom(asker: User, user: User) -> Room | None:
    return next(iter(roomsOf(asker, user)), None)


def _tell(client: IrcConnection, user: User, room: Room | None, query: Query, reply: Reply) -> None:
    source, where = user.source, "*" if room is None else room.name
    flags = "H" if user.away is None else "G"
    if user.operator is not None:
        flags += "*"
    if room is not None:
        ranks = room.members[source.uid].ranks
        flags += prefixes(ranks if "multi-prefix" in client.capabilities else ranks[:1])
    if source.bot:
        flags += "B"
    if query.fields is None:
        reply.numeric(
            n.RPL_WHOREPLY,
            where,
            source.username,
            source.host,
            client.server,
            source.nick,
            flags,
            f"0 {source.realname}",
        )
        return
    values = {
        "t": query.token,
        "c": where,
        "u": source.username,
        "i": next(iter(addressesOf(client.user, user)), UNDISCLOSED),
        "h": source.host,
        "s": client.server,
        "n": source.nick,
        "f": flags,
        "d": "0",
        "l": str(int(user.idle(client.backstage.clock.seconds()))),
        "a": source.account or "0",
        "o": "n/a",
        "r": source.realname,
    }
    reply.numeric(n.RPL_WHOSPCRPL, *[values[field] for field in FIELDS if field in query.fields])
