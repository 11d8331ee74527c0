"""
The reply to one command.  It collects messages, and sends them when the command has taken effect.

If the client gave the command a label, the reply is one logical message with that label: a line, a batch, or C{ACK} if
it is empty (IRCv3 labeled-response).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twistchat.chat.errors import ChatError
from twistchat.chat.model.sessions import Asker, Origin
from twistchat.net.input.pace import Pace
from twistchat.protocols.irc.replies.formatting import joinWords
from twistchat.protocols.irc.replies.wording import wordError
from twistchat.wire.irc.labels import inBatch, labelled, withTag
from twistchat.wire.irc.message import fit, room, serialize

if TYPE_CHECKING:
    from twistchat.protocols.irc.holds import Hold
    from twistchat.protocols.irc.protocol import IrcConnection

UNMEASURED = 100
"""Parameters with at most this many characters fit into any line, so they need not be measured."""

REPLY_CAPABILITIES = {
    "BATCH": ("draft/multiline",),
    "CHATHISTORY": ("draft/chathistory",),
    "MARKREAD": ("draft/read-marker",),
    "METADATA": ("draft/metadata-3", "draft/metadata-2"),
    "REGISTER": ("draft/account-registration",),
    "VERIFY": ("draft/account-registration",),
    "REDACT": ("draft/message-redaction",),
    "RENAME": ("draft/channel-rename",),
    "SEARCH": ("twistchat.org/search", "soju.im/search"),
    "SETNAME": ("setname",),
}
"""
The capabilities that include standard replies, by command.  A client with one of them gets these even without
C{standard-replies} (IRCv3 standard-replies, "Capabilities").
"""

UNCONDITIONAL = frozenset({"INVALID_UTF8"})
"""
Codes of standard replies that every client gets, because their specification requires no capability (IRCv3 utf8-only,
"The INVALID_UTF8 standard replies code").
"""


def serializeFitted(source: str, command: str, parameters: Sequence[str]) -> bytes:
    """
    Serialize a message of the server.

    @param parameters: if the line is too long, the last one is cut.  If names are so long that this does not suffice,
        the longest other one is cut too.
    """
    if sum(map(len, parameters)) > UNMEASURED:
        parameters = _fitted(command, parameters, source)
    return serialize(command, parameters, source)


def listNumerics(
    source: str, code: str, head: Sequence[str], words: Iterable[str], separator: str = " ", *, colon: bool = True
) -> Iterator[bytes]:
    """
    Serialize numerics whose last parameter is a list, as many as the list needs; none for an empty list.

    @param head: the parameters before the list.
    @param colon: whether the list gets its C{:} even if it is one word, as old clients expect.
    """
    if sum(map(len, head)) > UNMEASURED:
        head = _fitted(code, (*head, ""), source)[:-1]
    size = room(code, head, source)
    for text in joinWords(words, separator, size):
        yield serialize(code, (*head, fit(text, size)), source, colon=colon)


class Reply:
    """
    The reply to one command.

    @ivar command: the command's name.
    @ivar label: the command's label; C{None} if it has none.
    @ivar onlyEvent: whether the event is the whole reply, unless the command is refused.  Then the client gets it at
        its place among the other events.
    @ivar onlyBatch: whether one batch is the whole reply, so that a label belongs to this batch, and no other batch is
        needed.
    @ivar postponed: whether the reply is sent later than the time when the command has taken effect.
    @ivar enteredRoom: the folded name of a room that the client has entered without asking for it, or C{""}.
    """

    __slots__ = (
        "_batches",
        "_client",
        "_hold",
        "_labelSent",
        "_messages",
        "_pace",
        "_reference",
        "command",
        "enteredRoom",
        "label",
        "onlyBatch",
        "onlyEvent",
        "postponed",
    )

    def __init__(self, client: IrcConnection, command: str, label: str | None = None) -> None:
        self._client = client
        self.command = command
        self.label = label
        self.onlyBatch = self.onlyEvent = self.postponed = False
        self.enteredRoom = ""
        self._messages: list[bytes] = []
        self._batches: Sequence[str] = ()
        self._reference: str | None = None
        self._labelSent = False
        self._hold: Hold | None = None
        self._pace: Pace | None = None

    @property
    def asker(self) -> Asker:
        """The asker for the chat's verbs.  If the command has a label, the event becomes a part of this reply."""
        session = self._client.openSession
        return session if self.label is None else Origin(session, self.label)

    def numeric(self, code: str, *parameters: str) -> None:
        """Add a numeric.  Its first parameter is the client's nick (C{*} before registration)."""
        self.line(code, self._client.nick, *parameters)

    def line(self, command: str, *parameters: str) -> None:
        """
        Add a message from the server.

        @param parameters: see L{serializeFitted}.
        """
        self._add(serializeFitted(self._client.server, command, parameters))

    def lines(self, data: Iterable[bytes]) -> None:
        """Add serialized messages."""
        for line in data:
            self._add(line)

    def numericList(
        self, code: str, parameters: Sequence[str], words: Iterable[str], separator: str = " ", *, colon: bool = False
    ) -> None:
        """
        Add numerics whose last parameter is a list, as many as the list needs; none for an empty list.

        @param parameters: the parameters between the client's nick and the list.
        @param colon: whether the list gets its C{:} even if it is one word, as old clients expect.
        """
        head = (self._client.nick, *parameters)
        self.lines(listNumerics(self._client.server, code, head, words, separator, colon=colon))

    def error(self, error: ChatError, context: str = "") -> None:
        """
        Add the wording of an error.

        @param context: the target of the command (a room, a nick), for errors that do not contain it.
        """
        self._client.context.refusals.noteError(self._client.address, error)
        code, *parameters = wordError(error, self.command, context)
        if code == "FAIL":
            self.fail(*parameters)
        else:
            self.numeric(code, *parameters)

    def fail(self, code: str, *rest: str) -> None:
        """
        Add a C{FAIL}, which says that the command failed (IRCv3 standard-replies).  Other clients get a notice.

        @param code: the code of the failure.
        @param rest: the context, and then a description for people.
        """
        self._standardReply("FAIL", code, rest)

    def warn(self, code: str, *rest: str) -> None:
        """Add a C{WARN}, which says that a part of the command had no effect.  The parameters are those of L{fail}."""
        self._standardReply("WARN", code, rest)

    def _standardReply(self, kind: str, code: str, rest: Sequence[str]) -> None:
        capabilities = self._client.capabilities
        if (
            code in UNCONDITIONAL
            or "standard-replies" in capabilities
            or not capabilities.isdisjoint(REPLY_CAPABILITIES.get(self.command, ()))
        ):
            self.line(kind, self.command, code, *rest)
        else:
            self.line("NOTICE", self._client.nick, f"*** {self.command}: {rest[-1]}")

    @contextmanager
    def batch(self, kind: str, *parameters: str) -> Iterator[None]:
        """
        Put the messages that are added within this context into a batch, if the client has the capability C{batch}.
        """
        if "batch" not in self._client.capabilities:
            yield
            return
        reference = self._client.nextReference()
        self._add(serialize("BATCH", (f"+{reference}", kind, *parameters), self._client.server))
        self._batches = (*self._batches, reference)
        try:
            yield
        finally:
            self._batches = self._batches[:-1]
            self._add(serialize("BATCH", (f"-{reference}",), self._client.server))

    def addEvent(self, data: bytes) -> bytes:
        """
        Append the event to this reply, and hold back deliveries until the reply is sent.

        If the event is the whole reply, add the label to it instead.

        @param data: the encoded event.
        @return: the bytes to deliver at the event's place.
        """
        if self.onlyEvent and self.label is not None:
            self._labelSent = True
            return labelled(data, self.label, self._client.server, self._client.nextReference())
        self._messages.append(data)
        self.holdDeliveries()
        return b""

    def holdDeliveries(self) -> Hold:
        """Hold back deliveries until this reply, which has a label, is sent."""
        if self._hold is None:
            self._hold = self._client.holdDeliveries()
        return self._hold

    def flush(self) -> None:
        """
        Send the messages so far, behind earlier deliveries.  If these are held back, keep the messages.  More messages
        may follow.

        With a label they begin a batch, which stays open, unless C{onlyBatch} is set.
        """
        if self._hold is not None and not self._hold.isReached:
            return
        data = b"".join(self._messages)
        if not data:
            return
        self._messages = []
        if self.label is not None and self.onlyBatch:
            if not self._labelSent:
                self._labelSent = True
                data = withTag(data, "label", self.label)
        elif self.label is not None:
            opening = b""
            if self._reference is None:
                self._reference = self._client.nextReference()
                opening = serialize("BATCH", (f"+{self._reference}", "labeled-response"), self._client.server)
                opening = withTag(opening, "label", self.label)
            data = opening + inBatch(data, self._reference)
        self._client.reply(data)

    async def step(self, count: int = 1) -> None:
        """
        Count a step of the command.  Before others get their turn, send the messages so far.  See L{Pace.step
        <twistchat.net.input.pace.Pace.step>}.
        """
        pace = self._pace
        if pace is None:
            pace = self._pace = Pace(self._client)
        if pace.spent:
            self.flush()
        await pace.step(count)

    async def turn(self) -> None:
        """
        Wait for a turn before the first step, because many commands may continue in this one.

        @raise Gone: the client has disconnected.
        """
        if self._pace is None:
            self._pace = Pace(self._client)
        await self._pace.rest()

    async def share(self) -> None:
        """
        Continue after what the command proposed was applied.  If many commands do so in this turn, wait for another.

        @raise Gone: the client has disconnected.
        """
        if not self._client.context.portions.mayContinue():
            await self.turn()

    def finish(self) -> None:
        """Send the reply, behind earlier deliveries, also if these are still held back."""
        if self.label is None:
            self.flush()
            return
        if self._hold is not None and not self._hold.isReached:
            self._hold.reached().addCallback(lambda _: self.finish())
            return
        self._client.flushEntries()
        if self.onlyBatch and self._labelSent:
            self.flush()
        elif self._reference is not None:
            self.flush()
            self._client.reply(serialize("BATCH", (f"-{self._reference}",), self._client.server))
        elif not self._labelSent:
            data, self._messages = b"".join(self._messages), []
            self._client.reply(labelled(data, self.label, self._client.server, self._client.nextReference()))
        if self._hold is not None:
            self._hold.end()
            self._hold = None

    def _add(self, data: bytes) -> None:
        if self.label is not None:
            self._client.flushEntries()
        if self._batches:
            data = inBatch(data, self._batches[-1])
        self._messages.append(data)


def _fitted(command: str, parameters: Sequence[str], source: str) -> tuple[str, ...]:
    """
    Cut parameters so that they fit into a line: the last one, and if that does not suffice, the longest of the others.
    """
    *others, last = parameters
    while (left := room(command, others, source)) < 0:
        longest = max(range(len(others)), key=lambda index: len(others[index].encode()))
        others[longest] = fit(others[longest], len(others[longest].encode()) + left)
    return (*others, fit(last, left))
