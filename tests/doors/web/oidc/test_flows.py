"""The logins in progress."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twistchat.doors.web.oidc.flows import MOST, TIME, Flow, Flows
from twistchat.testing.accounts import randomness


class FlowsTests(SynchronousTestCase):
    """Beginning and ending logins."""

    def setUp(self) -> None:
        self.now = 0.0
        self.flows = Flows(randomness(), lambda: self.now)

    def begin(self, address: str = "192.0.2.1") -> tuple[str, Flow]:
        """Begin a login."""
        return self.flows.begin("x", "https://x.example", "https://chat.example/", "/", None, address)

    def test_secrets(self) -> None:
        """All secrets of a login differ, those of another login do too, and none is shown."""
        begun = [self.begin() for _ in range(2)]
        found = [secret for state, flow in begun for secret in (state, flow.nonce, flow.verifier, flow.binding)]
        self.assertEqual(8, len(set(found)))
        self.assertEqual({43}, {len(secret) for secret in found})
        self.assertEqual([], [secret for secret in found if secret in repr(begun[0][1])])

    def test_take(self) -> None:
        """A login ends once, for its provider and its browser."""
        state, flow = self.begin()
        for wrong in ((state, "y", flow.binding), (state, "x", None), (state, "x", "é"), ("z", "x", flow.binding)):
            self.assertIsNone(self.flows.take(*wrong))
        self.assertIs(flow, self.flows.take(state, "x", flow.binding))
        self.assertIsNone(self.flows.take(state, "x", flow.binding))

    def test_expiry(self) -> None:
        """A login that does not end is forgotten."""
        state, flow = self.begin()
        self.now = TIME
        self.assertIsNone(self.flows.take(state, "x", flow.binding))
        self.assertEqual(0, len(self.flows))

    def test_flood(self) -> None:
        """Whoever begins very many logins loses their own, and those of others stay."""
        state, flow = self.begin("192.0.2.2")
        for _ in range(MOST + 10):
            self.begin()
        self.assertEqual(MOST, len(self.flows))
        self.assertIs(flow, self.flows.take(state, "x", flow.binding))
