"""Tests of L{twistchat.services.control.commands}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import NoSuchAccount
from twistchat.services.control.commands import MAX_RECORDED, Answer, Command, Report, execute
from twistchat.services.control.commands import Arguments as BaseArguments
from twistchat.services.control.wire import ControlError, Request


class Arguments(BaseArguments, frozen=True):
    """The arguments of the command in these tests."""

    name: str

    @property
    def target(self) -> str:
        """The name."""
        return self.name

    @property
    def detail(self) -> str:
        """A long text."""
        return 1000 * "x"


class ExecuteTests(SynchronousTestCase):
    """L{execute}."""

    changes = True
    receipt: Deferred[Any]

    def setUp(self) -> None:
        self.done: list[object] = []
        self.receipt = Deferred()

    def record(self, *act: str) -> Deferred[Any]:
        """Record an act."""
        self.done.append(act)
        return self.receipt

    def execute(self, command: str, **arguments: object) -> Deferred[Answer]:
        """Execute a request with a table of one command."""

        async def greet(arguments: Arguments, report: Report) -> Answer:
            self.done.append("greet")
            if arguments.name == "nobody":
                raise NoSuchAccount(arguments.name)
            await report({"part": arguments.name})
            return {"hello": arguments.name}

        async def report(part: Answer) -> None:
            self.parts.append(part)

        self.parts: list[Answer] = []
        return Deferred.fromCoroutine(
            execute(
                {"greet": Command(Arguments, greet, self.changes)},
                Request(1, command, arguments),
                report,
                self.record,
                lambda *noted: self.done.append(noted),
            )
        )

    def error(self, command: str, **arguments: object) -> ControlError:
        """Return the error of a request."""
        error = self.failureResultOf(self.execute(command, **arguments), ControlError).value
        assert isinstance(error, ControlError)
        return error

    def test_answer(self) -> None:
        """A command gets its arguments, and may report parts before its answer."""
        self.assertEqual({"hello": "alice"}, self.successResultOf(self.execute("greet", name="alice")))
        self.assertEqual([{"part": "alice"}], self.parts)

    def test_unknown(self) -> None:
        """An unknown command is refused."""
        self.assertEqual("NO_SUCH_COMMAND", self.error("great").code)

    def test_arguments(self) -> None:
        """Missing, unknown and wrong arguments are refused.  The error does not repeat their values."""
        for arguments in ({}, {"name": 5}, {"name": "a", "other": "hunter2"}, {"name": ["hunter2"]}):
            error = self.error("greet", **arguments)
            self.assertEqual("BAD_ARGUMENTS", error.code)
            self.assertNotIn("hunter2", error.text)

    def test_refused(self) -> None:
        """The error of a verb keeps its code and text."""
        error = self.error("greet", name="nobody")
        self.assertEqual(("NO_SUCH_ACCOUNT", "There is no account nobody"), (error.code, error.text))

    def test_recorded(self) -> None:
        """A command that changes something is recorded before it runs, and noted at its end.  So is a refusal."""
        self.successResultOf(self.execute("greet", name="alice"))
        self.assertEqual([("greet", "alice", MAX_RECORDED * "x"), "greet", (Arguments("alice"), "")], self.done)
        self.done.clear()
        self.error("greet", name="nobody")
        why = "There is no account nobody"
        self.assertEqual(
            [
                ("greet", "nobody", MAX_RECORDED * "x"),
                "greet",
                ("greet.refused", "nobody", why),
                (Arguments("nobody"), why),
            ],
            self.done,
        )
        self.done.clear()
        self.error("greet")
        self.assertEqual([], self.done)

    def test_notRecorded(self) -> None:
        """A command that changes nothing is not recorded."""
        self.changes = False
        self.successResultOf(self.execute("greet", name="alice"))
        self.assertEqual(["greet"], self.done)

    def test_notRecordable(self) -> None:
        """If the record fails, the command runs, and the log says so."""
        self.receipt = fail(ValueError("the disk is full"))
        self.successResultOf(self.execute("greet", name="alice"))
        self.assertIn("greet", self.done)
