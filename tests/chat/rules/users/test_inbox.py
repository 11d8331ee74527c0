"""Tests of L{twistchat.chat.rules.users.inbox}."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from twisted.internet.defer import Deferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import ManualScene, Person, Scene, done, newState, rebuilt, refused, shown
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.accounts import Left
from twistchat.chat.model.events import SERVER, Entry, InboxRead, Kind, PrivateMessage, Source
from twistchat.chat.model.holding import Holding, remaining
from twistchat.chat.model.spans import Kept
from twistchat.chat.model.users import ABSENT
from twistchat.chat.snapshot import restoreSnapshot, takeSnapshot


class InboxTests(SynchronousTestCase):
    """Bob writes to alice, who is not here."""

    def setUp(self) -> None:
        """Register both, and let bob log in."""
        self.scene = Scene()
        self.scene.account("alice")
        self.scene.account("Bob")
        self.bob = self.come("bob")
        self.say = partial(self.scene.chat.speaking.sayPrivate, self.bob.session)

    def come(self, account: str, nick: str = "", away: str | None = None) -> Person:
        """Log in and enter."""
        person = self.scene.connect()
        done(self.scene.logIn(person, account))
        enter = self.scene.chat.identity.enter(person.session, nick or account, "~u", "host", away=away)
        done(Deferred.fromCoroutine(enter))
        return person

    def read(self, person: Person) -> Deferred[Sequence[Kept]]:
        """Read the waiting texts."""
        waiting = self.scene.chat.inbox.waiting(person.session)
        return succeed(()) if waiting is None else Deferred.fromCoroutine(self.scene.chat.inbox.read(waiting))

    def texts(self, person: Person) -> list[str]:
        """Read the waiting texts, mark them, and return the words of each."""
        waiting = self.scene.chat.inbox.waiting(person.session)
        events = [kept.event for kept in done(self.read(person)) if isinstance(kept, Entry)]
        marked = None if waiting is None else self.scene.chat.inbox.mark(waiting)
        if marked is not None:
            done(marked)
        return [event.text for event in events if isinstance(event, PrivateMessage)]

    def inbox(self) -> list[str]:
        """Return the senders of alice's waiting texts."""
        return [left.sender for left in self.scene.state.accounts.named("alice").inbox]

    def test_waits(self) -> None:
        """A text waits for the next login, which is told of it, and is shown once."""
        done(self.say("ALICE", "one"))
        done(self.say("alice", "two", "action"))
        self.assertEqual((self.inbox(), self.bob.heard()), (["Bob", "Bob"], []))
        other = self.scene.attach(self.bob)
        done(self.say("alice", "three"))
        self.assertEqual((other.heard(), self.bob.heard()), (["@alice bob: three"], []))
        alice = self.come("alice", "ally")
        self.assertEqual(alice.heard(), ["texts wait"])
        self.assertEqual(self.texts(alice), ["one", "two", "three"])
        self.assertEqual((self.inbox(), self.texts(alice)), ([], []))
        self.assertEqual(self.come("alice").heard(), [])

    def test_login(self) -> None:
        """A guest who logs in is told, and so is one who moves to a user who has not read them."""
        done(self.say("alice", "one"))
        guest, late = self.scene.person("guest"), self.scene.person("late")
        done(self.scene.logIn(guest, "alice"))
        self.assertEqual(guest.heard(), ["guest account alice", "texts wait"])
        done(self.scene.logIn(late, "alice"))
        self.assertEqual(late.heard()[-1], "texts wait")

    def test_absentSession(self) -> None:
        """A session that nobody uses leaves them for another."""
        done(self.say("alice", "one"))
        self.assertEqual(self.come("alice", away=ABSENT).heard(), [])
        self.assertEqual(self.come("alice").heard(), ["texts wait"])

    def test_otherNick(self) -> None:
        """If the account's user is here under another nick, they get the text at once."""
        alice = self.come("alice", "ally")
        done(self.say("alice", "hello"))
        self.assertEqual((alice.heard(), self.inbox()), (["@ally bob: hello"], []))

    def test_refused(self) -> None:
        """Guests can leave nothing, and nobody can leave a notice, or a text for an account that cannot be used."""
        guest = self.scene.person("guest")
        send = self.scene.chat.speaking.sayPrivate
        error = refused(errors.AccountAway, lambda: send(guest.session, "alice", "x"))
        self.assertEqual(error.text, "alice is not here; log in to leave a message")
        refused(errors.NoSuchNick, lambda: send(guest.session, "nobody", "x"))
        refused(errors.NoSuchNick, lambda: self.say("alice", "x", "notice"))
        refused(errors.NoSuchNick, lambda: self.say("\N{CYRILLIC SMALL LETTER A}lice", "x"))
        refused(errors.NoSuchNick, lambda: self.scene.chat.speaking.sendTagsPrivate(self.bob.session, "alice", ()))
        refused(errors.TooLong, lambda: self.say("alice", "x" * 5000))
        done(self.scene.chat.accounts.suspend(None, "alice", "spam"))
        refused(errors.NoSuchNick, lambda: self.say("alice", "x"))
        self.assertEqual(self.inbox(), [])

    def test_full(self) -> None:
        """At most a hundred texts wait, and none is lost."""
        limit = ChatLimits().inbox
        for number in range(limit):
            done(self.say("alice", str(number)))
        error = refused(errors.InboxFull, lambda: self.say("alice", "one more"))
        self.assertEqual((error.nick, error.limit), ("alice", 100))
        self.assertEqual(self.texts(self.come("alice")), [str(number) for number in range(limit)])

    def test_groupedNick(self) -> None:
        """Any nick of the account reaches it."""
        done(self.scene.chat.accounts.group(None, "alice", "Liddell"))
        done(self.say("liddell", "x"))
        self.assertEqual(self.inbox(), ["Bob"])

    def test_redacted(self) -> None:
        """A text that was redacted meanwhile is left out."""
        done(self.say("alice", "one"))
        done(self.say("alice", "two"))
        first = self.scene.state.accounts.named("alice").inbox[0]
        account = self.scene.state.accounts.named("alice")
        account.inbox = (Left(first.sequence, "nobody"), account.inbox[1])
        self.assertEqual(self.texts(self.come("alice")), ["two"])

    def test_forgotten(self) -> None:
        """If the sender's texts are erased, they do not wait any more, also after a restart."""
        done(self.say("alice", "one"))
        done(self.scene.chat.accounts.forgetTexts(None, "bob"))
        self.assertEqual(self.inbox(), [])
        done(self.say("alice", "two"))
        self.assertEqual(self.inbox(), ["Bob"])
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))
        refused(errors.NoSuchAccount, lambda: self.scene.chat.accounts.forgetTexts(None, "carol"))

    def test_guestReads(self) -> None:
        """A guest has none."""
        self.assertEqual(done(self.read(self.scene.person("guest"))), ())

    def test_restart(self) -> None:
        """They wait over restarts, until they have been read."""
        done(self.say("alice", "one"))
        done(self.say("alice", "two"))
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))
        for expected in ([("one"), ("two")], []):
            holding = Holding()
            for entry in self.scene.entries:
                holding.note(entry)
            state = newState()
            bySequence = {entry.sequence: entry for entry in self.scene.entries}
            for sequence, keys in holding.entries().items():
                left = remaining(bySequence[sequence].event, sequence, keys)
                if left is not None:
                    state.apply(bySequence[sequence])
            account = state.accounts.named("alice")
            self.assertEqual(len(account.inbox), len(expected))
            again = newState()
            restoreSnapshot(again, takeSnapshot(self.scene.state, "local"))
            self.assertEqual(again.accounts.named("alice").inbox, self.scene.state.accounts.named("alice").inbox)
            if expected:
                self.assertEqual(self.texts(self.come("alice")), expected)


class MarkTests(SynchronousTestCase):
    """Bob and carol have written to alice, who comes back and reads one of the two conversations."""

    def setUp(self) -> None:
        """Let one, two (bob), three (carol) and four (bob) wait."""
        self.scene = Scene()
        for name in ("alice", "Bob", "carol"):
            self.scene.account(name)
        self.account = self.scene.state.accounts.named("alice")
        bob, carol = [self.come(name) for name in ("bob", "carol")]
        self.times = list[int]()
        for person, text in ((bob, "one"), (bob, "two"), (carol, "three"), (bob, "four")):
            self.scene.now += 1
            self.times.append(done(self.scene.chat.speaking.sayPrivate(person.session, "alice", text)).time)
        self.sequences = [left.sequence for left in self.account.inbox]
        self.alice = self.come("alice")
        self.inbox = self.scene.chat.inbox

    def come(self, account: str) -> Person:
        """Log in and enter."""
        person = self.scene.connect()
        done(self.scene.logIn(person, account))
        done(self.scene.enter(person, account))
        return person

    def left(self) -> list[int]:
        """The places of the texts that wait, which are the same after a restart, from the journal or a snapshot."""
        holding, again = Holding(), newState()
        for entry in self.scene.entries:
            holding.note(entry)
        held = [sequence for sequence, keys in holding.entries().items() if any(key[:6] == "inbox " for key in keys)]
        waiting = [left.sequence for left in self.account.inbox]
        restoreSnapshot(again, takeSnapshot(self.scene.state, "local"))
        self.assertEqual(again.accounts.named("alice").inbox, self.account.inbox)
        self.assertEqual(held, waiting)
        self.assertEqual(shown(rebuilt(self.scene.entries)), shown(self.scene.state))
        return [self.sequences.index(sequence) for sequence in waiting]

    def test_page(self) -> None:
        """The texts in a page of the history do not wait any more."""
        entries = [entry for entry in self.scene.entries if entry.sequence in self.sequences]
        self.inbox.markPage(self.alice.session, [entries[0], entries[3]])
        self.assertEqual(self.left(), [1, 2])
        count = len(self.scene.entries)
        self.inbox.markPage(self.alice.session, [entries[0], entries[3]])
        self.inbox.markPage(self.alice.session, [])
        self.inbox.markPage(self.come("bob").session, entries)
        self.assertEqual((self.left(), len(self.scene.entries)), ([1, 2], count + 1))
        self.inbox.markPage(self.alice.session, entries)
        self.assertEqual(self.left(), [])

    def test_until(self) -> None:
        """A time counts for one conversation, and for texts up to it."""
        self.inbox.markUntil(self.alice.session, {"alice bob": self.times[1], "alice carol": self.times[2] - 1})
        self.assertEqual(self.left(), [2, 3])
        self.inbox.markUntil(self.alice.session, {"alice carol": self.times[2]})
        self.assertEqual(self.left(), [3])

    def test_readMarker(self) -> None:
        """A read marker counts for the texts of its conversation up to its time."""
        done(self.scene.chat.markers.mark(self.alice.session, "bob", self.times[1]) or succeed(None))
        self.assertEqual(self.left(), [2, 3])
        self.scene.chat.markers.mark(self.alice.session, "CAROL", self.times[3])
        self.assertEqual(self.left(), [3])

    def test_earlierVersions(self) -> None:
        """Entries of earlier versions have the last text, or mean all texts."""
        done(self.scene.log.append(InboxRead(SERVER, "alice", self.sequences[1])))
        self.assertEqual(self.left(), [2, 3])
        done(self.scene.log.append(InboxRead(SERVER, "alice")))
        self.assertEqual(self.left(), [])


class InboxRaceTests(SynchronousTestCase):
    """Texts that are on their way while the recipient comes or goes."""

    def setUp(self) -> None:
        """Register both, and let bob log in."""
        self.scene = ManualScene()
        for name in ("alice", "bob"):
            Deferred.fromCoroutine(self.scene.chat.accounts.register(None, name))
        self.scene.commit()
        self.bob = self.scene.person("bobby")
        self.scene.logIn(self.bob, "bob")
        self.scene.commit()
        self.bob.heard()

    def test_comes(self) -> None:
        """If the recipient comes first, they get the text as any other."""
        alice = self.scene.connect()
        done(self.scene.logIn(alice, "alice"))
        entering = self.scene.enter(alice, "alice")
        sending = self.scene.chat.speaking.sayPrivate(self.bob.session, "alice", "hello")
        for _ in range(3):
            self.scene.commit()
        done(entering)
        done(sending)
        self.assertEqual(alice.heard(), ["@alice bobby: hello"])
        self.assertEqual(self.scene.state.accounts.named("alice").inbox, ())

    def leave(self, kind: Kind = "message") -> Deferred[Entry]:
        """Let the recipient, who uses another nick, leave while a text is on its way.  Return its receipt."""
        alice = self.scene.connect()
        done(self.scene.logIn(alice, "alice"))
        self.scene.enter(alice, "liddell")
        self.scene.commit()
        closing = self.scene.chat.presence.close(alice.session, "bye")
        sending = self.scene.chat.speaking.sayPrivate(self.bob.session, "liddell", "hello", kind)
        for _ in range(3):
            self.scene.commit()
        done(closing)
        return sending

    def test_leaves(self) -> None:
        """If the recipient leaves first, the text waits for their account, although somebody else may get the nick."""
        self.assertEqual(done(self.leave()).event.recipient, Source("", "alice", account="alice"))
        self.assertEqual([left.sender for left in self.scene.state.accounts.named("alice").inbox], ["bob"])

    def test_leavesAlwaysOn(self) -> None:
        """The text also waits if the recipient stays present without a session."""
        self.scene.chat.accounts.set(None, "alice", "always-on", "on")
        self.scene.commit()
        done(self.leave())
        self.assertIsNotNone(self.scene.state.users.ofAccount("alice"))
        self.assertEqual([left.sender for left in self.scene.state.accounts.named("alice").inbox], ["bob"])

    def test_leavesNotice(self) -> None:
        """A notice does not wait."""
        self.failureResultOf(self.leave("notice"), errors.NoSuchNick)

    def test_dropped(self) -> None:
        """A text to an account that was dropped meanwhile is refused."""
        dropping = self.scene.log.append
        source = Source("", "alice", account="alice")
        Deferred.fromCoroutine(self.drop())
        sending = dropping(PrivateMessage(self.bob.user.source, self.bob.session.id, source, "hello"))
        self.scene.commit()
        self.failureResultOf(sending, errors.NoSuchNick)

    async def drop(self) -> None:
        """Drop the account."""
        await self.scene.chat.accounts.drop(None, "alice")

    def test_markedTwice(self) -> None:
        """Two sessions that read at once both get the texts, and there is one mark."""
        self.scene.chat.speaking.sayPrivate(self.bob.session, "alice", "hello")
        self.scene.commit()
        inbox, found = self.scene.chat.inbox, []
        for _ in range(2):
            person = self.scene.connect()
            done(self.scene.logIn(person, "alice"))
            self.scene.enter(person, "alice")
            self.scene.commit()
            waiting = inbox.waiting(person.session)
            assert waiting is not None
            self.assertIsNone(inbox.waiting(person.session, waiting))
            found.append(waiting)
        marked = inbox.mark(found[0])
        assert marked is not None
        self.assertIsNone(inbox.mark(found[1]))
        self.scene.commit()
        done(marked)
        self.assertEqual((self.scene.state.accounts.named("alice").inbox, inbox.mark(found[1])), ((), None))
