"""
Where a proposal comes from.  The origin travels beside the event, within this process only: no journal stores it, and
another node never sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from twistchat.chat.model.users import Session, User


@dataclass(frozen=True, slots=True)
class Origin:
    """
    A request that leads to an event.

    @ivar session: the session that asks.
    @ivar label: the client's name for its request (IRCv3 labeled-response).  It is passed to L{IOutlet.echo
        <twistchat.interfaces.IOutlet.echo>} with the outcome.
    """

    session: Session
    label: str

    @property
    def user(self) -> User | None:
        """The user of the session."""
        return self.session.user

    @property
    def origin(self) -> Origin:
        """Itself: what is proposed for it has this origin."""
        return self


Asker: TypeAlias = "Session | Origin"
"""Who asks for something: a session, or a request of a session that wants to recognize its outcome."""
