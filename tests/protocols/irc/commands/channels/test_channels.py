"""Tests of JOIN, PART, KICK, TOPIC and NAMES (modern.ircdocs.horse, "Channel Operations")."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from tests.carriers import overMessages
from tests.protocols.irc.conversations import HOST, Conversations, mask
from twistchat.testing import IrcClient, ManualLog, MemoryServer, inMemory
from twistchat.testing.server import SETTINGS


class JoinTests(Conversations):
    """JOIN."""

    def test_join(self) -> None:
        """A client that joins gets its JOIN and the names.  The other members get the JOIN."""
        alice = self.irc("alice")
        self.gets(
            alice,
            "JOIN #tea",
            f":{mask('alice')} JOIN #tea",
            ":twistchat 353 alice = #tea :@alice",
            ":twistchat 366 alice #tea :End of /NAMES list",
        )
        bob = self.irc("bob")
        self.gets(
            bob,
            "JOIN #TEA",
            f":{mask('bob')} JOIN #tea",
            ":twistchat 353 bob = #tea :@alice bob",
            ":twistchat 366 bob #tea :End of /NAMES list",
        )
        self.hears(alice, f":{mask('bob')} JOIN #tea")

    def test_topic(self) -> None:
        """The topic, its author and its time come before the names."""
        alice = self.irc("alice", rooms="#tea")
        alice.send("TOPIC #tea :Green tea")
        bob = self.irc("bob")
        self.gets(
            bob,
            "JOIN #tea",
            f":{mask('bob')} JOIN #tea",
            ":twistchat 332 bob #tea :Green tea",
            ":twistchat 333 bob #tea alice 1767268800",
            ":twistchat 353 bob = #tea :@alice bob",
            ":twistchat 366 bob #tea :End of /NAMES list",
        )

    def test_noImplicitNames(self) -> None:
        """With no-implicit-names a client gets the names only on request."""
        alice = self.irc("alice", "no-implicit-names")
        self.gets(alice, "JOIN #tea", f":{mask('alice')} JOIN #tea")
        self.gets(
            alice,
            "NAMES #tea",
            ":twistchat 353 alice = #tea :@alice",
            ":twistchat 366 alice #tea :End of /NAMES list",
        )

    def test_extendedJoin(self) -> None:
        """With extended-join a JOIN contains the account and the realname."""
        alice = self.irc("alice", "extended-join", rooms="#tea")
        self.irc("bob", rooms="#tea")
        self.hears(alice, f":{mask('bob')} JOIN #tea * :bob")

    def test_again(self) -> None:
        """A JOIN of a channel that the client is in has no reply."""
        self.gets(self.irc("alice", rooms="#tea"), "JOIN #Tea")

    def test_several(self) -> None:
        """Each channel of a list is joined with the key at its index.  A failure does not affect the others."""
        alice = self.irc("alice", rooms="#a #b #c")
        alice.send("MODE #a +k one", "MODE #c +k three", "MODE #b +i")
        bob = self.irc("bob")
        bob.send("JOIN #a,#b,#c,bad,,#d one,,three")
        self.assertEqual(
            [line for line in bob.lines() if " 353 " not in line and " 366 " not in line],
            [
                f":{mask('bob')} JOIN #a",
                ":twistchat 473 bob #b :Cannot join channel (+i)",
                f":{mask('bob')} JOIN #c",
                ":twistchat 476 bob bad :The channel name does not begin with #",
                f":{mask('bob')} JOIN #d",
            ],
        )

    def test_zero(self) -> None:
        """JOIN 0 leaves every channel."""
        alice = self.irc("alice", rooms="#a #b")
        self.gets(alice, "JOIN 0", f":{mask('alice')} PART #a", f":{mask('alice')} PART #b")
        self.gets(alice, "JOIN 0")

    def test_needsParameters(self) -> None:
        """JOIN without a parameter is refused."""
        self.gets(
            self.irc("alice"),
            "JOIN",
            ":twistchat 461 alice JOIN :Not enough parameters: <channel>{,<channel>} [<key>{,<key>}] | 0",
        )

    def test_locks(self) -> None:
        """Each lock has its numeric."""
        alice = self.irc("alice", rooms="#tea")
        bob = self.irc("bob")
        for modes, answer in (
            ("+b bob!*@*", "474 bob #tea :Cannot join channel (+b)"),
            ("+i", "473 bob #tea :Cannot join channel (+i)"),
            ("+k sesame", "475 bob #tea :Cannot join channel (+k)"),
            ("+l 1", "471 bob #tea :Cannot join channel (+l), it takes 1"),
            ("+R", "477 bob #tea :Cannot join channel (+R), log in first"),
            ("+z", "489 bob #tea :Cannot join channel (+z), connect with TLS"),
        ):
            alice.send(f"MODE #tea {modes}")
            self.gets(bob, "JOIN #tea", f":twistchat {answer}")
            alice.send(f"MODE #tea {modes.replace('+', '-')}")
        bob.join("#tea")

    def test_operatorsOnly(self) -> None:
        """Only operators of the server join a channel with mode O, and only they set it."""
        oper = self.operator("oper")
        oper.join("#tea")
        oper.send("MODE #tea +O")
        bob = self.irc("bob")
        self.gets(bob, "JOIN #tea", ":twistchat 520 bob #tea :Cannot join channel (+O), for server operators")

    def test_tooMany(self) -> None:
        """A client joins no more channels than the limit."""
        self.limit(roomsPerUser=1)
        alice = self.irc("alice", rooms="#a")
        self.gets(alice, "JOIN #b", ":twistchat 405 alice #b :You are on 1 channels, the most")

    def test_lookalike(self) -> None:
        """A name that looks like that of another channel is refused."""
        self.irc("alice", rooms="#tea")
        bob = self.irc("bob")
        self.gets(bob, "JOIN #t\u0435a", ":twistchat 476 bob #t\u0435a :This name looks like #tea, which exists")

    def test_badNames(self) -> None:
        """An invalid name is refused, whatever characters it has."""
        alice = self.irc("alice")
        for name in ("#", "tea", "#a\x07b", "#a\x1bb", "#\u202ea", "#" + "x" * 65, "#" + "\u00e9" * 200, "0,#", "&tea"):
            alice.skip()
            alice.send(f"JOIN {name}")
            lines = [line for line in alice.lines() if " 366 " not in line]
            self.assertTrue(lines)
            for line in lines:
                self.assertRegex(line, r":twistchat 476 alice \S+ :The channel name ")
                self.assertLessEqual(len(line.encode()), 510)

    def test_forward(self) -> None:
        """A client that may not join is forwarded to the channel of mode f."""
        alice = self.irc("alice", rooms="#tea #overflow")
        alice.send("MODE #tea +if #overflow")
        bob = self.irc("bob")
        self.gets(
            bob,
            "JOIN #tea",
            ":twistchat 470 bob #tea #overflow :Forwarding to another channel",
            f":{mask('bob')} JOIN #overflow",
            ":twistchat 353 bob = #overflow :@alice bob",
            ":twistchat 366 bob #overflow :End of /NAMES list",
        )

    def test_forwardOnce(self) -> None:
        """A second forward is not followed, so two channels may forward to each other."""
        alice = self.irc("alice", rooms="#one #two")
        alice.send("MODE #one +if #two", "MODE #two +kf secret #one")
        bob = self.irc("bob")
        self.gets(
            bob,
            "JOIN #one",
            ":twistchat 470 bob #one #two :Forwarding to another channel",
            ":twistchat 475 bob #two :Cannot join channel (+k)",
        )

    def test_tooFast(self) -> None:
        """A client joins no faster than its rate limit."""
        self.limit(exempt=(), userJoinBurst=1, floodBurst=100)
        alice = self.irc("alice", rooms="#a")
        self.gets(alice, "JOIN #b", ":twistchat 263 alice JOIN :You join rooms too fast; try again in 10 s")

    def test_roomTooFast(self) -> None:
        """A channel accepts no more joins than its rate limit."""
        self.limit(exempt=(), roomJoinBurst=1, floodBurst=100)
        self.irc("alice", rooms="#a")
        self.irc("bob", rooms="#a")
        carol = self.irc("carol")
        self.gets(carol, "JOIN #a", ":twistchat 437 carol #a :Too many are joining just now; try again in 1 s")


class GapTests(Conversations):
    """A client that joins misses no event between the names and its first delivery."""

    def setUp(self) -> None:
        """Make a server whose journal waits."""
        self.server = MemoryServer(SETTINGS, journal=inMemory(ManualLog))

    def commit(self, count: int | None = None) -> None:
        """Commit some events, or all, and wait for what follows."""
        journal = self.server.log
        assert isinstance(journal, ManualLog)
        journal.commit(count)
        self.server.pump()

    def enter(self, nick: str, *capabilities: str) -> IrcClient:
        """Register a client."""
        client = self.server.connectIrc()
        client.send(f"CAP REQ :{' '.join(capabilities)}", f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END")
        self.commit()
        client.skip()
        return client

    def test_oneAfterTheOther(self) -> None:
        """If two channels are joined at once, the names of the first come before its later events."""
        alice, bob = self.enter("alice"), self.enter("bob")
        alice.send("JOIN #a")
        self.commit()
        bob.send("JOIN #a,#b")
        alice.send("PRIVMSG #a :hello")
        self.commit(2)
        expected = [
            f":{mask('bob')} JOIN #a",
            ":twistchat 353 bob = #a :@alice bob",
            ":twistchat 366 bob #a :End of /NAMES list",
            f":{mask('alice')} PRIVMSG #a :hello",
        ]
        self.hears(bob, *expected)
        self.commit()
        self.hears(
            bob,
            f":{mask('bob')} JOIN #b",
            ":twistchat 353 bob = #b :@bob",
            ":twistchat 366 bob #b :End of /NAMES list",
        )

    def test_labelled(self) -> None:
        """With a label, the reply to JOIN is one batch, and later events come after it."""
        alice, bob = self.enter("alice"), self.enter("bob", "batch", "labeled-response")
        alice.send("JOIN #a")
        self.commit()
        bob.send("@label=x JOIN #a,#b")
        alice.send("PRIVMSG #a :hello")
        self.commit(2)
        self.commit()
        lines = bob.lines()
        reference = lines[0].split("+")[1].split(" ")[0]
        self.assertEqual(
            lines,
            [
                f"@label=x :twistchat BATCH +{reference} labeled-response",
                f"@batch={reference} :{mask('bob')} JOIN #a",
                f"@batch={reference} :twistchat 353 bob = #a :@alice bob",
                f"@batch={reference} :twistchat 366 bob #a :End of /NAMES list",
                f"@batch={reference} :{mask('bob')} JOIN #b",
                f"@batch={reference} :twistchat 353 bob = #b :@bob",
                f"@batch={reference} :twistchat 366 bob #b :End of /NAMES list",
                f":twistchat BATCH -{reference}",
                f":{mask('alice')} PRIVMSG #a :hello",
            ],
        )

    def test_gone(self) -> None:
        """A client that disconnects while an event is written gets no reply, and nothing fails."""
        for number, line in enumerate(
            (
                "JOIN #a,#b",
                "PART #x,#y",
                "KICK #x victim,nobody",
                "INVITE victim #y",
                "TOPIC #x :y",
                "MODE #x +mqb+b x!*@*",
                "RENAME #x #z",
                "PRIVMSG #x,victim,nobody :hi",
                "PRIVMSG victim :hi",
                "NOTICE victim :hi",
                "@+x TAGMSG victim",
                "OJOIN #a",
            )
        ):
            victim = self.enter("victim")
            victim.send("AWAY :out", "JOIN #x")
            self.commit()
            for label in ("", "@label=1 "):
                nick = f"gone{number}{'x' if label else ''}"
                client = self.enter(nick, "batch", "labeled-response", "message-tags", "echo-message")
                session = next(iter(self.server.chat.identity.find(nick).sessions.values()))
                granting = Deferred.fromCoroutine(self.server.chat.operators.become(session, "tests", ["rooms"]))
                client.send("JOIN #x", "JOIN #y")
                self.commit()
                self.successResultOf(granting)
                client.send(f"{label}{line}")
                client.hangUp()
                self.commit()
                self.assertIsNone(self.server.chat.state.users.named(nick))
            victim.hangUp()
            self.commit()


class PartTests(Conversations):
    """PART."""

    def test_part(self) -> None:
        """The client and the other members get the PART."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        alice.skip()
        self.gets(bob, "PART #TEA", f":{mask('bob')} PART #tea")
        self.hears(alice, f":{mask('bob')} PART #tea")

    def test_emptyNames(self) -> None:
        """An empty name in the list is ignored."""
        alice = self.irc("alice", rooms="#a #b")
        self.gets(alice, "PART ,#a,,#b,", f":{mask('alice')} PART #a", f":{mask('alice')} PART #b")

    def test_reason(self) -> None:
        """Every PART has the reason, cut to the limit."""
        self.limit(reason=10)
        alice = self.irc("alice", rooms="#a #b")
        self.gets(
            alice,
            "PART #a,#b :Going to sleep",
            f":{mask('alice')} PART #a :Going to s",
            f":{mask('alice')} PART #b :Going to s",
        )

    def test_errors(self) -> None:
        """Unknown channels, and channels that the client is not in, are reported.  The others are left."""
        self.irc("bob", rooms="#other")
        alice = self.irc("alice", rooms="#a")
        self.gets(
            alice,
            "PART #other,#none,x,#a",
            ":twistchat 442 alice #other :You're not on that channel",
            ":twistchat 403 alice #none :No such channel",
            ":twistchat 403 alice x :No such channel",
            f":{mask('alice')} PART #a",
        )

    def test_needsParameters(self) -> None:
        """PART without a parameter is refused."""
        self.gets(
            self.irc("alice"),
            "PART",
            ":twistchat 461 alice PART :Not enough parameters: <channel>{,<channel>} [<reason>]",
        )


class KickTests(Conversations):
    """KICK."""

    def test_kick(self) -> None:
        """All members get the KICK with its reason."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        bob.skip()
        self.gets(alice, "KICK #tea BOB :Enough", f":{mask('alice')} KICK #tea bob :Enough")
        self.hears(bob, f":{mask('alice')} KICK #tea bob :Enough")
        self.gets(bob, "PRIVMSG #tea :hi", ":twistchat 404 bob #tea :Cannot send to channel (+n)")

    def test_noReason(self) -> None:
        """Without a reason, the reason is the operator's nick."""
        alice = self.irc("alice", rooms="#tea")
        self.irc("bob", rooms="#tea")
        self.gets(alice, "KICK #tea bob", f":{mask('alice')} KICK #tea bob :alice")

    def test_oneRoomManyNicks(self) -> None:
        """Several nicks are kicked from one channel."""
        alice = self.irc("alice", rooms="#tea")
        self.irc("bob", rooms="#tea")
        self.irc("carol", rooms="#tea")
        self.gets(
            alice,
            "KICK #tea bob,nobody,carol :Out",
            f":{mask('alice')} KICK #tea bob :Out",
            ":twistchat 401 alice nobody :No such nick",
            f":{mask('alice')} KICK #tea carol :Out",
        )

    def test_pairs(self) -> None:
        """With as many channels as nicks, each nick is kicked from the channel at its index."""
        alice = self.irc("alice", rooms="#a #b")
        self.irc("bob", rooms="#a #b")
        self.irc("carol", rooms="#a #b")
        self.gets(
            alice,
            "KICK #a,#b bob,carol :Out",
            f":{mask('alice')} KICK #a bob :Out",
            f":{mask('alice')} KICK #b carol :Out",
        )
        self.gets(
            alice,
            "KICK #a,#b bob,carol,dave",
            ":twistchat 461 alice KICK :One channel is wanted, or as many channels as nicks",
        )

    def test_errors(self) -> None:
        """Each error has its numeric."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        self.irc("carol", rooms="#other")
        for client, line, answer in (
            (
                alice,
                "KICK #tea",
                "461 alice KICK :Not enough parameters: <channel>{,<channel>} <nick>{,<nick>} [<reason>]",
            ),
            (alice, "KICK #none bob", "403 alice #none :No such channel"),
            (alice, "KICK #other carol", "442 alice #other :You're not on that channel"),
            (alice, "KICK #tea carol", "441 alice carol #tea :They aren't on that channel"),
            (alice, "KICK #tea dave", "401 alice dave :No such nick"),
            (bob, "KICK #tea alice", "482 bob #tea :You're not a channel operator of that rank"),
        ):
            self.gets(client, line, f":twistchat {answer}")


class TopicTests(Conversations):
    """TOPIC."""

    def test_set(self) -> None:
        """All members get a new topic, also if it is empty."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        bob.skip()
        self.gets(alice, "TOPIC #tea :Green", f":{mask('alice')} TOPIC #tea :Green")
        self.gets(alice, "TOPIC #tea :", f":{mask('alice')} TOPIC #tea :")
        self.hears(bob, f":{mask('alice')} TOPIC #tea :Green", f":{mask('alice')} TOPIC #tea :")

    def test_get(self) -> None:
        """A client may read the topic of every channel that is visible to it."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob")
        self.gets(bob, "TOPIC #tea", ":twistchat 331 bob #tea :No topic is set")
        alice.send("TOPIC #tea :Green tea")
        self.gets(
            bob,
            "TOPIC #TEA",
            ":twistchat 332 bob #tea :Green tea",
            ":twistchat 333 bob #tea alice 1767268800",
        )
        alice.send("MODE #tea +s")
        self.gets(bob, "TOPIC #tea", ":twistchat 403 bob #tea :No such channel")

    def test_errors(self) -> None:
        """Each error has its numeric."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        carol = self.irc("carol")
        for client, line, answer in (
            (alice, "TOPIC", "461 alice TOPIC :Not enough parameters: <channel> [<topic>]"),
            (alice, "TOPIC #none", "403 alice #none :No such channel"),
            (alice, "TOPIC #none :x", "403 alice #none :No such channel"),
            (carol, "TOPIC #tea :x", "442 carol #tea :You're not on that channel"),
            (bob, "TOPIC #tea :x", "482 bob #tea :You're not a channel operator of that rank"),
        ):
            self.gets(client, line, f":twistchat {answer}")
        alice.send("MODE #tea -t")
        self.gets(bob, "TOPIC #tea :Mine", f":{mask('bob')} TOPIC #tea :Mine")

    def test_tooLong(self) -> None:
        """A topic over the limit is refused, not cut."""
        self.limit(topic=5)
        alice = self.irc("alice", "standard-replies", rooms="#tea")
        self.gets(
            alice,
            "TOPIC #tea :Oolong",
            ":twistchat FAIL TOPIC TOO_LONG #tea :The topic has 6 characters, and 5 fit",
        )
        bob = self.irc("bob", rooms="#b")
        self.gets(bob, "TOPIC #b :Oolong", ":twistchat NOTICE bob :*** TOPIC: The topic has 6 characters, and 5 fit")

    def test_long(self) -> None:
        """A topic that does not fit into a line is cut between two characters."""
        alice = self.irc("alice", rooms="#tea")
        alice.send(f"TOPIC #tea :{chr(0x20AC) * 150}")
        self.gets(
            alice,
            "TOPIC #tea",
            f":twistchat 332 alice #tea {chr(0x20AC) * 150}",
            ":twistchat 333 alice #tea alice 1767268800",
        )
        lena = self.server.person("lena")
        lena.send("/join #long", f"/topic {chr(0x20AC) * 390}")
        self.gets(
            alice,
            "TOPIC #long",
            f":twistchat 332 alice #long {chr(0x20AC) * 160}",
            ":twistchat 333 alice #long lena 1767268800",
        )


class NamesTests(Conversations):
    """NAMES."""

    def test_prefixes(self) -> None:
        """A nick has the prefix of its highest rank; with multi-prefix, the prefixes of all ranks."""
        alice = self.irc("alice", rooms="#tea")
        self.irc("bob", rooms="#tea")
        alice.send("MODE #tea +vhv alice bob bob")
        self.gets(
            alice,
            "NAMES #tea",
            ":twistchat 353 alice = #tea :@alice %bob",
            ":twistchat 366 alice #tea :End of /NAMES list",
        )
        carol = self.irc("carol", "multi-prefix", "userhost-in-names")
        self.gets(
            carol,
            "NAMES #TEA",
            f":twistchat 353 carol = #tea :@+{mask('alice')} %+{mask('bob')}",
            ":twistchat 366 carol #tea :End of /NAMES list",
        )

    def test_secret(self) -> None:
        """A secret channel has another symbol.  Clients outside get no names."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob")
        alice.send("MODE #tea +s")
        self.gets(
            alice,
            "NAMES #tea",
            ":twistchat 353 alice @ #tea :@alice",
            ":twistchat 366 alice #tea :End of /NAMES list",
        )
        self.gets(bob, "NAMES #tea", ":twistchat 366 bob #tea :End of /NAMES list")

    def test_invisible(self) -> None:
        """Members, and operators with auspex, see invisible users."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        alice.send("MODE alice +i")
        end = "#tea :End of /NAMES list"
        self.gets(bob, "NAMES #tea", ":twistchat 353 bob = #tea :@alice bob", f":twistchat 366 bob {end}")
        carol = self.irc("carol")
        self.gets(carol, "NAMES #tea", ":twistchat 353 carol = #tea :bob", f":twistchat 366 carol {end}")
        oper = self.operator("oper", privileges="auspex")
        self.gets(oper, "NAMES #tea", ":twistchat 353 oper = #tea :@alice bob", f":twistchat 366 oper {end}")

    def test_none(self) -> None:
        """For an unknown channel, or none, there is only the end.  A second channel is ignored."""
        alice = self.irc("alice", rooms="#a #b")
        self.gets(alice, "NAMES", ":twistchat 366 alice * :End of /NAMES list")
        self.gets(alice, "NAMES #none", ":twistchat 366 alice #none :End of /NAMES list")
        self.gets(
            alice,
            "NAMES #a,#b",
            ":twistchat 353 alice = #a :@alice",
            ":twistchat 366 alice #a :End of /NAMES list",
        )
        self.gets(alice, f"NAMES :{'x' * 480}", f":twistchat 366 alice {'x' * 250} :End of /NAMES list")
        self.gets(alice, "NAMES :a b", ":twistchat 366 alice a\ufffdb :End of /NAMES list")

    def test_manyLines(self) -> None:
        """With many members, no line exceeds 512 bytes, and each nick is in exactly one line."""
        nicks = [f"someone{number:02}\u00e9" for number in range(60)]
        for nick in nicks:
            self.irc(nick, rooms="#tea")
        alice = self.irc("alice", "userhost-in-names")
        alice.skip()
        alice.send("NAMES #tea")
        lines = [line for line in alice.lines() if " 353 " in line]
        self.assertGreater(len(lines), 4)
        self.assertLessEqual(max(len(line.encode()) for line in lines), 510)
        names = [name.lstrip("@").split("!")[0] for line in lines for name in line.split(" :", 1)[1].split(" ")]
        self.assertEqual(names, nicks)


class OtherDoorTests(Conversations):
    """Users of the line door in the same channel."""

    def test_comings(self) -> None:
        """Users of both doors see each other join, talk and leave."""
        lena = self.server.person("lena")
        alice = self.irc("alice")
        self.gets(
            alice,
            "JOIN #lobby",
            f":{mask('alice')} JOIN #lobby",
            ":twistchat 353 alice = #lobby :@lena alice",
            ":twistchat 366 alice #lobby :End of /NAMES list",
        )
        lena.expect("* alice joined #lobby")
        alice.send("PRIVMSG #lobby :Hello", "PRIVMSG #lobby :\x01ACTION waves\x01", "NOTICE #lobby :psst")
        lena.expect("[12:00] <alice> Hello", "[12:00] * alice waves", "[12:00] -alice- psst")
        alice.skip()
        lena.send("Hi alice", "/me smiles", "/topic Tea at five")
        who = f"lena!~line@{HOST}"
        self.hears(
            alice,
            f":{who} PRIVMSG #lobby :Hi alice",
            f":{who} PRIVMSG #lobby :\x01ACTION smiles\x01",
            f":{who} TOPIC #lobby :Tea at five",
        )
        lena.skip()
        lena.send("/kick alice be quiet")
        self.hears(alice, f":{who} KICK #lobby alice :be quiet")
        lena.skip()
        alice.send("JOIN #lobby", "PART #lobby :bye")
        self.assertEqual(lena.lines(), ["* alice joined #lobby", "* alice left #lobby (bye)"])


globals().update(overMessages(globals()))
