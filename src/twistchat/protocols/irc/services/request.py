"""A command for a service, while it runs: its words, and its answers."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from twistchat.chat.errors import NotLoggedIn
from twistchat.net.input.pace import Gone
from twistchat.protocols.irc.services.table import Usage
from twistchat.wire.irc.message import fit, room, serialize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twistchat.chat.chat import Chat
    from twistchat.chat.model.accounts import Account
    from twistchat.chat.model.sessions import Asker, Session
    from twistchat.net.context import ServerContext
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.protocols.irc.services.table import Service


CODE = 8
"""The length of a code that confirms a command."""


class Request:
    """
    A command for a service.

    It never contains the text in its C{repr}, because that may have a password.

    @ivar client: the client that sent it.
    @ivar service: the service.
    @ivar words: the words after the name of the command.
    @ivar reply: the reply to the IRC command.
    """

    __slots__ = ("_text", "client", "reply", "service", "words")

    def __init__(self, client: IrcConnection, service: Service, text: str, reply: Reply) -> None:
        """
        @param text: the text after the name of the command.
        """
        self.client = client
        self.service = service
        self.words = splitWords(text)
        self.reply = reply
        self._text = text

    @property
    def context(self) -> ServerContext:
        """The parts that all doors share."""
        return self.client.context

    @property
    def chat(self) -> Chat:
        """The verbs, and the state behind them."""
        return self.client.context.chat

    @property
    def session(self) -> Session:
        """The client's session."""
        return self.client.openSession

    @property
    def asker(self) -> Asker:
        """The asker for the chat's verbs."""
        return self.reply.asker

    @property
    def account(self) -> Account:
        """
        The account that the client is logged in to.

        @raise NotLoggedIn: it is logged in to none.
        """
        account = self.accountOrNone
        if account is None:
            raise NotLoggedIn
        return account

    @property
    def accountOrNone(self) -> Account | None:
        """The account that the client is logged in to; C{None} for a guest."""
        user = self.session.user
        name = None if user is None else user.source.account
        return self.chat.state.accounts.get(name)

    def word(self, index: int) -> str:
        """
        Get a word in capitals, as the name of a subcommand; C{""} if there are fewer words.
        """
        return self.words[index].upper() if index < len(self.words) else ""

    def only(self, count: int) -> None:
        """
        Check the number of words.

        @raise Usage: there is another number of words.
        """
        if len(self.words) != count:
            raise Usage

    def rest(self, count: int) -> str:
        """Get the text after this many words, with its spaces."""
        found = re.match(rf" *(?:[^ ]+(?: +|$)){{{count}}}(.*)", self._text)
        return "" if found is None else found[1].rstrip(" ")

    def checkHere(self) -> None:
        """
        Check that the client is still connected, after the command has waited.

        @raise Gone: it is not.  The command ends.
        """
        if self.session.user is None:
            raise Gone

    def say(self, text: str) -> None:
        """
        Add a notice from the service to the reply.

        @param text: one line.  A line that is too long is cut.
        """
        mask, nick = self.service.mask(self.client.server), self.client.nick
        fitting = fit(text, room("NOTICE", (nick,), mask))
        self.reply.lines([serialize("NOTICE", (nick, fitting), mask, colon=True)])

    async def sayAll(self, lines: Iterable[str]) -> None:
        """Add several notices.  A long answer is sent in portions."""
        for line in lines:
            await self.reply.step()
            self.say(line)

    def confirms(self, facts: str, *words: str) -> bool:
        """
        Check that the last word is the code that confirms this command; if not, say how to confirm it.

        @param facts: what the code belongs to.  It includes a time, so that it changes with a new object of this name.
        @param words: the command, without the code.
        """
        code = sha256(f"{self.service.nick} {facts}".encode()).hexdigest()[:CODE]
        if len(self.words) >= len(words) and self.words[-1].lower() == code:
            return True
        self.say(f"This cannot be undone. To confirm it: /msg {self.service.nick} {' '.join(words)} {code}")
        return False


def splitWords(text: str) -> list[str]:
    """Split a text at its spaces.  Other blanks, such as U+00A0, may be part of a password."""
    return [word for word in text.split(" ") if word]
