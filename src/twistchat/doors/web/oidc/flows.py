"""The logins with providers that have begun and not ended."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

TIME: Final = 600.0
"""Seconds in which a login must end."""

MOST: Final = 2048
"""The most logins in progress.  A new one replaces the oldest of the address that has most of them."""


@dataclass(frozen=True, slots=True)
class Flow:
    """
    One login that has begun.

    @ivar provider: the name of the provider's table in the configuration.
    @ivar issuer: the provider's issuer when it began.
    @ivar redirect: the URL of this server to which the provider sends the browser back.
    @ivar nonce: goes into the ID token, so that a token of another login is not taken (OpenID Connect Core 1.0, section
        3.1.2.1).
    @ivar verifier: proves to the provider that the code comes from the server that asked for it (RFC 7636, section
        4.1).
    @ivar binding: the value of the cookie of the browser that began.
    @ivar target: where the browser goes at the end: C{/} or C{/#} and the name of a room.
    @ivar link: the secret of a web session to whose account the provider is linked; C{None} for a login.
    @ivar address: the address of the browser.
    @ivar began: when it began, in seconds on the clock.
    """

    provider: str
    issuer: str
    redirect: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    binding: str = field(repr=False)
    target: str
    link: str | None = field(repr=False)
    address: str | None
    began: float


class Flows:
    """The logins in progress, by their state.  They are in memory only: after a restart people begin again."""

    def __init__(self, random: Callable[[int], bytes], now: Callable[[], float]) -> None:
        """
        @param now: returns seconds on a monotonic clock.
        """
        self._random = random
        self._now = now
        self._flows: dict[str, Flow] = {}

    def __len__(self) -> int:
        return len(self._flows)

    def begin(
        self, provider: str, issuer: str, redirect: str, target: str, link: str | None, address: str | None
    ) -> tuple[str, Flow]:
        """
        Begin a login.

        @return: its state, and the login.
        """
        self._expire()
        if len(self._flows) >= MOST:
            self._makeRoom()
        state, nonce, verifier, binding = (self._secret() for _ in range(4))
        flow = Flow(provider, issuer, redirect, nonce, verifier, binding, target, link, address, self._now())
        self._flows[state] = flow
        return state, flow

    def take(self, state: str, provider: str, binding: str | None) -> Flow | None:
        """
        End a login.  Nobody can end it again.

        @param provider: the provider that answers.
        @param binding: the cookie of the browser.
        @return: C{None} if there is no such login of this browser with this provider, or its time is over.
        """
        self._expire()
        flow = self._flows.get(state)
        if flow is None or flow.provider != provider or binding is None:
            return None
        if not compare_digest(flow.binding.encode(), binding.encode()):
            return None
        return self._flows.pop(state)

    def _expire(self) -> None:
        """Forget the logins whose time is over.  They are in the order in which they began."""
        earliest = self._now() - TIME
        while self._flows:
            state = next(iter(self._flows))
            if self._flows[state].began > earliest:
                return
            del self._flows[state]

    def _makeRoom(self) -> None:
        ((crowded, _),) = Counter([flow.address for flow in self._flows.values()]).most_common(1)
        del self._flows[next(state for state, flow in self._flows.items() if flow.address == crowded)]

    def _secret(self) -> str:
        return urlsafe_b64encode(self._random(32)).decode().rstrip("=")
