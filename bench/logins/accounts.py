"""A journal with accounts, for servers to which many people log in."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.defer import Deferred

from twistchat.accounts.secrets.passwords import SALT, hashPassword
from twistchat.accounts.secrets.scram import ITERATIONS, encodeKeys, makeKeys
from twistchat.chat.model.events import SERVER, AccountRegistered, Credential, CredentialSet, Event
from twistchat.testing import MemoryServer

PASSWORD = "correct horse"
"""The password of all accounts."""


def prepare(folder: Path, accounts: int) -> None:
    """
    Write a journal with accounts C{user0}, C{user1} and so on, which have the same password.

    @param folder: the data directory.
    """
    salt = bytes(SALT)
    keys = encodeKeys(makeKeys(PASSWORD, salt, ITERATIONS))
    credential = Credential("password", secret=hashPassword(PASSWORD, salt), scram=keys)
    server = MemoryServer(directory=str(folder))
    receipts: list[Deferred[object]] = []
    for number in range(accounts):
        name = f"user{number}"
        events: list[Event] = [AccountRegistered(SERVER, name), CredentialSet(SERVER, name, credential)]
        receipts += [server.log.append(event) for event in events]
    server.pump()
    server.close()
