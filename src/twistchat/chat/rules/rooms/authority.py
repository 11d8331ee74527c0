"""What an asker may do with registered rooms, by the access lists and the privileges of server operators."""

from __future__ import annotations

from twistchat.chat import errors
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.modes.room import FOUNDER, SERVER_OPERATOR
from twistchat.chat.model.names import fold
from twistchat.chat.model.rooms import Room
from twistchat.chat.model.sessions import Asker
from twistchat.chat.rules.core import Core


class Authority:
    """
    Checks what an asker may do with registered rooms.

    C{None} as the asker is an administrator, who may do everything, and so may server operators with the privilege
    C{"rooms"}.  Others need an account.  Their rank in a room is that of the access list, whether or not they are
    there.
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    def administers(self, asker: Asker | None) -> bool:
        """Whether the asker may do everything with all rooms."""
        return asker is None or self._core.user(asker).may("rooms")

    def account(self, asker: Asker | None) -> str:
        """
        The account of the asker.

        @raise NotLoggedIn: they have none.
        """
        account = None if asker is None else self._core.user(asker).source.account
        if account is None:
            raise errors.NotLoggedIn
        return account

    def isOwn(self, asker: Asker | None, account: str) -> bool:
        """Whether an account is that of the asker."""
        own = None if asker is None else self._core.user(asker).source.account
        return own is not None and fold(own) == fold(account)

    def named(self, name: str) -> Account:
        """
        The account with this name or nick, if its mail address is verified.

        @raise NoSuchAccount: there is none.
        """
        account = self._core.state.accounts.withNick(name)
        if account is None or account.until is not None:
            raise errors.NoSuchAccount(name)
        return account

    def registered(self, asker: Asker | None, name: str) -> Room:
        """
        A registered room.

        @raise NoSuchRoom: the room does not exist, or is secret to the asker, who has no rank in it.
        @raise RoomNotRegistered: it is not registered.
        """
        room = self._core.state.rooms.get(name)
        user = None if asker is None else self._core.user(asker)
        hidden = room is not None and user is not None and room.secretTo(user) and not self.level(asker, room)
        if room is None or hidden:
            raise errors.NoSuchRoom(name)
        if room.founder is None:
            raise errors.RoomNotRegistered(room.name)
        return room

    def founded(self, asker: Asker | None, name: str) -> Room:
        """
        A registered room whose founder is the asker.

        @raise NotFounder: another account is.
        """
        room = self.registered(asker, name)
        if self.level(asker, room) < FOUNDER:
            raise errors.NotFounder(room.name)
        return room

    def overrides(self, asker: Asker | None, room: Room, needed: int = FOUNDER) -> bool:
        """
        Whether the access list alone does not let the asker do something, which they may do.

        @param needed: the level that it needs.
        """
        return asker is not None and room.accessLevel(self._core.user(asker).source) < needed

    def level(self, asker: Asker | None, room: Room) -> int:
        """The level that the asker has in a room by its access list."""
        if self.administers(asker):
            return SERVER_OPERATOR
        assert asker is not None
        return room.accessLevel(self._core.user(asker).source)
