"""Tests of how commands for services are read and executed."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.services.conversations import ServiceConversations
from twistchat.chat.errors import NothingSaid
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc import services
from twistchat.protocols.irc.services.request import Request
from twistchat.protocols.irc.services.running import withoutSecrets
from twistchat.protocols.irc.services.table import Service, ServiceCommand, Usage

table = CommandTable(ServiceCommand)


@table.command("SPELL", "<word> [<word>]", "spell something", "tea", least=1, most=2)
async def spell(request: Request) -> None:
    """Say each word."""
    for word in request.words:
        request.say(word)


@table.command("OPEN", "<password>", "open something", "sesame", secret=True)
async def open(request: Request) -> None:
    """Fail."""
    raise NothingSaid if request.words else Usage


SPELLER = Service("CupServ", "CU", "spells words", table, {"WRITE": "SPELL"})
"""A service for tests."""


class SecretsTests(SynchronousTestCase):
    """L{withoutSecrets}."""

    def check(self, text: str, shown: str) -> None:
        """Assert that a text is echoed in this form."""
        self.assertEqual(withoutSecrets(SPELLER, text), shown)

    def test_known(self) -> None:
        """A known command without secrets is repeated as it is, in any case and under each of its names."""
        for text in ("SPELL tea", "spell  tea", "write tea", " SPELL tea"):
            self.check(text, text)

    def test_secret(self) -> None:
        """The words of a command with secrets are hidden."""
        self.check("open sesame", "open ***")
        self.check("  OPEN a b c", "OPEN ***")
        self.check("OPEN", "OPEN")

    def test_unknown(self) -> None:
        """An unknown command is hidden with all its words: it may be a password, or a mistyped command with one."""
        for text in ("sesame", "OPNE sesame", "\x01OPEN sesame\x01", "", " "):
            self.check(text, "***")


class ExecutionTests(ServiceConversations):
    """Executing a command."""

    service = "CupServ"

    def setUp(self) -> None:
        """Add the service."""
        super().setUp()
        self.patch(services, "SERVICES", {**services.SERVICES, "cupserv": SPELLER})

    def test_words(self) -> None:
        """Words are separated by spaces; other blanks belong to them."""
        alice = self.irc("alice")
        self.asks(alice, "SPELL tea  cup", "tea", "cup")
        self.asks(alice, "spell tea\u00a0cup", "tea\u00a0cup")

    def test_usage(self) -> None:
        """A wrong number of words is answered with the usage, which does not repeat them."""
        alice = self.irc("alice")
        for text in ("SPELL", "SPELL a b c"):
            self.asks(alice, text, "Usage: /msg CupServ SPELL <word> [<word>]")
        self.asks(alice, "OPEN", "Usage: /msg CupServ OPEN <password>")

    def test_unknown(self) -> None:
        """An unknown command is not repeated."""
        answer = "CupServ has no such command. /msg CupServ HELP lists its commands"
        self.asks(self.irc("alice"), "sesame sesame", answer)

    def test_refused(self) -> None:
        """The chat's errors become notices."""
        self.asks(self.irc("alice"), "OPEN sesame", NothingSaid().text)
