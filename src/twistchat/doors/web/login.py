"""C{/login} and C{/logout}: what the page shows before the chat, and the logins of browsers by password."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import FirstError

from twistchat.chat.errors import (
    ChatError,
    LoginFailed,
    NoSuchCredential,
    NotStored,
    OutcomeUnknown,
    Overloaded,
    TooFast,
)
from twistchat.doors.web.answers import Answer, jsonAnswer
from twistchat.doors.web.caller import Caller, callerOf
from twistchat.doors.web.channel import BoundedRequest
from twistchat.doors.web.cookies import endedCookie, secretOf, sessionCookie
from twistchat.doors.web.posts import Problem, checkPost, problem, readObject, textOf
from twistchat.doors.web.settings import webSettings
from twistchat.interfaces import WebCaller, WebSession
from twistchat.protocols.irc.replies.wording import describeError
from twistchat.protocols.irc.settings import ircSettings

if TYPE_CHECKING:
    from twistchat.net.context import ServerContext

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
            "admin": account is not None and self.isAdmin(account),
            "providers": [{"name": name, "label": provider.label or name} for name, provider in settings.oidc.items()],
            "guests": settings.accounts.guests and webSettings(settings).guests,
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
            caller = checkPost(request, self._context)
            given = readObject(request)
            name, password = textOf(given, "name"), textOf(given, "password")
            code = textOf(given, "code", missing="")
            if not name:
                raise Problem(400, "BAD_REQUEST", "A name is wanted")
            logins = self._context.logins
            opened = await logins.webLogin(self.webCaller(caller), name, password, code or None, agentOf(request))
            return jsonAnswer({"account": opened.account}, cookies=await self.admit(request, caller, opened))
        except Problem as refused:
            return refused.answer
        except ChatError as error:
            return self._refuse(request, error)

    async def leave(self, request: BoundedRequest) -> Answer:
        """
        Log the browser out, and disconnect the sessions that it has in the chat.

        The body is an object, in which C{everywhere} tells whether all browsers of the account are logged out.
        """
        try:
            caller = checkPost(request, self._context)
            everywhere = readObject(request).get("everywhere", False)
            if not isinstance(everywhere, bool):
                raise Problem(400, "BAD_REQUEST", "everywhere is true or false")
            secret = secretOf(request, caller)
            if secret is not None:
                await self._end(secret, everywhere)
            return jsonAnswer({}, cookies=(endedCookie(caller),))
        except Problem as refused:
            return refused.answer
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

    def isAdmin(self, account: str) -> bool:
        """Whether an account is one of an administrator."""
        found = self._context.chat.state.accounts.get(account)
        return found is not None and found.isAdmin

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


def agentOf(request: BoundedRequest) -> str:
    """The browser's header User-Agent; C{""} without one."""
    return request.requestHeaders.getRawHeaders("user-agent", [""])[0]


def describe(error: ChatError) -> str:
    """Word an error for a person at the page, without the full stop."""
    return TEXTS.get(error.code) or describeError(error)


def refusal(error: ChatError) -> Answer:
    """Make the answer to a login that is refused."""
    if isinstance(error, TooFast):
        return problem(429, error.code, describe(error), max(1, ceil(error.wait)))
    if isinstance(error, Overloaded | NotStored | OutcomeUnknown):
        return problem(503, error.code, describe(error), PAUSE)
    return problem(403, error.code, describe(error))


def _kept(failure: object) -> None:
    """Do nothing: the web session ends later by itself."""
