"""Tests of L{twistchat.config.tables}: operators, their classes, gateways."""

from __future__ import annotations

import operator

from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import (
    ClassSettings,
    ConfigError,
    OidcSettings,
    OperatorSettings,
    Settings,
    SettingsBuilder,
    WebircSettings,
)
from twistchat.protocols.irc.settings import IrcSettings

HASH = "$argon2id$v=19$m=19456,t=2,p=1$M2qtxXvGUt+qUGxN3SPqPA$Mrj27h01lO3I/413ugqDbrbh/AMemL8yr0Z7tv+Rq7k"

WHOLE = f"""
[irc]
network = "ExampleNet"
motd = '''
Welcome.
Be kind.'''
admin = ["Somewhere", "admin@chat.example"]
icon = "https://chat.example/icon.png"
password = "{HASH}"
stsPort = 6697
stsDuration = "12h"
stsPreload = true
proxies = ["192.0.2.1"]

[webirc.kiwi]
password = "{HASH}"
hosts = ["192.0.2.2", "2001:db8::/64"]

[classes.helper]
privileges = "kill"

[classes.admin]
title = "runs this server"
privileges = ["kill", "ban", "rehash"]
host = "staff.example"

[operators.alice]
class = "admin"
account = "alice"
hosts = "192.0.2.0/24"

[operators]
bob.class = "helper"
bob.password = "{HASH}"
"carol.x".class = "helper"
"carol.x".fingerprint = "{"AB:" * 31}AB"
"""


def read(text: str) -> Settings:
    """Return the settings of a file."""
    builder = SettingsBuilder({"irc": IrcSettings})
    builder.readFile(text.encode(), "twistchat.toml")
    return builder.finish()


class NamedTablesTests(SynchronousTestCase):
    """Tables with names that the administrator chooses."""

    def test_whole(self) -> None:
        """Each table is read, however its keys are written."""
        made = read(WHOLE)
        self.assertEqual(
            IrcSettings(
                "ExampleNet",
                "Welcome.\nBe kind.",
                ("Somewhere", "admin@chat.example"),
                "https://chat.example/icon.png",
                HASH,
                6697,
                43200.0,
                True,
                proxies=("192.0.2.1/32",),
            ),
            made.of("irc", IrcSettings),
        )
        self.assertEqual({"kiwi": WebircSettings(HASH, ("192.0.2.2/32", "2001:db8::/64"))}, dict(made.webirc))
        self.assertEqual(
            {
                "helper": ClassSettings(privileges=("kill",)),
                "admin": ClassSettings("runs this server", ("kill", "ban", "rehash"), "staff.example"),
            },
            dict(made.classes),
        )
        self.assertEqual(
            {
                "alice": OperatorSettings(account="alice", class_="admin", hosts=("192.0.2.0/24",)),
                "bob": OperatorSettings(password=HASH, class_="helper"),
                "carol.x": OperatorSettings(fingerprint="ab" * 32, class_="helper"),
            },
            dict(made.operators),
        )

    def test_none(self) -> None:
        """The tables are optional."""
        for text in ("", "[operators]\n[classes]\n[webirc]\n"):
            made = read(text)
            self.assertEqual(({}, {}, {}), (dict(made.operators), dict(made.classes), dict(made.webirc)))

    def test_providers(self) -> None:
        """A provider has its defaults, and on this machine it may be without encryption."""
        for issuer in (
            "https://id.example/realm",
            "http://localhost:9000",
            "http://127.0.0.1:9000",
            "http://[::1]:9000",
        ):
            made = read(f"[oidc.id]\nissuer = '{issuer}'\nclientId = 'chat'\n").oidc["id"]
            self.assertEqual(OidcSettings(issuer=issuer, clientId="chat"), made)
            self.assertEqual(("never", "openid profile", "preferred_username"), (made.create, made.scopes, made.claim))

    def test_frozen(self) -> None:
        """The tables cannot be changed afterwards."""
        made = read(WHOLE)
        for tables in (made.operators, made.classes, made.webirc):
            self.assertRaises(TypeError, operator.setitem, tables, "eve", None)

    def test_mistakes(self) -> None:
        """Each error names the line, and what would be right."""
        admin = "[classes.admin]\n"
        provider = "[oidc.id]\nissuer = 'https://id.example'\nclientId = 'chat'\n"
        gateway = f"[webirc.kiwi]\npassword = '{HASH}'\nhosts = '192.0.2.1'\n"
        table = {
            "operators = 5": "1: operators: found 5; a section [operators] is wanted",
            "[operators]\nalice = 5": (
                "2: operators.alice: found 5; a table of its own is wanted, as in [operators.NAME]"
            ),
            "[operator.alice]": "1: there is no section [operator]; did you mean [operators]?",
            '[operators."a b"]': '1: [operators."a b"]: a name without spaces and control characters is wanted',
            '[operators.""]': '1: [operators.""]: a name without spaces and control characters is wanted',
            admin + "[operators.alice]\nclass = 'admin'\npasword = 'x'": (
                "4: there is no key operators.alice.pasword; did you mean password?"
            ),
            admin + "[operators.alice]\nclass = 'admin'\nnonsense = 1": (
                "4: there is no key operators.alice.nonsense; the keys of [operators.NAME] are "
                "password, account, fingerprint, class, hosts"
            ),
            admin + "[operators.alice]\nclass_ = 'admin'": (
                "3: there is no key operators.alice.class_; did you mean class?"
            ),
            admin + "[operators.alice]\nclass = 5": "3: operators.alice.class: found 5; a text is wanted",
            admin + "[operators.alice]\nclass = 'admn'\naccount = 'a'": (
                '3: operators.alice.class: found "admn"; there is no such class; did you mean admin?'
            ),
            admin + "[classes.x]\n[operators.alice]\naccount = 'a'\nclass = 'root'": (
                '5: operators.alice.class: found "root"; there is no such class; the classes are admin, x'
            ),
            "[operators.alice]\naccount = 'a'\nclass = 'root'": (
                '3: operators.alice.class: found "root"; there is no such class; '
                "there is no table [classes.NAME] at all"
            ),
            admin + "[operators.alice]\naccount = 'a'": (
                "2: operators.alice.class is wanted: the NAME of a table [classes.NAME]"
            ),
            admin + "\n[operators.alice]\nclass = 'admin'\nhosts = '192.0.2.1'": (
                "3: operators.alice: one at least of password, account and fingerprint is wanted, to know them by"
            ),
            admin + "[operators.alice]\nclass = 'admin'\npassword = 'hunter2'": (
                "4: operators.alice.password: found a text of 7 characters; the hash of a password is wanted, "
                'as "twistchat hash-password" makes it'
            ),
            "[classes.admin]\nprivileges = ['kil']": (
                '2: classes.admin.privileges: found "kil"; there is no such privilege; did you mean "kill"?'
            ),
            "[webirc.kiwi]\nhosts = '192.0.2.1'": (
                '1: webirc.kiwi.password is wanted: the hash of its password, which "twistchat hash-password" makes'
            ),
            gateway.replace("192.0.2.1", "localhost"): (
                '3: webirc.kiwi.hosts: found "localhost"; a network such as "192.0.2.0/24" or "2001:db8::/32" is wanted'
            ),
            gateway.replace("'192.0.2.1'", "[]"): (
                "1: webirc.kiwi.hosts is wanted: the networks that it connects from"
            ),
            "[oidc.id]\nclientId = 'chat'": "1: oidc.id.issuer is wanted: the provider's issuer, an https URL",
            "[oidc.id]\nissuer = 'https://id.example'": (
                "1: oidc.id.clientId is wanted: the id under which the provider knows this server"
            ),
            provider.replace("[oidc.id]", "[oidc.'My_ID']"): (
                "1: [oidc.My_ID]: the name is a part of URLs; 1 to 32 of a-z, 0-9 and - are wanted"
            ),
            provider + "create = 'sometimes'": '4: oidc.id.create: found "sometimes"; "never" or "always" is wanted',
            provider + "scopes = 'profile'": '4: oidc.id.scopes: found "profile"; openid must be one of them',
            provider + "clientSecret = 5": "4: oidc.id.clientSecret: found a value that is no text; a text is wanted, "
            "in quotes",
            provider.replace("https://id.example", "http://id.example"): (
                '2: oidc.id.issuer: found "http://id.example"; https is wanted; a provider without encryption must be '
                "on this machine"
            ),
            provider.replace("https://id.example", "https://id.example/?a=b"): (
                '2: oidc.id.issuer: found "https://id.example/?a=b"; a URL with a host, and without a query, a '
                "fragment or a user is wanted"
            ),
            provider.replace("https://id.example", "id.example"): (
                '2: oidc.id.issuer: found "id.example"; a URL such as "https://chat.example/icon.png" is wanted'
            ),
            "[irc]\npassword = 'hunter2'": (
                "2: irc.password: found a text of 7 characters; the hash of a password is wanted, "
                'as "twistchat hash-password" makes it'
            ),
        }
        for text, message in table.items():
            with self.subTest(text):
                bad = self.assertRaises(ConfigError, read, text)
                self.assertEqual(f"twistchat.toml:{message}", str(bad))

    def test_noOption(self) -> None:
        """Only the file can have them, and the error of an option says so."""
        for assignment in ("operators.alice.account='a'", "operators=5", "operators.alice={class='admin'}"):
            bad = self.assertRaises(ConfigError, SettingsBuilder({}).set, assignment)
            where = f"--set {assignment}"
            wanted = "[operators] is for the configuration file: write a table [operators.NAME] there"
            self.assertEqual(f"{where}: {wanted}", str(bad))

    def test_order(self) -> None:
        """A class may follow the operators that belong to it."""
        made = read("[operators.alice]\naccount = 'a'\nclass = 'admin'\n[classes.admin]\n")
        self.assertEqual("admin", made.operators["alice"].class_)


class PingTests(SynchronousTestCase):
    """Silent clients, which two keys are about."""

    def test_order(self) -> None:
        """The ping timeout must be longer than the ping interval.  The error is about the key that was set."""
        for text, line in (
            ("[limits]\npingTimeout = 90", 2),
            ("[limits]\nping = 150", 2),
            ("[limits]\nping = 60\npingTimeout = 60", 3),
            ("[limits]\npingTimeout = 60\nping = 61", 2),
        ):
            bad = self.assertRaises(ConfigError, read, text)
            self.assertTrue(str(bad).startswith(f"twistchat.toml:{line}: limits.ping is "), bad)
            self.assertTrue(str(bad).endswith("; the second must be longer"), bad)
        self.assertEqual(10.0, read("[limits]\npingTimeout = 11\nping = 10").limits.ping)
