"""Lines that clients send, as templates.  The blanks in a template are filled with what suits the client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from tests.simulation.clients.base import passwordOf
from tests.simulation.ledger import PASSWORD
from tests.simulation.promises.secrecy import KEY

if TYPE_CHECKING:
    from tests.simulation.choosing.picks import Picks
    from tests.simulation.clients.base import Client

Templates: TypeAlias = Mapping[str, float]
"""Templates, each with how often it is chosen."""

MODES: Final = (
    *("+m", "-m", "-m", "+n", "-n", "+t", "-t", "+i", "-i", "-i", "+s", "-s", "+l 3", "-l", f"+k {KEY}", f"-k {KEY}"),
    *("+M", "-M", "+C", "-C", "+g", "-g", "+N", "-N", "+R", "-R", "-R", "+T", "-T", "+c", "-c", "+f #hall", "-f"),
)
TOPICS: Final = ("tea", "cake and tea", "", "nothing at all")


class Blanks:
    """Fills the blanks of templates for one client.  Each use of a blank picks anew."""

    def __init__(self, picks: Picks, client: Client) -> None:
        self._picks, self._client = picks, client
        one, rooms = picks.one, picks.rooms
        self._own = self._account = ""
        self._fill: dict[str, Callable[[], str]] = {
            "room": lambda: one(rooms),
            "own": self._pickOwn,
            "nick": picks.nick,
            "newNick": lambda: one(picks.nicks) + one(("", "", "1")),
            "digit": lambda: str(picks.random.randrange(10)),
            "count": lambda: str(picks.random.randrange(1, 60)),
            "text": picks.text,
            "mode": lambda: one(MODES),
            "rank": lambda: one("+-") + one("vvoohaq"),
            "sign": lambda: one("+-"),
            "onOff": lambda: one(("on", "off")),
            "topic": lambda: one(TOPICS),
            "account": self._pickAccount,
            "password": lambda: passwordOf(self._account) if picks.chance(0.8) else f"{PASSWORD}-wrong",
            "ownPassword": lambda: passwordOf(client.nick),
            "level": lambda: one(("operator", "voice", "half-operator", "admin")),
            "readers": lambda: one(("joined", "members", "accounts", "everyone")),
            "msgid": self._pickId,
            "stamp": picks.stamp,
        }

    def __getitem__(self, name: str) -> str:
        return self._fill[name]()

    def _pickOwn(self) -> str:
        """Pick a room, mostly one that the client is in."""
        own, picks = self._client.inRooms, self._picks
        self._own = picks.one(own) if own and picks.chance(0.9) else picks.one(picks.rooms)
        return self._own

    def _pickAccount(self) -> str:
        self._account = self._picks.account()
        return self._account

    def _pickId(self) -> str:
        """Pick the message id of a text that the client knows, mostly the newest of the room that was picked."""
        last = self._client.memory.last
        if (known := last.get(self._own.lower())) is not None and self._picks.chance(0.8):
            return known[0]
        return self._picks.one([*last.values()])[0] if last else "unknown"


class Lines:
    """The lines of a kind of client."""

    def __init__(self, *groups: tuple[float, Templates]) -> None:
        """
        @param groups: groups of templates, each with how often one of it is chosen.
        """
        weights = {
            line: weight * often / sum(group.values()) for weight, group in groups for line, often in group.items()
        }
        self._lines, self._weights = [*weights], [*weights.values()]

    def pick(self, picks: Picks, client: Client) -> str:
        """Pick a line for a client."""
        (template,) = picks.random.choices(self._lines, self._weights)
        return template.format_map(Blanks(picks, client))
