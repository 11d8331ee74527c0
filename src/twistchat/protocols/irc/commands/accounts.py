"""Commands that log in to accounts and register them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twistchat.chat import errors
from twistchat.chat.model.names import fold
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.table import Command, Outcome
from twistchat.protocols.irc.registration.authentication import Authentication
from twistchat.protocols.irc.registration.offer import mayRegisterEarly
from twistchat.protocols.irc.replies.accounts import showLoggedIn
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.protocols.irc.replies.wording import describeError
from twistchat.protocols.irc.settings import ircSettings
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

table = CommandTable(Command)

UNAVAILABLE: Final = "TEMPORARILY_UNAVAILABLE"

CODES: Final[dict[type[errors.ChatError], str]] = {
    errors.AccountExists: "ACCOUNT_EXISTS",
    errors.NickOwned: "ACCOUNT_EXISTS",
    errors.NameRetired: "BAD_ACCOUNT_NAME",
    errors.BadName: "BAD_ACCOUNT_NAME",
    errors.BadNick: "BAD_ACCOUNT_NAME",
    errors.NickReserved: "BAD_ACCOUNT_NAME",
    errors.NickInUse: "BAD_ACCOUNT_NAME",
    errors.AlreadyLoggedIn: "ALREADY_AUTHENTICATED",
    errors.BadPassword: "UNACCEPTABLE_PASSWORD",
    errors.BadCredential: "INVALID_EMAIL",
}
"""The code of each error of REGISTER (IRCv3 account-registration, "Responses").  All others are L{UNAVAILABLE}."""

WRONG_CODE: Final = (errors.BadCredential, errors.LoginFailed, errors.NoSuchAccount)
"""The errors of VERIFY whose code is C{INVALID_CODE}."""


@table.command(
    "AUTHENTICATE", "<mechanism or data>", "log in to an account with SASL", "IRCv3 sasl-3.1", minParams=1, early=True
)
def authenticate(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{AUTHENTICATE}: chooses a mechanism, then sends the response in chunks.  C{*} aborts the exchange."""
    parameter = message.params[0]
    if "sasl" not in client.capabilities:
        reply.numeric(n.ERR_SASLFAIL, "SASL authentication failed: request the capability sasl first")
        return None
    if client.authentication is None:
        client.authentication = Authentication(client)
    if parameter == "*":
        client.authentication.abort(reply)
    elif client.authentication.running:
        return client.authentication.proceed(parameter, reply)
    else:
        client.authentication.start(parameter, reply)
    return None


@table.command(
    "REGISTER",
    "<account> <email> <password> [<invitation>]",
    "register an account",
    "IRCv3 account-registration",
    minParams=3,
    early=True,
)
def register(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{REGISTER}: C{*} stands for the current nick, and for no mail address."""
    name, email, password, *invitation = message.params
    nick = client.nick if client.registration is None else client.registration.nick
    if not _isEarlyEnough(client, reply):
        return None
    if not nick:
        reply.fail("NEED_NICK", "*", "Send a nick first")
        return None
    account = nick if name == "*" else name
    if fold(account) != fold(nick) and not ircSettings(client.settings).customAccountNames:
        why = f"The name of the account must be your nick, {nick}"
        reply.fail("ACCOUNT_NAME_MUST_BE_NICK", middle(account), why)
        return None
    address, code = None if email == "*" else email, invitation[0] if invitation else None
    return _register(client, reply, account, password, address, code)


async def _register(
    client: IrcConnection, reply: Reply, account: str, password: str, email: str | None, invitation: str | None
) -> None:
    try:
        _checkLoggedOut(client)
        outcome = await client.context.registrar.register(client.openSession, account, password, email, invitation)
        if outcome == "registered":
            await _logIn(client, reply, account, "The account is registered")
        else:
            why = f"The account is registered.  A code was sent to {email}: VERIFY {account} <code>"
            reply.line("REGISTER", "VERIFICATION_REQUIRED", account, why)
    except errors.ChatError as error:
        _fail(client, reply, CODES.get(type(error), UNAVAILABLE), account, error)


@table.command(
    "VERIFY",
    "<account> <code>",
    "verify the mail address of an account",
    "IRCv3 account-registration",
    minParams=2,
    early=True,
)
def verify(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{VERIFY}: completes a registration with the code from a mail."""
    account, code = message.params[:2]
    return _verify(client, reply, account, code) if _isEarlyEnough(client, reply) else None


async def _verify(client: IrcConnection, reply: Reply, account: str, code: str) -> None:
    try:
        _checkLoggedOut(client)
        await client.context.registrar.verify(client.openSession, account, code)
        await _logIn(client, reply, account, "The account is verified")
    except WRONG_CODE as error:
        _fail(client, reply, "INVALID_CODE", account, error)
    except errors.ChatError as error:
        _fail(client, reply, CODES.get(type(error), UNAVAILABLE), account, error)


def _isEarlyEnough(client: IrcConnection, reply: Reply) -> bool:
    """Whether the client may register an account now.  If not, say why."""
    if client.registration is None or mayRegisterEarly(client.context):
        return True
    reply.fail("COMPLETE_CONNECTION_REQUIRED", "Register your connection first")
    return False


def _checkLoggedOut(client: IrcConnection) -> None:
    """
    Check that the client is not logged in.

    @raise AlreadyLoggedIn: it is.
    """
    session = client.openSession
    account = session.account if session.user is None else session.user.source.account
    if account is not None:
        raise errors.AlreadyLoggedIn(account)


async def _logIn(client: IrcConnection, reply: Reply, account: str, what: str) -> None:
    """Log the client in to an account of its own, and say so."""
    if client.ending:
        return
    try:
        await client.context.chat.identity.login(reply.asker, account)
    except errors.ChatError as error:
        reply.line(reply.command, "SUCCESS", account, f"{what}.  You are not logged in: {describeError(error)}")
        return
    if client.openSession.closed:
        return
    account = client.context.chat.state.accounts.named(account).name
    reply.line(reply.command, "SUCCESS", account, what)
    showLoggedIn(client, reply, account)


def _fail(client: IrcConnection, reply: Reply, code: str, account: str, error: errors.ChatError) -> None:
    client.context.refusals.noteError(client.address, error)
    if isinstance(error, errors.BadPassword) and error.weak:
        code = "WEAK_PASSWORD"
    reply.fail(code, middle(account), describeError(error))
