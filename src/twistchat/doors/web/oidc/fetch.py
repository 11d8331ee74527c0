"""Requests to providers, which are bounded in time and size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from treq.client import HTTPClient
from twisted.internet.defer import CancelledError, Deferred, TimeoutError, succeed
from twisted.internet.interfaces import IConsumer, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import Agent, BrowserLikePolicyForHTTPS, ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer
from zope.interface import implementer

from twistchat.doors.web.oidc.errors import ProviderFault, shorten

TIMEOUT: Final = 10.0
"""Seconds in which a provider must answer a request, from its begin to the end of the answer."""

CONNECT: Final = 5.0
"""Seconds in which a connection to a provider must be made."""

LARGEST: Final = 256 * 1024
"""The most bytes of an answer."""


def makeAgent(reactor: Any) -> IAgent:
    """Make what connects to providers.  It verifies their certificates with those that this machine trusts."""
    agent: IAgent = Agent(reactor, BrowserLikePolicyForHTTPS(), connectTimeout=CONNECT)
    return agent


class Fetch:
    """Sends requests to providers.  It follows no redirects and keeps no cookies."""

    def __init__(self, agent: IAgent, clock: IReactorTime) -> None:
        """
        @param clock: measures how long a request takes.
        """
        self._agent = agent
        self._clock = clock

    async def json(
        self,
        method: str,
        url: str,
        fields: Mapping[str, str] | None = None,
        authorization: str | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """
        Send a request whose answer is an object in JSON.

        @param fields: the body, as the fields of a form; C{None} for none.
        @param authorization: the header C{Authorization}; C{None} for none.
        @return: the status and the object.
        @raise ProviderFault: there is no such answer, in time and of this size.
        """
        headers = {"Accept": "application/json"} | ({} if authorization is None else {"Authorization": authorization})
        asking = Deferred.fromCoroutine(_ask(self._agent, method, url, fields, headers, self._clock))
        try:
            status, body = await asking.addTimeout(TIMEOUT, self._clock)
        except (TimeoutError, CancelledError):
            raise ProviderFault(f"{url} did not answer within {TIMEOUT:g} s") from None
        except ProviderFault:
            raise
        except Exception as wrong:  # the reasons for which a connection fails have no common class
            raise ProviderFault(f"{url} cannot be reached: {shorten(wrong)}") from wrong
        try:
            value = json.loads(body.decode())
        except (ValueError, RecursionError):
            raise ProviderFault(f"{url} answered {status}, without JSON") from None
        if not isinstance(value, dict):
            raise ProviderFault(f"{url} answered {status}, without an object in JSON")
        return status, value


async def _ask(
    agent: IAgent,
    method: str,
    url: str,
    fields: Mapping[str, str] | None,
    headers: Mapping[str, str],
    clock: Any,
) -> tuple[int, bytes]:
    """Send a request, and return the status and the body of the answer."""
    client = HTTPClient(agent, data_to_body_producer=Form)  # a new one each time, because it keeps cookies
    response = await client.request(
        method,
        url,
        headers=Headers({name: [value] for name, value in headers.items()}),
        data=None if fields is None else dict(fields),
        allow_redirects=False,
        unbuffered=True,
        reactor=clock,
    )
    body = Body(url)
    response.deliverBody(body)
    return response.code, await body.done


@implementer(IBodyProducer)
class Form:
    """The body of a request: the fields of a form, which are sent at once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        """See L{IBodyProducer.startProducing}."""
        consumer.write(self._data)
        return succeed(None)

    def pauseProducing(self) -> None:
        """Do nothing: everything is sent."""

    def resumeProducing(self) -> None:
        """Do nothing: everything is sent."""

    def stopProducing(self) -> None:
        """Do nothing: everything is sent."""


class Body(Protocol):
    """
    Collects the body of an answer, up to L{LARGEST} bytes.

    @ivar done: fires with the body.
    """

    def __init__(self, url: str) -> None:
        """
        @param url: names the request in errors.
        """
        self._url = url
        self._data = bytearray()
        self._ended = False
        self.done: Deferred[bytes] = Deferred(lambda _: self._abort())

    def dataReceived(self, data: bytes) -> None:
        """Collect bytes."""
        if self._ended:
            return
        self._data += data
        if len(self._data) > LARGEST:
            self._abort()
            self.done.errback(ProviderFault(f"{self._url} answered more than {LARGEST} bytes"))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The body is complete, or the connection was lost before that."""
        if self._ended:
            return
        self._ended = True
        if reason.check(ResponseDone, PotentialDataLoss):
            self.done.callback(bytes(self._data))
        else:
            self.done.errback(ProviderFault(f"{self._url} closed the connection within its answer"))

    def _abort(self) -> None:
        self._ended = True
        transport: Any = self.transport
        if transport is not None:
            transport.stopProducing()
