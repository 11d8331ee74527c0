"""A client of the IRC protocol."""

from __future__ import annotations

from tests.simulation.broken import Broken
from tests.simulation.clients.base import Client
from tests.simulation.clients.irc.history import ReadHistory
from tests.simulation.clients.irc.kinds import KINDS
from tests.simulation.clients.irc.labels import Labels
from tests.simulation.clients.irc.login import Login
from tests.simulation.clients.irc.message import Message, readMessage
from tests.simulation.clients.irc.rooms import Room, ToldRooms
from tests.simulation.ledger import numberOf
from twistchat.chat.model.names import fold

REQUEST = 350
"""The most bytes of the capabilities in one request."""


class IrcClient(Client):
    """
    A client of the IRC door.

    @ivar kind: the key of its capabilities in L{KINDS}.
    @ivar nick: its nick, as it was told.
    @ivar capabilities: the capabilities that the server has granted.
    @ivar rooms: the rooms that it is in, as it was told, by folded name.
    @ivar labels: the labels of its requests.
    @ivar history: the history that it reads.
    """

    lineEnd = b"\r\n"

    def __init__(self, kind: str, nick: str, password: str, *arguments: object) -> None:
        """
        @param kind: a key of L{KINDS}.
        @param nick: the nick that it asks for.
        @param password: the password of the account with this name; C{""} for a guest.
        @param arguments: see L{Client}.
        """
        super().__init__(*arguments)  # type: ignore[arg-type]  # the arguments of Client, passed on
        self.kind, self.nick = kind, nick
        self.capabilities: set[str] = set()
        self._account, self._password = nick, password
        self._requests = 0
        self.labels = Labels(self.slot)
        self._login = Login(self.send, self._endNegotiation)
        self._rooms = ToldRooms(lambda nick: fold(nick) == fold(self.nick))
        self.rooms: dict[str, Room] = self._rooms.byName
        self.history = ReadHistory(self)
        self._parts = self._rooms, self.history, self._login, self

    @property
    def inRooms(self) -> list[str]:
        """See L{Client.inRooms}."""
        return [room.name for room in self.rooms.values()]

    @property
    def unanswered(self) -> list[str]:
        """See L{Client.unanswered}."""
        return [*self.labels.open.values()]

    @property
    def asksForHistory(self) -> bool:
        """Whether it gets history only if it asks."""
        return not self.capabilities.isdisjoint(("draft/chathistory", "znc.in/playback"))

    # Registration, as modern.ircdocs.horse describes it

    def greet(self) -> None:
        """See L{Client.greet}."""
        names = KINDS[self.kind]
        if names:
            self.send("CAP LS 302")
            for request in _requests(names):
                self._requests += 1
                self.send(f"CAP REQ :{request}")
        elif self._password:
            self.send(f"PASS {self._account}:{self._password}")
        self.send(f"NICK {self.nick}")
        self.send(f"USER {self.nick} 0 * :{self.nick}")
        if names and not self._password:
            self._requests = 0
            self.send("CAP END")

    def onCAP(self, message: Message) -> None:
        """The server answers a request, or withdraws capabilities (IRCv3 capability-negotiation)."""
        kind, names = message.params[1], message.params[-1].split()
        if kind == "ACK":
            self.capabilities.update(names)
        elif kind == "DEL":
            self.capabilities.difference_update(names)
        if kind in ("ACK", "NAK") and self._requests:
            self._requests -= 1
            if self._requests == 0 and "sasl" in self.capabilities:
                self._login.begin(self._account, self._password)
            elif self._requests == 0:
                self._endNegotiation()

    def _endNegotiation(self) -> None:
        if not self.registered:
            self.send("CAP END")

    def login(self, account: str, password: str) -> None:
        """See L{Client.login}."""
        if "sasl" in self.capabilities and not self._login.isRunning:
            self._login.begin(account, password)
        else:
            self.send(f"PRIVMSG NickServ :IDENTIFY {account} {password}")

    def page(self, room: str, limit: int) -> None:
        """See L{Client.page}."""
        if {"draft/chathistory", "labeled-response"} <= self.capabilities and self.registered:
            self.history.page(room, limit)

    # Lines

    def send(self, line: str) -> None:
        """See L{Client.send}."""
        self.labels.sent(line)
        super().send(line)

    def ping(self, token: str) -> None:
        """See L{Client.ping}."""
        self.pings[token] = self.now()
        self.send("")  # ends what was sent before without an end
        self.send(f"PING {token}")

    def lineReceived(self, line: str) -> None:
        """See L{Client.lineReceived}."""
        message = readMessage(line)
        if message is None:
            raise Broken("the protocol", f"client {self.slot} was sent {line!r}")
        self.labels.read(message)
        playback = self.history.playbackOf(message) if "batch" in message.tags else None
        if playback is not None and message.command != "BATCH":
            self.history.add(message, playback)
            return
        for part in self._parts:
            read = getattr(part, f"on{message.command}", None)
            if read is not None:
                read(message)

    def rested(self) -> None:
        """See L{Client.rested}."""
        self.history.rested()

    # Each command

    def on001(self, message: Message) -> None:
        """The client is registered (RPL_WELCOME)."""
        self.registered, self.nick = True, message.params[0]

    def on433(self, message: Message) -> None:
        """The nick is in use (ERR_NICKNAMEINUSE)."""
        if not self.registered:
            self.nick += "_"
            self.send(f"NICK {self.nick}")

    def onERROR(self, message: Message) -> None:
        """The connection ends."""
        self.ended = True

    def onPING(self, message: Message) -> None:
        """The server asks for a sign of life."""
        self.send(f"PONG :{message.params[-1]}")

    def onPONG(self, message: Message) -> None:
        """The answer to a ping."""
        self.answered(message.params[-1])

    def onJOIN(self, message: Message) -> None:
        """Somebody joined."""
        if fold(message.nick) == fold(self.nick):
            self.history.endStamped(message.params[0])

    def onNICK(self, message: Message) -> None:
        """Somebody has another nick."""
        if fold(message.nick) == fold(self.nick):
            self.nick = message.params[0]

    def onPRIVMSG(self, message: Message) -> None:
        """Somebody says something, or the server shows what was said."""
        number = numberOf(message.params[-1])
        if self.history.addStamped(message) or "." in message.nick or message.nick in ("NickServ", "ChanServ"):
            return
        # The second line of a text has no time in front, and a number only if the first one has none.
        if number is not None and not self.history.continueStamped(message, number):
            self.history.endStamped(message.params[0])
            msgid = message.tags.get("msgid", "")
            self.checkId(number, msgid)
            self.live(message.params[-1], message.line)
            if msgid and message.params[0].startswith("#"):
                self.memory.last[fold(message.params[0])] = msgid, number

    onNOTICE = onPRIVMSG


def _requests(names: tuple[str, ...]) -> list[str]:
    """Divide capabilities into requests that fit into a line each."""
    requests = [""]
    for name in names:
        if len(requests[-1]) + len(name) > REQUEST:
            requests.append("")
        requests[-1] = f"{requests[-1]} {name}".strip()
    return requests
