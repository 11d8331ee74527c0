"""What twistchat gives to Twisted's plugin system: the C{twistd} command, the doors, and PAM for --auth."""

from twisted.application.service import ServiceMaker

from twistchat.accounts.pam import PamSource
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.doors.web.door import WebDoor

twistchat = ServiceMaker(
    "twistchat",
    "twistchat.tap",
    "A multi-user chat server: one journal, many doors.",
    "twistchat",
)

lineDoor = LineDoor()
ircDoor = IrcDoor()
webDoor = WebDoor()
pamSource = PamSource()
