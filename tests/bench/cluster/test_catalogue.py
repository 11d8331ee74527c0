"""The catalogue of the cluster's scenarios, its command, its table, and the configuration of brokers."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout

from twisted.trial.unittest import SynchronousTestCase

from bench.cluster.__main__ import main
from bench.cluster.brokers import configuration, leader
from bench.cluster.faults import FAULTS
from bench.cluster.messages import Message
from bench.cluster.play import Figures, Outcome
from bench.cluster.scenarios import CATALOGUE, GROUPS, chosen
from bench.cluster.scenarios.claiming import Claim, checkClaims, wonAccount, wonNick, wonRoom
from bench.cluster.table import COLUMNS, failed, header, remarks, row
from bench.fire.scenario import Seen

FIGURES = Figures(
    texts={"taken": 1000, "refused": 10},
    denied={"Too fast": 3},
    p50=0.01,
    p99=0.1,
    pauses={"a": 4.0, "b": 0.2},
    slowest=4.1,
    equal=0.5,
    entries=1000,
    outages=(3, 5.0),
    starts=(2.0,),
    late=0.01,
    faults=[("kill -9", 5.0)],
)


class CatalogueTests(SynchronousTestCase):
    """The names."""

    def test_names(self) -> None:
        """Names are unique, also among the names of groups.  Every fault has a scenario."""
        names = [scenario.name for scenarios in GROUPS.values() for scenario in scenarios]
        self.assertEqual(len(names), len(CATALOGUE))
        self.assertEqual(set(names) & set(GROUPS), set())
        self.assertEqual(set(FAULTS) - set(names), set())

    def test_chosen(self) -> None:
        """Names and groups select scenarios, in the order of the catalogue."""
        self.assertEqual([one.name for one in chosen(["upgrade", "calm"])], ["calm", "upgrade"])
        self.assertRaises(KeyError, chosen, ["nosuch"])

    def test_list(self) -> None:
        """C{--list} names all scenarios."""
        output = io.StringIO()
        with redirect_stdout(output):
            self.assertEqual(main(["--list"]), 0)
        for name in CATALOGUE:
            self.assertIn(f"  {name}: ", output.getvalue())

    def test_mistakes(self) -> None:
        """A mistake in the arguments ends the command with a message."""
        for arguments in (["--scenarios", "nosuch"], ["--rounds", "0"], ["--dir", "/nonexistent"]):
            said = io.StringIO()
            with redirect_stderr(said), self.assertRaises(SystemExit):
                main(arguments)
            self.assertIn(arguments[0], said.getvalue())


class TableTests(SynchronousTestCase):
    """The table."""

    def test_row(self) -> None:
        """A row has all columns, and says whether all is good."""
        scenario = CATALOGUE["calm"]
        good = row(scenario, Outcome(Seen("nothing"), FIGURES, ()))
        self.assertIn("1,000 taken, 10 refused", good)
        self.assertTrue(good.endswith("| good |"))
        outcome = Outcome(Seen("nothing"), FIGURES, ("3 texts are lost",))
        self.assertIn("MISSED", row(scenario, outcome))
        self.assertIn("calm: MISSED: 3 texts are lost", remarks(scenario, outcome))
        self.assertIn("calm: 3 texts were denied: Too fast", remarks(scenario, outcome))
        for line in (header().splitlines()[0], good, failed(scenario, "it | broke")):
            self.assertEqual(line.count("|"), len(COLUMNS) + 1)


class BrokerTests(SynchronousTestCase):
    """What is written for a broker, and what is read from it."""

    def test_configuration(self) -> None:
        """A broker syncs always, and knows the others by their links."""
        text = configuration("1", {"client": 10, "route": 11, "monitor": 12}, [21, 22])
        self.assertIn("sync_interval: always", text)
        self.assertIn("routes: [nats://127.0.0.1:21, nats://127.0.0.1:22]", text)
        alone = configuration("1", {"client": 10, "route": 11, "monitor": 12}, [], synced=False)
        self.assertNotIn("cluster {", alone)
        self.assertNotIn("sync_interval", alone)

    def test_leader(self) -> None:
        """The leader is that of the stream, and not that of a bucket."""
        streams = [
            {"name": "KV_leases", "cluster": {"leader": "broker1"}},
            {"name": "twistchat", "cluster": {"leader": "broker2"}},
        ]
        self.assertEqual(leader({"account_details": [{"stream_detail": streams}]}), "2")
        self.assertIsNone(leader({"account_details": [{"stream_detail": [{"name": "twistchat"}]}]}))
        self.assertIsNone(leader({}))


class ClaimTests(SynchronousTestCase):
    """Who was told that it has a name."""

    def test_won(self) -> None:
        """The answers of winners and losers."""
        nick = [Message({}, b"claim0", b"NICK", (b"prize",))]
        taken = [Message({}, b"s", b"433", (b"claim1", b"prize", b"Nickname is already in use"))]
        self.assertTrue(wonNick(Claim(0, "a", nick)))
        self.assertFalse(wonNick(Claim(1, "a", taken)))
        self.assertFalse(wonNick(Claim(1, "a", None)))
        joined = Message({}, b"claim0", b"JOIN", (b"#prize",))
        self.assertTrue(wonRoom(Claim(0, "a", [joined, Message({}, b"s", b"353", (b"claim0", b"@claim0"))])))
        self.assertFalse(wonRoom(Claim(0, "a", [joined, Message({}, b"s", b"353", (b"claim0", b"@x claim0"))])))
        self.assertFalse(wonRoom(Claim(0, "a", None)))
        self.assertTrue(wonAccount(Claim(0, "a", [Message({}, b"s", b"REGISTER", (b"SUCCESS", b"x", b"done"))])))
        self.assertFalse(wonAccount(Claim(0, "a", taken)))

    def test_checkClaims(self) -> None:
        """Two winners, nodes that differ, and no holder at all are found."""
        self.assertEqual(checkClaims("nick", [1], {"a": "x", "b": "x"}), [])
        self.assertIn("2 clients", checkClaims("nick", [1, 2], {"a": "x", "b": "x"})[0])
        self.assertIn("differ", checkClaims("nick", [1], {"a": "x", "b": "y"})[0])
        self.assertIn("nobody", checkClaims("nick", [], {"a": None, "b": None})[0])
