"""Errors about metadata (IRCv3 metadata)."""

from __future__ import annotations

from dataclasses import dataclass

from twistchat.chat.errors.general import ChatError


@dataclass
class BadMetadataKey(ChatError):
    """C{key} cannot be a key: C{why}, which ends the sentence "the key …"."""

    code = "INVALID_KEY"
    wording = "The key {key} {why}"
    key: str
    why: str


@dataclass
class BadMetadataValue(ChatError):
    """The value for C{key} is refused: C{why}, which ends the sentence "the value …"."""

    code = "INVALID_VALUE"
    wording = "The value of {key} {why}"
    key: str
    why: str


@dataclass
class MetadataForbidden(ChatError):
    """The asker may not change C{key} of C{target}, a user or a room; C{*} stands for all keys."""

    code = "KEY_NO_PERMISSION"
    wording = "You are not allowed to change the metadata {key} of {target}"
    target: str
    key: str
