"""What all connections of the IRC door share: the server's name, its dialects, and what it says of itself."""

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
"""What numerics call this software."""


@dataclass(frozen=True, slots=True)
class IrcServer:
    """
    The IRC server that this door is.

    @ivar name: its name, as a source of messages.
    @ivar dialects: how entries are written.
    @ivar started: when it was made, in seconds since the epoch.
    @ivar references: numbers of batches.
    @ivar gateways: the digest of each gateway's password that was right, by its hash.
    @ivar templates: what it says to all alike.
    @ivar renames: shows rooms' new names.
    @ivar hosts: shows users' new hosts.
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
        """The server of this chat."""
        name = context.settings.server.name
        renames = RenameFallbacks(context.portions)
        return cls(name, IrcDialects(name), context.wall(), count(1), {}, Templates(), renames, HostFallback())


def offered(context: ServerContext, secure: bool) -> Mapping[str, str]:
    """
    The capabilities that a connection is offered, each with its value or C{""}.

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
    """The same object each time: a client keeps what it was offered, which is more than it keeps of anything else."""
    values = dict.fromkeys(CAPABILITIES, "")
    values["draft/multiline"] = multiline
    del values["sts"]
    if sts:
        values["sts"] = sts
    return values
