"""
Tests of METADATA (IRCv3 metadata).

The names of the classes are those of the specification's sections, in the text of specifications PR 613.
"""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from tests.protocols.irc.servers import listed, mask, serverWith
from twistchat.protocols.irc.replies import metadata
from twistchat.testing import IrcClient, MemoryServer

THREE = ("draft/metadata-3", "batch")
TWO = ("draft/metadata-2", "batch")
LIMITS = "max-subs=50,max-keys=20,max-key-bytes=32,max-value-bytes=300"
LATER = "0 :Request the metadata with METADATA SYNC"


def plain(lines: list[str]) -> list[str]:
    """Take lines without the server's name, and with every reference of a batch as C{B}."""
    return [re.sub(r"\bs\d+\b", "B", line.replace(":twistchat ", "")) for line in lines]


class MetadataCase(SynchronousTestCase):
    """A server with a client that has metadata."""

    def setUp(self) -> None:
        """Register ann, with metadata, and bob, with the older draft."""
        self.server = MemoryServer()
        self.ann = self.server.irc("ann", *THREE)
        self.bob = self.server.irc("bob", *TWO)

    def ask(self, client: IrcClient, *commands: str) -> list[str]:
        """Send commands, and return the reply."""
        client.lines()
        client.send(*commands)
        return plain(client.lines())

    def batch(self, target: str, *lines: str) -> list[str]:
        """Return the lines of a batch."""
        return [f"BATCH +B metadata {target}", *[f"@batch=B {line}" for line in lines], "BATCH -B"]


class CapabilityTests(MetadataCase):
    """The capability."""

    def test_value(self) -> None:
        """Its value has the limits.  The server does not offer before-connect, and refuses METADATA before 001."""
        client = self.server.connectIrc()
        client.send("CAP LS 302")
        words = listed(client)
        for name in ("draft/metadata-2", "draft/metadata-3"):
            self.assertIn(f"{name}={LIMITS}", words)
        client.send("METADATA * LIST")
        client.expect(":twistchat 451 * :You have not registered")

    def test_needed(self) -> None:
        """Without the capability, or without batch, there is no METADATA."""
        for capabilities in ((), ("draft/metadata-3",), ("batch",)):
            client = self.server.irc(f"x{len(capabilities)}{capabilities[:1] == ('batch',):d}", *capabilities)
            self.assertEqual(self.ask(client, "METADATA * LIST")[0].split()[0], "421")

    def test_removed(self) -> None:
        """A client that removes the capability, or batch, has no subscriptions any more."""
        for name in ("draft/metadata-3", "batch"):
            self.ask(self.ann, "METADATA * SUB url", f"CAP REQ -{name}", f"CAP REQ {name}")
            self.assertEqual(self.ask(self.ann, "METADATA * SUBS"), ["BATCH +B metadata-subs", "BATCH -B"])


class RelationTests(MetadataCase):
    """Relation with other specifications."""

    def test_onlyOne(self) -> None:
        """A client cannot have two of metadata-notify, draft/metadata-2 and draft/metadata-3."""
        client = self.server.irc("carol", "batch")
        for request, answer, enabled in (
            ("draft/metadata-2 draft/metadata-3", "NAK", None),
            ("draft/metadata-3 metadata-notify", "NAK", None),
            ("metadata-notify", "NAK", None),
            ("draft/metadata-2", "ACK", "draft/metadata-2"),
            ("draft/metadata-3 server-time", "NAK", "draft/metadata-2"),
            ("draft/metadata-2", "ACK", "draft/metadata-2"),
            ("draft/metadata-3 -draft/metadata-2", "ACK", "draft/metadata-3"),
            ("draft/metadata-2", "NAK", "draft/metadata-3"),
            ("-draft/metadata-3 draft/metadata-2", "ACK", "draft/metadata-2"),
            ("-draft/metadata-2", "ACK", None),
        ):
            with self.subTest(request):
                listed = " ".join(["batch", "cap-notify", *([enabled] if enabled else [])])
                self.assertEqual(
                    self.ask(client, f"CAP REQ :{request}", "CAP LIST"),
                    [f"CAP carol {answer} :{request}", f"CAP carol LIST :{listed}"],
                )

    def test_replaced(self) -> None:
        """A client that replaces one capability by the other has no subscriptions any more."""
        self.ask(self.ann, "METADATA * SUB url", "CAP REQ server-time")
        self.assertEqual(self.ask(self.ann, "METADATA * SUBS")[1], "@batch=B 772 ann url")
        self.ask(self.ann, "CAP REQ :-draft/metadata-3 draft/metadata-2")
        self.assertEqual(self.ask(self.ann, "METADATA * SUBS"), ["BATCH +B metadata-subs", "BATCH -B"])


class ClientCommandTests(MetadataCase):
    """METADATA client command."""

    def test_invalidParams(self) -> None:
        """Missing and unknown subcommands, and too few or too many parameters, are INVALID_PARAMS."""
        for command, context in (
            ("METADATA", "*"),
            ("METADATA *", "*"),
            ("METADATA #chan SNEEZE", "SNEEZE"),
            ("METADATA #chan :: hi!", "*"),
            ("METADATA * GET", "GET"),
            ("METADATA * SET", "SET"),
            ("METADATA * SET a b c", "SET"),
            ("METADATA * SUB", "SUB"),
            ("METADATA * unsub", "UNSUB"),
            ("METADATA * LIST x", "LIST"),
            ("METADATA * CLEAR x", "CLEAR"),
            ("METADATA * SUBS x", "SUBS"),
            ("METADATA * SYNC x", "SYNC"),
        ):
            with self.subTest(command):
                (line,) = self.ask(self.ann, command)
                self.assertEqual(line.split(" :")[0], f"FAIL METADATA INVALID_PARAMS {context}")

    def test_rateLimited(self) -> None:
        """A client that changes metadata too often gets 775 with the seconds to wait, and its request."""
        self.server = serverWith(limits={"metadataBurst": 1, "metadataRate": 0.25, "exempt": (), "floodBurst": 100})
        ann = self.server.irc("ann", *THREE)
        ann.join("#a")
        self.ask(ann, "METADATA * SET a x")
        for command in ("* SET a :y z", "#a SET a y", "* SET a", "* SET a :", "ann CLEAR"):
            with self.subTest(command):
                self.assertEqual(self.ask(ann, f"METADATA {command}"), [f"775 ann 4 {command}"])
        self.server.advance(4)
        self.assertEqual(self.ask(ann, "METADATA * SET a :y z"), ["761 ann ann a * :y z"])


class OlderTests(MetadataCase):
    """Failures for clients with draft/metadata-2, which have the codes of that capability's text."""

    def test_codes(self) -> None:
        """The codes and parameters.  An invalid key among several is a failure, too."""
        self.server = serverWith(limits={"metadataKeys": 1, "metadataSubscriptions": 2})
        self.bob = self.server.irc("bob", *TWO)
        self.server.irc("ann").join("#a")
        self.bob.join("#a")
        self.ask(self.bob, "METADATA * SET url x", "METADATA * SUB url")
        for command, words in (
            ("METADATA *", "INVALID_PARAMS *"),
            ("METADATA * SNEEZE", "SUBCOMMAND_INVALID SNEEZE"),
            ("METADATA * GET $x", "KEY_INVALID $x"),
            ("METADATA * SUB $x", "KEY_INVALID $x"),
            ("METADATA * UNSUB $x", "KEY_INVALID $x"),
            ("METADATA * SUB color status", "TOO_MANY_SUBS status"),
            ("METADATA * SET Url x", "KEY_INVALID Url"),
            ("METADATA * SET color red", "VALUE_INVALID color"),
            ("METADATA * SET status x", "LIMIT_REACHED *"),
            ("METADATA #a SET url x", "KEY_NO_PERMISSION #a url"),
            ("METADATA nobody LIST", "INVALID_TARGET nobody"),
        ):
            with self.subTest(command):
                failures = [line for line in self.ask(self.bob, command) if "FAIL" in line]
                self.assertEqual(
                    [line.removeprefix("@batch=B ").split(" :")[0] for line in failures], [f"FAIL METADATA {words}"]
                )

    def test_rateLimited(self) -> None:
        """A client that changes metadata too often gets RATE_LIMITED with the seconds to wait."""
        self.server = serverWith(limits={"metadataBurst": 1, "metadataRate": 0.25, "exempt": ()})
        bob = self.server.irc("bob", *TWO)
        self.ask(bob, "METADATA * SET a x")
        for command, key in (("SET a y", "a"), ("CLEAR", "*")):
            (line,) = self.ask(bob, f"METADATA * {command}")
            self.assertEqual(line, f"FAIL METADATA RATE_LIMITED * {key} 4 :You change metadata too fast; wait 4 s")


class GetTests(MetadataCase):
    """METADATA GET."""

    def test_order(self) -> None:
        """The replies are in the order of the keys.  An invalid key is a WARN."""
        self.ask(self.ann, "METADATA * SET url x", "METADATA * SET status y")
        invalid = "WARN METADATA INVALID_KEY $b :The key $b may have only the characters a to z, 0 to 9, and _ . / -"
        self.assertEqual(
            self.ask(self.ann, "METADATA ann GET status none $b url"),
            self.batch(
                "ann", "761 ann ann status * y", "766 ann ann none :Key not set", invalid, "761 ann ann url * x"
            ),
        )

    def test_invalidTarget(self) -> None:
        """A target that does not exist, or that the client may not see, is INVALID_TARGET, without a batch."""
        self.ann.join("#a")
        for target in ("nobody", "#none", "#a", "$a:x"):
            for command in ("GET url", "LIST", "SET url x", "CLEAR", "SYNC"):
                with self.subTest(target, command=command):
                    (line,) = self.ask(self.bob, f"METADATA {target} {command}")
                    self.assertEqual(line.split(" :")[0], f"FAIL METADATA INVALID_TARGET {target}")


class ListTests(MetadataCase):
    """METADATA LIST."""

    def test_all(self) -> None:
        """All keys are listed."""
        self.assertEqual(self.ask(self.bob, "METADATA ann LIST"), self.batch("ann"))
        self.ask(self.ann, "METADATA * SET url x", "METADATA * SET color #102030")
        self.assertEqual(
            self.ask(self.bob, "METADATA ann LIST"),
            self.batch("ann", "761 bob ann color * #102030", "761 bob ann url * x"),
        )


class SetTests(MetadataCase):
    """METADATA SET."""

    def test_set(self) -> None:
        """The reply is the new value; without a value, or with an empty one, the key is removed."""
        self.assertEqual(self.ask(self.ann, "METADATA * SET url :a b"), ["761 ann ann url * :a b"])
        for command in ("METADATA ANN SET url", "METADATA * SET url :", "METADATA * SET none"):
            key = command.split()[3]
            self.assertEqual(self.ask(self.ann, command), [f"766 ann ann {key} :Key not set"])
        self.assertEqual(self.ask(self.bob, "METADATA ann LIST"), self.batch("ann"))

    def test_same(self) -> None:
        """It is no error to set the current value."""
        for _ in range(2):
            self.assertEqual(self.ask(self.ann, "METADATA * SET url x"), ["761 ann ann url * x"])

    def test_failures(self) -> None:
        """INVALID_KEY, INVALID_VALUE, KEY_NO_PERMISSION and LIMIT_REACHED."""
        self.server = serverWith(limits={"metadataKeys": 1})
        self.ann = self.server.irc("ann", *THREE)
        self.server.irc("bob").join("#a")
        self.ann.join("#a")
        self.ask(self.ann, "METADATA * SET url x")
        for command, words in (
            ("* SET Url x", "INVALID_KEY Url"),
            ("* SET color red", "INVALID_VALUE color"),
            (f"* SET url {'x' * 301}", "INVALID_VALUE url"),
            ("bob SET url x", "KEY_NO_PERMISSION bob url"),
            ("#a SET url x", "KEY_NO_PERMISSION #a url"),
            ("* SET status x", "LIMIT_REACHED SET * 1"),
        ):
            with self.subTest(command):
                (line,) = self.ask(self.ann, f"METADATA {command}")
                self.assertEqual(line.split(" :")[0], f"FAIL METADATA {words}")

    def test_labelled(self) -> None:
        """A label is on the reply."""
        self.ann.send("CAP REQ labeled-response")
        self.ann.skip()
        self.ann.send("@label=1 METADATA * SET url x")
        self.ann.expect("@label=1 :twistchat 761 ann ann url * x")


class ClearTests(MetadataCase):
    """METADATA CLEAR."""

    def test_clear(self) -> None:
        """The reply has 766 for each key."""
        self.ask(self.ann, "METADATA * SET url x", "METADATA * SET status y")
        expected = self.batch("ann", "766 ann ann status :Key not set", "766 ann ann url :Key not set")
        self.assertEqual(self.ask(self.ann, "METADATA * CLEAR"), expected)
        self.assertEqual(self.ask(self.ann, "METADATA * CLEAR"), self.batch("ann"))

    def test_noPermission(self) -> None:
        """The key of the failure is an asterisk."""
        (line,) = self.ask(self.bob, "METADATA ann CLEAR")
        self.assertEqual(line.split(" :")[0], "FAIL METADATA KEY_NO_PERMISSION ann *")


class SubTests(MetadataCase):
    """METADATA SUB, UNSUB and SUBS."""

    def test_sub(self) -> None:
        """New subscriptions are answered with the values for all visible targets; a second time, they are not."""
        self.ann.join("#a")
        self.bob.join("#a")
        self.ask(self.ann, "METADATA * SET url x", "METADATA * SET status y", "METADATA #a SET url z")
        self.assertEqual(
            self.ask(self.ann, "METADATA * SUB url none"),
            ["770 ann url none", *self.batch("*ALL", "761 ann #a url * z", "761 ann ann url * x")],
        )
        self.assertEqual(self.ask(self.ann, "METADATA ann SUB url url"), ["770 ann url"])
        self.assertEqual(
            self.ask(self.ann, "METADATA * SUB status"),
            ["770 ann status", *self.batch("*ALL", "761 ann ann status * y")],
        )

    def test_invalidKey(self) -> None:
        """An invalid key is a WARN, and the others are processed."""
        lines = self.ask(self.ann, "METADATA * SUB foo $url bar")
        self.assertEqual(lines[0].split(" :")[0], "WARN METADATA INVALID_KEY $url")
        self.assertEqual(lines[1], "770 ann foo bar")
        lines = self.ask(self.ann, "METADATA * UNSUB $url bar bar other")
        self.assertEqual(lines[0].split(" :")[0], "WARN METADATA INVALID_KEY $url")
        self.assertEqual(lines[1:], ["771 ann bar other"])

    def test_limit(self) -> None:
        """LIMIT_REACHED names the first key that was not processed, and no later key is processed."""
        self.server = serverWith(limits={"metadataSubscriptions": 3})
        ann = self.server.irc("ann", *THREE)
        self.ask(ann, "METADATA * SUB avatar website")
        lines = self.ask(ann, "METADATA * SUB foo color website avatar")
        self.assertEqual(lines[0].split(" :")[0], "FAIL METADATA LIMIT_REACHED SUB color 3")
        self.assertEqual(lines[1], "770 ann foo")
        self.assertEqual(
            self.ask(ann, "METADATA * SUBS"),
            ["BATCH +B metadata-subs", "@batch=B 772 ann avatar website foo", "BATCH -B"],
        )

    def test_invalidTarget(self) -> None:
        """The target is the client itself."""
        for command in ("bob SUB url", "#a UNSUB url", "bob SUBS"):
            (line,) = self.ask(self.ann, f"METADATA {command}")
            self.assertEqual(line.split(" :")[0], f"FAIL METADATA INVALID_TARGET {command.split()[0]}")

    def test_later(self) -> None:
        """If there are many visible targets, the client is told to request the values later."""
        self.patch(metadata, "AT_ONCE", 1)
        self.ann.join("#a")
        self.assertEqual(self.ask(self.ann, "METADATA * SUB url"), ["770 ann url", f"774 ann *ALL {LATER}"])

    def test_labelled(self) -> None:
        """The metadata batch is nested in the batch of the label."""
        self.ann.send("CAP REQ labeled-response")
        self.ann.skip()
        lines = self.ask(self.ann, "@label=1 METADATA * SUB url")
        self.assertEqual(lines[0], "@label=1 BATCH +B labeled-response")
        self.assertEqual(
            lines[1:],
            [
                "@batch=B 770 ann url",
                "@batch=B BATCH +B metadata *ALL",
                "@batch=B BATCH -B",
                "BATCH -B",
            ],
        )


class SyncTests(MetadataCase):
    """METADATA SYNC."""

    def test_sync(self) -> None:
        """The values of subscribed keys are sent: of a user, of a channel with its members, or of all targets."""
        self.ann.join("#a")
        self.bob.join("#a")
        self.ask(self.ann, "METADATA * SET url x", "METADATA * SET status y", "METADATA #a SET url z")
        self.ask(self.bob, "METADATA * SUB url")
        self.ask(self.ann, "METADATA * SUB url")
        self.assertEqual(self.ask(self.ann, "METADATA ann SYNC"), self.batch("ann", "761 ann ann url * x"))
        for target in ("#a", "*ALL"):
            self.assertEqual(
                self.ask(self.ann, f"METADATA {target} SYNC"),
                self.batch(target, "761 ann #a url * z", "761 ann ann url * x"),
            )
        self.assertEqual(
            self.ask(self.bob, "METADATA #a SYNC"),
            self.batch("#a", "METADATA #a url * z", "METADATA ann url * x"),
        )

    def test_portions(self) -> None:
        """A large channel is sent in portions; its members get all values."""
        self.patch(metadata, "AT_ONCE", 1)
        self.server.context.portions.steps = 1
        clients = [self.server.irc(f"c{number}", *THREE) for number in range(5)]
        for client in clients:
            client.join("#a")
            client.send("METADATA * SET url x")
        self.ask(clients[0], "METADATA * SUB url")
        found = self.ask(clients[0], "METADATA #a SYNC")
        self.assertEqual(found, self.batch("#a", *[f"761 c0 c{number} url * x" for number in range(5)]))


class NotificationTests(MetadataCase):
    """Notifications."""

    def setUp(self) -> None:
        """Let both subscribe in a channel."""
        super().setUp()
        for client in (self.ann, self.bob):
            client.join("#a")
            client.send("METADATA * SUB url")
        self.ann.skip()
        self.bob.skip()

    def test_user(self) -> None:
        """Subscribers in a shared channel hear of a change; the client that made it gets only the reply."""
        self.assertEqual(self.ask(self.ann, "METADATA * SET url x"), ["761 ann ann url * x"])
        self.bob.expect(":twistchat METADATA ann url * :x")
        self.assertEqual(self.ask(self.bob, "METADATA * SET url y"), ["761 bob bob url * y"])
        self.ann.expect(":twistchat 761 * bob url * :y")
        self.bob.send("METADATA * SET url", "METADATA * SET status z")
        self.ann.expect(":twistchat 766 * bob url :Key not set")

    def test_channel(self) -> None:
        """Its members hear of a change."""
        self.ask(self.ann, "METADATA #a SET url x", "METADATA #a SET url")
        self.bob.expect(":twistchat METADATA #a url * :x", ":twistchat METADATA #a url *")

    def test_monitored(self) -> None:
        """Who monitors a user hears of a change."""
        carol = self.server.irc("carol", *THREE)
        carol.send("METADATA * SUB url", "MONITOR + ann")
        carol.skip()
        self.ask(self.ann, "METADATA * SET url x")
        carol.expect(":twistchat 761 * ann url * :x")


class AutomaticSynchronizationTests(MetadataCase):
    """Automatic synchronization."""

    def test_registration(self) -> None:
        """A client gets its own metadata before the end of the message of the day, subscribed or not."""
        self.ask(self.ann, "METADATA * SET url x")
        client = self.server.connectIrc()
        client.send("CAP REQ :draft/metadata-3 batch", "NICK carol", "USER c 0 * :C", "CAP END")
        lines = plain(client.lines())
        place = lines.index("BATCH +B metadata carol")
        self.assertEqual(lines[place + 1], "BATCH -B")
        self.assertLess(place, next(number for number, line in enumerate(lines) if line.startswith("422 ")))

    def test_join(self) -> None:
        """A client that joins gets the subscribed keys of the channel and its members."""
        self.ann.join("#a")
        self.ask(self.ann, "METADATA * SET url x", "METADATA * SET status y", "METADATA #a SET url z")
        self.ask(self.bob, "METADATA * SUB url")
        self.assertEqual(
            self.ask(self.bob, "JOIN #a")[-4:], self.batch("#a", "METADATA #a url * z", "METADATA ann url * x")
        )
        carol = self.server.irc("carol", *THREE)
        self.assertEqual(self.ask(carol, "JOIN #a")[-2:], self.batch("#a"))

    def test_joinLater(self) -> None:
        """For a large channel, the client is told to request it later."""
        self.patch(metadata, "AT_ONCE", 1)
        self.ann.join("#a")
        self.assertEqual(self.ask(self.bob, "JOIN #a")[-1], f"774 bob #a {LATER}")

    def test_monitor(self) -> None:
        """A monitored user who is here is sent at once; one who comes later is to be requested."""
        self.ask(self.bob, "METADATA * SET url x")
        self.ask(self.ann, "METADATA * SUB url")
        self.assertEqual(
            self.ask(self.ann, "MONITOR + bob,carol"),
            [f"730 ann :{mask('bob')}", *self.batch("bob", "761 ann bob url * x"), "731 ann :carol"],
        )
        self.server.irc("carol")
        self.ann.expect(f":twistchat 730 * :{mask('carol')}", f":twistchat 774 * carol {LATER}")
