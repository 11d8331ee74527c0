"""Tests of the ways to reach NickServ and ChanServ."""

from __future__ import annotations

from tests.protocols.irc.conversations import LABELS, mask
from tests.protocols.irc.services.conversations import ServiceConversations
from twistchat.protocols.irc.services import serviceNamed

ANSWER = ":NickServ!NickServ@twistchat NOTICE alice :There is no account nobody"


class WaysTests(ServiceConversations):
    """How people type commands."""

    def test_ways(self) -> None:
        """A text to the service and its IRC commands are the same, in any case."""
        alice = self.irc("alice")
        for line in (
            "PRIVMSG NickServ :INFO nobody",
            "privmsg nickserv :info nobody",
            "PRIVMSG NickServ@twistchat :INFO nobody",
            "PRIVMSG nickserv@TWISTCHAT :INFO nobody",
            "NS INFO nobody",
            "ns info nobody",
            "NS :INFO nobody",
            "NICKSERV INFO nobody",
            "nickserv :INFO nobody",
        ):
            self.gets(alice, line, ANSWER)

    def test_elsewhere(self) -> None:
        """A service of another server is nobody."""
        self.gets(
            self.irc("alice"),
            "PRIVMSG NickServ@example.org :x",
            ":twistchat 401 alice NickServ@example.org :No such nick",
        )

    def test_noCommand(self) -> None:
        """Without a command there is help, or the answer to an empty text."""
        alice = self.irc("alice")
        alice.send("NS")
        self.assertIn("Its commands:", alice.lines()[0])
        self.gets(alice, "PRIVMSG NickServ", ":twistchat 412 alice :No text to send")
        self.gets(alice, "PRIVMSG NickServ :", ":twistchat 412 alice :No text to send")

    def test_ignored(self) -> None:
        """A notice, tags (such as those of a client that shows typing) and CTCP requests have no answer."""
        alice = self.irc("alice", "message-tags")
        self.gets(alice, "NOTICE NickServ :INFO nobody")
        self.gets(alice, "@+typing=active TAGMSG NickServ")
        self.gets(alice, "PRIVMSG NickServ :\x01VERSION\x01")

    def test_unregistered(self) -> None:
        """A client that has not registered cannot use services."""
        client = self.server.connectIrc()
        client.send("NS INFO alice", "PRIVMSG NickServ :INFO alice")
        client.expect(*[":twistchat 451 * :You have not registered"] * 2)

    def test_several(self) -> None:
        """A service is not one of several targets."""
        alice, bob = self.irc("alice"), self.irc("bob")
        self.gets(alice, "PRIVMSG bob,NickServ :hello", ":twistchat 401 alice NickServ :No such nick")
        self.hears(bob, f":{mask('alice')} PRIVMSG bob :hello")

    def test_order(self) -> None:
        """The answer comes between those of the commands before and after it."""
        alice = self.irc("alice")
        alice.send("PING 1", "PRIVMSG NickServ :INFO nobody", "PING 2")
        self.hears(alice, ":twistchat PONG twistchat 1", ANSWER, ":twistchat PONG twistchat 2")

    def test_notStored(self) -> None:
        """What people send to services is not an event: it is in no journal, and no other session gets it."""
        alice = self.irc("alice")
        proposed: list[object] = []
        self.patch(self.server.log, "append", lambda *args: proposed.append(args))
        self.patch(self.server.log, "post", lambda *args: proposed.append(args))
        alice.send("PRIVMSG NickServ :IDENTFY sesame", "NS sesame")
        self.assertEqual(len(alice.lines()), 2)
        self.assertEqual(proposed, [])


class LabelTests(ServiceConversations):
    """Labels and echoes."""

    def test_label(self) -> None:
        """One notice has the label; several are a batch; an answer without any is an ACK."""
        alice = self.irc("alice", *LABELS)
        self.gets(alice, "@label=1 PRIVMSG NickServ :INFO nobody", f"@label=1 {ANSWER}")
        self.gets(alice, "@label=2 NOTICE NickServ :INFO nobody", "@label=2 :twistchat ACK")
        alice.send("@label=3 NS HELP INFO")
        first, *lines, last = alice.lines()
        self.assertRegex(first, r"^@label=3 :twistchat BATCH \+s\d+ labeled-response$")
        self.assertTrue(all(line.startswith("@batch=s") for line in lines))
        self.assertRegex(last, r"^:twistchat BATCH -s\d+$")

    def test_echo(self) -> None:
        """A client with echo-message gets its text back, without what may be a password."""
        alice = self.irc("alice", "echo-message")
        echo = f":{mask('alice')} PRIVMSG nickserv :"
        self.gets(alice, "PRIVMSG nickserv :INFO nobody", f"{echo}INFO nobody", ANSWER)
        alice.send("PRIVMSG nickserv :IDENTFY sesame", "PRIVMSG nickserv :sesame")
        lines = alice.lines()
        self.assertEqual(lines.count(f"{echo}***"), 2)
        self.assertNotIn("sesame", "".join(lines))

    def test_labelledEcho(self) -> None:
        """The echo is a part of the labelled answer."""
        alice = self.irc("alice", "echo-message", *LABELS)
        self.gets(
            alice,
            "@label=x PRIVMSG NickServ :INFO nobody",
            "@label=x :twistchat BATCH +s1 labeled-response",
            f"@batch=s1 :{mask('alice')} PRIVMSG NickServ :INFO nobody",
            f"@batch=s1 {ANSWER}",
            ":twistchat BATCH -s1",
        )

    def test_noEcho(self) -> None:
        """The IRC commands have no echo."""
        self.gets(self.irc("alice", "echo-message"), "NS INFO nobody", ANSWER)


class PresenceTests(ServiceConversations):
    """What IRC's questions about nicks say about services."""

    def test_whois(self) -> None:
        """WHOIS describes a service."""
        self.gets(
            self.irc("alice"),
            "WHOIS nickserv",
            ":twistchat 311 alice NickServ NickServ twistchat * :registers accounts, and logs you in to yours",
            ":twistchat 312 alice NickServ twistchat :A twistchat server",
            ":twistchat 313 alice NickServ :is a service of this server",
            ":twistchat 318 alice nickserv :End of /WHOIS list",
        )

    def test_online(self) -> None:
        """Services are online."""
        alice = self.irc("alice")
        self.gets(alice, "ISON chanserv nobody alice", ":twistchat 303 alice :ChanServ alice")
        self.gets(alice, "USERHOST CHANSERV nobody", ":twistchat 302 alice :ChanServ=+ChanServ@twistchat")
        self.gets(
            alice,
            "MONITOR + NickServ,nobody",
            ":twistchat 730 alice :NickServ!NickServ@twistchat",
            ":twistchat 731 alice :nobody",
        )
        self.gets(
            alice,
            "MONITOR S",
            ":twistchat 730 alice :NickServ!NickServ@twistchat",
            ":twistchat 731 alice :nobody",
        )

    def test_reserved(self) -> None:
        """Nobody can be a service, even if the configuration reserves no nicks."""
        alice = self.irc("alice")
        self.gets(alice, "NICK NickServ", ":twistchat 432 alice NickServ :This nick is reserved")
        self.assertIsNone(serviceNamed("alice", "twistchat"))
