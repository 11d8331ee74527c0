"""What all simulated clients share: the bytes in flight, and the texts that they must hear."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.broken import Broken
from tests.simulation.ledger import NUMBER, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.ledger import Ledger, Text

SECRET: Final = PASSWORD.encode()
"""Part of every password that a client sends.  The server never sends it to anybody."""


def passwordOf(account: str) -> str:
    """Return the password of an account."""
    return f"{PASSWORD}-{account.lower()}"


@dataclass(slots=True)
class Playback:
    """
    Texts of the history that a client is shown.

    @ivar room: the folded name of the room; C{""} if the client was not told.
    @ivar numbers: the numbers of the texts, as they were shown.
    @ivar asked: whether the client asked for them.
    @ivar kind: the type of its batch.
    @ivar lines: how many messages there were, of any kind.
    @ivar first: the id of the first of them.
    @ivar last: the id of the last of them.
    """

    room: str
    numbers: list[int] = field(default_factory=list)
    asked: bool = False
    kind: str = "chathistory"
    lines: int = 0
    first: str = ""
    last: str = ""


@dataclass(slots=True)
class Memory:
    """
    What the clients of one person know, one after the other.

    @ivar last: the message id and the number of the last text of each room that they have seen, by its folded name.
    """

    last: dict[str, tuple[str, int]] = field(default_factory=dict)


class Client:
    """
    One client, from its connection to its end.

    @ivar kind: the kind of client.
    @ivar slot: its place among the clients.
    @ivar address: its IP address.
    @ivar nick: the nick that it asked for, or has.
    @ivar outgoing: the bytes that it has sent, and that have not arrived at the server.
    @ivar expected: the numbers of the texts that it must hear, in order, for each place.
    @ivar entered: the sequence number of each entry with which the client joined a room, by the room's folded name.
    @ivar heard: the numbers of the live texts that it has heard.
    @ivar left: the numbers of the private texts that had waited for its account, and that it was shown.
    @ivar accounts: the folded names of the accounts that it has been logged in to.
    @ivar ledger: what was applied.
    @ivar now: returns the time of the simulation, in seconds.
    @ivar memory: what its predecessors left for it.
    @ivar registered: whether the server has welcomed it.
    @ivar pings: the tokens of its pings without an answer, and when it sent each.
    @ivar ignored: the folded nicks that it has ever ignored.
    @ivar slowest: the longest time that it waited for the answer to a ping, in seconds.
    @ivar ended: whether the server has told it that the connection ends.
    @ivar stalled: whether it reads nothing.
    @ivar onSend: called with each line that it sends.
    @ivar onSendRaw: called with each piece of bytes that it sends otherwise.
    @ivar onLine: called with each line that it reads.
    @ivar onPlayback: called with each part of a history that it is shown.
    """

    lineEnd = b"\n"
    kind: str
    nick: str

    def __init__(self, slot: int, address: str, ledger: Ledger, now: Callable[[], float], memory: Memory) -> None:
        """
        @param ledger: what was applied.
        @param now: returns the time of the simulation, in seconds.
        @param memory: what its predecessors left for it.
        """
        self.slot, self.address = slot, address
        self.outgoing = bytearray()
        self.expected: dict[Any, deque[int]] = {}
        self.entered: dict[str, list[int]] = {}
        self.heard: set[int] = set()
        self.left: set[int] = set()
        self.accounts: set[str] = set()
        self.registered = self.ended = self.stalled = False
        self.pings: dict[str, float] = {}
        self.ledger, self.now, self.memory = ledger, now, memory
        self.ignored: set[str] = set()
        self.slowest = 0.0
        self._rest = b""
        self._isOpen = False
        self.onText: Callable[[Text], None] = lambda text: None
        self.unobserve()

    def unobserve(self) -> None:
        """Report nothing more to anybody."""
        self.onSend: Callable[[str], None] = lambda line: None
        self.onSendRaw: Callable[[bytes], None] = lambda data: None
        self.onLine: Callable[[str], None] = lambda line: None
        self.onPlayback: Callable[[Playback], None] = lambda playback: None

    @property
    def inRooms(self) -> list[str]:
        """The names of the rooms that it is in, as it was told."""
        return []

    def send(self, line: str) -> None:
        """Send a line.  One with a password, or with a label, does not continue what was sent without an end."""
        self.onSend(line)
        if self._isOpen and (PASSWORD in line or line.startswith("@")):
            self.outgoing += self.lineEnd
        self._isOpen = False
        self.outgoing += line.encode("utf-8", "surrogateescape") + self.lineEnd

    def sendRaw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.onSendRaw(data)
        self._isOpen = not data.endswith(b"\n") if data else self._isOpen
        self.outgoing += data

    def greet(self) -> None:
        """Send what a client sends first."""

    def ping(self, token: str) -> None:
        """Ask for a sign of life."""

    def answered(self, token: str) -> None:
        """
        Get an answer to a ping.  Stop waiting for answers to earlier pings: other bytes may have spoiled those.

        @param token: the token of the ping.
        """
        if token in self.pings:
            for earlier in list(self.pings):
                began = self.pings.pop(earlier)
                if earlier == token:
                    self.slowest = max(self.slowest, self.now() - began)
                    break

    def expect(self, text: Text) -> None:
        """Note that the client must hear a text."""
        self.expected.setdefault(text.place, deque()).append(text.number)

    @property
    def unanswered(self) -> list[str]:
        """The lines that must get an answer of their own, and have none so far."""
        return []

    def login(self, account: str, password: str) -> None:
        """Log in to an account."""

    def page(self, room: str, limit: int) -> None:
        """
        Read a room page by page.

        @param limit: the most texts on a page.
        """

    def rested(self) -> None:
        """Everything has come to rest: nothing follows what the client has read."""

    def checkId(self, number: int, msgid: str) -> None:
        """
        Look at the message id of a text.

        @param msgid: the id; C{""} if the client was not told.
        @raise Broken: it has another one.
        """
        text = self.ledger.texts.get(number)
        if msgid and text is not None and text.msgid != msgid:
            raise Broken("one id for each text", f"client {self.slot} was told that t{number} has the id {msgid}")

    @property
    def isWithinLine(self) -> bool:
        """Whether the client has read a part of a line, and not its end."""
        return bool(self._rest)

    @property
    def awaits(self) -> list[int]:
        """The numbers of the texts that the client has not heard yet."""
        return [number for numbers in self.expected.values() for number in numbers]

    def receive(self, data: bytes) -> None:
        """
        Read bytes from the server.

        @raise Broken: they break a promise.
        """
        if SECRET in data and not self.ledger.blurted:
            raise Broken("secrets", f"client {self.slot} was sent a password: {data!r}")
        *lines, self._rest = (self._rest + data).split(b"\n")
        for received in lines:
            try:
                line = self.decode(received.removesuffix(b"\r"))
                self.onLine(line)
                self.lineReceived(line)
            except UnicodeDecodeError as e:
                raise Broken("text is UTF-8", f"client {self.slot} was sent {received!r}") from e

    def decode(self, line: bytes) -> str:
        """Decode a line."""
        return line.decode()

    def lineReceived(self, line: str) -> None:
        """Read a line from the server."""
        raise NotImplementedError

    def live(self, text: str, line: str) -> None:
        """
        Hear a text that was just said.

        @raise Broken: the client must not hear it now.
        """
        found = NUMBER.search(text)
        if found is None:
            return
        number = int(found[1])
        said = self.ledger.texts.get(number)
        if said is None:
            raise Broken("durable before visible", f"client {self.slot} heard t{number}, which was not applied: {line}")
        self.onText(said)
        queue = self.expected.get(said.place)
        if queue and queue[0] == number:
            queue.popleft()
            self.heard.add(number)
        elif queue and number in queue:
            raise Broken("no gaps", f"client {self.slot} heard t{number} before {[*queue][: [*queue].index(number)]}")
        elif said.left in self.accounts and (number not in self.left or self.ledger.wasStuck):
            self.showLeft(number)
        elif number in self.heard or number in self.left:
            raise Broken("no duplicates", f"client {self.slot} heard t{number} twice: {line}")
        else:
            raise Broken("nobody learns more", f"client {self.slot} heard t{number}, which is not for it: {line}")

    def showLeft(self, number: int) -> None:
        """See a private text that had waited for the account."""
        text = self.ledger.texts.get(number)
        if text is None or text.left not in self.accounts:
            raise Broken("nobody learns more", f"client {self.slot} was shown t{number}, which is not for it")
        if number in self.left and not self.ledger.wasStuck:
            raise Broken("no duplicates", f"client {self.slot} was shown t{number} twice")
        self.onText(text)
        self.left.add(number)

    def played(self, playback: Playback) -> None:
        """
        See a part of the history of a room.

        @raise Broken: the part has a gap or a duplicate, or does not end where the live texts begin.
        """
        self.onPlayback(playback)
        numbers = playback.numbers
        if not numbers:
            return
        if playback.kind.endswith("search"):
            return
        # The room may have been renamed since.
        key = self.ledger.texts[numbers[0]].room if numbers[0] in self.ledger.texts else ""
        isPrivate = " " in key
        if isPrivate:
            known = not self.accounts.isdisjoint(key.split())
        else:
            known = playback.room in self.ledger.names.get(key, ())
        history = self.ledger.history[key] if known else []
        # Since then, the texts of another room may have come to it.
        history = [number for number in history if isPrivate or playback.room in self.ledger.texts[number].names]
        places = {number: place for place, number in enumerate(history)}
        missing = [number for number in numbers if number not in places]
        if missing:
            raise Broken(
                "nobody learns more", f"client {self.slot} was shown {missing} in {playback.room}, not said there"
            )
        order = [places[number] for number in numbers]
        if any(later <= earlier for earlier, later in pairwise(order)):
            raise Broken("no duplicates", f"client {self.slot} was shown the history out of order: {numbers}")
        seen = self.heard.union(numbers) if playback.kind == "znc.in/playback" else numbers
        skipped = [n for n in history[order[0] : order[-1]] if n not in seen and self.mustShow(n)]
        if skipped:
            raise Broken("no gaps", f"client {self.slot} was shown a history without {skipped}: {numbers}")
        if not playback.asked and playback.room in self.entered:
            # The client may have left and joined again since.
            faults = [self._faultAtEnd(history, order[-1] + 1, joined) for joined in self.entered[playback.room]]
            if all(faults):
                raise Broken("history joins live texts", f"client {self.slot} in {playback.room}: {faults[-1]}")

    def _faultAtEnd(self, history: list[int], shown: int, joined: int) -> str:
        """
        Describe what is wrong with the end of a history.

        @param shown: how many texts of the room there were up to the last one that was shown.
        @param joined: the sequence number of the entry with which the client joined.
        """
        end = len([number for number in history if self.ledger.texts[number].sequence < joined])
        if shown > end:
            return f"it was shown {history[end:shown]}, which it hears live"
        lost = [number for number in history[shown:end] if self.mustShow(number)]
        return f"it was shown a history that ends before {lost}" if lost else ""

    def mustShow(self, number: int) -> bool:
        """
        Whether a history may not leave out a text: it was not redacted, it is no CTCP request, and the client never
        ignored its author.
        """
        text = self.ledger.texts[number]
        return not text.redacted and not text.isRequest and text.author not in self.ignored
