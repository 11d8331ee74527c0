"""
Masks: C{nick!user@host} with C{*} for any run of characters and C{?} for one (RFC 2812, section 2.5), as bans use them;
and extended ones, which name people by something else, or bind them in one respect only.

An extended mask is C{~}, a letter, C{:}, and what the letter wants (modern.ircdocs.horse, "EXTBAN Parameter").  Those
of L{NAMING} say who is meant.  Those of L{BINDING} say in what respect, with another mask behind: C{~m:~a:bob}.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from twistchat.chat.model.events import Source
from twistchat.chat.model.modes import RANK_BY_PREFIX
from twistchat.chat.model.names import fold
from twistchat.chat.model.users import User

MOST_WILDCARDS = 16
"""How many C{*} and C{?} a mask may have that somebody sets or asks for; in an older journal there may be more."""


@dataclass(frozen=True, slots=True)
class Extended:
    """
    A kind of extended mask.

    @ivar letter: how it is written.
    @ivar wants: what stands behind it.
    @ivar meaning: whom it names, to end the sentence "the mask names …"; or in what it binds those whom the mask behind
        it names, to end the sentence "with this ban, …".
    """

    letter: str
    wants: str
    meaning: str

    @property
    def usage(self) -> str:
        """How it is written, with what it wants."""
        return f"~{self.letter}:{self.wants}"


NAMING = {
    kind.letter: kind
    for kind in (
        Extended("a", "ACCOUNT", "who is logged in to this account; with * for the account, to any"),
        Extended("c", "#ROOM", "who is in this room; with a rank's prefix before the #, in that rank or above"),
        Extended("r", "REALNAME", "who has a realname like this; ? stands for a space, too"),
        Extended("U", "MASK", "who matches this mask and is logged in to no account"),
    )
}
"""Extended masks that say who is meant (C{~a} is the one of IRCv3 account-extban), by letter."""

BINDING = {
    kind.letter: kind
    for kind in (
        Extended("m", "MASK", "they may come in, and not speak"),
        Extended("n", "MASK", "they may come in and speak, and not change their nick"),
    )
}
"""Extended masks that bind in one respect only, by letter: in lists b and e, not in I."""


class BadMask(ValueError):
    """This is no mask that can be used; its argument says what would be one."""


def normalizeMask(text: str) -> str:
    """
    Complete a mask: C{bob} is C{bob!*@*}, C{~u@h} is C{*!~u@h}, and an empty part is C{*}.

    @param text: what was asked for, with no white space in it.
    @return: the whole mask, folded, each run of C{*} being one.
    """
    nick, bang, rest = text.partition("!")
    if not bang and "@" in nick:
        nick, rest = "", nick
    username, _, host = rest.partition("@")
    return _withoutRuns(fold(f"{nick or '*'}!{username or '*'}@{host or '*'}"))


def normalizeExtended(text: str, binding: bool = True) -> str:
    """
    Bring a mask, which may be an extended one, into its normal form.

    @param binding: whether it may be one that binds in one respect only.
    @raise BadMask: it is neither; the error says which extended ones there are.
    """
    letter, rest = _split(text)
    if not letter:
        return normalizeMask(text)
    if binding and letter in BINDING:
        if not rest:
            raise BadMask(BINDING[letter].usage)
        return f"~{letter}:{normalizeExtended(rest, False)}"
    if letter not in NAMING:
        kinds = [*NAMING.values(), *(BINDING.values() if binding else ())]
        raise BadMask(f"nick!user@host, or one of {' '.join(kind.usage for kind in kinds)}")
    bare = rest[1:] if rest[:1] in RANK_BY_PREFIX else rest
    if not rest or (letter == "U" and _split(rest)[0]) or (letter == "c" and not (bare[:1] == "#" and bare[1:])):
        raise BadMask(NAMING[letter].usage)
    if letter == "c":
        return f"~c:{fold(rest)}"
    return f"~{letter}:{normalizeMask(rest) if letter == 'U' else _withoutRuns(fold(rest))}"


class Glob:
    """
    A pattern with C{*} for any run of characters and C{?} for one, made ready to be held against many texts.

    The parts between the stars are searched from left to right, each behind the one before it.  Nothing is tried
    twice, so the cost is at worst the length of the text times the longest part that has a C{?}.
    """

    __slots__ = ("_exact", "_first", "_last", "_least", "_middle", "_regex")

    def __init__(self, pattern: str) -> None:
        """
        @param pattern: folded, where the texts are.
        """
        first, *rest = pattern.split("*")
        self._first = first
        self._exact = not rest
        self._last = rest.pop() if rest else ""
        self._middle = [part for part in rest if part]
        self._least = len(pattern) - pattern.count("*")
        self._regex = None if "?" not in pattern else _regex(self._first, self._middle, self._last, self._exact)

    def matches(self, text: str) -> bool:
        """Whether this is the pattern of the whole of a text."""
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
    The regular expression of a pattern that has a C{?}.  Each part is found where it comes first, and the atomic group
    keeps it there: where the rest does not fit behind it, it would not fit behind a later one either.
    """
    if exact:
        return re.compile(_literal(first), re.DOTALL)
    found = "".join([f"(?>.*?{_literal(part)})" for part in middle])
    return re.compile(f"{_literal(first)}{found}.*{_literal(last)}", re.DOTALL)


def _literal(part: str) -> str:
    return re.escape(part).replace(r"\?", ".")


class Mask:
    """
    A mask, which may be an extended one, made ready to be held against many users.

    @ivar respect: in what respect it binds: a letter of L{BINDING}, or C{""} for every respect.
    @ivar placed: whether it depends on the rooms and ranks of users whom it names.
    @ivar namesOne: whether it names no more than one nick or one account.
    @ivar host: the one host from which all come whom it names; C{""} where it does not say one.
    """

    __slots__ = ("_glob", "_kind", "_place", "host", "namesOne", "placed", "respect")

    def __init__(self, mask: str) -> None:
        """
        @param mask: in its normal form.
        """
        letter, rest = _split(mask)
        self.respect = ""
        if letter in BINDING:
            self.respect = letter
            letter, rest = _split(rest)
        self._kind = letter
        self.placed = letter == "c"
        who, host = "*", ""
        if letter in ("", "U"):
            who, _, behind = rest.partition("!")
            host = behind.partition("@")[2]
        elif letter == "a":
            who = rest
        self.namesOne = not _hasWildcards(who)
        self.host = "" if _hasWildcards(host) else host
        self._place = rest
        self._glob = Glob(rest)

    def names(self, user: User, own: str) -> bool:
        """
        Whether it names a user.

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
    Hold that a mask has no more wildcards than it may have.

    @param mask: each run of C{*} being one.
    @raise BadMask: it has.
    """
    if mask.count("*") + mask.count("?") > MOST_WILDCARDS:
        raise BadMask(f"a mask of at most {MOST_WILDCARDS} wildcards (* and ?)")


def readGlob(text: str) -> Glob:
    """
    Read a pattern that is held against names, as a user typed it.

    @raise BadMask: it has too many wildcards.
    """
    pattern = _withoutRuns(fold(text))
    checkWildcards(pattern)
    return Glob(pattern)


def fullMask(source: Source) -> str:
    """A user's own C{nick!user@host}, folded, to hold against masks."""
    return fold(f"{source.nick}!{source.username}@{source.host}")


def _split(mask: str) -> tuple[str, str]:
    """The letters of an extended mask and what stands behind them; or C{""} and the whole of another."""
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
