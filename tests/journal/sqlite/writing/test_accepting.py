"""Tests of L{twistchat.journal.sqlite.writing.accepting}: late changes, and the entries that they delete."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from twisted.internet.task import Clock

from tests.chat.fakes import newState
from tests.journal.disk import DiskTestCase
from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import (
    SERVER,
    AccountDropped,
    AccountExpired,
    AccountRegistered,
    AccountRestored,
    AccountSuspended,
    Credential,
    CredentialRemoved,
    CredentialSet,
    Entry,
    Event,
    InboxRead,
    LoginRecorded,
    MarkerSet,
    NickGrouped,
    PrivateMessage,
    RoomRegistered,
    RoomRenamed,
    Source,
)
from twistchat.testing.contract import ANN, said

OLD, NEW, OTHER = "old-secret", "new-secret", "other-secret"


def password(account: str, secret: str, registration: str = "") -> CredentialSet:
    """The event that sets a password."""
    return CredentialSet(SERVER, account, Credential("password", "", secret), registration)


class AcceptingTestCase(DiskTestCase):
    """A journal with a real state."""

    def setUp(self) -> None:
        """Open the journal."""
        super().setUp()
        self.reopen(kill=False)

    def reopen(self, *, kill: bool, clock: Clock | None = None) -> None:
        """Open the journal again, after closing it, or after the process was killed."""
        if kill:
            self.die()
        else:
            self.closeJournal()
        self.state = newState()
        self.openJournal(self.state.apply, clock=clock)

    def outcomes(self, *events: Event) -> list[bool]:
        """Propose events at once, so that one batch stores them.  Return which were applied."""
        applied: list[bool] = []
        for event in events:
            self.journal.append(event).addCallbacks(
                lambda _: True, lambda failure: failure.check(ChatError) is None
            ).addCallback(applied.append)
        self.settle()
        return applied

    def kinds(self) -> Sequence[str]:
        """The kinds of the stored entries, in order."""
        return self.onDisk("SELECT kind FROM entry ORDER BY sequence")

    def secret(self, account: str) -> str:
        """The secret of the password of an account."""
        credential = self.state.accounts.named(account).credential("password")
        return "" if credential is None else credential.secret

    def found(self, text: str) -> list[str]:
        """The names of the files in the data directory that contain a text."""
        return sorted(path.name for path in Path(self.directory).iterdir() if text.encode() in path.read_bytes())


class RaceTests(AcceptingTestCase):
    """Two proposals of one batch: the second is refused, and takes nothing from the first."""

    def check(self, first: Sequence[Event], second: Sequence[Event], refused: int) -> None:
        """Check that the first events are in force after a restart as before it."""
        outcomes = self.outcomes(*first, *second)
        self.assertEqual(outcomes, [True] * (len(outcomes) - refused) + [False] * refused)
        state = self.state
        for kill in (False, True):
            self.reopen(kill=kill)
            for account in state.accounts:
                again = self.state.accounts.named(account.name)
                for name in type(account).__slots__:
                    self.assertEqual(getattr(again, name), getattr(account, name))
            self.assertEqual(len(self.state.accounts), len(state.accounts))
        self.assertEqual(self.onDisk("SELECT count(*) FROM undecided"), [0])

    def test_registered(self) -> None:
        """Of two registrations the first gets the name, and keeps its password."""
        self.check(
            [AccountRegistered(SERVER, "alice", registration="1"), password("alice", OLD, "1")],
            [AccountRegistered(SERVER, "Alice", registration="2"), password("Alice", NEW, "2")],
            2,
        )
        self.assertEqual(self.secret("alice"), OLD)
        self.assertEqual(self.found(NEW), [])

    def test_grouped(self) -> None:
        """A nick stays with the account if it is grouped twice."""
        self.outcomes(AccountRegistered(SERVER, "alice"))
        self.check([NickGrouped(SERVER, "alice", "al")], [NickGrouped(SERVER, "alice", "Al")], 1)
        self.assertEqual(self.state.accounts.named("alice").nicks, ("al",))

    def test_expired(self) -> None:
        """An account that was verified in time does not expire, and a later registration does not expire."""
        self.check([AccountRegistered(SERVER, "alice"), password("alice", OLD)], [AccountExpired(SERVER, "alice")], 1)
        self.check([AccountRegistered(SERVER, "bob", 1, "2")], [AccountExpired(SERVER, "bob", "1")], 1)
        self.assertEqual(self.secret("alice"), OLD)

    def test_certificate(self) -> None:
        """Of two accounts with one certificate the first has it, also if the other is restored first."""
        certificate = Credential("certificate", "f1")
        self.outcomes(AccountRegistered(SERVER, "alice"), AccountRegistered(SERVER, "bob"))
        self.check([CredentialSet(SERVER, "alice", certificate)], [CredentialSet(SERVER, "bob", certificate)], 1)
        self.outcomes(CredentialRemoved(SERVER, "alice", "certificate", "f1"))
        self.reopen(kill=False)
        self.assertIsNone(self.state.accounts.holderOf("certificate", "f1"))

    def test_dropped(self) -> None:
        """What is proposed for an account that is dropped first leaves no trace."""
        self.outcomes(AccountRegistered(SERVER, "alice"), password("alice", OLD))
        late = [password("alice", NEW), LoginRecorded(SERVER, "alice", "password"), NickGrouped(SERVER, "alice", "al")]
        self.check([AccountDropped(SERVER, "alice")], [*late, AccountRegistered(SERVER, "alice")], 4)
        self.assertEqual(self.kinds(), ["dropped"])
        self.assertEqual(self.state.accounts.retired, ("alice",))

    def test_order(self) -> None:
        """Changes of one batch are made in order."""
        events = [
            AccountRegistered(SERVER, "alice"),
            password("alice", OLD),
            AccountSuspended(SERVER, "alice", "spam"),
            AccountRestored(SERVER, "alice"),
            password("alice", NEW),
            NickGrouped(SERVER, "alice", "al"),
        ]
        self.check(events, [], 0)
        self.assertEqual(self.kinds(), ["registered", "restored", "credential", "grouped"])

    def test_room(self) -> None:
        """A registration of a room moves with the room, if it is renamed in the next entry."""
        self.outcomes(AccountRegistered(SERVER, "alice"))
        self.assertEqual(
            self.outcomes(RoomRegistered(SERVER, "#a", "alice"), RoomRenamed(SERVER, "#a", "#b")), [True, True]
        )
        self.reopen(kill=True)
        room = self.state.rooms.get("#b")
        assert room is not None
        self.assertEqual(room.founder, "alice")


class UndecidedTests(AcceptingTestCase):
    """The process ends after a batch was stored, and before its late changes were made."""

    def test_restart(self) -> None:
        """The restart applies the entries in order, and makes their changes."""
        self.outcomes(AccountRegistered(SERVER, "alice"), password("alice", OLD))
        # The first text is a batch of its own, and the rest waits for it.
        events = [password("alice", NEW), NickGrouped(SERVER, "nobody", "no"), password("alice", OTHER)]
        for event in (said("x"), *events):
            self.journal.append(event).addErrback(lambda _: None)
        self.writer.step()
        self.writer.step()
        self.assertEqual(self.onDisk("SELECT count(*) FROM undecided"), [3])
        self.store.abandon()
        self.reader.run()
        self.journal.committer.closed = True
        self.state = newState()
        self.openJournal(self.state.apply)
        self.assertEqual(self.secret("alice"), OTHER)
        self.assertEqual(self.onDisk("SELECT count(*) FROM undecided"), [0])
        self.assertEqual(self.kinds(), ["registered", "said", "credential"])
        self.assertEqual(self.found(OLD) + self.found(NEW), [])
        self.flushLoggedErrors()


class ErasingTests(AcceptingTestCase):
    """The bytes of credentials that are no longer valid."""

    def setUp(self) -> None:
        """An account with a password."""
        super().setUp()
        self.clock = Clock()
        self.reopen(kill=False, clock=self.clock)
        self.outcomes(AccountRegistered(SERVER, "alice", 0), password("alice", OLD))
        self.assertNotEqual(self.found(OLD), [])

    def wait(self) -> None:
        """Let the time pass after which the bytes are removed."""
        self.clock.advance(1)
        self.settle()

    def test_replaced(self) -> None:
        """Nothing is left of a replaced password."""
        self.outcomes(password("alice", NEW))
        self.wait()
        self.assertEqual((self.found(OLD), self.found(NEW)), ([], ["journal.sqlite"]))

    def test_removed(self) -> None:
        """Nothing is left of a removed credential, or of those of an account that is dropped or expires."""
        for event in (
            CredentialRemoved(SERVER, "alice", "password", ""),
            AccountDropped(SERVER, "alice"),
            AccountExpired(SERVER, "alice"),
        ):
            with self.subTest(event=type(event)):
                if self.state.accounts.get("alice") is None:
                    self.closeJournal()
                    for path in Path(self.directory).iterdir():
                        path.unlink()
                    self.setUp()
                self.outcomes(password("alice", OLD), event)
                self.wait()
                self.assertEqual(self.found(OLD), [])

    def test_refused(self) -> None:
        """Nothing is left of a password that was refused."""
        self.outcomes(password("nobody", NEW))
        self.wait()
        self.assertEqual(self.found(NEW), [])

    def test_killed(self) -> None:
        """If the process is killed before that, the next start removes the bytes."""
        self.outcomes(password("alice", NEW))
        self.assertNotEqual(self.found(OLD), [])
        self.reopen(kill=True)
        self.assertEqual(self.found(OLD), [])
        self.assertEqual(self.secret("alice"), NEW)

    def test_many(self) -> None:
        """
        Nothing is left in pages that were split, merged or freed, after many accounts have changed their passwords in
        many ways.
        """
        old = []
        for number in range(300):
            name = f"u{number:03}"
            secrets = [
                f"first-{number:03}-" + "x" * (number % 40 * 25),
                f"later-{number:03}-" + "y" * (number % 7 * 90),
            ]
            self.outcomes(AccountRegistered(SERVER, name), password(name, secrets[0]))
            if number % 3:
                back = f"u{number // 2 + number % 2:03}"
                self.outcomes(password(back, f"later-{back}-" + "z" * (number % 11 * 60)))
                old.append(f"first-{back[1:]}-")
            if number % 5 == 0 and number:
                self.outcomes(AccountDropped(SERVER, f"u{number // 5:03}"))
                old += [f"first-{number // 5:03}-", f"later-u{number // 5:03}-"]
        self.wait()
        self.assertEqual([secret for secret in old if self.found(secret)], [])

    def test_markers(self) -> None:
        """A replaced read marker is deleted, and no checkpoint is made for it, because it is no secret."""
        self.outcomes(AccountRegistered(SERVER, "alice"))
        self.wait()
        for time in (1, 2, 3):
            self.assertEqual(self.outcomes(MarkerSet(SERVER, "alice", "#tea", time)), [True])
        self.assertEqual(self.outcomes(MarkerSet(SERVER, "alice", "#tea", 2)), [False])
        self.wait()
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry WHERE kind = 'marker'"), [1])
        self.reopen(kill=True)
        self.assertEqual(self.state.accounts.named("alice").markers, {"#tea": 3})

    def test_inbox(self) -> None:
        """Private texts that were shown are not deleted, because they are history."""
        text = PrivateMessage(ANN, "s", Source("", "alice", account="alice"), "hello")
        self.closeJournal()
        self.openJournal()
        entries = self.append(text, text, InboxRead(SERVER, "alice", None), text)
        held = [entry.sequence for entry in entries[3:]]
        self.assertEqual(self.onDisk("SELECT sequence FROM holding WHERE key GLOB 'inbox *'"), held)
        (read,) = self.append(InboxRead(SERVER, "alice", held[0] - 1))
        self.assertEqual(self.onDisk("SELECT sequence FROM holding WHERE key GLOB 'inbox *'"), held)
        self.assertEqual(self.onDisk("SELECT count(*) FROM entry WHERE kind = 'told'"), [3])
        self.assertIsInstance(read, Entry)
        held += [entry.sequence for entry in self.append(text, text)]
        self.append(InboxRead(SERVER, "alice", texts=(held[0], held[2])))
        self.assertEqual(self.onDisk("SELECT sequence FROM holding WHERE key GLOB 'inbox *'"), [held[1]])
