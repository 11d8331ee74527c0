"""Chooses what people do: connect, talk and everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tests.simulation.clients.base import passwordOf
from tests.simulation.clients.irc.client import IrcClient
from tests.simulation.clients.irc.kinds import KINDS
from tests.simulation.ledger import PASSWORD
from tests.simulation.steps import Step

if TYPE_CHECKING:
    from tests.simulation.choosing.lines import Lines
    from tests.simulation.choosing.picks import Picks, Surroundings
    from tests.simulation.machine.connection import Connection

_MULTILINE: Final = (
    "BATCH +{batch} draft/multiline {target}\n"
    "@batch={batch} PRIVMSG {target} :{text}\n"
    "@batch={batch} PRIVMSG {target} :more of it\n"
    "BATCH -{batch}"
)
"""A text of two lines (IRCv3 multiline)."""


class People:
    """Chooses steps that a client takes.  Each method makes a step; C{None} if nobody can take one."""

    def __init__(
        self, picks: Picks, world: Surroundings, lines: Mapping[str, Lines], early: Mapping[str, Lines], crowd: int
    ) -> None:
        """
        @param lines: the lines of clients that have registered, by the kind of client.
        @param early: the lines of those that have not.
        @param crowd: the most clients at a time.
        """
        self._picks, self._world, self._crowd = picks, world, crowd
        self._lines, self._early = lines, early

    def connect(self) -> Step | None:
        """A client connects."""
        free = [slot for slot in range(self._crowd) if slot not in self._world.connections]
        if not free:
            return None
        one = self._picks.one
        door = one(("irc", "irc", "line", "web"))
        kind = "person" if door == "line" else one([*KINDS])
        nick, password = one(self._picks.nicks), ""
        if self._picks.chance(0.4):
            nick = self._picks.account()
            password = self._passwordOf(nick)
        return Step("connect", one(free), one((256, 4096, 65536)), f"{door} {kind} {nick} {password}".strip())

    def _passwordOf(self, account: str) -> str:
        return passwordOf(account) if self._picks.chance(0.8) else f"{PASSWORD}-wrong"

    def login(self) -> Step | None:
        """A client logs in."""
        connection = self._picks.someone(lambda one: one.client.registered)
        if connection is None:
            return None
        account = self._picks.account()
        return Step("login", connection.client.slot, text=f"{account} {self._passwordOf(account)}", turn=False)

    def page(self) -> Step | None:
        """A client reads a room page by page."""
        connection = self._picks.someone(lambda one: one.client.kind == "full" and bool(one.client.inRooms))
        if connection is None:
            return None
        client, picks = connection.client, self._picks
        room = picks.one(client.inRooms) if picks.chance(0.9) else picks.account()
        return Step("page", client.slot, picks.random.randrange(10, 40), room, turn=False)

    def talk(self) -> Step | None:
        """A client says something, or joins a room first."""
        connection = self._picks.someone()
        if connection is None or not connection.client.registered:
            return None
        return Step("send", connection.client.slot, text=self._says(connection), turn=False)

    def _says(self, connection: Connection) -> str:
        client, picks = connection.client, self._picks
        isPrivate = picks.chance(0.12)
        if not isinstance(client, IrcClient):
            return f"/msg {picks.nick()} {picks.text()}" if isPrivate else picks.text()
        if not client.inRooms and not isPrivate:
            return f"JOIN {picks.one(picks.rooms)}"
        text = picks.text()
        target = picks.nick() if isPrivate else picks.one(client.inRooms)
        if "draft/multiline" in client.capabilities and picks.chance(0.1):
            return _MULTILINE.format(batch=picks.number(), target=target, text=text)
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
        lines = self._lines if client.registered else self._early
        line = lines[client.kind].pick(self._picks, client)
        if isinstance(client, IrcClient) and "labeled-response" in client.capabilities and self._picks.chance(0.4):
            line = f"@label=l{self._picks.number()}{';' if line.startswith('@') else ' '}{line.removeprefix('@')}"
        return Step("send", client.slot, text=line, turn=False)
