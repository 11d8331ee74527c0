"""Tests of REDACT (IRCv3 message-redaction)."""

from __future__ import annotations

import re

from tests.protocols.irc.conversations import LABELS, Conversations, mask
from twistchat.testing import IrcClient

CAPABILITIES = ("draft/message-redaction", "message-tags", "echo-message")


def lastId(client: IrcClient) -> str:
    """Get the message id of the last line that a client received."""
    found = re.search(r"msgid=([^; ]+)", client.lines()[-1])
    assert found is not None
    return found[1]


class RoomTests(Conversations):
    """Texts in channels."""

    def setUp(self) -> None:
        """Register an operator, a member, and a client without the capability."""
        super().setUp()
        self.alice = self.irc("alice", *CAPABILITIES, rooms="#tea")
        self.bob = self.irc("bob", *CAPABILITIES, rooms="#tea")
        self.carol = self.irc("carol", "message-tags", rooms="#tea")

    def say(self, client: IrcClient, text: str) -> str:
        """Send a text to the channel, and get its id."""
        client.skip()
        client.send(f"PRIVMSG #tea :{text}")
        found = lastId(client)
        for other in (self.alice, self.bob, self.carol):
            other.skip()
        return found

    def test_own(self) -> None:
        """
        A client deletes its own text.  Clients with the capability get REDACT with an id of its own, and the history
        forgets the text.
        """
        spoken = self.say(self.bob, "an example")
        self.bob.send(f"REDACT #TEA {spoken} :bad example")
        for client in (self.alice, self.bob):
            (line,) = client.lines()
            self.assertRegex(line, rf"^@msgid=test-\d+ :{re.escape(mask('bob'))} REDACT #tea {spoken} :bad example$")
            self.assertNotIn(f"msgid={spoken} ", line)
        self.hears(self.carol)
        lena = self.server.person("lena")
        lena.send("/join #tea")
        self.assertNotIn("an example", "\n".join(lena.lines()))
        self.gets(
            self.bob,
            f"REDACT #tea {spoken}",
            f":twistchat FAIL REDACT UNKNOWN_MSGID #tea {spoken} :This message does not exist, or does not any more",
        )

    def test_longReason(self) -> None:
        """A reason that is too long is cut, and further parameters are ignored."""
        self.limit(reason=5)
        self.alice = self.irc("alice", *CAPABILITIES, rooms="#tea")
        for reason in (":123456", "12345 678"):
            self.alice.skip()
            self.alice.send("PRIVMSG #tea :x")
            spoken = lastId(self.alice)
            self.alice.send(f"REDACT #tea {spoken} {reason}")
            self.assertTrue(self.alice.lines()[-1].endswith(f" REDACT #tea {spoken} :12345"))

    def test_noReason(self) -> None:
        """A reason is optional."""
        spoken = self.say(self.bob, "x")
        self.bob.send(f"REDACT #tea {spoken}")
        self.assertTrue(self.alice.lines()[0].endswith(f" REDACT #tea {spoken}"))

    def test_operators(self) -> None:
        """Channel operators delete any text, others only their own."""
        spoken = self.say(self.bob, "join my network")
        self.alice.send(f"REDACT #tea {spoken} spam")
        self.assertTrue(self.bob.lines()[0].endswith(f" REDACT #tea {spoken} :spam"))
        spoken = self.say(self.alice, "hello")
        self.gets(
            self.bob,
            f"REDACT #tea {spoken}",
            f":twistchat FAIL REDACT REDACT_FORBIDDEN #tea {spoken} :You are not authorised to delete this message",
        )

    def test_notThere(self) -> None:
        """Ids of other channels, of other events and unknown ids are refused."""
        dave = self.irc("dave", *CAPABILITIES, rooms="#other")
        dave.send("PRIVMSG #other :hi")
        elsewhere = lastId(dave)
        self.alice.send("@+typing=active TAGMSG #tea")
        signal = lastId(self.alice)
        for msgid in (elsewhere, signal, "test-1", "nothing", "\u00e9", "x" * 300):
            self.alice.skip()
            self.alice.send(f"REDACT #tea {msgid}")
            (line,) = self.alice.lines()
            self.assertRegex(line, rf"^:twistchat FAIL REDACT UNKNOWN_MSGID #tea {msgid[:250]} :This message")

    def test_targets(self) -> None:
        """Targets that the client is not in, or that do not exist, are refused."""
        self.irc("dave", rooms="#other")
        for target in ("#other", "#none", "nobody", "x,y"):
            self.gets(
                self.alice,
                f"REDACT {target} test-1",
                f":twistchat FAIL REDACT INVALID_TARGET {target} :You cannot delete messages from {target}",
            )

    def ranked(self, client: IrcClient, target: str) -> str:
        """Send a text to a rank, and get its id."""
        client.skip()
        client.send(f"PRIVMSG {target} :for you")
        found = lastId(client)
        for other in (self.alice, self.bob, self.carol):
            other.skip()
        return found

    def test_rank(self) -> None:
        """A text to a rank is deleted by its author, or by operators with the rank."""
        own, toOperators = self.ranked(self.bob, "@#tea"), self.ranked(self.alice, "@#tea")
        self.bob.send(f"REDACT #tea {own}", f"REDACT @#tea {toOperators}")
        self.assertEqual([line.split()[3] for line in self.bob.lines()], ["UNKNOWN_MSGID"] * 2)
        self.bob.send(f"REDACT @#tea {own}")
        for client in (self.alice, self.bob):
            self.assertIn(f"REDACT @#tea {own}", client.lines()[-1])
        own = self.ranked(self.bob, "@#tea")
        self.alice.send(f"REDACT @#tea {own}", f"REDACT @#tea {toOperators}")
        self.assertEqual([line.split()[-1] for line in self.alice.lines()], [own, toOperators])
        self.hears(self.bob)

    def test_operatorsOfVoices(self) -> None:
        """A member with the rank of the text, who is no operator and did not write it, may not delete it."""
        self.alice.send("MODE #tea +v bob")
        spoken = self.ranked(self.alice, "+#tea")
        self.bob.send(f"REDACT +#tea {spoken}")
        self.assertIn("FAIL REDACT REDACT_FORBIDDEN", self.bob.lines()[-1])

    def test_label(self) -> None:
        """With a label it is the labelled reply."""
        erin = self.irc("erin", *CAPABILITIES, *LABELS, rooms="#tea")
        spoken = self.say(erin, "x")
        erin.skip()
        erin.send(f"@label=7 REDACT #tea {spoken}")
        self.assertRegex(erin.lines()[0], r"^@label=7;msgid=test-\d+ :erin!\S+ REDACT #tea ")

    def test_without(self) -> None:
        """Without the capability the command is unknown."""
        self.gets(self.carol, "REDACT #tea x", ":twistchat 421 carol REDACT :Unknown command")
        self.gets(
            self.alice, "REDACT #tea", ":twistchat 461 alice REDACT :Not enough parameters: <target> <msgid> [<reason>]"
        )


class PrivateTests(Conversations):
    """Private texts, which the history keeps between accounts."""

    def test_accounts(self) -> None:
        """A client deletes its own text."""
        alice, bob = self.irc("alice", *CAPABILITIES), self.irc("bob", *CAPABILITIES)
        self.logIn("alice", "Alice")
        self.logIn("bob", "Bob")
        alice.send("PRIVMSG bob :secret")
        spoken = lastId(alice)
        bob.skip()
        self.gets(
            bob,
            f"REDACT alice {spoken}",
            f":twistchat FAIL REDACT REDACT_FORBIDDEN alice {spoken} :You are not authorised to delete this message",
        )
        alice.send(f"REDACT BOB {spoken} :oops")
        self.assertTrue(bob.lines()[-1].endswith(f" REDACT bob {spoken} :oops"))
        self.assertTrue(alice.lines()[-1].endswith(f" REDACT bob {spoken} :oops"))

    def test_guests(self) -> None:
        """Texts of guests are not kept, and therefore not found."""
        alice = self.irc("alice", *CAPABILITIES)
        self.irc("bob")
        alice.send("PRIVMSG bob :secret")
        spoken = lastId(alice)
        self.gets(
            alice,
            f"REDACT bob {spoken}",
            f":twistchat FAIL REDACT UNKNOWN_MSGID bob {spoken} :This message does not exist, or does not any more",
        )
