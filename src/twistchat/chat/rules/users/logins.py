"""
The effects of logging in and out.  The verbs are in L{twistchat.chat.rules.users.identity}.

All sessions of an account belong to one user.  So a session that logs in to the account of another user goes over to
that user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import AlreadyLoggedIn, NoSuchNick
from twistchat.chat.model.events import AccountSet, Entry, Quit, SessionMoved
from twistchat.chat.model.names import fold
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.users import User
from twistchat.chat.rules.core import Effects
from twistchat.chat.rules.metadata import changeMetadata, metadataOf
from twistchat.chat.rules.notify import derive, notifyNeighbours
from twistchat.chat.rules.rooms.access import changeAccount
from twistchat.chat.rules.users.claims import claim
from twistchat.chat.rules.users.connecting import addSession
from twistchat.chat.rules.users.operators import isAdministrator, updateOperator
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
    wasAdministrator = isAdministrator(state, user)
    before, metadata = user.source.account, metadataOf(state, user)
    state.users.setAccount(user, event.account)
    notifyNeighbours(state, entry, user, origin)
    changeAccount(state, entry, user, before, origin)
    changeMetadata(state, entry, user, metadata)
    claim(state, user)
    updateOperator(state, entry, user, wasAdministrator)
    for account in (before, event.account):
        if account is not None:
            state.presenceChanged(account)
    if event.account is None:
        user.stays = False
        endFurtherSessions(state, user, "Another session of yours logged out")


def _sessionMoved(state: State, entry: Entry, event: SessionMoved, origin: Origin | None) -> None:
    user, target = state.userOf(entry), state.users.get(event.user.uid)
    account = event.user.account
    if target is None or account is None or fold(target.source.account or "") != fold(account):
        raise NoSuchNick(event.user.nick)
    state.accounts.checkUsable(account)
    if event.session not in user.sessions and event.session not in user.elsewhere:
        raise NoSuchNick(event.source.nick)
    message, userAway = user.absences.get(event.session), user.away
    before, left = user.source, [room.name for room in user.rooms.values()]
    session = user.removeSession(event.session)
    state.nodes.ended((event.session,))
    if session is not None:
        for room in user.rooms.values():
            room.audience.remove(session)
    if not user.sessionCount:
        quit = Quit(before, f"Logged in as {target.nick}")
        remove(state, derive(entry, quit, "quit"), user, origin)
    else:
        notifyAway(state, entry, user, userAway)
    session = addSession(state, entry, target, event.session, event.node, message)
    if session is not None:
        state.broadcast.attached(session, entry, before, left)


def endFurtherSessions(state: State, user: User, why: str) -> None:
    """
    Disconnect all sessions but one of a user who has become a guest.  A guest has one session, because nothing proves
    any more that the others belong to the same person.

    The first session stays.  If some are on other nodes, the one with the smallest id does: all nodes agree on it.
    """
    sessions = list(user.sessions.values())
    others = [id for id, node in user.elsewhere.items() if node in state.nodes.live and node != state.nodes.own]
    if others:
        stays = min([*user.sessions, *others])
        further = [session for session in sessions if session.id != stays]
    else:
        further = sessions[1:]
    state.broadcast.departures.disconnect(further, why)


EFFECTS: Effects = {
    AccountSet: _accountSet,
    SessionMoved: _sessionMoved,
}
"""The effect of each class of event."""
