"""Requests to providers."""

from __future__ import annotations

import json
from typing import Any

from treq.testing import RequestTraversalAgent
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from twistchat.doors.web.oidc.errors import ProviderFault
from twistchat.doors.web.oidc.fetch import LARGEST, TIMEOUT, Fetch


class Pages(Resource):
    """Answers by the path.  C{asked} has the requests: the path, the body and the cookies."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, bytes, str | None]] = []

    def render(self, request: Any) -> bytes | int:
        """Answer a request."""
        path = request.path.decode()
        self.asked.append((path, request.content.read(), request.getHeader("cookie")))
        request.addCookie("tracking", "1")
        if path == "/moved":
            request.redirect(b"https://id.example/fine")
        if path == "/silent":
            return NOT_DONE_YET
        if path == "/half":
            request.write(b'{"a":')
            return NOT_DONE_YET
        size = {"/largest": LARGEST, "/larger": LARGEST + 1}.get(path, 20)
        return json.dumps({"a": "x" * (size - len('{"a": ""}'))}).encode()


class FetchTests(SynchronousTestCase):
    """Requests are bounded, and go where they are sent."""

    def setUp(self) -> None:
        self.pages, self.clock = Pages(), Clock()
        self.fetch = Fetch(RequestTraversalAgent(self.pages), self.clock)

    def ask(self, path: str, method: str = "GET", **arguments: Any) -> Deferred[tuple[int, dict[str, Any]]]:
        """Send a request."""
        asking = self.fetch.json(method, f"https://id.example{path}", **arguments)
        return Deferred.fromCoroutine(asking)

    def test_redirect(self) -> None:
        """A redirect is an answer, and is not followed."""
        status, _ = self.successResultOf(self.ask("/moved"))
        self.assertEqual(302, status)
        self.assertEqual(["/moved"], [path for path, _, _ in self.pages.asked])

    def test_size(self) -> None:
        """An answer that is too large is refused, though it is JSON."""
        self.assertEqual(200, self.successResultOf(self.ask("/largest"))[0])
        wrong = self.failureResultOf(self.ask("/larger"), ProviderFault)
        self.assertIn("more than", str(wrong.value))

    def test_time(self) -> None:
        """A provider that does not answer, or does not end its answer, is given up."""
        for path in ("/silent", "/half"):
            asking = self.ask(path)
            self.clock.advance(TIMEOUT - 1)
            self.assertNoResult(asking)
            self.clock.advance(1)
            self.failureResultOf(asking, ProviderFault)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_form(self) -> None:
        """Fields are sent as a form."""
        self.successResultOf(self.ask("/token", "POST", fields={"code": "a&b"}))
        self.assertEqual(b"code=a%26b", self.pages.asked[0][1])

    def test_cookies(self) -> None:
        """No cookie of an answer comes with the next request."""
        for _ in range(2):
            self.successResultOf(self.ask("/fine"))
        self.assertEqual([None, None], [cookie for _, _, cookie in self.pages.asked])
