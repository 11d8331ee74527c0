"""The protocol: JSON objects, one on each line, in both directions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from jsondoor.door import JsonSettings
from twistchat.chat.errors import ChatError
from twistchat.chat.fanout.audience import ASIDE
from twistchat.chat.model.events import Entry, Event, Source
from twistchat.interfaces import IDialect
from twistchat.net.client.protocol import ClientProtocol
from twistchat.wire.lines import Line

HIDDEN = {"session", "node"}
"""The fields of events that clients do not see."""

log = Logger()


class BadCommand(Exception):
    """A line is not a command.  As a string it says why."""


def encode(**fields: Any) -> bytes:
    """Write an object as one line.  JSON escapes every control character, so no field can end the line."""
    return json.dumps(fields).encode() + b"\n"


def plain(value: Any) -> Any:
    """Convert a value of the chat to one that JSON has.  A user is shown as their nick."""
    if isinstance(value, Source):
        return value.nick
    if isinstance(value, Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__ if name not in HIDDEN}
    if isinstance(value, (tuple, frozenset)):
        return [plain(each) for each in value]
    return value


@implementer(IDialect)
@dataclass(frozen=True)
class JsonDialect:
    """
    Writes events.  All clients share one dialect, so each event is written once for all of them.

    @ivar aside: whether this is for what the door does not show: watched users, and notices for operators.
    """

    aside: bool = False

    def render(self, entry: Entry) -> bytes:
        """See L{IDialect.render}."""
        if self.aside:
            return b""
        return encode(event=type(entry.event).__name__, id=entry.msgid, time=entry.time, **plain(entry.event))


SHOWN, ASIDE_DIALECT = JsonDialect(), JsonDialect(aside=True)


class JsonProtocol(ClientProtocol):
    """One client.  It sends C{{"do": COMMAND, …}}, and gets C{done}, C{error} and C{event} objects."""

    def begin(self) -> None:
        """See L{Language.begin}."""
        self.openSession.echo = True
        self.reply(encode(greeting=self.context.settings.of("json", JsonSettings).greeting))

    def farewell(self, reason: str, fault: bool) -> bytes:
        """See L{Language.farewell}."""
        return encode(bye=reason)

    def dialectFor(self, place: str) -> JsonDialect:
        """See L{IOutlet.dialectFor}."""
        return ASIDE_DIALECT if place in ASIDE else SHOWN

    def refused(self, event: Event | None, failure: Failure) -> None:
        """See L{Language.refused}: every error of the chat has a code and a text."""
        error = failure.value
        if isinstance(error, ChatError):
            self.reply(encode(error=error.code, text=error.text))
        elif isinstance(error, BadCommand):
            self.reply(encode(error="BAD_COMMAND", text=str(error)))
        else:
            log.failure("A command of the JSON door failed", failure)
            self.reply(encode(error="FAILED", text="That failed inside the server"))

    def lineReceived(self, line: Line) -> float:
        """See L{Language.lineReceived}.  A line that comes too early waits: the carrier passes it again."""
        wait = self.rates.line()
        if wait:
            return wait
        if not self.entrance.registered and self.entrance.speaksHttp(line):
            return 0.0
        size = len(line) if isinstance(line, bytes) else 0
        says = isinstance(line, bytes) and b'"say"' in line and self.entrance.registered
        self.pipeline.submit(partial(self._obey, line), says, size)
        return 0.0

    def _obey(self, line: Line) -> Deferred[None] | None:
        """Start a command.  Commands of one client take effect in the order in which they came."""
        if self.ending or not (self.entrance.registered or self.entrance.countLine()):
            return None
        command = read(line)
        match command:
            case {"do": "say", "room": str(room), "text": str(text)}:
                self.post(room, text)
                return None
            case {"do": "quit"}:
                self.disconnect("Goodbye")
                return None
        return Deferred.fromCoroutine(self._change(command))

    async def _change(self, command: dict[str, Any]) -> None:
        """Do a command that waits until the journal has it."""
        chat, session = self.context.chat, self.openSession
        match command:
            case {"do": "enter", "nick": str(nick)}:
                await chat.identity.enter(session, nick, "~json", self.context.cloak(self.address))
                if session.user is None:
                    return
                self.entrance.register()
            case {"do": "join", "room": str(room)}:
                joined = chat.membership.join(session, room)
                if joined is not None:
                    await joined
            case {"do": "leave", "room": str(room)}:
                await chat.membership.part(session, room)
            case _:
                raise BadCommand("The commands are enter, join, leave, say and quit")
        self.reply(encode(done=command["do"]))


def read(line: Line) -> dict[str, Any]:
    """
    Read a line.

    @raise BadCommand: it is not a JSON object.
    """
    if not isinstance(line, bytes):
        raise BadCommand(f"The line is too long: {line.length} bytes")
    try:
        command = json.loads(line)
    except (ValueError, RecursionError):
        raise BadCommand("The line is not JSON") from None
    if not isinstance(command, dict):
        raise BadCommand("The line is not a JSON object")
    return command
