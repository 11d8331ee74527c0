"""C{/login} and C{/logout}: what the page shows before the chat, and the logins of browsers by password."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING, Any, Final
from unicodedata import category

from twisted.internet.defer import FirstError

from twistchat.chat.errors import ChatError, LoginFailed, NoSuchCredential, NotStored, Overloaded, TooFast
from twistchat.doors.web.answers import Answer, Refused, jsonAnswer
from twistchat.doors.web.caller import Caller, callerOf, checkOrigin
from twistchat.doors.web.channel import BoundedRequest
from twistchat.doors.web.cookies import endedCookie, secretOf, sessionCookie
from twistchat.doors.web.settings import webSettings
from twistchat.interfaces import WebCaller, WebSession
from twistchat.protocols.irc.replies.wording import describeError
from twistchat.protocols.irc.settings import ircSettings

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext

LONGEST: Final = 1024
"""The most characters of a text in a request.  No name, password or code that can be right is longer."""

TEXTS: Final[Mapping[str, str]] = {
    "CODE_REQUIRED": "Enter the code that your app shows, or one of your recovery codes",
}
"""The texts of errors that have another way out on a page, by their codes."""

PAUSE: Final = 2
"""The seconds after which a browser may try again if the server has too much to do."""


class Login:
    """The places of the site that tell who a browser is, log it in and log it out."""

    def __init__(self, context: ServerContext, door: str) -> None:
        """
        @param door: the name of the door.
        """
        self._context = context
        self._door = door

    def offer(self, request: BoundedRequest) -> Answer:
        """Answer who the browser is, and how it can come in.  This renews its cookie."""
        caller = callerOf(request, self._context.settings)
        secret = secretOf(request, caller)
        account = None if secret is None else self.accountOf(secret, caller)
        settings = self._context.settings
        offered: dict[str, object] = {
            "account": account,
            "providers": [{"name": name, "label": provider.label or name} for name, provider in settings.oidc.items()],
            "guests": webSettings(settings).guests,
            "register": self._context.registrar.registration != "closed",
            "network": ircSettings(settings).network,
        }
        renewed = () if secret is None or account is None else (self.cookie(secret, caller),)
        return jsonAnswer(offered, cookies=renewed)

    async def enter(self, request: BoundedRequest) -> Answer:
        """
        Log the browser in with a name and a password, and a code if the account has a second factor.

        The body is an object with C{name}, C{password} and C{code}, which may be missing.
        """
        try:
            caller = self._check(request)
            given = _read(request)
            name, password = _text(given, "name"), _text(given, "password")
            code = _text(given, "code", missing="")
            if not name:
                raise _Problem(400, "BAD_REQUEST", "A name is wanted")
            logins = self._context.logins
            opened = await logins.webLogin(self.webCaller(caller), name, password, code or None, agentOf(request))
            return jsonAnswer({"account": opened.account}, cookies=await self.admit(request, caller, opened))
        except _Problem as problem:
            return problem.answer
        except ChatError as error:
            return self._refuse(request, error)

    async def leave(self, request: BoundedRequest) -> Answer:
        """
        Log the browser out, and disconnect the sessions that it has in the chat.

        The body is an object, in which C{everywhere} tells whether all browsers of the account are logged out.
        """
        try:
            caller = self._check(request)
            everywhere = _read(request).get("everywhere", False)
            if not isinstance(everywhere, bool):
                raise _Problem(400, "BAD_REQUEST", "everywhere is true or false")
            secret = secretOf(request, caller)
            if secret is not None:
                await self._end(secret, everywhere)
            return jsonAnswer({}, cookies=(endedCookie(caller),))
        except _Problem as problem:
            return problem.answer
        except ChatError as error:
            return self._refuse(request, error)

    def accountOf(self, secret: str, caller: Caller) -> str | None:
        """
        Find out who has a web session, which counts as a use of it.

        @return: the name of the account; C{None} if the web session has ended, or the account cannot be used.
        """
        try:
            return self._context.logins.webSession(secret, self.webCaller(caller)).account
        except ChatError:
            return None

    async def admit(self, request: BoundedRequest, caller: Caller, opened: WebSession) -> tuple[str, ...]:
        """
        Give a web session that was opened to the sender of a request.  The one that the browser had before ends.

        @return: the cookies to set.
        """
        if request.gone:
            await self._context.logins.endWebSession(opened.secret).addErrback(_kept)
            return ()
        before = secretOf(request, caller)
        if before is not None:
            await self._context.logins.endWebSession(before).addErrback(_kept)
        return (self.cookie(opened.secret, caller),)

    def cookie(self, secret: str, caller: Caller) -> str:
        """Make the cookie of a web session that is used now."""
        return sessionCookie(secret, caller, self._context.settings.accounts.webSessionTime)

    def webCaller(self, caller: Caller) -> WebCaller:
        """Describe the sender of a request to C{context.logins}."""
        exempt = self._context.admission.recordOf(caller.address) is None
        return WebCaller(caller.address, caller.secure, exempt, self._door)

    def _check(self, request: BoundedRequest) -> Caller:
        """
        Refuse a request that another web site may have caused.

        A form can send no JSON, and a script of another site can do so only after asking, which this server refuses.
        """
        caller = callerOf(request, self._context.settings)
        try:
            checkOrigin(request, caller, self._context)
        except Refused as refused:
            raise _Problem(403, "FOREIGN_ORIGIN", str(refused).rstrip(".")) from None
        if secretOf(request, caller) is not None and not request.requestHeaders.hasHeader("origin"):
            raise _Problem(403, "FOREIGN_ORIGIN", "A request with a cookie needs the header Origin")
        kinds = request.requestHeaders.getRawHeaders("content-type", [])
        if len(kinds) != 1 or kinds[0].partition(";")[0].strip().lower() != "application/json":
            raise _Problem(415, "BAD_REQUEST", "The body must be JSON, with Content-Type: application/json")
        return caller

    async def _end(self, secret: str, everywhere: bool) -> None:
        logins = self._context.logins
        if not everywhere:
            await logins.endWebSession(secret)
            return
        try:
            await logins.endWebSessions(logins.webSession(secret).account)
        except LoginFailed:
            return
        except FirstError as first:
            failure = first.subFailure
            if not failure.check(NoSuchCredential):  # otherwise it has ended by itself
                failure.raiseException()

    def _refuse(self, request: BoundedRequest, error: ChatError) -> Answer:
        address = callerOf(request, self._context.settings).address
        self._context.refusals.noteError(address, error)
        return refusal(error)


def bodyOf(request: BoundedRequest) -> bytes:
    """The body of a request, which has at most L{BODY <twistchat.doors.web.head.BODY>} bytes."""
    return b"" if request.content is None else request.content.read()


def agentOf(request: BoundedRequest) -> str:
    """The browser's header User-Agent; C{""} without one."""
    return request.requestHeaders.getRawHeaders("user-agent", [""])[0]


def describe(error: ChatError) -> str:
    """Word an error for a person at the page, without the full stop."""
    return TEXTS.get(error.code) or describeError(error)


def refusal(error: ChatError) -> Answer:
    """Make the answer to a login that is refused."""
    if isinstance(error, TooFast):
        return _problem(429, error.code, describe(error), max(1, ceil(error.wait)))
    if isinstance(error, Overloaded | NotStored):
        return _problem(503, error.code, describe(error), PAUSE)
    return _problem(403, error.code, describe(error))


def _problem(status: int, code: str, text: str, wait: int | None = None) -> Answer:
    """
    @param text: says what is wrong, without its full stop.
    @param wait: the seconds after which the request may be repeated.
    """
    body = json.dumps({"error": f"{text}.", "code": code}).encode()
    headers = {"Cache-Control": "no-store"} | ({} if wait is None else {"Retry-After": str(wait)})
    return Answer(body, status, "application/json", headers)


class _Problem(Exception):
    """
    A request cannot be understood, or may not come from where it comes.

    @ivar answer: says why.
    """

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.answer = _problem(status, code, text)


def _read(request: BoundedRequest) -> dict[str, Any]:
    """
    Read the body of a request, which is an object in JSON.

    @raise _Problem: it is something else.
    """
    try:
        value = json.loads(bodyOf(request).decode())
    except UnicodeDecodeError:
        raise _Problem(400, "BAD_REQUEST", "The body is not UTF-8") from None
    except (ValueError, RecursionError):
        raise _Problem(400, "BAD_REQUEST", "The body is not JSON") from None
    if not isinstance(value, dict):
        raise _Problem(400, "BAD_REQUEST", "The body is not an object in JSON")
    return value


def _text(given: Mapping[str, object], key: str, missing: str | None = None) -> str:
    """
    Get a text of a body.

    @param missing: its value if it is missing or null; C{None} if it must not be.
    @raise _Problem: it is no text, too long, or has characters that nobody types.
    """
    value = given.get(key)
    if value is None:
        value = missing
    if not isinstance(value, str):
        raise _Problem(400, "BAD_REQUEST", f"{key} is wanted, as a text")
    if len(value) > LONGEST:
        raise _Problem(400, "BAD_REQUEST", f"{key} is longer than {LONGEST} characters")
    if any([category(character) in {"Cc", "Cs"} for character in value]):
        raise _Problem(400, "BAD_REQUEST", f"{key} has a control character, or half of a character")
    return value


def _kept(failure: object) -> None:
    """Do nothing: the web session ends later by itself."""
