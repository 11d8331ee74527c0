"""Tests of L{twistchat.chat.rules.users.identity}, in addition to those of L{tests.chat.test_chat}."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.fakes import NOON, FakeOutlet, ManualScene, Person, Scene, done, refused
from twistchat.chat import errors
from twistchat.chat.limits import ChatLimits
from twistchat.chat.model.bans.server import normalizeServerBan
from twistchat.chat.model.events import (
    AdministrativeAct,
    AwaySet,
    Entered,
    Entry,
    Event,
    Killed,
    OperatorSet,
    RealnameSet,
    Renamed,
    ServerBanSet,
    SessionEnded,
    SessionStarted,
    Source,
    UserModesSet,
)
from twistchat.chat.model.sessions import Origin
from twistchat.chat.model.users import Operator, User


class SessionTests(SynchronousTestCase):
    """What the chat knows about a connection."""

    def test_open(self) -> None:
        """A session has its origin, and the time of its last text."""
        scene = Scene()
        scene.now = 5.0
        plain = scene.connect().session
        self.assertEqual((plain.address, plain.secure, plain.fingerprint, plain.spoke), (None, False, None, 5.0))
        secret = scene.connect(address="192.0.2.7", secure=True).session
        self.assertEqual((secret.address, secret.secure), ("192.0.2.7", True))
        usual = scene.chat.presence.open(FakeOutlet(scene.dialect))
        self.assertEqual((usual.exempt, usual.secure, usual.address), (False, False, None))

    def test_secure(self) -> None:
        """A user is secure if all their sessions are."""
        scene = Scene()
        ann = scene.connect(secure=True)
        done(scene.enter(ann, "ann"))
        self.assertEqual((ann.user.secure, ann.user.modes), (True, "Z"))
        other = scene.attach(ann)
        self.assertEqual((ann.user.secure, ann.user.modes), (False, ""))
        scene.chat.presence.close(other.session, "bye")
        self.assertTrue(ann.user.secure)
        self.assertFalse(User(Source("u1", "nobody")).secure)

    def test_idle(self) -> None:
        """A user is idle since the last text of any of their sessions."""
        scene = Scene()
        ann = scene.person("ann")
        scene.now = 10.0
        phone = scene.attach(ann)
        self.assertEqual(ann.user.idle(12.0, 12.0), 2.0)
        ann.session.spoke = 11.5
        self.assertEqual(ann.user.idle(12.0, 12.0), 0.5)
        scene.chat.presence.close(ann.session, "bye")
        self.assertEqual(phone.user.idle(12.0, 12.0), 2.0)
        self.assertEqual(User(Source("u1", "nobody")).idle(12.0, 12.0), 0.0)


class EnterTests(SynchronousTestCase):
    """Entering."""

    def setUp(self) -> None:
        """Open a session."""
        self.scene = Scene()
        self.ann = self.scene.connect(address="192.0.2.7")

    def enter(self, nick: str, realname: str = "", modes: str = "", away: str | None = None) -> Deferred[Entry]:
        """Enter."""
        chat, session = self.scene.chat, self.ann.session
        return Deferred.fromCoroutine(
            chat.identity.enter(session, nick, "~u", "a.host", realname, modes=modes, away=away)
        )

    def test_modes(self) -> None:
        """A user starts with the requested modes, and nobody is told of them."""
        self.scene.now = 3.5
        done(self.enter("ann", "Ann A.", "woBr"))
        self.assertEqual((self.ann.user.modes, self.ann.user.operator), ("Bw", None))
        self.assertEqual(self.ann.user.source, Source("id2", "ann", "~u", "a.host", None, "Ann A.", True))
        self.assertEqual(self.ann.user.since, self.scene.entries[0].time)
        self.assertEqual(self.scene.entries[0].event.source, self.ann.user.source)
        self.assertEqual(self.ann.heard(), [])

    def test_refused(self) -> None:
        """A realname and a reason have limits, and contain no line end."""
        error = refused(errors.TooLong, lambda: self.enter("ann", "x" * 151))
        self.assertEqual((error.what, error.length, error.limit), ("the realname", 151, 150))
        error = refused(errors.TooLong, lambda: self.enter("ann", away="x" * 391))
        self.assertEqual((error.what, error.limit), ("the reason", 390))
        for character in "\r\n\0":
            self.assertEqual(refused(errors.BadText, partial(self.enter, "ann", character)).what, "the realname")
            self.assertEqual(refused(errors.BadText, partial(self.enter, "ann", away=character)).what, "the reason")
        self.assertEqual(self.scene.entries, [])

    def test_away(self) -> None:
        """A user can be away from the start."""
        done(self.enter("ann", away="lunch"))
        self.assertEqual(self.ann.user.away, "lunch")
        self.assertEqual([type(entry.event) for entry in self.scene.entries], [Entered, AwaySet])

    def ban(self, scene: Scene, mask: str, until: int | None = None) -> None:
        """Set a server ban."""
        scene.log.append(ServerBanSet(Source("op", "op"), normalizeServerBan(mask), "spam", until))

    def test_banned(self) -> None:
        """A banned user cannot enter while the ban lasts.  The error has the reason and the end of the ban."""
        for mask, nick in (("192.0.2.0/24", "ann"), ("ann!*@*", "Ann"), ("~u@a.host", "bob"), ("~u@192.0.2.*", "bob")):
            scene = Scene()
            self.scene, self.ann = scene, scene.connect(address="192.0.2.7")
            until = int((NOON + scene.now) * 1000) + 1000
            self.ban(scene, mask, until)
            self.ann.outlet.reasons.clear()
            error = refused(errors.ServerBanned, partial(self.enter, nick))
            self.assertEqual((error.reason, error.until), ("spam", until))
            scene.now = 1.0
            done(self.enter(nick))
            self.assertEqual((self.ann.user.nick, self.ann.outlet.reasons), (nick, []))

    def test_checkAddress(self) -> None:
        """An address can be checked before anything else is known about its user."""
        self.ban(self.scene, "192.0.2.0/24")
        self.ban(self.scene, "*!*@198.51.100.*")
        error = refused(errors.ServerBanned, lambda: self.scene.chat.presence.checkAddress("192.0.2.9"))
        self.assertEqual((error.reason, error.until), ("spam", None))
        for address in (None, "192.0.3.1", "198.51.100.7"):
            self.scene.chat.presence.checkAddress(address)

    def test_bannedMeanwhile(self) -> None:
        """If a ban by name is set while a matching user enters, the user is disconnected after entering."""
        scene = ManualScene()
        self.scene, self.ann = scene, scene.connect(address="192.0.2.7")
        self.ban(scene, "~u@192.0.2.*")
        entering = self.enter("ann", away="lunch")
        scene.commit(1)
        self.assertEqual(self.ann.outlet.reasons, [])
        scene.commit()
        done(entering)
        self.assertEqual(self.ann.outlet.reasons, ["Banned from this server: spam"])
        self.assertIsNone(self.ann.user.away)

    def test_bannedJustAfter(self) -> None:
        """If a ban comes right after a matching user, the user is disconnected once."""
        scene = ManualScene()
        self.scene, self.ann = scene, scene.connect(address="192.0.2.7")
        entering = self.enter("ann")
        self.ban(scene, "~u@192.0.2.*")
        scene.commit()
        done(entering)
        self.assertEqual(self.ann.outlet.reasons, ["Banned from this server: spam"])

    def test_goneMeanwhile(self) -> None:
        """A user whose connection is lost while they enter is not disconnected again for a ban of that time."""
        scene = ManualScene()
        self.scene, self.ann = scene, scene.connect(address="192.0.2.7")
        self.ban(scene, "~u@192.0.2.*")
        entering = self.enter("ann", away="lunch")
        scene.chat.presence.close(self.ann.session, "connection lost")
        scene.commit()
        done(entering)
        self.assertEqual((len(scene.state.users), self.ann.outlet.reasons), (0, []))
        self.assertEqual([type(entry.event) for entry in scene.entries], [ServerBanSet, Entered, SessionEnded])

    def test_whileItIsApplied(self) -> None:
        """Events between a user's entering and the end of the verb are respected."""

        class Watching(Scene):
            """Acts before or after a user enters."""

            before: Callable[[], object] = staticmethod(lambda: None)
            after: Callable[[Source], object] = staticmethod(lambda source: None)

            def apply(self, entry: Entry, origin: Origin | None) -> None:
                event = entry.event
                if isinstance(event, Entered):
                    self.before()
                super().apply(entry, origin)
                if isinstance(event, Entered):
                    self.after(event.source)

        def kill(source: Source) -> object:
            return scene.log.append(Killed(Source("op", "op"), source, ""))

        def attach(source: Source) -> None:
            user = scene.state.users.get(source.uid)
            assert user is not None
            scene.chat.presence.attach(phone.session, user)

        for closes, after, kinds, nicks in (
            (False, kill, [Entered, Killed], []),
            (True, kill, [Entered, Killed], []),
            (True, attach, [Entered, SessionStarted, SessionEnded], ["ann"]),
        ):
            with self.subTest(f"{closes} {after.__name__}"):
                scene = self.scene = Watching()
                ann, phone = scene.connect(), scene.connect()
                self.ann = ann
                if closes:
                    scene.before = partial(scene.chat.presence.close, ann.session, "connection lost")
                scene.after = after
                done(self.enter("ann", away="lunch"))
                self.assertEqual([type(entry.event) for entry in scene.entries], kinds)
                self.assertEqual([user.nick for user in scene.state.users], nicks)

    def test_killedMeanwhile(self) -> None:
        """A user whose connection is lost while they enter does not remain, with any nick."""
        scene = ManualScene()
        ann = scene.connect()
        entering = scene.enter(ann, "ann")
        scene.chat.presence.close(ann.session, "connection lost")
        scene.commit(1)
        self.assertEqual(len(scene.state.users), 1)
        scene.commit()
        done(entering)
        self.assertEqual(len(scene.state.users), 0)


class NickTests(SynchronousTestCase):
    """Whether a nick is available."""

    def test_checkNick(self) -> None:
        """An available nick is returned in its display form.  A user's own nick is available to them."""
        scene = Scene(reserved=("Services",))
        chat, someone, ann = scene.chat, scene.connect().session, scene.person("ann").session
        self.assertEqual(chat.identity.checkNick(someone, "Zoe\N{COMBINING DIAERESIS}"), "Zo\xeb")
        self.assertEqual(chat.identity.checkNick(ann, "ANN"), "ANN")
        refused(errors.NickInUse, lambda: chat.identity.checkNick(someone, "ANN"))
        refused(errors.NickReserved, lambda: chat.identity.checkNick(someone, "services"))
        refused(errors.BadNick, lambda: chat.identity.checkNick(someone, "a b"))

    def test_mostUsers(self) -> None:
        """The maximum number of users is known, even if some are gone."""
        scene = Scene()
        ann, _ = scene.person("ann"), scene.person("bob")
        done(scene.chat.presence.close(ann.session, "bye"))
        scene.person("carol")
        self.assertEqual((len(scene.state.users), scene.state.mostUsers), (2, 2))


class RenameTests(SynchronousTestCase):
    """Other names, and their rate."""

    def setUp(self) -> None:
        """Two users in a room."""
        self.scene = Scene(ChatLimits(nickBurst=2, nickRate=0.5, userJoinBurst=2, awayBurst=2))
        self.ann, self.bob = self.scene.person("ann", "#a"), self.scene.person("bob", "#a")
        self.scene.clear(self.ann, self.bob)

    def test_nickRate(self) -> None:
        """
        After a burst, nicks and realnames are limited by a rate.  Refused changes and changes to the same value do not
        count.
        """
        chat, session = self.scene.chat, self.ann.session
        done(chat.identity.rename(session, "anna"))
        self.assertIsNone(chat.identity.rename(session, "anna"))
        refused(errors.NickInUse, lambda: chat.identity.rename(session, "bob"))
        done(chat.identity.setRealname(session, "A."))
        error = refused(errors.TooFast, lambda: chat.identity.rename(session, "anni"))
        self.assertEqual((error.what, error.wait), ("change your nick", 2.0))
        error = refused(errors.TooFast, lambda: chat.identity.setRealname(session, "B."))
        self.assertEqual((error.what, error.wait), ("change your realname", 2.0))
        self.scene.now = 2.0
        done(chat.identity.rename(session, "anni"))

    def test_unbound(self) -> None:
        """The rate does not apply to exempt sessions, nor to operators with that privilege."""
        exempt = self.scene.connect(exempt=True)
        done(self.scene.enter(exempt, "eve"))
        operator = self.scene.operator("op", "exempt")
        for person in (exempt, operator):
            for n in range(5):
                done(self.scene.chat.identity.rename(person.session, f"{person.user.nick}{n}"))
                done(self.scene.chat.presence.setAway(person.session, str(n)))
                done(self.scene.chat.membership.join(person.session, f"#{person.user.nick}"))

    def test_fixed(self) -> None:
        """In a room with the nick lock nobody can rename.  The error names the room."""
        self.scene.modes(self.ann, "#a", "+b", "~n:bob")
        error = refused(errors.NickFixed, lambda: self.scene.chat.identity.rename(self.bob.session, "rob"))
        self.assertEqual(error.room, "#a")
        done(self.scene.chat.identity.rename(self.ann.session, "anna"))

    def test_bannedName(self) -> None:
        """A user cannot take a nick that is banned from the server."""
        self.scene.log.append(ServerBanSet(Source("op", "op"), "evil*!*@*", "spam"))
        self.assertEqual(
            refused(errors.NickReserved, lambda: self.scene.chat.identity.rename(self.ann.session, "Eviline")).nick,
            "Eviline",
        )

    def test_bannedNameFromOneAddress(self) -> None:
        """It is enough that the ban matches one of their sessions."""
        self.scene.log.append(ServerBanSet(Source("op", "op"), "evil*!*@192.0.2.0/24", "spam"))
        self.scene.chat.presence.attach(self.scene.connect(address="198.51.100.7").session, self.ann.user)
        done(self.scene.chat.identity.rename(self.ann.session, "evil1"))
        self.scene.chat.presence.attach(self.scene.connect(address="192.0.2.7").session, self.ann.user)
        refused(errors.NickReserved, lambda: self.scene.chat.identity.rename(self.ann.session, "evil2"))

    def test_realname(self) -> None:
        """Everyone in a common room and the user hear it, and the new name applies from then on."""
        done(self.scene.chat.identity.setRealname(self.ann.session, "Ann Ab"))
        self.assertEqual((self.ann.heard(), self.bob.heard()), (["ann realname Ann Ab"], ["ann realname Ann Ab"]))
        self.assertEqual(self.ann.user.source.realname, "Ann Ab")
        self.assertIsNone(self.scene.chat.identity.setRealname(self.ann.session, "Ann Ab"))

    def test_badRealname(self) -> None:
        """A realname has a limit and no line end.  A user who is banned from speaking cannot change it."""
        chat, session = self.scene.chat, self.bob.session
        self.assertEqual(
            refused(errors.TooLong, lambda: chat.identity.setRealname(session, "x" * 151)).what, "the realname"
        )
        self.assertEqual(refused(errors.BadText, lambda: chat.identity.setRealname(session, "a\nb")).character, "\n")
        self.scene.modes(self.ann, "#a", "+b", "bob")
        self.assertEqual(refused(errors.Banned, lambda: chat.identity.setRealname(session, "B.")).room, "#a")
        refused(errors.NotEntered, lambda: chat.identity.setRealname(self.scene.connect().session, "x"))


class ShownTests(SynchronousTestCase):
    """Hosts and accounts."""

    def setUp(self) -> None:
        """Two users in a room, and another one outside."""
        self.scene = Scene()
        self.ann, self.bob = self.scene.person("ann", "#a"), self.scene.person("bob", "#a")
        self.out = self.scene.person("out")
        self.scene.clear(self.ann, self.bob)

    def heard(self) -> tuple[list[str], list[str], list[str]]:
        """Return the output of each user."""
        return self.ann.heard(), self.bob.heard(), self.out.heard()

    def test_host(self) -> None:
        """A new host and username are shown to users in common rooms.  Either may stay unchanged."""
        chat, user = self.scene.chat, self.bob.user
        done(chat.identity.setHost(user, "staff.example"))
        self.assertEqual((user.source.username, user.source.host), ("~u", "staff.example"))
        self.assertEqual(self.heard(), (["bob host ~u@staff.example"], ["bob host ~u@staff.example"], []))
        done(chat.identity.setHost(user, "staff.example", "bob"))
        self.assertEqual((user.source.username, user.source.host), ("bob", "staff.example"))
        self.assertIsNone(chat.identity.setHost(user, "staff.example", "bob"))
        self.assertIsNone(chat.identity.setHost(user, "staff.example"))

    def test_badHost(self) -> None:
        """A host or username that would break a mask or a line is refused."""
        chat, user = self.scene.chat, self.bob.user
        for character in " \r\n\0!@,*?\x1b\u2028":
            error = refused(errors.BadText, partial(chat.identity.setHost, user, f"a{character}b"))
            self.assertEqual((error.what, error.character), ("the host", character))
            error = refused(errors.BadText, partial(chat.identity.setHost, user, "ok", f"a{character}"))
            self.assertEqual(error.what, "the username")
        refused(errors.BadText, lambda: chat.identity.setHost(user, ":x"))
        refused(errors.NothingSaid, lambda: chat.identity.setHost(user, ""))
        self.assertEqual(refused(errors.TooLong, lambda: chat.identity.setHost(user, "x" * 64)).limit, 63)
        self.assertEqual(self.heard(), ([], [], []))

    def test_account(self) -> None:
        """Login and logout are shown to users in common rooms, and mode r follows."""
        chat, user = self.scene.chat, self.bob.user
        done(chat.identity.setAccount(user, "Bobby"))
        self.assertEqual((user.source.account, user.modes), ("Bobby", "r"))
        self.assertIsNone(chat.identity.setAccount(user, "Bobby"))
        done(chat.identity.setAccount(user, None))
        self.assertEqual((user.source.account, user.modes), (None, ""))
        lines = ["bob account Bobby", "bob account None"]
        self.assertEqual(self.heard(), (lines, lines, []))
        self.assertIsNone(chat.identity.setAccount(user, None))

    def test_verdicts(self) -> None:
        """After a change of visible names, a user's bans are checked again."""
        chat, session = self.scene.chat, self.bob.session
        self.scene.modes(self.ann, "#a", "+b", "*!*@bad.host")
        done(chat.speaking.say(session, "#a", "hello"))
        done(chat.identity.setHost(self.bob.user, "bad.host"))
        refused(errors.Banned, lambda: chat.speaking.say(session, "#a", "hello"))
        done(chat.identity.setHost(self.bob.user, "good.host"))
        done(chat.speaking.say(session, "#a", "hello"))
        changes: tuple[tuple[str, Callable[[], object]], ...] = (
            ("~r:b.", lambda: chat.identity.setRealname(session, "B.")),
            ("~a:bobby", lambda: chat.identity.setAccount(self.bob.user, "bobby")),
            ("robert", lambda: chat.identity.rename(session, "robert")),
        )
        for mask, change in changes:
            self.scene.modes(self.ann, "#a", "+b", mask)
            done(chat.speaking.say(session, "#a", "hello"))
            change()
            refused(errors.Banned, lambda: chat.speaking.say(session, "#a", "hello"))
            self.scene.modes(self.ann, "#a", "-b", mask)
            done(chat.speaking.say(session, "#a", "hello"))


class AwayTests(SynchronousTestCase):
    """Absence."""

    def setUp(self) -> None:
        """Two users in a room, one of them with two sessions."""
        self.scene = Scene(ChatLimits(awayBurst=2, awayRate=0.5))
        self.ann, self.bob = self.scene.person("ann", "#a"), self.scene.person("bob", "#a")
        self.phone = self.scene.attach(self.ann)
        self.scene.clear(self.ann, self.bob, self.phone)

    def test_heard(self) -> None:
        """Others in the room hear changes of an absence, once.  The user does not."""
        done(self.scene.chat.presence.setAway(self.phone.session, "pocket"))
        self.scene.now = 2.0
        for message in (None, "lunch", "lunch", None, None):
            done(self.scene.chat.presence.setAway(self.ann.session, message))
        self.assertEqual(self.bob.heard(), ["ann away lunch", "ann away"])
        self.assertEqual((self.ann.heard(), self.phone.heard()), ([], []))

    def test_rate(self) -> None:
        """After a burst, changes are limited by a rate.  Changes to the same value do not count."""
        chat, session = self.scene.chat, self.ann.session
        for message in (None, "lunch", "lunch", None):
            done(chat.presence.setAway(session, message))
        error = refused(errors.TooFast, lambda: chat.presence.setAway(self.phone.session, "pocket"))
        self.assertEqual((error.what, error.wait), ("go away and come back", 2.0))
        done(chat.presence.setAway(session, None))
        self.scene.now = 4.0
        done(chat.presence.setAway(self.phone.session, "pocket"))
        done(chat.presence.setAway(session, "tea"))
        self.assertEqual(self.ann.user.away, "tea")


class UserModeTests(SynchronousTestCase):
    """User modes."""

    def setUp(self) -> None:
        """A user with two sessions, and another user in the room."""
        self.scene = Scene()
        self.ann, self.bob = self.scene.person("ann", "#a"), self.scene.person("bob", "#a")
        self.phone = self.scene.attach(self.ann)
        self.scene.clear(self.ann, self.bob, self.phone)

    def set(self, text: str, person: Person | None = None) -> str:
        """Change modes, and return the unknown letters."""
        session = (person or self.ann).session
        unknown: str = done(Deferred.fromCoroutine(self.scene.chat.identity.setUserModes(session, text)))
        return unknown

    def test_set(self) -> None:
        """The user's own sessions hear changes.  Without a change, nobody hears anything."""
        self.assertEqual(self.set("+wi-R"), "")
        self.assertEqual((self.ann.user.modes, self.ann.user.flags), ("iw", {"i", "w"}))
        self.assertEqual((self.ann.heard(), self.phone.heard()), (["ann umode +iw-"], ["ann umode +iw-"]))
        count = len(self.scene.entries)
        self.set("+i-R")
        self.set("")
        self.assertEqual(len(self.scene.entries), count)
        self.set("-i+iB-w")
        self.assertEqual((self.ann.user.modes, self.ann.heard()), ("Bi", ["ann umode +B-w"]))
        self.assertEqual(self.bob.heard(), [])

    def test_unknown(self) -> None:
        """Unknown letters are returned, and the others take effect."""
        self.assertEqual(self.set("+xi-y"), "xy")
        self.assertEqual(self.ann.user.modes, "i")

    def test_forOthers(self) -> None:
        """Users cannot set the modes that the server sets."""
        self.assertEqual(self.set("+orZ"), "")
        self.assertEqual((self.ann.user.modes, self.ann.heard()), ("", []))

    def test_bot(self) -> None:
        """A bot is marked in its events until it removes the mode."""
        self.set("+B")
        done(self.scene.chat.identity.rename(self.ann.session, "robot"))
        self.assertTrue(self.ann.user.source.bot)
        self.assertTrue(done(self.scene.chat.speaking.say(self.ann.session, "#a", "beep")).event.source.bot)
        self.set("-B")
        self.assertFalse(self.ann.user.source.bot)

    def test_resigning(self) -> None:
        """An operator resigns by removing the mode, and loses other modes with it."""
        operator = self.scene.operator("op", "kill")
        self.assertEqual(operator.user.modes, "o")
        self.set("+w-o", operator)
        self.assertEqual((operator.user.operator, operator.user.modes), (None, "w"))
        self.assertEqual(operator.heard(), ["op operator None", "op umode +w-"])
        self.set("-o", operator)
        self.assertEqual(operator.heard(), [])

    def test_resigningFirst(self) -> None:
        """An operator who resigns and requests an operators' mode in the same command does not get the mode."""
        scene = ManualScene()
        ann = scene.person("ann")
        ann.user.operator = Operator("Boss", frozenset())
        modes = Deferred.fromCoroutine(scene.chat.identity.setUserModes(ann.session, "+sw-o"))
        self.assertEqual([type(event) for event in scene.log.waiting], [OperatorSet])
        scene.commit()
        done(modes)
        self.assertEqual(ann.heard(), ["ann operator None", "ann umode +w-"])


class LabelTests(SynchronousTestCase):
    """The origin of a request goes with its event."""

    def test_everyVerb(self) -> None:
        """It is passed to apply with the event that the verb proposes."""
        scene = Scene()
        chat, ann = scene.chat, scene.connect()
        origin = Origin(ann.session, "L")

        def modes(text: str) -> Deferred[str]:
            return Deferred.fromCoroutine(chat.identity.setUserModes(origin, text))

        def become() -> Deferred[None]:
            return Deferred.fromCoroutine(chat.operators.become(origin, "Boss", ()))

        verbs: tuple[tuple[type[Event], Callable[[], Deferred[Any] | None]], ...] = (
            (Entered, lambda: Deferred.fromCoroutine(chat.identity.enter(origin, "ann", "~u", "a.host"))),
            (Renamed, lambda: chat.identity.rename(origin, "anna")),
            (RealnameSet, lambda: chat.identity.setRealname(origin, "Anna")),
            (AwaySet, lambda: chat.presence.setAway(origin, "lunch")),
            (UserModesSet, lambda: modes("+i")),
            (OperatorSet, become),
            (OperatorSet, lambda: chat.identity.resign(origin)),
            (OperatorSet, become),
            (OperatorSet, lambda: modes("-o")),
        )
        for kind, verb in verbs:
            with self.subTest(kind.__name__):
                before = len(scene.entries)
                done(verb())
                (entry,) = [e for e in scene.entries[before:] if not isinstance(e.event, AdministrativeAct)]
                self.assertEqual((type(entry.event), scene.origins[-1]), (kind, origin))


class RefusalTests(SynchronousTestCase):
    """Private texts that a user does not accept."""

    def setUp(self) -> None:
        """A user who writes, and a user who reads."""
        self.sender, self.reader = User(Source("u1", "ann")), User(Source("u2", "bob"))

    def test_none(self) -> None:
        """Without such a mode all texts are accepted."""
        for text in ("hello", "\x01VERSION\x01"):
            self.assertIsNone(self.reader.refusal(self.sender, text, "message"))

    def test_registered(self) -> None:
        """With R, only users with an account are heard."""
        self.reader.flags = frozenset("R")
        self.assertEqual(
            self.reader.refusal(self.sender, "hello", "notice"),
            errors.TextRefused("bob", "from those who are not logged in to an account"),
        )
        self.sender.source = Source("u1", "ann", account="Ann")
        self.assertIsNone(self.reader.refusal(self.sender, "hello", "message"))

    def test_ctcp(self) -> None:
        """With T, only actions pass of CTCP, in requests and in replies."""
        self.reader.flags = frozenset("T")
        for kind in ("message", "notice"):
            refusal = self.reader.refusal(self.sender, "\x01VERSION\x01", kind)
            self.assertEqual(refusal, errors.TextRefused("bob", "that are CTCP, but for actions"))
        for text in ("waves", "\x01waves\x01"):
            self.assertIsNone(self.reader.refusal(self.sender, text, "action"))
        for text in ("hello \x01", "\x01ACTION waves\x01"):
            self.assertIsNone(self.reader.refusal(self.sender, text, "message"))
        self.assertIsNotNone(self.reader.refusal(self.sender, "hello\n\x01VERSION\x01", "message"))

    def test_passing(self) -> None:
        """An operator of the server is heard, and so is the user."""
        self.reader.flags = frozenset("RT")
        self.assertIsNone(self.reader.refusal(self.reader, "\x01VERSION\x01", "message"))
        self.sender.operator = Operator("op", frozenset())
        self.assertIsNone(self.reader.refusal(self.sender, "\x01VERSION\x01", "message"))


class WhowasTests(SynchronousTestCase):
    """Former users, in the state."""

    def test_kept(self) -> None:
        """Users who quit or change nick are remembered with their names and the time."""
        scene = Scene()
        ann = scene.person("ann")
        source = ann.user.source
        scene.now = 1.0
        entry = done(scene.chat.identity.rename(ann.session, "anna"))
        (departed,) = scene.state.whowas.named("ANN")
        self.assertEqual((departed.source, departed.time), (source, entry.time))
        done(scene.chat.identity.rename(ann.session, "ANNA"))
        self.assertEqual(scene.state.whowas.named("anna"), [])
        entry = done(scene.chat.presence.close(ann.session, "bye"))
        (departed,) = scene.state.whowas.named("anna")
        self.assertEqual((departed.source.nick, departed.time), ("ANNA", entry.time))
