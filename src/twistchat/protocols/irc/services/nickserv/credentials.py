"""NickServ's commands for what people log in with: app tokens, certificates and SSH keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.errors import NotEncrypted
from twistchat.chat.phrasing import counted
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.replies.formatting import formatTime
from twistchat.protocols.irc.services.table import ServiceCommand, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twistchat.chat.model.accounts import Account
    from twistchat.chat.model.events import Credential, CredentialKind
    from twistchat.protocols.irc.services.request import Request

table = CommandTable(ServiceCommand)


@table.command(
    "TOKEN",
    "ADD <name> | DEL <name> | LIST",
    "make, remove or list app tokens, which programs use in place of your password",
    "ADD phone",
    least=1,
    account=True,
    details=("The list also shows the browsers that are logged in. DEL logs one out",),
)
async def token(request: Request) -> None:
    """C{TOKEN}: makes, removes or lists app tokens, and lists or ends web sessions."""
    if request.word(0) == "DEL" and await _logsOut(request, request.rest(1)):
        return
    if request.word(0) != "ADD":
        await _change(request, "token", "app token")
        if request.word(0) == "LIST":
            await request.sayAll(_browsers(request.account))
        return
    request.only(2)
    name = request.words[1]
    made = await request.context.registrar.addToken(request.session, request.account.name, name)
    request.say(f"The app token {name} is: {made}")
    request.say("Use it in place of your password. It is shown only now")


@table.command(
    "CERT",
    "ADD [<fingerprint>] | DEL <fingerprint> | LIST",
    "add, remove or list the certificates that log you in",
    "ADD",
    least=1,
    account=True,
)
async def cert(request: Request) -> None:
    """C{CERT}: adds, removes or lists fingerprints of certificates.  C{ADD} alone adds that of the connection."""
    if request.word(0) != "ADD":
        await _change(request, "certificate", "certificate")
        return
    if len(request.words) > 2:
        raise Usage
    given = request.words[1] if len(request.words) > 1 else None
    added = await request.context.registrar.addCertificate(request.session, request.account.name, given)
    request.say(f"The certificate {added} can log you in now")


@table.command(
    "SSHKEY",
    "ADD <key> | DEL <fingerprint> | LIST",
    "add, remove or list your SSH keys",
    "ADD ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJZ3 alice@laptop",
    least=1,
    account=True,
)
async def sshkey(request: Request) -> None:
    """C{SSHKEY}: adds, removes or lists SSH keys.  A key is a line as in C{authorized_keys}."""
    if request.word(0) != "ADD":
        await _change(request, "sshkey", "SSH key")
        return
    if len(request.words) < 2:
        raise Usage
    added = await request.context.registrar.addSshKey(request.session, request.account.name, request.rest(1))
    request.say(f"The SSH key {added} is stored. No door uses SSH keys yet")


@table.command(
    "TOTP",
    "SETUP | CONFIRM <code> | OFF <code>",
    "protect your password with codes from an app on your phone, as a second factor",
    "CONFIRM 492039",
    least=1,
    most=2,
    secret=True,
    account=True,
    details=(
        "SETUP shows a secret for the app. CONFIRM takes the first code that the app shows",
        "From then on your password needs a code, and does not log in with IRC. App tokens and certificates do",
    ),
)
async def totp(request: Request) -> None:
    """C{TOTP}: sets up or removes the second factor of the account."""
    factors, name = request.context.logins.factors, request.account.name
    request.only(1 if request.word(0) == "SETUP" else 2)
    if request.word(0) == "SETUP":
        if not request.context.logins.maySendPasswords(request.session):
            raise NotEncrypted
        begun = factors.setUp(name)
        request.say(f"The secret for your app: {begun.secret}")
        request.say(begun.uri)
        request.say("To finish, within ten minutes: /msg NickServ TOTP CONFIRM <code>")
    elif request.word(0) == "CONFIRM":
        codes = await factors.confirm(name, request.words[1])
        request.say("From now on your password needs a code. With IRC, log in with an app token or a certificate")
        request.say(f"If you lose the app, each of these works once: {' '.join(codes)}")
    elif request.word(0) == "OFF":
        await factors.remove(name, request.words[1])
        request.say("You have no second factor any more")
    else:
        raise Usage


async def _logsOut(request: Request, name: str) -> bool:
    """
    End a web session.

    @return: whether the client's account has one with this name, and no app token.
    """
    account = request.account
    if account.credential("websession", name) is None or account.credential("token", name) is not None:
        return False
    await request.chat.accounts.removeCredential(request.asker, account.name, "websession", name)
    request.say(f"{name} is logged out")
    return True


def _browsers(account: Account) -> Iterator[str]:
    """List the web sessions of an account."""
    found = account.ofKind("websession")
    if found:
        yield f"Logged in at the web page: {counted(len(found), 'browser')}:"
    for credential in found:
        yield f"{credential.name} (since {formatTime((credential.created or 0) / 1000)}, {_used(account, credential)})"


def _used(account: Account, credential: Credential) -> str:
    """Tell when a credential was last used."""
    time = account.used.get((credential.kind, credential.name))
    return "never used" if time is None else f"last used {formatTime(time / 1000)}"


async def _change(request: Request, kind: CredentialKind, noun: str) -> None:
    """
    Execute C{DEL} or C{LIST}.

    @param noun: what one credential of this kind is called.
    """
    account = request.account
    if request.word(0) == "DEL":
        request.only(2)
        name = request.words[1]
        if kind == "certificate":
            name = name.replace(":", "").lower()
        await request.chat.accounts.removeCredential(request.asker, account.name, kind, name)
        request.say(f"The {noun} {name} is removed")
        return
    if request.word(0) != "LIST":
        raise Usage
    request.only(1)
    found = account.ofKind(kind)
    request.say(f"You have {counted(len(found), noun)}{':' if found else ''}")
    for credential in found:
        await request.reply.step()
        request.say(f"{credential.name} ({_used(account, credential)})")
