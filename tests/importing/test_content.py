"""Tests of L{twistchat.importing.content}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.wire.irc.samples import ALICE, EVENTS
from twistchat.chat.model.events import (
    SERVER,
    AccountMetadataSet,
    AccountRegistered,
    AccountSettingSet,
    AdministrativeAct,
    Event,
    Kicked,
    ModeChange,
    ModesSet,
    NickGrouped,
    PrivateMessage,
    RoomMessage,
    RoomRegistered,
    RoomRenamed,
    ServerBanSet,
    Source,
    TopicSet,
)
from twistchat.importing.content import faultOf


class ContentTests(SynchronousTestCase):
    """The content of events."""

    def test_right(self) -> None:
        """Every event of a server is accepted."""
        for event in (
            *EVENTS,
            RoomMessage(ALICE, "#Caf\xe9", "s\n1", "one\n\ttwo \x02bold", tags=(("+draft/x", "a\r\nb"),)),
            AccountSettingSet(SERVER, "alice", "imported slack T1", "U\n1"),
            AdministrativeAct(SERVER, "broadcast", "root\n", "", "one\r\ntwo", "console"),
        ):
            self.assertIsNone(faultOf(event), event)

    def test_wrong(self) -> None:
        """Line ends and NULs are refused where a text has one line, and so are names that are not valid."""
        wrong: tuple[tuple[Event, str], ...] = (
            (TopicSet(ALICE, "#a", "T\r\nNICK :x"), "the topic has a line end"),
            (RoomMessage(ALICE, "#x\r\nINJ8 y", "s1", "x"), "the room is not valid"),
            (RoomMessage(ALICE, "#" + "x" * 100, "s1", "x"), "the room is not valid"),
            (RoomMessage(ALICE, "#e\u0301", "s1", "x"), "the room is not in Unicode's NFC"),
            (RoomRegistered(ALICE, "#a", "ev il"), "the account is not valid"),
            (AccountRegistered(SERVER, "ev il\r\nINJ9"), "the account is not valid"),
            (RoomRenamed(ALICE, "#a", "b"), "the name is not valid"),
            (AccountRegistered(SERVER, ""), "the account is not valid"),
            (NickGrouped(SERVER, "alice", ":x"), "the nick is not valid"),
            (RoomMessage(ALICE, "#a", "s1", "a\rb"), "the text has a carriage return"),
            (PrivateMessage(ALICE, "s1", Source("2", "b\n", "b"), "x"), "the nick is not valid"),
            (PrivateMessage(Source("2", "b", "b c"), "s1", ALICE, "x"), "the username has a space"),
            (PrivateMessage(Source("2", "b", "b", "h" * 300), "s1", ALICE, "x"), "the host has a space in it, or is"),
            (PrivateMessage(Source("2", "b", realname="a\nb"), "s1", ALICE, "x"), "the realname has a line end"),
            (RoomMessage(ALICE, "#a", "s1", "x", tags=(("a", "\0"),)), "the tags have a NUL"),
            (Kicked(ALICE, "#a", Source("2", "b"), "a\0"), "the reason has a line end"),
            (ModesSet(ALICE, "#a", (ModeChange(True, "b", "a\n!*@*"),)), "the parameter has a line end"),
            (ServerBanSet(SERVER, "a\r", "spam"), "the mask has a line end"),
            (AccountMetadataSet(SERVER, "alice", "", "color", "a\n"), "the value has a line end"),
        )
        for event, why in wrong:
            self.assertIn(why, str(faultOf(event)), event)
