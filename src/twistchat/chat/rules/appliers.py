"""What every applier works with: the registers that it changes, and what several of them do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from twistchat.chat.errors import NickInUse, NoSuchNick
from twistchat.chat.fanout.audience import Broadcast
from twistchat.chat.model.events import Entry, Event
from twistchat.chat.model.modes import OPERATOR
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import Room, Rooms
from twistchat.chat.model.users import Session, User, Users
from twistchat.chat.rules.succession import Vacancy


class Appliers:
    """
    Appliers on one topic: L{State <twistchat.chat.state.State>} is made of such classes.

    An applier lets one entry happen: it changes the state, then tells its audience.  What is no longer possible it
    refuses with a L{ChatError <twistchat.chat.errors.ChatError>}, and changes nothing.

    @ivar users: everyone who is here.
    @ivar rooms: every room there is.
    @ivar sessions: the sessions whose connections this process holds, by id.
    @ivar broadcast: the way to their outlets.
    @ivar tend: called when rooms need something that takes an entry of its own; C{rooms.vacancies} and
        C{rooms.unlocked} say what.
    """

    tend: Callable[[], None]
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

    def _leave(self, entry: Entry, room: Room, user: User) -> None:
        """Let a user out of a room, for whatever reason; of the user's own rooms it has been taken already."""
        for session in user.sessions.values():
            room.audience.remove(session)
        member = room.members.pop(user.source.uid)
        user.moves += 1
        if not room.members:
            self._unlock(room)
            self._forgetIfOver(room)
            if fold(room.name) in self.rooms.vacancies:
                self.tend()
        elif member.level >= OPERATOR and not room.led:
            self._vacate(entry, room, Vacancy(entry.time, user.source, member.ranks))

    def _unlock(self, room: Room) -> None:
        """Let a room that is empty lose the locks that nobody could lift."""
        changes = room.unlock() if room.abandoned else ()
        if changes:
            self.rooms.unlocked.append((room, changes))
            self.tend()

    def _vacate(self, entry: Entry, room: Room, vacancy: Vacancy) -> None:
        """
        Let a room have no operator, from now on.

        Others that are over, where nobody needs an operator, are forgotten a few at a time.
        """
        name, vacancies = fold(room.name), self.rooms.vacancies
        for earlier, other in list(islice(vacancies.items(), 10)):
            place = self.rooms.get(earlier)
            if other.isOver(entry.time) and (place is None or not place.members or place.led):
                del vacancies[earlier]
        vacancies.pop(name, None)
        vacancies[name] = vacancy
        self.tend()

    def _forgetIfOver(self, room: Room) -> None:
        if not room.members and not room.kept:
            self.rooms.remove(room)


def following(entry: Entry, event: Event, name: str) -> Entry:
    """
    An entry for what follows from another, at its place in the order.

    @param name: tells its message id from that of the other, since an id is of one message (IRCv3 message-ids).
    """
    return replace(entry, msgid=f"{entry.msgid}-{name}", event=event)
