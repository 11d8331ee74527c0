"""Tests of texts at the line door: in rooms, private, actions; echo, search, ignore."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.carriers import overMessages
from twistchat.testing import MemoryServer


class SayingTests(SynchronousTestCase):
    """Lines, and /me."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_line(self) -> None:
        """All other members of the current room get a line, and its sender does not."""
        self.alice.send("hello, world")
        self.bob.expect("[12:00] <alice> hello, world")
        self.alice.expect()

    def test_time(self) -> None:
        """The time of a text is that at which it was stored."""
        self.server.advance(61)
        self.alice.send("a minute later")
        self.bob.expect("[12:01] <alice> a minute later")

    def test_spaces(self) -> None:
        """White space in a text is kept.  A line of white space is ignored."""
        self.alice.send("", "   ", "\t", "  two  spaces ")
        self.bob.expect("[12:00] <alice>   two  spaces ")
        self.alice.expect()

    def test_severalLines(self) -> None:
        """A text of several lines is shown as several lines with the sender, also in the history."""
        chat = self.server.chat
        chat.speaking.say(
            next(iter(chat.identity.find("alice").sessions.values())), "#lobby", "one\n\n[12:00] <carol> two"
        )
        self.server.pump()
        lines = ["[12:00] <alice> one", "[12:00] <alice> [12:00] <carol> two"]
        self.bob.expect(*lines)
        self.bob.send("/history 1")
        self.bob.expect("* History of #lobby, 2026-01-01", *lines, "* End of history of #lobby; it begins here")

    def test_forARank(self) -> None:
        """A text for a rank shows the rank and the room, also in the current room."""
        chat = self.server.chat
        carol = self.server.person("carol")
        chat.speaking.say(next(iter(chat.identity.find("bob").sessions.values())), "#lobby", "help", rank="o")
        self.server.pump()
        self.alice.until("[12:00] @#lobby <bob> help")
        carol.expect()

    def test_doubledSlash(self) -> None:
        """A line that begins with // is sent without the first slash."""
        self.alice.send("//who is it", "///", "//")
        self.bob.expect("[12:00] <alice> /who is it", "[12:00] <alice> //", "[12:00] <alice> /")

    def test_action(self) -> None:
        """/me sends an action."""
        self.alice.send("/me waves", "/ME waves again")
        self.bob.expect("[12:00] * alice waves", "[12:00] * alice waves again")
        self.alice.expect()

    def test_emptyAction(self) -> None:
        """/me without a text is refused."""
        self.alice.send("/me")
        self.alice.expect("! There is nothing to say in that line.  Type a text.")
        self.bob.expect()

    def test_noRoom(self) -> None:
        """Without a current room nobody gets the line, and the error says how to join one."""
        self.alice.send("/leave")
        self.bob.skip()
        self.alice.skip()
        self.alice.send("hello?", "/me too")
        self.alice.expect(*2 * ["! You are in no room.  /join #ROOM first, or /msg NICK TEXT"])
        self.bob.expect()

    def test_tooLong(self) -> None:
        """A message has a limit, in bytes."""
        self.alice.send("é" * 2048)
        self.bob.expect("[12:00] <alice> " + "é" * 2048)
        self.alice.send("é" * 2048 + "!")
        self.alice.expect("! The message is too long: it has 4097 bytes, and 4096 fit.  Say it shorter.")
        self.bob.expect()

    def test_longestInACommand(self) -> None:
        """The command before a message does not count against it."""
        self.alice.send("/msg bob " + "x" * 4096)
        self.bob.expect("[12:00] @bob <alice> " + "x" * 4096)

    def test_moderated(self) -> None:
        """In a moderated room only users with a voice speak."""
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
        """Only the recipient gets a private text.  The nick may be in any case."""
        self.alice.send("/msg BOB for you  alone")
        self.bob.expect("[12:00] @bob <alice> for you  alone")
        self.alice.expect()
        self.carol.expect()

    def test_toOneself(self) -> None:
        """A text to oneself arrives once; with echo, twice."""
        self.alice.send("/msg alice note")
        self.alice.expect("[12:00] @alice <alice> note")
        self.alice.send("/echo on", "/msg alice note")
        self.alice.expect("* Echo is on", *2 * ["[12:00] @alice <alice> note"])

    def test_toARoom(self) -> None:
        """A text to another room does not change the current room."""
        for person in (self.alice, self.bob):
            person.send("/join #den", "/join #lobby")
            person.skip()
        self.alice.skip()
        self.alice.send("/msg #den hello den", "hello lobby")
        self.bob.expect("[12:00] #den <alice> hello den", "[12:00] <alice> hello lobby")
        self.carol.skip()

    def test_nobody(self) -> None:
        """An unknown nick is an error."""
        self.alice.send("/msg dave hello")
        self.alice.expect("! Nobody here is called dave.  /who lists who is in this room.")

    def test_usage(self) -> None:
        """A nick and a text are required."""
        self.alice.send("/msg", "/msg bob", "/msg bob  ")
        self.alice.expect(*3 * ["! Usage: /msg NICK TEXT"])
        self.bob.expect()

    def test_noSuchRoom(self) -> None:
        """An unknown room is an error."""
        self.alice.send("/msg #nowhere hello")
        self.alice.expect("! There is no room #nowhere.  /rooms lists the rooms.")

    def test_notInRoom(self) -> None:
        """A room that the client is not in gets no text."""
        self.bob.send("/join #den")
        self.bob.skip()
        self.alice.send("/msg #den hello")
        self.alice.expect("! You are not in #den.  /join #den first.")
        self.bob.expect()

    def test_openRoom(self) -> None:
        """A room without mode n accepts texts from outside, except from banned users, and not while it is moderated."""
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
        """A user who is away gets the text, and the sender sees the away message."""
        self.bob.send("/away at lunch")
        self.bob.skip()
        self.alice.send("/msg bob hungry?")
        self.alice.expect("* bob is away: at lunch")
        self.bob.expect("[12:00] @bob <alice> hungry?")


class EchoTests(SynchronousTestCase):
    """/echo: shows the client its own texts when they are stored."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_on(self) -> None:
        """The client gets each of its own texts, as others do."""
        self.alice.send("/echo on", "one", "/me two", "/msg bob three")
        self.alice.expect("* Echo is on", "[12:00] <alice> one", "[12:00] * alice two", "[12:00] @bob <alice> three")
        self.bob.expect("[12:00] <alice> one", "[12:00] * alice two", "[12:00] @bob <alice> three")

    def test_off(self) -> None:
        """Later texts are not shown.  Earlier ones are, also within one packet."""
        self.alice.send("zero", "/echo on", "one", "/echo off", "two")
        self.alice.expect("* Echo is on", "[12:00] <alice> one", "* Echo is off")
        self.bob.expect("[12:00] <alice> zero", "[12:00] <alice> one", "[12:00] <alice> two")

    def test_eachSession(self) -> None:
        """It applies to the session only."""
        self.alice.send("/echo on")
        self.bob.send("mine")
        self.bob.expect()

    def test_usage(self) -> None:
        """The argument is on or off."""
        self.alice.send("/echo", "/echo maybe")
        self.alice.expect(*2 * ["! Usage: /echo on or /echo off"])


class SearchTests(SynchronousTestCase):
    """/search."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_found(self) -> None:
        """It shows the texts of the client's rooms that contain all words, with their rooms, oldest first."""
        self.alice.send("Tea at four?", "/join #den", "coffee", "four kinds of TÉA", "/search tea four")
        self.alice.until('* History of "tea four" in your rooms, 2026-01-01')
        self.alice.expect(
            "[12:00] #lobby <alice> Tea at four?",
            "[12:00] #den <alice> four kinds of TÉA",
            '* End of history of "tea four" in your rooms',
        )

    def test_renamed(self) -> None:
        """The texts of a renamed room have its present name."""
        self.alice.send("/join #den", "tea")
        session = next(iter(self.server.chat.identity.find("alice").sessions.values()))
        self.server.chat.channels.rename(session, "#den", "#Salon")
        self.server.pump()
        self.alice.skip()
        self.alice.send("/search tea")
        self.alice.until("[12:00] #Salon <alice> tea")

    def test_pages(self) -> None:
        """Without words it continues further back, without gaps or duplicates.  New lines do not change that."""
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
        """Lines that do not fit into one page are on the next."""
        server = MemoryServer()
        alice = server.person("alice")
        alice.send(*(f"{number} tea " + 4000 * "x" for number in range(40)), "/search tea")
        found = [line.split()[3] for line in alice.lines() if line[0] == "["]
        self.assertLess(len(found), 40)
        alice.send("/search")
        found = [line.split()[3] for line in alice.lines() if line[0] == "["] + found
        self.assertEqual([f"{number}" for number in range(40)], found)

    def test_filters(self) -> None:
        """Filters stand among the words, and stay for the next page."""
        self.bob.send("tea from bob", "/join #den", "tea in the den")
        self.alice.send("tea", "/join #den", "more tea")
        self.alice.skip()
        self.alice.send("/search from:BOB tea", "/search in:#den tea", "/search in:#lobby from:alice")
        found = [line for line in self.alice.lines() if line[0] == "["]
        texts = ["from bob", "in the den", "in the den", "more tea", "tea"]
        self.assertEqual([line for line, text in zip(found, texts, strict=True) if not line.endswith(text)], [])
        self.alice.send("/search", "/search before:2025-01-01", "/search after:soon tea")
        self.alice.expect(
            '* Nothing more in your rooms has "in:#lobby from:alice"',
            '* Nothing in your rooms has "before:2025-01-01"',
            "! after: needs a day or a time of day, as in after:2026-11-20 or after:09:14",
        )

    def test_elsewhere(self) -> None:
        """It finds nothing in other rooms, and no private texts of guests."""
        self.bob.send("/join #den", "tea", "/msg alice tea")
        self.alice.skip()
        self.alice.send("/search tea")
        self.alice.expect('* Nothing in your rooms has "tea"')

    def test_ignored(self) -> None:
        """It does not show texts of ignored users."""
        self.bob.send("tea")
        self.alice.send("/ignore bob")
        self.alice.skip()
        self.alice.send("/search tea")
        self.alice.expect('* Nothing in your rooms has "tea"')

    def test_usage(self) -> None:
        """Words are required.  Without a letter or digit nothing is found."""
        self.alice.send("tea", "/search", "/search ?!", "/search *")
        self.alice.expect(
            "! Usage: /search WORDS; after that, /search alone goes further back",
            '* Nothing in your rooms has "?!"',
            '* Nothing in your rooms has "*"',
        )

    def test_quotes(self) -> None:
        """Words with quotes stand between other quotes."""
        self.alice.send('the "tea"', '/search "tea"', '/search """')
        self.alice.expect(
            '* History of “"tea"” in your rooms, 2026-01-01',
            '[12:00] #lobby <alice> the "tea"',
            '* End of history of “"tea"” in your rooms',
            '* Nothing in your rooms has “"""”',
        )


class IgnoringTests(SynchronousTestCase):
    """/ignore and /unignore."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def test_texts(self) -> None:
        """Texts and invitations are hidden; other events are not."""
        self.alice.send("/ignore BOB")
        self.alice.expect("* You ignore bob; /unignore bob ends it")
        self.bob.send(
            "hello", "/me waves", "/msg alice psst", "/join #den", "/invite alice", "/join #lobby", "/leave bye"
        )
        self.alice.expect("* bob left #lobby (bye)")

    def test_others(self) -> None:
        """Texts of others in the same turn are shown, and others see the ignored user."""
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
        """A new nick does not end it."""
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
        """/unignore works with any of the user's nicks, and for all of them."""
        self.alice.send("/ignore bob")
        self.bob.send("/nick rob")
        self.alice.skip()
        self.alice.send("/unignore rob")
        self.alice.expect("* You hear rob again")
        self.bob.send("/nick bob", "hello")
        self.alice.expect("* rob is now bob", "[12:00] <bob> hello")

    def test_list(self) -> None:
        """Without an argument it lists the ignored nicks."""
        self.server.person("carol")
        self.alice.skip()
        self.alice.send("/ignore", "/ignore carol", "/ignore bob")
        self.alice.until("* You ignore nobody")
        self.alice.skip()
        self.alice.send("/ignore")
        self.alice.expect("* You ignore bob carol")

    def test_nobody(self) -> None:
        """An unknown nick is an error, for both commands."""
        self.alice.send("/ignore dave", "/unignore bob", "/unignore")
        self.alice.expect(
            "! Nobody here is called dave.  /who lists who is in this room.",
            "! You do not ignore anyone of that name; /ignore lists whom you do",
            "! Usage: /unignore NICK",
        )


globals().update(overMessages(globals()))
