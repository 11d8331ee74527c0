"""
Masks: C{nick!user@host} with C{*} for any run of characters and C{?} for one (RFC 2812, section 2.5), as bans use them;
and extended ones, which name people by something else, or bind them in one respect only.

An extended mask is C{~}, a letter, C{:}, and what the letter wants (modern.ircdocs.horse, "EXTBAN Parameter").  Those
of L{NAMING} say who is meant.  Those of L{BINDING} say in what respect, with another mask behind: C{~m:~a:bob}.
"""

from __future__ import annotations

from dataclasses import dataclass

from twistchat.chat.events import Source
from twistchat.chat.modes import RANK_BY_PREFIX
from twistchat.chat.names import fold
from twistchat.chat.users import User


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
    """This is no mask; its argument says what would be."""


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


def respect(mask: str) -> tuple[str, str]:
    """
    In what respect a mask binds, and whom.

    @param mask: in its normal form.
    @return: a letter of L{BINDING}, or C{""} for every respect; and the mask that says who is meant.
    """
    letter, rest = _split(mask)
    return (letter, rest) if letter in BINDING else ("", mask)


def namesOne(mask: str) -> bool:
    """
    Whether a mask names no more than one nick or one account.

    @param mask: in its normal form, and not one of L{BINDING}.
    """
    letter, rest = _split(mask)
    who = rest.partition("!")[0] if letter in ("", "U") else rest if letter == "a" else "*"
    return not set(who) & set("*?")


def names(mask: str, user: User, own: str) -> bool:
    """
    Whether a mask names a user.

    @param mask: in its normal form, and not one of L{BINDING}.
    @param own: the user's own L{fullMask}.
    """
    letter, rest = _split(mask)
    if not letter:
        return matches(mask, own)
    account = user.source.account
    if letter == "a":
        return account is not None and matches(rest, fold(account))
    if letter == "c":
        return _isIn(rest, user)
    if letter == "r":
        return matches(rest, fold(user.source.realname))
    return letter == "U" and account is None and matches(rest, own)


def matches(mask: str, text: str) -> bool:
    """
    Whether a folded text is one that a folded mask names.

    At worst the product of both lengths: after a mismatch only the last C{*} is tried one character further on.
    """
    atMask = atText = 0
    star = resume = -1
    while atText < len(text):
        wanted = mask[atMask] if atMask < len(mask) else ""
        if wanted == "*":
            star, resume = atMask, atText
            atMask += 1
        elif wanted and (wanted == "?" or wanted == text[atText]):
            atMask += 1
            atText += 1
        elif star >= 0:
            resume += 1
            atMask, atText = star + 1, resume
        else:
            return False
    return all(character == "*" for character in mask[atMask:])


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
