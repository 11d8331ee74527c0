"""Tests of L{twistchat.services.control.commands}."""

from __future__ import annotations

from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import NoSuchAccount
from twistchat.services.control.commands import Answer, Command, Report, execute
from twistchat.services.control.wire import ControlError, Request


class Arguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of the command in these tests."""

    name: str


class ExecuteTests(SynchronousTestCase):
    """L{execute}."""

    def execute(self, command: str, **arguments: object) -> Deferred[Answer]:
        """Execute a request with a table of one command."""

        async def greet(arguments: Arguments, report: Report) -> Answer:
            if arguments.name == "nobody":
                raise NoSuchAccount(arguments.name)
            await report({"part": arguments.name})
            return {"hello": arguments.name}

        async def report(part: Answer) -> None:
            self.parts.append(part)

        self.parts: list[Answer] = []
        return Deferred.fromCoroutine(
            execute({"greet": Command(Arguments, greet)}, Request(1, command, arguments), report)
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
