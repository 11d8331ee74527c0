"""Second factors: codes that change every 30 seconds, from an app on the phone (TOTP, RFC 6238)."""

from __future__ import annotations

from base64 import b32encode
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from pyotp import TOTP
from twisted.internet.defer import Deferred
from zope.interface import implementer

from twistchat.accounts.secrets.tokens import digest, digestCode, makeCode
from twistchat.chat.errors import BadCredential, CodeRequired, TooFast, WrongCode
from twistchat.chat.model.events import Credential
from twistchat.chat.model.names import fold
from twistchat.interfaces import FactorSetUp, ISecondFactors

if TYPE_CHECKING:
    from twistchat.accounts.context import AccountContext
    from twistchat.chat.model.accounts import Account

SECRET_BYTES: Final = 20
"""The size of a secret in random bytes (RFC 4226, section 4, R6)."""

STEP: Final = 30
"""The seconds for which a code is shown (RFC 6238, section 5.2)."""

DIGITS: Final = 6
"""The length of a code in digits."""

WINDOW: Final = (0, -1, 1)
"""The time steps whose codes are accepted, from the current one: clocks differ, and typing takes time."""

RECOVERY_CODES: Final = 10
"""The number of recovery codes of an account."""

LONGEST_CODE: Final = 32
"""The maximum length of what somebody types as a code, in characters."""

SET_UP_TIME: Final = 600.0
"""The seconds in which a second factor that was begun can be confirmed."""

MOST_BEGUN: Final = 1024
"""The maximum number of second factors that are begun and not confirmed.  The oldest is forgotten."""


@implementer(ISecondFactors)
class SecondFactors:
    """
    Sets up and checks second factors.  See L{ISecondFactors}.

    The credential of a second factor has its secret, and the hashes of the recovery codes that were not used, with a
    space between them.  A code cannot be checked by a hash, so the journal has the secret itself.

    The time step of the last code for a secret is remembered in memory only.  So a code works again if the server
    starts again within a minute and a half, for somebody who also has the password.  An entry for each login would
    protect from no more than that.
    """

    def __init__(self, context: AccountContext) -> None:
        self._context = context
        self._begun: dict[str, tuple[str, float]] = {}
        self._lastSteps: dict[str, int] = {}
        self._changing: set[str] = set()

    def isSetUp(self, account: str) -> bool:
        """See L{ISecondFactors.isSetUp}."""
        return _factorOf(self._context.chat.state.accounts.named(account)) is not None

    def setUp(self, account: str) -> FactorSetUp:
        """See L{ISecondFactors.setUp}."""
        owned = self._context.chat.state.accounts.named(account)
        _checkNone(owned)
        secret = b32encode(self._context.random(SECRET_BYTES)).decode()
        self._begun.pop(owned.name, None)
        if len(self._begun) >= MOST_BEGUN:
            del self._begun[next(iter(self._begun))]
        self._begun[owned.name] = secret, self._context.wall() + SET_UP_TIME
        issuer = self._context.settings().server.name
        return FactorSetUp(secret, TOTP(secret).provisioning_uri(name=owned.name, issuer_name=issuer))

    def confirm(self, account: str, code: str) -> Deferred[tuple[str, ...]]:
        """See L{ISecondFactors.confirm}."""
        return Deferred.fromCoroutine(self._confirm(self._context.chat.state.accounts.named(account), code))

    def remove(self, account: str, code: str) -> Deferred[None]:
        """See L{ISecondFactors.remove}."""
        return Deferred.fromCoroutine(self._remove(self._context.chat.state.accounts.named(account), code))

    async def check(self, name: str, code: str | None) -> bool:
        """
        Check the second factor of an account, whose password was right.

        @param name: the name of the account.
        @param code: what its owner typed; C{None} or C{""} if they were not asked.
        @return: whether the account has a second factor.
        @raise CodeRequired: it has one, and there is no code.
        @raise WrongCode: the code is wrong.
        @raise TooFast: there were too many wrong codes.
        """
        account = self._context.chat.state.accounts.named(name)
        stored = _factorOf(account)
        if stored is None:
            return False
        if not code:
            raise CodeRequired(account.name)
        await self._use(account, stored, code)
        return True

    async def _confirm(self, account: Account, code: str) -> tuple[str, ...]:
        secret, until = self._begun.get(account.name, ("", 0.0))
        if until <= self._context.wall():
            raise BadCredential("A second factor", "is not being set up, or was begun too long ago; begin again")
        _checkNone(account)
        self._count(account)
        if not self._accepts(secret, _digitsOf(code)):
            raise WrongCode
        self._withdraw(account)
        del self._begun[account.name]
        codes = tuple([makeCode(self._context.random) for _ in range(RECOVERY_CODES)])
        await self._store(account, secret, [digest(one) for one in codes])
        return codes

    async def _remove(self, account: Account, code: str) -> None:
        stored = _factorOf(account)
        if stored is None:
            raise BadCredential("A second factor", "is not set up")
        await self._use(account, stored, code)
        self._changing.add(account.name)
        try:
            await self._context.chat.accounts.removeCredential(None, account.name, "totp")
        finally:
            self._changing.discard(account.name)

    async def _use(self, account: Account, stored: Credential, code: str) -> None:
        """
        Accept a code, or a recovery code, once.

        @raise WrongCode: it is wrong, or was used before.
        @raise TooFast: there were too many wrong codes.
        """
        secret, *recovery = stored.secret.split(" ")
        self._count(account)
        if not self._accepts(secret, _digitsOf(code)):
            hash = digestCode(code[:LONGEST_CODE])
            kept = [other for other in recovery if not compare_digest(other, hash)]
            # Of two changes at once, the second would take back the first.
            if len(kept) == len(recovery) or account.name in self._changing:
                raise WrongCode
            await self._store(account, secret, kept)
        self._withdraw(account)

    async def _store(self, account: Account, secret: str, recovery: list[str]) -> None:
        """Store the second factor of an account, with the hashes of its recovery codes."""
        self._changing.add(account.name)
        try:
            credential = Credential("totp", secret=" ".join((secret, *recovery)))
            await self._context.chat.accounts.setCredential(None, account.name, credential)
        finally:
            self._changing.discard(account.name)

    def _accepts(self, secret: str, digits: str) -> bool:
        """Check a code of the app, and remember its time step.  An earlier or equal one is not accepted again."""
        now, totp, steps = int(self._context.wall()) // STEP, TOTP(secret), self._lastSteps
        for step in [now + distance for distance in WINDOW]:
            if step > steps.get(secret, 0) and compare_digest(totp.generate_otp(step).encode(), digits.encode()):
                while steps and next(iter(steps.values())) < now + min(WINDOW):
                    del steps[next(iter(steps))]
                steps.pop(secret, None)
                steps[secret] = step
                return True
        return False

    def _count(self, account: Account) -> None:
        """
        Count a wrong code, until it proves to be right.  Only somebody with the password can get here.

        @raise TooFast: there were too many for this account.
        """
        wait = self._context.throttle.accounts.take(_key(account))
        if wait:
            raise TooFast("send codes", wait)

    def _withdraw(self, account: Account) -> None:
        """The code was right."""
        self._context.throttle.accounts.give(_key(account))


def _key(account: Account) -> tuple[str, str]:
    """The key for which the wrong codes of an account count.  No name that somebody types is equal to it."""
    return "code", fold(account.name)


def _factorOf(account: Account) -> Credential | None:
    return account.credential("totp")


def _checkNone(account: Account) -> None:
    if _factorOf(account) is not None:
        raise BadCredential("A second factor", "is set up already; turn it off first")


def _digitsOf(code: str) -> str:
    """The digits of a code as somebody typed it: apps show a space in the middle.  C{""} if it is no such code."""
    digits = code[:LONGEST_CODE].replace(" ", "").replace("-", "")
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else ""
