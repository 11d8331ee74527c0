"""Tests of HELP of the services."""

from __future__ import annotations

from tests.protocols.irc.services.conversations import ServiceConversations
from twistchat.protocols.irc.services import SERVICES


class HelpTests(ServiceConversations):
    """C{HELP}."""

    def test_overview(self) -> None:
        """HELP lists every command of a service in one line each."""
        for service in SERVICES.values():
            self.service = service.nick
            alice = self.irc("alice")
            alice.send(f"PRIVMSG {service.nick} :help")
            first, *lines, last = map(self.textOf, alice.lines())
            self.assertEqual(first, f"{service.nick} {service.purpose}. Its commands:")
            self.assertEqual(lines, [f"{name}: to {command.summary}" for name, command in service.commands.items()])
            self.assertIn("HELP <command>", last)
            alice.hangUp()

    def test_command(self) -> None:
        """HELP with a command describes it, under each of its names."""
        alice = self.irc("alice")
        self.asks(
            alice,
            "HELP ungroup",
            "/msg NickServ UNGROUP <nick>",
            "To give up a nick of your account",
            "For this you need to be logged in",
            "Example: /msg NickServ UNGROUP alice2",
        )
        for service in SERVICES.values():
            self.service = service.nick
            for name in [*service.commands, *service.aliases]:
                alice.send(f"PRIVMSG {service.nick} :HELP {name}")
                usage, *lines = map(self.textOf, alice.lines())
                self.assertEqual(usage.split()[:2], ["/msg", service.nick])
                self.assertIn(service.aliases.get(name, name), usage.split()[2])
                self.assertTrue(lines[0].startswith("To "))

    def test_unknown(self) -> None:
        """There is no help on unknown commands, and the answer does not repeat them."""
        self.asks(self.irc("alice"), "HELP TEA", "There is no help on that. /msg NickServ HELP lists the commands")

    def test_width(self) -> None:
        """No line of any help is cut, for the longest nick."""
        nick = "n" * 32
        alice = self.irc(nick)
        for service in SERVICES.values():
            for line in ["HELP", *(f"HELP {name}" for name in service.commands)]:
                alice.send(f"PRIVMSG {service.nick} :{line}")
        self.assertLess(max(map(len, alice.lines())), 300)
