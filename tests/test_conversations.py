"""Recorded conversations: clients receive exactly the recorded bytes.  See conversations/README.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from tests.conversations.escapes import BadEscape, escape, unescape
from tests.conversations.player import record, replay
from tests.conversations.record import main
from tests.conversations.script import FOLDER, BadScript, readScript, scripts
from twistchat.protocols.irc.commands import COMMANDS as IRC_COMMANDS
from twistchat.protocols.line.commands import COMMANDS as LINE_COMMANDS

STREAMS_ONLY = frozenset({"irc_capabilities", "irc_sniff", "line_telnet"})
"""Scripts about what only streams have: strict transport security, a TLS handshake, and telnet."""


NOT_IN_A_CLUSTER = frozenset({"irc_labels", "line_floods"})
"""
Scripts that show when the journal of a single server answers.  In a cluster it answers later, so what is refused at
once comes before what the journal takes.
"""


class ConversationTests(SynchronousTestCase):
    """One test for each script: C{test_irc_join} plays C{conversations/irc/join.chat}."""


class MessageConversationTests(SynchronousTestCase):
    """The same scripts and lines, over WebSockets."""


class NodeConversationTests(SynchronousTestCase):
    """The same scripts, at the only node of a cluster."""


class ClusterConversationTests(SynchronousTestCase):
    """The same scripts, at one of three nodes of a cluster, over WebSockets."""


def _testOf(path: Path, messages: bool, nodes: Sequence[str] = ()) -> Callable[[SynchronousTestCase], None]:
    """A test that clients receive the recorded bytes."""

    def test(case: SynchronousTestCase) -> None:
        difference = replay(readScript(path), messages, nodes)
        if difference:
            case.fail(difference)

    return test


for _path in scripts():
    _name = "_".join(_path.relative_to(FOLDER).with_suffix("").parts)
    setattr(ConversationTests, f"test_{_name}", _testOf(_path, messages=False))
    if _name not in STREAMS_ONLY:
        setattr(MessageConversationTests, f"test_{_name}", _testOf(_path, messages=True))
    # A restart of a node is no restart of the cluster, which remembers more than a journal.
    if _name in NOT_IN_A_CLUSTER or any(step.verb == "restart" for step in readScript(_path).steps):
        continue
    setattr(NodeConversationTests, f"test_{_name}", _testOf(_path, messages=False, nodes=("a",)))
    if _name not in STREAMS_ONLY:
        setattr(ClusterConversationTests, f"test_{_name}", _testOf(_path, messages=True, nodes=("a", "b", "c")))


class CoverageTests(SynchronousTestCase):
    """The scripts use every command."""

    def sent(self, door: str) -> set[str]:
        """Return the first words of all lines that clients send at a door, without tags."""
        words = set()
        for path in scripts():
            script = readScript(path)
            for step in script.steps:
                if step.name and script.speakers[step.name].door == door:
                    for line in step.data.decode("utf-8", "replace").splitlines():
                        command = line.partition(" ")[2] if line.startswith("@") else line
                        words.add(command.partition(" ")[0])
        return words

    def test_irc(self) -> None:
        """Every command of the IRC door is sent."""
        self.assertEqual(set(), set(IRC_COMMANDS) - self.sent("irc"))

    def test_line(self) -> None:
        """Every command of the line door is sent, and every alias."""
        names = {f"/{name}" for command in LINE_COMMANDS.values() for name in (command.name, *command.aliases)}
        self.assertEqual(set(), names - self.sent("line"))


class ToolTests(SynchronousTestCase):
    """Scripts are read, compared and recorded as their README says."""

    def script(self, text: str) -> Path:
        """Write a script into a new directory."""
        directory = mkdtemp()
        self.addCleanup(rmtree, directory)
        path = Path(directory, "sample.chat")
        path.write_text(text, "utf-8")
        return path

    def test_escapes(self) -> None:
        """Every byte survives, and no text has a control character or a space at its end."""
        data = bytes(range(256)) + "höflich \u202e".encode() + b"\\n "
        text = escape(data)
        self.assertEqual(data, unescape(text))
        self.assertTrue(text.isprintable())
        self.assertFalse(text.endswith(" "))
        self.assertEqual(b"ab" * 3 + b"\r\n", unescape("\\{ab*3}\\r\\n"))
        self.assertRaises(BadEscape, unescape, "\\q")

    def test_difference(self) -> None:
        """If one byte differs, the failure shows the line of the script that caused it."""
        recorded = record(readScript(self.script("client bob line\nbob connects\nbob > bob\n")))
        self.assertIn("bob < * bob joined #lobby\n", recorded)
        self.assertEqual("", replay(readScript(self.script(recorded))))
        for changed in (
            recorded.replace("joined #lobby", "joined  #lobby"),
            recorded.replace("bob < * bob joined #lobby\n", ""),
            recorded.replace("bob < * bob joined #lobby", "bob <| * bob joined #lobby\\r\\n"),
            recorded + "bob is gone\n",
        ):
            path = self.script(changed)
            difference = replay(readScript(path))
            number = changed.splitlines().index("bob > bob") + 1
            self.assertTrue(difference.startswith(f"{path}:{number}: bob > bob\n"), difference)

    def test_record(self) -> None:
        """Recording keeps comments, replaces the received lines, and is stable."""
        text = "# Tea.\nclient bob line\n\nbob connects\nbob < nonsense\n\n# Then:\nbob > bob\nwait 1\n"
        path = self.script(text)
        self.assertEqual(0, main([str(path)]))
        once = path.read_text("utf-8")
        self.assertNotIn("nonsense", once)
        kept = [line for line in once.splitlines() if not line.startswith("bob < ")]
        self.assertEqual([line for line in text.splitlines() if "nonsense" not in line], kept)
        self.assertEqual(0, main([str(path)]))
        self.assertEqual(once, path.read_text("utf-8"))

    def test_mistakes(self) -> None:
        """An invalid script is refused, and the error names the line."""
        for text, why in (
            ("nonsense\n", "sample.chat:1: this means nothing: nonsense"),
            ("\nbob > hello\n", "sample.chat:2: there is no client bob"),
            ("client bob line\nbob < hello\n", "sample.chat:2: nothing has happened yet that a client could hear of"),
            ("journal paper\n", "sample.chat:1: a journal is memory or sqlite"),
            ("wait long\n", "sample.chat:1: could not convert string to float: 'long'"),
        ):
            read = partial(readScript, self.script(text))
            self.assertEqual(why, str(self.assertRaises(BadScript, read)))
        self.assertIn("Usage:", str(main([])))
        self.assertIn("No such file", str(main(["/nonexistent.chat"])))
