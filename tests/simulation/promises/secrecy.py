"""Nobody learns an address, a room's key, the name of a secret room or a private text that is not for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.simulation.broken import Broken
from tests.simulation.clients.irc.client import IrcClient
from tests.simulation.ledger import NUMBER, PRIVATE
from tests.simulation.promises.promise import Promise
from twistchat.chat.model.events import Invited
from twistchat.chat.model.names import fold

if TYPE_CHECKING:
    from tests.simulation.machine.connection import Connection
    from tests.simulation.world import World
    from twistchat.chat.errors import ChatError
    from twistchat.chat.model.events import Entry

ADDRESS: Final = re.compile(r"203\.0\.113\.\d+")
KEY: Final = "key-secret"
"""Part of every room's key that a client sets."""

ROOM: Final = re.compile(r"#\w+")
RENAMED: Final = re.compile(r" (?:RENAME|renamed) (?P<old>#\w+) (?:to )?(?P<new>#\w+)")
"""How a client is told that a room has another name, live or in the history."""

VAULT: Final = re.compile(r"#vault\d*x?")
"""The rooms that are secret from the beginning, or soon after it."""


class Secrecy(Promise):
    """Looks at each line that a client reads."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._said: set[str] = set()

    def connected(self, connection: Connection) -> None:
        """A client knows nothing yet, but it may be told of rooms that are not secret now."""
        connection.known = {room.key for room in self.world.server.chat.state.rooms if "s" not in room.modes}

    def applied(self, entry: Entry, refused: ChatError | None) -> None:
        """While a room is not secret, everybody may learn of it.  Who is invited may know, unless they ignore that."""
        event = entry.event
        if isinstance(event, Invited):
            invitee = self.world.server.chat.state.users.get(event.invitee.uid)
            for session in () if invitee is None else invitee.sessions.values():
                connection = self.world.connectionOf(session)
                if connection is not None and fold(event.source.nick) not in session.ignored:
                    connection.known.add(fold(event.room))
            return
        name = getattr(event, "name", None) or getattr(event, "room", None)
        if refused is None and isinstance(name, str):
            room = self.world.server.chat.state.rooms.get(name)
            if room is not None and "s" not in room.modes:
                for connection in self.world.connections.values():
                    connection.known.add(room.key)

    def sent(self, connection: Connection, line: str) -> None:
        """A client knows what it types."""
        names = set(map(fold, VAULT.findall(line)))
        if names and not isinstance(connection.client, IrcClient) and not line.startswith("/"):
            self._said |= names  # a person says the name to others
        connection.known |= names
        if KEY in line:
            connection.known.add(KEY)

    def heard(self, connection: Connection, line: str) -> None:
        """Look for secrets in a line."""
        client = connection.client
        others = set(ADDRESS.findall(line)) - {client.address}
        if others:
            # Somebody may know the addresses of all their sessions.
            others -= {each.address for each in self.world.clients if not each.accounts.isdisjoint(client.accounts)}
        if others:
            self._fail(connection, f"the address {others}", line)
        if "#vault" in line:
            self._checkRooms(connection, line)
        if KEY in line and KEY not in connection.known and client.entered.keys().isdisjoint(ROOM.findall(fold(line))):
            self._fail(connection, "the key of a room", line)
        for digits in NUMBER.findall(line):
            self._checkText(connection, int(digits), line)

    def _checkRooms(self, connection: Connection, line: str) -> None:
        known = connection.known | self._said | connection.client.entered.keys()
        renamed = RENAMED.search(line)
        if renamed is not None and fold(renamed["new"]) in known:
            connection.known.add(fold(renamed["old"]))  # the history of a room says which names the room had
            return
        unknown = set(map(fold, VAULT.findall(line))) - known
        if unknown:
            self._fail(connection, f"the name of the secret rooms {unknown}", line)

    def _checkText(self, connection: Connection, number: int, line: str) -> None:
        text, session = self.world.ledger.texts.get(number), connection.session
        if text is None or text.place is not PRIVATE or session is None:
            return
        user = session.user
        if user is not None and user.source.uid not in text.people and user.source.account is None:
            self._fail(connection, f"the private text t{number}", line)

    def _fail(self, connection: Connection, what: str, line: str) -> None:
        raise Broken("nobody learns more", f"client {connection.client.slot} was told {what}: {line}")
