"""Logins: the responses of SASL, in chunks and decoded, and stored keys."""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from hashlib import sha256
from hmac import digest
from typing import Final

from tests.fuzzing.target import Target, assertPrintable, words
from tests.wire.test_sasl import FINAL, FIRST, KEYS, NONCE, scram
from twistchat.accounts.secrets.scram import decodeKeys, encodeKeys
from twistchat.chat.errors import ChatError
from twistchat.wire.sasl import (
    CHUNK,
    MAX_ENCODED,
    BadResponse,
    CertificateGiven,
    Challenge,
    External,
    Finished,
    PasswordGiven,
    Plain,
    Proven,
    Response,
    TooLongResponse,
    encode,
)


def checkResponses(data: bytes) -> None:
    """
    Each line is a response of a client, to each mechanism: it has a step, or an error that repeats nothing of it.

    SCRAM is proven only with the right signature (RFC 5802, section 3).
    """
    responses = data.split(b"\n")
    for response in responses:
        with suppress(ChatError):
            _checkPlain(response)
            _checkExternal(response)
    mechanism = scram()
    sent: list[bytes] = []
    for response in responses[:3]:
        try:
            step = mechanism.respond(response)
        except BadResponse as bad:
            assertPrintable(str(bad))
            return
        except ChatError:
            return
        if isinstance(step, Challenge):
            assert not sent and step.data.startswith(b"r=") and NONCE.encode() in step.data
            assertPrintable(step.data.decode())
            sent = [response, step.data]
        elif isinstance(step, Proven):
            first, challenge = sent
            assert _isProof(first, challenge, response), responses
        else:
            assert isinstance(step, Finished) and not response


def _checkPlain(response: bytes) -> None:
    try:
        step = Plain().respond(response)
    except BadResponse as bad:
        assertPrintable(str(bad))
    else:
        assert isinstance(step, PasswordGiven)
        assert response.endswith(f"\0{step.name}\0{step.password}".encode()) and response.count(b"\0") == 2


def _checkExternal(response: bytes) -> None:
    try:
        step = External().respond(response)
    except BadResponse as bad:
        assertPrintable(str(bad))
    else:
        assert isinstance(step, CertificateGiven) and (step.name or "").encode() == response


def _isProof(first: bytes, challenge: bytes, final: bytes) -> bool:
    """Check the proof of a client by the formulas of RFC 5802, section 3."""
    bare = first.decode().split(",", 2)[2]
    start, _, proof = final.decode().rpartition(",p=")
    signature = digest(KEYS.storedKey, f"{bare},{challenge.decode()},{start}".encode(), "sha256")
    key = bytes([one ^ other for one, other in zip(signature, b64decode(proof), strict=True)])
    return sha256(key).digest() == KEYS.storedKey


def checkChunks(data: bytes) -> None:
    """
    Each word is a chunk of a response in base64.  A response is decoded, incomplete, or refused.  Its size is bounded.

    What the server encodes, it decodes to the same.
    """
    response = Response()
    waiting = 0
    for word in data.split(b" "):
        chunk = word.decode(errors="surrogateescape")
        try:
            found = response.add(chunk)
        except (BadResponse, TooLongResponse) as bad:
            assertPrintable(str(bad))
            break
        waiting = waiting + len(chunk) if found is None else 0
        assert waiting <= MAX_ENCODED
        if found is not None:
            assert len(found) <= MAX_ENCODED * 3 // 4
    again = Response()
    chunks = list(encode(data[: MAX_ENCODED * 3 // 4]))
    assert all([len(chunk) <= CHUNK for chunk in chunks])
    assert [again.add(chunk) for chunk in chunks] == [None] * (len(chunks) - 1) + [data[: MAX_ENCODED * 3 // 4]]
    keys = decodeKeys(data.decode(errors="replace"))
    if keys is not None:
        assert decodeKeys(encodeKeys(keys)) == keys


SASL: Final = Target(
    "sasl",
    checkResponses,
    (
        b"\0tim\0tanstaaf",
        b"Kurt\0kurt\0xipj3plmq",
        FIRST + b"\n" + FINAL + b"\n",
        b"p=tls-unique,,n=user,r=x\n" + FINAL,
        b"y,,n=u=2Cs=3Der,r=x,ext=1\nc=eSws,r=x,p=AAAA",
        b"n,a=bob,n=user,r=x",
    ),
    (
        *words("n,, y,, p=tls-unique,, a=x n=user n==2C n== ,r= r=rOprNGfwEbeRWgbNEkqO c=biws c= ,p= ,p=AAAA m=1 , ="),
        *(NONCE.encode(), b"\n", b"\0", b"\xff", b"\xc2\xaa", b"\xe2\x80\x8d"),
    ),
    most=1024,
)
"""The responses of SASL's mechanisms."""

CHUNKS: Final = Target(
    "sasl-chunks",
    checkChunks,
    (
        b"AHRpbQB0YW5zdGFhZg==",
        b"A" * CHUNK + b" +",
        b"A" * CHUNK + b" AAAA",
        b"A" * 401,
        b"SCRAM-SHA-256$1:AAAA$AAAA:AAAA",
    ),
    (b"+", b"=", b" ", b"A" * CHUNK, b"AAAA", b"-_", b"\xff", b"A" * 100, b"SCRAM-SHA-256$", b"$", b":", b"*"),
    most=6000,
)
"""The chunks of SASL responses."""

TARGETS: Final = (SASL, CHUNKS)
"""The targets of this module."""
