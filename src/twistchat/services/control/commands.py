"""
The commands that administrators use through the control socket.

A command is a coroutine function and the class of its arguments.  To add one, add it to a table of commands.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import REFUSED
from twistchat.config.toml import printable, shortened
from twistchat.services.control.wire import ControlError, Request

if TYPE_CHECKING:
    from twistchat.interfaces import Receipt

MAX_RECORDED: Final = 400
"""The maximum length of each value that the audit trail gets of the arguments of a command, in characters."""

log = Logger()

Answer: TypeAlias = "Mapping[str, object]"
"""What a command answers: a JSON object."""

Report: TypeAlias = "Callable[[Answer], Awaitable[None]]"
"""
Sends a part of a long answer.  Await it after each portion of work: it returns in a later turn, after the client has
read its output.  State may have changed by then.
"""


Record: TypeAlias = "Callable[[str, str, str], Receipt]"
"""
Records an act in the audit trail: its name, whom or what it concerns, and the other values.  See
L{Audit.recordOutside <twistchat.chat.rules.audit.Audit.recordOutside>}.
"""


class Arguments(Struct, frozen=True, forbid_unknown_fields=True):
    """The base class of the arguments of commands."""

    @property
    def target(self) -> str:
        """Whom or what the command concerns, for the log and the audit trail; C{""} for the server as a whole."""
        return ""

    @property
    def detail(self) -> str:
        """The other arguments, for the audit trail.  It contains no secret."""
        return ""


class Nothing(Arguments, frozen=True):
    """No arguments."""


class Command(NamedTuple):
    """
    A command.

    @ivar arguments: the class of its arguments.
    @ivar run: executes it.  It raises L{ChatError} or L{ControlError} if it is refused.
    @ivar changes: whether it changes something.  Then the server logs it, and records it in the audit trail.
    @ivar named: whether C{run} has a third argument: who asks.  Such a command logs itself what it does.
    """

    arguments: type[Arguments]
    run: Callable[..., Coroutine[Deferred[Any], Any, Answer]]
    changes: bool = True
    named: bool = False


Commands: TypeAlias = "Mapping[str, Command]"
"""Commands by their names."""


async def execute(
    commands: Commands,
    request: Request,
    report: Report,
    record: Record | None = None,
    note: Callable[[Arguments, str], None] = lambda arguments, refused: None,
    who: str = "",
) -> Answer:
    """
    Execute a request.

    A command that changes something is recorded first, so that its entry stands before those of what was done.  If it
    is refused then, a second record says so.

    @param record: records it in the audit trail; C{None} for no record.
    @param note: logs a command that changes something: called with its arguments when it is over, and with the reason
        if it was refused, otherwise with C{""}.
    @param who: who asks, for the log.
    @raise ControlError: it is refused.
    """
    command = commands.get(request.command)
    if command is None:
        raise ControlError("NO_SUCH_COMMAND", f"There is no command {request.command}")
    try:
        arguments = msgspec.convert(request.arguments, command.arguments)
    except msgspec.ValidationError as e:
        raise ControlError("BAD_ARGUMENTS", f"The arguments of {request.command} are wrong: {e}") from None
    target, detail = arguments.target[:MAX_RECORDED], arguments.detail[:MAX_RECORDED]
    if command.changes and record is not None:
        # The command itself may not need the journal, so it does not wait for this.
        record(request.command, target, detail).addErrback(_notRecorded, request.command)
    try:
        answer = await (command.run(arguments, report, who) if command.named else command.run(arguments, report))
    except (ChatError, ControlError) as e:
        if command.changes:
            if record is not None:
                act = f"{request.command}.{REFUSED}"
                record(act, target, e.text[:MAX_RECORDED]).addErrback(_notRecorded, act)
            if not command.named:
                note(arguments, e.text)
        raise ControlError(e.code, e.text) from None
    if command.changes and not command.named:
        note(arguments, "")
    return answer


def _notRecorded(failure: Failure, command: str) -> None:
    log.error("The command {command} is not in the audit trail: {why}", command=command, why=failure.getErrorMessage())


def logCommand(who: str, where: str, command: str, target: str, refused: str) -> None:
    """
    Log a command of an administrator that changes something.

    @param where: C{""} for the console; otherwise with a space at its beginning.
    @param target: see L{Arguments.target}.
    @param refused: why it was refused; C{""} if it was done.
    """
    what = printable(shortened(f"{command} {target}".rstrip()))
    wording = "{who} used the command {command}{where}"
    if refused:
        wording += ", which was refused: {why}"
    log.info(wording, who=printable(who), command=what, where=where or "", why=printable(refused) or None)
