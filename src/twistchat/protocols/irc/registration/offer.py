"""The capabilities that a client is offered now, and the messages about changes (IRCv3 capability-negotiation)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from twistchat.protocols.irc.replies.metadata import limitsOf
from twistchat.protocols.irc.settings import ircSettings
from twistchat.wire.framing import STREAM
from twistchat.wire.irc.capabilities import CAPABILITIES, METADATA, advertise, capLines

if TYPE_CHECKING:
    from twistchat.chat.model.sessions import Session
    from twistchat.net.context import ServerContext
    from twistchat.protocols.irc.protocol import IrcConnection


def offered(client: IrcConnection) -> Mapping[str, str]:
    """Get the capabilities that a client is offered, each with its value or C{""}."""
    context, session = client.context, client.openSession
    limits = context.settings.limits
    return _values(
        f"max-bytes={limits.message},max-lines={limits.lines}",
        _sts(context, session.secure) if client.carrier.framing is STREAM else "",  # it is about ports of IRC
        ",".join(mechanisms(client)),
        _registration(context, session),
        limitsOf(context),
    )


def mechanisms(client: IrcConnection) -> list[str]:
    """
    Get the SASL mechanisms that a client can use.

    EXTERNAL needs a certificate, or the cookie of a web session.  PLAIN sends the password itself, so it needs a
    connection that nobody can listen to.
    """
    session, available = client.openSession, ["SCRAM-SHA-256"]
    if client.context.logins.maySendPasswords(session):
        available.insert(0, "PLAIN")
    if session.fingerprint is not None or client.carrier.bearer is not None:
        available.insert(0, "EXTERNAL")
    return available


def announce(client: IrcConnection) -> None:
    """Compute the offer anew, and tell a client that has the capability C{cap-notify} what has changed."""
    negotiation, now = client.negotiation, offered(client)
    if negotiation.offered is now:
        return
    before = client.capabilities
    fresh, gone = negotiation.changeOffer(now)
    if gone:
        client.updateDialects(before)
    if "cap-notify" not in negotiation.enabled:
        return
    lines = []
    if fresh:
        lines += capLines("NEW", advertise(fresh, negotiation.version), client.nick, client.server)
    if gone:
        lines += capLines("DEL", gone, client.nick, client.server)
    if lines:
        client.reply(b"".join(lines))


def mayRegisterEarly(context: ServerContext) -> bool:
    """Whether a client may register an account before it has registered its connection."""
    irc = ircSettings(context.settings)
    return irc.earlyAccounts and not irc.password


def _sts(context: ServerContext, secure: bool) -> str:
    irc = ircSettings(context.settings)
    if not irc.stsPort:
        return ""
    if not secure:
        return f"port={irc.stsPort}"
    return f"duration={int(irc.stsDuration)}" + (",preload" if irc.stsPreload else "")


def _registration(context: ServerContext, session: Session) -> str | None:
    """
    Write the value of C{draft/account-registration}; C{None} if the session cannot register an account.

    Clients that know the capability cannot send an invitation code.
    """
    if context.registrar.registration != "open" or not context.logins.maySendPasswords(session):
        return None
    keys = {
        "before-connect": mayRegisterEarly(context),
        "custom-account-name": ircSettings(context.settings).customAccountNames,
        "email-required": context.settings.accounts.emailRequired,
    }
    return ",".join([key for key, present in keys.items() if present])


@lru_cache(32)
def _values(multiline: str, sts: str, sasl: str, registration: str | None, metadata: str) -> Mapping[str, str]:
    """
    Make the capabilities with their values.  Clients share the result, because each keeps a reference to it.

    @param registration: C{None} to leave out C{draft/account-registration}.
    """
    values = dict.fromkeys(CAPABILITIES, "")
    values["draft/multiline"] = multiline
    values.update(dict.fromkeys(METADATA, metadata))
    for name, value in (("sts", sts), ("sasl", sasl)):
        if value:
            values[name] = value
        else:
            del values[name]
    if registration is None:
        del values["draft/account-registration"]
    else:
        values["draft/account-registration"] = registration
    return values
