"""WHOIS, WHOWAS, USERHOST, ISON, AWAY, SETNAME, and the modes that users have."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import STRANGER, host, mask, rooted, serverWith, settingsWith, staffed
from twistchat.config import ClassSettings
from twistchat.net.input.pace import PART_SIZE
from twistchat.testing import IrcClient, MemoryServer


def ask(client: IrcClient, line: str) -> list[str]:
    """What a line is answered with, without the server's name."""
    client.skip()
    client.send(line)
    return [line.removeprefix(":twistchat ") for line in client.lines()]


def codes(lines: list[str]) -> list[str]:
    """The numerics of answers."""
    return [line.split(" ")[0] for line in lines]


class WhoisTests(SynchronousTestCase):
    """WHOIS."""

    def setUp(self) -> None:
        """Bring in alice, in some rooms, and bob, who shares one with her."""
        self.server = staffed()
        self.alice, self.bob = self.server.irc("alice"), self.server.irc("bob")
        self.alice.join("#shared", "#open", "#hidden")
        self.alice.send("MODE #hidden +s")
        self.bob.join("#shared")

    def test_other(self) -> None:
        """What one may know of another: names, the rooms that are no secret, the server, and since when."""
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
        """Of themselves they see all: secret rooms, address, modes."""
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
        """An operator who sees all sees that, too; one who does not, does not."""
        root = rooted(self.server, "root")
        self.assertEqual(["311", "319", "312", "378", "338", "379", "317", "318"], codes(ask(root, "WHOIS alice")))
        self.assertIn("319 root alice :@#shared @#open @#hidden", ask(root, "WHOIS alice"))
        self.server = staffed(helper=ClassSettings(title="helps", privileges=("kill",)))
        self.server.irc("alice")
        helper = rooted(self.server, "helper", name="helper")
        self.assertEqual(["311", "312", "317", "318"], codes(ask(helper, "WHOIS alice")))

    def test_isOperator(self) -> None:
        """What an operator is, is for all to see, in the words of the configuration."""
        self.server = staffed(helper=ClassSettings(title="helps those who are lost", privileges=("kill",)))
        rooted(self.server, "helper", name="helper")
        self.assertIn("313 bob helper :helps those who are lost", ask(self.server.irc("bob"), "WHOIS helper"))

    def test_invisible(self) -> None:
        """Of one who is invisible only shared rooms are shown."""
        self.alice.send("MODE alice +i")
        self.assertIn("319 bob alice :@#shared", ask(self.bob, "WHOIS alice"))
        self.assertEqual(["311", "312", "317", "318"], codes(ask(self.server.irc("carol"), "WHOIS alice")))

    def test_more(self) -> None:
        """Away, bots, accounts: a line each."""
        self.alice.send("AWAY :at lunch", "MODE alice +B")
        self.server.chat.identity.setAccount(self.server.chat.identity.find("alice"), "Alice")
        lines = ask(self.bob, "WHOIS alice")
        self.assertIn("301 bob alice :at lunch", lines)
        self.assertIn("335 bob alice :is a bot", lines)
        self.assertIn("330 bob alice Alice :is logged in as", lines)
        self.assertEqual("318", codes(lines)[-1])

    def test_secure(self) -> None:
        """An encrypted connection is for all to see; its client's certificate for the client and for operators."""
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
        """The first may be the server, a mask of it, or someone who is on it; anything else is no server."""
        for server in ("twistchat", "TWIST*", "alice", "bob"):
            self.assertEqual("311", codes(ask(self.bob, f"WHOIS {server} alice"))[0], server)
        self.assertEqual(["402 bob elsewhere :No such server"], ask(self.bob, "WHOIS elsewhere alice"))

    def test_nobody(self) -> None:
        """Of nobody there is nothing to tell; it ends all the same, with what was asked for."""
        self.assertEqual(
            ["401 bob Nobody :No such nick", "318 bob Nobody :End of /WHOIS list"], ask(self.bob, "WHOIS Nobody")
        )
        for line in ("WHOIS", "WHOIS :", "WHOIS twistchat :"):
            self.assertEqual(["431 bob :No nickname given"], ask(self.bob, line))

    def test_several(self) -> None:
        """Of several nicks the first is answered, as TARGMAX says; the end has them all."""
        lines = ask(self.bob, "WHOIS ALICE,bob")
        self.assertEqual(["311", "319", "312", "317", "318"], codes(lines))
        self.assertEqual("318 bob ALICE,bob :End of /WHOIS list", lines[-1])

    def test_manyRooms(self) -> None:
        """Rooms are shared out over lines of 512 bytes."""
        names = [f"#{number:02}{'x' * 40}" for number in range(30)]
        carol = self.server.irc("carol")
        carol.join(*names)
        lines = [line for line in ask(self.bob, "WHOIS carol") if line.startswith("319")]
        self.assertGreater(len(lines), 2)
        self.assertEqual([f"@{name}" for name in names], " ".join(line.split(" :")[1] for line in lines).split())
        for line in lines:
            self.assertLessEqual(len(f":twistchat {line}\r\n"), 512)

    def test_leavingMeanwhile(self) -> None:
        """A room that somebody leaves while their rooms are listed, in portions, is not listed."""
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
        """Someone at the line door is shown like anyone; what they are called there cannot break a line."""
        self.server.person("carol")
        lines = ask(self.bob, "WHOIS carol")
        self.assertRegex(lines[0], rf"311 bob carol \S+ {host()} \* .*")
        self.assertIn("319 bob carol :@#lobby", lines)

    def test_absurd(self) -> None:
        """A parameter that fills the line is cut in the answer."""
        lines = ask(self.bob, f"WHOIS {'x' * 490}")
        self.assertEqual(["401", "318"], codes(lines))
        for line in lines:
            self.assertLessEqual(len(f":twistchat {line}\r\n"), 512)


class WhowasTests(SynchronousTestCase):
    """WHOWAS."""

    def setUp(self) -> None:
        """Someone was here as alice three times, and left."""
        self.server = MemoryServer()
        self.bob = self.server.irc("bob")
        for _ in range(3):
            self.server.irc("alice").send("QUIT")
            self.server.advance(1)

    def test_newestFirst(self) -> None:
        """Each with the time, the newest first; as many as are asked for, and all for a number that is none."""
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
        """A nick that was given up is remembered as well."""
        self.bob.send("NICK robert")
        self.assertIn(f"314 robert bob ~bob {host()} * bob", ask(self.bob, "WHOWAS bob"))

    def test_nobody(self) -> None:
        """Of nobody there is nothing to tell."""
        self.assertEqual(
            ["406 bob nobody :There was no such nickname", "369 bob nobody :End of WHOWAS"],
            ask(self.bob, "WHOWAS nobody"),
        )
        self.assertEqual(["431 bob :No nickname given"], ask(self.bob, "WHOWAS"))
        self.assertEqual(["402 bob elsewhere :No such server"], ask(self.bob, "WHOWAS alice 1 elsewhere"))

    def test_several(self) -> None:
        """Several nicks, as many as TARGMAX says."""
        lines = ask(self.bob, "WHOWAS a,b,c,d,e")
        self.assertEqual(["406"] * 4 + ["369"], codes(lines))
        self.assertEqual("369 bob a,b,c,d,e :End of WHOWAS", lines[-1])


class HereTests(SynchronousTestCase):
    """USERHOST and ISON."""

    def setUp(self) -> None:
        """Bring in alice and bob."""
        self.server = staffed()
        self.bob, self.alice = self.server.irc("bob"), self.server.irc("alice")

    def test_userhost(self) -> None:
        """Whether they are operators, whether away, and the host that others see: never the address."""
        rooted(self.server, "root")
        self.alice.send("AWAY :x")
        self.assertEqual(
            [f"302 bob :alice=-~alice@{host()} root*=+~root@{host()} bob=+~bob@{host()}"],
            ask(self.bob, "USERHOST ALICE nobody root bob"),
        )

    def test_five(self) -> None:
        """No more than five are looked up, in one parameter or several."""
        self.assertEqual(["302 bob :"], ask(self.bob, "USERHOST a b c d e bob"))
        self.assertEqual(["302 bob :"], ask(self.bob, "USERHOST :a b c d e bob"))
        self.assertEqual([f"302 bob :bob=+~bob@{host()}"], ask(self.bob, "USERHOST :a b c d bob"))
        self.assertEqual(["461"], codes(ask(self.bob, "USERHOST")))

    def test_ison(self) -> None:
        """Who of these is here, as they write themselves; an empty list where nobody is."""
        self.assertEqual(["303 bob :alice bob"], ask(self.bob, "ISON ALICE nobody bob"))
        self.assertEqual(["303 bob :alice bob"], ask(self.bob, "ISON :alice  nobody bob"))
        self.assertEqual(["303 bob :"], ask(self.bob, "ISON nobody"))
        self.assertEqual(["461"], codes(ask(self.bob, "ISON")))


class AwayTests(SynchronousTestCase):
    """AWAY."""

    def setUp(self) -> None:
        """Bring in alice and bob, in one room."""
        self.server = MemoryServer()
        self.alice = self.server.irc("alice")
        self.bob = self.server.irc("bob", "away-notify")
        for client in (self.alice, self.bob):
            client.join("#a")
        self.alice.skip()
        self.bob.skip()

    def test_away(self) -> None:
        """Going and coming back are confirmed, and told to those who asked for it."""
        self.assertEqual(["306 alice :You have been marked as being away"], ask(self.alice, "AWAY :at lunch"))
        self.bob.expect(f":{mask('alice')} AWAY :at lunch")
        for line in ("AWAY", "AWAY :"):
            self.assertEqual(["305 alice :You are no longer marked as being away"], ask(self.alice, line))
        self.bob.expect(f":{mask('alice')} AWAY")

    def test_cut(self) -> None:
        """A reason that is longer than AWAYLEN is cut."""
        self.server = serverWith(limits={"reason": 5})
        alice = self.server.irc("alice")
        alice.send("AWAY :0123456789")
        self.assertEqual("01234", self.server.chat.identity.find("alice").away)

    def test_tooOften(self) -> None:
        """A limit on rates keeps rooms from being flooded."""
        alice = self.server.irc("other", host=STRANGER)
        self.server.advance(30)
        for number in range(5):
            self.server.advance(1)
            self.assertEqual(["306"], codes(ask(alice, f"AWAY :{number}")))
        self.server.advance(1)
        self.assertEqual(["263"], codes(ask(alice, "AWAY :more")))

    def test_beforeRegistration(self) -> None:
        """With pre-away it is taken before registration, and holds from the first moment (IRCv3 pre-away)."""
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
        """Who came back before registration is here."""
        client = self.server.connectIrc()
        client.send("CAP REQ draft/pre-away", "AWAY :one", "AWAY", "NICK carol", "USER c 0 * :C", "CAP END")
        self.assertIsNone(self.server.chat.identity.find("carol").away)


class SetnameTests(SynchronousTestCase):
    """SETNAME (IRCv3 setname)."""

    def setUp(self) -> None:
        """Bring in alice, who has the capability, and bob, who has not, in one room."""
        self.server = MemoryServer()
        self.alice, self.bob = self.server.irc("alice", "setname"), self.server.irc("bob")
        for client in (self.alice, self.bob):
            client.join("#a")
        self.alice.skip()
        self.bob.skip()

    def test_told(self) -> None:
        """Those who know it hear of it, the one whose name it is too; others nothing."""
        self.alice.send("SETNAME :Alice Liddell")
        self.alice.expect(f":{mask('alice')} SETNAME :Alice Liddell")
        self.bob.expect()
        self.bob.send("SETNAME Bob")
        self.bob.expect()
        self.alice.expect(f":{mask('bob')} SETNAME :Bob")
        self.assertIn(f"311 bob alice ~alice {host()} * :Alice Liddell", ask(self.bob, "WHOIS alice"))

    def test_same(self) -> None:
        """The realname that somebody has already changes nothing, and nobody is told."""
        self.alice.send("SETNAME alice", "PING x")
        self.alice.expect(":twistchat PONG twistchat x")

    def test_refused(self) -> None:
        """What cannot be is refused with FAIL, as the capability has it; with a notice without."""
        self.alice.send(f"SETNAME :{'x' * 151}", "SETNAME :", "SETNAME")
        self.alice.expect(
            ":twistchat FAIL SETNAME INVALID_REALNAME :Realname is not valid: it may have 150 characters",
            ":twistchat FAIL SETNAME INVALID_REALNAME :Realname is not valid: it is empty",
            ":twistchat 461 alice SETNAME :Not enough parameters: <realname>",
        )
        self.bob.send("SETNAME :")
        self.bob.expect(":twistchat NOTICE bob :*** SETNAME: Realname is not valid: it is empty")

    def test_tooOften(self) -> None:
        """Too many are refused, and so are those of one who is banned from a room."""
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
        """Bring in alice and bob."""
        self.server = MemoryServer()
        self.alice, self.bob = self.server.irc("alice"), self.server.irc("bob")

    def test_change(self) -> None:
        """What is known takes effect and is told; what is not is answered with 501 behind it."""
        self.assertEqual(["221 alice +"], ask(self.alice, "MODE alice"))
        self.assertEqual(
            [f":{mask('alice')} MODE alice :+iw", "501 alice :Unknown MODE flag xX"],
            ask(self.alice, "MODE ALICE +xiwX"),
        )
        self.assertEqual(["221 alice +iw"], ask(self.alice, "MODE alice"))
        self.assertEqual([f":{mask('alice')} MODE alice :+B-i"], ask(self.alice, "MODE alice -i+B"))
        self.assertEqual([], ask(self.alice, "MODE alice -i+B"))

    def test_notForOneself(self) -> None:
        """Nobody becomes an operator, logged in or encrypted by asking for it."""
        self.assertEqual([], ask(self.alice, "MODE alice +orZ"))
        self.assertEqual(["221 alice +"], ask(self.alice, "MODE alice"))

    def test_others(self) -> None:
        """Nobody sees or changes those of others."""
        self.assertEqual(["502 alice :Can't view modes for other users"], ask(self.alice, "MODE bob"))
        self.assertEqual(["502 alice :Can't change modes for other users"], ask(self.alice, "MODE bob +i"))
        self.assertEqual(["401 alice nobody :No such nick"], ask(self.alice, "MODE nobody +i"))
        self.assertEqual(["221 bob +"], ask(self.bob, "MODE bob"))

    def test_secure(self) -> None:
        """Modes that one has from the start are told behind the message of the day, or behind that there is none."""
        for motd, end in (("Hello", "376"), ("", "422")):
            self.assertNotIn("221", codes(self.enter(False, motd)))
            *_, before, last = self.enter(True, motd)
            self.assertEqual((end, "221 carol +Z"), (before[:3], last))

    def enter(self, secure: bool, motd: str) -> list[str]:
        """What someone is told who comes in."""
        server = MemoryServer(settingsWith(irc={"motd": motd}))
        client = server.connectIrc()
        (session,) = server.chat.state.sessions.values()
        session.secure = secure
        return ask(client, "NICK carol\r\nUSER c 0 * :C")


class LabelTests(SynchronousTestCase):
    """Labels on the commands of this file (IRCv3 labeled-response)."""

    def test_labels(self) -> None:
        """One line carries the label; several are a batch that does; none is ACK."""
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
