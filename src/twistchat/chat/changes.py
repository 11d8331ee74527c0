"""What an asker may change of a room's modes, lists and ranks: each change checked and brought into its normal form."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from twistchat.chat.errors import BadModeParameter, ListFull, TargetNotInRoom
from twistchat.chat.events import ModeChange
from twistchat.chat.masks import normalizeMask
from twistchat.chat.modes import RANK_BY_LETTER, ROOM_MODES, Shape
from twistchat.chat.rooms import Member, Room
from twistchat.chat.users import User

LONGEST_KEY = 23
"""Characters of a room's key: what IRC servers advertise as KEYLEN."""

LONGEST_MASK = 200
"""Characters of a mask."""


def checkChanges(
    room: Room,
    asker: Member,
    asked: Iterable[tuple[bool, str, str | None]],
    find: Callable[[str], User],
    limit: int,
) -> tuple[ModeChange, ...]:
    """
    Check the changes that a member asks for.

    @param asked: as L{parseChanges <twistchat.chat.modes.parseChanges>} reads them.
    @param find: from a nick to its user; raises for a nick that nobody has.
    @param limit: how many masks a list may hold.
    @return: those that change something, in their order.  Where one contradicts another, the last is left.
    @raise ChatError: one of them cannot be made; then none is.
    """
    wanted: dict[tuple[str, str | None], ModeChange] = {}
    for adding, letter, parameter in asked:
        change = _check(room, asker, adding, letter, parameter, find)
        if change is not None:
            which = change.parameter if change.subject is not None or letter in room.lists else None
            wanted.pop((letter, which), None)
            wanted[letter, which] = change
    changes = tuple([change for change in wanted.values() if not room.isSo(change)])
    for letter, items in room.lists.items():
        after = set(items)
        for change in changes:
            if change.letter == letter and change.parameter is not None:
                (after.add if change.adding else after.discard)(change.parameter)
        if len(after) > max(limit, len(items)):
            raise ListFull(room.name, letter, limit)
    return changes


def _check(
    room: Room, asker: Member, adding: bool, letter: str, parameter: str | None, find: Callable[[str], User]
) -> ModeChange | None:
    """Check one change; C{None} where it asks for a list."""
    rank = RANK_BY_LETTER.get(letter)
    if rank is not None:
        assert parameter is not None
        target = room.members.get(find(parameter).source.uid)
        if target is None:
            raise TargetNotInRoom(parameter, room.name)
        if adding or target is not asker:
            room.require(asker, rank.grantedBy)
        return ModeChange(adding, letter, target.user.nick, target.user.source)
    mode = ROOM_MODES[letter]
    if mode.shape is Shape.LIST and parameter is None:
        return None
    room.require(asker, mode.level)
    if mode.shape is Shape.LIST and parameter is not None:
        return ModeChange(adding, letter, _checkMask(letter, parameter))
    if not adding:
        return ModeChange(False, letter, room.modes.get(letter))
    return ModeChange(True, letter, None if parameter is None else _checkParameter(letter, parameter))


def _checkParameter(letter: str, parameter: str) -> str:
    """The normal form of the parameter with which a mode is set."""
    if letter == "l":
        if not (parameter.isascii() and parameter.isdigit() and 1 <= int(parameter[:10]) <= 1_000_000):
            raise BadModeParameter(letter, parameter, "a number from 1 to 1000000")
        return str(int(parameter))
    if not 1 <= len(parameter) <= LONGEST_KEY or not parameter.isprintable() or set(parameter) & set(" ,:"):
        raise BadModeParameter(letter, parameter, f"1 to {LONGEST_KEY} characters, no space, comma or colon")
    return parameter


def _checkMask(letter: str, parameter: str) -> str:
    """The normal form of a mask in a list."""
    if not parameter or not parameter.isprintable() or set(parameter) & set(" ,:") or len(parameter) > LONGEST_MASK:
        raise BadModeParameter(letter, parameter, f"a mask of 1 to {LONGEST_MASK} characters, nick!user@host")
    return normalizeMask(parameter)
