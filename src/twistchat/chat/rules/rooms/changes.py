"""Checks and normalizes changes of a room's modes, lists and ranks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from twistchat.chat.errors import (
    BadModeParameter,
    ChatError,
    ListFull,
    NoSuchRoom,
    NotOperator,
    NotPrivileged,
    TargetNotInRoom,
)
from twistchat.chat.model.bans.masks import BadMask, Mask, checkWildcards, normalizeExtended
from twistchat.chat.model.events import ModeChange
from twistchat.chat.model.modes.room import FOUNDER, LOCKS, OPERATOR, RANK_BY_LETTER, ROOM_MODES, SERVER_OPERATOR
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import Member, Room, Rooms
from twistchat.chat.model.users import User

LONGEST_KEY = 23
"""The maximum length of a room's key, in characters (the ISUPPORT token KEYLEN)."""

LONGEST_MASK = 200
"""The maximum length of a mask, in characters."""


def checkChanges(
    room: Room,
    asker: Member,
    asked: Iterable[tuple[bool, str, str | None]],
    find: Callable[[str], User],
    rooms: Rooms,
    limit: int,
    refused: Callable[[ChatError], None] | None = None,
) -> tuple[ModeChange, ...]:
    """
    Check the changes that a member asks for.

    @param asked: the changes, from L{parseChanges <twistchat.chat.model.modes.room.parseChanges>}.
    @param find: returns the user with a nick, or raises if there is none.
    @param rooms: all rooms.
    @param limit: the maximum number of masks in a list.
    @param refused: called with the error of each change that cannot be made; the others are returned.
    @return: the changes that have an effect, in order.  If two contradict each other, only the last one is returned.
    @raise ChatError: a change cannot be made, and C{refused} is not given.
    """
    wanted: dict[tuple[str, str | None], ModeChange] = {}
    for adding, letter, parameter in asked:
        if parameter is None and letter in room.lists:
            continue
        try:
            change = _check(room, asker, adding, letter, parameter, find, rooms)
            if adding and letter in room.lists:
                _checkSpace(room, letter, [*wanted.values(), change], limit)
        except ChatError as refusal:
            if refused is None:
                raise
            refused(refusal)
            continue
        which = change.parameter if change.subject is not None or letter in room.lists else None
        wanted.pop((letter, which), None)
        wanted[letter, which] = change
    return tuple([change for change in wanted.values() if not room.isInEffect(change)])


def isLock(change: ModeChange, asker: User) -> bool:
    """
    Whether a change of modes can lock many people out of a room.  A ban does so, unless it is a mute or the like, or
    matches only one nick, one account or one host.  A ban of the asker's own host does so, because that may be the
    host of everybody, if all clients share an address.
    """
    if change.letter != "b" or change.parameter is None:
        return change.letter in LOCKS
    mask = Mask(change.parameter)
    return not mask.restriction and not mask.matchesOne and mask.host in ("", fold(asker.source.host))


def exceedingRank(
    room: Room, asker: Member, changes: Iterable[ModeChange], rooms: Rooms, lobby: str
) -> tuple[ModeChange, ...]:
    """
    The changes that a member can make only as a server operator with the privilege C{"rooms"}.

    @param changes: changes that passed L{checkChanges}.
    @param lobby: the folded name of the lobby.
    """
    return tuple([change for change in changes if _exceedsRank(room, asker, change, rooms, lobby)])


def _exceedsRank(room: Room, asker: Member, change: ModeChange, rooms: Rooms, lobby: str) -> bool:
    if change.letter in RANK_BY_LETTER:
        return False
    if asker.level < ROOM_MODES[change.letter].level or (room.key == lobby and isLock(change, asker.user)):
        return True
    to = rooms.get(change.parameter or "") if change.letter == "f" and change.adding else None
    there = None if to is None else to.members.get(asker.user.source.uid)
    return to is not None and (there is None or there.level < OPERATOR)


def describeChanges(changes: Iterable[ModeChange]) -> str:
    """Describe changes in IRC's notation, as in C{+P -m}, without the room's key."""
    words = []
    for change in changes:
        parameter = "*" if change.letter == "k" else change.parameter
        words.append(f"{'+' if change.adding else '-'}{change.letter}{f' {parameter}' if parameter else ''}")
    return " ".join(words)


def _check(
    room: Room,
    asker: Member,
    adding: bool,
    letter: str,
    parameter: str | None,
    find: Callable[[str], User],
    rooms: Rooms,
) -> ModeChange:
    """Check that the asker may make a change, and normalize it."""
    if letter in RANK_BY_LETTER:
        assert parameter is not None
        return _checkRank(room, asker, adding, letter, parameter, find)
    _checkLevel(room, asker, letter)
    return ModeChange(adding, letter, _checkParameter(room, asker, adding, letter, parameter, rooms))


def _checkSpace(room: Room, letter: str, changes: Iterable[ModeChange], limit: int) -> None:
    """Check that a list is not over its limit after these changes."""
    items = room.lists[letter]
    after = set(items)
    for change in changes:
        if change.letter == letter and change.parameter is not None:
            (after.add if change.adding else after.discard)(change.parameter)
    if len(after) > max(limit, len(items)):
        raise ListFull(room.name, letter, limit)


def _checkRank(
    room: Room, asker: Member, adding: bool, letter: str, nick: str, find: Callable[[str], User]
) -> ModeChange:
    """Check that the asker may grant or revoke a rank."""
    target = room.members.get(find(nick).source.uid)
    if target is None:
        raise TargetNotInRoom(nick, room.name)
    if adding or target is not asker:
        room.require(asker, RANK_BY_LETTER[letter].grantedBy)
    return ModeChange(adding, letter, target.user.nick, target.user.source)


def _checkLevel(room: Room, asker: Member, letter: str) -> None:
    """Check that the asker's rank suffices to change a mode.  Server operators can change all founder modes."""
    level = ROOM_MODES[letter].level
    if level >= FOUNDER and asker.user.may("rooms"):
        return
    if level >= SERVER_OPERATOR:
        raise NotPrivileged("rooms")
    room.require(asker, level)


def _checkParameter(
    room: Room, asker: Member, adding: bool, letter: str, parameter: str | None, rooms: Rooms
) -> str | None:
    """Check and normalize a mode's parameter.  When a mode is lifted, this is its current parameter."""
    if letter in room.lists:
        return _checkMask(letter, parameter or "", adding)
    if not adding:
        return room.modes.get(letter)
    if parameter is None:
        return None
    if letter == "l":
        return _checkNumber(parameter)
    if letter == "f":
        return _checkForward(room, asker, parameter, rooms)
    if not 1 <= len(parameter) <= LONGEST_KEY or not parameter.isprintable() or set(parameter) & set(" ,:"):
        raise BadModeParameter(letter, parameter, f"1 to {LONGEST_KEY} characters, no space, comma or colon")
    return parameter


def _checkNumber(parameter: str) -> str:
    number = parameter.lstrip("0")
    # Check the length first: int() is slow for many digits, and refuses thousands.
    if not (number.isascii() and number.isdigit() and len(number) <= len("1000000") and int(number) <= 1_000_000):
        raise BadModeParameter("l", parameter, "a number from 1 to 1000000")
    return number


def _checkForward(room: Room, asker: Member, parameter: str, rooms: Rooms) -> str:
    """Check the room to forward to: the asker must be an operator there too."""
    to = rooms.get(parameter)
    if to is None or to.secretTo(asker.user):
        raise NoSuchRoom(parameter)
    if to is room:
        raise BadModeParameter("f", parameter, "another room")
    member = to.members.get(asker.user.source.uid)
    if (member is None or member.level < OPERATOR) and not asker.user.may("rooms"):
        raise NotOperator(to.name)
    return to.name


def _checkMask(letter: str, parameter: str, adding: bool) -> str:
    """Check and normalize a mask.  A mask with too many wildcards can be removed, but not added."""
    fits = 1 <= len(parameter) <= LONGEST_MASK and parameter.isprintable() and not set(parameter) & set(" ,")
    if not fits or parameter.startswith(":"):
        raise BadModeParameter(letter, parameter, f"a mask of 1 to {LONGEST_MASK} characters, nick!user@host")
    try:
        mask = normalizeExtended(parameter, letter != "I")
        if adding:
            checkWildcards(mask)
    except BadMask as bad:
        raise BadModeParameter(letter, parameter, str(bad)) from None
    return mask
