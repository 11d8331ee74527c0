"""Tests of L{twistchat.protocols.irc.replies.templates}."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import settingsWith
from twistchat.protocols.irc.protocol import IrcConnection
from twistchat.protocols.irc.replies.templates import Templates
from twistchat.testing import MemoryServer
from twistchat.testing.server import SETTINGS


class TemplateTests(SynchronousTestCase):
    """Lines that are the same for all clients."""

    def test_sameAsWritten(self) -> None:
        """A filled template has the same bytes as a written line, for nicks of any length and script."""

        def fill(self: Templates, client: IrcConnection, write: object) -> bytes:
            assert callable(write)
            return b"".join(write(client, client.nick))

        nicks = ("a", "bo", "bob", "Bob", "x" * 32, "y" * 31, "zoë", "Ελένη", "ам", "b", "twistcat")
        greeted = []
        for patched in (False, True):
            if patched:
                self.patch(Templates, "fill", fill)
            server = MemoryServer(settingsWith(irc={"motd": "Hello\n:and \x01 welcome\n\n" + "long " * 200}))
            clients = [server.connectIrc() for _ in nicks]
            for client, nick in zip(clients, nicks, strict=True):
                client.send(f"NICK {nick}", f"USER {nick} 0 * :x", "VERSION", "MOTD")
            greeted.append([client.raw for client in clients])
        self.assertEqual(*greeted)
        self.assertIn("005 zoë ".encode(), greeted[0][6])

    def test_otherSettings(self) -> None:
        """Changed settings change the lines."""
        server = MemoryServer(settingsWith(irc={"motd": "before"}))
        ann = server.irc("ann")
        server.configuration = settingsWith(irc={"motd": "after"})
        server.context.rehash()
        ann.skip()
        ann.send("MOTD")
        self.assertIn(":twistchat 372 ann :- after", ann.lines())

    def test_cutNick(self) -> None:
        """If names are so long that a nick is cut, no client gets another's nick."""
        templates = Templates()
        for nick in ("ann", "bob"):
            client: Any = SimpleNamespace(settings=SETTINGS, nick=nick)
            line = b":s 001 %b :x\r\n" % nick[:2].encode()
            self.assertEqual(templates.fill(client, _cut), line)
            self.assertEqual(templates.fill(client, _partlyCut), b":s 001 %b :x\r\n" % nick.encode() + line)


def _partlyCut(client: IrcConnection, nick: str) -> list[bytes]:
    return [b":s 001 %b :x\r\n" % nick.encode(), *_cut(client, nick)]


def _cut(client: IrcConnection, nick: str) -> list[bytes]:
    return [b":s 001 %b :x\r\n" % nick[:2].encode()]
