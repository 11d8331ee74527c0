"""Tests of L{twistchat.journal.codec}."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import (
    SERVER,
    AdministrativeAct,
    AwaySet,
    Event,
    InboxRead,
    Joined,
    NodeJoined,
    PrivateMessage,
    RoomMessage,
    RoomMessageRedacted,
    RoomRenamed,
    ServerBanSet,
    Source,
    TopicSet,
)
from twistchat.chat.model.modes.room import RANK_BY_LETTER
from twistchat.journal.codec import KINDS, Unreadable, decode, encode
from twistchat.testing.contract import ANN, said
from twistchat.testing.samples import eventClasses, everyEvent

# The default of a mapping is no value.
st.register_type_strategy(NodeJoined, st.builds(NodeJoined, agreed=st.dictionaries(st.text(), st.text())))

SAMPLES = st.one_of(*(st.from_type(kind) for kind in KINDS)).filter(
    lambda event: getattr(event, "rank", "") in ("", *RANK_BY_LETTER)
)
"""Any event.  Hypothesis builds it from the annotations; only ranks need a strategy."""


def asKept(event: Event) -> Event:
    """An event without the fields that are not stored."""
    if isinstance(event, Joined):
        event = replace(event, ranks="", first=False)
    return event


def fields(event: Event) -> tuple[str, dict[str, Any]]:
    """The kind and the body of an event's row."""
    kind, body = encode(event)
    return kind, json.loads(body)


class EncodingTests(SynchronousTestCase):
    """Encoding and decoding."""

    def test_kinds(self) -> None:
        """Every class of events has a kind, and kinds never change, because journals contain them."""
        self.assertEqual(set(KINDS), set(eventClasses()))
        kinds = """
            access account accountmetadata accountsetting act announced away banned credential credentialremoved
            dropped entered expired grouped host inboxread invited joined keptroommetadata kicked killed login
            marker metadata modes nodejoined nodelost operator parted presenceended presencekept presenceresumed
            quit reacted
            realname registered renamed restored roomdropped roommetadata roomreacted roomregistered
            roomremoved roomrenamed roomsetting roomsignalled roomtransferred said sessionended sessionmoved
            sessionstarted signalled suspended textsforgotten told topic unbanned ungrouped unsaid untold
            usermodes verified
        """
        self.assertEqual(sorted(KINDS.values()), kinds.split())

    def test_samples(self) -> None:
        """The examples of events for tests are valid."""
        for event in everyEvent("x"):
            self.assertEqual(asKept(event), decode(*encode(event)))

    @given(SAMPLES)
    @settings(max_examples=300)
    def test_roundTrip(self, event: Event) -> None:
        """Decoding gives the encoded event, without the fields that are not stored."""
        kind, body = encode(event)
        self.assertEqual(decode(kind, body), asKept(event))

    @given(SAMPLES)
    @settings(max_examples=100)
    def test_laterFields(self, event: Event) -> None:
        """Fields that a later version added to an event or a source are ignored."""
        kind, body = fields(event)
        body["later"] = {"x": 1}
        body["by"] = [*body["by"], "later"]
        self.assertEqual(decode(kind, json.dumps(body)), asKept(event))

    def test_fixed(self) -> None:
        """Bodies of all earlier versions can be decoded."""
        cases = {
            ("said", '{"by":["u","Ann"],"room":"#r","session":"s","text":"hi"}'): RoomMessage(
                Source("u", "Ann"), "#r", "s", "hi"
            ),
            (
                "told",
                '{"by":["u","Ann"],"session":"s","to":["v","Bob","~b","h","bob",""],"text":"hi","kind":"notice"}',
            ): PrivateMessage(Source("u", "Ann"), "s", Source("v", "Bob", "~b", "h", "bob"), "hi", "notice"),
            ("topic", '{"by":["u","Ann"],"room":"#r","topic":""}'): TopicSet(Source("u", "Ann"), "#r", ""),
            ("away", '{"by":["u","Ann"],"message":"tea"}'): AwaySet(Source("u", "Ann"), "tea"),
            ("joined", '{"by":["u","Ann"],"room":"#r"}'): Joined(Source("u", "Ann"), "#r"),
            (
                "said",
                '{"by":["u","A","~a","h",null,"",true],"room":"#r","session":"s","text":"a\\nb","rank":"o","tags":[["x",""]]}',
            ): RoomMessage(Source("u", "A", "~a", "h", bot=True), "#r", "s", "a\nb", rank="o", tags=(("x", ""),)),
            (
                "said",
                '{"by":["u","Ann"],"room":"#r","session":"s","text":"onetwo","kind":"message","cuts":[3]}',
            ): RoomMessage(Source("u", "Ann"), "#r", "s", "onetwo", cuts=(3,)),
            (
                "unsaid",
                '{"by":["u","Ann"],"room":"#r","taken":{"sequence":7,"msgid":"j-7"},"reason":"typo"}',
            ): RoomMessageRedacted(Source("u", "Ann"), "#r", 7, "j-7", "typo"),
            ("roomrenamed", '{"by":["u","Ann"],"room":"#R","origin":"#r","name":"#S","reason":""}'): RoomRenamed(
                Source("u", "Ann"), "#R", "#S"
            ),
            ("inboxread", '{"by":["u","Ann"],"account":"ann","last":7}'): InboxRead(Source("u", "Ann"), "ann", 7),
            (
                "act",
                '{"by":["",""],"act":"kill","who":"root","target":"bob","detail":"spam","door":"console"}',
            ): AdministrativeAct(SERVER, "kill", "root", "bob", "spam", "console"),
            ("banned", '{"by":["u","Ann"],"mask":"*!*@h","reason":"spam"}'): ServerBanSet(
                Source("u", "Ann"), "*!*@h", "spam"
            ),
        }
        for (kind, body), event in cases.items():
            self.assertEqual(decode(kind, body), event)

    def test_unreadable(self) -> None:
        """An unknown kind, or a wrong body, is refused with the reason."""
        error = self.assertRaises(Unreadable, decode, "painted", "{}")
        self.assertEqual(str(error), "there is no event of the kind 'painted' in this version")
        for body in ("", "{", "[]", "null", "3", "{}", '{"by":3}', '{"by":["u"],"room":"#r"}', '{"by":[]}'):
            for kind in KINDS.values():
                error = self.assertRaises(Unreadable, decode, kind, body)
                self.assertIn(f"of the kind {kind!r}", str(error))
        for kind in KINDS.values():
            self.assertRaises(Unreadable, decode, kind, '{"other":' + "[" * 50_000)
        for cuts in ("3", '["x"]', "[null]"):
            body = f'{{"by":["u","Ann"],"room":"#r","session":"s","text":"hi","cuts":{cuts}}}'
            self.assertRaises(Unreadable, decode, "said", body)

    def test_reservedNames(self) -> None:
        """The names of fields that the schema and the export use are those of the encoding."""
        kind, body = fields(said("hello"))
        self.assertEqual((kind, body["text"]), ("said", "hello"))
        kind, body = fields(RoomMessageRedacted(ANN, "#r", 7, "j-7"))
        self.assertEqual((kind, body["taken"]["sequence"]), ("unsaid", 7))
        kind, body = fields(RoomRenamed(ANN, "#Old", "#New"))
        self.assertEqual((kind, body["room"], body["name"]), ("roomrenamed", "#Old", "#New"))
        kind, body = fields(ServerBanSet(ANN, "*!*@h", "", 5))
        self.assertEqual((kind, body["mask"], body["until"]), ("banned", "*!*@h", 5))

    def test_onlyWhereSo(self) -> None:
        """A field that has its default is not written."""
        self.assertEqual(list(fields(said("hello"))[1]), ["by", "room", "session", "text"])
        self.assertEqual(list(fields(Joined(ANN, "#r", ranks="o", first=True))[1]), ["by", "room"])
