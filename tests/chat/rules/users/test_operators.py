"""Tests of L{twistchat.chat.rules.users.operators}."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, Person, Scene, done, refused
from twistchat.chat import errors
from twistchat.chat.model.bans.server import ServerBan
from twistchat.chat.model.events import Killed, Quit, ServerBanSet
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.users import PRIVILEGES, Operator


class OperatorTests(SynchronousTestCase):
    """Becoming an operator of the server, and resigning."""

    def setUp(self) -> None:
        """Two users in a room."""
        self.scene = Scene()
        self.ann, self.bob = self.scene.person("ann", "#a"), self.scene.person("bob", "#a")
        self.scene.clear(self.ann, self.bob)

    def become(self, privileges: tuple[str, ...] = (), host: str | None = None) -> None:
        """Become an operator."""
        done(Deferred.fromCoroutine(self.scene.chat.operators.become(self.ann.session, "Boss", privileges, host)))

    def test_become(self) -> None:
        """An operator has the privileges of the class and is shown with its host.  Others see nothing else."""
        self.assertFalse(self.ann.user.may("kill"))
        self.become(("kill",), "staff.example")
        self.assertEqual(self.ann.user.operator, Operator("Boss", frozenset(("kill",)), "ann.host"))
        self.assertEqual((self.ann.user.may("kill"), self.ann.user.may("ban"), self.ann.user.modes), (True, False, "o"))
        self.assertEqual(self.ann.heard(), ["ann operator Boss", "ann host ~u@staff.example"])
        self.assertEqual(self.bob.heard(), ["ann host ~u@staff.example"])
        self.become(("ban",), "staff.example")
        self.assertEqual(self.ann.heard(), ["ann operator Boss"])
        self.assertEqual((self.ann.user.may("kill"), self.ann.user.may("ban")), (False, True))

    def test_hostAwaited(self) -> None:
        """The verb ends after the host is shown."""
        scene = ManualScene()
        ann = scene.person("ann")
        becoming = Deferred.fromCoroutine(scene.chat.operators.become(ann.session, "Boss", (), "staff.example"))
        scene.commit(1)
        self.assertNoResult(becoming)
        self.assertEqual(ann.user.source.host, "ann.host")
        scene.commit()
        done(becoming)
        self.assertEqual(ann.user.source.host, "staff.example")

    def test_labels(self) -> None:
        """The request is the origin of the events that a verb proposes."""
        scene = Scene()
        chat, session = scene.chat, scene.operator("op", *PRIVILEGES).session
        scene.person("bob")
        origin = Origin(session, "L")
        for receipt in (
            chat.operators.announce(origin, "hello"),
            chat.operators.banFromServer(origin, "192.0.2.0/24", None),
            chat.operators.liftServerBan(origin, "192.0.2.0/24"),
            chat.operators.kill(origin, "bob", "spam"),
        ):
            done(receipt)
        self.assertEqual(scene.origins[-8:], [None, origin] * 4)

    def test_badHost(self) -> None:
        """An invalid host is refused, and the user becomes an operator without it."""
        refused(errors.BadText, lambda: self.become(("kill",), "a b"))
        self.assertTrue(self.ann.user.may("kill"))

    def test_resign(self) -> None:
        """An operator who resigns has no privileges any more.  Resigning twice does nothing."""
        self.become(("kill",))
        done(self.scene.chat.identity.resign(self.ann.session))
        self.assertEqual((self.ann.user.operator, self.ann.user.modes), (None, ""))
        self.assertEqual(self.ann.heard(), ["ann operator Boss", "ann operator None"])
        self.assertIsNone(self.scene.chat.identity.resign(self.ann.session))

    def test_requirePrivilege(self) -> None:
        """Doors may ask for a privilege, and learn its users."""
        self.become(("rehash",))
        chat, session = self.scene.chat, self.ann.session
        self.assertIs(chat.operators.requirePrivilege(session, "rehash"), self.ann.user)
        self.assertEqual(
            refused(errors.NotPrivileged, lambda: chat.operators.requirePrivilege(session, "ban")).privilege, "ban"
        )

    def test_privileges(self) -> None:
        """Each verb needs its privilege, which the error names, and a session that has entered."""
        chat = self.scene.chat
        chat.state.serverBans.add(ServerBan("192.0.2.0/24", "", "op", 0, None))
        verbs: tuple[tuple[str, Callable[[Person], object]], ...] = (
            ("kill", lambda person: chat.operators.kill(person.session, "bob", "spam")),
            ("wallops", lambda person: chat.operators.announce(person.session, "hello")),
            ("ban", lambda person: chat.operators.banFromServer(person.session, "192.0.2.0/24", None)),
            ("ban", lambda person: chat.operators.liftServerBan(person.session, "192.0.2.0/24")),
            ("ban", lambda person: chat.operators.serverBans(person.session)),
        )
        for privilege, verb in verbs:
            others = PRIVILEGES.keys() - {privilege}
            operator = self.scene.operator(f"not{len(self.scene.entries)}", *others)
            for person in (self.ann, operator):
                self.assertEqual(refused(errors.NotPrivileged, partial(verb, person)).privilege, privilege)
            refused(errors.NotEntered, partial(verb, self.scene.connect()))
            verb(self.scene.operator(f"op{len(self.scene.entries)}", privilege))


class KillTests(SynchronousTestCase):
    """Kills."""

    def setUp(self) -> None:
        """Two users in a room, one of them with two sessions, a user elsewhere, and an operator."""
        self.scene = Scene()
        self.ann, self.bob = self.scene.person("ann", "#a"), self.scene.person("bob", "#a")
        self.phone = self.scene.attach(self.bob)
        self.out = self.scene.person("out", "#b")
        self.operator = self.scene.operator("op", "kill")
        self.scene.clear(self.ann, self.bob, self.phone, self.out)

    def kill(self, nick: str, reason: str = "spam") -> None:
        """Kill a user."""
        done(self.scene.chat.operators.kill(self.operator.session, nick, reason))

    def test_kill(self) -> None:
        """Users in common rooms hear it.  All sessions of the killed user are closed with the reason."""
        done(self.scene.chat.speaking.say(self.ann.session, "#a", "hello"))
        user = self.bob.user
        self.kill("BOB")
        self.scene.endTurn()
        self.assertEqual(self.ann.heard(), ["op killed bob spam"])
        for person in (self.bob, self.phone):
            self.assertEqual(person.outlet.reasons, ["Killed (op (spam))"])
            self.assertEqual(person.heard(), ["#a ann: hello"])
            self.assertIsNone(person.session.user)
        self.assertEqual((self.out.heard(), self.operator.heard()), ([], []))
        self.assertIsNone(self.scene.state.users.named("bob"))
        self.assertEqual(self.scene.ranks("#a"), {"ann": "o"})
        (departed,) = self.scene.state.whowas.named("bob")
        self.assertEqual(departed.source, user.source)

    def test_byServer(self) -> None:
        """An administrator outside of the chat kills as the server."""
        done(self.scene.chat.operators.kill(None, "bob", "spam"))
        self.assertEqual(self.ann.heard(), ["the server killed bob spam"])
        self.assertEqual(self.bob.outlet.reasons, ["Killed (the server (spam))"])

    def test_noQuit(self) -> None:
        """When their connections close afterwards, there is no quit."""
        self.kill("bob", "")
        self.assertEqual(self.bob.outlet.reasons, ["Killed (op)"])
        for person in (self.bob, self.phone):
            self.assertIsNone(self.scene.chat.presence.close(person.session, "Killed"))
            self.assertNotIn(person.session.id, self.scene.state.sessions)
        self.assertIsInstance(self.scene.entries[-1].event, Killed)
        self.scene.person("bob", "#a")

    def test_themselves(self) -> None:
        """An operator may kill themselves."""
        self.kill("op", "enough")
        self.assertEqual((self.operator.outlet.reasons, self.operator.session.user), (["Killed (op (enough))"], None))

    def test_refused(self) -> None:
        """Unknown nicks and invalid reasons are refused."""
        self.assertEqual(refused(errors.NoSuchNick, lambda: self.kill("nobody")).nick, "nobody")
        self.assertEqual(refused(errors.TooLong, lambda: self.kill("bob", "x" * 391)).what, "the reason")
        refused(errors.BadText, lambda: self.kill("bob", "a\nb"))

    def test_tooLate(self) -> None:
        """A user who has quit when the kill is applied is not killed; a renamed user is."""
        scene = ManualScene()
        ann, bob, carol = scene.person("ann", "#a"), scene.person("bob", "#a"), scene.person("carol", "#a")
        ann.user.operator = Operator("Boss", frozenset(("kill",)))
        scene.chat.presence.close(bob.session, "bye")
        killing = scene.chat.operators.kill(ann.session, "bob", "")
        renaming = scene.chat.identity.rename(carol.session, "carola")
        second = scene.chat.operators.kill(ann.session, "carol", "")
        scene.commit()
        self.assertEqual(self.failureResultOf(killing, errors.NoSuchNick).value.nick, "bob")
        done(renaming)
        done(second)
        self.assertEqual([user.nick for user in scene.state.users], ["ann"])
        self.assertIn("ann killed carola", ann.heard())


class AnnounceTests(SynchronousTestCase):
    """Announcements."""

    def test_announce(self) -> None:
        """Users with mode w and all operators hear it, once per session."""
        scene = Scene()
        ann, bob = scene.person("ann", "#a"), scene.person("bob", "#a")
        phone = scene.attach(ann)
        done(Deferred.fromCoroutine(scene.chat.identity.setUserModes(ann.session, "+w")))
        operator, other = scene.operator("op", "wallops"), scene.operator("other")
        scene.clear(ann, bob, phone)
        done(scene.chat.operators.announce(operator.session, "restart at noon"))
        for person in (ann, phone, operator, other):
            self.assertEqual(person.heard(), ["op announced restart at noon"])
        self.assertEqual(bob.heard(), [])

    def test_everyone(self) -> None:
        """The server can tell everyone, once per session.  Connections that have not entered do not hear it."""
        scene = Scene()
        ann, stranger = scene.person("ann"), scene.connect()
        phone = scene.attach(ann)
        scene.clear(ann, phone, stranger)
        done(scene.chat.operators.announce(None, "restart at noon", everyone=True))
        for person in (ann, phone):
            self.assertEqual(person.heard(), ["the server announced restart at noon to everyone"])
        self.assertEqual(stranger.heard(), [])

    def test_refused(self) -> None:
        """An empty text, one with a line end, and one that is too long are refused."""
        scene = Scene()
        session = scene.operator("op", "wallops").session
        for text in ("", "  "):
            refused(errors.NothingSaid, partial(scene.chat.operators.announce, session, text))
        refused(errors.BadText, lambda: scene.chat.operators.announce(session, "a\nb"))
        self.assertEqual(refused(errors.TooLong, lambda: scene.chat.operators.announce(session, "x" * 391)).limit, 390)


class ServerBanTests(SynchronousTestCase):
    """Server bans."""

    def setUp(self) -> None:
        """An operator and other users, each from a different address."""
        self.scene = Scene()
        self.chat = self.scene.chat
        self.operator = self.arrive("op", "192.0.2.1")
        done(Deferred.fromCoroutine(self.chat.operators.become(self.operator.session, "Boss", ["ban"])))
        self.bob, self.carol = self.arrive("bob", "198.51.100.7"), self.arrive("carol", "::ffff:198.51.100.8")
        self.unnamed = self.scene.connect(address="198.51.100.9")
        self.local = self.arrive("local", None)

    def arrive(self, nick: str, address: str | None) -> Person:
        """Enter from an address."""
        person = self.scene.connect(address=address)
        done(self.scene.enter(person, nick))
        return person

    def ban(self, mask: str, seconds: float | None = None, reason: str = "spam") -> None:
        """Set a ban."""
        done(self.chat.operators.banFromServer(self.operator.session, mask, seconds, reason))

    def gone(self) -> list[str]:
        """Return the sessions disconnected since the last call, and how often each was."""
        people = {"op": self.operator, "bob": self.bob, "carol": self.carol, "-": self.unnamed, "local": self.local}
        found = [name for name, person in people.items() for _ in person.outlet.reasons]
        for person in people.values():
            person.outlet.reasons.clear()
        return found

    def test_disconnected(self) -> None:
        """Matching users are disconnected with the reason.  They quit when their connection is closed."""
        for mask, gone in (
            ("198.51.100.0/24", ["bob", "carol", "-"]),
            ("198.51.100.8", ["carol"]),
            ("bob!*@*", ["bob"]),
            ("~u@198.51.100.7", ["bob"]),
            ("~u@198.51.100.0/29", ["bob"]),
            ("*@local.host", ["local"]),
            ("carol!*@198.51.100.?", []),
            ("203.0.113.0/24", []),
        ):
            self.ban(mask)
            self.assertEqual(self.gone(), gone, mask)
        self.assertEqual(len(self.scene.state.users), 4)
        self.ban("198.51.100.7", 60, "flood")
        self.ban("198.51.100.7", reason="")
        self.assertEqual(self.bob.outlet.reasons, ["Banned from this server: flood", "Banned from this server"])

    def test_eachSession(self) -> None:
        """If an address matches, only the sessions from it are disconnected.  If a name matches, all are."""
        phone = self.scene.connect(address="203.0.113.5")
        self.chat.presence.attach(phone.session, self.bob.user)
        self.ban("203.0.113.5")
        self.assertEqual((self.gone(), phone.outlet.reasons), ([], ["Banned from this server: spam"]))
        self.ban("bob!*@*")
        self.assertEqual((self.gone(), len(phone.outlet.reasons)), (["bob"], 2))

    def test_until(self) -> None:
        """A ban expires.  Until then it keeps users out."""
        self.ban("203.0.113.0/24", 60)
        (ban,) = self.chat.operators.serverBans(self.operator.session)
        start = self.scene.entries[-1].time
        self.assertEqual(ban, ServerBan("203.0.113.0/24", "spam", "op", start, start + 60_000))
        error = refused(errors.ServerBanned, lambda: self.arrive("eve", "203.0.113.9"))
        self.assertEqual((error.reason, error.until), ("spam", start + 60_000))
        self.scene.now = 60.0
        self.assertEqual(self.chat.operators.serverBans(self.operator.session), [])
        self.arrive("eve", "203.0.113.9")

    def test_replaced(self) -> None:
        """A second ban on the same mask, in any spelling, replaces the first."""
        self.ban("203.0.113.0/24", 60)
        self.ban("*@::ffff:203.0.113.5/120", None, "again")
        (ban,) = self.chat.operators.serverBans(self.operator.session)
        self.assertEqual((ban.mask, ban.reason, ban.until), ("203.0.113.0/24", "again", None))

    def test_lifted(self) -> None:
        """A lifted ban keeps nobody out.  A missing or expired ban cannot be lifted."""
        self.ban("203.0.113.0/24")
        done(self.chat.operators.liftServerBan(self.operator.session, "203.0.113.77/24"))
        self.arrive("eve", "203.0.113.9")
        self.ban("203.0.113.0/25", 60)
        self.scene.now = 60.0
        for mask in ("203.0.113.0/24", "203.0.113.0/25"):
            error = refused(
                errors.NoSuchServerBan, partial(self.chat.operators.liftServerBan, self.operator.session, mask)
            )
            self.assertEqual(error.mask, mask)
        refused(errors.BadServerBan, lambda: self.chat.operators.liftServerBan(self.operator.session, "bob"))

    def test_liftedWide(self) -> None:
        """A ban that could not be set any more can still be lifted."""
        self.scene.log.append(ServerBanSet(self.operator.user.source, "*!*@*.cloak", "spam"))
        done(self.chat.operators.liftServerBan(self.operator.session, "*@*.cloak"))
        self.assertEqual(self.chat.operators.serverBans(self.operator.session), [])

    def test_oneself(self) -> None:
        """Nobody can ban themselves, with any of their sessions."""
        phone = self.scene.connect(address="203.0.113.5")
        self.chat.presence.attach(phone.session, self.operator.user)
        for mask in ("192.0.2.0/24", "203.0.113.5", "op!*@*", "~u@192.0.2.*", "*@op.host"):
            error = refused(errors.BadServerBan, partial(self.ban, mask))
            self.assertEqual((error.mask, error.why), (mask, "it would meet you"))
        self.assertEqual(len(self.scene.state.serverBans), 0)

    def test_byServer(self) -> None:
        """An administrator outside of the chat bans as the server, who cannot ban itself, and lifts the ban again."""
        operators = self.chat.operators
        done(operators.banFromServer(None, "198.51.100.0/24", None, "spam"))
        self.assertEqual(self.bob.outlet.reasons, ["Banned from this server: spam"])
        (ban,) = operators.serverBans(None)
        self.assertEqual(("198.51.100.0/24", "the server"), (ban.mask, ban.by))
        done(operators.liftServerBan(None, "198.51.100.0/24"))
        self.assertEqual(operators.serverBans(None), [])
        refused(errors.BadServerBan, lambda: operators.banFromServer(None, "*@*", None))

    def test_refused(self) -> None:
        """A mask that is too wide, a reason that is too long, and an invalid duration are refused."""
        self.assertIn("/8", refused(errors.BadServerBan, lambda: self.ban("0.0.0.0/1")).why)
        for seconds in (0, -1, float("nan"), float("inf"), 100 * 365 * 86400 + 1):
            error = refused(errors.BadServerBan, partial(self.ban, "203.0.113.5", seconds))
            self.assertIn("100 years", error.why)
        self.ban("203.0.113.5", 100 * 365 * 86400)
        self.assertEqual(refused(errors.TooLong, lambda: self.ban("203.0.113.5", reason="x" * 391)).what, "the reason")
        refused(errors.BadText, lambda: self.ban("203.0.113.5", reason="a\rb"))

    def test_overWhenItComes(self) -> None:
        """A ban that has expired when it is applied, because the disk was slow, disconnects nobody."""
        scene = ManualScene()
        ann, bob = scene.person("ann"), scene.person("bob")
        ann.user.operator = Operator("Boss", frozenset(("ban",)))
        scene.chat.operators.banFromServer(ann.session, "bob!*@*", 1.0)
        scene.now = 1.0
        scene.commit()
        self.assertEqual(bob.outlet.reasons, [])
        self.assertFalse(any(isinstance(entry.event, Quit) for entry in scene.entries))
