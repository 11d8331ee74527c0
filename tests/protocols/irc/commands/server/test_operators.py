"""Tests of OPER, KILL, WALLOPS and REHASH."""

from __future__ import annotations

import re
from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import SECRET, STRANGER, host, mask, rooted, serverWith, settingsWith, staffed
from twistchat.accounts.secrets.passwords import Verifier
from twistchat.chat.model.users import PRIVILEGES
from twistchat.config import ClassSettings, ConfigError, OperatorSettings
from twistchat.testing import MemoryServer
from twistchat.testing.workers import HeldWorker

PRIVILEGED = {
    "KILL bob :x": "kill",
    "WALLOPS :x": "wallops",
    "REHASH": "rehash",
    "KLINE a@b": "ban",
    "DLINE 192.0.2.1": "ban",
    "UNKLINE a@b": "ban",
    "UNDLINE 192.0.2.1": "ban",
    "STATS k": "ban",
    "STATS d": "ban",
    "STATS o": "auspex",
    "OJOIN #a": "rooms",
    "AUDIT": "audit",
}
"""The commands of operators, each with its privilege."""


class OperTests(SynchronousTestCase):
    """OPER."""

    def test_password(self) -> None:
        """With name and password a client becomes an operator, and gets a confirmation and MODE."""
        server = staffed()
        bob = server.irc("bob")
        bob.send("OPER root secret")
        bob.expect(f":{mask('bob')} MODE bob :+o", ":twistchat 381 bob :You are now an IRC operator")
        self.assertEqual(set(PRIVILEGES), server.chat.identity.find("bob").operator.privileges)  # type: ignore[union-attr]  # is one

    def test_wrong(self) -> None:
        """A wrong password and an unknown name have the same reply.  A missing password is an error."""
        bob = staffed().irc("bob")
        for line in ("OPER root wrong", "OPER nobody secret", "OPER ROOT secret", "OPER root :"):
            bob.send(line)
            bob.expect(":twistchat 464 bob :Password incorrect")
        for line in ("OPER root", "OPER nobody"):
            bob.send(line)
            bob.expect(":twistchat 461 bob OPER :Not enough parameters: <name> <password>")
        bob.send("OPER")
        bob.expect(":twistchat 461 bob OPER :Not enough parameters: <name> [<password>]")

    def test_hosts(self) -> None:
        """
        If an operator must connect from some networks, others get numeric 491, but only with the correct password.
        """
        server = staffed()
        server.context.settings = replace(
            server.context.settings,
            operators={
                "root": OperatorSettings(password=SECRET, class_="root", hosts=("192.0.2.0/24", "2001:db8::/32"))
            },
        )
        bob = server.irc("bob")
        bob.send("OPER root wrong", "OPER root secret")
        bob.expect(":twistchat 464 bob :Password incorrect", ":twistchat 491 bob :No O-lines for your host")
        for number, address in enumerate((STRANGER, "2001:db8::7")):
            client = server.irc(f"carol{number}", host=address)
            client.send("OPER root secret")
            self.assertIn(" 381 ", client.lines()[-1])

    def test_tooOften(self) -> None:
        """After three wrong passwords from an address, even a correct one must wait."""
        server = staffed()
        bob, carol = server.irc("bob", host=STRANGER), server.irc("carol", host=STRANGER)
        bob.send("OPER root 1", "OPER root 2", "OPER root secret", "OPER root 3", "OPER root 4")
        self.assertEqual(["464", "464", "MODE", "381", "464", "263"], [line.split(" ")[1] for line in bob.lines()])
        carol.send("OPER root secret")
        self.assertRegex(
            carol.lines()[0], r":twistchat 263 carol OPER :You give passwords too fast; try again in \d+ s"
        )
        server.advance(20)
        carol.send("OPER root secret")
        self.assertIn(" 381 ", carol.lines()[-1])

    def test_namesTooOften(self) -> None:
        """Unknown names count like wrong passwords."""
        bob = staffed().irc("bob", host=STRANGER)
        bob.send("OPER ann x", "OPER ben x", "OPER cat x", "OPER dan x")
        self.assertEqual(["464", "464", "464", "263"], [line.split(" ")[1] for line in bob.lines()])

    def test_account(self) -> None:
        """An account can replace the password, or be required in addition."""
        operators = {
            "one": OperatorSettings(account="Helen", class_="some"),
            "both": OperatorSettings(account="helen", password=SECRET, class_="some"),
        }
        server = serverWith(operators=operators, classes={"some": ClassSettings()})
        bob = server.irc("bob")
        bob.send("OPER one", "OPER one x", "OPER both secret")
        bob.expect(*[":twistchat 464 bob :Password incorrect"] * 3)
        server.chat.identity.setAccount(server.chat.identity.find("bob"), "Ellen")
        bob.send("OPER one", "OPER both secret")
        bob.expect(*[":twistchat 464 bob :Password incorrect"] * 2)
        server.chat.identity.setAccount(server.chat.identity.find("bob"), "HELEN")
        for line in ("OPER one", "OPER one whatever", "OPER both secret"):
            bob.send(line)
            self.assertIn(" 381 ", bob.lines()[-1], line)
        bob.send("OPER both wrong")
        bob.expect(":twistchat 464 bob :Password incorrect")

    def test_certificate(self) -> None:
        """A certificate can replace the password too."""
        operators = {"one": OperatorSettings(fingerprint="ab" * 32, class_="some")}
        server = serverWith(operators=operators, classes={"some": ClassSettings()})
        bob = server.irc("bob")
        (session,) = server.chat.identity.find("bob").sessions.values()
        for fingerprint, code in ((None, "464"), ("cd" * 32, "464"), ("ab" * 32, "381")):
            session.fingerprint = fingerprint
            bob.send("OPER one")
            self.assertEqual(code, bob.lines()[-1].split(" ")[1])

    def test_host(self) -> None:
        """A class can give its operators a host.  Clients with CHGHOST are told, also when the host is removed."""
        server = staffed(staff=ClassSettings(host="staff.example.org"))
        alice, bob = server.irc("alice", "chghost"), server.irc("bob", "chghost")
        alice.join("#a")
        bob.join("#a")
        alice.skip()
        bob.skip()
        bob.send("OPER staff secret")
        alice.expect(f":{mask('bob')} CHGHOST ~bob staff.example.org")
        alice.send("USERHOST bob")
        alice.expect(":twistchat 302 alice :bob*=+~bob@staff.example.org")
        bob.skip()
        bob.send("MODE bob -o")
        staff = ":bob!~bob@staff.example.org"
        bob.expect(f"{staff} MODE bob :-o", f"{staff} CHGHOST ~bob {host()}")
        alice.expect(f"{staff} CHGHOST ~bob {host()}")

    def test_hostFallback(self) -> None:
        """
        Clients without CHGHOST see the operator quit and rejoin with all ranks (IRCv3 chghost, "Fallback").  Each
        client gets one of the two, and the operator neither.
        """
        server = staffed(staff=ClassSettings(host="staff.example.org"))
        bob, alice = server.irc("bob"), server.irc("alice")
        knowing, carol = server.irc("knowing", "chghost"), server.irc("carol", "extended-join", "away-notify")
        other, person = server.irc("other"), server.person("person")
        for client, rooms in ((bob, "#a #b #c"), (alice, "#b #a"), (knowing, "#a"), (carol, "#b"), (other, "#d")):
            client.join(*rooms.split())
        bob.send("AWAY :out", "MODE #b +v bob", "MODE #b -h bob")
        person.send("/join #a")
        for anyone in (bob, alice, knowing, carol, other, person):
            anyone.skip()
        bob.send("OPER staff secret")
        gone, come = f":{mask('bob')} QUIT :Changing hostname", ":bob!~bob@staff.example.org JOIN"
        alice.expect(
            gone,
            f"{come} #a",
            ":twistchat MODE #a +o bob",
            f"{come} #b",
            ":twistchat MODE #b +ov bob bob",
        )
        carol.expect(
            gone,
            f"{come} #b * :bob",
            ":bob!~bob@staff.example.org AWAY :out",
            ":twistchat MODE #b +ov bob bob",
        )
        knowing.expect(f":{mask('bob')} CHGHOST ~bob staff.example.org")
        bob.expect(f":{mask('bob')} MODE bob :+o", ":twistchat 381 bob :You are now an IRC operator")
        other.expect()
        self.assertEqual(person.lines(), [])

    def test_resign(self) -> None:
        """MODE -o ends it."""
        server = staffed()
        bob = rooted(server, "bob")
        bob.send("MODE bob -o", "KILL bob :x")
        self.assertEqual([f":{mask('bob')} MODE bob :-o", "481"], self.short(bob.lines()))

    def short(self, lines: list[str]) -> list[str]:
        """Get lines, and of numerics only the codes."""
        return [match[1] if (match := re.match(r":twistchat (\d\d\d) ", line)) else line for line in lines]

    def test_label(self) -> None:
        """The whole reply is labelled, with MODE."""
        server = staffed()
        bob = server.irc("bob", "labeled-response", "batch")
        bob.send("@label=L OPER root secret")
        opening, mode, welcome, closing = bob.lines()
        self.assertTrue(opening.startswith("@label=L :twistchat BATCH +"))
        self.assertIn("MODE bob :+o", mode)
        self.assertIn(" 381 ", welcome)
        self.assertTrue(closing.startswith(":twistchat BATCH -"))

    def test_goneMeanwhile(self) -> None:
        """A client that disconnects during the check of its password leaves nothing behind, and no error is logged."""
        server = staffed()
        worker = HeldWorker()
        server.context.passwords = Verifier(lambda: worker, 1)
        bob = server.irc("bob")
        bob.send("OPER root secret")
        bob.hangUp()
        worker.step()
        server.pump()
        self.assertEqual(0, len(server.chat.state.users))

    def test_exempt(self) -> None:
        """Rate limits do not apply to an operator with the privilege C{exempt}."""
        server = staffed()
        root = server.irc("root", host=STRANGER)
        server.advance(10)
        root.send("OPER root secret")
        root.skip()
        root.send(*["PING x"] * 50)
        self.assertEqual(50, len(root.lines()))


class NoticeTests(SynchronousTestCase):
    """User mode s: server notices for operators."""

    def setUp(self) -> None:
        """Register two operators, one of whom has the mode, and another user."""
        self.server = staffed(some=ClassSettings(title="Helper", privileges=("kill",)))
        self.root, self.helper = rooted(self.server, "root"), rooted(self.server, "helper", name="some")
        self.bob = self.server.irc("bob")
        self.root.send("MODE root +s")
        self.root.expect(f":{mask('root')} MODE root :+s")

    def test_operators(self) -> None:
        """There is a notice when a user becomes an operator, and when that ends."""
        self.bob.send("OPER some secret", "MODE bob -o")
        for what in ("is an operator of the server: Helper", "is no operator of the server any more"):
            self.root.until(f":twistchat NOTICE * :*** bob (~bob@{host()}) {what}")
        self.root.expect()
        self.helper.expect()

    def test_killed(self) -> None:
        """There is a notice about a kill, after the QUIT for shared channels."""
        self.root.join("#a")
        self.bob.join("#a")
        self.root.skip()
        self.helper.send("KILL bob :spam :x")
        self.root.expect(
            f":{mask('bob')} QUIT :Killed (helper (spam :x))",
            f":twistchat NOTICE * :*** helper killed bob (~bob@{host()}): spam :x",
        )

    def test_bans(self) -> None:
        """There are notices about bans for operators who may see them."""
        self.helper.send("MODE helper +s")
        self.helper.skip()
        self.root.send("KLINE a@b :spam", "DLINE 60 192.0.2.0/24", "UNKLINE a@b")
        notices = [line for line in self.root.lines() if line.startswith(":twistchat NOTICE * ")]
        start = ":twistchat NOTICE * :*** root"
        self.assertEqual(
            (notices[0], notices[2]), (f"{start} banned *!a@b for ever: spam", f"{start} lifted the ban on *!a@b")
        )
        self.assertRegex(
            notices[1], rf"^{re.escape(start)} banned 192\.0\.2\.0/24 until \d{{4}}-\d\d-\d\d \d\d:\d\d UTC"
        )
        self.assertEqual(len(notices), 3)
        self.helper.expect()

    def test_notForOthers(self) -> None:
        """The mode has no effect for other users, and no error (RFC 2812, section 3.1.5)."""
        self.bob.send("MODE bob +s", "MODE bob")
        self.bob.expect(":twistchat 221 bob +")
        self.helper.send("KILL root :x")
        self.bob.expect()

    def test_resigned(self) -> None:
        """The mode ends with the operator's status, and cannot be set in the same command."""
        self.root.send("MODE root -o+s", "MODE root")
        self.root.expect(f":{mask('root')} MODE root :-o", f":{mask('root')} MODE root :-s", ":twistchat 221 root +")
        self.helper.send("KILL bob :x")
        self.root.expect()

    def test_label(self) -> None:
        """The notice is part of the reply to the operator who caused it."""
        root = rooted(self.server, "labels", "labeled-response", "batch")
        root.send("MODE labels +s")
        root.skip()
        root.send("@label=L KILL bob :x")
        root.expect(f"@label=L :twistchat NOTICE * :*** labels killed bob (~bob@{host()}): x")


class PrivilegeTests(SynchronousTestCase):
    """The privileges of commands."""

    def test_nobody(self) -> None:
        """Without its privilege each command is refused with numeric 481."""
        for line, privilege in PRIVILEGED.items():
            with self.subTest(line):
                others = tuple(set(PRIVILEGES) - {privilege})
                server = staffed(some=ClassSettings(privileges=others))
                for client in (server.irc("bob"), rooted(server, "helper", name="some")):
                    client.send(line)
                    (answer,) = client.lines()
                    self.assertRegex(answer, rf":twistchat 481 \w+ :Permission Denied - .*\({privilege}\)")

    def test_enough(self) -> None:
        """With its privilege it is not."""
        for line, privilege in PRIVILEGED.items():
            server = staffed(some=ClassSettings(privileges=(privilege,)))
            server.irc("bob")
            helper = rooted(server, "helper", name="some")
            helper.send(line)
            self.assertNotIn("481", [answer.split(" ")[1] for answer in helper.lines()], line)


class KillTests(SynchronousTestCase):
    """KILL."""

    def setUp(self) -> None:
        """Register an operator, and alice and bob in one channel."""
        self.server = staffed()
        self.root = rooted(self.server, "root")
        self.alice, self.bob = self.server.irc("alice"), self.server.irc("bob")
        for client in (self.alice, self.bob):
            client.join("#a")
        self.alice.skip()
        self.bob.skip()

    def test_killed(self) -> None:
        """The killed user gets ERROR, and users in shared channels get QUIT.  The operator gets no reply."""
        self.root.send("KILL BOB :spam, again")
        self.bob.expect(f"ERROR :Closing Link: {host()} (Killed (root (spam, again)))")
        self.assertTrue(self.bob.gone)
        self.alice.expect(f":{mask('bob')} QUIT :Killed (root (spam, again))")
        self.root.expect()
        self.assertIsNone(self.server.chat.state.users.named("bob"))

    def test_reason(self) -> None:
        """A reason that is too long is cut, and further parameters are ignored."""
        self.root.send(f"KILL alice :{'x' * 400}", "KILL bob spam again")
        self.alice.expect(f"ERROR :Closing Link: {host()} (Killed (root ({'x' * 390})))")
        self.assertEqual(self.bob.lines()[-1], f"ERROR :Closing Link: {host()} (Killed (root (spam)))")

    def test_lineDoor(self) -> None:
        """A user of the line door can be killed."""
        carol = self.server.person("carol")
        self.root.send("KILL carol :bye")
        self.assertTrue(carol.gone)
        self.assertIn("Killed (root (bye))", "".join(carol.lines()))

    def test_wrong(self) -> None:
        """An unknown nick, a server and missing parameters are errors."""
        self.root.send("KILL nobody :x", "KILL twistchat :x", "KILL")
        self.root.expect(
            ":twistchat 401 root nobody :No such nick",
            ":twistchat 483 root :You can't kill a server",
            ":twistchat 461 root KILL :Not enough parameters: <nick> [<reason>]",
        )

    def test_noReason(self) -> None:
        """Without a reason there is a default, since many clients send none."""
        self.root.send("KILL bob")
        self.bob.expect(f"ERROR :Closing Link: {host()} (Killed (root (No reason)))")
        self.alice.expect(f":{mask('bob')} QUIT :Killed (root (No reason))")
        self.root.send("KILL alice :")
        self.alice.expect(f"ERROR :Closing Link: {host()} (Killed (root (No reason)))")

    def test_oneself(self) -> None:
        """An operator who kills itself gets the whole reply first."""
        self.root.send("KILL root :enough", "PING x")
        self.root.expect(f"ERROR :Closing Link: {host()} (Killed (root (enough)))")
        self.assertTrue(self.root.gone)


class WallopsTests(SynchronousTestCase):
    """WALLOPS."""

    def test_heard(self) -> None:
        """Operators and users with mode w get it; others do not."""
        server = staffed()
        root, listening, other = rooted(server, "root"), server.irc("listening"), server.irc("other")
        listening.send("MODE listening +w")
        listening.skip()
        root.send("WALLOPS :The server stops at noon", "CAP REQ :batch labeled-response")
        for client in (root, listening):
            self.assertEqual(f":{mask('root')} WALLOPS :The server stops at noon", client.lines()[0])
        root.send("@label=l WALLOPS noon or later")
        root.expect(f"@label=l :{mask('root')} WALLOPS :noon")
        other.expect()

    def test_wrong(self) -> None:
        """It must not be empty, or longer than a reason."""
        root = rooted(staffed(limits={"reason": 10}), "root")
        root.send("WALLOPS", "WALLOPS :", "WALLOPS :0123456789x")
        root.expect(
            ":twistchat 461 root WALLOPS :Not enough parameters: <text>",
            ":twistchat 412 root :No text to send",
            ":twistchat NOTICE root :*** WALLOPS: The announcement has 11 characters, and 10 fit",
        )


class RehashTests(SynchronousTestCase):
    """REHASH."""

    def setUp(self) -> None:
        """Register an operator."""
        self.server = staffed()
        self.root = rooted(self.server, "root", "standard-replies")

    def configure(self, **irc: object) -> None:
        """Change the configuration."""
        before = self.server.configuration
        self.server.configuration = settingsWith(irc=irc, classes=before.classes, operators=before.operators)

    def test_takesEffect(self) -> None:
        """Live keys change, and the reply lists the changes."""
        self.root.send("ADMIN")
        self.assertIn(" 423 ", self.root.lines()[0])
        self.configure(admin=("Someone",), motd="Hello")
        self.root.send("REHASH")
        self.root.expect(
            ":twistchat 382 root configuration Rehashing",
            ":twistchat NOTICE root :*** The configuration was read again; changed: irc.motd, irc.admin",
        )
        self.root.send("ADMIN", "MOTD")
        self.assertEqual([":twistchat 257 root Someone", ":twistchat 372 root :- Hello"], self.root.lines()[1:4:2])

    def test_nothing(self) -> None:
        """If nothing has changed, the reply says so."""
        self.root.send("REHASH")
        self.assertIn("nothing has changed", self.root.lines()[1])

    def test_mistake(self) -> None:
        """A mistake is reported in one line, and nothing changes."""

        def reread() -> None:
            raise ConfigError("twistchat.toml:7", "irc.motd: found 3; text is wanted")

        before = self.server.context.settings
        self.server.context.reread = reread  # type: ignore[assignment]  # never returns
        self.root.send("REHASH")
        self.root.expect(":twistchat FAIL REHASH CONFIG_BAD :twistchat.toml:7: irc.motd: found 3; text is wanted")
        self.assertIs(before, self.server.context.settings)
        self.root.send("AUDIT 1 refused")
        self.assertIn("root reload.refused: Nothing has changed: twistchat.toml:7: irc.motd", self.root.lines()[0])

    def test_gone(self) -> None:
        """An operator whose table is gone is none any more, and a later OPER uses the new configuration."""
        self.server.configuration = settingsWith()
        self.root.send("REHASH", "OPER root secret", "REHASH")
        lines = self.root.lines()
        self.assertEqual({"382", "NOTICE", "MODE", "464", "481"}, {line.split(" ")[1] for line in lines})
        self.assertIn(f":{mask('root')} MODE root :-o", lines)


class TakeoverTests(SynchronousTestCase):
    """Operators of the server in channels."""

    def test_locked(self) -> None:
        """OJOIN passes every lock and makes the operator a founder, which all members see."""
        server: MemoryServer = staffed()
        alice = server.irc("alice")
        alice.join("#a")
        alice.send("MODE #a +ik secret")
        root = rooted(server, "root")
        alice.skip()
        root.send("OJOIN #a")
        lines = alice.lines()
        self.assertEqual(f":{mask('root')} JOIN #a", lines[0].replace(" :#a", " #a"))
        self.assertRegex(lines[-1], rf":{re.escape(mask('root'))} MODE #a :?\+q root")
