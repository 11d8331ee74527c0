"""
Split texts by their size in bytes, at boundaries between characters as readers see them.

A letter and its accents, an emoji and its modifiers, or a flag is not split.  This approximates Unicode's grapheme
clusters (UAX #29): it knows marks, joiners, variation selectors, modifiers, regional indicators, tags and Hangul jamo,
but not the conjuncts of Indic scripts.
"""

from __future__ import annotations

from unicodedata import category

_JOINER = "\u200d"
_ATTACHED = frozenset({"Mn", "Mc", "Me"})


def fit(text: str, size: int) -> str:
    """
    Truncate a text.

    If the first character and its marks alone exceed the size, they are split between code points, never within one.

    @param size: the maximum size in bytes of UTF-8.
    """
    if 4 * len(text) <= size:
        return text
    data = text.encode(errors="replace")
    if len(data) <= size:
        return text
    whole = len(data[: max(size, 0)].decode(errors="ignore"))
    end = whole
    while end > 0 and not isBoundary(text, end):
        end -= 1
    return text[: end or whole]


def wrap(text: str, size: int) -> list[str]:
    """
    Split a text into pieces, after spaces if possible (draft/multiline, "Splitting long lines").

    The concatenated pieces equal the text.

    @param size: the maximum size of a piece in bytes of UTF-8; at least 4, so that every character fits.
    @return: the pieces.  None is empty, unless the text is.
    """
    if size < 4:
        raise ValueError(f"a piece of {size} bytes has no room for every character")
    pieces = []
    start = 0
    while True:
        # Every character takes at least one byte, so this contains the next piece and the character after it.
        window = text[start : start + size + 1]
        piece = fit(window, size)
        if len(piece) == len(window):
            pieces.append(piece)
            return pieces
        space = piece.rfind(" ") + 1
        end = space if space and isBoundary(window, space) else len(piece)
        pieces.append(window[:end])
        start += end


def isBoundary(text: str, index: int) -> bool:
    """Whether a text may be split before C{index}, which is neither its start nor its end."""
    before, after = text[index - 1], text[index]
    if after < "\u0300":
        return True
    if before == _JOINER or _isAttached(after):
        return False
    if _isIndicator(after) and _isIndicator(before):
        first = index - 1
        while first > 0 and _isIndicator(text[first - 1]):
            first -= 1
        return (index - first) % 2 == 0
    return True


def _isAttached(character: str) -> bool:
    """Whether a character belongs to the one before it."""
    return (
        category(character) in _ATTACHED
        or character in ("\u200c", _JOINER)
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # the tags of subdivision flags
        or "\u1160" <= character <= "\u11ff"  # vowels and finals of Hangul
    )


def _isIndicator(character: str) -> bool:
    """Whether a character is a regional indicator, half of a flag."""
    return "\U0001f1e6" <= character <= "\U0001f1ff"
