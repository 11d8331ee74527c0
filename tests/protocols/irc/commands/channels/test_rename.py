"""Tests of RENAME (IRCv3 channel-rename)."""

from __future__ import annotations

from tests.protocols.irc.conversations import HOST, LABELS, Conversations, mask

RENAME = "draft/channel-rename"


class RenameTests(Conversations):
    """RENAME."""

    def test_rename(self) -> None:
        """Clients with the capability get RENAME, which always has a reason."""
        alice, bob = self.irc("alice", RENAME, rooms="#boaring"), self.irc("bob", RENAME, rooms="#boaring")
        bob.skip()
        line = f":{mask('alice')} RENAME #boaring #boring :Typo fix"
        self.gets(alice, "RENAME #boaring #boring :Typo fix", line)
        self.hears(bob, line)
        line = f":{mask('alice')} RENAME #boring #fun :"
        self.gets(alice, "RENAME #BORING #fun", line)
        self.hears(bob, line)
        alice.send("PRIVMSG #fun :hi")
        self.hears(bob, f":{mask('alice')} PRIVMSG #fun :hi")

    def test_fallback(self) -> None:
        """Other clients get PART, JOIN and the names ("Fallback")."""
        alice = self.irc("alice", rooms="#old")
        alice.send("TOPIC #old :Tea")
        bob = self.irc("bob", "extended-join", "multi-prefix", "server-time", "message-tags", rooms="#old")
        alice.send("MODE #old +v alice")
        bob.skip()
        self.gets(
            alice,
            "RENAME #old #new :Changing the name",
            f":{mask('alice')} PART #old :Changing the name",
            f":{mask('alice')} JOIN #new",
            ":twistchat MODE #new +ov alice alice",
            ":twistchat 332 alice #new Tea",
            ":twistchat 333 alice #new alice 1767268800",
            ":twistchat 353 alice = #new :@alice bob",
            ":twistchat 366 alice #new :End of /NAMES list",
        )
        lines = bob.lines()
        time = "time=2026-01-01T12:00:00.000Z"
        self.assertRegex(lines[0], rf"@{time};msgid=test-\d+-part :bob!\S+ PART #old :Changing the name$")
        self.assertRegex(lines[1], rf"@{time};msgid=test-\d+ :bob!\S+ JOIN #new \* :bob$")
        self.assertEqual(
            lines[2:],
            [
                ":twistchat 332 bob #new Tea",
                ":twistchat 333 bob #new alice 1767268800",
                ":twistchat 353 bob = #new :@+alice bob",
                ":twistchat 366 bob #new :End of /NAMES list",
            ],
        )
        alice.send("PRIVMSG #new :hi")
        self.assertRegex(bob.lines()[0], r"PRIVMSG #new :hi$")

    def test_order(self) -> None:
        """Texts under the old name come before the rename, and later ones after it."""
        alice, bob = self.irc("alice", rooms="#old"), self.irc("bob", rooms="#old")
        bob.skip()
        alice.send("PRIVMSG #old :one", "RENAME #old #new", "PRIVMSG #new :two")
        lines = [line.split(" ", 1)[1] for line in bob.lines()]
        self.assertEqual(lines[:4], ["PRIVMSG #old :one", "PART #old", "JOIN #new", "PRIVMSG #new :two"])
        self.assertEqual([line.split(" ")[0] for line in lines[4:]], ["353", "366"])

    def test_case(self) -> None:
        """A change of case is allowed.  Clients without the capability are not told."""
        alice, bob = self.irc("alice", RENAME, rooms="#tea"), self.irc("bob", rooms="#tea")
        alice.skip()
        bob.skip()
        self.gets(alice, "RENAME #tea #Tea", f":{mask('alice')} RENAME #tea #Tea :")
        self.hears(bob)
        self.gets(
            bob, "NAMES #tea", ":twistchat 353 bob = #Tea :@alice bob", ":twistchat 366 bob #Tea :End of /NAMES list"
        )
        self.gets(alice, "RENAME #Tea #Tea")

    def test_labelled(self) -> None:
        """The labelled reply is RENAME, or the whole fallback."""
        alice = self.irc("alice", *LABELS, RENAME, rooms="#a")
        self.gets(alice, "@label=1 RENAME #a #b", f"@label=1 :{mask('alice')} RENAME #a #b :")
        bob = self.irc("bob", *LABELS, rooms="#c")
        bob.skip()
        bob.send("@label=2 RENAME #c #d")
        lines = bob.lines()
        self.assertRegex(lines[0], r"^@label=2 :twistchat BATCH \+\S+ labeled-response$")
        self.assertRegex(lines[-1], r"^:twistchat BATCH -\S+$")
        inside = [line.split(" ", 2)[2] for line in lines[1:-1]]
        self.assertEqual(
            inside,
            [
                "PART #c",
                "JOIN #d",
                "MODE #d +o bob",
                "353 bob = #d @bob".replace("@", ":@"),
                "366 bob #d :End of /NAMES list",
            ],
        )
        self.assertTrue(all(line.startswith("@batch=") for line in lines[1:-1]))

    def test_errors(self) -> None:
        """Errors have the codes of the specification, or numerics."""
        alice = self.irc("alice", RENAME, rooms="#a #taken")
        bob = self.irc("bob", "standard-replies", rooms="#a")
        cannot = "FAIL RENAME CANNOT_RENAME #a"
        for client, line, answer in (
            (alice, "RENAME #a #Taken", "FAIL RENAME CHANNEL_NAME_IN_USE #a #Taken :The channel name is already taken"),
            (
                alice,
                "RENAME #a &a",
                f"{cannot} &a :The channel cannot be renamed: the name does not begin with #",
            ),
            (
                alice,
                "RENAME #a #t\u0430ken",
                f"{cannot} #t\u0430ken :The channel cannot be renamed: that looks like #taken, which exists",
            ),
            (bob, "RENAME #a #b", "482 bob #a :You're not a channel operator of that rank"),
            (bob, "RENAME #taken #b", "442 bob #taken :You're not on that channel"),
            (bob, "RENAME #none #b", "403 bob #none :No such channel"),
            (bob, "RENAME #a", "461 bob RENAME :Not enough parameters: <channel> <channel> [<reason>]"),
        ):
            self.gets(client, line, f":twistchat {answer}")

    def test_plain(self) -> None:
        """Clients without RENAME and standard replies get errors as notices."""
        carol = self.irc("carol", rooms="#c #taken")
        self.gets(carol, "RENAME #c #taken", ":twistchat NOTICE carol :*** RENAME: The channel name is already taken")

    def test_tooOften(self) -> None:
        """Renames of a channel have a rate limit."""
        self.limit(exempt=(), floodBurst=100)
        alice = self.irc("alice", RENAME, rooms="#a")
        alice.send("RENAME #a #b", "RENAME #b #c", "RENAME #c #d")
        self.gets(
            alice,
            "RENAME #d #e",
            ":twistchat FAIL RENAME CANNOT_RENAME #d #e :This channel has been renamed recently; try again in 60 s",
        )

    def test_otherDoor(self) -> None:
        """Users of the line door see a notice, and the channel stays their current room."""
        lena = self.server.person("lena")
        alice = self.irc("alice", rooms="#tea")
        lena.send("/join #tea")
        lena.skip()
        alice.send("RENAME #tea #ale :Friday")
        lena.expect("* alice renamed #tea to #ale (Friday)")
        alice.skip()
        lena.send("hello")
        self.hears(alice, f":lena!~line@{HOST} PRIVMSG #ale :hello")
