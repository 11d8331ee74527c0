"""Each client knows what the server knows of its nick, its rooms, their members and their ranks."""

from __future__ import annotations

from tests.simulation.broken import Broken
from tests.simulation.clients.irc.client import IrcClient
from tests.simulation.machine.connection import Connection
from tests.simulation.promises.promise import Promise
from twistchat.chat.model.names import fold
from twistchat.chat.model.users import User


class Agreement(Promise):
    """Clients that have read everything agree with the server."""

    def read(self, connection: Connection) -> None:
        """Compare what the client was told with the state."""
        client, session = connection.client, connection.session
        assert session is not None and session.user is not None
        if client.awaits:
            raise Broken("no gaps", f"client {client.slot} was sent everything but {client.awaits}")
        if isinstance(client, IrcClient) and client.registered:
            self._compare(client, session.user)

    def rested(self) -> None:
        """Let all clients look at what they have read."""
        for connection in self.world.connections.values():
            connection.client.rested()

    def _compare(self, client: IrcClient, user: User) -> None:
        if fold(client.nick) != fold(user.nick):
            raise Broken("clients agree", f"client {client.slot} is {user.nick} and was told {client.nick}")
        if client.rooms.keys() != user.rooms.keys():
            raise Broken("clients agree", f"client {client.slot} is in {[*user.rooms]} and was told {[*client.rooms]}")
        for key, told in client.rooms.items():
            if not told.complete:
                continue
            members = {fold(member.user.nick): member.ranks for member in user.rooms[key].members.values()}
            if members.keys() != told.members.keys():
                raise Broken("clients agree", f"{key} has {[*members]}; client {client.slot} knows {[*told.members]}")
            for nick, ranks in members.items():
                known = told.members[nick]
                # Without multi-prefix, a client is told the highest rank, and does not know what is below it.
                isKnown = known == set(ranks) if "multi-prefix" in client.capabilities else known <= set(ranks)
                if not isKnown:
                    raise Broken("clients agree", f"{nick} is {ranks!r} in {key}; client {client.slot} knows {known}")
