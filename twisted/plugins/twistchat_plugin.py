"""What twistchat gives to Twisted's plugin system: the C{twistd} command and the doors."""

from twisted.application.service import ServiceMaker

from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor

twistchat = ServiceMaker(
    "twistchat",
    "twistchat.tap",
    "A multi-user chat server: one journal, many doors.",
    "twistchat",
)

lineDoor = LineDoor()
ircDoor = IrcDoor()
