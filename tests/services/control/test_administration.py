"""Tests of L{twistchat.services.control.administration}, on a server in memory."""

from __future__ import annotations

from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import ILogObserver, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.accounts.fakes import PASSWORD
from twistchat.accounts.registration import newPassword
from twistchat.chat.model.events import Credential
from twistchat.chat.model.spans import Acts
from twistchat.interfaces import CommandRefused, IAdministration, WebCaller
from twistchat.services.control.accounts import AccountCommands
from twistchat.services.control.administration import (
    COMMAND_TIMEOUT,
    MAX_ITEMS,
    Administration,
    TypedCreation,
    TypedPassword,
)
from twistchat.services.control.commands import Answer, Command, Nothing, Report
from twistchat.services.control.server import ServerCommands
from twistchat.testing import MemoryServer, settingsOf

HERE = WebCaller("127.0.0.1", False, True, "web")
"""An administrator at this machine."""


async def wait(arguments: Nothing, report: Report) -> Answer:
    """Do nothing for ever."""
    await Deferred()
    raise AssertionError


async def fail(arguments: Nothing, report: Report) -> Answer:
    """Fail because of a mistake."""
    raise ZeroDivisionError


async def progress(arguments: Nothing, report: Report) -> Answer:
    """Report how much is done."""
    await report({"part": 0.5})
    raise AssertionError


class AdministrationTests(SynchronousTestCase):
    """L{Administration}."""

    def setUp(self) -> None:
        self.server = MemoryServer(settingsOf(""))
        context = self.server.context
        commands = {
            **AccountCommands(self.server.chat).table,
            **ServerCommands(context).table,
            "test.wait": Command(Nothing, wait),
            "test.fail": Command(Nothing, fail),
            "test.progress": Command(Nothing, progress),
        }
        make = partial(newPassword, context.passwords, context.random)
        self.administration = Administration(context, commands, make)

    def start(
        self, command: str, matching: str = "", skip: int = 0, caller: WebCaller = HERE, **arguments: Any
    ) -> Deferred[Any]:
        """Start a command of alice's."""
        executing = self.administration.execute(caller, "alice", command, arguments, matching, skip)
        self.server.pump()
        return executing

    def do(self, command: str, matching: str = "", skip: int = 0, **arguments: Any) -> Any:
        """Return the answer of a command."""
        return self.successResultOf(self.start(command, matching, skip, **arguments))

    def refusal(self, executing: Deferred[Any]) -> str:
        """Return the code of a refusal."""
        error = self.failureResultOf(executing, CommandRefused).value
        assert isinstance(error, CommandRefused)
        return error.code

    def test_interface(self) -> None:
        """It provides the interface."""
        self.assertTrue(verifyObject(IAdministration, self.administration))

    def test_lists(self) -> None:
        """A list comes in parts, and the next part begins after those that the page has."""
        for number in range(MAX_ITEMS + 3):
            self.successResultOf(self.server.chat.operators.banFromServer(None, f"*!*@h{number}.example", None, ""))
        first = self.do("server.bans")
        self.assertEqual((MAX_ITEMS, True), (len(first["items"]), first["more"]))
        rest = self.do("server.bans", skip=MAX_ITEMS)
        self.assertEqual(
            ["*!*@h200.example", "*!*@h201.example", "*!*@h202.example"], [i["mask"] for i in rest["items"]]
        )
        self.assertFalse(rest["more"])
        self.assertEqual({"items": [], "more": False}, self.do("account.list"))

    def test_matching(self) -> None:
        """Items match by any of their texts, whatever the case, and also by what is within a list."""
        for number, nick in enumerate(("ann", "Annika", "bob")):
            self.server.irc(nick, host=f"192.0.2.{number + 1}")
        for matching, nicks in (("ANN", ["ann", "Annika"]), ("192.0.2.3", ["bob"]), ("irc", ["ann", "Annika", "bob"])):
            self.assertEqual(nicks, [user["nick"] for user in self.do("server.who", matching)["items"]], matching)
        self.assertEqual(["Annika"], [user["nick"] for user in self.do("server.who", "ann", 1)["items"]])

    def test_portions(self) -> None:
        """A list of many users takes several turns, and stops when the answer is full."""
        clients = [self.server.irc(f"n{number}", host=f"192.0.2.{number}") for number in range(60)]
        executing: Deferred[Any] = self.administration.execute(HERE, "alice", "server.who", {})
        self.assertNoResult(executing)
        self.server.pump()
        self.assertEqual(len(clients), len(self.successResultOf(executing)["items"]))

    def test_recorded(self) -> None:
        """What changes something is recorded and logged, with who asked and from where; what shows something is not."""
        lines: list[str] = []

        @implementer(ILogObserver)
        def observe(event: Any) -> None:
            if "who" in event:
                lines.append(event["log_format"].format(**event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        caller = WebCaller("192.0.2.9", True, False, "web")
        self.do("server.who")
        self.successResultOf(self.start("server.ban", mask="10.0.0.1", reason="x", caller=caller))
        (kept,) = self.successResultOf(Deferred.fromCoroutine(self.server.chat.audit.readOutside(Acts(10))))
        act: Any = kept
        self.assertEqual(
            ("web", "alice", "server.ban", "10.0.0.1", "192.0.2.9"),
            (act.event.door, act.event.who, act.event.act, act.event.target, act.event.address),
        )
        self.assertEqual("alice", act.event.source.account)
        self.assertEqual(["alice used the command server.ban 10.0.0.1 at the status page"], lines)
        lines.clear()
        self.assertEqual("NO_SUCH_BAN", self.refusal(self.start("server.unban", mask="10.0.0.2", caller=caller)))
        (line,) = lines
        begin = "alice used the command server.unban 10.0.0.2 at the status page, which was refused: "
        self.assertTrue(line.startswith(begin), line)
        acts: Any = self.successResultOf(Deferred.fromCoroutine(self.server.chat.audit.readOutside(Acts(2))))
        self.assertEqual(["server.unban.refused", "server.unban"], [act.event.act for act in acts])
        self.assertEqual(("alice", "10.0.0.2"), (acts[0].event.who, acts[0].event.target))
        self.assertEqual(line.removeprefix(begin), acts[0].event.detail)

    def test_begun(self) -> None:
        """A command that takes long goes on by itself."""
        self.assertEqual({"begun": True}, self.do("test.progress"))

    def test_failures(self) -> None:
        """A command that takes too long, or fails because of a mistake, is refused in plain words."""
        waiting = self.start("test.wait")
        self.server.advance(COMMAND_TIMEOUT - 1)
        self.assertNoResult(waiting)
        self.server.advance(1)
        self.assertEqual("TOO_SLOW", self.refusal(waiting))
        self.assertEqual("FAILED", self.refusal(self.start("test.fail")))
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        self.assertEqual("NO_SUCH_COMMAND", self.refusal(self.start("test.none")))

    def test_passwords(self) -> None:
        """A typed password is hashed; a bad one, or one over a connection that others can read, is refused."""
        far = WebCaller("192.0.2.9", False, False, "web")
        for command in ("account.create", "account.password"):
            self.assertEqual(
                "NOT_ENCRYPTED", self.refusal(self.start(command, caller=far, name="d", password=PASSWORD))
            )
        self.assertEqual("BAD_PASSWORD", self.refusal(self.start("account.create", name="dan", password="x")))
        self.do("account.create", name="dan", password=PASSWORD, admin=True)
        account = self.server.chat.state.accounts.named("dan")
        password = account.credential("password")
        assert password is not None
        self.assertTrue(password.secret.startswith("$argon2id$"))
        self.assertTrue(account.isAdmin)
        self.assertEqual("ACCOUNT_EXISTS", self.refusal(self.start("account.create", name="dan", password="x")))
        self.do("account.create", name="eve")
        self.assertIsNone(self.server.chat.state.accounts.named("eve").credential("password"))
        before = password.secret
        self.do("account.password", name="dan", password="Wq7-mapletree")
        password = account.credential("password")
        assert password is not None
        self.assertNotEqual(before, password.secret)

    def test_noLonger(self) -> None:
        """Whoever is no administrator any more when the password has been hashed changes nothing."""
        self.do("account.create", name="dan")
        hashing: list[Deferred[None]] = []
        allowed: set[str] = set()

        async def hashed(name: str, password: str) -> Credential:
            hashing.append(Deferred())
            await hashing[-1]
            return Credential("password", "", "$argon2id$x")

        table = AccountCommands(self.server.chat).table
        administration = Administration(self.server.context, table, hashed)
        for command, name in (("account.password", "dan"), ("account.create", "eve")):
            allowed.add("alice")
            executing: Deferred[Any] = administration.execute(
                HERE, "alice", command, {"name": name, "password": PASSWORD}, isAllowed=lambda: "alice" in allowed
            )
            self.server.pump()
            allowed.clear()
            hashing[-1].callback(None)
            self.server.pump()
            self.assertEqual("NO_ADMINISTRATOR", self.refusal(executing))
        accounts = self.server.chat.state.accounts
        self.assertIsNone(accounts.named("dan").credential("password"))
        self.assertIsNone(accounts.get("eve"))

    def test_unshown(self) -> None:
        """The arguments with a password do not show it where they are described."""
        for arguments in (TypedCreation("dan", "secret"), TypedPassword("dan", "secret")):
            self.assertNotIn("secret", f"{arguments} {arguments.target} {arguments.detail}")
