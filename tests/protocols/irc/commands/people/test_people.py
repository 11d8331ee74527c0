"""Tests of WHOIS, WHOWAS, USERHOST, ISON, AWAY, SETNAME, and MODE for users."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import STRANGER, host, mask, rooted, serverWith, settingsWith, staffed
from twistchat.config import ClassSettings
from twistchat.net.input.pace import PART_SIZE
from twistchat.testing import IrcClient, MemoryServer


def ask(client: IrcClient, line: str) -> list[str]:
    """Send a line, and get the reply without the server's name."""
    client.skip()
    client.send(line)
    return [line.removeprefix(":twistchat ") for line in client.lines()]


def codes(lines: list[str]) -> list[str]:
    """Get the numerics of replies."""
    return [line.split(" ")[0] for line in lines]


class WhoisTests(SynchronousTestCase):
    """WHOIS."""

    def setUp(self) -> None:
        """Register alice, who is in some channels, and bob, who shares one with her."""
        self.server = staffed()
        self.alice, self.bob = self.server.irc("alice"), self.server.irc("bob")
        self.alice.join("#shared", "#open", "#hidden")
        self.alice.send("MODE #hidden +s")
        self.bob.join("#shared")

    def test_other(self) -> None:
        """Another user sees the names, the channels that are not secret, the server, and the times."""
        self.server.advance(61.5)
        self.assertEqual(
            [
                f"311 bob alice ~alice {host()} * alice",
                "319 bob alice :@#shared @#open",
                "312 bob alice twistchat :A twistchat server",
                "317 bob alice 61 1767268800 :seconds idle, signon time",
                "318 bob alice :End of /WHOIS list",
            ],
            ask(self.bob, "WHOIS alice"),
        )

    def test_self(self) -> None:
        """A user sees its own secret channels, address and modes."""
        self.alice.send("MODE alice +iw")
        self.assertEqual(
            [
                f"311 alice alice ~alice {host()} * alice",
                "319 alice alice :@#shared @#open @#hidden",
                "312 alice alice twistchat :A twistchat server",
                "378 alice alice :is connecting from ~alice@127.0.0.1 127.0.0.1",
                "338 alice alice ~alice@127.0.0.1 127.0.0.1 :Is actually using host",
                "379 alice alice :is using modes +iw",
                "317 alice alice 0 1767268800 :seconds idle, signon time",
                "318 alice alice :End of /WHOIS list",
            ],
            ask(self.alice, "WHOIS alice"),
        )

    def test_operator(self) -> None:
        """An operator with auspex sees them too; one without does not."""
        root = rooted(self.server, "root")
        self.assertEqual(["311", "319", "312", "378", "338", "379", "317", "318"], codes(ask(root, "WHOIS alice")))
        self.assertIn("319 root alice :@#shared @#open @#hidden", ask(root, "WHOIS alice"))
        self.server = staffed(helper=ClassSettings(title="helps", privileges=("kill",)))
        self.server.irc("alice")
        helper = rooted(self.server, "helper", name="helper")
        self.assertEqual(["311", "312", "317", "318"], codes(ask(helper, "WHOIS alice")))

    def test_isOperator(self) -> None:
        """Everyone sees an operator's title from the configuration."""
        self.server = staffed(helper=ClassSettings(title="helps those who are lost", privileges=("kill",)))
        rooted(self.server, "helper", name="helper")
        self.assertIn("313 bob helper :helps those who are lost", ask(self.server.irc("bob"), "WHOIS helper"))

    def test_invisible(self) -> None:
        """Only the shared channels of an invisible user are shown."""
        self.alice.send("MODE alice +i")
        self.assertIn("319 bob alice :@#shared", ask(self.bob, "WHOIS alice"))
        self.assertEqual(["311", "312", "317", "318"], codes(ask(self.server.irc("carol"), "WHOIS alice")))

    def test_more(self) -> None:
        """The away message, the bot flag and the account have a line each."""
        self.alice.send("AWAY :at lunch", "MODE alice +B")
        self.server.chat.identity.setAccount(self.server.chat.identity.find("alice"), "Alice")
        lines = ask(self.bob, "WHOIS alice")
        self.assertIn("301 bob alice :at lunch", lines)
        self.assertIn("335 bob alice :is a bot", lines)
        self.assertIn("330 bob alice Alice :is logged in as", lines)
        self.assertEqual("318", codes(lines)[-1])

    def test_secure(self) -> None:
        """Everyone sees that a connection is encrypted.  Only its user and operators see the certificate."""
        (session,) = self.server.chat.identity.find("alice").sessions.values()
        session.secure, session.fingerprint = True, "ab" * 32
        self.assertIn("671 bob alice :is using a secure connection", ask(self.bob, "WHOIS alice"))
        self.assertNotIn("276", codes(ask(self.bob, "WHOIS alice")))
        line = f"276 {{}} alice :has client certificate fingerprint {'ab' * 32}"
        self.assertIn(line.format("alice"), ask(self.alice, "WHOIS alice"))
        self.assertIn(line.format("root"), ask(rooted(self.server, "root"), "WHOIS alice"))

    def test_ipv6(self) -> None:
        """No address begins with a colon."""
        client = self.server.irc("carol", host="::1")
        lines = ask(client, "WHOIS carol")
        self.assertIn("338 carol carol ~carol@0::1 0::1 :Is actually using host", lines)

    def test_twoParameters(self) -> None:
        """The first parameter may be the server, a mask of it, or a nick.  Other servers do not exist."""
        for server in ("twistchat", "TWIST*", "alice", "bob"):
            self.assertEqual("311", codes(ask(self.bob, f"WHOIS {server} alice"))[0], server)
        self.assertEqual(["402 bob elsewhere :No such server"], ask(self.bob, "WHOIS elsewhere alice"))

    def test_nobody(self) -> None:
        """An unknown nick has an error and the end, which has the parameter as it was sent."""
        self.assertEqual(
            ["401 bob Nobody :No such nick", "318 bob Nobody :End of /WHOIS list"], ask(self.bob, "WHOIS Nobody")
        )
        for line in ("WHOIS", "WHOIS :", "WHOIS twistchat :"):
            self.assertEqual(["431 bob :No nickname given"], ask(self.bob, line))

    def test_several(self) -> None:
        """Only the first of several nicks is described, as TARGMAX says.  The end names all of them."""
        lines = ask(self.bob, "WHOIS ALICE,bob")
        self.assertEqual(["311", "319", "312", "317", "318"], codes(lines))
        self.assertEqual("318 bob ALICE,bob :End of /WHOIS list", lines[-1])

    def test_manyRooms(self) -> None:
        """Channels are split into lines of 512 bytes."""
        names = [f"#{number:02}{'x' * 40}" for number in range(30)]
        carol = self.server.irc("carol")
        carol.join(*names)
        lines = [line for line in ask(self.bob, "WHOIS carol") if line.startswith("319")]
        self.assertGreater(len(lines), 2)
        self.assertEqual([f"@{name}" for name in names], " ".join(line.split(" :")[1] for line in lines).split())
        for line in lines:
            self.assertLessEqual(len(f":twistchat {line}\r\n"), 512)

    def test_leavingMeanwhile(self) -> None:
        """A channel that the user leaves while its channels are listed in portions is not listed."""
        self.server = serverWith(limits={"roomsPerUser": 10_000})
        alice, bob = self.server.irc("alice"), self.server.irc("bob")
        (session,) = self.server.chat.identity.find("alice").sessions.values()
        names = [f"#room{number}" for number in range(20 * PART_SIZE)]
        for name in names:
            self.server.chat.membership.join(session, name)
        self.server.pump()
        alice.skip()
        self.server.clock.callLater(0, self.server.chat.membership.part, session, names[-1], "")
        assert bob.transport is not None
        bob.transport.write(b"WHOIS alice\r\n")
        bob.link.move()
        self.server.pump()
        lines = bob.lines()
        listed = [word for line in lines if " 319 " in line for word in line.split(" :", 1)[1].split()]
        self.assertEqual([f"@{name}" for name in names[:-1]], listed)
        self.assertEqual(":twistchat 318 bob alice :End of /WHOIS list", lines[-1])

    def test_lineDoor(self) -> None:
        """A user of the line door is shown like any other.  Its names cannot break a line."""
        self.server.person("carol")
        lines = ask(self.bob, "WHOIS carol")
        self.assertRegex(lines[0], rf"311 bob carol \S+ {host()} \* .*")
        self.assertIn("319 bob carol :@#lobby", lines)

    def test_absurd(self) -> None:
        """A parameter that fills the line is cut in the reply."""
        lines = ask(self.bob, f"WHOIS {'x' * 490}")
        self.assertEqual(["401", "318"], codes(lines))
        for line in lines:
            self.assertLessEqual(len(f":twistchat {line}\r\n"), 512)


class WhowasTests(SynchronousTestCase):
    """WHOWAS."""

    def setUp(self) -> None:
        """Let a user named alice connect and leave three times."""
        self.server = MemoryServer()
        self.bob = self.server.irc("bob")
        for _ in range(3):
            self.server.irc("alice").send("QUIT")
            self.server.advance(1)

    def test_newestFirst(self) -> None:
        """Entries have their times and are newest first, up to the count.  An invalid count means all."""
        who = f"314 bob alice ~alice {host()} * alice"
        lines = ask(self.bob, "WHOWAS ALICE")
        self.assertEqual([who] * 3, lines[:-1:2])
        self.assertEqual(
            [f"312 bob alice twistchat :2026-01-01 12:00:0{second} UTC" for second in (2, 1, 0)], lines[1::2]
        )
        self.assertEqual("369 bob ALICE :End of WHOWAS", lines[-1])
        for count, found in ((1, 1), (2, 2), (9, 3), (0, 3), (-1, 3), ("x", 3), ("9" * 30, 3)):
            self.assertEqual(2 * found + 1, len(ask(self.bob, f"WHOWAS alice {count}")), count)

    def test_renamed(self) -> None:
        """A nick that a user has changed is an entry too."""
        self.bob.send("NICK robert")
        self.assertIn(f"314 robert bob ~bob {host()} * bob", ask(self.bob, "WHOWAS bob"))

    def test_nobody(self) -> None:
        """An unknown nick has an error."""
        self.assertEqual(
            ["406 bob nobody :There was no such nickname", "369 bob nobody :End of WHOWAS"],
            ask(self.bob, "WHOWAS nobody"),
        )
        self.assertEqual(["431 bob :No nickname given"], ask(self.bob, "WHOWAS"))
        self.assertEqual(["402 bob elsewhere :No such server"], ask(self.bob, "WHOWAS alice 1 elsewhere"))

    def test_several(self) -> None:
        """Several nicks are described, up to TARGMAX."""
        lines = ask(self.bob, "WHOWAS a,b,c,d,e")
        self.assertEqual(["406"] * 4 + ["369"], codes(lines))
        self.assertEqual("369 bob a,b,c,d,e :End of WHOWAS", lines[-1])


class HereTests(SynchronousTestCase):
    """USERHOST and ISON."""

    def setUp(self) -> None:
        """Register alice and bob."""
        self.server = staffed()
        self.bob, self.alice = self.server.irc("bob"), self.server.irc("alice")

    def test_userhost(self) -> None:
        """The reply has the flags for operator and away, and the host that others see, never the address."""
        rooted(self.server, "root")
        self.alice.send("AWAY :x")
        self.assertEqual(
            [f"302 bob :alice=-~alice@{host()} root*=+~root@{host()} bob=+~bob@{host()}"],
            ask(self.bob, "USERHOST ALICE nobody root bob"),
        )

    def test_five(self) -> None:
        """At most five nicks are described, in one parameter or several."""
        self.assertEqual(["302 bob :"], ask(self.bob, "USERHOST a b c d e bob"))
        self.assertEqual(["302 bob :"], ask(self.bob, "USERHOST :a b c d e bob"))
        self.assertEqual([f"302 bob :bob=+~bob@{host()}"], ask(self.bob, "USERHOST :a b c d bob"))
        self.assertEqual(["461"], codes(ask(self.bob, "USERHOST")))

    def test_ison(self) -> None:
        """The reply has the nicks that are online, in their users' spelling; an empty list if there are none."""
        self.assertEqual(["303 bob :alice bob"], ask(self.bob, "ISON ALICE nobody bob"))
        self.assertEqual(["303 bob :alice bob"], ask(self.bob, "ISON :alice  nobody bob"))
        self.assertEqual(["303 bob :"], ask(self.bob, "ISON nobody"))
        self.assertEqual(["461"], codes(ask(self.bob, "ISON")))


class AwayTests(SynchronousTestCase):
    """AWAY."""

    def setUp(self) -> None:
        """Register alice and bob in one channel."""
        self.server = MemoryServer()
        self.alice = self.server.irc("alice")
        self.bob = self.server.irc("bob", "away-notify")
        for client in (self.alice, self.bob):
            client.join("#a")
        self.alice.skip()
        self.bob.skip()

    def test_away(self) -> None:
        """Setting and clearing are confirmed, and clients with away-notify are told."""
        self.assertEqual(["306 alice :You have been marked as being away"], ask(self.alice, "AWAY :at lunch"))
        self.bob.expect(f":{mask('alice')} AWAY :at lunch")
        for line in ("AWAY", "AWAY :"):
            self.assertEqual(["305 alice :You are no longer marked as being away"], ask(self.alice, line))
        self.bob.expect(f":{mask('alice')} AWAY")

    def test_cut(self) -> None:
        """A message longer than AWAYLEN is cut."""
        self.server = serverWith(limits={"reason": 5})
        alice = self.server.irc("alice")
        alice.send("AWAY :0123456789")
        self.assertEqual("01234", self.server.chat.identity.find("alice").away)

    def test_tooOften(self) -> None:
        """A rate limit protects channels from floods."""
        alice = self.server.irc("other", host=STRANGER)
        self.server.advance(30)
        for number in range(5):
            self.server.advance(1)
            self.assertEqual(["306"], codes(ask(alice, f"AWAY :{number}")))
        self.server.advance(1)
        self.assertEqual(["263"], codes(ask(alice, "AWAY :more")))

    def test_beforeRegistration(self) -> None:
        """With pre-away it works before registration, and counts from the first moment (IRCv3 pre-away)."""
        client = self.server.connectIrc()
        client.send("AWAY :early")
        client.expect(":twistchat 451 * :You have not registered")
        client.send("CAP REQ draft/pre-away", "AWAY :one", "AWAY", "AWAY *")
        client.expect(
            ":twistchat CAP * ACK :draft/pre-away",
            ":twistchat 306 * :You have been marked as being away",
            ":twistchat 305 * :You are no longer marked as being away",
            ":twistchat 306 * :You have been marked as being away",
        )
        self.bob.send("MONITOR + carol")
        self.bob.skip()
        client.send("NICK carol", "USER c 0 * :C", "CAP END")
        self.bob.expect(f":twistchat 730 * :carol!~c@{host()}")
        self.assertIn("301 bob carol *", ask(self.bob, "WHOIS carol"))

    def test_backBeforeRegistration(self) -> None:
        """A client that cleared the message before registration is not away."""
        client = self.server.connectIrc()
        client.send("CAP REQ draft/pre-away", "AWAY :one", "AWAY", "NICK carol", "USER c 0 * :C", "CAP END")
        self.assertIsNone(self.server.chat.identity.find("carol").away)


class SetnameTests(SynchronousTestCase):
    """SETNAME (IRCv3 setname)."""

    def setUp(self) -> None:
        """Register alice, who has the capability, and bob, who does not, in one channel."""
        self.server = MemoryServer()
        self.alice, self.bob = self.server.irc("alice", "setname"), self.server.irc("bob")
        for client in (self.alice, self.bob):
            client.join("#a")
        self.alice.skip()
        self.bob.skip()

    def test_told(self) -> None:
        """Clients with the capability get SETNAME, also the user's own.  Others get nothing."""
        self.alice.send("SETNAME :Alice Liddell")
        self.alice.expect(f":{mask('alice')} SETNAME :Alice Liddell")
        self.bob.expect()
        self.bob.send("SETNAME Bob")
        self.bob.expect()
        self.alice.expect(f":{mask('bob')} SETNAME :Bob")
        self.assertIn(f"311 bob alice ~alice {host()} * :Alice Liddell", ask(self.bob, "WHOIS alice"))

    def test_same(self) -> None:
        """The current realname changes nothing, and nobody is told."""
        self.alice.send("SETNAME alice", "PING x")
        self.alice.expect(":twistchat PONG twistchat x")

    def test_refused(self) -> None:
        """An invalid realname is refused with FAIL; without the capability, with a notice."""
        self.alice.send(f"SETNAME :{'x' * 151}", "SETNAME :", "SETNAME")
        self.alice.expect(
            ":twistchat FAIL SETNAME INVALID_REALNAME :Realname is not valid: it may have 150 characters",
            ":twistchat FAIL SETNAME INVALID_REALNAME :Realname is not valid: it is empty",
            ":twistchat 461 alice SETNAME :Not enough parameters: <realname>",
        )
        self.bob.send("SETNAME :")
        self.bob.expect(":twistchat NOTICE bob :*** SETNAME: Realname is not valid: it is empty")

    def test_tooOften(self) -> None:
        """Too many changes are refused, and changes of a user who is banned from a channel."""
        carol = self.server.irc("carol", "setname", host=STRANGER)
        for number in range(6):
            self.server.advance(1)
            carol.send(f"SETNAME {number}")
        self.assertEqual(
            ":twistchat FAIL SETNAME CANNOT_CHANGE_REALNAME :Slow down your realname changes", carol.lines()[-1]
        )
        self.alice.send("MODE #a +b bob")
        self.bob.skip()
        self.bob.send("CAP REQ setname", "SETNAME other")
        self.bob.expect(
            ":twistchat CAP bob ACK :setname",
            ":twistchat FAIL SETNAME CANNOT_CHANGE_REALNAME :Cannot change realname while banned from #a",
        )


class UserModeTests(SynchronousTestCase):
    """MODE for users."""

    def setUp(self) -> None:
        """Register alice and bob."""
        self.server = MemoryServer()
        self.alice, self.bob = self.server.irc("alice"), self.server.irc("bob")

    def test_change(self) -> None:
        """Known modes take effect and are confirmed.  Then numeric 501 names the unknown ones."""
        self.assertEqual(["221 alice +"], ask(self.alice, "MODE alice"))
        self.assertEqual(
            [f":{mask('alice')} MODE alice :+iw", "501 alice :Unknown MODE flag xX"],
            ask(self.alice, "MODE ALICE +xiwX"),
        )
        self.assertEqual(["221 alice +iw"], ask(self.alice, "MODE alice"))
        self.assertEqual([f":{mask('alice')} MODE alice :+B-i"], ask(self.alice, "MODE alice -i+B"))
        self.assertEqual([], ask(self.alice, "MODE alice -i+B"))

    def test_notForOneself(self) -> None:
        """Nobody becomes an operator, logged in or encrypted by MODE."""
        self.assertEqual([], ask(self.alice, "MODE alice +orZ"))
        self.assertEqual(["221 alice +"], ask(self.alice, "MODE alice"))

    def test_others(self) -> None:
        """Nobody sees or changes the modes of others."""
        self.assertEqual(["502 alice :Can't view modes for other users"], ask(self.alice, "MODE bob"))
        self.assertEqual(["502 alice :Can't change modes for other users"], ask(self.alice, "MODE bob +i"))
        self.assertEqual(["401 alice nobody :No such nick"], ask(self.alice, "MODE nobody +i"))
        self.assertEqual(["221 bob +"], ask(self.bob, "MODE bob"))

    def test_secure(self) -> None:
        """Modes that a user has from the start come after the message of the day, or after numeric 422."""
        for motd, end in (("Hello", "376"), ("", "422")):
            self.assertNotIn("221", codes(self.enter(False, motd)))
            *_, before, last = self.enter(True, motd)
            self.assertEqual((end, "221 carol +Z"), (before[:3], last))

    def enter(self, secure: bool, motd: str) -> list[str]:
        """Register a client, and get what it receives."""
        server = MemoryServer(settingsWith(irc={"motd": motd}))
        client = server.connectIrc()
        (session,) = server.chat.state.sessions.values()
        session.secure = secure
        return ask(client, "NICK carol\r\nUSER c 0 * :C")


class LabelTests(SynchronousTestCase):
    """Labels on these commands (IRCv3 labeled-response)."""

    def test_labels(self) -> None:
        """A reply of one line has the label, one of several lines is a labelled batch, and an empty one is ACK."""
        server = MemoryServer(settingsWith())
        alice = server.irc("alice", "labeled-response", "batch", "message-tags", "setname")
        for line, command in (("AWAY :x", "306"), ("ISON x", "303"), ("MODE alice", "221"), ("WHOWAS", "431")):
            self.assertTrue(ask(alice, f"@label=L {line}")[0].startswith(f"@label=L :twistchat {command} "), line)
        self.assertEqual(["@label=L :twistchat ACK"], ask(alice, "@label=L MODE alice -i"))
        self.assertRegex(
            ask(alice, "@label=L SETNAME x")[0], rf"@label=L;msgid=\S+ :{re.escape(mask('alice'))} SETNAME :x"
        )
        for line in ("WHOIS alice", "WHO", "WHOWAS x", "MODE alice +ix", "SETNAME :"):
            lines = ask(alice, f"@label=L {line}")
            if len(lines) == 1:
                self.assertTrue(lines[0].startswith("@label=L "), lines)
                continue
            opened = re.fullmatch(r"@label=L :twistchat BATCH \+(\S+) labeled-response", lines[0])
            assert opened is not None, lines
            self.assertEqual(f":twistchat BATCH -{opened[1]}", f":twistchat {lines[-1]}")
            for inside in lines[1:-1]:
                self.assertTrue(inside.startswith(f"@batch={opened[1]}"), inside)
