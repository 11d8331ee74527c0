"""The commands about accounts.  They work on the chat of a running server, or on one that a command has opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final

from twistchat.accounts.email import checkEmail
from twistchat.chat.errors import BadNick, NoSuchAccount
from twistchat.chat.model.events import Credential, TextsForgotten
from twistchat.chat.model.names import fold
from twistchat.services.control.commands import Answer, Arguments, Command, Commands, Nothing, Report
from twistchat.services.control.wire import ControlError

if TYPE_CHECKING:
    from twistchat.chat.chat import Chat
    from twistchat.chat.model.accounts import Account

PORTION: Final = 50
"""The number of accounts that are listed in one turn."""


class Name(Arguments, frozen=True):
    """
    The arguments of a command about one account.

    @ivar name: the name of the account.
    """

    name: str

    @property
    def target(self) -> str:
        """The account."""
        return self.name


class Creation(Name, frozen=True):
    """
    The arguments of C{account.create}.

    @ivar password: its password, as it is stored; C{None} for none.
    @ivar email: its mail address; C{None} for none.
    @ivar admin: whether its owner is an administrator.
    """

    password: Credential | None = None
    email: str | None = None
    admin: bool = False

    @property
    def detail(self) -> str:
        """Whether its owner is an administrator."""
        return "an administrator" if self.admin else ""


class NewPassword(Name, frozen=True):
    """
    The arguments of C{account.password}.

    @ivar password: its new password, as it is stored.
    """

    password: Credential


class Suspension(Name, frozen=True):
    """
    The arguments of C{account.suspend}.

    @ivar reason: the reason, which its owner is shown.
    """

    reason: str = ""

    @property
    def detail(self) -> str:
        """The reason."""
        return self.reason


class Rights(Name, frozen=True):
    """
    The arguments of C{account.admin}.

    @ivar admin: whether its owner becomes an administrator, or is one no longer.
    """

    admin: bool = True

    @property
    def detail(self) -> str:
        """What changes."""
        return "an administrator" if self.admin else "not an administrator"


class AccountCommands:
    """
    The commands about accounts.

    They get passwords hashed.  So they never block, and no password is sent through the socket.
    """

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    @property
    def table(self) -> Commands:
        """The commands by their names."""
        return {
            "account.check": Command(Name, self.check, changes=False),
            "account.create": Command(Creation, self.create),
            "account.list": Command(Nothing, self.listAll, changes=False),
            "account.show": Command(Name, self.show, changes=False),
            "account.suspend": Command(Suspension, self.suspend),
            "account.restore": Command(Name, self.restore),
            "account.password": Command(NewPassword, self.setPassword),
            "account.totpOff": Command(Name, self.removeFactor),
            "account.admin": Command(Rights, self.setAdmin),
            "account.drop": Command(Name, self.drop),
            "account.forget": Command(Name, self.forgetTexts),
        }

    async def check(self, arguments: Name, report: Report) -> Answer:
        """Check that a name is free."""
        with _quoted():
            return {"account": self._chat.accounts.checkName(None, arguments.name)}

    async def create(self, arguments: Creation, report: Report) -> Answer:
        """Register an account.  The answer tells whether a guest uses its name."""
        credentials = () if arguments.password is None else (_checkedPassword(arguments.password),)
        email = None if arguments.email is None else checkEmail(arguments.email)
        accounts = self._chat.accounts
        with _quoted():
            account = await accounts.register(None, arguments.name, credentials, email=email)
        if arguments.admin:
            await accounts.set(None, account.name, "admin", "yes")
        guest = self._chat.state.users.named(account.name)
        taken = guest is not None and guest.source.account is None
        return {"account": account.name, "admin": account.isAdmin, "taken": taken}

    async def listAll(self, arguments: Nothing, report: Report) -> Answer:
        """List all accounts, in portions."""
        accounts, count = iter(self._chat.state.accounts), 0
        while portion := [self._listed(account) for account in islice(accounts, PORTION)]:
            count += len(portion)
            await report({"accounts": portion})
        return {"count": count}

    async def show(self, arguments: Name, report: Report) -> Answer:
        """Show everything about an account, except for its secrets."""
        account, state = self._named(arguments.name), self._chat.state
        key, user = fold(account.name), state.users.ofAccount(account.name)
        return {
            **self._listed(account),
            "nick": None if user is None else user.nick,
            "nicks": account.nicks,
            "credentials": [
                {
                    "kind": credential.kind,
                    "name": credential.name,
                    "created": credential.created,
                    "used": account.used.get((credential.kind, credential.name)),
                }
                for credential in account.credentials
                if credential.kind != "code"
            ],
            "rooms": self._founded(account),
            "access": [{"room": room.name, "ranks": room.granted[key]} for room in state.rooms if key in room.granted],
            "sessions": [
                {"address": session.address, "secure": session.secure}
                for session in ([] if user is None else user.sessions.values())
            ],
        }

    async def suspend(self, arguments: Suspension, report: Report) -> Answer:
        """Suspend an account.  Its sessions end."""
        account = self._named(arguments.name)
        sessions = self._sessions(account)
        await self._chat.accounts.suspend(None, account.name, arguments.reason)
        return {"account": account.name, "sessions": sessions}

    async def restore(self, arguments: Name, report: Report) -> Answer:
        """End the suspension of an account."""
        account = self._named(arguments.name)
        if account.suspended is None:
            raise ControlError("NOT_SUSPENDED", f"The account {account.name} is not suspended")
        await self._chat.accounts.restore(None, account.name)
        return {"account": account.name}

    async def setPassword(self, arguments: NewPassword, report: Report) -> Answer:
        """Give an account a new password.  Its web sessions end."""
        account, accounts = self._named(arguments.name), self._chat.accounts
        await accounts.setCredential(None, account.name, _checkedPassword(arguments.password))
        for browser in account.ofKind("websession"):
            await accounts.removeCredential(None, account.name, "websession", browser.name)
        return {"account": account.name}

    async def removeFactor(self, arguments: Name, report: Report) -> Answer:
        """Remove the second factor of an account, whose owner has lost it."""
        account = self._named(arguments.name)
        if account.credential("totp") is None:
            raise ControlError("NO_SECOND_FACTOR", f"The account {account.name} has no second factor")
        await self._chat.accounts.removeCredential(None, account.name, "totp")
        return {"account": account.name}

    async def setAdmin(self, arguments: Rights, report: Report) -> Answer:
        """Make the owner of an account an administrator, or end that."""
        account = self._named(arguments.name)
        changed = account.isAdmin != arguments.admin
        if changed:
            await self._chat.accounts.set(None, account.name, "admin", "yes" if arguments.admin else None)
        return {"account": account.name, "changed": changed}

    async def drop(self, arguments: Name, report: Report) -> Answer:
        """Remove an account.  The answer has the new founder of each of its rooms; C{None} if it has none any more."""
        account, rooms = self._named(arguments.name), self._chat.state.rooms
        founded, sessions = self._founded(account), self._sessions(account)
        await self._chat.accounts.drop(None, account.name)
        heirs = {name: None if (room := rooms.get(name)) is None else room.founder for name in founded}
        return {"account": account.name, "rooms": heirs, "sessions": sessions}

    async def forgetTexts(self, arguments: Name, report: Report) -> Answer:
        """Erase everything that the users of an account wrote.  If the client leaves, the server continues."""
        accounts = self._chat.accounts
        entry = await accounts.forgetTexts(None, arguments.name)
        event = entry.event
        assert isinstance(event, TextsForgotten)
        while (part := await accounts.forgetting(event.account)) < 1:
            await report({"part": part})
        return {"account": event.account}

    def _named(self, name: str) -> Account:
        """
        Find an account.

        @raise NoSuchAccount: there is none.
        @raise ControlError: the name is a nick of an account.
        """
        accounts = self._chat.state.accounts
        account = accounts.get(name)
        if account is None:
            owner = accounts.ownerOf(name)
            if owner is None or all(fold(nick) != fold(name) for nick in owner.nicks):
                raise NoSuchAccount(name)
            raise ControlError("NICK_OF_ACCOUNT", f"{name} is a nick of the account {owner.name}; name the account")
        return account

    def _sessions(self, account: Account) -> int:
        user = self._chat.state.users.ofAccount(account.name)
        return 0 if user is None else user.sessionCount

    def _founded(self, account: Account) -> list[str]:
        """The rooms that an account owns."""
        key = fold(account.name)
        return [room.name for room in self._chat.state.rooms if room.founder is not None and fold(room.founder) == key]

    def _listed(self, account: Account) -> dict[str, object]:
        return {
            "name": account.name,
            "registered": account.registered,
            "until": account.until,
            "suspended": account.suspended,
            "admin": account.isAdmin,
            "email": account.settings.get("email"),
            "used": max([*account.used.values(), *account.places.values()], default=None),
            "online": self._sessions(account),
        }


def _checkedPassword(credential: Credential) -> Credential:
    """
    Return a credential from a request.

    @raise ControlError: it is not a password.
    """
    if credential.kind != "password" or credential.name or not credential.secret.startswith("$argon2id$"):
        raise ControlError("BAD_ARGUMENTS", "The credential is not the hash of a password")
    return credential


@contextmanager
def _quoted() -> Iterator[None]:
    """Let the error about a bad name show it in quotes, because it may contain spaces."""
    try:
        yield
    except BadNick as bad:
        raise BadNick(f'"{bad.nick}"', bad.why) from None
