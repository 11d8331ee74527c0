"""Shows a client the private texts that came while its account's user was not here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from twistchat.chat.errors import ChatError
from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import Entry, PrivateMessage
from twistchat.chat.model.spans import Kept
from twistchat.chat.model.users import User
from twistchat.chat.phrasing import counted
from twistchat.net.input.pace import Gone
from twistchat.protocols.irc.history.rendering import stamped
from twistchat.protocols.irc.replies.reply import Reply

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection


async def showInbox(client: IrcConnection, kept: Sequence[Kept]) -> None:
    """Show the texts.  See L{Show <twistchat.net.client.inbox.Show>}."""
    session, reply = client.openSession, Reply(client, "PRIVMSG")
    texts = [entry for entry in kept if isinstance(entry, Entry) and not isIgnored(session, entry.event)]
    if texts:
        reply.line("NOTICE", client.nick, f"{counted(len(texts), 'message')} came while you were not here:")
    for entry in texts:
        await reply.step()
        if session.user is None:
            raise Gone
        reply.lines([_render(client, entry, session.user)])
    if damaged := sum(not isinstance(entry, Entry) for entry in kept):
        reply.line("NOTICE", client.nick, f"{counted(damaged, 'message')} cannot be read, because of damage on disk")
    reply.finish()


def refuseInbox(client: IrcConnection, error: ChatError) -> None:
    """Tell a client why the texts cannot be read."""
    reply = Reply(client, "PRIVMSG")
    reply.error(error)
    reply.finish()


def _render(client: IrcConnection, entry: Entry, user: User) -> bytes:
    """Render a text as one to the present nick of the client's user.  Without server-time, its time is in the text."""
    event = entry.event
    assert isinstance(event, PrivateMessage)
    event = stamped(client, entry.time, replace(event, recipient=user.source))
    return client.render("", replace(entry, event=event))
