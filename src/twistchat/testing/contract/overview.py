"""Tests of the newest texts of conversations, and of counting texts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec.structs import replace

from twistchat.chat.model.events import Entry, PrivateMessage, RoomMessageRedacted, RoomRenamed, TopicSet
from twistchat.chat.model.spans import At, Count, Latest, Point, pair
from twistchat.testing.contract.opened import ANN, BOB, GUEST, OpenedJournal, said


class OverviewContract(OpenedJournal):
    """A history finds the newest texts of many conversations, and counts texts."""

    def latest(self, conversations: Collection[str], account: str | None = None, limit: int = 1000) -> list[Latest]:
        """The newest texts."""
        return list(self.result(self.history.latest(conversations, account, limit)))

    def count(self, after: Point = 0, limit: int = 100, phrases: Sequence[str] = (), **other: Any) -> Count:
        """Count texts of C{#room}, without the time of the first."""
        found: Count = self.result(self.history.count("#room", after, limit, phrases, **other))
        return Count(found.texts, found.matching, found.more)

    def since(self, after: Point = 0, limit: int = 100, **other: Any) -> int:
        """The second in which the first text of C{#room} was said that is not left out."""
        found: Count = self.result(self.history.count("#room", after, limit, **other))
        return found.since // 1000

    def test_latest(self) -> None:
        """The newest text of each conversation, by sequence number.  Other events do not count."""
        texts = self.append(said("a"), said("b", "#other"), said("c", "#third"))
        self.time += 5
        texts += self.append(said("d"), replace(said("e"), rank="o"))
        self.append(TopicSet(ANN, "#other", "t"), TopicSet(ANN, "#silent", "t"))
        wanted = [_of(texts[1], "#other"), _of(texts[3], "#room"), _of(texts[4], "@#room")]
        self.assertEqual(self.latest(["#room", "#other", "@#room", "#silent", "#nowhere", "#room"]), wanted)
        self.assertEqual(self.latest(["#room", "#other", "@#room"], limit=2), wanted[1:])
        self.assertEqual(self.latest([]), [])

    def test_latestPrivate(self) -> None:
        """With an account, its private conversations are found too, and no others."""
        carol = replace(BOB, uid="u4", nick="Carol", account="Carol")
        texts = self.append(
            said("a"),
            PrivateMessage(ANN, "s1", BOB, "b"),
            PrivateMessage(BOB, "s2", carol, "c"),
            PrivateMessage(BOB, "s2", ANN, "d"),
            PrivateMessage(GUEST, "s3", ANN, "e"),
            PrivateMessage(ANN, "s1", ANN, "f"),
        )
        ann = [_of(texts[3], pair("ann", "bob")), _of(texts[5], pair("ann", "ann"))]
        self.assertEqual(self.latest(["#room"], "ANN"), [_of(texts[0], "#room"), *ann])
        self.assertEqual(self.latest([], "bob"), [_of(texts[2], pair("bob", "carol")), ann[0]])
        self.assertEqual(self.latest([pair("ann", "bob")], "ann"), ann)
        self.assertEqual(self.latest([pair("ann", "bob")]), ann[:1])
        self.assertEqual(self.latest([], "an"), [])

    def test_latestRedacted(self) -> None:
        """A redacted text is not the newest text."""
        kept = self.append(said("a"), said("b"), PrivateMessage(ANN, "s1", BOB, "c"))
        self.append(RoomMessageRedacted(ANN, "#room", kept[1].sequence, kept[1].msgid, "oops"))
        self.assertEqual(self.latest(["#room"]), [_of(kept[0], "#room")])

    def test_latestRenamed(self) -> None:
        """A room's newest text is found under its new name."""
        kept = self.append(said("a"), said("b", "#third"))
        self.log.append(RoomRenamed(ANN, "#room", "#new"))
        self.settle()
        kept += self.append(said("c"))
        wanted = [_of(kept[0], "#new"), _of(kept[1], "#third"), _of(kept[2], "#room")]
        self.assertEqual(self.latest(["#room", "#new", "#third"]), wanted)

    def test_count(self) -> None:
        """Count texts after a point, and how many of them contain a phrase as whole words."""
        texts = ["Ann: hi", "annoying", "hello ÁNN!", "ann marie", "bye, ann-marie", "тише, Анна"]
        kept = self.append(*map(said, texts))
        self.append(TopicSet(ANN, "#room", "ann"), said("ann", "#other"))
        self.assertEqual(self.count(), Count(6, 0))
        self.assertEqual(self.count(phrases=["ann"]), Count(6, 4))
        self.assertEqual(self.count(phrases=["Ann-Marie"]), Count(6, 2))
        self.assertEqual(self.count(phrases=["АННА"]), Count(6, 1))
        self.assertEqual(self.count(phrases=["[]"]), Count(6, 0))
        self.assertEqual(self.count(phrases=["ann", "hello"]), Count(6, 4))
        self.assertEqual(self.count(phrases=["bye", "annoying", "[]"]), Count(6, 2))
        self.assertEqual(self.count(phrases=["bye", "анна"]), Count(6, 2))
        self.assertEqual(self.count(kept[1].sequence, phrases=["ann"]), Count(4, 3))
        self.assertEqual(self.count(kept[5].sequence, phrases=["ann"]), Count(0, 0))
        self.assertEqual(self.count(first=kept[4].sequence, phrases=["ann"]), Count(2, 1))

    def test_countTimes(self) -> None:
        """The point can be a time.  Texts at this time are not counted."""
        for time in range(4):
            self.time = 1000.0 + time
            self.append(said("x"))
        self.assertEqual(self.count(At(1_001_000)), Count(2, 0))
        self.assertEqual(self.count(At(1_000_999)), Count(3, 0))
        self.assertEqual(self.count(At(9_999_999_999)), Count(0, 0))

    def test_countLimit(self) -> None:
        """Only the newest texts are counted, and the result tells whether there are more."""
        self.append(*(said(f"word {number}") for number in range(4)), said("other"))
        self.assertEqual(self.count(limit=5, phrases=["word"]), Count(5, 4))
        self.assertEqual(self.count(limit=4, phrases=["word"]), Count(4, 3, more=True))
        self.assertEqual(self.count(limit=1, phrases=["word"]), Count(1, 0, more=True))

    def test_countOthers(self) -> None:
        """The texts of an account are left out, in any case of its name.  Texts of guests count."""
        for source in (ANN, BOB, GUEST):
            self.append(said("ann", source=source), said("bob", source=source))
        self.assertEqual(self.count(phrases=["ann"], without="ANN"), Count(4, 2))
        self.assertEqual(self.count(phrases=["ann"], without="carol"), Count(6, 3))
        self.assertEqual(self.count(limit=3, phrases=["ann"], without="bob"), Count(2, 1, more=True))

    def test_countSince(self) -> None:
        """The result has the time of the first text that is not left out, also if many are, or there are more texts."""
        for second, source in enumerate([ANN, ANN, BOB, ANN, BOB, GUEST, BOB]):
            self.time = 100.0 + second
            self.append(said("x", source=source))
        self.append(TopicSet(ANN, "#room", "x"))
        self.assertEqual((self.since(), self.since(without="ann"), self.since(without="bob")), (100, 102, 100))
        self.assertEqual((self.since(At(102_000)), self.since(At(102_000), without="ANN")), (103, 104))
        self.assertEqual((self.since(At(106_000)), self.since(At(105_000), without="bob")), (0, 0))
        self.assertEqual((self.since(limit=2), self.since(limit=2, without="ann")), (100, 102))
        # The oldest three, and then the newest two.
        self.assertEqual(self.since(At(100_500), limit=2, without="carol"), 101)
        self.time = 200.0
        self.append(*[said("x", source=ANN) for _ in range(9)], said("x", source=BOB))
        self.assertEqual(self.since(At(106_000), limit=2, without="ann"), 200)

    def test_countSinceRenamed(self) -> None:
        """It is found in a room that was renamed, before its entries have been moved and after."""
        for second, source in enumerate([ANN, BOB, ANN, ANN]):
            self.time = 100.0 + second
            self.append(said("x", "#old", source=source))
        self.append(RoomRenamed(ANN, "#old", "#room"), said("x", source=ANN), said("x", source=ANN))
        for _ in range(2):
            self.assertEqual((self.since(without="ann"), self.since(limit=3, without="ann")), (101, 101))
            self.settle()

    def test_countPrivately(self) -> None:
        """The texts of a private conversation are counted too."""
        self.append(PrivateMessage(ANN, "s1", BOB, "bob?"), PrivateMessage(BOB, "s2", ANN, "yes"))
        name = pair("ann", "bob")
        found: Count = self.result(self.history.count(name, 0, 10, ["bob"], "bob"))
        self.assertEqual((found.texts, found.matching), (1, 1))


def _of(entry: Entry, conversation: str) -> Latest:
    return Latest(conversation, entry.sequence, entry.time)
