"""The floods of every command."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.floods.attack import kindOf
from bench.fire.floods.commands import PLAUSIBLE, commandKinds, doorLines, ircLines
from bench.fire.floods.kinds import CHUNK, KINDS
from twistchat.protocols.irc.commands import COMMANDS as IRC_COMMANDS
from twistchat.protocols.irc.services import SERVICES
from twistchat.protocols.line.commands import COMMANDS as LINE_COMMANDS


class CommandTests(SynchronousTestCase):
    """The kinds that are made of the server's tables."""

    def test_all(self) -> None:
        """Every command of both doors and of the services has a kind, which sends it without placeholders."""
        kinds = commandKinds()
        wanted = {f"irc {name}" for name in IRC_COMMANDS} | {f"line /{name}" for name in LINE_COMMANDS}
        wanted |= {f"irc {one.nick} {name}" for one in SERVICES.values() for name in one.commands}
        self.assertEqual(wanted, set(kinds))
        for name, kind in kinds.items():
            sent = kind.chunk(b"a7")
            self.assertIn(name.rpartition(" ")[2].encode(), sent)
            self.assertNotIn(b"%", sent.replace(b"%tcuihsnfdlaor", b""), name)
            self.assertLessEqual(len(sent), CHUNK)
            self.assertTrue(all(len(line) <= 510 for line in sent.split(b"\r\n")) or kind.door == "line", name)

    def test_plausible(self) -> None:
        """The lines that are written by hand are of commands that exist."""
        names = {*IRC_COMMANDS, *(f"/{name}" for name in LINE_COMMANDS)}
        self.assertEqual(set(PLAUSIBLE) - names, set())

    def test_irc(self) -> None:
        """A command is sent without parameters, with the required ones, and with all."""
        self.assertEqual(["LUSERS"], ircLines("LUSERS", ""))
        lines = ircLines("X", "<channel>{,<channel>} [<nick> [<reason>]] | 0")
        self.assertEqual(["X", "X %ROOM%", "X %ROOM% u0 :tea", "X 0"], lines)

    def test_line(self) -> None:
        """A command is sent alone, as in its example, and with arguments."""
        self.assertEqual(["/x", "/x bob", "/x u0 %ROOM%"], doorLines("x", "NICK [#ROOM]", "/x bob"))
        self.assertEqual(["/x"], doorLines("x", "", ""))

    def test_named(self) -> None:
        """The attackers find both sorts of kinds by name."""
        self.assertIs(kindOf("pong"), KINDS["pong"])
        self.assertEqual(kindOf("irc WHO").door, "irc")
