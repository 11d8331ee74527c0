"""Tests of the newest texts of conversations, and of counting texts."""

from __future__ import annotations

from collections.abc import Collection
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

    def count(self, after: Point = 0, limit: int = 100, words: str = "", **other: Any) -> Count:
        """Count texts of C{#room}."""
        found: Count = self.result(self.history.count("#room", after, limit, words, **other))
        return found

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
        self.assertEqual(self.count(words="ann"), Count(6, 4))
        self.assertEqual(self.count(words="Ann-Marie"), Count(6, 2))
        self.assertEqual(self.count(words="АННА"), Count(6, 1))
        self.assertEqual(self.count(words="[]"), Count(6, 0))
        self.assertEqual(self.count(kept[1].sequence, words="ann"), Count(4, 3))
        self.assertEqual(self.count(kept[5].sequence, words="ann"), Count(0, 0))
        self.assertEqual(self.count(first=kept[4].sequence, words="ann"), Count(2, 1))

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
        self.assertEqual(self.count(limit=5, words="word"), Count(5, 4))
        self.assertEqual(self.count(limit=4, words="word"), Count(4, 3, more=True))
        self.assertEqual(self.count(limit=1, words="word"), Count(1, 0, more=True))

    def test_countOthers(self) -> None:
        """The texts of an account are left out, in any case of its name.  Texts of guests count."""
        for source in (ANN, BOB, GUEST):
            self.append(said("ann", source=source), said("bob", source=source))
        self.assertEqual(self.count(words="ann", without="ANN"), Count(4, 2))
        self.assertEqual(self.count(words="ann", without="carol"), Count(6, 3))
        self.assertEqual(self.count(limit=3, words="ann", without="bob"), Count(2, 1, more=True))

    def test_countPrivately(self) -> None:
        """The texts of a private conversation are counted too."""
        self.append(PrivateMessage(ANN, "s1", BOB, "bob?"), PrivateMessage(BOB, "s2", ANN, "yes"))
        name = pair("ann", "bob")
        self.assertEqual(self.result(self.history.count(name, 0, 10, "bob", "bob")), Count(1, 1))


def _of(entry: Entry, conversation: str) -> Latest:
    return Latest(conversation, entry.sequence, entry.time)
