"""The audit trail: a record of what administrators asked the server to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from twistchat.chat import errors
from twistchat.chat.model.events import SERVER, AdministrativeAct, Entry, Source
from twistchat.chat.model.sessions import Asker, Origin, Session
from twistchat.chat.model.spans import Acts, Kept
from twistchat.chat.rules.core import Core, Effects

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt


MAX_DETAIL: Final = 400
"""The most characters of the detail of an act."""


class Audit:
    """
    Records the acts of administrators, and reads them.

    A caller records an act just before it proposes the events of that act.  So both are stored in the same transaction,
    or the act is stored first.
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    def record(self, asker: Asker, act: str, target: str = "", detail: str = "") -> Receipt:
        """
        Record an act of a user of the chat.

        @param act: see L{AdministrativeAct}, as for the other parameters.
        """
        session, user = asker.session, self._core.user(asker)
        return self._core.log.append(
            AdministrativeAct(user.source, act, user.nick, target, detail, session.door, session.address)
        )

    def note(self, asker: Asker | None, act: str, target: str = "", detail: str = "") -> None:
        """
        Record an act of a verb, which proposes its events next.  If the journal cannot store it, the verb goes on: the
        journal logs its fault, and nobody waits for a record to disconnect somebody.

        @param asker: C{None} is an administrator who is not in the chat.  What they use records their acts, see
            L{recordOutside}.
        """
        if asker is not None:
            self.record(asker, act, target, detail[:MAX_DETAIL]).addErrback(_ignore)

    def recordOutside(
        self,
        door: str,
        who: str,
        act: str,
        target: str = "",
        detail: str = "",
        address: str | None = None,
        account: str | None = None,
    ) -> Receipt:
        """
        Record an act of somebody who is not in the chat, such as a user of the console.

        @param door: C{console}, C{signal}, or the name of the door whose status page was used.
        @param who: the user of the operating system, or the account of who used the status page.
        @param address: the IP address of who asked; C{None} for this machine.
        @param account: the account of who asked, to which the act belongs; C{None} for none.
        """
        source = SERVER if account is None else Source("", who, account=account)
        return self._core.log.append(AdministrativeAct(source, act, who, target, detail, door, address))

    async def read(self, session: Session | None, acts: Acts) -> Sequence[Kept]:
        """
        Read acts.  This needs the privilege C{"audit"}.

        @param session: C{None} is an administrator who is not in the chat.  The caller has checked that.
        @return: at most C{limits.historyReply} acts, newest first.  See L{IHistory.acts
            <twistchat.interfaces.IHistory.acts>}.
        @raise NotPrivileged: the user does not have the privilege.
        """
        if session is not None and not self._core.user(session).may("audit"):
            raise errors.NotPrivileged("audit")
        return await self.readOutside(acts)

    async def readOutside(self, acts: Acts) -> Sequence[Kept]:
        """Read acts for somebody who is not in the chat.  The caller has checked who it is.  See L{read}."""
        return await self._core.history.acts(replace(acts, limit=min(acts.limit, self._core.limits.historyReply)))


def _ignore(failure: object) -> None:
    """Ignore that an act was not stored."""


# Effects


def _acted(state: State, entry: Entry, event: AdministrativeAct, origin: Origin | None) -> None:
    """Do nothing: the entries of what was done follow."""


EFFECTS: Effects = {AdministrativeAct: _acted}
"""The effect of each class of event."""
