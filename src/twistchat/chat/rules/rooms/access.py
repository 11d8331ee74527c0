"""
The ranks that accounts have in registered rooms, and their effect on members who are present.

Effects call these functions, which change the state.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from twistchat.chat.model.events import SERVER, Entry, ModeChange, ModesSet, Source
from twistchat.chat.model.modes.room import FOUNDER
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import NO_SETTINGS, Member, Room
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.users import User
from twistchat.chat.model.vacancies import Vacancy
from twistchat.chat.rules.metadata import forgetMetadata
from twistchat.chat.rules.notify import derive
from twistchat.chat.rules.rooms.succession import keepOrRemove, unlock, vacate

if TYPE_CHECKING:
    from twistchat.chat.state import State


def setFounder(state: State, entry: Entry, room: Room, founder: str, origin: Origin | None) -> None:
    """Make an account the founder of a room, in place of the one before.  Those who are present change their ranks."""
    accounts = [founder] if room.founder is None else [room.founder, founder]
    before = [(account, room.ranksOf(account)) for account in accounts]
    state.rooms.setFounder(room, founder)
    _follow(state, entry, room, before, origin)


def setAccess(state: State, entry: Entry, room: Room, account: str, ranks: str, origin: Origin | None) -> None:
    """Change the ranks of an account in the access list of a room.  Its user changes their ranks, if present."""
    before = [(account, room.ranksOf(account))]
    # The newest comes last, as after a restart, which applies only the newest entry of each account.
    room.granted.pop(fold(account), None)
    if ranks:
        room.granted[fold(account)] = ranks
    _follow(state, entry, room, before, origin)


def changeAccount(state: State, entry: Entry, user: User, before: str | None, origin: Origin | None) -> None:
    """
    Give a user the ranks of the account that they have logged in to, and take those of the account that they had.

    @param before: the account that they had; C{None} if they were a guest.
    """
    after = user.source.account
    for number, room in enumerate(list(user.rooms.values())):
        lost, gained = (("" if account is None else room.ranksOf(account)) for account in (before, after))
        changes = _changes(room.members[user.source.uid], lost, gained)
        _publish(state, entry, room, SERVER, changes, f"ranks{number}", origin)


def forget(state: State, entry: Entry, account: str, origin: Origin | None) -> None:
    """Remove an account from all access lists, and end the registration of the rooms that it still owns."""
    # A snapshot does not keep the order in which the account got its rooms.
    for number, room in enumerate(sorted(state.rooms.ownedBy(account), key=lambda room: room.key)):
        free(state, entry, room, origin, f"free{number}")
    key = fold(account)
    listing = [room for room in state.rooms if key in room.granted]
    for number, room in enumerate(listing):
        before = [(account, room.granted.pop(key))]
        _follow(state, entry, room, before, origin, f"ranks{number}")


def free(state: State, entry: Entry, room: Room, origin: Origin | None, name: str = "ranks") -> None:
    """
    End the registration of a room, and with it its access list, settings and metadata.  The room has no owner from now
    on.

    Its members keep their ranks until they leave.  But founders become operators, because it has no founder any more.

    @param name: see L{derive}.
    """
    state.rooms.setFounder(room, None)
    room.settings = NO_SETTINGS
    room.granted.clear()
    forgetMetadata(state, entry, room)
    changes = [
        change
        for member in room.members.values()
        if member.level >= FOUNDER
        for change in _changes(member, member.ranks, member.ranks.replace("q", "o"))
    ]
    _publish(state, entry, room, entry.event.source, changes, name, origin)
    if not room.members:
        unlock(state, room)
        keepOrRemove(state, room)
    elif not room.hasOperator:
        vacate(state, entry, room, Vacancy(entry.time))


def ranksChanged(state: State, room: Room, change: ModeChange) -> None:
    """Report that the ranks of a member changed.  Nothing happens for a change of other modes."""
    member = None if change.subject is None else room.members.get(change.subject.uid)
    if member is not None:
        state.changed(member.user)


def _follow(
    state: State,
    entry: Entry,
    room: Room,
    before: Iterable[tuple[str, str]],
    origin: Origin | None,
    name: str = "ranks",
) -> None:
    """
    Change the ranks of members whose accounts have other ranks now.

    @param before: accounts, and the ranks that they had.
    @param name: see L{derive}.
    """
    changes: list[ModeChange] = []
    for account, ranks in before:
        user = state.users.ofAccount(account)
        member = None if user is None else room.members.get(user.source.uid)
        if member is not None:
            changes += _changes(member, ranks, room.ranksOf(account))
    _publish(state, entry, room, entry.event.source, changes, name, origin)


def _changes(member: Member, before: str, after: str) -> list[ModeChange]:
    """The changes of a member's ranks, if the account that gives them had some ranks and has others now."""
    source = member.user.source
    lost = [letter for letter in before if letter not in after and letter in member.ranks]
    gained = [letter for letter in after if letter not in before and letter not in member.ranks]
    return [
        *(ModeChange(False, letter, source.nick, source) for letter in lost),
        *(ModeChange(True, letter, source.nick, source) for letter in gained),
    ]


def _publish(
    state: State,
    entry: Entry,
    room: Room,
    source: Source,
    changes: Iterable[ModeChange],
    name: str,
    origin: Origin | None,
) -> None:
    """Make changes of ranks, and notify the audience of the room."""
    made = tuple(changes)
    if not made:
        return
    for change in made:
        room.change(change, source.nick, entry.time)
        ranksChanged(state, room, change)
    room.audience.publish(derive(entry, ModesSet(source, room.name, made), name), origin)
