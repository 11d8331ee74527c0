"""Searching: what the words are that a text has, and those that someone looks for."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


class _Letters(dict[int, str]):
    """
    What stands for a character in the words of a text, by its code point: itself without case, a space for what is
    neither letter nor digit, and nothing for what combines with the letter before it.
    """

    def __missing__(self, point: int) -> str:
        character = chr(point)
        if unicodedata.combining(character):
            letter = ""
        else:
            letter = character.lower() if character.isalnum() else " "
        if len(self) < REMEMBERED:
            self[point] = letter
        return letter


REMEMBERED = 8192
"""How many characters are looked up once only."""

_LETTERS = _Letters()


def tokens(text: str) -> list[str]:
    """
    The words of a text, as they are compared: runs of letters and digits, without case and without diacritics.

    This is what SQLite's tokenizer C{unicode61} does (FTS5, section 4.3.1).
    """
    return unicodedata.normalize("NFKD", text).translate(_LETTERS).split()


def isWord(word: str) -> bool:
    """Whether there is anything to look for in it: a letter or a digit."""
    return any(map(str.isalnum, word))


def phrases(words: str) -> list[list[str]]:
    """
    What someone looks for: for each of the words they typed, one token, or several that are to stand together
    (C{don't}).  What has neither letter nor digit is passed over.
    """
    return [found for word in words.split() if (found := tokens(word))]


def matches(text: str, wanted: Sequence[Sequence[str]]) -> bool:
    """Whether a text has all of these phrases."""
    if text.isascii():
        lowered = text.lower()
        for phrase in wanted:
            for token in phrase:
                if token not in lowered:
                    return False  # most texts have not even the letters
    has = tokens(text)
    return all(
        any(has[start : start + len(phrase)] == phrase for start in range(len(has) - len(phrase) + 1))
        for phrase in wanted
    )
