"""Tests of what is said at the line door: in rooms, in private, as an action; echo, history, ignoring."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.carriers import overMessages
from tests.protocols.line.servers import SlowHistory, limited
from twistchat.testing import MemoryServer, inMemory


class SayingTests(SynchronousTestCase):
    """Lines, and /me."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_line(self) -> None:
        """A line is said in the current room: to all others in it, and not to the one who said it."""
        self.alice.send("hello, world")
        self.bob.expect("[12:00] <alice> hello, world")
        self.alice.expect()

    def test_time(self) -> None:
        """The time before a text is that at which it was taken."""
        self.server.advance(61)
        self.alice.send("a minute later")
        self.bob.expect("[12:01] <alice> a minute later")

    def test_spaces(self) -> None:
        """The white space of a text is the sender's own business, and a line of nothing else is none."""
        self.alice.send("", "   ", "\t", "  two  spaces ")
        self.bob.expect("[12:00] <alice>   two  spaces ")
        self.alice.expect()

    def test_severalLines(self) -> None:
        """A text of several lines, as other doors send it, is as many lines, each with its speaker; in history too."""
        chat = self.server.chat
        chat.speaking.say(
            next(iter(chat.identity.find("alice").sessions.values())), "#lobby", "one\n\n[12:00] <carol> two"
        )
        self.server.pump()
        lines = ["[12:00] <alice> one", "[12:00] <alice> [12:00] <carol> two"]
        self.bob.expect(*lines)
        self.bob.send("/history 1")
        self.bob.expect("* History of #lobby, 2026-01-01", *lines, "* End of history of #lobby")

    def test_forARank(self) -> None:
        """A text for those of a rank names the rank and the room, which may be the current one."""
        chat = self.server.chat
        carol = self.server.person("carol")
        chat.speaking.say(next(iter(chat.identity.find("bob").sessions.values())), "#lobby", "help", rank="o")
        self.server.pump()
        self.alice.until("[12:00] @#lobby <bob> help")
        carol.expect()

    def test_doubledSlash(self) -> None:
        """A line that begins with // says the rest."""
        self.alice.send("//who is it", "///", "//")
        self.bob.expect("[12:00] <alice> /who is it", "[12:00] <alice> //", "[12:00] <alice> /")

    def test_action(self) -> None:
        """/me says what one does."""
        self.alice.send("/me waves", "/ME waves again")
        self.bob.expect("[12:00] * alice waves", "[12:00] * alice waves again")
        self.alice.expect()

    def test_emptyAction(self) -> None:
        """/me alone does nothing."""
        self.alice.send("/me")
        self.alice.expect("! There is nothing to say in that line.  Type a text.")
        self.bob.expect()

    def test_noRoom(self) -> None:
        """Where one is in no room, nobody hears, and the error says how to come into one."""
        self.alice.send("/leave")
        self.bob.skip()
        self.alice.skip()
        self.alice.send("hello?", "/me too")
        self.alice.expect(*2 * ["! You are in no room.  /join #ROOM first, or /msg NICK TEXT"])
        self.bob.expect()

    def test_tooLong(self) -> None:
        """A message has its limit, in bytes."""
        self.alice.send("é" * 2048)
        self.bob.expect("[12:00] <alice> " + "é" * 2048)
        self.alice.send("é" * 2048 + "!")
        self.alice.expect("! The message is too long: it has 4097 bytes, and 4096 fit.  Say it shorter.")
        self.bob.expect()

    def test_longestInACommand(self) -> None:
        """The command in front of a message does not count against it."""
        self.alice.send("/msg bob " + "x" * 4096)
        self.bob.expect("[12:00] @bob <alice> " + "x" * 4096)

    def test_moderated(self) -> None:
        """In a moderated room only those with a voice are heard."""
        self.alice.send("/mode +m")
        self.bob.skip()
        self.bob.send("psst", "/me too")
        self.bob.expect(*2 * ["! Only those with a voice may speak in #lobby.  Ask one of its operators."])
        self.alice.skip()
        self.alice.send("quiet")
        self.bob.expect("[12:00] <alice> quiet")
        self.alice.send("/mode +v bob")
        self.bob.skip()
        self.alice.skip()
        self.bob.send("thank you")
        self.alice.expect("[12:00] <bob> thank you")


class TellingTests(SynchronousTestCase):
    """/msg."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob, self.carol = map(self.server.person, ("alice", "bob", "carol"))
        self.alice.skip()
        self.bob.skip()

    def test_toSomeone(self) -> None:
        """A private text is for one; the nick may be typed in any case."""
        self.alice.send("/msg BOB for you  alone")
        self.bob.expect("[12:00] @bob <alice> for you  alone")
        self.alice.expect()
        self.carol.expect()

    def test_toOneself(self) -> None:
        """A note to oneself is heard as any private text is, and with echo once more."""
        self.alice.send("/msg alice note")
        self.alice.expect("[12:00] @alice <alice> note")
        self.alice.send("/echo on", "/msg alice note")
        self.alice.expect("* Echo is on", *2 * ["[12:00] @alice <alice> note"])

    def test_toARoom(self) -> None:
        """To another of one's rooms, which becomes no current room by it."""
        for person in (self.alice, self.bob):
            person.send("/join #den", "/join #lobby")
            person.skip()
        self.alice.skip()
        self.alice.send("/msg #den hello den", "hello lobby")
        self.bob.expect("[12:00] #den <alice> hello den", "[12:00] <alice> hello lobby")
        self.carol.skip()

    def test_nobody(self) -> None:
        """Nobody is called that."""
        self.alice.send("/msg dave hello")
        self.alice.expect("! Nobody here is called dave.  /who lists who is in this room.")

    def test_usage(self) -> None:
        """It needs a nick and a text."""
        self.alice.send("/msg", "/msg bob", "/msg bob  ")
        self.alice.expect(*3 * ["! Usage: /msg NICK TEXT"])
        self.bob.expect()

    def test_noSuchRoom(self) -> None:
        """There is no such room."""
        self.alice.send("/msg #nowhere hello")
        self.alice.expect("! There is no room #nowhere.  /rooms lists the rooms.")

    def test_notInRoom(self) -> None:
        """A room that one is not in hears nothing of one."""
        self.bob.send("/join #den")
        self.bob.skip()
        self.alice.send("/msg #den hello")
        self.alice.expect("! You are not in #den.  /join #den first.")
        self.bob.expect()

    def test_openRoom(self) -> None:
        """A room that lets texts in from outside has them; but not from the banned, nor while it is moderated."""
        self.bob.send("/join #den", "/mode -n")
        self.bob.skip()
        self.alice.send("/msg #den knock knock")
        self.bob.expect("[12:00] <alice> knock knock")
        self.bob.send("/mode +m")
        self.bob.skip()
        self.alice.send("/msg #den hello?")
        self.alice.expect("! Only those with a voice may speak in #den.  Ask one of its operators.")
        self.bob.send("/mode -m", "/ban alice")
        self.bob.skip()
        self.alice.send("/msg #den hello?")
        self.alice.expect("! You are not in #den.  /join #den first.")
        self.bob.expect()

    def test_tooLong(self) -> None:
        """A private text has the same limit."""
        self.alice.send("/msg bob " + "x" * 4097)
        self.alice.expect("! The message is too long: it has 4097 bytes, and 4096 fit.  Say it shorter.")
        self.bob.expect()

    def test_away(self) -> None:
        """Who is away has the text all the same; the sender is told."""
        self.bob.send("/away at lunch")
        self.bob.skip()
        self.alice.send("/msg bob hungry?")
        self.alice.expect("* bob is away: at lunch")
        self.bob.expect("[12:00] @bob <alice> hungry?")


class EchoTests(SynchronousTestCase):
    """/echo: one's own lines, as the acknowledgement that they were taken."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_on(self) -> None:
        """Every text of one's own comes back, as others see it."""
        self.alice.send("/echo on", "one", "/me two", "/msg bob three")
        self.alice.expect("* Echo is on", "[12:00] <alice> one", "[12:00] * alice two", "[12:00] @bob <alice> three")
        self.bob.expect("[12:00] <alice> one", "[12:00] * alice two", "[12:00] @bob <alice> three")

    def test_off(self) -> None:
        """And no more.  What was said before keeps to what held then, also within one packet."""
        self.alice.send("zero", "/echo on", "one", "/echo off", "two")
        self.alice.expect("* Echo is on", "[12:00] <alice> one", "* Echo is off")
        self.bob.expect("[12:00] <alice> zero", "[12:00] <alice> one", "[12:00] <alice> two")

    def test_eachSession(self) -> None:
        """It is the session's own affair."""
        self.alice.send("/echo on")
        self.bob.send("mine")
        self.bob.expect()

    def test_usage(self) -> None:
        """It is on or off."""
        self.alice.send("/echo", "/echo maybe")
        self.alice.expect(*2 * ["! Usage: /echo on or /echo off"])


class HistoryTests(SynchronousTestCase):
    """/history, and the history on joining."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice = self.server.person("alice")

    def test_some(self) -> None:
        """The last lines of the current room, in their order, one's own among them."""
        self.alice.send("one", "/me two", "three", "/history 2", "/history")
        self.alice.expect(
            "* History of #lobby, 2026-01-01",
            "[12:00] * alice two",
            "[12:00] <alice> three",
            "* End of history of #lobby",
            "* History of #lobby, 2026-01-01",
            "[12:00] <alice> one",
            "[12:00] * alice two",
            "[12:00] <alice> three",
            "* End of history of #lobby",
        )

    def test_none(self) -> None:
        """Where nothing was said, that is said."""
        self.alice.send("/history")
        self.alice.expect("* #lobby has no history yet")

    def test_days(self) -> None:
        """A day's lines begin with its date."""
        self.alice.send("noon")
        self.server.advance(12 * 3600)
        self.alice.send("midnight", "/history")
        self.alice.expect(
            "* History of #lobby, 2026-01-01",
            "[12:00] <alice> noon",
            "* History of #lobby, 2026-01-02",
            "[00:00] <alice> midnight",
            "* End of history of #lobby",
        )

    def test_defaults(self) -> None:
        """Fifty lines, unless a number says otherwise."""
        self.alice.send(*(f"{number}" for number in range(60)), "/history", "/history 60")
        lines = self.alice.lines()
        self.assertEqual(52 + 62, len(lines))
        self.assertEqual("[12:00] <alice> 10", lines[1])
        self.assertEqual("[12:00] <alice> 0", lines[53])

    def test_usage(self) -> None:
        """A number within the limit, in digits."""
        self.alice.send(
            "/history 0", "/history 501", "/history -1", "/history x", "/history ١", "/history " + "9" * 400
        )
        self.alice.send("/history " + "0" * 4310 + "1")
        self.alice.expect(*7 * ["! Usage: /history [N], with N from 1 to 500"])

    def test_noRoom(self) -> None:
        """It needs a current room."""
        self.alice.send("/leave")
        self.alice.skip()
        self.alice.send("/history")
        self.alice.expect("! You are in no room.  /join #ROOM first, or /msg NICK TEXT")

    def test_otherRoomsStayOut(self) -> None:
        """A room's history is its own; what happened outside of it, and in private, is not in it."""
        self.server.person("bob")
        self.alice.send("/join #den", "secret", "/msg bob private", "/join #lobby", "public")
        self.alice.skip()
        self.alice.send("/history")
        self.alice.expect("* History of #lobby, 2026-01-01", "[12:00] <alice> public", "* End of history of #lobby")

    def test_ignoredStayOut(self) -> None:
        """Texts of the ignored are not in the history that is shown."""
        bob = self.server.person("bob")
        bob.send("ads ads ads")
        self.alice.send("/ignore bob", "real", "/history")
        self.alice.until("* History of #lobby, 2026-01-01")
        self.alice.expect("[12:00] <alice> real", "* End of history of #lobby")

    def test_onJoining(self) -> None:
        """The last lines of a room are shown to one who comes into it, and no more of them than the limit says."""
        server = limited(historyOnJoin=2)
        alice = server.person("alice")
        alice.send("one", "two", "three")
        bob = server.connect()
        bob.send("bob")
        bob.until("* History of #lobby, 2026-01-01")
        bob.expect("[12:00] <alice> two", "[12:00] <alice> three", "* End of history of #lobby", "* bob joined #lobby")


class SearchTests(SynchronousTestCase):
    """/search."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_found(self) -> None:
        """Texts of one's rooms that have all the words, with the rooms where they were said, oldest first."""
        self.alice.send("Tea at four?", "/join #den", "coffee", "four kinds of TÉA", "/search tea four")
        self.alice.until('* History of "tea four" in your rooms, 2026-01-01')
        self.alice.expect(
            "[12:00] #lobby <alice> Tea at four?",
            "[12:00] #den <alice> four kinds of TÉA",
            '* End of history of "tea four" in your rooms',
        )

    def test_pages(self) -> None:
        """Alone it goes further back, without gap or double, to the beginning; new lines do not disturb it."""
        server = MemoryServer()
        alice = server.person("alice")
        alice.send(*(f"tea {number}" for number in range(120)), "/search tea")
        pages = [[line for line in alice.lines() if line[0] == "["]]
        for _ in range(2):
            alice.send("tea again", "/search")
            pages.append([line for line in alice.lines() if line[0] == "["])
        self.assertEqual([50, 50, 20], [len(page) for page in pages])
        texts = [line.rpartition(" ")[2] for page in reversed(pages) for line in page]
        self.assertEqual([f"{number}" for number in range(120)], texts)
        alice.send("/search", "/search")
        alice.expect(*2 * ['* Nothing more in your rooms has "tea"'])

    def test_longPages(self) -> None:
        """Lines that do not fit into one answer are in the next."""
        server = MemoryServer()
        alice = server.person("alice")
        alice.send(*(f"{number} tea " + 4000 * "x" for number in range(40)), "/search tea")
        found = [line.split()[3] for line in alice.lines() if line[0] == "["]
        self.assertLess(len(found), 40)
        alice.send("/search")
        found = [line.split()[3] for line in alice.lines() if line[0] == "["] + found
        self.assertEqual([f"{number}" for number in range(40)], found)

    def test_elsewhere(self) -> None:
        """Rooms that one is not in are not searched, nor what guests said in private."""
        self.bob.send("/join #den", "tea", "/msg alice tea")
        self.alice.skip()
        self.alice.send("/search tea")
        self.alice.expect('* Nothing in your rooms has "tea"')

    def test_ignored(self) -> None:
        """Texts of the ignored are not shown."""
        self.bob.send("tea")
        self.alice.send("/ignore bob")
        self.alice.skip()
        self.alice.send("/search tea")
        self.alice.expect('* Nothing in your rooms has "tea"')

    def test_usage(self) -> None:
        """It needs words; and where there is neither letter nor digit in them, nothing is found."""
        self.alice.send("tea", "/search", "/search ?!", "/search *")
        self.alice.expect(
            "! Usage: /search WORDS; after that, /search alone goes further back",
            '* Nothing in your rooms has "?!"',
            '* Nothing in your rooms has "*"',
        )


class SlowHistoryTests(SynchronousTestCase):
    """History that takes its time meets live lines without gap or double."""

    def setUp(self) -> None:
        self.server = MemoryServer(journal=inMemory(history=SlowHistory))
        assert isinstance(self.server.history, SlowHistory)
        self.history = self.server.history
        self.alice = self.server.connect()
        self.alice.send("alice")
        self.finish()
        self.alice.skip()

    def finish(self) -> None:
        """Let what is being read be there."""
        self.history.finish()
        self.server.pump()

    def test_onJoining(self) -> None:
        """What is said while the history is read comes behind it, once."""
        self.alice.send("before")
        bob = self.server.connect()
        bob.skip()
        bob.send("bob", "from bob", "/who")
        self.alice.expect("* bob joined #lobby")
        self.alice.send("meanwhile")
        bob.expect("* You are bob.  /help lists what you can type")
        self.finish()
        self.alice.send("after")
        bob.expect(
            "* 2 in #lobby: @alice bob",
            "* History of #lobby, 2026-01-01",
            "[12:00] <alice> before",
            "* End of history of #lobby",
            "* bob joined #lobby",
            "[12:00] <alice> meanwhile",
            "* 2 in #lobby: @alice bob",
            "[12:00] <alice> after",
        )
        self.alice.expect("[12:00] <bob> from bob")

    def test_asked(self) -> None:
        """The same for /history: a line that comes while it is read is shown behind it, and not in it."""
        bob = self.server.connect()
        bob.send("bob")
        self.finish()
        bob.skip()
        self.alice.send("before")
        bob.send("/history")
        bob.expect("[12:00] <alice> before")
        self.alice.send("meanwhile")
        bob.expect()
        self.finish()
        self.alice.send("after")
        bob.expect(
            "* History of #lobby, 2026-01-01",
            "[12:00] <alice> before",
            "* End of history of #lobby",
            "[12:00] <alice> meanwhile",
            "[12:00] <alice> after",
        )

    def test_search(self) -> None:
        """And for /search: a line that comes while it is under way is shown behind what was found, and not in it."""
        bob = self.server.connect()
        bob.send("bob")
        self.finish()
        self.alice.send("tea at four")
        bob.skip()
        bob.send("/search tea")
        self.alice.send("tea at five")
        self.finish()
        bob.expect(
            '* History of "tea" in your rooms, 2026-01-01',
            "[12:00] #lobby <alice> tea at four",
            '* End of history of "tea" in your rooms',
            "[12:00] <alice> tea at five",
        )

    def test_askedInTheSameTurn(self) -> None:
        """A line that was taken in the very turn of the /history stands in front of it as well as in it, not behind."""
        bob = self.server.connect()
        bob.send("bob")
        self.finish()
        bob.skip()
        assert self.alice.transport is not None
        self.alice.transport.write(b"same turn\n")
        bob.send("/history")
        self.finish()
        bob.expect(
            "[12:00] <alice> same turn",
            "* History of #lobby, 2026-01-01",
            "[12:00] <alice> same turn",
            "* End of history of #lobby",
        )

    def test_goneMeanwhile(self) -> None:
        """Who is gone when their history is there harms nobody."""
        bob = self.server.connect()
        bob.send("bob")
        bob.hangUp()
        self.finish()
        self.alice.expect("* bob joined #lobby", "* bob quit (connection lost)")
        self.assertEqual([], self.flushLoggedErrors())

    def test_disconnectedMeanwhile(self) -> None:
        """Who is disconnected while their history is read is shown what was said meanwhile, and then why they go."""
        bob = self.server.connect()
        bob.send("bob")
        self.finish()
        bob.skip()
        bob.send("/history")
        self.alice.send("meanwhile")
        bob.expect()
        self.server.close("Gone fishing")
        bob.expect("[12:00] <alice> meanwhile", "* Gone fishing")
        self.assertTrue(bob.gone)

    def test_kickedMeanwhile(self) -> None:
        """Who is put out while their history is read is told so behind it."""
        bob = self.server.connect()
        bob.send("bob")
        bob.skip()
        self.alice.send("/kick bob")
        self.finish()
        bob.expect("* 1 in #lobby: @alice", "* bob joined #lobby", "* alice kicked bob from #lobby")
        bob.send("hello?")
        bob.expect("! You are not in #lobby any more.  /join #ROOM first, or /msg NICK TEXT")

    def test_otherRoomsMeanwhile(self) -> None:
        """Lines of other rooms wait behind it too, in their order."""
        self.alice.send("/join #den")
        self.finish()
        self.alice.skip()
        bob = self.server.connect()
        bob.send("bob")
        self.finish()
        bob.skip()
        bob.send("/join #den")
        self.alice.send("/msg #lobby one", "two", "/msg bob three")
        bob.expect()
        self.finish()
        bob.expect(
            "* 2 in #den: @alice bob",
            "* bob joined #den",
            "[12:00] #lobby <alice> one",
            "[12:00] <alice> two",
            "[12:00] @bob <alice> three",
        )


class IgnoringTests(SynchronousTestCase):
    """/ignore and /unignore."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_texts(self) -> None:
        """Texts and invitations are not heard; what else happens in a room is."""
        self.alice.send("/ignore BOB")
        self.alice.expect("* You ignore bob; /unignore bob ends it")
        self.bob.send(
            "hello", "/me waves", "/msg alice psst", "/join #den", "/invite alice", "/join #lobby", "/leave bye"
        )
        self.alice.expect("* bob left #lobby (bye)")

    def test_others(self) -> None:
        """Others are heard, also those who speak in the same turn; and others hear the ignored."""
        carol = self.server.person("carol")
        self.alice.send("/ignore bob")
        self.alice.skip()
        for person, text in ((self.bob, b"ads\n"), (carol, b"news\n")):
            assert person.transport is not None
            person.transport.write(text)
        self.server.pump()
        self.alice.expect("[12:00] <carol> news")
        carol.expect("[12:00] <bob> ads")

    def test_underAnotherName(self) -> None:
        """Another name does not help the ignored."""
        self.alice.send("/ignore bob")
        self.alice.skip()
        self.bob.send("/nick rob", "it is me")
        self.alice.expect("* bob is now rob")
        self.bob.send("/nick Robert", "and me")
        self.alice.expect("* rob is now Robert")

    def test_again(self) -> None:
        """/unignore ends it."""
        self.alice.send("/ignore bob", "/unignore bob")
        self.alice.expect("* You ignore bob; /unignore bob ends it", "* You hear bob again")
        self.bob.send("hello")
        self.alice.expect("[12:00] <bob> hello")

    def test_againUnderAnotherName(self) -> None:
        """/unignore ends it whichever of their names is typed, and for all of them."""
        self.alice.send("/ignore bob")
        self.bob.send("/nick rob")
        self.alice.skip()
        self.alice.send("/unignore rob")
        self.alice.expect("* You hear rob again")
        self.bob.send("/nick bob", "hello")
        self.alice.expect("* rob is now bob", "[12:00] <bob> hello")

    def test_list(self) -> None:
        """/ignore alone lists whom one ignores."""
        self.server.person("carol")
        self.alice.skip()
        self.alice.send("/ignore", "/ignore carol", "/ignore bob")
        self.alice.until("* You ignore nobody")
        self.alice.skip()
        self.alice.send("/ignore")
        self.alice.expect("* You ignore bob carol")

    def test_nobody(self) -> None:
        """Nobody is called that; nobody of that name is ignored."""
        self.alice.send("/ignore dave", "/unignore bob", "/unignore")
        self.alice.expect(
            "! Nobody here is called dave.  /who lists who is in this room.",
            "! You do not ignore anyone of that name; /ignore lists whom you do",
            "! Usage: /unignore NICK",
        )


globals().update(overMessages(globals()))
