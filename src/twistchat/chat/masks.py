"""
Masks: C{nick!user@host} with C{*} for any run of characters and C{?} for one (RFC 2812, section 2.5), as bans use them.
"""

from __future__ import annotations

from twistchat.chat.events import Source
from twistchat.chat.names import fold


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
    mask = f"{nick or '*'}!{username or '*'}@{host or '*'}"
    while "**" in mask:
        mask = mask.replace("**", "*")
    return fold(mask)


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
