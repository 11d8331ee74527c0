"""Tests of rooms at the line door: join and leave, several rooms, lists."""

from __future__ import annotations

import re

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.carriers import overMessages
from tests.protocols.line.servers import STRANGER, limited
from twistchat.chat.fanout.audience import Audience
from twistchat.chat.model.sessions import Session
from twistchat.testing import LineClient, MemoryServer

NOWHERE = "! You are in no room.  /join #ROOM first, or /msg NICK TEXT"


class JoiningTests(SynchronousTestCase):
    """/join."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_newRoom(self) -> None:
        """The first member of a new room is its operator.  Others see nothing."""
        self.alice.send("/join #den")
        self.alice.expect("* 1 in #den: @alice", "* alice joined #den")
        self.bob.expect()

    def test_existingRoom(self) -> None:
        """The members see the new one.  The room is shown in its founder's spelling."""
        self.alice.send("/join #Den")
        self.alice.skip()
        self.bob.send("/join #dEN")
        self.bob.expect("* 2 in #Den: @alice bob", "* bob joined #Den")
        self.alice.expect("* bob joined #Den")

    def test_withoutItsSign(self) -> None:
        """The # may be left out."""
        self.alice.send("/join den")
        self.alice.expect("* 1 in #den: @alice", "* alice joined #den")

    def test_talksThere(self) -> None:
        """The current room is the one joined last.  /join of a room that the client is in makes it current."""
        for person in (self.alice, self.bob):
            person.send("/join #den")
            person.skip()
        self.alice.skip()
        self.alice.send("here")
        self.bob.expect("[12:00] <alice> here")
        self.alice.send("/join #LOBBY", "there")
        self.alice.expect("* You are talking in #lobby")
        self.bob.expect("[12:00] #lobby <alice> there")

    def test_usage(self) -> None:
        """A room is required."""
        self.alice.send("/join", "/join  ")
        self.alice.expect(*2 * ["! Usage: /join #ROOM [KEY]"])

    def test_badName(self) -> None:
        """An invalid name is refused with the reason."""
        self.alice.send("/join #a,b", "/join #", "/join #" + "x" * 64, "/join #a\x1bb", "/join #a\0b")
        self.alice.expect(
            "! The room name #a,b has ',' in it.  Choose another.",
            "! The room name # has nothing after its #.  Choose another.",
            f"! The room name #{'x' * 63}… is longer than 64 characters (it has 65).  Choose another.",
            "! The room name #a\N{REPLACEMENT CHARACTER}b has U+001B (a control character) in it.  Choose another.",
            "! The room name #a\N{REPLACEMENT CHARACTER}b has U+0000 (a control character) in it.  Choose another.",
        )
        self.alice.send("/rooms")
        self.alice.expect("* #lobby 2", "* 1 room")

    def test_lookalike(self) -> None:
        """A name that looks like another is refused: its o is Greek."""
        self.alice.send("/join #lοbby")
        self.alice.expect("! #lοbby looks like the room #lobby.  Join that, or choose another name.")

    def test_tooMany(self) -> None:
        """A client joins no more rooms than the limit."""
        server = limited(roomsPerUser=2)
        alice = server.person("alice")
        alice.send("/join #den")
        alice.skip()
        alice.send("/join #attic", "/join #den", "/join #lobby")
        alice.expect(
            "! You are in 2 rooms, and can be in no more.  /leave one first.",
            "* You are talking in #den",
            "* You are talking in #lobby",
        )

    def test_tooFast(self) -> None:
        """Joins of a user have a rate limit."""
        server = limited(userJoinBurst=2, userJoinRate=0.1)
        alice = server.person("alice", STRANGER)
        alice.send("/join #a", "/join #b")
        alice.skip()
        alice.send("/join #c")
        alice.expect("! You join rooms too fast.  Try again in 10 s.")
        server.advance(10)
        alice.send("/join #c")
        alice.expect("* 1 in #c: @alice", "* alice joined #c")

    def test_roomTooFast(self) -> None:
        """Joins of a room have a rate limit."""
        server = limited(roomJoinBurst=1, roomJoinRate=1)
        people = [server.person(f"p{number}", f"192.0.2.{number}") for number in range(3)]
        for person in people:
            person.skip()
            person.send("/join #den")
        people[0].until("* p0 joined #den")
        people[1].until("* p1 joined #den")
        people[2].expect("! Too many are joining #den just now.  Try again in 1 s.")
        server.advance(1)
        people[2].send("/join #den")
        people[2].until("* p2 joined #den")

    def test_exemptMayHurry(self) -> None:
        """The rate limits on joins do not apply to exempt clients."""
        server = limited(userJoinBurst=1, roomJoinBurst=1)
        alice = server.person("alice")
        alice.send(*(f"/join #r{number}" for number in range(20)), "/rooms")
        alice.until("* 21 rooms")

    def test_refusedStaysWhereItWas(self) -> None:
        """A refused join does not change the current room."""
        self.bob.send("/join #den", "/mode +i")
        self.alice.send("/join #den", "still here")
        self.alice.expect("! Only those who were invited come into #den.  Ask someone in it to /invite you.")
        self.bob.until("[12:00] #lobby <alice> still here")


class LockedRoomTests(SynchronousTestCase):
    """Locks of a room, and what passes them."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob, self.carol = map(self.server.person, ("alice", "bob", "carol"))
        self.alice.send("/join #den")
        self.alice.skip()
        self.bob.skip()

    def lock(self, *commands: str) -> None:
        """Let the room's operator send a line."""
        self.alice.send(*commands)
        self.alice.skip()

    def cannotJoin(self, why: str, typed: str = "/join #den") -> None:
        """Assert that bob cannot join."""
        self.bob.send(typed)
        self.bob.expect(why)
        self.alice.expect()

    def canJoin(self, typed: str = "/join #den") -> None:
        """Assert that bob can join."""
        self.bob.send(typed)
        self.bob.until("* bob joined #den")
        self.alice.expect("* bob joined #den")

    def test_ban(self) -> None:
        """A banned user cannot join until the ban is lifted."""
        self.lock("/ban bob")
        self.cannotJoin("! A ban keeps you out of #den, or silent in it.  Ask one of its operators.")
        self.lock("/unban bob")
        self.canJoin()

    def test_invitationPastABan(self) -> None:
        """An operator's invitation passes a ban, but does not let the user speak.  Other invitations do not pass it."""
        refusal = "! A ban keeps you out of #den, or silent in it.  Ask one of its operators."
        self.carol.send("/join #den")
        self.carol.until("* carol joined #den")
        self.lock("/ban bob")
        self.carol.send("/invite bob")
        self.bob.expect("* carol invited bob to #den")
        self.alice.skip()
        self.cannotJoin(refusal)
        self.lock("/invite bob")
        self.bob.expect("* alice invited bob to #den")
        self.canJoin()
        self.bob.send("hello")
        self.bob.expect(refusal)

    def test_inviteOnly(self) -> None:
        """An invitation passes once."""
        self.lock("/mode +i")
        refusal = "! Only those who were invited come into #den.  Ask someone in it to /invite you."
        self.cannotJoin(refusal)
        self.lock("/invite bob")
        self.bob.expect("* alice invited bob to #den")
        self.canJoin()
        self.bob.send("/leave")
        self.bob.skip()
        self.alice.skip()
        self.cannotJoin(refusal)

    def test_key(self) -> None:
        """The key is required."""
        self.lock("/mode +k Sesame")
        self.cannotJoin("! #den needs a key.  Usage: /join #den KEY")
        self.cannotJoin("! That is not the key of #den.  Usage: /join #den KEY", "/join #den sesame")
        self.canJoin("/join #den Sesame")

    def test_full(self) -> None:
        """A room has no more members than its limit, except for invited users."""
        self.lock("/mode +l 1")
        self.cannotJoin("! #den is full: it takes 1.  Try again later.")
        self.lock("/invite bob")
        self.canJoin()

    def test_exception(self) -> None:
        """Exceptions pass bans and the invite-only mode."""
        self.lock("/ban *!*@*", "/mode +i", "/mode +e bob", "/mode +I bob")
        self.canJoin()
        self.carol.skip()
        self.carol.send("/join #den")
        self.carol.expect("! A ban keeps you out of #den, or silent in it.  Ask one of its operators.")


class LeavingTests(SynchronousTestCase):
    """/leave, and being kicked."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_current(self) -> None:
        """After /leave the room joined last is current.  Others see the reason."""
        for room in ("#one", "#two"):
            self.alice.send(f"/join {room}")
            self.bob.send(f"/join {room}")
        self.alice.skip()
        self.bob.skip()
        self.alice.send("/leave so long", "now where")
        self.alice.expect("* alice left #two (so long)", "* You are talking in #one")
        self.bob.expect("* alice left #two (so long)", "[12:00] #one <alice> now where")

    def test_other(self) -> None:
        """/leave of another room does not change the current room."""
        self.alice.send("/join #den")
        self.alice.skip()
        self.alice.send("/leave #LOBBY see you", "/who")
        self.alice.expect("* alice left #lobby (see you)", "* 1 in #den: @alice")
        self.bob.expect("* alice left #lobby (see you)")

    def test_last(self) -> None:
        """After the only room there is no current room, and the client is told what to do."""
        self.alice.send("/leave", "hello?", "/leave")
        self.alice.expect("* alice left #lobby", "* You are in no room; /join #ROOM to talk", NOWHERE, NOWHERE)
        self.bob.expect("* alice left #lobby")

    def test_comingBack(self) -> None:
        """A last operator who returns is operator again; other members have no rank."""
        self.alice.send("/leave", "/join lobby")
        self.alice.skip()
        self.alice.send("/who")
        self.alice.expect("* 2 in #lobby: bob @alice")
        self.bob.skip()
        self.alice.send("/mode +o bob", "/leave", "/join lobby")
        self.alice.skip()
        self.alice.send("/who")
        self.alice.expect("* 2 in #lobby: @bob alice")

    def test_notIn(self) -> None:
        """/leave of a room that the client is not in, or that does not exist, is an error."""
        self.bob.send("/join #den")
        self.alice.send("/leave #den", "/leave #nowhere")
        self.alice.expect(
            "! You are not in #den.  /join #den first.",
            "! There is no room #nowhere.  /rooms lists the rooms.",
        )

    def test_longReason(self) -> None:
        """A reason has a limit."""
        self.alice.send("/leave " + "x" * 391)
        self.alice.expect("! The reason is too long: it has 391 characters, and 390 fit.  Say it shorter.")
        self.alice.send("/leave " + "x" * 390)
        self.bob.expect(f"* alice left #lobby ({'x' * 390})")

    def test_kickedFromTheCurrentRoom(self) -> None:
        """After a kick from the current room, texts do not go to another room."""
        self.bob.send("/join #den", "/join #lobby")
        self.bob.skip()
        self.alice.send("/kick bob enough")
        self.bob.expect("* alice kicked bob from #lobby (enough)")
        self.bob.send("but why", "/who")
        self.bob.expect(*2 * ["! You are not in #lobby any more.  /join #ROOM first, or /msg NICK TEXT"])
        self.bob.send("/join #den", "/who")
        self.bob.expect("* You are talking in #den", "* 1 in #den: @bob")

    def test_kickedFromAnother(self) -> None:
        """A kick from another room does not change the current room."""
        self.bob.send("/join #den")
        self.bob.skip()
        self.alice.send("/kick bob")
        self.bob.send("/who")
        self.bob.expect("* alice kicked bob from #lobby", "* 1 in #den: @bob")

    def test_emptyRoomIsForgotten(self) -> None:
        """A room ends with its last member."""
        self.alice.send("/join #den", "/leave")
        self.alice.skip()
        self.alice.send("/rooms", "/who #den")
        self.alice.expect("* #lobby 2", "* 1 room", "! There is no room #den.  /rooms lists the rooms.")


class SeveralRoomsTests(SynchronousTestCase):
    """Being in several rooms at once."""

    def test_names(self) -> None:
        """Texts of the current room are shown without its name, texts of others with it.  Notices always have it."""
        server = MemoryServer()
        alice, bob = server.person("alice"), server.person("bob")
        for person in (alice, bob):
            person.send("/join #den", "/join #attic", "/join #lobby")
            person.skip()
        alice.skip()
        for line in ("one", "/msg #den two", "/join #attic", "/me three", "/msg #lobby four", "/leave"):
            alice.send(line)
        bob.expect(
            "[12:00] <alice> one",
            "[12:00] #den <alice> two",
            "[12:00] #attic * alice three",
            "[12:00] <alice> four",
            "* alice left #attic",
        )

    def test_regroupedOnce(self) -> None:
        """A join adds the session to the new room's audience once, and regroups it in the old room's."""
        server = MemoryServer()
        alice = server.person("alice")
        added: list[str] = []
        add = Audience.add

        def counted(audience: Audience, session: Session) -> None:
            added.append(next(room.name for room in server.chat.state.rooms if room.audience is audience))
            add(audience, session)

        self.patch(Audience, "add", counted)
        for line, rooms in (
            ("/join #den", ["#den", "#lobby"]),
            ("/join #lobby", ["#den", "#lobby"]),
            ("/leave", ["#den"]),
            ("/leave", []),
            ("/join #attic", ["#attic"]),
        ):
            added.clear()
            alice.send(line)
            self.assertEqual(rooms, sorted(added), line)

    def test_switchInOnePacket(self) -> None:
        """Texts before and after a change of the current room, in one turn, are shown in the dialect of their time."""
        server = MemoryServer()
        alice, bob = server.person("alice"), server.person("bob")
        for person in (alice, bob):
            person.send("/join #den")
            person.skip()
        alice.skip()
        alice.send("/echo on", "one", "/join #lobby", "two", "/msg #den three", "/join #den", "four")
        alice.expect(
            "* Echo is on",
            "[12:00] <alice> one",
            "* You are talking in #lobby",
            "[12:00] <alice> two",
            "[12:00] #den <alice> three",
            "* You are talking in #den",
            "[12:00] <alice> four",
        )
        bob.expect(
            "[12:00] <alice> one",
            "[12:00] #lobby <alice> two",
            "[12:00] <alice> three",
            "[12:00] <alice> four",
        )


class LookingAroundTests(SynchronousTestCase):
    """/who, /rooms and /topic."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_who(self) -> None:
        """/who lists the members with their ranks and away messages."""
        self.alice.send("/mode +v bob")
        self.bob.send("/away tea")
        self.alice.skip()
        self.alice.send("/who")
        self.alice.expect("* 2 in #lobby: @alice +bob", "* bob is away: tea")

    def test_whoNobody(self) -> None:
        """/who of an empty room says so."""
        self.bob.send("/join #den", "/topic tea", "/leave")
        self.alice.send("/who #den")
        self.alice.expect("* 0 in #den")

    def test_whoElsewhere(self) -> None:
        """/who works for other rooms, with or without the #, and shows the room's own spelling."""
        self.bob.send("/join #Den")
        self.alice.send("/who #Den", "/who #den", "/who den")
        self.alice.expect(*3 * ["* 1 in #Den: @bob"])

    def test_whoIsSomeone(self) -> None:
        """/who describes a user with the shared rooms.  A nick has precedence over a room without its #."""
        self.bob.send("/join #den", "/join #bob")
        self.alice.send("/who BOB", "/who bob", "/who #bob")
        who = f"* bob is ~line@{self.server.context.cloak('127.0.0.1')}"
        self.alice.expect(*2 * [f"{who}, in #lobby"], "* 1 in #bob: @bob")
        self.alice.send("/join #den", "/leave #lobby")
        self.alice.skip()
        self.alice.send("/who bob", "/leave", "/who bob")
        self.alice.expect(
            f"{who}, in #den",
            "* alice left #den",
            "* You are in no room; /join #ROOM to talk",
            f"{who}, in no room of yours",
        )

    def test_whoOfASecretRoom(self) -> None:
        """If there is no such nick, a secret room is reported like one that does not exist."""
        self.bob.send("/join #den", "/mode +s")
        self.alice.send("/who den", "/who nowhere")
        self.alice.expect(
            "! Nobody here is called den.  /who lists who is in this room.",
            "! Nobody here is called nowhere.  /who lists who is in this room.",
        )

    def test_whoNowhere(self) -> None:
        """/who of an unknown room, or without a current room, is an error."""
        self.alice.send("/who #nowhere", "/leave", "/who")
        self.alice.expect(
            "! There is no room #nowhere.  /rooms lists the rooms.",
            "* alice left #lobby",
            "* You are in no room; /join #ROOM to talk",
            NOWHERE,
        )

    def test_whoOfMany(self) -> None:
        """/who has twenty names in each line, with the number of members."""
        for number in range(39):
            self.server.person(f"p{number}")
        self.alice.skip()
        self.alice.send("/who")
        first, second, third = self.alice.lines()
        self.assertEqual("* 41 in #lobby: @alice bob " + " ".join(f"p{number}" for number in range(18)), first)
        self.assertEqual("* 41 in #lobby: " + " ".join(f"p{number}" for number in range(18, 38)), second)
        self.assertEqual("* 41 in #lobby: p38", third)

    def test_rooms(self) -> None:
        """/rooms lists the rooms with numbers and topics, largest first, then by name."""
        self.bob.send("/join #zoo", "/join #den", "/topic for bears")
        self.alice.send("/rooms")
        self.alice.expect("* #lobby 2", "* #den 1 for bears", "* #zoo 1", "* 3 rooms")

    def test_registeredRoom(self) -> None:
        """/rooms lists a registered room that is empty, but not if it is secret."""
        accounts, ownership = self.server.chat.accounts, self.server.chat.ownership
        self.successResultOf(Deferred.fromCoroutine(accounts.register(None, "carol")))
        for name in ("#den", "#plans"):
            self.bob.send(f"/join {name}")
            self.successResultOf(ownership.register(None, name, "carol"))
        self.bob.send("/mode +s", "/leave", "/leave #den")
        self.bob.skip()
        self.alice.send("/rooms")
        self.alice.expect("* #lobby 2", "* #den 0", "* 2 rooms")

    def test_emptyRoom(self) -> None:
        """/rooms does not list an empty room that is not registered."""
        self.bob.send("/join #den", "/topic for bears", "/leave")
        self.bob.skip()
        self.bob.send("/rooms")
        self.bob.expect("* #lobby 2", "* 1 room")
        self.bob.send("/join #den")
        self.bob.skip()
        self.alice.send("/rooms")
        self.alice.expect("* #lobby 2", "* #den 1 for bears", "* 2 rooms")

    def test_secret(self) -> None:
        """Users outside do not learn that a secret room exists."""
        self.bob.send("/join #den", "/mode +s", "/topic plans")
        self.bob.skip()
        self.alice.send("/rooms", "/who #den", "/leave #den", "/invite bob #den")
        self.alice.expect(
            "* #lobby 2",
            "* 1 room",
            *3 * ["! There is no room #den.  /rooms lists the rooms."],
        )
        self.bob.send("/rooms", "/who #den")
        self.bob.expect("* #lobby 2", "* #den 1 plans", "* 2 rooms", "* 1 in #den: @bob")

    def test_secretIsNotToldByMessages(self) -> None:
        """A text to a secret room from outside is refused like one to an unknown room."""
        self.bob.send("/join #den", "/mode +s")
        self.bob.skip()
        self.alice.send("/msg #den hello")
        self.alice.expect("! There is no room #den.  /rooms lists the rooms.")

    def test_topic(self) -> None:
        """/topic sets, shows, replaces and clears the topic."""
        self.server.advance(3661)
        self.alice.send("/topic", "/topic Tea  at four", "/topic", "/topic -", "/topic")
        told = "* alice set the topic of #lobby to: Tea  at four", "* alice cleared the topic of #lobby"
        self.alice.expect(
            "* #lobby has no topic",
            told[0],
            "* Topic of #lobby: Tea  at four (set by alice, 2026-01-01 13:01)",
            told[1],
            "* #lobby has no topic",
        )
        self.bob.expect(*told)

    def test_topicWithoutRank(self) -> None:
        """Only operators set it, unless the room's modes allow others."""
        self.bob.send("/topic mine", "/topic")
        self.bob.expect(
            "! You need to be an operator of #lobby for that.  Ask one of those who are (@ in /who).",
            "* #lobby has no topic",
        )
        self.alice.send("/mode -t")
        self.bob.skip()
        self.bob.send("/topic mine")
        self.bob.expect("* bob set the topic of #lobby to: mine")

    def test_longTopic(self) -> None:
        """A topic has a limit."""
        self.alice.send("/topic " + "é" * 391, "/topic")
        self.alice.expect(
            "! The topic is too long: it has 391 characters, and 390 fit.  Say it shorter.",
            "* #lobby has no topic",
        )
        self.alice.send("/topic " + "é" * 390)
        self.bob.expect("* alice set the topic of #lobby to: " + "é" * 390)

    def test_topicNowhere(self) -> None:
        """/topic requires a current room."""
        self.alice.send("/leave")
        self.alice.skip()
        self.alice.send("/topic", "/topic x")
        self.alice.expect(NOWHERE, NOWHERE)


class RenamedRoomTests(SynchronousTestCase):
    """Rooms that are renamed through another door."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.bob.send("/join #den")
        self.alice.skip()
        self.bob.skip()

    def rename(self, old: str, new: str) -> None:
        """Rename a room as its operator."""
        chat = self.server.chat
        room = chat.state.rooms.get(old)
        assert room is not None
        operator = next(member.user for member in room.members.values() if member.ranks)
        chat.channels.rename(next(iter(operator.sessions.values())), old, new)
        self.server.pump()

    def test_current(self) -> None:
        """A renamed room stays current, and its texts are still shown without its name."""
        session = next(iter(self.server.chat.identity.find("alice").sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.operators.become(session, "tests", ("rooms",))))
        self.server.pump()
        self.alice.skip()
        self.bob.skip()
        self.rename("#lobby", "#Hall")
        for client in (self.alice, self.bob):
            client.expect("* alice renamed #lobby to #Hall")
        self.alice.send("hello", "/who")
        self.alice.expect("* 2 in #Hall: @alice bob")
        self.bob.expect("[12:00] #Hall <alice> hello")
        self.bob.send("/msg #hall hi")
        self.alice.expect("[12:00] <bob> hi")

    def test_other(self) -> None:
        """The rename of another room does not change the current room."""
        self.alice.send("/join #den", "/join #lobby")
        self.alice.skip()
        self.bob.skip()
        self.rename("#den", "#cave")
        self.alice.expect("* bob renamed #den to #cave")
        self.bob.skip()
        self.alice.send("here")
        self.bob.expect("[12:00] #lobby <alice> here")
        self.bob.send("there")
        self.alice.expect("[12:00] #cave <bob> there")
        self.bob.send("/leave")
        self.bob.expect("* bob left #cave", "* You are talking in #lobby")


class InvitingTests(SynchronousTestCase):
    """/invite."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.send("/join #den")
        self.alice.skip()

    def test_intoTheCurrentRoom(self) -> None:
        """Both users are told."""
        carol = self.server.person("carol")
        self.alice.skip()
        self.bob.skip()
        self.alice.send("/invite bob")
        told = "* alice invited bob to #den"
        self.alice.expect(told)
        self.bob.expect(told)
        carol.expect()

    def test_intoAnother(self) -> None:
        """The room may be another of the client's, with or without its #."""
        self.alice.send("/join #lobby")
        self.alice.skip()
        self.alice.send("/invite bob #den", "/invite bob den")
        self.bob.expect(*2 * ["* alice invited bob to #den"])

    def test_usage(self) -> None:
        """A nick is required."""
        self.alice.send("/invite")
        self.alice.expect("! Usage: /invite NICK [#ROOM]")

    def test_nobody(self) -> None:
        """An unknown nick is an error."""
        self.alice.send("/invite dave")
        self.alice.expect("! Nobody here is called dave.  /who lists who is in this room.")

    def test_alreadyThere(self) -> None:
        """A member cannot be invited."""
        self.alice.send("/invite bob #lobby")
        self.alice.expect("! bob is in #lobby already, and needs no invitation.")
        self.bob.expect()

    def test_notIn(self) -> None:
        """Only members invite."""
        self.bob.send("/invite alice #den", "/invite alice #nowhere")
        self.bob.expect(
            "! You are not in #den.  /join #den first.", "! There is no room #nowhere.  /rooms lists the rooms."
        )

    def test_rank(self) -> None:
        """Only operators invite into an invite-only room."""
        self.server.person("carol")
        self.bob.send("/join #den")
        self.alice.send("/mode +i")
        self.bob.skip()
        self.bob.send("/invite carol")
        self.bob.expect("! You need to be an operator of #den for that.  Ask one of those who are (@ in /who).")

    def test_nowhere(self) -> None:
        """A room is required."""
        self.alice.send("/leave", "/leave")
        self.alice.skip()
        self.alice.send("/invite bob")
        self.alice.expect(NOWHERE)


globals().update(overMessages(globals()))


class AccountTests(SynchronousTestCase):
    """Several sessions of one account at the line door."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.chat = self.server.chat
        self.successResultOf(Deferred.fromCoroutine(self.chat.accounts.register(None, "alice")))
        self.alice = self.loggedIn("alice")
        self.alice.send("/join #den")
        self.alice.skip()

    def loggedIn(self, nick: str) -> LineClient:
        """Connect a client that has logged in before."""
        client = self.server.connect()
        session = next(reversed(self.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.chat.identity.login(session, "alice")))
        client.skip()
        client.send(nick)
        return client

    def test_enter(self) -> None:
        """A second session is told which rooms it is in."""
        second = self.loggedIn("another")
        second.expect(
            "* You are alice, and were here already; you are in #lobby and #den", "* You are talking in #lobby"
        )
        self.alice.expect()
        second.send("hello")
        self.alice.expect("[12:00] #lobby <alice> hello")
        self.alice.send("/leave #lobby", "/leave #den")
        third = self.loggedIn("alice")
        third.expect("* You are alice, and were here already; you are in no room; /join #ROOM to talk")
        third.send("hello")
        third.expect(NOWHERE)

    def test_move(self) -> None:
        """A guest who logs in as a user who is here is told who they are, and where."""
        bob = self.server.person("bob")
        bob.send("/join #other")
        bob.skip()
        self.alice.skip()
        (session,) = self.chat.identity.find("bob").sessions.values()
        self.successResultOf(Deferred.fromCoroutine(self.chat.identity.login(session, "alice")))
        self.server.pump()
        bob.expect("* You are alice now; you are in #lobby and #den", "* You are talking in #lobby")
        self.alice.expect("* bob quit (Logged in as alice)")
        bob.send("hello")
        self.alice.expect("[12:00] #lobby <alice> hello")

    def test_elsewhere(self) -> None:
        """A session is told of rooms that another session joins or leaves."""
        second = self.loggedIn("alice")
        second.skip()
        self.alice.send("/join #kitchen")
        self.alice.expect("* 1 in #kitchen: @alice", "* alice joined #kitchen")
        second.expect("* alice joined #kitchen", "* You are in #kitchen now, from another session")
        second.send("hello")
        self.alice.expect("[12:00] #lobby <alice> hello")
        self.alice.send("/leave #lobby", "/leave #den", "/leave #kitchen")
        second.skip()
        self.alice.send("/join #hall")
        self.alice.skip()
        second.skip()
        second.send("here")
        self.alice.expect("[12:00] <alice> here")

    def test_owned(self) -> None:
        """A guest who takes the nick of an account is asked for the password."""
        guest = self.server.connect()
        guest.skip()
        guest.send("Alice")
        guest.expect("* Alice belongs to an account; password (it will be visible; an empty line cancels):")

    def test_claimed(self) -> None:
        """A guest whose nick is given to an account is asked to log in, and renamed later."""
        bob = self.server.person("bob")
        self.successResultOf(Deferred.fromCoroutine(self.chat.accounts.register(None, "bob")))
        self.server.advance(1)
        bob.expect("* The name bob belongs to an account.  /login within 1 minute, or you get another name")
        self.server.advance(61)
        bob.until(re.compile(r"\* bob is now Guest\d+"))
