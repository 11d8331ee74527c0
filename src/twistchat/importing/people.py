"""Makes accounts of the people of another server."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twistchat.chat.errors import BadMetadataValue, NickReserved
from twistchat.chat.model.events import (
    SERVER,
    AccountMetadataSet,
    AccountRegistered,
    AccountSettingSet,
    AccountSuspended,
    Credential,
    CredentialSet,
    Event,
    Source,
)
from twistchat.chat.model.metadata import DISPLAY_NAME, checkValue
from twistchat.chat.model.names import fold, skeleton
from twistchat.importing.naming import FreeNames, nickFrom
from twistchat.importing.records import ImportProblem, Person
from twistchat.importing.texts import oneLine

if TYPE_CHECKING:
    from twistchat.chat.limits import ChatLimits
    from twistchat.importing.destination import Destination
    from twistchat.importing.report import Report

IMPORTED: Final = "imported"
"""The name of the setting of an account or a room that was imported, before the source.  Its value is the id there."""

UID: Final = "imported"
"""The id of users who were never here."""


@dataclass(frozen=True, slots=True)
class Rules:
    """
    How an import treats what it finds.

    @ivar limits: the limits of names and texts.
    @ivar reserved: the skeletons of nicks that nobody can have.
    @ivar lobby: the folded name of the lobby.
    @ivar owner: the account that owns rooms whose creator is unknown or was removed; C{None} for the first
        administrator.
    @ivar isAddress: whether a text is a mail address.
    @ivar claim: makes the credential with which a person claims their account, from the name of the account and the
        person; C{None} for none.
    """

    limits: ChatLimits
    reserved: frozenset[str]
    lobby: str
    owner: str | None
    isAddress: Callable[[str], bool]
    claim: Callable[[str, Person], Credential] | None = None


class People:
    """
    The people of an export, and their accounts.

    The account remembers the id of its person, so that a later import finds it, whatever it is named by then.
    """

    def __init__(
        self, destination: Destination, source: str, rules: Rules, report: Report, ids: Callable[[], str]
    ) -> None:
        """
        @param source: the team that made the export.
        @param ids: makes an id of a registration.
        """
        self._destination = destination
        self._source, self._setting = source, f"{IMPORTED} {source}"
        self._rules, self._report, self._ids = rules, report, ids
        self._names = FreeNames(rules.limits.nick, self._checkFree)
        self._people: dict[str, Person] = {}
        self._sources: dict[str, Source] = {}
        self._accounts: dict[str, str] = {}
        self._byEmail: dict[str, str] = {}
        for account in destination.state.accounts:
            person, email = account.settings.get(self._setting), account.settings.get("email")
            if person is not None:
                self._accounts[person] = account.name
            elif email is not None and not account.isAdmin and destination.isVerified(account):
                self._byEmail.setdefault(email.casefold(), account.name)

    @property
    def areKnown(self) -> bool:
        """Whether this source was imported earlier."""
        return bool(self._accounts)

    def known(self) -> Collection[tuple[str, str]]:
        """The ids of the people who were imported earlier, and their accounts."""
        return self._accounts.items()

    def add(self, person: Person) -> None:
        """Take a person from the export.  Nothing is written."""
        self._people.setdefault(person.id, person)

    def register(self) -> None:
        """
        Give accounts to those who may claim them: who are neither removed nor programs.  The others get accounts when
        something of them is imported, because it shows their names.
        """
        retired = self._destination.state.accounts.isRetired
        for person in self._people.values():
            dropped = person.id not in self._accounts and retired(nickFrom(person.name, self._rules.limits.nick))
            if not (person.deleted or person.bot or dropped):
                if person.id in self._accounts:
                    self._renewClaim(person)
                self.source(person.id)

    def _renewClaim(self, person: Person) -> None:
        """
        Make a new code for an account that was imported earlier, if one is wanted, and nobody has claimed the account.
        """
        account = self._destination.state.accounts.get(self._accounts[person.id])
        if self._rules.claim is None or account is None or not account.usable or account.isAdmin:
            return
        if account.logins or any(credential.kind != "code" for credential in account.credentials):
            return
        credential = self._rules.claim(account.name, person)
        self._destination.propose(CredentialSet(SERVER, account.name, credential, account.registration))
        self._report.codes += 1

    def isActive(self, id: str | None) -> bool:
        """Whether this person can own a room."""
        person = None if id is None else self._people.get(id)
        return person is not None and not (person.deleted or person.bot)

    def owner(self) -> Source:
        """
        The names of the account that owns rooms without a creator.

        @raise ImportProblem: there is no such account.
        """
        accounts, name = self._destination.state.accounts, self._rules.owner
        found = next((a for a in accounts if a.isAdmin and a.usable), None) if name is None else accounts.get(name)
        if found is None:
            missing = "no administrator" if name is None else f"no account {name}"
            raise ImportProblem(
                f"there is {missing} to own the rooms without a creator; make one with twistchat account create NAME"
                " --admin, or name an account with --owner"
            )
        return Source(UID, found.name, account=found.name)

    def source(self, id: str) -> Source:
        """The names of a person, who gets an account if there is none."""
        found = self._sources.get(id)
        if found is None:
            person = self._people.get(id) or Person(id, id, deleted=True)
            name = self._accounts.get(id) or self._claimed(person) or self._registered(person)
            realname = oneLine(person.realname, self._rules.limits.realname)
            found = self._sources[id] = Source(UID, name, "~imported", "imported", name, realname, person.bot)
        return found

    def _claimed(self, person: Person) -> str | None:
        """
        The account whose owner has verified the mail address of a person here.  It belongs to that person from now on.

        An export can contain any address, so no account of an administrator is found.
        """
        email = None if person.email is None or person.deleted else person.email.casefold()
        name = None if email is None else self._byEmail.pop(email, None)
        if name is not None:
            self._destination.propose(AccountSettingSet(SERVER, name, self._setting, person.id))
            self._report.known += 1
            self._report.matches[name] = person.name
            self._note(person, name)
        return name

    def _registered(self, person: Person) -> str:
        """Register an account for a person.  One transaction stores all of it."""
        limits = self._rules.limits
        name = self._names.find(nickFrom(person.name, limits.nick), nickFrom(person.id, limits.nick))
        registration = self._ids()
        events: list[Event] = [
            AccountRegistered(SERVER, name, None, registration),
            AccountSettingSet(SERVER, name, self._setting, person.id, registration),
        ]
        display = oneLine(person.realname, DISPLAY_NAME)
        try:
            if display:
                checkValue("display-name", display, limits.metadataValue)
                events.append(AccountMetadataSet(SERVER, name, "", "display-name", display))
        except BadMetadataValue:
            pass
        if person.deleted:
            events.append(
                AccountSuspended(SERVER, name, f"This account was removed before the import from {self._source}")
            )
        elif not person.bot:
            if person.email is not None and self._rules.isAddress(person.email):
                events.append(AccountSettingSet(SERVER, name, "email", person.email, registration))
            elif person.email is not None:
                self._report.leaveOut("mail address that is not valid", name)
            if self._rules.claim is not None:
                credential = self._rules.claim(name, person)
                events.append(CredentialSet(SERVER, name, credential, registration))
        self._destination.together(len(events))
        for event in events:
            self._destination.propose(event)
        self._report.people += 1
        self._note(person, name)
        return name

    def _note(self, person: Person, name: str) -> None:
        """Report the name of an account if it differs from that of the person."""
        if fold(name) != fold(person.name):
            key = person.name if person.name not in self._report.names else f"{person.name} ({person.id})"
            self._report.names[key] = name

    def _checkFree(self, name: str) -> None:
        """
        Check that an account can have a name.

        @raise ChatError: it cannot.
        """
        state = self._destination.state
        if skeleton(name) in self._rules.reserved or state.rooms.ownedBy(name):
            raise NickReserved(name)
        state.accounts.checkFree(name)
