"""Tests of MODE for channels (modern.ircdocs.horse, "MODE message")."""

from __future__ import annotations

from tests.protocols.irc.conversations import Conversations, mask
from twistchat.chat.model.modes.room import RANKS, ROOM_MODES, Shape


class QueryTests(Conversations):
    """MODE without changes."""

    def test_query(self) -> None:
        """The reply has the modes, their parameters, and the time when the channel began."""
        alice = self.irc("alice", rooms="#tea")
        self.gets(alice, "MODE #tea", ":twistchat 324 alice #tea +nt", ":twistchat 329 alice #tea 1767268800")
        alice.send("MODE #tea +lk 5 sesame")
        self.gets(
            alice,
            "MODE #TEA",
            ":twistchat 324 alice #tea +ntlk 5 sesame",
            ":twistchat 329 alice #tea 1767268800",
        )

    def test_key(self) -> None:
        """Only members, and operators with auspex, see the key."""
        self.irc("alice", rooms="#tea").send("MODE #tea +kl sesame 5")
        created = ":twistchat 329 {} #tea 1767268800"
        self.gets(self.irc("bob"), "MODE #tea", ":twistchat 324 bob #tea +ntkl * 5", created.format("bob"))
        oper = self.operator("oper", privileges="auspex")
        self.gets(oper, "MODE #tea", ":twistchat 324 oper #tea +ntkl sesame 5", created.format("oper"))

    def test_unknown(self) -> None:
        """An unknown channel and a secret one are the same."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob")
        alice.send("MODE #tea +s")
        for line in ("MODE #tea", "MODE #tea +m", "MODE #none", "MODE #none +b", "MODE #"):
            name = line.split(" ")[1]
            self.gets(bob, line, f":twistchat 403 bob {name} :No such channel")
        self.gets(bob, "MODE", ":twistchat 461 bob MODE :Not enough parameters: <target> [<modes> [<parameter>...]]")


class ChangeTests(Conversations):
    """Changes."""

    def test_several(self) -> None:
        """Several changes are one event."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        bob.skip()
        line = f":{mask('alice')} MODE #tea +mkl-t+v sesame 10 bob"
        self.gets(alice, "MODE #tea +mkl-t+v sesame 10 bob", line)
        self.hears(bob, line)

    def test_noSign(self) -> None:
        """Letters without a sign are added."""
        alice = self.irc("alice", rooms="#tea")
        self.gets(alice, "MODE #tea m", f":{mask('alice')} MODE #tea +m")

    def test_nothing(self) -> None:
        """A change that changes nothing has no reply."""
        self.gets(self.irc("alice", rooms="#tea"), "MODE #tea +n-m")

    def test_eachMode(self) -> None:
        """Every mode can be set and removed by those who may."""
        oper = self.operator("oper")
        oper.join("#tea", "#other")
        oper.send("OJOIN #tea")
        parameters = {"k": "sesame", "l": "10", "f": "#other", "b": "x!*@*", "e": "x!*@*", "I": "x!*@*"}
        for mode in ROOM_MODES.values():
            if mode.letter in "nt":
                continue
            given = f" {parameters[mode.letter]}" if mode.letter in parameters else ""
            taken = given if mode.shape in (Shape.LIST, Shape.ALWAYS) else ""
            self.gets(oper, f"MODE #tea +{mode.letter}{given}", f":{mask('oper')} MODE #tea +{mode.letter}{given}")
            self.gets(oper, f"MODE #tea -{mode.letter}{taken}", f":{mask('oper')} MODE #tea -{mode.letter}{taken}")
        self.irc("bob", rooms="#tea")
        for rank in RANKS:
            self.gets(oper, f"MODE #tea +{rank.letter} bob", f":{mask('oper')} MODE #tea +{rank.letter} bob")

    def test_errors(self) -> None:
        """Each invalid change is reported once.  The others are made."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        self.irc("carol")
        self.gets(
            alice,
            "MODE #tea +mZYZvvi nobody carol",
            f":{mask('alice')} MODE #tea +mi",
            ":twistchat 472 alice Z :is unknown mode char to me",
            ":twistchat 472 alice Y :is unknown mode char to me",
            ":twistchat 401 alice nobody :No such nick",
            ":twistchat 441 alice carol #tea :They aren't on that channel",
        )
        self.gets(
            alice,
            "MODE #tea +lk-il+o x bad,key bob",
            f":{mask('alice')} MODE #tea -i+o bob",
            ":twistchat 696 alice #tea l x :Invalid parameter: a number from 1 to 1000000 is wanted",
            ":twistchat 525 alice #tea :Invalid key: 1 to 23 characters, no space, comma or colon are wanted",
        )
        self.gets(alice, "MODE #tea +k", ":twistchat 696 alice #tea k * :Invalid parameter: a value is wanted")
        self.gets(alice, "MODE #tea +o", ":twistchat 696 alice #tea o * :Invalid parameter: a nick is wanted")
        bob.skip()

    def test_unwritableLetter(self) -> None:
        """A letter that cannot be in the middle of a line is replaced in the reply.  The other changes are made."""
        alice = self.irc("alice", rooms="#tea")
        unknown, replaced = "is unknown mode char to me", "\N{REPLACEMENT CHARACTER}"
        for line, *letters in (
            ("MODE #tea ::", replaced),
            ("MODE #tea :x y", "x", replaced, "y"),
            ("MODE #tea :+ ", replaced),
            ("MODE #tea :+::", replaced),
        ):
            self.gets(alice, line, *(f":twistchat 472 alice {letter} :{unknown}" for letter in letters))
        self.gets(
            alice, "MODE #tea :+m i", f":{mask('alice')} MODE #tea +mi", f":twistchat 472 alice {replaced} :{unknown}"
        )
        alice.skip()
        alice.send("MODE #tea :b x")
        codes = [line.split()[1] for line in alice.lines()]
        self.assertEqual(["472", "472", "368"], codes)
        self.assertEqual([], self.flushLoggedErrors())

    def test_extendedBan(self) -> None:
        """An invalid extended ban is refused, and the reply lists the valid ones."""
        alice = self.irc("alice", rooms="#tea")
        alice.skip()
        alice.send("MODE #tea +b ~y:x")
        self.assertRegex(alice.lines()[0], r":twistchat 696 alice #tea b ~y:x :Invalid parameter: .*~a.*~r.*")
        self.gets(alice, "MODE #tea +b ~a:Bob", f":{mask('alice')} MODE #tea +b ~a:bob")

    def test_notOperator(self) -> None:
        """Without the rank nothing changes, and there is one error."""
        self.irc("alice", rooms="#tea")
        bob = self.irc("bob", rooms="#tea")
        refusal = ":twistchat 482 bob #tea :You're not a channel operator of that rank"
        self.gets(bob, "MODE #tea +mi-t+o bob", refusal)
        self.gets(self.irc("carol"), "MODE #tea +m", ":twistchat 442 carol #tea :You're not on that channel")

    def test_serverOperators(self) -> None:
        """Only operators of the server set some modes."""
        self.gets(
            self.irc("alice", rooms="#tea"),
            "MODE #tea +O",
            ":twistchat 481 alice :Permission Denied - This is for operators who may come into any room, and take a "
            "founder's rank there (rooms)",
        )

    def test_listFull(self) -> None:
        """A list has no more masks than the limit.  Those that fit are added."""
        self.limit(bans=2)
        alice = self.irc("alice", rooms="#tea")
        self.gets(
            alice,
            "MODE #tea +bbb a!*@* b!*@* c!*@*",
            f":{mask('alice')} MODE #tea +bb a!*@* b!*@*",
            ":twistchat 478 alice #tea b :The list is full, it takes 2",
        )
        self.gets(alice, "MODE #tea -b+b a!*@* c!*@*", f":{mask('alice')} MODE #tea -b+b a!*@* c!*@*")

    def test_manyParameters(self) -> None:
        """Changes with a parameter beyond the limit of MODES are ignored."""
        alice = self.irc("alice", rooms="#tea")
        alice.skip()
        alice.send(f"MODE #tea +{'b' * 21}m " + " ".join(f"m{number}!*@*" for number in range(21)))
        lines = alice.lines()
        self.assertEqual(sum(line.count("!*@*") for line in lines), 20)
        self.assertNotIn("m20", "".join(lines))
        self.assertFalse([line for line in lines if " MODE " not in line])

    def test_otherDoor(self) -> None:
        """Users of the line door see the changes as a notice."""
        lena = self.server.person("lena")
        alice = self.irc("alice", rooms="#lobby")
        lena.skip()
        lena.send("/mode +v alice")
        self.hears(alice, f":lena!~line@{mask('x').split('@')[1]} MODE #lobby +v alice")


class ListTests(Conversations):
    """The lists of a channel."""

    def test_lists(self) -> None:
        """Bans, exceptions and invite exceptions are listed with author and time."""
        alice = self.irc("alice", rooms="#tea")
        alice.send("MODE #tea +beI a!*@* b!*@* c!*@*")
        for query, item, end, text in (
            ("b", "367 alice #tea a!*@*", "368", "End of channel ban list"),
            ("+b", "367 alice #tea a!*@*", "368", "End of channel ban list"),
            ("-e", "348 alice #tea b!*@*", "349", "End of channel exception list"),
            ("+I", "346 alice #tea c!*@*", "347", "End of channel invite exception list"),
        ):
            self.gets(
                alice,
                f"MODE #tea {query}",
                f":twistchat {item} alice 1767268800",
                f":twistchat {end} alice #tea :{text}",
            )

    def test_several(self) -> None:
        """A list is shown once, after the changes of the same command."""
        alice = self.irc("alice", rooms="#tea")
        self.gets(
            alice,
            "MODE #tea +bbmb x!*@*",
            f":{mask('alice')} MODE #tea +bm x!*@*",
            ":twistchat 367 alice #tea x!*@* alice 1767268800",
            ":twistchat 368 alice #tea :End of channel ban list",
        )

    def test_ranks(self) -> None:
        """Founders and protected operators are lists too."""
        oper = self.operator("oper")
        oper.join("#tea")
        oper.send("OJOIN #tea")
        self.irc("bob", rooms="#tea")
        oper.send("MODE #tea +a bob")
        self.gets(
            oper,
            "MODE #tea +q",
            ":twistchat 386 oper #tea oper",
            ":twistchat 387 oper #tea :End of channel founder list",
        )
        self.gets(
            oper,
            "MODE #tea a",
            ":twistchat 388 oper #tea bob",
            ":twistchat 389 oper #tea :End of channel protected operator list",
        )

    def test_outside(self) -> None:
        """Only members see the lists."""
        self.irc("alice", rooms="#tea")
        bob = self.irc("bob")
        for query in "beIqa":
            self.gets(bob, f"MODE #tea {query}", ":twistchat 442 bob #tea :You're not on that channel")


class TakeOverTests(Conversations):
    """OJOIN."""

    def test_takeOver(self) -> None:
        """An operator of the server joins past every lock as founder.  All members see it."""
        alice = self.irc("alice", rooms="#tea")
        alice.send("MODE #tea +ikb sesame oper!*@*")
        oper = self.operator("oper", privileges="rooms")
        alice.skip()
        self.gets(
            oper,
            "OJOIN #tea",
            f":{mask('oper')} JOIN #tea",
            ":twistchat 353 oper = #tea :@alice oper",
            ":twistchat 366 oper #tea :End of /NAMES list",
            f":{mask('oper')} MODE #tea +q oper",
        )
        self.hears(alice, f":{mask('oper')} JOIN #tea", f":{mask('oper')} MODE #tea +q oper")
        self.gets(oper, "OJOIN #tea")

    def test_others(self) -> None:
        """Other clients may not use it."""
        self.gets(
            self.irc("alice"),
            "OJOIN #tea",
            ":twistchat 481 alice :Permission Denied - This is for operators who may come into any room, and take a "
            "founder's rank there (rooms)",
        )
