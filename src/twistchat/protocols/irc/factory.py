"""The factory of IRC's client protocols, over any carrier.  It tells them about changed settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from twisted.logger import Logger

from twistchat.net.client.factory import ClientFactory
from twistchat.net.reloading import SingleRun
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.protocols.irc.registration.isupport import isupportTokens, showIsupport
from twistchat.protocols.irc.registration.offer import announce
from twistchat.protocols.irc.replies.reply import Reply
from twistchat.protocols.irc.server import IrcServer

if TYPE_CHECKING:
    from twistchat.net.client.protocol import ClientProtocol
    from twistchat.net.context import ServerContext

NOTIFIED_PER_TURN: Final = 25
"""Clients that are told about changes in one turn."""


class IrcFactory(ClientFactory):
    """
    Makes the client protocols of an IRC server, and tells its clients about changed settings.

    @ivar longestLine: the most bytes of a client's line without its terminator.
    """

    def __init__(self, context: ServerContext, door: str, guests: Callable[[], bool] = lambda: True) -> None:
        """
        @param door: the name of the door.
        @param guests: returns whether the door lets guests in, if the server does.
        """
        server = IrcServer.of(context, lambda: context.settings.accounts.guests and guests())
        super().__init__(context, door, lambda context, factory: IrcConnection(context, factory, server))
        limits = context.settings.limits
        self.longestLine = limits.ircLine + limits.ircTags + 2
        context.onReload.append(server.appointments.follow)
        context.onReload.append(ChangeNotifier(context, lambda: self.connections).notify)


class ChangeNotifier:
    """
    Tells clients about changed capabilities and ISUPPORT tokens (IRCv3 capability-negotiation, "cap-notify";
    modern.ircdocs.horse, "RPL_ISUPPORT").

    It tells L{NOTIFIED_PER_TURN} clients in a turn.  If the settings change meanwhile, it starts again when it has told
    all.
    """

    _log = Logger()

    def __init__(self, context: ServerContext, connections: Callable[[], Iterable[ClientProtocol]]) -> None:
        """
        @param connections: returns the open connections.
        """
        self._context = context
        self._connections = connections
        self._features = isupportTokens(context)
        self._work = SingleRun(self._run)

    def notify(self) -> None:
        """Tell the clients what has changed since the last call."""
        self._work.request()

    async def _run(self) -> None:
        now, before = isupportTokens(self._context), self._features
        tokens = {name: value for name, value in now.items() if name not in before or before[name] != value}
        tokens |= {f"-{name}": None for name in before if name not in now}
        self._features = now
        for count, client in enumerate(list(self._connections())):
            if count % NOTIFIED_PER_TURN == NOTIFIED_PER_TURN - 1:
                await self._context.portions.wait()
            if isinstance(client, IrcConnection) and client.session is not None and not client.ending:
                try:
                    self._notifyClient(client, tokens)
                except Exception:
                    self._log.failure("Telling a client what is new failed")

    def _notifyClient(self, client: IrcConnection, tokens: Mapping[str, str | None]) -> None:
        announce(client)
        if tokens and client.registration is None:
            reply = Reply(client, "*")
            showIsupport(client, reply, tokens)
            reply.finish()
