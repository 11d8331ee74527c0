"""NickServ's commands that show accounts and sessions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from twistchat.chat.errors import NoSuchAccount
from twistchat.chat.model.names import fold
from twistchat.chat.phrasing import counted
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.replies.formatting import formatTime
from twistchat.protocols.irc.services.table import ServiceCommand, Usage

if TYPE_CHECKING:
    from twistchat.chat.model.accounts import Account
    from twistchat.chat.model.sessions import Session
    from twistchat.protocols.irc.services.request import Request

ENDED = "You ended this session from another one"
"""What a client is told whose session ends."""

table = CommandTable(ServiceCommand)


@table.command("INFO", "[<account>]", "show an account: all of yours, and whether another one exists", "alice", most=1)
async def info(request: Request) -> None:
    """C{INFO}: shows all about the client's account.  Others see only that a nick belongs to some account."""
    own = request.accountOrNone
    asked = request.words[0] if request.words else request.client.nick if own is None else own.name
    account = request.chat.state.accounts.withNick(asked)
    if account is None:
        raise NoSuchAccount(asked)
    if account is own or request.client.user.may("auspex"):
        await request.sayAll(_describe(request, account))
    else:
        request.say(f"{asked} is registered")  # not whose it is


@table.command(
    "STATUS", "<nick>", "show whether the user of a nick is logged in to its account", "alice", least=1, most=1
)
async def status(request: Request) -> None:
    """C{STATUS}: shows what WHOIS shows too, as a number for programs."""
    nick = request.words[0]
    state = request.chat.state
    owner, user = state.accounts.withNick(nick), state.users.named(nick)
    if owner is None or user is None:
        level, meaning = 0, "not registered" if owner is None else "not online"
    elif fold(user.source.account or "") != fold(owner.name):
        level, meaning = 1, "not logged in"
    else:
        level, meaning = 3, f"logged in to {owner.name}"
    request.say(f"STATUS {nick if user is None else user.nick} {level} ({meaning})")


@table.command(
    "SESSIONS", "[LIST] | END <number>|<id>", "show your sessions, or end one of them", "END 2", most=2, account=True
)
async def sessions(request: Request) -> None:
    """C{SESSIONS}: lists the sessions of the client's user, or ends one."""
    own, elsewhere = list(request.client.user.sessions.values()), sorted(request.client.user.elsewhere)
    if request.word(0) == "END":
        request.only(2)
        word = request.words[1]
        chosen = [one for number, one in enumerate(own, 1) if word in {one.id, str(number)}]
        distant = [id for number, id in enumerate(elsewhere, len(own) + 1) if word in {id, str(number)}]
        if distant:
            await request.chat.presence.endElsewhere(request.session, distant[0], ENDED)
            request.say(f"The session {distant[0]} ends")
        elif not chosen:
            request.say("You have no such session. /msg NickServ SESSIONS lists them")
        elif chosen[0] is request.session:
            request.say("That is this session. To end it, use /QUIT")
        else:
            request.chat.state.broadcast.departures.disconnect(chosen, ENDED)
            request.say(f"The session {chosen[0].id} ends")
        return
    if request.word(0) not in {"", "LIST"}:
        raise Usage
    shown = [_describeSession(request, one) for one in own] + [f"{id}: at another node" for id in elsewhere]
    request.say(f"You have {counted(len(shown), 'session')}:")
    await request.sayAll([f"{number}: {one}" for number, one in enumerate(shown, 1)])


def _describe(request: Request, account: Account) -> Iterator[str]:
    yield f"{account.name}: registered {formatTime(account.registered / 1000)}"
    if account.suspended is not None:
        yield f"Suspended: {account.suspended or 'no reason given'}"
    if account.until is not None:
        yield "Not verified yet"
    yield f"Mail address: {account.settings.get('email', 'none')}"
    code = account.credential("code", "email")
    if code is not None and (code.until or 0) > request.context.wall() * 1000:
        yield "A new mail address is not verified yet: /msg NickServ VERIFY <code>"
    yield f"Nicks: {', '.join((account.name, *account.nicks))}"
    for kind, noun in KINDS.items():
        names = [credential.name for credential in account.ofKind(kind)]  # type: ignore[arg-type]
        if names:
            yield f"{noun}: {', '.join(names)}"
    if request.context.logins.factors.isSetUp(account.name):
        yield "The password needs a code of the second factor: /msg NickServ TOTP OFF <code>"
    rooms = request.chat.ownership.roomsOf(account.name)
    if rooms:
        yield f"Founder of {', '.join(rooms)}"
    if account.isAdmin:
        yield "Administrator of this server"
    if request.chat.accounts.isAlwaysOn(account):
        yield "Stays in its channels without a connection: /msg NickServ SET ALWAYS-ON off"
    user = request.chat.state.users.ofAccount(account.name)
    if user is not None:
        yield f"Online as {user.nick}, with {counted(user.sessionCount, 'session')}"


KINDS = {
    "token": "App tokens",
    "certificate": "Certificates",
    "sshkey": "SSH keys",
    "websession": "Browsers",
    "oidc": "Linked logins",
}
"""The kinds of credentials that have names, and what they are called."""


def _describeSession(request: Request, session: Session) -> str:
    parts = [session.id]
    if session is request.session:
        parts.append("this one")
    parts.append("encrypted" if session.secure else "not encrypted")
    if session.address is not None:
        parts.append(f"from {session.address}")
    idle = request.context.clock.seconds() - session.spoke
    parts.append(f"last spoke {int(idle)} s ago")
    return ", ".join(parts)
