"""What twistchat gives to Twisted's plugin system: the C{twistd} command, the doors, and the kinds of journals."""

from twisted.application.service import ServiceMaker

from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.journal.kinds import MemoryKind, SqliteKind

twistchat = ServiceMaker(
    "twistchat",
    "twistchat.tap",
    "A multi-user chat server: one journal, many doors.",
    "twistchat",
)

lineDoor = LineDoor()
ircDoor = IrcDoor()

memoryJournals = MemoryKind()
sqliteJournals = SqliteKind()
