"""NickServ: accounts, their nicks, and what people log in with."""

from __future__ import annotations

from itertools import chain

from twistchat.protocols.irc.services import help
from twistchat.protocols.irc.services.nickserv import account, credentials, information, nicks
from twistchat.protocols.irc.services.table import Service

NICKSERV = Service(
    "NickServ",
    "NS",
    "registers accounts, and logs you in to yours",
    chain(account.table, nicks.table, credentials.table, information.table, help.table),
    {"CONFIRM": "VERIFY", "ID": "IDENTIFY", "LOGIN": "IDENTIFY", "RECOVER": "REGAIN", "RELEASE": "GHOST"},
)
"""The service."""
