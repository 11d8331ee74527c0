"""
The effects of the start and end of sessions.  The verbs are in L{twistchat.chat.rules.users.presence}.

A user leaves with their last session, unless they stay because their account is always-on (see
L{twistchat.chat.rules.users.alwayson}).  A user without a session is away, and is no server operator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat import errors
from twistchat.chat.model.events import Entry, OperatorSet, Quit, SessionEnded, SessionStarted
from twistchat.chat.model.sessions import Origin, Session
from twistchat.chat.model.users import ABSENT, User
from twistchat.chat.rules.core import Effects
from twistchat.chat.rules.notify import derive
from twistchat.chat.rules.users.operators import operatorSet, updateOperator
from twistchat.chat.rules.users.presence import notifyAway, remove

if TYPE_CHECKING:
    from twistchat.chat.state import State


def _sessionStarted(state: State, entry: Entry, event: SessionStarted, origin: Origin | None) -> None:
    user = state.userOf(entry)
    if user.source.account != event.source.account:
        # They logged out in the meantime.
        raise errors.NoSuchNick(event.source.nick)
    if user.source.account is not None:
        state.accounts.checkUsable(user.source.account)
    addSession(state, entry, user, event.session, event.node, event.away)


def _sessionEnded(state: State, entry: Entry, event: SessionEnded, origin: Origin | None) -> None:
    user = state.userOf(entry)
    if event.session not in user.sessions and event.session not in user.elsewhere:
        return
    before, session = user.away, user.removeSession(event.session)
    state.nodes.ended((event.session,))
    if session is not None:
        for room in user.rooms.values():
            room.audience.remove(session)
        if not session.closed:
            # It was ended through another node.
            session.left = user.source
            state.broadcast.disconnect(session, event.reason)
    if user.sessionCount:
        notifyAway(state, entry, user, before)
    elif _stays(state, user, entry.time):
        _detach(state, entry, user, before)
    else:
        remove(state, replace(entry, event=Quit(user.source, event.reason)), user, origin)


def addSession(state: State, entry: Entry, user: User, id: str, node: str, away: str | None) -> Session | None:
    """
    Add a session to a user who is here already, and to the audiences of their rooms.

    @param id: the session's id.
    @param node: the id of its node.
    @param away: its away message, or C{None}.
    @return: the session, if it is in this process.
    """
    before, session = user.away, state.sessionOf(id, node)
    wasDetached = user.detached is not None
    if wasDetached:
        state.users.attach(user)
    user.addSession(id, session, node)
    state.started(user, id, node)
    user.setAway(id, away)
    if session is not None:
        for room in user.rooms.values():
            room.audience.add(session)
    if wasDetached:
        updateOperator(state, entry, user, False)
        state.changed(user)
    notifyAway(state, entry, user, before)
    return session


def _stays(state: State, user: User, time: int) -> bool:
    """
    Whether a user stays after their last session has ended.  A server ban of their names, or the suspension of their
    account, prevents it.

    @param time: the time of the entry, in milliseconds since the epoch.
    """
    account = state.accounts.get(user.source.account)
    usable = account is not None and account.usable
    return user.stays and usable and state.serverBans.banned(user.source, None, time) is None


def _detach(state: State, entry: Entry, user: User, away: str | None) -> None:
    """
    Let a user stay without a session.

    @param away: the away message that they had; C{None} if they had none.
    """
    state.users.detach(user, entry.time, None if away == ABSENT else away)
    if user.operator is not None:
        resigned = OperatorSet(user.source, None)
        operatorSet(state, derive(entry, resigned, "operator"), resigned, None)
    notifyAway(state, entry, user, away)
    state.changed(user)


EFFECTS: Effects = {
    SessionStarted: _sessionStarted,
    SessionEnded: _sessionEnded,
}
"""The effect of each class of event."""
