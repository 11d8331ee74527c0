"""
What people log in with, as credentials of C{twisted.cred}.

Each class has an interface of its own, because a portal finds the checker by the interface.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from twisted.cred.credentials import ICredentials
from zope.interface import Attribute, Interface, implementer

from twistchat.interfaces import ScramKeys


class IAccountPassword(ICredentials):
    """A password of an account."""

    name: str = Attribute("The name of the account, or one of its nicks, as the client gave it.")
    password: str = Attribute("The password.")


class IAccountToken(ICredentials):
    """An app token of an account."""

    name: str = Attribute("The name of the account, or one of its nicks, as the client gave it.")
    token: str = Attribute("The token.")


class IAccountScram(ICredentials):
    """A proof of SCRAM-SHA-256, which matched the keys."""

    name: str = Attribute("The name of the account, or one of its nicks, as the client gave it.")
    keys: ScramKeys = Attribute("The keys.")


class IAccountKey(ICredentials):
    """A certificate or an SSH key, which the client has proved to own."""

    name: str | None = Attribute("The name of the account; C{None} for the account that has the key.")
    kind: str = Attribute("Its kind: C{certificate} or C{sshkey}.")
    fingerprint: str = Attribute("Its fingerprint.")


class IAvatar(Interface):
    """What the realm returns: somebody who is logged in to an account.  See L{twistchat.interfaces.Authenticated}."""


@implementer(IAccountPassword)
@dataclass(frozen=True, slots=True)
class AccountPassword:
    """See L{IAccountPassword}."""

    name: str
    password: str = field(repr=False)


@implementer(IAccountToken)
@dataclass(frozen=True, slots=True)
class AccountToken:
    """See L{IAccountToken}."""

    name: str
    token: str = field(repr=False)


@implementer(IAccountScram)
@dataclass(frozen=True, slots=True)
class AccountScram:
    """See L{IAccountScram}."""

    name: str
    keys: ScramKeys = field(repr=False)


@implementer(IAccountKey)
@dataclass(frozen=True, slots=True)
class AccountKey:
    """See L{IAccountKey}."""

    name: str | None
    kind: str
    fingerprint: str
