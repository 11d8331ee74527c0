"""C{WHO}: lists users, also in the extended form (modern.ircdocs.horse, "WHO message"; IRCv3 whox)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twistchat.chat.model.bans.masks import BadMask, fullMask, normalizeMask, readGlob
from twistchat.chat.model.modes.room import prefixes
from twistchat.chat.model.names import fold
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.people.visibility import mayFind, visibleAddresses, visibleRooms
from twistchat.protocols.irc.commands.table import Command
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room
    from twistchat.chat.model.users import User
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

MAX_FOUND = 500
"""The most users that match a mask.  Askers with the privilege C{auspex} have no limit."""

ROOMS_A_STEP = 16
"""The number of a user's rooms that count as one step."""

FIELDS = "tcuihsnfdlaor"
"""
The fields of the extended form, in the order in which they are sent.  IRCv3 does not define C{d} (hops) and C{o} (the
level of a channel operator), but clients ask for them.
"""

UNDISCLOSED = "255.255.255.255"
"""The value for an address that the asker may not see."""

table = CommandTable(Command)


@dataclass(frozen=True, slots=True)
class Query:
    """
    The parameters after the mask.

    @ivar operators: whether to list operators of the server only.
    @ivar fields: letters of L{FIELDS}; C{None} for the plain form.
    @ivar token: the asker's token for the query.
    """

    operators: bool
    fields: str | None
    token: str

    @classmethod
    def read(cls, parameters: Sequence[str]) -> Query:
        """Parse the parameters after the mask: C{o}, C{%fields}, C{%fields,token}, or C{o%fields,token}."""
        flags, extended, rest = " ".join(parameters[:1]).partition("%")
        fields, _, token = rest.partition(",")
        fits = token.isascii() and token.isdigit() and len(token) <= 3
        return cls("o" in flags, fields if extended else None, token if fits else "0")

    def includes(self, user: User) -> bool:
        """Whether the query includes a user."""
        return not self.operators or user.operator is not None


@table.command("WHO", "[<mask> [o][%<fields>[,<token>]]]", "list people", "modern.ircdocs.horse, IRCv3 whox")
async def who(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{WHO}: lists the members of a channel, one user, or the users that match a mask."""
    mask = message.params[0] if message.params else "*"
    query = Query.read(message.params[1:])
    user = client.context.chat.state.users.named(mask)
    if mask.startswith("#"):
        await _listRoom(client, mask, query, reply)
    elif user is None:
        await _listMatches(client, mask, query, reply)
    elif query.includes(user):
        _showUser(client, user, _anyRoom(client.user, user), query, reply)
    reply.numeric(n.RPL_ENDOFWHO, middle(mask), "End of WHO list")


async def _listRoom(client: IrcConnection, name: str, query: Query, reply: Reply) -> None:
    """Reply with the members of a room."""
    room = client.context.chat.state.rooms.get(name)
    if room is None or room.secretTo(client.user):
        return
    for uid, member in list(room.members.items()):
        await reply.step()
        if room.members.get(uid) is member and mayFind(client.user, member.user) and query.includes(member.user):
            _showUser(client, member.user, room, query, reply)


async def _listMatches(client: IrcConnection, mask: str, query: Query, reply: Reply) -> None:
    """Reply with the users that match a mask, up to the limit."""
    try:
        matches = _readMask(mask)
    except BadMask as bad:
        reply.fail("INVALID_PARAMS", middle(mask), f"{str(bad).capitalize()} is wanted")
        return
    asker, users = client.user, client.context.chat.state.users
    left = None if asker.may("auspex") else MAX_FOUND
    for user in list(users):
        await reply.step(1 + len(user.rooms) // ROOMS_A_STEP)
        if (
            users.get(user.source.uid) is user
            and query.includes(user)
            and mayFind(asker, user)
            and matches(asker, user)
        ):
            _showUser(client, user, _anyRoom(asker, user), query, reply)
            left = None if left is None else left - 1
            if left == 0:
                return


def _readMask(mask: str) -> Callable[[User, User], bool]:
    """
    Parse a mask.

    @return: whether it matches a user, for an asker.
    @raise BadMask: it has too many wildcards.
    """
    if mask in {"0", "*", ""}:
        return lambda asker, user: True
    if "!" in mask or "@" in mask:
        whole = readGlob(normalizeMask(mask))
        return lambda asker, user: whole.matches(fullMask(user.source))
    if "*" not in mask and "?" not in mask:
        return lambda asker, user: False
    glob = readGlob(mask)

    def matches(asker: User, user: User) -> bool:
        source = user.source
        shown = (source.nick, source.username, source.host, source.realname, *visibleAddresses(asker, user))
        return any([glob.matches(fold(text)) for text in shown])

    return matches


def _anyRoom(asker: User, user: User) -> Room | None:
    return next(visibleRooms(asker, user), None)


def _showUser(client: IrcConnection, user: User, room: Room | None, query: Query, reply: Reply) -> None:
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
        "i": next(iter(visibleAddresses(client.user, user)), UNDISCLOSED),
        "h": source.host,
        "s": client.server,
        "n": source.nick,
        "f": flags,
        "d": "0",
        "l": str(int(user.idle(client.context.clock.seconds(), client.context.wall()))),
        "a": source.account or "0",
        "o": "n/a",
        "r": source.realname,
    }
    reply.numeric(n.RPL_WHOSPCRPL, *[values[field] for field in FIELDS if field in query.fields])
