"""Tests of L{twistchat.net.reloading}."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import ConfigError, Reload, Settings
from twistchat.net.reloading import Change, Reloads, SingleRun
from twistchat.testing import MemoryServer


class SingleRunTests(SynchronousTestCase):
    """Work that takes several turns."""

    def test_shared(self) -> None:
        """Requests that arrive during a run share the next one, which begins when that has ended."""
        runs: list[Deferred[None]] = []

        async def work() -> None:
            runs.append(Deferred())
            await runs[-1]

        single = SingleRun(work)
        for _ in range(3):
            single.request()
        self.assertEqual(1, len(runs))
        runs[0].callback(None)
        self.assertEqual(2, len(runs))
        runs[1].callback(None)
        self.assertEqual(2, len(runs))
        single.request()
        self.assertEqual(3, len(runs))
        runs[2].callback(None)


class ReloadsTests(SynchronousTestCase):
    """Reloads, one after the other."""

    def setUp(self) -> None:
        self.reloads = Reloads()
        self.running: list[Deferred[Reload]] = []

    async def reload(self) -> Reload:
        """Reload, until the test lets it end."""
        ended: Deferred[Reload] = Deferred()
        self.running.append(ended)
        return await ended

    def test_one(self) -> None:
        """A reload that need not wait has its result at once."""
        reload = Reload(Settings())
        ended = self.reloads.request(self.reload)
        self.assertFalse(self.reloads.waiting)
        self.running[0].callback(reload)
        self.assertIs(reload, self.successResultOf(ended))

    def test_around(self) -> None:
        """The beginning and the end of each reload are told, also if it fails."""
        told: list[str] = []
        self.reloads.begins = lambda: told.append("begins")
        self.reloads.ended = lambda: told.append("ended")
        failing = self.reloads.request(self.reload)
        waiting = self.reloads.request(self.reload)
        self.assertEqual(["begins"], told)
        self.running[0].errback(ConfigError("twistchat.toml", "a mistake"))
        self.failureResultOf(failing, ConfigError)
        self.assertEqual(["begins", "ended", "begins"], told)
        self.running[1].callback(Reload(Settings()))
        self.successResultOf(waiting)
        self.assertEqual(["begins", "ended"] * 2, told)

    def test_storm(self) -> None:
        """Many requests during a reload share one reload after it."""
        first, *others = [self.reloads.request(self.reload) for _ in range(100)]
        self.assertEqual((1, True), (len(self.running), self.reloads.waiting))
        self.running[0].callback(Reload(Settings()))
        self.successResultOf(first)
        self.assertEqual((2, False), (len(self.running), self.reloads.waiting))
        self.assertNoResult(others[0])
        reload = Reload(Settings())
        self.running[1].callback(reload)
        self.assertEqual({id(reload)}, {id(self.successResultOf(each)) for each in others})
        self.assertEqual(2, len(self.running))

    def test_failure(self) -> None:
        """A reload that fails does not keep the next one from running."""
        first, second = self.reloads.request(self.reload), self.reloads.request(self.reload)
        self.running[0].errback(ConfigError("here", "there is a mistake"))
        self.failureResultOf(first, ConfigError)
        self.running[1].callback(Reload(Settings()))
        self.successResultOf(second)


class LogTests(SynchronousTestCase):
    """The line of the log about a reload."""

    def setUp(self) -> None:
        self.reloads = Reloads()
        self.events: list[LogEvent] = []
        observer = cast(ILogObserver, self.events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def line(self, outcome: object, *asked: str) -> str:
        """Let somebody ask for a reload, and return its only line."""
        waiting: Deferred[Any] = Deferred()

        async def first() -> Reload:
            return cast(Reload, await waiting)

        async def run() -> Reload:
            if isinstance(outcome, Exception):
                raise outcome
            return cast(Reload, outcome)

        self.reloads.request(first)
        results = [self.reloads.request(run, who) for who in asked]
        waiting.callback(Reload(Settings()))
        for result in results:
            result.addErrback(lambda failure: None)
        return formatEvent(self.events[-1])

    def test_changed(self) -> None:
        """It says what has changed and who asked, and has the keys as lists."""
        reload = Reload(Settings(), ("limits.ping",), ("server.name",))
        line = "The configuration was read again; changed: limits.ping; from the next start on: server.name"
        self.assertEqual(f"{line} (asked by root at the console)", self.line(reload, "root at the console"))
        event = self.events[-1]
        self.assertEqual((["limits.ping"], ["server.name"]), (event["applied"], event["deferred"]))

    def test_several(self) -> None:
        """If several ask, there is one line with the first of them.  A signal does not say who sent it."""
        line = "The configuration was read again; nothing has changed"
        self.assertEqual(line, self.line(Reload(Settings()), ""))
        self.assertEqual(
            f"{line} (asked by ann and bob and cleo and others)",
            self.line(Reload(Settings()), "ann", "", "bob", "ann", "cleo", "dan", "eve"),
        )
        self.assertEqual(1, len([event for event in self.events if "ann" in str(event.get("who"))]))

    def test_mistake(self) -> None:
        """A mistake is an error, and a braced text in it is shown as it is."""
        line = self.line(ConfigError("chat.toml:1", "found {x}"), "root at the irc door")
        self.assertEqual(
            "The configuration has a mistake, and nothing was changed: chat.toml:1: found {x}"
            " (asked by root at the irc door)",
            line,
        )
        self.assertIs(LogLevel.error, self.events[-1]["log_level"])

    def test_fault(self) -> None:
        """A fault of the server has a traceback."""
        self.assertEqual("The configuration could not be read again", self.line(ZeroDivisionError(), ""))
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))


class RehashTests(SynchronousTestCase):
    """L{ServerContext.rehash <twistchat.net.context.ServerContext.rehash>}."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.context = self.server.context
        self.seen: list[str] = []
        self.context.onReload.append(lambda: self.seen.append(self.context.settings.server.description))

    def test_prepared(self) -> None:
        """The settings change when the listeners are ready, and in the same turn."""
        ready: Deferred[Change] = Deferred()
        asked: list[str] = []

        async def prepare(settings: Settings) -> Change:
            asked.append(settings.server.description)
            return await ready

        self.context.prepare = prepare
        self.server.configure('[server]\ndescription = "Tea"\n')
        reload = self.context.rehash()
        self.assertNoResult(reload)
        self.assertEqual((["Tea"], []), (asked, self.seen))
        self.assertNotEqual("Tea", self.context.settings.server.description)
        ready.callback(Change(("the kettle",), lambda: self.seen.append("complete")))
        self.assertEqual(["complete", "Tea"], self.seen)
        applied = self.successResultOf(reload).applied
        self.assertEqual((True, "the kettle"), ("server.description" in applied, applied[-1]))

    def test_notPrepared(self) -> None:
        """If the listeners cannot follow, nothing changes."""

        async def prepare(settings: Settings) -> Change:
            raise ConfigError("listen.irc", "no")

        before, self.context.prepare = self.context.settings, prepare
        self.server.configure('[server]\ndescription = "Tea"\n')
        self.failureResultOf(self.context.rehash(), ConfigError)
        self.assertIs(before, self.context.settings)
        self.assertEqual([], self.seen)

    def test_failingFollower(self) -> None:
        """If a part of the server fails to follow, the others follow, and the failure is logged."""

        def fail() -> None:
            raise ZeroDivisionError

        self.context.onReload.insert(0, fail)
        self.successResultOf(self.context.rehash())
        self.assertEqual(1, len(self.seen))
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
