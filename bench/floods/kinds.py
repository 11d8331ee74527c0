"""The kinds of floods: what the attackers send.  Sans-I/O."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass

CHUNK = 16 << 10
"""About how many bytes an attacker writes to its socket at a time."""

NICK = b"%NICK%"
"""A placeholder for the nick of the connection, in L{Kind.opening} and L{Kind.piece}."""

ROOM = b"#b0"
"""The room of the canary."""

CANARY = b"u0,u1"
"""The nicks of the canary."""

IRC = b"NICK %NICK%\r\nUSER %NICK% 0 * :flood\r\n"
"""The lines that register a client at the IRC door (modern IRC, "Connection Registration")."""

MULTILINE = (
    b"CAP LS 302\r\n" + IRC + b"CAP REQ :batch message-tags draft/multiline\r\nCAP END\r\nJOIN " + ROOM + b"\r\n"
)
"""The lines that register a client with multiline batches (IRCv3 capability negotiation)."""

LINE = NICK + b"\n"
"""The line that gives a client of the line door its name."""


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of flood.

    @ivar name: its name in options and results.
    @ivar title: what the attackers do.
    @ivar door: where they connect: C{irc}, C{line}, or C{tls}, the IRC door behind TLS.
    @ivar opening: what each connection sends first.
    @ivar ready: bytes of the answer for which it then waits; empty if it does not wait.
    @ivar before: what it sends once after that.
    @ivar piece: what it repeats; empty if it sends nothing more.
    @ivar size: about how many bytes it sends at a time.
    @ivar connections: the number of connections.
    @ivar pause: how long to wait before a dropped connection is made again, in seconds.
    @ivar hangUp: whether the attackers close each connection as soon as it is made.
    @ivar encrypted: whether the attackers complete the TLS handshake.
    """

    name: str
    title: str
    door: str
    opening: bytes = b""
    ready: bytes = b""
    before: bytes = b""
    piece: bytes = b""
    size: int = CHUNK
    connections: int = 16
    pause: float = 0.0
    hangUp: bool = False
    encrypted: bool = False

    def greeting(self, nick: bytes) -> bytes:
        """Return what a connection with this nick sends first."""
        return self.opening.replace(NICK, nick)

    def chunk(self, nick: bytes) -> bytes:
        """Return whole pieces for a connection with this nick: about L{size} bytes, and at least one piece."""
        piece = self.piece.replace(NICK, nick)
        return piece * max(1, self.size // len(piece)) if piece else b""


def hello() -> bytes:
    """Return the first message of a TLS handshake, as current clients send it (RFC 8446, section 4.1.2)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(incoming, outgoing).do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("the handshake is complete without an answer")


def _irc(name: str, title: str, piece: bytes, opening: bytes = IRC, door: str = "irc") -> Kind:
    """Make a flood of registered IRC clients."""
    return Kind(name, title, door, opening, b" 001 ", piece=piece, encrypted=door == "tls")


def _line(name: str, title: str, piece: bytes, before: bytes = b"") -> Kind:
    """Make a flood of line door clients that have a name."""
    return Kind(name, title, "line", LINE, b"You are", before, piece)


def _kinds() -> Iterable[Kind]:
    yield Kind("calm", "nothing: shows how noisy the machine is", "irc", connections=0)
    yield _irc("pong", "PONG lines", b"PONG x\r\n")
    yield _irc("tls-pong", "PONG lines over TLS", b"PONG x\r\n", door="tls")
    yield _irc("empty", "empty lines (CRLF)", b"\r\n")
    yield _irc("lf", "bare LF", b"\n")
    yield _irc("ping", "PING lines", b"PING x\r\n")
    yield _irc("unknown", "commands that do not exist", b"NOSUCH x\r\n")
    yield _line("blank", "blank lines at the line door", b"\n")
    yield _line("refused", "texts at the line door, refused as too fast", b"x\n")
    yield _line("telnet", "telnet DO, NOP and DONT", b"\xff\xfd\x01\xff\xf1\xff\xfe\x01")
    yield _line("subnegotiation", "a telnet subnegotiation without end", b"x", before=b"\xff\xfa\x18")
    yield Kind("early-irc", "empty lines before registration, IRC door", "irc", piece=b"\r\n")
    yield Kind("early-line", "blank lines before a name, line door", "line", piece=b"\n")
    yield Kind("tls-garbage", "bytes that are no TLS at the TLS port", "tls", piece=b"garbage\xff\x00\r\n")
    yield Kind(
        "tls-records",
        "a TLS hello in records of one byte",
        "tls",
        before=b"\x16\x03\x01\x00\x04\x01\x00\xff\xff",
        piece=b"\x16\x03\x01\x00\x01\x00",
    )
    yield Kind("hello-irc", "TLS hellos at the plain IRC port", "irc", piece=hello())
    yield Kind("hello-line", "TLS hellos at the line door", "line", piece=hello())
    yield Kind("silence", "connections that say nothing", "irc", connections=1024, pause=1.0)
    yield Kind("half-irc", "a line without end, byte by byte, IRC door", "irc", IRC, b" 001 ", piece=b"x", size=1)
    yield Kind("half-line", "a line without end, byte by byte, line door", "line", LINE, b"You are", piece=b"x", size=1)
    yield _irc("long-irc", "lines of 8,000 bytes, IRC door", b"PRIVMSG " + ROOM + b" :" + b"x" * 8000 + b"\r\n")
    yield _line("long-line", "lines of 8,000 bytes, line door", b"x" * 8000 + b"\n")
    batch = b"BATCH +a draft/multiline " + ROOM + b"\r\n"
    batched = b"@batch=a PRIVMSG " + ROOM + b" :x\r\n"
    yield Kind(
        "batch", "a multi-line batch that is never closed", "irc", MULTILINE, b" 001 ", before=batch, piece=batched
    )
    yield Kind("churn", "connections that are closed at once", "irc", hangUp=True)
    yield _irc("joinpart", "JOIN and PART of the canary's room", b"JOIN " + ROOM + b"\r\nPART " + ROOM + b"\r\n")
    yield _irc("nick", "NICK changes", b"NICK %NICK%a\r\nNICK %NICK%b\r\n", IRC + b"JOIN " + ROOM + b"\r\n")
    yield _irc("private", "PRIVMSG to the canary's members", b"PRIVMSG " + CANARY + b" :spam\r\n")
    room = b"JOIN " + ROOM + b"\r\n" + (b"PRIVMSG " + ROOM + b" :spam\r\n") * 100
    yield _irc("room", "PRIVMSG to the canary's room", room)


KINDS = {kind.name: kind for kind in _kinds()}
"""All kinds, by name."""

QUICK = ("pong", "refused", "early-irc", "tls-garbage", "churn", "room")
"""The kinds of a quick run."""
