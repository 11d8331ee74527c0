"""
NickServ and ChanServ: names that people send commands to, as on other networks.

Their commands are tables over the verbs of the chat, as the commands of the door are.
"""

from __future__ import annotations

from collections.abc import Mapping

from twistchat.chat.model.names import fold
from twistchat.protocols.irc.services.chanserv import CHANSERV
from twistchat.protocols.irc.services.nickserv import NICKSERV
from twistchat.protocols.irc.services.table import Service

SERVICES: Mapping[str, Service] = {fold(service.nick): service for service in (NICKSERV, CHANSERV)}
"""The services, by folded name."""

INITIALS = frozenset("".join(name[0] + name[0].upper() for name in SERVICES))
"""The first letters of their nicks, in both cases.  They rule out most other targets at little cost."""


def serviceNamed(target: str, server: str) -> Service | None:
    """
    Get the service with this name.

    @param target: its nick in any case, or C{NICK@SERVER}.
    @param server: the name of this server.
    """
    name, at, host = target.partition("@")
    service = SERVICES.get(fold(name))
    return None if service is None or (at and fold(host) != fold(server)) else service
