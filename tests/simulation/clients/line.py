"""A client of the line door: a person with C{nc}."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Final

from tests.simulation.clients.base import Client, Playback, passwordOf
from tests.simulation.ledger import numberOf
from twistchat.chat.model.names import fold

TEXT: Final = re.compile(r"\[\d\d:\d\d\] (?:\S+ )?(?:<\S+>|\* \S+|-\S+-) (.*)")
BEGIN: Final = re.compile(r"\* History of (.+), \d{4}-\d\d-\d\d")
END: Final = re.compile(r"\* End of history of (.+?)([;,].*)?")
TELNET: Final = re.compile(rb"\xff[\xfb-\xfe].", re.DOTALL)
PROMPT: Final = re.compile(r"\* .*(?:[Pp]assword|Code) .*\(it will be visible; an empty line cancels\):")
ASKS: Final = re.compile(r"/(?:register|password|login \S+|setpass \S+ \S+)\s*")
"""The commands after which the server asks for a password."""

SETTLED: Final = re.compile(r"\* (?:The (?:account|password) |You are |Nothing is |Your password |Type another name).*")
"""How the server says that it does not ask any more."""

MEMBERS: Final = re.compile(r"(\d+) in (#\S+): (.*)")
"""Some members of a room."""


class ToldPlaces:
    """
    Where the client is, as it was told.

    @ivar members: the folded nicks of the members of each room, by the room's folded name.
    @ivar names: the names of the rooms, by folded name.
    @ivar current: the folded name of the room in which it talks.
    """

    def __init__(self) -> None:
        self.members: dict[str, set[str]] = {}
        self.names: dict[str, str] = {}
        self.current = ""
        self._listed: dict[str, set[str]] = {}
        self._notices: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = (
            (MEMBERS, self._list),
            (re.compile(r"(\S+) joined (#\S+)"), self._joined),
            (re.compile(r"(\S+) left (#\S+)(?: \(.*\))?"), self._left),
            (re.compile(r"(\S+) quit(?: \(.*\))?"), self._quit),
            (re.compile(r"\S+ kicked (\S+) from (#\S+)(?: \(.*\))?"), self._left),
            (re.compile(r"(\S+) is now (\S+)"), self._renamed),
            (re.compile(r"\S+ renamed (#\S+) to (#\S+)(?: \(.*\))?"), self._moved),
            (re.compile(r"You are talking in (#\S+)"), self._talks),
            (re.compile(r"You are in no room; .*"), self._nowhere),
            (re.compile(r"You are (\S+)\.  /help .*"), self._named),
            (re.compile(r"You are (\S+)(?:, and were here already| now); you are in (.*)"), self._came),
        )
        self.nick = ""

    def notice(self, text: str) -> None:
        """Read a notice, without its C{*}."""
        for pattern, read in self._notices:
            if (matched := pattern.fullmatch(text)) is not None:
                read(*matched.groups())
                return

    def _list(self, count: str, room: str, names: str) -> None:
        key, found = fold(room), {fold(name.lstrip("~&@%+")) for name in names.split()}
        if len(self._listed.get(key, ())) >= int(count) or len(found) == int(count):
            self._listed[key] = set()
        self._listed.setdefault(key, set()).update(found)

    def _joined(self, nick: str, room: str) -> None:
        key = fold(room)
        if fold(nick) == fold(self.nick):
            self.names[key], self.members[key] = room, self._listed.pop(key, set())
            self.current = key
        if key in self.members:
            self.members[key].add(fold(nick))

    def _left(self, nick: str, room: str) -> None:
        key = fold(room)
        if fold(nick) == fold(self.nick):
            self.members.pop(key, None)
            self.names.pop(key, None)
        elif key in self.members:
            self.members[key].discard(fold(nick))

    def _quit(self, nick: str) -> None:
        for members in self.members.values():
            members.discard(fold(nick))

    def _renamed(self, old: str, new: str) -> None:
        if fold(old) == fold(self.nick):
            self.nick = new
        for members in self.members.values():
            if fold(old) in members:
                members.discard(fold(old))
                members.add(fold(new))

    def _moved(self, old: str, new: str) -> None:
        if fold(old) in self.members:
            self.members[fold(new)] = self.members.pop(fold(old))
            self.names.pop(fold(old))
            self.names[fold(new)] = new
            if self.current == fold(old):
                self.current = fold(new)

    def _talks(self, room: str) -> None:
        self.current = fold(room)

    def _nowhere(self) -> None:
        self.current = ""

    def _named(self, nick: str) -> None:
        self.nick = nick

    def _came(self, nick: str, where: str) -> None:
        """The client is in the rooms of its user, whose members it does not know."""
        self.nick = nick
        self.members.clear()
        self.names = {fold(name): name for name in re.findall(r"#[^\s,]+", where)}


class LineClient(Client):
    """
    A client of the line door.

    While the server asks for a password, and while the client expects that it will, everything else that the person
    types waits.

    @ivar told: where it is, as it was told.
    @ivar answers: what it answers when the server asks for a password.
    @ivar mistaken: the numbers of the texts that the server may have taken for passwords: the client typed them because
        it took an error about an earlier line for the answer to a command that asks.
    """

    kind = "person"

    def __init__(self, nick: str, password: str, *arguments: object) -> None:
        """
        @param nick: the name that it types first.
        @param password: the password that it types when it is asked for one.
        @param arguments: see L{Client}.
        """
        super().__init__(*arguments)  # type: ignore[arg-type]  # the arguments of Client, passed on
        self.nick = nick
        self.told = ToldPlaces()
        self.answers: deque[str] = deque([password] if password else [])
        self.mistaken: set[int] = set()
        self._sinceAsked: set[int] = set()
        self._playback: Playback | None = None
        self._typed: deque[str] | None = None
        self._wasRefused = self._hasCancelled = False

    @property
    def inRooms(self) -> list[str]:
        """See L{Client.inRooms}."""
        return [*self.told.names.values()]

    def greet(self) -> None:
        """Type a name."""
        self._typed = deque()  # the name may belong to an account
        super().send(self.nick)

    def send(self, line: str) -> None:
        """See L{Client.send}."""
        if self._typed is not None:
            self._typed.append(line)
            return
        if ASKS.fullmatch(line) or not self.registered:
            self.sendRaw(b"\n" if self._isOpen else b"")
            self._typed = deque()
            self._sinceAsked.clear()
        if (number := numberOf(line)) is not None:
            self._sinceAsked.add(number)
        super().send(line)

    def sendRaw(self, data: bytes) -> None:
        """See L{Client.sendRaw}.  A line end would answer a question for a password."""
        if self._typed is None or not (self.registered or self.answers):
            super().sendRaw(data)

    def login(self, account: str, password: str) -> None:
        """See L{Client.login}."""
        self.answers.append(password)
        self.send(f"/login {account}")

    def ping(self, token: str) -> None:
        """The line door has no ping.  It answers an unknown command with an error, or refuses it as too fast."""
        if self._typed is None:
            self.pings[token] = self.now()
            self.sendRaw(b"\n")  # ends what was sent before without an end
            self.send(f"/ping-{token}")

    def decode(self, line: bytes) -> str:
        """Leave out the answers of telnet (RFC 854)."""
        return TELNET.sub(b"", line).decode()

    def lineReceived(self, line: str) -> None:
        """See L{Client.lineReceived}."""
        if (said := TEXT.fullmatch(line)) is not None:
            self._hear(said[1], line)
        elif (begun := BEGIN.fullmatch(line)) is not None:
            kind = "search" if begun[1].startswith('"') else "chathistory"
            self._playback = Playback(fold(begun[1]), kind=kind)
        elif (ended := END.fullmatch(line)) is not None and self._playback is not None:
            playback, self._playback = self._playback, None
            # A page says how to go on.
            playback.asked = ended[2] is not None or not playback.room.startswith("#")
            self.played(playback)
        elif line.startswith("! "):
            self.answered(next(iter(self.pings), ""))
            if line.startswith("! There is no command /ping-"):
                return
            self._wasRefused = line.endswith("or press Enter to cancel.")
            if line.startswith("! Too fast"):
                self._hasCancelled = False  # the empty line may be the one that was not taken
            if not self._wasRefused:
                self._goOn()
        elif line.startswith("* "):
            self._read(line)

    def _hear(self, words: str, line: str) -> None:
        number = numberOf(words)
        if self._playback is None:
            self.live(words, line)
        elif number is not None:
            self._playback.numbers.append(number)

    def _read(self, line: str) -> None:
        """Read a notice."""
        if PROMPT.fullmatch(line) is not None:
            if self._hasCancelled:
                return  # that was asked before the server read the empty line: a password would be said in the room
            # Who has typed on already has answered with something else, and cancels.
            if self._typed is None:
                self.mistaken |= self._sinceAsked
            answer = "" if self._typed is None else self._answer()
            self._hasCancelled = not answer
            super().send(answer)
            return
        self.told.notice(line[2:])
        self.nick = self.told.nick or self.nick
        if line.startswith("* You are ") and not self.registered:
            self.registered = True
        if SETTLED.fullmatch(line):
            self._hasCancelled = False
            self._goOn()

    def _answer(self) -> str:
        """Choose what to answer when the server asks for a password.  An empty line cancels."""
        if self.answers:
            return self.answers.popleft()
        isFirst, self._wasRefused = not self._wasRefused, False
        return passwordOf(self.nick) if self.registered and isFirst else ""

    def _goOn(self) -> None:
        """The server does not ask any more.  Type what waited."""
        typed, self._typed = self._typed or (), None
        for line in typed:
            self.send(line)
