"""How an IRC client reads the history: batches, texts with their time in front, and whole rooms page by page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.simulation.broken import Broken
from tests.simulation.clients.base import Playback
from tests.simulation.ledger import numberOf
from twistchat.chat.model.names import fold

if TYPE_CHECKING:
    from tests.simulation.clients.irc.client import IrcClient
    from tests.simulation.clients.irc.message import Message

STAMP: Final = re.compile(r"\[\d{4}-\d\d-\d\d \d\d:\d\d\] ")
"""What is in front of a text of the history, for a client without server-time."""

SEARCH: Final = "twistchat.org/search"
HISTORIES: Final = ("chathistory", "znc.in/playback", SEARCH)
"""The types of batches that have a part of the history."""


@dataclass(frozen=True, slots=True)
class Batch:
    """
    A batch that has begun.

    @ivar label: the label of the request that it answers; C{""} if it has none.
    @ivar playback: the part of the history that its messages belong to; C{None} if they are live.
    @ivar isPart: whether it is within the batch of this part.
    """

    label: str
    playback: Playback | None
    isPart: bool = False


@dataclass(slots=True)
class Paging:
    """
    A room that is read page by page.

    @ivar room: its name.
    @ivar forward: whether the pages go from a text that the client knows to the newest; otherwise from the newest to
        the oldest.
    @ivar start: the number of the text at which it begins; 0 for the newest.
    @ivar renames: how many names the room had then.
    @ivar numbers: the numbers of the texts so far.
    """

    room: str
    forward: bool
    start: int
    renames: int
    numbers: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Request:
    """
    A request for a page.

    @ivar subcommand: the subcommand of CHATHISTORY.
    @ivar reference: the number of the text before or after which the page is; 0 if there is none.
    @ivar limit: the most messages that the client wants.
    @ivar since: the sequence number of the last entry that was applied when the client asked.
    @ivar paging: what the page is a part of.
    """

    subcommand: str
    reference: int
    limit: int
    since: int
    paging: Paging | None = None


class ReadHistory:
    """The history that a client reads."""

    def __init__(self, client: IrcClient) -> None:
        self._client = client
        self._batches: dict[str, Batch] = {}
        self._requests: dict[str, Request] = {}
        self._stamped: dict[str, Playback] = {}
        self._unnumbered = ""  # the place of the last text with its time in front, if it has no number so far
        self._labels = 0

    # Requests

    def page(self, room: str, limit: int) -> None:
        """Read a room page by page: from the last text that this client or its predecessors know, or else backwards."""
        _, number = self._client.memory.last.get(fold(room), ("", 0))
        known = self._client.ledger.texts.get(number)  # another node of a cluster may be ahead of this one
        key = "" if known is None else known.room
        forward = bool(key) and key == fold(room)
        paging = Paging(room, forward, number if forward else 0, len(self._client.ledger.names.get(fold(room), ())))
        if forward:
            self._ask(paging, "AFTER", limit, self._client.memory.last[fold(room)][0], number)
        else:
            self._ask(paging, "LATEST", limit)

    def _ask(self, paging: Paging, subcommand: str, limit: int, msgid: str = "", reference: int = 0) -> None:
        self._labels += 1
        label = f"page{self._labels}"
        self._requests[label] = Request(subcommand, reference, limit, self._client.ledger.sequence, paging)
        selector = f"msgid={msgid}" if msgid else "*"
        self._client.send(f"@label={label} CHATHISTORY {subcommand} {paging.room} {selector} {limit}")

    def onFAIL(self, message: Message) -> None:
        """A request was refused."""
        self._requests.pop(self._labelOf(message), None)

    # Answers

    def onBATCH(self, message: Message) -> None:
        """A batch begins or ends."""
        reference, params = message.params[0][1:], message.params
        if message.params[0].startswith("+"):
            label, around = self._labelOf(message), self._batches.get(message.tags.get("batch", ""))
            if params[1] in HISTORIES:
                room = fold(params[2]) if len(params) > 2 and params[1] != SEARCH else ""
                asked = self._client.asksForHistory or params[1] != "chathistory"
                self._batches[reference] = Batch(label, Playback(room, asked=asked, kind=params[1]))
            elif around is not None and around.playback is not None:
                self.add(message, around.playback)
                self._batches[reference] = Batch(label, around.playback, True)
            else:
                self._batches[reference] = Batch(label, None)
            return
        batch = self._batches.pop(reference, Batch("", None))
        if batch.playback is not None and not batch.isPart:
            self._client.played(batch.playback)
            request = self._requests.pop(batch.label, None)
            if request is not None:
                self._check(request, batch.playback)

    def _labelOf(self, message: Message) -> str:
        batch = self._batches.get(message.tags.get("batch", ""))
        return message.tags.get("label") or (batch.label if batch else "")

    def playbackOf(self, message: Message) -> Playback | None:
        """The part of the history that a message belongs to.  C{None} if it is live."""
        batch = self._batches.get(message.tags.get("batch", ""))
        return batch.playback if batch else None

    def add(self, message: Message, playback: Playback) -> None:
        """Add a message to a part of the history."""
        if message.command != "REDACT" and not self._batches[message.tags["batch"]].isPart:
            playback.lines += 1
        number = numberOf(message.params[-1]) if message.command in ("PRIVMSG", "NOTICE") else None
        msgid = message.tags.get("msgid", "")
        playback.last = msgid or playback.last
        playback.first = playback.first or msgid
        if number is not None:
            self._client.checkId(number, msgid)
            playback.numbers.append(number)

    def addStamped(self, message: Message) -> bool:
        """
        Add a text with its time in front.  Return whether it is one.

        The histories of several rooms may come at the same time.
        """
        target, text = message.params[0], message.params[-1]
        if not STAMP.match(text):
            return False
        number = numberOf(text)
        self._unnumbered = fold(target) if number is None else ""
        if target.startswith("#"):
            playback = self._stamped.setdefault(fold(target), Playback(fold(target)))
            playback.numbers += () if number is None else (number,)
        elif number is not None:
            self._client.showLeft(number)
        return True

    def continueStamped(self, message: Message, number: int) -> bool:
        """
        Add a text whose number is not in its first line, which alone has its time in front.  Return whether it is one.

        @param number: the number in a line without a time.
        """
        room = fold(message.params[0])
        if room != self._unnumbered or room not in self._stamped or number in self._client.awaits:
            return False
        self._unnumbered = ""
        self._stamped[room].numbers.append(number)
        return True

    def endStamped(self, room: str) -> None:
        """End the history of a room without a batch: a live text follows, or the client enters the room again."""
        playback = self._stamped.pop(fold(room), None)
        if playback is not None:
            self._client.played(playback)

    def rested(self) -> None:
        """See L{Client.rested}."""
        for room in list(self._stamped):
            self.endStamped(room)

    # Checks

    def _check(self, request: Request, playback: Playback) -> None:
        client, paging = self._client, request.paging
        redacted = [each for each in playback.numbers if 0 < client.ledger.texts[each].redactedAt <= request.since]
        if redacted:
            raise Broken("redaction", f"client {client.slot} was shown {redacted}, which had been redacted")
        if playback.lines > request.limit:
            raise Broken("history", f"client {client.slot} asked for {request.limit} and got {playback.lines}")
        if paging is not None:
            numbers = playback.numbers
            paging.numbers = paging.numbers + numbers if paging.forward else numbers + paging.numbers
            if playback.lines == 0:
                self._checkAll(paging, request.since)
            elif paging.forward:
                self._ask(paging, "AFTER", request.limit, playback.last)
            else:
                self._ask(paging, "BEFORE", request.limit, playback.first)

    def _checkAll(self, paging: Paging, since: int) -> None:
        """
        Check that the pages have every text, or the client hears it live, and none twice.

        @param since: the sequence number of the last entry that was applied when the client asked for the last page.
            Later texts are live, or come after the end of the client's session.
        """
        client, key = self._client, fold(paging.room)
        ledger = client.ledger
        where = f"client {client.slot} read {paging.room} page by page, {paging}"
        if len(set(paging.numbers)) < len(paging.numbers):
            raise Broken("no duplicates", f"{where}, and got a text twice")
        history = ledger.history.get(key, [])
        if len(ledger.names.get(key, ())) != paging.renames or key not in client.rooms:
            return
        if paging.forward:
            if paging.start not in history:
                return
            wanted = [n for n in history[history.index(paging.start) + 1 :] if ledger.texts[n].sequence <= since]
        else:
            wanted = history[: history.index(paging.numbers[-1])] if paging.numbers else []
        got = client.heard.union(paging.numbers, client.awaits, client.left)
        first = ledger.readable.first(key)
        lost = [each for each in wanted if each not in got and client.mustShow(each) and history.index(each) >= first]
        if lost:
            raise Broken("no gaps", f"{where}, and never saw {lost}")
