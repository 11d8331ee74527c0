"""The words of texts and searches."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


class Letters(dict[int, str]):
    """
    Maps each character, by its code point, to its form in a word, for C{str.translate}.

    A letter or digit becomes lower case, a combining character is removed, and anything else becomes a space.
    """

    def __init__(self, limit: int = 8192) -> None:
        """
        @param limit: the maximum number of characters to cache.
        """
        super().__init__()
        self._limit = limit

    def __missing__(self, point: int) -> str:
        character = chr(point)
        if unicodedata.combining(character):
            letter = ""
        else:
            letter = character.lower() if character.isalnum() else " "
        if len(self) < self._limit:
            self[point] = letter
        return letter


_LETTERS = Letters()


def tokens(text: str, letters: Letters = _LETTERS) -> list[str]:
    """
    The words of a text, for comparison: runs of letters and digits, without case and diacritics.

    SQLite's tokenizer C{unicode61} gives the same words (FTS5, section 4.3.1).
    """
    return unicodedata.normalize("NFKD", text).translate(letters).split()


def isWord(word: str) -> bool:
    """Whether a search can find this word: it has a letter or a digit."""
    return any(map(str.isalnum, word))


def phrases(words: str) -> list[list[str]]:
    """
    The phrases of a search: for each word that a user typed, one token, or several adjacent tokens (C{don't}).

    A word with neither letter nor digit is ignored.
    """
    return [found for word in words.split() if (found := tokens(word))]


def matches(text: str, wanted: Sequence[Sequence[str]]) -> bool:
    """Whether a text contains all of these phrases."""
    if text.isascii():
        lowered = text.lower()
        for phrase in wanted:
            for token in phrase:
                if token not in lowered:
                    return False  # this check is cheap, and suffices for most texts
    has = tokens(text)
    return all(
        any(has[start : start + len(phrase)] == phrase for start in range(len(has) - len(phrase) + 1))
        for phrase in wanted
    )
