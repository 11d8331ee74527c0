"""What an IRC client was told about its rooms: the members, their ranks, the topic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from twistchat.chat.model.names import fold

if TYPE_CHECKING:
    from tests.simulation.clients.irc.message import Message

PREFIXES: Final = {"~": "q", "&": "a", "@": "o", "%": "h", "+": "v"}
"""The modes of ranks, by their prefixes (ISUPPORT PREFIX)."""

TAKES: Final = "beIqkovhalf"
"""The channel modes that have a parameter when they are set (ISUPPORT CHANMODES, PREFIX)."""

UNSETS: Final = "lf"
"""Those of them that have none when they are unset."""


@dataclass(slots=True)
class Room:
    """
    A room, as the client was told.

    @ivar name: its name.
    @ivar members: the modes of the ranks of each member, by folded nick.
    @ivar complete: whether the client has been told all members.
    @ivar topic: its topic; C{""} for none.
    @ivar modes: its modes without parameters; C{None} before the client was told.
    @ivar away: the folded nicks of the members who are away.
    """

    name: str
    members: dict[str, set[str]] = field(default_factory=dict)
    complete: bool = False
    topic: str = ""
    modes: set[str] | None = None
    away: set[str] = field(default_factory=set)


class ToldRooms:
    """
    The rooms of a client, and what it was told about them.

    @ivar byName: the rooms, by folded name.
    """

    def __init__(self, isOwn: Callable[[str], bool]) -> None:
        """
        @param isOwn: whether a nick is that of the client.
        """
        self.byName: dict[str, Room] = {}
        self._isOwn = isOwn

    def onJOIN(self, message: Message) -> None:
        """Somebody joined."""
        name, nick = message.params[0], fold(message.nick)
        key = fold(name)
        if self._isOwn(message.nick):
            self.byName[key] = Room(name)
        if (room := self.byName.get(key)) is not None:
            room.members[nick] = set()

    def onPART(self, message: Message) -> None:
        """Somebody left."""
        self._left(message.nick, message.params[0])

    def onKICK(self, message: Message) -> None:
        """Somebody was removed."""
        self._left(message.params[1], message.params[0])

    def _left(self, nick: str, name: str) -> None:
        if self._isOwn(nick):
            self.byName.pop(fold(name), None)
        elif (room := self.byName.get(fold(name))) is not None:
            room.members.pop(fold(nick), None)
            room.away.discard(fold(nick))

    def onQUIT(self, message: Message) -> None:
        """Somebody left the chat."""
        for room in self.byName.values():
            room.members.pop(fold(message.nick), None)
            room.away.discard(fold(message.nick))

    def onNICK(self, message: Message) -> None:
        """Somebody has another nick."""
        old, new = fold(message.nick), fold(message.params[0])
        for room in self.byName.values():
            if old in room.members:
                # Names that are shown to who enters may be newer than the NICK, which was held back meanwhile.
                room.members[new] = room.members.pop(old) | room.members.get(new, set())
            if old in room.away:
                room.away.discard(old)
                room.away.add(new)

    def onRENAME(self, message: Message) -> None:
        """A room has another name."""
        room = self.byName.pop(fold(message.params[0]), None)
        if room is not None:
            room.name = message.params[1]
            self.byName[fold(message.params[1])] = room

    def on353(self, message: Message) -> None:
        """Some members, with the prefixes of their ranks (RPL_NAMREPLY)."""
        room = self.byName.get(fold(message.params[2]))
        if room is not None and not room.complete:
            for word in message.params[3].split():
                nick = word.lstrip("".join(PREFIXES))
                ranks = {PREFIXES[prefix] for prefix in word[: len(word) - len(nick)]}
                room.members[fold(nick.partition("!")[0])] = ranks

    def on366(self, message: Message) -> None:
        """These were all members (RPL_ENDOFNAMES)."""
        if (room := self.byName.get(fold(message.params[1]))) is not None:
            room.complete = True

    def onTOPIC(self, message: Message) -> None:
        """A room has another topic."""
        if (room := self.byName.get(fold(message.params[0]))) is not None:
            room.topic = message.params[1]

    def on332(self, message: Message) -> None:
        """The topic of a room (RPL_TOPIC)."""
        if (room := self.byName.get(fold(message.params[1]))) is not None:
            room.topic = message.params[2]

    def on331(self, message: Message) -> None:
        """A room has no topic (RPL_NOTOPIC)."""
        if (room := self.byName.get(fold(message.params[1]))) is not None:
            room.topic = ""

    def on324(self, message: Message) -> None:
        """The modes of a room (RPL_CHANNELMODEIS)."""
        if (room := self.byName.get(fold(message.params[1]))) is not None:
            room.modes = set(message.params[2].lstrip("+"))

    def onAWAY(self, message: Message) -> None:
        """Somebody is away, or back (IRCv3 away-notify)."""
        nick = fold(message.nick)
        for room in self.byName.values():
            if nick in room.members:
                (room.away.add if message.params else room.away.discard)(nick)

    def onMODE(self, message: Message) -> None:
        """Modes or ranks changed."""
        room = self.byName.get(fold(message.params[0]))
        if room is None:
            return
        values, adding = iter(message.params[2:]), True
        for letter in message.params[1]:
            if letter in "+-":
                adding = letter == "+"
                continue
            value = next(values, "") if letter in TAKES and (adding or letter not in UNSETS) else ""
            if letter in PREFIXES.values():
                ranks = room.members.get(fold(value))
                if ranks is not None:
                    (ranks.add if adding else ranks.discard)(letter)
            elif room.modes is not None and letter not in "beI":
                (room.modes.add if adding else room.modes.discard)(letter)
