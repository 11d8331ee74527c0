"""Accounts, and the register of all accounts, which keeps their names and nicks unique."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from msgspec import Struct

from twistchat.chat.errors import (
    AccountExists,
    BadCredential,
    NameRetired,
    NickOwned,
    NoSuchAccount,
    NotVerified,
    Suspended,
)
from twistchat.chat.model.events import Credential, CredentialKind, PresenceKept
from twistchat.chat.model.names import fold, skeleton

SETTINGS: Final = {
    "email": "the mail address",
    "admin": "whether the owner is an administrator of this server",
    "always-on": "whether the owner stays in the chat without a connection",
}
"""
The settings of accounts, each with its meaning.  C{admin} is C{yes} or not set.  C{always-on} is C{on}, C{off}, or not
set, and then the server's policy decides.
"""

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
"""A shared empty mapping for accounts without settings."""

UNREAD: Final[Mapping[str, int]] = MappingProxyType({})
"""A shared empty mapping for accounts without read markers."""

UNIQUE: Final[frozenset[CredentialKind]] = frozenset({"certificate", "sshkey", "oidc"})
"""The kinds of credentials whose name identifies one account.  The secret of a web session does so too."""


class Left(NamedTuple):
    """
    A private text that came while the owner of an account was away.

    @ivar sequence: the sequence number of its entry.
    @ivar sender: the account of its sender.
    @ivar time: its time, in milliseconds since the epoch; 0 if it is from a snapshot of an earlier version.
    """

    sequence: int
    sender: str
    time: int = 0


class Login(Struct, frozen=True, gc=False, array_like=True):
    """
    The last login with a credential, the last one from a place, or both.

    @ivar kind: the kind of the credential; empty if a later login used the same credential.
    @ivar name: the name of the credential.
    @ivar place: see L{LoginRecorded.place <twistchat.chat.model.events.LoginRecorded>}; empty if a later login came
        from the same place.
    @ivar time: when it was, in milliseconds since the epoch.
    """

    kind: CredentialKind | Literal[""]
    name: str
    place: str
    time: int

    def without(self, kind: CredentialKind | Literal[""], name: str, *places: str) -> Login | None:
        """
        This login without a credential and some places.

        @return: C{None} if nothing is left of it.
        """
        same = (self.kind, self.name) == (kind, name)
        left = Login("" if same else self.kind, self.name, "" if self.place in places else self.place, self.time)
        return left if left.kind or left.place else None


class Account:
    """
    A registered name, and what belongs to it.

    @ivar name: the display form of its name.
    @ivar registered: when it was registered, in milliseconds since the epoch.
    @ivar registration: see L{AccountRegistered.registration
        <twistchat.chat.model.events.AccountRegistered>}.
    @ivar until: when it expires because its mail address is not verified, in milliseconds since the epoch; C{None} if
        it is verified.
    @ivar suspended: the reason why it is suspended; C{None} if it is not.
    @ivar credentials: its credentials, the newest last.
    @ivar nicks: the nicks that belong to it in addition to its name.
    @ivar settings: its settings, by their name in L{SETTINGS}.
    @ivar metadata: its metadata, by key (IRCv3 metadata).
    @ivar logins: the last login with each credential and from each place, oldest first.
    @ivar inbox: the private texts that its owner has not been shown, oldest first.
    @ivar markers: the time of the last text that its owner has read, in milliseconds since the epoch, by the folded
        name of the room, or of the account on the other side.  The marker that was set last is the last.
    @ivar presence: what the journal keeps of the presence of its user; C{None} if it keeps nothing.
    """

    __slots__ = (
        "credentials",
        "inbox",
        "logins",
        "markers",
        "metadata",
        "name",
        "nicks",
        "presence",
        "registered",
        "registration",
        "settings",
        "suspended",
        "until",
    )

    def __init__(self, name: str, registered: int, until: int | None = None, registration: str = "") -> None:
        self.name = name
        self.registered = registered
        self.registration = registration
        self.until = until
        self.suspended: str | None = None
        self.credentials: tuple[Credential, ...] = ()
        self.nicks: tuple[str, ...] = ()
        self.settings = NOTHING
        self.metadata = NOTHING
        self.logins: tuple[Login, ...] = ()
        self.inbox: tuple[Left, ...] = ()
        self.markers = UNREAD
        self.presence: PresenceKept | None = None

    @property
    def usable(self) -> bool:
        """Whether its owner can log in: it is verified and not suspended."""
        return self.until is None and self.suspended is None

    @property
    def isAdmin(self) -> bool:
        """Whether its owner is an administrator of this server."""
        return self.settings.get("admin") == "yes"

    @property
    def used(self) -> dict[tuple[str, str], int]:
        """When a credential was last used, by kind and name, in milliseconds since the epoch."""
        return {(login.kind, login.name): login.time for login in self.logins if login.kind}

    @property
    def places(self) -> dict[str, int]:
        """When someone last logged in from a place, in milliseconds since the epoch.  The oldest is the first."""
        return {login.place: login.time for login in self.logins if login.place}

    def record(self, login: Login, forgets: str = "") -> None:
        """
        Record a login.

        @param forgets: a place that is no longer remembered; empty for none.
        """
        self._forget(login.kind, login.name, login.place, forgets)
        self.logins += (login,)

    def forgetCredential(self, kind: CredentialKind, name: str) -> None:
        """Forget the logins with a credential."""
        self._forget(kind, name)

    def _forget(self, kind: CredentialKind | Literal[""], name: str, *places: str) -> None:
        kept = [login.without(kind, name, *places) for login in self.logins]
        self.logins = tuple([login for login in kept if login is not None])

    def credential(self, kind: CredentialKind, name: str = "") -> Credential | None:
        """The credential with this kind and name."""
        for credential in self.credentials:
            if credential.kind == kind and credential.name == name:
                return credential
        return None

    def ofKind(self, kind: CredentialKind) -> tuple[Credential, ...]:
        """The credentials of a kind, the newest last."""
        return tuple([credential for credential in self.credentials if credential.kind == kind])


class Accounts:
    """
    All accounts, by the skeletons of their names and nicks, and by the rooms in which they have read markers; and the
    names of dropped accounts.
    """

    __slots__ = ("_byKey", "_bySkeleton", "_count", "_readers", "_retired", "_unverified", "_webSessions")

    def __init__(self) -> None:
        self._bySkeleton: dict[str, Account] = {}
        self._byKey: dict[tuple[CredentialKind, str], Account] = {}
        self._webSessions: dict[str, Account] = {}
        self._retired: dict[str, str] = {}
        self._unverified: dict[str, Account] = {}
        self._readers: dict[str, dict[Account, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Account]:
        """
        All accounts that existed when the iteration began and still exist, each once.  Accounts may change meanwhile.
        """
        for key in tuple(self._bySkeleton):
            account = self._bySkeleton.get(key)
            if account is not None and (not account.nicks or key == skeleton(account.name)):
                yield account

    def get(self, name: str | None) -> Account | None:
        """
        The account with this name, ignoring case.

        @param name: C{None} for a guest, who has no account.
        """
        if name is None:
            return None
        account = self._bySkeleton.get(skeleton(name))
        if account is None or account.name == name or fold(account.name) == fold(name):
            return account
        return None

    def named(self, name: str) -> Account:
        """
        The account with this name.

        @raise NoSuchAccount: there is none.
        """
        account = self.get(name)
        if account is None:
            raise NoSuchAccount(name)
        return account

    def ownerOf(self, nick: str) -> Account | None:
        """The account to which a nick belongs, or a look-alike of it."""
        return self._bySkeleton.get(skeleton(nick))

    def withNick(self, nick: str) -> Account | None:
        """The account with exactly this name or nick, ignoring case.  Unlike by L{ownerOf}, no look-alike is found."""
        account = self.ownerOf(nick)
        if account is None or fold(nick) not in map(fold, (account.name, *account.nicks)):
            return None
        return account

    def holderOf(self, kind: CredentialKind, name: str) -> Account | None:
        """
        The account with this certificate, SSH key or identity.

        @param kind: one of L{UNIQUE}.
        """
        return self._byKey.get((kind, name))

    def withWebSession(self, hash: str) -> tuple[Account, Credential] | None:
        """
        The web session with this secret, and its account.

        @param hash: the hash of the secret, as it is stored.
        """
        account = self._webSessions.get(hash)
        for credential in () if account is None else account.ofKind("websession"):
            if account is not None and credential.secret == hash:
                return account, credential
        return None

    @property
    def webSessions(self) -> Collection[str]:
        """The hashes of the secrets of all web sessions, those that were opened first first."""
        return self._webSessions.keys()

    @property
    def unverified(self) -> Collection[Account]:
        """The accounts whose mail address is not verified yet, in the order of their registration."""
        return self._unverified.values()

    @property
    def retired(self) -> tuple[str, ...]:
        """The names of dropped accounts, which nobody can register."""
        return tuple(self._retired.values())

    def isRetired(self, name: str) -> bool:
        """Whether this is the name of a dropped account."""
        return fold(self._retired.get(skeleton(name), "")) == fold(name)

    def checkUsable(self, name: str) -> None:
        """
        Check that nothing forbids the owner of an account to log in.

        @param name: the name of the account.  An account that was never registered passes.
        @raise NoSuchAccount: it was dropped.
        @raise Suspended: it is suspended.
        @raise NotVerified: its mail address is not verified yet.
        """
        account = self.get(name)
        if account is None:
            if self.isRetired(name):
                raise NoSuchAccount(name)
        elif account.suspended is not None:
            raise Suspended(account.suspended)
        elif account.until is not None:
            raise NotVerified(account.name)

    def checkFree(self, name: str) -> None:
        """
        Check that a name can be registered.

        @raise AccountExists: there is an account of this name.
        @raise NickOwned: it is a nick of an account, or looks like one.
        @raise NameRetired: it is the name of a dropped account, or looks like one.
        """
        owner = self.ownerOf(name)
        if owner is not None:
            raise AccountExists(owner.name) if fold(owner.name) == fold(name) else NickOwned(name)
        if skeleton(name) in self._retired:
            raise NameRetired(name)

    def add(self, account: Account) -> None:
        """Add an account.  No other account has its name."""
        key = skeleton(account.name)
        # Most names are their own skeletons, and one string takes less memory than two.
        self._bySkeleton[account.name if key == account.name else key] = account
        if account.until is not None:
            self._unverified[account.name] = account
        self._count += 1

    def verify(self, account: Account) -> None:
        """Let an account be used, because its mail address is verified."""
        account.until = None
        self._unverified.pop(account.name, None)

    def remove(self, account: Account) -> None:
        """Remove an account, and free its name and nicks."""
        for name in (account.name, *account.nicks):
            del self._bySkeleton[skeleton(name)]
        for credential in account.credentials:
            self._unlink(account, credential)
        for target in account.markers:
            self._noReader(account, target)
        self._unverified.pop(account.name, None)
        self._count -= 1

    def retire(self, name: str) -> None:
        """Keep a name from being registered."""
        self._retired[skeleton(name)] = name

    def group(self, account: Account, nick: str) -> None:
        """
        Give a nick to an account.

        @raise ChatError: it belongs to an account, or is the name of a dropped one.
        """
        self.checkFree(nick)
        self._bySkeleton[skeleton(nick)] = account
        account.nicks += (nick,)

    def ungroup(self, account: Account, nick: str) -> None:
        """Take a nick from an account.  Nothing happens if it has no such nick."""
        kept = tuple([own for own in account.nicks if fold(own) != fold(nick)])
        if kept != account.nicks:
            del self._bySkeleton[skeleton(nick)]
            account.nicks = kept

    def setCredential(self, account: Account, credential: Credential) -> None:
        """
        Give an account a credential, in place of the one with the same kind and name.

        @raise BadCredential: another account has this certificate, SSH key or identity.
        """
        key = (credential.kind, credential.name)
        if credential.kind in UNIQUE and self._byKey.setdefault(key, account) is not account:
            what = {"certificate": "certificate", "sshkey": "SSH key", "oidc": "linked login"}[credential.kind]
            raise BadCredential(f"This {what}", "belongs to another account")
        replaced = account.credential(*key)
        if replaced is not None and replaced.kind == "websession":
            self._unlink(account, replaced)
        self._drop(account, *key)
        account.credentials += (credential,)
        if credential.kind == "websession":
            self._webSessions[credential.secret] = account

    def removeCredential(self, account: Account, kind: CredentialKind, name: str) -> None:
        """Take a credential from an account.  Nothing happens if it has no such credential."""
        credential = account.credential(kind, name)
        if credential is not None:
            self._unlink(account, credential)
            self._drop(account, kind, name)
        account.forgetCredential(kind, name)

    def readers(self, room: str) -> list[Account]:
        """
        The accounts that have a read marker in a room.

        @param room: its folded name.
        """
        return list(self._readers.get(room, ()))

    def mark(self, account: Account, target: str, time: int, forgets: Collection[str] = ()) -> None:
        """
        Set a read marker of an account.

        @param target: see L{Account.markers}.
        @param time: likewise.
        @param forgets: the targets whose markers it loses.
        """
        for other in forgets:
            self._noReader(account, other)
        markers = account.markers if isinstance(account.markers, dict) else {}
        for other in (*forgets, target):
            markers.pop(other, None)
        markers[target] = time
        account.markers = markers
        if target.startswith("#"):
            self._readers.setdefault(target, {})[account] = None

    def _noReader(self, account: Account, target: str) -> None:
        readers = self._readers.get(target)
        if readers is not None:
            readers.pop(account, None)
            if not readers:
                del self._readers[target]

    def _drop(self, account: Account, kind: CredentialKind, name: str) -> None:
        account.credentials = tuple(
            [other for other in account.credentials if (other.kind, other.name) != (kind, name)]
        )

    def _unlink(self, account: Account, credential: Credential) -> None:
        key = (credential.kind, credential.name)
        if self._byKey.get(key) is account:
            del self._byKey[key]
        if credential.kind == "websession":
            self._webSessions.pop(credential.secret, None)
