"""The example of a door passes its own tests, including L{DoorContract <twistchat.testing.DoorContract>}."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import fields
from twisted.python.reflect import namedAny
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model import events
from twistchat.chat.rules.audit import Audit
from twistchat.chat.rules.metadata import Metadata
from twistchat.chat.rules.reading import Reading
from twistchat.chat.rules.rooms.channels import Channels
from twistchat.chat.rules.rooms.membership import Membership
from twistchat.chat.rules.rooms.ownership import Ownership
from twistchat.chat.rules.speaking import Speaking
from twistchat.chat.rules.users.identity import Identity
from twistchat.chat.rules.users.inbox import Inbox
from twistchat.chat.rules.users.markers import Markers
from twistchat.chat.rules.users.operators import Operators
from twistchat.chat.rules.users.presence import Presence
from twistchat.testing import Client, MemoryServer
from twistchat.testing.samples import eventClasses

ROOT = Path(__file__).resolve().parents[2]

PAGE = ROOT / "docs" / "extending.md"

SUBJECTS = (
    Audit,
    Channels,
    Identity,
    Inbox,
    Markers,
    Membership,
    Metadata,
    Operators,
    Ownership,
    Presence,
    Reading,
    Speaking,
)
"""The classes of the chat that have verbs."""

VALUES: tuple[type[Struct], ...] = (events.Source, events.ModeChange, events.Entry)
"""The values that are no events, and that events consist of or belong to."""

FOLDER = ROOT / "examples" / "door"


# It is not installed; its folder is on the path while it is imported.
sys.path.insert(0, str(FOLDER))
try:
    example: Any = import_module("jsondoor.test.test_door")
finally:
    sys.path.remove(str(FOLDER))


JsonDoor = example.JsonDoor


def rows(column: str) -> list[tuple[str, str]]:
    """Return the rows of the page's table whose first column has this heading: the first cell and the second."""
    (table,) = re.findall(rf"^\| {column} \| \w+ \|\n\| --- \| --- \|\n((?:\|.*\n)+)", PAGE.read_text(), re.MULTILINE)
    return re.findall(r"^\| (.*?) \| (.*) \|$", table, re.MULTILINE)


class ContractTests(example.ContractTests):  # type: ignore[misc]  # it is imported at run time
    """See the example."""


class JsonTests(example.JsonTests):  # type: ignore[misc]  # likewise
    """See the example."""


class PageTests(SynchronousTestCase):
    """The page that explains the example."""

    def test_quotes(self) -> None:
        """Every piece of code on the page comes from the file of the example that is named above it."""
        page = PAGE.read_text()
        quotes = re.findall(r"From `([^`]+)`:\n\n```python\n(.*?)```\n", page, re.DOTALL)
        self.assertEqual(page.count("```python\n"), len(quotes))
        self.assertGreater(len(quotes), 5)
        for path, code in quotes:
            self.assertIn(f"\n{code}", (ROOT / path).read_text(), path)

    def test_names(self) -> None:
        """The modules, interfaces and files that the page names exist."""
        page = PAGE.read_text()
        for name in re.findall(r"`(twistchat(?:\.\w+)+)`", page):
            self.assertIsNotNone(namedAny(name), name)
        for path in re.findall(r"`(src/[^`]+)`", page):
            self.assertTrue((ROOT / path).exists(), path)

    def test_members(self) -> None:
        """The members in its table are those of a client protocol."""
        server = MemoryServer(doors=[JsonDoor()])
        client = Client(server.pump)
        client.link = server.plug(client, "json")
        client.sendBytes(b'{"do": "enter", "nick": "ann"}\n')
        (session,) = server.chat.state.sessions.values()
        names = {name for row in rows("member") for name in re.findall(r"`self\.([\w.]+)", row[0])}
        self.assertGreater(len(names), 15)
        for name in names:
            self.assertIsNotNone(attrgetter(name)(session.outlet), name)

    def test_verbs(self) -> None:
        """Its table has exactly the verbs of the chat."""
        chat = MemoryServer().chat
        documented = {subject: set(re.findall(r"`(\w+)`", verbs)) for subject, verbs in rows("subject")}
        subjects = {f"`chat.{name}`": verbs for name, verbs in vars(chat).items() if isinstance(verbs, SUBJECTS)}
        found = {
            name: {verb for verb in vars(type(verbs)) if not verb.startswith("_")} for name, verbs in subjects.items()
        }
        self.assertEqual(found, documented)

    def test_events(self) -> None:
        """Its table has exactly the events, with their fields in order, and the values that they consist of."""
        classes: list[type[Struct]] = [*eventClasses()]
        expected = {
            f"`{kind.__name__}`": [field.name for field in fields(kind) if kind in VALUES or field.name != "source"]
            for kind in (*classes, *VALUES)
        }
        self.assertEqual(expected, {name: re.findall(r"`(\w+)`", names) for name, names in rows("class")})

    def test_noLineBreaks(self) -> None:
        """It has the rule that the contract tests."""
        self.assertIn("No field of an event may put NUL, CR or LF into a line", PAGE.read_text())


class PluginTests(SynchronousTestCase):
    """A server with the example installed."""

    def test_door(self) -> None:
        """
        The door is found, has an option, and has a section in the configuration.

        With its option, only it listens; without any, every door does.
        """
        code = (
            "from twistchat.config import Settings; from twistchat.services.listener import plan;"
            "from twistchat.tap import Options; options = Options();"
            "options.parseOptions(['--json', 'tcp:1', '--set', 'json.greeting=\"Hi\"']);"
            "settings = options.settings; print(dict(settings.listen), settings.doors['json'].greeting);"
            "alone = plan(options.doors, settings); every = plan(options.doors, Settings());"
            "print(*[sorted({listener.door.name for listener in listeners}) for listeners in (alone, every)])"
        )
        path = os.pathsep.join([str(FOLDER), *sys.path])
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertEqual("{'json': ('tcp:1',)} Hi\n['json'] ['irc', 'json', 'line', 'web']\n", done.stdout)
