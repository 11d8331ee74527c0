"""Tests of L{twistchat.importing.mattermost}: whole exports."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.importing.made import asJson, writeFolder, writeZip
from tests.importing.makemattermost import (
    GONE,
    HERE,
    ODD,
    channel,
    direct,
    headLines,
    line,
    makeMattermost,
    oddLines,
    post,
)
from tests.importing.mutations import mutations
from twistchat.importing.mattermost import read, sourceOf
from twistchat.importing.records import ImportProblem, LeftOut, Person, Reaction, Record, Room, Text

ODD_THINGS = "acme/odd-things"


class ExportTests(SynchronousTestCase):
    """Exports in a temporary folder."""

    def setUp(self) -> None:
        """Make a folder."""
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "export.jsonl"

    def readMade(self, messages: int = 0) -> list[Record]:
        """Make an export as a ZIP file, and read it."""
        writeZip(self.folder / "export.zip", makeMattermost(messages))
        return list(read(self.folder / "export.zip", lambda part: None))

    def readLines(self, *lines: Any) -> list[Record]:
        """Read an export that is only a file, with some lines after its head."""
        self.path.write_bytes(b"".join([asJson(item) + b"\n" for item in [*headLines(), *lines]]))
        return list(read(self.path, lambda part: None))

    def problem(self, data: bytes) -> str:
        """Return the message about a file."""
        self.path.write_bytes(data)
        with self.assertRaises(ImportProblem) as caught:
            list(read(self.path, lambda part: None))
        return str(caught.exception)


class ReaderTests(ExportTests):
    """What a reader yields."""

    def test_order(self) -> None:
        """People come first, then rooms, then texts and reactions by time; the part read rises to 1."""
        writeZip(self.folder / "export.zip", makeMattermost(3000))
        parts: list[float] = []
        records = [
            record for record in read(self.folder / "export.zip", parts.append) if not isinstance(record, LeftOut)
        ]
        kinds = [isinstance(record, Room) + 2 * isinstance(record, Text | Reaction) for record in records]
        self.assertEqual(sorted(kinds), kinds)
        self.assertEqual({0, 1, 2}, set(kinds))
        times = [record.time for record in records if isinstance(record, Text | Reaction)]
        self.assertEqual(sorted(times), times)
        self.assertEqual(sorted(parts), parts)
        self.assertEqual(1.0, parts[-1])
        texts = [record for record in records if isinstance(record, Text)]
        self.assertTrue(3000 < len(texts) < 3020, len(texts))
        ids = {text.id for text in texts}
        self.assertEqual(len(texts), len(ids))
        self.assertLess({text.replyTo for text in texts if text.replyTo}, ids)

    def test_same(self) -> None:
        """A folder gives the same records as an archive, and the second time is as the first."""
        records = self.readMade(50)
        self.assertEqual(records, list(read(self.folder / "export.zip", lambda part: None)))
        writeFolder(self.folder / "folder", makeMattermost(50))
        self.assertEqual(records, list(read(self.folder / "folder", lambda part: None)))

    def test_people(self) -> None:
        """People and bots have their names, and those who only posted are added."""
        people = [record for record in self.readMade() if isinstance(record, Person)]
        self.assertEqual(
            [
                Person("alice", "alice", "Alice Person", "alice@example.com"),
                Person("bob.baker", "bob.baker", "Bobby", "bob.baker@example.com"),
                Person("carol-cook", "carol-cook", "Carol-Cook Person", "carol-cook@example.com"),
                Person("dave", "dave", "Dave Person", "dave@example.com", deleted=True),
                Person("buildbot", "buildbot", "Build Bot", bot=True),
                Person("ghost", "ghost"),
            ],
            people,
        )

    def test_rooms(self) -> None:
        """Channels become rooms.  Those with the same name in two teams have the team in their names."""
        rooms = [record for record in self.readMade() if isinstance(record, Room)]
        three, two = ("alice", "bob.baker", "carol-cook"), ("alice", "carol-cook")
        self.assertEqual(
            [
                Room("acme/town-square", "town-square-acme", "Welcome", False, (*three, "dave"), creator="alice"),
                Room("labs/town-square", "town-square-labs"),
                Room(ODD_THINGS, "odd-things", "Oddities", False, three, creator="alice"),
                Room("acme/leadership", "leadership", "", True, two, creator="alice"),
                Room("acme/old-project", "old-project", archived=True),
            ],
            rooms,
        )

    def test_oddPosts(self) -> None:
        """Each odd post has its text, author, kind and root, in the order of the times."""
        texts = [record for record in self.readMade() if isinstance(record, Text)]
        root = f"{ODD_THINGS}/{ODD + 1000}/alice"
        started = "A thread, @here: #town-square-acme, `~town-square`, ~nowhere 🎉 1 < 2"
        self.assertEqual(Text(root, ODD_THINGS, "alice", ODD + 1000, started), texts[0])
        self.assertEqual(
            Text(f"{ODD_THINGS}/{ODD + 2000}/bob.baker", ODD_THINGS, "bob.baker", ODD + 2000, "A reply", replyTo=root),
            texts[1],
        )
        self.assertEqual(
            [
                ("alice", "Final words"),
                ("alice", "goes for lunch"),
                ("alice", f"[file: plan.png] {HERE}\n[file: gone.png]"),
                ("buildbot", "Build 7 (https://ci.example.com/7)"),
                ("ghost", "Who was this?"),
                ("alice", "twice"),
                ("alice", "twice, but another"),
                ("alice", "In the past"),
                ("alice", "Just us"),
                ("alice", "Another\n[file: gone.png]"),
            ],
            [(text.author, text.text) for text in texts[2:]],
        )
        self.assertEqual("action", texts[3].kind)
        self.assertEqual(f"{texts[7].id}#2", texts[8].id)
        self.assertEqual(("alice", "bob.baker"), texts[10].place)
        self.assertEqual(root, texts[11].replyTo)

    def test_reactions(self) -> None:
        """A reaction has its own time, but none before its post's."""
        found = [record for record in self.readMade() if isinstance(record, Reaction)]
        root, reply = f"{ODD_THINGS}/{ODD + 1000}/alice", f"{ODD_THINGS}/{ODD + 2000}/bob.baker"
        self.assertEqual(
            [
                Reaction(root, ODD_THINGS, "ghost", ODD + 1000, ":party-parrot:"),
                Reaction(reply, ODD_THINGS, "bob.baker", ODD + 5500, "👍🏽"),
            ],
            found,
        )

    def test_leftOut(self) -> None:
        """Everything that is not brought over is reported."""
        found = Counter([record.what for record in self.readMade() if isinstance(record, LeftOut)])
        self.assertEqual(
            {
                "conversation of one person with themselves": 1,
                "custom emoji": 1,
                "deleted message": 1,
                "description of a person whom the export does not list": 1,
                "file": 1,
                "file that the export does not contain": 2,
                "group conversation": 1,
                "line in an unknown form": 1,
                "line of an unknown type": 1,
                "message of an unknown channel": 1,
                "notice: system_join_channel": 1,
                "pin": 1,
                "role": 1,
            },
            dict(found),
        )

    def test_withoutFiles(self) -> None:
        """If the export is only a file, nobody can say which attachments are missing."""
        records = self.readLines(post(1, "x", attachments=[{"path": GONE}]))
        self.assertIn(f"x\n[file: gone.png] {GONE}", [record.text for record in records if isinstance(record, Text)])

    def test_conversations(self) -> None:
        """The people of a conversation may be named in the newer form.  What a third person posts is left out."""
        people = [{"username": "alice"}, {"username": "Dave"}]
        records = self.readLines(
            line("direct_channel", participants=people),
            direct(1, "hello", ("dave", "alice"), "dave"),
            direct(2, "I am a bot", ("dave", "alice"), "buildbot"),
        )
        self.assertEqual([("alice", "dave")], [record.place for record in records if isinstance(record, Text)])
        self.assertIn("third person", repr([record for record in records if isinstance(record, LeftOut)]))

    def test_reported(self) -> None:
        """What has no text, no known sender or no known name is reported; message attachments have all their parts."""
        bad = {"user": "alice", "create_at": ODD, "emoji_name": "a b"}
        third = direct(3, "hi", ("alice", "dave"))
        third["direct_post"]["reactions"] = [bad | {"user": "carol-cook", "emoji_name": "eyes"}]
        fields = [{"title": "Tests", "value": 7}, {"title": "Empty"}]
        records = self.readLines(
            post(1, " "),
            post(2, "x", reactions=[bad]),
            third,
            post(4, "", props={"attachments": [{"pretext": "p", "title": "t", "text": "b", "fields": fields}]}),
            post(5, "y", "no name"),
            channel("acme", "odd-things"),
        )
        self.assertEqual(["x", "hi", "p\nt\nb\nTests: 7\nEmpty"], [r.text for r in records if isinstance(r, Text)])
        self.assertEqual(
            [
                "message without a text",
                "reaction in an unknown form",
                "message or reaction of a third person in a conversation of two",
                "line in an unknown form",
                "line in an unknown form",
            ],
            [record.what for record in records if isinstance(record, LeftOut)][2:],
        )

    def test_replies(self) -> None:
        """A malformed reply is reported, and the others are read; a reply to a deleted post is a post."""
        good, bad = {"user": "alice", "message": "good", "create_at": ODD}, {"user": "alice", "message": 7}
        for root in (post(1, "root", replies=[bad, good]), post(1, "", type="system_x", replies=[bad, good])):
            records = self.readLines(root)
            (reply,) = [record for record in records if isinstance(record, Text) and record.text == "good"]
            self.assertEqual(root["post"]["message"] == "root", reply.replyTo is not None)
            self.assertIn(LeftOut("reply in an unknown form", "export.jsonl, line 16, reply 1: create_at"), records)

    def test_source(self) -> None:
        """The source is the first team in the alphabet, if there is one."""
        self.readLines()
        self.assertEqual("mattermost acme", sourceOf(self.path))
        self.path.write_text('{"type": "version", "version": 1}\n\n{"type": "user"}\n')
        self.assertEqual("mattermost", sourceOf(self.path))

    def test_privateByDefault(self) -> None:
        """A channel of an unknown kind is private."""
        rooms = [record for record in self.readLines(channel("acme", "new", "X")) if isinstance(record, Room)]
        self.assertTrue(rooms[-1].private)

    def test_problems(self) -> None:
        """What is no export, or is damaged, is reported with the file and the line."""
        self.assertIn("export.jsonl is no export of Mattermost: it is empty", self.problem(b""))
        self.assertIn("its first line has no version", self.problem(b'{"type": "team"}\n'))
        self.assertIn("line 1: the version of this format", self.problem(b'{"type": "version", "version": 2}\n'))
        start = b'{"type": "version", "version": 1}\n\n'
        self.assertIn("export.jsonl, line 3, column 9: this is not JSON", self.problem(start + b'{"type":\n'))
        self.assertIn("export.jsonl, line 3: this is not UTF-8", self.problem(start + b'"\xff"\n'))
        writeZip(self.folder / "other.zip", [("users.json", b"[]"), ("channels.json", b"[]")])
        with self.assertRaises(ImportProblem) as caught:
            sourceOf(self.folder / "other.zip")
        self.assertIn("other.zip is no export of Mattermost: it has no file import.jsonl", str(caught.exception))


class FuzzTests(SynchronousTestCase):
    """Damaged exports."""

    @settings(max_examples=50, deadline=None)
    @given(st.data())
    def test_mutations(self, data: st.DataObject) -> None:
        """Whatever is changed in a line, it is read, or an L{ImportProblem} is raised; and the order holds."""
        lines = [json.dumps(item).encode() for item in [*headLines(), *oddLines()]]
        for _ in range(data.draw(st.integers(1, 3))):
            number = data.draw(st.integers(0, len(lines) - 1))
            lines[number] = data.draw(mutations(([*headLines(), *oddLines()])[number]))
        with TemporaryDirectory() as folder:
            path = Path(folder, "export.jsonl")
            path.write_bytes(b"\n".join(lines))
            try:
                sourceOf(path)
                records = list(read(path, lambda part: None))
            except ImportProblem as problem:
                self.assertNotIn("\n", str(problem))
                return
        people = {record.id for record in records if isinstance(record, Person)}
        said = [record for record in records if isinstance(record, Text | Reaction)]
        self.assertEqual(sorted([record.time for record in said]), [record.time for record in said])
        self.assertLessEqual({record.author for record in said}, people)
        repr(records).encode()
