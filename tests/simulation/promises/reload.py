"""A configuration with a mistake changes nothing.  Another one takes effect, also for connected clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.broken import Broken
from tests.simulation.machine.server import readSettings
from tests.simulation.promises.promise import Promise
from twistchat.config import ConfigError

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred


class Reload(Promise):
    """Looks at the settings after each reload."""

    def reload(self, text: str) -> None:
        """
        Reload the configuration.

        @param text: the configuration, as TOML.
        """
        world = self.world
        context, before = world.server.context, world.server.context.settings
        world.server.configuration = text
        try:
            wanted = readSettings(text)
        except ConfigError:
            wanted = None
        reloading: Deferred[Any] = context.rehash("the simulation")
        failed: list[Any] = []
        reloading.addErrback(failed.append)
        if not reloading.called:
            raise Broken("reloads", "a reload without listeners takes longer than its call")
        if failed and not failed[0].check(ConfigError):
            raise Broken("reloads", f"a reload failed: {failed[0].value!r}")
        if (wanted is None) != bool(failed):
            raise Broken("reloads", f"a reload of {text!r} ended with {failed}")
        if wanted is None and context.settings is not before:
            raise Broken("a mistake changes nothing", f"the settings changed after {text!r}")
        if wanted is not None:
            if context.settings.limits != wanted.limits or context.chat.limits != wanted.limits:
                raise Broken("reloads", f"the limits are {context.settings.limits} after {text!r}")
            world.configuration = text

    def rested(self) -> None:
        """Look at the limits of all connections."""
        limit = self.world.server.context.settings.limits.sendq
        for connection in self.world.connections.values():
            outlet: Any = None if connection.session is None else connection.session.outlet
            if outlet is None:
                continue
            own = outlet.outbox._limit  # private: nothing else says it
            if own != limit:
                raise Broken("limits follow", f"sendq is {limit}, and {own} for client {connection.client.slot}")
