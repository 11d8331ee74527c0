"""What a client says to come in and to talk, for each kind of server that is measured.  No input or output."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

REFUSAL = re.compile(rb"\n(ERROR .*|:\S+ (?:4[36]\d|47[1-7]) .*)")
"""
An IRC server's last word, or its numeric for a client that it does not let in or not into its room (RFC 2812, sections
3.7.4 and 5.2).
"""

COMPLAINT = re.compile(rb"\n(! .*)")
"""An error of our line door."""


class Refused(Exception):
    """The server did not let a client in, or not into its room; the text is the server's own."""


class Login(ABC):
    """
    One client on its way in.

    @ivar done: whether it is in its room.
    """

    done = False

    def __init__(self) -> None:
        self._rest = b""

    @abstractmethod
    def greeting(self) -> bytes:
        """What it sends as soon as it is connected."""

    def received(self, data: bytes) -> bytes:
        """
        Take what the server sent.

        @return: what is to be sent in answer.
        @raise Refused: the server does not want it.
        """
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        return self.heard(b"\n" + whole) if newline else b""

    @abstractmethod
    def heard(self, lines: bytes) -> bytes:
        """
        Take whole lines.

        @param lines: each of them behind an LF.
        @return: as L{received}.
        """


class ChatProtocol(ABC):
    """
    How one talks to a kind of server.

    @ivar rooms: whether it has rooms, so that two talks can go on side by side.
    """

    rooms = True

    @abstractmethod
    def login(self, number: int, room: int) -> Login:
        """A client's way into a room."""

    @abstractmethod
    def line(self, room: int, text: bytes) -> bytes:
        """A text, as a client in that room sends it."""


class IrcLogin(Login):
    """To an IRC server: registration (RFC 2812, section 3.1; modern IRC, "Connection Registration"), then JOIN."""

    def __init__(self, number: int, room: int, password: bytes) -> None:
        super().__init__()
        self._nick, self._room, self._password = b"u%d" % number, b"#b%d" % room, password
        self._registered = False

    def greeting(self) -> bytes:
        """PASS where there is one, NICK and USER."""
        password = b"PASS %s\r\n" % self._password if self._password else b""
        return password + b"NICK %s\r\nUSER %s 0 * :load\r\n" % (self._nick, self._nick)

    def heard(self, lines: bytes) -> bytes:
        """Answer each PING; send JOIN at the end of the MOTD; be there at the end of the names."""
        answers = pongs(lines)
        if found := REFUSAL.search(lines):
            raise Refused(found[1].decode(errors="replace"))
        if not self._registered and (b" 376 " in lines or b" 422 " in lines):
            self._registered = True
            answers += b"JOIN %s\r\n" % self._room
        elif self._registered and b" 366 " in lines:
            self.done = True
        return answers


class Irc(ChatProtocol):
    """IRC."""

    def __init__(self, password: bytes = b"") -> None:
        """
        @param password: what the server wants by PASS; empty where it wants none.
        """
        self._password = password

    def login(self, number: int, room: int) -> Login:
        """See L{ChatProtocol.login}."""
        return IrcLogin(number, room, self._password)

    def line(self, room: int, text: bytes) -> bytes:
        """PRIVMSG (RFC 2812, section 3.3.1)."""
        return b"PRIVMSG #b%d :%s\r\n" % (room, text)


class LineLogin(Login):
    """Through our line door: a nick, then from the lobby into the room."""

    def __init__(self, number: int, room: int) -> None:
        super().__init__()
        self._number, self._room = number, room

    def greeting(self) -> bytes:
        """All of it in one packet; the door obeys in order."""
        return b"u%d\n/leave #lobby\n/join #b%d\n" % (self._number, self._room)

    def heard(self, lines: bytes) -> bytes:
        """Be there when one's own coming is told."""
        if found := COMPLAINT.search(lines):
            raise Refused(found[1].decode(errors="replace"))
        if b"\n* u%d joined #b%d" % (self._number, self._room) in lines:
            self.done = True
        return b""


class Line(ChatProtocol):
    """Our line door."""

    def login(self, number: int, room: int) -> Login:
        """See L{ChatProtocol.login}."""
        return LineLogin(number, room)

    def line(self, room: int, text: bytes) -> bytes:
        """A line is said where one is."""
        return text + b"\n"


class PlainLogin(Login):
    """To one of the plain chats in L{bench.peers}: the first line is the name, and is answered."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def greeting(self) -> bytes:
        """The name."""
        return b"u%d\n" % self._number

    def heard(self, lines: bytes) -> bytes:
        """Be there when one is welcomed."""
        if b"\nWelcome, u%d!" % self._number in lines:
            self.done = True
        return b""


class Plain(ChatProtocol):
    """A plain chat: one room, every line to all the others."""

    rooms = False

    def login(self, number: int, room: int) -> Login:
        """See L{ChatProtocol.login}."""
        return PlainLogin(number)

    def line(self, room: int, text: bytes) -> bytes:
        """A line is a text."""
        return text + b"\n"


def pongs(lines: bytes) -> bytes:
    """The answers to every PING in these lines, each of them behind an LF (RFC 2812, section 3.7.2)."""
    answers, position = b"", lines.find(b"\nPING ")
    while position >= 0:
        token = lines[position + 6 :].partition(b"\n")[0].rstrip(b"\r")
        answers += b"PONG %s\r\n" % token
        position = lines.find(b"\nPING ", position + 1)
    return answers
