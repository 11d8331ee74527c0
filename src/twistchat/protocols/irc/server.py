"""What all connections of the IRC door share: the server's name, the dialects, templates and fallbacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from twistchat import __version__
from twistchat.net.context import ServerContext
from twistchat.protocols.irc.appointments import Appointments
from twistchat.protocols.irc.fallbacks import HostFallback, RenameFallbacks
from twistchat.protocols.irc.history.sharing import Pages
from twistchat.protocols.irc.replies.names import NameLists
from twistchat.protocols.irc.replies.templates import Templates
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
    @ivar pages: pages of channels that were rendered before.
    @ivar names: lists of members that were rendered before.
    @ivar renames: shows renamed rooms to clients without RENAME.
    @ivar hosts: shows changed hosts to clients without CHGHOST.
    @ivar appointments: the operators whom the configuration appointed.
    @ivar guests: returns whether clients may register without an account.
    """

    name: str
    dialects: IrcDialects
    started: float
    references: count[int]
    gateways: dict[str, bytes]
    templates: Templates
    pages: Pages
    names: NameLists
    renames: RenameFallbacks
    hosts: HostFallback
    appointments: Appointments
    guests: Callable[[], bool]

    @classmethod
    def of(cls, context: ServerContext, guests: Callable[[], bool] = lambda: True) -> IrcServer:
        """Make the server of a chat."""
        name, clock = context.settings.server.name, context.clock
        return cls(
            name,
            IrcDialects(name),
            context.wall(),
            count(1),
            {},
            Templates(),
            Pages(clock),
            NameLists(clock),
            RenameFallbacks(context.portions),
            HostFallback(),
            Appointments(context),
            guests,
        )
