"""Tests of L{twistchat.doors.web.oidc.token}.  L{tests.doors.web.oidc.test_places} tests whole logins."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.doors.web.oidc.fakes import NEXT
from twistchat.doors.web.oidc.errors import ProviderFault
from twistchat.doors.web.oidc.token import readKeys


class KeysTests(SynchronousTestCase):
    """The keys of a provider."""

    def test_leftOut(self) -> None:
        """Keys that cannot be used are left out, whatever is wrong with them."""
        good = NEXT.as_dict(private=False)
        bad: list[object] = [
            {**good, "crv": "P-999"},
            {**good, "crv": "P-521"},
            {**good, "x": "!"},
            {**good, "x": 1},
            {**good, "use": "enc"},
            {**good, "kty": "OKP"},
            {"kty": "EC"},
            "key",
            None,
        ]
        self.assertEqual(["next"], [key.get("kid") for key in readKeys({"keys": [*bad, good]})])
        self.assertRaises(ProviderFault, readKeys, {"keys": bad})
        self.assertRaises(ProviderFault, readKeys, {"keys": {}})
