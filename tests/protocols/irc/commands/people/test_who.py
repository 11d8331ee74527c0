"""Tests of WHO and its extended form (modern.ircdocs.horse, "WHO message"; IRCv3 whox)."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.protocols.irc.servers import host, rooted, serverWith, staffed
from twistchat.chat.model.events import Entry, Source
from twistchat.interfaces import IDialect, IOutlet
from twistchat.protocols.irc.replies.names import LIFETIME
from twistchat.testing import IrcClient, MemoryServer


class WhoTests(SynchronousTestCase):
    """WHO: alice and bob are in #a, carol is elsewhere, and dave, who is invisible, is in #a and #d."""

    def setUp(self) -> None:
        """Register them."""
        self.server = staffed()
        self.alice = self.server.irc("alice")
        self.bob = self.server.irc("bob")
        self.carol = self.server.irc("carol")
        self.dave = self.server.irc("dave")
        self.alice.join("#a")
        self.bob.join("#a")
        self.dave.join("#a", "#d")
        self.dave.send("MODE dave +i")
        self.carol.join("#c")

    def row(self, nick: str, room: str, flags: str, realname: str = "") -> str:
        """Make a line of a reply to bob."""
        return f":twistchat 352 bob {room} ~{nick} {host()} twistchat {nick} {flags} :0 {realname or nick}"

    def check(self, line: str, *rows: str, end: str | None = None, client: IrcClient | None = None) -> None:
        """Assert bob's reply, with its end."""
        client = client or self.bob
        client.skip()
        client.send(line)
        mask = line.split(" ")[1] if " " in line else "*"
        nick = "bob" if client is self.bob else "carol"
        client.expect(*rows, f":twistchat 315 {nick} {end or mask} :End of WHO list")

    def test_channel(self) -> None:
        """The reply lists the members of a channel.  Only members see invisible ones."""
        rows = [self.row("alice", "#a", "H@"), self.row("bob", "#a", "H"), self.row("dave", "#a", "H")]
        self.check("WHO #A", *rows)
        self.check("WHO #a", *[row.replace("352 bob", "352 carol") for row in rows[:2]], client=self.carol)
        self.check("WHO #nowhere")

    def test_secretChannel(self) -> None:
        """A secret channel is empty for clients outside, except for operators with auspex."""
        self.carol.send("MODE #c +s")
        self.check("WHO #c")
        root = rooted(self.server, "root")
        root.send("WHO #c")
        self.assertEqual(2, len(root.lines()))

    def test_nick(self) -> None:
        """A nick finds its user, also if the user is invisible, with a visible channel."""
        self.check("WHO ALICE", self.row("alice", "#a", "H@"))
        self.check("WHO dave", self.row("dave", "#a", "H"))
        self.check("WHO dave", f":twistchat 352 carol * ~dave {host()} twistchat dave H :0 dave", client=self.carol)
        self.check("WHO carol", self.row("carol", "#c", "H@"))
        self.carol.send("MODE #c +s")
        self.check("WHO carol", self.row("carol", "*", "H"))
        self.check("WHO nobody")

    def test_everyone(self) -> None:
        """Without a mask, or with C{*} or C{0}, the reply lists everyone who is not invisible or shares a channel."""
        rows = [
            self.row("alice", "#a", "H@"),
            self.row("bob", "#a", "H"),
            self.row("carol", "#c", "H@"),
            self.row("dave", "#a", "H"),
        ]
        for line in ("WHO", "WHO *", "WHO 0"):
            self.check(line, *rows)
        self.check("WHO *", *[row.replace("352 bob", "352 carol") for row in rows[:3]], client=self.carol)

    def test_mask(self) -> None:
        """A mask matches a nick, username, host or realname, or a whole nick!user@host."""
        self.carol.send("SETNAME :Carol Jones")
        carol = self.row("carol", "#c", "H@", "Carol Jones")
        for mask in ("car*", "CAR*", "?arol", "~caro?", "*?Jones", "carol!*@*", "*!~carol@*", "*~carol@*cloak"):
            self.check(f"WHO {mask}", carol)
        for mask in ("x*", "carol?", "nobody!*@*"):
            self.check(f"WHO {mask}")

    def test_addresses(self) -> None:
        """Operators with auspex find users by their addresses."""
        self.server.irc("erin", host="198.51.100.7")
        root = rooted(self.server, "root")
        root.send("WHO 198.51.100.*")
        self.assertEqual(2, len(root.lines()))
        self.check("WHO 198.51.100.*")

    def test_flags(self) -> None:
        """The flags for away, operator, ranks and bot have this order."""
        root = rooted(self.server, "root")
        root.join("#a")
        root.send("AWAY :x", "MODE root +B")
        self.alice.send("MODE #a +vh root root")
        self.check("WHO root", self.row("root", "#a", "G*%B"))
        self.bob.send("CAP REQ multi-prefix")
        self.check("WHO root", self.row("root", "#a", "G*%+B"))

    def test_operators(self) -> None:
        """C{o} lists operators only."""
        rooted(self.server, "root")
        self.check("WHO * o", self.row("root", "*", "H*"))
        self.check("WHO #a o")
        self.check("WHO alice o")

    def test_absurd(self) -> None:
        """A parameter that cannot be repeated is replaced in the reply."""
        self.check("WHO :a b", end="a\N{REPLACEMENT CHARACTER}b")
        self.bob.send("WHO :")
        self.assertEqual(":twistchat 315 bob * :End of WHO list", self.bob.lines()[-1])
        self.bob.send(f"WHO {'x' * 480}*")
        (line,) = self.bob.lines()
        self.assertLessEqual(len(line), 510)

    def test_wildcards(self) -> None:
        """A mask has at most 16 wildcards of any kind.  With more, the reply is an error and the end."""
        self.bob.skip()
        for mask in ("?" * 17, "*a" * 17, f"{'*a' * 16}!u"):
            self.bob.send(f"WHO {mask}")
            self.bob.expect(
                ":twistchat NOTICE bob :*** WHO: A mask of at most 16 wildcards (* and ?) is wanted",
                f":twistchat 315 bob {mask} :End of WHO list",
            )
        self.bob.send(f"WHO {'?' * 5}{'*' * 30}")
        self.assertRegex(self.bob.lines()[0], "^:twistchat 352 bob .* alice ")


class WhoxTests(SynchronousTestCase):
    """The extended form."""

    def setUp(self) -> None:
        """Register alice and bob."""
        self.server = staffed()
        self.alice, self.bob = self.server.irc("alice", host="198.51.100.7"), self.server.irc("bob")
        self.alice.join("#a")
        self.bob.join("#a")
        self.alice.send("SETNAME :Alice Liddell")
        self.host = host("198.51.100.7")

    def check(self, query: str, row: str, client: IrcClient | None = None, nick: str = "bob") -> None:
        """Assert the reply about alice."""
        client = client or self.bob
        client.skip()
        client.send(f"WHO alice {query}")
        client.expect(f":twistchat 354 {nick} {row}", f":twistchat 315 {nick} alice :End of WHO list")

    def test_fields(self) -> None:
        """The requested fields come in the defined order."""
        row = f"42 #a ~alice 255.255.255.255 {self.host} twistchat alice H@ 0 0 n/a :Alice Liddell"
        for fields in ("tcuihsnflaor", "roalfnshiuct", "ttcuihsnflaorXYZ"):
            self.check(f"%{fields},42", row)
        self.check("%tcuihsnfdlaor,42", row.replace("H@ 0 0", "H@ 0 0 0"))
        for field, value in (
            ("c", "#a"),
            ("u", "~alice"),
            ("i", "255.255.255.255"),
            ("h", self.host),
            ("s", "twistchat"),
            ("n", "alice"),
            ("f", "H@"),
            ("l", "0"),
            ("a", "0"),
            ("r", ":Alice Liddell"),
        ):
            self.check(f"%{field}", value)

    def test_token(self) -> None:
        """A token has up to three digits.  An invalid one becomes 0."""
        for token, shown in (("7", "7"), ("123", "123"), ("1234", "0"), ("x", "0"), ("", "0")):
            self.check(f"%tn,{token}", f"{shown} alice")
        self.check("%tn", "0 alice")

    def test_values(self) -> None:
        """The reply has the account and the idle time, and addresses for those who may see them."""
        self.server.chat.identity.setAccount(self.server.chat.identity.find("alice"), "Alice")
        self.server.advance(12)
        self.check("%nla", "alice 12 Alice")
        self.check("%i", "198.51.100.7", self.alice, "alice")
        self.check("%i", "198.51.100.7", rooted(self.server, "root"), "root")

    def test_flagsBefore(self) -> None:
        """Flags may come before the percent sign."""
        rooted(self.server, "root")
        self.bob.send("WHO * o%n")
        self.bob.expect(":twistchat 354 bob root", ":twistchat 315 bob * :End of WHO list")

    def test_nothing(self) -> None:
        """A request for no fields gets lines without fields."""
        self.bob.skip()
        self.bob.send("WHO alice %", "WHO alice %XYZ")
        self.bob.expect(*[":twistchat 354 bob", ":twistchat 315 bob alice :End of WHO list"] * 2)

    def test_thirdParameter(self) -> None:
        """A third parameter is ignored."""
        self.bob.skip()
        self.bob.send("WHO alice %n o")
        self.bob.expect(":twistchat 354 bob alice", ":twistchat 315 bob alice :End of WHO list")

    def test_noSpaceInFields(self) -> None:
        """Only the last field may contain spaces, and it is cut to the line."""
        self.alice.send(f"SETNAME :{150 * 'x'}")
        self.bob.send("WHO alice %tcuihsnflar,1")
        for line in self.bob.lines():
            self.assertLessEqual(len(line), 510)


class ManyTests(SynchronousTestCase):
    """Long replies."""

    def crowd(self, number: int) -> MemoryServer:
        """Make a server with many members in a room, and a small send queue."""
        server = serverWith(limits={"sendq": 48 * 1024, "roomJoinBurst": number})
        for index in range(number):
            session = server.chat.presence.open(Deaf(), exempt=True)
            self.successResultOf(Deferred.fromCoroutine(server.chat.identity.enter(session, f"u{index}", "~u", "host")))
            server.chat.membership.join(session, "#a")
        return server

    def test_big(self) -> None:
        """
        A long reply is complete.  Other clients are served meanwhile, and it waits for a client that does not read,
        instead of overflowing its send queue.  Members who leave meanwhile are skipped.
        """
        server = self.crowd(2500)
        bob = server.irc("bob")
        bob.join("#a")
        other = server.irc("other")
        bob.link.stalled = True
        bob.send("WHO #a", "PING x")
        server.advance(20)
        (session,) = server.chat.identity.find("u2499").sessions.values()
        server.chat.presence.close(session, "bye")
        other.send("PING y")
        self.assertEqual([":twistchat PONG twistchat y"], other.lines())
        bob.link.stalled = False
        for _ in range(50):
            server.advance(0.1)
        lines = bob.lines()
        told = [line.split(" ")[7] for line in lines if line.split(" ")[1] == "352"]
        self.assertEqual([*(f"u{index}" for index in range(2499)), "bob"], told)
        self.assertEqual([":twistchat 315 bob #a :End of WHO list", ":twistchat PONG twistchat x"], lines[-2:])

    def test_hangUp(self) -> None:
        """If the client disconnects, the reply ends without an error."""
        server = self.crowd(2500)
        bob = server.irc("bob")
        bob.join("#a")
        bob.link.stalled = True
        bob.send("WHO #a")
        server.advance(1)
        bob.hangUp()
        server.advance(1)
        # Rendered names are kept for longer, and nothing else waits.
        self.assertEqual([], [call for call in server.clock.getDelayedCalls() if call.getTime() < LIFETIME / 2])

    def test_most(self) -> None:
        """A mask finds a limited number of users; for operators with auspex, all."""
        server = self.crowd(502)
        bob = server.irc("bob")
        bob.send("WHO u*")
        server.advance(1)
        self.assertEqual(501, len(bob.lines()))
        (session,) = server.chat.identity.find("bob").sessions.values()
        self.successResultOf(Deferred.fromCoroutine(server.chat.operators.become(session, "x", {"auspex"})))
        server.pump()
        bob.skip()
        bob.send("WHO u*")
        server.advance(1)
        self.assertEqual(503, len(bob.lines()))


@implementer(IDialect)
class Nothing:
    """A dialect that renders nothing."""

    def render(self, entry: Entry) -> bytes:
        """See L{IDialect.render}."""
        return b""


@implementer(IOutlet)
class Deaf:
    """An outlet that delivers nothing."""

    dialect = Nothing()

    def deliver(self, data: bytes) -> None:
        """See L{IOutlet.deliver}."""

    def dialectFor(self, place: str) -> Nothing:
        """See L{IOutlet.dialectFor}."""
        return self.dialect

    def echo(self, label: str, data: bytes) -> bytes:
        """See L{IOutlet.echo}."""
        return b""

    def roomRenamed(self, old: str, entry: Entry, label: str | None) -> None:
        """See L{IOutlet.roomRenamed}."""

    def hostChanged(self, entry: Entry, before: Source) -> None:
        """See L{IOutlet.hostChanged}."""

    def attached(self, entry: Entry, before: Source, left: Sequence[str]) -> None:
        """See L{IOutlet.attached}."""

    def nickClaimed(self, nick: str, seconds: float) -> None:
        """See L{IOutlet.nickClaimed}."""

    def roomEntered(self, room: str) -> None:
        """See L{IOutlet.roomEntered}."""

    def markerMoved(self, target: str, time: int) -> None:
        """See L{IOutlet.markerMoved}."""

    def inboxWaiting(self) -> None:
        """See L{IOutlet.inboxWaiting}."""

    def disconnect(self, reason: str) -> None:
        """See L{IOutlet.disconnect}."""
