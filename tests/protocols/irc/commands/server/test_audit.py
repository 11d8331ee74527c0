"""Tests of AUDIT."""

from __future__ import annotations

from unittest.mock import patch

from twisted.internet.defer import fail, succeed
from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import rooted, staffed
from twistchat.chat.errors import SearchTooBroad
from twistchat.chat.model.spans import Damaged


class AuditTests(SynchronousTestCase):
    """The audit trail over IRC."""

    def setUp(self) -> None:
        """An operator."""
        self.server = staffed()
        self.root = rooted(self.server, "root")

    def audit(self, line: str) -> list[str]:
        """Send AUDIT.  Return the texts of its notices, without the time."""
        self.root.skip()
        self.root.send(line)
        lines = self.root.lines()
        prefix = ":twistchat NOTICE root :*** "
        self.assertTrue(all(line.startswith(prefix) for line in lines), lines)
        return [line.removeprefix(prefix).partition("Z ")[2] or line.removeprefix(prefix) for line in lines]

    def test_acts(self) -> None:
        """Each act has who, what, whom, why, and from where; the newest is last."""
        self.server.irc("bob")
        self.root.send("KILL bob :such spam")
        self.root.send("WALLOPS :hello")
        self.assertEqual(
            self.audit("AUDIT"),
            [
                "(irc from 127.0.0.1) root oper root: is an operator of this server",
                "(irc from 127.0.0.1) root kill bob: such spam",
                "(irc from 127.0.0.1) root wallops",
                "End of AUDIT: 3 acts",
            ],
        )
        self.root.send("AUDIT 1")
        self.assertRegex(self.root.lines()[0], r":\*\*\* 2026-01-01T12:00:\d\dZ \(irc from 127.0.0.1\) root wallops$")

    def test_outside(self) -> None:
        """Acts of the console are shown.  Control characters are escaped."""
        self.server.chat.audit.recordOutside("console", "www\n", "account.suspend", "bob", "a\x02b\r\nQUIT")
        self.assertEqual(
            self.audit("AUDIT suspend"),
            ["(console) www\\n account.suspend bob: a\\u0002b\\r\\nQUIT", "End of AUDIT: 1 act"],
        )

    def test_filters(self) -> None:
        """A number bounds the list, and a word selects by who, what and whom."""
        for number in range(30):
            self.server.chat.audit.recordOutside("console", "www", "x", str(number))
        self.assertEqual(len(self.audit("AUDIT")), 21)
        self.assertEqual(len(self.audit("AUDIT 25")), 26)
        self.assertEqual(self.audit("AUDIT 0")[-1], "End of AUDIT: 1 act")
        self.assertEqual(self.audit("AUDIT 99999999999999999999")[-1], "End of AUDIT: 31 acts")
        self.assertEqual(self.audit("AUDIT ROOT")[-1], "End of AUDIT: 1 act")
        self.assertEqual(self.audit("AUDIT 5 www")[-1], "End of AUDIT: 5 acts")
        self.assertEqual(self.audit("AUDIT 5 7"), ["(console) www x 7", "End of AUDIT: 1 act"])
        self.assertEqual(self.audit("AUDIT nobody"), ["End of AUDIT: 0 acts"])

    def test_problems(self) -> None:
        """A damaged act is named, and so is a reading that takes too long."""
        history = self.server.history
        with patch.object(history, "acts", lambda acts: succeed([Damaged(7)])):
            self.assertEqual(self.audit("AUDIT"), ["Entry 7 changed on disk, and is not shown", "End of AUDIT: 1 act"])
        with patch.object(history, "acts", lambda acts: fail(SearchTooBroad())):
            self.root.send("AUDIT x")
            self.root.expect(":twistchat NOTICE root :*** AUDIT: That takes too long; ask for acts without a word")
