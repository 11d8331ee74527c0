"""What every verb of the chat works with: whoever asks, the state it reads, and the journal it proposes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twistchat.chat import errors
from twistchat.chat.limits import Limits
from twistchat.chat.model.events import Event
from twistchat.chat.model.origin import Asker
from twistchat.chat.model.rooms import Member, Room
from twistchat.chat.model.users import User
from twistchat.chat.state import State

if TYPE_CHECKING:
    from twistchat.interfaces import IHistory, ILog, Receipt


class Verbs:
    """
    Verbs on one topic: L{Chat <twistchat.chat.chat.Chat>}, the one object that doors see, is made of such classes.

    @ivar state: users and rooms; doors read it, and change nothing in it.
    @ivar limits: how much is too much.
    """

    state: State
    limits: Limits
    _journal: ILog
    _history: IHistory
    _now: Callable[[], float]
    _wall: Callable[[], float]

    def _user(self, asker: Asker) -> User:
        user = asker.user
        if user is None:
            raise errors.NotEntered
        return user

    def _propose(self, asker: Asker, event: Event) -> Receipt:
        """Propose an event for whoever asks for it."""
        return self._journal.append(event, asker.origin)

    def _named(self, nick: str) -> User:
        user = self.state.users.named(nick)
        if user is None:
            raise errors.NoSuchNick(nick)
        return user

    def _membership(self, asker: Asker, name: str) -> tuple[Room, Member]:
        user = self._user(asker)
        room = self.state.rooms.get(name)
        member = None if room is None else room.members.get(user.source.uid)
        if room is None or room.secretTo(user):
            raise errors.NoSuchRoom(name)
        if member is None:
            raise errors.NotInRoom(room.name)
        return room, member

    def _unbound(self, asker: Asker, user: User) -> bool:
        """Whether limits on rates do not bind what a session asks for."""
        return asker.session.exempt or user.may("exempt")
