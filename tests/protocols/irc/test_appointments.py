"""Tests of L{twistchat.protocols.irc.appointments}: operators when the configuration changes."""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import SECRET, host, mask, rooted, settingsWith, staffed
from twistchat.chat.model.users import PRIVILEGES, User
from twistchat.chat.rules.users import operators as rules
from twistchat.config import ClassSettings, OperatorSettings
from twistchat.testing import MemoryServer

HELPER = ClassSettings("helps", ("kill",), "help.example")


class AppointmentTests(SynchronousTestCase):
    """Operators of a server whose configuration changes."""

    def setUp(self) -> None:
        self.server: MemoryServer = staffed(helper=HELPER)
        self.bob = rooted(self.server, "bob", name="helper")

    def reload(self, helper: ClassSettings | None = HELPER) -> None:
        """Give the helpers another class, or take away their table with C{None}."""
        classes = {} if helper is None else {"helper": helper}
        self.server.configuration = settingsWith(
            classes=classes, operators={name: OperatorSettings(password=SECRET, class_=name) for name in classes}
        )
        self.server.context.rehash()
        self.server.pump()

    def user(self, nick: str = "bob") -> User:
        """Return a user."""
        user = self.server.chat.state.users.named(nick)
        assert user is not None
        return user

    def test_same(self) -> None:
        """If nothing has changed for them, they hear nothing."""
        before = self.user().operator
        self.reload()
        self.assertIs(before, self.user().operator)
        self.bob.expect()

    def test_gone(self) -> None:
        """An operator whose table is gone is none any more, and has the earlier host again."""
        self.reload(None)
        self.assertIsNone(self.user().operator)
        self.assertEqual(host(), self.user().source.host)
        self.assertIn(f":{mask('bob').replace(host(), 'help.example')} MODE bob :-o", self.bob.lines())

    def test_privileges(self) -> None:
        """An operator whose class has changed has its title and its privileges at once, and again after that."""
        for privileges in (("ban",), ("wallops", "kill")):
            self.reload(replace(HELPER, title="is new", privileges=privileges))
            operator = self.user().operator
            assert operator is not None
            self.assertEqual(("is new", frozenset(privileges)), (operator.title, operator.privileges))
            self.assertEqual("help.example", self.user().source.host)
        self.reload(None)
        self.assertEqual((None, host()), (self.user().operator, self.user().source.host))

    def test_host(self) -> None:
        """The host of the class follows.  Without one they get back the host that they had."""
        for given, shown in (("new.example", "new.example"), ("", host()), ("last.example", "last.example")):
            self.reload(replace(HELPER, host=given))
            self.assertEqual(shown, self.user().source.host)

    def test_sessionGone(self) -> None:
        """The status belongs to the user: it ends even if the session that sent OPER has ended."""
        user = self.user()
        user.sessions.clear()
        self.reload(None)
        self.assertIsNone(user.operator)

    def test_resigned(self) -> None:
        """One who resigned is not an operator again, and one who has another status keeps that."""
        self.bob.send("MODE bob -o")
        self.reload(replace(HELPER, title="is new"))
        self.assertIsNone(self.user().operator)
        self.server = staffed(helper=HELPER)
        rooted(self.server, "bob", name="helper").send("OPER root secret")
        every = {"root": ClassSettings(privileges=tuple(PRIVILEGES))}
        self.server.configuration = settingsWith(
            classes=every, operators={"root": OperatorSettings(password=SECRET, class_="root")}
        )
        self.server.context.rehash()
        operator = self.user().operator
        assert operator is not None
        self.assertEqual(frozenset(PRIVILEGES), operator.privileges)

    def test_administrator(self) -> None:
        """An administrator who used OPER stays an operator with all privileges."""
        self.patch(rules, "isAdministrator", lambda state, user: True)
        self.reload(None)
        operator = self.user().operator
        assert operator is not None
        self.assertEqual(frozenset(PRIVILEGES), operator.privileges)

    def test_refused(self) -> None:
        """If the journal refuses the change, the fault is logged, and the next reload tries again."""
        patch = self.patch(self.server.log, "append", lambda event, origin=None: fail(ZeroDivisionError()))
        self.reload(None)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        patch.restore()
        self.reload(None)
        self.assertIsNone(self.user().operator)

    def test_meanwhile(self) -> None:
        """A reload during a change is followed afterwards."""
        held: Deferred[None] = Deferred()
        patch = self.patch(self.server.log, "append", lambda event, origin=None: held)
        self.reload(replace(HELPER, privileges=("ban",)))
        patch.restore()
        self.reload(replace(HELPER, privileges=("wallops",)))
        held.callback(None)
        self.assertTrue(self.user().may("wallops"))

    def test_many(self) -> None:
        """Many operators follow in several turns."""
        for number in range(60):
            rooted(self.server, f"n{number}", name="helper")
        self.reload(None)
        self.server.advance(1)
        self.assertEqual(0, self.server.chat.state.users.operators)
