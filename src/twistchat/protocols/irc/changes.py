"""What has changed of what clients were told, when the configuration was read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from twistchat.protocols.irc.features import features, showFeatures
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.protocols.irc.reply import Reply
from twistchat.protocols.irc.server import offered
from twistchat.wire.irc.capabilities import advertise, capLines

if TYPE_CHECKING:
    from twistchat.net.client.protocol import ClientProtocol
    from twistchat.net.context import ServerContext


AT_ONCE = 25
"""Clients who are told in one turn of the reactor."""


class Changes:
    """
    Tells clients what is new (IRCv3 capability-negotiation, "cap-notify"; modern.ircdocs.horse, "RPL_ISUPPORT"), a few
    of them in a turn; and what is newer still when all have been told.
    """

    _log = Logger()

    def __init__(self, context: ServerContext, connections: Callable[[], Iterable[ClientProtocol]]) -> None:
        """
        @param connections: those that are open.
        """
        self._context = context
        self._connections = connections
        self._features = features(context)
        self._telling = self._again = False

    def tell(self) -> None:
        """Other settings hold."""
        self._again = True
        if not self._telling:
            self._telling = True
            Deferred.fromCoroutine(self._tell())

    async def _tell(self) -> None:
        while self._again:
            self._again = False
            now, before = features(self._context), self._features
            tokens = {name: value for name, value in now.items() if name not in before or before[name] != value}
            tokens |= {f"-{name}": None for name in before if name not in now}
            self._features = now
            for count, client in enumerate(list(self._connections())):
                if count % AT_ONCE == AT_ONCE - 1:
                    await self._context.portions.wait()
                if isinstance(client, IrcConnection) and client.session is not None and not client.ending:
                    try:
                        self._tellClient(client, tokens)
                    except Exception:
                        self._log.failure("Telling a client what is new failed")
        self._telling = False

    def _tellClient(self, client: IrcConnection, tokens: Mapping[str, str | None]) -> None:
        self._tellCapabilities(client)
        if tokens and client.registration is None:
            reply = Reply(client, "*")
            showFeatures(client, reply, tokens)
            reply.finish()

    def _tellCapabilities(self, client: IrcConnection) -> None:
        negotiation, now = client.negotiation, offered(self._context, client.secure)
        if negotiation.offered is now:
            return
        fresh, gone = negotiation.offer(now)
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
