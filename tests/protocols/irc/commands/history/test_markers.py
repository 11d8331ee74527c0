"""Tests of MARKREAD.  The names of the classes are those of the sections of IRCv3 read-marker."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from tests.protocols.irc.conversations import HOST, LABELS, Conversations, mask
from twistchat.testing import IrcClient

CAPABILITY = "draft/read-marker"

EARLY, LATE = "timestamp=2026-01-01T11:00:00.123Z", "timestamp=2026-01-01T11:30:00.000Z"
"""Two times before the present of the server."""

NOON = "timestamp=2026-01-01T12:00:00.000Z"
"""The present of the server."""


class Markers(Conversations):
    """Alice has an account."""

    def setUp(self) -> None:
        """Register her account, and bob's."""
        super().setUp()
        for name in ("alice", "bob"):
            self.successResultOf(Deferred.fromCoroutine(self.server.chat.accounts.register(None, name)))

    def login(self, account: str) -> None:
        """Log the newest session in to an account."""
        session = next(reversed(self.server.chat.state.sessions.values()))
        self.successResultOf(Deferred.fromCoroutine(self.server.chat.identity.login(session, account)))
        self.server.pump()

    def loggedIn(self, nick: str, *capabilities: str, rooms: str = "") -> IrcClient:
        """Register a client that has logged in before.  Its welcome is not read."""
        client = self.server.connectIrc()
        self.login(nick)
        client.send("CAP LS 302", f"CAP REQ :{' '.join(capabilities)}", "CAP END")
        client.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if rooms:
            client.join(*rooms.split())
        return client

    def devices(self) -> tuple[IrcClient, IrcClient]:
        """Register two clients of alice in a channel, with the capability."""
        clients = [self.loggedIn("alice", CAPABILITY, *LABELS, rooms="#tea") for _ in range(2)]
        for client in clients:
            client.skip()
        return clients[0], clients[1]


class CommandTests(Markers):
    """MARKREAD client set command, client get command, and server command."""

    def test_set(self) -> None:
        """The server MUST reply to a successful set command using a MARKREAD server command."""
        alice, _ = self.devices()
        self.gets(alice, f"MARKREAD #TEA {EARLY}", f":twistchat MARKREAD #tea {EARLY}")
        self.gets(alice, f"MARKREAD BOB {LATE}", f":twistchat MARKREAD bob {LATE}")

    def test_get(self) -> None:
        """The server MUST reply to a successful get command using a MARKREAD server command."""
        alice, _ = self.devices()
        self.gets(alice, "MARKREAD #tea", ":twistchat MARKREAD #tea *")
        alice.send(f"MARKREAD #tea {EARLY}")
        self.gets(alice, "MARKREAD #tea", f":twistchat MARKREAD #tea {EARLY}")

    def test_unknown(self) -> None:
        """If there is no known last read timestamp, the parameter is a literal *."""
        alice, _ = self.devices()
        self.gets(alice, "MARKREAD bob", ":twistchat MARKREAD bob *")
        self.gets(alice, "MARKREAD nobody", ":twistchat MARKREAD nobody *")

    def test_withoutCapability(self) -> None:
        """The capability MAY be negotiated: the command works without it, and nothing else is sent."""
        alice = self.loggedIn("alice", rooms="#tea")
        phone = self.loggedIn("alice", CAPABILITY)
        phone.skip()
        self.gets(alice, f"MARKREAD #tea {EARLY}", f":twistchat MARKREAD #tea {EARLY}")
        alice.skip()
        self.gets(phone, f"MARKREAD #tea {LATE}", f":twistchat MARKREAD #tea {LATE}")
        self.hears(alice)

    def test_labels(self) -> None:
        """The reply has the label of the command, and the other clients get none (labeled-response)."""
        alice, phone = self.devices()
        self.gets(alice, f"@label=x MARKREAD #tea {EARLY}", f"@label=x :twistchat MARKREAD #tea {EARLY}")
        self.hears(phone, f":twistchat MARKREAD #tea {EARLY}")

    def test_guests(self) -> None:
        """The marker of a guest lasts as long as the session."""
        gus = self.irc("gus", CAPABILITY, rooms="#tea")
        self.gets(gus, f"MARKREAD #tea {EARLY}", f":twistchat MARKREAD #tea {EARLY}")
        gus.send("PART #tea")
        self.gets(
            gus,
            "JOIN #tea",
            f":{mask('gus')} JOIN #tea",
            f":twistchat MARKREAD #tea {EARLY}",
            ":twistchat 353 gus = #tea :@gus",
            ":twistchat 366 gus #tea :End of /NAMES list",
        )


class CommandFlowsTests(Markers):
    """Command flows."""

    def test_join(self) -> None:
        """After JOIN and before RPL_ENDOFNAMES the server MUST send a MARKREAD command for the channel."""
        alice, phone = self.devices()
        alice.send(f"MARKREAD #tea {EARLY}", "PART #tea")
        alice.skip()
        phone.skip()
        alice.send("JOIN #tea")
        shown = [
            f":alice!~alice@{HOST} JOIN #tea",
            f":twistchat MARKREAD #tea {EARLY}",
            ":twistchat 353 alice = #tea :@alice",
            ":twistchat 366 alice #tea :End of /NAMES list",
        ]
        self.hears(alice, *shown)
        self.hears(phone, *shown)

    def test_firstJoin(self) -> None:
        """Without a marker the parameter is a literal *, also with no-implicit-names."""
        alice = self.irc("alice1", CAPABILITY, "no-implicit-names")
        self.gets(alice, "JOIN #tea", f":{mask('alice1')} JOIN #tea", ":twistchat MARKREAD #tea *")

    def test_attached(self) -> None:
        """A client that comes in as a user who is in channels gets the marker of each before the names."""
        alice, _ = self.devices()
        alice.send("JOIN #cake", f"MARKREAD #cake {EARLY}")
        lines = self.loggedIn("alice", CAPABILITY).lines()
        self.assertEqual(
            lines[-8:],
            [
                f":alice!~alice@{HOST} JOIN #tea",
                f":alice!~alice@{HOST} JOIN #cake",
                ":twistchat MARKREAD #tea *",
                ":twistchat 353 alice = #tea :@alice",
                ":twistchat 366 alice #tea :End of /NAMES list",
                f":twistchat MARKREAD #cake {EARLY}",
                ":twistchat 353 alice = #cake :@alice",
                ":twistchat 366 alice #cake :End of /NAMES list",
            ],
        )

    def test_loggedIn(self) -> None:
        """So does a guest who logs in to the account of a user who is here."""
        alice, _ = self.devices()
        alice.send(f"MARKREAD #tea {EARLY}")
        guest = self.irc("guest", CAPABILITY)
        guest.skip()
        self.login("alice")
        lines = guest.lines()
        self.assertIn(f":twistchat MARKREAD #tea {EARLY}", lines)
        self.assertLess(lines.index(f":twistchat MARKREAD #tea {EARLY}"), len(lines) - 1)

    def test_changed(self) -> None:
        """After the timestamp changes, the server SHOULD send MARKREAD to all clients of the user, and no others."""
        alice, phone = self.devices()
        bob = self.loggedIn("bob", CAPABILITY, rooms="#tea")
        alice.skip()
        phone.skip()
        bob.skip()
        self.gets(alice, f"MARKREAD #tea {EARLY}", f":twistchat MARKREAD #tea {EARLY}")
        self.hears(phone, f":twistchat MARKREAD #tea {EARLY}")
        self.gets(phone, f"MARKREAD bob {EARLY}", f":twistchat MARKREAD bob {EARLY}")
        self.hears(alice, f":twistchat MARKREAD bob {EARLY}")
        self.hears(bob)

    def test_names(self) -> None:
        """The target is written as the nick is, for guests too, or as the account is if its owner is not here."""
        gus = self.irc("Gus", CAPABILITY)
        bob = self.irc("Bobby")
        bob.skip()
        for asker in (gus, self.devices()[0]):
            self.gets(asker, f"MARKREAD BOBBY {EARLY}", f":twistchat MARKREAD Bobby {EARLY}")
            self.gets(asker, "MARKREAD BOB", ":twistchat MARKREAD bob *")

    def test_renamed(self) -> None:
        """The marker of a renamed channel keeps its time under the new name."""
        alice, phone = self.devices()
        alice.send(f"MARKREAD #tea {EARLY}")
        alice.send("RENAME #tea #chai")
        self.gets(phone, "MARKREAD #chai", f":twistchat MARKREAD #chai {EARLY}")


class TimestampNotesTests(Markers):
    """Read timestamp notes."""

    def test_increases(self) -> None:
        """For a timestamp below or equal to the known one the server SHOULD reply with the newer, previous value."""
        alice, phone = self.devices()
        alice.send(f"MARKREAD #tea {LATE}")
        phone.skip()
        self.gets(alice, f"MARKREAD #tea {EARLY}", f":twistchat MARKREAD #tea {LATE}")
        self.gets(alice, f"MARKREAD #tea {LATE}", f":twistchat MARKREAD #tea {LATE}")
        self.hears(phone)

    def test_future(self) -> None:
        """The server can clamp it to the current time (Implementation Considerations)."""
        alice, _ = self.devices()
        self.gets(alice, "MARKREAD #tea timestamp=2999-01-01T00:00:00.000Z", f":twistchat MARKREAD #tea {NOON}")


class ErrorsTests(Markers):
    """Errors and Warnings."""

    def test_needMoreParams(self) -> None:
        """NEED_MORE_PARAMS: missing parameters."""
        alice, _ = self.devices()
        for line in ("MARKREAD", "MARKREAD :"):
            text = "Missing parameters: <target> [timestamp=<time>]"
            self.gets(alice, line, f":twistchat FAIL MARKREAD NEED_MORE_PARAMS :{text}")

    def test_invalidParams(self) -> None:
        """INVALID_PARAMS: the time MUST NOT be a literal *, and has the format of server-time."""
        alice, _ = self.devices()
        text = "Invalid timestamp, timestamp=YYYY-MM-DDThh:mm:ss.sssZ is needed"
        for time in (
            "*",
            "2026-01-01T11:00:00.123Z",
            "timestamp=*",
            "timestamp=2026-01-01T11:00:00Z",
            "timestamp=2026-13-01T11:00:00.123Z",
            "timestamp=2026-01-01T11:00:00.123+01:00",
            "msgid=1",
        ):
            self.gets(alice, f"MARKREAD #tea {time}", f":twistchat FAIL MARKREAD INVALID_PARAMS {time} :{text}")
        text = "The target is neither a channel nor a nick"
        for target in ("@#tea", "a!b"):
            self.gets(alice, f"MARKREAD {target}", f":twistchat FAIL MARKREAD INVALID_PARAMS {target} :{text}")

    def test_internalError(self) -> None:
        """INTERNAL_ERROR: a channel that the client may not read, or that it must not know of."""
        alice, _ = self.devices()
        bob = self.loggedIn("bob", rooms="#cake #own #secret")
        bob.send("MODE #secret +s", "MODE #own +b alice!*@*")
        for command in ("MARKREAD {}", f"MARKREAD {{}} {EARLY}"):
            for name in ("#cake", "#own", "#secret", "#none"):
                why = "The read marker cannot be shown or set: you cannot read this channel"
                fail = f"FAIL MARKREAD INTERNAL_ERROR {name} :{why}"
                self.gets(alice, command.format(name), f":twistchat {fail}")

    def test_notStored(self) -> None:
        """INTERNAL_ERROR: the marker cannot be stored.  It has not moved, and nobody was told."""
        alice, phone = self.devices()
        self.successResultOf(self.server.log.close())
        why = "The read marker cannot be shown or set: "
        said = "That was not taken, and nobody has seen it: the journal is closed"
        self.gets(alice, f"MARKREAD #tea {EARLY}", f":twistchat FAIL MARKREAD INTERNAL_ERROR #tea :{why}{said}")
        self.gets(alice, "MARKREAD #tea", ":twistchat MARKREAD #tea *")
        self.hears(phone)

    def test_standardReplies(self) -> None:
        """A client without the capability, and without standard-replies, gets a notice."""
        gus = self.irc("gus")
        self.gets(
            gus, "MARKREAD", ":twistchat NOTICE gus :*** MARKREAD: Missing parameters: <target> [timestamp=<time>]"
        )


class SecurityConsiderationsTests(Markers):
    """Security Considerations."""

    def test_others(self) -> None:
        """Servers MUST NOT leak read markers to other users: not by command, JOIN, WHOIS or a message."""
        alice, _ = self.devices()
        bob = self.loggedIn("bob", CAPABILITY, "message-tags", "server-time", rooms="#tea")
        alice.send(f"MARKREAD #tea {EARLY}", f"MARKREAD bob {EARLY}")
        bob.skip()
        bob.send("MARKREAD #tea", "MARKREAD alice", "WHOIS alice", "PART #tea", "JOIN #tea", "WHO #tea %tcuhnar")
        self.assertNotIn("11:00:00.123", "\n".join(bob.lines()))
