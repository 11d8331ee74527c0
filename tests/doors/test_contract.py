"""The doors of twistchat pass the tests for all doors."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.testing import DoorContract


class IrcTests(DoorContract, SynchronousTestCase):
    """The IRC door."""

    def makeDoor(self) -> IrcDoor:
        """See L{DoorContract.makeDoor}."""
        return IrcDoor()

    def enters(self, nick: str) -> bytes:
        """See L{DoorContract.enters}."""
        return f"NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n".encode()

    def joins(self, room: str) -> bytes:
        """See L{DoorContract.joins}."""
        return f"JOIN {room}\r\n".encode()

    def says(self, room: str, text: str) -> bytes:
        """See L{DoorContract.says}."""
        return f"PRIVMSG {room} :{text}\r\n".encode()


class LineTests(DoorContract, SynchronousTestCase):
    """The line door."""

    def makeDoor(self) -> LineDoor:
        """See L{DoorContract.makeDoor}."""
        return LineDoor()

    def enters(self, nick: str) -> bytes:
        """See L{DoorContract.enters}."""
        return f"{nick}\n".encode()

    def joins(self, room: str) -> bytes:
        """See L{DoorContract.joins}."""
        return f"/join {room}\n".encode()

    def says(self, room: str, text: str) -> bytes:
        """See L{DoorContract.says}."""
        return f"{text}\n".encode()
