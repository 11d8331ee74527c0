"""Tests of LIST (modern.ircdocs.horse, "LIST message", ISUPPORT ELIST and SAFELIST)."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from tests.protocols.irc.conversations import LABELS, Conversations
from twistchat.net.input.pace import POLL_INTERVAL, PORTION
from twistchat.protocols.irc.registration.isupport import MAX_LISTED
from twistchat.testing import IrcClient


class FilterTests(Conversations):
    """The channels in a list."""

    def listed(self, client: IrcClient, line: str = "LIST") -> list[str]:
        """Get the names in a complete list."""
        client.skip()
        client.send(line)
        start, *items, end = client.lines()
        self.assertRegex(start, r"^:twistchat 321 \S+ Channel :Users  Name$")
        self.assertRegex(end, r"^:twistchat 323 \S+ :End of /LIST$")
        return [item.split(" ")[3] for item in items]

    def test_items(self) -> None:
        """Each channel has its number of members and its topic."""
        alice = self.irc("alice", rooms="#tea #Ale")
        alice.send("TOPIC #tea :Green tea")
        bob = self.irc("bob", rooms="#tea")
        self.gets(
            bob,
            "LIST",
            ":twistchat 321 bob Channel :Users  Name",
            ":twistchat 322 bob #tea 2 :Green tea",
            ":twistchat 322 bob #Ale 1 :",
            ":twistchat 323 bob :End of /LIST",
        )

    def test_secret(self) -> None:
        """Members, and operators with auspex, see secret channels."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob")
        alice.send("MODE #tea +s")
        self.assertEqual(self.listed(alice), ["#tea"])
        self.assertEqual(self.listed(bob), [])
        self.assertEqual(self.listed(bob, "LIST #tea"), [])
        self.assertEqual(self.listed(self.operator("oper", privileges="auspex")), ["#tea"])

    def test_names(self) -> None:
        """Names, masks and negated masks select channels (M, N)."""
        alice = self.irc("alice", rooms="#tea #tee #ale")
        for line, names in (
            ("LIST #TEA", ["#tea"]),
            ("LIST #tea,#none,#ale", ["#tea", "#ale"]),
            ("LIST #t*", ["#tea", "#tee"]),
            ("LIST *e?", ["#tea", "#tee"]),
            ("LIST !#t*", ["#ale"]),
            ("LIST *,!*A*", ["#tee"]),
            ("LIST #te?,!*tea", ["#tee"]),
            ("LIST tea", []),
            ("LIST :", ["#tea", "#tee", "#ale"]),
        ):
            self.assertEqual(self.listed(alice, line), names, line)

    def test_users(self) -> None:
        """The number of members selects channels (U), in either parameter.  All conditions must hold."""
        alice = self.irc("alice", rooms="#one #two #three")
        self.irc("bob", rooms="#two #three")
        self.irc("carol", rooms="#three")
        for line, names in (
            ("LIST >1", ["#two", "#three"]),
            ("LIST <2", ["#one"]),
            ("LIST >1,<3", ["#two"]),
            ("LIST #t* >2", ["#three"]),
            ("LIST >0 !#t*", ["#one"]),
            ("LIST >999999999999999999999", []),
        ):
            self.assertEqual(self.listed(alice, line), names, line)

    def test_times(self) -> None:
        """The minutes since a channel began, or since its topic was set, select channels (C, T)."""
        alice = self.irc("alice", rooms="#old")
        alice.send("TOPIC #old :x")
        self.server.advance(50)
        alice.send("PONG x")
        self.server.advance(50)
        alice.join("#new")
        self.server.advance(50)
        alice.send("TOPIC #new :y")
        for line, names in (
            ("LIST C<1", ["#new"]),
            ("LIST c>1", ["#old"]),
            ("LIST C>2", ["#old"]),
            ("LIST C>3", []),
            ("LIST T<1", ["#new"]),
            ("LIST T>1", ["#old"]),
        ):
            self.assertEqual(self.listed(alice, line), names, line)
        alice.send("TOPIC #new :")
        self.assertEqual(self.listed(alice, "LIST T<1"), [])
        self.assertEqual(self.listed(alice, "LIST T>0"), ["#old"])

    def test_bad(self) -> None:
        """An invalid condition is reported, and the list ends."""
        alice = self.irc("alice", "standard-replies", rooms="#tea")
        for word in (">x", "<", "C>", "T<-1", "C<\u0663"):
            self.gets(
                alice,
                f"LIST {word}",
                ":twistchat 321 alice Channel :Users  Name",
                f":twistchat FAIL LIST INVALID_PARAMS {word} :No condition: {word}.  There are >n, <n, C>n, C<n, T>n, "
                "T<n",
                ":twistchat 323 alice :End of /LIST",
            )

    def test_tooMany(self) -> None:
        """More words than the limit of ISUPPORT are refused, and the list ends."""
        alice = self.irc("alice", rooms="#tea")
        words = [f"#{number}*" for number in range(MAX_LISTED)]
        self.assertEqual(self.listed(alice, f"LIST #tea,{','.join(words[1:])}"), ["#tea"])
        self.gets(
            alice,
            f"LIST #tea,{','.join(words[1:])} >0",
            ":twistchat 321 alice Channel :Users  Name",
            ":twistchat 407 alice >0 :Too many names, masks and conditions: 10 may be given",
            ":twistchat 323 alice :End of /LIST",
        )

    def test_wildcards(self) -> None:
        """A mask with too many wildcards is refused, and the list ends."""
        alice = self.irc("alice", "standard-replies", rooms="#tea")
        for sign in ("", "!"):
            word = f"{sign}*{'a?' * 16}"
            self.gets(
                alice,
                f"LIST {word}",
                ":twistchat 321 alice Channel :Users  Name",
                f":twistchat FAIL LIST INVALID_PARAMS {word} :A mask of at most 16 wildcards (* and ?) is wanted",
                ":twistchat 323 alice :End of /LIST",
            )


class LongListTests(Conversations):
    """Lists that exceed the send queue."""

    ROOMS = 12 * PORTION + 7

    def setUp(self) -> None:
        """Make many channels, with topics longer than a line."""
        self.limit(roomsPerUser=10_000, sendq=64 * 1024)
        alice = self.irc("alice")
        session = next(iter(self.server.chat.identity.find("alice").sessions.values()))
        self.names = [f"#room{number}" for number in range(self.ROOMS)]
        for name in self.names:
            receipt = self.server.chat.membership.join(session, name)
            assert isinstance(receipt, Deferred)
            self.successResultOf(receipt)
            self.server.chat.channels.setTopic(session, name, "\u20ac" * 390)
        self.server.pump()
        alice.hangUp()
        self.server.pump()

    def wait(self) -> None:
        """Wait for the end of the list."""
        for _ in range(40):
            self.server.advance(POLL_INTERVAL)

    def names_(self, client: IrcClient) -> list[str]:
        """Get the names in a client's list."""
        lines = [line for line in client.lines() if " 322 " in line]
        self.assertTrue(all(len(line.encode()) <= 600 for line in lines))
        return [line[line.index(" 322 ") :].split(" ")[3] for line in lines]

    def test_all(self) -> None:
        """A client that reads gets the whole list, even if it is several times as long as the send queue."""
        bob = self.irc("bob")
        bob.send("LIST")
        self.wait()
        self.assertEqual(self.names_(bob), self.names)
        self.assertFalse(bob.gone)
        self.gets(bob, "PING x", ":twistchat PONG twistchat x")

    def test_slowReader(self) -> None:
        """A client that stops reading for a while stays connected, and gets the whole list later."""
        bob = self.irc("bob")
        bob.link.stalled = True
        bob.send("LIST", "PING x")
        self.wait()
        self.assertFalse(bob.gone)
        bob.link.stalled = False
        self.wait()
        self.assertTrue(bob.raw.endswith(b":twistchat PONG twistchat x\r\n"))
        self.assertEqual(self.names_(bob), self.names)

    def test_label(self) -> None:
        """With a label the list is one batch, however long it is."""
        bob = self.irc("bob", *LABELS)
        bob.skip()
        bob.send("@label=1 LIST")
        self.wait()
        lines = bob.lines()
        self.assertRegex(lines[0], r"^@label=1 :twistchat BATCH \+\S+ labeled-response$")
        self.assertRegex(lines[-1], r"^:twistchat BATCH -\S+$")
        self.assertEqual(sum("BATCH" in line for line in lines), 2)
        reference = lines[-1].split("-")[-1]
        self.assertTrue(all(line.startswith(f"@batch={reference} ") for line in lines[1:-1]))
        self.assertEqual(len(lines), self.ROOMS + 4)

    def test_gone(self) -> None:
        """The list ends if its client disconnects."""
        bob = self.irc("bob")
        bob.link.stalled = True
        bob.send("LIST")
        bob.hangUp()
        self.server.advance(POLL_INTERVAL)
        self.assertEqual([call for call in self.server.clock.getDelayedCalls() if call.getTime() < 1], [])
