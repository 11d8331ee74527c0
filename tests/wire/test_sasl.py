"""Tests of the SASL mechanisms, and of the encoding of responses and challenges."""

from __future__ import annotations

import contextlib
from base64 import b64decode, b64encode

from hypothesis import given
from hypothesis import strategies as st
from scramp import ScramClient, ScramMechanism
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import LoginFailed, TooFast
from twistchat.interfaces.accounts import ScramKeys
from twistchat.wire.sasl import (
    CHUNK,
    MAX_ENCODED,
    MAX_SCRAM_NAME,
    BadResponse,
    CertificateGiven,
    Challenge,
    External,
    Finished,
    Mechanism,
    PasswordGiven,
    Plain,
    Proven,
    Response,
    Scram,
    TooLongResponse,
    encode,
)

SALT, STORED, SERVER, ITERATIONS = ScramMechanism("SCRAM-SHA-256").make_auth_info(
    "pencil", 4096, b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
)

KEYS = ScramKeys(SALT, ITERATIONS, STORED, SERVER)
"""The keys of the example in RFC 7677, section 3."""

FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"

FINAL = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"


def scram(nonce: str = NONCE) -> Scram:
    """Make a SCRAM mechanism whose only account has L{KEYS}."""
    return Scram(lambda name: KEYS, lambda: None, nonce)


class Case(SynchronousTestCase):
    """Tests of one mechanism."""

    def refuses(self, mechanism: Mechanism, response: bytes, why: str) -> None:
        """Assert that a mechanism refuses a response with this text."""
        error = self.assertRaises(BadResponse, mechanism.respond, response)
        self.assertEqual(why, str(error))


class PlainTests(Case):
    """PLAIN."""

    def test_example(self) -> None:
        """The example of RFC 4616, section 4: the name and the password, and no authorization identity."""
        self.assertEqual(PasswordGiven("tim", "tanstaaftanstaaf"), Plain().respond(b"\0tim\0tanstaaftanstaaf"))

    def test_identity(self) -> None:
        """The authorization identity may be the name, in any case; another is refused (the RFC's second example)."""
        self.assertEqual(PasswordGiven("kurt", "xipj3plmq"), Plain().respond(b"Kurt\0kurt\0xipj3plmq"))
        self.refuses(Plain(), b"Ursel\0Kurt\0xipj3plmq", "you cannot act for another account")

    def test_fields(self) -> None:
        """There are two NULs; more mean that a name or the password contains one."""
        why = "PLAIN needs two names and a password, with one NUL between each and none within them"
        for response in (b"", b"tim", b"tim\0pw", b"\0tim\0p\0w", b"\0\0\0", b"\0tim\0pw\0"):
            self.refuses(Plain(), response, why)
        for response in (b"\0\0pw", b"\0tim\0", b"\0\0"):
            self.refuses(Plain(), response, "the name or the password is empty")
        self.refuses(Plain(), b"\0tim\0\xff\xfe", "the message is not UTF-8")

    def test_secret(self) -> None:
        """The password is not in the representation."""
        self.assertNotIn("pencil", repr(Plain().respond(b"\0user\0pencil")))

    @given(st.text(min_size=1), st.text(min_size=1), st.booleans())
    def test_any(self, name: str, password: str, named: bool) -> None:
        """Whatever the name and the password are, they come out as they went in, or a NUL in them is refused."""
        name, password = (text.encode("utf-8", "replace").decode() for text in (name, password))
        response = "\0".join((name if named else "", name, password)).encode()
        if "\0" in name + password:
            self.assertRaises(BadResponse, Plain().respond, response)
        else:
            self.assertEqual(PasswordGiven(name, password), Plain().respond(response))


class ExternalTests(Case):
    """EXTERNAL."""

    def test_name(self) -> None:
        """The response is the name of an account, or empty."""
        self.assertEqual(CertificateGiven(None), External().respond(b""))
        self.assertEqual(CertificateGiven("älice"), External().respond("älice".encode()))

    def test_malformed(self) -> None:
        """A name is UTF-8, without NUL (RFC 4422, appendix A.1)."""
        self.refuses(External(), b"\xff", "the message is not UTF-8")
        self.refuses(External(), b"alice\0", "the name contains a NUL")


class ScramTests(Case):
    """SCRAM-SHA-256."""

    def test_example(self) -> None:
        """The example of RFC 7677, section 3."""
        mechanism = scram()
        first = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        self.assertEqual(Challenge(first), mechanism.respond(FIRST))
        last = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        self.assertEqual(Proven(last), mechanism.respond(FINAL))
        self.assertEqual(Finished(), mechanism.respond(b""))

    def test_name(self) -> None:
        """The keys of the named account are looked up once.  Commas and equals signs in names are escaped."""
        asked: list[str] = []

        def keysOf(name: str) -> ScramKeys:
            asked.append(name)
            return KEYS

        Scram(keysOf, lambda: None, NONCE).respond(b"n,,n=a=2Cb=3Dc,r=x")
        self.assertEqual(["a,b=c"], asked)
        self.refuses(scram(), b"n,,n=a=b,r=x", "the name has a character that SCRAM does not allow")

    def test_longName(self) -> None:
        """A name that is too long is refused before it is prepared, which would take too long."""
        self.refuses(scram(), b"n,,n=" + MAX_SCRAM_NAME * b"x" + b",r=x", "the name is too long")
        self.assertIsInstance(scram().respond(b"n,,n=" + (MAX_SCRAM_NAME - 2) * b"x" + b",r=x"), Challenge)

    def test_refused(self) -> None:
        """If the keys are refused, the refusal is raised as it is."""

        def keysOf(name: str) -> ScramKeys:
            raise TooFast("log in", 7.0)

        error = self.assertRaises(TooFast, Scram(keysOf, lambda: None, NONCE).respond, FIRST)
        self.assertEqual(7.0, error.wait)

    def test_proofRefused(self) -> None:
        """If the proof may not be checked, the refusal is raised as it is; nothing asks before the proof comes."""

        def checking() -> None:
            raise TooFast("log in", 7.0)

        mechanism = Scram(lambda name: KEYS, checking, NONCE)
        self.assertIsInstance(mechanism.respond(FIRST), Challenge)
        self.assertRaises(TooFast, mechanism.respond, FINAL)

    def test_wrongPassword(self) -> None:
        """A wrong proof is a failed login, and so is one of a wrong size."""
        client = ScramClient(["SCRAM-SHA-256"], "user", "crayon")
        mechanism = scram()
        challenge = mechanism.respond(client.get_client_first().encode())
        assert isinstance(challenge, Challenge)
        client.set_server_first(challenge.data.decode())
        self.assertRaises(LoginFailed, mechanism.respond, client.get_client_final().encode())
        for proof in (b"AAAA", b"biws", b64encode(bytes(33)), b64encode(bytes(32))):
            mechanism = scram()
            mechanism.respond(FIRST)
            final = FINAL[: FINAL.index(b",p=")]
            self.assertRaises(LoginFailed, mechanism.respond, final + b",p=" + proof)

    def test_wrongNonce(self) -> None:
        """The client must repeat the whole nonce of the server, and once."""
        for nonce in (
            b"rOprNGfwEbeRWgbNEkqO",
            b"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            b"rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0x",
            b"",
        ):
            mechanism = scram()
            mechanism.respond(FIRST)
            proof = FINAL[FINAL.index(b",p=") :]
            self.refuses(mechanism, b"c=biws,r=" + nonce + proof, "the nonce is not the one that the server sent")

    def test_channelBinding(self) -> None:
        """A client may say that it would bind to a channel (y), and not that it does (p)."""
        self.assertIsInstance(scram().respond(b"y,,n=user,r=x"), Challenge)
        for kind in (b"tls-unique", b"tls-exporter", b"tls-server-end-point", b"x", b""):
            mechanism = scram()
            self.refuses(mechanism, b"p=" + kind + b",,n=user,r=x", "this server does not offer channel binding")
        mechanism = scram()
        mechanism.respond(FIRST)
        self.refuses(mechanism, FINAL.replace(b"biws", b"eSws"), "the channel binding is not that of the first message")

    def test_extensions(self) -> None:
        """A mandatory extension is refused (RFC 5802, section 5.1); others are ignored."""
        why = "this server knows no extensions of SCRAM"
        self.refuses(scram(), b"n,,m=x,n=user,r=x", why)
        mechanism = scram()
        mechanism.respond(FIRST)
        self.refuses(mechanism, FINAL.replace(b",p=", b",m=x,p="), why)
        self.assertIsInstance(scram().respond(FIRST + b",x=y"), Challenge)

    def test_identity(self) -> None:
        """The client cannot name an account to act for."""
        self.refuses(scram(), b"n,a=bob,n=user,r=x", "you cannot act for another account")

    def test_malformed(self) -> None:
        """Anything else is refused, at both steps."""
        why = "this is not a valid message of SCRAM"
        for response in (
            b"",
            b",",
            b"n,,",
            b"x,,n=user,r=x",
            b"n,,r=x,n=user",
            b"n,,n=user",
            b"n,,n=,r=x",
            b"n,,n=u,r=",
        ):
            self.refuses(scram(), response, why)
        self.refuses(scram(), b"n,,n=u\xff,r=x", "the message is not UTF-8")
        for response in (FINAL[: FINAL.index(b",p=")], FINAL + b",c=biws", b"x" + FINAL):
            mechanism = scram()
            mechanism.respond(FIRST)
            self.refuses(mechanism, response, why)
        mechanism = scram()
        mechanism.respond(FIRST)
        mechanism.respond(FINAL)
        self.refuses(mechanism, b"x", "the last response is not empty")

    @given(st.binary(), st.booleans())
    def test_anything(self, response: bytes, begun: bool) -> None:
        """Any bytes lead to a step or a refusal."""
        mechanism = scram()
        if begun:
            mechanism.respond(FIRST)
        with contextlib.suppress(BadResponse, LoginFailed):
            mechanism.respond(response)

    @given(st.text("abcxyz,=", min_size=1), st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
    def test_library(self, name: str, password: str) -> None:
        """A client of the library logs in with any name and password, and believes the server."""
        salt, stored, server, iterations = ScramMechanism("SCRAM-SHA-256").make_auth_info(password, 4096, bytes(16))
        mechanism = Scram(lambda name: ScramKeys(salt, iterations, stored, server), lambda: None, "abc")
        client = ScramClient(["SCRAM-SHA-256"], name, password)
        challenge = mechanism.respond(client.get_client_first().encode())
        assert isinstance(challenge, Challenge)
        client.set_server_first(challenge.data.decode())
        proven = mechanism.respond(client.get_client_final().encode())
        assert isinstance(proven, Proven)
        client.set_server_final(proven.data.decode())


class ResponseTests(SynchronousTestCase):
    """Responses in chunks."""

    def test_empty(self) -> None:
        """A plus sign is an empty response."""
        self.assertEqual(b"", Response().add("+"))

    def test_boundaries(self) -> None:
        """A chunk of 400 characters is followed by another, if only by a plus sign."""
        response = Response()
        for size in (299, 300, 301, 600, 3072):
            data = bytes(range(256)) * 12
            encoded = b64encode(data[:size]).decode()
            chunks = [encoded[at : at + CHUNK] for at in range(0, len(encoded), CHUNK)]
            if len(chunks[-1]) == CHUNK:
                chunks.append("+")
            for chunk in chunks[:-1]:
                self.assertIsNone(response.add(chunk))
            self.assertEqual(data[:size], response.add(chunks[-1]))

    def test_tooLong(self) -> None:
        """A chunk of more than 400 characters, and more than the limit in all, are refused."""
        self.assertRaises(TooLongResponse, Response().add, "A" * (CHUNK + 1))
        response = Response()
        for _ in range(MAX_ENCODED // CHUNK):
            self.assertIsNone(response.add("A" * CHUNK))
        self.assertRaises(TooLongResponse, response.add, "A" * CHUNK)

    def test_notBase64(self) -> None:
        """Anything but base64 with its padding is refused."""
        for chunk in ("A", "AA", "AAA", "A===", "AAAA=", "AA=A", "AA==AA==", "AA AA", "ÄAAA", "-_-_", "=", "*"):
            self.assertRaises(BadResponse, Response().add, chunk)

    @given(st.binary(max_size=1500))
    def test_roundTrip(self, data: bytes) -> None:
        """What L{encode} writes, L{Response} reads."""
        response = Response()
        chunks = list(encode(data))
        for chunk, last in zip(chunks, [*[False] * (len(chunks) - 1), True], strict=True):
            self.assertLessEqual(len(chunk), CHUNK)
            read = response.add(chunk)
            self.assertEqual(data if last else None, read)

    def test_encode(self) -> None:
        """An empty challenge is a plus sign, and one that fills its chunks ends with one."""
        self.assertEqual(["+"], list(encode(b"")))
        self.assertEqual(["A" * CHUNK, "+"], list(encode(bytes(300))))
        self.assertEqual(["A" * CHUNK, "AA=="], list(encode(bytes(301))))
