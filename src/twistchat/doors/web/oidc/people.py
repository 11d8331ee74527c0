"""Which account somebody has whom a provider knows: it is linked to one, or gets a new one."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from unicodedata import category, normalize
from urllib.parse import urlsplit

from twisted.logger import Logger

from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import Credential
from twistchat.doors.web.oidc.errors import Failed

if TYPE_CHECKING:
    from twistchat.chat.model.accounts import Account
    from twistchat.net.context import ServerContext

log = Logger()

LONGEST_HOST: Final = 31
"""The part of the provider's host that is in the name of a credential, in characters."""

HASH: Final = 24
"""The bytes of the hash that is in the name of a credential."""

LONGEST_CLAIM: Final = 256
"""The part of a claim from which a name is made, in characters."""

NUMBERS: Final = 20
"""The numbers that are tried at the end of a name that is taken."""


@dataclass(frozen=True, slots=True)
class Identity:
    """
    Who somebody is at a provider.

    @ivar issuer: the provider's issuer.
    @ivar subject: the claim C{sub}, which the provider gives to nobody else.
    @ivar name: the claim from which an account's name is made; C{""} if there is none.
    """

    issuer: str
    subject: str
    name: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """
        The name of its credential: the provider's host, for people, and a hash of the issuer and the subject, which no
        other identity has.
        """
        host = (urlsplit(self.issuer).hostname or "")[:LONGEST_HOST]
        digest = sha256(f"{self.issuer}\n{self.subject}".encode()).digest()[:HASH]
        return f"{host} {urlsafe_b64encode(digest).decode()}"


class People:
    """Finds, links and makes accounts."""

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._accounts = context.chat.state.accounts
        self._arriving: set[str] = set()

    def accountOf(self, identity: Identity) -> Account | None:
        """The account that an identity is linked to."""
        return self._accounts.holderOf("oidc", identity.key)

    async def link(self, name: str, identity: Identity, label: str) -> None:
        """
        Link an identity to an account, whose owner is logged in.

        @param name: the name of the account.
        @param label: what people call the provider.
        @raise Failed: another account has it.
        @raise ChatError: the account cannot have it.
        """
        holder = self.accountOf(identity)
        if holder is not None and holder.name != name:
            why = f"This login with {label} belongs to another account of this server already."
            raise Failed(why, "Log in with it, or link another one.", 409)
        if holder is None:
            await self._context.chat.accounts.setCredential(None, name, Credential("oidc", identity.key))

    async def admit(self, identity: Identity, label: str, create: bool, address: str | None) -> str:
        """
        Find the account of an identity, or make one.

        @param label: what people call the provider.
        @param create: whether an account is made for somebody who has none.
        @return: the name of the account.
        @raise Failed: there is none.
        @raise ChatError: none can be made.
        """
        account = self.accountOf(identity)
        if account is None:
            if not create:
                raise Failed(
                    f"No account of this server is linked to this login with {label}.",
                    "Log in with your name and password first, and link it in your settings.",
                )
            account = await self._create(identity, label)
        place = "" if address is None else self._context.cloak(address)
        recording = self._context.chat.accounts.recordLogin(account.name, "oidc", identity.key, place)
        if recording is not None:
            recording.addErrback(_unrecorded)
        return account.name

    async def _create(self, identity: Identity, label: str) -> Account:
        if identity.key in self._arriving:
            raise Failed("Another login of yours is about to end.", "Try again in a moment.", 409)
        self._arriving.add(identity.key)
        try:
            name = self._freeName(identity.name)
            account = await self._context.chat.accounts.register(None, name, [Credential("oidc", identity.key)])
        finally:
            self._arriving.discard(identity.key)
        log.info("The first login of {name} with {label} made their account", name=account.name, label=label)
        return account

    def _freeName(self, claim: str) -> str:
        """
        Find a name for a new account.  An account that exists keeps its name, and a user who is here keeps their nick.

        @raise Failed: all names that come into question are taken.
        """
        users, accounts = self._context.chat.state.users, self._context.chat.accounts
        for name in candidates(claim, self._context.settings.limits.nick):
            if users.lookalike(name) is not None:
                continue
            try:
                return accounts.checkName(None, name)
            except ChatError:
                continue
        raise Failed("All names like yours are taken on this server.", "Ask an administrator to make an account.", 409)


def candidates(claim: str, limit: int) -> Iterator[str]:
    """
    Make names of accounts from what a provider calls somebody.  The part of a mail address behind C{@} is left out.

    @param limit: the maximum length of a name, in characters.
    """
    text = normalize("NFC", claim[:LONGEST_CLAIM]).partition("@")[0]
    plain = "".join(
        [character if category(character)[0] in "LN" or character in "-_" else "_" for character in text.strip()]
    ).strip("-_")
    if not plain or category(plain[0])[0] == "N":
        plain = f"user{plain}"
    plain = plain[:limit]
    yield plain
    for number in range(2, NUMBERS + 2):
        yield f"{plain[: limit - len(str(number))]}{number}"


def _unrecorded(failure: object) -> None:
    """Ignore that the login could not be recorded: it is no more than useful."""
