"""
C{/admin}: the status page, for administrators who are logged in at the page of the chat.

Each request checks again who sends it, so nobody keeps what they may no longer do.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from twistchat.chat.errors import ChatError, SearchTooBroad
from twistchat.chat.model.events import AdministrativeAct
from twistchat.chat.model.spans import Acts, Damaged
from twistchat.doors.web.answers import Answer, jsonAnswer
from twistchat.doors.web.caller import Caller, callerOf
from twistchat.doors.web.channel import BoundedRequest
from twistchat.doors.web.cookies import secretOf
from twistchat.doors.web.login import Login, describe
from twistchat.doors.web.posts import LONGEST, Problem, checkPost, problem, readObject, textOf
from twistchat.interfaces import Authenticated, CommandRefused

if TYPE_CHECKING:
    from twistchat.chat.model.spans import Kept
    from twistchat.doors.web.pages import Pages
    from twistchat.interfaces import IAdministration
    from twistchat.net.context import ServerContext

ACTS: Final = 50
"""The number of acts in one answer."""

DIGITS: Final = 16
"""The most digits of a number in a request."""

PAUSE: Final = 1
"""The seconds after which a command may be repeated that came while another one ran."""

STATUSES: Final = {
    "TOO_SLOW": 503,
    "FAILED": 500,
    "NO_SUCH_COMMAND": 404,
    "BAD_ARGUMENTS": 400,
    "NO_ADMINISTRATOR": 403,
}
"""The status codes of refused commands, by the code of the error; 409 for all others."""

REFUSAL: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Server status</title>
<link rel="icon" href="{static}/icon.svg" type="image/svg+xml">
<h1>Server status</h1>
<p>{why}</p>
<p><a href="/">Go to the chat</a></p>
</html>
"""
"""The page for those who may not see the status page.  The reason is escaped."""


class StatusPage:
    """The places of the site for administrators."""

    def __init__(self, context: ServerContext, login: Login, pages: Pages) -> None:
        """
        @param login: knows the web sessions.
        @param pages: has the page.
        """
        self._context = context
        self._login = login
        self._pages = pages
        self._busy: set[str] = set()

    def page(self, request: BoundedRequest) -> Answer:
        """Answer with the page.  This renews the cookie."""
        caller = callerOf(request, self._context.settings)
        try:
            self._checkOffered()
            self._administrator(request, caller)
        except Problem as refused:
            body = REFUSAL.format(why=escape(f"{refused}."), static=self._pages.base)
            kind, keep = "text/html; charset=utf-8", {"Cache-Control": "no-store"}
            return Answer(body.encode(), refused.answer.status, kind, keep)
        secret = secretOf(request, caller)
        assert secret is not None
        return self._pages.status(request, (self._login.cookie(secret, caller),))

    def status(self, request: BoundedRequest) -> Answer:
        """Answer how the server is, and who asks: see L{IAdministration.status}."""
        try:
            administration = self._checkOffered()
            found = self._administrator(request, callerOf(request, self._context.settings))
        except Problem as refused:
            return refused.answer
        return jsonAnswer({"account": found.account, "now": self._context.wall(), **administration.status()})

    async def acts(self, request: BoundedRequest) -> Answer:
        """
        Answer with a part of the audit trail, newest act first.

        The query may have C{before}, the sequence number of the last act that the page has, and C{matching}, which
        selects acts by who, what or whom: see L{Acts}.
        """
        try:
            self._checkOffered()
            self._administrator(request, callerOf(request, self._context.settings))
            before, matching = _parameter(request, "before"), _parameter(request, "matching")
            if before and not (before.isascii() and before.isdigit() and len(before) <= DIGITS):
                raise Problem(400, "BAD_REQUEST", "before is a number")
            acts = Acts(ACTS + 1, before=int(before) if before else None, matching=matching or None)
            found = await self._context.chat.audit.readOutside(acts)
            # It may have taken a while.
            self._administrator(request, callerOf(request, self._context.settings))
        except Problem as refused:
            return refused.answer
        except SearchTooBroad as error:
            return problem(503, error.code, "That takes too long; read the acts without a filter")
        except ChatError as error:
            return problem(503, error.code, describe(error))
        return jsonAnswer({"items": [_described(kept) for kept in found[:ACTS]], "more": len(found) > ACTS})

    async def command(self, request: BoundedRequest) -> Answer:
        """
        Execute a command.

        The body is an object with C{command} and C{arguments}; for lists also with C{matching} and C{skip}, which may
        be missing: see L{IAdministration.execute}.
        """
        try:
            administration = self._checkOffered()
            caller = checkPost(request, self._context)
            found = self._administrator(request, caller)
            given = readObject(request)
            command, matching = textOf(given, "command"), textOf(given, "matching", missing="")
            arguments, skip = given.get("arguments", {}), given.get("skip", 0)
            if not isinstance(arguments, dict):
                raise Problem(400, "BAD_REQUEST", "arguments is wanted, as an object")
            if not isinstance(skip, int) or not 0 <= skip < 10**DIGITS:
                raise Problem(400, "BAD_REQUEST", "skip is a number")
            if found.stored in self._busy:
                raise Problem(429, "TOO_FAST", "Another command of yours is not done yet; try again", PAUSE)
        except Problem as refused:
            return refused.answer
        webCaller = self._login.webCaller(caller)
        self._busy.add(found.stored)
        try:
            answer = await administration.execute(
                webCaller, found.account, command, arguments, matching, skip, lambda: self._isAllowed(request, caller)
            )
        except CommandRefused as refusal:
            return problem(STATUSES.get(refusal.code, 409), refusal.code, refusal.text)
        finally:
            self._busy.discard(found.stored)
        return jsonAnswer(answer)

    def _checkOffered(self) -> IAdministration:
        """
        Get what executes commands.

        @raise Problem: there is nothing.
        """
        administration = self._context.administration
        if administration is None:
            raise Problem(404, "NOT_OFFERED", "This server has no status page")
        return administration

    def _isAllowed(self, request: BoundedRequest, caller: Caller) -> bool:
        """Whether the browser of an administrator sent a request, as it is now."""
        try:
            self._administrator(request, caller)
        except Problem:
            return False
        return True

    def _administrator(self, request: BoundedRequest, caller: Caller) -> Authenticated:
        """
        Find out which administrator sends a request.

        @raise Problem: it is not the browser of an administrator.
        """
        secret = secretOf(request, caller)
        try:
            if secret is None:
                raise _notLoggedIn()
            found = self._context.logins.webSession(secret, self._login.webCaller(caller))
        except ChatError:
            raise _notLoggedIn() from None
        if not self._login.isAdmin(found.account):
            raise Problem(403, "NO_ADMINISTRATOR", "Only administrators of this server see its status")
        return found


def _notLoggedIn() -> Problem:
    return Problem(401, "LOGIN_NEEDED", "Log in at the chat with the account of an administrator, and come back")


def _parameter(request: BoundedRequest, name: str) -> str:
    """
    Get a parameter of the query.

    @return: its value; C{""} without one.
    @raise Problem: it is given twice, not UTF-8, too long, or has control characters.
    """
    values = request.args.get(name.encode(), []) if request.args else []
    if len(values) > 1 or any([len(value) > 4 * LONGEST for value in values]):
        raise Problem(400, "BAD_REQUEST", f"{name} is too long, or given twice")
    try:
        return textOf({name: values[0].decode()} if values else {}, name, missing="")
    except UnicodeDecodeError:
        raise Problem(400, "BAD_REQUEST", f"{name} is not UTF-8") from None


def _described(kept: Kept) -> dict[str, Any]:
    """Describe an act, as a value for JSON."""
    if isinstance(kept, Damaged):
        return {"sequence": kept.sequence, "damaged": True}
    act = kept.event
    assert isinstance(act, AdministrativeAct)
    return {
        "sequence": kept.sequence,
        "time": kept.time,
        "who": act.who,
        "account": act.source.account,
        "act": act.act,
        "target": act.target,
        "detail": act.detail,
        "door": act.door,
        "address": act.address,
    }
