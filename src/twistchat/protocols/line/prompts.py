"""
Asks a client for a password: the lines that follow are answers, and no command or text.

The question stays open until an answer is accepted, the client cancels it, or the connection ends.  So what somebody
types as a password is never a message or a nick, whatever goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from twistchat.chat.errors import CodeRequired, NotEncrypted
from twistchat.wire.plain import error, notice

if TYPE_CHECKING:
    from twistchat.interfaces.accounts import Authenticated
    from twistchat.protocols.line.commands.table import Outcome
    from twistchat.protocols.line.protocol import LineProtocol

CANCEL: Final = "/cancel"
"""The line that cancels, as an empty line does."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """
    A question that the client has not answered.

    @ivar question: the question when it is repeated, which ends with a colon.
    @ivar answer: gets the answer, as it was typed.  If it is refused, the question is repeated.
    @ivar cancelled: tells the client that it has cancelled.
    """

    question: str
    answer: Callable[[str], Outcome]
    cancelled: str


def askPassword(client: LineProtocol, prompt: Prompt, first: str | None = None) -> None:
    """
    Ask a client for a password.

    @param first: the question when it is asked first; C{None} for that of the prompt.
    @raise NotEncrypted: the client may not send a password over its connection.
    """
    checkMaySend(client)
    client.prompt = prompt
    client.guarded = 0.0
    _ask(client, first or prompt.question)


def _ask(client: LineProtocol, question: str) -> None:
    hidden = client.carrier.hideInput(True)
    client.reply(notice(question if hidden else f"{question[:-1]} (it will be visible; an empty line cancels):"))


def checkMaySend(client: LineProtocol) -> None:
    """
    Check that a client may send a password over its connection.

    @raise NotEncrypted: it may not.
    """
    if not client.context.logins.maySendPasswords(client.openSession):
        raise NotEncrypted


def answerPrompt(client: LineProtocol, prompt: Prompt, text: str) -> Outcome:
    """Take a line as the answer to a prompt."""
    if text.strip() in ("", CANCEL):
        _close(client)
        client.reply(notice(prompt.cancelled))
        return None
    return _answer(client, prompt, text)


async def _answer(client: LineProtocol, prompt: Prompt, text: str) -> None:
    """Close the prompt when the answer is accepted.  Until then, the following lines are answers too."""
    outcome = prompt.answer(text)
    if outcome is not None:
        await outcome
    client.accepted = text
    if client.prompt is prompt:  # the answer may have led to another question
        _close(client)


def _close(client: LineProtocol) -> None:
    client.prompt = None
    client.carrier.hideInput(False)


def repeatPrompt(client: LineProtocol, prompt: Prompt, why: str) -> None:
    """
    Tell a client why its answer is refused, and ask again.

    @param why: the reason, which ends with an advice.
    """
    client.reply(error(f"{why.removesuffix('.')}, or press Enter to cancel."))
    _ask(client, prompt.question)


def askLogin(
    client: LineProtocol,
    nick: str,
    loggedIn: Callable[[Authenticated], Outcome],
    cancelled: str,
    first: str | None = None,
) -> None:
    """
    Ask a client for the password of an account, until it is right; and for a code, if it has a second factor.

    @param nick: the name of the account, or one of its nicks.
    @param loggedIn: called after a success.
    @param first: see L{askPassword}.
    """

    async def logIn(password: str, code: str | None) -> None:
        outcome = loggedIn(await client.context.logins.password(client.openSession, nick, password, code))
        if outcome is not None:
            await outcome

    async def answer(password: str) -> None:
        try:
            await logIn(password, None)
        except CodeRequired:
            askPassword(client, Prompt(f"Code of {nick}:", partial(logIn, password), cancelled))

    askPassword(client, Prompt(f"Password of {nick}:", answer, cancelled), first)
