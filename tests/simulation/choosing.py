"""Chooses the next step of a simulation from a seed and from what the clients know."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from tests.simulation.clients.irc import KINDS, IrcClient
from tests.simulation.connection import Connection
from tests.simulation.disk import FAULTS
from tests.simulation.steps import Step
from tests.simulation.world import World

CLIENTS: Final = 12
"""The most clients at a time."""

NICKS: Final = ("ann", "bob", "carl", "dora", "eve", "finn", "gus", "hal", "ida", "jo", "kim", "lou", "Ann", "BOB")
ROOMS: Final = ("#lobby", "#tea", "#hall", "#den", "#hush")
MODES: Final = ("+m", "-m", "+n", "-n", "+t", "-t", "+i", "-i", "+s", "-s", "+l 3", "-l", "+k door", "-k door")
NONSENSE: Final = ("", " ", ":", "@", "\x01", "\xff\xfe", "\x00", "\xff\xfd\x01", "x" * 700, "@a=b", "\xe9" * 300)

WEIGHTS: Final = {
    "input": 260,
    "output": 200,
    "talk": 150,
    "work": 130,
    "report": 130,
    "turn": 40,
    "sleep": 60,
    "act": 60,
    "ping": 12,
    "connect": 14,
    "raw": 3,
    "stall": 3,
    "cut": 3,
    "finish": 1,
    "fault": 2,
    "reload": 1,
    "jump": 1,
    "settle": 1,
    "crash": 0.5,
}
"""How often each kind of step is chosen."""

CONFIGURATIONS: Final = (
    "",
    '[irc]\nmotd = "hello"\n',
    "[limits]\nsendq = 65536\n",
    "[limits]\nhistoryOnJoin = 10\n",
    "[limits]\nmistake = 1\n",
    '[accounts]\nalwaysOn = "opt-out"\n',
)
"""What the administrator writes into the configuration.  One of them has a mistake."""


class Choice:
    """Chooses steps.  The same seed and the same world give the same steps."""

    def __init__(self, seed: str, world: World) -> None:
        """
        @param seed: any text.
        @param world: what the steps will happen to.
        """
        self._random = Random(seed)
        self._world = world
        self._numbers = 0
        self._names = [*WEIGHTS]
        self._weights = [*WEIGHTS.values()]
        self._choose: dict[str, Callable[[], Step | None]] = {name: getattr(self, f"_{name}") for name in WEIGHTS}

    def next(self) -> Step:
        """Choose a step."""
        step = None
        while step is None:
            (name,) = self._random.choices(self._names, self._weights)
            step = self._choose[name]()
        return step

    # The network and the machine

    def _input(self) -> Step | None:
        connection = self._someone(lambda one: bool(one.client.outgoing or one.socket.arrived))
        return self._at(connection, "input", size=self._amount(), turn=self._random.random() < 0.6)

    def _output(self) -> Step | None:
        connection = self._someone(lambda one: bool(one.socket.sent or one.socket.closed))
        return self._at(connection, "output", size=self._amount(), turn=self._random.random() < 0.8)

    def _amount(self) -> int:
        random = self._random
        return random.choice((1, random.randrange(1, 60), random.randrange(1, 600), 4096, 65536, 65536))

    def _work(self) -> Step | None:
        waiting = [worker.name for worker in self._world.server.workers.values() if worker.waiting]
        return Step("work", text=self._random.choice(waiting), turn=False) if waiting else None

    def _report(self) -> Step | None:
        done = [worker.name for worker in self._world.server.workers.values() if worker.done]
        return Step("report", text=self._random.choice(done)) if done else None

    def _turn(self) -> Step | None:
        return Step("turn")

    def _sleep(self) -> Step | None:
        random = self._random
        return Step("sleep", size=random.choice((1, 10, 100, random.randrange(2000), random.randrange(10_000))))

    def _jump(self) -> Step | None:
        return Step("jump", size=self._random.choice((-3600, 3600, -1, 1, 86_400, -86_400)))

    def _fault(self) -> Step | None:
        return Step("fault", text=self._random.choice(("", "", "", *FAULTS)))

    def _reload(self) -> Step | None:
        return Step("reload", text=self._random.choice(CONFIGURATIONS))

    def _crash(self) -> Step | None:
        return Step("crash")

    def _settle(self) -> Step | None:
        return Step("settle")

    # Clients

    def _connect(self) -> Step | None:
        free = [slot for slot in range(CLIENTS) if slot not in self._world.connections]
        if not free:
            return None
        random = self._random
        door = random.choice(("irc", "irc", "line", "web"))
        kind = "person" if door == "line" else random.choice([*KINDS])
        size = random.choice((256, 4096, 65536))
        return Step("connect", random.choice(free), size, f"{door} {kind} {random.choice(NICKS)}")

    def _stall(self) -> Step | None:
        connection = self._someone()
        return self._at(connection, "stall")

    def _cut(self) -> Step | None:
        connection = self._someone()
        return self._at(connection, "cut")

    def _finish(self) -> Step | None:
        connection = self._someone()
        return self._at(connection, "finish")

    def _ping(self) -> Step | None:
        connection = self._someone()
        return self._at(connection, "ping", turn=False)

    def _raw(self) -> Step | None:
        connection = self._someone()
        text = self._random.choice(NONSENSE) + self._random.choice(("", "\n", "\r\n", "\r\n\r\n"))
        return self._at(connection, "raw", text=text, turn=False)

    def _talk(self) -> Step | None:
        connection = self._someone()
        if connection is None:
            return None
        if not connection.client.registered:
            return None
        self._numbers += 1
        text = f"t{self._numbers} {'word ' * self._random.choice((0, 1, 5, 40))}".strip()
        if not isinstance(connection.client, IrcClient):
            if self._random.random() < 0.15:
                text = f"/msg {self._nick()} {text}"
            return self._at(connection, "send", text=text, turn=False)
        if not connection.client.rooms and self._random.random() < 0.8:
            return self._at(connection, "send", text=f"JOIN {self._random.choice(ROOMS)}", turn=False)
        target = self._nick() if self._random.random() < 0.15 else self._room(connection)
        command = self._random.choice(("PRIVMSG", "PRIVMSG", "PRIVMSG", "NOTICE"))
        return self._at(connection, "send", text=f"{command} {target} :{text}", turn=False)

    def _act(self) -> Step | None:
        connection = self._someone()
        if connection is None:
            return None
        lines = self._ircLines if isinstance(connection.client, IrcClient) else self._lineLines
        return self._at(connection, "send", text=self._random.choice(lines(connection)), turn=False)

    def _ircLines(self, connection: Connection) -> tuple[str, ...]:
        room, nick, random = self._room(connection), self._nick(), self._random
        return (
            *(f"JOIN {random.choice(ROOMS)}",) * 6,
            *(f"PART {room}",) * 2,
            f"PART {room} :bye",
            f"NICK {random.choice(NICKS)}{random.choice(('', '1'))}",
            f"MODE {room} {random.choice(MODES)}",
            f"MODE {room} {random.choice('+-')}{random.choice('ov')} {nick}",
            f"MODE {room} {random.choice('+-')}b {nick}!*@*",
            f"TOPIC {room} :topic {random.randrange(9)}",
            f"KICK {room} {nick} :out",
            f"INVITE {nick} {room}",
            f"RENAME {room} {random.choice(ROOMS)}x",
            f"NAMES {room}",
            "LIST",
            f"WHO {room}",
            f"WHOIS {nick}",
            f"AWAY :{random.randrange(9)}",
            "AWAY",
            "QUIT :gone",
            *self._readHistory(connection, room),
        )

    def _readHistory(self, connection: Connection, room: str) -> tuple[str, ...]:
        """Choose requests for history, for clients that know it (IRCv3 chathistory)."""
        if not isinstance(connection.client, IrcClient) or connection.client.kind != "full":
            return ()
        return (
            f"CHATHISTORY LATEST {room} * {self._random.randrange(1, 60)}",
            f"CHATHISTORY BEFORE {room} timestamp=2026-01-02T00:00:00.000Z 20",
        )

    def _lineLines(self, connection: Connection) -> tuple[str, ...]:
        nick, random = self._nick(), self._random
        return (
            *(f"/join {random.choice(ROOMS)}",) * 6,
            "/leave",
            f"/nick {random.choice(NICKS)}",
            f"/ignore {nick}",
            f"/unignore {nick}",
            f"/topic {random.randrange(9)}",
            f"/mode {random.choice(MODES)}",
            f"/op {nick}",
            f"/kick {nick}",
            f"/invite {nick}",
            "/who",
            "/rooms",
            f"/whois {nick}",
            f"/history {random.randrange(1, 60)}",
            "/history older",
            "/away",
            f"/echo {random.choice(('on', 'off'))}",
            "/quit",
        )

    def _someone(self, suits: Callable[[Connection], bool] = lambda one: True) -> Connection | None:
        suited = [connection for connection in self._world.connections.values() if suits(connection)]
        return self._random.choice(suited) if suited else None

    def _nick(self) -> str:
        """Choose a nick, mostly one that is in use."""
        used = [one.client.nick for one in self._world.connections.values()]
        return self._random.choice(used if used and self._random.random() < 0.9 else NICKS)

    def _room(self, connection: Connection) -> str:
        """Choose a room, mostly one that the client is in."""
        own = (
            [room.name for room in connection.client.rooms.values()] if isinstance(connection.client, IrcClient) else []
        )
        return self._random.choice(own) if own and self._random.random() < 0.9 else self._random.choice(ROOMS)

    def _at(
        self, connection: Connection | None, action: str, size: int = 0, text: str = "", turn: bool = True
    ) -> Step | None:
        return None if connection is None else Step(action, connection.client.slot, size, text, turn)
