"""The ways to log in and to register an account, at every door: what a client sends, and what the answers mean."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from abc import ABC, abstractmethod
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import pbkdf2_hmac, sha256
from types import MappingProxyType
from typing import ClassVar, Final

IN: Final = "logged in"
WRONG: Final = "refused"
TOO_FAST: Final = "told to wait"
BUSY: Final = "told that the server is busy"
ENDED: Final = "disconnected"
SILENT: Final = "no answer"

OUTCOMES: Mapping[str, str] = MappingProxyType({"is wrong": WRONG, "too fast": TOO_FAST, "too many": BUSY})
"""What an answer means that contains some words.  These are the same at all doors."""


def outcomeOf(answer: str) -> str:
    """Return what the answer to a login means: one of L{OUTCOMES}, or the answer itself."""
    return next((outcome for words, outcome in OUTCOMES.items() if words in answer.lower()), answer)


class Way(ABC):
    """
    One connection, over which a client logs in or registers an account.

    @cvar door: the door.
    """

    door: ClassVar[str]

    def __init__(self, timeout: float = 60.0) -> None:
        """
        @param timeout: how long an answer may take, in seconds.
        """
        self._timeout = timeout
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def connect(self, port: int, address: str, nick: str) -> None:
        """
        Connect, and come in as a guest if there are guests.

        @param port: the port of the door on 127.0.0.1.
        @param address: where the client comes from.
        @raise OSError: the server does not let the client in.
        """
        async with asyncio.timeout(self._timeout):
            self._streams = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
            await self._enter(nick)

    async def attempt(self, name: str, password: str) -> tuple[str, str]:
        """
        Log in, or register.

        @return: the outcome, and the answer.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return await self._attempt(name, password)
        except TimeoutError:
            return SILENT, ""
        except OSError:
            return ENDED, ""

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()

    @abstractmethod
    async def _enter(self, nick: str) -> None:
        """Come in as a guest."""

    @abstractmethod
    async def _attempt(self, name: str, password: str) -> tuple[str, str]:
        """See L{attempt}.  This may raise L{OSError}."""

    def _send(self, data: bytes) -> None:
        assert self._streams is not None
        self._streams[1].write(data)

    async def _line(self) -> str:
        """
        Read a line.

        @raise ConnectionError: the server ended the connection.
        """
        assert self._streams is not None
        line = await self._streams[0].readline()
        if not line:
            raise ConnectionError("the server ended the connection")
        return line.decode(errors="replace").strip()

    async def _bytes(self, size: int) -> bytes:
        assert self._streams is not None
        try:
            return await self._streams[0].readexactly(size)
        except asyncio.IncompleteReadError:
            raise ConnectionError("the server ended the connection") from None


class Irc(Way):
    """A guest at the IRC door, who may log in with SASL."""

    door = "irc"

    async def _enter(self, nick: str) -> None:
        self._send(f"CAP REQ :sasl standard-replies\r\nNICK {nick}\r\nUSER x 0 * :x\r\nCAP END\r\n".encode())
        await self._answer({"422", "376"})

    async def _answer(self, codes: set[str]) -> tuple[str, str]:
        """Read lines until one has one of these numerics or commands.  Return it and the line."""
        while True:
            line = await self._line()
            words = line.split(" ")
            code = words[1] if words[0].startswith(":") and len(words) > 1 else words[0]
            if code in codes:
                return code, line


SASL = {"903", "904", "907", "FAIL"}
"""The numerics and commands that end an exchange of SASL (IRCv3 sasl-3.1)."""


class Plain(Irc):
    """SASL PLAIN (RFC 4616)."""

    async def _attempt(self, name: str, password: str) -> tuple[str, str]:
        response = b64encode(f"\0{name}\0{password}".encode())
        self._send(b"AUTHENTICATE PLAIN\r\nAUTHENTICATE %s\r\n" % response)
        code, line = await self._answer(SASL)
        return IN if code == "903" else outcomeOf(line), line


class Scram(Irc):
    """SASL SCRAM-SHA-256 (RFC 5802, section 3; RFC 7677), without channel binding."""

    async def _attempt(self, name: str, password: str) -> tuple[str, str]:
        bare = f"n={name},r={secrets.token_hex(8)}"
        self._send(b"AUTHENTICATE SCRAM-SHA-256\r\n")
        code, line = await self._answer(SASL | {"AUTHENTICATE"})
        for step in range(3):
            if code != "AUTHENTICATE":
                break
            message = f"n,,{bare}" if step == 0 else finalOf(bare, line, password) if step == 1 else ""
            self._send(b"AUTHENTICATE %s\r\n" % (b64encode(message.encode()) or b"+"))
            code, line = await self._answer(SASL | {"AUTHENTICATE"})
        return IN if code == "903" else outcomeOf(line), line


def finalOf(bare: str, line: str, password: str) -> str:
    """
    Make the message of a client with its proof.

    @param bare: the client's first message, without its header.
    @param line: the line with the server's challenge.
    """
    challenge = b64decode(line.rpartition(" ")[2]).decode()
    fields = dict(field.split("=", 1) for field in challenge.split(","))
    salted = pbkdf2_hmac("sha256", password.encode(), b64decode(fields["s"]), int(fields["i"]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    final = f"c=biws,r={fields['r']}"
    signature = hmac.digest(sha256(key).digest(), f"{bare},{challenge},{final}".encode(), "sha256")
    proof = bytes(left ^ right for left, right in zip(key, signature, strict=True))
    return f"{final},p={b64encode(proof).decode()}"


class Registering(Irc):
    """REGISTER at the IRC door (IRCv3 draft/account-registration).  The name is that of the guest."""

    async def _attempt(self, name: str, password: str) -> tuple[str, str]:
        self._send(f"REGISTER * * :{password}\r\n".encode())
        code, line = await self._answer({"REGISTER", "FAIL", "263"})
        return IN if code == "REGISTER" else outcomeOf(line), line


class LineDoor(Way):
    """A guest at the line door, who logs in with C{/login}."""

    door = "line"
    _command: ClassVar[str] = "/login {name} {password}\n"
    _done: ClassVar[str] = "* You are logged in"

    async def _enter(self, nick: str) -> None:
        self._send(f"{nick}\n".encode())
        while not (line := await self._line()).startswith("* You are "):
            if line.startswith("! "):
                raise ConnectionError(line)

    async def _attempt(self, name: str, password: str) -> tuple[str, str]:
        self._send(self._command.format(name=name, password=password).encode())
        while True:
            line = await self._line()
            if line.startswith(self._done):
                return IN, line
            if line.startswith("! "):
                return outcomeOf(line), line


class LineRegistering(LineDoor):
    """C{/register} at the line door.  The name is that of the guest."""

    _command = "/register {password}\n"
    _done = "* The account "


class Form(Way):
    """The form of the page: requests to C{/login} over one connection."""

    door = "web"

    async def _enter(self, nick: str) -> None:
        pass

    async def _attempt(self, name: str, password: str) -> tuple[str, str]:
        body = json.dumps({"name": name, "password": password}).encode()
        head = "POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
        self._send(f"{head}{len(body)}\r\n\r\n".encode() + body)
        status, size = await self._line(), 0
        while line := await self._line():
            if line.lower().startswith("content-length:"):
                size = int(line.partition(":")[2])
        answer = (await self._bytes(size)).decode()
        return IN if " 200 " in status else outcomeOf(answer), answer


WAYS: Mapping[str, type[Way]] = MappingProxyType({"plain": Plain, "scram": Scram, "line": LineDoor, "form": Form})
"""The ways to log in."""

REGISTRATIONS: Mapping[str, type[Way]] = MappingProxyType({"irc": Registering, "line": LineRegistering})
"""The ways to register an account."""
