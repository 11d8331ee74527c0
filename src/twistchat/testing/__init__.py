"""
For tests against twistchat: this project's own, and those of people who write bots, doors and journals for it.

L{MemoryServer} is a whole server with no socket, no thread and no waiting; L{LineClient} is a person at its line door,
L{IrcClient} one at its IRC door.
L{HeldLog} is a log that keeps events waiting until the test lets them happen; L{inMemory} makes a journal of it.
L{JournalContract} tests any journal, and L{DoorContract} any door.
"""

from twistchat.testing.clients import Client, IrcClient, LineClient
from twistchat.testing.contract import JournalContract
from twistchat.testing.door import DoorContract
from twistchat.testing.held import HeldLog
from twistchat.testing.journals import inMemory
from twistchat.testing.links import Link, MemoryTransport
from twistchat.testing.server import MemoryServer, settingsOf

__all__ = [
    "Client",
    "DoorContract",
    "HeldLog",
    "IrcClient",
    "JournalContract",
    "LineClient",
    "Link",
    "MemoryServer",
    "MemoryTransport",
    "inMemory",
    "settingsOf",
]
