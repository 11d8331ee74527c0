"""Who hears of a user's news, and the entries that follow from another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat.fanout.audience import NOTICES, WATCHED
from twistchat.chat.model.events import Entry, Event
from twistchat.chat.model.origin import Origin
from twistchat.chat.model.users import User, audienceOf

if TYPE_CHECKING:
    from twistchat.chat.state import State


def tellOfUser(state: State, entry: Entry, user: User, origin: Origin | None, themselves: bool = True) -> None:
    """
    Tell what is new about a user to those who share a room with them, and those others who watch their nick.

    @param themselves: whether their own sessions hear it too.
    """
    near = {session.id: session for session in audienceOf(user)}
    watching = [session for session in state.watchers.of(user.nick) if session.id not in near]
    state.broadcast.tell(
        entry,
        [session for session in near.values() if themselves or session.id not in user.sessions],
        origin=origin,
    )
    if watching:
        state.broadcast.tell(entry, watching, WATCHED, origin)


def tellWatchers(state: State, entry: Entry, nick: str, origin: Origin | None, gone: User | None = None) -> None:
    """
    Tell those who watch a nick that someone came under it, or went.

    @param gone: a user who hears of nothing any more.
    """
    watching = state.watchers.of(nick)
    if watching and gone is not None:
        watching = [session for session in watching if session.id not in gone.sessions]
    if watching:
        state.broadcast.tell(entry, watching, WATCHED, origin)


def tellOperators(state: State, entry: Entry, origin: Origin | None, privilege: str | None = None) -> None:
    """
    Tell the operators of the server who want to know.

    @param privilege: which they need to have to hear of it; C{None} where all may.
    """
    listening = [
        session
        for user in state.users
        if "s" in user.flags and (privilege is None or user.may(privilege))
        for session in user.sessions.values()
    ]
    if listening:
        state.broadcast.tell(entry, listening, NOTICES, origin)


def following(entry: Entry, event: Event, name: str) -> Entry:
    """
    An entry for what follows from another, at its place in the order.

    @param name: tells its message id from that of the other, since an id is of one message (IRCv3 message-ids).
    """
    return replace(entry, msgid=f"{entry.msgid}-{name}", event=event)
