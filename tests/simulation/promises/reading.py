"""
Only members read the history of a room.

This looks at what IRC clients without an account ask for.  The founder of a registered room may let others read it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.simulation.broken import Broken
from tests.simulation.promises.promise import Promise
from twistchat.chat.model.events import Joined, Kicked, Parted
from twistchat.chat.model.names import fold

if TYPE_CHECKING:
    from tests.simulation.clients.base import Playback
    from tests.simulation.machine.connection import Connection
    from twistchat.chat.errors import ChatError
    from twistchat.chat.model.events import Entry

REQUEST: Final = re.compile(r"CHATHISTORY \w+ (#\S+)")

OPEN: Final = ("accounts", "everyone")
"""The settings of rooms that others than members read."""


class Reading(Promise):
    """Compares the histories that clients are shown with the rooms that they were in when they asked."""

    def sent(self, connection: Connection, line: str) -> None:
        """Note for which room a client asks."""
        asked = REQUEST.search(line)
        if asked is not None:
            connection.asked.append(fold(asked[1]))

    def applied(self, entry: Entry, refused: ChatError | None) -> None:
        """Note who comes, and who leaves: for how many requests they were members."""
        event = entry.event
        if refused is not None or not isinstance(event, (Joined, Parted, Kicked)):
            return
        who = event.kicked if isinstance(event, Kicked) else event.source
        for connection in self.world.connections.values():
            session = connection.session
            if session is not None and session.user is not None and session.user.source.uid == who.uid:
                connection.left.pop(fold(event.room), None)
                if not isinstance(event, Joined):
                    connection.left[fold(event.room)] = len(connection.asked)

    def played(self, connection: Connection, playback: Playback) -> None:
        """Look at a history that a client is shown."""
        client, session = connection.client, connection.session
        room = self.world.server.chat.state.rooms.get(playback.room)
        if not playback.room.startswith("#"):  # a search, or a private conversation
            return
        if not playback.numbers or session is None or session.currentAccount is not None:
            return
        if room is not None and room.settings.get("history") in OPEN:
            return
        names = self.world.ledger.names.get(playback.room, {playback.room}) | {playback.room}
        if names.isdisjoint(client.entered):
            raise Broken("nobody learns more", f"client {client.slot} was never in {playback.room}, and reads it")
        if not playback.asked or playback.room not in connection.left:
            return
        before = connection.left[playback.room]
        if names.isdisjoint(connection.asked[:before]) and not names.isdisjoint(connection.asked[before:]):
            raise Broken("nobody learns more", f"client {client.slot} has left {playback.room}, and reads it")
