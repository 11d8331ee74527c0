"""Tests of L{twistchat.config.clustering} and of the section C{[cluster]}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.config.test_builder import fromFile, fromSet
from twistchat.config import ClusterSettings, ConfigError
from twistchat.config.clustering import AGREED, agreedOf
from twistchat.config.settings import liveness

COMPLETE = """
[journal]
kind = "jetstream"
[cluster]
servers = ["tls://nats1.example:4222", "tls://[2001:db8::1]"]
node = "berlin-1"
nkey = "node.nk"
ca = "ca.pem"
certificate = "node.pem"
key = "node.key"
replicas = 5
durability = "relaxed"
stream = "chat"
prefix = "our.chat"
monitoring = "https://nats1.example:8222"
keep = "1d"
"""


class ClusterSectionTests(SynchronousTestCase):
    """The section as a whole."""

    def test_complete(self) -> None:
        """All keys are read."""
        wanted = ClusterSettings(
            servers=("tls://nats1.example:4222", "tls://[2001:db8::1]"),
            node="berlin-1",
            nkey="node.nk",
            ca="ca.pem",
            certificate="node.pem",
            key="node.key",
            replicas=5,
            durability="relaxed",
            stream="chat",
            prefix="our.chat",
            monitoring=("https://nats1.example:8222",),
            keep=86400.0,
        )
        self.assertEqual(wanted, fromFile(COMPLETE).cluster)

    def test_default(self) -> None:
        """Nothing is wanted without a cluster.  In one, a name is enough, because the brokers are on this machine."""
        self.assertEqual(ClusterSettings(), fromFile("").cluster)
        made = fromFile("[journal]\nkind = 'jetstream'\n[cluster]\nnode = 'a'").cluster
        self.assertEqual(ClusterSettings(node="a"), made)
        self.assertEqual((("nats://127.0.0.1:4222",), 3, "full"), (made.servers, made.replicas, made.durability))

    def test_wrongValues(self) -> None:
        """Each error names the key, and what would be right."""
        table = {
            "servers = []": "servers: found []; at least one address is wanted",
            "servers = 'http://a'": (
                'servers: found "http://a"; the address of a broker such as "tls://nats1.example:4222" is wanted'
            ),
            "servers = ['nats://a', 'nats://a']": 'servers: found "nats://a"; it is in the list twice; once is enough',
            "node = 'a b'": (
                'node: found "a b"; up to 32 letters (a-z), digits and hyphens are wanted, '
                "with a letter or digit at either end"
            ),
            "replicas = 6": "replicas: found 6; a whole number from 1 to 5 is wanted",
            "stream = 'a.b'": (
                'stream: found "a.b"; 1 to 32 letters (a-z), digits, hyphens and underscores are wanted'
            ),
            "prefix = 'a.*'": (
                'prefix: found "a.*"; a prefix of subjects such as "chat.one" is wanted: '
                'letters (a-z), digits, "-" and "_", with dots between'
            ),
            "monitoring = 'nats://a'": (
                'monitoring: found "nats://a"; '
                'the address of a monitoring port such as "http://127.0.0.1:8222" is wanted'
            ),
            "keep = '1s'": 'keep: found "1s"; a time of at least 60 s is wanted',
            "nkey = 5": "nkey: found 5; the path of a file is wanted",
            "durability = 'none'": 'durability: found "none"; "full" or "relaxed" is wanted',
        }
        for text, message in table.items():
            with self.subTest(text):
                bad = self.assertRaises(ConfigError, fromFile, f"[cluster]\n{text}")
                self.assertEqual(f"twistchat.toml:2: cluster.{message}", str(bad))

    def test_passwordInAddress(self) -> None:
        """A password in an address is refused, and the message does not show it."""
        for value in ('"nats://chat:hunter2@127.0.0.1"', '["nats://a", "nats://chat:hunter2@127.0.0.1"]'):
            bad = self.assertRaises(ConfigError, fromFile, f"[cluster]\nservers = {value}")
            self.assertIn("found an address with a user; write the user and the password as cluster.user", str(bad))
            self.assertNotIn("hunter2", str(bad))

    def test_hiddenPassword(self) -> None:
        """The representation of the settings does not have the password."""
        self.assertNotIn("hunter2", repr(ClusterSettings(user="chat", password="hunter2")))


class ContradictionTests(SynchronousTestCase):
    """The rules that concern several keys."""

    def refused(self, text: str) -> str:
        """Return the error about a file."""
        return str(self.assertRaises(ConfigError, fromFile, text)).removeprefix("twistchat.toml:")

    def test_node(self) -> None:
        """A node of a cluster needs a name: the error is about the key that makes it one."""
        wanted = 'journal.kind is "jetstream"; then cluster.node is wanted too: the name of this node in the cluster'
        self.assertEqual(f"2: {wanted}", self.refused("[journal]\nkind = 'jetstream'"))
        bad = self.assertRaises(ConfigError, fromSet, 'journal.kind="jetstream"')
        self.assertEqual(f'--set journal.kind="jetstream": {wanted}', str(bad))

    def test_logins(self) -> None:
        """There is one way to log in, and it is complete."""
        table = {
            "user = 'chat'": "2: cluster.user and cluster.password are wanted together, or neither",
            "password = 'hunter2'": "2: cluster.user and cluster.password are wanted together, or neither",
            "key = 'a'": "2: cluster.certificate and cluster.key are wanted together, or neither",
            "nkey = 'a'\ncredentials = 'b'": (
                "3: a node logs in to the brokers in one way; found cluster.nkey and cluster.credentials"
            ),
        }
        for text, message in table.items():
            with self.subTest(text):
                self.assertEqual(message, self.refused(f"[cluster]\n{text}"))

    def test_unencrypted(self) -> None:
        """What leaves this machine is encrypted.  Only the journal may be sent in plaintext, if the key says so."""
        plain = "[cluster]\nservers = ['nats://127.0.0.1', 'nats://nats1.example']\n"
        where = "2: cluster.servers: nats://nats1.example is on another machine"
        self.assertEqual(
            f"{where}, and the journal needs encryption; "
            "write tls://, or set cluster.plaintext if the network between is encrypted",
            self.refused(plain),
        )
        self.assertTrue(fromFile(f"{plain}plaintext = true").cluster.plaintext)
        self.assertTrue(fromFile(f"{plain}plaintext = true\nnkey = 'a'").cluster.plaintext)
        self.assertEqual(
            f"{where}, so cluster.password needs encryption; write tls://",
            self.refused(f"{plain}plaintext = true\nuser = 'chat'\npassword = 'hunter2'"),
        )

    def test_thisMachine(self) -> None:
        """Nothing needs encryption between two processes of this machine."""
        for host in ("localhost", "127.0.0.1:4223", "[::1]:4222"):
            text = f"[cluster]\nservers = ['nats://{host}']\nuser = 'chat'\npassword = 'hunter2'"
            self.assertEqual("chat", fromFile(text).cluster.user)

    def test_mixed(self) -> None:
        """All brokers are reached in the same way, because the client moves from one to another."""
        text = "[cluster]\nservers = ['tls://a', 'nats://127.0.0.1']"
        why = "nats://127.0.0.1 is not encrypted, and others are; write tls:// before all, or before none"
        self.assertEqual(f"2: cluster.servers: {why}", self.refused(text))

    def test_certificatesWithoutEncryption(self) -> None:
        """Certificates are useless without encryption."""
        why = "cluster.ca is set; then tls:// is wanted in cluster.servers"
        self.assertEqual(f"2: {why}", self.refused("[cluster]\nca = 'ca.pem'"))


class AgreedTests(SynchronousTestCase):
    """The values that all nodes must have."""

    def test_values(self) -> None:
        """They are written as in the configuration, so that a message can show them."""
        agreed = agreedOf(fromFile("[server]\nname = 'chat.example'\n[journal]\nretention = '30d'\nkeepPassing = true"))
        self.assertEqual(
            {
                "server.name": '"chat.example"',
                "chat.lobby": '"#lobby"',
                "journal.keepPassing": "true",
                "journal.retention": '"30d"',
                "journal.retentionCount": "0",
                "journal.auditRetention": '"365d"',
                "journal.longestRetention": '"retention"',
            },
            agreed,
        )

    def test_atStart(self) -> None:
        """A node tells its values when it joins.  So none of them changes while it runs."""
        live = liveness({})
        self.assertEqual([], [key for key in AGREED if live[key]])
