"""What the events of users do to the state: one function for each, which L{State.apply} calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from twistchat.chat.audience import WATCHED
from twistchat.chat.errors import NoSuchNick
from twistchat.chat.events import (
    AccountSet,
    Announced,
    AwaySet,
    Entered,
    Entry,
    Event,
    HostSet,
    Killed,
    OperatorSet,
    Quit,
    RealnameSet,
    Renamed,
    ServerBanLifted,
    ServerBanSet,
    Source,
    UserModesSet,
)
from twistchat.chat.names import fold
from twistchat.chat.serverbans import ServerBan, ServerBanTest
from twistchat.chat.usermodes import SETTABLE
from twistchat.chat.users import Operator, User, audienceOf

if TYPE_CHECKING:
    from twistchat.chat.state import State


def _entered(state: State, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, Entered)
    state.users.checkFree(event.source.nick, None)
    user = User(event.source, entry.time)
    state.users.add(user)
    _changeModes(user, event.modes, "")
    session = state.sessions.get(event.session)
    if session is not None:
        user.sessions[session.id] = session
        session.user = user
    _tellWatchers(state, entry, user.nick)


def _quit(state: State, entry: Entry) -> None:
    user = state.users.of(entry.event.source)
    _remove(state, entry, user)


def _killed(state: State, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, Killed)
    user = state.users.get(event.killed.uid)
    if user is None:
        raise NoSuchNick(event.killed.nick)
    _remove(state, entry, user)
    for session in list(user.sessions.values()):
        session.outlet.disconnect(f"Killed ({event.source.nick} ({event.reason}))")


def _renamed(state: State, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, Renamed)
    user = state.users.of(event.source)
    state.users.checkFree(event.nick, user)
    source = user.source
    old, new = fold(user.nick), fold(event.nick)
    heard = list(audienceOf(user))
    state.users.rename(user, replace(source, nick=event.nick))
    _forgetVerdicts(user)
    for session in state.sessions.values():
        if old in session.ignored:
            session.ignored[new] = session.ignored[old]
    state.broadcast.tell(entry, heard)
    if old != new:
        # Who watches one of the two nicks is not to learn of the other.
        state.whowas.add(source, entry.time)
        _tellWatchers(state, replace(entry, event=Quit(source, "")), old)
        _tellWatchers(state, replace(entry, event=Entered(user.source, "")), new)


def _awaySet(state: State, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, AwaySet)
    user = state.users.of(event.source)
    if event.message != user.away:
        user.away = event.message
        _tellOfUser(state, entry, user, themselves=False)


def _realnameSet(state: State, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, RealnameSet)
    user = state.users.of(event.source)
    _changeSource(state, entry, user, replace(user.source, realname=event.realname))


def _hostSet(state: State, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, HostSet)
    user = state.users.of(event.source)
    _changeSource(state, entry, user, replace(user.source, username=event.username, host=event.host))


def _accountSet(state: State, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, AccountSet)
    user = state.users.of(event.source)
    _changeSource(state, entry, user, replace(user.source, account=event.account))


def _userModesSet(state: State, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, UserModesSet)
    user = state.users.of(event.source)
    _changeModes(user, event.added, event.removed)
    state.broadcast.tell(entry, user.sessions.values())


def _operatorSet(state: State, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, OperatorSet)
    user = state.users.of(event.source)
    user.operator = None if event.title is None else Operator(event.title, event.privileges)
    state.broadcast.tell(entry, user.sessions.values())


def _announced(state: State, entry: Entry) -> None:
    listening = [user for user in state.users if "w" in user.flags or user.operator is not None]
    state.broadcast.tell(entry, [session for user in listening for session in user.sessions.values()])


def _serverBanSet(state: State, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, ServerBanSet)
    state.serverBans.add(ServerBan(event.mask, event.reason, event.source.nick, entry.time, event.until))
    if event.until is not None and event.until <= entry.time:
        return
    test = ServerBanTest(event.mask)
    met = [
        session
        for session in state.sessions.values()
        if test.meets(None if session.user is None else session.user.source, session.address)
    ]
    for session in met:
        session.outlet.disconnect(wordServerBan(event.reason))


def _serverBanLifted(state: State, entry: Entry) -> None:
    event = entry.event
    assert isinstance(event, ServerBanLifted)
    state.serverBans.remove(event.mask)


APPLIERS: dict[type[Event], Callable[[State, Entry], None]] = {
    Entered: _entered,
    Quit: _quit,
    Killed: _killed,
    Renamed: _renamed,
    AwaySet: _awaySet,
    RealnameSet: _realnameSet,
    HostSet: _hostSet,
    AccountSet: _accountSet,
    UserModesSet: _userModesSet,
    OperatorSet: _operatorSet,
    Announced: _announced,
    ServerBanSet: _serverBanSet,
    ServerBanLifted: _serverBanLifted,
}
"""What each event does.  A function that cannot do it raises the error that the event's proposer is to get."""


def wordServerBan(reason: str) -> str:
    """Why a connection ends that a ban meets."""
    return f"Banned from this server: {reason}" if reason else "Banned from this server"


def _remove(state: State, entry: Entry, user: User) -> None:
    """Let a user go, and tell those who shared a room with them, and those who watch their nick."""
    heard = audienceOf(user)
    state.leaveRooms(user)
    state.users.remove(user)
    state.whowas.add(user.source, entry.time)
    for session in user.sessions.values():
        session.user = None
    state.broadcast.tell(entry, [session for session in heard if session.id not in user.sessions])
    _tellWatchers(state, entry, user.nick)


def _changeModes(user: User, added: str, removed: str) -> None:
    user.flags = (user.flags | (set(added) & SETTABLE)) - set(removed)
    if user.source.bot != ("B" in user.flags):
        user.source = replace(user.source, bot=not user.source.bot)


def _changeSource(state: State, entry: Entry, user: User, source: Source) -> None:
    """Give a user other names behind their nick, and tell who sees these."""
    user.source = source
    _forgetVerdicts(user)
    _tellOfUser(state, entry, user)


def _forgetVerdicts(user: User) -> None:
    """Ask the lists of each of their rooms again: a ban may meet them now, or no more."""
    for room in user.rooms.values():
        room.members[user.source.uid].banned = None


def _tellOfUser(state: State, entry: Entry, user: User, themselves: bool = True) -> None:
    """
    Tell what is new about a user to those who share a room with them, and those others who watch their nick.

    @param themselves: whether their own sessions hear it too.
    """
    near = {session.id: session for session in audienceOf(user)}
    watching = [session for session in state.watchers.of(user.nick) if session.id not in near]
    state.broadcast.tell(entry, [session for session in near.values() if themselves or session.id not in user.sessions])
    if watching:
        state.broadcast.tell(entry, watching, WATCHED)


def _tellWatchers(state: State, entry: Entry, nick: str) -> None:
    """Tell those who watch a nick that someone came under it, or went."""
    watching = state.watchers.of(nick)
    if watching:
        state.broadcast.tell(entry, watching, WATCHED)
