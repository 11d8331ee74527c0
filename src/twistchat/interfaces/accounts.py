"""Accounts: authentication, registration, and the mails that they need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from twistchat.chat.model.events import Credential, CredentialKind
    from twistchat.chat.model.sessions import Session

    Outcome = Literal["registered", "verify"]


class IPasswords(Interface):
    """Hashes passwords, and checks them against their hashes, in another thread.  It does not block the reactor."""

    iterations: int = Attribute("The iteration count of SCRAM-SHA-256 for new passwords.")

    def check(hash: str | None, password: str) -> Deferred[bool]:
        """
        Check whether a password is correct.

        @param hash: the encoded argon2id hash.  With C{None} or C{""} the password is never correct, and the check
            takes equally long.
        @return: fails with L{Overloaded <twistchat.chat.errors.Overloaded>} if too many passwords wait to be checked.
        """

    def hash(password: str, salts: bytes) -> Deferred[Credential]:
        """
        Make the credential for a new password.

        @param password: the prepared password; see L{twistchat.accounts.secrets.policy.prepare}.
        @param salts: L{SALTS <twistchat.accounts.secrets.passwords.SALTS>} random bytes.
        @return: fails with L{Overloaded <twistchat.chat.errors.Overloaded>} if too many passwords wait.
        """

    def outdated(password: Credential) -> bool:
        """Whether a password should be hashed again, because the parameters have changed since."""

    def stop() -> None:
        """Stop checking passwords."""


class Caller(Protocol):
    """Somebody who logs in or registers: the session of a client, or a L{WebCaller}."""

    @property
    def address(self) -> str | None:
        """The client's IP address; C{None} if it has none, as on a UNIX socket."""

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted all the way from the client."""

    @property
    def exempt(self) -> bool:
        """Whether the client is exempt from rate limits."""

    @property
    def door(self) -> str:
        """The name of the door at which the client is; C{""} for none."""


@dataclass(frozen=True, slots=True)
class WebCaller:
    """A L{Caller} that sends an HTTP request.  It has no session of the chat."""

    address: str | None
    secure: bool
    exempt: bool = False
    door: str = ""


@dataclass(frozen=True, slots=True)
class WebSession:
    """
    A web session that was opened.

    @ivar account: the name of the account.
    @ivar secret: what the browser keeps in a cookie: ASCII letters, digits, C{-} and C{_}.  It is not stored here.
    @ivar name: the name by which its owner recognizes it, such as C{Firefox on Linux}.
    """

    account: str
    secret: str = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True)
class Authenticated:
    """
    The result of a successful authentication.

    @ivar account: the name of the account.
    @ivar kind: the kind of the credential that was used.
    @ivar credential: the name of the credential; empty for a password.
    @ivar stored: what the account stores of the secret of a web session or of a password that was sent.  It tells the
        credential from a later one of the same name.  Empty for others, and if a further source has checked a password.
    """

    account: str
    kind: CredentialKind
    credential: str = ""
    stored: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class ScramKeys:
    """
    What a server stores for SCRAM-SHA-256 (RFC 5802, section 3; RFC 7677).

    @ivar iterations: the iteration count.
    """

    salt: bytes
    iterations: int
    storedKey: bytes = field(repr=False)
    serverKey: bytes = field(repr=False)


class IScramAttempt(Interface):
    """One authentication with SCRAM.  It counts as a failure between L{begin} and L{succeeded}."""

    def keys() -> ScramKeys:
        """The keys of the account.  For an unknown name they are false, and always the same for one name."""

    def begin() -> None:
        """
        Count the attempt.  Call this right before the client's proof is checked.

        @raise TooFast: this address or account has too many failures.
        """

    def succeeded() -> Authenticated:
        """
        The client's proof was correct.

        @raise LoginFailed: the account does not exist, or has no password.
        @raise ChatError: the account cannot be used; see L{ILogins}.
        """

    def failed() -> None:
        """The client has sent something else than a correct proof.  This does nothing before L{begin}."""


@dataclass(frozen=True, slots=True)
class FactorSetUp:
    """
    A second factor that was begun.

    @ivar secret: the secret in base32, for people who type it into their app.
    @ivar uri: the same as a URI C{otpauth://totp/…}, for a QR code.
    """

    secret: str = field(repr=False)
    uri: str = field(repr=False)


class ISecondFactors(Interface):
    """
    Second factors of accounts: codes from an app (TOTP, RFC 6238), in addition to a password.

    The caller has checked that somebody is logged in to the account that it names.  Each code is accepted once.  Wrong
    codes are limited: these methods fail with L{WrongCode <twistchat.chat.errors.WrongCode>}, and with L{TooFast
    <twistchat.chat.errors.TooFast>} after too many.
    """

    def isSetUp(account: str) -> bool:
        """Whether an account has a second factor."""

    def setUp(account: str) -> FactorSetUp:
        """
        Begin to set up a second factor.  It is not stored before L{confirm}, and forgotten after ten minutes.

        The caller shows the secret only where L{ILogins.maySendPasswords} is true.

        @raise BadCredential: the account has one already.
        """

    def confirm(account: str, code: str) -> Deferred[tuple[str, ...]]:
        """
        Store the second factor that was begun last.  From then on the password needs a code.

        @param code: a code from the app, which proves that the app has the secret.
        @return: fires with the recovery codes, each of which works once in place of a code.  They are stored as hashes,
            and can be shown only now.  It fails with L{BadCredential <twistchat.chat.errors.BadCredential>} if none was
            begun.
        """

    def remove(account: str, code: str) -> Deferred[None]:
        """
        Remove the second factor, and its recovery codes.

        @param code: a code from the app, or a recovery code.
        @return: fails with L{BadCredential <twistchat.chat.errors.BadCredential>} if the account has none.
        """


class ILogins(Interface):
    """
    Authenticates people, for all doors.

    These methods check credentials, and record the logins that succeed.  After a success, call C{chat.identity.login}.
    They fail with L{LoginFailed <twistchat.chat.errors.LoginFailed>} (wrong name or credential, which look the same),
    L{Suspended <twistchat.chat.errors.Suspended>}, L{NotVerified <twistchat.chat.errors.NotVerified>}, L{TooFast
    <twistchat.chat.errors.TooFast>} (too many failures of this address or account), L{Overloaded
    <twistchat.chat.errors.Overloaded>} (too many logins at once), or L{NotEncrypted
    <twistchat.chat.errors.NotEncrypted>}.
    """

    factors: ISecondFactors = Attribute("ISecondFactors: the second factors of accounts.")

    def maySendPasswords(caller: Caller) -> bool:
        """
        Whether a caller may send a password: it is encrypted, or comes from this machine, or the configuration allows
        it.
        """

    def password(caller: Caller, name: str, password: str, code: str | None = None) -> Deferred[Authenticated]:
        """
        Check a password, or an app token in place of the password.

        If the account has a second factor, the password needs a code, and the token does not.

        @param name: the name of the account, or one of its nicks.
        @param code: the code, or a recovery code; C{None} or C{""} if the client was not asked for it.
        @return: also fails with L{CodeRequired <twistchat.chat.errors.CodeRequired>} if the password is right and the
            code is missing, which is no failed login; or with L{WrongCode <twistchat.chat.errors.WrongCode>}, which is
            one.
        """

    def certificate(session: Session, name: str | None) -> Deferred[Authenticated]:
        """
        Check the client's certificate, whose fingerprint is C{session.fingerprint}.

        @param name: the account that the client names; C{None} for the one that has the certificate.
        """

    def sshKey(caller: Caller, name: str | None, fingerprint: str) -> Deferred[Authenticated]:
        """
        Check an SSH key.  The client has proved that it owns the key.

        @param name: the account that the client names; C{None} for the one that has the key.
        @param fingerprint: the key's fingerprint, C{SHA256:…}.
        """

    def scram(caller: Caller, name: str) -> IScramAttempt:
        """
        Start an authentication with SCRAM-SHA-256.  It fails if the account has a second factor.

        @raise TooFast: this address or account has too many failures.
        """

    def webLogin(caller: Caller, name: str, password: str, code: str | None, agent: str) -> Deferred[WebSession]:
        """
        Log a browser in: check a password, and open a web session.  An app token in place of the password is wrong,
        because the web session would outlive it.

        @param name: the name of the account, or one of its nicks.
        @param code: see L{password}.
        @param agent: the browser's header User-Agent, as it came, or C{""}.
        """

    def openWebSession(caller: Caller, account: str, agent: str) -> Deferred[WebSession]:
        """
        Open a web session for somebody who has proved by other means that they own an account.

        Each call makes a new secret.  If the account has C{limits.credentialsPerAccount} web sessions already, the one
        that was opened first ends.

        @param account: the name of the account.
        @param agent: see L{webLogin}.
        @return: fails with L{NotEncrypted <twistchat.chat.errors.NotEncrypted>}, with L{NoSuchAccount
            <twistchat.chat.errors.NoSuchAccount>}, or if the account cannot be used.
        """

    def webSession(secret: str, caller: Caller | None = None) -> Authenticated:
        """
        Find out who has a web session.  This is fast, and counts as a use of the web session.

        To log a session of the chat in with it, pass L{Authenticated.stored} as C{webSession} to
        C{chat.identity.login}.

        @param secret: what the browser sent.
        @param caller: the browser, if its address is to be remembered as a place of the account.
        @raise LoginFailed: there is no such web session: it was never opened, has ended or has expired.
        @raise ChatError: the account cannot be used.
        """

    def endWebSession(secret: str) -> Deferred[None]:
        """
        End a web session, and disconnect the sessions of the chat that logged in with it.  If there is no such web
        session, nothing happens.
        """

    def endWebSessions(account: str, but: str | None = None) -> Deferred[None]:
        """
        End all web sessions of an account, as L{endWebSession} does.

        @param but: the hash of the secret of one that stays; C{None} for none.
        """

    def tend() -> None:
        """End the web sessions that have expired.  Called when the journal is open, and by itself later."""

    def stop() -> None:
        """Stop doing that."""


class IRegistrar(Interface):
    """
    Registers accounts and changes their credentials, for all doors.

    Every result fails with a L{ChatError <twistchat.chat.errors.ChatError>} if the request is refused; nothing has
    changed then.  The caller has checked that the session is logged in to the account that it names.
    """

    registration: Literal["open", "invitation", "closed"] = Attribute(
        "Who can register an account now: everybody, those who have a code, or nobody."
    )

    def register(
        session: Session, name: str, password: str, email: str | None = None, invitation: str | None = None
    ) -> Deferred[Outcome]:
        """
        Register an account.

        @param email: a mail address.  It is ignored if this server sends no mails.
        @param invitation: the invitation code, where one is needed.
        @return: fires with C{"registered"}; the caller then logs the session in.  Or with C{"verify"}, if a code was
            sent by mail, which L{verify} needs.
        """

    def verify(session: Session, name: str, code: str) -> Deferred[None]:
        """
        Verify a mail address with the code from the mail: that of a new account, or one that L{setEmail} named.  Wrong
        codes count as failed logins.
        """

    def setPassword(session: Session, account: str, password: str) -> Deferred[None]:
        """
        Give an account a new password.

        All web sessions of the account end, but for the one that the session has logged in with: somebody may have
        stolen a cookie.
        """

    def requestReset(session: Session, name: str) -> Deferred[None]:
        """
        Send a code to an account's mail address.  The result does not tell whether there is one.

        If the address is not verified yet, the code is another one for L{verify}.
        """

    def resetPassword(session: Session, name: str, code: str, password: str) -> Deferred[None]:
        """Set a new password with a code from L{requestReset}.  All web sessions of the account end."""

    def addToken(session: Session, account: str, name: str) -> Deferred[str]:
        """
        Make an app token.  It is as good as a password, so it is refused where L{ILogins.maySendPasswords} is false.

        @param name: its name, chosen by the owner.
        @return: fires with the token, which is not stored and can be shown only now.  It fails with
            L{BadName <twistchat.chat.errors.BadName>} if the account has a token with this name.
        """

    def addCertificate(session: Session, account: str, fingerprint: str | None = None) -> Deferred[str]:
        """
        Let a certificate log in.

        @param fingerprint: its SHA-256 in hexadecimal, with or without colons; C{None} for that of this session.
        @return: fires with the fingerprint.
        """

    def addSshKey(session: Session, account: str, key: str) -> Deferred[str]:
        """
        Let an SSH key log in.

        @param key: a line as in C{authorized_keys}.
        @return: fires with its fingerprint, C{SHA256:…}.
        """

    def setEmail(session: Session, account: str, email: str) -> Deferred[None]:
        """Send a code to a new mail address of an account.  The address counts after L{verify}."""

    def tend() -> None:
        """Remove the accounts that were not verified in time.  Called when the journal is open, and by itself later."""

    def stop() -> None:
        """Stop doing that."""


class IMailer(Interface):
    """Sends mails."""

    waiting = Attribute("int: the number of mails that wait, including the one that is being sent.")

    def send(recipient: str, subject: str, text: str) -> None:
        """
        Queue a mail.  Failures are retried and then logged.

        @param recipient: a mail address.  It contains no line break.
        @raise Overloaded: too many mails wait to be sent.
        """

    def stop() -> None:
        """Stop sending.  Mails that wait are logged by their number, and lost."""
