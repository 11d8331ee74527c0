"""Tests of encrypted endpoints, as the options name them: over real connections on loopback, with the real reactor."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from OpenSSL import SSL
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.doors.authorities import ClientSide, identify
from tests.wire.test_proxy import OVER_IPV6, binary
from tests.wire.test_proxy import SSL as OVER_TLS
from twistchat.accounts.passwords import Verifier
from twistchat.config import IrcSettings, Settings
from twistchat.doors.backstage import Backstage
from twistchat.doors.line.door import LineDoor
from twistchat.journal.memory import MemoryJournal
from twistchat.journal.stamp import Stamp
from twistchat.service import ChatService, Listener
from twistchat.testing.server import SETTINGS
from twistchat.testing.workers import InlineWorker

reactor: Any = installed


class Caller(Protocol):
    """Somebody who says something, and waits for an answer."""

    def __init__(self) -> None:
        self.told = b""
        self._wanted = b""
        self._answered: Deferred[None] | None = None
        self.lost: Deferred[None] = Deferred()

    async def until(self, wanted: bytes) -> None:
        """Wait for something to be said."""
        if wanted not in self.told:
            self._wanted, self._answered = wanted, Deferred()
            await self._answered

    def say(self, data: bytes) -> None:
        """Say something."""
        assert self.transport is not None
        self.transport.write(data)

    def hangUp(self) -> Deferred[None]:
        """Close the connection."""
        assert self.transport is not None
        self.transport.loseConnection()
        return self.lost

    def dataReceived(self, data: bytes) -> None:
        """Listen."""
        self.told += data
        if self._answered is not None and self._wanted in self.told:
            answered, self._answered = self._answered, None
            answered.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Say that it is over."""
        self.lost.callback(None)


class EndpointTestCase(TestCase):
    """A server with the endpoints of a test."""

    timeout = 30

    settings: Settings = SETTINGS

    def setUp(self) -> None:
        self.folder = Path(mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.authority = identify("Authority")
        self.middle = identify("Middle", self.authority)
        self.server = identify("chat.example", self.middle)
        self.client = identify("alice")

    def tearDown(self) -> None:
        """Pass over what Twisted's own way from PEM to a context warns of, and over nothing else."""
        for warning in self.flushWarnings():
            self.assertRegex(warning["message"], "^(Passing pyOpenSSL|X509[.]get_)")

    def write(self, name: str, *contents: bytes) -> Path:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"".join(contents))
        return path

    def serve(self, description: str) -> None:
        """Start a server that listens at an endpoint, whose port is to be found out."""
        numbers = count(1)
        self.backstage = Backstage.assemble(
            self.settings,
            MemoryJournal(Stamp(reactor.seconds, "test")),
            reactor,
            reactor.seconds,
            lambda: str(next(numbers)),
            lambda: b"test",
            Verifier(InlineWorker, 1),
            lambda: self.settings,
        )
        journal: Any = self.backstage.chat._journal
        listener = Listener(LineDoor(), description)
        self.service = ChatService(reactor, [listener], journal, self.backstage, lambda: False)
        self.service.startService()
        self.addCleanup(self.service.stopService)
        address: Any = self.service._ports[0].getHost()
        self.port = address.port

    async def call(self, side: ClientSide | None) -> Caller:
        """Connect a client, over TLS where it has that."""
        endpoint: Any = TCP4ClientEndpoint(reactor, "127.0.0.1", self.port)
        if side is not None:
            endpoint = wrapClientTLS(side, endpoint)
        caller = Caller()
        await connectProtocol(endpoint, caller)

        self.addCleanup(caller.hangUp)
        return caller

    def session(self) -> Any:
        """The one session there is."""
        (session,) = self.backstage.chat.state.sessions.values()
        return session


class SslTests(EndpointTestCase):
    """C{ssl:}, with the files that certbot writes."""

    def describe(self) -> str:
        """The endpoint."""
        key = self.write("privkey.pem", self.server.key)
        certificate = self.write("cert.pem", self.server.certificate)
        chain = self.write("chain.pem", self.middle.certificate)
        return f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={certificate}:extraCertChain={chain}"

    async def test_client(self) -> None:
        """A client with a certificate comes in, and its fingerprint is known; it is shown the whole chain."""
        self.serve(self.describe())
        side = ClientSide(self.client)
        caller = await self.call(side)
        caller.say(b"alice\n")
        await caller.until(b"* alice joined #lobby\n")
        session = self.session()
        self.assertEqual(
            ("127.0.0.1", True, self.client.fingerprint), (session.address, session.secure, session.fingerprint)
        )
        self.assertEqual(["chat.example", "Middle"], side.chain)

    async def test_olderTls(self) -> None:
        """A client without one is fine, and the older TLS too."""
        self.serve(self.describe())
        caller = await self.call(ClientSide(version=SSL.TLS1_2_VERSION))
        await caller.until(b"Type the name")
        session = self.session()
        self.assertEqual((True, None), (session.secure, session.fingerprint))

    async def test_stop(self) -> None:
        """When the server stops, its clients are told."""
        self.serve(self.describe())
        caller = await self.call(ClientSide())
        await caller.until(b"Type the name")
        await self.service.stopService()
        await caller.until(b"* The server is shutting down\n")
        await caller.lost


class TlsTests(EndpointTestCase):
    """C{tls:}, with a directory that has certificates for several names."""

    async def test_names(self) -> None:
        """The certificate is that of the name which the client asks for; its own is known all the same."""
        other = identify("other.example")
        for identity, name in ((self.server, "chat"), (other, "other")):
            self.write(f"certificates/{name}.pem", identity.certificate, identity.key)
        self.serve(f"tls:{self.folder / 'certificates'}:0:interface=127.0.0.1")
        for name in ("chat.example", "other.example"):
            side = ClientSide(self.client, serverName=name)
            caller = await self.call(side)
            await caller.until(b"Type the name")
            session = self.session()
            self.assertEqual((True, self.client.fingerprint), (session.secure, session.fingerprint))
            self.assertEqual(name, side.chain[0])
            await caller.hangUp()
            await self.gone()

    async def gone(self) -> None:
        """Wait until the server has noticed that nobody is there."""
        while self.backstage.chat.state.sessions:
            turn: Deferred[None] = Deferred()
            reactor.callLater(0, turn.callback, None)
            await turn


class ProxyTests(EndpointTestCase):
    """C{haproxy:}, in front of another."""

    settings = replace(SETTINGS, irc=IrcSettings(proxies=("127.0.0.0/8",)))

    async def test_plain(self) -> None:
        """A client behind a proxy has its own address, and its words go straight to the socket."""
        self.serve("haproxy:tcp:0:interface=127.0.0.1")
        caller = await self.call(None)
        caller.say(b"PROXY TCP4 192.0.2.7 192.0.2.1 40001 6667\r\nalice\n")
        await caller.until(b"* alice joined #lobby\n")
        session = self.session()
        self.assertEqual(("192.0.2.7", False), (session.address, session.secure))
        self.assertIsNotNone(session.outlet.outbox._socket)

    async def test_encrypted(self) -> None:
        """A proxy may come over TLS; the certificate that it has is not its client's."""
        pem = self.write("server.pem", self.server.certificate, self.server.key)
        self.serve(f"haproxy:ssl:0:interface=127.0.0.1:privateKey={pem}")
        caller = await self.call(ClientSide(self.client))
        caller.say(binary(0x21, 0x21, OVER_IPV6 + OVER_TLS) + b"alice\n")
        await caller.until(b"* alice joined #lobby\n")
        session = self.session()
        self.assertEqual(("2001:db8::7", True, None), (session.address, session.secure, session.fingerprint))
