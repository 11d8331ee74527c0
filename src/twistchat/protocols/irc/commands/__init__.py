"""The commands of the IRC door, by topic: a table each."""

from __future__ import annotations

from collections.abc import Mapping

from twistchat.protocols.irc.commands import (
    bans,
    batches,
    channels,
    connection,
    gateway,
    help,
    listing,
    messages,
    modes,
    monitor,
    operators,
    people,
    server,
    who,
)
from twistchat.protocols.irc.table import Command

TOPICS = {
    "connection": connection.table,
    "channels": channels.table,
    "modes": modes.table,
    "list": listing.table,
    "messages": messages.table,
    "batches": batches.table,
    "people": people.table,
    "who": who.table,
    "monitor": monitor.table,
    "server": server.table,
    "help": help.table,
    "operators": operators.table,
    "bans": bans.table,
    "gateways": gateway.table,
}
"""Every table, by the name of its topic."""

COMMANDS: Mapping[str, Command] = {command.name: command for table in TOPICS.values() for command in table}
"""Every command, by name."""
