"""Tests of L{twistchat.services.rebinding}."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, cast

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import ServerFactory
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.net.listening.authorities import identify
from twistchat.config import ConfigError, Settings
from twistchat.interfaces import IDoor
from twistchat.net.context import ServerContext
from twistchat.net.listening import tls
from twistchat.services.listener import plan
from twistchat.services.listening import Listening
from twistchat.services.rebinding import Rebinding, userName
from twistchat.testing import MemoryServer

HERE = "interface=127.0.0.1"


class Port:
    """A port of L{Reactor}."""

    def __init__(self, reactor: Reactor, number: int, interface: str) -> None:
        self.number = number
        self._reactor = reactor
        self._interface = interface
        self.reading = True

    def getHost(self) -> IPv4Address:
        """Return its address."""
        return IPv4Address("TCP", self._interface or "0.0.0.0", self.number)

    def stopReading(self) -> None:
        """Accept no connections."""
        self.reading = False

    def startReading(self) -> None:
        """Accept connections again."""
        self.reading = True

    def stopListening(self) -> Deferred[None]:
        """Free the port in the next turn, as the real one does."""
        self.stopReading()
        closed: Deferred[None] = Deferred()

        def free() -> None:
            if self in self._reactor.open:
                self._reactor.open.remove(self)
            closed.callback(None)

        self._reactor.callLater(0, free)
        return closed


class Reactor(MemoryReactorClock):
    """
    A reactor in memory whose ports are taken once, as those of a machine.

    @ivar open: the ports that are bound.
    @ivar taken: the numbers of ports that another program has.
    """

    def __init__(self) -> None:
        super().__init__()
        self.open: list[Port] = []
        self.taken: set[int] = set()

    def listenTCP(self, port: int, factory: Any, backlog: int = 50, interface: str = "") -> Any:
        """See C{IReactorTCP.listenTCP}."""
        code = errno.EACCES if port < 1024 else errno.EADDRINUSE if self.isTaken(port) else 0
        if code:
            raise CannotListenError(interface, port, OSError(code, "Permission denied" if port < 1024 else "in use"))
        opened = Port(self, port, interface)
        self.open.append(opened)
        return opened

    def isTaken(self, port: int) -> bool:
        """Whether a port is bound."""
        return port in self.taken or any(port == other.number for other in self.open)


@implementer(IDoor)
class Door:
    """A door without a protocol."""

    summary = "A door."
    settings = None
    proxied = False

    def __init__(self, name: str, *defaultEndpoints: str) -> None:
        self.name = name
        self.defaultEndpoints = defaultEndpoints
        self.made = 0
        self.wrong: list[str] = []

    def invitation(self, host: str, port: int, secure: bool) -> str:
        """See L{IDoor.invitation}."""
        return f"knock at {host} {port}"

    def isProxied(self, settings: Settings) -> bool:
        """See L{IDoor.isProxied}."""
        return self.proxied

    def warnings(self, settings: Settings, endpoints: Sequence[str]) -> Sequence[str]:
        """See L{IDoor.warnings}."""
        return self.wrong

    def factory(self, context: ServerContext) -> Any:
        """See L{IDoor.factory}."""
        self.made += 1
        return ServerFactory()


class RebindingTests(SynchronousTestCase):
    """A server whose C{[listen]} changes."""

    def setUp(self) -> None:
        self.reactor: Any = Reactor()
        self.root = False
        self.irc, self.line = Door("irc"), Door("line", "tcp:6623:interface=127.0.0.1")
        self.server = MemoryServer(Settings(listen={"irc": (f"tcp:6667:{HERE}",), "line": (f"tcp:6623:{HERE}",)}))
        self.context = self.server.context
        doors: Sequence[Any] = (self.irc, self.line)
        self.listening = Listening(self.reactor, plan(doors, self.context.settings), self.context)
        self.context.prepare = Rebinding(self.listening, doors, lambda: self.root, lambda: "chat").prepare
        self.listening.bind()
        self.events: list[LogEvent] = []
        observer = cast(ILogObserver, self.events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def ask(self, **listen: Sequence[str]) -> Deferred[Any]:
        """Reload with these endpoints."""
        self.events.clear()
        self.server.configuration = Settings(listen={door: tuple(where) for door, where in listen.items()})
        return self.context.rehash()

    def reload(self, **listen: Sequence[str]) -> str:
        """Reload with these endpoints, and return what it says."""
        asked = self.ask(**listen)
        self.turn()
        return str(self.successResultOf(asked))

    def refused(self, **listen: Sequence[str]) -> str:
        """Check that a reload is refused and changes nothing, and return why."""
        before, opened = self.context.settings, self.numbers()
        asked = self.ask(**listen)
        self.turn()
        why = str(self.failureResultOf(asked, ConfigError).value)
        self.assertIs(before, self.context.settings)
        self.assertEqual(
            (opened, opened), (self.numbers(), sorted([port.number for port in self.listening.ports])[::-1])
        )
        self.assertEqual([True] * len(opened), [port.reading for port in self.listening.ports])
        return why

    def turn(self) -> None:
        """Let ports be closed."""
        self.reactor.pump([0] * 5)

    def numbers(self) -> list[int]:
        """Return the bound ports, sorted as the reactor has them."""
        return sorted(port.number for port in self.reactor.open)[::-1]

    def logged(self) -> list[str]:
        """Return what was logged since the reload began, without the line about its end."""
        lines = [str(formatEvent(event)) for event in self.events]
        return [line for line in lines if not line.startswith("The configuration ")]

    def test_unchanged(self) -> None:
        """Nothing is closed or bound, and nothing is logged."""
        before = list(self.reactor.open)
        self.assertEqual("nothing has changed", self.reload(irc=[f"tcp:6667:{HERE}"], line=[f"tcp:6623:{HERE}"]))
        self.assertEqual((before, []), (self.reactor.open, self.logged()))
        self.assertEqual([True, True], [port.reading for port in before])

    def test_addedAndRemoved(self) -> None:
        """A new endpoint is bound and announced; a removed one is closed, with one line; the rest is not touched."""
        kept = self.reactor.open[0]
        said = self.reload(irc=[f"tcp:6667:{HERE}", "tcp:7000"])
        self.assertEqual("changed: listen.irc, listen.line", said)
        self.assertEqual([7000, 6667], self.numbers())
        self.assertIs(kept, self.reactor.open[0])
        self.assertEqual(
            [
                "The line door no longer listens at tcp:6623:interface=127.0.0.1",
                "The irc door is open: knock at 127.0.0.1 7000 (from other machines: knock at ADDRESS 7000)",
            ],
            self.logged(),
        )
        self.assertTrue(self.listening.isReachable)
        self.reload(irc=[f"tcp:6667:{HERE}"])
        self.assertFalse(self.listening.isReachable)

    def test_oneFactory(self) -> None:
        """A door has one factory for ever, made when it first listens."""
        self.reload(irc=["tcp:6667"])
        self.reload(line=["tcp:7000", "tcp:7001"])
        self.reload(irc=["tcp:6667"])
        self.assertEqual((1, 1), (self.irc.made, self.line.made))

    def test_newDoor(self) -> None:
        """A door that has never listened can be opened."""
        late = Door("late")
        self.context.prepare = Rebinding(
            self.listening, cast(Sequence[Any], (self.irc, late)), bool, lambda: "chat"
        ).prepare
        self.reload(late=["tcp:7000"])
        self.assertEqual((1, [7000]), (late.made, self.numbers()))

    def test_defaults(self) -> None:
        """Without any endpoint the doors listen at their defaults, and a server without any endpoint is refused."""
        self.reload()
        self.assertEqual([6623], self.numbers())
        self.assertEqual(
            "listen: no door would listen anywhere; name an endpoint of one", self.refused(irc=[], line=[])
        )

    def test_taken(self) -> None:
        """If one endpoint cannot be bound, the others are closed again."""
        self.reactor.taken.add(7001)
        why = self.refused(irc=["tcp:7000", "tcp:7001"], line=["tcp:7002"])
        wanted = (
            "listen.irc: the irc door cannot listen at tcp:7001: in use; "
            "stop what listens there, or choose another port"
        )
        self.assertEqual((wanted, []), (why, self.logged()))

    def test_invalid(self) -> None:
        """An endpoint with a mistake is refused before anything is closed."""
        why = self.refused(irc=["tcp:6667", "tpc:7000"])
        self.assertIn("listen.irc: the irc door cannot listen at tpc:7000: there is no kind of endpoint 'tpc'", why)

    def test_systemd(self) -> None:
        """A socket of systemd needs a restart, also behind a proxy."""
        for front in ("", "haproxy:"):
            where = f"{front}systemd:domain=INET:name=irc"
            self.assertEqual(
                f"listen.irc: {where} needs a restart, because systemd passes its sockets at the start only",
                self.refused(irc=[where]),
            )

    def test_failingDoor(self) -> None:
        """A door that fails changes nothing, and the log has its traceback."""
        late = Door("late")
        self.patch(late, "factory", lambda context: 1 // 0)
        self.context.prepare = Rebinding(self.listening, cast(Sequence[Any], (late,)), bool, lambda: "chat").prepare
        self.assertIn("listen.late: the door failed", self.refused(late=["tcp:7000"]))
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_privileged(self) -> None:
        """A port below 1024 needs a restart as root, and the error says so."""
        self.assertEqual(
            "listen.irc: the irc door cannot listen at tcp:80: Permission denied; "
            "chat may not listen at ports below 1024, so this needs a restart",
            self.refused(irc=["tcp:80"]),
        )

    def test_samePort(self) -> None:
        """The same port in another form: the old endpoint is closed first."""
        asked = self.ask(irc=["tcp:6667"], line=[f"tcp:6623:{HERE}"])
        self.assertNoResult(asked)
        self.assertFalse(self.listening.isReachable)
        self.turn()
        self.assertEqual("changed: listen.irc", str(self.successResultOf(asked)))
        self.assertEqual([6667, 6623], self.numbers())
        self.assertTrue(self.listening.isReachable)
        self.assertEqual("The irc door no longer listens at tcp:6667:interface=127.0.0.1", self.logged()[0])

    def test_exchanged(self) -> None:
        """Two doors exchange their ports."""
        self.reload(irc=[f"tcp:6623:{HERE}"], line=[f"tcp:6667:{HERE}"])
        self.assertEqual([6667, 6623], self.numbers())

    def test_restored(self) -> None:
        """If another endpoint cannot be bound, what was closed first is bound again."""
        self.reactor.taken.add(7000)
        self.refused(irc=["tcp:6667", "tcp:7000"])
        self.assertEqual(["127.0.0.1", "127.0.0.1"], [port.getHost().host for port in self.listening.ports])

    def test_notRestored(self) -> None:
        """If another program took the port meanwhile, that is a critical fault, and the other listeners stay."""
        self.reactor.taken.add(7000)
        asked = self.ask(irc=["tcp:6667", "tcp:7000"], line=[f"tcp:6623:{HERE}"])
        self.reactor.taken.add(6667)
        self.turn()
        self.failureResultOf(asked, ConfigError)
        self.assertEqual([6623], [port.number for port in self.listening.ports])
        (line,) = self.logged()
        self.assertIn("Nobody comes in there until the server starts again", line)

    def test_stopped(self) -> None:
        """A server that stops during a reload binds nothing more."""
        asked = self.ask(irc=["tcp:6667"])
        self.listening.stop()
        self.turn()
        self.assertEqual("the server: it is shutting down", str(self.failureResultOf(asked, ConfigError).value))
        self.assertEqual([], self.reactor.open)

    def test_root(self) -> None:
        """A reload lets no other machine reach a server that runs as root."""
        self.root = True
        wanted = "listen: a server that other machines reach does not run as root, as this one does"
        self.assertEqual(wanted, self.refused(irc=["tcp:7000"], line=[f"tcp:6623:{HERE}"]))
        self.assertEqual(wanted, self.refused(irc=["tcp:6667"], line=[f"tcp:6623:{HERE}"]))
        self.irc.proxied = True
        self.assertEqual(wanted, self.refused(irc=[f"tcp:6667:{HERE}"], line=[f"tcp:6623:{HERE}"]))
        self.irc.proxied = False
        self.reload(irc=[f"tcp:7000:{HERE}"])

    def test_paused(self) -> None:
        """While the journal is being opened, new endpoints accept no connections, and are not announced yet."""
        self.listening.pause()
        self.reload(irc=[f"tcp:7000:{HERE}"])
        (port,) = self.listening.ports
        self.assertEqual((False, 2), (port.reading, len(self.logged())))
        self.listening.resume()
        self.listening.announce()
        self.assertEqual((True, 3), (port.reading, len(self.logged())))

    def test_warnings(self) -> None:
        """A reload logs the warnings of doors that are new."""
        self.irc.wrong = ["This does not fit."]
        self.reload(irc=[f"tcp:6667:{HERE}"], line=[f"tcp:6623:{HERE}"])
        self.assertEqual(["This does not fit."], self.logged())
        self.reload(irc=[f"tcp:6667:{HERE}"], line=[f"tcp:6623:{HERE}"])
        self.assertEqual([], self.logged())

    def test_certificates(self) -> None:
        """New certificates take effect with the other changes, or not at all if one is broken."""
        folder = Path(mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        pem, old, new = folder / "server.pem", identify("old.example"), identify("new.example")
        pem.write_bytes(old.certificate + old.key)
        endpoints = {"irc": [f"ssl:6697:{HERE}:privateKey={pem}"], "line": [f"haproxy:ssl:6698:privateKey={pem}"]}
        self.reload(**endpoints)
        before = list(self.reactor.open)
        self.assertEqual("nothing has changed", self.reload(**endpoints))
        pem.write_bytes(new.certificate + new.key)
        said = self.reload(**endpoints)
        self.assertEqual("changed: the certificates of the irc door, the certificates of the line door", said)
        self.assertEqual((before, []), (self.reactor.open, self.logged()))
        pem.write_bytes(new.certificate + old.key)
        self.assertEqual(
            f"listen.irc: the certificate in {pem} is not for the private key in {pem}", self.refused(**endpoints)
        )

        def forbidden(path: Path) -> bytes:
            raise PermissionError(13, "Permission denied")

        self.patch(tls, "readSmall", forbidden)
        self.assertEqual(
            f"listen.irc: {pem}: Permission denied; "
            "the server runs as chat, who must be able to read its certificates and keys",
            self.refused(**endpoints),
        )

    def test_halfWay(self) -> None:
        """If a step fails after the settings have changed, the others follow, and the log says what failed."""

        def fail(host: str, port: int, secure: bool) -> str:
            raise ZeroDivisionError("the door's fault")

        self.patch(self.irc, "invitation", fail)
        followed: list[int] = []
        self.context.onReload.append(lambda: followed.append(1))
        self.assertEqual("changed: listen.irc, listen.line", self.reload(irc=[f"tcp:7000:{HERE}"]))
        self.assertEqual(([7000], [1]), (self.numbers(), followed))
        self.assertIn("The server failed to announce the listeners, and goes on with the reload", self.logged())
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_deaf(self) -> None:
        """An endpoint that does not listen is refused, also if a plugin provides it."""
        self.assertIn("stdio: has one client, the terminal of the server", self.refused(irc=["stdio:"]))
        self.patch(self.reactor, "listenTCP", lambda *arguments, **named: object())
        self.assertIn("an endpoint of this kind does not listen", self.refused(irc=["tcp:7000"]))


class UserNameTests(SynchronousTestCase):
    """The name of the user that the process runs as."""

    def test_unknown(self) -> None:
        """A user without a name has a number."""
        self.patch(os, "geteuid", lambda: 4_000_000)
        self.assertEqual("user 4000000", userName())
