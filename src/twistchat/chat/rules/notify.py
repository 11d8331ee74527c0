"""Notifies the sessions that see changes of a user, and derives entries from other entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat.fanout.audience import NOTICES, WATCHED
from twistchat.chat.model.events import Entry, Event, Source
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.users import User, neighboursOf

if TYPE_CHECKING:
    from twistchat.chat.state import State


def notifyNeighbours(state: State, entry: Entry, user: User, origin: Origin | None, themselves: bool = True) -> None:
    """
    Deliver a change of a user to the sessions that share a room with them, and to other sessions that watch their nick.

    @param themselves: whether to deliver it to the user's own sessions too.
    """
    neighbours = {session.id: session for session in neighboursOf(user)}
    watching = [session for session in state.watchers.of(user.nick) if session.id not in neighbours]
    state.broadcast.send(
        entry,
        [session for session in neighbours.values() if themselves or session.id not in user.sessions],
        origin=origin,
    )
    if watching:
        state.broadcast.send(entry, watching, WATCHED, origin)


def notifyWatchers(state: State, entry: Entry, nick: str, origin: Origin | None, gone: User | None = None) -> None:
    """
    Notify the sessions that watch a nick that it came into use, or went out of use.

    @param gone: a user who left.  Their sessions are not notified.
    """
    watching = state.watchers.of(nick)
    if watching and gone is not None:
        watching = [session for session in watching if session.id not in gone.sessions]
    if watching:
        state.broadcast.send(entry, watching, WATCHED, origin)


def notifyOperators(state: State, entry: Entry, origin: Origin | None, privilege: str | None = None) -> None:
    """
    Deliver a notice to the server operators who have user mode C{s}.

    @param privilege: the privilege that they need; C{None} for all operators.
    """
    listening = [
        session
        for user in state.users
        if "s" in user.flags and (privilege is None or user.may(privilege))
        for session in user.sessions.values()
    ]
    if listening:
        state.broadcast.send(entry, listening, NOTICES, origin)


def namesNow(state: State, source: Source) -> Source:
    """
    The names that a user has now.  They may have changed after an entry with C{source} was proposed, and audiences do
    not know the former nick any more.

    @return: C{source} if the user has left, or is none.
    """
    user = state.users.get(source.uid)
    return source if user is None else user.source


def derive(entry: Entry, event: Event, name: str) -> Entry:
    """
    Derive an entry with another event, at the same place in the order.

    @param name: a suffix for the message id, because message ids are unique (IRCv3 message-ids).
    """
    return replace(entry, msgid=f"{entry.msgid}-{name}", event=event)
