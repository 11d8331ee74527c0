"""Tests of rooms at the line door: coming, going, being in several, looking around."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.carriers import overMessages
from tests.protocols.line.servers import STRANGER, limited
from twistchat.chat.fanout.audience import Audience
from twistchat.chat.model.sessions import Session
from twistchat.testing import MemoryServer

NOWHERE = "! You are in no room.  /join #ROOM first, or /msg NICK TEXT"


class JoiningTests(SynchronousTestCase):
    """/join."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_newRoom(self) -> None:
        """A room begins with its first member, who is its operator; those elsewhere see nothing of it."""
        self.alice.send("/join #den")
        self.alice.expect("* 1 in #den: @alice", "* alice joined #den")
        self.bob.expect()

    def test_existingRoom(self) -> None:
        """Those who are there see one come; the name is shown as its founder typed it."""
        self.alice.send("/join #Den")
        self.alice.skip()
        self.bob.send("/join #dEN")
        self.bob.expect("* 2 in #Den: @alice bob", "* bob joined #Den")
        self.alice.expect("* bob joined #Den")

    def test_withoutItsSign(self) -> None:
        """People leave out the #."""
        self.alice.send("/join den")
        self.alice.expect("* 1 in #den: @alice", "* alice joined #den")

    def test_talksThere(self) -> None:
        """Lines are said in the room joined last; joining one where one is already is to talk there."""
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
        """It needs a room."""
        self.alice.send("/join", "/join  ")
        self.alice.expect(*2 * ["! Usage: /join #ROOM [KEY]"])

    def test_badName(self) -> None:
        """What cannot be a room's name, with the reason."""
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
        """A name that would be taken for that of another room: its o here is Greek."""
        self.alice.send("/join #lοbby")
        self.alice.expect("! #lοbby looks like the room #lobby.  Join that, or choose another name.")

    def test_tooMany(self) -> None:
        """One can be in so many rooms."""
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
        """So many joins at once, then one in so many seconds."""
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
        """One room takes so many joins at once, whoever joins."""
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
        """No rate of joins binds the exempt."""
        server = limited(userJoinBurst=1, roomJoinBurst=1)
        alice = server.person("alice")
        alice.send(*(f"/join #r{number}" for number in range(20)), "/rooms")
        alice.until("* 21 rooms")

    def test_refusedStaysWhereItWas(self) -> None:
        """A join that is refused leaves one talking where one was."""
        self.bob.send("/join #den", "/mode +i")
        self.alice.send("/join #den", "still here")
        self.alice.expect("! Only those who were invited come into #den.  Ask someone in it to /invite you.")
        self.bob.until("[12:00] #lobby <alice> still here")


class LockedRoomTests(SynchronousTestCase):
    """What keeps one out of a room, and what lets one in."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob, self.carol = map(self.server.person, ("alice", "bob", "carol"))
        self.alice.send("/join #den")
        self.alice.skip()
        self.bob.skip()

    def lock(self, *commands: str) -> None:
        """Have the room's operator type something."""
        self.alice.send(*commands)
        self.alice.skip()

    def cannotJoin(self, why: str, typed: str = "/join #den") -> None:
        """Hold that bob is kept out."""
        self.bob.send(typed)
        self.bob.expect(why)
        self.alice.expect()

    def canJoin(self, typed: str = "/join #den") -> None:
        """Hold that bob comes in."""
        self.bob.send(typed)
        self.bob.until("* bob joined #den")
        self.alice.expect("* bob joined #den")

    def test_ban(self) -> None:
        """A ban keeps out until it is lifted."""
        self.lock("/ban bob")
        self.cannotJoin("! A ban keeps you out of #den, or silent in it.  Ask one of its operators.")
        self.lock("/unban bob")
        self.canJoin()

    def test_invitationPastABan(self) -> None:
        """An operator's invitation lets in whom a ban keeps out, and leaves them silent; that of others does not."""
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
        """An invitation lets one in, once."""
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
        """Only those who name the key come in."""
        self.lock("/mode +k Sesame")
        self.cannotJoin("! #den needs a key.  Usage: /join #den KEY")
        self.cannotJoin("! That is not the key of #den.  Usage: /join #den KEY", "/join #den sesame")
        self.canJoin("/join #den Sesame")

    def test_full(self) -> None:
        """A room takes no more members than its limit; the invited come in nevertheless."""
        self.lock("/mode +l 1")
        self.cannotJoin("! #den is full: it takes 1.  Try again later.")
        self.lock("/invite bob")
        self.canJoin()

    def test_exception(self) -> None:
        """Who is excepted from bans, or from the need of an invitation, comes in."""
        self.lock("/ban *!*@*", "/mode +i", "/mode +e bob", "/mode +I bob")
        self.canJoin()
        self.carol.skip()
        self.carol.send("/join #den")
        self.carol.expect("! A ban keeps you out of #den, or silent in it.  Ask one of its operators.")


class LeavingTests(SynchronousTestCase):
    """/leave, and being put out."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_current(self) -> None:
        """Leaving the current room, others see why; the room joined last of those that remain is the current one."""
        for room in ("#one", "#two"):
            self.alice.send(f"/join {room}")
            self.bob.send(f"/join {room}")
        self.alice.skip()
        self.bob.skip()
        self.alice.send("/leave so long", "now where")
        self.alice.expect("* alice left #two (so long)", "* You are talking in #one")
        self.bob.expect("* alice left #two (so long)", "[12:00] #one <alice> now where")

    def test_other(self) -> None:
        """Leaving another room changes nothing about the current one."""
        self.alice.send("/join #den")
        self.alice.skip()
        self.alice.send("/leave #LOBBY see you", "/who")
        self.alice.expect("* alice left #lobby (see you)", "* 1 in #den: @alice")
        self.bob.expect("* alice left #lobby (see you)")

    def test_last(self) -> None:
        """Leaving the only room, one is in none, and is told what to do."""
        self.alice.send("/leave", "hello?", "/leave")
        self.alice.expect("* alice left #lobby", "* You are in no room; /join #ROOM to talk", NOWHERE, NOWHERE)
        self.bob.expect("* alice left #lobby")

    def test_comingBack(self) -> None:
        """Who left may come back; its last operator is that again, and any other has no rank."""
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
        """A room that one is not in, or that is none, cannot be left."""
        self.bob.send("/join #den")
        self.alice.send("/leave #den", "/leave #nowhere")
        self.alice.expect(
            "! You are not in #den.  /join #den first.",
            "! There is no room #nowhere.  /rooms lists the rooms.",
        )

    def test_longReason(self) -> None:
        """A reason has its limit."""
        self.alice.send("/leave " + "x" * 391)
        self.alice.expect("! The reason is too long: it has 391 characters, and 390 fit.  Say it shorter.")
        self.alice.send("/leave " + "x" * 390)
        self.bob.expect(f"* alice left #lobby ({'x' * 390})")

    def test_kickedFromTheCurrentRoom(self) -> None:
        """Who is put out of the current room says no line elsewhere by accident."""
        self.bob.send("/join #den", "/join #lobby")
        self.bob.skip()
        self.alice.send("/kick bob enough")
        self.bob.expect("* alice kicked bob from #lobby (enough)")
        self.bob.send("but why", "/who")
        self.bob.expect(*2 * ["! You are not in #lobby any more.  /join #ROOM first, or /msg NICK TEXT"])
        self.bob.send("/join #den", "/who")
        self.bob.expect("* You are talking in #den", "* 1 in #den: @bob")

    def test_kickedFromAnother(self) -> None:
        """Who is put out of another room goes on where they are."""
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
        """Texts of the current room do not name it, those of others do; notices always do."""
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
        """Joining puts one into the new room's audience once, and regroups that of the room where one was talking."""
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
        """What comes before and after one goes to talk elsewhere, in one turn, is shown as it was where one was."""
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
        """The members with their ranks, and who is away."""
        self.alice.send("/mode +v bob")
        self.bob.send("/away tea")
        self.alice.skip()
        self.alice.send("/who")
        self.alice.expect("* 2 in #lobby: @alice +bob", "* bob is away: tea")

    def test_whoNobody(self) -> None:
        """Of a room that is kept though nobody is there."""
        self.bob.send("/join #den", "/topic tea", "/leave")
        self.alice.send("/who #den")
        self.alice.expect("* 0 in #den")

    def test_whoElsewhere(self) -> None:
        """Of another room, one's own or not, with or without its #; it is called by its own name."""
        self.bob.send("/join #Den")
        self.alice.send("/who #Den", "/who #den", "/who den")
        self.alice.expect(*3 * ["* 1 in #Den: @bob"])

    def test_whoIsSomeone(self) -> None:
        """Who a person is: the rooms where one meets them, and no others; a nick comes before a room without its #."""
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
        """Where there is no such nick, a secret room is not told from one that does not exist."""
        self.bob.send("/join #den", "/mode +s")
        self.alice.send("/who den", "/who nowhere")
        self.alice.expect(
            "! Nobody here is called den.  /who lists who is in this room.",
            "! Nobody here is called nowhere.  /who lists who is in this room.",
        )

    def test_whoNowhere(self) -> None:
        """Of a room that is none, or where one is in none."""
        self.alice.send("/who #nowhere", "/leave", "/who")
        self.alice.expect(
            "! There is no room #nowhere.  /rooms lists the rooms.",
            "* alice left #lobby",
            "* You are in no room; /join #ROOM to talk",
            NOWHERE,
        )

    def test_whoOfMany(self) -> None:
        """Twenty names a line, each line with how many there are."""
        for number in range(39):
            self.server.person(f"p{number}")
        self.alice.skip()
        self.alice.send("/who")
        first, second, third = self.alice.lines()
        self.assertEqual("* 41 in #lobby: @alice bob " + " ".join(f"p{number}" for number in range(18)), first)
        self.assertEqual("* 41 in #lobby: " + " ".join(f"p{number}" for number in range(18, 38)), second)
        self.assertEqual("* 41 in #lobby: p38", third)

    def test_rooms(self) -> None:
        """The rooms with their numbers and topics, fullest first, then by name."""
        self.bob.send("/join #zoo", "/join #den", "/topic for bears")
        self.alice.send("/rooms")
        self.alice.expect("* #lobby 2", "* #den 1 for bears", "* #zoo 1", "* 3 rooms")

    def test_emptyRoom(self) -> None:
        """A room that is empty, and there for its topic, is not listed."""
        self.bob.send("/join #den", "/topic for bears", "/leave")
        self.bob.skip()
        self.bob.send("/rooms")
        self.bob.expect("* #lobby 2", "* 1 room")
        self.bob.send("/join #den")
        self.bob.skip()
        self.alice.send("/rooms")
        self.alice.expect("* #lobby 2", "* #den 1 for bears", "* 2 rooms")

    def test_secret(self) -> None:
        """Of a secret room those outside learn nothing; it is as if there were none."""
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
        """A text to a secret room that one is not in is refused as one to no room."""
        self.bob.send("/join #den", "/mode +s")
        self.bob.skip()
        self.alice.send("/msg #den hello")
        self.alice.expect("! There is no room #den.  /rooms lists the rooms.")

    def test_topic(self) -> None:
        """A topic is set, shown with who set it and when, and cleared; a new topic takes its place."""
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
        """Only operators set it, unless the room says otherwise."""
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
        """A topic has its limit."""
        self.alice.send("/topic " + "é" * 391, "/topic")
        self.alice.expect(
            "! The topic is too long: it has 391 characters, and 390 fit.  Say it shorter.",
            "* #lobby has no topic",
        )
        self.alice.send("/topic " + "é" * 390)
        self.bob.expect("* alice set the topic of #lobby to: " + "é" * 390)

    def test_topicNowhere(self) -> None:
        """It needs a current room."""
        self.alice.send("/leave")
        self.alice.skip()
        self.alice.send("/topic", "/topic x")
        self.alice.expect(NOWHERE, NOWHERE)


class RenamedRoomTests(SynchronousTestCase):
    """A room that gets another name, as other doors can give it."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.bob.send("/join #den")
        self.alice.skip()
        self.bob.skip()

    def rename(self, old: str, new: str) -> None:
        """Rename a room, in the name of whoever operates it."""
        chat = self.server.chat
        room = chat.state.rooms.get(old)
        assert room is not None
        operator = next(member.user for member in room.members.values() if member.ranks)
        chat.channels.rename(next(iter(operator.sessions.values())), old, new)
        self.server.pump()

    def test_current(self) -> None:
        """Who talks there goes on talking there, and its texts are still shown without its name."""
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
        """Who talks elsewhere goes on talking there."""
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
        """The invited one hears of it, and the one who invites."""
        carol = self.server.person("carol")
        self.alice.skip()
        self.bob.skip()
        self.alice.send("/invite bob")
        told = "* alice invited bob to #den"
        self.alice.expect(told)
        self.bob.expect(told)
        carol.expect()

    def test_intoAnother(self) -> None:
        """Into another of one's rooms, with or without its #."""
        self.alice.send("/join #lobby")
        self.alice.skip()
        self.alice.send("/invite bob #den", "/invite bob den")
        self.bob.expect(*2 * ["* alice invited bob to #den"])

    def test_usage(self) -> None:
        """It needs a nick."""
        self.alice.send("/invite")
        self.alice.expect("! Usage: /invite NICK [#ROOM]")

    def test_nobody(self) -> None:
        """Nobody is called that."""
        self.alice.send("/invite dave")
        self.alice.expect("! Nobody here is called dave.  /who lists who is in this room.")

    def test_alreadyThere(self) -> None:
        """Someone who is in it needs no invitation."""
        self.alice.send("/invite bob #lobby")
        self.alice.expect("! bob is in #lobby already, and needs no invitation.")
        self.bob.expect()

    def test_notIn(self) -> None:
        """Into a room that one is not in nobody is invited by one."""
        self.bob.send("/invite alice #den", "/invite alice #nowhere")
        self.bob.expect(
            "! You are not in #den.  /join #den first.", "! There is no room #nowhere.  /rooms lists the rooms."
        )

    def test_rank(self) -> None:
        """Past the locks of an invite-only room only its operators invite."""
        self.server.person("carol")
        self.bob.send("/join #den")
        self.alice.send("/mode +i")
        self.bob.skip()
        self.bob.send("/invite carol")
        self.bob.expect("! You need to be an operator of #den for that.  Ask one of those who are (@ in /who).")

    def test_nowhere(self) -> None:
        """It needs a room."""
        self.alice.send("/leave", "/leave")
        self.alice.skip()
        self.alice.send("/invite bob")
        self.alice.expect(NOWHERE)


globals().update(overMessages(globals()))
