"""Tests of L{twistchat.config.reload}."""

from __future__ import annotations

from dataclasses import fields, replace

from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import (
    ClassSettings,
    JournalSettings,
    OperatorSettings,
    ServerSettings,
    Settings,
    reloadSettings,
)
from twistchat.config.limits import Limits
from twistchat.config.settings import LIVE, SECTIONS, TABLES
from twistchat.protocols.irc.settings import IrcSettings
from twistchat.protocols.line.settings import LineSettings


class RenewTests(SynchronousTestCase):
    """Changes when the configuration is read again."""

    def test_same(self) -> None:
        """Without changes, nothing is reported."""
        reloaded = reloadSettings(Settings(), Settings())
        self.assertEqual((Settings(), (), ()), (reloaded.settings, reloaded.applied, reloaded.deferred))
        self.assertEqual("nothing has changed", str(reloaded))

    def test_taken(self) -> None:
        """Live keys get their new values.  Other keys keep theirs, and are reported separately."""
        alice = OperatorSettings(account="alice", class_="admin")
        old = Settings(
            doors={"irc": IrcSettings(motd="Welcome.")},
            operators={"alice": alice, "bob": alice},
            classes={"admin": ClassSettings()},
            limits=Limits(ircLine=1000, exempt=("127.0.0.0/8",)),
        )
        new = Settings(
            server=ServerSettings(name="other", description="Another"),
            listen={"irc": ("tcp:6667",)},
            journal=JournalSettings(kind="memory"),
            doors={
                "line": LineSettings(motd="Hello.", timezone="UTC"),
                "irc": IrcSettings(motd="Welcome!", network="Other"),
            },
            operators={"alice": replace(alice, account="alice2"), "carol": alice},
            classes={"admin": ClassSettings()},
            limits=Limits(ircLine=2000, pingTimeout=200.0),
        )
        reloaded = reloadSettings(old, new)
        self.assertEqual(
            (
                "server.description",
                "listen.irc",
                "line.motd",
                "irc.network",
                "irc.motd",
                "operators.alice",
                "operators.bob",
                "operators.carol",
                "limits.pingTimeout",
                "limits.exempt",
            ),
            reloaded.applied,
        )
        self.assertEqual(("server.name", "journal.kind", "line.timezone", "limits.ircLine"), reloaded.deferred)
        self.assertEqual(
            replace(
                old,
                server=ServerSettings(description="Another"),
                listen=new.listen,
                doors={"line": LineSettings(motd="Hello."), "irc": new.doors["irc"]},
                operators=new.operators,
                limits=Limits(ircLine=1000, pingTimeout=200.0),
            ),
            reloaded.settings,
        )
        self.assertEqual(
            "changed: server.description, listen.irc, line.motd, irc.network, irc.motd, operators.alice, "
            "operators.bob, operators.carol, limits.pingTimeout, limits.exempt; "
            "from the next start on: server.name, journal.kind, line.timezone, limits.ircLine",
            str(reloaded),
        )

    def test_waitingStill(self) -> None:
        """Changes that wait for the next start are reported each time, because they are not in effect."""
        old, new = Settings(), Settings(limits=Limits(ircLine=1000))
        self.assertEqual(("limits.ircLine",), reloadSettings(reloadSettings(old, new).settings, new).deferred)
        self.assertEqual((), reloadSettings(reloadSettings(old, new).settings, old).deferred)

    def test_names(self) -> None:
        """The reported keys exist."""
        for name in LIVE:
            section, dot, key = name.partition(".")
            self.assertIn(section, SECTIONS)
            if dot:
                self.assertIn(key, [field.name for field in fields(TABLES[section])])
