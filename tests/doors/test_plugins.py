"""Tests of L{twistchat.doors}: the doors as plugins, which every C{twistd} command loads."""

from __future__ import annotations

import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import SECRET
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.doors.web.door import WebDoor
from twistchat.interfaces import IDoor
from twistchat.protocols.irc.settings import IrcSettings
from twistchat.protocols.line.settings import LineSettings
from twistchat.testing.server import settingsOf


class PluginTests(SynchronousTestCase):
    """The plugin of each door."""

    def test_light(self) -> None:
        """Importing a door loads neither the configuration nor any protocol."""
        for name in ("irc", "line"):
            code = (
                f"import sys, twistchat.doors.{name}; "
                "ours = [name for name in sys.modules if name.startswith('twistchat.')]; "
                "print(sorted({'.'.join(name.split('.')[:2]) for name in ours}))"
            )
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            self.assertEqual("['twistchat.doors', 'twistchat.interfaces']\n", done.stdout)

    def test_invitations(self) -> None:
        """The command to connect depends on whether the endpoint uses TLS."""
        for door, plain, secure in (
            (IrcDoor(), "irssi -c ::1 -p 7", "in irssi, /connect -tls ::1 7"),
            (LineDoor(), "nc ::1 7", "openssl s_client -quiet -connect [::1]:7"),
            (WebDoor(), "http://[::1]:7/", "https://[::1]:7/"),
        ):
            self.assertEqual(plain, door.invitation("::1", 7, secure=False))
            self.assertEqual(secure, door.invitation("::1", 7, secure=True))

    def test_proxied(self) -> None:
        """
        A proxy, or a page with https, says that other machines reach the web door; a gateway, that they reach the doors
        that speak IRC.
        """
        doors = (LineDoor(), IrcDoor(), WebDoor())
        gateway = f'[webirc.kiwi]\npassword = "{SECRET}"\nhosts = ["127.0.0.1"]\n'
        for config, *wanted in (
            ("", False, False),
            ('[web]\norigins = ["http://127.0.0.1:8000"]\n', False, False),
            ('[web]\norigins = ["https://chat.example"]\n', False, True),
            ('[web]\nproxies = ["127.0.0.1/32"]\n', False, True),
            (gateway, True, True),
        ):
            settings = settingsOf(config, doors)
            self.assertEqual([False, *wanted], [door.isProxied(settings) for door in doors], config)

    def test_settings(self) -> None:
        """Each door names the class of its own settings."""
        self.assertEqual((IrcSettings, LineSettings), (IrcDoor().settings, LineDoor().settings))
        for door in (IrcDoor(), LineDoor()):
            self.assertTrue(IDoor.providedBy(door))
