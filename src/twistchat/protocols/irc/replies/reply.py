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
from twistchat.chat.model.origin import Asker, Origin
from twistchat.net.input.pace import Pace
from twistchat.protocols.irc.replies.formatting import joinWords
from twistchat.protocols.irc.replies.wording import wordError
from twistchat.wire.irc.labels import inBatch, labelled, withTag
from twistchat.wire.irc.message import fit, room, serialize

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection

SHORT = 100
"""Characters of parameters that fit into a line with whatever else is in it, so that there is nothing to measure."""

STANDARD = {
    "BATCH": "draft/multiline",
    "REDACT": "draft/message-redaction",
    "RENAME": "draft/channel-rename",
    "SETNAME": "setname",
}
"""
Commands whose standard replies come with a capability of their own, whether the client has asked for
C{standard-replies} or not (IRCv3 standard-replies, "Capabilities").
"""

EVERYONE = frozenset({"INVALID_UTF8"})
"""
Codes of standard replies that every client is sent, whatever its capabilities.  Their specification makes no capability
a condition (IRCv3 utf8-only, "The INVALID_UTF8 standard replies code").
"""


def serializeFitted(source: str, command: str, parameters: Sequence[str]) -> bytes:
    """
    Write a message of the server's own.

    @param parameters: the last is cut where the line is too short for it.  Names can be so long that this is not
        enough; then the longest is cut, too.
    """
    if sum(map(len, parameters)) > SHORT:
        parameters = _fitted(command, parameters, source)
    return serialize(command, parameters, source)


class Reply:
    """
    The answer to one command.

    @ivar command: the command's name.
    @ivar label: the client's name for the command; C{None} where it has none.
    @ivar onlyEvent: whether that outcome is all that there is to answer, unless it is refused: then it is shown at its
        place among all else that happens.
    @ivar postponed: whether the answer is not to be sent yet when the command has taken effect.
    @ivar enteredRoom: the folded name of a room that the client has entered without asking for it, or C{""}.
    """

    __slots__ = (
        "_answered",
        "_batches",
        "_client",
        "_holding",
        "_open",
        "_pace",
        "_units",
        "command",
        "enteredRoom",
        "label",
        "onlyEvent",
        "postponed",
    )

    def __init__(self, client: IrcConnection, command: str, label: str | None = None) -> None:
        self._client = client
        self.command = command
        self.label = label
        self.onlyEvent = self.postponed = False
        self.enteredRoom = ""
        self._units: list[bytes] = []
        self._batches: Sequence[str] = ()
        self._open: str | None = None
        self._answered = self._holding = False
        self._pace: Pace | None = None

    @property
    def asker(self) -> Asker:
        """Who asks the chat for what the command does.  With a label, the outcome becomes part of this answer."""
        session = self._client.openSession
        return session if self.label is None else Origin(session, self.label)

    def numeric(self, code: str, *parameters: str) -> None:
        """A numeric, to the client's nick (C{*} while it has none)."""
        self.line(code, self._client.nick, *parameters)

    def line(self, command: str, *parameters: str) -> None:
        """
        A message from the server.

        @param parameters: as L{serializeFitted} has them.
        """
        self._put(serializeFitted(self._client.server, command, parameters))

    def lines(self, data: Iterable[bytes]) -> None:
        """Messages that are written already."""
        for line in data:
            self._put(line)

    def numericList(
        self, code: str, parameters: Sequence[str], words: Iterable[str], separator: str = " ", *, colon: bool = False
    ) -> None:
        """
        Numerics whose last parameter is a list, as many as that takes; none where it is empty.

        @param parameters: those between the client's nick and the list.
        @param colon: whether the list has its C{:} even where it is of one word, as old clients expect.
        """
        source = self._client.server
        *head, _ = _fitted(code, (self._client.nick, *parameters, ""), source)
        size = room(code, head, source)
        for text in joinWords(words, separator, size):
            self._put(serialize(code, (*head, fit(text, size)), source, colon=colon))

    def error(self, error: ChatError, context: str = "") -> None:
        """
        Why the chat refuses something.

        @param context: what was asked for (a room, a nick), for errors that do not say.
        """
        self._client.context.refusals.noteError(self._client.address, error)
        code, *parameters = wordError(error, self.command, context)
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
        capabilities = self._client.capabilities
        if code in EVERYONE or "standard-replies" in capabilities or STANDARD.get(self.command) in capabilities:
            self.line("FAIL", self.command, code, *rest)
        else:
            self.line("NOTICE", self._client.nick, f"*** {self.command}: {rest[-1]}")

    @contextmanager
    def batch(self, kind: str, *parameters: str) -> Iterator[None]:
        """Put what is answered within this context into a batch, for a client that has the C{batch} capability."""
        if "batch" not in self._client.capabilities:
            yield
            return
        reference = self._client.nextReference()
        self._put(serialize("BATCH", (f"+{reference}", kind, *parameters), self._client.server))
        self._batches = (*self._batches, reference)
        try:
            yield
        finally:
            self._batches = self._batches[:-1]
            self._put(serialize("BATCH", (f"-{reference}",), self._client.server))

    def addEvent(self, data: bytes) -> bytes:
        """
        Make the outcome of the command, as the chat tells it to this client, the answer or a part of it.

        From there on, what the client is to hear comes behind the answer, which is still being put together.

        @return: what the client is to be told at this place.
        """
        if self.onlyEvent and self.label is not None:
            self._answered = True
            return labelled(data, self.label, self._client.server, self._client.nextReference())
        self._units.append(data)
        if not self._holding:
            self._holding = True
            self._client.holdDeliveries()
        return b""

    def flush(self) -> None:
        """
        Send what there is of the answer until now, behind all that the client was to hear; more of it will come.

        With a label it becomes a batch, which stays open.
        """
        data = b"".join(self._units)
        if not data:
            return
        self._units = []
        if self.label is not None:
            opening = b""
            if self._open is None:
                self._open = self._client.nextReference()
                opening = serialize("BATCH", (f"+{self._open}", "labeled-response"), self._client.server)
                opening = withTag(opening, "label", self.label)
            data = opening + inBatch(data, self._open)
        self._client.reply(data)

    async def step(self, count: int = 1) -> None:
        """
        Make a step of the command.  What there is of the answer is sent before others have their turn.  See
        L{Pace.step <twistchat.net.input.pace.Pace.step>}.
        """
        pace = self._pace
        if pace is None:
            pace = self._pace = Pace(self._client)
        if pace.spent:
            self.flush()
        await pace.step(count)

    def finish(self) -> None:
        """Send the answer, behind all that the client was to hear until now."""
        if self.label is None:
            self.flush()
            return
        self._client.flushEntries()
        if self._open is not None:
            self.flush()
            self._client.reply(serialize("BATCH", (f"-{self._open}",), self._client.server))
        elif not self._answered:
            data, self._units = b"".join(self._units), []
            self._client.reply(labelled(data, self.label, self._client.server, self._client.nextReference()))
        if self._holding:
            self._holding = False
            self._client.releaseDeliveries()

    def _put(self, data: bytes) -> None:
        if self.label is not None:
            self._client.flushEntries()
        if self._batches:
            data = inBatch(data, self._batches[-1])
        self._units.append(data)


def _fitted(command: str, parameters: Sequence[str], source: str) -> tuple[str, ...]:
    """Parameters cut to fit into a line: the last; and where that is not enough, the longest of the others."""
    *others, last = parameters
    while (left := room(command, others, source)) < 0:
        longest = max(range(len(others)), key=lambda index: len(others[index].encode()))
        others[longest] = fit(others[longest], len(others[longest].encode()) + left)
    return (*others, fit(last, left))
