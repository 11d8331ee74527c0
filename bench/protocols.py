"""The protocols of the measured servers: how a client logs in and sends a text.  Sans-I/O."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

REFUSAL = re.compile(rb"\n(ERROR .*|:\S+ (?:4[36]\d|47[1-7]) .*)")
"""
A line with which an IRC server refuses a client or its JOIN: ERROR, or a numeric (RFC 2812, sections 3.7.4 and 5.2).
"""

COMPLAINT = re.compile(rb"\n(! .*)")
"""An error of the line door."""


class Refused(Exception):
    """The server refused a client, or refused to let it join its room.  The message is the server's."""


class Login(ABC):
    """
    The login of one client.

    @ivar done: whether the client is in its room.
    """

    done = False

    def __init__(self) -> None:
        self._rest = b""

    @abstractmethod
    def greeting(self) -> bytes:
        """Return what the client sends when it is connected."""

    def received(self, data: bytes) -> bytes:
        """
        Process received bytes.

        @return: the answer to send.
        @raise Refused: the server refused the client.
        """
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        return self.heard(b"\n" + whole) if newline else b""

    @abstractmethod
    def heard(self, lines: bytes) -> bytes:
        """
        Process whole lines.

        @param lines: the lines, each with an LF in front of it.
        @return: the answer to send.
        @raise Refused: the server refused the client.
        """


class ChatProtocol(ABC):
    """
    The client's side of a chat protocol.

    @ivar rooms: whether the protocol has rooms.
    """

    rooms = True

    @abstractmethod
    def login(self, number: int, room: int) -> Login:
        """Return the login of client C{number}, which joins room C{room}."""

    @abstractmethod
    def line(self, room: int, text: bytes) -> bytes:
        """Return the line with which a client sends a text to a room."""

    def lines(self, data: bytes) -> bytes:
        """Return the lines, each with its line end, in what a client received."""
        return data


class IrcLogin(Login):
    """Log in to an IRC server: register (RFC 2812, section 3.1; modern IRC, "Connection Registration"), then JOIN."""

    def __init__(self, number: int, room: int, password: bytes) -> None:
        super().__init__()
        self._nick, self._room, self._password = b"u%d" % number, b"#b%d" % room, password
        self._registered = False

    def greeting(self) -> bytes:
        """Return PASS, if there is a password, NICK and USER."""
        password = b"PASS %s\r\n" % self._password if self._password else b""
        return password + b"NICK %s\r\nUSER %s 0 * :load\r\n" % (self._nick, self._nick)

    def heard(self, lines: bytes) -> bytes:
        """Answer each PING, send JOIN at the end of the MOTD, and finish at the end of the names."""
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
        @param password: the server's password; empty if it has none.
        """
        self._password = password

    def login(self, number: int, room: int) -> Login:
        """See L{ChatProtocol.login}."""
        return IrcLogin(number, room, self._password)

    def line(self, room: int, text: bytes) -> bytes:
        """PRIVMSG (RFC 2812, section 3.3.1)."""
        return b"PRIVMSG #b%d :%s\r\n" % (room, text)


class LineLogin(Login):
    """Log in to the line door: send a nick, leave the lobby, and join the room."""

    def __init__(self, number: int, room: int) -> None:
        super().__init__()
        self._number, self._room = number, room

    def greeting(self) -> bytes:
        """Return all commands at once.  The door obeys them in order."""
        return b"u%d\n/leave #lobby\n/join #b%d\n" % (self._number, self._room)

    def heard(self, lines: bytes) -> bytes:
        """Finish when the server reports that the client joined the room."""
        if found := COMPLAINT.search(lines):
            raise Refused(found[1].decode(errors="replace"))
        if b"\n* u%d joined #b%d" % (self._number, self._room) in lines:
            self.done = True
        return b""


class Line(ChatProtocol):
    """The line protocol."""

    def login(self, number: int, room: int) -> Login:
        """See L{ChatProtocol.login}."""
        return LineLogin(number, room)

    def line(self, room: int, text: bytes) -> bytes:
        """Return the text as a line: it goes to the client's only room."""
        return text + b"\n"


class PlainLogin(Login):
    """Log in to a small chat of L{bench.peers}: send a name, and wait for the welcome."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def greeting(self) -> bytes:
        """Return the name."""
        return b"u%d\n" % self._number

    def heard(self, lines: bytes) -> bytes:
        """Finish at the welcome."""
        if b"\nWelcome, u%d!" % self._number in lines:
            self.done = True
        return b""


class Plain(ChatProtocol):
    """The protocol of the small chats: there is one room, and each line goes to all other clients."""

    rooms = False

    def login(self, number: int, room: int) -> Login:
        """See L{ChatProtocol.login}."""
        return PlainLogin(number)

    def line(self, room: int, text: bytes) -> bytes:
        """Return the text as a line."""
        return text + b"\n"


def pongs(lines: bytes) -> bytes:
    """Return a PONG for each PING in lines that have an LF in front of them (RFC 2812, section 3.7.2)."""
    answers, position = b"", lines.find(b"\nPING ")
    while position >= 0:
        token = lines[position + 6 :].partition(b"\n")[0].rstrip(b"\r")
        answers += b"PONG %s\r\n" % token
        position = lines.find(b"\nPING ", position + 1)
    return answers
