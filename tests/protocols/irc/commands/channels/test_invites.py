"""Tests of INVITE (modern.ircdocs.horse, "INVITE message"; IRCv3 invite-notify)."""

from __future__ import annotations

from tests.protocols.irc.conversations import Conversations, mask


class InviteTests(Conversations):
    """INVITE."""

    def test_invite(self) -> None:
        """The invited user gets the INVITE and may join once.  The operator gets a confirmation."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob")
        alice.send("MODE #tea +i")
        self.gets(alice, "INVITE BOB #TEA", ":twistchat 341 alice bob #tea")
        self.hears(bob, f":{mask('alice')} INVITE bob #tea")
        self.gets(alice, "INVITE bob #tea please", ":twistchat 341 alice bob #tea")
        self.hears(bob, f":{mask('alice')} INVITE bob #tea")
        bob.join("#tea")
        bob.send("PART #tea")
        self.gets(bob, "JOIN #tea", ":twistchat 473 bob #tea :Cannot join channel (+i)")

    def test_notify(self) -> None:
        """Members with invite-notify get the INVITE, with its author."""
        alice, bob = self.irc("alice", "invite-notify", rooms="#tea"), self.irc("bob", rooms="#tea")
        carol, dave = self.irc("carol", "invite-notify", rooms="#tea"), self.irc("dave", "invite-notify")
        for client in (bob, carol):
            client.skip()
        line = f":{mask('alice')} INVITE dave #tea"
        self.gets(alice, "INVITE dave #tea", line, ":twistchat 341 alice dave #tea")
        self.hears(bob)
        self.hears(carol, line)
        self.hears(dave, line)

    def test_away(self) -> None:
        """The reply says that the invited user is away."""
        alice = self.irc("alice", rooms="#tea")
        self.irc("bob")
        self.leave("bob", "Asleep")
        self.gets(alice, "INVITE bob #tea", ":twistchat 341 alice bob #tea", ":twistchat 301 alice bob Asleep")

    def test_list(self) -> None:
        """Without parameters, INVITE lists the client's invitations."""
        alice, bob = self.irc("alice", rooms="#tea #Ale"), self.irc("bob")
        end = ":twistchat 337 bob :End of /INVITE list"
        self.gets(bob, "INVITE", end)
        alice.send("INVITE bob #tea", "INVITE bob #ale")
        self.gets(bob, "INVITE", ":twistchat 336 bob #Ale", ":twistchat 336 bob #tea", end)

    def test_errors(self) -> None:
        """Each error has its numeric."""
        alice, bob = self.irc("alice", rooms="#tea"), self.irc("bob", rooms="#tea")
        self.irc("carol")
        for client, line, answer in (
            (alice, "INVITE carol", "461 alice INVITE :Not enough parameters: <nick> <channel>"),
            (alice, "INVITE carol #none", "403 alice #none :No such channel"),
            (alice, "INVITE dave #tea", "401 alice dave :No such nick"),
            (alice, "INVITE Bob #tea", "443 alice bob #tea :is already on channel"),
            (self.irc("erin"), "INVITE carol #tea", "442 erin #tea :You're not on that channel"),
        ):
            self.gets(client, line, f":twistchat {answer}")
        alice.send("MODE #tea +i")
        self.gets(bob, "INVITE carol #tea", ":twistchat 482 bob #tea :You're not a channel operator of that rank")
        alice.send("MODE #tea +g")
        self.gets(bob, "INVITE carol #tea", ":twistchat 341 bob carol #tea")

    def test_otherDoor(self) -> None:
        """Users of the line door see the invitation as a notice."""
        alice, lena = self.irc("alice", rooms="#tea"), self.server.person("lena")
        alice.send("INVITE lena #tea")
        lena.expect("* alice invited lena to #tea")
