"""C{/oidc/NAME}, where a login with a provider begins, and C{/oidc/NAME/callback}, where it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from twisted.logger import Logger

from twistchat.chat.errors import BadRoomName, ChatError
from twistchat.chat.model.names import normalizeRoom
from twistchat.config import OidcSettings
from twistchat.doors.web.answers import Answer, Refused
from twistchat.doors.web.caller import Caller, callerOf
from twistchat.doors.web.channel import BoundedRequest
from twistchat.doors.web.cookies import cookieNamed, makeCookie, secretOf
from twistchat.doors.web.login import Login, agentOf, describe
from twistchat.doors.web.oidc.errors import Failed, ProviderFault, shorten
from twistchat.doors.web.oidc.flows import TIME, Flows
from twistchat.doors.web.oidc.people import People
from twistchat.net.limits.admission import readAddress, sameCustomer
from twistchat.net.logs.budget import LineBudget

if TYPE_CHECKING:
    from twisted.web.iweb import IAgent

    from twistchat.doors.web.oidc.provider import Provider
    from twistchat.net.context import ServerContext

log = Logger()

COOKIE: Final = "twistchat-oidc"
"""The name of the cookie that tells which browser has begun a login."""

MOST_ASKING: Final = 32
"""The most browsers for which providers are asked at once."""

FAULTS: Final = 10
"""The most lines of the log per minute about logins that failed because of a provider."""

LONGEST: Final = 4096
"""The most characters of a parameter."""

AGAIN: Final = "Go back to the page and try again."
"""What a person can do after most failures."""

INSTALL: Final = "pip install 'twistchat[oidc]'"
"""How the packages are installed that logins with providers need."""

PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<h1>{title}</h1>
<p>{text}</p>
<p>{advice}</p>
<p><a href="/">Back to the page</a></p>
</html>
"""
"""The page about a login that failed.  Its values are escaped."""


class Oidc:
    """The places of the site for logins with providers."""

    def __init__(self, context: ServerContext, login: Login, agent: IAgent | None = None) -> None:
        """
        @param login: gives web sessions to browsers.
        @param agent: connects to providers; C{None} for one that uses the server's reactor.
        """
        self._context = context
        self._login = login
        self._agent = agent
        self._flows = Flows(context.random, context.clock.seconds)
        self._people = People(context)
        self._providers: dict[str, Provider] = {}
        self._asking = 0
        self._faults = LineBudget(context.clock, FAULTS, 60.0, _moreFaults)

    async def answer(self, request: BoundedRequest) -> Answer:
        """
        Begin or end a login.

        @raise Refused: there is no such page.
        """
        parts = request.path.decode("latin-1").split("/")[2:] or [""]
        settings = self._context.settings.oidc.get(parts[0])
        if settings is None or parts[1:] not in ([], ["callback"]):
            raise Refused(404, "There is no such page.")
        if request.method != b"GET":
            raise Refused(405, "This page takes GET.", Allow="GET")
        caller = callerOf(request, self._context.settings)
        try:
            if parts[1:]:
                return await self._end(request, caller, parts[0], settings)
            return await self._begin(request, caller, parts[0], settings)
        except ChatError as error:
            self._context.refusals.noteError(caller.address, error)
            return page(Failed(f"{describe(error)}.", AGAIN), self._unbound(request, caller))
        except Failed as failed:
            if failed.detail:
                if self._faults.take():
                    log.warn("A login with {name} failed: {why}", name=parts[0], why=failed.detail)
            return page(failed, self._unbound(request, caller))

    async def _begin(self, request: BoundedRequest, caller: Caller, name: str, settings: OidcSettings) -> Answer:
        """Send a browser to a provider."""
        if request.requestHeaders.getRawHeaders("sec-fetch-site", ["none"])[0] not in ("none", "same-origin"):
            raise Failed("Another web site began this login.", "If you want to log in, go to the page and do it there.")
        target = self._target(_parameter(request, "room"))
        secret = secretOf(request, caller)
        if secret is not None and self._login.accountOf(secret, caller) is None:
            secret = None
        host = request.requestHeaders.getRawHeaders("host", [""])[0]
        redirect = f"{'https' if caller.encrypted else 'http'}://{host}/oidc/{name}/callback"
        address = readAddress(caller.address)
        group = None if address is None else sameCustomer(address)
        state, flow = self._flows.begin(name, settings.issuer, redirect, target, secret, group)
        provider = self._provider(name, settings)
        try:
            with self._turn():
                url = await provider.start(flow, state)
        except ProviderFault as fault:
            self._flows.take(state, name, flow.binding)
            raise self._unreachable(name, settings, fault) from None
        return _redirect(url, (makeCookie(COOKIE, flow.binding, caller, TIME, "Lax"),))

    async def _end(self, request: BoundedRequest, caller: Caller, name: str, settings: OidcSettings) -> Answer:
        """Take a browser back from a provider."""
        flow = self._flows.take(_parameter(request, "state") or "", name, cookieNamed(COOKIE, request, caller))
        if flow is None or flow.issuer != settings.issuer:
            why = "This login was not begun in this browser, has taken longer than 10 minutes, or has ended already."
            raise Failed(why, AGAIN, 400)
        label, provider = settings.label or name, self._provider(name, settings)
        try:
            with self._turn():
                await provider.checkIssuer(_parameter(request, "iss"))
                error = _parameter(request, "error")
                if error is not None:
                    said = shorten(_parameter(request, "error_description") or error)
                    raise Failed(f"{label} did not log you in. It says: “{said}”", AGAIN)
                code = _parameter(request, "code")
                if not code:
                    raise Failed(f"{label} sent you back without a login.", AGAIN, 400)
                identity = await provider.identify(flow, code)
        except ProviderFault as fault:
            raise self._unreachable(name, settings, fault) from None
        if flow.link is not None:
            owner = self._login.accountOf(flow.link, caller)
            if owner is None:
                raise Failed("You have logged out meanwhile.", "Log in again, and then link this login.")
            await self._people.link(owner, identity, label)
            return _redirect(flow.target, self._unbound(request, caller))
        account = await self._people.admit(identity, label, settings.create == "always", caller.address)
        web = self._login.webCaller(caller)
        opened = await self._context.logins.openWebSession(web, account, agentOf(request))
        cookies = await self._login.admit(request, caller, opened)
        return _redirect(flow.target, (*cookies, *self._unbound(request, caller)))

    def _provider(self, name: str, settings: OidcSettings) -> Provider:
        """
        Get a provider, as the configuration describes it now.

        @raise Failed: the packages that it needs are not installed.
        """
        known = self._providers.get(name)
        if known is not None and known.settings == settings:
            return known
        try:
            from twistchat.doors.web.oidc.fetch import Fetch, makeAgent
            from twistchat.doors.web.oidc.provider import Provider
        except ImportError as missing:
            detail = f"{missing}; install what it needs with {INSTALL}"
            raise Failed("This server cannot use that login yet.", "Tell an administrator.", 503, detail) from None
        clock = self._context.clock
        fetch = Fetch(makeAgent(clock) if self._agent is None else self._agent, clock)
        made = self._providers[name] = Provider(settings, fetch, clock, self._context.wall)
        return made

    def _target(self, room: str | None) -> str:
        """
        Find where the browser goes at the end.  It stays on this site, whatever was asked.

        @raise Failed: it is no name of a room.
        """
        if room is None:
            return "/"
        try:
            name = normalizeRoom(room, self._context.settings.limits.room)
        except BadRoomName as bad:
            raise Failed(f"The room name {bad.why}.", AGAIN, 400) from None
        return f"/#{quote(name[1:], safe='')}"

    def _unbound(self, request: BoundedRequest, caller: Caller) -> tuple[str, ...]:
        """Remove the cookie of a login, if the browser has one."""
        known = cookieNamed(COOKIE, request, caller)
        return () if known is None else (makeCookie(COOKIE, "", caller, 0, "Lax"),)

    def _unreachable(self, name: str, settings: OidcSettings, fault: ProviderFault) -> Failed:
        text = f"The login with {settings.label or name} did not work: the provider's answer was missing or not valid."
        return Failed(text, "Try again in a minute. If that does not help, tell an administrator.", 502, str(fault))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Count a browser for which a provider is asked."""
        if self._asking >= MOST_ASKING:
            raise Failed("Too many people are logging in just now.", "Try again in a minute.", 503)
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1


def page(failed: Failed, cookies: Sequence[str] = ()) -> Answer:
    """Make the page about a login that failed.  All texts of others are escaped."""
    texts = {"title": "You are not logged in", "text": failed.text, "advice": failed.advice}
    body = PAGE.format_map({name: escape(text) for name, text in texts.items()})
    return Answer(
        body.encode(), failed.status, "text/html; charset=utf-8", {"Cache-Control": "no-store"}, tuple(cookies)
    )


def _redirect(url: str, cookies: tuple[str, ...]) -> Answer:
    return Answer(b"", 302, headers={"Location": url, "Cache-Control": "no-store"}, cookies=cookies)


def _moreFaults(count: int) -> None:
    log.warn("… and {count:,} more logins with providers failed", count=count)


def _parameter(request: BoundedRequest, name: str) -> str | None:
    """
    Get a parameter of the query, which no client sends twice (RFC 6749, section 3.1).

    @return: C{None} if it is missing.
    @raise Failed: it is there twice, too long, or not UTF-8.
    """
    values = (request.args or {}).get(name.encode(), [])
    try:
        if len(values) > 1 or any([len(value) > LONGEST for value in values]):
            raise ValueError
        return values[0].decode() if values else None
    except ValueError:
        raise Failed("The address of this page is damaged.", AGAIN, 400) from None
