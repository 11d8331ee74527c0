"""The commands of administrators, for the status page of the web door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twistchat.chat.errors import NotEncrypted
from twistchat.interfaces import CommandRefused, IAdministration
from twistchat.services.control.accounts import Creation, Name, NewPassword
from twistchat.services.control.commands import Answer, Arguments, Command, Commands, Report, execute, logCommand
from twistchat.services.control.status import statusOf
from twistchat.services.control.wire import VERSION, ControlError, Request

if TYPE_CHECKING:
    from twistchat.chat.model.events import Credential
    from twistchat.interfaces import Caller, Receipt
    from twistchat.net.context import ServerContext

MAX_ITEMS: Final = 200
"""The maximum number of items in one answer."""

COMMAND_TIMEOUT: Final = 60.0
"""The seconds that a command may take."""

AT_PAGE: Final = " at the status page"
"""Where an administrator used a command, for the log."""

log = Logger()


class TypedCreation(Name, frozen=True):
    """
    The arguments of C{account.create} with a password as somebody has typed it.

    @ivar password: the password; C{""} for none.
    @ivar email: see L{Creation}.
    @ivar admin: see L{Creation}.
    """

    password: str = ""
    email: str | None = None
    admin: bool = False

    @property
    def detail(self) -> str:
        """Whether its owner is an administrator."""
        return "an administrator" if self.admin else ""

    def __repr__(self) -> str:
        """Describe the arguments without the password."""
        return f"TypedCreation(name={self.name!r})"


class TypedPassword(Name, frozen=True):
    """
    The arguments of C{account.password} with a password as somebody has typed it.

    @ivar password: the password.
    """

    password: str

    def __repr__(self) -> str:
        """Describe the arguments without the password."""
        return f"TypedPassword(name={self.name!r})"


class _Begun(Exception):
    """A command that takes long has begun, and goes on by itself."""


class _Enough(Exception):
    """A list has more items than an answer can have."""


class _Page:
    """
    Collects the matching items of a list.

    @ivar items: those that were collected.
    @ivar isList: whether there is a list.
    """

    def __init__(self, clock: Any, matching: str, skip: int) -> None:
        self.items: list[Mapping[str, object]] = []
        self.isList = False
        self._clock = clock
        self._matching = matching.casefold()
        self._skip = skip

    async def report(self, part: Answer) -> None:
        """
        Take a portion of a list, and return in a later turn.

        @raise _Begun: it is no portion of a list, but how much a command has done.
        @raise _Enough: there are more items.
        """
        for portion in part.values():
            if not isinstance(portion, list):
                raise _Begun
            self.isList = True
            for item in portion:
                self._take(item)
        await deferLater(self._clock, 0)

    def _take(self, item: Mapping[str, object]) -> None:
        if self._matching and not any([self._matching in text.casefold() for text in _textsOf(item)]):
            return
        if self._skip > 0:
            self._skip -= 1
        elif len(self.items) == MAX_ITEMS:
            raise _Enough
        else:
            self.items.append(item)


@implementer(IAdministration)
class Administration:
    """See L{IAdministration}."""

    def __init__(
        self,
        context: ServerContext,
        commands: Commands,
        newPassword: Callable[[str, str], Awaitable[Credential]],
    ) -> None:
        """
        @param commands: the commands of the control socket.
        @param newPassword: checks a new password of an account, given the name and the password, and makes the
            credential for it.
        """
        self._context = context
        self._control = commands
        self._newPassword = newPassword

    def status(self) -> Mapping[str, object]:
        """See L{IAdministration.status}."""
        return statusOf(self._context.figures) | {"bans": len(self._context.chat.operators.serverBans(None))}

    def execute(
        self,
        caller: Caller,
        who: str,
        command: str,
        arguments: Mapping[str, object],
        matching: str = "",
        skip: int = 0,
        isAllowed: Callable[[], bool] = lambda: True,
    ) -> Deferred[Mapping[str, object]]:
        """See L{IAdministration.execute}."""
        commands = {
            **self._control,
            "account.create": Command(TypedCreation, partial(self._create, isAllowed)),
            "account.password": Command(TypedPassword, partial(self._setPassword, isAllowed)),
        }
        running = Deferred.fromCoroutine(self._execute(commands, caller, who, command, arguments, matching, skip))
        return running.addTimeout(COMMAND_TIMEOUT, self._context.clock).addErrback(_refused)

    async def _execute(
        self,
        commands: Commands,
        caller: Caller,
        who: str,
        command: str,
        arguments: Mapping[str, object],
        matching: str,
        skip: int,
    ) -> Mapping[str, object]:
        if arguments.get("password") and not self._context.logins.maySendPasswords(caller):
            raise ControlError(NotEncrypted.code, NotEncrypted.wording)

        def record(act: str, target: str, detail: str) -> Receipt:
            return self._context.chat.audit.recordOutside(caller.door, who, act, target, detail, caller.address, who)

        def note(given: Arguments, refused: str) -> None:
            logCommand(who, AT_PAGE, command, given.target, refused)

        page, more = _Page(self._context.clock, matching, skip), False
        request = Request(VERSION, command, dict(arguments))
        answer: Answer = {}
        try:
            answer = await execute(commands, request, page.report, record, note, f"{who}{AT_PAGE}")
        except _Begun:
            logCommand(who, AT_PAGE, command, str(arguments.get("name", "")), "")
            return {"begun": True}
        except _Enough:
            more = True
        return {"items": page.items, "more": more} if page.isList or "count" in answer else answer

    async def _create(self, isAllowed: Callable[[], bool], arguments: TypedCreation, report: Report) -> Answer:
        """Register an account."""
        name, password = arguments.name, None
        if arguments.password:
            # Say that the name is taken before the password is hashed.
            await self._control["account.check"].run(Name(name), report)
            password = await self._hashed(isAllowed, name, arguments.password)
        creation = Creation(name, password, arguments.email or None, arguments.admin)
        return await self._control["account.create"].run(creation, report)

    async def _setPassword(self, isAllowed: Callable[[], bool], arguments: TypedPassword, report: Report) -> Answer:
        """Give an account a new password."""
        name = arguments.name
        password = await self._hashed(isAllowed, name, arguments.password)
        return await self._control["account.password"].run(NewPassword(name, password), report)

    async def _hashed(self, isAllowed: Callable[[], bool], name: str, password: str) -> Credential:
        """
        Make the credential for a new password.

        @raise ControlError: who asked is no administrator any more.
        """
        credential = await self._newPassword(name, password)
        if not isAllowed():
            raise ControlError("NO_ADMINISTRATOR", "You are no administrator of this server any more")
        return credential


def _refused(failure: Failure) -> Failure:
    """
    Word a failure.

    @return: the failure, if the command was refused.
    @raise CommandRefused: it failed otherwise.
    """
    if failure.check(CommandRefused):
        return failure
    if failure.check(TimeoutError):
        raise CommandRefused("TOO_SLOW", "This takes too long; it may still take effect") from None
    log.failure("A command of an administrator failed", failure)
    text = "The server could not do that because of an error in it, and has logged the error"
    raise CommandRefused("FAILED", text) from None


def _textsOf(value: object) -> Iterator[str]:
    """List the texts in a value for JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _textsOf(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _textsOf(one)
