"""
The commands that administrators use through the control socket.

A command is a coroutine function and the class of its arguments.  To add one, add it to a table of commands.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, NamedTuple, TypeAlias

import msgspec
from twisted.internet.defer import Deferred

from twistchat.chat.errors import ChatError
from twistchat.services.control.wire import ControlError, Request

Answer: TypeAlias = "Mapping[str, object]"
"""What a command answers: a JSON object."""

Report: TypeAlias = "Callable[[Answer], Awaitable[None]]"
"""
Sends a part of a long answer.  Await it after each portion of work: it returns in a later turn, after the client has
read its output.  State may have changed by then.
"""


class Command(NamedTuple):
    """
    A command.

    @ivar arguments: the class of its arguments, a msgspec C{Struct}.
    @ivar run: executes it.  It raises L{ChatError} or L{ControlError} if it is refused.
    @ivar changes: whether it changes something.  Then the server logs it.
    """

    arguments: type[Any]
    run: Callable[[Any, Report], Coroutine[Deferred[Any], Any, Answer]]
    changes: bool = True


Commands: TypeAlias = "Mapping[str, Command]"
"""Commands by their names."""


async def execute(commands: Commands, request: Request, report: Report) -> Answer:
    """
    Execute a request.

    @raise ControlError: it is refused.
    """
    command = commands.get(request.command)
    if command is None:
        raise ControlError("NO_SUCH_COMMAND", f"There is no command {request.command}")
    try:
        arguments = msgspec.convert(request.arguments, command.arguments)
    except msgspec.ValidationError as e:
        raise ControlError("BAD_ARGUMENTS", f"The arguments of {request.command} are wrong: {e}") from None
    try:
        return await command.run(arguments, report)
    except ChatError as e:
        raise ControlError(e.code, e.text) from None
