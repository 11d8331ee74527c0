"""Shows a client the private texts that came while its account's user was not here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import Entry
from twistchat.chat.model.spans import Kept
from twistchat.chat.phrasing import counted
from twistchat.net.input.pace import Pace
from twistchat.wire.plain import dayNotice, notice

if TYPE_CHECKING:
    from twistchat.protocols.line.protocol import LineProtocol


async def showInbox(client: LineProtocol, kept: Sequence[Kept]) -> None:
    """Show the texts, with a line for each day.  See L{Show <twistchat.net.client.inbox.Show>}."""
    session = client.openSession
    texts = [entry for entry in kept if isinstance(entry, Entry) and not isIgnored(session, entry.event)]
    clock, pace, day = client.dialects.clock, Pace(client), None
    if texts:
        client.reply(notice(f"{counted(len(texts), 'message')} while you were away:"))
    for entry in texts:
        await pace.step()
        if clock.dateOf(entry.time) != day:
            day = clock.dateOf(entry.time)
            client.reply(dayNotice(day))
        client.reply(client.dialects.other.render(entry))
    if damaged := sum(not isinstance(entry, Entry) for entry in kept):
        client.reply(notice(f"{counted(damaged, 'message')} cannot be read, because of damage on disk"))
