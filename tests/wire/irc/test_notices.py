"""Tests of L{twistchat.wire.irc.notices}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.wire.irc.samples import ALICE, BOB, TIME
from twistchat.chat.model.events import Killed, OperatorSet, ServerBanLifted, ServerBanSet
from twistchat.wire.irc.notices import noted


class NotedTests(SynchronousTestCase):
    """Events as sentences."""

    def test_words(self) -> None:
        """Each sentence says who, whom, how long and why, if the event has it."""
        for event, text in (
            (OperatorSet(ALICE, "Boss"), "Alice (~al@a.cloak) is an operator of the server: Boss"),
            (OperatorSet(ALICE, None), "Alice (~al@a.cloak) is no operator of the server any more"),
            (Killed(ALICE, BOB, "spam"), "Alice killed bob (bo@b.cloak): spam"),
            (Killed(ALICE, BOB, ""), "Alice killed bob (bo@b.cloak)"),
            (ServerBanSet(ALICE, "*!*@x", "spam", TIME), "Alice banned *!*@x until 2026-01-02 09:05 UTC: spam"),
            (ServerBanSet(ALICE, "192.0.2.0/24", ""), "Alice banned 192.0.2.0/24 for ever"),
            (ServerBanLifted(ALICE, "*!*@x"), "Alice lifted the ban on *!*@x"),
        ):
            self.assertEqual(noted(event), text)
