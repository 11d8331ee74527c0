"""Commands on accounts: register, log in, and manage what belongs to the account."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from twistchat.chat.errors import AlreadyLoggedIn, BadCredential, NotEntered, NotLoggedIn, RegistrationClosed
from twistchat.chat.model.accounts import Account
from twistchat.chat.model.names import fold
from twistchat.chat.phrasing import counted
from twistchat.net.client.table import CommandTable
from twistchat.protocols.line.commands.table import Command, UsageError, splitArgument
from twistchat.protocols.line.prompts import Prompt, askLogin, askPassword, checkMaySend
from twistchat.wire.plain import error, notice

if TYPE_CHECKING:
    from twistchat.chat.model.events import Credential, CredentialKind
    from twistchat.interfaces.accounts import Authenticated
    from twistchat.protocols.line.protocol import LineProtocol

table = CommandTable(Command, "Your account")

ASK = "-"
"""The word in place of a password, which the server then asks for."""


def _registerAsks(argument: str) -> bool:
    return argument.split(None, 1)[:1] in ([], [ASK])


def _loginAsks(argument: str) -> bool:
    return len(argument.split(None, 1)) == 1


def _passwordAsks(argument: str) -> bool:
    return not argument


def _setpassAsks(argument: str) -> bool:
    return len(argument.split(None, 2)) == 2


def _neverAsks(argument: str) -> bool:
    return False


@table.command(
    "register",
    "[PASSWORD] [MAIL] [CODE]",
    "register your nick as an account",
    example="/register",
    details=(
        "Without a password, or with - in its place, you are asked for it, so that it is not on your screen",
        "MAIL is your mail address, which some servers need; CODE is an invitation, which others need",
    ),
    asks=_registerAsks,
)
async def register(client: LineProtocol, argument: str) -> None:
    """C{/register}: registers the nick of the client as an account."""
    password, mail, code = splitArgument(argument, 0, 3, "/register [PASSWORD] [MAIL] [CODE]")
    if mail is not None and "@" not in mail:
        mail, code = None, mail if code is None else f"{mail} {code}"
    user, chat = client.openSession.user, client.context.chat
    if user is None:
        raise NotEntered
    if user.source.account is not None:
        raise AlreadyLoggedIn(user.source.account)
    nick = chat.accounts.checkName(client.openSession, user.nick)

    if password is not None and password != ASK:
        await _register(client, nick, mail, code, password)
        return
    if client.context.registrar.registration == "closed":
        raise RegistrationClosed
    question = f"Choose a password for the account {nick}:"
    askPassword(client, Prompt(question, partial(_register, client, nick, mail, code), "Nothing is registered"))


async def _register(client: LineProtocol, nick: str, mail: str | None, code: str | None, password: str) -> None:
    session = client.openSession
    outcome = await client.context.registrar.register(session, nick, password, mail, code)
    if outcome == "verify":
        client.unverified = nick
        client.reply(notice(f"A code is on its way to {mail}.  /verify CODE completes the registration"))
        return
    await client.context.chat.identity.login(session, nick)
    # The guest has read what was said until now.
    client.context.chat.markers.markShown(session, int(client.context.wall() * 1000))
    client.reply(notice(f"The account {nick} is yours, and you are logged in.  /help account says more"))


@table.command(
    "verify",
    "CODE [ACCOUNT]",
    "verify your mail address with the code that was sent to it",
    example="/verify ABCD1234",
    asks=_neverAsks,
)
async def verify(client: LineProtocol, argument: str) -> None:
    """C{/verify}: verifies the mail address of the client's account, or of one that it registered."""
    code, name = splitArgument(argument, 1, 2, "/verify CODE [ACCOUNT]")
    assert code is not None
    session = client.openSession
    user = session.user
    if user is None:
        raise NotEntered
    name = name or user.source.account or client.unverified or user.nick
    await client.context.registrar.verify(session, name, code)
    client.reply(notice(f"The mail address of {name} is verified"))
    if client.unverified and fold(client.unverified) == fold(name) and user.source.account is None:
        client.unverified = ""
        await _loggedIn(client, name)


@table.command(
    "login",
    "NAME [PASSWORD]",
    "log in to your account",
    example="/login alice",
    details=("Without a password, you are asked for it; a token works in its place",),
    asks=_loginAsks,
)
async def login(client: LineProtocol, argument: str) -> None:
    """C{/login}: logs the client in to an account, by its name or one of its nicks."""
    name, password = splitArgument(argument, 1, 2, "/login NAME [PASSWORD]")
    assert name is not None
    user = client.openSession.user
    if user is not None and user.source.account is not None:
        raise AlreadyLoggedIn(user.source.account)
    if password is None:
        askLogin(client, name, partial(_authenticated, client), "You are not logged in")
    else:
        await _authenticated(client, await client.context.logins.password(client.openSession, name, password))


async def _authenticated(client: LineProtocol, authenticated: Authenticated) -> None:
    await _loggedIn(client, authenticated.account)


async def _loggedIn(client: LineProtocol, account: str) -> None:
    """Log a client in that has a name, and tell it."""
    await client.context.chat.identity.login(client.openSession, account)
    client.reply(notice(f"You are logged in to the account {account}"))


@table.command("logout", "", "log out, and be a guest")
async def logout(client: LineProtocol, argument: str) -> None:
    """C{/logout}: logs the client out."""
    await client.context.chat.identity.logout(client.openSession)
    if not client.ending:
        client.reply(notice("You are logged out"))


@table.command(
    "password",
    "[NEW]",
    "change your password; without it, you are asked for it",
    example="/password",
    asks=_passwordAsks,
)
async def password(client: LineProtocol, argument: str) -> None:
    """C{/password}: changes the password of the client's account."""
    account = ownAccount(client)
    if argument:
        await _setPassword(client, argument)
    else:
        change = partial(_setPassword, client)
        askPassword(client, Prompt(f"New password of {account.name}:", change, "Your password stays as it is"))


async def _setPassword(client: LineProtocol, password: str) -> None:
    account = ownAccount(client).name  # the client may have been logged out while it was asked
    await client.context.registrar.setPassword(client.openSession, account, password)
    client.reply(notice(f"The account {account} has a new password"))


@table.command(
    "resetpass", "NAME", "get a code by mail, if you have forgotten your password", example="/resetpass alice"
)
async def resetpass(client: LineProtocol, argument: str) -> None:
    """C{/resetpass}: sends a code to the account's mail address, and does not tell whether it has one."""
    (name,) = splitArgument(argument, 1, 1, "/resetpass NAME")
    assert name is not None
    if client.context.mailer is None:
        raise UsageError("This server sends no mail.  Ask its administrator for a code, which /setpass takes")
    await client.context.registrar.requestReset(client.openSession, name)
    client.reply(notice(f"If {name} has a mail address, a code was sent to it.  /setpass {name} CODE takes it"))


@table.command(
    "setpass",
    "NAME CODE [NEW]",
    "set a new password with the code that you were given, or that /resetpass sent",
    example="/setpass alice 1a2b3c",
    details=("Without a password, you are asked for it.  This works before you have a name, too",),
    asks=_setpassAsks,
)
async def setpass(client: LineProtocol, argument: str) -> None:
    """C{/setpass}: sets a new password with a code."""
    name, code, new = splitArgument(argument, 2, 3, "/setpass NAME CODE [NEW]")
    assert name is not None and code is not None
    if new is not None:
        await _resetPassword(client, name, code, new)
        return
    reset = partial(_resetPassword, client, name, code)
    askPassword(client, Prompt(f"New password of {name}:", reset, "The password stays as it is"))


async def _resetPassword(client: LineProtocol, name: str, code: str, password: str) -> None:
    try:
        await client.context.registrar.resetPassword(client.openSession, name, code, password)
    except BadCredential as wrong:
        # Another password would not help, so a prompt for one ends.
        client.reply(error(f"{wrong.text}.  Ask for another code."))
        return
    client.reply(notice(f"The account {name} has a new password.  /login {name} logs you in"))


@table.command(
    "tokens",
    "[add or remove NAME]",
    "list your app tokens, which work in place of your password; make one, or remove it",
    example="/tokens add phone",
    details=("The list also shows the browsers that are logged in; /tokens remove NAME logs one out",),
)
async def tokens(client: LineProtocol, argument: str) -> None:
    """C{/tokens}: lists, makes and removes app tokens; lists and ends web sessions."""
    account = ownAccount(client)
    action, name = splitArgument(argument, 0, 2, "/tokens [add or remove NAME]")
    if action is None:
        client.reply(b"".join(map(notice, _listed(client, account))))
        return
    if action not in ("add", "remove") or name is None:
        raise UsageError("Usage: /tokens, /tokens add NAME or /tokens remove NAME")
    if action == "remove":
        isBrowser = account.credential("token", name) is None and account.credential("websession", name) is not None
        kind: CredentialKind = "websession" if isBrowser else "token"
        await client.context.chat.accounts.removeCredential(client.openSession, account.name, kind, name)
        client.reply(notice(f"{name} is logged out" if isBrowser else f"The token {name} is removed"))
        return
    token = await client.context.registrar.addToken(client.openSession, account.name, name)
    client.reply(notice(f"The token {name} is {token} - keep it, because it is shown only now"))


def _listed(client: LineProtocol, account: Account) -> Iterator[str]:
    """List the tokens and the web sessions of an account."""
    tokens = account.ofKind("token")
    if not tokens:
        yield "You have no tokens; /tokens add NAME makes one"
    for token in tokens:
        yield f"{token.name}: {_used(client, account, token)}"
    for browser in account.ofKind("websession"):
        since = f"logged in at the web page since {_when(client, browser.created or 0)}"
        yield f"{browser.name}: {since}, {_used(client, account, browser)}"


def _used(client: LineProtocol, account: Account, credential: Credential) -> str:
    """Tell when a credential was last used."""
    used = account.used.get((credential.kind, credential.name))
    return "never used" if used is None else f"last used {_when(client, used)}"


@table.command(
    "totp",
    "[setup, confirm CODE or off CODE]",
    "protect your password with the codes of an app, as a second factor",
    example="/totp setup",
    details=(
        "/totp setup shows a secret for the app; /totp confirm CODE then takes the first code that the app shows",
        "From then on your password needs a code.  App tokens and certificates need none",
    ),
    asks=_neverAsks,
)
async def totp(client: LineProtocol, argument: str) -> None:
    """C{/totp}: sets up or removes the second factor of the client's account, or says whether it has one."""
    account, factors = ownAccount(client), client.context.logins.factors
    action, code = splitArgument(argument, 0, 2, "/totp [setup, confirm CODE or off CODE]")
    if action is None:
        isSetUp = factors.isSetUp(account.name)
        advice = "/totp off CODE ends that" if isSetUp else "/totp setup changes that"
        client.reply(notice(f"You have {'a' if isSetUp else 'no'} second factor; {advice}"))
    elif action == "setup" and code is None:
        checkMaySend(client)
        begun = factors.setUp(account.name)
        client.reply(notice(f"The secret for your app: {begun.secret}"))
        client.reply(notice(begun.uri))
        client.reply(notice("/totp confirm CODE, with the code that the app shows, completes this within ten minutes"))
    elif action == "confirm" and code is not None:
        codes = await factors.confirm(account.name, code)
        client.reply(notice("From now on your password needs a code.  App tokens and certificates need none"))
        client.reply(notice(f"If you lose the app, each of these works once: {' '.join(codes)}"))
    elif action == "off" and code is not None:
        await factors.remove(account.name, code)
        client.reply(notice("You have no second factor any more"))
    else:
        raise UsageError("Usage: /totp, /totp setup, /totp confirm CODE or /totp off CODE")


@table.command(
    "nicks",
    "[add or remove NICK]",
    "list the nicks that belong to your account; add one, or remove it",
    example="/nicks add alice2",
)
async def nicks(client: LineProtocol, argument: str) -> None:
    """C{/nicks}: lists, adds and removes the nicks of the client's account."""
    account, accounts = ownAccount(client), client.context.chat.accounts
    action, nick = splitArgument(argument, 0, 2, "/nicks [add or remove NICK]")
    if action is None:
        client.reply(notice(f"Nicks of {account.name}: {' '.join((account.name, *account.nicks))}"))
        return
    if action not in ("add", "remove") or nick is None:
        raise UsageError("Usage: /nicks, /nicks add NICK or /nicks remove NICK")
    if action == "add":
        await accounts.group(client.openSession, account.name, nick)
        client.reply(notice(f"The nick {nick} belongs to {account.name} now"))
    else:
        await accounts.ungroup(client.openSession, account.name, nick)
        client.reply(notice(f"The nick {nick} does not belong to {account.name} any more"))


@table.command(
    "account",
    "[set always-on on, or drop NAME]",
    "show your account; stay here when you disconnect; or remove it",
    example="/account set always-on on",
    details=(
        "/account set always-on on keeps you in your rooms when you disconnect; off ends that; default asks the server",
        "/account drop NAME removes your account for ever; NAME is its name, to be sure",
    ),
)
async def account(client: LineProtocol, argument: str) -> None:
    """C{/account}: describes the client's account, changes a setting, or drops it."""
    own, chat = ownAccount(client), client.context.chat
    if not argument:
        client.reply(b"".join(map(notice, _described(client, own))))
        return
    action, name = splitArgument(argument, 1, 2, "/account, /account set always-on on or /account drop NAME")
    if action == "set":
        await _setAlwaysOn(client, own, (name or "").split())
        return
    if action != "drop" or name is None or fold(name) != fold(own.name):
        raise UsageError(f"Usage: /account, or /account drop {own.name}, which nobody can undo")
    await chat.accounts.drop(client.openSession, own.name)
    client.reply(notice(f"The account {own.name} is gone, and you are a guest"))


async def _setAlwaysOn(client: LineProtocol, account: Account, words: list[str]) -> None:
    if len(words) != 2 or words[0] != "always-on":
        raise UsageError("Usage: /account set always-on on, or off, or default")
    accounts = client.context.chat.accounts
    await accounts.set(client.openSession, account.name, "always-on", None if words[1] == "default" else words[1])
    stays = accounts.isAlwaysOn(account)
    client.reply(notice("You stay in your rooms when you disconnect" if stays else "You leave when you disconnect"))


def _described(client: LineProtocol, account: Account) -> Iterator[str]:
    """Describe an account to its owner."""
    yield f"{account.name} is your account, registered {_when(client, account.registered)}"
    if account.nicks:
        yield f"Nicks: {' '.join((account.name, *account.nicks))}"
    mail = account.settings.get("email")
    if mail is not None:
        yield f"Mail address: {mail}"
    numbers = (
        (len(account.ofKind("token")), "token"),
        (len(account.ofKind("certificate")), "certificate"),
        (len(account.ofKind("sshkey")), "SSH key"),
        (len(account.ofKind("websession")), "browser"),
        (len(account.ofKind("oidc")), "linked login"),
    )
    counts = [counted(number, noun) for number, noun in numbers if number]
    if counts:
        yield f"It has {', '.join(counts)}"
    if client.context.logins.factors.isSetUp(account.name):
        yield "Your password needs a code of your second factor; /totp off CODE ends that"
    if client.context.chat.accounts.isAlwaysOn(account):
        yield "You stay in your rooms when you disconnect; /account set always-on off ends that"
    rooms = client.context.chat.ownership.roomsOf(account.name)
    if rooms:
        yield f"Rooms: {' '.join(rooms)}"


def ownAccount(client: LineProtocol) -> Account:
    """
    The account that a client is logged in to.

    @raise NotLoggedIn: it is a guest.
    """
    user = client.openSession.user
    if user is None or user.source.account is None:
        raise NotLoggedIn
    return client.context.chat.state.accounts.named(user.source.account)


def _when(client: LineProtocol, time: int) -> str:
    clock = client.dialects.clock
    return f"{clock.day(time)} {clock.show(time)}"
