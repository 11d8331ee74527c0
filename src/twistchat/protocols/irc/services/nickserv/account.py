"""NickServ's commands to register an account, to log in and out, and to change or remove the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import LoginFailed
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.registration.registration import NO_GUESTS
from twistchat.protocols.irc.replies.accounts import showLoggedIn, showLoggedOut
from twistchat.protocols.irc.services.table import ServiceCommand, Usage

if TYPE_CHECKING:
    from twistchat.protocols.irc.services.request import Request

NONE = "*"
"""Stands for no mail address."""

table = CommandTable(ServiceCommand)


@table.command(
    "REGISTER",
    "<password> [<mail address>|*] [<invitation>]",
    "register your nick as an account",
    "Wq7-mapletree alice@example.org",
    least=1,
    most=3,
    secret=True,
)
async def register(request: Request) -> None:
    """C{REGISTER}: registers the client's nick, and logs the client in."""
    password, *rest = request.words
    email = invitation = None
    if len(rest) == 2:
        email, invitation = rest
    elif rest and ("@" in rest[0] or rest[0] == NONE):
        email = rest[0]
    elif rest:
        invitation = rest[0]
    if email == NONE:
        email = None
    name = request.client.nick
    outcome = await request.context.registrar.register(request.session, name, password, email, invitation)
    if outcome == "verify":
        request.say(f"A code was sent to {email}. To finish: /msg NickServ VERIFY {name} <code>")
        return
    request.say(f"You have registered the account {name}")
    await logIn(request, name)


@table.command(
    "VERIFY",
    "[<account>] <code>",
    "finish a registration with the code from the mail",
    "1a2b3c",
    least=1,
    most=2,
    secret=True,
)
async def verify(request: Request) -> None:
    """C{VERIFY}: verifies the mail address of an account, and logs the client in."""
    *names, code = request.words
    account = request.accountOrNone
    name = names[0] if names else request.client.nick if account is None else account.name
    await request.context.registrar.verify(request.session, name, code)
    request.say(f"The mail address of {name} is verified")
    if account is None:
        await logIn(request, name)


@table.command("IDENTIFY", "[<account>] [<password>]", "log in", "alice Wq7-mapletree", most=2, secret=True)
async def identify(request: Request) -> None:
    """
    C{IDENTIFY}: logs the client in to the account that has its nick, or to the one that it names.  Without a password,
    the client's certificate counts.
    """
    logins = request.context.logins
    if request.words:
        *names, password = request.words
        name = names[0] if names else request.client.nick
        try:
            found = await logins.password(request.session, name, password)
        except LoginFailed:
            if names or request.chat.state.accounts.withNick(name) is not None:
                raise
            # INFO tells this too.
            request.say(f"There is no account {name}. To name yours: /msg NickServ IDENTIFY <account> <password>")
            return
    elif request.session.fingerprint is not None:
        found = await logins.certificate(request.session, None)
    else:
        raise Usage
    await logIn(request, found.account)
    account = request.accountOrNone
    if account is not None and request.chat.state.accounts.withNick(request.client.nick) is not account:
        request.say(f"To take your nick: /msg NickServ REGAIN {account.name}")


@table.command("LOGOUT", "", "log out", most=0, account=True)
async def logout(request: Request) -> None:
    """C{LOGOUT}: logs the client out.  It becomes a guest, or is disconnected where its door lets no guests in."""
    await request.chat.identity.logout(request.asker)
    request.checkHere()
    showLoggedOut(request.client, request.reply)
    request.say("You are logged out")
    if not request.client.irc.guests():
        request.client.closing.disconnect(NO_GUESTS)


@table.command(
    "SET",
    "PASSWORD <new password> | EMAIL <mail address> | ALWAYS-ON on|off|default",
    "change your password or mail address, or whether you stay when you disconnect",
    "PASSWORD Wq7-mapletree",
    least=2,
    most=2,
    secret=True,
    account=True,
)
async def set(request: Request) -> None:
    """C{SET}: changes the password, the mail address, or whether the user stays without a connection."""
    registrar, session, account = request.context.registrar, request.session, request.account
    value = request.words[1]
    if request.word(0) == "PASSWORD":
        await registrar.setPassword(session, account.name, value)
        request.say("Your password has changed")
    elif request.word(0) == "EMAIL":
        await registrar.setEmail(session, account.name, value)
        request.say(f"A code was sent to {value}. To finish: /msg NickServ VERIFY <code>")
    elif request.word(0) == "ALWAYS-ON":
        wish = value.lower()
        await request.chat.accounts.set(request.asker, account.name, "always-on", None if wish == "default" else wish)
        stays = request.chat.accounts.isAlwaysOn(account)
        request.say("You stay in your channels when you disconnect" if stays else "You leave when you disconnect")
    else:
        raise Usage


@table.command(
    "RESETPASS", "<account>", "get a code by mail, if you have forgotten your password", "alice", least=1, most=1
)
async def resetpass(request: Request) -> None:
    """C{RESETPASS}: sends a code to the account's mail address, and does not tell whether it has one."""
    name = request.words[0]
    await request.context.registrar.requestReset(request.session, name)
    request.say(f"If {name} has a mail address, a code was sent to it")
    request.say(f"With the code: /msg NickServ SETPASS {name} <code> <new password>")


@table.command(
    "SETPASS",
    "<account> <code> <new password>",
    "set a new password with the code from RESETPASS",
    "alice 1a2b3c Wq7-mapletree",
    least=3,
    most=3,
    secret=True,
)
async def setpass(request: Request) -> None:
    """C{SETPASS}: sets a new password with a code from the mail."""
    name, code, password = request.words
    await request.context.registrar.resetPassword(request.session, name, code, password)
    request.say(f"{name} has a new password. Now log in: /msg NickServ IDENTIFY {name} <password>")


@table.command("DROP", "<account> [<code>]", "remove your account", "alice", least=1, most=2, account=True)
async def drop(request: Request) -> None:
    """C{DROP}: removes the client's account, after a confirmation."""
    account = request.account
    if request.chat.state.accounts.get(request.words[0]) is not account:
        request.say(f"That is not your account. You are logged in to {account.name}")
    elif request.confirms(f"{account.name} {account.registered}", "DROP", account.name):
        await request.chat.accounts.drop(request.asker, account.name)
        request.checkHere()
        showLoggedOut(request.client, request.reply)
        request.say(f"The account {account.name} is removed. Nobody can register that name again")


async def logIn(request: Request, name: str) -> None:
    """
    Log the client in to an account, and tell it so.

    @param name: the name of the account.  The caller has authenticated the client.
    """
    await request.chat.identity.login(request.asker, name)
    request.checkHere()
    showLoggedIn(request.client, request.reply, name)
    request.say(f"You are logged in to {name}")
