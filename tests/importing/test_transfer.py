"""Tests of L{twistchat.importing.transfer}, with the parts that it is made of: a journal on disk, and records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.fanout.audience import Broadcast
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.events import (
    SERVER,
    AccountDropped,
    AccountRegistered,
    AccountSettingSet,
    AccountVerified,
    AdministrativeAct,
    Credential,
    CredentialSet,
    Entry,
    Event,
    KeptPrivateTagMessage,
    KeptRoomTagMessage,
    ModeChange,
    ModesSet,
    PrivateMessage,
    RoomDropped,
    RoomMessage,
    RoomRegistered,
    Source,
    TextsForgotten,
    TopicSet,
)
from twistchat.chat.model.names import reserve
from twistchat.chat.model.rooms import Room as ChatRoom
from twistchat.chat.model.spans import conversation
from twistchat.chat.state import State
from twistchat.console.offline import NoSessions
from twistchat.importing.destination import Destination
from twistchat.importing.people import Rules
from twistchat.importing.records import ImportProblem, LeftOut, Person, Reaction, Record, Room, Text
from twistchat.importing.report import Report
from twistchat.importing.texts import LONGEST
from twistchat.importing.transfer import PORTION, Transfer
from twistchat.journal.codec import decode
from twistchat.journal.sqlite.maintenance.checking import check
from twistchat.journal.sqlite.maintenance.loading import Loader
from twistchat.journal.sqlite.rows import RowWriter
from twistchat.journal.sqlite.writing.writer import Writer
from twistchat.testing.server import MemoryServer

NOW = 1_700_000_000_000

ALICE = Person("U1", "alice", "Alice Archer", "alice@example.org")
BOB = Person("U2", "bob.baker", "Bob\nBaker", "not an address")
CAROL = Person("U3", "carol", email="carol@example.org")
GONE = Person("U4", "gone", email="gone@example.org", deleted=True)
BOT = Person("U5", "robot", bot=True)
PEOPLE = (ALICE, BOB, CAROL, GONE, BOT)

GENERAL = Room("C1", "General", "tea & cake\n", creator="U1")
SECRET = Room("C2", "board", private=True, members=("U1", "U2", "U4"), creator="U2")
OLD = Room("C3", "old", archived=True, creator="U4")
EMPTY = Room("C4", "empty", topic="nothing")
ROOMS = (GENERAL, SECRET, OLD, EMPTY)

TEXTS: tuple[Record, ...] = (
    Text("1", "C1", "U1", 1000, "hello"),
    Text("2", "C1", "U2", 2000, "hi\r\nthere", replyTo="1"),
    Reaction("1", "C1", "U3", 2000, "☕"),
    Text("3", ("U1", "U2"), "U2", 2500, "psst"),
    Reaction("3", ("U1", "U2"), "U1", 2500, ":tea:"),
    Text("4", "C2", "U4", 3000, "budget", "action"),
    Text("5", "C3", "U5", 4000, "beep"),
    Text("6", "C1", "U3", 5000, "later", replyTo="nowhere"),
    LeftOut("file", "cup.png"),
)

RECORDS: tuple[Record, ...] = (*PEOPLE, *ROOMS, *TEXTS)


class TransferTests(SynchronousTestCase):
    """An import."""

    limits = ChatLimits()

    def setUp(self) -> None:
        self.folder = Path(mkdtemp())
        self.addCleanup(rmtree, self.folder)
        self.write(AccountRegistered(SERVER, "boss"), AccountSettingSet(SERVER, "boss", "admin", "yes"))

    def open(self) -> tuple[Loader, State]:
        """Open the journal."""
        state = State(Broadcast(lambda call: call(), NoSessions()))
        writer = Writer(str(self.folder), "relaxed", lambda: "j", lambda: bytes(32))
        return Loader(writer, NOW, state.apply), state

    def write(self, *events: Event, time: int = NOW - 5000) -> None:
        """Store events of the server's own."""
        loader, _ = self.open()
        for event in events:
            entry = Entry(loader.sequence + 1, "", time, event)
            loader.add(entry, RowWriter().row(entry))
        loader.flush()
        loader.close()

    def transfer(self, records: Iterable[Record] = RECORDS, source: str = "slack T1", **options: Any) -> Report:
        """Import records, and return the report."""
        dry = options.pop("dry", False)
        given: dict[str, Any] = {"owner": None, "isAddress": lambda text: "@" in text, **options}
        rules = Rules(self.limits, reserve(["root"]), "#lobby", **given)
        loader, state = self.open()
        destination = Destination(loader, state, NOW, AdministrativeAct(SERVER, "import", "root", source), dry)
        report = Report(source)
        numbers = iter(range(9999))
        try:
            Transfer(destination, source, rules, report, lambda: f"r{next(numbers)}").run(records)
        finally:
            loader.flush()
            loader.close()
        self.assertTrue(check(self.folder / "journal.sqlite", lambda part: None).good)
        return report

    def entries(self, *kinds: type[Event]) -> list[Entry]:
        """The entries of the journal of some classes."""
        with closing(sqlite3.connect(self.folder / "journal.sqlite")) as connection:
            rows = connection.execute("SELECT sequence, time, kind, body FROM entry ORDER BY sequence").fetchall()
        found = [Entry(sequence, f"j-{sequence}", time, decode(kind, body)) for sequence, time, kind, body in rows]
        return [entry for entry in found if not kinds or isinstance(entry.event, kinds)]

    def state(self) -> State:
        """The state after a restart."""
        loader, state = self.open()
        loader.close()
        return state

    def account(self, name: str) -> Account:
        """An account after a restart."""
        return self.state().accounts.named(name)

    def room(self, name: str) -> ChatRoom:
        """A room after a restart."""
        room = self.state().rooms.get(name)
        assert room is not None
        return room

    def texts(self, room: str) -> list[str]:
        """The texts of a room."""
        return [
            e.event.text for e in self.entries(RoomMessage) if isinstance(e.event, RoomMessage) and e.event.room == room
        ]

    def test_texts(self) -> None:
        """Texts keep their times and authors.  Replies and reactions name the message ids of their texts."""
        report = self.transfer()
        texts = self.entries(RoomMessage, KeptRoomTagMessage, PrivateMessage, KeptPrivateTagMessage)
        self.assertEqual([1000, 2000, 2000, 2500, 2500, 3000, 4000, 5000], [entry.time for entry in texts])
        alice = Source("imported", "alice", "~imported", "imported", "alice", "Alice Archer")
        bob = Source("imported", "bob_baker", "~imported", "imported", "bob_baker", "Bob Baker")
        ids = [entry.msgid for entry in texts]
        self.assertEqual(RoomMessage(alice, "#general", "slack T1 1", "hello"), texts[0].event)
        reply = (("draft/reply", ids[0]),)
        self.assertEqual(RoomMessage(bob, "#general", "slack T1 2", "hi\nthere", tags=reply), texts[1].event)
        reaction = texts[2].event
        assert isinstance(reaction, KeptRoomTagMessage)
        self.assertEqual((*reply, ("draft/react", "☕")), reaction.tags)
        self.assertEqual(PrivateMessage(bob, "slack T1 3", alice, "psst"), texts[3].event)
        private = texts[4].event
        assert isinstance(private, KeptPrivateTagMessage)
        self.assertEqual((("draft/reply", ids[3]), ("draft/react", ":tea:")), private.tags)
        self.assertEqual("alice bob_baker", conversation(private))
        action, beep = texts[5].event, texts[6].event
        assert isinstance(action, RoomMessage)
        self.assertEqual(("action", "gone"), (action.kind, action.source.account))
        self.assertTrue(beep.source.bot)
        self.assertEqual((5, 4, 6, 1, 2), (report.people, report.rooms, report.texts, report.replies, report.reactions))
        self.assertEqual({"bob.baker": "bob_baker"}, report.names)
        self.assertEqual({"General": "#general"}, report.roomNames)
        self.assertEqual(
            {
                "file",
                "mail address that is not valid",
                "mark that a text is a reply, because the other text is not here",
            },
            set(report.omissions),
        )
        self.assertEqual("slack T1", report.object()["source"])

    def test_people(self) -> None:
        """Accounts have names for display and addresses, and no credentials.  Those of removed people are suspended."""
        self.transfer()
        alice, bob, gone, robot = (self.account(name) for name in ("alice", "bob_baker", "gone", "robot"))
        self.assertEqual({"imported slack T1": "U1", "email": "alice@example.org"}, alice.settings)
        self.assertEqual({"display-name": "Alice Archer"}, alice.metadata)
        self.assertEqual(((), None, True), (alice.credentials, alice.suspended, alice.usable))
        self.assertEqual({"imported slack T1": "U2"}, bob.settings)
        self.assertEqual({"imported slack T1": "U4"}, gone.settings)
        self.assertIn("removed before the import", str(gone.suspended))
        self.assertEqual({"imported slack T1": "U5"}, robot.settings)
        self.assertEqual((0, ()), (len(alice.inbox), bob.inbox))

    def test_knownPeople(self) -> None:
        """Somebody with an account of the same verified mail address keeps it.  Other names get suffixes."""
        self.write(
            AccountRegistered(SERVER, "Alicia", NOW * 2, "r1"),
            AccountSettingSet(SERVER, "Alicia", "email", "Alice@Example.org", "r1"),
            AccountVerified(SERVER, "Alicia"),
            AccountRegistered(SERVER, "carol"),
            AccountRegistered(SERVER, "unverified", NOW * 2),
            AccountSettingSet(SERVER, "unverified", "email", "carol@example.org"),
        )
        report = self.transfer([ALICE, CAROL, Person("U6", "root"), *ROOMS[:1], *TEXTS[:1]])
        self.assertEqual((1, 2), (report.known, report.people))
        self.assertEqual({"alice": "Alicia", "carol": "carol-2", "root": "root-2"}, report.names)
        self.assertEqual("Alicia", self.entries(RoomMessage)[0].event.source.account)
        self.assertEqual("Alicia", self.room("#general").founder)
        self.assertEqual({"Alicia": "alice"}, report.matches)

    def test_unverified(self) -> None:
        """
        An address that an administrator or an earlier import gave an account says nothing, and no administrator is
        found by an address.  One that was verified after the registration counts.
        """
        self.write(
            AccountSettingSet(SERVER, "boss", "email", "alice@example.org"),
            AccountVerified(SERVER, "boss"),
            AccountRegistered(SERVER, "made", None, "r1"),
            AccountSettingSet(SERVER, "made", "email", "bob@example.org", "r1"),
            AccountRegistered(SERVER, "changed", None, "r2"),
            AccountSettingSet(SERVER, "changed", "email", "carol@example.org"),
        )
        people = [ALICE, Person("U2", "bob", email="bob@example.org"), CAROL]
        report = self.transfer(people)
        self.assertEqual({"changed": "carol"}, report.matches)
        self.assertEqual(["alice", "bob"], [self.account(name).name for name in ("alice", "bob")])
        report = self.transfer(people, "slack T2")
        self.assertEqual((2, {"changed": "carol"}), (report.people, report.matches))

    def test_unused(self) -> None:
        """People who were removed, and programs, get no account if nothing of them is imported."""
        report = self.transfer(PEOPLE)
        self.assertEqual(3, report.people)
        self.assertIsNone(self.state().accounts.get("gone"))

    def test_rooms(self) -> None:
        """Rooms are registered with their topics; private ones are locked, and archived ones are silent."""
        self.transfer()
        general, board, old, empty = (self.room(name) for name in ("#general", "#board", "#old", "#empty"))
        self.assertEqual(("alice", {"n", "t"}), (general.founder, set(general.modes)))
        assert general.topic is not None
        self.assertEqual(("tea & cake", 1000), (general.topic.text, general.topic.time))
        self.assertEqual(("bob_baker", {"n", "t", "s", "i"}), (board.founder, set(board.modes)))
        self.assertEqual(["~a:alice", "~a:gone"], list(board.lists["I"]))
        self.assertEqual(("boss", {"n", "t", "m"}), (old.founder, set(old.modes)))
        self.assertEqual("boss", empty.founder)
        self.assertEqual(5000, self.entries(TopicSet)[-1].time)

    def test_order(self) -> None:
        """Time never decreases in a conversation, also with the entries that make a room."""
        self.transfer()
        newest: dict[str, int] = {}
        for entry in self.entries():
            place = conversation(entry.event)
            if place is not None:
                self.assertGreaterEqual(entry.time, newest.get(place, 0))
                newest[place] = entry.time

    def test_owner(self) -> None:
        """Rooms without a creator go to an account that is named.  Without one, nothing is written."""
        with self.assertRaises(ImportProblem) as caught:
            self.transfer(owner="nobody")
        self.assertIn("there is no account nobody", str(caught.exception))
        self.write(AccountSettingSet(SERVER, "boss", "admin", None))
        with self.assertRaises(ImportProblem) as caught:
            self.transfer()
        self.assertIn("no administrator", str(caught.exception))
        self.assertEqual(2, len(self.entries()))
        self.transfer(owner="BOSS")
        self.assertEqual("boss", self.room("#old").founder)

    def test_names(self) -> None:
        """A room whose name is taken gets a suffix: by the lobby, by a room, and by texts of a room that has ended."""
        guest = Source("1", "guest")
        self.write(RoomRegistered(SERVER, "#general", "boss"), RoomMessage(guest, "#board", "s", "before"))
        report = self.transfer([*PEOPLE, GENERAL, SECRET, Room("C9", "lobby"), Room("C8", "lobby"), *TEXTS[:6]])
        self.assertEqual(
            {"General": "#general-2", "board": "#board-2", "lobby": "#lobby-2", "lobby (C8)": "#lobby-3"},
            report.roomNames,
        )
        self.assertEqual(["before"], self.texts("#board"))

    def test_again(self) -> None:
        """A second import adds nothing.  A later export adds what is new, and finds renamed rooms and their texts."""
        self.transfer()
        before = self.entries()
        report = self.transfer()
        self.assertEqual((0, 8), (report.added, report.present))
        self.assertEqual(before, self.entries())
        later = (
            Person("U7", "dave"),
            *ROOMS,
            *TEXTS,
            Text("7", "C1", "U1", 6000, "news", replyTo="2"),
            Reaction("7", "C1", "U7", 6000, "☕"),
        )
        report = self.transfer((*PEOPLE, *later))
        self.assertEqual((1, 0, 1, 1, 8), (report.people, report.rooms, report.texts, report.reactions, report.present))
        first, new = (e for e in self.entries(RoomMessage) if "slack T1 2" in str(e.event) or "news" in str(e.event))
        assert isinstance(new.event, RoomMessage)
        self.assertEqual((("draft/reply", first.msgid),), new.event.tags)

    def test_otherSource(self) -> None:
        """Another team with the same ids is not the same: its rooms and people are others."""
        self.transfer()
        report = self.transfer(source="slack T2")
        self.assertEqual((6, 0), (report.texts, report.present))
        self.assertEqual("#general-2", report.roomNames["General"])
        self.assertEqual("bob_baker-2", report.names["bob.baker"])
        self.assertEqual("alice", self.account("alice").name)
        self.assertEqual(("carol-2", 0), (report.names["carol"], report.known))

    def test_older(self) -> None:
        """Texts that are older than what a room has are left out, and counted."""
        self.transfer()
        self.write(RoomMessage(Source("1", "guest"), "#general", "s", "native"), time=7000)
        report = self.transfer((*RECORDS, Text("8", "C1", "U1", 6500, "older"), Text("9", "C1", "U1", 7000, "same")))
        self.assertEqual(1, report.texts)
        omission = report.omissions["text that is older than what #general already has"]
        self.assertEqual((1, "C1"), (omission.count, omission.example))
        self.assertEqual(["native", "same"], self.texts("#general")[-2:])

    def test_madePrivate(self) -> None:
        """
        A channel that has become private there keeps its texts to itself while its room here is open.  With the modes s
        and i, what is newer comes.
        """
        self.transfer([*PEOPLE, GENERAL, *TEXTS[:1]])
        private = replace(GENERAL, private=True, members=("U1",))
        later = [
            *PEOPLE,
            private,
            *TEXTS[:1],
            Text("7", "C1", "U1", NOW - 9, "budget"),
            Reaction("1", "C1", "U1", 6, "x"),
        ]
        report = self.transfer(later)
        self.assertEqual((0, 1), (report.added, report.present))
        self.assertEqual(2, len([what for what in report.omissions if "#general +si" in what]))
        boss = Source("1", "boss", account="boss")
        self.write(ModesSet(boss, "#general", (ModeChange(True, "s"),)), time=NOW - 20)
        self.assertEqual(0, self.transfer(later).added)
        self.write(ModesSet(boss, "#general", (ModeChange(True, "i"),)), time=NOW - 20)
        self.assertEqual(1, self.transfer(later).texts)
        self.assertEqual(["hello", "budget"], self.texts("#general"))

    def test_twice(self) -> None:
        """A room that the export has twice is private if one of the two is."""
        public = replace(SECRET, private=False)
        for number, rooms in enumerate(([SECRET, public], [public, SECRET])):
            self.transfer([*PEOPLE, *rooms], f"slack T{number}")
        self.assertEqual([{"n", "t", "s", "i"}] * 2, [set(self.room(name).modes) for name in ("#board", "#board-2")])

    def test_formerMembers(self) -> None:
        """Who has left a private channel there, but may still join the room here, is reported."""
        self.transfer()
        self.assertEqual({}, self.transfer().former)
        report = self.transfer([*PEOPLE, replace(SECRET, members=("U2", "U1"))])
        self.assertEqual({"#board": ["gone"]}, report.former)
        self.assertEqual({"#board": ["gone"]}, report.object()["formerMembers"])

    def test_endless(self) -> None:
        """A text of more than 1 MiB is left out, and a long one is split in time."""
        report = self.transfer([ALICE, GENERAL, Text("1", "C1", "U1", 1, "é" * (LONGEST // 2)), TEXTS[1]])
        self.assertEqual((2, 0), (report.texts, len(report.omissions)))
        report = self.transfer([ALICE, GENERAL, Text("9", "C1", "U1", 2000, "é" * (LONGEST // 2) + "x")])
        self.assertEqual((0, ["text of more than 1 MiB"]), (report.texts, list(report.omissions)))

    def test_resumed(self) -> None:
        """An import that ends early is continued by the next one."""

        def broken() -> Iterable[Record]:
            yield from RECORDS[: len(PEOPLE) + len(ROOMS) + 3]
            raise ImportProblem("the disk is gone")

        self.assertRaises(ImportProblem, self.transfer, broken())
        self.transfer()
        self.assertEqual(["hello", "hi\nthere", "later"], self.texts("#general"))
        self.assertEqual(4, len(self.entries(RoomRegistered)))

    def test_portions(self) -> None:
        """Many texts are written in portions, and replies find texts of earlier ones."""
        many: list[Record] = [
            Text(str(number), "C1", "U1", 1000 + number, "x", replyTo="0" if number else None)
            for number in range(2 * PORTION + 5)
        ]
        report = self.transfer([ALICE, GENERAL, *many])
        self.assertEqual((len(many), len(many) - 1), (report.texts, report.replies))
        self.assertEqual(len(many), self.transfer([ALICE, GENERAL, *many]).present)

    def test_long(self) -> None:
        """A long text becomes several, of which the first is the reply, and which are one text for a later import."""
        self.limits = ChatLimits(message=10)
        records: list[Record] = [
            ALICE,
            GENERAL,
            Text("1", "C1", "U1", 1, "a"),
            Text("2", "C1", "U1", 2, "one two three", replyTo="1"),
        ]
        self.assertEqual(2, self.transfer(records).texts)
        self.assertEqual(["a", "one two", "three"], self.texts("#general"))
        self.assertEqual(2, self.transfer(records).present)

    def test_leftOut(self) -> None:
        """What cannot be imported is counted by its reason, with an example."""
        report = self.transfer(
            [
                *PEOPLE,
                GENERAL,
                Text("1", "C1", "U1", 5, "\x00\n "),
                Text("2", "C9", "U1", 5, "x"),
                Text("3", "C1", "U1", NOW + 1, "x"),
                Text("4", "C1", "U1", -1, "x"),
                Text("5", ("U1", "U2"), "U3", 5, "x"),
                Reaction("1", "C1", "U1", 5, "x"),
                Text("6", "C1", "U1", 5, "x"),
                Text("6", "C1", "U1", 5, "x"),
            ]
        )
        self.assertEqual(1, report.texts)
        self.assertEqual(
            {
                "text without content": (1, "C1"),
                "text in a room that the export does not have": (2, "C9"),
                "text with a time in the future, or before 1970": (2, "C1"),
                "reaction to a text that is not here": (1, "C1"),
                "text that the export has twice": (1, "C1"),
                "mail address that is not valid": (1, "bob_baker"),
            },
            {what: (omission.count, omission.example) for what, omission in report.omissions.items()},
        )

    def test_unknownAuthor(self) -> None:
        """A text of somebody whom the export does not name is kept, under a name made of the id."""
        self.transfer([ALICE, GENERAL, Text("1", "C1", "U99", 5, "x")])
        self.assertEqual("U99", self.entries(RoomMessage)[0].event.source.nick)
        self.assertIsNotNone(self.account("U99").suspended)

    def test_dropped(self) -> None:
        """A room that was dropped here, and an account, do not come back."""
        self.transfer()
        self.write(AccountDropped(SERVER, "carol"))
        report = self.transfer()
        self.assertEqual((0, 0), (report.people, report.texts))
        self.write(RoomDropped(SERVER, "#general"))
        report = self.transfer()
        self.assertEqual((0, 0, 0), (report.rooms, report.texts, report.added))

    def test_forgotten(self) -> None:
        """Texts that were erased here do not come back, and later ones of the same person do."""
        self.transfer()
        self.write(TextsForgotten(SERVER, "bob_baker"), time=NOW - 5)
        with closing(sqlite3.connect(self.folder / "journal.sqlite")) as connection:
            connection.execute("DELETE FROM entry WHERE kind IN ('said', 'told') AND body LIKE '%bob_baker%'")
            connection.execute("DELETE FROM correspondent")
            connection.commit()
        later = Text("7", ("U1", "U2"), "U2", NOW - 1, "new")
        report = self.transfer((*RECORDS, later))
        self.assertEqual((1, 0), (report.texts, report.reactions))
        self.assertIn("text of an account whose texts were erased here", report.omissions)

    def test_dry(self) -> None:
        """Without writing, the report is the same, and nothing has changed."""
        before = self.entries()
        dry = self.transfer(dry=True)
        self.assertEqual(before, self.entries())
        self.assertEqual(dry, self.transfer())

    def test_claims(self) -> None:
        """Accounts that can be claimed get a code; those of programs and removed people do not."""
        given: list[str] = []

        def claim(account: str, person: Person) -> Credential:
            given.append(account)
            return Credential("code", "reset", f"hash of {account}")

        self.transfer(claim=claim)
        self.assertEqual(["alice", "bob_baker", "carol"], given)
        code = self.account("alice").credential("code", "reset")
        assert code is not None
        self.assertEqual("hash of alice", code.secret)

    def test_claimsLater(self) -> None:
        """A later import with codes makes new ones for the accounts that nobody has claimed yet."""
        self.transfer()
        self.write(
            CredentialSet(SERVER, "alice", Credential("password", "", "hash")),
            AccountSettingSet(SERVER, "carol", "admin", "yes"),
        )
        given: list[str] = []

        def claim(account: str, person: Person) -> Credential:
            given.append(account)
            return Credential("code", "reset", f"hash {len(given)}")

        self.assertEqual(1, self.transfer(claim=claim).codes)
        self.assertEqual(1, self.transfer(claim=claim).added)
        self.assertEqual(["bob_baker"] * 2, given)
        self.assertEqual(["hash 2"], [credential.secret for credential in self.account("bob_baker").credentials])
        self.assertEqual(0, self.transfer().added)

    def test_act(self) -> None:
        """The audit trail has one act before all that was imported, and none if nothing was."""
        self.transfer()
        self.transfer()
        acts = self.entries(AdministrativeAct)
        self.assertEqual([(3, NOW)], [(entry.sequence, entry.time) for entry in acts])

    def test_served(self) -> None:
        """A server shows what was imported: by its times, in the order of its times, and in a search."""
        self.write(RoomMessage(Source("1", "guest"), "#free", "s", "native"))
        self.transfer()
        server = MemoryServer(directory=str(self.folder), start=NOW / 1000)
        self.addCleanup(server.close)
        reader = server.irc(
            "reader", "batch", "server-time", "message-tags", "draft/chathistory", "draft/event-playback"
        )
        reader.join("#free", "#general", "#old")

        def ask(command: str) -> list[str]:
            reader.send(command)
            return [line for line in reader.lines() if "BATCH" not in line]

        targets = ask("CHATHISTORY TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 9")
        self.assertEqual(["#old", "#general", "#free"], [line.split()[4] for line in targets])
        after = "\n".join(ask("CHATHISTORY AFTER #general timestamp=1970-01-01T00:00:01.500Z 9"))
        for part in ("bob_baker!~imported@imported PRIVMSG #general :hi", "+draft/react=☕", "later"):
            self.assertIn(part, after)
        self.assertNotIn("hello", after)
        (text,) = ask("CHATHISTORY BEFORE #general timestamp=1970-01-01T00:00:01.500Z 1")
        self.assertIn("time=1970-01-01T00:00:01.000Z", text)
        self.assertIn("later", ask("CHATHISTORY LATEST #general * 1")[0])
        self.assertIn("native", ask("CHATHISTORY AFTER #free timestamp=2000-01-01T00:00:00.000Z 9")[0])
        settings = server.context.chat.ownership.info(None, "#general").settings
        self.assertEqual({}, settings)
