"""
Tools for tests of twistchat, and of bots, doors and journals.

L{MemoryServer} is a whole server without sockets, threads or delays.  L{LineClient} and L{IrcClient} are clients of its
doors, over streams or over WebSockets (L{twistchat.testing.websockets}).  L{ManualLog} is a log that commits events
when the test says so; L{inMemory} makes a journal of it.  L{JournalContract} tests any journal, and L{DoorContract}
any door.
"""

from twistchat.testing.clients import Client, IrcClient, LineClient
from twistchat.testing.contract import JournalContract
from twistchat.testing.door import DoorContract
from twistchat.testing.journals import ManualLog, inMemory
from twistchat.testing.links import Link, MemoryTransport
from twistchat.testing.server import MemoryServer, settingsOf

__all__ = [
    "Client",
    "DoorContract",
    "IrcClient",
    "JournalContract",
    "LineClient",
    "Link",
    "ManualLog",
    "MemoryServer",
    "MemoryTransport",
    "inMemory",
    "settingsOf",
]
