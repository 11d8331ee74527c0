"""The kinds of floods: what the attackers send.  Sans-I/O."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bench.websocket import PING, WebSocket, frame, framed

CHUNK = 16 << 10
"""About how many bytes an attacker writes to its socket at a time."""

NICK = b"%NICK%"
"""A placeholder for the nick of the connection, in L{Kind.opening} and L{Kind.piece}."""

ROOM = b"#b0"
"""The room of the canary."""

SPAM = "spam"
"""The text of attackers in the canary's room."""

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
    @ivar door: where they connect: C{irc}, C{line}, or C{tls}, the IRC door behind TLS, or C{web}.
    @ivar opening: what each connection sends first.
    @ivar ready: bytes of the answer for which it then waits; empty if it does not wait.
    @ivar before: what it sends once after that.
    @ivar piece: what it repeats; empty if it sends nothing more.
    @ivar size: about how many bytes it sends at a time.
    @ivar connections: the number of connections.
    @ivar pause: how long to wait before a dropped connection is made again, in seconds.
    @ivar hangUp: whether the attackers close each connection as soon as it is made.
    @ivar encrypted: whether the attackers complete the TLS handshake.
    @ivar deaf: whether the attackers stop reading when they begin to repeat.
    @ivar isDropped: whether the server must disconnect the attackers, because what they send is against the rules.
    @ivar webSocket: whether they open a WebSocket, and send each line of C{opening} as a message.
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
    webSocket: bool = False
    deaf: bool = False
    isDropped: bool = False

    def greeting(self, nick: bytes) -> bytes:
        """Return what a connection with this nick sends first."""
        opening = self.opening.replace(NICK, nick)
        return WebSocket.handshake("/socket") + framed(opening) if self.webSocket else opening

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
    yield Kind("silent-irc", "connections that say nothing", "irc", connections=1024, pause=1.0)
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
    room = b"JOIN " + ROOM + b"\r\n" + (b"PRIVMSG " + ROOM + b" :" + SPAM.encode() + b"\r\n") * 100
    yield _irc("room", "PRIVMSG to the canary's room", room)


def _deaf() -> Iterable[Kind]:
    """Floods of clients that do not read the answers."""
    yield replace(
        _irc("deaf-names", "NAMES and MOTD, and no answer is read", b"NAMES " + ROOM + b"\r\nMOTD\r\n"), deaf=True
    )
    yield replace(_line("deaf-help", "/help at the line door, and no answer is read", b"/help\n"), deaf=True)
    yield replace(
        _socket("deaf-ping", "pings over WebSockets, and no answer is read", frame(b"x" * 100, PING)), deaf=True
    )


def _web() -> Iterable[Kind]:
    """Floods of the web door: first HTTP, then WebSockets."""
    get = _request("GET", "/")
    yield Kind("http-silence", "HTTP connections that say nothing", "web", connections=1000, pause=1.0)
    yield Kind("http-drip", "an HTTP request, byte by byte", "web", before=get[:-2], piece=b"x", size=1)
    yield Kind("http-pipeline", "pipelined requests for the page", "web", piece=get)
    yield Kind("http-missing", "pipelined requests for pages that do not exist", "web", piece=_request("GET", "/no"))
    body = _request("POST", "/login", "Content-Length: 104857600\r\n")
    yield Kind("http-body", "bodies of 100 MiB", "web", before=body, piece=b"x" * 1024)
    part = _request("POST", "/login", "Content-Length: 8192\r\nContent-Type: multipart/form-data; boundary=x\r\n")
    yield Kind("http-multipart", "multipart bodies of 8 KiB", "web", piece=part + b"--x\r\n\r\n\r\n".ljust(8192, b"x"))
    smuggled = _request("POST", "/", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n")
    yield Kind("http-smuggling", "requests with two lengths", "web", piece=smuggled + b"0\r\n\r\n")
    yield Kind("http-headers", "headers without end", "web", before=get[:-2], piece=b"X: " + b"x" * 1000 + b"\r\n")
    yield Kind("http-hello", "TLS hellos at the plain web port", "web", piece=hello())
    yield Kind("http-churn", "HTTP connections that are closed at once", "web", hangUp=True)
    yield Kind(
        "ws-handshake",
        "handshakes of WebSockets in one connection after the other",
        "web",
        piece=WebSocket.handshake("/socket"),
    )
    yield _socket("ws-length", "frames that declare 2^40 bytes", b"\x82\xff" + (1 << 40).to_bytes(8) + bytes(4))
    yield _socket(
        "ws-fragments", "messages of fragments without end", b"\x00\x80" + bytes(4), before=b"\x01\x80" + bytes(4)
    )
    yield _socket("ws-reserved", "frames with a reserved bit", b"\xc1\x80" + bytes(4))
    yield _socket("ws-unmasked", "frames without a mask", b"\x81\x01x")
    yield _socket("ws-utf8", "text that is not UTF-8", frame(b"\xff"))
    yield _socket("ws-ping", "pings", frame(b"", PING))
    yield _socket("ws-bigping", "pings with 125 bytes", frame(b"x" * 125, PING))
    yield _socket("ws-empty", "empty messages", frame(b""))
    yield _socket("ws-pong", "PONG lines over WebSockets", frame(b"PONG x"))
    yield _socket("ws-drip", "a frame, byte by byte", b"x", before=frame(b"x" * 4000)[:8], size=1)


def _socket(name: str, title: str, piece: bytes, before: bytes = b"", size: int = CHUNK) -> Kind:
    """Make a flood of IRC clients over WebSockets that have registered."""
    return Kind(name, title, "web", IRC, b" 001 ", before, piece, size, webSocket=True)


def _request(method: str, path: str, headers: str = "") -> bytes:
    """Make the head of an HTTP request."""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode()


DROPPED = (
    "early-irc",
    "early-line",
    "tls-garbage",
    "hello-irc",
    "hello-line",
    "http-body",
    "http-headers",
    "http-hello",
    "http-smuggling",
    "ws-length",
    "ws-fragments",
    "ws-reserved",
    "ws-unmasked",
    "ws-utf8",
)
"""The kinds whose attackers the server must disconnect."""

KINDS = {kind.name: replace(kind, isDropped=kind.name in DROPPED) for kind in (*_kinds(), *_web(), *_deaf())}
"""All kinds, by name."""

QUICK = ("early-irc", "tls-garbage", "room", "http-pipeline", "ws-ping")
"""The kinds of a quick run, which also has a short flood of every command."""
