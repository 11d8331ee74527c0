"""Clients that come and go in several threads."""

from __future__ import annotations

import threading

from twisted.trial.unittest import SynchronousTestCase

from bench.fire.reloads.visitor import PER_ADDRESS, Crowd


class CrowdTests(SynchronousTestCase):
    """Crowds."""

    def test_crowd(self) -> None:
        """Each client is recorded with its result or error.  They come from many addresses, none from 127.0.0.1."""
        addresses: list[str] = []
        enough = threading.Event()

        def visit(address: str) -> int:
            addresses.append(address)
            if len(addresses) > 4:
                enough.set()
            if len(addresses) == 2:
                raise ConnectionError("closed")
            return 7

        with Crowd(visit, 1) as crowd:
            self.assertTrue(enough.wait(30))
        self.assertEqual(len(crowd.visits), len(addresses))
        self.assertEqual(["ConnectionError: closed"], crowd.errors)
        self.assertEqual({7, None}, {visit.result for visit in crowd.visits})
        self.assertEqual([True] * len(addresses), [visit.began <= visit.ended for visit in crowd.visits])
        self.assertEqual({"127.1.0.1"}, set(addresses[:PER_ADDRESS]))
