"""What every applier works with: the registers that it changes, and what several of them do."""

from __future__ import annotations

from dataclasses import replace

from twistchat.chat.audience import Broadcast
from twistchat.chat.errors import NickInUse, NoSuchNick
from twistchat.chat.events import Entry, Event
from twistchat.chat.names import fold
from twistchat.chat.rooms import Room, Rooms, forgetVerdicts
from twistchat.chat.users import Session, User, Users


class Appliers:
    """
    Appliers on one topic: L{State <twistchat.chat.state.State>} is made of such classes.

    An applier lets one entry happen: it changes the state, then tells its audience.  What is no longer possible it
    refuses with a L{ChatError <twistchat.chat.errors.ChatError>}, and changes nothing.

    @ivar users: everyone who is here.
    @ivar rooms: every room there is.
    @ivar sessions: the sessions whose connections this process holds, by id.
    @ivar broadcast: the way to their outlets.
    """

    users: Users
    rooms: Rooms
    sessions: dict[str, Session]
    broadcast: Broadcast

    def _user(self, entry: Entry) -> User:
        user = self.users.get(entry.event.source.uid)
        if user is None:
            raise NoSuchNick(entry.event.source.nick)
        return user

    def _claim(self, nick: str, claimant: User | None) -> None:
        holder = self.users.lookalike(nick)
        if holder is not None and holder is not claimant:
            raise NickInUse(nick, holder.nick)

    def _leave(self, room: Room, user: User) -> None:
        for session in user.sessions.values():
            room.audience.remove(session)
        del room.members[user.source.uid]
        del user.rooms[fold(room.name)]
        forgetVerdicts(user)
        self._forgetIfOver(room)

    def _forgetIfOver(self, room: Room) -> None:
        if not room.members and not room.kept:
            self.rooms.remove(room)


def following(entry: Entry, event: Event, name: str) -> Entry:
    """
    An entry for what follows from another, at its place in the order.

    @param name: tells its message id from that of the other, since an id is of one message (IRCv3 message-ids).
    """
    return replace(entry, msgid=f"{entry.msgid}-{name}", event=event)
