"""Asks a client for a password: the next line is the answer, and no command or text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twistchat.chat.errors import LoginFailed, NotEncrypted
from twistchat.protocols.line.wording import wordError
from twistchat.wire.plain import error, notice

if TYPE_CHECKING:
    from twistchat.interfaces.accounts import Authenticated
    from twistchat.protocols.line.commands.table import Outcome
    from twistchat.protocols.line.protocol import LineProtocol

CANCEL: Final = "/cancel"
"""The line that cancels, as an empty line does."""

TRIES: Final = 3
"""How often a client may type the password for one login."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """
    A question that the client has not answered.

    @ivar answer: gets the answer.
    @ivar cancelled: tells the client that it has cancelled.
    """

    answer: Callable[[str], Outcome]
    cancelled: str


def askPassword(client: LineProtocol, question: str, answer: Callable[[str], Outcome], cancelled: str) -> None:
    """
    Ask a client for a password.

    @param question: the question, which ends with a colon.
    @param answer: gets the password, as it was typed.
    @param cancelled: tells the client that it has cancelled.
    @raise NotEncrypted: the client may not send a password over its connection.
    """
    checkMaySend(client)
    hidden = client.carrier.hideInput(True)
    client.reply(notice(question if hidden else f"{question[:-1]} (it will be visible; an empty line cancels):"))
    client.prompt = Prompt(answer, cancelled)


def checkMaySend(client: LineProtocol) -> None:
    """
    Check that a client may send a password over its connection.

    @raise NotEncrypted: it may not.
    """
    if not client.context.logins.maySendPasswords(client.openSession):
        raise NotEncrypted


def answerPrompt(client: LineProtocol, prompt: Prompt, text: str) -> Outcome:
    """Take a line as the answer to a prompt."""
    client.prompt = None
    client.carrier.hideInput(False)
    if text.strip() in ("", CANCEL):
        client.reply(notice(prompt.cancelled))
        return None
    return prompt.answer(text)


def askLogin(
    client: LineProtocol,
    nick: str,
    question: str,
    loggedIn: Callable[[Authenticated], Outcome],
    cancelled: str,
    tries: int = TRIES,
) -> None:
    """
    Ask a client for the password of an account, up to three times.

    @param nick: the name of the account, or one of its nicks.
    @param loggedIn: called after a success.
    """

    async def answer(password: str) -> None:
        try:
            authenticated = await client.context.logins.password(client.openSession, nick, password)
        except LoginFailed as failure:
            client.reply(error(wordError(failure)))
            if tries > 1:
                askLogin(client, nick, f"Password of {nick}:", loggedIn, cancelled, tries - 1)
            else:
                client.reply(notice(cancelled))
            return
        outcome = loggedIn(authenticated)
        if outcome is not None:
            await outcome

    askPassword(client, question, answer, cancelled)
