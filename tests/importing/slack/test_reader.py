"""Tests of L{twistchat.importing.slack}: whole exports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.importing.made import asJson, writeFolder, writeZip
from tests.importing.makeslack import CHANNELS, FOREIGNER, ODD, ODD_DAY, TOKEN, USERS, makeSlack, message, oddMessages
from tests.importing.mutations import mutations
from twistchat.importing.records import ImportProblem, LeftOut, Person, Reaction, Record, Room, Text
from twistchat.importing.slack import read, sourceOf

GENERAL = ({"id": "C001", "name": "general", "members": []},)


class ExportTests(SynchronousTestCase):
    """Exports in a temporary folder."""

    def setUp(self) -> None:
        """Make a folder."""
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "export.zip"

    def readAll(self, files: Iterable[tuple[str, bytes]]) -> list[Record]:
        """Write an export, and read it."""
        writeZip(self.path, files)
        return list(read(self.path, lambda part: None))

    def readGeneral(self, *days: list[Any], users: Any = USERS) -> list[Record]:
        """Read an export of one channel with some days."""
        lists = [("users.json", asJson(users)), ("channels.json", asJson(GENERAL))]
        return self.readAll([*lists, *[(f"general/2024-01-0{n}.json", asJson(d)) for n, d in enumerate(days, 1)]])

    def problem(self, files: Iterable[tuple[str, bytes]]) -> str:
        """Return the message about an export."""
        with self.assertRaises(ImportProblem) as caught:
            self.readAll(files)
        return str(caught.exception)


class ReaderTests(ExportTests):
    """What a reader yields."""

    def test_order(self) -> None:
        """People come first, then rooms, then texts and reactions by time; the part read rises to 1."""
        writeZip(self.path, makeSlack(3000))
        parts: list[float] = []
        records = [record for record in read(self.path, parts.append) if not isinstance(record, LeftOut)]
        kinds = [isinstance(record, Room) + 2 * isinstance(record, Text | Reaction) for record in records]
        self.assertEqual(sorted(kinds), kinds)
        self.assertEqual({0, 1, 2}, set(kinds))
        times = [record.time for record in records if isinstance(record, Text | Reaction)]
        self.assertEqual(sorted(times), times)
        self.assertEqual(sorted(parts), parts)
        self.assertEqual(1.0, parts[-1])
        # One of five rooms is a group conversation.
        texts = [record for record in records if isinstance(record, Text)]
        self.assertTrue(2300 < len(texts) < 2500, len(texts))
        self.assertEqual(len(texts), len({text.id for text in texts}))
        self.assertLess(
            {text.replyTo for text in texts if text.replyTo}, {*[t.id for t in texts], "C002/1598869600.000000"}
        )

    def test_same(self) -> None:
        """A folder, and an archive that has everything in a folder, give the same records; so does the second time."""
        files = list(makeSlack(50))
        records = self.readAll(files)
        self.assertEqual(records, list(read(self.path, lambda part: None)))
        packed = self.readAll([(f"My export/{name}", data) for name, data in files])
        # The reports have the names of files, with the folder.
        self.assertEqual(*[[r for r in each if not isinstance(r, LeftOut)] for each in (records, packed)])
        writeFolder(self.path.parent / "folder", files)
        self.assertEqual(records, list(read(self.path.parent / "folder", lambda part: None)))

    def test_people(self) -> None:
        """The list of users is read, and those who only wrote or reacted are added."""
        people = {record.id: record for record in self.readAll(makeSlack(0)) if isinstance(record, Person)}
        self.assertEqual(Person("U001", "alice", "Alice Archer", "alice@example.com"), people["U001"])
        self.assertTrue(people["U004"].deleted)
        self.assertEqual(Person("U005", "buildbot", "Build Bot", bot=True), people["U005"])
        self.assertEqual(Person(FOREIGNER, "frank", "Frank Foreign"), people[FOREIGNER])
        self.assertEqual(Person("U0GONE", "u0gone"), people["U0GONE"])
        self.assertEqual(Person("B777", "Weather", "Weather", bot=True), people["B777"])
        self.assertEqual(Person("USLACKBOT", "slackbot", bot=True), people["USLACKBOT"])
        self.assertNotIn("U0NEVERSEEN", people)

    def test_strangers(self) -> None:
        """A stranger has the name of any message that knows it; a bot is the user that it belongs to, if any."""
        bot = {"bot_id": "B1", "bot_profile": {"name": "Jobs"}}
        records = self.readGeneral(
            [message(1, "a", "U9"), message(2, "b", "U9", user_profile={"display_name": "zoë", "real_name": "Zoë Z"})],
            [message(3, "c", None, **bot), message(4, "d", None, username="Hook"), message(5, "e", None)],
            [message(6, "f", None, bot_id="B005")],
        )
        people = [record for record in records if isinstance(record, Person)][len(USERS) :]
        expected = [Person("U9", "zoë", "Zoë Z"), Person("B1", "Jobs", bot=True)]
        self.assertEqual([*expected, Person("bot:Hook", "Hook", "Hook", bot=True)], people)
        authors = [record.author for record in records if isinstance(record, Text)]
        self.assertEqual(["U9", "U9", "B1", "bot:Hook", "U005"], authors)
        found = [record for record in records if isinstance(record, LeftOut)]
        self.assertEqual([LeftOut("message without an author", f"general, {ODD + 5}.000005")], found)

    def test_oldExports(self) -> None:
        """Old exports have group conversations among the private channels, and one file in a field of its own."""
        group = {"id": "G1", "name": "mpdm-a--b-1", "members": ["U001", "U002"], "is_mpim": True}
        file = {"title": "Plan", "permalink": "https://x.slack.com/files/1"}
        day = [message(1, "see", file=file, subtype="file_share"), message(2, "not shown", hidden=True)]
        records = self.readAll(
            [
                ("users.json", asJson(USERS)),
                ("channels.json", asJson(GENERAL)),
                ("groups.json", asJson([group])),
                ("general/2015-01-01.json", asJson(day)),
                ("mpdm-a--b-1/2015-01-01.json", asJson([message(3, "secret")])),
                ("unknown/2015-01-01.json", asJson([message(4, "secret")])),
            ]
        )
        texts = [record.text for record in records if isinstance(record, Text)]
        self.assertEqual(["see\n[file: Plan] https://x.slack.com/files/1"], texts)
        self.assertEqual(
            ["group conversation", "folder of an unknown conversation", "file", "notice: other"],
            [record.what for record in records if isinstance(record, LeftOut)],
        )

    def test_rooms(self) -> None:
        """Channels become rooms, with the members that the export lists."""
        rooms = {record.name: record for record in self.readAll(makeSlack(0)) if isinstance(record, Room)}
        members = ("U001", "U002", "U003", "U004", "U005")
        self.assertEqual(Room("C001", "general", "All about general", False, members, creator="U001"), rooms["general"])
        self.assertTrue(rooms["leadership"].private)
        self.assertTrue(rooms["old-project"].archived)
        self.assertIsNone(rooms["old-project"].creator)
        self.assertEqual(5, len(rooms))

    def test_inTwoLists(self) -> None:
        """A channel that is in the lists of public and of private ones is private."""
        public, private = {"id": "C1", "name": "plans"}, {"id": "C1", "name": "plans", "members": ["U001"]}
        for lists in (
            ("channels.json", public, "groups.json", private),
            ("groups.json", private, "channels.json", public),
        ):
            records = self.readAll(
                [
                    ("users.json", asJson(USERS)),
                    *[(name, asJson([channel])) for name, channel in (lists[:2], lists[2:])],
                    ("plans/2024-01-01.json", asJson([message(1, "a", "U001")])),
                ]
            )
            (room,) = [record for record in records if isinstance(record, Room)]
            self.assertEqual((True, ("U001",)), (room.private, room.members))
            self.assertIn("C1", [record.place for record in records if isinstance(record, Text)])

    def test_leftOut(self) -> None:
        """Everything that is not brought over is reported, without texts of messages."""
        found = [record for record in self.readAll(makeSlack(0)) if isinstance(record, LeftOut)]
        self.assertEqual(
            {
                "conversation of one person with themselves": 1,
                "deleted file": 1,
                "deleted message": 1,
                "file": 1,
                "file that Slack hides because of its limit": 1,
                "group conversation": 1,
                "list of canvases": 1,
                "list of what apps did": 1,
                "message in an unknown form": 2,
                "name of a person whom the export does not list": 1,
                "notice: channel_join": 1,
                "notice: huddle_thread": 1,
                "pin": 1,
                "reactions of people whom the export does not name": 1,
            },
            dict(Counter([record.what for record in found])),
        )
        self.assertNotIn("deleted.", "".join([record.example for record in found]))

    def test_oddMessages(self) -> None:
        """Each odd message has its text, author, kind and root."""
        texts = {
            record.time // 1000 - ODD: record
            for record in self.readAll(makeSlack(0))
            if isinstance(record, Text) and record.place == "C002"
        }
        root = f"C002/{ODD + 1}.000001"
        start = "A thread, @bob & @u0gone: 1 < 2, *bold*, @here, #general, this (https://example.com/a)"
        self.assertEqual(Text(root, "C002", "U001", (ODD + 1) * 1000, start), texts[1])
        self.assertEqual((root, root), (texts[2].replyTo, texts[3].replyTo))
        self.assertEqual("action", texts[5].kind)
        self.assertEqual(("U005", "Deployed 🚀"), (texts[6].author, texts[6].text))
        self.assertEqual("B777", texts[7].author)
        lines = texts[8].text.split("\n")
        self.assertEqual("[file: plan.png] https://files.slack.com/files-pri/T0-F1/plan.png", lines[0])
        self.assertEqual(["[file: deleted]", "[file: hidden by Slack's limit]"], lines[1:])
        self.assertEqual("Hello @bob👋a page (https://example.com/)\n• one\n• two", texts[11].text)
        self.assertEqual("[repo] 2 commits", texts[12].text)
        self.assertEqual("`:rocket:` at 10:30:45 🚀\nsecond line", texts[17].text)
        self.assertEqual("@alice uploaded x.png (https://files.slack.com/files-pri/T0-F4/x.png)", texts[19].text)
        self.assertEqual([1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 17, 19], sorted(texts))

    def test_noToken(self) -> None:
        """The token in the addresses of files, which opens all of them, is nowhere in the records."""
        self.assertNotIn(TOKEN, repr(self.readAll(makeSlack(0))))
        self.assertIn(TOKEN, repr(oddMessages()))

    def test_reactions(self) -> None:
        """A reaction has the emoji with its skin tone, or the name of a custom one."""
        found = [record for record in self.readAll(makeSlack(0)) if isinstance(record, Reaction)]
        of, time = f"C002/{ODD + 1}.000001", (ODD + 1) * 1000
        expected = [("U002", "👍🏼"), ("U003", "👍🏼"), ("U001", ":party-parrot:")]
        self.assertEqual([Reaction(of, "C002", who, time, emoji) for who, emoji in expected], found)

    def test_overlappingFiles(self) -> None:
        """Messages are in order even if the files are not, and those that are there twice are reported."""
        records = self.readGeneral(
            [message(5, "e"), message(1, "a"), message(3, "c")], [message(4, "d"), message(3, "c")], [message(0, "-")]
        )
        self.assertEqual(["-", "a", "c", "d", "e"], [record.text for record in records if isinstance(record, Text)])
        self.assertEqual(
            ["message that is there twice"], [record.what for record in records if isinstance(record, LeftOut)]
        )

    def test_thirdPerson(self) -> None:
        """In a conversation of two, what somebody else wrote is left out."""
        lists = [("users.json", asJson(USERS)), ("dms.json", asJson([{"id": "D1", "members": ["U001", "U002"]}]))]
        reaction = {"name": "eyes", "users": ["U002", "U003"], "count": 2}
        day = [message(1, "hi", reactions=[reaction]), message(2, "I am an app", "U005")]
        lists.append(("channels.json", asJson([])))
        records = self.readAll([*lists, ("D1/2024-01-01.json", asJson(day))])
        self.assertEqual(
            [("U001", "U002")] * 2, [record.place for record in records if isinstance(record, Text | Reaction)]
        )
        self.assertEqual(2, len([record for record in records if isinstance(record, LeftOut)]))

    def test_nothing(self) -> None:
        """What has no text, and a reaction without a name, are reported.  An address that is none is left out."""
        bad = {"name": "a b", "users": ["U001"], "count": 1}
        files = [{"name": "a.png", "url_private": url} for url in ("javascript:alert(1)", "https://[", "")]
        records = self.readGeneral([message(1, " "), message(2, "x", reactions=[bad]), message(3, "", files=files)])
        texts = [record.text for record in records if isinstance(record, Text)]
        self.assertEqual(["x", "[file: a.png]\n" * 2 + "[file: a.png]"], texts)
        found = [record.what for record in records if isinstance(record, LeftOut)]
        self.assertEqual(["message without a text", "reaction in an unknown form", "file", "file", "file"], found)

    def test_source(self) -> None:
        """The source is the team of most users, or else the oldest channel."""
        writeZip(self.path, makeSlack(0))
        self.assertEqual("slack T0TEAM001", sourceOf(self.path))
        writeZip(self.path, [("channels.json", asJson(CHANNELS))])
        self.assertEqual("slack C001", sourceOf(self.path))
        writeZip(self.path, [("channels.json", asJson([]))])
        self.assertRaises(ImportProblem, sourceOf, self.path)

    def test_problems(self) -> None:
        """What is no export, or is damaged, is reported with the file and the line."""
        lists = [("users.json", asJson(USERS)), ("channels.json", asJson(CHANNELS))]
        self.assertIn("export.zip is no export of Slack", self.problem([("import.jsonl", b"{}")]))
        self.assertIn("users.json, line 2, column 1", self.problem([("users.json", b"[\n}")]))
        self.assertIn("users.json: this is no list", self.problem([("users.json", b"{}")]))
        name = f"general/{ODD_DAY}.json"
        self.assertIn(f"{name}, line 1, column 2", self.problem([*lists, (name, b"[")]))
        self.assertIn(f"{name}: this is no list", self.problem([*lists, (name, b'"x"')]))


class FuzzTests(SynchronousTestCase):
    """Damaged exports."""

    @settings(max_examples=50, deadline=None)
    @given(st.data())
    def test_mutations(self, data: st.DataObject) -> None:
        """Whatever is changed in an export, it is read, or an L{ImportProblem} is raised; and the order holds."""
        files = dict(makeSlack(3))
        name = data.draw(st.sampled_from([name for name in files if len(files[name]) > 2]))
        files[name] = data.draw(mutations(json.loads(files[name])))
        with TemporaryDirectory() as folder:
            writeFolder(Path(folder), files.items())
            try:
                sourceOf(Path(folder))
                records = list(read(Path(folder), lambda part: None))
            except ImportProblem as problem:
                self.assertNotIn("\n", str(problem))
                return
        people = {record.id for record in records if isinstance(record, Person)}
        said = [record for record in records if isinstance(record, Text | Reaction)]
        self.assertEqual(sorted([record.time for record in said]), [record.time for record in said])
        self.assertLessEqual({record.author for record in said}, people)
        repr(records).encode()
