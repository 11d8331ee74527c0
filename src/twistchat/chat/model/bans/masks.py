"""
Masks for bans: C{nick!user@host}, with the wildcards C{*} and C{?} (RFC 2812, section 2.5); and extended masks.

An extended mask is C{~}, a letter, C{:}, and a parameter (modern.ircdocs.horse, "EXTBAN Parameter").  The kinds in
L{MATCHING} match users by other criteria.  The kinds in L{ACTING} limit a ban to one restriction, and have another mask
as their parameter: C{~m:~a:bob}.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from twistchat.chat.model.events import Source
from twistchat.chat.model.modes.room import RANK_BY_PREFIX
from twistchat.chat.model.names import fold
from twistchat.chat.model.users import User

MOST_WILDCARDS = 16
"""The maximum number of wildcards in a new mask.  Masks from older journals may have more."""


@dataclass(frozen=True, slots=True)
class Extended:
    """
    A kind of extended mask.

    @ivar letter: its letter.
    @ivar wants: its parameter, as shown in L{usage}.
    @ivar meaning: for L{MATCHING}, the end of the sentence "the mask names …"; for L{ACTING}, the end of the sentence
        "with this ban, …".
    """

    letter: str
    wants: str
    meaning: str

    @property
    def usage(self) -> str:
        """Its syntax, with the parameter."""
        return f"~{self.letter}:{self.wants}"


MATCHING = {
    kind.letter: kind
    for kind in (
        Extended("a", "ACCOUNT", "who is logged in to this account; with * for the account, to any"),
        Extended("c", "#ROOM", "who is in this room; with a rank's prefix before the #, in that rank or above"),
        Extended("r", "REALNAME", "who has a realname like this; ? stands for a space, too"),
        Extended("U", "MASK", "who matches this mask and is logged in to no account"),
    )
}
"""Extended masks that match users, by letter.  (C{~a} is from IRCv3 account-extban.)"""

ACTING = {
    kind.letter: kind
    for kind in (
        Extended("m", "MASK", "they may come in, and not speak"),
        Extended("n", "MASK", "they may come in and speak, and not change their nick"),
    )
}
"""Extended masks that limit a ban to one restriction, by letter.  They are valid in the lists b and e, not in I."""


class BadMask(ValueError):
    """The mask is invalid.  The message describes a valid one."""


def normalizeMask(text: str) -> str:
    """
    Complete a mask: C{bob} is C{bob!*@*}, C{~u@h} is C{*!~u@h}, and an empty part is C{*}.

    @param text: the mask as typed, without white space.
    @return: the whole mask, folded, with each run of C{*} reduced to one.
    """
    nick, bang, rest = text.partition("!")
    if not bang and "@" in nick:
        nick, rest = "", nick
    username, _, host = rest.partition("@")
    return _withoutRuns(fold(f"{nick or '*'}!{username or '*'}@{host or '*'}"))


def normalizeExtended(text: str, binding: bool = True) -> str:
    """
    Normalize a mask, which may be an extended mask.

    @param binding: whether masks of L{ACTING} are allowed.
    @raise BadMask: the mask is invalid.  The error lists the extended masks.
    """
    letter, rest = _split(text)
    if not letter:
        return normalizeMask(text)
    if binding and letter in ACTING:
        if not rest:
            raise BadMask(ACTING[letter].usage)
        return f"~{letter}:{normalizeExtended(rest, False)}"
    if letter not in MATCHING:
        kinds = [*MATCHING.values(), *(ACTING.values() if binding else ())]
        raise BadMask(f"nick!user@host, or one of {' '.join(kind.usage for kind in kinds)}")
    bare = rest[1:] if rest[:1] in RANK_BY_PREFIX else rest
    if not rest or (letter == "U" and _split(rest)[0]) or (letter == "c" and not (bare[:1] == "#" and bare[1:])):
        raise BadMask(MATCHING[letter].usage)
    if letter == "c":
        return f"~c:{fold(rest)}"
    return f"~{letter}:{normalizeMask(rest) if letter == 'U' else _withoutRuns(fold(rest))}"


class Glob:
    """
    A compiled pattern with the wildcards C{*} and C{?}, which is matched with many texts.

    The parts between the stars are searched from left to right, each after the one before it, without backtracking.
    So the cost is at worst the length of the text times the length of the longest part with a C{?}.
    """

    __slots__ = ("_exact", "_first", "_last", "_least", "_middle", "_regex")

    def __init__(self, pattern: str) -> None:
        """
        @param pattern: the pattern; folded if the texts are folded.
        """
        first, *rest = pattern.split("*")
        self._first = first
        self._exact = not rest
        self._last = rest.pop() if rest else ""
        self._middle = [part for part in rest if part]
        self._least = len(pattern) - pattern.count("*")
        self._regex = None if "?" not in pattern else _regex(self._first, self._middle, self._last, self._exact)

    def matches(self, text: str) -> bool:
        """Whether the pattern matches the whole text."""
        if self._regex is not None:
            return self._regex.fullmatch(text) is not None
        if self._exact:
            return text == self._first
        if len(text) < self._least or not text.startswith(self._first) or not text.endswith(self._last):
            return False
        at, end = len(self._first), len(text) - len(self._last)
        for part in self._middle:
            at = text.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True


def _regex(first: str, middle: Iterable[str], last: str, exact: bool) -> re.Pattern[str]:
    """
    The regular expression for a pattern with C{?}.  An atomic group fixes each part at its first match: if the rest
    does not match after that, it would not match after a later one either.
    """
    if exact:
        return re.compile(_literal(first), re.DOTALL)
    found = "".join([f"(?>.*?{_literal(part)})" for part in middle])
    return re.compile(f"{_literal(first)}{found}.*{_literal(last)}", re.DOTALL)


def _literal(part: str) -> str:
    return re.escape(part).replace(r"\?", ".")


class Mask:
    """
    A compiled mask, which may be an extended mask and is matched with many users.

    @ivar restriction: the restriction that it limits a ban to: a letter of L{ACTING}, or C{""} for no limit.
    @ivar roomDependent: whether the match depends on the rooms and ranks of the user.
    @ivar matchesOne: whether it matches only one nick or one account.
    @ivar host: the host, if it matches only one host; otherwise C{""}.
    """

    __slots__ = ("_glob", "_kind", "_place", "host", "matchesOne", "restriction", "roomDependent")

    def __init__(self, mask: str) -> None:
        """
        @param mask: in its normal form.
        """
        letter, rest = _split(mask)
        self.restriction = ""
        if letter in ACTING:
            self.restriction = letter
            letter, rest = _split(rest)
        self._kind = letter
        self.roomDependent = letter == "c"
        who, host = "*", ""
        if letter in ("", "U"):
            who, _, behind = rest.partition("!")
            host = behind.partition("@")[2]
        elif letter == "a":
            who = rest
        self.matchesOne = not _hasWildcards(who)
        self.host = "" if _hasWildcards(host) else host
        self._place = rest
        self._glob = Glob(rest)

    def matches(self, user: User, own: str) -> bool:
        """
        Whether it matches a user.

        @param own: the user's own L{fullMask}.
        """
        kind = self._kind
        if not kind:
            return self._glob.matches(own)
        account = user.source.account
        if kind == "a":
            return account is not None and self._glob.matches(fold(account))
        if kind == "c":
            return _isIn(self._place, user)
        if kind == "r":
            return self._glob.matches(fold(user.source.realname))
        return kind == "U" and account is None and self._glob.matches(own)


def _hasWildcards(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


def checkWildcards(mask: str) -> None:
    """
    Check that a mask does not have too many wildcards.

    @param mask: a mask with each run of C{*} reduced to one.
    @raise BadMask: it has more than L{MOST_WILDCARDS}.
    """
    if mask.count("*") + mask.count("?") > MOST_WILDCARDS:
        raise BadMask(f"a mask of at most {MOST_WILDCARDS} wildcards (* and ?)")


def readGlob(text: str) -> Glob:
    """
    Compile a pattern for names, as typed by a user.

    @raise BadMask: it has too many wildcards.
    """
    pattern = _withoutRuns(fold(text))
    checkWildcards(pattern)
    return Glob(pattern)


def fullMask(source: Source) -> str:
    """A user's folded C{nick!user@host}, for matching with masks."""
    return fold(f"{source.nick}!{source.username}@{source.host}")


def _split(mask: str) -> tuple[str, str]:
    """Split an extended mask into its letter and its parameter; for other masks, return C{""} and the mask."""
    head, colon, rest = mask.partition(":")
    if not (colon and head[0:1] == "~") or "!" in head or "@" in head:
        return "", mask
    return head[1:] or "?", rest


def _isIn(place: str, user: User) -> bool:
    rank = RANK_BY_PREFIX.get(place[0])
    room = user.rooms.get(place if rank is None else place[1:])
    return room is not None and (rank is None or room.members[user.source.uid].level >= rank.level)


def _withoutRuns(mask: str) -> str:
    while "**" in mask:
        mask = mask.replace("**", "*")
    return mask
