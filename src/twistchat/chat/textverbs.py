"""Verbs that say something, to a room or to one user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat import errors
from twistchat.chat.events import Kind, Said, Told
from twistchat.chat.modes import VOICE
from twistchat.chat.texts import checkMessage
from twistchat.chat.users import Session
from twistchat.chat.verbs import Verbs

if TYPE_CHECKING:
    from twistchat.interfaces import Receipt


class TextVerbs(Verbs):
    """What a session may say."""

    def say(self, session: Session, name: str, text: str, kind: Kind = "message") -> Receipt:
        """Say a text in a room."""
        user = self._user(session)
        room = self.state.rooms.get(name)
        member = None if room is None else room.members.get(user.source.uid)
        if room is None:
            raise errors.NoSuchRoom(name)
        if member is None:
            outside = "n" in room.modes or room.barred(user.source)
            if "s" in room.modes and (outside or "m" in room.modes):
                raise errors.NoSuchRoom(name)
            if outside:
                raise errors.NotInRoom(room.name)
        elif room.silenced(member):
            raise errors.Banned(room.name)
        if "m" in room.modes and (member is None or member.level < VOICE):
            raise errors.CannotSpeak(room.name)
        checkMessage(text, self.limits.message)
        return self._journal.append(Said(user.source, room.name, session.id, text, kind))

    def tell(self, session: Session, nick: str, text: str, kind: Kind = "message") -> Receipt:
        """Say a text to one user."""
        user = self._user(session)
        recipient = self._named(nick)
        checkMessage(text, self.limits.message)
        return self._journal.append(Told(user.source, session.id, recipient.source, text, kind))
