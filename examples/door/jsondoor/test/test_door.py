"""The JSON door passes the tests for all doors, and a few of its own."""

from __future__ import annotations

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from jsondoor.door import JsonDoor
from twistchat.testing import Client, DoorContract, MemoryServer, settingsOf


def line(**fields: str) -> bytes:
    """Write a command."""
    return json.dumps(fields).encode() + b"\n"


class ContractTests(DoorContract, SynchronousTestCase):
    """What every door promises."""

    def makeDoor(self) -> JsonDoor:
        """See L{DoorContract.makeDoor}."""
        return JsonDoor()

    def enters(self, nick: str) -> bytes:
        """See L{DoorContract.enters}."""
        return line(do="enter", nick=nick)

    def joins(self, room: str) -> bytes:
        """See L{DoorContract.joins}."""
        return line(do="join", room=room)

    def says(self, room: str, text: str) -> bytes:
        """See L{DoorContract.says}."""
        return line(do="say", room=room, text=text)


class JsonTests(SynchronousTestCase):
    """The protocol itself."""

    def setUp(self) -> None:
        """Connect a client."""
        doors = (JsonDoor(),)
        server = MemoryServer(settingsOf('[json]\ngreeting = "Hi"\nlongestLine = 100', doors), doors=doors)
        self.client = Client(server.pump)
        self.client.link = server.plug(self.client, "json")

    def answers(self, *commands: bytes) -> list[dict[str, Any]]:
        """Send commands, and read what comes."""
        self.client.sendBytes(b"".join(commands))
        return [json.loads(each) for each in self.client.lines()]

    def test_talk(self) -> None:
        """A client enters, joins, speaks and leaves; the event with its text is the acknowledgement."""
        self.assertEqual([{"greeting": "Hi"}, {"done": "enter"}], self.answers(line(do="enter", nick="ann")))
        joined, done = self.answers(line(do="join", room="#tea"))
        self.assertEqual(("Joined", "ann", "#tea"), (joined["event"], joined["source"], joined["room"]))
        self.assertEqual({"done": "join"}, done)
        (said,) = self.answers(line(do="say", room="#tea", text="one\ntwo"))
        self.assertEqual(("RoomMessage", "ann", "one\ntwo"), (said["event"], said["source"], said["text"]))
        self.assertEqual({"done": "leave"}, self.answers(line(do="leave", room="#tea"))[-1])
        self.assertEqual([{"bye": "Goodbye"}], self.answers(line(do="quit")))

    def test_mistakes(self) -> None:
        """A line that is no command is refused, with the reason."""
        self.client.skip()
        for sent, text in (
            (b"hello\n", "The line is not JSON"),
            (b"[]\n", "The line is not a JSON object"),
            (line(do="dance"), "The commands are enter, join, leave, say and quit"),
            (b"x" * 200 + b"\n", "The line is too long: 200 bytes"),
        ):
            self.assertEqual([{"error": "BAD_COMMAND", "text": text}], self.answers(sent))
        self.assertEqual("NOT_ENTERED", self.answers(line(do="join", room="#tea"))[0]["error"])
