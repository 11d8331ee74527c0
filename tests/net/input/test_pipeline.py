"""Tests of L{twistchat.net.input.pipeline}."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail, succeed
from twisted.trial.unittest import SynchronousTestCase

from twistchat.interfaces.carrier import Reason
from twistchat.net.input.pipeline import (
    MARK_AFTER,
    MAX_CONCURRENT,
    MAX_FRESH,
    MAX_IN_FLIGHT,
    MAX_WAITING,
    InFlight,
    Pipeline,
)


class Held:
    """
    Messages in flight, which the test completes.

    @ivar asked: the calls that wait for the completion of the messages in flight.
    @ivar ending: the calls that wait for the end of the turn.
    """

    def __init__(self, limit: int = MAX_IN_FLIGHT, freshLimit: int = MAX_FRESH) -> None:
        self.asked: list[Callable[[], None]] = []
        self.ending: list[Callable[[], None]] = []
        self.inFlight = InFlight(self.asked.append, self.ending.append, limit, freshLimit)

    def endTurn(self) -> None:
        """End the turn."""
        ending, self.ending[:] = self.ending[:], []
        for act in ending:
            act()


class Commands:
    """
    A pipeline, and commands that the test completes.

    @ivar started: the started commands, in order.
    @ivar running: the started commands that have not taken effect.
    @ivar signals: what the pipeline has called.
    """

    def __init__(self, limit: int = 1000, held: Held | None = None) -> None:
        self.started: list[str] = []
        self.running: dict[str, Deferred[None]] = {}
        self.signals: list[str] = []
        self.held = held or Held()
        self.pipeline = Pipeline(
            self,
            limit,
            partial(self.signals.append, "idle"),
            lambda failure: self.signals.append(f"refused {failure.value}"),
            self.held.inFlight,
        )

    def pause(self, reason: Reason) -> None:
        """See L{ICarrier.pause}."""
        assert reason is Reason.BACKLOG
        self.signals.append("pause")

    def resume(self, reason: Reason) -> None:
        """See L{ICarrier.resume}."""
        assert reason is Reason.BACKLOG
        self.signals.append("resume")

    def submit(self, name: str, size: int = 1, at: Callable[[], Deferred[Any] | None] | None = None) -> None:
        """
        Submit a command, which is a message if its name begins with m.

        @param at: returns the outcome of a command that takes effect within the call; otherwise L{finish} completes it.
        """

        def work() -> Deferred[Any] | None:
            self.started.append(name)
            if at is not None:
                return at()
            self.running[name] = Deferred()
            return self.running[name]

        self.pipeline.submit(work, name.startswith("m"), size)

    def finish(self, name: str) -> None:
        """Apply a command."""
        self.running.pop(name).callback(None)


class TrafficTests(SynchronousTestCase):
    """Several pipelines that share a limit on messages in flight."""

    def setUp(self) -> None:
        """Make two pipelines with a limit of three messages in flight."""
        held = Held(3)
        self.inFlight = held.inFlight
        self.one, self.other = Commands(held=held), Commands(held=held)

    def test_turns(self) -> None:
        """At the limit pipelines wait; each applied message lets one of them start a message."""
        for number in range(5):
            self.one.submit(f"m{number}")
        for number in range(3):
            self.other.submit(f"m{number}")
        self.assertEqual((["m0", "m1", "m2"], []), (self.one.started, self.other.started))
        self.one.finish("m0")
        self.assertEqual((4, 0), (len(self.one.started), len(self.other.started)))
        self.one.finish("m1")
        self.assertEqual((4, 1), (len(self.one.started), len(self.other.started)))
        self.other.finish("m0")
        self.one.finish("m2")
        self.assertEqual((["m0", "m1", "m2", "m3", "m4"], ["m0", "m1"]), (self.one.started, self.other.started))
        for name in ("m3", "m4"):
            self.one.finish(name)
        for name in ("m1", "m2"):
            self.other.finish(name)
        self.assertTrue(self.one.pipeline.idle and self.other.pipeline.idle and self.inFlight.open)
        self.assertEqual((["idle"], ["idle"]), (self.one.signals, self.other.signals))

    def test_othersAreNotHeldUp(self) -> None:
        """A command that is no message starts at the limit too."""
        for number in range(3):
            self.one.submit(f"m{number}")
        self.other.submit("c1")
        self.assertEqual(["c1"], self.other.started)

    def test_othersTakeNoRoom(self) -> None:
        """A command that is no message does not count against the limit."""
        for number in range(2):
            self.one.submit(f"m{number}")
        self.other.submit("c1")
        self.one.submit("m2")
        self.assertEqual((["m0", "m1", "m2"], ["c1"]), (self.one.started, self.other.started))
        self.assertFalse(self.inFlight.open)
        self.other.finish("c1")
        self.assertFalse(self.inFlight.open)

    def test_tooMany(self) -> None:
        """Above the limit no message starts until the number falls below it."""
        self.inFlight.running += 4
        self.one.submit("m0")
        self.inFlight.finished()
        self.assertEqual((False, []), (self.inFlight.open, self.one.started))
        self.inFlight.finished()
        self.assertEqual(["m0"], self.one.started)

    def test_gone(self) -> None:
        """A pipeline whose commands were dropped lets the next pipeline proceed."""
        for number in range(3):
            self.one.submit(f"m{number}")
        self.other.submit("m0")
        third = Commands(held=self.one.held)
        third.submit("m0")
        self.other.pipeline.clear()
        self.one.finish("m1")
        self.assertEqual(([], ["m0"]), (self.other.started, third.started))

    def test_refusedInTurn(self) -> None:
        """A message refused at its start takes no place, and leaves the pipeline idle."""
        for number in range(3):
            self.one.submit(f"m{number}")
        self.other.submit("m0", at=lambda: fail(ValueError("no")))
        self.one.finish("m0")
        self.assertEqual(["refused no", "idle"], self.other.signals)
        self.one.submit("m3")
        self.assertIn("m3", self.one.started)

    def test_lostReceipt(self) -> None:
        """A message refused later frees its place."""
        for number in range(3):
            self.one.submit(f"m{number}")
        self.other.submit("m0")
        self.one.running.pop("m0").errback(ValueError("lost"))
        self.assertEqual((["refused lost"], ["m0"]), (self.one.signals, self.other.started))


class BegunTests(SynchronousTestCase):
    """Messages of the fast path, whose completion the pipeline requests from the journal."""

    def begin(self, commands: Commands, count: int) -> None:
        """Start some messages."""
        for _ in range(count):
            self.assertTrue(commands.pipeline.open)
            commands.pipeline.started()

    def test_over(self) -> None:
        """They are in flight until the marked proposals are applied; later commands wait for that."""
        commands = Commands()
        asked = commands.held.asked
        self.begin(commands, 3)
        self.assertEqual([], asked)
        commands.submit("ping", 1, lambda: None)
        self.assertEqual(1, len(asked))
        commands.held.endTurn()
        self.assertEqual((1, []), (len(asked), commands.started))
        self.assertFalse(commands.pipeline.open)
        asked.pop()()
        self.assertEqual((["ping"], ["idle"]), (commands.started, commands.signals))
        self.assertTrue(commands.pipeline.idle and commands.pipeline.open)

    def test_endOfTurn(self) -> None:
        """If nothing waits for them, completion is requested once, at the end of each turn."""
        commands = Commands()
        for turn in (1, 2):
            self.begin(commands, 3)
            commands.submit("m", at=lambda: None)
            self.assertEqual((1, []), (len(commands.held.ending), commands.held.asked[turn - 1 :]))
            commands.held.endTurn()
            self.assertEqual(turn, len(commands.held.asked))
        commands.held.asked[0]()
        self.assertFalse(commands.pipeline.idle)
        commands.held.asked[1]()
        self.assertTrue(commands.pipeline.idle)

    def test_most(self) -> None:
        """The number in flight is limited, and completion is requested early; others wait."""
        commands = Commands()
        self.begin(commands, MAX_CONCURRENT)
        self.assertFalse(commands.pipeline.open)
        commands.submit("m1")
        self.assertEqual(MAX_CONCURRENT // MARK_AFTER, len(commands.held.asked))
        commands.held.asked.pop(0)()
        self.assertEqual((["m1"], []), (commands.started, commands.signals))
        self.assertTrue(commands.pipeline.open)

    def test_traffic(self) -> None:
        """They count against the limit of other pipelines until they are applied."""
        held = Held(3)
        one, other = Commands(held=held), Commands(held=held)
        self.begin(one, 3)
        held.endTurn()
        self.assertFalse(other.pipeline.open)
        other.submit("m0")
        held.asked.pop()()
        self.assertEqual((["m0"], ["idle"]), (other.started, one.signals))
        self.assertTrue(other.pipeline.open)

    def test_manyLanes(self) -> None:
        """Any number of pipelines that start messages in one turn share a limit."""
        held = Held(1, 10)
        pipelines = [Commands(held=held).pipeline for _ in range(5)]
        begun = 0
        for pipeline in pipelines:
            for _ in range(4):
                if pipeline.open:
                    pipeline.started()
                    begun += 1
        self.assertEqual((10, 3), (begun, len(held.asked)))
        for over in held.asked:
            over()
        self.assertTrue(all(pipeline.open for pipeline in pipelines))
        self.assertEqual((0, 0), (held.inFlight.running, held.inFlight.fresh))

    def test_atOnce(self) -> None:
        """If they complete within the call, any number can wait behind a command without recursion."""
        held = Held(2)
        held.inFlight.settled = lambda reached: reached()
        pipelines = [Commands(10**6, held) for _ in range(400)]
        for commands in pipelines:

            def say(commands: Commands = commands) -> None:
                commands.started.append("said")
                commands.pipeline.started()

            commands.submit("join")
            for _ in range(5 * MARK_AFTER):
                commands.pipeline.submit(say, True, 1)
        held.inFlight.running += 2
        for commands in pipelines:
            commands.finish("join")
            self.assertEqual(["join"], commands.started)
        held.inFlight.finished(2)
        for commands in pipelines:
            self.assertEqual(1 + 5 * MARK_AFTER, len(commands.started))
            self.assertTrue(commands.pipeline.idle)
        deep = Commands(10**6, held)
        deep.submit("join")
        for _ in range(20_000):
            deep.pipeline.submit(deep.pipeline.started, True, 1)
        deep.finish("join")
        self.assertTrue(deep.pipeline.idle)
        for commands in (*pipelines, deep):
            self.assertEqual([], [signal for signal in commands.signals if signal.startswith("refused")])


class RefusalTests(SynchronousTestCase):
    """Commands that are refused."""

    def test_atOnce(self) -> None:
        """A command that fails within the call is refused at once, and the next one starts."""
        commands = Commands()

        def broken() -> Deferred[Any] | None:
            raise ValueError("raised")

        commands.submit("c1", at=broken)
        commands.submit("m1", at=lambda: fail(ValueError("failed")))
        commands.submit("c2", at=lambda: None)
        self.assertEqual(["refused raised", "refused failed"], commands.signals)
        self.assertEqual(["c1", "m1", "c2"], commands.started)
        self.assertTrue(commands.pipeline.idle)

    def test_later(self) -> None:
        """A command that fails later is refused before the next one starts."""
        commands = Commands()
        commands.submit("c1")
        commands.submit("c2", at=lambda: commands.signals.append("started"))
        commands.running.pop("c1").errback(ValueError("failed"))
        self.assertEqual(["refused failed", "started", "idle"], commands.signals)


class PipelineTests(SynchronousTestCase):
    """The order of commands."""

    def test_occupied(self) -> None:
        """Commands wait for work that no command asked for.  Those that have started continue."""
        commands, done = Commands(), Deferred[None]()
        commands.submit("m1")
        commands.pipeline.occupy(done)
        self.assertFalse(commands.pipeline.open)
        commands.submit("m2")
        commands.submit("c1")
        commands.finish("m1")
        self.assertEqual(commands.started, ["m1"])
        done.callback(None)
        self.assertEqual(commands.started, ["m1", "m2"])
        commands.finish("m2")
        commands.finish("c1")
        self.assertTrue(commands.pipeline.idle)

    def test_messages(self) -> None:
        """Several messages are in flight at once."""
        commands = Commands()
        for name in ("m1", "m2", "m3"):
            commands.submit(name)
        self.assertEqual(commands.started, ["m1", "m2", "m3"])
        self.assertFalse(commands.pipeline.idle)

    def test_most(self) -> None:
        """The number of messages in flight is limited."""
        commands = Commands()
        names = [f"m{n}" for n in range(MAX_CONCURRENT + 2)]
        for name in names:
            commands.submit(name)
        self.assertEqual(commands.started, names[:-2])
        commands.finish("m7")
        self.assertEqual(commands.started, names[:-1])
        commands.finish("m0")
        self.assertEqual(commands.started, names)

    def test_others(self) -> None:
        """Any other command waits for all earlier ones, and all later ones wait for it."""
        commands = Commands()
        for name in ("m1", "m2", "join", "m3", "m4", "part", "who"):
            commands.submit(name)
        self.assertEqual(commands.started, ["m1", "m2"])
        commands.finish("m2")
        self.assertEqual(commands.started, ["m1", "m2"])
        commands.finish("m1")
        self.assertEqual(commands.started[2:], ["join"])
        commands.finish("join")
        self.assertEqual(commands.started[3:], ["m3", "m4"])
        commands.finish("m3")
        commands.finish("m4")
        self.assertEqual(commands.started[5:], ["part"])
        commands.finish("part")
        commands.finish("who")
        self.assertEqual(commands.signals, ["idle"])
        self.assertTrue(commands.pipeline.idle)

    def test_atOnce(self) -> None:
        """A command that takes effect within the call delays nothing and causes no calls."""
        commands = Commands()
        paused = succeed(None)
        paused.addCallback(lambda _: Deferred())
        for name, at in (("who", lambda: None), ("m1", lambda: succeed(None)), ("list", lambda: succeed(None))):
            commands.submit(name, 1, at)
            self.assertTrue(commands.pipeline.idle)
        self.assertEqual((commands.started, commands.signals), (["who", "m1", "list"], []))
        commands.submit("chained", 1, lambda: paused)
        self.assertFalse(commands.pipeline.idle)
        commands.submit("m2")
        self.assertEqual(commands.started[3:], ["chained"])

    def test_atOnceBehindMessages(self) -> None:
        """A command that takes effect at once still waits for earlier messages."""
        commands = Commands()
        commands.submit("m1")
        commands.submit("ping", 1, lambda: None)
        commands.submit("m2", 1, lambda: None)
        self.assertEqual(commands.started, ["m1"])
        commands.finish("m1")
        self.assertEqual(commands.started, ["m1", "ping", "m2"])
        self.assertEqual(commands.signals, ["idle"])

    def test_manyAtOnce(self) -> None:
        """Any number of waiting commands that take effect at once runs without recursion."""
        commands = Commands(10**6)
        commands.submit("join")
        for n in range(5000):
            commands.submit(f"who{n}", 1, lambda: None)
        commands.finish("join")
        self.assertEqual(len(commands.started), 5001)
        self.assertTrue(commands.pipeline.idle)

    def test_pause(self) -> None:
        """Input pauses while too many bytes wait; running commands do not count."""
        commands = Commands(limit=10)
        commands.submit("join1", 1000)
        commands.submit("join2", 6)
        commands.submit("join3", 4)
        self.assertEqual(commands.signals, [])
        commands.submit("join4", 1)
        commands.submit("join5", 1)
        self.assertEqual(commands.signals, ["pause"])
        commands.finish("join1")
        self.assertEqual(commands.signals, ["pause", "resume"])
        commands.submit("join6", 5)
        self.assertEqual(commands.signals, ["pause", "resume", "pause"])

    def test_changedLimit(self) -> None:
        """Another limit pauses and resumes the input at once, once each."""
        commands = Commands(limit=10)
        commands.submit("join1")
        commands.submit("join2", 8)
        for limit, signals in ((7, ["pause"]), (6, []), (8, ["resume"]), (9, [])):
            commands.signals.clear()
            commands.pipeline.change(limit)
            self.assertEqual(signals, commands.signals)

    def test_pauseMany(self) -> None:
        """Input pauses while too many commands wait, however short, since all may start in one turn."""
        commands = Commands()
        commands.submit("join")
        for number in range(MAX_WAITING):
            commands.submit(f"who{number}", 1)
        self.assertEqual(commands.signals, [])
        commands.submit("last", 1)
        self.assertEqual(commands.signals, ["pause"])
        commands.finish("join")
        self.assertEqual(commands.signals, ["pause", "resume"])

    def test_clear(self) -> None:
        """Waiting commands can be dropped; the running one takes effect, then the pipeline is idle."""
        commands = Commands(limit=10)
        commands.submit("join")
        commands.submit("m1", 100)
        commands.pipeline.clear()
        self.assertFalse(commands.pipeline.idle)
        commands.finish("join")
        self.assertEqual((commands.started, commands.signals), (["join"], ["pause", "resume", "idle"]))

    @settings(max_examples=300)
    @given(st.lists(st.tuples(st.sampled_from("mmmccsf"), st.integers(0, 50)), max_size=80))
    def test_model(self, steps: list[tuple[str, int]]) -> None:
        """
        Random sequences: commands start in order, as early as allowed and no earlier, and input pauses exactly while
        too much waits.

        A step submits a message (m), another command (c) or one that takes effect at once (s), or completes one.
        """
        commands = Commands(limit=100)
        submitted: list[str] = []
        sizes: dict[str, int] = {}
        for number, (step, choice) in enumerate(steps):
            if step == "f":
                running = sorted(commands.running)
                if running:
                    commands.finish(running[choice % len(running)])
            else:
                submitted.append(f"{step}{number}")
                sizes[submitted[-1]] = choice
                commands.submit(submitted[-1], choice, (lambda: None) if step == "s" else None)
            started, running = commands.started, sorted(commands.running)
            self.assertEqual(started, submitted[: len(started)])
            alone = [name for name in running if name[0] == "c"]
            self.assertTrue(not alone or len(running) == 1)
            waiting = submitted[len(started) :]
            if waiting:
                concurrent = waiting[0][0] == "m" and not alone and len(running) < MAX_CONCURRENT
                self.assertTrue(running and not concurrent, f"{waiting[0]} could start beside {running}")
            self.assertIs(commands.pipeline.idle, not running and not waiting)
            reading = [signal for signal in commands.signals if signal != "idle"]
            self.assertEqual(reading, (["pause", "resume"] * len(reading))[: len(reading)])
            self.assertEqual(bool(len(reading) % 2), sum(sizes[name] for name in waiting) > 100)
