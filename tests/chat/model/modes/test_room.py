"""Tests of L{twistchat.chat.model.modes.room}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.errors import BadModeParameter, UnknownMode
from twistchat.chat.model.modes.room import (
    INITIAL_MODES,
    RANK_BY_LETTER,
    RANK_BY_PREFIX,
    RANKS,
    ROOM_MODES,
    SERVER_OPERATOR,
    Shape,
    level,
    parseChanges,
    prefixes,
    sortRanks,
)


class TableTests(SynchronousTestCase):
    """The tables of ranks and modes."""

    def test_letters(self) -> None:
        """A letter belongs to one rank or mode, and each is found by its letter."""
        letters = [rank.letter for rank in RANKS] + list(ROOM_MODES)
        self.assertEqual(len(letters), len(set(letters)))
        self.assertTrue(all(ROOM_MODES[letter].letter == letter for letter in ROOM_MODES))
        self.assertTrue(all(RANK_BY_LETTER[rank.letter] is rank for rank in RANKS))
        self.assertEqual(len({rank.prefix for rank in RANKS}), len(RANKS))

    def test_order(self) -> None:
        """Ranks are sorted from the highest, and none can be given by a lower one."""
        levels = [rank.level for rank in RANKS]
        self.assertEqual(levels, sorted(levels, reverse=True))
        self.assertTrue(all(rank.grantedBy >= rank.level for rank in RANKS))

    def test_levels(self) -> None:
        """Each is changed from the level of some rank on, or by operators of the server."""
        levels = {rank.level for rank in RANKS} | {SERVER_OPERATOR}
        self.assertEqual({mode.level for mode in ROOM_MODES.values()} - levels, set())
        self.assertGreater(SERVER_OPERATOR, max(rank.level for rank in RANKS))

    def test_prefixed(self) -> None:
        """A rank is also found by its prefix."""
        self.assertTrue(all(RANK_BY_PREFIX[rank.prefix] is rank for rank in RANKS))
        self.assertEqual("".join(RANK_BY_PREFIX), "~&@%+")

    def test_initial(self) -> None:
        """A new room has flags."""
        self.assertTrue(all(ROOM_MODES[letter].shape is Shape.FLAG for letter in INITIAL_MODES))


class ParseTests(SynchronousTestCase):
    """Mode strings."""

    def test_parse(self) -> None:
        """Each letter has the last sign before it, and a parameter if its shape has one."""
        for letters, parameters, expected in (
            ("", [], []),
            ("+-+", ["x"], []),
            ("m", [], [(True, "m", None)]),
            ("+m-s+i", [], [(True, "m", None), (False, "s", None), (True, "i", None)]),
            ("-ms", ["x"], [(False, "m", None), (False, "s", None)]),
            ("+kl-kl", ["a", "5", "b"], [(True, "k", "a"), (True, "l", "5"), (False, "k", "b"), (False, "l", None)]),
            ("+ov-m", ["al", "bo"], [(True, "o", "al"), (True, "v", "bo"), (False, "m", None)]),
            ("+-m", [], [(False, "m", None)]),
            ("+beI", ["x"], [(True, "b", "x"), (True, "e", None), (True, "I", None)]),
        ):
            with self.subTest(letters):
                self.assertEqual(list(parseChanges(letters, parameters)), expected)

    def test_unknown(self) -> None:
        """An unknown letter is named; letters differ by case."""
        for letter in ("y", "S", "B", " ", "ö"):
            with self.subTest(letter):
                error = self.assertRaises(UnknownMode, list, parseChanges(f"+m{letter}", []))
                self.assertEqual(error.letter, letter)

    def test_missingParameter(self) -> None:
        """A letter without its parameter is named."""
        for letters, parameters in (("+k", []), ("-k", []), ("+l", []), ("+oo", ["al"]), ("-v", []), ("+qa", ["al"])):
            with self.subTest(letters):
                error = self.assertRaises(BadModeParameter, list, parseChanges(letters, parameters))
                self.assertEqual((error.letter, error.parameter), (letters[-1], None))
                self.assertEqual(error.sign, letters[0])
                self.assertEqual(error.why, "a value" if letters[-1] in "kl" else "a nick")


class RankTests(SynchronousTestCase):
    """Rank letters."""

    def test_sort(self) -> None:
        """Ranks are sorted from the highest, each once.  Other letters are dropped."""
        self.assertEqual(sortRanks("vhoaq"), "qaohv")
        self.assertEqual(sortRanks("vov"), "ov")
        self.assertEqual(sortRanks("zv"), "v")
        self.assertEqual(sortRanks(""), "")

    def test_level(self) -> None:
        """The first letter counts."""
        self.assertEqual([level(letters) for letters in ("qv", "a", "o", "hv", "v", "")], [50, 40, 30, 20, 10, 0])

    def test_prefixes(self) -> None:
        """Prefixes are in the order of the ranks."""
        self.assertEqual(prefixes("qaohv"), "~&@%+")
        self.assertEqual(prefixes(""), "")
