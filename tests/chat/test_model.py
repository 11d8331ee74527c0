"""The chat compared with L{a small model of it <tests.chat.reference>}, in random conversations."""

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
ACCOUNTS = ("kim", "lee", "max")
"""The accounts.  No nick is one of them."""
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
    **dict.fromkeys(("register", "drop", "transfer", "setAccess", "grantOwn"), "ownership"),
}
"""The subjects of verbs that belong to none of C{channels}."""


class Watching(FakeDialect):
    """A dialect that puts a tilde before events of watched users."""

    def render(self, entry: Entry) -> bytes:
        """See L{FakeDialect.render}."""
        return b"~" + super().render(entry)


class Chatting(RuleBasedStateMachine):
    """
    Up to four users, some with two connections, do anything.

    After each step every session has heard exactly what the model says, in order, and the state equals the model's. At
    the end, the entries alone give the same state.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()
        self.chat = self.scene.chat
        self.model = Model()
        self.people: dict[Guest, list[Person]] = {}
        self.watching = Watching(mute=())

    def teardown(self) -> None:
        """Check that the applied entries alone give the state."""
        assert shown(rebuilt(self.scene.entries)) == shown(self.scene.state)

    # What steps are made of

    def guest(self, who: int) -> Guest:
        """Choose a user."""
        return self.model.guests[who % len(self.model.guests)]

    def nick(self, whom: int) -> str:
        """Choose the nick of a user, or perhaps an unused one."""
        if whom < 9:
            return self.guest(whom).nick
        return NICKS[(whom + len(self.scene.entries)) % len(NICKS)].upper()

    def room(self, where: int) -> str:
        """Choose the name of a room, or perhaps an unused one."""
        if where < 9 and self.model.places:
            return self.model.places[where % len(self.model.places)].name
        return ROOMS[(where + len(self.scene.entries)) % len(ROOMS)].upper()

    def leader(self, who: int, room: str) -> int:
        """Choose an operator of a room, usually, or any user."""
        place = self.model.place(room)
        leaders = [] if place is None else [guest for guest, ranks in place.ranks.items() if "o" in ranks]
        return self.model.guests.index(leaders[who % len(leaders)]) if leaders and who < 3 else who

    def connect(self) -> Person:
        """Open another connection without rate limits."""
        person = self.scene.connect(exempt=True)
        person.outlet.places[WATCHED] = self.watching
        return person

    def ask(self, expected: Refusals, ask: Callable[[], Any]) -> None:
        """Call a verb, and check that it succeeds or fails as expected."""
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
        Let a user act in the model and in the chat.

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
        """Check that every session of a user has heard the expected events, in order."""
        self.scene.endTurn()
        for guest, people in self.people.items():
            first, *others = [person.heard() for person in people]
            assert first == [line for line in guest.heard if line[0] != "="], guest.nick
            for other in others:
                assert other == [line.removeprefix("=") for line in guest.heard if line[0] != "~"], guest.nick
            guest.heard.clear()

    @invariant()
    def state(self) -> None:
        """Check that the state equals the model's."""
        state = self.scene.state
        assert [user.nick for user in state.users if user.sessions] == [user.nick for user in state.users]
        assert set(state.rooms.abandoned) == {room for room in state.rooms if room.abandoned}
        assert {
            user.nick: (
                user.source.account,
                user.source.realname,
                user.away,
                set(user.flags),
                user.operator is not None,
            )
            for user in state.users
        } == {
            guest.nick: (guest.account, guest.realname, guest.away, guest.flags, guest.operator)
            for guest in self.model.guests
        }
        assert {
            room.name: (
                room.topic.text if room.topic else "",
                set(room.modes),
                {mask.removesuffix("!*@*") for mask in room.lists["b"]},
                {member.user.nick: member.ranks for member in room.members.values()},
                room.founder,
                room.granted,
            )
            for room in state.rooms
        } == {
            place.name: (
                place.topic,
                place.modes,
                place.banned,
                {guest.nick: ranks for guest, ranks in place.ranks.items()},
                place.founder,
                place.access,
            )
            for place in self.model.places
        }

    @initialize(owned=ADDING)
    def begin(self, owned: bool) -> None:
        """There are accounts, and some users are in a room together, which may be registered."""
        for account in ACCOUNTS:
            done(Deferred.fromCoroutine(self.chat.accounts.register(None, account)))
        for nick in NICKS[:3]:
            self.enter(nick)
            self.join(len(self.model.guests) - 1, ROOMS[0])
        if owned:
            for who, account in enumerate(ACCOUNTS[:2]):
                self.login(who, account)
            self.do(0, "register", ROOMS[0])
            self.do(0, "setAccess", ROOMS[0], ACCOUNTS[1], "o")

    # People

    @precondition(lambda self: len(self.model.guests) < 4)
    @rule(nick=NICK)
    def enter(self, nick: str) -> None:
        """Enter, or try to."""
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
            self.model.connect(guest, 1)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO)
    def close(self, who: int) -> None:
        """Close a connection.  With the last one, the user quits."""
        guest = self.guest(who)
        person = self.people[guest].pop()
        if not self.people[guest]:
            del self.people[guest]
            self.model.leave(guest, f"{guest.nick} quit bye")
        else:
            self.model.connect(guest, -1)
        going = self.chat.presence.close(person.session, "bye")
        done(going)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, nick=NICK)
    def rename(self, who: int, nick: str) -> None:
        """Change nick."""
        self.do(who, "rename", nick)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, realname=TEXTS)
    def setRealname(self, who: int, realname: str) -> None:
        """Change realname."""
        self.do(who, "setRealname", realname)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, message=st.none() | TEXTS, second=st.booleans())
    def setAway(self, who: int, message: str | None, second: bool) -> None:
        """Set or end an absence of the first connection, or of the second one."""
        session = self.people[self.guest(who)][-1].session if second else None
        connection = len(self.people[self.guest(who)]) - 1 if second else 0
        self.do(
            who,
            "setAway",
            message,
            connection,
            ask=lambda first: self.chat.presence.setAway(session or first, message),
        )

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, letter=st.sampled_from("wRi"), adding=ADDING)
    def setUserMode(self, who: int, letter: str, adding: bool) -> None:
        """Change a user mode."""
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
        """Resign."""
        guest = self.guest(who)
        if guest.operator:
            guest.heard.append(f"{guest.nick} operator None")
        guest.operator = False
        self.chat.identity.resign(self.people[guest][0].session)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, text=TEXTS)
    def announce(self, who: int, text: str) -> None:
        """Announce something."""
        self.do(who, "announce", text)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, whom=WHOM)
    def kill(self, who: int, whom: int) -> None:
        """Kill a user."""
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
        """Watch a nick, or stop watching it."""
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
        """Join a room."""
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
        """Kick a member."""
        room = self.room(where)
        self.do(self.leader(who, room), "kick", room, self.nick(whom))

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, whom=WHOM)
    def invite(self, who: int, where: int, whom: int) -> None:
        """Invite a user."""
        self.do(who, "invite", self.room(where), self.nick(whom))

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, letter=st.sampled_from("mnstiN"), adding=ADDING)
    def setMode(self, who: int, where: int, letter: str, adding: bool) -> None:
        """Change a mode of a room."""
        self.setModes(who, "setMode", self.room(where), letter, adding)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, whom=WHOM, adding=ADDING)
    def setBan(self, who: int, where: int, whom: int, adding: bool) -> None:
        """Ban a nick, or remove the ban."""
        self.setModes(who, "setBan", self.room(where), self.nick(whom), adding)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, whom=WHOM, letter=st.sampled_from("ov"), adding=ADDING)
    def setRank(self, who: int, where: int, whom: int, letter: str, adding: bool) -> None:
        """Give a rank, or remove it."""
        self.setModes(who, "setRank", self.room(where), self.nick(whom), letter, adding)

    def setModes(self, who: int, verb: str, room: str, *arguments: Any) -> None:
        """Change modes of a room, in the notations of the model and of the chat."""
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
        """Rename a room."""
        self.do(who, "renameRoom", self.room(where), new)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE)
    def comeBack(self, who: int, where: int) -> None:
        """Lose all connections, connect again, and join a room."""
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
        """Remove one's own operator rank."""
        room = self.room(where)
        who = self.leader(who, room)
        self.setModes(who, "setRank", room, self.guest(who).nick, "o", False)

    @rule(seconds=st.sampled_from((60, 300, 599, 600)))
    def wait(self, seconds: int) -> None:
        """Advance the clock."""
        self.model.now += seconds
        self.model.tend()
        self.scene.wait(seconds)

    # Accounts

    def founder(self, who: int, room: str) -> int:
        """Choose the founder of a room, usually, or any user."""
        place = self.model.place(room)
        founders = [guest for guest in self.model.guests if place is not None and place.dueLevel(guest) >= 40]
        return self.model.guests.index(founders[who % len(founders)]) if founders and who < 3 else who

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, account=st.sampled_from(ACCOUNTS))
    def login(self, who: int, account: str) -> None:
        """Log in to an account that nobody else uses."""
        guest = self.guest(who)
        if not any(other.account == account and other is not guest for other in self.model.guests):
            self.do(
                who,
                "login",
                account,
                len(self.people[guest]),
                ask=lambda session: Deferred.fromCoroutine(self.chat.identity.login(session, account)),
            )

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO)
    def logout(self, who: int) -> None:
        """Log out, with the only connection."""
        if len(self.people[self.guest(who)]) == 1:
            self.do(who, "logout", ask=lambda session: Deferred.fromCoroutine(self.chat.identity.logout(session)))

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, account=st.sampled_from(ACCOUNTS))
    def register(self, who: int, where: int, account: str) -> None:
        """Log in, if need be, and register a room."""
        room = self.room(where)
        who = self.leader(who, room)
        if who < len(self.model.guests) and self.guest(who).account is None:
            self.login(who, account)
            self.heard()
        self.do(who, "register", room)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE)
    def drop(self, who: int, where: int) -> None:
        """End the registration of a room."""
        room = self.room(where)
        self.do(self.founder(who, room), "drop", room)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, account=st.sampled_from(ACCOUNTS))
    def transfer(self, who: int, where: int, account: str) -> None:
        """Give a room to another account."""
        room = self.room(where)
        self.do(self.founder(who, room), "transfer", room, account)

    @precondition(lambda self: self.model.guests)
    @rule(
        who=WHO,
        where=WHERE,
        account=st.sampled_from(ACCOUNTS),
        ranks=st.sampled_from(("", "v", "o", "ov", "a")),
    )
    def setAccess(self, who: int, where: int, account: str, ranks: str) -> None:
        """Change the access list of a room."""
        room = self.room(where)
        self.do(self.founder(who, room), "setAccess", room, account, ranks)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE)
    def grantOwn(self, who: int, where: int) -> None:
        """Get the ranks that one has in the access list."""
        self.do(who, "grantOwn", self.room(where))

    # Texts

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, where=WHERE, text=TEXTS)
    def say(self, who: int, where: int, text: str) -> None:
        """Send a text to a room."""
        self.do(who, "say", self.room(where), text)

    @precondition(lambda self: self.model.guests)
    @rule(who=WHO, whom=WHOM, text=TEXTS)
    def tell(self, who: int, whom: int, text: str) -> None:
        """Send a private text."""
        nick = self.nick(whom)
        self.do(who, "whisper", nick, text, ask=lambda session: self.chat.speaking.sayPrivate(session, nick, text))


def sign(adding: bool) -> str:
    """Make the first part of a mode change's description."""
    return "+" if adding else "-"


class ModelTests(SynchronousTestCase):
    """The chat equals its model."""

    def test_asItsModel(self) -> None:
        """With random actions."""
        run_state_machine_as_test(Chatting, settings=settings(max_examples=75, stateful_step_count=60, deadline=None))
