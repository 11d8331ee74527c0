"""Tests of queries about the server, and of HELP."""

from __future__ import annotations

import re

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import rooted, serverWith, settingsWith, staffed
from twistchat import __version__
from twistchat.chat.model.modes.room import RANKS, ROOM_MODES
from twistchat.chat.model.modes.user import USER_MODES
from twistchat.chat.model.users import PRIVILEGES
from twistchat.config import ClassSettings, OperatorSettings, ServerSettings
from twistchat.protocols.irc.commands import COMMANDS
from twistchat.testing import IrcClient, MemoryServer

VERSION = f"twistchat-{__version__}"


class Queries(SynchronousTestCase):
    """The set-up of these tests."""

    def setUp(self) -> None:
        """Register bob."""
        self.server = MemoryServer()
        self.bob = self.server.irc("bob")

    def check(self, line: str, *answers: str, client: IrcClient | None = None) -> None:
        """Assert the reply to a line."""
        client = client or self.bob
        client.skip()
        client.send(line)
        client.expect(*[f":twistchat {answer}" for answer in answers])


class AboutTests(Queries):
    """VERSION, TIME, ADMIN, INFO, LINKS, MAP, MOTD."""

    def test_version(self) -> None:
        """The reply has the version, and RPL_ISUPPORT as in the welcome."""
        self.bob.send("VERSION")
        first, *rest = self.bob.lines()
        self.assertEqual(f":twistchat 351 bob {VERSION} twistchat :a multi-user chat server on Twisted", first)
        self.bob.send("ISUPPORT")
        self.assertEqual(self.bob.lines(), rest)
        self.assertEqual({"005"}, {line.split(" ")[1] for line in rest})

    def test_isupportInABatch(self) -> None:
        """With extended-isupport it is a batch: before registration, in the welcome, and later."""
        client = self.server.connectIrc()
        client.send(
            "CAP REQ :batch draft/extended-isupport", "ISUPPORT", "NICK a", "USER a 0 * :a", "CAP END", "VERSION"
        )
        lines = client.lines()
        opened = [line for line in lines if re.fullmatch(r":twistchat BATCH \+\S+ draft/isupport", line)]
        self.assertEqual(3, len(opened))
        for line in lines:
            self.assertEqual(" 005 " in line, line.startswith("@batch="), line)

    def test_isupportWithoutBatch(self) -> None:
        """Without the capability batch it has no batch, and still works before registration."""
        client = self.server.connectIrc()
        client.send("CAP REQ draft/extended-isupport", "ISUPPORT")
        self.assertEqual({"CAP", "005"}, {line.split(" ")[1] for line in client.lines()})

    def test_time(self) -> None:
        """The time is in seconds since the epoch, and as text."""
        self.server.advance(61)
        self.check("TIME", "391 bob twistchat 1767268861 :Thursday, 01 January 2026, 12:01:01 UTC")

    def test_admin(self) -> None:
        """The reply has the configured lines, or says that there are none."""
        self.check("ADMIN", "423 bob twistchat :No administrative info available")
        for lines in (("In Rome",), ("In Rome", "The club"), ("In Rome", "The club", "admin@example.org")):
            client = serverWith(irc={"admin": lines}).irc("bob")
            answers = [f"25{7 + number} bob :{line}" for number, line in enumerate(lines)]
            answers = [line if " " in line.split(" :")[1] else line.replace(" :", " ") for line in answers]
            self.check("ADMIN", "256 bob twistchat :Administrative info", *answers, client=client)

    def test_info(self) -> None:
        """The reply has lines about this software, and an end."""
        self.bob.send("INFO")
        *lines, end = self.bob.lines()
        self.assertEqual(":twistchat 374 bob :End of INFO list", end)
        self.assertTrue(lines[0].startswith(f":twistchat 371 bob :{VERSION}"))
        self.assertEqual(":twistchat 371 bob :This server was started 2026-01-01 12:00:00 UTC", lines[-1])

    def test_alone(self) -> None:
        """This is the only server."""
        self.check("LINKS", "364 bob twistchat twistchat :0 A twistchat server", "365 bob * :End of /LINKS list")
        self.check("MAP", "006 bob :twistchat (1 user)", "007 bob :End of /MAP")

    def test_description(self) -> None:
        """LINKS and WHOIS show the current description of the server."""
        self.server = MemoryServer(settingsWith(server=ServerSettings("tea.example", "For those who drink tea")))
        bob = self.server.irc("bob")
        for description in ("For those who drink tea", "Closed"):
            bob.send("LINKS", "WHOIS bob")
            told = [line for line in bob.lines() if line.split(" ")[1] in {"364", "312"}]
            expected = [
                f":tea.example 364 bob tea.example tea.example :0 {description}",
                f":tea.example 312 bob bob tea.example {f':{description}' if ' ' in description else description}",
            ]
            self.assertEqual(expected, told)
            self.server.configuration = settingsWith(server=ServerSettings("tea.example", "Closed"))
            self.server.context.rehash()

    def test_motd(self) -> None:
        """The reply is the message of the day, or that there is none."""
        self.check("MOTD", "422 bob :There is no message of the day")
        client = serverWith(irc={"motd": "One\n\nThree"}).irc("bob")
        self.check(
            "MOTD",
            "375 bob :- twistchat Message of the day -",
            "372 bob :- One",
            "372 bob :- ",
            "372 bob :- Three",
            "376 bob :End of /MOTD command",
            client=client,
        )

    def test_otherServers(self) -> None:
        """A mask of this server, or a nick, means this server.  Other servers do not exist."""
        for command in ("MOTD", "VERSION", "ADMIN", "TIME", "INFO", "STATS u"):
            self.check(f"{command} elsewhere.example", "402 bob elsewhere.example :No such server")
            self.check(f"{command} :a b", "402 bob a\N{REPLACEMENT CHARACTER}b :No such server")
            self.bob.send(command)
            alone = self.bob.lines()
            for target in ("twistchat", "T*", "BOB"):
                self.bob.send(f"{command} {target}")
                self.assertEqual(alone, self.bob.lines(), f"{command} {target}")


class UnforeseenTests(Queries):
    """Unexpected errors."""

    def test_failure(self) -> None:
        """A failure in a command is logged, the reply gives no details, and the next command works."""

        def broken() -> float:
            raise ZeroDivisionError("secret")

        self.server.context.wall = broken
        self.bob.send("TIME", "PING x")
        self.bob.expect(
            "FAIL * INTERNAL_ERROR :That failed inside the server, which has logged why",
            ":twistchat PONG twistchat x",
        )
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))


class StatsTests(Queries):
    """STATS."""

    def test_uptime(self) -> None:
        """C{u} shows how long the server has run."""
        for letter in ("u", "uptime"):
            self.check(f"STATS {letter}", "242 bob :Server Up 0 days 0:00:00", "219 bob u :End of /STATS report")
        for _ in range(20):
            self.server.advance(80)
            self.bob.send("PONG x")
        self.check("STATS U", "242 bob :Server Up 0 days 0:26:40", "219 bob U :End of /STATS report")

    def test_days(self) -> None:
        """The uptime counts days."""
        server = serverWith(limits={"ping": 1e6, "pingTimeout": 2e6})
        bob = server.irc("bob")
        server.advance(2 * 86400 + 3 * 3600 + 4 * 60 + 5)
        self.check("STATS u", "242 bob :Server Up 2 days 3:04:05", "219 bob u :End of /STATS report", client=bob)

    def test_unknown(self) -> None:
        """An unknown letter has only the end."""
        self.check("STATS x", "219 bob x :End of /STATS report")
        self.check("STATS", "461 bob STATS :Not enough parameters: <letter> [<server>]")
        self.check("STATS :", "219 bob * :End of /STATS report")

    def test_operatorsHere(self) -> None:
        """Everyone sees which operators are online."""
        self.server = staffed(helper=ClassSettings(title="helps", privileges=()))
        rooted(self.server, "helen", name="helper")
        bob = self.server.irc("bob")
        self.check("STATS p", "249 bob p :helen helps", "219 bob p :End of /STATS report", client=bob)

    def test_configuration(self) -> None:
        """Operators with auspex see the configured operators and classes, without passwords."""
        operators = {
            "root": OperatorSettings(password="x", class_="all", hosts=("192.0.2.0/24", "10.0.0.0/8")),
            "helper": OperatorSettings(account="helen", class_="some"),
        }
        classes = {
            "all": ClassSettings(title="runs this", privileges=("kill", "auspex")),
            "some": ClassSettings(title="helps"),
        }
        server = serverWith(operators=operators, classes=classes)
        bob = server.irc("bob")
        for letter in "oy":
            bob.send(f"STATS {letter}")
            self.assertEqual(["481"], [line.split(" ")[1] for line in bob.lines()])
        (session,) = server.chat.identity.find("bob").sessions.values()
        self.successResultOf(Deferred.fromCoroutine(server.chat.operators.become(session, "x", {"auspex"})))
        server.pump()
        self.check(
            "STATS o",
            "243 bob O 192.0.2.0/24 * root 0 all",
            "243 bob O 10.0.0.0/8 * root 0 all",
            "243 bob O * * helper 0 some",
            "219 bob o :End of /STATS report",
            client=bob,
        )
        self.check(
            "STATS Y",
            "218 bob Y all :runs this: kill auspex",
            "218 bob Y some :helps: -",
            "219 bob Y :End of /STATS report",
            client=bob,
        )


class HelpTests(Queries):
    """HELP and HELPOP."""

    def help(self, line: str) -> list[str]:
        """Get the text of a help reply, and assert its numerics."""
        self.bob.skip()
        self.bob.send(line)
        lines = self.bob.lines()
        codes = [line.split(" ")[1] for line in lines]
        self.assertEqual(["704", *["705"] * (len(lines) - 2), "706"], codes)
        return lines

    def test_index(self) -> None:
        """Without a parameter it lists every command."""
        for line in ("HELP", "HELPOP", "HELP :"):
            words = " ".join(line.split(" bob * :")[1] for line in self.help(line)).split()
            self.assertLessEqual(set(COMMANDS), set(words))

    def test_commands(self) -> None:
        """
        For a command it shows the parameters, the summary and the source.  The subject is repeated as it was sent.
        """
        for command in COMMANDS.values():
            first, second, last = self.help(f"HELP {command.name}")
            head = f":twistchat 70{{}} bob {command.name} "
            self.assertEqual(
                f"{command.name} {command.parameters}".rstrip(), first.removeprefix(head.format(4)).lstrip(":")
            )
            whose = ":To"
            if command.privilege:
                whose = f":For operators who may {PRIVILEGES[command.privilege]} ({command.privilege}): to"
            self.assertTrue(second.endswith(f"{whose} {command.summary}"), second)
            self.assertEqual(f"{head.format(6)}:See: {command.source}", last)
        self.assertTrue(self.help("HELP join")[0].startswith(":twistchat 704 bob join "))

    def test_modes(self) -> None:
        """It describes every mode."""
        for subject, letters in (
            ("CHANMODES", [*ROOM_MODES, *(rank.letter for rank in RANKS)]),
            ("usermodes", list(USER_MODES)),
        ):
            lines = [line.split(" :", 1)[1] for line in self.help(f"HELP {subject}")]
            self.assertEqual(sorted(letters), sorted(line[1] for line in lines[1:]))
            if subject == "CHANMODES":
                templates = {line.partition("  ")[0] for line in lines[1:]}
                self.assertLessEqual({"+o <nick>", "+b <mask>", "+k <value>", "+l <value>", "+m"}, templates)

    def test_unknown(self) -> None:
        """For another subject there is none.  A subject that cannot be repeated becomes C{*}."""
        text = "No help available on this topic; HELP alone tells what there is"
        self.check("HELP nonsense", f"524 bob nonsense :{text}")
        self.check("HELP :a b", f"524 bob * :{text}")
        self.check(f"HELP {'x' * 400}", f"524 bob * :{text}")
