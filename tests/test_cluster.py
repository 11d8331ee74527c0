"""Several servers in memory that act as one: the promises of a cluster, with nodes lost, cut off and started again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from itertools import count
from shutil import rmtree
from tempfile import mkdtemp

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import deferLater
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.model.events import SERVER, NodeLost
from twistchat.chat.rules.nodes import CUT_OFF, cutOff
from twistchat.chat.snapshot import takeSnapshot
from twistchat.interfaces import NotPublished, StreamMessage
from twistchat.journal.jetstream.leases import WATCHER
from twistchat.journal.jetstream.reseeding import Reseeding, examine, opened, reseed
from twistchat.journal.sqlite.files import FILE
from twistchat.journal.sqlite.maintenance.comparing import digest
from twistchat.testing.clients import IrcClient, LineClient
from twistchat.testing.clusters import MemoryCluster
from twistchat.testing.streams import MemoryStream

LOST = 15.0
"""Seconds after which a node that does not answer has been lost."""


class ClusterTestCase(SynchronousTestCase):
    """Three nodes."""

    names = ("a", "b", "c")

    def setUp(self) -> None:
        """Start a cluster."""
        self.directory = mkdtemp()
        self.addCleanup(rmtree, self.directory)
        self.cluster = MemoryCluster(self.directory, self.names)

    def person(self, node: str, nick: str) -> LineClient:
        """Let somebody come to the line door of a node."""
        person = self.cluster[node].person(nick)
        self.cluster.pump()
        return person

    def irc(self, node: str, nick: str, *capabilities: str) -> IrcClient:
        """Let somebody come to the IRC door of a node, and join the lobby."""
        client = self.cluster[node].irc(nick, *capabilities)
        client.join("#lobby")
        self.cluster.pump()
        return client

    def say(self, client: LineClient, text: str) -> None:
        """Let somebody say something, and all nodes hear it."""
        client.send(text)
        self.cluster.pump()

    def states(self) -> dict[str, bytes]:
        """The state of each node."""
        found = {}
        for name in self.cluster.nodes:
            state = self.cluster[name].chat.state
            found[name] = takeSnapshot(state, state.nodes.own)
        return found

    def assertEqualStates(self) -> None:
        """All nodes have the same state."""
        self.cluster.pump()
        states = self.states()
        self.assertEqual(len(set(states.values())), 1, states)

    def assertEqualCopies(self, *names: str) -> None:
        """The databases of nodes that have stopped are equal."""
        digests = {name: digest(self.cluster.path(name) / FILE) for name in names or self.names}
        first = next(iter(digests.values()))
        for name, found in digests.items():
            self.assertEqual(found, first, f"{name} has another copy: {digests}")

    def stopAll(self) -> None:
        """Stop all nodes that run."""
        for name in list(self.cluster.nodes):
            self.cluster.stop(name)


class TalkTests(ClusterTestCase):
    """People at different nodes are in the same chat."""

    def test_rooms(self) -> None:
        """Everybody sees who comes, what is said and who leaves, at every door of every node."""
        ann, bob = self.person("a", "ann"), self.irc("b", "bob")
        ann.until("* bob joined #lobby")
        self.say(ann, "hello")
        bob.until(re.compile(r":ann!\S+ PRIVMSG #lobby :hello"))
        bob.send("PRIVMSG #lobby :hi")
        self.cluster.pump()
        ann.until(re.compile(r"\[\d\d:\d\d\] <bob> hi"))
        ann.hangUp()
        self.cluster.pump()
        bob.until(re.compile(r":ann!\S+ QUIT .*"))
        self.assertEqualStates()

    def test_private(self) -> None:
        """A private text reaches another node."""
        ann, bob = self.person("a", "ann"), self.irc("b", "bob")
        self.say(ann, "/msg bob secret")
        bob.until(re.compile(r":ann!\S+ PRIVMSG bob :secret"))

    def test_nick(self) -> None:
        """A nick that is used at one node cannot be used at another."""
        self.person("a", "ann")
        other = self.cluster["b"].connectIrc()
        other.send("NICK ann", "USER ann 0 * :ann")
        other.until(re.compile(r":\S+ 433 .*"))

    def test_history(self) -> None:
        """History is on every node."""
        ann = self.person("a", "ann")
        for number in range(3):
            self.say(ann, f"line {number}")
        late = self.cluster["c"].connect()
        late.send("late")
        for number in range(3):
            late.until(re.compile(rf"\[\d\d:\d\d\] <ann> line {number}"))

    def test_copies(self) -> None:
        """After a clean stop, the copies of all nodes are equal."""
        ann, bob = self.person("a", "ann"), self.irc("b", "bob")
        self.say(ann, "hello")
        self.say(ann, "/topic tea")
        bob.send("MODE #lobby +m", "PRIVMSG ann :hi", "NICK bobby")
        self.cluster.pump()
        self.assertEqualStates()
        self.stopAll()
        self.assertEqualCopies()


class ClaimTests(ClusterTestCase):
    """What several nodes claim at once goes to one of them, and all are told the same."""

    def claim(self, *lines: str) -> list[IrcClient]:
        """Let a client at each node send the same, before any node hears of the others."""
        clients = [self.cluster[name].connectIrc() for name in self.names]
        for name in self.names:
            self.cluster.nodes[name].stream.isCut = True
        for number, client in enumerate(clients):
            client.send(*[line.replace("%", str(number)) for line in lines])
        for name in self.names:
            self.cluster.nodes[name].stream.heal()
        self.cluster.advance(3)
        return clients

    def test_nick(self) -> None:
        """One of three users gets the nick."""
        clients = self.claim("NICK ann", "USER ann 0 * :ann")
        outcomes = [re.findall(r" (001|433) ", client.raw.decode()) for client in clients]
        self.assertEqual(sorted(code for found in outcomes for code in found), ["001", "433", "433"])
        self.assertEqualStates()

    def test_room(self) -> None:
        """One of three users creates the room, and is its operator on all nodes."""
        clients = [self.cluster[name].irc(f"user{name}") for name in self.names]
        for name in self.names:
            self.cluster.nodes[name].stream.isCut = True
        for client in clients:
            client.send("JOIN #new")
        for name in self.names:
            self.cluster.nodes[name].stream.heal()
        self.cluster.advance(3)
        for client in clients:
            client.skip()
            client.send("NAMES #new")
        names = {re.findall(r" 353 \S+ . #new :(.*)", client.raw.decode())[-1].strip() for client in clients}
        found = {tuple(sorted(reply.split())) for reply in names}
        self.assertEqual(len(found), 1, found)
        self.assertEqual(sum(name.startswith("@") for name in next(iter(found))), 1, found)
        self.assertEqualStates()


class LossTests(ClusterTestCase):
    """Nodes are lost, cut off, and started again."""

    def test_crash(self) -> None:
        """The sessions of a node that was killed end on all others, after some seconds."""
        ann, bob, cy = self.person("a", "ann"), self.person("b", "bob"), self.person("c", "cy")
        self.say(ann, "hello")
        self.cluster.crash("a")
        self.cluster.advance(LOST)
        for other in (bob, cy):
            other.until(re.compile(r"\* ann quit \(Lost the connection to a\)"))
        self.assertEqual(self.cluster["b"].chat.state.nodes.leader, self.cluster["b"].chat.state.nodes.own)
        self.assertEqualStates()

    def test_cut(self) -> None:
        """
        A node that is cut off refuses texts within 5 s, and can be read.  When it is back, its clients have been
        disconnected, and it takes part again.
        """
        ann, bob = self.irc("a", "ann", "echo-message"), self.person("b", "bob")
        self.say(bob, "before")
        self.cluster.nodes["a"].stream.isCut = True
        ann.skip()
        ann.send("PRIVMSG #lobby :unknown")
        self.cluster.advance(5)
        self.assertIn("not known", ann.raw.decode())
        ann.skip()
        ann.send("PRIVMSG #lobby :refused")
        self.cluster.advance(0.25)
        ann.until(re.compile(r".*the cluster is not reachable.*"))
        ann.send("NAMES #lobby")
        ann.until(re.compile(r":\S+ 353 .* bob.*"))
        self.say(bob, "meanwhile")
        self.cluster.advance(LOST)
        bob.until(re.compile(r"\* ann quit \(.*\)"))
        self.assertFalse(ann.gone)
        self.cluster.nodes["a"].stream.heal()
        self.cluster.advance(5)
        self.assertTrue(ann.gone)
        again = self.person("a", "ann")
        self.say(again, "back")
        bob.until(re.compile(r"\[\d\d:\d\d\] <ann> back"))
        self.assertNotIn("unknown", bob.raw.decode())
        self.assertEqualStates()
        self.stopAll()
        self.assertEqualCopies()

    def test_linesOfCutOff(self) -> None:
        """Clients that wait to be disconnected, because their node was lost, may send lines meanwhile."""
        server = self.cluster["a"]
        ann, bob = server.irc("ann", host="192.0.2.7"), server.person("bob", host="192.0.2.8")
        cutOff(server.chat.state)
        ann.link.server.dataReceived(b"NAMES #lobby\r\nPRIVMSG #lobby :hello\r\nWHOIS ann\r\nMODE ann\r\n")
        bob.link.server.dataReceived(b"hello\n/nick x\n/register secret-password\n/who\n/verify 1\n")
        self.cluster.pump()
        for client in (ann, bob):
            self.assertIn(CUT_OFF, client.raw.decode())
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_rejoinsLater(self) -> None:
        """A node that was lost, and cannot reach the brokers again at once, goes on trying to join."""
        stream = self.cluster.nodes["a"].stream
        stream.isCut = True
        self.cluster.advance(LOST)
        stream.heal()
        stream.losesAnswers = True
        self.cluster.advance(60)
        self.assertIsNone(self.cluster.nodes["a"].stopped)
        stream.losesAnswers = False
        self.cluster.advance(40)
        ann, bob = self.person("a", "ann"), self.person("b", "bob")
        self.say(ann, "back")
        bob.until(re.compile(r"\[\d\d:\d\d\] <ann> back"))
        self.assertEqualStates()

    def test_acknowledgementLost(self) -> None:
        """If only the answers of the broker are lost, nothing is lost and nothing is there twice."""
        ann, bob = self.irc("a", "ann", "echo-message"), self.person("b", "bob")
        stream = self.cluster.nodes["a"].stream
        stream.losesAnswers = True
        ann.skip()
        ann.send("PRIVMSG #lobby :once")
        self.cluster.advance(6)
        stream.losesAnswers = False
        self.cluster.advance(3)
        self.assertEqual(ann.raw.decode().count(":once"), 1)
        self.assertEqual(bob.raw.decode().count("once"), 1)
        self.assertEqualStates()

    def test_restart(self) -> None:
        """A node that starts again has what was said meanwhile."""
        ann = self.person("a", "ann")
        self.cluster.stop("c")
        self.say(ann, "meanwhile")
        self.say(ann, "/topic tea")
        self.cluster.start("c")
        late = self.cluster["c"].connect()
        late.send("late")
        late.until(re.compile(r"\[\d\d:\d\d\] <ann> meanwhile"))
        self.assertEqualStates()
        self.stopAll()
        self.assertEqualCopies()

    def test_restartAlone(self) -> None:
        """All nodes stop and start again, though nothing was said meanwhile."""
        for _ in range(2):
            self.stopAll()
            for name in self.names:
                self.cluster.start(name)
        self.say(self.person("a", "ann"), "hello")
        self.assertEqualStates()

    def test_lastBatch(self) -> None:
        """The checkpoint of a node that stops contains its whole last batch."""
        ann, log = self.person("a", "ann"), self.cluster.nodes["b"].log
        log.close()
        more = NodeLost(SERVER, node="x-1", reason="")
        log._publisher.propose(more, None, None, None)  # private: it gets into the same batch only at the right moment
        self.cluster.stop("b")
        self.cluster.start("b")
        self.say(ann, "after")
        self.assertEqualStates()
        self.stopAll()
        self.assertEqualCopies()

    def test_killed(self) -> None:
        """A node that was killed starts again, and ends its own old sessions."""
        ann, bob = self.person("a", "ann"), self.person("b", "bob")
        self.say(ann, "before")
        self.cluster.crash("a")
        self.say(bob, "meanwhile")
        self.cluster.start("a")
        self.cluster.advance(1)
        bob.until(re.compile(r"\* ann quit \(.*\)"))
        again = self.person("a", "ann")
        self.say(again, "after")
        self.assertEqualStates()
        self.stopAll()
        self.assertEqualCopies()

    def test_killedAtOnce(self) -> None:
        """A node that was killed need not wait for the lease of its own copy to end."""
        self.cluster.crash("a")
        before = self.cluster.clock.seconds()
        self.successResultOf(self.cluster.start("a").server.opened)
        self.assertLess(self.cluster.clock.seconds() - before, 1)

    def test_allKilled(self) -> None:
        """After all nodes were killed, they have everything that was said, and nobody who was there."""
        for name in self.names:
            self.say(self.person(name, f"user{name}"), f"hello from {name}")
        for name in self.names:
            self.cluster.crash(name)
        for name in self.names:
            self.cluster.start(name)
        self.cluster.advance(LOST)
        self.assertEqual([len(self.cluster[name].chat.state.users) for name in self.names], [0, 0, 0])
        self.assertEqualStates()
        late = self.cluster["c"].connect()
        late.send("late")
        for name in self.names:
            late.until(re.compile(rf"\[\d\d:\d\d\] <user{name}> hello from {name}"))
        self.stopAll()
        self.assertEqualCopies()

    def test_empty(self) -> None:
        """A node that never had a copy gets everything from the stream."""
        ann = self.person("a", "ann")
        for number in range(50):
            self.say(ann, f"line {number}")
        self.cluster.start("d")
        self.assertEqualStates()
        self.stopAll()
        self.assertEqualCopies(*self.names, "d")

    def test_slowLeases(self) -> None:
        """A node that starts waits until the brokers can tell the leases."""
        renew, failures = MemoryStream.renew, [NotPublished("the bucket has no leader")] * 3

        def slow(stream: MemoryStream, node: str) -> Deferred[Mapping[str, int]]:
            return fail(failures.pop()) if node == WATCHER and failures else renew(stream, node)

        self.patch(MemoryStream, "renew", slow)
        self.successResultOf(self.cluster.start("d").server.opened)
        self.assertEqual(failures, [])
        self.assertEqualStates()

    def test_trimmed(self) -> None:
        """If the stream has lost its beginning, an empty node is refused, and one with a recent copy is not."""
        ann = self.person("a", "ann")
        self.cluster.stop("c")
        end = len(self.cluster.broker.messages)
        self.say(ann, "hello")
        self.cluster.broker.trim(end)
        self.cluster.start("c")
        self.assertEqualStates()
        node = self.cluster.start("d")
        self.assertIn("no longer has its beginning", self.failureResultOf(node.server.opened).getErrorMessage())
        del self.cluster.nodes["d"]


class DamageTests(ClusterTestCase):
    """What contradicts the stream stops a node, with one clear line, and no other node."""

    def test_fork(self) -> None:
        """A node that is given another message than the others have read stops before it shows anything of it."""
        ann, cy = self.person("a", "ann"), self.person("c", "cy")
        stream = self.cluster.nodes["c"].stream
        stream.isCut = True
        ann.send("true")
        self.cluster["a"].pump()
        self.cluster["b"].pump()
        forged = self.cluster.broker.messages[-1]
        true, self.cluster.broker.messages[-1] = (
            forged,
            StreamMessage(forged.sequence, forged.time, forged.data.replace(b'"true"', b'"false"')),
        )
        cy.skip()
        stream.heal()
        self.cluster.pump()
        self.cluster.broker.messages[-1] = true
        self.say(ann, "more")
        self.assertIn("forked", str(self.cluster.nodes["c"].stopped))
        self.assertIsNone(self.cluster.nodes["a"].stopped)
        self.assertNotIn("more", cy.raw.decode())

    def test_gap(self) -> None:
        """A stream that has lost its end stops the node that has read it."""
        ann = self.person("a", "ann")
        self.say(ann, "hello")
        self.cluster.stop("c")
        self.cluster.crash("a")
        self.cluster.crash("b")
        del self.cluster.broker.messages[-2:]
        node = self.cluster.start("c")
        self.assertIn("the brokers have lost messages", self.failureResultOf(node.server.opened).getErrorMessage())
        del self.cluster.nodes["c"]

    def test_garbage(self) -> None:
        """Bytes that somebody else publishes to the subject are ignored by all nodes."""
        ann, cy = self.person("a", "ann"), self.person("c", "cy")
        for number, data in enumerate((b"hello", b"", b"{}", b"\xff\n\n")):
            self.cluster.broker.store(data, f"garbage {number}", None)
        with capturedLogs() as logs:
            self.cluster.pump()
        self.say(ann, "still here")
        cy.until(re.compile(r"\[\d\d:\d\d\] <ann> still here"))
        self.assertEqual(sum("is not from twistchat" in formatEvent(event) for event in logs), 3)
        self.assertEqualStates()
        self.cluster.start("d")
        self.assertEqualStates()

    def test_sameName(self) -> None:
        """A second process with the name of a node that runs does not start, and the first goes on."""
        first = self.cluster.nodes["a"]
        ann, cy = self.person("a", "ann"), self.person("c", "cy")
        self.cluster.path("a").rename(self.cluster.path("old"))
        second = self.cluster.start("a")
        why = self.failureResultOf(second.server.opened).getErrorMessage()
        self.assertIn("another process takes part in the cluster as the node a", why)
        self.cluster.nodes["a"] = first
        self.say(ann, "still here")
        cy.until(re.compile(r"\[\d\d:\d\d\] <ann> still here"))
        self.assertEqual(set(self.cluster.broker.leases), {"a-1", "b-2", "c-3"})

    def test_nameTaken(self) -> None:
        """A node whose name another process has taken, because it did not answer for long, stops."""
        first = self.cluster.nodes["a"]
        first.stream.isCut = True
        self.cluster.advance(LOST)
        self.cluster.path("a").rename(self.cluster.path("old"))
        self.cluster.start("a")
        first.stream.heal()
        self.cluster.advance(8)
        self.assertIn("another process takes part in the cluster as the node a", str(first.stopped))
        self.assertIsNone(self.cluster.nodes["a"].stopped)


class ManyTests(ClusterTestCase):
    """Delays in every order."""

    def test_delays(self) -> None:
        """Whatever the delays are, all clients see one order, and all nodes have it."""
        clients = [self.irc(name, f"user{name}", "echo-message") for name in self.names]
        for client in clients:
            client.skip()
        numbers = count(1)
        self.cluster.broker.delay = lambda: (next(numbers) * 7919 % 13) / 100
        for number in range(40):
            for name, client in zip(self.names, clients, strict=True):
                client.send(f"PRIVMSG #lobby :{name}{number}")
            self.cluster.advance(0.02, 0.01)
        self.cluster.advance(5, 0.01)
        orders = {tuple(re.findall(r"PRIVMSG #lobby :(\w+)", client.raw.decode())) for client in clients}
        self.assertEqual([len(order) for order in orders], [120])
        self.cluster.broker.delay = lambda: 0.0
        self.assertEqualStates()
        self.stopAll()
        self.assertEqualCopies()


class ReseedTests(ClusterTestCase):
    """An administrator begins a new stream from the longest copy."""

    def reseed(self, name: str) -> Reseeding:
        """Run what the command does, on a node that is stopped."""
        stream, copy = self.cluster.broker.connect(name), self.cluster.copy(name)
        position = opened(copy)
        examined = Deferred.fromCoroutine(examine(stream, position, partial(deferLater, self.cluster.clock)))
        for _ in range(100):
            self.cluster.clock.advance(0.1)
        found = self.successResultOf(examined)
        done = Deferred.fromCoroutine(reseed(stream, position, copy, "new"))
        self.cluster.clock.advance(0)
        self.successResultOf(done)
        self.successResultOf(copy.close())
        return found

    def test_lostEnd(self) -> None:
        """The brokers have lost messages: the nodes refuse to start, until the stream continues the longest copy."""
        ann = self.person("a", "ann")
        self.cluster.stop("b")
        self.say(ann, "later")
        self.cluster.stop("c")
        self.cluster.stop("a")
        del self.cluster.broker.messages[5:]
        node = self.cluster.start("c")
        self.assertIn("have lost messages", self.failureResultOf(node.server.opened).getErrorMessage())
        del self.cluster.nodes["c"]
        found = self.reseed("c")
        self.assertEqual((found.last, found.alive), (5, ()))
        self.cluster.start("c")
        self.cluster.start("a")
        late = self.cluster["a"].connect()
        late.send("late")
        late.until(re.compile(r"\[\d\d:\d\d\] <ann> later"))
        self.say(self.person("c", "cy"), "new")
        late.until(re.compile(r"\[\d\d:\d\d\] <cy> new"))
        self.assertEqualStates()
        node = self.cluster.start("b")
        self.assertIn(
            "differs from the one that the stream continues", self.failureResultOf(node.server.opened).getErrorMessage()
        )
        del self.cluster.nodes["b"]
        self.stopAll()
        self.assertEqualCopies("a", "c")

    def test_empty(self) -> None:
        """An empty stream is not taken for a new one by a node that has followed another."""
        self.stopAll()
        self.cluster.broker.replace()
        node = self.cluster.start("a")
        self.assertIn("the stream is empty, but this copy", self.failureResultOf(node.server.opened).getErrorMessage())
        del self.cluster.nodes["a"]
        self.reseed("a")
        for name in self.names:
            self.cluster.start(name)
        self.assertEqualStates()

    def test_alive(self) -> None:
        """Nodes that run are found."""
        ann = self.person("a", "ann")
        self.say(ann, "hello")
        self.cluster.stop("b")
        stream, copy = self.cluster.broker.connect("b"), self.cluster.copy("b")
        wait = partial(deferLater, self.cluster.clock)
        examined = Deferred.fromCoroutine(examine(stream, opened(copy), wait))
        self.cluster.advance(10)
        self.assertEqual([node.partition("-")[0] for node in self.successResultOf(examined).alive], ["a", "c"])
        self.successResultOf(copy.close())
