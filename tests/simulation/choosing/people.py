"""Chooses what people do: connect, talk and everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.simulation.clients.irc import KINDS, IrcClient
from tests.simulation.steps import Step

if TYPE_CHECKING:
    from tests.simulation.choosing.picks import Picks
    from tests.simulation.choosing.templates import Lines
    from tests.simulation.connection import Connection
    from tests.simulation.world import World


class People:
    """Chooses steps that a client takes.  Each method makes a step; C{None} if nobody can take one."""

    def __init__(self, picks: Picks, world: World, lines: Mapping[str, Lines], crowd: int) -> None:
        """
        @param lines: the lines of each kind of client.
        @param crowd: the most clients at a time.
        """
        self._crowd = crowd
        self._picks, self._world, self._lines = picks, world, lines

    def connect(self) -> Step | None:
        """A client connects."""
        free = [slot for slot in range(self._crowd) if slot not in self._world.connections]
        if not free:
            return None
        one = self._picks.one
        door = one(("irc", "irc", "line", "web"))
        kind = "person" if door == "line" else one([*KINDS])
        return Step("connect", one(free), one((256, 4096, 65536)), f"{door} {kind} {one(self._picks.nicks)}")

    def talk(self) -> Step | None:
        """A client says something, or joins a room first."""
        connection = self._picks.someone()
        if connection is None or not connection.client.registered:
            return None
        return Step("send", connection.client.slot, text=self._says(connection), turn=False)

    def _says(self, connection: Connection) -> str:
        client, picks = connection.client, self._picks
        isIrc, isPrivate = isinstance(client, IrcClient), picks.chance(0.12)
        if isIrc and not client.inRooms and not isPrivate:
            return f"JOIN {picks.one(picks.rooms)}"
        text = picks.text()
        if not isIrc:
            return f"/msg {picks.nick()} {text}" if isPrivate else text
        target = picks.nick() if isPrivate else picks.one(client.inRooms)
        return f"{picks.one(('PRIVMSG', 'PRIVMSG', 'PRIVMSG', 'NOTICE'))} {target} :{text}"

    def shout(self) -> Step | None:
        """A client says much at once."""
        connection = self._picks.someone(lambda one: bool(one.client.inRooms))
        if connection is None:
            return None
        room, picks = self._picks.one(connection.client.inRooms), self._picks
        lines = [f"PRIVMSG {room} :{picks.longText()}" for _ in range(10)]
        return Step("send", connection.client.slot, text="\n".join(lines), turn=False)

    def greed(self) -> Step | None:
        """A client asks for much, and does not read it."""
        connection = self._picks.someone(lambda one: bool(one.client.registered))
        if connection is None:
            return None
        own = connection.client.inRooms
        line = f"CHATHISTORY LATEST {self._picks.one(own)} * 500" if own else "/history 500"
        return Step("greed", connection.client.slot, self._picks.one((20, 60)), line, turn=False)

    def act(self) -> Step | None:
        """A client does something else."""
        connection = self._picks.someone()
        if connection is None:
            return None
        client = connection.client
        line = self._lines[client.kind].pick(self._picks, client)
        return Step("send", client.slot, text=line, turn=False)
