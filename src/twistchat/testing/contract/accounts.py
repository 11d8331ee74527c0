"""Tests of the events of accounts."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from twistchat.chat.errors import AccountExists
from twistchat.chat.model.events import (
    SERVER,
    AccountDropped,
    AccountRegistered,
    AccountRestored,
    AccountSuspended,
    Credential,
    CredentialRemoved,
    CredentialSet,
    Entry,
    Event,
    InboxRead,
    KeptRoomTagMessage,
    Kicked,
    MarkerSet,
    ModeChange,
    ModesSet,
    PrivateMessage,
    RoomMessageRedacted,
    RoomRenamed,
    Source,
    TextsForgotten,
    TopicSet,
)
from twistchat.chat.model.spans import Span, pair
from twistchat.testing.contract.opened import ANN, BOB, GUEST, OpenedJournal, said

EVE = Source("", "eve", account="eve")


def _password(secret: str) -> CredentialSet:
    return CredentialSet(SERVER, "eve", Credential("password", "", secret))


class AccountContract(OpenedJournal):
    """An event of an account is deleted when nothing of it is in force any more."""

    def followed(self) -> Sequence[Event]:
        """The events that a new follower gets first."""
        found: list[Entry] = []
        following = self.log.follow(0, found.append)
        self.settle()
        following.stop()
        return [entry.event for entry in found]

    def test_credentials(self) -> None:
        """A replaced or removed credential is not followed later, but for the event that removed it."""
        token = CredentialSet(SERVER, "eve", Credential("token", "phone", "t"))
        removed = CredentialRemoved(SERVER, "eve", "token", "phone")
        self.append(AccountRegistered(SERVER, "eve"), _password("old"), token, _password("new"), removed)
        self.assertEqual(self.followed(), [AccountRegistered(SERVER, "eve"), _password("new"), removed])

    def test_dropped(self) -> None:
        """Of a dropped account only its end is followed later, and nothing of other accounts is lost."""
        other = AccountRegistered(SERVER, "bob")
        self.append(AccountRegistered(SERVER, "eve"), other, _password("old"), AccountDropped(SERVER, "Eve"))
        self.assertEqual(self.followed(), [other, AccountDropped(SERVER, "Eve")])

    def test_suspended(self) -> None:
        """A suspension that ended is not followed later."""
        restored = AccountRestored(SERVER, "eve")
        self.append(AccountRegistered(SERVER, "eve"), AccountSuspended(SERVER, "eve", "spam"), restored)
        self.assertEqual(self.followed(), [AccountRegistered(SERVER, "eve"), restored])

    def test_markers(self) -> None:
        """Of the read markers in a conversation only the last is followed later."""
        markers = [MarkerSet(SERVER, "eve", target, time) for target, time in (("#a", 1), ("bob", 2), ("#a", 3))]
        self.append(AccountRegistered(SERVER, "eve"), *markers)
        self.assertEqual(self.followed(), [AccountRegistered(SERVER, "eve"), *markers[1:]])
        last = MarkerSet(SERVER, "eve", "#b", 4, ("bob",))
        self.append(last)
        self.assertEqual(self.followed(), [AccountRegistered(SERVER, "eve"), markers[2], last])

    def test_inbox(self) -> None:
        """Private texts are followed later, also if they were shown."""
        events = [PrivateMessage(ANN, "s", EVE, "hello"), InboxRead(SERVER, "eve")]
        self.append(*events)
        self.assertEqual(self.followed(), events)

    def test_forgotten(self) -> None:
        """All that the users of an account wrote is erased, but for current topics, and nothing of others."""
        ann, kick = replace(ANN, account="ANN"), Kicked(ANN, "#room", BOB, "private reason")
        renamed = RoomRenamed(ANN, "#other", "#new", "private reason")
        others = [
            said("public word", source=BOB),
            said("guest word", source=GUEST),
            PrivateMessage(BOB, "s", ANN, "hi"),
        ]
        topic, modes = TopicSet(ANN, "#room", "private topic"), ModesSet(ANN, "#room", (ModeChange(True, "m"),))
        redacted = RoomMessageRedacted(ANN, "#room", 1, "id", "private reason")
        gone = [
            said("private word"),
            said("private word", source=ann),
            replace(said("private word"), rank="o"),
            PrivateMessage(ANN, "s", BOB, "private word"),
            PrivateMessage(ANN, "s", GUEST, "private word"),
            KeptRoomTagMessage(ANN, "#room", "s", (("draft/react", "x"),)),
            TopicSet(ANN, "#room", "private earlier topic"),
        ]
        self.append(*gone, *others, topic, modes, redacted, renamed, kick)
        forgotten = TextsForgotten(SERVER, "Ann")
        self.append(forgotten)
        self.assertEqual(self.search("word"), ["public word", "guest word"])
        self.assertEqual(self.search("private", account="bob"), [])
        self.append(said("later word"))
        while self.result(self.history.forgetting("ann")) < 1:
            pass
        self.assertEqual(self.result(self.history.forgetting("ann")), 1)
        left = [*others, topic, modes, replace(redacted, reason=""), replace(renamed, reason="")]
        kicks = [replace(kick, reason="")] if Kicked.durable else []
        self.assertEqual(self.followed(), [*left, *kicks, forgotten, said("later word")])
        self.assertEqual(self.search("word"), ["public word", "guest word", "later word"])
        self.assertEqual(self.texts(Span(pair("ann", "bob"), 9)), ["hi"])

    def test_refused(self) -> None:
        """A refused event takes nothing from the events before it."""
        seen: list[Event] = []

        def apply(entry: Entry) -> None:
            if entry.event in seen or entry.event == _password("new"):
                raise AccountExists("eve")
            seen.append(entry.event)

        self.reopen(apply)
        events = [AccountRegistered(SERVER, "eve"), _password("old")]
        receipts = [self.log.append(event) for event in (*events, *events, _password("new"))]
        self.settle()
        for receipt in receipts[:2]:
            self.successResultOf(receipt)
        for receipt in receipts[2:]:
            self.failureResultOf(receipt, AccountExists)
        self.assertEqual(self.followed(), events)
