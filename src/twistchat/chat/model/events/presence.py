"""Events of always-on accounts, whose users stay when their last session ends."""

from __future__ import annotations

from msgspec import Struct

from twistchat.chat.model.events.accounts import AccountEvent
from twistchat.chat.model.events.base import Event


class KeptRoom(Struct, frozen=True, gc=False, array_like=True):
    """
    A room of a user who stays.

    @ivar name: its name in its display form.
    @ivar ranks: the user's ranks in it.
    @ivar since: the sequence number of the entry with which they joined.
    """

    name: str
    ranks: str = ""
    since: int = 0


class PresenceKept(AccountEvent, frozen=True, gc=False):
    """
    The journal keeps the presence of an account's user, who stays from now on when their last session ends.  After a
    restart, L{PresenceResumed} brings the user back.

    Its source is the user, with the names that they have.

    @ivar rooms: their rooms, in the order in which they joined them.
    @ivar modes: the letters of their user modes.
    @ivar since: when they entered, in milliseconds since the epoch.
    @ivar away: their last away message, if they have no session; C{None} if they had none.
    @ivar detached: when their last session ended, in milliseconds since the epoch; C{None} if they have a session.
    """

    rooms: tuple[KeptRoom, ...] = ()
    modes: str = ""
    since: int = 0
    away: str | None = None
    detached: int | None = None


class PresenceEnded(AccountEvent, frozen=True, gc=False):
    """
    The journal no longer keeps the presence of an account's user.  If they have no session, they leave, and audiences
    see a L{Quit <twistchat.chat.model.events.Quit>}.

    @ivar reason: the quit message.
    """

    reason: str = ""


class PresenceResumed(Event, frozen=True, gc=False):
    """
    The server has started, and the user of an always-on account is here again, without a session and in the rooms of
    their L{PresenceKept}.  The source has the names in it.
    """
