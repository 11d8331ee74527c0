"""Tests of L{twistchat.chat.rules.users.alwayson}: what the journal keeps, restarts, and the end of a presence."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import NOON, ManualScene, Person, Scene, done, newState, rebuilt, refused, shown
from twistchat.chat import errors
from twistchat.chat.errors import ChatError
from twistchat.chat.limits import AlwaysOnPolicy
from twistchat.chat.model.events import (
    SERVER,
    AccountRegistered,
    AccountSettingSet,
    Event,
    KeptRoom,
    PresenceEnded,
    PresenceKept,
    PresenceResumed,
    ServerBanLifted,
    ServerBanSet,
    Source,
)
from twistchat.chat.model.holding import Holding
from twistchat.chat.model.users import DETACHED, User
from twistchat.chat.rules.users.alwayson import presenceOf
from twistchat.chat.snapshot import restoreSnapshot, takeSnapshot

DAY = 86400.0


def restarted(scene: Scene, policy: AlwaysOnPolicy | None = None, seconds: float = 0.0) -> Scene:
    """
    Make a scene that starts with the entries that hold keys of the register, as after a crash.

    @param policy: whose users stay.
    @param seconds: how long the server was down.
    """
    holding = Holding()
    entries = {entry.sequence: entry for entry in scene.entries}
    for entry in scene.entries:
        if entry.event.durable:
            holding.note(entry)
    other = Scene(begin=False)
    other.now = scene.now + seconds
    other.alwaysOn = policy or scene.alwaysOn
    other.stamp.sequence = scene.entries[-1].sequence
    for sequence in holding.entries():
        other.apply(entries[sequence], None)
    other.chat.upkeep.begin()
    return other


def entering(scene: ManualScene) -> Person:
    """Let ann, whose account is always-on, enter.  The entry of that is still to be stored."""
    ann = scene.connect()
    ann.session.account = "ann"
    for event in (AccountRegistered(SERVER, "ann"), AccountSettingSet(SERVER, "ann", "always-on", "on")):
        scene.log.append(event)
    scene.commit()
    scene.enter(ann, "ann")
    return ann


def of(scene: Scene, *kinds: type[Event]) -> list[Event]:
    """Return the events of these classes."""
    return [entry.event for entry in scene.entries if isinstance(entry.event, kinds)]


class AlwaysOnTests(SynchronousTestCase):
    """An always-on account."""

    def setUp(self) -> None:
        """Ann, who turns it on, in two rooms, and bob, a guest, in one of them."""
        self.scene = Scene()
        self.scene.account("ann")
        self.bob = self.scene.person("bob", "#a")
        self.ann = self.scene.person("ann", "#a", "#b", account="ann")
        done(self.scene.chat.accounts.set(None, "ann", "always-on", "on"))
        self.scene.clear(self.ann, self.bob)

    @property
    def user(self) -> User:
        """Ann's user."""
        user = self.scene.state.users.named("ann")
        assert user is not None
        return user

    def leave(self, person: Person) -> None:
        """Lose the connection of a session."""
        done(self.scene.chat.presence.close(person.session, "bye"))
        self.scene.endTurn()

    def kept(self) -> PresenceKept | None:
        """Return what the journal keeps of ann's presence."""
        return self.scene.state.accounts.named("ann").presence


class KeptTests(AlwaysOnTests):
    """What the journal keeps."""

    def test_rooms(self) -> None:
        """It keeps the names of the user, and their rooms with the ranks and the time of joining."""
        since = {name: room.members[self.user.source.uid].since for name, room in self.user.rooms.items()}
        rooms = (KeptRoom("#a", "", since["#a"]), KeptRoom("#b", "o", since["#b"]))
        self.assertEqual(self.kept(), PresenceKept(self.user.source, "ann", rooms, "", self.user.since))
        self.assertEqual(of(self.scene, PresenceKept), [self.kept()])

    def test_changes(self) -> None:
        """It follows each change of rooms, ranks, names and modes, with one entry for a change."""
        chat, ann = self.scene.chat, self.ann.session
        steps = (
            lambda: chat.membership.join(ann, "#c"),
            lambda: chat.membership.part(ann, "#a"),
            lambda: chat.channels.setModes(ann, "#c", "-o", ["ann"]),
            lambda: chat.channels.rename(ann, "#b", "#d"),
            lambda: chat.identity.rename(ann, "annie"),
            lambda: chat.identity.setRealname(ann, "Ann A."),
            lambda: chat.identity.setHost(self.ann.user, "elsewhere"),
            lambda: self.scene.log.append(of(self.scene, PresenceKept)[0]),
        )
        for number, step in enumerate(steps, 2):
            step()
            self.scene.endTurn()
            user = self.ann.user
            kept = self.kept()
            assert kept is not None
            self.assertEqual(kept.source, user.source)
            self.assertEqual(
                [(room.name, room.ranks) for room in kept.rooms],
                [(room.name, room.members[user.source.uid].ranks) for room in user.rooms.values()],
            )
            self.assertEqual(len(of(self.scene, PresenceKept)), number + (number > len(steps)))
        self.assertEqual(list(self.ann.user.rooms), ["#d", "#c"])

    def test_kicked(self) -> None:
        """A user who is kicked while they have no session is out of the room."""
        self.leave(self.ann)
        done(self.scene.chat.membership.kick(self.bob.session, "#a", "ann"))
        self.assertEqual(list(self.user.rooms), ["#b"])
        kept = self.kept()
        assert kept is not None
        self.assertEqual([room.name for room in kept.rooms], ["#b"])

    def test_modes(self) -> None:
        """It keeps user modes, but those of server operators."""
        self.user.flags = frozenset("is")
        self.scene.state.changed(self.user)
        kept = self.kept()
        assert kept is not None
        self.assertEqual(kept.modes, "i")

    def test_detached(self) -> None:
        """It keeps since when the user has no session, and the away message."""
        done(self.scene.chat.presence.setAway(self.ann.session, "lunch"))
        self.scene.now = 7.0
        self.leave(self.ann)
        kept = self.kept()
        assert kept is not None
        self.assertEqual((kept.detached, kept.away), (int((NOON + 7) * 1000), "lunch"))

    def test_nothingForOthers(self) -> None:
        """Nothing is kept of guests, and of accounts that did not turn it on."""
        self.scene.account("carl")
        self.scene.person("carl", "#a", account="carl")
        self.assertEqual(len(of(self.scene, PresenceKept)), 1)

    def test_together(self) -> None:
        """Changes that come while an entry is on its way to the disk are one more entry."""
        scene = ManualScene()
        ann = entering(scene)
        scene.commit(1)
        (first,) = scene.log.waiting
        for room in ("#a", "#b", "#c"):
            scene.chat.membership.join(ann.session, room)
        scene.commit()
        kept = of(scene, PresenceKept)
        self.assertEqual([len(event.rooms) for event in kept if isinstance(event, PresenceKept)], [0, 3])
        self.assertEqual(kept[0], first)


class EndTests(AlwaysOnTests):
    """The end of a presence."""

    def ends(self, heard: str | None) -> None:
        """Check that ann is gone, that bob heard how, and that nothing of it outlives a restart."""
        self.scene.endTurn()
        self.assertIsNone(self.scene.state.users.named("ann"))
        if heard is not None:
            self.assertIn(heard, self.bob.heard())
        self.assertEqual(len(restarted(self.scene).state.users), 0)

    def test_off(self) -> None:
        """Turning it off ends it: the user leaves, unless they have a session, and then with that session."""
        done(self.scene.chat.accounts.set(None, "ann", "always-on", "off"))
        self.assertIsNone(self.kept())
        self.assertFalse(self.user.stays)
        self.leave(self.ann)
        self.ends("ann quit bye")

    def test_offLater(self) -> None:
        """Turning it off removes a user who has no session."""
        self.leave(self.ann)
        self.scene.clear(self.bob)
        done(self.scene.chat.accounts.set(None, "ann", "always-on", None))
        self.ends("ann quit Always-on is not available any more")

    def test_time(self) -> None:
        """It ends after the time of the server's policy without a session, and not before."""
        self.leave(self.ann)
        self.scene.clear(self.bob)
        self.scene.wait(30 * DAY - 1)
        self.assertEqual((self.user.away, self.scene.later), (DETACHED, 1.0))
        self.scene.wait(1)
        self.ends("ann quit Not connected for too long")

    def test_scheduled(self) -> None:
        """Upkeep is scheduled when the last session ends."""
        self.scene.wait(0)
        self.scene.later = None
        self.leave(self.ann)
        self.assertEqual(self.scene.later, 30 * DAY)

    def test_forEver(self) -> None:
        """Without a time it does not end."""
        self.scene.alwaysOn = AlwaysOnPolicy(time=0)
        self.leave(self.ann)
        self.scene.wait(1000 * DAY)
        self.assertEqual(self.user.away, DETACHED)

    def test_returned(self) -> None:
        """A session in between starts the time anew."""
        self.leave(self.ann)
        self.scene.wait(20 * DAY)
        person = self.scene.connect()
        person.session.account = "ann"
        done(self.scene.enter(person, "ann"))
        self.leave(person)
        self.scene.wait(20 * DAY)
        self.assertEqual(self.user.away, DETACHED)

    def test_killed(self) -> None:
        """KILL ends it, and the user does not come back after a restart."""
        self.leave(self.ann)
        operator = self.scene.operator("op", "kill")
        self.scene.clear(self.bob)
        done(self.scene.chat.operators.kill(operator.session, "ann", "spam"))
        self.ends("op killed ann spam")

    def test_suspended(self) -> None:
        """The suspension of the account ends it."""
        self.leave(self.ann)
        self.scene.clear(self.bob)
        done(self.scene.chat.accounts.suspend(None, "ann", "spam"))
        self.ends(None)

    def test_suspendedEarlier(self) -> None:
        """So does a suspension while the user is connected."""
        done(self.scene.chat.accounts.suspend(None, "ann", "spam"))
        self.leave(self.ann)
        self.ends("ann quit bye")

    def test_dropped(self) -> None:
        """The end of the account ends it."""
        self.leave(self.ann)
        self.scene.clear(self.bob)
        done(self.scene.chat.accounts.drop(None, "ann"))
        self.ends("ann quit This account was dropped")

    def test_loggedOut(self) -> None:
        """A user who logs out is a guest, and leaves with their session."""
        done(self.scene.logOut(self.ann))
        self.assertFalse(self.ann.user.stays)
        self.assertIsNone(self.kept())
        self.leave(self.ann)
        self.ends(None)

    def test_notStored(self) -> None:
        """If the end cannot be stored, the user stays, and it is proposed again."""
        scene = ManualScene()
        ann = entering(scene)
        scene.commit()
        scene.chat.presence.close(ann.session, "bye")
        scene.commit()
        scene.wait(31 * DAY)
        self.assertEqual([type(event) for event in scene.log.waiting], [PresenceEnded])
        scene.log.refuse("the disk is full")
        self.assertEqual((len(scene.state.users), scene.log.waiting, scene.later), (1, [], 5.0))
        scene.wait(5)
        scene.commit()
        self.assertEqual(len(scene.state.users), 0)

    def test_refusedAtOnce(self) -> None:
        """A journal that takes nothing any more refuses within the call.  Each change is proposed once in a while."""
        for error in (errors.NotStored("the last sync failed"), errors.OutcomeUnknown()):
            with self.subTest(error=error):
                self.refuse(error)

    def refuse(self, error: Exception) -> None:
        """Let a journal refuse everything."""
        scene = ManualScene()
        ann = entering(scene)
        scene.commit()
        scene.chat.presence.close(ann.session, "bye")
        scene.commit()
        proposed: list[Event] = []

        def append(event: Event) -> Deferred[object]:
            assert len(proposed) < 10, "the change is proposed without end"
            proposed.append(event)
            return fail(error)

        self.patch(scene.log, "append", append)
        scene.wait(31 * DAY)
        self.assertEqual([type(event) for event in proposed], [PresenceEnded])
        scene.wait(5)
        self.assertEqual(len(proposed), 2)


class RestartTests(AlwaysOnTests):
    """What comes back after a crash."""

    def test_connected(self) -> None:
        """A user who was connected is here without a session, in their rooms, with their ranks."""
        self.scene.now = 5.0
        before = self.user
        scene = restarted(self.scene, seconds=60)
        (user,) = scene.state.users
        self.assertEqual((user.source, user.since, user.stays), (before.source, before.since, True))
        self.assertEqual((user.away, user.detached), (DETACHED, int((NOON + 65) * 1000)))
        self.assertEqual((scene.ranks("#a"), scene.ranks("#b")), ({"ann": ""}, {"ann": "o"}))
        for name, room in before.rooms.items():
            since = room.members[before.source.uid].since
            self.assertEqual(scene.room(name).members[user.source.uid].since, since)
        self.assertIs(scene.state.users.ofAccount("ann"), user)

    def test_again(self) -> None:
        """Restarts do not start the time anew."""
        self.leave(self.ann)
        scene = restarted(restarted(self.scene, seconds=15 * DAY), seconds=14 * DAY)
        (user,) = scene.state.users
        self.assertEqual(user.detached, int(NOON * 1000))
        self.assertEqual(len(of(scene, PresenceKept)), 1)
        self.assertEqual(len(restarted(scene, seconds=DAY).state.users), 0)

    def test_overMeanwhile(self) -> None:
        """Whoever was away for too long meanwhile does not come back, and the journal forgets them."""
        self.leave(self.ann)
        scene = restarted(self.scene, seconds=31 * DAY)
        self.assertEqual((len(scene.state.users), len(of(scene, PresenceEnded))), (0, 1))
        self.assertIsNone(scene.state.accounts.named("ann").presence)

    def test_policy(self) -> None:
        """Nobody comes back if the server's policy has become off."""
        scene = restarted(self.scene, AlwaysOnPolicy("off"))
        self.assertEqual((len(scene.state.users), len(of(scene, PresenceResumed))), (0, 0))
        self.assertEqual(len(of(scene, PresenceEnded)), 1)

    def test_succession(self) -> None:
        """A room whose operator did not come back gets the member who has been there longest, after ten minutes."""
        self.scene.account("zoe", **{"always-on": "on"})
        self.scene.person("zoe", "#c", account="zoe")
        done(self.scene.chat.membership.join(self.ann.session, "#c"))
        zoe = self.scene.chat.identity.find("zoe")
        done(self.scene.chat.membership.join(next(iter(zoe.sessions.values())), "#a"))
        scene = restarted(self.scene)
        self.assertEqual((scene.ranks("#a"), scene.ranks("#c")), ({"ann": "", "zoe": ""}, {"ann": "", "zoe": "o"}))
        scene.wait(601)
        self.assertEqual(scene.ranks("#a"), {"ann": "o", "zoe": ""})

    def test_locks(self) -> None:
        """A room keeps its locks, because it has a member."""
        self.scene.modes(self.ann, "#b", "+ik", "key")
        scene = restarted(self.scene)
        self.assertEqual(scene.room("#b").modes["k"], "key")
        refused(errors.InviteOnly, lambda: scene.chat.membership.join(scene.person("eve").session, "#b"))

    def test_renamedRoom(self) -> None:
        """Rooms that were renamed are found under their new names."""
        done(self.scene.chat.channels.rename(self.ann.session, "#b", "#c"))
        self.assertEqual(sorted(next(iter(restarted(self.scene).state.users)).rooms), ["#a", "#c"])

    def test_text(self) -> None:
        """Texts to a user who came back wait for the next login."""
        self.scene.account("carl")
        scene = restarted(self.scene)
        carl = scene.person("carl", account="carl")
        done(scene.chat.speaking.sayPrivate(carl.session, "ann", "hello"))
        self.assertEqual(len(scene.state.accounts.named("ann").inbox), 1)

    def test_twice(self) -> None:
        """Nobody comes back who is here."""
        source = self.user.source
        refused(errors.AlreadyLoggedIn, lambda: self.scene.log.append(PresenceResumed(source)))


class PolicyTests(AlwaysOnTests):
    """The server's policy."""

    def test_off(self) -> None:
        """Nobody can turn it on if the policy is off, but off can be chosen."""
        self.scene.alwaysOn = AlwaysOnPolicy("off")
        accounts = self.scene.chat.accounts
        refused(errors.NoAlwaysOn, lambda: accounts.set(None, "ann", "always-on", "on"))
        done(accounts.set(None, "ann", "always-on", "off"))
        self.assertIsNone(self.kept())

    def test_value(self) -> None:
        """Other values are refused."""
        refused(errors.BadName, lambda: self.scene.chat.accounts.set(None, "ann", "always-on", "maybe"))

    def test_optOut(self) -> None:
        """With opt-out, every account stays that does not refuse it, and guests do not."""
        self.scene.alwaysOn = AlwaysOnPolicy("opt-out")
        for name, setting in (("carl", None), ("dora", "off")):
            self.scene.account(name)
            done(self.scene.chat.accounts.set(None, name, "always-on", setting))
            self.leave(self.scene.person(name, "#a", account=name))
        self.leave(self.bob)
        self.assertEqual(list(self.scene.ranks("#a")), ["ann", "carl"])


NAMES, ROOMS = ("ann", "bob", "eve"), ("#a", "#b", "#c")
NAME, ROOM = st.sampled_from(NAMES), st.sampled_from(ROOMS)


class Staying(RuleBasedStateMachine):
    """
    Three accounts do anything, and the server crashes now and then.

    What the journal keeps is always what is true.  So a crash takes nobody out of a room who is always-on, and brings
    back nobody else.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()
        self.people: list[Person] = []
        for name in NAMES:
            self.scene.account(name)

    def ask(self, verb: Callable[[], object]) -> None:
        """Call a verb, which may be refused."""
        try:
            answer = verb()
            if isinstance(answer, Deferred):
                done(answer)
        except ChatError:
            pass

    @rule(name=NAME)
    def come(self, name: str) -> None:
        """Log in with another session."""
        person = self.scene.connect(exempt=True)
        person.session.account = name
        self.ask(lambda: self.scene.enter(person, name))
        self.people.append(person)

    @rule(which=st.integers(0, 5))
    def go(self, which: int) -> None:
        """Lose a connection."""
        if self.people:
            self.scene.chat.presence.close(self.people.pop(which % len(self.people)).session, "bye")

    @rule(name=NAME, value=st.sampled_from(("on", "on", "off", None)))
    def set(self, name: str, value: str | None) -> None:
        """Change the setting."""
        self.ask(lambda: self.scene.chat.accounts.set(None, name, "always-on", value))

    @rule(which=st.integers(0, 5), room=ROOM, verb=st.sampled_from(("join", "join", "part", "away", "logout", "nick")))
    def act(self, which: int, room: str, verb: str) -> None:
        """Do something with a session."""
        if not self.people:
            return
        chat, session = self.scene.chat, self.people[which % len(self.people)].session
        verbs: dict[str, Callable[[], object]] = {
            "join": lambda: chat.membership.join(session, room),
            "part": lambda: chat.membership.part(session, room),
            "away": lambda: chat.presence.setAway(session, "tea"),
            "logout": lambda: Deferred.fromCoroutine(chat.identity.logout(session)),
            "nick": lambda: chat.identity.rename(session, f"x{room[1:]}"),
        }
        self.ask(verbs[verb])

    @rule(which=st.integers(0, 5), room=ROOM, name=NAME, verb=st.sampled_from(("kick", "op", "rename")))
    def rule_(self, which: int, room: str, name: str, verb: str) -> None:
        """Do something as the operator of a room."""
        if not self.people:
            return
        chat, session = self.scene.chat, self.people[which % len(self.people)].session
        verbs: dict[str, Callable[[], object]] = {
            "kick": lambda: chat.membership.kick(session, room, name),
            "op": lambda: chat.channels.setModes(session, room, "+o", [name]),
            "rename": lambda: chat.channels.rename(session, room, "#c"),
        }
        self.ask(verbs[verb])

    @rule(name=NAME, verb=st.sampled_from(("suspend", "restore", "ban", "lift")))
    def administer(self, name: str, verb: str) -> None:
        """Do something as an administrator."""
        accounts, log, op = self.scene.chat.accounts, self.scene.log, Source("op", "op")
        verbs: dict[str, Callable[[], object]] = {
            "suspend": lambda: accounts.suspend(None, name, "spam"),
            "restore": lambda: accounts.restore(None, name),
            "ban": lambda: log.append(ServerBanSet(op, f"{name}!*@*", "spam")),
            "lift": lambda: log.append(ServerBanLifted(op, f"{name}!*@*")),
        }
        self.ask(verbs[verb])

    @rule(days=st.sampled_from((1, 20)))
    def wait(self, days: int) -> None:
        """Let time pass."""
        self.scene.wait(days * DAY)

    @rule()
    def crash(self) -> None:
        """Crash, and start again.  Everybody who stays is in the same rooms, with the same ranks."""
        before = {user.source: self.ranks(user) for user in self.scene.state.users if user.stays}
        assert shown(rebuilt(self.scene.entries)) == shown(self.scene.state) or self.crashed
        self.scene, self.people, self.crashed = restarted(self.scene), [], True
        assert {user.source: self.ranks(user) for user in self.scene.state.users} == before

    crashed = False

    @staticmethod
    def ranks(user: User) -> dict[str, tuple[str, int]]:
        """The ranks of a user, and since when they are in a room, by the room's name."""
        members = {room.name: room.members[user.source.uid] for room in user.rooms.values()}
        return {name: (member.ranks, member.since) for name, member in members.items()}

    @invariant()
    def kept(self) -> None:
        """Check what the journal keeps, who is without a session, and that a snapshot has all of it."""
        state = self.scene.state
        for account in state.accounts:
            user = state.users.ofAccount(account.name)
            stays = user is not None and user.stays
            assert stays == (account.presence is not None)
            assert not stays or (account.settings.get("always-on") == "on" and account.usable)
            if user is not None and account.presence is not None:
                assert account.presence == presenceOf(user, account.name)
        detached = [user.source.uid for user in state.users if not user.sessionCount]
        assert sorted(detached) == sorted(state.users.detached)
        assert all(user.stays and user.detached is not None for user in state.users.detached.values())
        times = [user.detached or 0 for user in state.users.detached.values()]
        assert times == sorted(times)
        data = takeSnapshot(state, "local")
        other = newState()
        restoreSnapshot(other, data)
        assert takeSnapshot(other, "other") == data


class MachineTests(SynchronousTestCase):
    """Random conversations."""

    def test_anything(self) -> None:
        """See L{Staying}."""
        run_state_machine_as_test(Staying, settings=settings(max_examples=40, stateful_step_count=40, deadline=None))
