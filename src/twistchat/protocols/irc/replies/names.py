"""
The lines that list the members of a room (RPL_NAMREPLY), and those that were rendered before.

When many clients come back at once, each of them joins large rooms whose first members stay the same.  So these members
are rendered once for all of them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from twisted.internet.interfaces import IReactorTime

from twistchat.chat.model.modes.room import prefixes
from twistchat.protocols.irc.replies.reply import listNumerics
from twistchat.protocols.irc.replies.templates import splitAtNick
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.model.events import Source
    from twistchat.chat.model.rooms import Member, Room
    from twistchat.protocols.irc.protocol import IrcConnection

FEWEST: Final = 16
"""The fewest members whose lines are kept."""

MOST: Final = 2048
"""The most parts of lists that are kept.  Those that were not asked for longest are dropped."""

LIFETIME: Final = 60.0
"""Seconds until the lines are dropped."""

Key: TypeAlias = "tuple[str, int, bool, bool, int]"
"""The room's folded name, the index of the part, the format of a name (see L{_names}), and the length of the nick of
the client, which decides where a line is cut."""


class Members(NamedTuple):
    """
    What decides on the lines about some members of a room, beside the L{Key}.

    @ivar name: the room's name.
    @ivar secret: whether the room is secret.
    @ivar sources: the names of each member.
    @ivar ranks: the ranks of each member.
    """

    name: str
    secret: bool
    sources: list[Source]
    ranks: list[str]


class NameLists:
    """
    Lines about members that were rendered before.  They are compared with the members, so they are never out of date.
    """

    def __init__(self, clock: IReactorTime, most: int = MOST) -> None:
        """
        @param clock: drops the lines after L{LIFETIME}.
        @param most: see L{MOST}.
        """
        self._clock = clock
        self._most = most
        self._clearing = False
        self._parts: OrderedDict[Key, tuple[Members, Sequence[bytes]]] = OrderedDict()

    def get(self, key: Key, members: Members) -> Sequence[bytes] | None:
        """Find the lines about members, split at the nick of the client."""
        found = self._parts.get(key)
        if found is None or found[0] != members:
            return None
        self._parts.move_to_end(key)
        return found[1]

    def add(self, key: Key, members: Members, parts: Sequence[bytes]) -> None:
        """Keep the lines about members, at most for L{LIFETIME}."""
        if not self._clearing:
            self._clearing = True
            self._clock.callLater(LIFETIME, self._clear)
        self._parts[key] = members, parts
        self._parts.move_to_end(key)
        if len(self._parts) > self._most:
            self._parts.popitem(last=False)

    def _clear(self) -> None:
        self._parts.clear()
        self._clearing = False


def nameLines(client: IrcConnection, room: Room, index: int, members: Sequence[Member]) -> tuple[bytes, bool]:
    """
    The lines about some members of a room.

    @param index: the index of this part of the list.
    @return: the lines; and whether they were rendered before.
    """
    capabilities, nick = client.capabilities, client.nick
    several, whole = "multi-prefix" in capabilities, "userhost-in-names" in capabilities
    head = (nick, "@" if "s" in room.modes else "=", room.name)
    if len(members) < FEWEST:
        return b"".join(listNumerics(client.server, n.RPL_NAMREPLY, head, _names(members, several, whole))), False
    sources, ranks = [member.user.source for member in members], [member.ranks for member in members]
    encoded = nick.encode()
    content = Members(room.name, "s" in room.modes, sources, ranks)
    key = room.key, index, several, whole, len(encoded)
    parts = client.irc.names.get(key, content)
    if parts is not None:
        return encoded.join(parts), True
    lines = list(listNumerics(client.server, n.RPL_NAMREPLY, head, _names(members, several, whole)))
    parts = splitAtNick(lines, encoded)
    if parts is not None:
        client.irc.names.add(key, content, parts)
    return b"".join(lines), False


def _names(members: Iterable[Member], several: bool, whole: bool) -> Iterator[str]:
    """
    Format the names of members.

    @param several: whether a name has all prefixes of its ranks (IRCv3 multi-prefix).
    @param whole: whether a name has the username and the host (IRCv3 userhost-in-names).
    """
    for member in members:
        source, ranks = member.user.source, member.ranks
        name = f"{source.nick}!{source.username}@{source.host}" if whole else source.nick
        yield f"{prefixes(ranks if several else ranks[:1])}{name}" if ranks else name
