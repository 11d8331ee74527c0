"""
Changes of metadata: short values that describe a user or a room, such as an avatar (IRCv3 metadata).

The metadata of accounts and of registered rooms is durable.  That of guests and of other rooms ends with them.
"""

from __future__ import annotations

from typing import ClassVar

from twistchat.chat.model.events.accounts import AccountEvent
from twistchat.chat.model.events.base import Event, RoomEvent


class UserMetadataSet(Event, frozen=True, gc=False):
    """
    A guest changed their metadata.

    @ivar session: the id of the session that asked for it and is answered; C{""} for none.
    @ivar key: a valid key, see L{checkKey <twistchat.chat.model.metadata.checkKey>}.
    @ivar value: the value; C{None} removes the key.
    """

    session: str
    key: str
    value: str | None


class AccountMetadataSet(AccountEvent, frozen=True, gc=False):
    """A user changed the metadata of their account.  The fields are those of L{UserMetadataSet}."""

    session: str
    key: str
    value: str | None


class RoomMetadataSet(RoomEvent, frozen=True, gc=False):
    """The metadata of a room was changed.  The fields are those of L{UserMetadataSet}."""

    session: str
    key: str
    value: str | None


class KeptRoomMetadataSet(RoomMetadataSet, frozen=True, gc=False):
    """The metadata of a registered room was changed."""

    durable: ClassVar[bool] = True
