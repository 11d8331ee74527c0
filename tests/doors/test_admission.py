"""Tests of L{twistchat.doors.admission}."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twistchat.chat.limits import Limits
from twistchat.doors.admission import NEW_PERIOD, Admission, cloak


class AdmissionTests(SynchronousTestCase):
    """Who may connect."""

    def setUp(self) -> None:
        """A clock."""
        self.now = 1000.0

    def admission(self, **limits: object) -> Admission:
        """An admission with these limits, and no other."""
        none: dict[str, object] = {"connectionsPerAddress": 10**6, "newPerAddress": 10**6, "unregistered": 10**6}
        return Admission(Limits(**{**none, **limits}), lambda: self.now)  # type: ignore[arg-type]  # by name

    def together(self, one: str, other: str) -> bool:
        """Whether two addresses count as one."""
        admission = self.admission(connectionsPerAddress=1)
        self.assertIsNone(admission.admit(one))
        return admission.admit(other) is not None

    def test_groups(self) -> None:
        """An IPv4 address is one customer, and so is a /64 of IPv6; a mapped address is the IPv4 address it is."""
        for one, other, together in (
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
                self.assertIs(self.together(one, other), together)

    def test_connections(self) -> None:
        """An address has so many connections at a time, registered or not; the refusal says how many there are."""
        admission = self.admission(connectionsPerAddress=2)
        for _ in range(2):
            self.assertIsNone(admission.admit("192.0.2.1"))
        admission.registered("192.0.2.1")
        self.assertIn("2 connections", admission.admit("192.0.2.1") or "")
        self.assertIsNone(admission.admit("192.0.2.2"))
        admission.release("192.0.2.1", True)
        self.assertIsNone(admission.admit("192.0.2.1"))

    def test_new(self) -> None:
        """An address makes so many new connections at once, and so many in ten minutes; the refusal says when."""
        admission = self.admission(newPerAddress=2)
        for _ in range(2):
            self.assertIsNone(admission.admit("192.0.2.1"))
            admission.release("192.0.2.1", False)
        self.assertIn(f"{int(NEW_PERIOD / 2) + 1} s", admission.admit("192.0.2.1") or "")
        self.assertIsNone(admission.admit("192.0.2.2"))
        self.now += NEW_PERIOD / 2 - 1
        self.assertIsNotNone(admission.admit("192.0.2.1"))
        self.now += 1.001
        self.assertIsNone(admission.admit("192.0.2.1"))
        self.assertIsNotNone(admission.admit("192.0.2.1"))

    def test_unregistered(self) -> None:
        """So many may be coming in at once, from everywhere; who has come in, or is gone, does not count."""
        admission = self.admission(unregistered=2)
        self.assertIsNone(admission.admit("192.0.2.1"))
        self.assertIsNone(admission.admit("2001:db8::1"))
        self.assertIn("Try again", admission.admit("192.0.2.2") or "")
        admission.registered("192.0.2.1")
        self.assertIsNone(admission.admit("192.0.2.2"))
        admission.release("192.0.2.1", True)
        self.assertIsNotNone(admission.admit("192.0.2.3"))
        admission.release("2001:db8::1", False)
        self.assertIsNone(admission.admit("192.0.2.3"))

    def test_refusedCountsNothing(self) -> None:
        """A connection that was refused, for whatever reason, leaves no trace."""
        admission = self.admission(connectionsPerAddress=1, newPerAddress=2, unregistered=2)
        admission.admit("192.0.2.1")
        for _ in range(10):
            self.assertIsNotNone(admission.admit("192.0.2.1"))
        self.assertIsNone(admission.admit("192.0.2.2"))
        for _ in range(10):
            self.assertIsNotNone(admission.admit("192.0.2.3"))
        admission.release("192.0.2.1", False)
        self.assertIsNone(admission.admit("192.0.2.1"))

    def test_exempt(self) -> None:
        """No limit binds an exempt network, nor who has no address; and they do not count."""
        admission = self.admission(
            connectionsPerAddress=1, newPerAddress=1, unregistered=1, exempt=("10.0.0.0/8", "2001:db8::/32")
        )
        for address in (None, "10.1.2.3", "::ffff:10.1.2.3", "2001:db8:1::1"):
            self.assertTrue(admission.exempt(address))
            for _ in range(5):
                self.assertIsNone(admission.admit(address))
            admission.registered(address)
            admission.release(address, True)
            admission.release(address, False)
        for address in ("11.0.0.1", "2001:db9::1", "::1", "127.0.0.1"):
            self.assertFalse(admission.exempt(address))
        self.assertIsNone(admission.admit("11.0.0.1"))
        self.assertIsNotNone(admission.admit("11.0.0.2"))

    def test_forgotten(self) -> None:
        """Of addresses that have nothing against them nothing is kept, however many there were."""
        admission = self.admission(newPerAddress=2)
        for round in range(8):
            for n in range(1000):
                address = f"10.{round}.{n >> 8}.{n & 255}"
                self.assertIsNone(admission.admit(address))
                admission.release(address, False)
            self.now += NEW_PERIOD
        self.assertLessEqual(len(admission._places), 2048)

    def test_remembered(self) -> None:
        """Those that have are not forgotten, however many others come."""
        admission = self.admission(connectionsPerAddress=1, newPerAddress=2)
        self.assertIsNone(admission.admit("192.0.2.1"))
        for _ in range(2):
            self.assertIsNone(admission.admit("192.0.2.2"))
            admission.release("192.0.2.2", False)
        for n in range(3000):
            self.assertIsNone(admission.admit(f"10.0.{n >> 8}.{n & 255}"))
        self.assertIn("Close one", admission.admit("192.0.2.1") or "")
        self.assertIn("new connections", admission.admit("192.0.2.2") or "")

    @settings(max_examples=200)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["admit", "admit", "register", "release", "wait"]),
                st.sampled_from(["192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1", "2001:db8::1", "2001:db8::2", None]),
            ),
            max_size=60,
        )
    )
    def test_counts(self, steps: list[tuple[str, str | None]]) -> None:
        """Whatever order connections come and go in, the counts are those of the connections that are there."""
        self.now = 0.0
        admission = self.admission(connectionsPerAddress=3, newPerAddress=5, unregistered=4)
        there: list[tuple[str | None, bool]] = []
        for step, address in steps:
            if step == "admit":
                if admission.admit(address) is None:
                    there.append((address, False))
            elif step == "wait":
                self.now += 60.0
            elif (address, False) in there:
                there.remove((address, False))
                if step == "register":
                    admission.registered(address)
                    there.append((address, True))
                else:
                    admission.release(address, False)
            elif (address, True) in there:
                there.remove((address, True))
                admission.release(address, True)
            counted = [(place, registered) for place, registered in there if place is not None]
            self.assertEqual(admission._unregistered, len([1 for _, registered in counted if not registered]))
            self.assertEqual(sum(place.connections for place in admission._places.values()), len(counted))
            self.assertTrue(all(0 <= place.connections <= 3 for place in admission._places.values()))
            self.assertLessEqual(admission._unregistered, 4)


class CloakTests(SynchronousTestCase):
    """The hosts that others see."""

    def test_cloak(self) -> None:
        """One customer has one cloak, which does not show the address; another server's is another."""
        hide = cloak(lambda: b"0123456789abcdef")
        self.assertEqual(hide("192.0.2.1"), hide("::ffff:192.0.2.1"))
        self.assertEqual(hide("2001:db8::1"), hide("2001:db8::2"))
        hosts = [hide("192.0.2.1"), hide("192.0.2.2"), hide("2001:db8::1"), hide("2001:db8:0:1::1"), hide(None)]
        self.assertEqual(len(set(hosts)), 5)
        self.assertNotEqual(hide("192.0.2.1"), cloak(lambda: b"fedcba9876543210")("192.0.2.1"))
        for host in hosts:
            self.assertRegex(host, r"^([0-9a-f]{16}\.cloak|local)$")
