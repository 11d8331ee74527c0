"""
SASL mechanisms without input and output (RFC 4422): a response of the client goes in, and the next step comes out.

A mechanism never checks a password or a certificate itself.  It says what has to be checked.
"""

from __future__ import annotations

import binascii
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from scramp import ScramException, ScramMechanism
from scramp.utils import ServerError

from twistchat.chat.errors import ChatError, LoginFailed
from twistchat.chat.model.names import fold

if TYPE_CHECKING:
    from twistchat.interfaces.accounts import ScramKeys

CHUNK: Final = 400
"""The most characters of a response in one message (IRCv3 sasl-3.1, "The AUTHENTICATE command")."""

MAX_ENCODED: Final = 4096
"""
The most characters of an encoded response, which are 3,072 bytes.

The longest sensible response is one of PLAIN: two names and a password of 256 bytes each.
"""


MAX_SCRAM_NAME: Final = 128
"""The most characters of a name in SCRAM, with its C{n=}.  Preparing a name takes microseconds for each character."""


class BadResponse(Exception):
    """The response does not follow the mechanism.  The text is a clause that says why, and repeats no part of it."""


class TooLongResponse(Exception):
    """The response, or a chunk of it, is longer than the protocol allows."""


# Steps


@dataclass(frozen=True, slots=True)
class Challenge:
    """Send C{data}, and wait for the next response."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PasswordGiven:
    """Check whether C{password} is that of the account C{name}."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CertificateGiven:
    """Check whether the client's certificate belongs to the account C{name}; C{None} if the client names none."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Proven:
    """
    The client has proven that it knows the password.

    If the account can be used, send C{data} as a challenge, which proves to the client that the server has the keys.
    """

    data: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """The client has confirmed the last challenge."""


Step: TypeAlias = "Challenge | PasswordGiven | CertificateGiven | Proven | Finished"


# Mechanisms


class Mechanism(Protocol):
    """A mechanism in which the client sends the first response."""

    def respond(self, response: bytes) -> Step:
        """
        Read the next response of the client.

        @raise BadResponse: it does not follow the mechanism.
        @raise ChatError: the login is refused.
        """


class Plain:
    """The mechanism PLAIN (RFC 4616): C{[authzid] NUL authcid NUL passwd}."""

    __slots__ = ()

    def respond(self, response: bytes) -> Step:
        """See L{Mechanism.respond}.  The authorization identity must be empty, or the same name."""
        fields = _decode(response).split("\0")
        if len(fields) != 3:
            raise BadResponse("PLAIN needs two names and a password, with one NUL between each and none within them")
        identity, name, password = fields
        if not name or not password:
            raise BadResponse("the name or the password is empty")
        if identity and fold(identity) != fold(name):
            raise BadResponse("you cannot act for another account")
        return PasswordGiven(name, password)


class External:
    """The mechanism EXTERNAL (RFC 4422, appendix A): the response is the authorization identity, or empty."""

    __slots__ = ()

    def respond(self, response: bytes) -> Step:
        """See L{Mechanism.respond}."""
        name = _decode(response)
        if "\0" in name:
            raise BadResponse("the name contains a NUL")
        return CertificateGiven(name or None)


class Scram:
    """The mechanism SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding and without extensions."""

    __slots__ = ("_begun", "_checking", "_keysOf", "_proven", "_refusal", "_server")

    def __init__(self, keysOf: Callable[[str], ScramKeys], checking: Callable[[], None], nonce: str) -> None:
        """
        @param keysOf: returns the keys of an account, or raises a L{ChatError}.  It is called once, with the name.
        @param checking: called right before the proof is checked.  It may raise a L{ChatError}.
        @param nonce: the server's part of the nonce: random printable ASCII without commas.
        """
        self._keysOf = keysOf
        self._checking = checking
        self._refusal: ChatError | None = None
        self._begun = self._proven = False
        self._server = _SCRAM.make_server(self._lookUp, s_nonce=nonce)

    def respond(self, response: bytes) -> Step:
        """See L{Mechanism.respond}.  After L{Proven} the response must be empty."""
        if self._proven:
            if response:
                raise BadResponse("the last response is not empty")
            return Finished()
        text = _decode(response)
        if not self._begun:
            self._begun = True
            if text[2:4] == "a=":
                raise BadResponse("you cannot act for another account")
            if any([len(field) > MAX_SCRAM_NAME for field in text.split(",") if field[:2] == "n="]):
                raise BadResponse("the name is too long")
            return Challenge(self._run(text, self._server.set_client_first, self._server.get_server_first))
        nonces = [field for field in text.split(",") if field.startswith("r=")]
        if nonces != [f"r={self._server.nonce}"]:
            raise BadResponse("the nonce is not the one that the server sent")
        self._checking()
        data = self._run(text, self._server.set_client_final, self._server.get_server_final)
        self._proven = True
        return Proven(data)

    def _run(self, text: str, read: Callable[[str], None], write: Callable[[], str]) -> bytes:
        try:
            read(text)
            return write().encode()
        except ScramException as error:
            if self._refusal is not None:
                raise self._refusal from None
            if error.server_error is ServerError.INVALID_PROOF:
                raise LoginFailed from None
            why = _SCRAM_ERRORS.get(error.server_error, "this is not a valid message of SCRAM")
            raise BadResponse(why) from None

    def _lookUp(self, name: str) -> tuple[bytes, bytes, bytes, int]:
        try:
            keys = self._keysOf(name)
        except ChatError as refusal:
            self._refusal = refusal
            raise
        return keys.salt, keys.storedKey, keys.serverKey, keys.iterations


_SCRAM: Final = ScramMechanism("SCRAM-SHA-256")

_SCRAM_ERRORS: Final = {
    ServerError.CHANNEL_BINDING_NOT_SUPPORTED: "this server does not offer channel binding",
    ServerError.UNSUPPORTED_CHANNEL_BINDING_TYPE: "this server does not offer channel binding",
    ServerError.CHANNEL_BINDINGS_DONT_MATCH: "the channel binding is not that of the first message",
    ServerError.EXTENSIONS_NOT_SUPPORTED: "this server knows no extensions of SCRAM",
    ServerError.INVALID_USERNAME_ENCODING: "the name has a character that SCRAM does not allow",
}


def _decode(response: bytes) -> str:
    try:
        return response.decode()
    except UnicodeDecodeError:
        raise BadResponse("the message is not UTF-8") from None


# Encoding


class Response:
    """The response that a client sends in chunks."""

    __slots__ = ("_chunks", "_size")

    def __init__(self) -> None:
        self._chunks: list[str] = []
        self._size = 0

    def add(self, chunk: str) -> bytes | None:
        """
        Add a chunk.  The response ends with a chunk of less than L{CHUNK} characters, or with C{+}.

        @return: the decoded response; C{None} if more chunks follow.
        @raise TooLongResponse: the chunk or the response is too long.
        @raise BadResponse: the response is not base64.
        """
        if chunk != "+":
            self._size += len(chunk)
            if len(chunk) > CHUNK or self._size > MAX_ENCODED:
                raise TooLongResponse
            self._chunks.append(chunk)
            if len(chunk) == CHUNK:
                return None
        encoded, self._chunks, self._size = "".join(self._chunks), [], 0
        try:
            if len(encoded) % 4 == 0:
                return binascii.a2b_base64(encoded.encode("ascii"), strict_mode=True)
        except (UnicodeEncodeError, binascii.Error):
            pass
        raise BadResponse("the message is not base64")


def encode(challenge: bytes) -> Iterator[str]:
    """Encode a challenge in chunks of at most L{CHUNK} characters."""
    encoded = b64encode(challenge).decode()
    for start in range(0, len(encoded), CHUNK):
        yield encoded[start : start + CHUNK]
    if len(encoded) % CHUNK == 0:
        yield "+"
