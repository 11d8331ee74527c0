"""Searching: what the words are that a text has, and those that someone looks for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence


def tokens(text: str) -> list[str]:
    """
    The words of a text, as they are compared: runs of letters and digits, without case and without diacritics.

    This is what SQLite's tokenizer C{unicode61} does (FTS5, section 4.3.1).
    """
    letters = [
        character.lower() if character.isalnum() else " "
        for character in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(character)
    ]
    return "".join(letters).split()


def isWord(word: str) -> bool:
    """Whether there is anything to look for in it: a letter or a digit."""
    return any(map(str.isalnum, word))


def phrases(words: str) -> list[list[str]]:
    """
    What someone looks for: for each of the words they typed, one token, or several that are to stand together
    (C{don't}).  What has neither letter nor digit is passed over.
    """
    return [found for word in words.split() if (found := tokens(word))]


def matches(text: str, wanted: Iterable[Sequence[str]]) -> bool:
    """Whether a text has all of these phrases."""
    has = tokens(text)
    return all(
        any(has[start : start + len(phrase)] == phrase for start in range(len(has) - len(phrase) + 1))
        for phrase in wanted
    )
