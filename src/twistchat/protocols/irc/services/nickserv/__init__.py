"""NickServ: accounts and their nicks."""

from __future__ import annotations

from itertools import chain

from twistchat.protocols.irc.services import help
from twistchat.protocols.irc.services.nickserv import credentials, information, nicks
from twistchat.protocols.irc.services.table import Service

NICKSERV = Service(
    "NickServ",
    "NS",
    "keeps accounts and their nicks",
    chain(nicks.table, credentials.table, information.table, help.table),
    {},
)
"""The service."""
