"""The checks of what witnesses wrote down: each finds a violation that is planted."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from bench.cluster import checks
from bench.cluster.observed import Fate, Fault, Heard, Leaving, Observations, Stream

ROOM = "#r0"


def fate(writer: int, number: int, answer: str | None = "taken", sent: float = 0.0, at: float = 0.1) -> Fate:
    """A text on node C{a}."""
    msgid = f"j-{10 * writer + number}" if answer == "taken" else ""
    return Fate((writer, number), ROOM, "a", sent, answer, at, msgid)


def heard(*texts: tuple[int, int]) -> list[Heard]:
    """Texts with their message ids."""
    return [(f"j-{10 * writer + number}", (writer, number)) for writer, number in texts]


def stream(*texts: tuple[int, int], kind: str = "live", client: str = "ra0") -> Stream:
    """What one client was shown."""
    return Stream(client, "a", ROOM, kind, heard(*texts))


class CopyTests(SynchronousTestCase):
    """The texts of writers, and the copies."""

    def setUp(self) -> None:
        """Two writers say two texts each, and all of them are stored."""
        self.fates = [fate(0, 1), fate(1, 1), fate(0, 2), fate(1, 2)]
        self.rooms = {ROOM: heard((0, 1), (1, 1), (0, 2), (1, 2))}

    def test_good(self) -> None:
        """Nothing is missed."""
        for check in (checks.checkLost, checks.checkContradicted, checks.checkSendersOrder):
            self.assertEqual(check(self.fates, self.rooms), [])
        self.assertEqual(checks.checkDoubled(self.rooms), [])
        self.assertEqual(checks.checkHistories({"a": self.rooms}, self.rooms), [])
        self.assertEqual(checks.checkCopies({"a": "1", "b": "1"}), [])

    def test_lost(self) -> None:
        """An acknowledged text is gone, has another message id, or is in another room."""
        del self.rooms[ROOM][2]
        self.assertEqual(checks.checkLost(self.fates, self.rooms), ["1 acknowledged texts are not in the copies: 0.2"])
        self.rooms[ROOM].append(("j-99", (0, 2)))
        self.assertEqual(len(checks.checkLost(self.fates, self.rooms)), 1)
        self.rooms = {ROOM: heard((0, 1), (1, 1), (1, 2)), "#r1": heard((0, 2))}
        self.assertEqual(len(checks.checkLost(self.fates, self.rooms)), 1)

    def test_unacknowledged(self) -> None:
        """A text without an acknowledgement may be there or not."""
        self.fates += [fate(0, 3, "cut"), fate(0, 4, "unknown"), fate(0, 5, None)]
        self.rooms[ROOM] += heard((0, 3), (0, 4))
        self.assertEqual(checks.checkLost(self.fates, self.rooms), [])
        self.assertEqual(checks.checkContradicted(self.fates, self.rooms), [])

    def test_doubled(self) -> None:
        """A text is stored twice."""
        self.rooms[ROOM] += [("j-99", (0, 1))]
        self.assertEqual(checks.checkDoubled(self.rooms), ["1 texts are in the copies twice: 0.1"])

    def test_contradicted(self) -> None:
        """A refused text is stored, or one that nobody sent."""
        self.fates.append(fate(0, 3, "refused"))
        self.rooms[ROOM] += heard((0, 3), (7, 7))
        self.assertEqual(
            checks.checkContradicted(self.fates, self.rooms),
            ["1 refused texts are in the copies: 0.3", "1 texts that nobody sent are there: 7.7"],
        )

    def test_sendersOrder(self) -> None:
        """A writer's second text is stored before its first one."""
        self.rooms = {ROOM: heard((0, 2), (1, 1), (0, 1), (1, 2))}
        self.assertEqual(
            checks.checkSendersOrder(self.fates, self.rooms),
            ["1 texts are stored before an earlier one of their writer: 0.2"],
        )

    def test_histories(self) -> None:
        """A node's history lacks a text, or has another order."""
        self.assertEqual(
            checks.checkHistories({"a": self.rooms, "b": {ROOM: heard((0, 1), (1, 1), (0, 2))}}, self.rooms),
            ["1 texts are not in the history of b: 1.2"],
        )
        self.assertEqual(
            checks.checkHistories({"b": {ROOM: heard((1, 1), (0, 1), (0, 2), (1, 2))}}, self.rooms),
            [f"the history of b has other texts or another order in {ROOM}"],
        )

    def test_copies(self) -> None:
        """One copy differs."""
        self.assertEqual(checks.checkCopies({"a": "1", "b": "2"}), ["the copies differ: a 1, b 2"])


class OrderTests(SynchronousTestCase):
    """What clients were shown."""

    def setUp(self) -> None:
        """A room with five texts."""
        self.rooms = {ROOM: heard((0, 1), (1, 1), (0, 2), (1, 2), (0, 3))}

    def found(self, *texts: tuple[int, int]) -> list[str]:
        """Return what is wrong with a live stream."""
        return checks.checkOrder([stream(*texts)], self.rooms)

    def test_good(self) -> None:
        """Any part of the room without gaps is good."""
        self.assertEqual(self.found((1, 1), (0, 2), (1, 2)), [])
        self.assertEqual(self.found(), [])

    def test_order(self) -> None:
        """A client is shown two texts in another order."""
        (missed,) = [each for each in self.found((0, 1), (0, 2), (1, 1)) if "order" in each]
        self.assertEqual(missed, f"1 texts were shown in another order (ra0 on a in {ROOM}, live): 1.1")

    def test_twice(self) -> None:
        """A client is shown a text twice."""
        self.assertEqual(self.found((0, 1), (0, 1)), [f"1 texts were shown twice (ra0 on a in {ROOM}, live): 0.1"])

    def test_gap(self) -> None:
        """A client is not shown a text between two others."""
        self.assertEqual(
            self.found((0, 1), (0, 2)), [f"1 gaps are in what was shown (ra0 on a in {ROOM}, live), before: 0.2"]
        )

    def test_strange(self) -> None:
        """A client is shown a text that is not stored, or one with another message id."""
        self.assertEqual(
            self.found((0, 1), (5, 5)),
            [f"1 texts were shown that are not in the copies (ra0 on a in {ROOM}, live): 5.5"],
        )
        other = Stream("ra0", "a", ROOM, "live", [("j-77", (0, 1))])
        self.assertEqual(len(checks.checkOrder([other], self.rooms)), 1)

    def test_line(self) -> None:
        """The line door shows no message ids."""
        line = Stream("la", "a", ROOM, "live", [("", (0, 1)), ("", (1, 1))])
        self.assertEqual(checks.checkOrder([line], self.rooms), [])

    def test_filled(self) -> None:
        """A client that came back has all texts since it first came, or one never reached it."""
        streams = [stream((1, 1)), stream((0, 2), kind="history"), stream((1, 2), (0, 3))]
        self.assertEqual(checks.checkFilled(streams, self.rooms), [])
        del streams[1]
        self.assertEqual(checks.checkFilled(streams, self.rooms), ["1 texts never reached ra0: 0.2"])

    def test_leavings(self) -> None:
        """All clients see a user leave after the same text, or one sees it at another place."""
        seen = [Leaving("ra0", "w1x1", 1.0, {ROOM: (0, 1)}), Leaving("rb0", "w1x1", 2.0, {ROOM: (0, 1)})]
        seen.append(Leaving("rc0", "w1x1", 2.0, {}))
        self.assertEqual(checks.checkLeavings(seen, [ROOM]), [])
        seen.append(Leaving("rc1", "w1x1", 2.0, {ROOM: (0, 2)}))
        self.assertEqual(
            checks.checkLeavings(seen, [ROOM]), [f"w1x1 left {ROOM} at different places: ra0 after 0.1, rc1 after 0.2"]
        )


class TimeTests(SynchronousTestCase):
    """How long things took."""

    def test_answered(self) -> None:
        """A text has no answer in time, or none at all."""
        fates = [fate(0, 1, "taken", 0.0, 4.9), fate(0, 2, "refused", 0.0, 5.1), fate(0, 3, None, 0.0, float("inf"))]
        self.assertEqual(checks.checkAnswered(fates, [], 30.0), ["2 texts had no answer within 5 s: 0.2, 0.3"])

    def test_mute(self) -> None:
        """A node that does not run answers later."""
        fates = [fate(0, 1, "taken", 3.0, 16.0)]
        held = Fault("SIGSTOP", 2.0, 15.0, frozenset("a"), frozenset("a"))
        apart = Fault("cut off", 2.0, 15.0, frozenset("a"))
        self.assertEqual(checks.checkAnswered(fates, [held], 30.0), [])
        self.assertEqual(len(checks.checkAnswered(fates, [apart], 30.0)), 1)

    def test_minority(self) -> None:
        """A node that is cut off acknowledges a text."""
        fault = Fault("cut off", 2.0, 15.0, frozenset("a"))
        good = [fate(0, 1, "taken", 1.9, 2.1), fate(0, 2, "refused", 3.0, 7.0), fate(0, 3, "taken", 12.0, 15.5)]
        self.assertEqual(checks.checkMinority(good, [fault]), [])
        self.assertEqual(
            checks.checkMinority([*good, fate(0, 4, "taken", 5.0, 6.0)], [fault]),
            ["1 texts were acknowledged by a node that was cut off: 0.4"],
        )

    def test_stopped(self) -> None:
        """A node that is stopped in order acknowledges texts until it ends."""
        fault = Fault("restart", 2.0, 5.0, frozenset("a"), frozenset("a"))
        self.assertEqual(checks.checkMinority([fate(0, 1, "taken", 2.1, 2.2)], [fault]), [])

    def test_resumed(self) -> None:
        """Writing stands still for too long after a fault began, or after it ended on a node that was out."""
        fates = [fate(0, number, "taken", at, at) for number, at in enumerate((1.0, 2.5, 13.0, 14.0, 20.0, 25.0))]
        fault = Fault("kill", 2.0, 8.0)
        self.assertEqual(checks.checkResumed(fates, [fault], "a", 40.0), ["writing on a stood still for 10.5 s (kill)"])
        out = Fault("kill", 2.0, 8.0, frozenset("a"))
        self.assertEqual(checks.checkResumed(fates, [out], "a", 40.0), [])
        self.assertEqual(len(checks.checkResumed(fates[:2], [out], "a", 40.0)), 1)

    def test_nextFault(self) -> None:
        """A pause in the next fault belongs to that one."""
        fates = [fate(0, number, "taken", at, at) for number, at in enumerate((1.0, 2.5, 9.0))]
        faults = [Fault("first", 2.0, 3.0), Fault("second", 10.0, 30.0, frozenset("a"))]
        self.assertEqual(checks.checkResumed(fates, faults, "a", 35.0), [])


class ObservationsTests(SynchronousTestCase):
    """The notes."""

    def test_say(self) -> None:
        """A text that was sent has no answer yet."""
        noted = Observations()
        said = noted.say((0, 1), ROOM, "a", 2.0)
        self.assertEqual(list(noted.of(None)), [said])
        said.answer = "taken"
        self.assertEqual(list(noted.of("taken", "cut")), [said])
        self.assertTrue(said.taken)
