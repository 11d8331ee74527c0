"""What a node of a cluster believes: of its copy, of the stream, of what others publish, and of what is on its way."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from tests.test_cluster import ClusterTestCase
from twistchat.chat.model.events import SERVER, Event, NodeJoined, TopicSet
from twistchat.journal.jetstream.batches import Batch, encodeEvent, encodeMessage
from twistchat.journal.jetstream.publishing import Publisher
from twistchat.testing.clusters import MemoryNode


class TrustTestCase(ClusterTestCase):
    """Three nodes, and a stream that says something wrong."""

    def stopped(self) -> dict[str, str | None]:
        """Why each node that runs has stopped."""
        return {name: node.stopped for name, node in self.cluster.nodes.items()}

    def assertRuns(self, *names: str) -> None:
        """These nodes run, and no others."""
        self.assertEqual(self.stopped(), dict.fromkeys(names))

    def assertRefused(self, node: MemoryNode, why: str) -> None:
        """A node did not start, with a reason."""
        self.assertIn(why, self.failureResultOf(node.server.opened).getErrorMessage())
        del self.cluster.nodes[node.name]

    def publish(self, node: str, number: int, *events: bytes) -> None:
        """Publish a batch in the name of a node."""
        known = next(iter(self.cluster.nodes.values())).log._follower.chain.known  # private: the hash of what was read
        self.cluster.broker.store(encodeMessage(Batch(node, number, 0, known, events)), f"forged {node}", None)
        self.cluster.pump()


class CopyTests(TrustTestCase):
    """A copy that does not belong to the stream, because the brokers have lost messages and have new ones."""

    def test_otherMessage(self) -> None:
        """A node that has followed messages which nobody else has read does not start, and the others go on."""
        ann = self.person("a", "ann")
        for name in ("b", "a"):
            self.cluster.stop(name)
        end = len(self.cluster.broker.messages)
        self.say(self.person("c", "cy"), "lost")
        self.cluster.stop("c")
        del self.cluster.broker.messages[end:]
        for name in ("a", "b"):
            self.cluster.start(name)
        ann = self.person("a", "ann")
        for number in range(10):
            self.say(ann, f"line {number}")
        self.assertRefused(self.cluster.start("c"), "is not the one that this copy has followed")
        self.say(ann, "more")
        self.assertRuns("a", "b")

    def test_otherMessageOfMember(self) -> None:
        """A node that joins nevertheless is not accepted by the others, which go on."""
        self.cluster.stop("c")
        known = self.cluster.broker.messages[-1].sequence, "00" * 16
        joined = self.cluster.broker.messages[3].data.partition(b"\n")[2].replace(b"c-3", b"c-9")
        self.cluster.broker.store(encodeMessage(Batch("c-9", 1, 0, known, [joined])), "c-9:1:0", None)
        self.cluster.pump()
        self.say(self.person("a", "ann"), "more")
        self.assertRuns("a", "b")
        members = [member["name"] for member in self.cluster.nodes["a"].log.overview()["members"]]
        self.assertEqual(members, ["a", "b"])

    def test_missingEntries(self) -> None:
        """A node that has stored more than the stream has does not start: it would not store new entries."""
        ann = self.person("a", "ann")
        for text in ("one", "two", "three"):
            self.say(ann, text)
        for name in self.names:
            self.cluster.crash(name)
        del self.cluster.broker.messages[-3:]
        for name in self.names:
            self.assertRefused(self.cluster.start(name), "the brokers have lost messages")

    def test_otherEntries(self) -> None:
        """A node that has stored other entries than the stream has does not start."""
        ann = self.person("a", "ann")
        self.say(ann, "one")
        self.cluster.stop("b")
        end = len(self.cluster.broker.messages)
        for text in ("two", "three"):
            self.say(ann, text)
        for name in ("a", "c"):
            self.cluster.crash(name)
        del self.cluster.broker.messages[end:]
        self.cluster.clock.advance(5)
        self.cluster.start("b")
        bob = self.person("b", "bob")
        for number in range(10):
            self.say(bob, f"line {number}")
        for name in ("a", "c"):
            self.assertRefused(self.cluster.start(name), "the brokers have lost messages")
        self.assertRuns("b")


class CheckpointTests(TrustTestCase):
    """A checkpoint contains everything up to its message."""

    def test_joinedWithOthers(self) -> None:
        """The first checkpoint of a node contains what it proposed together with its join."""
        ann = self.person("a", "ann")
        self.cluster.stop("c")
        propose = Publisher.propose

        def proposeMore(publisher: Publisher, event: Event, *arguments: Any) -> str | None:
            why = propose(publisher, event, *arguments)
            if isinstance(event, NodeJoined):
                propose(publisher, TopicSet(SERVER, "#lobby", "with the join"), None, None, None)
            return why

        with patch.object(Publisher, "propose", proposeMore):
            self.cluster.start("c")
        self.assertEqualStates()
        self.cluster.crash("c")
        self.say(ann, "more")
        self.cluster.start("c")
        self.assertRuns(*sorted(self.names))
        self.assertEqualStates()
        self.stopAll()
        self.assertEqualCopies()


class ForgedTests(TrustTestCase):
    """Somebody else publishes to the stream."""

    def test_stranger(self) -> None:
        """What is published in the name of no member is dropped, whatever it contains."""
        self.publish("x-1", 1, b"nonsense {}", b"no event")
        self.publish("x-2", 1)
        self.say(self.person("a", "ann"), "more")
        self.assertRuns(*self.names)

    def takeNumber(self, *events: Event) -> str:
        """Let somebody use the number of a batch that is on its way.  Return what its sender reads."""
        ann = self.irc("a", "ann", "echo-message")
        log = self.cluster.nodes["a"].log
        self.cluster.broker.delay = lambda: 0.5
        ann.skip()
        ann.send("PRIVMSG #lobby :real")
        self.cluster["a"].pump()
        number = len([message for message in self.cluster.broker.messages if b'"a-1"' in message.data.split(b"\n")[0]])
        self.publish(log.overview()["node"], number + 1, *map(encodeEvent, events))
        self.cluster.broker.delay = lambda: 0.0
        self.cluster.advance(3)
        self.assertRuns(*self.names)
        self.assertEqualStates()
        return ann.raw.decode()

    def test_ownNumber(self) -> None:
        """If somebody else has used the number of a batch, its sender is told, and all nodes have what came first."""
        ann = self.takeNumber()
        self.assertIn("in the name of this node", ann)
        self.assertNotIn("PRIVMSG #lobby :real", ann)

    def test_ownNumberWithEvents(self) -> None:
        """The node whose name was used takes the same events as all others."""
        ann = self.takeNumber(TopicSet(SERVER, "#lobby", "forged"))
        self.assertIn("TOPIC #lobby :forged", ann)
        self.assertNotIn("PRIVMSG #lobby :real", ann)


class UnknownTests(TrustTestCase):
    """Nobody knows yet whether a client has registered."""

    def test_registration(self) -> None:
        """A client at any door is disconnected, so that it cannot register a second time; then nobody is left."""
        person, client = self.cluster["a"].connect(), self.cluster["a"].connectIrc()
        self.cluster.broker.delay = lambda: 2.6
        person.send("zed")
        client.send("NICK zoe", "USER zoe 0 * :zoe")
        self.cluster.advance(4.5, 0.1)
        self.cluster.broker.delay = lambda: 0.0
        self.cluster.advance(3)
        self.assertTrue(person.gone and client.gone)
        self.assertIn("not known", person.raw.decode())
        self.assertEqual([list(self.cluster[name].chat.state.users) for name in self.names], [[], [], []])
        self.assertEqualStates()
