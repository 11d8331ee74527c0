"""
Tests of L{twistchat.chat.rules.rooms.membership}: rooms, rates and queries.  Ranks and modes are in
L{tests.chat.rules.rooms.test_ranks}.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import FakeDialect, Person, Scene, done, refused, shown, written
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.events import Entry, Joined
from twistchat.chat.model.spans import At


class RoomTests(SynchronousTestCase):
    """C{join}, C{part}, C{setTopic} and C{kick}."""

    def test_join(self) -> None:
        """The first member of a room becomes its operator.  The room keeps its first spelling."""
        scene = Scene()
        alice, bob = scene.person("alice"), scene.person("bob")
        self.assertEqual(done(scene.chat.membership.join(alice.session, "#Room")).event.room, "#Room")
        self.assertEqual(done(scene.chat.membership.join(bob.session, "#rOOM")).event.room, "#Room")
        scene.endTurn()
        self.assertEqual(scene.ranks("#room"), {"alice": "o", "bob": ""})
        room = scene.room("#ROOM")
        self.assertEqual((room.name, room.created, room.topic), ("#Room", scene.entries[2].time, None))
        self.assertEqual(room.modes, {"n": None, "t": None})
        self.assertEqual(alice.heard(), ["#Room alice joined", "#Room bob joined"])
        self.assertEqual(bob.heard(), ["#Room bob joined"])
        self.assertEqual(list(bob.user.rooms), ["#room"])

    def test_joinShown(self) -> None:
        """Others hear how the user joins: with which ranks, as the first, and whether away."""
        told: list[Joined] = []

        class Listening(FakeDialect):
            def render(self, entry: Entry) -> bytes:
                if isinstance(entry.event, Joined):
                    told.append(entry.event)
                return super().render(entry)

        scene = Scene()
        dialect = Listening()
        alice, bob = scene.person("alice", dialect=dialect), scene.person("bob", account="bob", dialect=dialect)
        done(scene.chat.presence.setAway(bob.session, "lunch"))
        for person in (alice, bob):
            proposed = done(scene.chat.membership.join(person.session, "#a")).event
            self.assertEqual((proposed.ranks, proposed.first), ("", False))
        scene.found("#a", "alice", bob="hv")
        done(scene.chat.membership.part(bob.session, "#a"))
        done(scene.chat.presence.setAway(bob.session, None))
        done(scene.chat.membership.join(bob.session, "#a"))
        scene.endTurn()
        source = bob.user.source
        self.assertEqual(
            told,
            [
                Joined(alice.user.source, "#a", None, "o", True),
                Joined(source, "#a", "lunch", "", False),
                Joined(source, "#a", None, "hv", False),
            ],
        )

    def test_joinTwice(self) -> None:
        """Joining a room again changes nothing and costs nothing."""
        scene = Scene(ChatLimits(userJoinBurst=1, roomsPerUser=1))
        alice = scene.person("alice")
        done(scene.chat.membership.join(alice.session, "#a"))
        count = len(scene.entries)
        self.assertIsNone(scene.chat.membership.join(alice.session, "#A"))
        self.assertEqual(len(scene.entries), count)

    def test_joinRefused(self) -> None:
        """Invalid names, look-alikes, and one room over the limit are refused."""
        scene = Scene(ChatLimits(room=6, roomsPerUser=2))
        alice, bob = scene.person("alice", "#Paypa"), scene.person("bob")
        chat = scene.chat
        refused(errors.NotEntered, lambda: chat.membership.join(scene.connect().session, "#a"))
        error = refused(errors.BadRoomName, lambda: chat.membership.join(alice.session, "room"))
        self.assertEqual((error.room, error.why), ("room", "does not begin with #"))
        refused(errors.BadRoomName, lambda: chat.membership.join(alice.session, "#sixsix"))
        lookalike = "#P" + "\N{CYRILLIC SMALL LETTER A}" + "ypa"
        twin = refused(errors.RoomLookalike, lambda: chat.membership.join(bob.session, lookalike))
        self.assertEqual((twin.room, twin.existing), (lookalike, "#Paypa"))
        done(chat.membership.join(alice.session, "#b"))
        self.assertEqual(refused(errors.TooManyRooms, lambda: chat.membership.join(alice.session, "#c")).limit, 2)
        done(chat.membership.part(alice.session, "#b"))
        done(chat.membership.join(alice.session, "#c"))

    def test_part(self) -> None:
        """Everyone in the room hears it, including the user who parts.  A room without members ends."""
        scene = Scene(ChatLimits(reason=5))
        alice, bob = scene.person("alice", "#a"), scene.person("bob", "#a")
        scene.clear(alice, bob)
        done(scene.chat.membership.part(alice.session, "#A", "later"))
        done(scene.chat.speaking.say(bob.session, "#a", "gone"))
        scene.endTurn()
        self.assertEqual((alice.heard(), bob.heard()), (["#a alice parted later"], ["#a alice parted later"]))
        self.assertEqual(alice.user.rooms, {})
        done(scene.chat.membership.part(bob.session, "#a"))
        self.assertEqual(bob.heard(), ["#a bob parted"])
        self.assertEqual(len(scene.state.rooms), 0)
        done(scene.chat.membership.join(bob.session, "#a"))
        self.assertEqual(scene.ranks("#a"), {"bob": "o"})

    def test_partRefused(self) -> None:
        """A user parts from their own rooms only, with a reason of one line."""
        scene = Scene(ChatLimits(reason=5))
        alice = scene.person("alice", "#a")
        scene.person("bob", "#b")
        chat = scene.chat
        self.assertEqual(refused(errors.NoSuchRoom, lambda: chat.membership.part(alice.session, "#C")).room, "#C")
        self.assertEqual(refused(errors.NotInRoom, lambda: chat.membership.part(alice.session, "#B")).room, "#b")
        refused(errors.NotEntered, lambda: chat.membership.part(scene.connect().session, "#a"))
        error = refused(errors.TooLong, lambda: chat.membership.part(alice.session, "#a", "sixsix"))
        self.assertEqual((error.what, error.length, error.limit), ("the reason", 6, 5))
        self.assertEqual(
            refused(errors.BadText, lambda: chat.membership.part(alice.session, "#a", "a\rb")).character, "\r"
        )
        self.assertEqual(scene.ranks("#a"), {"alice": "o"})

    def test_topic(self) -> None:
        """A topic has its author and time; an empty one clears it."""
        scene = Scene(ChatLimits(topic=5))
        alice, bob = scene.person("alice", "#a"), scene.person("bob", "#a")
        scene.clear(alice, bob)
        scene.now = 60.0
        entry = done(scene.chat.channels.setTopic(alice.session, "#a", "ää öü"))
        topic = scene.room("#a").topic
        assert topic is not None
        self.assertEqual((topic.text, topic.by, topic.time), ("ää öü", "alice", entry.time))
        done(scene.chat.channels.setTopic(alice.session, "#a", ""))
        self.assertIsNone(scene.room("#a").topic)
        scene.endTurn()
        self.assertEqual(bob.heard(), ["#a alice topic ää öü", "#a alice topic"])
        self.assertEqual(alice.heard(), ["#a alice topic ää öü", "#a alice topic"])

    def test_topicRefused(self) -> None:
        """Only members set the topic, and it has one line."""
        scene = Scene(ChatLimits(topic=5))
        alice, bob = scene.person("alice", "#a"), scene.person("bob")
        chat = scene.chat
        refused(errors.NoSuchRoom, lambda: chat.channels.setTopic(alice.session, "#b", "x"))
        refused(errors.NotInRoom, lambda: chat.channels.setTopic(bob.session, "#a", "x"))
        error = refused(errors.TooLong, lambda: chat.channels.setTopic(alice.session, "#a", "sixsix"))
        self.assertEqual((error.what, error.length, error.limit, error.unit), ("the topic", 6, 5, "characters"))
        self.assertEqual(
            refused(errors.BadText, lambda: chat.channels.setTopic(alice.session, "#a", "a\0")).character, "\0"
        )
        self.assertIsNone(scene.room("#a").topic)

    def test_kick(self) -> None:
        """Everyone in the room hears it, including the kicked user, who hears nothing more."""
        scene = Scene()
        alice, bob, carol = scene.person("alice", "#a"), scene.person("bob", "#a", "#b"), scene.person("carol", "#a")
        scene.clear(alice, bob, carol)
        done(scene.chat.membership.kick(alice.session, "#a", "BOB", "enough"))
        done(scene.chat.speaking.say(carol.session, "#a", "peace"))
        scene.endTurn()
        self.assertEqual(alice.heard(), ["#a alice kicked bob enough", "#a carol: peace"])
        self.assertEqual(bob.heard(), ["#a alice kicked bob enough"])
        self.assertEqual(scene.ranks("#a"), {"alice": "o", "carol": ""})
        self.assertEqual(list(bob.user.rooms), ["#b"])
        refused(errors.NotInRoom, lambda: scene.chat.speaking.say(bob.session, "#a", "hey"))
        done(scene.chat.membership.join(bob.session, "#a"))

    def test_kickByServer(self) -> None:
        """An administrator outside of the chat kicks as the server, without a rank."""
        scene = Scene()
        alice, bob = scene.person("alice", "#a"), scene.person("bob", "#a")
        scene.person("carol")
        scene.clear(alice, bob)
        membership = scene.chat.membership
        done(membership.kick(None, "#a", "alice", "enough"))
        scene.endTurn()
        self.assertEqual(bob.heard(), ["#a the server kicked alice enough"])
        self.assertNotIn("alice", scene.ranks("#a"))
        refused(errors.NoSuchRoom, lambda: membership.kick(None, "#b", "bob"))
        refused(errors.TargetNotInRoom, lambda: membership.kick(None, "#a", "carol"))

    def test_kickOneself(self) -> None:
        """The last member can be kicked too, which ends the room."""
        scene = Scene()
        alice = scene.person("alice", "#a")
        done(scene.chat.membership.kick(alice.session, "#a", "alice"))
        self.assertEqual(alice.heard(), ["#a alice kicked alice"])
        self.assertEqual(len(scene.state.rooms), 0)

    def test_kickRefused(self) -> None:
        """Both the kicked user and the one who kicks must be members."""
        scene = Scene(ChatLimits(reason=5))
        alice, bob = scene.person("alice", "#a"), scene.person("bob")
        before = shown(scene.state)
        chat = scene.chat
        refused(errors.NotInRoom, lambda: chat.membership.kick(bob.session, "#a", "alice"))
        refused(errors.NoSuchRoom, lambda: chat.membership.kick(alice.session, "#b", "bob"))
        self.assertEqual(
            refused(errors.NoSuchNick, lambda: chat.membership.kick(alice.session, "#a", "Eve")).nick, "Eve"
        )
        error = refused(errors.TargetNotInRoom, lambda: chat.membership.kick(alice.session, "#a", "bob"))
        self.assertEqual((error.nick, error.room), ("bob", "#a"))
        refused(errors.TooLong, lambda: chat.membership.kick(alice.session, "#a", "alice", "sixsix"))
        refused(errors.BadText, lambda: chat.membership.kick(alice.session, "#a", "alice", "a\nb"))
        self.assertEqual(shown(scene.state), before)


class RateTests(SynchronousTestCase):
    """The rates of joining."""

    def test_user(self) -> None:
        """A user joins some rooms at once, then at a rate."""
        scene = Scene(ChatLimits(userJoinBurst=2, userJoinRate=0.5, roomJoinBurst=1))
        alice = scene.person("alice")
        for name in ("#a", "#b"):
            done(scene.chat.membership.join(alice.session, name))
        error = refused(errors.TooFast, lambda: scene.chat.membership.join(alice.session, "#c"))
        self.assertEqual((error.what, error.wait), ("join rooms", 2.0))
        scene.now += 2.0
        done(scene.chat.membership.join(alice.session, "#c"))
        refused(errors.TooFast, lambda: scene.chat.membership.join(alice.session, "#d"))

    def test_room(self) -> None:
        """Some users join a room at once, then at a rate.  The first member does not count."""
        scene = Scene(ChatLimits(roomJoinBurst=2, roomJoinRate=0.5))
        people = [scene.person(f"p{n}") for n in range(5)]
        for person in people[:3]:
            done(scene.chat.membership.join(person.session, "#A"))
        error = refused(errors.RoomTooFast, lambda: scene.chat.membership.join(people[3].session, "#a"))
        self.assertEqual((error.room, error.wait), ("#A", 2.0))
        done(scene.chat.membership.join(people[3].session, "#b"))
        scene.now += 2.0
        done(scene.chat.membership.join(people[3].session, "#a"))
        refused(errors.RoomTooFast, lambda: scene.chat.membership.join(people[4].session, "#a"))

    def test_unbound(self) -> None:
        """The rates do not apply to exempt sessions and to the server, and these do not count against others."""
        scene = Scene(ChatLimits(userJoinBurst=1, roomJoinBurst=1))
        scene.person("alice", "#a")
        exempt = scene.connect(exempt=True)
        done(scene.enter(exempt, "exempt"))
        unlimited, bob = scene.person("hurried"), scene.person("bob")
        for name in ("#a", "#b", "#c"):
            done(scene.chat.membership.join(exempt.session, name))
            done(scene.chat.membership.join(unlimited.session, name, unlimited=True))
        done(scene.chat.membership.join(bob.session, "#a"))
        refused(errors.TooFast, lambda: scene.chat.membership.join(bob.session, "#b"))
        done(scene.chat.membership.join(unlimited.session, "#d"))

    def test_refusalsAreFree(self) -> None:
        """A join that the room's locks refuse costs nothing."""
        scene = Scene(ChatLimits(userJoinBurst=1))
        alice, bob = scene.person("alice", "#a"), scene.person("bob")
        scene.modes(alice, "#a", "+i")
        for _ in range(3):
            refused(errors.InviteOnly, lambda: scene.chat.membership.join(bob.session, "#a"))
        done(scene.chat.membership.join(bob.session, "#b"))


class QuestionTests(SynchronousTestCase):
    """C{listed}, C{members}, C{listItems}, C{find}, and the history."""

    def test_secret(self) -> None:
        """Only members know of a secret room.  For others it is not listed, and does not exist."""
        scene = Scene()
        alice, bob = scene.person("alice", "#open", "#secret"), scene.person("bob", "#open")
        chat = scene.chat
        self.assertEqual(
            [room.name for room in chat.channels.listed(bob.session) if room is not None], ["#open", "#secret"]
        )
        scene.modes(alice, "#secret", "+s")
        self.assertEqual(
            [room.name for room in chat.channels.listed(alice.session) if room is not None], ["#open", "#secret"]
        )
        self.assertEqual([room.name for room in chat.channels.listed(bob.session) if room is not None], ["#open"])
        self.assertEqual(list(chat.channels.listed(bob.session)), [scene.room("#open"), None])
        self.assertIs(chat.channels.visible(alice.session, "#secret"), scene.room("#secret"))
        for ask in (
            lambda: chat.membership.part(bob.session, "#secret"),
            lambda: chat.channels.setTopic(bob.session, "#secret", "x"),
            lambda: chat.membership.kick(bob.session, "#secret", "alice"),
            lambda: chat.membership.invite(bob.session, "#secret", "bob"),
            lambda: chat.channels.setModes(bob.session, "#secret", "+m", []),
            lambda: chat.speaking.say(bob.session, "#secret", "x"),
        ):
            self.assertEqual(refused(errors.NoSuchRoom, ask).room, "#secret")
        self.assertEqual(
            self.assertRaises(errors.NoSuchRoom, chat.channels.visible, bob.session, "#secret").room, "#secret"
        )
        self.assertRaises(errors.NoSuchRoom, chat.channels.listItems, bob.session, "#secret", "b")
        scene.modes(alice, "#secret", "+m-n")
        refused(errors.NoSuchRoom, lambda: chat.speaking.say(bob.session, "#secret", "x"))
        scene.modes(alice, "#secret", "-m+b", "bob")
        refused(errors.NoSuchRoom, lambda: chat.speaking.say(bob.session, "#secret", "x"))
        scene.modes(alice, "#secret", "-b", "bob")
        done(chat.speaking.say(bob.session, "#secret", "whoever knows it may speak"))

    def test_members(self) -> None:
        """Any user may ask for the members of an open room, in the order in which they joined."""
        scene = Scene()
        for nick in ("carol", "alice"):
            scene.person(nick, "#a")
        bob = scene.person("bob")
        members = scene.chat.channels.visible(bob.session, "#A").members.values()
        self.assertEqual([(member.user.nick, member.ranks) for member in members], [("carol", "o"), ("alice", "")])
        self.assertEqual(
            self.assertRaises(errors.NoSuchRoom, scene.chat.channels.visible, bob.session, "#B").room, "#B"
        )

    def test_listedMeanwhile(self) -> None:
        """A room that ends while the list is read is skipped, and so is one that becomes secret."""
        scene = Scene()
        alice, bob = scene.person("alice", "#a", "#b", "#c"), scene.person("bob")
        listed = scene.chat.channels.listed(bob.session)
        self.assertEqual(next(listed), scene.room("#a"))
        done(scene.chat.membership.part(alice.session, "#b"))
        scene.modes(alice, "#c", "+s")
        done(scene.chat.membership.join(alice.session, "#d"))
        self.assertEqual(list(listed), [None, None])

    def test_notEntered(self) -> None:
        """A session that has not entered gets no answer."""
        scene = Scene()
        scene.person("alice", "#a")
        session = scene.connect().session
        self.assertRaises(errors.NotEntered, scene.chat.channels.listed, session)
        self.assertRaises(errors.NotEntered, scene.chat.channels.visible, session, "#a")
        self.assertRaises(errors.NotEntered, scene.chat.channels.listItems, session, "#a", "b")
        self.assertRaises(errors.NotEntered, scene.chat.channels.rename, session, "#a", "#b")
        self.assertRaises(errors.NotEntered, scene.chat.channels.takeOver, session, "#a")

    def test_find(self) -> None:
        """A nick is found in any case."""
        scene = Scene()
        alice = scene.person("alice")
        self.assertIs(scene.chat.identity.find("ALICE"), alice.user)
        self.assertEqual(self.assertRaises(errors.NoSuchNick, scene.chat.identity.find, "Bob").nick, "Bob")

    def test_history(self) -> None:
        """A member reads the history, oldest first, up to the limit."""
        scene = Scene(ChatLimits(historyReply=3))
        alice, bob = scene.person("alice", "#A"), scene.person("bob")
        chat = scene.chat
        said: list[Entry] = []
        for n in range(6):
            scene.now += 1
            said.append(done(chat.speaking.say(alice.session, "#a", str(n))))

        def texts(**stretch: object) -> str:
            entries = done(Deferred.fromCoroutine(chat.reading.history(alice.session, "#a", **stretch)))  # type: ignore[arg-type]
            return "".join(entry.event.text for entry in entries)

        self.assertEqual(texts(limit=100), "345")
        self.assertEqual(texts(limit=2), "45")
        self.assertEqual(texts(limit=100, before=said[3].sequence), "012")
        self.assertEqual(texts(limit=2, after=said[1].sequence, oldest=True), "23")
        self.assertEqual(texts(limit=100, after=At(said[1].time), before=said[4].sequence), "23")

        def around(limit: int, point: int | At) -> str:
            entries = done(Deferred.fromCoroutine(chat.reading.around(alice.session, "#a", limit, point)))
            return "".join(entry.event.text for entry in entries)

        self.assertEqual(around(100, said[2].sequence), "123")
        self.assertEqual(around(1, At(said[2].time)), "2")
        for ask in (
            lambda: Deferred.fromCoroutine(chat.reading.history(bob.session, "#a", 5)),
            lambda: Deferred.fromCoroutine(chat.reading.around(bob.session, "#a", 5, 1)),
        ):
            self.assertEqual(refused(errors.NotInRoom, ask).room, "#A")
        scene.modes(alice, "#a", "+s")
        refused(errors.NoSuchRoom, lambda: Deferred.fromCoroutine(chat.reading.history(bob.session, "#a", 5)))

    def test_search(self) -> None:
        """A user searches their own rooms only, up to the limit."""
        scene = Scene(ChatLimits(historyReply=2))
        alice, bob = scene.person("alice", "#a", "#b"), scene.person("bob", "#b")
        for room in ("#a", "#b"):
            for n in range(3):
                done(scene.chat.speaking.say(alice.session, room, f"tea {room} {n}"))

        def found(person: Person, words: str, limit: int, before: int | None = None) -> list[str]:
            entries = done(
                Deferred.fromCoroutine(scene.chat.reading.search(person.session, words, limit, before=before))
            )
            return [entry.event.text for entry in entries]

        self.assertEqual(found(bob, "tea", 100), ["tea #b 1", "tea #b 2"])
        self.assertEqual(found(bob, "tea", 1), ["tea #b 2"])
        third = next(entry.sequence for entry in scene.entries if written(entry.event).endswith("tea #b 0"))
        self.assertEqual(found(alice, "tea", 100, third), ["tea #a 1", "tea #a 2"])
        self.assertEqual(found(bob, "tea", 100, third), [])
        self.assertEqual(found(bob, "coffee", 100), [])
        done(scene.chat.membership.part(bob.session, "#b"))
        self.assertEqual(found(bob, "tea", 100), [])
        session = scene.connect().session
        refused(errors.NotEntered, lambda: Deferred.fromCoroutine(scene.chat.reading.search(session, "tea", 1)))
