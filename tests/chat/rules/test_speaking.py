"""Tests of L{twistchat.chat.rules.speaking}: texts, tags, ranks, blocking modes, and redaction."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import Person, Scene, done, refused
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import (
    SERVER,
    Entry,
    KeptPrivateTagMessage,
    KeptRoomTagMessage,
    Kind,
    PrivateMessageRedacted,
    PrivateTagMessage,
    RoomMessageRedacted,
    RoomSettingSet,
    RoomTagMessage,
    Source,
)
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.spans import Around, Kept, Span, pair
from twistchat.chat.model.users import Operator, User
from twistchat.journal.history.memory import MemoryHistory
from twistchat.testing import inMemory

TAGS = (("typing", "active"), ("draft/x", ""))


def empower(person: Person, *privileges: str) -> None:
    """Make a user an operator of the server."""
    person.user.operator = Operator("Operator", frozenset(privileges))


class TextTests(SynchronousTestCase):
    """Valid texts, and what goes with them."""

    def setUp(self) -> None:
        """Two users in a room."""
        self.scene = Scene(ChatLimits(message=20, lines=3))
        self.alice = self.scene.person("alice", "#a")
        self.bob = self.scene.person("bob", "#a")
        self.scene.clear(self.alice, self.bob)

    def verbs(self) -> Sequence[Callable[[str], Deferred[Entry]]]:
        """Return the verbs that send a text."""
        chat, session = self.scene.chat, self.alice.session
        return (
            lambda text: chat.speaking.say(session, "#a", text),
            lambda text: chat.speaking.sayPrivate(session, "bob", text),
        )

    def test_echoOutside(self) -> None:
        """Whoever speaks in a room from outside gets the text back, if they asked for their own texts."""
        carol, speaking = self.scene.person("carol"), self.scene.chat.speaking
        self.scene.modes(self.alice, "#a", "-n")
        self.scene.clear(self.bob)
        for echo in (True, False):
            speaking.setEcho(carol.session, echo)
            done(speaking.say(carol.session, "#a", "hi"))
            self.scene.endTurn()
            self.assertEqual(carol.heard(), ["#a carol: hi"] if echo else [])
            self.assertEqual(self.bob.heard(), ["#a carol: hi"])

    def test_lines(self) -> None:
        """A text has up to the maximum number of lines, including empty ones.  Line ends count as bytes."""
        for verb in self.verbs():
            for text in ("a\nb\nc", "\na\n", "a\n\nb", "123456789\n1234567890"):
                self.assertEqual(done(verb(text)).event.text, text)
            error = refused(errors.TooLong, lambda: verb("a\nb\nc\nd"))  # noqa: B023  # called at once
            self.assertEqual((error.what, error.length, error.limit, error.unit), ("the message", 4, 3, "lines"))
            error = refused(errors.TooLong, lambda: verb("1234567890\n1234567890"))  # noqa: B023  # called at once
            self.assertEqual((error.length, error.limit, error.unit), (21, 20, "bytes"))

    def test_blank(self) -> None:
        """A text of empty lines only is refused."""
        for verb in self.verbs():
            for text in ("", "\n", "\n\n", "\n\n\n\n\n"):
                refused(errors.NothingSaid, lambda: verb(text))  # noqa: B023  # called at once

    def test_delimiters(self) -> None:
        """CR and NUL are refused in a text of several lines too."""
        for verb in self.verbs():
            for text, character in (("a\r\nb", "\r"), ("a\n\0b", "\0")):
                bad = refused(errors.BadText, lambda: verb(text))  # noqa: B023  # called at once
                self.assertEqual(bad.character, character)

    def test_tags(self) -> None:
        """Tags go with a text, or alone."""
        chat, session = self.scene.chat, self.alice.session
        self.assertEqual(done(chat.speaking.say(session, "#a", "x", tags=TAGS)).event.tags, TAGS)
        self.assertEqual(done(chat.speaking.sayPrivate(session, "bob", "y", tags=TAGS)).event.tags, TAGS)
        self.assertIsInstance(done(chat.speaking.sendTags(session, "#a", TAGS)).event, RoomTagMessage)
        self.assertIsInstance(done(chat.speaking.sendTagsPrivate(session, "bob", TAGS)).event, PrivateTagMessage)
        self.scene.endTurn()
        written = " +typing=active +draft/x="
        self.assertEqual(
            self.bob.heard(),
            [
                f"#a alice: x{written}",
                f"@bob alice: y{written}",
                f"#a alice signals{written}",
                f"@bob alice signals{written}",
            ],
        )
        self.assertEqual(self.alice.heard(), [])

    def test_signalsEchoed(self) -> None:
        """Tags alone are echoed to the session if it asked for echo, and always sent to the sender's other sessions."""
        phone = self.scene.attach(self.alice)
        self.scene.chat.speaking.setEcho(self.alice.session, True)
        done(self.scene.chat.speaking.sendTags(self.alice.session, "#a", TAGS[:1]))
        done(self.scene.chat.speaking.sendTagsPrivate(self.alice.session, "bob", TAGS[:1]))
        self.scene.endTurn()
        heard = ["#a alice signals +typing=active", "@bob alice signals +typing=active"]
        self.assertEqual((self.alice.heard(), phone.heard(), self.bob.heard()), (heard, heard, heard))

    def test_signalRefused(self) -> None:
        """A user who may not speak may not send tags either."""
        chat = self.scene.chat
        carol = self.scene.person("carol")
        refused(errors.NotInRoom, lambda: chat.speaking.sendTags(carol.session, "#a", TAGS))
        refused(errors.NoSuchRoom, lambda: chat.speaking.sendTags(carol.session, "#none", TAGS))
        refused(errors.NoSuchNick, lambda: chat.speaking.sendTagsPrivate(carol.session, "nobody", TAGS))
        self.scene.modes(self.alice, "#a", "+m")
        refused(errors.CannotSpeak, lambda: chat.speaking.sendTags(self.bob.session, "#a", TAGS))
        self.scene.modes(self.alice, "#a", "-m+b", "bob")
        refused(errors.Banned, lambda: chat.speaking.sendTags(self.bob.session, "#a", TAGS))

    def test_signalsPass(self) -> None:
        """Tags alone are not stored."""
        done(self.scene.chat.speaking.sendTags(self.alice.session, "#a", TAGS))
        self.assertFalse(self.scene.entries[-1].event.durable)
        done(self.scene.chat.speaking.sendTagsPrivate(self.alice.session, "bob", TAGS))
        self.assertFalse(self.scene.entries[-1].event.durable)

    def test_signalsKept(self) -> None:
        """Tags alone are stored if one of them is in the list of kept tags, and are heard like others."""
        for person, name in ((self.alice, "alice"), (self.bob, "bob")):
            self.scene.account(name)
            self.successResultOf(self.scene.logIn(person, name))
        self.scene.clear(self.alice, self.bob)
        speaking, session, tags = self.scene.chat.speaking, self.alice.session, (*TAGS, ("draft/react", "x"))
        kept = [
            done(speaking.sendTags(session, "#a", tags)),
            done(speaking.sendTags(session, "#a", tags, "o")),
            done(speaking.sendTagsPrivate(session, "bob", tags)),
        ]
        classes = [KeptRoomTagMessage, KeptRoomTagMessage, KeptPrivateTagMessage]
        self.assertEqual([type(entry.event) for entry in kept], classes)
        for name, entry in zip(("#a", "@#a", pair("alice", "bob")), kept, strict=True):
            self.assertEqual(self.successResultOf(self.scene.history.read(Span(name, 1))), [entry])
        self.scene.endTurn()
        written = " +typing=active +draft/x= +draft/react=x"
        self.assertEqual(self.bob.heard(), [f"#a alice signals{written}", f"@bob alice signals{written}"])
        self.scene.keptTags = ()
        self.assertFalse(done(speaking.sendTags(session, "#a", tags)).event.durable)

    def test_ignoredSignals(self) -> None:
        """Nothing of an ignored user is heard."""
        self.scene.chat.speaking.ignore(self.bob.session, "alice")
        done(self.scene.chat.speaking.sendTags(self.alice.session, "#a", TAGS))
        done(self.scene.chat.speaking.sendTagsPrivate(self.alice.session, "bob", TAGS))
        self.scene.endTurn()
        self.assertEqual(self.bob.heard(), [])

    def test_spoke(self) -> None:
        """The time of a session's last text is known.  Refused texts and tags alone do not count."""
        chat, session = self.scene.chat, self.alice.session
        self.scene.now = 10.0
        done(chat.speaking.say(session, "#a", "x"))
        self.assertEqual(session.spoke, 10.0)
        self.scene.now = 20.0
        done(chat.speaking.sayPrivate(session, "bob", "x"))
        self.assertEqual(session.spoke, 20.0)
        self.scene.now = 30.0
        done(chat.speaking.sendTags(session, "#a", TAGS))
        done(chat.speaking.sendTagsPrivate(session, "bob", TAGS))
        refused(errors.NothingSaid, lambda: chat.speaking.say(session, "#a", ""))
        refused(errors.NothingSaid, lambda: chat.speaking.sayPrivate(session, "bob", ""))
        self.assertEqual(session.spoke, 20.0)

    def test_refusal(self) -> None:
        """If a recipient does not accept a text, the sender gets an error."""
        asked: list[tuple[str, str, str, str]] = []

        def refusal(recipient: User, sender: User, text: str, kind: Kind) -> errors.TextRefused:
            asked.append((recipient.nick, sender.nick, text, kind))
            return errors.TextRefused(recipient.nick, "at all")

        self.patch(User, "refusal", refusal)
        chat, session = self.scene.chat, self.alice.session
        count = len(self.scene.entries)
        error = refused(errors.TextRefused, lambda: chat.speaking.sayPrivate(session, "BOB", "x", "notice"))
        self.assertEqual((error.nick, error.why), ("bob", "at all"))
        refused(errors.TextRefused, lambda: chat.speaking.sendTagsPrivate(session, "bob", TAGS))
        self.assertEqual(asked, [("bob", "alice", "x", "notice"), ("bob", "alice", "", "message")])
        self.assertEqual(len(self.scene.entries), count)

    def test_toOneself(self) -> None:
        """Each session receives a text to oneself once, and a session with echo once more."""
        chat, session = self.scene.chat, self.alice.session
        phone = self.scene.attach(self.alice)
        done(chat.speaking.sayPrivate(session, "alice", "1"))
        done(chat.speaking.sendTagsPrivate(session, "alice", TAGS[:1]))
        heard = ["@alice alice: 1", "@alice alice signals +typing=active"]
        self.assertEqual((self.alice.heard(), phone.heard()), (heard, heard))
        chat.speaking.setEcho(session, True)
        done(chat.speaking.sayPrivate(session, "alice", "2"))
        self.assertEqual((self.alice.heard(), phone.heard()), (2 * ["@alice alice: 2"], ["@alice alice: 2"]))


class RankTests(SynchronousTestCase):
    """Texts for a rank."""

    def setUp(self) -> None:
        """A member of each rank, and one without."""
        self.scene = Scene()
        self.people = {rank or "-": self.scene.person(f"p{rank}", "#a") for rank in ("q", "a", "o", "h", "v", "")}
        for rank in "qaohv":
            self.scene.promote("#a", f"p{rank}", rank)
        self.scene.promote("#a", "p", "")
        self.scene.clear(*self.people.values())

    def hearers(self) -> str:
        """Return who heard something since the last call."""
        self.scene.endTurn()
        return "".join(rank for rank, person in self.people.items() if person.heard())

    def test_heard(self) -> None:
        """Only members of that rank or above hear it.  The sender needs echo."""
        chat = self.scene.chat
        for rank, expected in {"q": "q", "a": "qa", "o": "qao", "h": "qaoh", "v": "qaohv", "": "qaohv"}.items():
            with self.subTest(rank):
                done(chat.speaking.say(self.people["-"].session, "#a", "x", rank=rank))
                self.assertEqual(self.hearers(), expected)
                done(chat.speaking.sendTags(self.people["-"].session, "#a", TAGS, rank))
                self.assertEqual(self.hearers(), expected)
                done(chat.speaking.say(self.people["q"].session, "#a", "x", rank=rank))
                self.assertEqual(self.hearers(), expected.replace("q", "") + ("-" if not rank else ""))
        chat.speaking.setEcho(self.people["-"].session, True)
        phone = self.scene.attach(self.people["-"])
        done(chat.speaking.say(self.people["-"].session, "#a", "x", rank="o"))
        self.assertEqual(self.hearers(), "qao-")
        self.assertEqual(phone.heard(), ["o#a p: x"])

    def test_among(self) -> None:
        """Everyone hears the other texts of the turn, in order, rendered once."""
        chat = self.scene.chat
        speaker, operator, nobody = (self.people[rank] for rank in "ho-")
        for number, rank in enumerate(("", "o", "")):
            done(chat.speaking.say(speaker.session, "#a", str(number), rank=rank))
        self.scene.dialect.rendered.clear()
        self.scene.endTurn()
        self.assertEqual(len(self.scene.dialect.rendered), 3)
        self.assertEqual(operator.heard(), ["#a ph: 0", "o#a ph: 1", "#a ph: 2"])
        self.assertEqual(nobody.heard(), ["#a ph: 0", "#a ph: 2"])

    def test_answeredBetween(self) -> None:
        """Members without the rank do not hear it, even if they get a reply or join in the middle of the turn."""
        chat, (speaker, nobody) = self.scene.chat, (self.people[rank] for rank in "h-")
        late = self.scene.person("late")
        done(chat.speaking.say(speaker.session, "#a", "1", rank="o"))
        self.scene.state.broadcast.flushTo(nobody.session)
        done(chat.membership.join(late.session, "#a"))
        done(chat.speaking.say(speaker.session, "#a", "2"))
        done(chat.speaking.say(speaker.session, "#a", "3", rank="o"))
        self.scene.endTurn()
        for person in (nobody, late):
            self.assertEqual(person.heard(), ["#a late joined", "#a ph: 2"])

    def test_joinedBetween(self) -> None:
        """A user who joins during the turn does not hear earlier texts."""
        chat, speaker, late = self.scene.chat, self.people["h"], self.scene.person("late")
        done(chat.speaking.say(speaker.session, "#a", "before"))
        done(chat.membership.join(late.session, "#a"))
        done(chat.speaking.say(speaker.session, "#a", "x", rank="o"))
        self.scene.endTurn()
        self.assertEqual(late.heard(), ["#a late joined"])

    def test_shared(self) -> None:
        """Sessions that hear the same part of the turn share one object."""
        done(self.scene.chat.speaking.say(self.people["h"].session, "#a", "1", rank="o"))
        done(self.scene.chat.speaking.say(self.people["h"].session, "#a", "2"))
        self.scene.endTurn()
        for one, other in ("qo", "v-"):
            self.assertIs(self.people[one].outlet.delivered[0], self.people[other].outlet.delivered[0])

    def test_whenSaid(self) -> None:
        """Members who had the rank when the text was sent hear it, whatever happens later in the turn."""
        chat = self.scene.chat
        done(chat.speaking.say(self.people["h"].session, "#a", "x", rank="o"))
        self.scene.modes(self.people["q"], "#a", "+o-o", "p", "po")
        self.scene.endTurn()
        self.assertIn("o#a ph: x", self.people["o"].heard())
        self.assertNotIn("o#a ph: x", self.people["-"].heard())

    def test_refused(self) -> None:
        """Users outside cannot write to a rank, nor can users who may not speak.  Unknown ranks are refused."""
        chat = self.scene.chat
        carol = self.scene.person("carol")
        self.scene.modes(self.people["q"], "#a", "-n")
        done(chat.speaking.say(carol.session, "#a", "x"))
        self.assertEqual(
            refused(errors.NotInRoom, lambda: chat.speaking.say(carol.session, "#a", "x", rank="o")).room, "#a"
        )
        self.scene.modes(self.people["q"], "#a", "+s")
        refused(errors.NoSuchRoom, lambda: chat.speaking.say(carol.session, "#a", "x", rank="o"))
        self.assertEqual(
            refused(
                errors.UnknownMode, lambda: chat.speaking.say(self.people["-"].session, "#a", "x", rank="b")
            ).letter,
            "b",
        )
        self.scene.modes(self.people["q"], "#a", "+m")
        refused(errors.CannotSpeak, lambda: chat.speaking.say(self.people["-"].session, "#a", "x", rank="o"))
        done(chat.speaking.say(self.people["v"].session, "#a", "x", rank="o"))


class BlockTests(SynchronousTestCase):
    """Modes C, c, T, m and M."""

    def setUp(self) -> None:
        """An operator, a member, a member with an account, and a user outside."""
        self.scene = Scene()
        self.alice = self.scene.person("alice", "#a")
        self.bob = self.scene.person("bob", "#a")
        self.carol = self.scene.person("carol", "#a", account="Carol")

    def blocked(self, letter: str, text: str, kind: Kind = "message") -> None:
        """Assert that a mode blocks a text for everyone, including operators, while it is set."""
        chat = self.scene.chat
        self.scene.modes(self.alice, "#a", f"+{letter}")
        for person in (self.alice, self.bob):
            error = refused(
                errors.TextBlocked,
                lambda person=person: chat.speaking.say(person.session, "#a", text, kind),  # type: ignore[misc]
            )
            self.assertEqual((error.room, error.letter), ("#a", letter))
        self.scene.modes(self.alice, "#a", f"-{letter}")
        done(chat.speaking.say(self.bob.session, "#a", text, kind))

    def passes(self, letter: str, text: str, kind: Kind = "message") -> None:
        """Assert that a text passes while a mode is set."""
        self.scene.modes(self.alice, "#a", f"+{letter}")
        done(self.scene.chat.speaking.say(self.bob.session, "#a", text, kind))
        self.scene.modes(self.alice, "#a", f"-{letter}")

    def test_ctcp(self) -> None:
        """C: CTCP requests are blocked, in every line and kind of text.  Actions pass."""
        self.blocked("C", "\x01VERSION\x01")
        self.blocked("C", "\x01PING 5", "notice")
        self.blocked("C", "hello\n\x01DCC SEND x\x01")
        self.blocked("C", "\x01ACTIONS\x01")
        self.passes("C", "waves", "action")
        self.passes("C", "\x01waves\x01", "action")
        self.passes("C", "\x01ACTION waves\x01")
        self.passes("C", "what is \x01?")

    def test_formatting(self) -> None:
        """c: colours and formatting are blocked."""
        for character in "\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f":
            self.blocked("c", f"a {character}b")
        self.blocked("c", "\x02waves", "action")
        self.passes("c", "plain *text* \x01 \x07 \x1b")

    def test_notices(self) -> None:
        """T: notices are blocked."""
        self.blocked("T", "x", "notice")
        self.passes("T", "x")
        self.passes("T", "x", "action")

    def test_registeredSpeakers(self) -> None:
        """M: an account or a voice is needed."""
        chat = self.scene.chat
        self.scene.modes(self.alice, "#a", "+M")
        problem = refused(errors.CannotSpeak, lambda: chat.speaking.say(self.bob.session, "#a", "x"))
        self.assertEqual(("#a", "M"), (problem.room, problem.letter))
        refused(errors.CannotSpeak, lambda: chat.speaking.sendTags(self.bob.session, "#a", TAGS))
        done(chat.speaking.say(self.carol.session, "#a", "x"))
        done(chat.speaking.say(self.alice.session, "#a", "x"))
        self.scene.modes(self.alice, "#a", "+v", "bob")
        done(chat.speaking.say(self.bob.session, "#a", "x"))
        self.scene.modes(self.alice, "#a", "-n")
        outside = self.scene.person("outside")
        refused(errors.CannotSpeak, lambda: chat.speaking.say(outside.session, "#a", "x"))
        done(chat.speaking.say(self.scene.person("known", account="known").session, "#a", "x"))
        self.scene.modes(self.alice, "#a", "+s")
        refused(errors.NoSuchRoom, lambda: chat.speaking.say(outside.session, "#a", "x"))
        self.scene.modes(self.alice, "#a", "+m-s")
        problem = refused(errors.CannotSpeak, lambda: chat.speaking.say(self.carol.session, "#a", "x"))
        self.assertEqual("m", problem.letter)
        problem = refused(errors.CannotSpeak, lambda: chat.speaking.say(outside.session, "#a", "x"))
        self.assertEqual("m", problem.letter)


class LocatingHistory(MemoryHistory):
    """A history that finds every entry by its id, and deletes none."""

    asked: list[Span | Around]

    def locate(self, msgid: str) -> int | None:
        """See L{IHistory.locate}."""
        prefix, _, sequence = msgid.rpartition("-")
        return int(sequence) if prefix == "t" and sequence.isdigit() else None


class HoldingReads(LocatingHistory):
    """A history whose reads finish when the test says so."""

    held: Deferred[None] | None = None

    def read(self, span: Span | Around) -> Deferred[Sequence[Kept]]:
        """See L{IHistory.read}."""
        assert self.held is not None
        found = super().read(span)
        return self.held.addCallback(lambda _: found)


def asked(verb: Coroutine[Deferred[Any], Any, Entry]) -> Deferred[Entry]:
    """Start a verb that is a coroutine."""
    return Deferred.fromCoroutine(verb)


class UnsayTests(SynchronousTestCase):
    """Redaction in a room."""

    def setUp(self) -> None:
        """An operator and a member with accounts, and a guest."""
        self.scene = Scene(ChatLimits(reason=5), inMemory(history=LocatingHistory))
        self.op = self.scene.person("op", "#a")
        self.alice = self.scene.person("alice", "#a", account="Alice")
        self.guest = self.scene.person("guest", "#a")

    def say(self, person: Person, room: str = "#a") -> str:
        """Send a text, and return its id."""
        entry: Entry = done(self.scene.chat.speaking.say(person.session, room, "x"))
        self.scene.clear(self.op, self.alice, self.guest)
        return entry.msgid

    def join(self, room: str, person: Person) -> Person:
        """Let a person join a room."""
        done(self.scene.chat.membership.join(person.session, room))
        return person

    def unsay(self, person: Person, msgid: str, reason: str = "", room: str = "#a") -> Deferred[Entry]:
        """Redact a text."""
        return asked(self.scene.chat.speaking.redact(person.session, room, msgid, reason))

    def test_own(self) -> None:
        """Users redact their own texts.  Everyone in the room hears it, with the sequence number of the text."""
        for person in (self.alice, self.guest):
            msgid = self.say(person)
            sequence = self.scene.entries[-1].sequence
            event = done(self.unsay(person, msgid, "typo")).event
            self.assertEqual(event, RoomMessageRedacted(person.user.source, "#a", sequence, msgid, "typo"))
            self.scene.endTurn()
            heard = [f"#a {person.user.nick} unsaid {msgid} typo"]
            self.assertEqual([someone.heard() for someone in (self.op, self.alice, self.guest)], 3 * [heard])

    def test_tags(self) -> None:
        """Kept tags can be redacted like texts, but not other tags."""
        tags = (("draft/react", "x"),)
        kept = done(self.scene.chat.speaking.sendTags(self.guest.session, "#a", tags)).msgid
        refused(errors.NotYours, lambda: self.unsay(self.alice, kept))
        done(self.unsay(self.guest, kept))
        passing = done(self.scene.chat.speaking.sendTags(self.guest.session, "#a", TAGS)).msgid
        refused(errors.NoSuchText, lambda: self.unsay(self.guest, passing))

    def test_ownUnderAnotherNick(self) -> None:
        """A text stays its author's with another nick, in another session, and later with the same account."""
        ours, theirs = self.say(self.alice), self.say(self.guest)
        done(self.scene.chat.identity.rename(self.guest.session, "visitor"))
        done(self.unsay(self.guest, theirs))
        done(self.scene.chat.presence.close(self.alice.session, "bye"))
        again = self.scene.person("alicia", "#a", account="ALICE")
        done(self.unsay(again, ours))

    def test_loggedOut(self) -> None:
        """It stays its author's after a logout.  A guest cannot redact an account's text."""
        ours = self.say(self.alice)
        refused(errors.NotYours, lambda: self.unsay(self.guest, ours))
        done(self.scene.chat.identity.setAccount(self.alice.user, None))
        done(self.unsay(self.alice, ours))

    def test_others(self) -> None:
        """Operators of the room redact any text.  Others do not, even with the author's nick."""
        msgid = self.say(self.guest)
        done(self.scene.chat.presence.close(self.guest.session, "bye"))
        impostor = self.scene.person("guest", "#a")
        for person in (self.alice, impostor):
            error = refused(errors.NotYours, lambda person=person: self.unsay(person, msgid))  # type: ignore[misc]
            self.assertEqual((error.target, error.msgid), ("#a", msgid))
        self.scene.promote("#a", "alice", "h")
        refused(errors.NotYours, lambda: self.unsay(self.alice, msgid))
        for rank in "oaq":
            self.scene.promote("#a", "alice", rank)
            done(self.unsay(self.alice, self.say(impostor)))

    def test_serverOperator(self) -> None:
        """Operators of the server with the privilege do too, in their rooms."""
        msgid = self.say(self.guest)
        empower(self.alice, "kill")
        refused(errors.NotYours, lambda: self.unsay(self.alice, msgid))
        empower(self.alice, "redact")
        done(self.unsay(self.alice, msgid))
        outside = self.scene.person("outside")
        empower(outside, "redact")
        refused(errors.NotInRoom, lambda: self.unsay(outside, msgid))

    def test_none(self) -> None:
        """An unknown id, the id of another event, and the id of a text elsewhere give the same error."""
        done(self.scene.chat.membership.join(self.op.session, "#b"))
        elsewhere = self.say(self.op, room="#b")
        here = self.say(self.op)
        private = done(self.scene.chat.speaking.sayPrivate(self.op.session, "alice", "x")).msgid
        topic = done(self.scene.chat.channels.setTopic(self.op.session, "#a", "x")).msgid
        for msgid in ("", "t-", "t-x", "t-999", "u-1", elsewhere, private, topic):
            with self.subTest(msgid):
                error = refused(errors.NoSuchText, lambda msgid=msgid: self.unsay(self.op, msgid))  # type: ignore[misc]
                self.assertEqual((error.target, error.msgid), ("#a", msgid))
        done(self.unsay(self.op, here))

    def test_unreadable(self) -> None:
        """A text that the asker may not read is not found, even if it is theirs or they are an operator."""
        self.scene.found("#tea", "owner")
        old = [
            self.say(person, "#tea") for person in (self.join("#tea", person) for person in (self.alice, self.guest))
        ]
        done(self.scene.log.append(RoomSettingSet(SERVER, "#tea", "history", "joined")))
        done(self.scene.chat.membership.part(self.alice.session, "#tea"))
        for person in (self.alice, self.op):
            self.join("#tea", person)
            self.scene.promote("#tea", person.user.nick, "o")
            for msgid in old:
                error = refused(errors.NoSuchText, lambda m=msgid, p=person: self.unsay(p, m, room="#tea"))  # type: ignore[misc]
                self.assertEqual((error.target, error.msgid), ("#tea", msgid))
        new = self.say(self.guest, "#tea")
        done(self.unsay(self.op, new, room="#tea"))
        empower(self.op, "redact")
        done(self.unsay(self.op, old[0], room="#tea"))

    def test_banned(self) -> None:
        """A banned member finds no text, not even their own."""
        own, other = self.say(self.alice), self.say(self.guest)
        self.scene.modes(self.op, "#a", "+b", "alice!*@*")
        for msgid in (own, other):
            refused(errors.NoSuchText, lambda msgid=msgid: self.unsay(self.alice, msgid))  # type: ignore[misc]
        empower(self.alice, "redact")
        done(self.unsay(self.alice, other))

    def test_refused(self) -> None:
        """In a room of which the asker is not a member, the error reveals nothing.  A reason has its limit."""
        msgid = self.say(self.alice)
        outside = self.scene.person("outside")
        refused(errors.NotInRoom, lambda: self.unsay(outside, msgid))
        refused(errors.NoSuchRoom, lambda: self.unsay(outside, msgid, room="#none"))
        refused(errors.TooLong, lambda: self.unsay(self.alice, msgid, "123456"))
        refused(errors.BadText, lambda: self.unsay(self.alice, msgid, "a\nb"))

    def test_meanwhile(self) -> None:
        """A user who left or lost the rank while the journal was read cannot redact."""
        scene = Scene(journal=inMemory(history=HoldingReads))
        journal = scene.history
        assert isinstance(journal, HoldingReads)
        op, bob = scene.person("op", "#a"), scene.person("bob", "#a")
        msgid = done(scene.chat.speaking.say(bob.session, "#a", "x")).msgid
        for happens, kind in (
            (lambda: scene.modes(op, "#a", "+b", "op!*@*"), errors.NoSuchText),
            (lambda: scene.promote("#a", "op", ""), errors.NotYours),
            (lambda: done(scene.chat.membership.part(op.session, "#a")), errors.NotInRoom),
            (lambda: scene.chat.presence.close(op.session, "bye"), errors.NotEntered),
        ):
            held = journal.held = Deferred()
            taking = asked(scene.chat.speaking.redact(op.session, "#a", msgid))
            happens()
            held.callback(None)
            refused(kind, lambda taking=taking: taking)  # type: ignore[misc]
            scene.room("#a").unlock()
            if kind is not errors.NotEntered:
                scene.chat.membership.join(op.session, "#a")
                scene.promote("#a", "op", "o")

    def test_renamedMeanwhile(self) -> None:
        """A room that got the name while the journal was read does not have the text."""
        scene = Scene(journal=inMemory(history=HoldingReads))
        journal = scene.history
        assert isinstance(journal, HoldingReads)
        op = scene.person("op", "#a")
        msgid = done(scene.chat.speaking.say(op.session, "#a", "x")).msgid
        held = journal.held = Deferred()
        taking = asked(scene.chat.speaking.redact(op.session, "#a", msgid))
        done(scene.chat.channels.rename(op.session, "#a", "#b"))
        done(scene.chat.membership.join(op.session, "#a"))
        held.callback(None)
        refused(errors.NoSuchText, lambda: taking)


class UntellTests(SynchronousTestCase):
    """Redaction of private texts."""

    def setUp(self) -> None:
        """Two users with accounts, and a guest."""
        self.scene = Scene(journal=inMemory(history=LocatingHistory))
        self.alice = self.scene.person("alice", account="Alice")
        self.bob = self.scene.person("bob", account="Robert")
        self.guest = self.scene.person("guest")

    def tell(self, person: Person, nick: str) -> str:
        """Send a private text, and return its id."""
        entry: Entry = done(self.scene.chat.speaking.sayPrivate(person.session, nick, "x"))
        self.alice.heard()
        self.bob.heard()
        return entry.msgid

    def untell(self, person: Person, nick: str, msgid: str) -> Deferred[Entry]:
        """Redact a text."""
        return asked(self.scene.chat.speaking.redactPrivate(person.session, nick, msgid, "typo"))

    def test_own(self) -> None:
        """The author redacts it, and all sessions of both users hear it.  The recipient cannot."""
        phone = self.scene.attach(self.alice)
        msgid = self.tell(self.alice, "bob")
        phone.heard()
        sequence = self.scene.entries[-1].sequence
        error = refused(errors.NotYours, lambda: self.untell(self.bob, "ALICE", msgid))
        self.assertEqual((error.target, error.msgid), ("alice", msgid))
        event = done(self.untell(self.alice, "bob", msgid)).event
        self.assertEqual(
            event, PrivateMessageRedacted(self.alice.user.source, self.bob.user.source, sequence, msgid, "typo")
        )
        heard = [f"@bob alice untold {msgid} typo"]
        self.assertEqual([person.heard() for person in (self.alice, phone, self.bob)], 3 * [heard])
        self.assertEqual(self.guest.heard(), [])

    def test_serverOperator(self) -> None:
        """Operators of the server with the privilege redact texts to themselves."""
        msgid = self.tell(self.alice, "bob")
        empower(self.bob, "redact")
        done(self.untell(self.bob, "alice", msgid))

    def test_none(self) -> None:
        """Texts of other conversations, and of those that are not stored, are not found."""
        carol = self.scene.person("carol", account="carol")
        other, guests = self.tell(self.alice, "carol"), self.tell(self.alice, "guest")
        self.tell(self.alice, "bob")
        for nick, msgid in (("bob", other), ("bob", "t-999"), ("bob", "x"), ("guest", guests), ("alice", other)):
            with self.subTest(nick=nick, msgid=msgid):
                refused(errors.NoSuchText, lambda nick=nick, msgid=msgid: self.untell(self.alice, nick, msgid))  # type: ignore[misc]
        refused(errors.NoSuchText, lambda: self.untell(self.guest, "alice", guests))
        refused(errors.NoSuchNick, lambda: self.untell(self.alice, "nobody", other))
        done(self.scene.chat.presence.close(carol.session, "bye"))
        refused(errors.NoSuchNick, lambda: self.untell(self.alice, "carol", other))

    def test_absent(self) -> None:
        """A text to the owner of a nick who is not here is redacted, and does not wait any more."""
        self.scene.account("carol")
        msgid = self.tell(self.alice, "carol")
        account = self.scene.state.accounts.named("carol")
        self.assertEqual(len(account.inbox), 1)
        event = done(self.untell(self.alice, "CAROL", msgid)).event
        self.assertEqual(event.recipient, Source("", "carol", account="carol"))
        self.assertEqual(account.inbox, ())
        again = self.tell(self.alice, "carol")
        carol = self.scene.person("carla", account="carol")
        done(self.untell(self.alice, "carol", again))
        self.assertEqual(carol.heard(), [f"@carla alice untold {again} typo"])

    def test_reason(self) -> None:
        """A reason has its limit, and no line end."""
        chat, session, msgid = self.scene.chat, self.alice.session, self.tell(self.alice, "bob")
        error = refused(errors.TooLong, lambda: asked(chat.speaking.redactPrivate(session, "bob", msgid, "x" * 391)))
        self.assertEqual((error.what, error.limit), ("the reason", 390))
        refused(errors.BadText, lambda: asked(chat.speaking.redactPrivate(session, "bob", msgid, "a\nb")))

    def test_label(self) -> None:
        """The request is the origin of the event."""
        origin = Origin(self.alice.session, "L")
        done(asked(self.scene.chat.speaking.redactPrivate(origin, "bob", self.tell(self.alice, "bob"))))
        self.assertEqual(self.scene.origins[-1], origin)

    def test_gone(self) -> None:
        """A recipient who is gone when it is applied does not hear it."""
        msgid = self.tell(self.alice, "bob")
        sequence = self.scene.entries[-1].sequence
        source = self.bob.user.source
        done(self.scene.chat.presence.close(self.bob.session, "bye"))
        done(self.scene.log.append(PrivateMessageRedacted(self.alice.user.source, source, sequence, msgid)))
        self.assertEqual(self.alice.heard(), [f"@bob alice untold {msgid}"])

    def test_meanwhile(self) -> None:
        """If another user has the nick when the journal has been read, nothing is redacted."""
        scene = Scene(journal=inMemory(history=HoldingReads))
        journal = scene.history
        assert isinstance(journal, HoldingReads)
        alice, bob = scene.person("alice", account="alice"), scene.person("bob", account="bob")
        msgid = done(scene.chat.speaking.sayPrivate(alice.session, "bob", "x")).msgid
        held = journal.held = Deferred()
        taking = asked(scene.chat.speaking.redactPrivate(alice.session, "bob", msgid))
        done(scene.chat.identity.rename(bob.session, "robert"))
        scene.person("bob", account="other")
        held.callback(None)
        refused(errors.NoSuchText, lambda: taking)
