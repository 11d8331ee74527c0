"""Tests of the line door's commands as a whole: /help, aliases, and commands that do not exist."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import takewhile
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.line.servers import GOODBYE, STRANGER
from twistchat.config import Settings
from twistchat.protocols.line import commands
from twistchat.protocols.line.commands import ALIASES, COMMANDS, TOPICS
from twistchat.testing import MemoryServer


class HelpTests(SynchronousTestCase):
    """/help."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice = self.server.person("alice")

    def test_all(self) -> None:
        """
        It lists every command once, with its usage and summary, and says how to send a line that begins with a slash.
        """
        self.alice.send("/help")
        *lines, last = self.alice.lines()
        listed = [line for line in lines if line.startswith("*   /")]
        self.assertEqual(sorted(f"*   {command.line}" for command in COMMANDS.values()), sorted(listed))
        self.assertIn("another / in front", last)
        wanted = "help who rooms join leave msg reply me nick topic history unread search invite kick ban mode away"
        account = "register verify login logout password resetpass setpass tokens totp nicks account room"
        others = "echo ignore unban unignore quit"
        self.assertEqual({*wanted.split(), *account.split(), *others.split()}, set(COMMANDS))

    def test_grouped(self) -> None:
        """Each topic has a heading and examples.  Every line fits a wide terminal."""
        self.alice.send("/help")
        lines = iter(self.alice.lines())
        for topic in TOPICS:
            self.assertEqual(f"* {topic.title}:", next(lines))
            group = list(takewhile(lambda line: not line.startswith("*   For example: /"), lines))
            self.assertEqual([f"*   {command.line}" for command in topic], group)
        self.assertEqual(1, len(list(lines)))
        self.alice.send("/help")
        self.assertEqual([], [line for line in self.alice.lines() if len(line) > 120])

    def test_examples(self) -> None:
        """Every command with arguments has an example, which begins with its name or an alias."""
        for command in COMMANDS.values():
            with self.subTest(command=command.name):
                name = command.example.removeprefix("/").split(" ")[0]
                self.assertEqual(bool(command.arguments), bool(command.example))
                self.assertIn(name, (command.name, *command.aliases, ""))

    def test_one(self) -> None:
        """It explains one command, with or without its slash, in any case, also by an alias."""
        self.alice.send("/help kick", "/help /kick", "/HELP Kick", "/help part")
        self.alice.expect(
            *3 * ["* /kick NICK [REASON]: put someone out of this room", "* For example: /kick bob Enough now"],
            "* /leave [#ROOM] [REASON]: leave this room, or another (also /part)",
            "* For example: /leave #kitchen",
        )

    def test_modes(self) -> None:
        """It explains each mode."""
        self.alice.send("/help mode")
        first, *lines = self.alice.lines()
        self.assertTrue(first.startswith("* /mode [+LETTERS-LETTERS PARAMETERS]: "), first)
        self.assertIn("* m: only those with a voice or more may speak", lines)
        self.assertIn("* o NICK: makes someone operator (@)", lines)

    def test_none(self) -> None:
        """An unknown command is an error."""
        self.alice.send("/help xyzzy")
        self.alice.expect("! There is no command /xyzzy.  /help lists the commands")
        self.alice.send("/help jion")
        self.alice.expect("! There is no command /jion.  Did you mean /join?  /help lists the commands")

    def test_anyCase(self) -> None:
        """A command may be in any case, with white space after its name."""
        self.alice.send("/WHO", "/who  ", "/Who   #lobby")
        self.alice.expect(*3 * ["* 1 in #lobby: @alice"])


class UnknownCommandTests(SynchronousTestCase):
    """Unknown commands are not sent to the room."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = self.server.person("alice"), self.server.person("bob")
        self.alice.skip()

    def refused(self, line: str, name: str, guess: str) -> None:
        """Assert that a line is refused with this name, and with this suggestion, if any."""
        self.alice.send(line)
        meant = f"Did you mean /{guess}?  " if guess else ""
        hint = "/help lists the commands; to say the line, type another / in front of it"
        self.alice.expect(f"! There is no command /{name}.  {meant}{hint}")
        self.bob.expect()

    def test_unknown(self) -> None:
        """If no name is similar there is no suggestion."""
        self.refused("/xyzzy now", "xyzzy", "")
        self.refused("/", "", "")
        self.refused("/ hello", "", "")

    def test_guess(self) -> None:
        """The error suggests a command for a misspelt name or alias, and for a first letter."""
        self.refused("/jion #den", "jion", "join")
        self.refused("/HISTROY", "histroy", "history")
        self.refused("/topics", "topics", "topic")
        self.refused("/whoiss bob", "whoiss", "whois")
        self.refused("/j #den", "j", "join")
        self.refused("/mgs bob hello", "mgs", "msg")
        self.refused("/tpoic tea", "tpoic", "topic")
        self.refused("/hlep", "hlep", "help")

    def test_noGuess(self) -> None:
        """There is no suggestion for a name with little similarity, since a wrong one is worse than none."""
        self.refused("/nope", "nope", "")
        self.refused("/notice bob hello", "notice", "")

    def test_long(self) -> None:
        """Only the beginning of a long name is repeated and compared, so that it costs no more than a short one."""
        compared: list[str] = []

        def compare(name: str, *arguments: Any) -> list[str]:
            compared.append(name)
            return get_close_matches(name, *arguments)

        self.patch(commands, "get_close_matches", compare)
        self.refused(f"/{'join' * 1000}", "joinjoinjoinjoin…", "")
        self.assertEqual(["joinjoinjoinjoin"], compared)
        self.refused("/\x1b[31m", "␛[31m", "")


class AliasTests(SynchronousTestCase):
    """Aliases, with the default limits in force."""

    def setUp(self) -> None:
        self.server = MemoryServer(Settings())
        self.alice = self.server.person("alice", STRANGER)
        self.bob = self.server.person("bob", "192.0.2.8")
        self.alice.skip()

    def test_all(self) -> None:
        """These are all aliases.  None is also a command."""
        wanted = "names whois list part exit query w r"
        self.assertEqual(set(wanted.split()), set(ALIASES))
        self.assertEqual(set(), {*ALIASES} & {*COMMANDS})

    def test_lookingAround(self) -> None:
        """/names is /who and /list is /rooms."""
        self.alice.send("/names", "/NAMES #lobby", "/list")
        self.alice.expect(*2 * ["* 2 in #lobby: @alice bob"], "* #lobby 2", "* 1 room")

    def test_whois(self) -> None:
        """/whois is /who, and describes a user."""
        self.bob.send("/away at lunch", "/join #den")
        self.alice.send("/whois BOB", "/whois nobody")
        host = self.server.context.cloak("192.0.2.8")
        self.alice.expect(
            f"* bob is ~line@{host}, in #lobby",
            "* bob is away: at lunch",
            "! Nobody here is called nobody.  /who lists who is in this room.",
        )

    def test_texts(self) -> None:
        """/query and /w are /msg."""
        self.alice.send("/query bob hello", "/w bob are you there?", "/w bob")
        self.bob.expect("[12:00] @bob <alice> hello", "[12:00] @bob <alice> are you there?")
        self.alice.expect("! Usage: /w NICK TEXT")

    def test_usage(self) -> None:
        """An error shows the name that was typed."""
        self.alice.send("/query root", "/msg root", "/r", "/reply")
        self.alice.expect(
            "! Usage: /query NICK TEXT", "! Usage: /msg NICK TEXT", "! Usage: /r TEXT", "! Usage: /reply TEXT"
        )

    def test_going(self) -> None:
        """/part is /leave and /exit is /quit."""
        self.alice.send("/part #lobby bye", "/exit")
        self.alice.expect("* alice left #lobby (bye)", "* You are in no room; /join #ROOM to talk", GOODBYE)
        self.assertTrue(self.alice.gone)

    def test_exitIsNeverTooFast(self) -> None:
        """The flood limit does not refuse /exit."""
        self.alice.send(*6 * ["/who"])
        self.alice.skip()
        self.alice.send("/exit")
        self.alice.expect(GOODBYE)


class ReplyTests(SynchronousTestCase):
    """/reply, or /r: sends a text to the last user who wrote a private text."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob, self.carol = map(self.server.person, ("alice", "bob", "carol"))
        self.alice.skip()
        self.bob.skip()

    def test_last(self) -> None:
        """It goes to the last user who wrote, also from the IRC door, and shows the user's nick."""
        dave = self.server.irc("dave")
        self.bob.send("/msg alice one")
        self.carol.send("/msg alice two")
        self.alice.skip()
        self.alice.send("/r three")
        self.alice.expect("* You replied to carol")
        self.carol.expect("[12:00] @carol <alice> three")
        self.bob.expect()
        dave.send("PRIVMSG alice :four")
        self.alice.skip()
        self.alice.send("/reply five")
        self.alice.expect("* You replied to dave")
        self.assertIn("PRIVMSG dave :five", dave.lines()[-1])

    def test_signal(self) -> None:
        """A typing notification is not a message, so a reply does not go to its sender."""
        dave = self.server.irc("dave", "message-tags")
        self.bob.send("/msg alice one")
        dave.send("@+typing=active TAGMSG alice")
        self.alice.skip()
        self.alice.send("/r two")
        self.alice.expect("* You replied to bob")

    def test_oneself(self) -> None:
        """A message to oneself does not change whom a reply goes to."""
        self.bob.send("/msg alice one")
        self.alice.send("/msg alice note to myself")
        self.alice.skip()
        self.alice.send("/r two")
        self.alice.expect("* You replied to bob")

    def test_onlyOneself(self) -> None:
        """A message to oneself is not one that somebody else wrote."""
        self.alice.send("/msg alice note to myself")
        self.alice.skip()
        self.alice.send("/r two")
        self.alice.expect("! Nobody has written to you alone yet; /msg NICK TEXT writes to someone")

    def test_renamed(self) -> None:
        """It goes to a user who has changed the nick."""
        self.bob.send("/msg alice one", "/nick robert")
        self.alice.skip()
        self.alice.send("/r two")
        self.alice.expect("* You replied to robert")

    def test_away(self) -> None:
        """It shows the away message."""
        self.bob.send("/msg alice one", "/away at lunch")
        self.alice.skip()
        self.alice.send("/r two")
        self.alice.expect("* bob is away: at lunch", "* You replied to bob")

    def test_nobody(self) -> None:
        """It is an error if nobody has written, or only an ignored user.  A text in a room does not count."""
        self.bob.send("hello")
        self.alice.send("/ignore bob")
        self.bob.send("/msg alice one")
        self.alice.skip()
        self.alice.send("/r two", "/r")
        self.alice.expect("! Nobody has written to you alone yet; /msg NICK TEXT writes to someone", "! Usage: /r TEXT")

    def test_gone(self) -> None:
        """If the user has left, it goes neither to an earlier writer nor to a new owner of the nick."""
        self.carol.send("/msg alice one")
        self.bob.send("/msg alice two", "/quit")
        bob = self.server.person("bob")
        self.alice.skip()
        self.alice.send("/r three")
        self.alice.expect("! The person who last wrote to you has left; /msg NICK TEXT writes to someone else")
        bob.expect()
