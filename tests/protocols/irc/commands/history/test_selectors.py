"""Tests of L{twistchat.protocols.irc.commands.history.selectors}."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.spans import At
from twistchat.protocols.irc.commands.history.selectors import MOST, BadRequest, MessageId, Request, parseRequest

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RequestTests(SynchronousTestCase):
    """L{parseRequest} reads the parameters of CHATHISTORY."""

    def refused(self, text: str) -> tuple[str, tuple[str, ...]]:
        """Assert that parameters are refused; return the code and the context."""
        with self.assertRaises(BadRequest) as caught:
            parseRequest(tuple(text.split()))
        return caught.exception.code, caught.exception.context

    def test_valid(self) -> None:
        """Each subcommand, in any case, with each type of selector."""
        noon = At(1_767_268_800_250)
        time = "timestamp=2026-01-01T12:00:00.250Z"
        for text, request in (
            ("LATEST #a * 5", Request("LATEST", "#a", (), 5)),
            (f"latest bob {time} 007", Request("LATEST", "bob", (noon,), 7)),
            ("Before #a msgid=x=y 1", Request("BEFORE", "#a", (MessageId("x=y"),), 1)),
            (f"AFTER #a {time} 999999999", Request("AFTER", "#a", (noon,), 999_999_999)),
            ("LATEST #a * 01000000000", Request("LATEST", "#a", (), MOST)),
            (f"LATEST #a * {'9' * 5000}", Request("LATEST", "#a", (), MOST)),
            ("AROUND @#a msgid=* 2", Request("AROUND", "@#a", (MessageId("*"),), 2)),
            (f"BETWEEN #a msgid=m {time} 3", Request("BETWEEN", "#a", (MessageId("m"), noon), 3)),
            (f"TARGETS {time} timestamp=1970-01-01T00:00:00.000Z 9", Request("TARGETS", "", (noon, At(0)), 9)),
        ):
            self.assertEqual(parseRequest(tuple(text.split())), request)

    def test_invalid(self) -> None:
        """The context names the parameter that is wrong."""
        for text, context in (
            ("", ()),
            ("NEWEST #a * 5", ()),
            ("LATEST", ()),
            ("LATEST #a 5", ()),
            ("BETWEEN #a msgid=m 5", ()),
            ("LATEST #a * 5 5", ()),
            ("TARGETS timestamp=2026-01-01T12:00:00.000Z 5", ()),
            ("BEFORE #a * 5", ("*",)),
            ("BETWEEN #a * msgid=m 5", ("*",)),
            ("LATEST #a msgid= 5", ("msgid=",)),
            ("LATEST #a msgid 5", ("msgid",)),
            ("LATEST #a =x 5", ("=x",)),
            ("LATEST #a * 0", ("0",)),
            ("LATEST #a * -5", ("-5",)),
            ("LATEST #a * +5", ("+5",)),
            ("LATEST #a * 5.0", ("5.0",)),
            ("LATEST #a * ٥", ("٥",)),
            ("TARGETS msgid=m timestamp=2026-01-01T12:00:00.000Z 5", ("msgid=m",)),
            ("TARGETS * timestamp=2026-01-01T12:00:00.000Z 5", ("*",)),
        ):
            self.assertEqual(self.refused(text), ("INVALID_PARAMS", context), text)

    def test_timestamps(self) -> None:
        """A timestamp has the one format of the specification, and exists."""
        for text in (
            "2026-01-01T12:00:00Z",
            "2026-01-01T12:00:00.00Z",
            "2026-01-01T12:00:00.000",
            "2026-01-01 12:00:00.000Z",
            "2026-02-30T12:00:00.000Z",
            "2026-01-01T24:00:01.000Z",
            "0000-01-01T00:00:00.000Z",
            "1767268800",
            "",
        ):
            selector = f"timestamp={text}".split(" ")[0]
            self.assertEqual(self.refused(f"AFTER #a {selector} 5"), ("INVALID_PARAMS", (selector,)), text)

    def test_emptyId(self) -> None:
        """An empty message id is said to be empty."""
        with self.assertRaises(BadRequest) as caught:
            parseRequest(("AFTER", "#a", "msgid=", "5"))
        self.assertEqual(caught.exception.why, "The message id is empty")

    def test_referenceTypes(self) -> None:
        """A type that is not defined has a code of its own, and the context names the target."""
        self.assertEqual(self.refused("AFTER #a id=5 5"), ("INVALID_MSGREFTYPE", ("#a", "id=5")))

    @given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
    def test_everyTime(self, time: int) -> None:
        """Every time of four-digit years is read exactly."""
        text = (EPOCH + timedelta(milliseconds=time)).strftime("%m-%dT%H:%M:%S")
        year = (EPOCH + timedelta(milliseconds=time)).year
        request = parseRequest(("AFTER", "#a", f"timestamp={year:04}-{text}.{time % 1000:03}Z", "1"))
        self.assertEqual(request.selectors, (At(time),))
