"""Coming and going, topics and names at the IRC door (modern.ircdocs.horse, "Channel Operations")."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from tests.protocols.irc.conversations import HOST, Conversations, mask
from twistchat.testing import IrcClient, ManualLog, MemoryServer, inMemory
from twistchat.testing.server import SETTINGS


class JoinTests(Conversations):
    """JOIN."""

    def test_join(self) -> None:
        """Who comes into a room sees that, and who is there; whoever is there sees them come."""
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
        """The topic comes between, with who set it and when."""
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
        """With no-implicit-names the names are left out, and told when asked for."""
        alice = self.irc("alice", "no-implicit-names")
        self.gets(alice, "JOIN #tea", f":{mask('alice')} JOIN #tea")
        self.gets(
            alice,
            "NAMES #tea",
            ":twistchat 353 alice = #tea :@alice",
            ":twistchat 366 alice #tea :End of /NAMES list",
        )

    def test_extendedJoin(self) -> None:
        """With extended-join, one sees the account and the realname of who comes."""
        alice = self.irc("alice", "extended-join", rooms="#tea")
        self.irc("bob", rooms="#tea")
        self.hears(alice, f":{mask('bob')} JOIN #tea * :bob")

    def test_again(self) -> None:
        """Who is in a room already is told nothing."""
        self.gets(self.irc("alice", rooms="#tea"), "JOIN #Tea")

    def test_several(self) -> None:
        """Each room of a list is joined with the key at its place; what fails keeps none of the others back."""
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
        """JOIN 0 leaves every room."""
        alice = self.irc("alice", rooms="#a #b")
        self.gets(alice, "JOIN 0", f":{mask('alice')} PART #a", f":{mask('alice')} PART #b")
        self.gets(alice, "JOIN 0")

    def test_needsParameters(self) -> None:
        """JOIN of nothing."""
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
        """Mode O, which operators of the server set."""
        oper = self.operator("oper")
        oper.join("#tea")
        oper.send("MODE #tea +O")
        bob = self.irc("bob")
        self.gets(bob, "JOIN #tea", ":twistchat 520 bob #tea :Cannot join channel (+O), for server operators")

    def test_tooMany(self) -> None:
        """No more rooms than the limit."""
        self.limit(roomsPerUser=1)
        alice = self.irc("alice", rooms="#a")
        self.gets(alice, "JOIN #b", ":twistchat 405 alice #b :You are on 1 channels, the most")

    def test_lookalike(self) -> None:
        """No room is called what looks like another."""
        self.irc("alice", rooms="#tea")
        bob = self.irc("bob")
        self.gets(bob, "JOIN #t\u0435a", ":twistchat 476 bob #t\u0435a :This name looks like #tea, which exists")

    def test_badNames(self) -> None:
        """What cannot be a room's name is an error, whatever is in it."""
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
        """Who cannot come in is sent to the room that mode f names."""
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
        """A forward from there on is not followed: two rooms may name each other."""
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
        """Rooms are joined no faster than the limit, by those whom it binds."""
        self.limit(exempt=(), userJoinBurst=1, floodBurst=100)
        alice = self.irc("alice", rooms="#a")
        self.gets(alice, "JOIN #b", ":twistchat 263 alice JOIN :You join rooms too fast; try again in 10 s")

    def test_roomTooFast(self) -> None:
        """A room takes no more joins than the limit."""
        self.limit(exempt=(), roomJoinBurst=1, floodBurst=100)
        self.irc("alice", rooms="#a")
        self.irc("bob", rooms="#a")
        carol = self.irc("carol")
        self.gets(carol, "JOIN #a", ":twistchat 437 carol #a :Too many are joining just now; try again in 1 s")


class GapTests(Conversations):
    """What a room hears, and what someone is shown who comes in, meet without gap."""

    def setUp(self) -> None:
        """A server whose journal takes its time."""
        self.server = MemoryServer(SETTINGS, journal=inMemory(ManualLog))

    def commit(self, count: int | None = None) -> None:
        """Let so many events happen, or all, and what comes of that."""
        journal = self.server.log
        assert isinstance(journal, ManualLog)
        journal.commit(count)
        self.server.pump()

    def enter(self, nick: str, *capabilities: str) -> IrcClient:
        """Bring someone in."""
        client = self.server.connectIrc()
        client.send(f"CAP REQ :{' '.join(capabilities)}", f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END")
        self.commit()
        client.skip()
        return client

    def test_oneAfterTheOther(self) -> None:
        """Of two rooms that are joined at once, the names of the first come in front of what is said meanwhile."""
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
        """With a label it is one answer, and what is said meanwhile comes behind all of it."""
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
        """Who goes while something of theirs is on its way to the disk is answered nothing, and nothing fails."""
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
        """Who leaves sees that, and so do the others."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        alice.skip()
        self.gets(bob, "PART #TEA", f":{mask('bob')} PART #tea")
        self.hears(alice, f":{mask('bob')} PART #tea")

    def test_emptyNames(self) -> None:
        """An empty name in the list is ignored."""
        alice = self.irc("alice", rooms="#a #b")
        self.gets(alice, "PART ,#a,,#b,", f":{mask('alice')} PART #a", f":{mask('alice')} PART #b")

    def test_reason(self) -> None:
        """The reason is on each line; what is too long of it is cut."""
        self.limit(reason=10)
        alice = self.irc("alice", rooms="#a #b")
        self.gets(
            alice,
            "PART #a,#b :Going to sleep",
            f":{mask('alice')} PART #a :Going to s",
            f":{mask('alice')} PART #b :Going to s",
        )

    def test_errors(self) -> None:
        """Rooms that one is not in, or that are none, are told and passed over."""
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
        """PART of nothing."""
        self.gets(
            self.irc("alice"),
            "PART",
            ":twistchat 461 alice PART :Not enough parameters: <channel>{,<channel>} [<reason>]",
        )


class KickTests(Conversations):
    """KICK."""

    def test_kick(self) -> None:
        """All see who put whom out, and why."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        bob.skip()
        self.gets(alice, "KICK #tea BOB :Enough", f":{mask('alice')} KICK #tea bob :Enough")
        self.hears(bob, f":{mask('alice')} KICK #tea bob :Enough")
        self.gets(bob, "PRIVMSG #tea :hi", ":twistchat 404 bob #tea :Cannot send to channel (+n)")

    def test_noReason(self) -> None:
        """Without a reason it is the nick of who did it."""
        alice = self.irc("alice", rooms="#tea")
        self.irc("bob", rooms="#tea")
        self.gets(alice, "KICK #tea bob", f":{mask('alice')} KICK #tea bob :alice")

    def test_oneRoomManyNicks(self) -> None:
        """Several are put out of one room."""
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
        """As many rooms as nicks: each out of the room at its place."""
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
        """Each has its numeric."""
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
        """All see a new topic, and that it is cleared."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        bob.skip()
        self.gets(alice, "TOPIC #tea :Green", f":{mask('alice')} TOPIC #tea :Green")
        self.gets(alice, "TOPIC #tea :", f":{mask('alice')} TOPIC #tea :")
        self.hears(bob, f":{mask('alice')} TOPIC #tea :Green", f":{mask('alice')} TOPIC #tea :")

    def test_get(self) -> None:
        """Whoever may know of a room may read its topic."""
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
        """Each has its numeric."""
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
        """What does not fit into a line of it is cut between two characters."""
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
        """The highest rank's prefix stands before a nick; with multi-prefix, all of them."""
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
        """A secret room has another sign, and is none for those outside."""
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
        """Invisible users are shown to those in the room, and to operators who see all."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        alice.send("MODE alice +i")
        end = "#tea :End of /NAMES list"
        self.gets(bob, "NAMES #tea", ":twistchat 353 bob = #tea :@alice bob", f":twistchat 366 bob {end}")
        carol = self.irc("carol")
        self.gets(carol, "NAMES #tea", ":twistchat 353 carol = #tea :bob", f":twistchat 366 carol {end}")
        oper = self.operator("oper", privileges="auspex")
        self.gets(oper, "NAMES #tea", ":twistchat 353 oper = #tea :@alice bob", f":twistchat 366 oper {end}")

    def test_none(self) -> None:
        """Of a room that is none, or of no room, there is the end alone; a second room is passed over."""
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
        """However many there are, no line is longer than 512 bytes, and everyone is in exactly one."""
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
    """People of the line door in the same room."""

    def test_comings(self) -> None:
        """Each sees the other come, talk and go, in the manner of their door."""
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
