"""Nicks that belong to accounts, and what happens to others who have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.model.names import fold

if TYPE_CHECKING:
    from twistchat.chat.state import State


def isForeign(state: State, nick: str, account: str | None) -> bool:
    """
    Whether a nick, or a look-alike of it, belongs to another account.

    @param account: the account of the user who has the nick or wants it; C{None} for a guest.
    """
    owner = state.accounts.ownerOf(nick)
    return owner is not None and (account is None or fold(owner.name) != fold(account))
