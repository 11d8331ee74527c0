"""Tests of NickServ's commands to register, log in and out, and change the account."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.accounts.test_codes import FakeMailer
from tests.protocols.irc.conversations import LABELS, mask
from tests.protocols.irc.servers import STRANGER, settingsWith
from tests.protocols.irc.services.conversations import ServiceConversations
from twistchat.config.settings import AccountsSettings
from twistchat.testing import IrcClient, MemoryServer
from twistchat.testing.workers import HeldWorker

PASSWORD = "Wq7-mapletree"
FINGERPRINT = "ab" * 32


class AccountConversations(ServiceConversations):
    """Tests with the account C{alice}, whose password is L{PASSWORD}."""

    def registered(self, nick: str = "alice", *capabilities: str) -> IrcClient:
        """Register a client and an account."""
        client = self.irc(nick, *capabilities)
        client.send(f"PRIVMSG NickServ :REGISTER {PASSWORD}")
        client.until(re.compile(rf"(@\S+ )?:NickServ!\S+ NOTICE {nick} :You are logged in to {nick}"))
        client.skip()
        return client

    def restart(self, worker: Callable[[], HeldWorker] | None = None, **settings: object) -> None:
        """Start another server."""
        made = settingsWith(limits={"exempt": ()}, accounts=AccountsSettings(**settings))  # type: ignore[arg-type]
        self.server = MemoryServer(made) if worker is None else MemoryServer(made, makeWorker=worker)

    def accountOf(self, nick: str) -> str | None:
        """The account that a user is logged in to."""
        return self.server.chat.identity.find(nick).source.account


class RegisterTests(AccountConversations):
    """C{REGISTER}."""

    def test_register(self) -> None:
        """A guest registers their nick, and is logged in."""
        alice = self.irc("alice")
        self.asks(
            alice,
            f"REGISTER {PASSWORD}",
            "You have registered the account alice",
            f":twistchat 900 alice {mask('alice')} alice :You are now logged in as alice",
            "You are logged in to alice",
        )
        self.assertEqual(self.accountOf("alice"), "alice")

    def test_refused(self) -> None:
        """Bad passwords, taken names and people who have an account are refused, without repeating the password."""
        alice, bob = self.registered(), self.irc("bob")
        self.asks(alice, f"REGISTER {PASSWORD}", "You are logged in to alice already")
        bob.send("NS REGISTER short")
        (line,) = bob.lines()
        self.assertIn("The password ", line)
        self.assertNotIn("short ", line.replace("too short", ""))
        usage = "Usage: /msg NickServ REGISTER <password> [<mail address>|*] [<invitation>]"
        self.asks(bob, "REGISTER", usage)
        self.asks(bob, f"REGISTER {PASSWORD} a b c", usage)
        self.assertIsNone(self.accountOf("bob"))

    def test_invitation(self) -> None:
        """Where an invitation is needed, it is the last word, with or without a mail address."""
        self.restart(registration="invitation", invitation="sesame")
        needed = "You need a valid invitation code to register an account here"
        for nick, words, isRight in (
            ("ann", "", False),
            ("ben", "tea", False),
            ("cat", "sesame", True),
            ("dan", "* sesame", True),
        ):
            client = self.irc(nick)
            client.send(f"NS REGISTER {PASSWORD} {words}")
            answer = "\n".join(client.lines())
            self.assertEqual(f"You are logged in to {nick}" in answer, isRight, answer)
            self.assertEqual(needed in answer, not isRight)

    def test_closed(self) -> None:
        """Where registration is closed, it says so."""
        self.restart(registration="closed")
        answer = "You cannot register an account here by yourself; ask an administrator of this server"
        self.asks(self.irc("alice"), f"REGISTER {PASSWORD}", answer)

    def test_plaintext(self) -> None:
        """A password from another machine over a connection that is not encrypted is refused."""
        self.restart(registration="open")
        alice = self.server.irc("alice", host=STRANGER)
        refusal = "Your connection is not encrypted, so do not send a password over it; connect with TLS"
        self.asks(alice, f"REGISTER {PASSWORD}", refusal)
        self.asks(alice, f"IDENTIFY {PASSWORD}", refusal)


class MailTests(AccountConversations):
    """Commands that send a code by mail."""

    def setUp(self) -> None:
        """Start a server that sends mails."""
        super().setUp()
        self.mailer = FakeMailer()
        self.server = MemoryServer(settingsWith(limits={"exempt": ()}), mailer=self.mailer)

    def typeCommand(self, client: IrcClient, start: str, password: str = "") -> list[str]:
        """Type the command from the last mail, and return the answer."""
        (command,) = [line.strip() for line in self.mailer.mails[-1][1].splitlines() if line.strip().startswith(start)]
        client.skip()
        client.send(command.replace("/msg NickServ ", "PRIVMSG NickServ :").replace("PASSWORD", password))
        return [self.textOf(line) for line in client.lines()]

    def test_verify(self) -> None:
        """VERIFY finishes a registration with the code from the mail, and logs the client in."""
        alice = self.irc("alice")
        alice.send(f"PRIVMSG NickServ :REGISTER {PASSWORD} alice@example.org")
        self.assertIn(
            "A code was sent to alice@example.org. To finish: /msg NickServ VERIFY alice <code>",
            [self.textOf(line) for line in alice.lines()],
        )
        self.assertIsNone(self.accountOf("alice"))
        alice.send("NS VERIFY wrong")
        self.assertIsNone(self.accountOf("alice"))
        answer = self.typeCommand(alice, "/msg NickServ VERIFY")
        self.assertEqual(answer[0], "The mail address of alice is verified")
        self.assertEqual(answer[-1], "You are logged in to alice")
        self.assertEqual(self.accountOf("alice"), "alice")

    def test_late(self) -> None:
        """
        Who registers keeps the nick until the mail has come.  Once the address is verified elsewhere, they must log in.
        """
        alice = self.irc("alice")
        alice.send(f"NS REGISTER {PASSWORD} alice@example.org")
        alice.skip()
        self.server.advance(61)
        alice.expect()
        bob = self.irc("bob")
        self.typeCommand(bob, "/msg NickServ VERIFY")
        self.server.advance(61)
        self.assertRegex(alice.lines()[-1], r" NICK Guest\d+$")

    def test_change(self) -> None:
        """A new mail address counts after VERIFY, which does not log in anybody anew."""
        alice = self.registered()
        self.asks(
            alice,
            "SET EMAIL alice@example.org",
            "A code was sent to alice@example.org. To finish: /msg NickServ VERIFY <code>",
        )
        answer = self.typeCommand(alice, "/msg NickServ VERIFY")
        self.assertEqual(answer, ["The mail address of alice is verified"])
        alice.send("NS INFO")
        self.assertIn("Mail address: alice@example.org", map(self.textOf, alice.lines()))

    def test_reset(self) -> None:
        """Someone who has forgotten the password gets a code by mail, and sets a new one."""
        self.test_change()
        bob, new = self.irc("bob"), "Zk4-teaspoon"
        sent = (
            "If {0} has a mail address, a code was sent to it",
            "With the code: /msg NickServ SETPASS {0} <code> <new password>",
        )
        count = len(self.mailer.mails)
        self.asks(bob, "RESETPASS nobody", *(line.format("nobody") for line in sent))
        self.assertEqual(len(self.mailer.mails), count)
        self.asks(bob, "RESETPASS alice", *(line.format("alice") for line in sent))
        self.assertEqual(
            self.typeCommand(bob, "/msg NickServ SETPASS", new),
            ["alice has a new password. Now log in: /msg NickServ IDENTIFY alice <password>"],
        )
        bob.send(f"NS IDENTIFY alice {new}")
        self.assertIn("You are logged in to alice", bob.lines()[-1])

    def test_lineEnds(self) -> None:
        """A bad mail address is refused, and nothing is sent or registered."""
        alice = self.irc("alice")
        for email in ("a@b@c", "@", "alice@", "a\x00@b", "x" * 300 + "@example.org"):
            alice.send(f"NS REGISTER {PASSWORD} {email}")
        self.assertEqual(self.mailer.mails, [])
        self.assertIsNone(self.server.chat.state.accounts.get("alice"))


TAKE = "To take your nick: /msg NickServ REGAIN alice"


class IdentifyTests(AccountConversations):
    """C{IDENTIFY}."""

    def setUp(self) -> None:
        """Register an account, and log out."""
        super().setUp()
        self.registered().hangUp()

    def test_nick(self) -> None:
        """The account may be named; its name is then the first word."""
        bob = self.irc("bob")
        self.asks(
            bob,
            f"IDENTIFY alice {PASSWORD}",
            f":twistchat 900 bob {mask('bob')} alice :You are now logged in as alice",
            "You are logged in to alice",
            TAKE,
        )
        self.assertEqual(self.accountOf("bob"), "alice")

    def test_again(self) -> None:
        """Logging in again to the same account has no effect."""
        bob = self.irc("bob")
        for _ in range(2):
            bob.send(f"PRIVMSG NickServ :ID alice {PASSWORD}")
            self.assertIn("You are logged in to alice", bob.lines()[-2])

    def test_wrong(self) -> None:
        """A wrong password and an unknown account have the same answer."""
        bob = self.irc("bob")
        for text in ("IDENTIFY alice wrong-password", "IDENTIFY nobody wrong-password"):
            self.asks(bob, text, "The account or the password is wrong")
        self.asks(
            bob,
            "IDENTIFY wrong-password",
            "There is no account bob. To name yours: /msg NickServ IDENTIFY <account> <password>",
        )
        self.asks(bob, "IDENTIFY", "Usage: /msg NickServ IDENTIFY [<account>] [<password>]")
        self.asks(bob, "IDENTIFY a b c", "Usage: /msg NickServ IDENTIFY [<account>] [<password>]")
        self.assertIsNone(self.accountOf("bob"))
        bob.send(f"NS IDENTIFY alice {PASSWORD}", "NICK alice")
        bob.skip()
        self.asks(bob, "IDENTIFY wrong-password", "The account or the password is wrong")

    def test_certificate(self) -> None:
        """Without a password, the certificate of the connection counts."""
        bob = self.irc("bob")
        session = next(iter(self.server.chat.identity.find("bob").sessions.values()))
        session.fingerprint = FINGERPRINT
        self.asks(bob, "IDENTIFY", "The account or the password is wrong")
        adding = self.server.context.registrar.addCertificate(session, "alice")
        self.server.pump()
        self.successResultOf(adding)
        bob.send("NS IDENTIFY")
        self.assertEqual(self.accountOf("bob"), "alice")

    def test_label(self) -> None:
        """The answer is one labelled response, with the events."""
        bob = self.irc("bob", "account-notify", "echo-message", *LABELS)
        bob.send(f"@label=x PRIVMSG NickServ :IDENTIFY alice {PASSWORD}")
        first, *lines, last = bob.lines()
        self.assertRegex(first, r"^@label=x :twistchat BATCH \+s1 labeled-response$")
        self.assertEqual(last, ":twistchat BATCH -s1")
        self.assertEqual(
            lines,
            [
                f"@batch=s1 :{mask('bob')} PRIVMSG NickServ :IDENTIFY ***",
                f"@batch=s1 :{mask('bob')} ACCOUNT alice",
                f"@batch=s1 :twistchat 900 bob {mask('bob')} alice :You are now logged in as alice",
                "@batch=s1 :NickServ!NickServ@twistchat NOTICE bob :You are logged in to alice",
                f"@batch=s1 :NickServ!NickServ@twistchat NOTICE bob :{TAKE}",
            ],
        )

    def test_join(self) -> None:
        """
        A second client of the account joins the user of the first.  The first hears what it says, but not to services.
        """
        first = self.server.irc("phone")
        first.send(f"NS IDENTIFY alice {PASSWORD}", "NICK alice", "JOIN #tea")
        second = self.irc("laptop")
        second.send(f"NS IDENTIFY alice {PASSWORD}")
        self.assertIn(f":{mask('laptop')} NICK alice".split("!")[0], second.lines()[0])
        self.assertEqual(len(self.server.chat.identity.find("alice").sessions), 2)
        first.skip()
        second.send("PRIVMSG NickServ :INFO", "PRIVMSG #tea :hello")
        self.assertRegex(first.lines()[0], r"^:alice!\S+ PRIVMSG #tea :hello$")


class WaitingTests(AccountConversations):
    """A password takes time to check."""

    def test_others(self) -> None:
        """The client's later commands wait for the password, and those of others do not."""
        worker = HeldWorker()
        self.restart(lambda: worker)
        alice, bob = self.irc("alice"), self.irc("bob")
        alice.send(f"PRIVMSG NickServ :REGISTER {PASSWORD}", "PRIVMSG bob :hello", "PING 1")
        bob.send("PING 2")
        alice.expect()
        bob.expect(":twistchat PONG twistchat 2")
        worker.run()
        self.server.pump()
        bob.expect(f":{mask('alice')} PRIVMSG bob :hello")
        lines = alice.lines()
        self.assertIn("You are logged in to alice", lines[-2])
        self.assertEqual(lines[-1], ":twistchat PONG twistchat 1")

    def test_gone(self) -> None:
        """If the client disconnects meanwhile, nothing is logged as a fault, and the account exists."""
        worker = HeldWorker()
        self.restart(lambda: worker)
        alice = self.irc("alice")
        alice.send(f"NS REGISTER {PASSWORD}")
        alice.hangUp()
        worker.run()
        self.server.pump()
        self.assertEqual(self.flushLoggedErrors(), [])


class GuessingTests(AccountConversations):
    """Guessing passwords, with the default limits."""

    def test_throttled(self) -> None:
        """After three wrong passwords in a minute, an address must wait."""
        self.restart()
        self.registered().hangUp()
        mallory = self.server.irc("mallory", host=STRANGER)
        (session,) = self.server.chat.identity.find("mallory").sessions.values()
        session.secure = True
        answers: list[str] = []
        for _ in range(5):
            mallory.send("NS IDENTIFY alice guess-guess")
            self.server.advance(1)
            answers += map(self.textOf, mallory.lines())
        self.assertEqual(answers[:3], ["The account or the password is wrong"] * 3)
        self.assertRegex(answers[3], r"try again|too")
        self.assertNotIn("wrong", answers[3])


class ChangeTests(AccountConversations):
    """C{LOGOUT}, C{SET} and C{DROP}."""

    def test_logout(self) -> None:
        """A user with one session becomes a guest."""
        alice = self.registered()
        alice.send("NS LOGOUT")
        self.assertIn("You are logged out", alice.lines()[-1])
        self.asks(alice, "LOGOUT", "You are not logged in to an account")

    def test_password(self) -> None:
        """A new password counts at once, and the old one no more."""
        alice, new = self.registered(), "Zk4-teaspoon"
        self.asks(alice, f"SET PASSWORD {new}", "Your password has changed")
        usage = "Usage: /msg NickServ SET PASSWORD <new password> | EMAIL <mail address> | ALWAYS-ON on|off|default"
        self.asks(alice, "SET PASSWORD", usage)
        self.asks(alice, f"SET COLOUR {new}", usage)
        alice.hangUp()
        bob = self.irc("bob")
        self.asks(bob, f"IDENTIFY alice {PASSWORD}", "The account or the password is wrong")
        bob.send(f"NS IDENTIFY alice {new}")
        self.assertEqual(self.accountOf("bob"), "alice")

    def test_drop(self) -> None:
        """An account is removed after a confirmation, and only the own one."""
        alice = self.registered()
        self.account("bob")
        self.asks(alice, "DROP bob", "That is not your account. You are logged in to alice")
        alice.send("PRIVMSG NickServ :DROP ALICE")
        (line,) = map(self.textOf, alice.lines())
        start, code = line.rsplit(" ", 1)
        self.assertEqual(start, "This cannot be undone. To confirm it: /msg NickServ DROP alice")
        alice.send("NS DROP alice 1234")
        self.assertIn("This cannot be undone", alice.lines()[0])
        alice.send(f"NS DROP alice {code}")
        self.assertIn("The account alice is removed. Nobody can register that name again", alice.lines()[-1])
        self.assertIsNone(self.accountOf("alice"))
        self.asks(
            alice, f"REGISTER {PASSWORD}", "An account named alice was dropped, and nobody can register that name again"
        )


class DefaultLimitsTests(AccountConversations):
    """A conversation with the default limits, from another machine."""

    def test_conversation(self) -> None:
        """Every command is answered, in order, however fast the client sends them."""
        self.restart(registration="open")
        alice = self.server.irc("alice", host=STRANGER)
        next(iter(self.server.chat.identity.find("alice").sessions.values())).secure = True
        alice.send(
            f"NS REGISTER {PASSWORD}",
            "JOIN #tea",
            "CS REGISTER #tea",
            "NS TOKEN ADD phone",
            "NS TOKEN LIST",
            "CS SET #tea DESCRIPTION all about tea",
            "CS INFO #tea",
            "NS SESSIONS",
            "NS HELP",
            "NS LOGOUT",
            "PING done",
        )
        for _ in range(10):
            self.server.advance(1)
        text = "\n".join(alice.lines())
        places = [
            text.index(part)
            for part in (
                "You are logged in to alice",
                "JOIN #tea",
                "#tea is registered",
                "The app token phone is:",
                "phone (never used)",
                "The description of #tea is: all about tea",
                "Description: all about tea",
                "You have 1 session:",
                "Its commands:",
                "You are logged out",
                "PONG twistchat done",
            )
        ]
        self.assertEqual(places, sorted(places))

    def test_registrations(self) -> None:
        """After three registrations in ten minutes, an address must wait."""
        self.restart(registration="open")
        answers = []
        for nick in ("ann", "ben", "cat", "dan"):
            client = self.server.irc(nick, host=STRANGER)
            next(iter(self.server.chat.identity.find(nick).sessions.values())).secure = True
            client.send(f"NS REGISTER {PASSWORD}")
            answers.append(self.textOf(client.lines()[-1]))
        self.assertEqual(answers[:3], [f"You are logged in to {nick}" for nick in ("ann", "ben", "cat")])
        self.assertRegex(answers[3], "register accounts")


class EchoTests(AccountConversations):
    """Passwords in echoes and logs."""

    def test_hidden(self) -> None:
        """No command of NickServ echoes a password or a code, nor does an answer repeat it."""
        alice = self.registered("alice", "echo-message")
        for text in (
            f"REGISTER {PASSWORD}x",
            f"IDENTIFY {PASSWORD}x",
            f"IDENTIFY alice {PASSWORD}x y z",
            f"SET PASSWORD {PASSWORD}x",
            f"SET PASSWORD {PASSWORD}x y",
            f"SETPASS alice 1 {PASSWORD}x",
            f"VERIFY {PASSWORD}x",
            f"{PASSWORD}x",
            f"IDENTFY {PASSWORD}x",
            f"GHOST alice {PASSWORD}x",
        ):
            alice.skip()
            alice.send(f"PRIVMSG NickServ :{text}")
            lines = alice.lines()
            self.assertIn("PRIVMSG NickServ :", lines[0])
            answer = "\n".join(lines)
            self.assertNotIn(PASSWORD, answer, text)


class AlwaysOnTests(AccountConversations):
    """C{SET ALWAYS-ON}."""

    def test_set(self) -> None:
        """It says whether the user stays, and INFO says it too."""
        alice = self.registered()
        self.asks(alice, "SET ALWAYS-ON on", "You stay in your channels when you disconnect")
        alice.send("NS INFO")
        alice.until(re.compile(".*Stays in its channels without a connection: /msg NickServ SET ALWAYS-ON off"))
        alice.skip()
        self.asks(alice, "SET always-on DEFAULT", "You leave when you disconnect")

    def test_refused(self) -> None:
        """Other values are refused, and so is turning it on if the server's policy is off."""
        alice = self.registered()
        self.asks(alice, "SET ALWAYS-ON maybe", "The name maybe is not a value of always-on; use on, off or default")
        self.restart(alwaysOn="off")
        alice = self.registered()
        self.asks(alice, "SET ALWAYS-ON on", "This server does not let you stay without a connection")
