"""The chat against L{a small model of it <tests.chat.reference>}: whatever people ask, in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import FakeDialect, Person, Scene, done, rebuilt, shown
from tests.chat.reference import CYRILLIC, Guest, Model, Refusals, same
from twistchat.chat.errors import ChatError
from twistchat.chat.fanout.audience import WATCHED
from twistchat.chat.model.events import Entry

NICKS = ("ann", "Ben", "cat", "dora", "bEN", f"c{CYRILLIC}t", "eve")
ROOMS = ("#a", "#B", "#b", f"#{CYRILLIC}", "#c")
NICK, ROOM = st.sampled_from(NICKS), st.sampled_from(ROOMS)
WHO = st.integers(0, 3)
WHOM = st.integers(0, 9)
"""One of those who are here; or, now and then, any nick."""
WHERE = st.integers(0, 9)
"""One of the rooms that there are; or, now and then, any name."""
TEXTS = st.sampled_from(("x", "y"))
ADDING = st.booleans()


SUBJECTS = {
    **dict.fromkeys(("rename", "setRealname"), "identity"),
    **dict.fromkeys(("join", "part", "kick", "invite"), "membership"),
    "setAway": "presence",
    "announce": "operators",
    "say": "speaking",
}
"""The subjects of verbs that belong to none of C{channels}."""


class Watching(FakeDialect):
    """Puts a tilde before what is heard of those who are watched."""

    def render(self, entry: Entry) -> bytes:
        """See L{FakeDialect.render}."""
        return b"~" + super().render(entry)


class Chatting(RuleBasedStateMachine):
    """
    Up to four users, some with two connections, each of whom asks for anything.

    After each step every session has heard what the model says, and no more, in that order; and what there is is what
    the model has.  At the end the entries alone, applied again, give the same state.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()
        self.chat = self.scene.chat
        self.model = Model()
        self.people: dict[Guest, list[Person]] = {}
        self.watching = Watching(mute=())

    def teardown(self) -> None:
        """What was applied is all that there is to the state."""
        assert shown(rebuilt(self.scene.entries)) == shown(self.scene.state)

    # What steps are made of

    def guest(self, who: int) -> Guest:
        """One of those who are here."""
        return self.model.guests[who % len(self.model.guests)]

    def nick(self, whom: int) -> str:
        """The nick of one who is here; or of nobody, maybe."""
        if whom < 9:
            return self.guest(whom).nick
        return NICKS[(whom + len(self.scene.entries)) % len(NICKS)].upper()

    def room(self, where: int) -> str:
        """The name of a room that there is; or of none, maybe."""
        if where < 9 and self.model.places:
            return self.model.places[where % len(self.model.places)].name
        return ROOMS[(where + len(self.scene.entries)) % len(ROOMS)].upper()

    def leader(self, who: int, room: str) -> int:
        """One who leads a room, where there is one, more often than not; or just anyone."""
        place = self.model.place(room)
        leaders = [] if place is None else [guest for guest, ranks in place.ranks.items() if "o" in ranks]
        return self.model.guests.index(leaders[who % len(leaders)]) if leaders and who < 3 else who

    def connect(self) -> Person:
        """Another connection, which no rate binds."""
        person = self.scene.connect(exempt=True)
        person.outlet.places[WATCHED] = self.watching
        return person

    def ask(self, expected: Refusals, ask: Callable[[], Any]) -> None:
        """Ask for something: it is done, or refused as is expected."""
        refused: type[ChatError] | None = None
        try:
            answer = ask()
            if isinstance(answer, Deferred):
                done(answer)
        except ChatError as error:
            refused = type(error)
        fits = refused in expected if refused is not None else not expected
        assert fits, f"{refused} is not in {expected}"

    def do(self, who: int, verb: str, *arguments: Any, ask: Callable[[Any], Any] | None = None) -> None:
        """
        Let someone ask for something, in the model and in the chat.

        @param ask: how to ask the chat, where it is not by a method of that name with those arguments.
        """
        guest = self.guest(who)
        session = self.people[guest][0].session
        expected = getattr(self.model, verb)(guest, *arguments)
        subject = getattr(self.chat, SUBJECTS.get(verb, "channels"))
        name = "rename" if verb == "renameRoom" else verb
        self.ask(expected, lambda: ask(session) if ask is not None else getattr(subject, name)(session, *arguments))

    @invariant()
    def heard(self) -> None:
        """Every session of a user has heard what there was to hear, in order."""
        self.scene.endTurn()
        for guest, people in self.people.items():
            first, *others = [person.heard() for person in people]
            assert first == [line for line in guest.heard if line[0] != "="], guest.nick
            for other in others:
                assert other == [line.removeprefix("=") for line in guest.heard if line[0] != "~"], guest.nick
            guest.heard.clear()

    @invariant()
    def state(self) -> None:
        """There is what the model has."""
        state = self.scene.state
        assert [user.nick for user in state.users if user.sessions] == [user.nick for user in state.users]
        assert {
            user.nick: (user.source.realname, user.away, set(user.flags), user.operator is not None)
            for user in state.users
        } == {guest.nick: (guest.realname, guest.away, guest.flags, guest.operator) for guest in self.model.guests}
        assert {
            room.name: (
                room.topic.text if room.topic else "",
                set(room.modes),
                {mask.removesuffix("!*@*") for mask in room.lists["b"]},
                {member.user.nick: member.ranks for member in room.members.values()},
            )
            for room in state.rooms
        } == {
            place.name: (
                place.topic,
                place.modes,
                place.banned,
                {guest.nick: ranks for guest, ranks in place.ranks.items()},
            )
            for place in self.model.places
        }

    @initialize()
    def begin(self) -> None:
        """Some are here, and in a room together."""
        for nick in NICKS[:3]:
            self.enter(nick)
            self.join(len(self.model.guests) - 1, ROOMS[0])

    # People

    @precondition(lambda self: len(self.model.guests) < 4)
    @rule(nick=NICK)
    def enter(self, nick: str) -> None:
        """Come in, or try to."""
        person = self.connect()
        expected = self.model.enter(nick)
        self.ask(expected, lambda: self.scene.enter(person, nick))
        if expected:
            assert self.chat.presence.close(person.session, "bye") is None
        else:
            self.people[self.model.guests[-1]] = [person]

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO)
    def attach(self, who: int) -> None:
        """Connect once more."""
        guest = self.guest(who)
        if len(self.people[guest]) < 2:
            person = self.connect()
            self.chat.presence.attach(person.session, self.people[guest][0].user)
            self.people[guest].append(person)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO)
    def close(self, who: int) -> None:
        """Close a connection, and with the last of them quit."""
        guest = self.guest(who)
        person = self.people[guest].pop()
        if not self.people[guest]:
            del self.people[guest]
            self.model.leave(guest, f"{guest.nick} quit bye")
        going = self.chat.presence.close(person.session, "bye")
        done(going)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, nick=NICK)
    def rename(self, who: int, nick: str) -> None:
        """Take another nick."""
        self.do(who, "rename", nick)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, realname=TEXTS)
    def setRealname(self, who: int, realname: str) -> None:
        """Take another realname."""
        self.do(who, "setRealname", realname)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, message=st.none() | TEXTS)
    def setAway(self, who: int, message: str | None) -> None:
        """Be away, or back."""
        self.do(who, "setAway", message)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, letter=st.sampled_from("wRi"), adding=ADDING)
    def setUserMode(self, who: int, letter: str, adding: bool) -> None:
        """Change a mode of one's own."""
        text = f"{sign(adding)}{letter}"
        self.do(
            who,
            "setFlag",
            letter,
            adding,
            ask=lambda session: Deferred.fromCoroutine(self.chat.identity.setUserModes(session, text)),
        )

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO)
    def becomeOperator(self, who: int) -> None:
        """Become an operator of the server."""
        guest = self.guest(who)
        guest.operator = True
        guest.heard.append(f"{guest.nick} operator boss")
        session = self.people[guest][0].session
        done(Deferred.fromCoroutine(self.chat.operators.become(session, "boss", ("kill", "wallops"))))

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO)
    def resign(self, who: int) -> None:
        """Be none any more."""
        guest = self.guest(who)
        if guest.operator:
            guest.heard.append(f"{guest.nick} operator None")
        guest.operator = False
        self.chat.identity.resign(self.people[guest][0].session)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, text=TEXTS)
    def announce(self, who: int, text: str) -> None:
        """Say something to all who listen."""
        self.do(who, "announce", text)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, whom=WHOM)
    def kill(self, who: int, whom: int) -> None:
        """Disconnect someone."""
        nick = self.nick(whom)
        victim = self.model.named(nick)
        self.do(who, "kill", nick, ask=lambda session: self.chat.operators.kill(session, nick, "spam"))
        if victim is not None and victim not in self.model.guests:
            for person in self.people.pop(victim):
                assert len(person.outlet.reasons) == 1
                assert person.heard() == []
                assert self.chat.presence.close(person.session, "Killed") is None

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, nick=NICK, adding=ADDING)
    def watch(self, who: int, nick: str, adding: bool) -> None:
        """Watch a nick, or watch it no more."""
        guest = self.guest(who)
        session = self.people[guest][0].session
        if adding:
            guest.watches.add(same(nick))
            here, gone = self.chat.presence.watch(session, [nick])
            found = self.model.named(nick)
            assert ([user.nick for user in here], gone) == ([found.nick] if found else [], [] if found else [nick])
        else:
            guest.watches.discard(same(nick))
            self.chat.presence.unwatch(session, [nick])
        assert {same(watched) for watched in self.chat.presence.watched(session)} == guest.watches

    # Rooms

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, room=ROOM)
    def join(self, who: int, room: str) -> None:
        """Come into a room."""
        self.do(who, "join", room)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE)
    def part(self, who: int, where: int) -> None:
        """Leave a room."""
        self.do(who, "part", self.room(where))

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, topic=TEXTS | st.just(""))
    def setTopic(self, who: int, where: int, topic: str) -> None:
        """Set a topic."""
        self.do(who, "setTopic", self.room(where), topic)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, whom=WHOM)
    def kick(self, who: int, where: int, whom: int) -> None:
        """Put someone out."""
        room = self.room(where)
        self.do(self.leader(who, room), "kick", room, self.nick(whom))

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, whom=WHOM)
    def invite(self, who: int, where: int, whom: int) -> None:
        """Invite someone."""
        self.do(who, "invite", self.room(where), self.nick(whom))

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, letter=st.sampled_from("mnstiN"), adding=ADDING)
    def setMode(self, who: int, where: int, letter: str, adding: bool) -> None:
        """Change a mode of a room."""
        self.setModes(who, "setMode", self.room(where), letter, adding)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, whom=WHOM, adding=ADDING)
    def setBan(self, who: int, where: int, whom: int, adding: bool) -> None:
        """Ban a nick, or ban it no more."""
        self.setModes(who, "setBan", self.room(where), self.nick(whom), adding)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, whom=WHOM, letter=st.sampled_from("ov"), adding=ADDING)
    def setRank(self, who: int, where: int, whom: int, letter: str, adding: bool) -> None:
        """Give a rank, or take it."""
        self.setModes(who, "setRank", self.room(where), self.nick(whom), letter, adding)

    def setModes(self, who: int, verb: str, room: str, *arguments: Any) -> None:
        """Change modes of a room, as the model calls it and as the chat does."""
        *parameters, adding = arguments
        letter = "b" if verb == "setBan" else parameters.pop()
        letters = f"{sign(adding)}{letter}"
        self.do(
            self.leader(who, room),
            verb,
            room,
            *arguments,
            ask=lambda session: self.chat.channels.setModes(session, room, letters, parameters),
        )

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, new=ROOM)
    def renameRoom(self, who: int, where: int, new: str) -> None:
        """Give a room another name."""
        self.do(who, "renameRoom", self.room(where), new)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE)
    def comeBack(self, who: int, where: int) -> None:
        """Lose every connection, connect again, and come into a room."""
        room = self.room(where)
        who = self.leader(who, room)
        guest = self.guest(who)
        for _ in list(self.people[guest]):
            self.close(self.model.guests.index(guest))
        self.heard()
        self.enter(guest.nick)
        self.join(len(self.model.guests) - 1, room)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE)
    def resignRank(self, who: int, where: int) -> None:
        """Lay down the rank of an operator."""
        room = self.room(where)
        who = self.leader(who, room)
        self.setModes(who, "setRank", room, self.guest(who).nick, "o", False)

    @rule(seconds=st.sampled_from((60, 300, 599, 600)))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.model.now += seconds
        self.model.tend()
        self.scene.wait(seconds)

    # Texts

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, text=TEXTS)
    def say(self, who: int, where: int, text: str) -> None:
        """Say something in a room."""
        self.do(who, "say", self.room(where), text)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, whom=WHOM, text=TEXTS)
    def tell(self, who: int, whom: int, text: str) -> None:
        """Say something to one."""
        nick = self.nick(whom)
        self.do(who, "whisper", nick, text, ask=lambda session: self.chat.speaking.sayPrivate(session, nick, text))


def sign(adding: bool) -> str:
    """How a change of modes begins."""
    return "+" if adding else "-"


class ModelTests(SynchronousTestCase):
    """The chat is as its model."""

    def test_asItsModel(self) -> None:
        """Whatever is asked of it."""
        run_state_machine_as_test(Chatting, settings=settings(max_examples=75, stateful_step_count=60, deadline=None))
