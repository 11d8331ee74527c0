"""What has changed of what clients were told, when the configuration was read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from twistchat.doors.irc.features import features, showFeatures
from twistchat.doors.irc.protocol import IrcConnection
from twistchat.doors.irc.reply import Reply
from twistchat.doors.irc.server import offered
from twistchat.wire.irc.capabilities import advertise, capLines

if TYPE_CHECKING:
    from twistchat.doors.backstage import Backstage
    from twistchat.doors.connection import Connection


class Changes:
    """Tells clients what is new (IRCv3 capability-negotiation, "cap-notify"; modern.ircdocs.horse, "RPL_ISUPPORT")."""

    def __init__(self, backstage: Backstage, connections: Callable[[], Iterable[Connection]]) -> None:
        """
        @param connections: those that are open.
        """
        self._backstage = backstage
        self._connections = connections
        self._features = features(backstage)

    def tell(self) -> None:
        """Other settings hold."""
        now, before = features(self._backstage), self._features
        tokens = {name: value for name, value in now.items() if name not in before or before[name] != value}
        tokens |= {f"-{name}": None for name in before if name not in now}
        self._features = now
        for client in self._connections():
            if isinstance(client, IrcConnection) and client.session is not None and not client.ending:
                self._tellCapabilities(client)
                if tokens and client.arrival is None:
                    reply = Reply(client, "*")
                    showFeatures(client, reply, tokens)
                    reply.finish()

    def _tellCapabilities(self, client: IrcConnection) -> None:
        negotiation = client.negotiation
        fresh, gone = negotiation.offer(offered(self._backstage, client.secure))
        if gone:
            client.retune()
        if "cap-notify" not in negotiation.enabled:
            return
        told = []
        if fresh:
            told += capLines("NEW", advertise(fresh, negotiation.version), client.nick, client.server)
        if gone:
            told += capLines("DEL", gone, client.nick, client.server)
        if told:
            client.reply(b"".join(told))
