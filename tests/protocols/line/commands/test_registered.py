"""Tests of /room at the line door."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.carriers import overMessages
from twistchat.chat.model.rooms import SETTINGS
from twistchat.testing import MemoryServer

PASSWORD = "correct horse"


class RoomTests(SynchronousTestCase):
    """Alice and Bob, who have accounts, in a room that Alice made."""

    def setUp(self) -> None:
        self.server = MemoryServer()
        self.alice, self.bob = (self.server.person(nick) for nick in ("alice", "bob"))
        for person in (self.alice, self.bob):
            person.send("/register", PASSWORD, "/join #den")
        self.alice.send("/room register")
        self.clear()

    def clear(self) -> None:
        """Discard the output of both."""
        for person in (self.alice, self.bob):
            person.skip()

    def test_register(self) -> None:
        """The room belongs to the account, and everyone sees the founder."""
        self.alice.send("/join #new", "/room register", "/room register")
        self.assertEqual(
            self.alice.lines()[-3:],
            [
                "* alice set +q alice on #new",
                "* #new belongs to alice now",
                "! #new is registered already.  /room info says by whom.",
            ],
        )
        self.bob.send("/room register", "/room #lobby register")
        self.bob.expect(
            "! You need to be an operator of #den for that.  Ask one of those who are (@ in /who).",
            "! You need to be an operator of #lobby for that.  Ask one of those who are (@ in /who).",
        )
        self.alice.send("/room #lobby register")
        self.alice.expect("! #lobby cannot be registered, because everyone arrives there.  Make a room of your own.")

    def test_history(self) -> None:
        """The founder chooses who can read.  Who can read nothing is not told that nothing was said."""
        self.alice.send("/room set history joined", "secret", "/room set history all")
        self.alice.expect(
            "* The members can read #den from the time when they joined",
            "! The value all does not say who can read; use joined, members, accounts, everyone.  Choose another.",
        )
        self.bob.send("/leave", "/join #den")
        self.bob.skip()
        self.bob.send("/history", "/history older")
        self.bob.expect(
            "* There is nothing to read in #den",
            "! You have seen no history yet, from which to go on; /history shows some",
        )
        self.alice.send("/help room")
        actions = "".join(self.alice.lines())
        for setting in SETTINGS:
            self.assertIn(f"/room set {setting} ", actions)

    def test_access(self) -> None:
        """Accounts are added to the list and removed, and get their ranks at once."""
        self.alice.send("/room access", "/room access bob operator", "/room #den access", "/room access bob none")
        self.alice.expect(
            "* The access list of #den is empty",
            "* alice set +o bob on #den",
            "* The access of bob to #den is: operator",
            "* bob is operator in #den",
            "* alice set -o bob on #den",
            "* The access of bob to #den is: none",
        )
        self.alice.send("/room access bob", "/room access bob king", "/room access nobody voice")
        self.alice.expect(
            "! Usage: /room access ACCOUNT RANK, where RANK may be none",
            "! There is no rank king to give; use admin, operator, half-operator, voice or none.  Choose another.",
            "! There is no account nobody.  Look at the spelling.",
        )
        self.bob.skip()
        self.bob.send("/room access", "/room access bob voice")
        self.bob.expect(*2 * ["! Your rank in the access list of #den does not allow that.  Ask its founder."])

    def test_up(self) -> None:
        """A member gets back the ranks in the list."""
        self.alice.send("/room access bob ov", "/mode -o bob")
        self.bob.skip()
        self.bob.send("/room up", "/room up")
        self.bob.expect("* bob set +o bob on #den", "* You have your ranks in #den already")

    def test_set(self) -> None:
        """The settings are shown; the successor only to the founder."""
        self.alice.send("/room set description Tea and cake", "/room set successor bob", "/room info")
        self.alice.expect(
            "* The description of #den is: Tea and cake",
            "* The successor of #den is: bob",
            "* #den belongs to alice, and was made 2026-01-01",
            "* Its description is: Tea and cake",
            "* Its successor is: bob",
            "* The members can read #den from the beginning",
            "* The server keeps what is said in #den as long as in other rooms",
        )
        self.bob.send("/leave", "/room #den info", "/room #den set description x")
        self.assertEqual(
            self.bob.lines()[-5:],
            [
                "* #den belongs to alice, and was made 2026-01-01",
                "* Its description is: Tea and cake",
                "* The members can read #den from the beginning",
                "* The server keeps what is said in #den as long as in other rooms",
                "! Only the founder of #den can do that.  Ask them.",
            ],
        )
        self.alice.skip()
        self.alice.send("/room set description", "/room set", "/room set colour red")
        self.alice.expect(
            "* #den has no description",
            "! Usage: /room set description or successor or history or retention VALUE",
            "! The name colour is not a setting; the settings are description, successor, history, retention."
            "  Choose another.",
        )

    def test_question(self) -> None:
        """Without a value, history and retention are shown, and nothing changes."""
        self.alice.send("/room set history joined", "/room set HISTORY", "/room set retention")
        since = "* The members can read #den from the time when they joined"
        kept = "* The server keeps what is said in #den as long as in other rooms"
        values = "* The values of history are: joined, members, accounts, everyone; default is members"
        times = "* The values of retention are: a number of hours, days or years, such as 12h, 7d or 1y; forever"
        self.alice.expect(since, since, values, kept, f"{times}; default")
        self.alice.send("/room set history default")
        self.alice.expect("* The members can read #den from the beginning")

    def test_transfer(self) -> None:
        """The room goes to another account, which may drop it."""
        self.alice.send("/room transfer", "/room transfer bob", "/room transfer bob #tea")
        self.alice.expect(
            "! Usage: /room transfer ACCOUNT #den, with the name of the room to be sure",
            *2 * ["! Usage: /room transfer bob #den, with the name of the room to be sure"],
        )
        self.alice.send("/room transfer bob #DEN")
        self.alice.expect(
            "* alice set -q+q alice bob on #den",
            "* #den belongs to bob now.  You are operator in it now",
        )
        self.alice.send("/room drop #den")
        self.alice.expect("! Only the founder of #den can do that.  Ask them.")
        self.bob.skip()
        self.bob.send("/room drop", "/room drop #tea")
        self.bob.expect(*2 * ["! Usage: /room drop #den, with the name of the room to be sure"])
        self.bob.send("/room drop #den", "/room info")
        self.bob.expect(
            "* bob set -q+o bob bob on #den",
            "* #den belongs to nobody now.  Its access list and its settings are gone",
            "! #den is not registered.  /room register does that.",
        )

    def test_transferRank(self) -> None:
        """Who gives a room away is told the rank that they keep, present or not."""
        self.alice.send("/mode -o alice", "/room transfer bob #den")
        self.assertEqual("* #den belongs to bob now.  You have no rank in it any more", self.alice.lines()[-1])
        self.bob.send("/leave", "/room #den transfer alice #den")
        self.assertEqual("* #den belongs to alice now.  You have no rank in it any more", self.bob.lines()[-1])

    def test_usage(self) -> None:
        """Wrong actions are explained, and /help has each."""
        self.alice.send("/room", "/room dance", "/room #den")
        usage = "! Usage: /room [#ROOM] register, info, access, up, set, transfer, drop; /help room says what they do"
        self.alice.expect(*3 * [usage])
        self.alice.send("/help room")
        self.assertIn("* /room drop #ROOM: let the room belong to nobody; the name is to be sure", self.alice.lines())


globals().update(overMessages(globals()))
