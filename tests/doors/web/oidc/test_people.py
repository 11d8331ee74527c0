"""Accounts of people whom a provider knows."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.doors.web.oidc.fakes import OidcCase
from twistchat.chat.errors import ChatError
from twistchat.chat.rules.users.accounts import LONGEST_NAME
from twistchat.doors.web.oidc.errors import Failed
from twistchat.doors.web.oidc.people import NUMBERS, Identity, People, candidates


class NameTests(SynchronousTestCase):
    """Making names."""

    def test_candidates(self) -> None:
        """A claim becomes a name without characters that names cannot have."""
        for claim, name in (
            ("bob", "bob"),
            ("Bob Smith", "Bob_Smith"),
            ("bob@id.example", "bob"),
            (" élise ", "élise"),
            ("", "user"),
            ("@", "user"),
            ("007", "user007"),
            ("#&*!", "user"),
            ("a\r\nb\0", "a__b"),
            ("\u202eevil", "evil"),
            ("x" * 1000, "x" * 32),
        ):
            self.assertEqual(name, next(candidates(claim, 32)), claim)
        self.assertEqual(["abcde", "abcd2", "abcd3"], list(candidates("abcdefg", 5))[:3])
        self.assertEqual("abc21", list(candidates("abcdefg", 5))[-1])

    def test_key(self) -> None:
        """Each issuer and subject has a name of its own for its credential, which is not too long."""
        keys = {
            Identity(issuer, subject).key
            for issuer in ("https://a.example", "https://a.example/x", "https://" + "a" * 300)
            for subject in ("1", "2", "x" * 255)
        }
        self.assertEqual(9, len(keys))
        self.assertEqual([], [key for key in keys if len(key) > LONGEST_NAME or not key.isprintable()])


class PeopleTests(OidcCase):
    """Finding and making accounts."""

    def setUp(self) -> None:
        super().setUp()
        self.people = People(self.server.context)

    def admit(self, subject: str, name: str, create: bool = True) -> Deferred[str]:
        """Admit somebody."""
        identity = Identity("https://a.example", subject, name)
        return Deferred.fromCoroutine(self.people.admit(identity, "A", create, "192.0.2.1"))

    def test_free(self) -> None:
        """The names of accounts, of dropped accounts, of services and of users who are here are not free."""
        self.account("dan")
        self.successResultOf(self.server.chat.accounts.drop(None, "dan"))
        self.server.irc("eve")
        for number, name in enumerate(("alice", "ALICE", "dan", "NickServ", "eve")):
            free = f"{name}{3 if name == 'ALICE' else 2}"
            self.assertEqual(free, self.successResultOf(self.admit(str(number), name)))

    def test_none(self) -> None:
        """If no name is free, somebody is told so."""
        self.successResultOf(self.admit("0", "bob"))
        for number in range(NUMBERS):
            self.successResultOf(self.admit(str(number + 1), "bob"))
        self.failureResultOf(self.admit("x", "bob"), Failed)

    def test_recorded(self) -> None:
        """A login is recorded, with its place."""
        self.successResultOf(self.admit("1", "bob"))
        account = self.server.chat.state.accounts.named("bob")
        self.assertEqual([("oidc", Identity("https://a.example", "1").key)], list(account.used))
        self.assertEqual([self.server.context.cloak("192.0.2.1")], list(account.places))

    def test_dropped(self) -> None:
        """Somebody whose account was dropped is as a stranger."""
        self.successResultOf(self.admit("1", "bob"))
        self.successResultOf(self.server.chat.accounts.drop(None, "bob"))
        self.failureResultOf(self.admit("1", "bob", create=False), Failed)
        self.assertEqual("bob2", self.successResultOf(self.admit("1", "bob")))

    def test_tooMany(self) -> None:
        """An account can have so many links, and no more."""
        limit = self.server.context.settings.limits.credentialsPerAccount

        def link(subject: str) -> Deferred[None]:
            return Deferred.fromCoroutine(self.people.link("alice", Identity("https://a.example", subject), "A"))

        for number in range(limit):
            self.successResultOf(link(str(number)))
        self.failureResultOf(link("x"), ChatError)
