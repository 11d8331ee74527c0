"""ChanServ: registered channels."""

from __future__ import annotations

from itertools import chain

from twistchat.protocols.irc.services import help
from twistchat.protocols.irc.services.chanserv import access, rooms
from twistchat.protocols.irc.services.table import Service

CHANSERV = Service(
    "ChanServ",
    "CS",
    "registers channels, and keeps their founders and access lists",
    chain(rooms.table, access.table, help.table),
    {},
)
"""The service."""
