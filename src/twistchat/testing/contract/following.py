"""Tests of following a log."""

from __future__ import annotations

from twisted.logger import LogLevel, capturedLogs

from twistchat.chat.errors import NoSuchNick
from twistchat.chat.model.events import Entry, Event, Quit, RoomMessageRedacted
from twistchat.testing.contract.opened import ANN, BOB, OpenedJournal, said


class FollowingContract(OpenedJournal):
    """A follower gets every applied entry once, in order: first the stored entries, then new ones."""

    def test_followed(self) -> None:
        """A follower gets the stored durable entries, then every new entry, including passing ones."""
        kept = self.append(said("a"), said("b", "#other"))
        found: list[Entry] = []
        self.log.follow(0, found.append)
        self.settle()
        self.assertEqual(found, kept)
        later = self.append(said("c"), Quit(BOB, ""), said("d"))
        self.assertEqual(found, [*kept, *later])

    def test_followedFrom(self) -> None:
        """A follower gets entries from a sequence number on, which may be in the future."""
        kept = self.append(*map(said, "abc"))
        found: list[Entry] = []
        future: list[Entry] = []
        self.log.follow(kept[1].sequence, found.append)
        self.log.follow(kept[2].sequence + 2, future.append)
        later = self.append(*map(said, "de"))
        self.assertEqual(found, [*kept[1:], *later])
        self.assertEqual(future, later[1:])

    def test_followedMeanwhile(self) -> None:
        """Entries that are applied during the replay come after the stored ones, once."""
        self.append(*map(said, "abc"))
        found: list[Entry] = []
        receipts = [self.log.append(said("d"))]

        def receive(entry: Entry) -> None:
            found.append(entry)
            if len(found) < 3:
                receipts.append(self.log.append(said(f"after {len(found)}")))

        self.log.follow(0, receive)
        receipts.append(self.log.append(said("e")))
        self.settle()
        for receipt in receipts:
            self.successResultOf(receipt)
        self.assertEqual(found, self.applied)
        self.assertEqual(len(found), 7)

    def test_followedFromApply(self) -> None:
        """A follower that starts while an entry is applied gets that entry too, once."""
        found: list[Entry] = []
        again: list[Entry] = []

        def receive(entry: Entry) -> None:
            if not found:
                self.log.follow(0, again.append)
            found.append(entry)

        def apply(entry: Entry) -> None:
            self.applied.append(entry)
            if entry.event == said("b"):
                self.log.follow(0, receive)

        self.applied.clear()
        self.reopen(apply)
        receipts = [self.log.append(said(text)) for text in "abc"]
        self.settle()
        self.assertEqual(found, [self.successResultOf(receipt) for receipt in receipts])
        self.assertEqual(again, found)

    def test_followedBeforeOpen(self) -> None:
        """A follower of a log that is not open gets entries after the log is opened."""
        self.closeJournal()
        self.log, self.history = self.makeJournal(lambda: self.time)
        found: list[Entry] = []
        self.log.follow(0, found.append)
        self.settle()
        self.assertEqual(found, [])
        self.openJournal(self.applied.append)
        entries = self.append(said("a"), said("b"))
        self.assertEqual(found, entries)

    def test_followedAfterReceipt(self) -> None:
        """A follower gets an entry after it was applied, before its receipt fires."""
        order: list[str] = []
        self.reopen(lambda entry: order.append("applied"))
        self.log.follow(0, lambda entry: order.append("followed"))
        self.settle()
        self.log.append(said("a")).addCallback(lambda entry: order.append("receipt"))
        self.settle()
        self.assertEqual(sorted(order, key=["applied", "followed", "receipt"].index), order)

    def test_stopped(self) -> None:
        """After C{stop}, a follower gets nothing, not even the rest of a replay."""
        self.append(*map(said, "abc"))
        found: list[Entry] = []

        def receive(entry: Entry) -> None:
            found.append(entry)
            following.stop()

        following = self.log.follow(self.applied[-1].sequence + 1, receive)
        self.append(*map(said, "de"))
        self.assertEqual(len(found), 1)
        following.stop()
        stopped = self.log.follow(0, found.append)
        count = len(found)
        stopped.stop()
        self.settle()
        self.append(said("f"))
        self.assertIn(len(found) - count, (0, 5))

    def test_followerFails(self) -> None:
        """A follower that raises is logged and removed, and affects no other follower."""
        found: list[Entry] = []
        calls: list[Entry] = []

        def fail(entry: Entry) -> None:
            calls.append(entry)
            raise ValueError("the webhook is broken")

        kept = self.append(said("a"))
        with capturedLogs() as logs:
            self.log.follow(kept[0].sequence + 1, fail)
            self.log.follow(0, fail)
            self.log.follow(0, found.append)
            entries = self.append(said("b"), said("c"))
        self.assertEqual(found, [*kept, *entries])
        self.assertEqual(calls.count(kept[0]), 1)
        self.assertEqual(len(calls), 2)
        critical = [event for event in logs if event["log_level"] is LogLevel.critical]
        self.assertEqual(len(critical), 2)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_notFollowed(self) -> None:
        """Refused entries and redacted texts are not passed to followers."""

        def apply(entry: Entry) -> None:
            if entry.event == said("no"):
                raise NoSuchNick("Bob")

        self.reopen(apply)
        live: list[Event] = []
        self.log.follow(0, lambda entry: live.append(entry.event))
        receipts = [self.log.append(said(text)) for text in ("yes", "no", "again")]
        self.settle()
        self.failureResultOf(receipts[1], NoSuchNick)
        entry = self.successResultOf(receipts[0])
        (redacted,) = self.append(RoomMessageRedacted(ANN, "#Room", entry.sequence, entry.msgid))
        late: list[Event] = []
        self.log.follow(0, lambda entry: late.append(entry.event))
        self.settle()
        self.assertEqual(live, [said("yes"), said("again"), redacted.event])
        self.assertEqual(late, [said("again"), redacted.event])
