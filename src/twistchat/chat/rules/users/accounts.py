"""Accounts: registration, credentials, settings, nicks, suspension and removal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from twistchat.chat import errors
from twistchat.chat.model.accounts import NOTHING, SETTINGS, Account, Login
from twistchat.chat.model.events import (
    SERVER,
    AccountDropped,
    AccountEvent,
    AccountExpired,
    AccountRegistered,
    AccountRestored,
    AccountSet,
    AccountSettingSet,
    AccountSuspended,
    AccountVerified,
    Credential,
    CredentialKind,
    CredentialRemoved,
    CredentialSet,
    Entry,
    InboxRead,
    LoginRecorded,
    NickGrouped,
    NickUngrouped,
    Source,
    TextsForgotten,
)
from twistchat.chat.model.names import fold, normalizeNick, skeleton
from twistchat.chat.model.sessions import Asker, Origin
from twistchat.chat.model.texts import checkText
from twistchat.chat.rules.audit import Audit
from twistchat.chat.rules.core import Core, Effects
from twistchat.chat.rules.metadata import changeMetadata
from twistchat.chat.rules.notify import derive, notifyNeighbours
from twistchat.chat.rules.rooms.access import forget
from twistchat.chat.rules.users.alwayson import isAlwaysOn, removeDetached
from twistchat.chat.rules.users.claims import claim
from twistchat.chat.rules.users.logins import endFurtherSessions
from twistchat.chat.rules.users.operators import updateOperator
from twistchat.chat.rules.users.websessions import checkOpened, disconnectAll

if TYPE_CHECKING:
    from twistchat.chat.rules.rooms.ownership import Ownership
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt

MOST_PLACES: Final = 8
"""The maximum number of places that an account remembers."""

RECORDED: Final = 86_400_000
"""Logins with the same credential from the same place are recorded at most once in this many milliseconds."""

NAMED: Final[dict[CredentialKind, str]] = {
    "token": "tokens",
    "certificate": "certificates",
    "sshkey": "SSH keys",
    "code": "codes",
    "websession": "web sessions",
    "totp": "second factors",
    "oidc": "linked logins",
}
"""What the kinds of credentials are called, if there can be several."""

UNNAMED: Final[tuple[CredentialKind, ...]] = ("password", "totp")
"""The kinds of credentials that have no name, because an account has one of them."""

LONGEST_NAME: Final = 64
"""The maximum length of the name of a token, in characters."""


class AccountRules:
    """
    The verbs that change accounts.

    They take an account's name and trust the caller, who has checked that the asker owns the account or administers the
    server.  C{None} as the asker is an administrator.
    """

    def __init__(self, core: Core, ownership: Ownership) -> None:
        """
        @param ownership: gives away the rooms of accounts that are dropped.
        """
        self._core = core
        self._ownership = ownership
        self._audit = Audit(core)

    def checkName(self, asker: Asker | None, name: str) -> str:
        """
        Check that a name is available for an account.

        @return: its display form.
        @raise ChatError: the name is invalid, reserved, taken, or the nick of another user.
        """
        name = normalizeNick(name, self._core.limits.nick)
        if skeleton(name) in self._core.reserved:
            raise errors.NickReserved(name)
        _checkFree(self._core.state, name)
        if asker is not None:
            self._core.state.users.checkFree(name, asker.session.user)
        return name

    async def register(
        self,
        asker: Asker | None,
        name: str,
        credentials: Iterable[Credential] = (),
        until: int | None = None,
        email: str | None = None,
    ) -> Account:
        """
        Register an account.

        @param credentials: its credentials.
        @param until: see L{AccountRegistered}.
        @param email: its mail address; C{None} for none.
        @raise ChatError: see L{checkName}.
        """
        name = self.checkName(asker, name)
        source, log, id = self._source(asker), self._core.log, self._core.ids()
        parts: list[AccountEvent] = [CredentialSet(source, name, credential, id) for credential in credentials]
        if email is not None:
            parts.append(AccountSettingSet(source, name, "email", email, id))
        # All are proposed before the first is stored, so that one transaction stores them.
        registering = log.append(AccountRegistered(source, name, until, id))
        failures: list[Any] = []
        receipts = [log.append(part).addErrback(failures.append) for part in parts]
        await registering
        for receipt in receipts:
            await receipt
        for failure in failures:
            failure.raiseException()
        return self._core.state.accounts.named(name)

    def verify(self, asker: Asker | None, name: str) -> Receipt:
        """Let a registered account be used, because its mail address is verified."""
        account = self._core.state.accounts.named(name)
        return self._core.log.append(AccountVerified(self._source(asker), account.name))

    def expire(self, name: str) -> Receipt:
        """Remove an account that was not verified in time, or whose owner cannot be sent a mail."""
        account = self._core.state.accounts.named(name)
        return self._core.log.append(AccountExpired(SERVER, account.name, account.registration))

    def setCredential(self, asker: Asker | None, name: str, credential: Credential) -> Receipt:
        """
        Give an account a credential, in place of the one with the same kind and name.

        @raise BadName: the credential's name is invalid.
        @raise BadCredential: another account has this certificate, SSH key or identity.
        @raise TooManyOf: the account has too many credentials of this kind.
        """
        account = self._core.state.accounts.named(name)
        kind, own = credential.kind, credential.name
        if len(own) > LONGEST_NAME or not own.isprintable() or (kind not in UNNAMED and not own):
            raise errors.BadName(own[:LONGEST_NAME], f"is not 1 to {LONGEST_NAME} printable characters")
        holder = self._core.state.accounts.holderOf(kind, own)
        if holder is not None and holder is not account:
            raise errors.BadCredential(f"This {_what(kind)}", "belongs to another account")
        setting = CredentialSet(self._source(asker), account.name, credential)
        if account.credential(kind, own) is not None:
            return self._core.log.append(setting)
        limit, counted = self._core.limits.credentialsPerAccount, f"{kind} {fold(account.name)}"
        if len(account.ofKind(kind)) + self._core.pending[counted] >= limit:
            raise errors.TooManyOf(NAMED[kind], limit)
        return self._core.counted(counted, self._core.log.append(setting))

    def removeCredential(self, asker: Asker | None, name: str, kind: CredentialKind, own: str = "") -> Receipt:
        """
        Take a credential from an account.

        @param own: the name of the credential.
        @raise NoSuchCredential: the account does not have it.
        """
        account = self._core.state.accounts.named(name)
        if account.credential(kind, own) is None:
            raise errors.NoSuchCredential(_what(kind), own)
        return self._core.log.append(CredentialRemoved(self._source(asker), account.name, kind, own))

    def recordLogin(
        self, name: str, kind: CredentialKind, own: str, place: str, every: int = RECORDED
    ) -> Receipt | None:
        """
        Record that someone logged in to an account.

        @param own: the name of the credential that they used.
        @param place: see L{LoginRecorded.place}.
        @param every: the time in which the same login is recorded once, in milliseconds.
        @return: C{None} if the same login was recorded recently.
        """
        account, now = self._core.state.accounts.named(name), self._core.timestamp()
        used, seen = account.used.get((kind, own), 0), account.places.get(place, 0) if place else now
        if now - min(used, seen) < every:
            return None
        full = place and place not in account.places and len(account.places) >= MOST_PLACES
        forgets = next(iter(account.places)) if full else ""
        return self._core.log.append(LoginRecorded(SERVER, account.name, kind, own, place, forgets))

    def set(self, asker: Asker | None, name: str, setting: str, value: str | None) -> Receipt:
        """
        Change a setting of an account.

        @param setting: a key of L{SETTINGS}.
        @param value: its value; C{None} for the default.
        @raise BadName: there is no such setting, or it cannot have this value.
        @raise NoAlwaysOn: the server's policy forbids it.
        """
        account = self._core.state.accounts.named(name)
        if setting not in SETTINGS:
            raise errors.BadName(setting, "is not that of a setting")
        if setting == "always-on" and value not in (None, "on", "off"):
            raise errors.BadName(str(value)[:LONGEST_NAME], "is not a value of always-on; use on, off or default")
        if setting == "always-on" and value == "on" and self._core.alwaysOn().who == "off":
            raise errors.NoAlwaysOn
        if value is not None:
            checkText("the setting", value, self._core.limits.topic)
        if setting == "admin":
            self._note(asker, "account.admin", account.name, value or "no")
        return self._core.log.append(AccountSettingSet(self._source(asker), account.name, setting, value))

    def isAlwaysOn(self, account: Account) -> bool:
        """Whether the user of an account stays when their last session ends."""
        return isAlwaysOn(account, self._core.alwaysOn())

    def group(self, asker: Asker | None, name: str, nick: str) -> Receipt:
        """Give a nick to an account.  The parameters and errors are those of L{checkName}."""
        account, limit = self._core.state.accounts.named(name), self._core.limits.nicksPerAccount
        nick = self.checkName(asker, nick)
        counted = f"nicks {fold(account.name)}"
        if len(account.nicks) + 1 + self._core.pending[counted] >= limit:
            raise errors.TooManyOf("nicks", limit)
        return self._core.counted(counted, self._core.log.append(NickGrouped(self._source(asker), account.name, nick)))

    def ungroup(self, asker: Asker | None, name: str, nick: str) -> Receipt:
        """
        Take a nick from an account.  The account keeps its name.

        @raise NoSuchCredential: the account has no such nick, in addition to its name.
        @raise BadCredential: the nick is its name.
        """
        account = self._core.state.accounts.named(name)
        if fold(nick) == fold(account.name):
            raise errors.BadCredential(f"The nick {account.name}", "is the name of your account, and stays with it")
        for own in account.nicks:
            if fold(own) == fold(nick):
                return self._core.log.append(NickUngrouped(self._source(asker), account.name, own))
        raise errors.NoSuchCredential("further nick", nick)

    def suspend(self, asker: Asker | None, name: str, reason: str) -> Receipt:
        """Suspend an account, and end its sessions."""
        account = self._core.state.accounts.named(name)
        checkText("the reason", reason, self._core.limits.reason)
        self._note(asker, "account.suspend", account.name, reason)
        return self._core.log.append(AccountSuspended(self._source(asker), account.name, reason))

    def restore(self, asker: Asker | None, name: str) -> Receipt:
        """End the suspension of an account."""
        account = self._core.state.accounts.named(name)
        self._note(asker, "account.restore", account.name)
        return self._core.log.append(AccountRestored(self._source(asker), account.name))

    def drop(self, asker: Asker | None, name: str) -> Receipt:
        """
        Remove an account and all its data.  Its user becomes a guest.

        First its rooms go to other accounts, or become free, as L{Ownership.bequeath} says.
        """
        account = self._core.state.accounts.named(name)
        self._note(asker, "account.drop", account.name)
        self._ownership.bequeath(asker, account)
        return self._core.log.append(AccountDropped(self._source(asker), account.name))

    def forgetTexts(self, asker: Asker | None, name: str) -> Receipt:
        """
        Erase everything that the users of an account wrote, except for the current topics of rooms.

        @param name: the name of an account, which may have been dropped.
        @raise NoSuchAccount: there is none, and never was.
        """
        account = self._core.state.accounts.get(name)
        if account is None and not self._core.state.accounts.isRetired(name):
            raise errors.NoSuchAccount(name)
        name = name if account is None else account.name
        self._note(asker, "account.forget", name)
        return self._core.log.append(TextsForgotten(self._source(asker), name))

    async def forgetting(self, name: str) -> float:
        """
        Wait for the next step of the erasure of an account's texts.  See L{IHistory.forgetting
        <twistchat.interfaces.IHistory.forgetting>}.
        """
        return await self._core.history.forgetting(name)

    def _note(self, asker: Asker | None, act: str, name: str, detail: str = "") -> None:
        """Record what an administrator does with an account, unless it is their own."""
        user = None if asker is None else asker.user
        if user is not None and fold(user.source.account or "") != fold(name):
            self._audit.note(asker, act, name, detail)

    def _source(self, asker: Asker | None) -> Source:
        user = None if asker is None else asker.user
        return SERVER if user is None else user.source


def _what(kind: CredentialKind) -> str:
    """What one credential of a kind is called."""
    return NAMED[kind].removesuffix("s") if kind in NAMED else kind


def _checkFree(state: State, name: str) -> None:
    """
    Check that a name can be registered.

    The founder of a room has an account.  If it is not there, its entries were damaged on disk, and nobody else gets
    its name and its rooms.

    @raise ChatError: see L{Accounts.checkFree}.
    """
    state.accounts.checkFree(name)
    if state.rooms.ownedBy(name):
        raise errors.NameRetired(name)


# Effects


def _accountRegistered(state: State, entry: Entry, event: AccountRegistered, origin: Origin | None) -> None:
    _checkFree(state, event.account)
    state.accounts.add(Account(event.account, entry.time, event.until, event.registration))
    user = state.users.lookalike(event.account)
    if user is not None and user.source.uid != event.source.uid:
        # Whoever registers their own nick may be unable to log in before they have verified their mail address.
        claim(state, user)


def _accountVerified(state: State, entry: Entry, event: AccountVerified, origin: Origin | None) -> None:
    state.accounts.verify(state.accounts.named(event.account))
    user = state.users.lookalike(event.account)
    if user is not None and (user.source.uid != event.source.uid or user.source.account is not None):
        # Whoever verifies the account of their own nick is logged in next.
        claim(state, user)


def _accountExpired(state: State, entry: Entry, event: AccountExpired, origin: Origin | None) -> None:
    account = state.accounts.named(event.account)
    if account.until is None or account.registration != event.registration or account.used:
        # It was verified in the meantime, or is a later registration of the name.  If somebody has logged in, it was
        # verified, and the journal has lost the entry that says so.
        raise errors.AccountExists(account.name)
    state.accounts.remove(account)
    forget(state, entry, account.name, origin)


def _accountSuspended(state: State, entry: Entry, event: AccountSuspended, origin: Origin | None) -> None:
    account = state.accounts.named(event.account)
    account.suspended = event.reason
    user = state.users.ofAccount(account.name)
    if user is not None:
        why = errors.Suspended(event.reason).text
        state.broadcast.departures.disconnect(list(user.sessions.values()), why)
        removeDetached(state, entry, user, why)
    state.presenceChanged(account.name)


def _accountRestored(state: State, entry: Entry, event: AccountRestored, origin: Origin | None) -> None:
    account = state.accounts.named(event.account)
    account.suspended = None
    state.presenceChanged(account.name)


def _accountDropped(state: State, entry: Entry, event: AccountDropped, origin: Origin | None) -> None:
    account = state.accounts.get(event.account)
    wasAdministrator = account is not None and account.isAdmin
    # At a restart only the entry that keeps the name is left.
    state.accounts.retire(event.account)
    if account is not None:
        state.accounts.remove(account)
    # L{AccountRules.drop} has given the rooms away, but for those that the account got in the meantime.
    forget(state, entry, event.account, origin)
    user = state.users.ofAccount(event.account)
    if user is not None:
        left = AccountSet(user.source, None)
        state.users.setAccount(user, None)
        notifyNeighbours(state, derive(entry, left, "account"), user, origin)
        if account is not None:
            changeMetadata(state, entry, user, account.metadata)
        updateOperator(state, entry, user, wasAdministrator)
        endFurtherSessions(state, user, "This account was dropped")
        user.stays = False
        removeDetached(state, entry, user, "This account was dropped")


def _credentialSet(state: State, entry: Entry, event: CredentialSet, origin: Origin | None) -> None:
    account = _registered(state, event)
    checkOpened(account, event.openedWith)
    state.accounts.setCredential(account, event.credential)


def _credentialRemoved(state: State, entry: Entry, event: CredentialRemoved, origin: Origin | None) -> None:
    account = state.accounts.named(event.account)
    removed = account.credential(event.kind, event.name)
    state.accounts.removeCredential(account, event.kind, event.name)
    if removed is not None and removed.kind == "websession":
        disconnectAll(state, account, removed.secret)


def _loginRecorded(state: State, entry: Entry, event: LoginRecorded, origin: Origin | None) -> None:
    account = state.accounts.named(event.account)
    account.record(Login(event.kind, event.name, event.place, entry.time), event.forgets)


def _accountSettingSet(state: State, entry: Entry, event: AccountSettingSet, origin: Origin | None) -> None:
    account = _registered(state, event)
    wasAdministrator = account.isAdmin
    settings = {name: value for name, value in account.settings.items() if name != event.name}
    if event.value is not None:
        settings[event.name] = event.value
    account.settings = settings or NOTHING
    user = state.users.ofAccount(account.name)
    if user is not None:
        updateOperator(state, entry, user, wasAdministrator)
    if event.name == "always-on":
        state.presenceChanged(account.name)


def _nickGrouped(state: State, entry: Entry, event: NickGrouped, origin: Origin | None) -> None:
    state.accounts.group(state.accounts.named(event.account), event.nick)
    claim(state, state.users.lookalike(event.nick))


def _nickUngrouped(state: State, entry: Entry, event: NickUngrouped, origin: Origin | None) -> None:
    state.accounts.ungroup(state.accounts.named(event.account), event.nick)


def _inboxRead(state: State, entry: Entry, event: InboxRead, origin: Origin | None) -> None:
    account = state.accounts.named(event.account)
    last = entry.sequence if event.last is None else event.last
    account.inbox = tuple(
        [left for left in account.inbox if (left.sequence not in event.texts if event.texts else left.sequence > last)]
    )


def _textsForgotten(state: State, entry: Entry, event: TextsForgotten, origin: Origin | None) -> None:
    """Take the texts from those that wait for others.  The journal erases them."""
    sender = fold(event.account)
    for account in state.accounts:
        if account.inbox:
            account.inbox = tuple([left for left in account.inbox if fold(left.sender) != sender])


def _registered(state: State, event: CredentialSet | AccountSettingSet) -> Account:
    """
    The account of an event that can be a part of its registration.

    @raise AccountExists: the event is a part of another registration, which was refused.
    """
    account = state.accounts.named(event.account)
    if event.registration and event.registration != account.registration:
        raise errors.AccountExists(account.name)
    return account


EFFECTS: Effects = {
    AccountRegistered: _accountRegistered,
    AccountVerified: _accountVerified,
    AccountExpired: _accountExpired,
    AccountSuspended: _accountSuspended,
    AccountRestored: _accountRestored,
    AccountDropped: _accountDropped,
    CredentialSet: _credentialSet,
    CredentialRemoved: _credentialRemoved,
    LoginRecorded: _loginRecorded,
    AccountSettingSet: _accountSettingSet,
    NickGrouped: _nickGrouped,
    NickUngrouped: _nickUngrouped,
    InboxRead: _inboxRead,
    TextsForgotten: _textsForgotten,
}
"""The effect of each class of event."""
