"""Tests of L{twistchat.importing.content}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.wire.irc.samples import ALICE, EVENTS
from twistchat.chat.model.events import (
    SERVER,
    AccessSet,
    AccountMetadataSet,
    AccountRegistered,
    AccountSettingSet,
    AdministrativeAct,
    Event,
    InboxRead,
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
            (TopicSet(ALICE, "#a", "\ud800"), "the topic has half of a surrogate pair"),
            (
                AccountSettingSet(SERVER, "alice", "imported slack T1", "\ud800"),
                "the value has half of a surrogate pair",
            ),
            (ServerBanSet(SERVER, "*!*@x", "spam", 2**63), "the until is not a number from 0 to 253402300799999"),
            (InboxRead(SERVER, "alice", -1), "is not a number from 0"),
            (RoomMessage(ALICE, "#a", "s1", "x", rank="x"), "the rank is not the letter of a rank"),
            (RoomMessage(ALICE, "#a", "s1", "x", rank="ov"), "the rank is not the letter of a rank"),
            (AccessSet(SERVER, "#a", "alice", "x"), "the ranks are not letters of ranks"),
            (AccessSet(SERVER, "#a", "alice", "vo"), "the ranks are not letters of ranks, highest first"),
        )
        for event, why in wrong:
            self.assertIn(why, str(faultOf(event)), event)

    def test_modes(self) -> None:
        """A mode exists, and has what it needs: ranks a person, and others a parameter that is valid for them."""
        for change, why in (
            (ModeChange(True, "k", "*"), None),
            (ModeChange(True, "l", "20"), None),
            (ModeChange(False, "l"), None),
            (ModeChange(True, "b", "~m:~a:bob"), None),
            (ModeChange(False, "b", "*?*?*?*?*?*?*?*?*?*?*"), None),
            (ModeChange(False, "o", "bob", ALICE), None),
            (ModeChange(True, "x"), "there is no mode with this letter"),
            (ModeChange(True, "bx"), "there is no mode with this letter"),
            (ModeChange(True, "o", "bob"), "a rank is given to nobody"),
            (ModeChange(True, "n", None, ALICE), "another mode to somebody"),
            (ModeChange(True, "b"), "the parameter of a mode is missing"),
            (ModeChange(False, "e"), "the parameter of a mode is missing"),
            (ModeChange(True, "k"), "the parameter of a mode is missing"),
            (ModeChange(True, "f"), "the parameter of a mode is missing"),
            (ModeChange(True, "l", "-1"), "the parameter of the mode l is not a number"),
            (ModeChange(True, "l", "9" * 10), "the parameter of the mode l is not a number"),
            (ModeChange(True, "b", "~c:"), "a mask is not ~c:#ROOM"),
            (ModeChange(True, "I", "~x:a"), "a mask is not nick!user@host"),
        ):
            found = faultOf(ModesSet(ALICE, "#a", (ModeChange(True, "n"), change)))
            self.assertIn(why or "None", str(found), change)
