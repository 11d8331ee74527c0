"""Events of the whole server: what its operators do."""

from __future__ import annotations

from typing import ClassVar

from twistchat.chat.model.events.base import Event, Source


class Killed(Event, frozen=True, gc=False):
    """
    A server operator disconnected a user.

    @ivar rooms: the folded names of the rooms that the user was in.
    """

    killed: Source
    reason: str
    rooms: tuple[str, ...] = ()


class Announced(Event, frozen=True, gc=False):
    """A server operator sent a text to all users who want such texts (IRC's WALLOPS)."""

    text: str


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
