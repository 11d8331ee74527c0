"""
The effects of changes of a user's realname, host and modes.

The verbs are in L{twistchat.chat.rules.users.identity}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat.model.events import Entry, HostSet, RealnameSet, Source, UserModesSet
from twistchat.chat.model.modes.user import OPERATORS_ONLY, SETTABLE, sortUserModes
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.users import NO_FLAGS, User, neighboursOf
from twistchat.chat.rules.core import Effects
from twistchat.chat.rules.notify import notifyNeighbours

if TYPE_CHECKING:
    from twistchat.chat.state import State


def _realnameSet(state: State, entry: Entry, event: RealnameSet, origin: Origin | None) -> None:
    user = state.userOf(entry)
    _changeSource(state, entry, user, origin, replace(user.source, realname=event.realname))


def hostSet(state: State, entry: Entry, event: HostSet, origin: Origin | None) -> None:
    """Change the host of a user that others see."""
    user = state.userOf(entry)
    before = user.source
    _changeSource(state, entry, user, origin, replace(before, username=event.username, host=event.host))
    for session in neighboursOf(user):
        if session.id not in user.sessions:
            state.broadcast.hostChanged(session, entry, before)


def userModesSet(state: State, entry: Entry, event: UserModesSet, origin: Origin | None) -> None:
    """Change a user's modes.  Modes for server operators are ignored for other users."""
    user = state.userOf(entry)
    if user.operator is None and OPERATORS_ONLY & set(event.added):
        event = replace(event, added=sortUserModes(set(event.added) - OPERATORS_ONLY))
    changeModes(user, event.added, event.removed)
    state.users.count(user)
    state.changed(user)
    state.broadcast.send(replace(entry, event=event), user.sessions.values(), origin=origin)


def _changeSource(state: State, entry: Entry, user: User, origin: Origin | None, source: Source) -> None:
    """Change the names of a user other than the nick, and notify the sessions that see them."""
    user.source = source
    state.changed(user)
    notifyNeighbours(state, entry, user, origin)


def changeModes(user: User, added: str, removed: str) -> None:
    """Set and unset modes of a user, as far as they can have them.  Nobody is notified."""
    settable = SETTABLE if user.operator is not None else SETTABLE - OPERATORS_ONLY
    user.flags = ((user.flags | (set(added) & settable)) - set(removed)) or NO_FLAGS
    if user.source.bot != ("B" in user.flags):
        user.source = replace(user.source, bot=not user.source.bot)


EFFECTS: Effects = {
    RealnameSet: _realnameSet,
    HostSet: hostSet,
    UserModesSet: userModesSet,
}
"""The effect of each class of event."""
