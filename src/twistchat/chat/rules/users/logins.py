"""
The effects of logging in and out.  The verbs are in L{twistchat.chat.rules.users.identity}.

All sessions of an account belong to one user.  So a session that logs in to the account of another user goes over to
that user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import AlreadyLoggedIn, NoSuchNick
from twistchat.chat.model.events import AccountSet, Entry, OperatorSet, Quit, SessionMoved
from twistchat.chat.model.names import fold
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.users import ADMINISTRATOR, PRIVILEGES, User
from twistchat.chat.rules.core import Effects
from twistchat.chat.rules.notify import derive, notifyNeighbours
from twistchat.chat.rules.rooms.access import changeAccount
from twistchat.chat.rules.users.claims import claim
from twistchat.chat.rules.users.operators import operatorSet
from twistchat.chat.rules.users.presence import notifyAway, remove

if TYPE_CHECKING:
    from twistchat.chat.state import State


def _accountSet(state: State, entry: Entry, event: AccountSet, origin: Origin | None) -> None:
    user = state.userOf(entry)
    if event.account is not None:
        state.accounts.checkUsable(event.account)
        other = state.users.ofAccount(event.account)
        if other is not None and other is not user:
            raise AlreadyLoggedIn(event.account)
    wasAdministrator = _isAdministrator(state, user)
    before = user.source.account
    state.users.setAccount(user, event.account)
    notifyNeighbours(state, entry, user, origin)
    changeAccount(state, entry, user, before, origin)
    claim(state, user)
    updateOperator(state, entry, user, wasAdministrator)
    if event.account is None:
        endFurtherSessions(state, user, "Another session of yours logged out")


def _sessionMoved(state: State, entry: Entry, event: SessionMoved, origin: Origin | None) -> None:
    user, target = state.userOf(entry), state.users.get(event.user.uid)
    account = event.user.account
    if target is None or account is None or fold(target.source.account or "") != fold(account):
        raise NoSuchNick(event.user.nick)
    state.accounts.checkUsable(account)
    if event.session not in user.sessions and event.session not in user.elsewhere:
        raise NoSuchNick(event.source.nick)
    message, userAway, targetAway = user.absences.get(event.session), user.away, target.away
    before, left = user.source, [room.name for room in user.rooms.values()]
    session = user.removeSession(event.session)
    if session is not None:
        for room in user.rooms.values():
            room.audience.remove(session)
    if not user.sessionCount:
        quit = Quit(before, f"Logged in as {target.nick}")
        remove(state, derive(entry, quit, "quit"), user, origin)
    else:
        notifyAway(state, entry, user, userAway)
    session = state.sessions.get(event.session)
    target.addSession(event.session, session, event.node)
    target.setAway(event.session, message)
    if session is not None:
        for room in target.rooms.values():
            room.audience.add(session)
        state.broadcast.attached(session, entry, before, left)
    notifyAway(state, entry, target, targetAway)


def endFurtherSessions(state: State, user: User, why: str) -> None:
    """
    Disconnect all sessions but the first of a user who has become a guest.  A guest has one session, because nothing
    proves any more that the others belong to the same person.
    """
    state.broadcast.departures.disconnect(list(user.sessions.values())[1:], why)


def updateOperator(state: State, entry: Entry, user: User, wasAdministrator: bool) -> None:
    """
    Make a user a server operator if they have become an administrator, and end that if they are none any more.

    An administrator who resigned stays without that status.

    @param wasAdministrator: whether they were an administrator before this entry.
    """
    isAdministrator = _isAdministrator(state, user)
    if isAdministrator and not wasAdministrator and user.operator is None:
        _setOperator(state, entry, OperatorSet(user.source, ADMINISTRATOR, frozenset(PRIVILEGES)))
    elif wasAdministrator and not isAdministrator and user.operator is not None:
        _setOperator(state, entry, OperatorSet(user.source, None))


def _isAdministrator(state: State, user: User) -> bool:
    account = None if user.source.account is None else state.accounts.get(user.source.account)
    return account is not None and account.isAdmin


def _setOperator(state: State, entry: Entry, event: OperatorSet) -> None:
    operatorSet(state, derive(entry, event, "operator"), event, None)


EFFECTS: Effects = {
    AccountSet: _accountSet,
    SessionMoved: _sessionMoved,
}
"""The effect of each class of event."""
