"""Shows a client the private texts that came while its account's user was not here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred

from twistchat.chat.fanout.delivery import isIgnored
from twistchat.chat.model.events import Entry
from twistchat.chat.phrasing import counted
from twistchat.net.input.pace import Gone, Pace
from twistchat.wire.plain import notice

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from twistchat.protocols.line.protocol import LineProtocol


def showInboxLater(client: LineProtocol) -> None:
    """Show the texts in a later turn, behind the reply to the login."""

    def failed(failure: Failure) -> None:
        if not failure.check(Gone):
            client.refused(None, failure)

    Deferred.fromCoroutine(_showInbox(client)).addErrback(failed)


async def _showInbox(client: LineProtocol) -> None:
    await client.context.portions.wait()
    session = client.session
    if session is None or session.user is None:
        return
    kept = await client.context.chat.inbox.read(session)
    texts = [entry for entry in kept if isinstance(entry, Entry) and not isIgnored(session, entry.event)]
    clock, pace, day = client.dialects.clock, Pace(client), None
    if texts:
        client.reply(notice(f"{counted(len(texts), 'message')} while you were away:"))
    for entry in texts:
        await pace.step()
        if clock.day(entry.time) != day:
            day = clock.day(entry.time)
            client.reply(notice(day))
        client.reply(client.dialects.other.render(entry))
    if damaged := sum(not isinstance(entry, Entry) for entry in kept):
        client.reply(notice(f"{counted(damaged, 'message')} cannot be read, because of damage on disk"))
