"""Tests of L{twistchat.chat.model.whowas}."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model import whowas
from twistchat.chat.model.events import Source
from twistchat.chat.model.whowas import Departed, Whowas


class WhowasTests(SynchronousTestCase):
    """The register of former users."""

    def setUp(self) -> None:
        """Start without former users."""
        self.whowas = Whowas()

    def depart(self, nick: str, time: int) -> Departed:
        """Let a user quit."""
        source = Source(f"u{time}", nick)
        self.whowas.add(source, time)
        return Departed(source, time)

    def test_named(self) -> None:
        """The users of a nick are found with any case, newest first, up to a limit."""
        first, second, third = self.depart("Ann", 1), self.depart("ann", 2), self.depart("aNN", 3)
        self.depart("bob", 4)
        self.assertEqual(self.whowas.named("ANN"), [third, second, first])
        self.assertEqual(self.whowas.named("ann", 2), [third, second])
        self.assertEqual((self.whowas.named("ann", 0), self.whowas.named("carol")), ([], []))
        self.assertEqual(self.whowas.named("ann", -1), [])

    def test_oneNick(self) -> None:
        """Of one nick, only the newest ten are kept.  Others are not forgotten for them."""
        bob = self.depart("bob", 0)
        departed = [self.depart("ann", time) for time in range(1, 31)]
        self.assertEqual(self.whowas.named("ann", 100), departed[:19:-1])
        self.assertEqual((self.whowas.named("bob"), len(self.whowas)), ([bob], 11))

    def test_inAll(self) -> None:
        """The total is limited: the oldest are forgotten first."""
        self.depart("ann", 1)
        again = self.depart("ann", 2)
        for n in range(whowas.MOST_IN_ALL - 1):
            self.depart(f"u{n}", 3 + n)
        self.assertEqual((self.whowas.named("ann"), len(self.whowas)), ([again], whowas.MOST_IN_ALL))
        self.depart("bob", 9999)
        self.assertEqual((self.whowas.named("ann"), len(self.whowas.named("u0"))), ([], 1))
        # private: names that take memory are not found by public means
        self.assertEqual(len(self.whowas._byNick), whowas.MOST_IN_ALL, "a nick that is forgotten takes no memory")

    @settings(max_examples=50)
    @given(st.lists(st.sampled_from("abcdef"), max_size=100))
    def test_asAList(self, nicks: list[str]) -> None:
        """It has the same users as a list from which the oldest are removed."""
        self.whowas, expected = Whowas(perNick=3, inAll=8), []
        for time, nick in enumerate(nicks):
            expected.append(self.depart(nick, time))
            same = [known for known in expected if known.source.nick == nick]
            if len(same) > 3:
                expected.remove(same[0])
            del expected[:-8]
        for nick in "abcdef":
            found = [known for known in reversed(expected) if known.source.nick == nick]
            self.assertEqual(self.whowas.named(nick), found)
        self.assertEqual(len(self.whowas), len(expected))
