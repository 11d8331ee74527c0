"""The commands about a running server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import maybeDeferred

from twistchat.config import ConfigError
from twistchat.services.control.commands import Answer, Command, Commands, Nothing, Report
from twistchat.services.control.wire import ControlError

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext


class ServerCommands:
    """The commands about a server that runs."""

    def __init__(self, context: ServerContext) -> None:
        self._context = context

    @property
    def table(self) -> Commands:
        """The commands by their names."""
        return {"server.reload": Command(Nothing, self.reload)}

    async def reload(self, arguments: Nothing, report: Report) -> Answer:
        """
        Read the configuration again.

        @raise ControlError: it has a mistake, and nothing has changed.
        """
        try:
            reloaded = await maybeDeferred(self._context.rehash)
        except ConfigError as e:
            raise ControlError("BAD_CONFIGURATION", str(e)) from None
        return {"applied": reloaded.applied, "deferred": reloaded.deferred}
