"""Tests of the control socket as a part of L{twistchat.services.service}."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from types import SimpleNamespace

from twisted.internet.testing import StringTransport

from tests.services.test_service import LOOPBACK, ServiceTestCase
from twistchat.chat.model.accounts import Account
from twistchat.config.settings import OperatorSettings
from twistchat.services.control.accounts import AccountCommands
from twistchat.services.control.protocol import ControlFactory
from twistchat.services.control.socket import ControlSocket
from twistchat.services.listener import Listener
from twistchat.services.listening import Listening
from twistchat.services.service import ChatService
from twistchat.testing.server import SETTINGS


class AdministrationTests(ServiceTestCase):
    """A service with a data directory."""

    onDisk = True

    def setUp(self) -> None:
        super().setUp()
        self.directory = Path(mkdtemp())
        self.addCleanup(rmtree, self.directory)

    def serviceOf(self, listeners: Sequence[Listener]) -> ChatService:
        """Make a service with a control socket."""
        self.factory = ControlFactory(self.reactor, AccountCommands(self.context.chat).table)
        control = ControlSocket(self.reactor, self.directory, self.factory)
        return ChatService(
            self.reactor,
            Listening(self.reactor, listeners, self.context),
            self.log,
            self.context,
            lambda: False,
            control=control if self.onDisk else None,
        )

    def advice(self) -> list[str]:
        """Return the lines of the log about the administrator."""
        return [line for line in self.logged() if "administrator" in line]

    def test_opened(self) -> None:
        """The socket is opened with the journal, for its owner only."""
        service = self.service(LOOPBACK)
        service.privilegedStartService()
        self.assertEqual([], self.reactor.unixServers)
        service.startService()
        ((path, factory, _, mode, _),) = self.reactor.unixServers
        self.assertEqual((str(self.directory / "control"), self.factory, 0o600), (path, factory, mode))

    def test_stopped(self) -> None:
        """When the service stops, it removes the socket, and disconnects the clients of it."""
        stopped: list[bool] = []
        port = SimpleNamespace(stopListening=lambda: stopped.append(True))
        self.patch(self.reactor, "listenUNIX", lambda path, factory, mode: port)
        service = self.started(LOOPBACK)
        transport = StringTransport()
        protocol = self.factory.buildProtocol(None)
        protocol.makeConnection(transport)
        service.stopService()
        self.reactor.advance(0)
        self.assertEqual([True], stopped)
        self.assertTrue(transport.disconnecting)
        protocol.connectionLost()

    def test_advice(self) -> None:
        """If other machines reach a server without an administrator, the log says once how to make one."""
        self.started("tcp:7000")
        why = "This server has no administrator.  Make one: twistchat account create NAME --admin --data "
        self.assertEqual([why + str(self.directory)], self.advice())

    def test_loopback(self) -> None:
        """A server for this machine only needs no administrator."""
        self.started(LOOPBACK)
        self.assertEqual([], self.advice())

    def test_operators(self) -> None:
        """A server with operators needs no administrator."""
        self.settings = replace(SETTINGS, operators={"alice": OperatorSettings()})
        self.started("tcp:7000")
        self.assertEqual([], self.advice())

    def test_administrator(self) -> None:
        """A server with an administrator needs no other.  Other accounts make no difference."""
        for right, advised in ((None, True), ("yes", False)):
            service = self.service("tcp:7000")
            account = Account("alice", 0)
            account.settings = {} if right is None else {"admin": right}
            self.context.chat.state.accounts.add(account)
            self.events.clear()
            service.startService()
            self.assertEqual(advised, bool(self.advice()))

    def test_memory(self) -> None:
        """A server in memory has no socket, and there is no administrator to make."""
        self.onDisk = False
        service = self.started("tcp:7000")
        self.assertEqual(([], []), (self.reactor.unixServers, self.advice()))
        service.stopService()
