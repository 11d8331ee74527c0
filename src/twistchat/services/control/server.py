"""The commands about a running server: its users, its rooms, its bans, and its configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import maybeDeferred

from twistchat.chat.errors import BadServerBan, NoSuchNick, NoSuchServerBan
from twistchat.chat.limits import Seconds
from twistchat.chat.model.bans.server import normalizeServerBan
from twistchat.chat.model.events import Entry, Kicked, Killed
from twistchat.config import ConfigError, Reload, reloadSettings
from twistchat.config.readings import writtenAs
from twistchat.config.toml import shortened
from twistchat.config.writing import asObject, writeSettings
from twistchat.services.control.commands import Answer, Arguments, Command, Commands, Nothing, Report
from twistchat.services.control.wire import ControlError

if TYPE_CHECKING:
    from twistchat.chat.model.rooms import Room
    from twistchat.chat.model.users import User
    from twistchat.net.context import ServerContext

PORTION: Final = 50
"""The number of users, rooms or bans that are listed in one turn."""


_OF_MASKS: Final = frozenset("!@.:/*?")
"""Each mask or address has one of these characters, and no nick has one."""


class Expulsion(Arguments, frozen=True):
    """
    The arguments of C{server.kick}.

    @ivar nick: the nick of a user.
    @ivar reason: the reason, which the user is shown.
    @ivar room: the room that the user is removed from; C{None} for the server.
    """

    nick: str
    reason: str = ""
    room: str | None = None

    @property
    def target(self) -> str:
        """The user, and the room."""
        return self.nick if self.room is None else f"{self.nick} {self.room}"

    @property
    def detail(self) -> str:
        """The reason."""
        return self.reason


class Mask(Arguments, frozen=True):
    """
    The arguments of C{server.unban}.

    @ivar mask: a mask of names, a network, or the nick of a user who is here.
    """

    mask: str

    @property
    def target(self) -> str:
        """The mask."""
        return self.mask


class Ban(Mask, frozen=True):
    """
    The arguments of C{server.ban}.

    @ivar seconds: how long the ban lasts; C{None} for ever.
    @ivar reason: the reason, which banned clients are sent.
    """

    seconds: float | None = None
    reason: str = ""

    @property
    def detail(self) -> str:
        """How long the ban lasts, and the reason."""
        ends = "for ever" if self.seconds is None else f"for {_shown(self.seconds)}"
        return f"{ends}: {self.reason}" if self.reason else ends


class Broadcast(Arguments, frozen=True):
    """
    The arguments of C{server.broadcast}.

    @ivar text: the text, which is not recorded.
    """

    text: str


class ServerCommands:
    """The commands about a server that runs.  The server itself does what they ask for."""

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._chat = context.chat

    @property
    def table(self) -> Commands:
        """The commands by their names."""
        return {
            "server.who": Command(Nothing, self.who, changes=False),
            "server.rooms": Command(Nothing, self.rooms, changes=False),
            "server.kick": Command(Expulsion, self.kick),
            "server.ban": Command(Ban, self.ban),
            "server.unban": Command(Mask, self.unban),
            "server.bans": Command(Nothing, self.bans, changes=False),
            "server.broadcast": Command(Broadcast, self.broadcast),
            "server.reload": Command(Nothing, self.reload, named=True),
            "server.config": Command(Nothing, self.configuration, changes=False),
        }

    async def who(self, arguments: Nothing, report: Report) -> Answer:
        """List all users, in portions."""
        users = self._chat.state.users
        # Somebody may come or go between two portions.
        here = (user for user in list(users) if users.get(user.source.uid) is user)
        return await _inPortions("users", (self._user(user) for user in here), report)

    async def rooms(self, arguments: Nothing, report: Report) -> Answer:
        """List all rooms, in portions."""
        rooms = self._chat.state.rooms
        existing = (room for room in list(rooms) if rooms.get(room.name) is room)
        return await _inPortions("rooms", (_room(room) for room in existing), report)

    async def bans(self, arguments: Nothing, report: Report) -> Answer:
        """List all bans from the server, in portions, oldest first."""
        bans = self._chat.operators.serverBans(None)
        listed = (
            {"mask": ban.mask, "reason": ban.reason, "by": ban.by, "time": ban.time, "until": ban.until} for ban in bans
        )
        return await _inPortions("bans", listed, report)

    async def kick(self, arguments: Expulsion, report: Report) -> Answer:
        """Disconnect all sessions of a user, or remove a user from a room."""
        nick, reason, room = arguments.nick, arguments.reason, arguments.room
        if room is not None:
            kicked = _eventOf(await self._chat.membership.kick(None, room, nick, reason))
            assert isinstance(kicked, Kicked)
            return {"nick": kicked.kicked.nick, "room": kicked.room}
        user = self._chat.state.users.named(nick)
        sessions = 0 if user is None else user.sessionCount
        killed = _eventOf(await self._chat.operators.kill(None, nick, reason))
        assert isinstance(killed, Killed)
        return {"nick": killed.killed.nick, "room": None, "sessions": sessions}

    async def ban(self, arguments: Ban, report: Report) -> Answer:
        """
        Ban a mask from the server.  All sessions that match are disconnected.

        @raise NoSuchNick: it looks like a nick, and nobody here is called that.
        """
        mask = self._mask(arguments.mask)
        if not set(mask) & _OF_MASKS:
            raise NoSuchNick(mask)
        await self._chat.operators.banFromServer(None, mask, arguments.seconds, arguments.reason)
        return {"mask": normalizeServerBan(mask)}

    async def unban(self, arguments: Mask, report: Report) -> Answer:
        """
        End a ban from the server.

        @raise NoSuchServerBan: there is none, or there can be none on such a mask.
        """
        mask = self._mask(arguments.mask)
        try:
            normalized = normalizeServerBan(mask)
        except BadServerBan:
            raise NoSuchServerBan(shortened(mask)) from None
        await self._chat.operators.liftServerBan(None, mask)
        return {"mask": normalized}

    async def broadcast(self, arguments: Broadcast, report: Report) -> Answer:
        """Send a text to all users.  The answer has how many of them are connected."""
        await self._chat.operators.announce(None, arguments.text, everyone=True)
        users = self._chat.state.users
        return {"users": len(users) - len(users.detached)}

    async def reload(self, arguments: Nothing, report: Report, who: str) -> Answer:
        """
        Read the configuration again.

        @param who: who asks, for the log.
        @raise ControlError: it has a mistake, and nothing has changed.
        """
        try:
            reloaded = await maybeDeferred(self._context.rehash, who)
        except ConfigError as e:
            raise ControlError("BAD_CONFIGURATION", f"Nothing has changed: {e}") from None
        return {"applied": reloaded.applied, "deferred": reloaded.deferred}

    async def configuration(self, arguments: Nothing, report: Report) -> Answer:
        """
        Show the configuration that is in force, without its secrets.

        The answer also has the keys that the file has changed since it was read: C{applied}, which a reload changes,
        and C{deferred}, which the next start changes.  If the file has a mistake, C{mistake} is that.
        """
        settings, mistake = self._context.settings, None
        changed = Reload(settings)
        try:
            changed = reloadSettings(settings, self._context.reread())
        except ConfigError as e:
            mistake = str(e)
        return {
            "running": True,
            "toml": writeSettings(settings),
            "settings": asObject(settings),
            "applied": changed.applied,
            "deferred": changed.deferred,
            "mistake": mistake,
        }

    def _mask(self, mask: str) -> str:
        """The mask that is meant.  The nick of a user stands for the host that others see."""
        user = self._chat.state.users.named(mask)
        return mask if user is None else f"*!*@{user.source.host}"

    def _user(self, user: User) -> dict[str, object]:
        return {
            "nick": user.nick,
            "account": user.source.account,
            "host": user.source.host,
            "operator": user.operator is not None,
            "away": user.away is not None,
            "rooms": len(user.rooms),
            "since": user.since,
            "idle": int(user.idle(self._context.clock.seconds(), self._context.wall())),
            "sessions": [
                {"door": session.door, "address": session.address, "secure": session.secure}
                for session in user.sessions.values()
            ],
        }


async def _inPortions(name: str, listed: Iterator[Mapping[str, object]], report: Report) -> Answer:
    """Report the items of a list, a portion in each turn.  The answer has their number."""
    count = 0
    while portion := list(islice(listed, PORTION)):
        count += len(portion)
        await report({name: portion})
    return {"count": count}


def _room(room: Room) -> dict[str, object]:
    """What is listed of a room.  Parameters of modes are not: one of them is the room's key."""
    return {
        "name": room.name,
        "members": len(room.members),
        "founder": room.founder,
        "modes": _letters(room.modes),
        "topic": None if room.topic is None else room.topic.text,
        "created": room.created,
    }


def _shown(seconds: float) -> str:
    """Write a length of time as people type it, as in C{7d}."""
    text = writtenAs(Seconds, seconds).strip('"')
    return f"{text}s" if text[-1].isdigit() else text


def _letters(modes: Iterable[str]) -> str:
    return "+" + "".join(sorted(modes)) if modes else ""


def _eventOf(entry: Any) -> object:
    """The event of an entry that was applied."""
    assert isinstance(entry, Entry)
    return entry.event
