"""LIST: the channels there are, as many as it takes, without keeping anyone waiting for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from twistchat.chat.masks import Glob
from twistchat.chat.names import fold
from twistchat.doors.irc.lists import rest
from twistchat.doors.irc.table import Table
from twistchat.doors.irc.words import shown
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.chat.rooms import Room
    from twistchat.doors.irc.protocol import IrcConnection
    from twistchat.doors.irc.reply import Reply
    from twistchat.wire.irc.message import Message

Condition: TypeAlias = "Callable[[Room], bool]"

ROOMS_AT_ONCE = 50
"""Rooms that are looked at in one turn of the reactor."""

table = Table()


@table.command(
    "LIST",
    "[<channel>{,<channel>}] [<condition>{,<condition>}]",
    "list the channels",
    "modern.ircdocs.horse, ISUPPORT ELIST",
)
async def list_(client: IrcConnection, message: Message, reply: Reply) -> None:
    """
    C{LIST}: all that the client may know of; or those of some names, masks, sizes and times.

    The list leaves as fast as the client reads it, so that it never is what makes it too slow a reader.
    """
    wanted = [word for parameter in message.params[:2] for word in parameter.split(",") if word]
    listed = _Filter(client.backstage.wall())
    reply.numeric(n.RPL_LISTSTART, "Channel", "Users  Name")
    for word in wanted:
        if not listed.take(word):
            reply.fail("INVALID_PARAMS", shown(word), f"No condition: {word}.  There are >n, <n, C>n, C<n, T>n, T<n")
            reply.numeric(n.RPL_LISTEND, "End of /LIST")
            return
    rooms = client.backstage.chat.listed(client.openSession)
    for start in range(0, len(rooms), ROOMS_AT_ONCE):
        if start and not await rest(client, reply):
            return
        for room in rooms[start : start + ROOMS_AT_ONCE]:
            if listed.holds(room):
                topic = "" if room.topic is None else room.topic.text
                reply.numeric(n.RPL_LIST, room.name, str(len(room.members)), topic)
    reply.numeric(n.RPL_LISTEND, "End of /LIST")


class _Filter:
    """
    Which rooms are wanted: those of any name or mask that is given, that none of the masks with C{!} meets, and for
    which every condition holds.
    """

    def __init__(self, now: float) -> None:
        """
        @param now: seconds since the epoch.
        """
        self._now = now
        self._masks: list[Glob] = []
        self._unwanted: list[Glob] = []
        self._conditions: list[Condition] = []

    def take(self, word: str) -> bool:
        """
        Take a name, a mask or a condition (modern.ircdocs.horse, "ELIST Parameter").

        @return: whether it could be read.
        """
        what, sign, number = word[:-1], "", ""
        for what in ("C", "T", ""):
            if word[: len(what) + 1].upper() in (f"{what}<", f"{what}>"):
                sign, number = word[len(what)], word[len(what) + 1 :]
                break
        if sign:
            if not (number.isascii() and number.isdigit()):
                return False
            self._conditions.append(self._condition(what, sign == ">", int(number[:12])))
        elif word[0] == "!":
            self._unwanted.append(Glob(fold(word[1:])))
        else:
            self._masks.append(Glob(fold(word)))
        return True

    def holds(self, room: Room) -> bool:
        """Whether a room is wanted."""
        name = fold(room.name)
        if self._masks and not any(mask.matches(name) for mask in self._masks):
            return False
        if any(mask.matches(name) for mask in self._unwanted):
            return False
        return all(condition(room) for condition in self._conditions)

    def _condition(self, what: str, more: bool, number: int) -> Condition:
        """
        @param what: C{"C"} for the age of the room, C{"T"} for that of its topic, both in minutes; else its members.
        @param more: whether that is to be more than the number, or less.
        """

        def holds(room: Room) -> bool:
            if what == "T" and room.topic is None:
                return False
            if what == "":
                measure = float(len(room.members))
            else:
                since = room.created if what == "C" or room.topic is None else room.topic.time
                measure = (self._now - since / 1000) / 60
            return measure > number if more else measure < number

        return holds
