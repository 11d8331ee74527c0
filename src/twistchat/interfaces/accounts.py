"""Accounts: authentication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred


class IPasswords(Interface):
    """Checks passwords against their hashes."""

    def check(hash: str | None, password: str) -> Deferred[bool]:
        """
        Check whether a password is correct.  The check runs in another thread and does not block the reactor.

        @param hash: the encoded argon2id hash.  With C{None} or C{""} the password is never correct, and the check
            takes equally long.
        @return: fails with L{Overloaded <twistchat.chat.errors.Overloaded>} if too many passwords wait to be checked.
        """

    def stop() -> None:
        """Stop checking passwords."""
