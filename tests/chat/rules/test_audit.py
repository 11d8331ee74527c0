"""Tests of L{twistchat.chat.rules.audit}."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, Person, Scene, done, refused
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import SERVER, AdministrativeAct, Source
from twistchat.chat.model.sessions import Session
from twistchat.chat.model.spans import Acts


class AuditTests(SynchronousTestCase):
    """The record of what administrators do."""

    def setUp(self) -> None:
        """Two people in a room."""
        self.scene = Scene()
        self.audit = self.scene.chat.audit
        self.alice = self.scene.person("alice", "#a")
        self.bob = self.scene.person("bob", "#a")
        self.scene.clear(self.alice, self.bob)

    def test_user(self) -> None:
        """An act of a user has their names, their door and their address."""
        session = self.alice.session
        session.door, session.address = "irc", "192.0.2.1"
        entry = done(self.audit.record(session, "kill", "bob", "spam"))
        source = self.alice.user.source
        self.assertEqual(entry.event, AdministrativeAct(source, "kill", "alice", "bob", "spam", "irc", "192.0.2.1"))

    def test_outside(self) -> None:
        """Somebody who is not in the chat is named by their name in the operating system."""
        entry = done(self.audit.recordOutside("console", "root", "account.suspend", "bob"))
        self.assertEqual(entry.event, AdministrativeAct(SERVER, "account.suspend", "root", "bob", door="console"))
        entry = done(self.audit.recordOutside("web", "alice", "server.kick", "bob", "spam", "192.0.2.1"))
        self.assertEqual(
            entry.event, AdministrativeAct(SERVER, "server.kick", "alice", "bob", "spam", "web", "192.0.2.1")
        )

    def test_outsideAccount(self) -> None:
        """An act of an account that is not in the chat has the account in its source."""
        entry = done(self.audit.recordOutside("web", "alice", "reload", "", "", "192.0.2.1", "alice"))
        source = Source("", "alice", account="alice")
        self.assertEqual(entry.event, AdministrativeAct(source, "reload", "alice", "", "", "web", "192.0.2.1"))

    def test_nobodyHears(self) -> None:
        """Nobody in the chat is told of an act."""
        done(self.audit.record(self.alice.session, "reload"))
        self.scene.endTurn()
        self.assertEqual([[], []], [person.heard() for person in (self.alice, self.bob)])

    def test_failure(self) -> None:
        """If an act cannot be stored, the verb goes on."""
        scene = ManualScene()
        alice, _ = scene.person("alice"), scene.person("bob")
        becoming = Deferred.fromCoroutine(scene.chat.operators.become(alice.session, "Boss", ("kill",)))
        scene.commit()
        done(becoming)
        killing = scene.chat.operators.kill(alice.session, "bob", "spam")
        scene.log.refuse("the disk is full")
        done(killing)
        self.assertIsNone(scene.state.users.named("bob"))


class ReadTests(SynchronousTestCase):
    """Reading acts."""

    def setUp(self) -> None:
        """An operator who reads, and one who may not."""
        self.scene = Scene(ChatLimits(historyReply=3))
        self.reader = self.scene.operator("reader", "audit")
        self.other = self.scene.operator("other", "kill", "auspex")

    def read(self, person: Person, limit: int = 9, **filters: str) -> list[str]:
        """The acts that somebody reads."""
        acts = Acts(limit, **filters)  # type: ignore[arg-type]  # filters are texts
        found = done(Deferred.fromCoroutine(self.scene.chat.audit.read(person.session, acts)))
        return [f"{entry.event.who} {entry.event.act}" for entry in found]

    def test_read(self) -> None:
        """With the privilege, a user reads the newest acts, as many as a reply has at most."""
        self.assertEqual(self.read(self.reader), ["other oper", "reader oper"])
        for _ in range(3):
            self.scene.chat.audit.note(self.other.session, "kill", "bob")
        self.assertEqual(self.read(self.reader), ["other kill"] * 3)
        self.assertEqual(self.read(self.reader, 1), ["other kill"])
        self.assertEqual(self.read(self.reader, who="reader"), ["reader oper"])

    def test_refused(self) -> None:
        """Nobody else reads them."""
        for person in (self.other, self.scene.person("guest")):
            refused(errors.NotPrivileged, partial(self.read, person))
        refused(errors.NotEntered, lambda: self.read(self.scene.connect()))

    def test_outside(self) -> None:
        """An administrator who is not in the chat reads them too."""
        found = done(Deferred.fromCoroutine(self.scene.chat.audit.read(None, Acts(1))))
        self.assertEqual([entry.event.act for entry in found], ["oper"])

    def test_administrators(self) -> None:
        """Administrators have the privilege."""
        self.scene.account("Root", admin="yes")
        root = self.scene.person("ann")
        done(self.scene.logIn(root, "Root"))
        self.assertEqual(len(self.read(root)), 2)


class RecordedTestCase(SynchronousTestCase):
    """
    The acts that verbs record.

    @ivar op: a server operator with all privileges, in no room.
    """

    limits = ChatLimits()

    def setUp(self) -> None:
        """A room with two members, one of whom operates it, and accounts."""
        self.scene = Scene(self.limits, lobby="#lobby", longestRetention=86400.0)
        self.chat = self.scene.chat
        self.scene.account("Alice")
        self.scene.account("Bob")
        self.alice = self.scene.person("alice", "#a", account="Alice")
        self.bob = self.scene.person("bob", "#a", account="Bob")
        self.op = self.scene.operator("op", "kill", "ban", "wallops", "rooms", "redact")
        self.seen = len(self.scene.entries)

    def acts(self) -> list[str]:
        """The acts since the last call.  Each stands before the entry of what was done."""
        entries, self.seen = self.scene.entries[self.seen :], len(self.scene.entries)
        events = [entry.event for entry in entries]
        for place, event in enumerate(events, 1):
            if isinstance(event, AdministrativeAct):
                self.assertNotIsInstance(events[place], AdministrativeAct)
        return [
            " ".join([event.who, event.act, event.target or "-", event.detail]).strip()
            for event in events
            if isinstance(event, AdministrativeAct)
        ]

    def expect(self, verb: Callable[[], Any], *acts: str) -> None:
        """Let somebody do something, and compare the acts."""
        outcome = verb()
        done(Deferred.fromCoroutine(outcome) if hasattr(outcome, "send") else outcome)
        self.assertEqual(self.acts(), list(acts))


class ServerTests(RecordedTestCase):
    """Acts of server operators."""

    def test_become(self) -> None:
        """Somebody becomes an operator."""
        self.expect(
            lambda: self.chat.operators.become(self.bob.session, "Boss", ("kill",), None, "root"), "bob oper root Boss"
        )

    def test_verbs(self) -> None:
        """What only operators can do is recorded.  The text of an announcement is not."""
        operators, session = self.chat.operators, self.op.session
        self.expect(lambda: operators.announce(session, "hello"), "op wallops -")
        self.expect(
            lambda: operators.banFromServer(session, "192.0.2.0/24", 60.0, "spam"),
            "op ban 192.0.2.0/24 until 2026-01-01T12:01:00Z: spam",
        )
        self.expect(lambda: operators.banFromServer(session, "x!*@*", None), "op ban x!*@* for ever")
        self.expect(lambda: operators.liftServerBan(session, "x!*@*"), "op unban x!*@*")
        self.expect(lambda: operators.kill(session, "BOB", "spam"), "op kill bob spam")

    def test_refused(self) -> None:
        """What is refused is not recorded, so nobody fills the journal."""
        operators, session = self.chat.operators, self.bob.session
        for verb in (
            lambda: operators.kill(session, "alice", "x"),
            lambda: operators.announce(session, "x"),
            lambda: operators.banFromServer(session, "192.0.2.0/24", None),
            lambda: self.chat.channels.takeOver(session, "#a"),
        ):
            refused(errors.NotPrivileged, verb)
        refused(errors.NoSuchNick, lambda: operators.kill(self.op.session, "nobody", "x"))
        refused(errors.NoSuchServerBan, lambda: operators.liftServerBan(self.op.session, "y!*@*"))
        self.assertEqual(self.acts(), [])

    def test_accounts(self) -> None:
        """What administrators do with accounts of others is recorded, and what owners do with their own is not."""
        accounts, session = self.chat.accounts, self.op.session
        self.expect(lambda: accounts.suspend(session, "bob", "spam"), "op account.suspend Bob spam")
        self.expect(lambda: accounts.restore(session, "bob"), "op account.restore Bob")
        self.expect(lambda: accounts.set(session, "bob", "admin", "yes"), "op account.admin Bob yes")
        self.expect(lambda: accounts.set(session, "bob", "admin", None), "op account.admin Bob no")
        self.expect(lambda: accounts.forgetTexts(session, "bob"), "op account.forget Bob")
        self.expect(lambda: accounts.drop(session, "bob"), "op account.drop Bob")
        self.expect(lambda: accounts.drop(self.alice.session, "alice"))
        self.expect(lambda: accounts.forgetTexts(None, "alice"))


class RoomTests(RecordedTestCase):
    """Server operators who override the rules of rooms."""

    def enter(self, *rooms: str) -> Person:
        """Let the operator join rooms."""
        for room in rooms or ("#a",):
            done(self.chat.membership.join(self.op.session, room))
        self.acts()
        return self.op

    def test_join(self) -> None:
        """An operator joins a room that is locked for others.  Joining an open one is not recorded."""
        self.scene.modes(self.alice, "#a", "+k", "secret")
        self.expect(lambda: self.chat.membership.join(self.op.session, "#A"), "op room.join #a BAD_KEY")
        other = self.scene.operator("other", "rooms")
        self.acts()
        self.expect(lambda: self.chat.membership.join(other.session, "#a", "secret"))
        refused(errors.BadKey, lambda: self.chat.membership.join(self.scene.person("x").session, "#a"))
        self.assertEqual(self.acts(), [])

    def test_forwarded(self) -> None:
        """The lock counts, and not the room that it forwards to."""
        self.scene.person("carol", "#b")
        done(self.chat.membership.join(self.alice.session, "#b"))
        self.scene.promote("#b", "alice", "o")
        self.scene.modes(self.alice, "#a", "+if", "#b")
        self.acts()
        self.expect(lambda: self.chat.membership.join(self.op.session, "#a"), "op room.join #a INVITE_ONLY")

    def test_modes(self) -> None:
        """An operator changes modes above their rank.  No key is recorded."""
        session = self.enter().session
        self.expect(lambda: self.chat.channels.setModes(session, "#a", "+P", ()), "op room.modes #a +P")
        self.scene.promote("#a", "op", "o")
        self.expect(lambda: self.chat.channels.setModes(session, "#a", "+mk-P", ("secret",)), "op room.modes #a -P")
        self.expect(lambda: self.chat.channels.setModes(session, "#a", "+v-m", ("bob",)))
        self.expect(lambda: self.chat.channels.setModes(self.alice.session, "#a", "+m", ()))

    def test_lobby(self) -> None:
        """An operator locks the lobby, or names a room like it."""
        session = self.enter("#lobby").session
        self.expect(
            lambda: self.chat.channels.setModes(session, "#lobby", "+k", ("secret",)), "op room.modes #lobby +k *"
        )
        self.expect(lambda: self.chat.channels.rename(session, "#lobby", "#hall"), "op room.rename #lobby #hall")

    def test_forward(self) -> None:
        """An operator forwards to a room that they do not operate."""
        session = self.enter("#own").session
        self.expect(lambda: self.chat.channels.setModes(session, "#own", "+f", ("#a",)), "op room.modes #own +f #a")
        self.expect(lambda: self.chat.channels.setModes(session, "#own", "-f", ()))

    def test_rename(self) -> None:
        """An operator renames a room."""
        session = self.enter().session
        self.expect(lambda: self.chat.channels.rename(session, "#a", "#b"), "op room.rename #a #b")
        self.expect(lambda: self.chat.channels.rename(self.alice.session, "#b", "#c"))

    def test_takeOver(self) -> None:
        """An operator becomes a founder of a room."""
        session = self.enter().session
        self.expect(lambda: self.chat.channels.takeOver(session, "#a"), "op room.takeover #a")

    def test_metadata(self) -> None:
        """An operator changes the metadata of a room.  The value is not recorded."""
        change, session = self.chat.metadata.change, self.enter().session
        self.expect(lambda: change(session, "#a", "url", "https://example.org"), "op room.metadata #a url")
        self.expect(lambda: change(self.alice.session, "#a", "url", "https://example.com"))
        self.expect(lambda: change(session, "op", "url", "https://example.org"))
        self.expect(lambda: self.chat.metadata.clear(session, "#a")[0][1], "op room.metadata #a *")

    def test_registered(self) -> None:
        """An operator changes registered rooms of others.  Their founders do so without a record."""
        rooms, session, own = self.chat.ownership, self.op.session, self.alice.session
        self.expect(lambda: rooms.register(session, "#new", "alice"), "op room.register #new Alice")
        self.expect(lambda: rooms.register(own, "#a"))
        verbs: tuple[tuple[Callable[[Session], object], str], ...] = (
            (lambda asker: rooms.setAccess(asker, "#a", "bob", "op"), "op room.access #a Bob o"),
            (lambda asker: rooms.setRank(asker, "#a", "bob", "v", True), "op room.modes #a +v bob"),
            (lambda asker: rooms.setAccess(asker, "#a", "bob", "none"), "op room.access #a bob none"),
            (lambda asker: rooms.setRank(asker, "#a", "bob", "v", False), "op room.modes #a -v bob"),
            (lambda asker: rooms.setSetting(asker, "#a", "successor", "bob"), "op room.set #a successor Bob"),
            (lambda asker: rooms.setSetting(asker, "#a", "successor", ""), "op room.set #a successor default"),
            (lambda asker: rooms.setSetting(asker, "#a", "retention", "12h"), "op room.set #a retention 12h"),
        )
        for verb, _ in verbs:
            self.expect(partial(verb, own))
        for verb, act in verbs:
            self.expect(partial(verb, session), act)
        self.expect(lambda: rooms.transfer(session, "#a", "bob"), "op room.transfer #a Bob")
        self.expect(lambda: rooms.transfer(self.bob.session, "#a", "alice"))
        self.expect(lambda: rooms.drop(session, "#a"), "op room.drop #a")
        self.expect(lambda: rooms.register(own, "#a"))
        self.expect(lambda: rooms.drop(own, "#a"))
        self.expect(lambda: rooms.register(None, "#a", "alice"))
        self.expect(lambda: rooms.drop(None, "#a"))

    def test_retention(self) -> None:
        """A founder with the privilege sets a retention above that of the server."""
        done(self.chat.ownership.register(self.alice.session, "#a"))
        done(Deferred.fromCoroutine(self.chat.operators.become(self.alice.session, "Boss", ("rooms",))))
        self.acts()
        set_, session = self.chat.ownership.setSetting, self.alice.session
        self.expect(lambda: set_(session, "#a", "retention", "7d"), "alice room.set #a retention 7d")
        self.expect(lambda: set_(session, "#a", "retention", "12h"))
        refused(errors.BadSetting, lambda: set_(session, "#a", "retention", "nonsense"))
        self.assertEqual(self.acts(), [])

    def test_redact(self) -> None:
        """An operator redacts the texts of others, which the record does not contain."""
        entries = [done(self.chat.speaking.say(self.bob.session, "#a", "hello")) for _ in range(3)]
        self.enter()
        own = done(self.chat.speaking.say(self.op.session, "#a", "hello"))
        redact = self.chat.speaking.redact
        one, two, three = [entry.msgid for entry in entries]
        self.expect(lambda: redact(self.op.session, "#a", one, "rude"), f"op redact #a {one} of bob: rude")
        self.expect(lambda: redact(self.op.session, "#a", own.msgid))
        self.expect(lambda: redact(self.alice.session, "#a", two))
        self.scene.promote("#a", "op", "o")
        self.expect(lambda: redact(self.op.session, "#a", three))

    def test_redactPrivate(self) -> None:
        """An operator redacts what somebody sent to them."""
        done(Deferred.fromCoroutine(self.chat.operators.become(self.alice.session, "Boss", ("redact",))))
        text = done(self.chat.speaking.sayPrivate(self.bob.session, "alice", "hello"))
        self.acts()
        self.expect(
            lambda: self.chat.speaking.redactPrivate(self.alice.session, "bob", text.msgid),
            f"alice redact bob {text.msgid} of bob",
        )
