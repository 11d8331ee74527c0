"""The codes that are sent by mail.  They verify a mail address, or allow one new password."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import TYPE_CHECKING, Final, Literal

from twistchat.accounts.mails import Mail, resetMail, verificationMail
from twistchat.accounts.secrets.tokens import digest, digestCode, makeCode
from twistchat.accounts.throttle import LONGEST_NAME, Buckets
from twistchat.chat.errors import BadCredential, TooFast
from twistchat.chat.model.events import Credential
from twistchat.chat.model.names import fold

if TYPE_CHECKING:
    from twistchat.accounts.context import AccountContext
    from twistchat.chat.model.accounts import Account
    from twistchat.chat.model.sessions import Session
    from twistchat.interfaces import IMailer

VALID: Final = 86_400_000
"""The time for which a code is valid, in milliseconds.  L{twistchat.accounts.mails.VALIDITY} says it in words."""

NOTHING: Final = digest("")
"""The hash that a code is compared with if there is none."""

Purpose = Literal["verify", "email", "reset"]
"""
What a code is for: C{verify} lets a new account be used, C{email} changes the mail address of an account, and C{reset}
allows one new password.  It is the name of the credential.
"""

WRITERS: Final[dict[Purpose, Callable[[str, str, str], Mail]]] = {
    "verify": verificationMail,
    "email": verificationMail,
    "reset": resetMail,
}
"""The function that writes the mail for each purpose."""


class Codes:
    """Makes, sends and checks codes."""

    def __init__(self, context: AccountContext, mailer: IMailer | None, mails: Buckets) -> None:
        """
        @param mailer: sends the mails; C{None} if this server sends none.
        @param mails: limits the mails that an address asks for, and those that an account gets.
        """
        self._context = context
        self._mailer = mailer
        self._mails = mails

    @property
    def canBeSent(self) -> bool:
        """Whether this server sends mails."""
        return self._mailer is not None

    def count(self, session: Session, name: str) -> None:
        """
        Count a mail.

        The parameters and errors are those of L{check}.
        """
        self.check(session, name)
        for key in self._keys(session, name):
            self._mails.take(key)

    def check(self, session: Session, name: str) -> None:
        """
        Check that a mail may be sent, and count nothing.

        @param name: the account that it is for, which need not exist.
        @raise BadCredential: this server sends no mails.
        @raise TooFast: the address asked for too many, or too many were sent for the account.
        """
        if self._mailer is None:
            raise BadCredential("Mails", "cannot be sent by this server")
        for key in self._keys(session, name):
            wait = self._mails.wait(key)
            if wait:
                raise TooFast("ask for mails", wait)

    def _keys(self, session: Session, name: str) -> list[str]:
        """The keys for which a mail counts."""
        place = self._context.placeOf(session)
        address = [f"@{place}"] if place and not session.exempt else []
        return [*address, fold(name[:LONGEST_NAME])]

    def make(self, purpose: Purpose, address: str = "") -> tuple[str, Credential]:
        """
        Make a code.

        @param address: for C{email}, the new mail address.
        @return: the code, and the credential that stores it.
        """
        code, until = makeCode(self._context.random), int(self._context.wall() * 1000) + VALID
        return code, Credential("code", purpose, f"{digest(code)} {address}".rstrip(), until=until)

    def send(self, account: str, purpose: Purpose, code: str, address: str) -> None:
        """
        Queue the mail with a code.

        @raise ChatError: the mail cannot be sent.
        """
        assert self._mailer is not None
        mail = WRITERS[purpose](self._context.settings().server.name, account, code)
        self._mailer.send(address, mail.subject, mail.text)

    def find(self, account: Account | None, code: str, *purposes: Purpose) -> Credential | None:
        """
        Find the credential of a code that somebody has typed.

        @param purposes: what the code may be for.
        @return: C{None} if the code is wrong or no longer valid.
        """
        found, typed, now = None, digestCode(code), self._context.wall() * 1000
        for purpose in purposes:
            stored = None if account is None else account.credential("code", purpose)
            right = compare_digest(NOTHING if stored is None else stored.secret.partition(" ")[0], typed)
            if right and stored is not None and (stored.until is None or now < stored.until):
                found = stored
        return found


def addressOf(code: Credential) -> str:
    """The new mail address that a code with the purpose C{email} verifies."""
    return code.secret.partition(" ")[2]
