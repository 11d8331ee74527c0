"""Tests of L{twistchat.journal.encoding}."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat import events
from twistchat.chat.events import Event, Said, Source, Told, TopicSet
from twistchat.journal.encoding import KINDS, Unreadable, decode, encode
from twistchat.testing.contract import said

SAMPLES = st.one_of(*(st.from_type(kind) for kind in KINDS))
"""Any event: hypothesis builds each from its annotations."""


class EncodingTests(SynchronousTestCase):
    """Events as rows."""

    def test_kinds(self) -> None:
        """Every event there is has a kind, and these never change: journals have them."""
        classes = {
            value
            for value in vars(events).values()
            if isinstance(value, type) and issubclass(value, Event) and value not in (Event, events.RoomEvent)
        }
        self.assertEqual(set(KINDS), classes)
        kinds = "away entered invited joined kicked modes parted quit renamed said told topic"
        self.assertEqual(sorted(KINDS.values()), kinds.split())

    @given(SAMPLES)
    @settings(max_examples=300)
    def test_roundTrip(self, event: Event) -> None:
        """An event is read as it was written."""
        kind, body = encode(event)
        self.assertEqual(decode(kind, json.dumps(body)), event)

    @given(SAMPLES)
    @settings(max_examples=100)
    def test_laterFields(self, event: Event) -> None:
        """What a later version added to an event, or to whom it names, is passed over."""
        kind, body = encode(event)
        body["later"] = {"x": 1}
        body["by"].append("later")
        self.assertEqual(decode(kind, json.dumps(body)), event)

    def test_fixed(self) -> None:
        """Bodies that were written once are read for ever."""
        cases = {
            ("said", '{"by":["u","Ann"],"room":"#r","session":"s","text":"hi"}'): Said(
                Source("u", "Ann"), "#r", "s", "hi"
            ),
            (
                "told",
                '{"by":["u","Ann"],"session":"s","to":["v","Bob","~b","h","bob",""],"text":"hi","kind":"notice"}',
            ): Told(Source("u", "Ann"), "s", Source("v", "Bob", "~b", "h", "bob"), "hi", "notice"),
            ("topic", '{"by":["u","Ann"],"room":"#r","topic":""}'): TopicSet(Source("u", "Ann"), "#r", ""),
        }
        for (kind, body), event in cases.items():
            self.assertEqual(decode(kind, body), event)

    def test_unreadable(self) -> None:
        """A kind that is not known, or a body that is not one, is refused and said to be."""
        error = self.assertRaises(Unreadable, decode, "painted", "{}")
        self.assertEqual(str(error), "there is no event of the kind 'painted' in this version")
        for body in ("", "{", "[]", "null", "3", "{}", '{"by":3}', '{"by":["u"],"room":"#r"}', '{"by":[]}'):
            for kind in KINDS.values():
                error = self.assertRaises(Unreadable, decode, kind, body)
                self.assertIn(f"of the kind {kind!r}", str(error))

    def test_reservedNames(self) -> None:
        """The schema's names of what a body holds are those of the encoding."""
        kind, body = encode(said("hello"))
        self.assertEqual((kind, body["text"]), ("said", "hello"))
