"""The answers to HTTP requests, and the table of paths that gives them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from twistchat.doors.web.channel import BoundedRequest

_log = Logger()

TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"

PART: Final = frozenset({"X-Content-Type-Options", "Cross-Origin-Resource-Policy"})
"""Those of the site's headers that scripts and style sheets have, too."""


@dataclass(frozen=True, slots=True)
class Answer:
    """
    The answer to a request.

    @ivar body: the whole body.
    @ivar status: the status code.
    @ivar type: the media type of the body.
    @ivar headers: further headers.
    @ivar cookies: values of C{Set-Cookie}.
    @ivar isPart: whether it is a script or a style sheet.  Only documents need the site's headers about documents.
    """

    body: bytes
    status: int = 200
    type: str = TEXT
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = field(default=(), repr=False)
    isPart: bool = False


TAKEN: Final = None
"""In place of an L{Answer}: the connection does not speak HTTP any more."""

Outcome: TypeAlias = "Answer | None"
Place: TypeAlias = "Callable[[BoundedRequest], Outcome | Awaitable[Outcome]]"
"""Answers the requests for a path.  It may raise L{Refused}."""


class Refused(Exception):
    """
    A request is refused.

    @ivar answer: says why.
    """

    def __init__(self, status: int, why: str, **headers: str) -> None:
        super().__init__(why)
        self.answer = Answer(f"{why}\n".encode(), status, headers=headers)


def jsonAnswer(value: object, status: int = 200, cookies: tuple[str, ...] = ()) -> Answer:
    """Make an answer in JSON, which no cache keeps."""
    return Answer(json.dumps(value).encode(), status, JSON, {"Cache-Control": "no-store"}, cookies)


class Root(Resource):
    """
    All paths of the site.

    A path must match exactly.  So nothing in a path can lead out of the table, however it is encoded.
    """

    isLeaf = True

    def __init__(self, check: Callable[[BoundedRequest], None], places: Mapping[str, Mapping[str, Place]]) -> None:
        """
        @param check: raises L{Refused} for requests that no path answers.
        @param places: for each path, or beginning of paths that ends with C{/…}, what answers each method.
        """
        super().__init__()
        self._check = check
        self._places = {path.encode(): methods for path, methods in places.items() if not path.endswith("/…")}
        self._folders = {path[:-1].encode(): methods for path, methods in places.items() if path.endswith("/…")}

    def render(self, request: Any) -> int:
        """Answer a request."""
        Deferred.fromCoroutine(self._answer(request))
        return NOT_DONE_YET

    async def _answer(self, request: BoundedRequest) -> None:
        try:
            self._check(request)
            outcome = self._placeFor(request)(request)
            answer = outcome if isinstance(outcome, Answer | None) else await outcome
        except Refused as refused:
            answer = refused.answer
        except Exception:
            _log.failure("A request for {path} failed", Failure(), path=request.path[:200])
            answer = Answer(b"That failed inside the server, which has logged why.\n", 500)
        if answer is not TAKEN and not request.finished and not request.gone:
            _write(request, answer)

    def _placeFor(self, request: BoundedRequest) -> Place:
        methods = self._places.get(request.path)
        if methods is None:
            folder = b"/" + request.path[1:].partition(b"/")[0] + b"/"
            methods = self._folders.get(folder)
        if methods is None:
            raise Refused(404, "There is no such page.")
        method = "GET" if request.method == b"HEAD" else request.method.decode("latin-1")
        if method not in methods:
            raise Refused(405, f"This page takes {', '.join(methods)}.", Allow=", ".join(methods))
        return methods[method]


def _write(request: BoundedRequest, answer: Answer) -> None:
    request.setResponseCode(answer.status, HTTPStatus(answer.status).phrase.encode())
    request.responseHeaders.removeHeader("server")
    for name, value in request.channel.site.headers.items():
        if not answer.isPart or name in PART:
            request.setHeader(name, value)
    request.setHeader("Content-Type", answer.type)
    request.setHeader("Content-Length", str(len(answer.body)))
    for name, value in answer.headers.items():
        request.setHeader(name, value)
    for cookie in answer.cookies:
        request.responseHeaders.addRawHeader("Set-Cookie", cookie)
    if request.method != b"HEAD":
        request.write(answer.body)
    request.finish()
