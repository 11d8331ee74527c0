"""
Who sends a text is told what became of it: it is applied, or there is an error.

PONG never overtakes this: when a client reads the answer to its ping, everything that it sent before has been decided,
and it has read the echo of what was applied.

No error answers a NOTICE (RFC 2812, section 3.3.2).
"""

from __future__ import annotations

from typing import Final

from tests.simulation.broken import Broken
from tests.simulation.clients.irc.client import IrcClient
from tests.simulation.clients.line import LineClient
from tests.simulation.ledger import numberOf
from tests.simulation.machine.connection import Connection
from tests.simulation.promises.promise import Promise

ECHOING: Final = ("tags", "full")
"""The kinds of clients that get the echo of their texts (IRCv3 echo-message)."""

PERSON_PING: Final = "/ping-"
"""How a person asks for a sign of life.  The answer is an error too."""

NOT_TAKEN: Final = ":*** PRIVMSG: Not taken"
"""What a client without standard-replies reads if the journal refuses its text."""


class Answers(Promise):
    """Keeps what each client has sent."""

    def sent(self, connection: Connection, line: str) -> None:
        """Note a text or a ping."""
        sent = connection.sent
        number = None if sent.isOpen or "NOTICE " in line else numberOf(line)
        sent.isOpen = False
        if number is not None:
            sent.texts.append(number)
        elif line.startswith(PERSON_PING):
            sent.errors -= 1
        elif line.startswith("PING "):
            sent.pings[line.removeprefix("PING ")] = sent.texts
            sent.texts = []

    def sentRaw(self, connection: Connection, data: bytes) -> None:
        """Note whether the next line is spoiled."""
        connection.sent.isOpen = not data.endswith(b"\n")

    def heard(self, connection: Connection, line: str) -> None:
        """Count errors.  Look at what was sent before a ping that was answered."""
        sent = connection.sent
        if not isinstance(connection.client, IrcClient):
            sent.errors += line.startswith("! ")
            return
        words = line.split(" ", 4)
        at = line.startswith("@") + words[line.startswith("@")].startswith(":")
        command = words[at]
        if command == "FAIL" or (len(command) == 3 and command[0] in "45") or NOT_TAKEN in line:
            sent.errors += 1
        elif command == "PONG":
            self._ponged(connection, line.rpartition(" ")[2].removeprefix(":"))

    def _ponged(self, connection: Connection, token: str) -> None:
        sent, client = connection.sent, connection.client
        if token not in sent.pings:
            return
        numbers: list[int] = []
        for earlier in list(sent.pings):
            numbers += sent.pings.pop(earlier)
            if earlier == token:
                break
        self._decide(connection, numbers)
        if client.kind in ECHOING:
            late = [number for number in numbers if self.isLate(connection, number)]
            if late:
                raise Broken("PONG overtakes nothing", f"client {client.slot} has a PONG before the echo of {late}")

    def isLate(self, connection: Connection, number: int) -> bool:
        """Whether a text was applied, and its sender, who gets an echo, has not read it."""
        return number in self.world.ledger.texts and number in connection.client.awaits

    def rested(self) -> None:
        """Everybody has read everything: look at all texts."""
        for connection in self.world.connections.values():
            client, sent = connection.client, connection.sent
            if client.registered and not client.ended and not isinstance(client, IrcClient):
                self._decide(connection, sent.texts)
                sent.texts = []

    def _decide(self, connection: Connection, numbers: list[int]) -> None:
        """Compare the texts that were not applied with the errors that the client has read."""
        sent = connection.sent
        mistaken = connection.client.mistaken if isinstance(connection.client, LineClient) else ()
        refused = [each for each in numbers if each not in self.world.ledger.texts and each not in mistaken]
        sent.refused += len(refused)
        if sent.refused > sent.errors:
            raise Broken(
                "who sends is told",
                f"client {connection.client.slot} has read {sent.errors} errors; {sent.refused} of its texts were not"
                f" applied, {refused} among them",
            )
