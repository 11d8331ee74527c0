"""Tests of L{twistchat.config.writing}."""

from __future__ import annotations

import json
import tomllib

from twisted.trial.unittest import SynchronousTestCase

from twistchat.config.writing import HIDDEN, asObject, writeSettings
from twistchat.testing import settingsOf

HASH = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2E$c2FsdHNhbHRzYWx0c2FsdA"

FILE = """
[limits]
ping = "2m"
exempt = ["192.0.2.0/24"]
[journal]
longestRetention = "1d"
[line]
motd = "two\\nlines"
[listen]
irc = ["tcp:6667", "tcp:6668"]
[classes.admin]
privileges = ["kill"]
[operators."al.ice"]
class = "admin"
account = "alice"
"""

SECRETS = f"""
[accounts]
invitation = "hunter2"
[mail]
host = "localhost"
sender = "a@chat.example"
user = "chat"
password = "hunter2"
[irc]
password = "{HASH}"
[oidc.x]
issuer = "https://id.example.org"
clientId = "chat"
clientSecret = "hunter2"
[webirc.kiwi]
password = "{HASH}"
hosts = ["192.0.2.5"]
"""


class WritingTests(SynchronousTestCase):
    """Settings as TOML and as JSON."""

    def test_again(self) -> None:
        """What is written can be read, and gives the same settings."""
        for text in ("", FILE):
            settings = settingsOf(text)
            self.assertEqual(settings, settingsOf(writeSettings(settings)))

    def test_whole(self) -> None:
        """Every key is there, with its unit."""
        written = tomllib.loads(writeSettings(settingsOf(FILE)))
        self.assertEqual("2m", written["limits"]["ping"])
        self.assertEqual("retention", tomllib.loads(writeSettings(settingsOf("")))["journal"]["longestRetention"])
        self.assertEqual({"irc": ["tcp:6667", "tcp:6668"]}, written["listen"])
        self.assertEqual("admin", written["operators"]["al.ice"]["class"])
        self.assertEqual({"irc", "line", "limits", "server"}, {"irc", "line", "limits", "server"} & {*written})

    def test_object(self) -> None:
        """For JSON, times are in seconds.  It has the same keys."""
        settings = settingsOf(FILE)
        found = asObject(settings)
        self.assertEqual(120, found["limits"]["ping"])
        self.assertEqual("alice", found["operators"]["al.ice"]["account"])
        written = tomllib.loads(writeSettings(settings))
        self.assertEqual({name: {*keys} for name, keys in written.items()}, {name: {*found[name]} for name in written})
        json.dumps(found)

    def test_secrets(self) -> None:
        """Passwords, hashes and other secrets are hidden.  One that is not set is shown as such."""
        settings = settingsOf(SECRETS)
        for text in (writeSettings(settings), json.dumps(asObject(settings))):
            self.assertNotIn("hunter2", text)
            self.assertNotIn("argon2", text)
            self.assertEqual(5, text.count(f'"{HIDDEN}"'))
        self.assertEqual("", asObject(settingsOf(""))["accounts"]["invitation"])
