"""Tests of L{twistchat.tap}: how the server is put together."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from asyncio import new_event_loop
from importlib import import_module
from io import StringIO
from pathlib import Path
from sqlite3 import connect
from threading import Event
from typing import Any, cast
from unittest.mock import patch

from twisted.application.service import Application
from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import ILogObserver, LogEvent, Logger, formatEvent, globalLogPublisher
from twisted.python.usage import Options

from tests.commandlines import CommandLineTestCase
from twistchat import tap
from twistchat.journal.memory import MemoryLog
from twistchat.journal.sqlite.log import SqliteLog
from twistchat.services.failure import StartFailure
from twistchat.services.service import ChatService
from twistchat.tap import isAsyncio, makeJournal, makeMailer, makeService
from twisted import internet

DEFAULT = "tcp:6623:interface=127.0.0.1"


class MakeJournalTests(CommandLineTestCase):
    """The settings select the journal."""

    def test_memory(self) -> None:
        """The memory journal announces that it keeps nothing."""
        journal, _ = makeJournal(self.settings("--journal", "memory"), MemoryReactorClock())
        self.assertIsInstance(journal, MemoryLog)
        self.assertIn("in memory", journal.promise)

    def test_sqlite(self) -> None:
        """The journal on disk writes nothing before it is opened."""
        journal, _ = makeJournal(self.settings("--journal", "sqlite"), MemoryReactorClock())
        self.assertIsInstance(journal, SqliteLog)
        self.assertEqual([], list(self.directory.iterdir()))


class CloakKeyTests(CommandLineTestCase):
    """The key of the cloaks."""

    def key(self, *arguments: str) -> bytes:
        """Start a server with these options, stop it, and return its key."""
        reactor: Any = MemoryReactorClock()
        reactor.callFromThread = lambda call, *arguments: call(*arguments)
        journal, _ = makeJournal(self.settings(*arguments), reactor)
        self.successResultOf(journal.open(lambda entry, origin: None))
        try:
            return journal.cloakKey()
        finally:
            closed = Event()
            journal.close().addBoth(lambda _: closed.set())
            self.assertTrue(closed.wait(30))  # the journal's threads close the files

    def test_memory(self) -> None:
        """The memory journal makes a new key at each start."""
        first, second = self.key("--journal", "memory"), self.key("--journal", "memory")
        self.assertEqual((32, 32), (len(first), len(second)))
        self.assertNotEqual(first, second)
        self.assertEqual([], list(self.directory.iterdir()))

    def test_disk(self) -> None:
        """A journal on disk makes a random key and keeps it."""
        keys = {self.key("--journal", "sqlite", "--data", name) for name in ("one", "two")}
        self.assertEqual([32, 32], [len(key) for key in keys])
        connection = connect(self.directory / "one" / "journal.sqlite")
        self.addCleanup(connection.close)
        (kept,) = connection.execute("SELECT value FROM constant WHERE name = 'cloak key'").fetchone()
        self.assertIn(kept, keys)


class MakeMailerTests(CommandLineTestCase):
    """The settings select the mail server."""

    def test_none(self) -> None:
        """By default no mails can be sent, and no reactor is needed to know it."""
        self.assertIsNone(makeMailer(self.settings(), None))

    def test_mailServer(self) -> None:
        """The first mail connects to the configured mail server."""
        address = "mail.sender='chat@example.org'"
        reactor: Any = MemoryReactorClock()
        mailer = makeMailer(
            self.settings("--set", "mail.host='127.0.0.1'", "--set", "mail.security='none'", "--set", address), reactor
        )
        assert mailer is not None
        self.assertEqual([], reactor.tcpClients)
        mailer.send("alice@example.com", "Hello", "Hi.")
        reactor.advance(0)
        self.assertEqual([("127.0.0.1", 25)], [client[:2] for client in reactor.tcpClients])
        mailer.stop()


class MakeServiceTests(CommandLineTestCase):
    """The server, assembled on a reactor in memory."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor: Any = MemoryReactorClock()
        import_module("twisted.internet.reactor")  # there must be one to stand in for
        self.patch(internet, "reactor", self.reactor)
        self.stderr = StringIO()
        self.patch(sys, "excepthook", self.keep)
        self.patch(os, "geteuid", lambda: 1000)
        self.unexpected: list[BaseException] = []
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        self.addCleanup(gc.unfreeze)

    def begin(self) -> None:
        """Make the calls that wait for the reactor to run."""
        for hook, arguments, keywords in self.reactor.whenRunningHooks:
            hook(*arguments, **keywords)

    def keep(self, kind: type[BaseException], value: BaseException, traceback: object) -> None:
        """Record an exception, in place of Python's C{excepthook}."""
        self.unexpected.append(value)

    def make(self, *arguments: str) -> ChatService:
        """Make the service of a command line."""
        service = makeService(self.parse(*arguments))
        assert isinstance(service, ChatService)
        return service

    def test_listens(self) -> None:
        """No port is bound before the start; then each door listens on loopback."""
        service = self.make("--journal", "memory")
        self.assertEqual([], self.reactor.tcpServers)
        service.privilegedStartService()
        service.startService()
        self.assertEqual(
            [(6667, "127.0.0.1"), (6623, "127.0.0.1"), (6680, "127.0.0.1")],
            [(p, i) for p, _, _, i in self.reactor.tcpServers],
        )

    def test_log(self) -> None:
        """A reload changes the log of the application."""
        self.closeLogs()
        self.write("twistchat.toml", "[log]\nformat = 'json'\n")
        application, service = Application("twistchat"), self.runBy(logfile="log")
        service.setServiceParent(application)
        log = Logger("a.test", observer=application.getComponent(ILogObserver))
        log.info("one")
        self.write("twistchat.toml", "[log]\nlevel = 'error'\n")
        self.begin()
        self.reactor.callFromThread = lambda call: call()
        os.kill(os.getpid(), signal.SIGHUP)
        log.info("two")
        log.error("three")
        one, three = (self.directory / "log").read_text().splitlines()
        self.assertIn('"message": "one"', one)
        self.assertTrue(three.endswith(" error: three"))

    def test_whereItIsTold(self) -> None:
        """It listens only at the given endpoints."""
        service = self.make("--line", "tcp:1:interface=127.0.0.1", "--line", "tcp:2:interface=127.0.0.2")
        service.privilegedStartService()
        self.assertEqual([(1, "127.0.0.1"), (2, "127.0.0.2")], [(p, i) for p, _, _, i in self.reactor.tcpServers])

    def stopped(self, *arguments: str) -> str:
        """Check that a command line stops the start with one line, and return the line."""
        text = str(self.assertRaises(SystemExit, self.make, *arguments))
        self.assertTrue(text.startswith("twistchat: "), text)
        self.assertEqual(1, len(text.splitlines()), text)
        return text

    def test_badEndpoints(self) -> None:
        """An invalid endpoint stops the start; the error names the endpoint, its door and the mistake."""
        for endpoint in ("nope", "foo:1", "tcp:abc", "tcp:1:colour=red", "ssl:1:privateKey=nope.pem"):
            text = self.stopped("--line", endpoint)
            self.assertIn(f"the line door's endpoint {endpoint} cannot be used: ", text)
            self.assertNotIn("6667", text)
            self.assertNotIn("_parse", text)
        self.assertIn("is like tcp:6667:interface=127.0.0.1", self.stopped("--irc", "tcp:abc"))
        self.assertLess(len(self.stopped("--line", f"tcp:{'9' * 5000}")), 300)

    def test_metrics(self) -> None:
        """The endpoint for metrics is checked before the start, and bound with the doors."""
        text = self.stopped("--metrics", "tcp:abc")
        self.assertIn("twistchat: the endpoint tcp:abc for metrics cannot be used: ", text)
        self.assertIn("is like tcp:9667:interface=127.0.0.1", text)
        self.assertIn("leave out haproxy:", self.stopped("--metrics", "haproxy:tcp:1"))
        service = self.make("--journal", "memory", "--metrics", "tcp:1:interface=127.0.0.1")
        service.privilegedStartService()
        self.assertEqual(1, self.reactor.tcpServers[0][0])

    def test_metricsNotInstalled(self) -> None:
        """Without the extra, one line says what to install."""
        modules = patch.dict(sys.modules, {"prometheus_client.exposition": None})  # None makes an import fail
        modules.start()
        self.addCleanup(modules.stop)
        sys.modules.pop("twistchat.services.monitoring.exporter", None)
        self.assertIn("pip install 'twistchat[metrics]'", self.stopped("--metrics", "tcp:1"))

    def test_cluster(self) -> None:
        """A cluster needs a name for the node, then the asyncio reactor, then what the extra installs."""
        chosen = ("--journal", "jetstream")
        self.assertIn("then cluster.node is wanted too", self.stopped(*chosen))
        named = (*chosen, "--set", "cluster.node='a'")
        self.assertEqual(
            "twistchat: the cluster needs the asyncio reactor: twistd --reactor asyncio twistchat …",
            self.stopped(*named),
        )
        self.patch(tap, "isAsyncio", lambda reactor: reactor is self.reactor)
        modules = patch.dict(sys.modules)  # what is imported meanwhile is forgotten
        modules.start()
        self.addCleanup(modules.stop)
        for name in [name for name in sys.modules if name.startswith(("nats", "twistchat.journal.jetstream"))]:
            del sys.modules[name]
        sys.modules["nats"] = None  # type: ignore[assignment]  # so an import of it fails
        wanted = "twistchat: the journal jetstream needs pip install 'twistchat[cluster]'"
        self.assertEqual(wanted, self.stopped(*named))

    def test_reactors(self) -> None:
        """The asyncio reactor is recognized without importing it."""
        self.assertFalse(isAsyncio(self.reactor))
        loop = new_event_loop()
        self.addCleanup(loop.close)
        self.assertTrue(isAsyncio(AsyncioSelectorReactor(loop)))

    def test_nowhere(self) -> None:
        """A server without endpoints does not start."""
        self.assertEqual(
            "twistchat: no door listens anywhere; name an endpoint, as in --line tcp:6623",
            self.stopped("--set", "listen.line=[]"),
        )

    def test_ownMistakes(self) -> None:
        """A start failure is shown as one line; any other exception has a traceback."""
        self.make()
        self.patch(sys, "stderr", self.stderr)
        sys.excepthook(StartFailure, StartFailure("the port is taken"), None)
        self.assertEqual("twistchat: the port is taken\n", self.stderr.getvalue())
        error = ZeroDivisionError("ours")
        sys.excepthook(ZeroDivisionError, error, None)
        self.assertEqual([error], self.unexpected)
        self.assertEqual("twistchat: the port is taken\n", self.stderr.getvalue())

    def runBy(self, **twistd: Any) -> ChatService:
        """Make the service as twistd does, with these options."""
        options = self.parse("--line", DEFAULT, "--data", "data")
        options.parent = Options()
        options.parent.update({"nodaemon": 1, "uid": None, "gid": None, **twistd})
        service = makeService(options)
        assert isinstance(service, ChatService)
        return service

    def test_dataDirectory(self) -> None:
        """With C{twistd --uid} the data directory belongs to that user."""
        owners: list[tuple[Path, int, int]] = []
        self.patch(os, "geteuid", lambda: 0)
        self.patch(os, "chown", lambda *arguments: owners.append(arguments))
        self.runBy(uid=99, gid=77)
        self.assertEqual([(self.directory / "data", 99, 77)], owners)

    def test_complaint(self) -> None:
        """A start failure in the background is shown in full, instead of twistd's excerpt."""
        terminal = StringIO()
        self.patch(sys, "__stderr__", terminal)
        self.reactor.listenTCP = lambda *arguments, **more: self.fail("é" * 200)
        service = self.runBy(nodaemon=0)
        self.assertRaises(StartFailure, service.privilegedStartService)
        assert sys.__stderr__ is not None
        sys.__stderr__.write("An error has occurred: b'twistchat.services.service.StartFailure: the l'\n")
        wanted = f"twistchat: the line door cannot listen at {DEFAULT}: {'é' * 200}\n"
        self.assertEqual(wanted, terminal.getvalue())
        sys.__stderr__.write("something else\n")
        self.assertEqual(f"{wanted}something else\n", terminal.getvalue())

    def test_noComplaint(self) -> None:
        """In the foreground standard error is not replaced."""
        terminal = StringIO()
        self.patch(sys, "__stderr__", terminal)
        self.runBy()
        self.assertIs(terminal, sys.__stderr__)

    def test_clock(self) -> None:
        """Timers use a monotonic clock."""
        self.make()
        self.assertTrue(abs(self.reactor.seconds() - time.monotonic()) < 60)

    def test_frozen(self) -> None:
        """Objects that exist when the reactor starts are excluded from garbage collection."""
        self.make()
        self.assertEqual(0, gc.get_freeze_count())
        self.begin()
        self.assertTrue(gc.get_freeze_count() > 10_000)

    def test_signals(self) -> None:
        """SIGTERM and SIGINT stop the reactor once, from the reactor's own turn."""
        self.make()
        self.begin()
        stops: list[None] = []
        calls: list[Any] = []
        self.reactor.stop = lambda: stops.append(None)
        self.reactor.callFromThread = lambda call, *arguments: calls.append((call, arguments))
        self.reactor.running = True
        for number in (signal.SIGTERM, signal.SIGINT):
            caught = signal.getsignal(number)
            assert callable(caught)
            caught(number, None)
        self.assertEqual([], stops)
        (first, arguments), (second, others) = calls
        first(*arguments)
        second(*others)  # the reactor runs until it has stopped
        self.assertEqual([None], stops)

    def test_signalsToStoppedReactor(self) -> None:
        """A reactor that is already stopped is not stopped again."""
        self.make()
        self.begin()
        stops: list[None] = []
        self.reactor.stop = lambda: stops.append(None)
        self.reactor.callFromThread = lambda call: call()
        self.reactor.running = False
        caught = signal.getsignal(signal.SIGTERM)
        assert callable(caught)
        caught(signal.SIGTERM, None)
        self.assertEqual([], stops)

    def test_hangupEarly(self) -> None:
        """Before the reactor runs, SIGHUP does not end the process."""
        self.make("--journal", "memory")
        self.assertIs(signal.SIG_IGN, signal.getsignal(signal.SIGHUP))

    def test_hangup(self) -> None:
        """SIGHUP reads the configuration again, in a turn of the reactor, and logs the result."""
        self.write("chat.toml", '[irc]\nmotd = "Welcome."\n')
        service = self.make("--journal", "memory", "--config", "chat.toml")
        self.begin()
        service.startService()
        self.addCleanup(service.stopService)
        calls: list[Any] = []
        self.reactor.callFromThread = calls.append
        events: list[LogEvent] = []
        observer = cast(ILogObserver, events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        elsewhere = self.directory / "elsewhere"
        elsewhere.mkdir()
        os.chdir(elsewhere)  # where a daemon is by then

        def hangUp() -> list[str]:
            """Send the signal, and return what is logged."""
            caught = signal.getsignal(signal.SIGHUP)
            assert callable(caught)
            caught(signal.SIGHUP, None)
            (call,) = calls
            calls.clear()
            events.clear()
            call()
            return [formatEvent(event) for event in events]

        self.assertEqual(["The configuration was read again; nothing has changed"], hangUp())
        self.write("chat.toml", '[irc]\nmotd = "Hello."\n[server]\nname = "other"\n[operators]\n')
        changed = "changed: irc.motd; from the next start on: server.name"
        self.assertEqual([f"The configuration was read again; {changed}"], hangUp())
        self.write("chat.toml", "[irc]\nmotd = 5\n")
        mistake = "chat.toml:2: irc.motd: found 5; a text is wanted"
        nothing = "The configuration has a mistake, and nothing was changed"
        self.assertEqual([f"{nothing}: {mistake}"], hangUp())
        (self.directory / "chat.toml").unlink()
        self.assertEqual([f"{nothing}: chat.toml: No such file or directory"], hangUp())
