"""The verbs of operators of the server, each for those who have its privilege."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from twistchat.chat import errors
from twistchat.chat.model.events import Announced, Killed, OperatorSet, ServerBanLifted, ServerBanSet
from twistchat.chat.model.origin import Asker
from twistchat.chat.model.serverbans import ServerBan, ServerBanTest, checkReach, normalizeServerBan
from twistchat.chat.model.texts import checkText
from twistchat.chat.model.users import Session, User
from twistchat.chat.rules.peopleverbs import PeopleVerbs

if TYPE_CHECKING:
    from twistchat.interfaces import Receipt

LONGEST_BAN = 100 * 365 * 86400.0
"""Seconds; what is to last longer is to last for ever."""


class OperatorVerbs(PeopleVerbs):
    """
    What operators of the server may ask.

    """

    async def becomeOperator(
        self,
        asker: Asker,
        title: str,
        privileges: Iterable[str],
        host: str | None = None,
    ) -> None:
        """
        Make a session's user an operator of the server, of which the caller has made sure.

        @param title: what they are, for those who ask.
        @param privileges: members of L{PRIVILEGES <twistchat.chat.model.privileges.PRIVILEGES>}.
        @param host: the host with which they are shown from now on; C{None} leaves it as it is.
        """
        user = self._user(asker)
        await self._propose(asker, OperatorSet(user.source, title, frozenset(privileges)))
        if host is not None and (showing := self.setHost(user, host)) is not None:
            await showing

    def requirePrivilege(self, asker: Asker, privilege: str) -> User:
        """
        Hold that a session's user is an operator of the server with a privilege.

        @param privilege: one of L{PRIVILEGES <twistchat.chat.model.privileges.PRIVILEGES>}.
        @return: the user.
        @raise NotPrivileged: they are not.
        """
        user = self._user(asker)
        if not user.may(privilege):
            raise errors.NotPrivileged(privilege)
        return user

    def kill(self, asker: Asker, nick: str, reason: str) -> Receipt:
        """Disconnect a user, all sessions of theirs."""
        user = self.requirePrivilege(asker, "kill")
        victim = self._named(nick)
        checkText("the reason", reason, self.limits.reason)
        return self._propose(asker, Killed(user.source, victim.source, reason))

    def announce(self, asker: Asker, text: str) -> Receipt:
        """Say something to every operator, and to everyone who listens for it (user mode C{w})."""
        user = self.requirePrivilege(asker, "wallops")
        if not text.strip():
            raise errors.NothingSaid
        checkText("the announcement", text, self.limits.reason)
        return self._propose(asker, Announced(user.source, text))

    # Bans from the server

    def banFromServer(self, asker: Asker, mask: str, seconds: float | None, reason: str = "") -> Receipt:
        """
        Keep those who match from the server, and disconnect those of them who are here.

        @param mask: as L{normalizeServerBan} reads it.  A ban on the same mask is replaced.
        @param seconds: for how long; C{None} for ever.
        @param reason: why, as those are told who are kept out.
        """
        user = self.requirePrivilege(asker, "ban")
        asked, mask = mask, normalizeServerBan(mask)
        checkReach(mask, asked)
        checkText("the reason", reason, self.limits.reason)
        if seconds is not None and not 0 < seconds <= LONGEST_BAN:
            raise errors.BadServerBan(asked, "a ban lasts more than 0 seconds and not over 100 years, or for ever")
        test = ServerBanTest(mask)
        if any(test.meets(user.source, own.address) for own in user.sessions.values()):
            raise errors.BadServerBan(asked, "it would meet you")
        until = None if seconds is None else int((self._wall() + seconds) * 1000)
        return self._propose(asker, ServerBanSet(user.source, mask, reason, until))

    def liftServerBan(self, asker: Asker, mask: str) -> Receipt:
        """End a ban from the server."""
        user = self.requirePrivilege(asker, "ban")
        asked, mask = mask, normalizeServerBan(mask)
        if self.state.serverBans.get(mask, self._today()) is None:
            raise errors.NoSuchServerBan(asked)
        return self._propose(asker, ServerBanLifted(user.source, mask))

    def serverBans(self, session: Session) -> list[ServerBan]:
        """Every ban from the server, the oldest first."""
        self.requirePrivilege(session, "ban")
        return self.state.serverBans.held(self._today())
