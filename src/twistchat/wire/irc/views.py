"""The views in which clients receive entries, and the capabilities that change the bytes in each view."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

from twistchat.wire.irc.capabilities import CAPABILITIES, METADATA, METADATA_3, inEffect


class View(Enum):
    """
    Why a session receives an event.

    @cvar ROOM: the event is in a room that the session is in.
    @cvar SELF: the event concerns the session's user, or a user in one of its rooms.
    @cvar WATCHED: the session monitors the event's user (IRCv3 monitor, extended-monitor).
    @cvar NOTICES: the session receives server notices.
    """

    ROOM = "room"
    SELF = "self"
    WATCHED = "watched"
    NOTICES = "notices"


_MONITORED: Final = frozenset({"account-notify", "away-notify", "chghost", "setname"})
_TAGS: Final = frozenset({"account-tag", "message-tags", "server-time"})


def relevant(capabilities: Iterable[str], view: View) -> frozenset[str]:
    """Select the capabilities that change the bytes of any event in this view."""
    names = frozenset(name for name in inEffect(capabilities) if name in CAPABILITIES and CAPABILITIES[name].dialect)
    if METADATA_3 in names or (view is View.WATCHED and not names.isdisjoint(METADATA)):
        names = (names - METADATA) | {METADATA_3}  # the other one changes nothing then
    if view is View.NOTICES:
        return names & {"server-time"}
    if view is not View.WATCHED:
        return names - {"extended-monitor"} - ({"invite-notify"} if view is View.SELF else METADATA)
    monitored = names & _MONITORED if "extended-monitor" in names else frozenset()
    return monitored | (names & METADATA) | (names & _TAGS if monitored else names & {"server-time"})
