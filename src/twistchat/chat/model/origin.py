"""
The origin of a proposal.  It accompanies the event within this process only.  No journal stores it, and no other node
sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from twistchat.chat.model.users import Session, User


@dataclass(frozen=True, slots=True)
class Origin:
    """
    A labelled request that leads to an event.

    @ivar session: the session that asks.
    @ivar label: the client's label for its request (IRCv3 labeled-response).  It is passed to L{IOutlet.echo
        <twistchat.interfaces.IOutlet.echo>} with the resulting entry.
    """

    session: Session
    label: str

    @property
    def user(self) -> User | None:
        """The user of the session."""
        return self.session.user

    @property
    def origin(self) -> Origin:
        """This object.  A L{Session} has the origin C{None}."""
        return self


Asker: TypeAlias = "Session | Origin"
"""The source of a request: a session, or an L{Origin} if the request has a label."""
