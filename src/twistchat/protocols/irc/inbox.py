"""Shows a client the private texts that came while its account's user was not here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from twistchat.chat.errors import ChatError
from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import Entry, PrivateMessage
from twistchat.chat.phrasing import counted
from twistchat.net.input.pace import Gone
from twistchat.protocols.irc.replies.reply import Reply

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from twistchat.protocols.irc.protocol import IrcConnection

log = Logger()


def showInboxLater(client: IrcConnection) -> None:
    """Show the texts in a later turn, behind the reply to the login."""

    def failed(failure: Failure) -> None:
        if not failure.check(Gone):
            log.failure("Showing messages that waited failed", failure)

    Deferred.fromCoroutine(_showInbox(client)).addErrback(failed)


async def _showInbox(client: IrcConnection) -> None:
    await client.context.portions.wait()
    session = client.session
    if session is None or session.user is None:
        return
    reply = Reply(client, "PRIVMSG")
    try:
        kept = await client.context.chat.inbox.read(session)
    except ChatError as error:
        reply.error(error)
        kept = ()
    texts = [entry for entry in kept if isinstance(entry, Entry) and not isIgnored(session, entry.event)]
    if texts:
        reply.line("NOTICE", client.nick, f"{counted(len(texts), 'message')} came while you were not here:")
    for entry in texts:
        await reply.step()
        reply.lines([_render(client, entry)])
    if damaged := sum(not isinstance(entry, Entry) for entry in kept):
        reply.line("NOTICE", client.nick, f"{counted(damaged, 'message')} cannot be read, because of damage on disk")
    reply.finish()


def _render(client: IrcConnection, entry: Entry) -> bytes:
    """Render a text as one to the client's present nick.  Without server-time, its time is in the text."""
    event = entry.event
    assert isinstance(event, PrivateMessage)
    event = replace(event, recipient=client.user.source)
    if "server-time" not in client.capabilities:
        head = f"[{datetime.fromtimestamp(entry.time // 1000, UTC):%Y-%m-%d %H:%M}] "
        event = replace(event, text=head + event.text, cuts=tuple([len(head) + cut for cut in event.cuts]))
    return client.render("", replace(entry, event=event))
