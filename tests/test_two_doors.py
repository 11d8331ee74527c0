"""One chat behind two doors: all clients receive what a small model predicts, whatever they do at either door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from twisted.trial.unittest import SynchronousTestCase

from twistchat.protocols.irc.settings import IrcSettings
from twistchat.testing import MemoryServer
from twistchat.testing.clients import Client
from twistchat.testing.server import SETTINGS

NICKS = ("ann", "Ben", "cäsar", "dora", "έλλη", "fee", "gus", "hal")
ROOMS = ("#lobby", "#a", "#Bär")
TEXTS = ("hello", "a b  c", ": ;", "ünï ☺", "/me", "#a", "* bob joined #a", "[12:00] <bob> hi")
LOBBY = ROOMS[0]

Seen = tuple[str, ...]
"""Something that was seen: what it is, then whom and what it is about."""

PLAIN: dict[str, str] = {
    "joined": r"\* (\S+) joined (#\S+)",
    "left": r"\* (\S+) left (#\S+)",
    "quit": r"\* (\S+) quit(?: \(.*\))?",
    "renamed": r"\* (\S+) is now (\S+)",
    "kicked": r"\* (\S+) kicked (\S+) from (#\S+)",
    "topic": r"\* (\S+) set the topic of (#\S+) to: (.*)",
    "mode": r"\* (\S+) set (\S+ \S+) on (#\S+)",
    "text": r"\[\d\d:\d\d\] (?:([#@]\S+) )?(?:<(\S+)> (.*)|\* (\S+) (.*))",
}
"""The lines of the line door that tell something, by what that is."""

IRC: dict[str, str] = {
    "joined": r":(\S+)!\S+ JOIN :?(#\S+)",
    "left": r":(\S+)!\S+ PART :?(#\S+)",
    "quit": r":(\S+)!\S+ QUIT(?: .*)?",
    "renamed": r":(\S+)!\S+ NICK :?(\S+)",
    "kicked": r":(\S+)!\S+ KICK (#\S+) (\S+)(?: .*)?",
    "topic": r":(\S+)!\S+ TOPIC (#\S+) :?(.*)",
    "mode": r":(\S+)!\S+ MODE (#\S+) (\S+ \S+)",
    "text": r":(\S+)!\S+ PRIVMSG (\S+) (?::(.*)|(\S+))",
}
"""The messages of the IRC door that tell something."""


class Person:
    """
    A user in the model.


    @ivar client: the client.
    @ivar username: the username.
    @ivar rooms: the rooms, in the order in which the user joined them.
    @ivar expected: the expected output that has not been checked yet.
    """

    def __init__(self, nick: str, client: Client, username: str) -> None:
        self.nick = nick
        self.client = client
        self.username = username
        self.rooms: list[str] = []
        self.expected: list[Seen] = []

    def send(self, line: str) -> None:
        """Send a command."""
        self.client.send(line)

    def seen(self) -> Iterator[Seen]:
        """Return the output since the last call."""
        raise AssertionError("somebody is at some door")


class AtLine(Person):
    """
    A user at the line door.


    @ivar current: the current room; C{""} for none.
    """

    def __init__(self, server: MemoryServer, nick: str) -> None:
        super().__init__(nick, server.connect(), "~line")
        self.current = ""
        self.send(nick)

    def seen(self) -> Iterator[Seen]:
        """See L{Person.seen}.  What has been said before they came in is passed over."""
        history = False
        for line in self.client.lines():
            if line.startswith("! "):
                raise AssertionError(line)
            history = (history or line.startswith("* History of ")) and not line.startswith("* End of history")
            if history:
                continue
            if moved := re.fullmatch(r"\* You are talking in (#\S+)|\* You are in no room.*", line):
                self.current = moved[1] or ""
            for kind, pattern in PLAIN.items():
                if matched := re.fullmatch(pattern, line):
                    yield self._read(kind, matched)
                    break

    def _read(self, kind: str, matched: re.Match[str]) -> Seen:
        if kind == "text":
            place, speaker, text, actor, deed = matched.groups()
            told = place is not None and place.startswith("@")
            return (
                "told" if told else "said" if speaker else "did",
                speaker or actor,
                "" if told else place or self.current,
                text or deed or "",
            )
        groups = [group for group in matched.groups() if group is not None]
        if kind == "joined" and groups[0] == self.nick:
            self.current = groups[1]
        if kind in {"kicked", "mode"}:
            groups = [groups[0], groups[2], groups[1]]
        return (kind, *groups)


class AtIrc(Person):
    """A user at the IRC door."""

    def __init__(self, server: MemoryServer, nick: str) -> None:
        super().__init__(nick, server.irc(nick), f"~{nick}")

    def seen(self) -> Iterator[Seen]:
        """See L{Person.seen}."""
        for line in self.client.lines():
            if re.match(r":\S+ (?:[45]\d\d|FAIL) ", line):
                raise AssertionError(line)
            for kind, pattern in IRC.items():
                if matched := re.fullmatch(pattern, line):
                    yield self._read(kind, [group for group in matched.groups() if group is not None])
                    break

    def _read(self, kind: str, groups: list[str]) -> Seen:
        if kind != "text":
            return (kind, *groups)
        who, target, text = groups
        action = re.fullmatch("\x01ACTION (.*)\x01", text)
        if not target.startswith("#"):
            return ("told", who, "", text)
        return ("did" if action else "said", who, target, action[1] if action else text)


class Doors(RuleBasedStateMachine):
    """
    Users enter, leave and talk at both doors.  After each step, their output is exactly what the model predicts, in
    order, and the members of rooms are those of the model.
    """

    def __init__(self) -> None:
        super().__init__()
        doors = {**SETTINGS.doors, "irc": IrcSettings(historyOnJoin=False)}
        self.server = MemoryServer(replace(SETTINGS, doors=doors))
        self.people: list[Person] = []
        self.operators: dict[str, set[Person]] = {}
        self.last: dict[str, tuple[Person, str]] = {}

    # The model

    def members(self, room: str) -> list[Person]:
        """Return the members of a room."""
        return [person for person in self.people if room in person.rooms]

    def near(self, person: Person) -> list[Person]:
        """Return the users who share a room with a user, including the user."""
        return [other for other in self.people if other is person or set(other.rooms) & set(person.rooms)]

    def tell(self, people: list[Person], *seen: str) -> None:
        """Add a line to the expected output of users."""
        for person in people:
            person.expected.append(seen)

    def enters(self, person: Person, room: str) -> None:
        """
        Let a user join a room.  The first member becomes operator.  So does a member who was the last operator and
        returns with the same names.
        """
        if not self.members(room):
            self.operators[room] = {person}
        if room in self.last:
            left, nick = self.last[room]
            names = (nick, left.username) if left not in self.people else None
            if person is left or (person.nick, person.username) == names:
                self.operators[room].add(person)
                del self.last[room]
        person.rooms.append(room)
        self.tell(self.members(room), "joined", person.nick, room)

    def leaves(self, person: Person, room: str) -> None:
        """Remove a user from a room."""
        person.rooms.remove(room)
        if self.operators[room] == {person} and self.members(room):
            self.last[room] = person, person.nick
        self.operators[room].discard(person)

    # What people do

    @precondition(lambda self: len(self.people) < 5)
    @rule(nick=st.sampled_from(NICKS), door=st.sampled_from((AtLine, AtIrc)))
    def come(self, nick: str, door: Callable[[MemoryServer, str], Person]) -> None:
        """A user enters, at the line door into the lobby."""
        if self.isTaken(nick):
            return
        person = door(self.server, nick)
        self.people.append(person)
        if isinstance(person, AtLine):
            self.enters(person, LOBBY)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), room=st.sampled_from(ROOMS))
    def join(self, data: st.DataObject, room: str) -> None:
        """A user joins a room."""
        person = data.draw(st.sampled_from(self.people))
        if room in person.rooms:
            return
        person.send(f"/join {room}" if isinstance(person, AtLine) else f"JOIN {room}")
        self.enters(person, room)

    @precondition(lambda self: self.everywhere())
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        """A user leaves a room."""
        person, room = data.draw(st.sampled_from(self.everywhere()))
        self.tell(self.members(room), "left", person.nick, room)
        person.send(f"/leave {room}" if isinstance(person, AtLine) else f"PART {room}")
        self.leaves(person, room)

    @precondition(lambda self: self.everywhere())
    @rule(data=st.data(), text=st.sampled_from(TEXTS))
    def speak(self, data: st.DataObject, text: str) -> None:
        """A user sends a message to a room."""
        person, room = data.draw(st.sampled_from(self.everywhere()))
        person.send(f"/msg {room} {text}" if isinstance(person, AtLine) else f"PRIVMSG {room} :{text}")
        self.tell([other for other in self.members(room) if other is not person], "said", person.nick, room, text)

    @precondition(lambda self: self.talking())
    @rule(data=st.data(), text=st.sampled_from(TEXTS))
    def act(self, data: st.DataObject, text: str) -> None:
        """A user sends an action, at the line door in the current room."""
        person, room = data.draw(st.sampled_from(self.talking()))
        person.send(f"/me {text}" if isinstance(person, AtLine) else f"PRIVMSG {room} :\x01ACTION {text}\x01")
        self.tell([other for other in self.members(room) if other is not person], "did", person.nick, room, text)

    @precondition(lambda self: len(self.people) > 1)
    @rule(data=st.data(), text=st.sampled_from(TEXTS))
    def whisper(self, data: st.DataObject, text: str) -> None:
        """A user sends a private message."""
        person, other = data.draw(st.permutations(self.people))[:2]
        person.send(f"/msg {other.nick} {text}" if isinstance(person, AtLine) else f"PRIVMSG {other.nick} :{text}")
        self.tell([other], "told", person.nick, "", text)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), nick=st.sampled_from(NICKS))
    def rename(self, data: st.DataObject, nick: str) -> None:
        """A user changes nick."""
        if self.isTaken(nick):
            return
        person = data.draw(st.sampled_from(self.people))
        self.tell(self.near(person), "renamed", person.nick, nick)
        person.send(f"/nick {nick}" if isinstance(person, AtLine) else f"NICK {nick}")
        person.nick = nick

    @precondition(lambda self: self.operating())
    @rule(data=st.data())
    def kick(self, data: st.DataObject) -> None:
        """An operator kicks a user from a room."""
        person, room = data.draw(st.sampled_from(self.operating()))
        other = data.draw(st.sampled_from(self.members(room)))
        self.tell(self.members(room), "kicked", person.nick, room, other.nick)
        person.send(f"/kick {other.nick}" if isinstance(person, AtLine) else f"KICK {room} {other.nick}")
        self.leaves(other, room)

    @precondition(lambda self: self.operating())
    @rule(data=st.data(), adding=st.booleans())
    def rank(self, data: st.DataObject, adding: bool) -> None:
        """An operator makes another user operator, or removes the rank."""
        person, room = data.draw(st.sampled_from(self.operating()))
        other = data.draw(st.sampled_from(self.members(room)))
        if adding == (other in self.operators[room]):
            return
        change = f"{'+' if adding else '-'}o {other.nick}"
        self.tell(self.members(room), "mode", person.nick, room, change)
        person.send(f"/mode {change}" if isinstance(person, AtLine) else f"MODE {room} {change}")
        (self.operators[room].add if adding else self.operators[room].discard)(other)

    @precondition(lambda self: self.operating())
    @rule(data=st.data(), text=st.sampled_from(TEXTS))
    def topic(self, data: st.DataObject, text: str) -> None:
        """An operator sets the topic."""
        person, room = data.draw(st.sampled_from(self.operating()))
        self.tell(self.members(room), "topic", person.nick, room, text)
        person.send(f"/topic {text}" if isinstance(person, AtLine) else f"TOPIC {room} :{text}")

    @precondition(lambda self: self.people)
    @rule(data=st.data(), politely=st.booleans())
    def go(self, data: st.DataObject, politely: bool) -> None:
        """A user quits, with a reason or without."""
        person = data.draw(st.sampled_from(self.people))
        self.tell([other for other in self.near(person) if other is not person], "quit", person.nick)
        if politely:
            person.send("/quit bye" if isinstance(person, AtLine) else "QUIT :bye")
        else:
            person.client.hangUp()
        self.people.remove(person)
        for room in list(person.rooms):
            self.leaves(person, room)

    # Who does it

    def isTaken(self, nick: str) -> bool:
        """Whether a nick is in use."""
        return any(person.nick == nick for person in self.people)

    def everywhere(self) -> list[tuple[Person, str]]:
        """Return all pairs of a user and a room of theirs."""
        return [(person, room) for person in self.people for room in person.rooms]

    def talking(self) -> list[tuple[Person, str]]:
        """
        Return the pairs in which the user can use commands of the room.  At the line door that is the current room.
        """
        return [
            (person, room)
            for person, room in self.everywhere()
            if not isinstance(person, AtLine) or person.current == room
        ]

    def operating(self) -> list[tuple[Person, str]]:
        """Return those pairs in which the user is operator."""
        return [(person, room) for person, room in self.talking() if person in self.operators[room]]

    # What must be

    @invariant()
    def seen(self) -> None:
        """All users have received exactly the expected output."""
        for person in self.people:
            assert list(person.seen()) == person.expected
            person.expected.clear()

    @invariant()
    def present(self) -> None:
        """The members and operators of rooms are those of the model."""
        state = self.server.chat.state
        assert {user.nick for user in state.users} == {person.nick for person in self.people}
        for name in ROOMS:
            room = state.rooms.get(name)
            members = {} if room is None else {member.user.nick: member.ranks for member in room.members.values()}
            operators = self.operators.get(name, set())
            assert members == {person.nick: "o" if person in operators else "" for person in self.members(name)}, name


class TwoDoorsTests(SynchronousTestCase):
    """The line door and the IRC door."""

    def test_sameChat(self) -> None:
        """Both lead into the same chat."""
        run_state_machine_as_test(
            Doors, settings=settings(max_examples=60, stateful_step_count=50, deadline=None, database=None)
        )
