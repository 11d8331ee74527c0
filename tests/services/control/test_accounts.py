"""Tests of L{twistchat.services.control.accounts}, on a server in memory."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import AccessSet, AccountSet, Credential, Entry, RoomMessage, RoomRegistered
from twistchat.chat.model.spans import Span
from twistchat.services.control.accounts import AccountCommands
from twistchat.services.control.commands import Answer, execute
from twistchat.services.control.wire import ControlError, Request
from twistchat.testing import LineClient, MemoryServer, settingsOf
from twistchat.testing.server import NOON

HASH = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2E$aGFzaA"
PASSWORD = {"kind": "password", "secret": HASH}


class AccountCommandsTests(SynchronousTestCase):
    """The commands, with the default limits."""

    def setUp(self) -> None:
        self.server = MemoryServer(settingsOf(""))
        self.accounts = self.server.chat.state.accounts
        self.parts: list[Any] = []

    def start(self, command: str, **arguments: object) -> Deferred[Any]:
        """Start a command."""

        async def report(part: Answer) -> None:
            self.parts.append(part)

        table = AccountCommands(self.server.chat).table
        executing = Deferred.fromCoroutine(execute(table, Request(1, f"account.{command}", arguments), report))
        self.server.pump()
        return executing

    def do(self, command: str, **arguments: object) -> Any:
        """Return the answer of a command."""
        return self.successResultOf(self.start(command, **arguments))

    def refused(self, command: str, **arguments: object) -> str:
        """Return the code of the error of a command."""
        error = self.failureResultOf(self.start(command, **arguments), ControlError).value
        assert isinstance(error, ControlError)
        return error.code

    def owner(self, name: str, **arguments: object) -> LineClient:
        """Connect a client, register an account for its nick, and log its user in."""
        person = self.server.person(name, host="192.0.2.1")
        self.do("create", name=name, **arguments)
        users = self.server.chat.state.users
        user = users.named(name)
        assert user is not None
        self.server.log.append(AccountSet(user.source, name))
        users.rename(user, user.source)
        self.server.pump()
        person.skip()
        return person

    def test_create(self) -> None:
        """An account gets a password, a mail address and the rights of an administrator."""
        answer = self.do("create", name="Alice", password=PASSWORD, email="alice@chat.example", admin=True)
        self.assertEqual({"account": "Alice", "admin": True, "taken": False}, answer)
        account = self.accounts.named("alice")
        self.assertEqual((Credential("password", secret=HASH),), account.credentials)
        self.assertEqual({"email": "alice@chat.example", "admin": "yes"}, account.settings)
        self.assertTrue(account.usable)

    def test_createWithout(self) -> None:
        """An account needs none of them."""
        self.assertEqual({"account": "alice", "admin": False, "taken": False}, self.do("create", name="alice"))
        account = self.accounts.named("alice")
        self.assertEqual(((), {}), (account.credentials, dict(account.settings)))

    def test_createRefused(self) -> None:
        """Invalid, reserved and taken names, wrong credentials and wrong addresses are refused, and nothing remains."""
        self.do("create", name="alice")
        for code, arguments in (
            ("ACCOUNT_EXISTS", {"name": "ALICE"}),
            ("NICK_OWNED", {"name": "аlice"}),
            ("NICK_RESERVED", {"name": "NickServ"}),
            ("BAD_NICK", {"name": "a b"}),
            ("BAD_NICK", {"name": "bob' OR 1=1--"}),
            ("BAD_NICK", {"name": "*)(uid=*"}),
            ("BAD_NICK", {"name": ""}),
            ("BAD_NICK", {"name": "bob\r\n"}),
            ("BAD_ARGUMENTS", {"name": "bob", "password": {"kind": "token", "name": "x", "secret": HASH}}),
            ("BAD_ARGUMENTS", {"name": "bob", "password": {"kind": "password", "secret": "hunter2"}}),
            ("BAD_ARGUMENTS", {"name": "bob", "password": {**PASSWORD, "name": "x"}}),
            ("BAD_CREDENTIAL", {"name": "bob", "email": "bob"}),
            ("BAD_CREDENTIAL", {"name": "bob", "email": "bob@chat.example\r\nBcc: x@chat.example"}),
            ("BAD_CREDENTIAL", {"name": "bob", "email": "b" * 250 + "@chat.example"}),
        ):
            self.assertEqual(code, self.refused("create", **arguments), arguments)
        self.assertEqual(["alice"], [account.name for account in self.accounts])

    def test_createTaken(self) -> None:
        """The administrator is told if a guest uses the nick."""
        self.server.person("alice")
        self.assertTrue(self.do("create", name="alice")["taken"])

    def test_check(self) -> None:
        """A name can be checked without registering it."""
        self.assertEqual({"account": "alice"}, self.do("check", name="alice"))
        self.assertEqual(0, len(self.accounts))
        self.do("create", name="alice")
        self.assertEqual("ACCOUNT_EXISTS", self.refused("check", name="alice"))

    def test_list(self) -> None:
        """Accounts are listed in portions, each once, although they have several nicks."""
        for number in range(120):
            self.do("create", name=f"user{number}")
        self.server.chat.accounts.group(None, "user7", "seven")
        self.assertEqual({"count": 120}, self.do("list"))
        self.assertEqual([50, 50, 20], [len(part["accounts"]) for part in self.parts])
        listed = [account["name"] for part in self.parts for account in part["accounts"]]
        self.assertEqual([f"user{number}" for number in range(120)], listed)

    def test_listDropped(self) -> None:
        """An account that is dropped while the accounts are listed is left out."""
        for number in range(60):
            self.do("create", name=f"user{number}")
        waiting: list[Deferred[None]] = []

        async def report(part: Answer) -> None:
            self.parts.append(part)
            waiting.append(Deferred())
            await waiting[-1]

        listing = Deferred.fromCoroutine(
            execute(AccountCommands(self.server.chat).table, Request(1, "account.list"), report)
        )
        self.do("drop", name="user55")
        waiting[0].callback(None)
        waiting[1].callback(None)
        self.assertEqual({"count": 59}, self.successResultOf(listing))

    def test_show(self) -> None:
        """Everything about an account is shown, except for secrets and codes."""
        self.owner("alice", password=PASSWORD)
        chat, source = self.server.chat, self.server.log
        chat.accounts.setCredential(None, "alice", Credential("token", "phone", "5ec4e7"))
        chat.accounts.setCredential(None, "alice", Credential("code", "reset", "5ec4e7"))
        chat.webSessions.open("alice", Credential("websession", "Firefox on Linux", "5ec4e7", created=int(NOON * 1000)))
        chat.accounts.recordLogin("alice", "token", "phone", "place")
        chat.accounts.group(None, "alice", "al")
        user = chat.state.users.named("alice")
        assert user is not None
        for event in (
            RoomRegistered(user.source, "#tea", "alice"),
            RoomRegistered(user.source, "#milk", "bob"),
            AccessSet(user.source, "#milk", "alice", "o"),
        ):
            source.append(event)
        shown = self.do("show", name="Alice")
        now = int(NOON * 1000)
        expected = {
            "name": "alice",
            "registered": now,
            "until": None,
            "suspended": None,
            "admin": False,
            "email": None,
            "used": now,
            "online": 1,
            "nick": "alice",
            "nicks": ("al",),
            "credentials": [
                {"kind": "password", "name": "", "created": None, "used": None},
                {"kind": "token", "name": "phone", "created": None, "used": now},
                {"kind": "websession", "name": "Firefox on Linux", "created": now, "used": None},
            ],
            "rooms": ["#tea"],
            "access": [{"room": "#milk", "ranks": "o"}],
            "sessions": [{"address": "192.0.2.1", "secure": False}],
        }
        self.assertEqual(expected, shown)

    def test_totpOff(self) -> None:
        """A second factor is removed, and shown until then."""
        self.do("create", name="alice", password=PASSWORD)
        self.server.chat.accounts.setCredential(None, "alice", Credential("totp", secret="5ec4e7 5ec4e7"))
        self.assertEqual(["password", "totp"], [one["kind"] for one in self.do("show", name="alice")["credentials"]])
        self.assertEqual({"account": "alice"}, self.do("totpOff", name="Alice"))
        self.assertEqual(["password"], [one["kind"] for one in self.do("show", name="alice")["credentials"]])
        self.assertEqual("NO_SECOND_FACTOR", self.refused("totpOff", name="alice"))

    def test_unknown(self) -> None:
        """An unknown name is refused.  If it is a nick of an account, the error names the account."""
        self.do("create", name="alice")
        self.server.chat.accounts.group(None, "alice", "al")
        for command in ("show", "suspend", "restore", "drop", "admin"):
            self.assertEqual("NO_SUCH_ACCOUNT", self.refused(command, name="bob"))
            self.assertEqual("NICK_OF_ACCOUNT", self.refused(command, name="AL"))
        self.assertEqual("NO_SUCH_ACCOUNT", self.refused("password", name="bob", password=PASSWORD))

    def test_suspend(self) -> None:
        """A suspension ends the sessions within a second, and they are told why."""
        alice, bob = self.owner("alice"), self.server.person("bob")
        alice.skip()
        answer = self.do("suspend", name="alice", reason="too rude")
        self.assertEqual({"account": "alice", "sessions": 1}, answer)
        self.server.advance(1)
        self.assertIn("This account is suspended: too rude", "\n".join(alice.lines()))
        self.assertTrue(alice.gone)
        self.assertIn("alice", "\n".join(bob.lines()))
        self.assertFalse(self.accounts.named("alice").usable)

    def test_suspendReason(self) -> None:
        """A reason with a line end is refused, and the account is not suspended."""
        self.do("create", name="alice")
        self.assertEqual("BAD_TEXT", self.refused("suspend", name="alice", reason="a\r\nb"))
        self.assertTrue(self.accounts.named("alice").usable)

    def test_restore(self) -> None:
        """A suspended account can be restored.  Others cannot."""
        self.do("create", name="alice")
        self.assertEqual("NOT_SUSPENDED", self.refused("restore", name="alice"))
        self.do("suspend", name="alice")
        self.assertEqual({"account": "alice"}, self.do("restore", name="ALICE"))
        self.assertTrue(self.accounts.named("alice").usable)

    def test_password(self) -> None:
        """A new password replaces the old one, and logs out the browsers."""
        self.do("create", name="alice", password=PASSWORD)
        for name in ("Firefox", "Safari"):
            self.server.chat.webSessions.open("alice", Credential("websession", name, name, created=0))
        self.do("password", name="alice", password={"kind": "password", "secret": HASH + "x", "scram": "keys"})
        self.assertEqual((Credential("password", "", HASH + "x", "keys"),), self.accounts.named("alice").credentials)

    def test_admin(self) -> None:
        """Rights are given and revoked, and the answer tells whether that changed anything."""
        self.do("create", name="alice")
        self.assertEqual({"account": "alice", "changed": True}, self.do("admin", name="alice"))
        self.assertTrue(self.accounts.named("alice").isAdmin)
        self.assertEqual({"account": "alice", "changed": False}, self.do("admin", name="alice"))
        self.assertEqual({"account": "alice", "changed": True}, self.do("admin", name="alice", admin=False))
        self.assertFalse(self.accounts.named("alice").isAdmin)

    def test_drop(self) -> None:
        """A dropped account is gone, and the answer tells who owns its rooms now."""
        alice = self.owner("alice")
        user = self.server.chat.state.users.named("alice")
        assert user is not None
        self.server.log.append(RoomRegistered(user.source, "#tea", "alice"))
        self.assertEqual({"account": "alice", "rooms": {"#tea": None}, "sessions": 1}, self.do("drop", name="alice"))
        self.assertFalse(alice.gone)
        self.assertEqual("NO_SUCH_ACCOUNT", self.refused("show", name="alice"))
        self.assertEqual("NAME_RETIRED", self.refused("create", name="alice"))

    def test_forget(self) -> None:
        """The texts of an account are erased, also of one that was dropped."""
        self.owner("ann").send("a text")
        self.server.pump()
        self.assertEqual(self.do("forget", name="ANN"), {"account": "ann"})
        found = self.successResultOf(self.server.history.read(Span("#lobby", 9)))
        self.assertEqual(
            [kept for kept in found if isinstance(kept, Entry) and isinstance(kept.event, RoomMessage)], []
        )
        self.assertEqual(self.refused("forget", name="eve"), "NO_SUCH_ACCOUNT")
        self.do("drop", name="ann")
        self.assertEqual(self.do("forget", name="ann"), {"account": "ann"})
