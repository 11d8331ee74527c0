"""The commands about accounts.  They work while the server runs, and while it does not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from twisted.python.usage import UsageError

from twistchat.chat.phrasing import counted
from twistchat.console.accounts.passwords import askCredential
from twistchat.console.accounts.views import asJson, details, table
from twistchat.console.group import CommandGroup
from twistchat.console.options import JournalOptions, Refused
from twistchat.console.reaching import perform
from twistchat.journal.sqlite.files import FILE
from twistchat.options import refuseMore


class AccountOptions(JournalOptions):
    """
    Options of a command about one account.

    @ivar name: the name of the account.
    """

    synopsis = "[options] NAME"
    name: str

    def parseArgs(self, *arguments: str) -> None:
        """Read the name of the account."""
        refuseMore(arguments, 1)
        self.name = _name(arguments)

    def perform(
        self,
        command: str,
        receive: Callable[[Mapping[str, Any]], None] = lambda part: None,
        creates: bool = False,
        **arguments: object,
    ) -> Mapping[str, Any]:
        """Execute a command of L{twistchat.services.control.accounts}.  See L{perform} for the other parameters."""
        return perform(self.settings, f"account.{command}", arguments, receive, creates)


class CreateOptions(AccountOptions):
    """C{twistchat account create NAME}."""

    longdesc = (
        "Registers an account.  Asks for its password, twice and without showing it; where standard input is no "
        "terminal, the password is its first line."
    )
    examples: ClassVar = ["twistchat account create alice --admin", "twistchat account create bot --no-password"]
    optFlags: ClassVar = [
        ["admin", None, "The account is an administrator's."],
        ["no-password", None, "The account gets no password, and its owner logs in by other means."],
    ]
    optParameters: ClassVar = [["email", None, None, "The mail address of its owner."]]

    def run(self) -> None:
        """Register the account."""
        if not self["no-password"] and Path(self.settings.server.data, FILE).exists():
            # Say that the name is taken before anyone types a password.
            self.perform("check", name=self.name)
        password = None if self["no-password"] else msgspec.to_builtins(askCredential(self.name))
        answer = self.perform(
            "create",
            creates=True,
            name=self.name,
            password=password,
            email=self["email"],
            admin=bool(self["admin"]),
        )
        print(f"{answer['account']} is registered" + (", and is an administrator" if answer["admin"] else ""))
        if answer["taken"]:
            print(f"twistchat: somebody who is not logged in uses the nick {answer['account']} now", file=sys.stderr)


class ListOptions(AccountOptions):
    """C{twistchat account list}."""

    synopsis = "[options]"
    longdesc = (
        "Lists all accounts.  Dates are in UTC.  A login is recorded once a day for each credential and place, so the "
        "last one may be a day later than the last recorded one."
    )
    examples: ClassVar = ["twistchat account list", "twistchat account list --json"]
    optFlags: ClassVar = [["json", None, "Write one JSON object per line."]]

    def parseArgs(self, *arguments: str) -> None:
        """Refuse all arguments."""
        refuseMore(arguments, 0)

    def run(self) -> None:
        """List the accounts."""
        accounts: list[Mapping[str, Any]] = []

        def receive(part: Mapping[str, Any]) -> None:
            if self["json"]:
                for account in part["accounts"]:
                    print(asJson(account))
            else:
                accounts.extend(part["accounts"])

        self.perform("list", receive)
        if accounts:
            print(*table(accounts), sep="\n")
        elif not self["json"]:
            print("There are no accounts")


class ShowOptions(AccountOptions):
    """C{twistchat account show NAME}."""

    longdesc = (
        "Shows what the server knows about an account: all but its passwords, tokens and keys.  A login is recorded "
        "once a day for each credential and place, so the last one may be a day later than the last recorded one."
    )
    examples: ClassVar = ["twistchat account show alice"]
    optFlags: ClassVar = [["json", None, "Write a JSON object."]]

    def run(self) -> None:
        """Show the account."""
        account = self.perform("show", name=self.name)
        print(asJson(account) if self["json"] else "\n".join(details(account)))


class SuspendOptions(AccountOptions):
    """C{twistchat account suspend NAME [REASON]}."""

    synopsis = "[options] NAME [REASON]"
    longdesc = "Suspends an account: its sessions end, and nobody can log in to it.  Its owner is shown the REASON."
    examples: ClassVar = ["twistchat account suspend eve 'Please write to us'"]
    reason: str

    def parseArgs(self, *arguments: str) -> None:
        """Read the name of the account and the reason, which may have several words."""
        self.name, self.reason = _name(arguments), " ".join(arguments[1:])

    def run(self) -> None:
        """Suspend the account."""
        answer = self.perform("suspend", name=self.name, reason=self.reason)
        print(f"{answer['account']} is suspended; {_ended(answer)}")


class RestoreAccountOptions(AccountOptions):
    """C{twistchat account restore NAME}."""

    longdesc = "Ends the suspension of an account."
    examples: ClassVar = ["twistchat account restore eve"]

    def run(self) -> None:
        """End the suspension."""
        print(f"{self.perform('restore', name=self.name)['account']} can be used again")


class PasswordOptions(AccountOptions):
    """C{twistchat account password NAME}."""

    longdesc = (
        "Gives an account a new password.  Asks for it, twice and without showing it; where standard input is no "
        "terminal, it is the first line."
    )
    examples: ClassVar = ["twistchat account password alice"]

    def run(self) -> None:
        """Set the password."""
        self.perform("show", name=self.name)
        answer = self.perform("password", name=self.name, password=msgspec.to_builtins(askCredential(self.name)))
        print(f"{answer['account']} has a new password")


class TotpOffOptions(AccountOptions):
    """C{twistchat account totp-off NAME}."""

    longdesc = (
        "Removes the second factor of an account, and its recovery codes: its owner has lost the app.  Their password "
        "alone logs in then.  Make sure that it is them who ask."
    )
    examples: ClassVar = ["twistchat account totp-off alice"]

    def run(self) -> None:
        """Remove the second factor."""
        print(f"{self.perform('totpOff', name=self.name)['account']} has no second factor any more")


class AdminOptions(AccountOptions):
    """C{twistchat account admin NAME}."""

    longdesc = "Makes the owner of an account an administrator."
    examples: ClassVar = ["twistchat account admin alice", "twistchat account admin alice --revoke"]
    optFlags: ClassVar = [["revoke", None, "The owner is no administrator any more."]]

    def run(self) -> None:
        """Change the rights."""
        answer = self.perform("admin", name=self.name, admin=not self["revoke"])
        now = "an administrator" if not self["revoke"] else "not an administrator"
        print(f"{answer['account']} is {now}" + ("" if answer["changed"] else ", as before"))


class DropOptions(AccountOptions):
    """C{twistchat account drop NAME}."""

    longdesc = (
        "Removes an account and all its data, for ever.  Nobody can register its name again, because older messages "
        "show it.  Its rooms get another founder or become free, as accounts.succession says."
    )
    examples: ClassVar = ["twistchat account drop eve"]
    optFlags: ClassVar = [["yes", None, "Do not ask."]]

    def run(self) -> None:
        """Ask, and drop the account."""
        account = self.perform("show", name=self.name)
        if not self["yes"]:
            _confirm(account)
        answer = self.perform("drop", name=account["name"])
        print(f"{answer['account']} is dropped")
        for room, founder in answer["rooms"].items():
            print(f"{room} belongs to {founder} now" if founder else f"{room} belongs to nobody now")


class AccountGroup(CommandGroup):
    """C{twistchat account}."""

    usage = "Usage: twistchat account COMMAND [options]"
    start = "Usage: twistchat account"
    longdesc = "These commands work while the server runs, and while it does not."
    commandList: ClassVar[Sequence[Sequence[Any]]] = [
        ["admin", None, AdminOptions, "Make the owner of an account an administrator."],
        ["create", None, CreateOptions, "Register an account."],
        ["drop", None, DropOptions, "Remove an account for ever."],
        ["list", None, ListOptions, "List all accounts."],
        ["password", None, PasswordOptions, "Give an account a new password."],
        ["restore", None, RestoreAccountOptions, "End the suspension of an account."],
        ["show", None, ShowOptions, "Show what the server knows about an account."],
        ["suspend", None, SuspendOptions, "Suspend an account, and end its sessions."],
        ["totp-off", None, TotpOffOptions, "Remove the second factor of an account."],
    ]
    groups: ClassVar = [("Commands", commandList)]


def _name(arguments: Sequence[str]) -> str:
    if not arguments:
        raise UsageError("the argument NAME is missing: the name of the account")
    return arguments[0]


def _ended(answer: Mapping[str, Any]) -> str:
    return f"{counted(answer['sessions'], 'session')} ended" if answer["sessions"] else "nobody is logged in to it"


def _confirm(account: Mapping[str, Any]) -> None:
    """
    Ask whether to drop an account.

    @raise Refused: the answer is not yes.
    """
    if not sys.stdin.isatty():
        raise Refused(f"add --yes to drop {account['name']} without a question")
    rooms = f"  It is the founder of {', '.join(account['rooms'])}." if account["rooms"] else ""
    try:
        answer = input(f"The account {account['name']} cannot come back.{rooms}  Drop it? [y/N] ")
    except (EOFError, KeyboardInterrupt):
        answer = ""
        print()
    if answer.strip().lower() not in ("y", "yes"):
        raise Refused(f"{account['name']} was not dropped")
