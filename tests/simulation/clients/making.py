"""Makes clients from their descriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.clients.irc.client import IrcClient
from tests.simulation.clients.line import LineClient
from tests.simulation.clients.websocket import WebSocketClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.clients.base import Client, Memory
    from tests.simulation.ledger import Ledger


def makeClient(
    words: str, slot: int, address: str, ledger: Ledger, now: Callable[[], float], memory: Memory
) -> tuple[str, Client]:
    """
    Make a client.

    @param words: the door, the kind of client, its nick, and its password if it logs in, with spaces between them.
    @return: the name of the server's door, and the client.
    """
    door, kind, nick, *rest = words.split()
    password = rest[0] if rest else ""
    arguments = slot, address, ledger, now, memory
    if door == "line":
        return "line", LineClient(nick, password, *arguments)
    if door == "web":
        return "web", WebSocketClient(kind, nick, password, *arguments)
    return "irc", IrcClient(kind, nick, password, *arguments)
