"""Web sessions: what a browser is logged in with after a login at the page, until it logs out or does not come back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import gatherResults

from twistchat.accounts.secrets.tokens import digest, makeToken
from twistchat.chat.errors import LoginFailed
from twistchat.chat.model.events import Credential
from twistchat.chat.rules.users.accounts import RECORDED
from twistchat.interfaces import Authenticated, WebSession

if TYPE_CHECKING:
    from twistchat.accounts.context import AccountContext
    from twistchat.chat.model.accounts import Account
    from twistchat.interfaces import Caller

SECRET: Final = "tcw_"
"""The beginning of every secret of a web session."""

LONGEST_SECRET: Final = 64
"""The maximum length of a secret, in characters.  A longer one belongs to no web session, and is not hashed."""

LONGEST_AGENT: Final = 512
"""The part of a User-Agent that is read, in characters."""

PORTION: Final = 500
"""The maximum number of web sessions that one call of L{WebSessions.tend} looks at."""

MOST_EXPIRED: Final = 50
"""The maximum number of web sessions that one call of L{WebSessions.tend} ends."""

PAUSE: Final = 1.0
"""Seconds until L{WebSessions.tend} looks at the next ones."""

INTERVAL: Final = 3600.0
"""Seconds after which L{WebSessions.tend} looks at all of them again."""

BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
"""What the User-Agent of a browser contains, and its name.  The first that fits counts: most claim to be others too."""

SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
"""What the User-Agent of a browser contains for each operating system.  The first that fits counts."""


def nameBrowser(agent: str) -> str:
    """
    Name a browser as its user would.

    @param agent: the header User-Agent (RFC 9110, section 10.1.5); C{""} if there is none.
    @return: a name such as C{Firefox on Linux}.  It contains no part of the header.
    """
    agent = agent[:LONGEST_AGENT]
    browser = next((name for mark, name in BROWSERS if mark in agent), "Browser")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser


class WebSessions:
    """
    Opens, finds and ends web sessions.

    The journal has the SHA-256 of a secret, as for app tokens.  A web session expires C{accounts.webSessionTime} after
    its last use, unless somebody is connected with it.
    """

    def __init__(self, context: AccountContext, later: Callable[[float | None], None]) -> None:
        """
        @param later: schedules a call of L{tend} in this many seconds, in place of an earlier schedule.  C{None}
            cancels it.
        """
        self._context = context
        self._later = later
        self._opening: set[tuple[str, str]] = set()
        self._unseen: list[str] = []
        self._scheduled = False

    async def open(self, name: str, agent: str, password: str = "") -> WebSession:
        """
        Open a web session.  See L{ILogins.openWebSession <twistchat.interfaces.ILogins.openWebSession>}.

        @param name: the name of the account.
        @param password: what the account stores of the password that was checked; C{""} if none was.
        @raise LoginFailed: the account has got another password in the meantime.
        """
        chat = self._context.chat
        account = chat.state.accounts.named(name)
        shown = self._freeName(account, agent)
        secret = makeToken(self._context.random, SECRET)
        credential = Credential("websession", shown, digest(secret), created=int(self._context.wall() * 1000))
        self._opening.add((account.name, shown))
        try:
            await chat.webSessions.open(account.name, credential, password)
        finally:
            self._opening.discard((account.name, shown))
        if not self._scheduled:
            self._schedule(INTERVAL)
        return WebSession(account.name, secret, shown)

    def find(self, caller: Caller | None, secret: str) -> Authenticated:
        """See L{ILogins.webSession <twistchat.interfaces.ILogins.webSession>}."""
        accounts = self._context.chat.state.accounts
        found = self._find(secret)
        if found is None or self._expiry(*found) <= self._context.wall():
            raise LoginFailed
        account, credential = found
        accounts.checkUsable(account.name)
        self._note(caller, account, credential.name)
        return Authenticated(account.name, "websession", credential.name, credential.secret)

    async def end(self, secret: str) -> None:
        """See L{ILogins.endWebSession <twistchat.interfaces.ILogins.endWebSession>}."""
        found = self._find(secret)
        if found is not None:
            account, credential = found
            await self._context.chat.accounts.removeCredential(None, account.name, "websession", credential.name)

    async def endAll(self, name: str, but: str | None) -> None:
        """See L{ILogins.endWebSessions <twistchat.interfaces.ILogins.endWebSessions>}."""
        accounts = self._context.chat.accounts
        open = self._context.chat.state.accounts.named(name).ofKind("websession")
        names = [credential.name for credential in open if credential.secret != but]
        ending = [accounts.removeCredential(None, name, "websession", own) for own in names]
        await gatherResults(ending, consumeErrors=True)

    def tend(self) -> None:
        """End the web sessions that have expired, some in each call.  Called when the journal is open, and later."""
        accounts, now, ended = self._context.chat.state.accounts, self._context.wall(), 0
        if not self._unseen:
            self._unseen = list(accounts.webSessions)
        for _ in range(min(PORTION, len(self._unseen))):
            found = accounts.withWebSession(self._unseen.pop())
            if found is None:
                continue
            account, credential = found
            if self._context.chat.webSessions.isConnected(account, credential.secret):
                self._note(None, account, credential.name)
            elif self._expiry(account, credential) <= now:
                ending = self._context.chat.accounts.removeCredential(None, account.name, "websession", credential.name)
                ending.addErrback(_kept)
                ended += 1
                if ended == MOST_EXPIRED:
                    break
        self._schedule(PAUSE if self._unseen else INTERVAL if accounts.webSessions else None)

    def stop(self) -> None:
        """Stop doing that."""
        self._schedule(None)

    def _schedule(self, seconds: float | None) -> None:
        """Schedule the next call of L{tend}; with C{None}, none."""
        self._scheduled = seconds is not None
        self._later(seconds)

    def _find(self, secret: str) -> tuple[Account, Credential] | None:
        if len(secret) > LONGEST_SECRET:
            return None
        return self._context.chat.state.accounts.withWebSession(digest(secret))

    def _freeName(self, account: Account, agent: str) -> str:
        """Find a name for a web session that the account has not given to another one, or to a token."""
        first = name = nameBrowser(agent)
        for number in count(2):
            taken = account.credential("websession", name) or account.credential("token", name)
            if taken is None and (account.name, name) not in self._opening:
                break
            name = f"{first} {number}"
        return name

    def _expiry(self, account: Account, credential: Credential) -> float:
        """When a web session expires, in seconds since the epoch."""
        used = account.used.get(("websession", credential.name), 0)
        return max(used, credential.created or 0) / 1000 + self._context.settings().accounts.webSessionTime

    def _note(self, caller: Caller | None, account: Account, name: str) -> None:
        """Record the use of a web session, at most once a day, or more often if it would expire within a few days."""
        every = min(RECORDED, int(self._context.settings().accounts.webSessionTime * 1000 / 4))
        self._context.record(caller, account.name, "websession", name, every)


def _kept(failure: object) -> None:
    """Do nothing: it has ended in the meantime, or the journal cannot be written and the next call tries it again."""
