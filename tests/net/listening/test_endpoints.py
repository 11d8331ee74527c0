"""
Tests of L{twistchat.net.listening.endpoints}: mistakes in endpoints, and encrypted endpoints.

The latter use real connections on loopback, with the real reactor.
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace
from typing import Any

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from OpenSSL import SSL
from twisted.internet import endpoints
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.python.systemd import ListenFDs
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.net.listening.authorities import ClientSide, identify
from tests.wire.test_proxy import OVER_IPV6, binary
from tests.wire.test_proxy import SSL as OVER_TLS
from twistchat.accounts.secrets.passwords import Verifier
from twistchat.config import Settings
from twistchat.doors.line import LineDoor
from twistchat.journal.kinds import memoryJournal
from twistchat.journal.stamp import Stamp
from twistchat.net.listening import endpoints as ours
from twistchat.net.listening.endpoints import (
    BACKLOG,
    KINDS,
    BadEndpoint,
    atNextPort,
    endpointOf,
    isAddressInUse,
    whyNotListening,
)
from twistchat.net.output.outbox import SocketOutbox
from twistchat.protocols.irc.settings import IrcSettings
from twistchat.services.assembly import assemble
from twistchat.services.listener import Listener
from twistchat.services.listening import Listening
from twistchat.services.service import ChatService
from twistchat.testing.server import SETTINGS
from twistchat.testing.workers import InlineWorker

reactor: Any = installed


class DescriptionTests(SynchronousTestCase):
    """Parsing of endpoint descriptions."""

    def setUp(self) -> None:
        self.folder = Path(mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.folder)
        self.reactor: Any = MemoryReactorClock()

    def refused(self, description: str) -> str:
        """Check that a description is invalid, and return the reason."""
        return str(self.assertRaises(BadEndpoint, endpointOf, self.reactor, description))

    def test_prefix(self) -> None:
        """The endpoint after the haproxy: prefix is parsed."""
        for description, proxied in (("tcp:6667", False), ("haproxy:tcp:6668:interface=127.0.0.1", True)):
            reactor: Any = MemoryReactorClock()
            endpoint, found = endpointOf(reactor, description)
            self.assertIs(proxied, found)
            factory: Any = object()
            self.successResultOf(endpoint.listen(factory))
            ((_, listening, _, _),) = reactor.tcpServers
            self.assertIs(factory, listening)

    def test_asTwistedReadsThem(self) -> None:  # private: Twisted's endpoints do not show what they were made with
        """Arguments may be named or positional, with escaped colons and equals signs."""
        for description, wanted in (
            ("tcp:1", (1, BACKLOG, "")),
            ("tcp:port=1:backlog=7", (1, 7, "")),
            ("tcp:1:127.0.0.1:7", (1, 7, "127.0.0.1")),
            (r"tcp:1:interface=\:\:1", (1, BACKLOG, "::1")),
            (r"tcp6:1:interface=fe80\:\:1%a\=b", (1, BACKLOG, "fe80::1%a=b")),
        ):
            with self.subTest(description):
                endpoint: Any = endpointOf(self.reactor, description)[0]
                self.assertEqual(wanted, (endpoint._port, endpoint._backlog, endpoint._interface))
        endpoint, _ = endpointOf(self.reactor, r"unix:a\:b\\c:mode=660:lockfile=0")
        self.assertEqual(("a:b\\c", 0o660, False), (endpoint._address, endpoint._mode, endpoint._wantPID))
        self.assertEqual(BACKLOG, endpoint._backlog)

    def test_unixMode(self) -> None:
        """Only the owner and the group of a UNIX socket can connect, unless the endpoint says otherwise."""
        for description, mode in (
            ("unix:chat.sock:lockfile=0", 0o660),
            ("haproxy:unix:chat.sock:lockfile=0", 0o660),
            ("unix:chat.sock:600:lockfile=0", 0o600),
            ("unix:chat.sock:mode=666:lockfile=0", 0o666),
        ):
            with self.subTest(description):
                reactor: Any = MemoryReactorClock()
                endpoint, _ = endpointOf(reactor, description)
                self.successResultOf(endpoint.listen(ServerFactory()))
                ((_, _, _, given, _),) = reactor.unixServers
                self.assertEqual(mode, given)

    def test_kinds(self) -> None:
        """The error for an unknown kind lists the kinds, or suggests one."""
        kinds = "the kinds are tcp, tcp6, ssl, tls, unix, systemd, and haproxy:tcp"
        for description, kind in (("nope", "nope"), ("foo:1", "foo"), ("", ""), (":1", ""), ("haproxy:nope:1", "nope")):
            self.assertEqual(f"there is no kind of endpoint {kind!r}; {kinds}", self.refused(description))
        self.assertEqual(
            "there is no kind of endpoint 'tpc'; did you mean tcp:6623:interface=127.0.0.1?", self.refused("tpc:1")
        )
        self.assertIn("haproxy: stands in front of another kind", self.refused("haproxy:haproxy:tcp:1"))

    def test_otherKinds(self) -> None:
        """A plugin parses its own kind; the error names the plugin's exception."""

        def parse(reactor: Any, *arguments: str) -> Any:
            return [int(argument) for argument in arguments]

        plugins = [SimpleNamespace(prefix="carrier", parseStreamServer=parse)]
        for module in (ours, endpoints):
            self.patch(module, "getPlugins", lambda interface: plugins)
        self.assertEqual(([5], False), endpointOf(self.reactor, "carrier:5"))
        self.assertRegex(self.refused("carrier:x"), r"^Twisted cannot use it \(ValueError: .*'x'\)$")

    def test_capitals(self) -> None:
        """Kinds have small letters.  Twisted knows others too, but does not check them as this module does."""
        self.assertIn("did you mean 'tcp6:6623:", self.refused("TCP6:1:interface=localhost"))
        self.assertIn("did you mean tls:", self.refused("TLS:/tmp:1"))

    def test_stdio(self) -> None:
        """Standard input and output is no endpoint of a server."""
        for description in ("stdio:", "STDIO:", "haproxy:stdio:"):
            self.assertTrue(self.refused(description).startswith("stdio: has one client, the terminal of the server"))

    def test_unsearchable(self) -> None:
        """A place that this process may not search is a mistake like others."""

        def forbidden(path: Path) -> bool:
            raise PermissionError(13, "Permission denied")

        self.patch(Path, "is_file", forbidden)
        self.patch(Path, "is_dir", forbidden)
        why = "privateKey is '/x/key.pem', and nobody can tell whether there is such a file: Permission denied"
        self.assertIn(why, self.refused("ssl:1:privateKey=/x/key.pem"))
        self.assertIn("path is '/x', and it cannot be searched: Permission denied", self.refused("tls:/x"))

    def test_pipe(self) -> None:
        """A pipe is no certificate, also if it becomes one while the server runs; nobody waits for its writer."""
        os.mkfifo(self.folder / "pipe.pem")
        self.assertIn("there is no such file", self.refused("ssl:1:privateKey=pipe.pem"))
        self.assertIn("there is no .pem file in", self.refused(f"tls:{self.folder}"))

    def test_examples(self) -> None:
        """An error ends with an example of the kind; the examples that need no file are valid."""
        for name, kind in KINDS.items():
            for proxy in ("", "haproxy:"):
                with self.subTest(proxy + name):
                    self.assertTrue(kind.example.startswith(f"{name}:"))
                    text = self.refused(f"{proxy}{name}:1:colour=red")
                    self.assertEqual([f"{proxy}{kind.example}"], shlex.split(text.rpartition(" is like ")[2]))
                    self.assertIn("there is no argument 'colour'; the arguments of", text)
        self.assertTrue(self.refused("tcp6:1:interface=::1").endswith(r" is like 'tcp6:6623:interface=\:\:1'"))
        for name in ("tcp", "tcp6", "unix"):
            endpointOf(self.reactor, KINDS[name].example)

    def test_examplePort(self) -> None:
        """The examples have the door's usual port, if they are not encrypted."""
        for description, example in (
            ("tpc:1", "tcp:6667:interface=127.0.0.1?"),
            ("tcp:x", "tcp:6667:interface=127.0.0.1"),
            ("tcp6:x", r"'tcp6:6667:interface=\:\:1'"),
            ("haproxy:haproxy:tcp:1", "haproxy:tcp:6667:interface=127.0.0.1"),
            ("ssl:x", "ssl:6697:privateKey=privkey.pem:certKey=cert.pem"),
        ):
            text = str(self.assertRaises(BadEndpoint, endpointOf, self.reactor, description, 6667))
            self.assertTrue(text.endswith(f" {example}"), text)

    def test_arguments(self) -> None:
        """The error for an invalid argument names no functions."""
        (self.folder / "empty").mkdir()
        (self.folder / "nothing.pem").write_text("nothing")
        authority, other = identify("one"), identify("other")
        key = load_pem_private_key(authority.key, None)
        locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
        (self.folder / "locked.pem").write_bytes(locked)
        (self.folder / "key.pem").write_bytes(authority.key)
        (self.folder / "cert.pem").write_bytes(other.certificate)
        for description, why in {
            "tcp": "the argument port is missing",
            "tcp:interface=127.0.0.1": "the argument port is missing",
            "tcp:abc": "port is 'abc', and a port is a whole number from 0 to 65535",
            "tcp:65536": "port is '65536', and a port is a whole number",
            "tcp:-1": "port is '-1', and a port is a whole number",
            "tcp:port=1=2": "port is '1=2', and a port is a whole number",
            f"tcp:{'9' * 5000}": f"port is '{'9' * 59}…', and a port is a whole number",
            "tcp:1:backlog=0": "backlog is '0', and a backlog is a whole number from 1",
            "tcp:1:interfaces=x": "there is no argument 'interfaces'; did you mean interface?",
            "tcp:1:port=2": "the argument port is there twice",
            "tcp:1:2:3:4:5": "tcp takes 3 arguments, and has 5",
            "tcp6:1:interface=::1": r"an argument is empty; write \: for each colon within an argument",
            "tcp:1:": r"an argument is empty; write \: for each colon",
            "tcp:1:interface=localhost": "interface is 'localhost', and an interface is an IP address of this machine",
            r"tcp6:1:interface=fe80\:\:1%e 0": "interface is 'fe80::1%e 0', and an interface is an IP address",
            "tcp:1:interface=1.2": "interface is '1.2', and an interface is an IP address",
            "tcp:1:interface=": "interface is '', and an interface is an IP address",
            "unix:": "address is '', and it is the path of a file that is to be made",
            "unix:x:mode=888": "mode is '888', and a mode is of three octal digits, as in 660",
            "unix:x:lockfile=maybe": "lockfile is 'maybe', and it is 0 or 1",
            "ssl:1": "the argument privateKey is missing, and there is no server.pem here",
            "ssl:1:privateKey=nope.pem": "privateKey is 'nope.pem', and there is no such file",
            "ssl:1:privateKey=nothing.pem": f"{self.folder}/nothing.pem has no private key in PEM format",
            "ssl:1:privateKey=locked.pem": f"the private key in {self.folder}/locked.pem has a passphrase; write it",
            "ssl:1:privateKey=key.pem": f"{self.folder}/key.pem has no certificate in PEM format",
            "ssl:1:privateKey=key.pem:certKey=cert.pem": f"the certificate in {self.folder}/cert.pem is not for",
            "ssl:1:privateKey=key.pem:sslmethod=NO": "sslmethod is not known; leave it out",
            "tls": "the argument path is missing",
            "tls:nowhere": "path is 'nowhere', and there is no such directory",
            "tls:empty": "path is 'empty', and there is no .pem file in that directory",
            "systemd:index=0": "the argument domain is missing",
            "systemd:domain=IPX:index=0": "domain is 'IPX', and a domain is INET, INET6 or UNIX",
            "systemd:domain=INET": "either index or name is wanted",
            "systemd:domain=INET:index=0:name=x": "either index or name is wanted",
            "systemd:domain=INET:index=0": "systemd has passed no such socket",
            "systemd:domain=INET:name=x": "systemd has passed no such socket",
        }.items():
            for proxy in ("", "haproxy:"):
                with self.subTest(proxy + description[:40]):
                    self.assertTrue(self.refused(proxy + description).startswith(why), self.refused(description))
        self.assertEqual("nothing stands behind the backslash at its end", self.refused("tcp:1\\"))
        self.assertEqual("the argument port is there twice", self.refused("tcp:port=1:port=2"))

    def test_systemd(self) -> None:
        """The sockets that systemd has passed are known by their index and by their name."""
        passed = ListenFDs([5, 6], ("x", "y"))
        self.patch(endpoints._SystemdParser, "_sddaemon", passed)  # private: Twisted reads the environment only once
        for which in ("index=0", "index=1", "name=x", "name=y"):
            endpointOf(self.reactor, f"systemd:domain=INET:{which}")
        for which in ("index=2", "name=z"):
            self.assertIn("systemd has passed no such socket", self.refused(f"systemd:domain=INET:{which}"))

    def test_certificates(self) -> None:
        """A key and its certificate may be in one file or in two."""
        one = identify("one")
        (self.folder / "server.pem").write_bytes(one.certificate + one.key)
        (self.folder / "key.pem").write_bytes(one.key)
        (self.folder / "cert.pem").write_bytes(one.certificate)
        for arguments in ("", ":privateKey=server.pem", ":privateKey=key.pem:certKey=cert.pem"):
            endpointOf(self.reactor, f"ssl:1{arguments}")
        endpointOf(self.reactor, f"tls:{self.folder}:1")
        (self.folder / "nothing.pem").write_text("nothing")
        for argument, what in (("extraCertChain", "certificate"), ("dhParameters", "parameters for Diffie-Hellman")):
            text = self.refused(f"ssl:1:{argument}=nothing.pem")
            self.assertTrue(text.startswith(f"{self.folder}/nothing.pem has no {what} in PEM format;"), text)
        self.patch(Path, "is_file", lambda path: True)
        gone = self.refused("ssl:1:privateKey=gone.pem")
        self.assertTrue(gone.startswith(f"{self.folder}/gone.pem: No such file or directory;"), gone)

    def test_notListening(self) -> None:
        """The reason for a failure to listen is in the operating system's words, or says what is missing."""
        taken = CannotListenError("127.0.0.1", 1, OSError(98, "Address already in use"))
        elsewhere = CannotListenError("10.9.9.9", 1, OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"))
        nowhere = CannotListenError(None, b"/nodir/x", FileNotFoundError(errno.ENOENT, "No such file or directory"))
        for error, why in (
            (elsewhere, "this machine has no such address"),
            (nowhere, "there is no directory /nodir"),
            (
                FileNotFoundError(errno.ENOENT, "No such file", "7", None, b"/nodir/x.lock"),
                "there is no directory /nodir",
            ),
            (taken, "Address already in use"),
            (FileNotFoundError(2, "No such file or directory", "x"), "No such file or directory"),
            (OverflowError("port must be 0-65535."), "port must be 0-65535."),
            (CannotListenError(None, "x", "Cannot acquire lock"), "Couldn't listen on any:x: Cannot acquire lock."),
        ):
            self.assertEqual(why, whyNotListening(error))


class Caller(Protocol):
    """A client that sends a line and waits for an answer."""

    def __init__(self) -> None:
        self.told = b""
        self._wanted = b""
        self._answered: Deferred[None] | None = None
        self.lost: Deferred[None] = Deferred()

    async def until(self, wanted: bytes) -> None:
        """Wait for some output."""
        if wanted not in self.told:
            self._wanted, self._answered = wanted, Deferred()
            await self._answered

    def say(self, data: bytes) -> None:
        """Send a line."""
        assert self.transport is not None
        self.transport.write(data)

    def hangUp(self) -> Deferred[None]:
        """Close the connection."""
        assert self.transport is not None
        self.transport.loseConnection()
        return self.lost

    def dataReceived(self, data: bytes) -> None:
        """Collect the output."""
        self.told += data
        if self._answered is not None and self._wanted in self.told:
            answered, self._answered = self._answered, None
            answered.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Report the end of the connection."""
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

    def write(self, name: str, *contents: bytes) -> Path:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"".join(contents))
        return path

    def serve(self, description: str) -> None:
        """Start a server with one endpoint on a free port."""
        numbers = count(1)
        journal = memoryJournal(Stamp(reactor.seconds, "test"))
        self.context = assemble(
            self.settings,
            journal.log,
            journal.history,
            reactor,
            reactor.seconds,
            lambda: str(next(numbers)),
            lambda: b"test",
            Verifier(InlineWorker, 1),
            lambda: self.settings,
            bytes,
        )
        listening = Listening(reactor, [Listener(LineDoor(), description)], self.context)
        self.service = ChatService(reactor, listening, journal.log, self.context, lambda: False)
        self.service.startService()
        self.addCleanup(self.service.stopService)
        address: Any = listening.ports[0].getHost()
        self.port = address.port

    async def call(self, side: ClientSide | None) -> Caller:
        """Connect a client, over TLS if it has a TLS context."""
        endpoint: Any = TCP4ClientEndpoint(reactor, "127.0.0.1", self.port)
        if side is not None:
            endpoint = wrapClientTLS(side, endpoint)
        caller = Caller()
        await connectProtocol(endpoint, caller)

        self.addCleanup(caller.hangUp)
        return caller

    def session(self) -> Any:
        """Return the only session."""
        (session,) = self.context.chat.state.sessions.values()
        return session


class SslTests(EndpointTestCase):
    """C{ssl:}, with the files that certbot writes."""

    def describe(self) -> str:
        """Return the endpoint."""
        key = self.write("privkey.pem", self.server.key)
        certificate = self.write("cert.pem", self.server.certificate)
        chain = self.write("chain.pem", self.middle.certificate)
        return f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={certificate}:extraCertChain={chain}"

    async def test_client(self) -> None:
        """A client's certificate gives its fingerprint; the server sends its whole chain."""
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
        """A client may have no certificate, and may use an older TLS version."""
        self.serve(self.describe())
        caller = await self.call(ClientSide(version=SSL.TLS1_2_VERSION))
        await caller.until(b"Type the name")
        session = self.session()
        self.assertEqual((True, None), (session.secure, session.fingerprint))

    async def test_stop(self) -> None:
        """When the server stops, it tells its clients."""
        self.serve(self.describe())
        caller = await self.call(ClientSide())
        await caller.until(b"Type the name")
        await self.service.stopService()
        await caller.until(b"* The server is shutting down\n")
        await caller.lost


class TlsTests(EndpointTestCase):
    """C{tls:}, with a directory that has certificates for several names."""

    async def test_names(self) -> None:
        """The server's certificate matches the requested name; the client's fingerprint is known."""
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
        """Wait until the server has no sessions."""
        while self.context.chat.state.sessions:
            turn: Deferred[None] = Deferred()
            reactor.callLater(0, turn.callback, None)
            await turn


class ProxyTests(EndpointTestCase):
    """C{haproxy:}, as a prefix of another kind."""

    settings = replace(SETTINGS, doors={**SETTINGS.doors, "irc": IrcSettings(proxies=("127.0.0.0/8",))})

    async def test_plain(self) -> None:
        """A client behind a proxy has its own address, and its output goes directly to the socket."""
        self.serve("haproxy:tcp:0:interface=127.0.0.1")
        caller = await self.call(None)
        caller.say(b"PROXY TCP4 192.0.2.7 192.0.2.1 40001 6667\r\nalice\n")
        await caller.until(b"* alice joined #lobby\n")
        session = self.session()
        self.assertEqual(("192.0.2.7", False), (session.address, session.secure))
        self.assertIsInstance(session.outlet.outbox, SocketOutbox)

    async def test_encrypted(self) -> None:
        """A proxy may use TLS; its certificate does not count as its client's."""
        pem = self.write("server.pem", self.server.certificate, self.server.key)
        self.serve(f"haproxy:ssl:0:interface=127.0.0.1:privateKey={pem}")
        caller = await self.call(ClientSide(self.client))
        caller.say(binary(0x21, 0x21, OVER_IPV6 + OVER_TLS) + b"alice\n")
        await caller.until(b"* alice joined #lobby\n")
        session = self.session()
        self.assertEqual(("2001:db8::7", True, None), (session.address, session.secure, session.fingerprint))


class NextPortTests(SynchronousTestCase):
    """L{atNextPort}."""

    def test_ports(self) -> None:
        """Only the port changes, wherever it is; a description without a port has no other."""
        for description, other in (
            ("tcp:6667:interface=127.0.0.1", "tcp:6668:interface=127.0.0.1"),
            ("tcp6:6623:interface=\\:\\:1", "tcp6:6624:interface=\\:\\:1"),
            ("haproxy:tcp:6668", "haproxy:tcp:6669"),
            ("tls:/certificates:6697", "tls:/certificates:6698"),
            ("tcp:interface=127.0.0.1:port=65535", "tcp:interface=127.0.0.1:port=65534"),
            ("unix:/run/twistchat.sock:mode=660", None),
        ):
            self.assertEqual(other, atNextPort(description))

    def test_taken(self) -> None:
        """Only the system's error for an address in use counts."""
        taken = CannotListenError("127.0.0.1", 6667, OSError(errno.EADDRINUSE, "Address already in use"))
        self.assertTrue(isAddressInUse(taken))
        self.assertFalse(isAddressInUse(CannotListenError("127.0.0.1", 1, OSError(errno.EACCES, "Permission denied"))))
        self.assertFalse(isAddressInUse(CannotListenError(None, "x", "Cannot acquire lock")))
        self.assertFalse(isAddressInUse(ValueError("no")))
