"""Tests of L{twistchat.services.service}: starting, and stopping in good order."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import CannotListenError, ReactorNotRunning
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import alsoProvides, implementer

from tests.net.listening.authorities import identify
from twistchat.accounts.secrets.passwords import Verifier
from twistchat.chat.errors import NotStored
from twistchat.chat.model.events import RoomMessage, Source
from twistchat.config import BackupSettings
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.interfaces import IClusterLog, IMailer
from twistchat.journal.history.memory import MemoryHistory
from twistchat.journal.memory import MemoryLog
from twistchat.journal.stamp import Stamp
from twistchat.net.client.closing import CLOSE_TIMEOUT
from twistchat.protocols.irc.settings import IrcSettings
from twistchat.services.assembly import assemble
from twistchat.services.failure import StartFailure
from twistchat.services.listener import Listener
from twistchat.services.listening import Listening
from twistchat.services.monitoring.endpoint import MetricsEndpoint
from twistchat.services.service import JOURNAL_TIMEOUT, ChatService
from twistchat.testing import ManualLog
from twistchat.testing.server import SETTINGS
from twistchat.testing.workers import InlineWorker

LOOPBACK = "tcp:6623:interface=127.0.0.1"


class Reactor(MemoryReactorClock):
    """
    A reactor in memory whose ports know their addresses.

    @ivar taken: the ports that are in use.
    @ivar stopped: the ports that have stopped listening.
    """

    def __init__(self) -> None:
        super().__init__()
        self.taken: set[int] = set()
        self.stopped: list[int] = []

    def listenTCP(self, port: int, factory: Any, backlog: int = 50, interface: str = "") -> Any:
        """See C{IReactorTCP.listenTCP}."""
        if port in self.taken:
            raise CannotListenError(interface, port, OSError(errno.EADDRINUSE, "Address already in use"))
        listening: Any = super().listenTCP(port, factory, backlog, interface)
        where = (IPv6Address if ":" in interface else IPv4Address)("TCP", interface or "0.0.0.0", port)
        listening.getHost = lambda: where
        listening.stopListening = lambda: self.stopped.append(port)
        return listening


@implementer(IMailer)
class Mailer:
    """
    A mailer that sends nothing.

    @ivar stopped: whether it was stopped.
    """

    stopped = False
    waiting = 0

    def send(self, recipient: str, subject: str, text: str) -> None:
        """See L{IMailer.send}."""

    def stop(self) -> None:
        """See L{IMailer.stop}."""
        self.stopped = True


class Backups:
    """Backups that are never made."""

    def __init__(self, calls: list[str]) -> None:
        """
        @param calls: gets the name of each method that is called.
        """
        self._calls = calls

    def begin(self) -> None:
        """See L{twistchat.services.backups.schedule.Backups.begin}."""
        self._calls.append("begin")

    def reload(self) -> None:
        """See L{twistchat.services.backups.schedule.Backups.reload}."""
        self._calls.append("reload")

    def stop(self) -> Deferred[None]:
        """See L{twistchat.services.backups.schedule.Backups.stop}."""
        self._calls.append("stop")
        return succeed(None)


class Systemd:
    """Hears what the server does."""

    def __init__(self, calls: list[str]) -> None:
        """
        @param calls: gets the name of each method that is called.
        """
        self._calls = calls

    def opening(self) -> None:
        """See L{twistchat.services.systemd.Systemd.opening}."""
        self._calls.append("opening")

    def ready(self, status: str) -> None:
        """See L{twistchat.services.systemd.Systemd.ready}."""
        self._calls.append(f"ready: {status}")

    def reloading(self) -> None:
        """See L{twistchat.services.systemd.Systemd.reloading}."""
        self._calls.append("reloading")

    def reloaded(self) -> None:
        """See L{twistchat.services.systemd.Systemd.reloaded}."""
        self._calls.append("reloaded")

    def stopping(self) -> None:
        """See L{twistchat.services.systemd.Systemd.stopping}."""
        self._calls.append("stopping")


class ServiceTestCase(SynchronousTestCase):
    """A service on a reactor in memory."""

    root = False
    settings = SETTINGS

    def setUp(self) -> None:
        self.worker = InlineWorker()
        self.passwords = Verifier(lambda: self.worker, 1)
        self.mailer: Mailer | None = None
        self.backups: Any = None
        self.systemd: Any = None
        self.calls: list[str] = []
        self.metricsEndpoints: Sequence[str] = ()
        self.reactor: Any = Reactor()
        self.log: Any = ManualLog(Stamp(self.reactor.seconds, "test"))
        self.events: list[LogEvent] = []
        self.complaints: list[str] = []
        self.failures: list[bool] = []
        observer = cast(ILogObserver, self.events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def service(self, *descriptions: str) -> ChatService:
        """Make a service whose line door listens at these endpoints."""
        ids = iter(map(str, range(1000)))
        self.context = assemble(
            self.settings,
            self.log,
            MemoryHistory(self.log),
            self.reactor,
            lambda: 0.0,
            lambda: next(ids),
            lambda: b"test",
            self.passwords,
            lambda: self.settings,
            bytes,
            mailer=self.mailer,
        )
        door = LineDoor()
        return self.serviceOf([Listener(door, description) for description in descriptions])

    def serviceOf(self, listeners: Sequence[Listener]) -> ChatService:
        """Make a service with these listeners, on the context made last."""
        listening = Listening(self.reactor, listeners, self.context)
        figures, endpoints = self.context.figures, self.metricsEndpoints
        write = lambda accept: (b"", "")  # noqa: E731
        return ChatService(
            self.reactor,
            listening,
            self.log,
            self.context,
            lambda: self.root,
            self.complaints.append,
            lambda: self.failures.append(self.reactor.hasStopped),
            backups=self.backups,
            systemd=self.systemd,
            metrics=MetricsEndpoint(self.reactor, endpoints, write, figures) if endpoints else None,
        )

    def started(self, *descriptions: str) -> ChatService:
        """Start the service, as twistd does."""
        service = self.service(*descriptions)
        service.privilegedStartService()
        service.startService()
        return service

    def logged(self) -> list[str]:
        """Return what twistchat logged."""
        return [formatEvent(event) for event in self.events if event["log_namespace"].startswith("twistchat.")]

    def client(self) -> StringTransport:
        """Connect a client to the first port."""
        factory = self.reactor.tcpServers[0][1]
        protocol = factory.buildProtocol(None)
        transport = Transport(protocol)
        protocol.makeConnection(transport)
        self.reactor.advance(0)
        return transport


class MetricsTests(ServiceTestCase):
    """A server that tells its metrics."""

    def setUp(self) -> None:
        super().setUp()
        self.metricsEndpoints = ("tcp:9667:interface=127.0.0.1",)

    def ports(self) -> list[int]:
        """Return the ports that were bound, in order."""
        return [port for port, *_ in self.reactor.tcpServers]

    def test_start(self) -> None:
        """The port of the metrics is bound before the privileges are dropped, and logged."""
        service = self.service(LOOPBACK)
        service.privilegedStartService()
        self.assertEqual(self.ports(), [9667, 6623])
        service.startService()
        self.assertEqual(self.ports(), [9667, 6623])
        self.assertIn("Metrics are at http://127.0.0.1:9667/metrics", self.logged())
        self.assertFalse([line for line in self.logged() if "Other machines" in line])

    def test_bindLater(self) -> None:
        """A server that is started without privileges binds it, too."""
        self.service(LOOPBACK).startService()
        self.assertEqual(self.ports(), [9667, 6623])

    def test_taken(self) -> None:
        """If the port is in use, the server does not start."""
        self.reactor.taken.add(9667)
        error = self.assertRaises(StartFailure, self.service(LOOPBACK).privilegedStartService)
        self.assertEqual(self.complaints, [str(error)])
        self.assertIn("metrics cannot be served at tcp:9667:interface=127.0.0.1: ", str(error))
        self.assertEqual(self.ports(), [])

    def test_root(self) -> None:
        """A server that runs as root does not tell its metrics to other machines."""
        self.root, self.metricsEndpoints = True, ("tcp:9667",)
        service = self.service(LOOPBACK)
        service.privilegedStartService()
        self.assertIn("does not run as root", str(self.assertRaises(StartFailure, service.startService)))

    def test_stop(self) -> None:
        """The metrics are told until the server has stopped, and until then it is not ready."""
        service = self.started(LOOPBACK)
        self.assertIsNone(self.context.figures.trouble)
        self.log.append(RoomMessage(Source("1", "a"), "#lobby", "1", "late"))
        stopping = service.stopService()
        self.reactor.advance(CLOSE_TIMEOUT)
        self.assertEqual(self.context.figures.trouble, "the server is shutting down")
        self.successResultOf(stopping)
        self.assertEqual(self.reactor.stopped, [6623, 9667])


class Transport(StringTransport):
    """A transport that closes as real ones do: after the client has read the output, or on abort."""

    reading = True

    def __init__(self, server: Any) -> None:
        super().__init__()
        self.server = server

    def loseConnection(self) -> None:
        """Close if the client reads."""
        super().loseConnection()
        if self.reading and self.connected:
            self.abortConnection()

    def abortConnection(self) -> None:
        """Close at once."""
        self.connected = False
        self.server.connectionLost()

    def told(self) -> str:
        """Return and clear the output for the client."""
        text: str = self.value().decode()
        self.clear()
        return text


class StartTests(ServiceTestCase):
    """Starting."""

    def test_order(self) -> None:
        """It binds the ports first, with privileges, and opens the journal afterwards."""
        service = self.service(LOOPBACK)
        service.privilegedStartService()
        self.assertEqual(1, len(self.reactor.tcpServers))
        self.failureResultOf(self.log.append(RoomMessage(Source("1", "alice"), "#a", "1", "hello")), NotStored)
        self.assertFalse(service.running)
        service.startService()
        self.assertTrue(service.running)
        self.assertEqual(1, len(self.reactor.tcpServers))

    def test_withoutPrivileges(self) -> None:
        """It binds the ports at its start if that was not done before."""
        self.service(LOOPBACK).startService()
        self.assertEqual(1, len(self.reactor.tcpServers))

    def test_invitations(self) -> None:
        """It logs how to connect, one line per door, and what the journal promises."""
        self.started(LOOPBACK, "tcp:7000")
        self.assertEqual(
            [
                self.log.promise,
                "The line door is open: nc 127.0.0.1 6623",
                "The line door is open: nc 127.0.0.1 7000 (from other machines: nc ADDRESS 7000)",
            ],
            self.logged(),
        )

    def test_otherInvitations(self) -> None:
        """If no command connects, it logs the address and which clients may use it."""
        folder = Path(mkdtemp())
        self.addCleanup(rmtree, folder)
        identity = identify("chat.example")
        (folder / "server.pem").write_bytes(identity.certificate + identity.key)
        self.settings = replace(SETTINGS, doors={**SETTINGS.doors, "irc": IrcSettings(proxies=("192.0.2.1/32",))})
        self.started(f"ssl:6697:privateKey={folder / 'server.pem'}", "haproxy:tcp:6624:interface=127.0.0.1")
        self.assertEqual(
            [
                (
                    "The line door is open: openssl s_client -quiet -connect 127.0.0.1:6697"
                    " (from other machines: openssl s_client -quiet -connect ADDRESS:6697)"
                ),
                "The line door is open: 127.0.0.1 port 6624, for proxies",
            ],
            self.logged()[1:],
        )

    def test_noProxies(self) -> None:
        """It warns if an endpoint is for proxies and none is configured."""
        self.started("haproxy:tcp:6624:interface=127.0.0.1")
        self.assertEqual(
            "Nobody comes in at haproxy:tcp:6624:interface=127.0.0.1: irc.proxies names no proxy", self.logged()[-1]
        )

    def test_noEncryption(self) -> None:
        """It warns if STS sends clients to an encrypted port that the door lacks, and only then."""
        for port, endpoints, warns in (
            (6697, ("tcp:6667:interface=127.0.0.1", "tcp6:6667:interface=\\:\\:1"), True),
            (6697, ("tcp:6667:interface=127.0.0.1", "haproxy:tcp:6668:interface=127.0.0.1"), False),
            (0, ("tcp:6667:interface=127.0.0.1",), False),
            (6697, (), False),
        ):
            self.events.clear()
            self.settings = replace(
                SETTINGS, doors={**SETTINGS.doors, "irc": IrcSettings(stsPort=port, proxies=("127.0.0.1/32",))}
            )
            self.service()
            places = [Listener(LineDoor(), LOOPBACK), *(Listener(IrcDoor(), endpoint) for endpoint in endpoints)]
            service = self.serviceOf(places)
            service.privilegedStartService()
            service.startService()
            warnings = [text for text in self.logged() if "irc.stsPort sends them to port 6697" in text]
            self.assertEqual(warns, bool(warnings), endpoints)

    def test_proxied(self) -> None:
        """Clients of a proxy connect to the same door as all others."""
        self.settings = replace(SETTINGS, doors={**SETTINGS.doors, "irc": IrcSettings(proxies=("192.168.1.1/32",))})
        self.started("haproxy:tcp:6624:interface=127.0.0.1", LOOPBACK)
        transport = self.client()
        assert isinstance(transport, Transport)
        transport.server.dataReceived(b"PROXY TCP4 192.0.2.7 192.0.2.1 40001 6667\r\n")
        self.reactor.advance(0)
        self.assertEqual(["192.0.2.7"], [session.address for session in self.context.chat.state.sessions.values()])
        (_, proxied, _, _), (_, direct, _, _) = self.reactor.tcpServers
        self.assertIs(direct, proxied.wrappedFactory)

    def test_oneFactoryADoor(self) -> None:
        """A door with several endpoints has one factory."""
        self.started(LOOPBACK, "tcp:7000:interface=127.0.0.1")
        (_, first, _, _), (_, second, _, _) = self.reactor.tcpServers
        self.assertIs(first, second)

    def test_journalFails(self) -> None:
        """A journal that cannot be opened stops the start."""

        class Broken(MemoryLog):
            def open(self, apply: Any) -> Deferred[None]:
                return fail(NotStored("the file is not a journal"))

        self.log = Broken(Stamp(self.reactor.seconds, "test"))
        service = self.service(LOOPBACK)
        error = self.assertRaises(StartFailure, service.startService)
        self.assertTrue(str(error).startswith("the journal cannot be opened: "), error)
        self.assertIn("the file is not a journal", str(error))
        self.assertFalse(service.running)
        self.assertEqual([], self.logged())

    def test_mailer(self) -> None:
        """The mailer stops with the service."""
        self.mailer = Mailer()
        service = self.started(LOOPBACK)
        self.assertFalse(self.mailer.stopped)
        service.stopService()
        self.reactor.advance(0)
        self.assertTrue(self.mailer.stopped)

    def test_registrar(self) -> None:
        """When the journal is open, accounts that nobody verified are removed; the stop of the service ends that."""
        service = self.started(LOOPBACK)
        calls: list[str] = []
        self.patch(self.context.registrar, "tend", lambda: calls.append("tend"))
        self.patch(self.context.registrar, "stop", lambda: calls.append("stop"))
        service.stopService()
        self.reactor.advance(0)
        self.assertEqual(["stop"], calls)
        service.startService()
        self.assertEqual(["stop", "tend"], calls)
        service.stopService()

    def test_backups(self) -> None:
        """Backups begin when the journal is open, follow reloads, and stop before the journal closes."""
        self.backups = Backups(self.calls)
        service = self.started(LOOPBACK)
        self.assertEqual(["begin"], self.calls)
        self.context.rehash()
        service.stopService()
        self.assertEqual(["begin", "reload", "stop"], self.calls)

    def test_noBackups(self) -> None:
        """If backups are wanted and the journal cannot be copied, the log says so."""
        self.settings = replace(SETTINGS, backup=BackupSettings(every=5.0))
        self.started(LOOPBACK)
        self.assertIn(
            "This server makes no backups: its kind of journal cannot be copied while the server runs",
            [formatEvent(event) for event in self.events],
        )

    def test_systemd(self) -> None:
        """systemd hears that the server opens the journal, is ready when the reactor runs, reloads, and stops."""
        self.systemd = Systemd(self.calls)
        service, opening = self.slow()
        self.assertEqual(["opening"], self.calls)
        opening.callback(None)
        self.assertEqual(["opening"], self.calls)
        ((ready, arguments, _),) = self.reactor.whenRunningHooks
        ready(*arguments)
        self.successResultOf(self.context.rehash())
        service.stopService()
        self.assertEqual(["opening", "ready: Is open at 1 endpoint", "reloading", "reloaded", "stopping"], self.calls)

    def test_systemdFailed(self) -> None:
        """systemd hears of no start if the journal cannot be opened."""
        self.systemd = Systemd(self.calls)
        _, opening = self.slow()
        opening.errback(NotStored("the disk is full"))
        self.assertEqual(["opening", "stopping"], self.calls)

    def test_opensLater(self) -> None:
        """While the journal opens, no connection is accepted; the kernel queues them."""
        service, opening = self.slow()
        self.assertEqual(["stop"], self.reading)
        self.assertEqual([], self.logged())
        opening.callback(None)
        self.assertEqual(["stop", "start"], self.reading)
        self.assertIn("The line door is open: nc 127.0.0.1 6623", self.logged())
        service.stopService()

    def test_stopsWhileOpening(self) -> None:
        """A service stopped while the journal opens accepts no connections afterwards."""
        service, opening = self.slow()
        service.stopService()
        opening.callback(None)
        self.assertEqual(["stop"], self.reading)
        self.assertEqual([], self.logged())

    def test_failsLater(self) -> None:
        """If opening the journal fails later, the server logs one line and stops, with the status of a failed start."""
        _, opening = self.slow()
        opening.errback(NotStored("no leader"))
        self.assertEqual(["stop"], self.reading)
        self.assertEqual(["the journal cannot be opened: no leader"], self.logged())
        self.assertEqual(["the journal cannot be opened: no leader"], self.complaints)
        self.assertTrue(self.reactor.hasStopped)
        self.assertEqual([False], self.failures)

    def test_failsWhenStopped(self) -> None:
        """A failure after the service was stopped is not reported."""
        service, opening = self.slow()
        service.stopService()
        opening.errback(NotStored("no leader"))
        self.assertEqual(([], [], [], False), (self.logged(), self.complaints, self.failures, self.reactor.hasStopped))

    def slow(self) -> tuple[ChatService, Deferred[None]]:
        """Start a service whose journal opens later."""
        opening: Deferred[None] = Deferred()

        class Slow(MemoryLog):
            def open(self, apply: Any) -> Deferred[None]:
                return opening

        self.log = Slow(Stamp(self.reactor.seconds, "test"))
        service = self.service(LOOPBACK)
        service.privilegedStartService()
        (port,) = service.listening.ports
        self.reading: list[str] = []
        port.stopReading, port.startReading = (
            (lambda: self.reading.append("stop")),
            lambda: self.reading.append("start"),
        )
        service.startService()
        return service, opening


class RootTests(ServiceTestCase):
    """A process that runs as root."""

    root = True

    def test_reachable(self) -> None:
        """It does not start if other machines can reach it."""
        for endpoint in ("tcp:6623", "tcp:6623:interface=192.0.2.1", "tcp6:6623"):
            error = self.assertRaises(StartFailure, self.started, LOOPBACK, endpoint)
            self.assertIn("does not run as root; start it as twistd --uid USER twistchat", str(error))
            self.assertEqual([], [line for line in self.logged() if "open" in line])

    def test_proxied(self) -> None:
        """It does not start if other machines reach an endpoint on loopback through a proxy."""
        self.started(f"haproxy:{LOOPBACK}")
        self.settings = replace(SETTINGS, doors={**SETTINGS.doors, "irc": IrcSettings(proxies=("127.0.0.1/32",))})
        error = self.assertRaises(StartFailure, self.started, f"haproxy:{LOOPBACK}")
        self.assertIn("does not run as root", str(error))

    def test_loopback(self) -> None:
        """On loopback only, it starts with a warning."""
        for endpoint in (LOOPBACK, "tcp:6623:interface=127.0.0.99", r"tcp6:6623:interface=\:\:1", "unix:chat.sock"):
            self.events.clear()
            self.started(endpoint)
            self.assertIn(
                "This server runs as root.  Start it with twistd --uid USER twistchat, and it runs as USER.",
                self.logged(),
            )

    def test_notRoot(self) -> None:
        """Any other user may be reachable, without a warning."""
        self.root = False
        self.started("tcp:6623")
        self.assertFalse([line for line in self.logged() if "root" in line])


class TakenPortTests(ServiceTestCase):
    """A port at which another program listens."""

    def test_taken(self) -> None:
        """The error names the door, the endpoint and the cause; ports bound before are closed."""
        self.reactor.taken.add(7000)
        service = self.service(LOOPBACK, "tcp:7000:interface=127.0.0.1", "tcp:7001")
        error = self.assertRaises(StartFailure, service.privilegedStartService)
        text = str(error)
        self.assertTrue(text.startswith("the line door cannot listen at tcp:7000:interface=127.0.0.1: "), text)
        self.assertIn("Address already in use", text)
        self.assertEqual(1, len(text.splitlines()))
        self.assertEqual(([6623], [6623]), ([port for port, *_ in self.reactor.tcpServers], self.reactor.stopped))
        options = f"--line {LOOPBACK} --line tcp:7001:interface=127.0.0.1 --line tcp:7001"
        self.assertTrue(text.endswith(f"; stop what listens there, or choose another port, as in {options}"), text)

    def test_takenFile(self) -> None:
        """For a UNIX socket the advice names no other port."""

        def listen(*arguments: Any, **more: Any) -> Any:
            raise CannotListenError(None, "chat.sock", OSError(errno.EADDRINUSE, "Address already in use"))

        self.patch(self.reactor, "listenUNIX", listen)
        error = self.assertRaises(StartFailure, self.service("unix:chat.sock").privilegedStartService)
        why = "the line door cannot listen at unix:chat.sock: Address already in use; stop what listens there"
        self.assertEqual(why, str(error))


class StopTests(ServiceTestCase):
    """Stopping: close the ports and the journal, tell every client, and disconnect."""

    def setUp(self) -> None:
        super().setUp()
        assert isinstance(self.log, ManualLog)
        self.held = self.log
        self.running = self.started(LOOPBACK)
        self.stops: list[Deferred[None]] = []
        (self.port,) = self.running.listening.ports
        self.patch(self.port, "stopListening", self.stopListening)
        self.listening = True

    def stopListening(self) -> Deferred[None]:
        """Replace the port's C{stopListening} with one that takes a while."""
        self.listening = False
        stopped: Deferred[None] = Deferred()
        self.stops.append(stopped)
        return stopped

    def arrive(self, nick: str) -> Transport:
        """Connect a client and join the lobby."""
        transport = self.client()
        assert isinstance(transport, Transport)
        transport.server.dataReceived(f"{nick}\n/echo on\n".encode())
        while self.held.waiting:
            self.held.commit()
            self.reactor.advance(0)
        transport.told()
        return transport

    def test_order(self) -> None:
        """The port, the journal, the clients and the password checks stop in this order."""
        alice = self.arrive("alice")
        alice.server.dataReceived(b"last words\n")
        closings: list[Deferred[None]] = []
        reallyClose = self.held.close

        def close() -> Deferred[None]:
            closing: Deferred[None] = Deferred()
            closings.append(closing)
            return closing

        self.patch(self.held, "close", close)
        self.passwords.check(None, "x")
        stopped = self.running.stopService()
        self.assertEqual((False, []), (self.listening, closings))
        self.stops[0].callback(None)
        self.assertEqual(1, len(closings))
        self.reactor.advance(0)
        self.assertEqual("", alice.told())
        self.assertFalse(self.worker.stopped)
        reallyClose().chainDeferred(closings[0])
        self.assertNoResult(stopped)
        self.reactor.advance(0)
        self.assertEqual("[00:00] <alice> last words\n* The server is shutting down\n", alice.told())
        self.assertFalse(alice.connected)
        self.successResultOf(stopped)
        self.assertFalse(self.running.running)
        self.assertTrue(self.worker.stopped)

    def stop(self) -> Deferred[None]:
        """Stop the service, with a port that closes at once."""
        stopped = self.running.stopService()
        self.stops[0].callback(None)
        self.reactor.advance(0)
        return stopped

    def test_nobody(self) -> None:
        """Without clients it stops at once."""
        self.successResultOf(self.stop())

    def test_nothingIsLeft(self) -> None:
        """The upkeep of rooms is cancelled."""
        alice, _ = self.arrive("alice"), self.arrive("bob")
        alice.abortConnection()
        while self.held.waiting:
            self.held.commit()
            self.reactor.advance(0)
        self.assertIsNotNone(self.context.upkeep.slot)
        self.successResultOf(self.stop())
        self.assertIsNone(self.context.upkeep.slot)

    def test_clientDoesNotRead(self) -> None:
        """A client that does not read delays the stop by a few seconds only."""
        alice, bob = self.arrive("alice"), self.arrive("bob")
        bob.reading = False
        stopped = self.stop()
        self.assertEqual((False, True), (alice.connected, bob.connected))
        self.reactor.advance(CLOSE_TIMEOUT - 0.01)
        self.assertNoResult(stopped)
        self.reactor.advance(0.01)
        self.assertFalse(bob.connected)
        self.successResultOf(stopped)

    def test_journalHangs(self) -> None:
        """A disk that hangs delays the stop by a bounded time; the log says so, and clients are told."""
        alice = self.arrive("alice")
        self.patch(self.held, "close", Deferred)
        stopped = self.stop()
        self.reactor.advance(JOURNAL_TIMEOUT - 0.01)
        self.assertEqual("", alice.told())
        self.reactor.advance(0.02)
        self.reactor.advance(0)
        self.assertEqual("* The server is shutting down\n", alice.told())
        self.successResultOf(stopped)
        self.assertEqual(1, len(self.flushLoggedErrors()))

    def test_journalFails(self) -> None:
        """A failure to close the journal is logged, and the clients are told all the same."""
        alice = self.arrive("alice")
        self.patch(self.held, "close", lambda: fail(NotStored("the disk is full")))
        self.successResultOf(self.stop())
        self.assertEqual("* The server is shutting down\n", alice.told())
        self.assertEqual(1, len(self.flushLoggedErrors(NotStored)))

    def test_nobodyComesIn(self) -> None:
        """Connections made during the stop are refused."""
        self.stop()
        self.assertIs(None, self.reactor.tcpServers[0][1].buildProtocol(None))

    def test_fault(self) -> None:
        """If the journal finds that it must show nothing more, the server ends with a failed status, and says so."""
        alice = self.arrive("alice")
        self.running.fail("the copy and the stream differ at 5")
        self.assertEqual("the copy and the stream differ at 5", self.logged()[-1])
        self.assertEqual(([False], True), (self.failures, self.reactor.hasStopped))
        self.successResultOf(self.stop())
        self.assertEqual("* The server stops because of a fault; its administrator has to look at it\n", alice.told())

    def test_faultWhileStopping(self) -> None:
        """A fault of a server that stops already is logged, and stops nothing twice."""

        def stop() -> None:
            raise ReactorNotRunning

        self.patch(self.reactor, "stop", stop)
        self.running.fail("the disk is full")
        self.assertEqual("the disk is full", self.logged()[-1])

    def test_cluster(self) -> None:
        """A node of a cluster ends its sessions before it closes the journal, so that all others hear of it."""
        alsoProvides(self.log, IClusterLog)
        alice = self.arrive("alice")
        alice.server.dataReceived(b"last words\n")
        closings: list[Deferred[None]] = []

        def close() -> Deferred[None]:
            closings.append(Deferred())
            return closings[-1]

        self.patch(self.held, "close", close)
        stopped = self.stop()
        self.assertEqual(["RoomMessage"], [type(event).__name__ for event in self.held.waiting])
        self.held.commit(1)
        self.reactor.advance(0)
        self.assertEqual("[00:00] <alice> last words\n", alice.told())
        self.assertEqual(["SessionEnded"], [type(event).__name__ for event in self.held.waiting])
        self.assertEqual([], closings)
        self.held.commit()
        self.reactor.advance(0)
        self.assertIn("* The server is shutting down\n", alice.told())
        closings[0].callback(None)
        self.successResultOf(stopped)

    def test_clusterFault(self) -> None:
        """A node that can show nothing more proposes nothing more."""
        alsoProvides(self.log, IClusterLog)
        self.arrive("alice")
        self.running.fail("the copy and the stream differ at 5")
        self.successResultOf(self.stop())
        self.assertEqual([], self.held.waiting)
