"""
Reads the configuration again while the server runs.

It has a module of its own because both SIGHUP and IRC's REHASH command use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.config import Reload, reloadSettings

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext


def rehash(context: ServerContext) -> Reload:
    """
    Read the configuration again, and apply the keys that may change while the server runs.

    This replaces C{context.settings}, updates the admission limits, and calls each function in C{context.onReload}.

    @return: which keys changed, and which change at the next start.
    @raise ConfigError: the configuration has a mistake; nothing has changed.
    """
    reloaded = reloadSettings(context.settings, context.reread())
    context.settings = reloaded.settings
    context.admission.limit(reloaded.settings.limits)
    for tell in context.onReload:
        tell()
    return reloaded
