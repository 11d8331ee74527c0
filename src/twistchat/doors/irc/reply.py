"""
Answers to one command, apart from events: gathered, and sent when the command has taken effect.

Where the client has put a label on its command, the answer is one logical message that carries it: a line, a batch, or
C{ACK} where there is nothing to say (IRCv3 labeled-response).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twistchat.chat.errors import ChatError
from twistchat.chat.events import Label
from twistchat.doors.irc.wording import word
from twistchat.wire.irc.labels import inBatch, labelled
from twistchat.wire.irc.message import serialize

if TYPE_CHECKING:
    from twistchat.doors.irc.protocol import IrcConnection


class Reply:
    """
    The answer to one command.

    @ivar command: the command's name.
    @ivar label: what an event is to carry so that its outcome becomes part of this answer; C{None} where the client
        does not want to know.
    """

    __slots__ = ("_batches", "_client", "_units", "command", "label")

    def __init__(self, client: IrcConnection, command: str, label: Label | None = None) -> None:
        self._client = client
        self.command = command
        self.label = label
        self._units: list[bytes] = []
        self._batches: list[str] = []

    def numeric(self, code: str, *parameters: str) -> None:
        """A numeric, to the client's nick (C{*} while it has none)."""
        self.line(code, self._client.nick, *parameters)

    def line(self, command: str, *parameters: str, source: str | None = None) -> None:
        """
        A message.

        @param source: from whom; the server where it is C{None}.
        """
        self._put(serialize(command, parameters, self._client.server if source is None else source))

    def lines(self, data: Iterable[bytes]) -> None:
        """Messages that are written already."""
        for line in data:
            self._put(line)

    def error(self, error: ChatError, context: str = "") -> None:
        """
        Why the chat refuses something.

        @param context: what was asked for (a room, a nick), for errors that do not say.
        """
        code, *parameters = word(error, self.command, context)
        if code == "FAIL":
            self.fail(*parameters)
        else:
            self.numeric(code, *parameters)

    def fail(self, code: str, *rest: str) -> None:
        """
        A standard reply: the command failed (IRCv3 standard-replies).

        @param code: which failure.
        @param rest: its context, and last a description for people.
        """
        self._standard("FAIL", code, rest)

    def warn(self, code: str, *rest: str) -> None:
        """A standard reply: a warning.  The arguments are those of L{fail}."""
        self._standard("WARN", code, rest)

    def note(self, code: str, *rest: str) -> None:
        """A standard reply: something to know.  The arguments are those of L{fail}."""
        self._standard("NOTE", code, rest)

    @contextmanager
    def batch(self, kind: str, *parameters: str) -> Iterator[None]:
        """Put what is answered within this context into a batch, for a client that has the C{batch} capability."""
        if "batch" not in self._client.capabilities:
            yield
            return
        reference = self._client.nextReference()
        self._put(serialize("BATCH", (f"+{reference}", kind, *parameters), self._client.server))
        self._batches.append(reference)
        try:
            yield
        finally:
            self._batches.pop()
            self._put(serialize("BATCH", (f"-{reference}",), self._client.server))

    def take(self, data: bytes) -> None:
        """Make the outcome of the command, as the chat tells it to this client, a part of the answer."""
        self._units.append(data)

    def finish(self) -> None:
        """Send the answer, behind all that the client was to hear until now."""
        if self.label is not None:
            self._client.settle()
            reference = self._client.nextReference()
            answer = labelled(b"".join(self._units), self.label.text, self._client.server, reference)
            self._client.reply(answer)
        elif self._units:
            self._client.reply(b"".join(self._units))
        self._units = []

    def _standard(self, kind: str, code: str, rest: Sequence[str]) -> None:
        if "standard-replies" in self._client.capabilities:
            self.line(kind, self.command, code, *rest)
        else:
            self.line("NOTICE", self._client.nick, f"*** {self.command}: {rest[-1]}")

    def _put(self, data: bytes) -> None:
        if self.label is not None:
            self._client.settle()
        if self._batches:
            data = inBatch(data, self._batches[-1])
        self._units.append(data)
