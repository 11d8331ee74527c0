"""The words of texts and searches."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

SPACELESS: Final = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Myanmar
    "\u1100-\u11ff"  # Hangul, in parts
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007"  # iteration mark, closing mark, zero of Han
    "\u3040-\u318f"  # Hiragana, Katakana, Bopomofo, Hangul in parts
    "\u31f0-\u31ff"  # Katakana for Ainu
    "\u3400-\u4dbf"  # Han, extension A
    "\u4e00-\u9fff"  # Han
    "\uac00-\ud7a3"  # Hangul
    "\uf900-\ufaff"  # Han for compatibility
    "\uff66-\uff9f"  # Katakana and Hangul, half width
    "\U00020000-\U0003ffff"  # Han, other extensions
)
"""
The ranges of characters in scripts without spaces between words (UAX #29, section 4), as in a regular expression.

Hangul has spaces, but attaches particles to words, so that parts of words are searched for there too.
"""

_RUN = re.compile(f"[{SPACELESS}]+")


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
            folded = character.casefold()  # unlike lower(), this maps the final sigma to sigma, as SQLite does
            letter = (folded if len(folded) == 1 else character.lower()) if character.isalnum() else " "
        if len(self) < self._limit:
            self[point] = letter
        return letter


_LETTERS = Letters()


class Words(NamedTuple):
    """
    The words of a search, as typed.

    @ivar plain: the words of scripts with spaces, which are found as a whole.  Each has a letter or a digit.
    @ivar runs: the runs of characters of scripts without spaces (L{SPACELESS}), which are found anywhere.
    """

    plain: list[str]
    runs: list[str]


def splitWords(words: str) -> Words:
    """
    Split what a user typed into words.

    A word with neither letter nor digit is ignored.  A word in both kinds of scripts (C{iPhone手机}) is split.
    """
    plain = [word for word in _RUN.sub(" ", words).split() if any(map(str.isalnum, word))]
    return Words(plain, _RUN.findall(words))


def tokens(text: str, letters: Letters = _LETTERS) -> list[str]:
    """
    The words of a text, for comparison: runs of letters and digits, without case and diacritics.  Scripts without
    spaces have none.

    SQLite's tokenizer C{unicode61} gives the same words (FTS5, section 4.3.1), as the schema lists newer symbols as
    separators.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", _RUN.sub(" ", text))
    return text.translate(letters).split()


def matches(text: str, wanted: Words) -> bool:
    """Whether a text contains all of these words.  The tokens of one word (C{don't}) must be adjacent."""
    if not all(run in text for run in wanted.runs):
        return False
    phrases = [tokens(word) for word in wanted.plain]
    if text.isascii():
        lowered = text.lower()
        for phrase in phrases:
            for token in phrase:
                if token not in lowered:
                    return False  # this check is cheap, and suffices for most texts
    has = tokens(text)
    return all(
        any(has[start : start + len(phrase)] == phrase for start in range(len(has) - len(phrase) + 1))
        for phrase in phrases
    )


def wantedPhrases(phrases: Iterable[str]) -> list[Words]:
    """The words of each phrase.  A phrase without a letter or digit, which no text contains, is left out."""
    return [words for words in map(splitWords, phrases) if any(words)]


def matchesAny(text: str, wanted: Iterable[Words]) -> bool:
    """Whether a text contains all words of one of these phrases."""
    return any(matches(text, words) for words in wanted)
