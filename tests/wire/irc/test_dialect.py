"""Tests of L{twistchat.wire.irc.dialect}: how each client sees each event."""

from __future__ import annotations

import gc
from itertools import combinations
from weakref import ref

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.wire.irc.samples import ALICE, BOB, EVENTS, KINDS, REPLY, ROBOT, entry
from twistchat.chat.model.events import SERVER as BY_SERVER
from twistchat.chat.model.events import SERVER as THE_SERVER
from twistchat.chat.model.events import (
    AccountMetadataSet,
    AccountSet,
    AdministrativeAct,
    Announced,
    AwaySet,
    Entered,
    Entry,
    Event,
    HostSet,
    Invited,
    Joined,
    KeptPrivateTagMessage,
    KeptRoomMetadataSet,
    KeptRoomTagMessage,
    Kicked,
    Killed,
    ModeChange,
    ModesSet,
    NodeJoined,
    NodeLost,
    OperatorSet,
    Parted,
    PrivateMessage,
    PrivateMessageRedacted,
    PrivateTagMessage,
    Quit,
    RealnameSet,
    Renamed,
    RoomMessage,
    RoomMessageRedacted,
    RoomMetadataSet,
    RoomRemoved,
    RoomRenamed,
    RoomTagMessage,
    ServerBanLifted,
    ServerBanSet,
    SessionEnded,
    SessionMoved,
    SessionStarted,
    TopicSet,
    UserMetadataSet,
    UserModesSet,
    accounts,
    presence,
)
from twistchat.interfaces import IDialect
from twistchat.wire.irc.capabilities import CAPABILITIES, METADATA
from twistchat.wire.irc.dialect import IrcDialects
from twistchat.wire.irc.views import View

SERVER = "irc.example.org"
ROOM, SELF, WATCHED, NOTICES = View.ROOM, View.SELF, View.WATCHED, View.NOTICES
T = "time=2026-01-02T09:05:59.007Z"
TAGGED = ("server-time", "message-tags", "account-tag")
ALL = tuple(CAPABILITIES)


def render(event: Event, *capabilities: str, view: View = ROOM) -> str:
    """Render an entry with this event for a client with these capabilities."""
    return IrcDialects(SERVER).of(capabilities, view).render(entry(event)).decode()


class RenderTests(SynchronousTestCase):
    """The exact lines of events."""

    def assertLines(self, event: Event, *lines: str, caps: tuple[str, ...] = (), view: View = ROOM) -> None:
        """Assert that an event is rendered as these lines."""
        self.assertEqual(render(event, *caps, view=view), "".join([f"{line}\r\n" for line in lines]))

    def test_tags(self) -> None:
        """Each capability adds its tags, in a fixed order, and nothing else does."""
        said = RoomMessage(ALICE, "#a", "s1", "hi", tags=REPLY)
        line = ":Alice!~al@a.cloak PRIVMSG #a :hi"
        self.assertLines(said, line)
        self.assertLines(said, line, caps=("batch", "echo-message", "labeled-response", "draft/multiline"))
        self.assertLines(said, f"@{T} {line}", caps=("server-time",))
        self.assertLines(said, f"@account=alice {line}", caps=("account-tag",))
        self.assertLines(said, f"@msgid=x-7;+draft/reply=x-1;+typing {line}", caps=("message-tags",))
        self.assertLines(said, f"@{T};msgid=x-7;account=alice;+draft/reply=x-1;+typing {line}", caps=TAGGED)

    def test_noAccount(self) -> None:
        """Without an account there is no account tag (account-tag, MUST NOT)."""
        self.assertLines(RoomMessage(BOB, "#a", "s2", "hi"), ":bob!bo@b.cloak PRIVMSG #a :hi", caps=("account-tag",))

    def test_bot(self) -> None:
        """A bot has a tag without a value, for clients with message-tags only (bot-mode)."""
        said = RoomMessage(ROBOT, "#a", "s3", "hi")
        self.assertLines(said, ":robot!ro@r.cloak PRIVMSG #a :hi", caps=("account-tag",))
        self.assertLines(said, f"@{T};msgid=x-7;bot :robot!ro@r.cloak PRIVMSG #a :hi", caps=TAGGED)

    def test_time(self) -> None:
        """Times have milliseconds and are in UTC, independent of the time rendered before."""
        dialect = IrcDialects(SERVER).of(["server-time"], ROOM)
        for time, shown in (
            (0, "1970-01-01T00:00:00.000Z"),
            (59_999, "1970-01-01T00:00:59.999Z"),
            (1319042451620, "2011-10-19T16:40:51.620Z"),
            (1319042451621, "2011-10-19T16:40:51.621Z"),
            (0, "1970-01-01T00:00:00.000Z"),
        ):
            data = dialect.render(Entry(1, "x-1", time, RoomMessage(BOB, "#a", "s", "hi")))
            self.assertEqual(data, f"@time={shown} :bob!bo@b.cloak PRIVMSG #a :hi\r\n".encode())

    def test_kinds(self) -> None:
        """A text is a message, an action or a notice, and may be for the holders of a rank."""
        for kind, rank, line in (
            ("message", "", "PRIVMSG #a :hi"),
            ("notice", "", "NOTICE #a :hi"),
            ("action", "", "PRIVMSG #a :\x01ACTION hi\x01"),
            ("message", "v", "PRIVMSG +#a :hi"),
            ("notice", "q", "NOTICE ~#a :hi"),
        ):
            self.assertLines(
                RoomMessage(ALICE, "#a", "s1", "hi", kind, rank),  # type: ignore[arg-type]  # a tuple's strings are no literals
                f":Alice!~al@a.cloak {line}",
            )
        self.assertLines(PrivateMessage(ALICE, "s1", BOB, "hi"), ":Alice!~al@a.cloak PRIVMSG bob :hi", view=SELF)
        self.assertLines(
            PrivateMessage(ALICE, "s1", BOB, ":-) x", "notice"), ":Alice!~al@a.cloak NOTICE bob ::-) x", view=SELF
        )

    def test_tagmsg(self) -> None:
        """Only clients with message-tags get tags without a text (message-tags, MUST NOT)."""
        signals = (
            (RoomTagMessage(ALICE, "#a", "s1", (("typing", "active"),)), "#a"),
            (RoomTagMessage(ALICE, "#a", "s1", (("typing", "active"),), "o"), "@#a"),
            (PrivateTagMessage(ALICE, "s1", BOB, (("typing", "active"),)), "bob"),
            (KeptRoomTagMessage(ALICE, "#a", "s1", (("typing", "active"),)), "#a"),
            (KeptPrivateTagMessage(ALICE, "s1", BOB, (("typing", "active"),)), "bob"),
        )
        for event, target in signals:
            self.assertLines(event, caps=("server-time", "account-tag"))
            line = f":Alice!~al@a.cloak TAGMSG {target}"
            self.assertLines(event, f"@msgid=x-7;+typing=active {line}", caps=("message-tags",))

    def test_redact(self) -> None:
        """Only clients with the capability get redactions (message-redaction)."""
        caps = ("draft/message-redaction", "message-tags")
        unsaid, untold = (
            RoomMessageRedacted(ALICE, "#a", 3, "x-3", "my bad"),
            PrivateMessageRedacted(ALICE, BOB, 3, "x-3"),
        )
        for event in (unsaid, untold):
            self.assertLines(event, caps=("message-tags",))
            self.assertLines(event, caps=("draft/message-redaction",))
        self.assertLines(unsaid, "@msgid=x-7 :Alice!~al@a.cloak REDACT #a x-3 :my bad", caps=caps)
        self.assertLines(untold, "@msgid=x-7 :Alice!~al@a.cloak REDACT bob x-3", caps=caps, view=SELF)

    def test_joined(self) -> None:
        """A join shows the account, the realname, the absence and the ranks."""
        plain, extended = ":Alice!~al@a.cloak JOIN #a", ":Alice!~al@a.cloak JOIN #a alice :Alice A."
        mode, away = f":{SERVER} MODE #a +qo Alice Alice", ":Alice!~al@a.cloak AWAY :lunch"
        joined = Joined(ALICE, "#a", "lunch", "qo")
        self.assertLines(joined, plain, mode)
        self.assertLines(joined, extended, mode, caps=("extended-join",))
        self.assertLines(joined, plain, away, mode, caps=("away-notify",))
        self.assertLines(
            joined,
            f"@{T};msgid=x-7;account=alice {extended}",
            f"@{T};account=alice {away}",
            f"@{T} {mode}",
            caps=(*TAGGED, "extended-join", "away-notify"),
        )
        self.assertLines(Joined(BOB, "#a"), ":bob!bo@b.cloak JOIN #a", caps=("away-notify",))
        self.assertLines(Joined(BOB, "#a"), ":bob!bo@b.cloak JOIN #a * :Bob B.", caps=("extended-join",))
        self.assertLines(Joined(BOB, "#a", None, "o", True), ":bob!bo@b.cloak JOIN #a")

    def test_left(self) -> None:
        """Parts, kicks, quits and kills, with a reason and without."""
        self.assertLines(Parted(ALICE, "#a", ""), ":Alice!~al@a.cloak PART #a")
        self.assertLines(Parted(ALICE, "#a", "bye"), ":Alice!~al@a.cloak PART #a :bye")
        self.assertLines(Kicked(ALICE, "#a", BOB, "no"), ":Alice!~al@a.cloak KICK #a bob :no")
        self.assertLines(Kicked(ALICE, "#a", BOB, ""), ":Alice!~al@a.cloak KICK #a bob :Alice")
        self.assertLines(Kicked(THE_SERVER, "#a", BOB, "no"), f":{SERVER} KICK #a bob :no")
        self.assertLines(Kicked(THE_SERVER, "#a", BOB, ""), f":{SERVER} KICK #a bob :{SERVER}")
        for view in (ROOM, SELF):
            self.assertLines(Quit(ALICE, ""), ":Alice!~al@a.cloak QUIT :", view=view)
            self.assertLines(Quit(ALICE, "lost it"), ":Alice!~al@a.cloak QUIT :lost it", view=view)
            self.assertLines(Killed(ALICE, ROBOT, ""), ":robot!ro@r.cloak QUIT :Killed (Alice)", view=view)
            killed = Killed(ALICE, ROBOT, "spam")
            self.assertLines(killed, ":robot!ro@r.cloak QUIT :Killed (Alice (spam))", view=view)
            self.assertLines(
                Killed(THE_SERVER, ROBOT, "spam"), ":robot!ro@r.cloak QUIT :Killed (the server (spam))", view=view
            )
            self.assertLines(
                killed, f"@{T};msgid=x-7;bot :robot!ro@r.cloak QUIT :Killed (Alice (spam))", view=view, caps=TAGGED
            )

    def test_topic(self) -> None:
        """A cleared topic is empty."""
        self.assertLines(TopicSet(ALICE, "#a", "x"), ":Alice!~al@a.cloak TOPIC #a :x")
        self.assertLines(TopicSet(ALICE, "#a", ""), ":Alice!~al@a.cloak TOPIC #a :")

    def test_modes(self) -> None:
        """A sign stands where it changes, parameters are in order, and a line has at most 15 of them."""
        changes = (
            ModeChange(False, "n"),
            ModeChange(False, "t"),
            ModeChange(True, "k", "key"),
            ModeChange(True, "o", "bob", BOB),
            ModeChange(True, "m"),
            ModeChange(False, "v", "bob", BOB),
        )
        self.assertLines(ModesSet(ALICE, "#a", changes), ":Alice!~al@a.cloak MODE #a -nt+kom-v key bob bob")
        self.assertLines(ModesSet(ALICE, "#a", ()))
        bans = tuple(ModeChange(True, "b", f"{number}!*@*") for number in range(20))
        first, rest = [f"{number}!*@*" for number in range(13)], [f"{number}!*@*" for number in range(13, 20)]
        self.assertLines(
            ModesSet(ALICE, "#a", bans),
            f"@msgid=x-7;account=alice :Alice!~al@a.cloak MODE #a +{'b' * 13} {' '.join(first)}",
            f"@account=alice :Alice!~al@a.cloak MODE #a +{'b' * 7} {' '.join(rest)}",
            caps=("message-tags", "account-tag"),
        )

    def test_modesOfTheServer(self) -> None:
        """Changes by the server come from its name, in as many lines as needed, without message ids."""
        changes = (ModeChange(True, "o", "bob", BOB), ModeChange(False, "k", "key"))
        self.assertLines(ModesSet(BY_SERVER, "#a", changes), f":{SERVER} MODE #a +o-k bob key")
        bans = tuple(ModeChange(False, "b", f"{number}!*@*") for number in range(15))
        first, rest = [f"{number}!*@*" for number in range(13)], [f"{number}!*@*" for number in range(13, 15)]
        self.assertLines(
            ModesSet(BY_SERVER, "#a", bans),
            f":{SERVER} MODE #a -{'b' * 13} {' '.join(first)}",
            f":{SERVER} MODE #a -{'b' * 2} {' '.join(rest)}",
            caps=("message-tags", "account-tag"),
        )

    def test_modesBytes(self) -> None:
        """Long parameters take several lines of at most 512 bytes, each with its own sign."""
        masks = [f"{number}{'é' * 60}!*@*" for number in range(8)]
        data = render(ModesSet(ALICE, "#a", (*[ModeChange(True, "b", mask) for mask in masks], ModeChange(False, "m"))))
        lines = data.split("\r\n")[:-1]
        self.assertEqual(len(lines), 3)
        self.assertLessEqual(max(len(line.encode()) for line in lines), 510)
        self.assertEqual([line.split(" ")[3] for line in lines], ["+bbb", "+bbb", "+bb-m"])
        self.assertEqual([word for line in lines for word in line.split(" ")[4:]], masks)

    def test_roomRenamed(self) -> None:
        """A rename always has a reason, which may be empty (channel-rename, MUST)."""
        self.assertLines(RoomRenamed(ALICE, "#a", "#b", "typo"))
        for reason in ("typo", ""):
            self.assertLines(
                RoomRenamed(ALICE, "#a", "#b", reason),
                f":Alice!~al@a.cloak RENAME #a #b :{reason}",
                caps=("draft/channel-rename",),
            )

    def test_invited(self) -> None:
        """The invited user gets an invitation, and so do members with invite-notify."""
        invited = Invited(ALICE, "#a", BOB)
        line = ":Alice!~al@a.cloak INVITE bob #a"
        self.assertLines(invited, line, view=SELF)
        self.assertLines(invited)
        self.assertLines(invited, line, caps=("invite-notify",))

    def test_people(self) -> None:
        """Changes of a user, with their capabilities, reach rooms and users who share one."""
        for event, capability, line in (
            (Renamed(ALICE, "alicia"), "", "NICK alicia"),
            (AwaySet(ALICE, "out to lunch"), "away-notify", "AWAY :out to lunch"),
            (AwaySet(ALICE, None), "away-notify", "AWAY"),
            (AwaySet(ALICE, "*"), "away-notify", "AWAY :*"),
            (RealnameSet(ALICE, "Batman"), "setname", "SETNAME :Batman"),
            (HostSet(ALICE, "~b", "ckyard"), "chghost", "CHGHOST ~b ckyard"),
            (AccountSet(ALICE, "bob"), "account-notify", "ACCOUNT bob"),
            (AccountSet(ALICE, None), "account-notify", "ACCOUNT *"),
        ):
            for view in (ROOM, SELF):
                if capability:
                    self.assertLines(event, view=view, caps=tuple({*ALL} - {capability}))
                line = line.removeprefix(":Alice!~al@a.cloak ")
                self.assertLines(event, f":Alice!~al@a.cloak {line}", caps=(capability,), view=view)
        self.assertLines(
            AccountSet(ALICE, "bob"),
            "@account=alice :Alice!~al@a.cloak ACCOUNT bob",
            caps=("account-notify", "account-tag"),
            view=SELF,
        )

    def test_ownModes(self) -> None:
        """Only the user sees their own modes."""
        for event, change in (
            (UserModesSet(ALICE, "iw", "B"), "+iw-B"),
            (UserModesSet(ALICE, "i", ""), "+i"),
            (UserModesSet(ALICE, "", "i"), "-i"),
            (OperatorSet(ALICE, "oper"), "+o"),
            (OperatorSet(ALICE, None), "-o"),
        ):
            self.assertLines(event, f":Alice!~al@a.cloak MODE Alice :{change}", view=SELF)
            self.assertLines(event, caps=ALL)
            self.assertLines(event, caps=ALL, view=WATCHED)
        self.assertLines(UserModesSet(ALICE, "", ""), view=SELF)

    def test_announced(self) -> None:
        """An announcement is a WALLOPS."""
        self.assertLines(Announced(ALICE, "going down"), ":Alice!~al@a.cloak WALLOPS :going down", view=SELF)

    def test_announcedToEveryone(self) -> None:
        """A text to everyone is a notice of the server, in as many lines as it needs."""
        event = Announced(THE_SERVER, "going down", everyone=True)
        self.assertLines(event, f":{SERVER} NOTICE * :going down", view=SELF)
        self.assertLines(event, f"@{T} :{SERVER} NOTICE * :going down", view=SELF, caps=TAGGED)
        words = 400 * "é" + " " + 100 * "ü"
        lines = render(Announced(THE_SERVER, words, everyone=True), view=SELF).split("\r\n")
        self.assertEqual(words, "".join(line.partition(" :")[2] for line in lines))
        self.assertTrue(all(len(line.encode()) <= 510 for line in lines))

    def test_silent(self) -> None:
        """IRC does not show entering users and server bans to rooms."""
        for event in (Entered(ALICE, "s1"), ServerBanSet(ALICE, "x", "y"), ServerBanLifted(ALICE, "x")):
            for view in (ROOM, SELF):
                self.assertLines(event, caps=ALL, view=view)


class WatchedTests(SynchronousTestCase):
    """Changes of watched users (monitor, extended-monitor)."""

    def test_monitor(self) -> None:
        """Every client sees watched users come and go, to C{*}, without any capability."""
        online, offline = f":{SERVER} 730 * :", f":{SERVER} 731 * :"
        for event, lines in (
            (Entered(ALICE, "s1"), [f"{online}Alice!~al@a.cloak"]),
            (Quit(ALICE, "x"), [f"{offline}Alice"]),
            (Killed(ALICE, BOB, "x"), [f"{offline}bob"]),
        ):
            self.assertEqual(render(event, view=WATCHED), "".join(f"{line}\r\n" for line in lines))
            tagged = "".join(f"@{T} {line}\r\n" for line in lines)
            self.assertEqual(render(event, *({*ALL} - METADATA), view=WATCHED), tagged)

    def test_metadata(self) -> None:
        """A client with metadata is told to request the metadata of a user who comes."""
        for name in METADATA:
            line = f":{SERVER} 774 * Alice 0 :Request the metadata with METADATA SYNC\r\n"
            self.assertEqual(
                render(Entered(ALICE, "s1"), "batch", name, view=WATCHED),
                f":{SERVER} 730 * :Alice!~al@a.cloak\r\n{line}",
            )

    def test_extended(self) -> None:
        """Other changes need extended-monitor and the capability of the message."""
        for event, capability, line in (
            (AwaySet(ALICE, "lunch"), "away-notify", "AWAY :lunch"),
            (RealnameSet(ALICE, "Batman"), "setname", "SETNAME :Batman"),
            (HostSet(ALICE, "~b", "ckyard"), "chghost", "CHGHOST ~b ckyard"),
            (AccountSet(ALICE, "bob"), "account-notify", "ACCOUNT bob"),
        ):
            self.assertEqual(render(event, *({*ALL} - {"extended-monitor"}), view=WATCHED), "")
            self.assertEqual(render(event, *({*ALL} - {capability}), view=WATCHED), "")
            caps = ("extended-monitor", capability)
            self.assertEqual(render(event, *caps, view=WATCHED), f":Alice!~al@a.cloak {line}\r\n")
            tagged = f"@{T};msgid=x-7;account=alice :Alice!~al@a.cloak {line}\r\n"
            self.assertEqual(render(event, *ALL, view=WATCHED), tagged)

    def test_nothingElse(self) -> None:
        """Watchers do not see messages and rooms."""
        heard = {Entered, Quit, Killed, AwaySet, RealnameSet, HostSet, AccountSet}
        for event in EVENTS:
            self.assertEqual(bool(render(event, *ALL, view=WATCHED)), type(event) in heard, event)


class MetadataTests(SynchronousTestCase):
    """Notifications of metadata (IRCv3 metadata, "Notifications")."""

    def test_numerics(self) -> None:
        """With draft/metadata-3, a value is 761 and a key without a value 766, to C{*}."""
        for caps in (("draft/metadata-3",), ("draft/metadata-3", "draft/metadata-2")):
            for event, line in (
                (UserMetadataSet(ALICE, "s1", "color", "#102030"), "761 * Alice color * :#102030"),
                (UserMetadataSet(ALICE, "s1", "color", None), "766 * Alice color :Key not set"),
                (RoomMetadataSet(ALICE, "#a", "s1", "url", "a b"), "761 * #a url * :a b"),
                (KeptRoomMetadataSet(ALICE, "#a", "s1", "url", None), "766 * #a url :Key not set"),
            ):
                self.assertEqual(render(event, "batch", *caps, view=SELF), f":{SERVER} {line}\r\n")

    def test_messages(self) -> None:
        """With draft/metadata-2, both are a message METADATA."""
        for event, line in (
            (UserMetadataSet(ALICE, "s1", "color", "#102030"), "METADATA Alice color * :#102030"),
            (RoomMetadataSet(ALICE, "#a", "s1", "color", None), "METADATA #a color *"),
        ):
            self.assertEqual(render(event, "batch", "draft/metadata-2", view=SELF), f":{SERVER} {line}\r\n")

    def test_none(self) -> None:
        """Other clients get nothing, and nobody gets it in the view of a room, which would divide the audience."""
        event = RoomMetadataSet(ALICE, "#a", "s1", "color", "#102030")
        self.assertEqual(render(event, *({*ALL} - METADATA), view=SELF), "")
        self.assertEqual(render(event, "draft/metadata-3", view=SELF), "")
        self.assertEqual(render(event, *ALL, view=ROOM), "")


class NoticeTests(SynchronousTestCase):
    """Notices for operators (user mode s)."""

    def test_notices(self) -> None:
        """Notices come from the server to C{*}.  They are equal for all clients, except for the time tag."""
        line = f":{SERVER} NOTICE * :*** Alice killed bob (bo@b.cloak): spam\r\n"
        self.assertEqual(render(Killed(ALICE, BOB, "spam"), view=NOTICES), line)
        self.assertEqual(render(Killed(ALICE, BOB, "spam"), *ALL, view=NOTICES), f"@{T} {line}")
        line = f":{SERVER} NOTICE * :*** The server lifted the ban on *!*@x\r\n"
        self.assertEqual(render(ServerBanLifted(THE_SERVER, "*!*@x"), view=NOTICES), line)

    def test_nothingElse(self) -> None:
        """Operators get no other notices."""
        heard = {OperatorSet, Killed, ServerBanSet, ServerBanLifted}
        for event in EVENTS:
            self.assertEqual(bool(render(event, view=NOTICES)), type(event) in heard, event)

    def test_otherPlaces(self) -> None:
        """Bans are not shown anywhere else."""
        for event in (ServerBanSet(ALICE, "*!*@x", "spam"), ServerBanLifted(ALICE, "*!*@x")):
            for view in set(View) - {NOTICES}:
                self.assertEqual(render(event, *ALL, view=view), "")


class DialectsTests(SynchronousTestCase):
    """One dialect object for all clients with equal output."""

    def test_interface(self) -> None:
        """A dialect provides its interface."""
        verifyObject(IDialect, IrcDialects(SERVER).of((), ROOM))

    def test_everyEvent(self) -> None:
        """
        The samples have events of every class.  A client with all capabilities sees each of them, except sessions and
        nodes.
        """
        self.assertEqual({type(event) for event in EVENTS}, KINDS)
        heard = {type(event) for event in EVENTS for view in View if render(event, *ALL, view=view)}
        unseen = {SessionStarted, SessionEnded, SessionMoved, RoomRemoved, AccountMetadataSet, AdministrativeAct}
        unseen |= {NodeJoined, NodeLost}
        unseen |= {kind for kind in KINDS if kind.__module__ in (accounts.__name__, presence.__name__)}
        self.assertEqual(KINDS - heard, unseen)

    def test_same(self) -> None:
        """Equal capabilities give the same object, in any order, and with others that change nothing."""
        dialects = IrcDialects(SERVER)
        for view in View:
            one = dialects.of(["server-time", "message-tags"], view)
            self.assertIs(dialects.of(["message-tags", "echo-message", "server-time", "sasl"], view), one)
        self.assertEqual(len({dialects.of(ALL, view) for view in View}), 4)
        plain = dialects.of((), ROOM)
        for name in ("batch", "draft/multiline", "draft/message-redaction", "extended-monitor", "multi-prefix"):
            self.assertIs(dialects.of([name], ROOM), plain)
        self.assertIs(dialects.of(["setname", "message-tags"], WATCHED), dialects.of((), WATCHED))

    def test_different(self) -> None:
        """Two dialects are different objects only if some event differs."""
        dialects = IrcDialects(SERVER)
        samples = [entry(event) for event in EVENTS]
        for view in View:
            seen = {}
            for count in (0, 1, 2, 3, len(ALL) - 1, len(ALL)):
                for names in combinations(ALL, count):
                    dialect = dialects.of(names, view)
                    if dialect not in seen:
                        seen[dialect] = b"".join([dialect.render(sample) for sample in samples])
            self.assertEqual(len(set(seen.values())), len(seen))

    def test_registry(self) -> None:
        """The registry knows for each capability whether it can change the bytes."""
        for name, capability in CAPABILITIES.items():
            every = {*ALL} - ({"draft/metadata-3"} if name == "draft/metadata-2" else set())
            changes = any(
                render(event, *every, view=view) != render(event, *(every - {name}), view=view)
                for event in EVENTS
                for view in View
            )
            needed = {each for other in CAPABILITIES.values() if other.dialect for each in other.requires}
            self.assertEqual(changes, capability.dialect or name in needed, name)

    def test_forgotten(self) -> None:
        """An unused dialect is forgotten, so clients that change their capabilities cost nothing."""
        dialects = IrcDialects(SERVER)
        dialect = dialects.of(ALL, ROOM)
        kept = ref(dialect)
        self.assertIs(dialects.of(ALL, ROOM), kept())
        del dialect
        gc.collect()
        self.assertIsNone(kept())
