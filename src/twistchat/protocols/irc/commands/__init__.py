"""The commands of the IRC door, in one table for each topic."""

from __future__ import annotations

from collections.abc import Mapping

from twistchat.protocols.irc.commands import accounts, connection, gateway, help, metadata, services
from twistchat.protocols.irc.commands.channels import channels, listing, modes
from twistchat.protocols.irc.commands.history import chathistory, markers, playback, search
from twistchat.protocols.irc.commands.people import monitor, people, who
from twistchat.protocols.irc.commands.server import audit, bans, operators, server
from twistchat.protocols.irc.commands.table import Command
from twistchat.protocols.irc.commands.texts import batches, messages

TOPICS = {
    "connection": connection.table,
    "accounts": accounts.table,
    "channels": channels.table,
    "modes": modes.table,
    "list": listing.table,
    "messages": messages.table,
    "batches": batches.table,
    "history": chathistory.table,
    "markers": markers.table,
    "playback": playback.table,
    "search": search.table,
    "people": people.table,
    "who": who.table,
    "monitor": monitor.table,
    "metadata": metadata.table,
    "services": services.table,
    "server": server.table,
    "help": help.table,
    "operators": operators.table,
    "bans": bans.table,
    "audit": audit.table,
    "gateways": gateway.table,
}
"""The tables, by topic."""

COMMANDS: Mapping[str, Command] = {command.name: command for table in TOPICS.values() for command in table}
"""The commands, by name."""
