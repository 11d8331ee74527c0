"""The commands of the IRC door, by topic: a table each."""

from __future__ import annotations

from collections.abc import Mapping

from twistchat.doors.irc.commands import connection
from twistchat.doors.irc.table import Command

TOPICS = {"connection": connection.table}
"""Every table, by the name of its topic."""

COMMANDS: Mapping[str, Command] = {command.name: command for table in TOPICS.values() for command in table}
"""Every command, by name."""
