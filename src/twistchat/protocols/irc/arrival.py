"""Coming in: what a client says of itself until it is welcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred

from twistchat.chat.errors import ChatError, NickInUse, ServerBanned
from twistchat.chat.model.serverbans import wordServerBan
from twistchat.chat.phrasing import counted
from twistchat.protocols.irc.registration import Complete, begin
from twistchat.protocols.irc.reply import Reply
from twistchat.protocols.irc.settings import ircSettings
from twistchat.protocols.irc.welcome import welcome
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection


class Arrival:
    """
    What is known of a client that is not in yet.

    @ivar facts: the machine that knows when all is there.
    @ivar wanted: the nick that it wants; C{""} while it has named none that it can have.
    @ivar username: as it is shown, C{~} before it.
    @ivar realname: what it gave.
    @ivar away: why it is away (IRCv3 pre-away); C{None} where it is not.
    @ivar password: what PASS gave; C{None} without.
    @ivar described: whether USER has been given.
    """

    def __init__(self, client: IrcConnection) -> None:
        self._client = client
        self._lines = self._blank = 0
        self._complete = False
        self.facts = begin(Complete(self._enter))
        self.wanted = ""
        self.username = ""
        self.realname = ""
        self.away: str | None = None
        self.password: str | None = None
        self.described = False

    @property
    def first(self) -> bool:
        """Whether the message that is being obeyed is the first."""
        return self._lines == 1

    def mayTry(self, blank: bool = False) -> bool:
        """
        Count a message, or a blank line.

        @return: whether it may be obeyed; otherwise the client has been told to go.
        """
        if blank:
            self._blank += 1
        else:
            self._lines += 1
        limit = self._client.context.settings.limits.unregisteredLines
        if self._lines + self._blank > limit:
            self._client.turnAway(f"You sent {counted(limit, 'message')} and did not register")
        return not self._client.ending

    def _enter(self) -> None:
        self._complete = True

    def advance(self, reply: Reply) -> Deferred[None] | None:
        """Come in, where all is there; to be called after facts were told."""
        if not self._complete:
            return None
        self._complete = False
        return Deferred.fromCoroutine(self._comeIn(reply))

    async def _comeIn(self, reply: Reply) -> None:
        client, context = self._client, self._client.context
        host = context.cloak(client.address)
        try:
            if not await self._passwordFits():
                reply.numeric(n.ERR_PASSWDMISMATCH, "Password incorrect")
                self._expel(reply, "Bad password")
                return
            await context.chat.identity.enter(
                reply.asker, self.wanted, self.username, host, self.realname, away=self.away
            )
        except NickInUse as e:
            self.wanted = ""
            self.facts.refused()
            reply.error(e)
            return
        except ChatError as e:
            reply.error(e)
            self._expel(reply, wordServerBan(e.reason) if isinstance(e, ServerBanned) else "You cannot come in now")
            return
        if client.openSession.user is None:
            return
        self.facts.welcomed()
        client.arrival = None
        client.entrance.register()
        welcome(client, reply)

    def _expel(self, reply: Reply, why: str) -> None:
        reply.finish()
        self._client.closing.expel(why)

    async def _passwordFits(self) -> bool:
        """Hold the server's password, where it has one, against what was given."""
        stored = ircSettings(self._client.settings).password
        return not stored or await self._client.entrance.checkPassword(stored, self.password or "")
