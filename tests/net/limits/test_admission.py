"""Tests of L{twistchat.net.limits.admission}."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twistchat.config.limits import Limits
from twistchat.net.limits.admission import NEW_PERIOD, Admission, LoginFailures, NotAdmitted, Ticket, cloak, readAddress


class AdmissionTests(SynchronousTestCase):
    """Admission of connections."""

    def setUp(self) -> None:
        """Make a clock."""
        self.now = 1000.0

    def admission(self, **limits: object) -> Admission:
        """Make an admission with only these limits."""
        none: dict[str, object] = {"connectionsPerAddress": 10**6, "newPerAddress": 10**6, "unregistered": 10**6}
        return Admission(Limits(**{**none, **limits}), lambda: self.now)  # type: ignore[arg-type]  # by name

    def refused(self, admission: Admission, address: str | None) -> str:
        """Check that a connection is not admitted, and return the reason."""
        return str(self.assertRaises(NotAdmitted, admission.admit, address))

    def concurrent(self, one: str, other: str) -> bool:
        """Return whether two addresses count as one."""
        admission = self.admission(connectionsPerAddress=1)
        admission.admit(one)
        try:
            admission.admit(other)
        except NotAdmitted:
            return True
        return False

    def test_groups(self) -> None:
        """An IPv4 address is one customer, and so is an IPv6 /64; a mapped address counts as IPv4."""
        for one, other, concurrent in (
            ("192.0.2.1", "192.0.2.1", True),
            ("192.0.2.1", "192.0.2.2", False),
            ("2001:db8::1", "2001:db8::ffff:2", True),
            ("2001:db8::1", "2001:0DB8:0:0:ffff::", True),
            ("2001:db8::1", "2001:db8:0:1::1", False),
            ("::ffff:192.0.2.1", "192.0.2.1", True),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
            ("fe80::1%eth0", "fe80::2%eth1", True),
        ):
            with self.subTest(f"{one} {other}"):
                self.assertIs(self.concurrent(one, other), concurrent)

    def test_connections(self) -> None:
        """An address may have a number of connections, registered or not; the refusal states it."""
        admission = self.admission(connectionsPerAddress=2)
        first, _ = [admission.admit("192.0.2.1") for _ in range(2)]
        first.registered()
        self.assertIn("2 connections", self.refused(admission, "192.0.2.1"))
        admission.admit("192.0.2.2")
        first.release()
        admission.admit("192.0.2.1")

    def test_releasedOnce(self) -> None:
        """Releasing or registering a ticket twice counts once."""
        admission = self.admission(connectionsPerAddress=2)
        ticket, _ = admission.admit("192.0.2.1"), admission.admit("192.0.2.1")
        ticket.registered()
        ticket.registered()
        ticket.release()
        ticket.release()
        ticket.cancel()
        admission.admit("192.0.2.1")
        self.assertEqual(2, admission.unregistered)
        self.assertIn("2 connections", self.refused(admission, "192.0.2.1"))

    def test_new(self) -> None:
        """An address may make a number of new connections in ten minutes; the refusal says when."""
        admission = self.admission(newPerAddress=2)
        for _ in range(2):
            admission.admit("192.0.2.1").release()
        self.assertIn(f"{int(NEW_PERIOD / 2) + 1} s", self.refused(admission, "192.0.2.1"))
        admission.admit("192.0.2.2")
        self.now += NEW_PERIOD / 2 - 1
        self.refused(admission, "192.0.2.1")
        self.now += 1.001
        admission.admit("192.0.2.1")
        self.refused(admission, "192.0.2.1")

    def test_cancelled(self) -> None:
        """A cancelled ticket does not count, not even as a new connection."""
        admission = self.admission(connectionsPerAddress=1, newPerAddress=1, unregistered=1)
        for _ in range(5):
            admission.admit("192.0.2.1").cancel()
        admission.admit("192.0.2.1")
        self.refused(admission, "192.0.2.1")

    def admit(self, admission: Admission, *addresses: str) -> list[str]:
        """
        Admit connections in this order.

        @return: the addresses of the connections that were turned away for them, in order.
        """
        gone: list[str] = []
        for address in addresses:
            admission.admit(address).turnAway = lambda reason, address=address: gone.append(address)  # type: ignore[misc]  # bound
        return gone

    def test_unregistered(self) -> None:
        """The number of unregistered connections is limited; each further one replaces the oldest."""
        admission = self.admission(unregistered=3)
        gone = self.admit(admission, "192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3", "192.0.2.4")
        self.assertEqual(["192.0.2.1", "2001:db8::1"], gone)
        self.assertEqual(3, admission.unregistered)

    def test_crowd(self) -> None:
        """The address with most unregistered connections loses one, also to itself."""
        admission = self.admission(unregistered=4)
        gone = self.admit(
            admission, "192.0.2.1", "192.0.2.6", "192.0.2.6", "192.0.2.2", "192.0.2.3", *["192.0.2.6"] * 3
        )
        self.assertEqual(["192.0.2.6"] * 4, gone)

    def test_roomForOthers(self) -> None:
        """Registered and released connections do not count as unregistered."""
        admission = self.admission(unregistered=2)
        one, other = admission.admit("192.0.2.1"), admission.admit("2001:db8::1")
        self.assertEqual(2, admission.unregistered)
        one.registered()
        self.assertEqual(1, admission.unregistered)
        one.release()
        other.release()
        other.release()
        self.assertEqual(0, admission.unregistered)
        self.assertEqual([], self.admit(admission, "192.0.2.1", "192.0.2.2"))

    def test_refusedCountsNothing(self) -> None:
        """A refused connection leaves no trace."""
        admission = self.admission(connectionsPerAddress=1, newPerAddress=2, unregistered=1)
        ticket = admission.admit("192.0.2.1")
        for _ in range(10):
            self.refused(admission, "192.0.2.1")
        self.assertEqual(1, admission.unregistered)
        ticket.release()
        admission.admit("192.0.2.1")

    def test_exempt(self) -> None:
        """Exempt networks, and clients without an address, have no limits and do not count."""
        admission = self.admission(
            connectionsPerAddress=1,
            newPerAddress=1,
            unregistered=1,
            loginFailures=1,
            exempt=("10.0.0.0/8", "2001:db8::/32"),
        )
        for address in (None, "10.1.2.3", "::ffff:10.1.2.3", "2001:db8:1::1"):
            tickets = [admission.admit(address) for _ in range(5)]
            for ticket in tickets:
                self.assertTrue(ticket.exempt)
                self.assertEqual([0.0, 0.0], [ticket.attempt(), ticket.attempt()])
            tickets[0].registered()
            tickets[0].succeeded()
            tickets[0].release()
        for address in ("11.0.0.1", "2001:db9::1", "::1", "127.0.0.1"):
            ticket = admission.admit(address)
            self.assertFalse(ticket.exempt)
            ticket.cancel()
        self.assertEqual(["11.0.0.1"], self.admit(admission, "11.0.0.1", "11.0.0.2"))

    def test_otherLimits(self) -> None:
        """Limits can change; connections that were exempt stay exempt."""
        admission = self.admission(exempt=("10.0.0.0/8",))
        exempt = admission.admit("10.0.0.1")
        admission.limit(Limits(connectionsPerAddress=1))
        ticket = admission.admit("10.0.0.1")
        self.assertFalse(ticket.exempt)
        self.assertIn("1 connection,", self.refused(admission, "10.0.0.1"))
        exempt.release()
        self.refused(admission, "10.0.0.1")
        ticket.release()
        admission.admit("10.0.0.1")

    def test_failures(self) -> None:
        """Failed logins per address are limited; successes do not count, and reconnecting does not help."""
        admission = self.admission(loginFailures=3, loginRate=0.05)
        ticket = admission.admit("192.0.2.1")
        for _ in range(10):
            self.assertEqual(0.0, ticket.attempt())
            ticket.succeeded()
        for _ in range(3):
            self.assertEqual(0.0, ticket.attempt())
        ticket.release()
        ticket = admission.admit("192.0.2.1")
        self.assertAlmostEqual(20.0, ticket.attempt())
        self.assertEqual(0.0, admission.admit("192.0.2.2").attempt())
        self.now += 20.0
        self.assertEqual(0.0, ticket.attempt())
        self.assertAlmostEqual(20.0, ticket.attempt())

    def test_forgotten(self) -> None:
        """Idle addresses leave no records, however many there were."""
        admission = self.admission(newPerAddress=2)
        for round in range(8):
            for n in range(1000):
                ticket = admission.admit(f"10.{round}.{n >> 8}.{n & 255}")
                ticket.attempt()
                ticket.release()
            self.now += NEW_PERIOD
        self.assertLessEqual(len(admission.connections), 2048)

    def test_forgottenAtOnce(self) -> None:
        """A record whose rates have recovered is dropped with its last connection."""
        admission = self.admission()
        ticket = admission.admit("192.0.2.1")
        self.now += NEW_PERIOD
        ticket.release()
        self.assertEqual({}, admission.connections)

    def test_remembered(self) -> None:
        """Records that still count are kept, however many others come."""
        admission = self.admission(connectionsPerAddress=1, newPerAddress=2)
        admission.admit("192.0.2.1")
        for _ in range(2):
            admission.admit("192.0.2.2").release()
        for n in range(3000):
            admission.admit(f"10.0.{n >> 8}.{n & 255}")
        self.assertIn("Close one", self.refused(admission, "192.0.2.1"))
        self.assertIn("new connections", self.refused(admission, "192.0.2.2"))

    @settings(max_examples=200)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["admit", "admit", "register", "release", "cancel", "wait"]),
                st.sampled_from(["192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1", "2001:db8::1", "2001:db8::2", None]),
            ),
            max_size=60,
        )
    )
    def test_counts(self, steps: list[tuple[str, str | None]]) -> None:
        """For any order of connections and releases, the counts match the open connections."""
        self.now = 0.0
        admission = self.admission(connectionsPerAddress=3, newPerAddress=5, unregistered=4)
        there: list[tuple[str | None, bool, Ticket]] = []
        crowded = False
        for step, address in steps:
            mine = next((item for item in there if item[0] == address), None)
            if step == "admit":
                with contextlib.suppress(NotAdmitted):
                    there.append((address, False, admission.admit(address)))
            elif step == "wait":
                self.now += 60.0
            elif mine is not None:
                there.remove(mine)
                if step == "register":
                    mine[2].registered()
                    there.append((address, True, mine[2]))
                elif step == "cancel":
                    mine[2].cancel()
                else:
                    mine[2].release()
            counted = [(place, registered) for place, registered, _ in there if place is not None]
            waiting = len([1 for _, registered in counted if not registered])
            self.assertLessEqual(admission.unregistered, waiting)
            if waiting <= 4 and not crowded:
                self.assertEqual(admission.unregistered, waiting)
            crowded = crowded or waiting > 4
            self.assertEqual(sum(admission.connections.values()), len(counted))
            self.assertTrue(all(0 <= count <= 3 for count in admission.connections.values()))
            self.assertLessEqual(admission.unregistered, 4)


class LoginFailuresTests(SynchronousTestCase):
    """Failed logins by address."""

    def test_shared(self) -> None:
        """The failures of an address count together with those of its tickets, also without a connection."""
        admission = Admission(Limits(loginFailures=2, loginRate=0.1), Clock().seconds)
        failures = LoginFailures(admission)
        self.assertEqual(0.0, failures.attempt("192.0.2.1"))
        ticket = admission.admit("192.0.2.1")
        self.assertEqual([0.0, 10.0], [ticket.attempt(), ticket.attempt()])
        self.assertEqual(10.0, failures.attempt("::ffff:192.0.2.1"))
        failures.succeeded("192.0.2.1")
        self.assertEqual([0.0, 10.0], [ticket.attempt(), failures.attempt("192.0.2.1")])
        self.assertEqual(0.0, failures.attempt("192.0.2.2"))
        ticket.release()
        self.assertEqual(10.0, failures.attempt("192.0.2.1"))

    def test_wait(self) -> None:
        """Asking how long to wait counts nothing."""
        failures = LoginFailures(Admission(Limits(loginFailures=1, loginRate=0.1), Clock().seconds))
        addresses = ("192.0.2.1", "192.0.2.1", None)
        self.assertEqual([0.0, 0.0, 0.0], [failures.wait(address) for address in addresses])
        self.assertEqual([0.0, 0.0, 10.0], [failures.attempt(address) for address in ("192.0.2.1", None, "192.0.2.1")])
        self.assertEqual([10.0, 10.0, 0.0], [failures.wait(address) for address in addresses])

    def test_exempt(self) -> None:
        """Exempt addresses and clients without an address have no limit; a success alone changes nothing."""
        failures = LoginFailures(Admission(Limits(loginFailures=1, exempt=("192.0.2.0/24",)), Clock().seconds))
        for _ in range(9):
            self.assertEqual([0.0, 0.0], [failures.attempt("192.0.2.1"), failures.attempt(None)])
        for address in ("192.0.2.1", None, "198.51.100.1"):
            failures.succeeded(address)
        self.assertEqual(0.0, failures.attempt("198.51.100.1"))
        self.assertLess(0.0, failures.attempt("198.51.100.1"))


class ReadAddressTests(SynchronousTestCase):
    """Parsing of addresses."""

    def test_read(self) -> None:
        """An IPv4-mapped address becomes IPv4, and a zone is dropped."""
        for written, read in (
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("0::1", "::1"),
            ("fe80::1%eth0", "fe80::1"),
        ):
            self.assertEqual(read, str(readAddress(written)))
        self.assertIsNone(readAddress(None))
        for written in ("", "localhost", "192.0.2.1/32", "192.0.2", "1", "[::1]", "192.0.2.1 "):
            self.assertRaises(ValueError, readAddress, written)


class CloakTests(SynchronousTestCase):
    """Cloaks."""

    def test_cloak(self) -> None:
        """One customer has one cloak, which hides the address and differs between servers."""
        hide = cloak(lambda: b"0123456789abcdef")
        self.assertEqual(hide("192.0.2.1"), hide("::ffff:192.0.2.1"))
        self.assertEqual(hide("2001:db8::1"), hide("2001:db8::2"))
        hosts = [hide("192.0.2.1"), hide("192.0.2.2"), hide("2001:db8::1"), hide("2001:db8:0:1::1"), hide(None)]
        self.assertEqual((len(set(hosts)), hosts[-1]), (5, "local"))
        self.assertNotEqual(hide("192.0.2.1"), cloak(lambda: b"fedcba9876543210")("192.0.2.1"))
        for host in hosts:
            self.assertRegex(host, r"^([0-9a-f]{16}\.cloak|local)$")
