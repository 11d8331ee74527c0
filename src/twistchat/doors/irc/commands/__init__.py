"""The commands of the IRC door, by topic: a table each."""

from __future__ import annotations

from collections.abc import Mapping

from twistchat.doors.irc.commands import bans, connection, gateway, help, monitor, operators, people, server, who
from twistchat.doors.irc.table import Command

TOPICS = {
    "connection": connection.table,
    "people": people.table,
    "lists of people": who.table,
    "watching people": monitor.table,
    "server": server.table,
    "help": help.table,
    "operators": operators.table,
    "bans from the server": bans.table,
    "gateways": gateway.table,
}
"""Every table, by the name of its topic."""

COMMANDS: Mapping[str, Command] = {command.name: command for table in TOPICS.values() for command in table}
"""Every command, by name."""
