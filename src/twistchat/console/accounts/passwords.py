"""Asks for passwords, and the command C{twistchat hash-password}."""

from __future__ import annotations

import secrets
import sys
from getpass import getpass

from twisted.internet.defer import Deferred
from twisted.python.usage import Options

from twistchat.accounts.logins import resultOf
from twistchat.accounts.registration import newPassword
from twistchat.accounts.secrets.passwords import SALT, Verifier, hashPassword
from twistchat.chat.errors import ChatError
from twistchat.chat.model.events import Credential
from twistchat.console.help import helpOf, widthOf
from twistchat.console.options import Refused
from twistchat.options import SettingsOptions, refuseMore
from twistchat.worker import DirectWorker


class HashPasswordOptions(Options):
    """C{twistchat hash-password}."""

    synopsis = "[options]"
    longdesc = (
        "Asks for a password, twice and without showing it, and writes its argon2id hash to standard output, for the "
        "configuration.  Where standard input is no terminal, the password is its first line."
    )
    opt_version = SettingsOptions.opt_version

    def getUsage(self, width: int | None = None) -> str:
        """Lay out the help."""
        return helpOf(self, ["twistchat hash-password"], widthOf(width))

    def parseArgs(self, *arguments: str) -> None:
        """Refuse arguments: a password would stay in the shell's history."""
        refuseMore(arguments, 0)

    def run(self) -> None:
        """Ask for the password, and print its hash."""
        print(hashPassword(askPassword(), secrets.token_bytes(SALT)))


def askPassword() -> str:
    """
    Ask for a password, twice and without showing it.  Where standard input is no terminal, it is the first line.

    @raise Refused: there is no password, or the two answers differ.
    """
    if sys.stdin.isatty():
        try:
            password = getpass("Password: ")
            again = getpass("The same again: ")
        except (EOFError, KeyboardInterrupt):
            print(file=sys.stderr)
            raise Refused("there is no password") from None
        if again != password:
            raise Refused("these were two different passwords; try again")
    else:
        try:
            password = sys.stdin.readline().rstrip("\r\n")
        except UnicodeDecodeError:
            raise Refused("the password is not UTF-8") from None
    if not password:
        raise Refused("a password has one character at least")
    return password


def askCredential(account: str) -> Credential:
    """
    Ask for the new password of an account, as L{askPassword} does.

    @return: what is stored of it.
    @raise Refused: there is no password, or it is not acceptable.
    """
    hashing = newPassword(Verifier(DirectWorker, 1), secrets.token_bytes, account, askPassword())
    try:
        return resultOf(Deferred.fromCoroutine(hashing))
    except ChatError as e:
        raise Refused(e.text) from None
