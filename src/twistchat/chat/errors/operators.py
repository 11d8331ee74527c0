"""Errors about server operators and bans from the server."""

from __future__ import annotations

from dataclasses import dataclass

from twistchat.chat.errors.general import ChatError


@dataclass
class NotPrivileged(ChatError):
    """Only server operators with C{privilege}, of L{twistchat.chat.model.users.PRIVILEGES}, may do this."""

    code = "NOT_PRIVILEGED"
    wording = "That is for operators of the server with the privilege {privilege}"
    privilege: str


@dataclass
class BadServerBan(ChatError):
    """C{mask} cannot be banned from the server; C{why} says why not, or describes a valid mask."""

    code = "BAD_MASK"
    wording = "The mask {mask} cannot be banned from the server: {why}"
    mask: str
    why: str


@dataclass
class NoSuchServerBan(ChatError):
    """There is no ban from the server on C{mask}."""

    code = "NO_SUCH_BAN"
    wording = "There is no ban from the server on {mask}"
    mask: str


@dataclass
class ServerBanned(ChatError):
    """The asker is banned from the server, for C{reason}, until C{until} (milliseconds since the epoch, or never)."""

    code = "SERVER_BANNED"
    wording = "You are banned from this server ({reason})"
    reason: str
    until: int | None
