"""Tests of L{twistchat.services.checking}."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from unittest.mock import patch

from twisted.internet.testing import MemoryReactor
from twisted.trial.unittest import SynchronousTestCase

from twistchat.config import ClusterSettings
from twistchat.doors.irc import IrcDoor
from twistchat.doors.line import LineDoor
from twistchat.services.checking import checkCluster, checkEndpoints
from twistchat.services.failure import StartFailure
from twistchat.testing import settingsOf

DOORS = (LineDoor(), IrcDoor())


class CheckEndpointsTests(SynchronousTestCase):
    """The check of endpoints."""

    def check(self, text: str) -> list[str]:
        """Return the warnings about a configuration."""
        reactor = MemoryReactor()
        found = list(checkEndpoints(DOORS, settingsOf(text), reactor))
        self.assertEqual([], reactor.tcpServers)
        return found

    def refused(self, text: str) -> str:
        """Return why a server cannot start with a configuration."""
        return str(self.assertRaises(StartFailure, self.check, text))

    def test_good(self) -> None:
        """The defaults are good.  Nothing is bound."""
        self.assertEqual([], self.check(""))

    def test_bad(self) -> None:
        """The error names the door, the endpoint, and what is wrong."""
        self.assertIn(
            "the irc door's endpoint tcp:port cannot be used: port is 'port'", self.refused('listen.irc = "tcp:port"')
        )
        why = self.refused('listen.irc = "ssl:6697:privateKey=/no/key.pem"')
        self.assertIn("/no/key.pem", why)

    def test_nowhere(self) -> None:
        """At least one door must listen."""
        self.assertIn("no door listens anywhere", self.refused("listen.irc = []"))

    def test_warnings(self) -> None:
        """Endpoints that no client can use, and those that only systemd makes, are reported."""
        proxied, activated = self.check('[listen]\nirc = ["haproxy:tcp:6668", "systemd:domain=INET:name=irc"]')[::-1]
        self.assertIn("Nobody comes in at haproxy:tcp:6668", proxied)
        self.assertIn("systemd:domain=INET:name=irc was not checked", activated)

    def test_metrics(self) -> None:
        """The endpoints of metrics are checked as at the start, and so is whether their package is installed."""
        self.assertEqual([], self.check('metrics.endpoint = "tcp:9667:interface=127.0.0.1"'))
        self.assertIn("for metrics cannot be used: port is 'port'", self.refused('metrics.endpoint = "tcp:port"'))
        self.assertIn("leave out haproxy:", self.refused('metrics.endpoint = "haproxy:tcp:9667"'))
        with patch("twistchat.services.checking.find_spec", lambda name: None):
            self.assertIn("prometheus_client is not installed", self.refused('metrics.endpoint = "tcp:9667"'))
            self.assertEqual([], self.check(""))


class CheckClusterTests(SynchronousTestCase):
    """The check of what a node of a cluster needs."""

    def setUp(self) -> None:
        installed = patch("twistchat.services.checking.find_spec", lambda name: object())
        installed.start()
        self.addCleanup(installed.stop)
        self.directory = Path(mkdtemp())
        self.addCleanup(rmtree, self.directory)

    def file(self, name: str, mode: int) -> str:
        """Make a file, and return its path."""
        path = self.directory / name
        path.write_text("secret")
        path.chmod(mode)
        return str(path)

    def test_good(self) -> None:
        """The files are there, and nobody else reads the secrets."""
        cluster = ClusterSettings(nkey=self.file("node.nk", 0o640), ca=self.file("ca.pem", 0o644))
        self.assertEqual([], list(checkCluster(cluster)))

    def test_missingFile(self) -> None:
        """The error names the key and the file."""
        path = self.directory / "nobody.nk"
        error = self.assertRaises(StartFailure, list, checkCluster(ClusterSettings(nkey=str(path))))
        self.assertEqual(f"cluster.nkey: {path} cannot be read: No such file or directory", str(error))

    def test_openSecret(self) -> None:
        """A secret that all users of the machine can read may be a mistake."""
        cluster = ClusterSettings(key=self.file("node.key", 0o644), ca=self.file("ca.pem", 0o644))
        (warning,) = checkCluster(cluster)
        wanted = f"cluster.key: {self.directory / 'node.key'} is a secret, and everybody on this machine can read it"
        self.assertEqual(wanted, warning)

    def test_notInstalled(self) -> None:
        """Without the extra, the line says what to install."""
        with patch("twistchat.services.checking.find_spec", lambda name: None):
            error = self.assertRaises(StartFailure, list, checkCluster(ClusterSettings()))
        self.assertIn("pip install 'twistchat[cluster]'", str(error))
