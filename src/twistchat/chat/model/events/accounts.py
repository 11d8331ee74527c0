"""Events of accounts, and of rooms that belong to accounts."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct

from twistchat.chat.model.events.base import Event, RoomEvent

CredentialKind = Literal["password", "token", "certificate", "sshkey", "code", "websession", "totp", "oidc"]
"""
The kinds of credentials.  A password also has the keys of SCRAM-SHA-256.  A code is sent by mail: it verifies an
address, or allows one change of the password.  A web session is what a browser has logged in with: its cookie.
TOTP (RFC 6238) is a second factor: codes from an app, in addition to a password.  An identity of OpenID Connect is an
account elsewhere that is linked to this one.
"""


class Credential(Struct, frozen=True, gc=False, omit_defaults=True):
    """
    A credential of an account, as it is stored.  It does not contain what a client sends.

    @ivar kind: its kind.
    @ivar name: distinguishes the credentials of one kind: the name of a token; the fingerprint of a certificate
        (SHA-256 in hexadecimal) or of an SSH key (C{SHA256:} and base64, as C{ssh-keygen -l} shows it); the purpose of
        a code; the browser of a web session; the provider of an identity, and a hash of its issuer and subject.  Empty
        for a password and a second factor.
    @ivar secret: the argon2id hash of a password, the SHA-256 of a token, a code or the secret of a web session in
        hexadecimal, a public key, or the secret of a second factor in base32 with the SHA-256 of each recovery code.
        It is never logged, shown or exported.
    @ivar scram: for a password, the keys of SCRAM-SHA-256 (RFC 5802, section 3); otherwise empty.
    @ivar until: the end of its validity, in milliseconds since the epoch; C{None} if it has none.
    @ivar created: for a web session, the time of the login, in milliseconds since the epoch; otherwise C{None}.
    """

    kind: CredentialKind
    name: str = ""
    secret: str = ""
    scram: str = ""
    until: int | None = None
    created: int | None = None

    def __repr__(self) -> str:
        """Describe the credential without its secrets."""
        return f"Credential(kind={self.kind!r}, name={self.name!r})"


class AccountEvent(Event, frozen=True, gc=False):
    """
    Something that happened to an account.

    Its source is the user who caused it, or L{SERVER} for an administrator.

    @cvar secret: whether its bytes must leave SQLite's log soon after the event was deleted.
    @ivar account: the name of the account in its display form.
    """

    durable: ClassVar[bool] = True
    secret: ClassVar[bool] = True
    account: str


class MarkerSet(AccountEvent, frozen=True, gc=False):
    """
    The owner of an account has read a conversation up to a time.

    @ivar target: the folded name of a room, or of the account on the other side of a private conversation.
    @ivar read: the time of the last text that they have read, in milliseconds since the epoch.  A time after that of
        the entry means the time of the entry.
    @ivar forgets: the targets whose markers the account loses, because it has too many, or because the room was
        renamed.
    """

    secret: ClassVar[bool] = False
    target: str
    read: int
    forgets: tuple[str, ...] = ()


class AccountRegistered(AccountEvent, frozen=True, gc=False):
    """
    An account was registered.

    @ivar until: the time until which its mail address must be verified, in milliseconds since the epoch; C{None} if
        nothing must be verified.
    @ivar registration: distinguishes this registration from others of the same name.
    """

    until: int | None = None
    registration: str = ""


class AccountVerified(AccountEvent, frozen=True, gc=False):
    """The mail address of an account was verified.  The account can be used from now on."""


class AccountExpired(AccountEvent, frozen=True, gc=False):
    """
    An account was never verified, and is removed.  Its name is free again.

    @ivar registration: its L{AccountRegistered.registration}.
    """

    registration: str = ""


class AccountSuspended(AccountEvent, frozen=True, gc=False):
    """An account was suspended, with a reason that its owner is shown.  Its sessions end."""

    reason: str


class AccountRestored(AccountEvent, frozen=True, gc=False):
    """A suspended account can be used again."""


class AccountDropped(AccountEvent, frozen=True, gc=False):
    """
    An account was removed.  Nobody can register its name again, because older texts show it as their author's account.
    """


class CredentialSet(AccountEvent, frozen=True, gc=False):
    """
    An account got a credential.  It replaces the one with the same kind and name.

    @ivar registration: the L{AccountRegistered.registration} that this is a part of; empty if the account existed.  If
        two users register a name at the same time, the credentials of the second do not go to the account of the first.
    @ivar openedWith: for a web session that was opened with a password, the SHA-256 of what is stored of the password,
        in hexadecimal.  If the account has another password by now, the web session is refused.  Otherwise empty.
    """

    credential: Credential
    registration: str = ""
    openedWith: str = ""


class CredentialRemoved(AccountEvent, frozen=True, gc=False):
    """
    An account lost a credential.

    @ivar kind: see L{Credential}.
    @ivar name: likewise.
    """

    kind: CredentialKind
    name: str


class LoginRecorded(AccountEvent, frozen=True, gc=False):
    """
    Someone logged in to an account.  Not every login is recorded.

    @ivar kind: the kind of the credential that they used; empty if this is no longer current.
    @ivar name: the name of the credential.
    @ivar place: a keyed hash of the network that they came from; empty if they have no address.
    @ivar forgets: a place that is no longer remembered, because there are too many; empty for none.
    """

    kind: CredentialKind | Literal[""]
    name: str = ""
    place: str = ""
    forgets: str = ""


class AccountSettingSet(AccountEvent, frozen=True, gc=False):
    """
    A setting of an account was changed.

    @ivar name: a key of L{twistchat.chat.model.accounts.SETTINGS}.
    @ivar value: the value; C{None} for the default.
    @ivar registration: see L{CredentialSet}.
    """

    name: str
    value: str | None
    registration: str = ""


class NickGrouped(AccountEvent, frozen=True, gc=False):
    """A nick belongs to an account from now on, in addition to the account's name."""

    nick: str


class NickUngrouped(AccountEvent, frozen=True, gc=False):
    """A nick no longer belongs to an account."""

    nick: str


class InboxRead(AccountEvent, frozen=True, gc=False):
    """
    The owner of an account was shown private texts that came while they were away.

    @ivar last: the sequence number of the last text that they were shown; C{None} for all texts before this entry.  It
        means nothing if C{texts} is given.  Only earlier versions give no C{texts}.
    @ivar texts: the sequence numbers of the texts that they were shown.
    """

    last: int | None = None
    texts: tuple[int, ...] = ()


class TextsForgotten(AccountEvent, frozen=True, gc=False):
    """
    The texts of an account are erased: all that its users wrote before this entry, in rooms and to others, with the
    reasons that they gave.  The current topics of rooms stay, and so does the account.
    """


class RoomRegistered(RoomEvent, frozen=True, gc=False):
    """
    A room was registered.  It remains when it is empty.

    @ivar account: the account of its founder.
    """

    durable: ClassVar[bool] = True
    account: str


class RoomTransferred(RoomEvent, frozen=True, gc=False):
    """
    A registered room got another founder.

    @ivar account: the account of the new founder.
    """

    durable: ClassVar[bool] = True
    account: str


class RoomDropped(RoomEvent, frozen=True, gc=False):
    """
    The registration of a room ended, and with it its access list.

    @ivar sealed: whether nobody can read its earlier entries any more, because its members read only what came after
        they joined (the setting C{history}), and the room has no settings from now on.
    """

    durable: ClassVar[bool] = True

    sealed: bool = False


class AccessSet(RoomEvent, frozen=True, gc=False):
    """
    The access of an account to a registered room was changed.

    @ivar account: the name of the account.
    @ivar ranks: the letters of the ranks that its user gets when they join; empty to remove the account from the list.
    """

    durable: ClassVar[bool] = True
    account: str
    ranks: str


class RoomSettingSet(RoomEvent, frozen=True, gc=False):
    """
    A setting of a registered room was changed.

    @ivar name: a key of L{twistchat.chat.model.rooms.SETTINGS}.
    @ivar value: the value; C{None} for the default.
    """

    durable: ClassVar[bool] = True
    name: str
    value: str | None
