"""Accounts: checking who somebody is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred


class IPasswords(Interface):
    """Checks passwords against their hashes."""

    def check(hash: str | None, password: str) -> Deferred[bool]:
        """
        Find out whether a password is correct.  This takes a while; the reactor does not wait for it.

        @param hash: the encoded argon2id hash.  With C{None} or C{""} the password is never correct, and finding that
            out takes equally long.
        @return: fails with L{Overloaded <twistchat.chat.errors.Overloaded>} if too many passwords wait to be checked.
        """

    def stop() -> None:
        """Check no more passwords."""
