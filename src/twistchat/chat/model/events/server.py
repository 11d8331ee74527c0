"""Events of the whole server: what its operators do."""

from __future__ import annotations

from typing import ClassVar, Final

from twistchat.chat.model.events.base import Event, Source

REFUSED: Final = "refused"
"""The last part of the name of an act that says that the act before it was refused, as in C{server.ban.refused}."""


class Killed(Event, frozen=True, gc=False):
    """
    A server operator disconnected a user.

    @ivar rooms: the folded names of the rooms that the user was in.
    """

    killed: Source
    reason: str
    rooms: tuple[str, ...] = ()


class Announced(Event, frozen=True, gc=False):
    """
    A server operator sent a text to all users who want such texts (IRC's WALLOPS).

    @ivar everyone: whether it is for all users, whatever they want.
    """

    text: str
    everyone: bool = False


class ServerBanSet(Event, frozen=True, gc=False):
    """
    A mask was banned from the server.

    @ivar mask: C{nick!user@host}; or, without a C{!}, an IP network in CIDR notation.
    @ivar reason: the reason, which banned clients are sent.
    @ivar until: the end of the ban, in milliseconds since the epoch; C{None} if it is permanent.
    """

    durable: ClassVar[bool] = True
    mask: str
    reason: str
    until: int | None = None


class ServerBanLifted(Event, frozen=True, gc=False):
    """A ban from the server was lifted."""

    durable: ClassVar[bool] = True
    mask: str


class AdministrativeAct(Event, frozen=True, gc=False):
    """
    An administrator asked the server to do something.  These entries are the audit trail.

    The entry stands before the entries of what was done.  Its source is L{SERVER
    <twistchat.chat.model.events.base.SERVER>} if neither a user of the chat nor an account at the status page asked.

    @ivar act: what was asked for: a verb such as C{kill} or C{reload}, or the name of a command such as
        C{account.suspend}.  If the server refused it after that was recorded, another act follows, which has the
        same name and L{REFUSED}, and the reason as its detail.
    @ivar who: who asked: the nick of a user, the user of the operating system, or an account at the status page.
    @ivar target: whom or what it concerns; C{""} for the server as a whole.
    @ivar detail: the other values of the request, such as the reason.  It contains no secret.
    @ivar door: the way in which it was asked: the name of a door, C{console} or C{signal}.
    @ivar address: the IP address of who asked; C{None} for this machine.
    """

    durable: ClassVar[bool] = True
    act: str
    who: str
    target: str = ""
    detail: str = ""
    door: str = ""
    address: str | None = None
