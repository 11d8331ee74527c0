"""What all connections of the IRC door share: the server's name, the dialects, templates and fallbacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from twistchat import __version__
from twistchat.net.context import ServerContext
from twistchat.protocols.irc.fallbacks import HostFallback, RenameFallbacks
from twistchat.protocols.irc.replies.templates import Templates
from twistchat.protocols.irc.settings import ircSettings
from twistchat.wire.irc.capabilities import CAPABILITIES
from twistchat.wire.irc.dialect import IrcDialects

VERSION = f"twistchat-{__version__}"
"""The name and version of this software in numerics."""


@dataclass(frozen=True, slots=True)
class IrcServer:
    """
    What all connections of the IRC door share.

    @ivar name: the server's name, which is the source of its messages.
    @ivar dialects: the dialects by capabilities, view and framing.
    @ivar started: when the door was made, in seconds since the epoch.
    @ivar references: the counter for reference tags of batches.
    @ivar gateways: the digest of each gateway's correct password, by the hash in the settings.
    @ivar templates: the lines that differ only in the client's nick.
    @ivar renames: shows renamed rooms to clients without RENAME.
    @ivar hosts: shows changed hosts to clients without CHGHOST.
    """

    name: str
    dialects: IrcDialects
    started: float
    references: count[int]
    gateways: dict[str, bytes]
    templates: Templates
    renames: RenameFallbacks
    hosts: HostFallback

    @classmethod
    def of(cls, context: ServerContext) -> IrcServer:
        """Make the server of a chat."""
        name = context.settings.server.name
        renames = RenameFallbacks(context.portions)
        return cls(name, IrcDialects(name), context.wall(), count(1), {}, Templates(), renames, HostFallback())


def offered(context: ServerContext, secure: bool) -> Mapping[str, str]:
    """
    Get the capabilities that a connection is offered, each with its value or C{""}.

    @param secure: whether the connection is encrypted.
    """
    limits, irc = context.settings.limits, ircSettings(context.settings)
    sts = ""
    if irc.stsPort and not secure:
        sts = f"port={irc.stsPort}"
    elif irc.stsPort:
        sts = f"duration={int(irc.stsDuration)}" + (",preload" if irc.stsPreload else "")
    return _values(f"max-bytes={limits.message},max-lines={limits.lines}", sts)


@lru_cache(8)
def _values(multiline: str, sts: str) -> Mapping[str, str]:
    """Make the capabilities with their values.  Clients share the result, because each keeps a reference to it."""
    values = dict.fromkeys(CAPABILITIES, "")
    values["draft/multiline"] = multiline
    del values["sts"]
    if sts:
        values["sts"] = sts
    return values
