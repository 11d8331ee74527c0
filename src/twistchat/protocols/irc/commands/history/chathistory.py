"""
The command CHATHISTORY (IRCv3 chathistory).

Message ids name exact places in the order of the journal, so they are the preferred selectors: with them, pages join
without gaps and duplicates.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from twistchat.chat.errors import ChatError, NotKept, NotRead
from twistchat.chat.model.events import Entry
from twistchat.chat.model.spans import At, Kept, Point
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.history.selectors import BadRequest, MessageId, Request, Selector, parseRequest
from twistchat.protocols.irc.commands.table import Command
from twistchat.protocols.irc.history.rendering import REDACTIONS, kindsFor, sendHistory
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.wire.irc import numerics as n
from twistchat.wire.irc.cleaning import Stampclock

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

FURTHER: Final = 10
"""How many times a request reads on because entries are damaged."""

NOT_RETRIEVED = "Messages could not be retrieved"
"""The beginning of the description of errors.  It does not say whether a channel exists."""

table = CommandTable(Command)


@table.command("CHATHISTORY", "<subcommand> <parameter>...", "read what was said before", "IRCv3 chathistory")
async def chathistory(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{CHATHISTORY}: sends a part of the history of a channel or of a private conversation."""
    if "draft/chathistory" not in client.capabilities:
        reply.numeric(n.ERR_UNKNOWNCOMMAND, "CHATHISTORY", "Unknown command")
        return
    command = middle(message.params[0]) if message.params else "*"
    try:
        request = parseRequest(message.params)
        await _show(client, reply, request)
    except BadRequest as e:
        reply.fail(e.code, command, *map(middle, e.context), e.why)
    except NotRead as e:
        targets = () if command.upper() == "TARGETS" else (middle(message.params[1]),)
        reply.fail("MESSAGE_ERROR", command, *targets, f"{NOT_RETRIEVED}: {e.why}")


async def _show(client: IrcConnection, reply: Reply, request: Request) -> None:
    """
    Reply with the messages of a request.

    @raise BadRequest: they cannot be selected.
    """
    reading, session, target = client.context.chat.reading, client.openSession, request.target
    reply.onlyBatch = True
    if request.command == "TARGETS":
        await _showTargets(client, reply, request)
        return
    try:
        conversation = reading.conversation(session, target)
    except NotKept:
        # There are no messages.  Clients ask for them whenever somebody opens a window, so this is no error.
        with reply.batch("chathistory", middle(target)):
            return
    except ChatError:
        raise BadRequest("INVALID_TARGET", (target,), NOT_RETRIEVED) from None
    kept = await _read(client, request)
    if kept and not any(isinstance(item, Entry) for item in kept):
        raise BadRequest("MESSAGE_ERROR", (target,), f"{NOT_RETRIEVED}: they changed on disk")
    await sendHistory(client, reply, conversation, kept)
    client.context.chat.inbox.markPage(session, kept)


async def _showTargets(client: IrcConnection, reply: Reply, request: Request) -> None:
    """
    Reply with the conversations whose newest message is between two times ("TARGETS").

    A client that learns of a private conversation here reads what waits in it for its account, so that this does not
    wait any longer.
    """
    start, end = [selector.time for selector in request.selectors if isinstance(selector, At)]
    after, before, oldest = min(start, end), max(start, end), start <= end
    targets = await client.context.chat.reading.targets(client.openSession, request.limit, after, before, oldest)
    clock = Stampclock()
    with reply.batch("draft/chathistory-targets"):
        for target in targets:
            await reply.step()
            reply.line("CHATHISTORY", "TARGETS", target.name, clock.show(target.time))
    client.context.chat.inbox.markUntil(client.openSession, {target.conversation: target.time for target in targets})


async def _read(client: IrcConnection, request: Request) -> Sequence[Kept]:
    """
    Read what a request selects ("Subcommands").

    Damaged entries do not count, except with AROUND.

    Redactions within it are added, and do not count (IRCv3 message-redaction, "Chat history").  There are at most as
    many as messages in a reply, and none with AROUND.

    @raise BadRequest: this server did not make one of the message ids.
    """
    reading, session, target, limit = client.context.chat.reading, client.openSession, request.target, request.limit
    most, kinds = client.settings.limits.historyReply, kindsFor(client)
    redactions, kinds = kinds & REDACTIONS, kinds - REDACTIONS

    async def stretch(after: Point | None, before: Point | None, oldest: bool = False) -> Sequence[Kept]:
        kept = await reading.history(session, target, limit, after, before, oldest, kinds)
        isFull = len(kept) >= min(limit, most)
        if isFull and not all([isinstance(item, Entry) for item in kept]):
            kept = await _filled(client, request, kept, after, before, oldest)
        if not redactions:
            return kept
        if isFull:
            after, before = (after, kept[-1].sequence) if oldest else (kept[0].sequence, before)
        more = await reading.history(session, target, most, after, before, oldest, redactions)
        return sorted([*kept, *more], key=attrgetter("sequence"))

    points = [_locate(client, target, selector) for selector in request.selectors]
    match request.command, points:
        case "BEFORE", [before]:
            return await stretch(None, before)
        case "AFTER", [after]:
            return await stretch(after, None, oldest=True)
        case "AROUND", [point]:
            return await reading.around(session, target, limit, point, kinds)
        case "BETWEEN", [start, end]:
            # At most one of the two directions has messages.
            forwards = await stretch(start, end, oldest=True)
            return forwards or await stretch(end, start)
    return await stretch(points[0] if points else None, None)


async def _filled(
    client: IrcConnection,
    request: Request,
    kept: Sequence[Kept],
    after: Point | None,
    before: Point | None,
    oldest: bool,
) -> Sequence[Kept]:
    """
    Read on, until a page has as many undamaged entries as the client asked for.

    Clients take a page with fewer lines for the end of the history, so they would miss what is behind it.

    @param kept: the page.  It has as many entries as the client asked for, and some are damaged.
    @param after: see L{Reading.history <twistchat.chat.rules.reading.Reading.history>}, also for the next two.
    @return: the page and what follows it: with C{oldest} at its end, and otherwise at its beginning.  It has too few
        undamaged entries if the conversation has no more, or if nearly all of L{FURTHER} whole replies are damaged.
    """
    most, found = client.settings.limits.historyReply, list(kept)
    missing = min(request.limit, most) - sum([isinstance(item, Entry) for item in kept])
    for _ in range(FURTHER):
        if missing <= 0:
            break
        after, before = (found[-1].sequence, before) if oldest else (after, found[0].sequence)
        further = await client.context.chat.reading.history(
            client.openSession, request.target, most, after, before, oldest, kindsFor(client) - REDACTIONS
        )
        for item in further if oldest else reversed(further):
            if missing > 0:
                found.insert(len(found) if oldest else 0, item)
                missing -= isinstance(item, Entry)
        if len(further) < most:
            break
    return found


def _locate(client: IrcConnection, target: str, selector: Selector) -> Point:
    """
    The place of a selector in the journal.

    Some lines have an id that continues the id of an entry, such as a JOIN that the client sees because its session
    belongs to a user who was there before.  Such an id names the place of the entry.

    @raise BadRequest: this server did not make the message id.
    """
    if not isinstance(selector, MessageId):
        return selector
    locate = client.context.chat.reading.locate
    sequence = locate(selector.id)
    if sequence is None:
        sequence = locate(selector.id.rpartition("-")[0])
    if sequence is None:
        why = f"{NOT_RETRIEVED}: no message has this id"
        raise BadRequest("MESSAGE_ERROR", (target, f"msgid={selector.id}"), why)
    return sequence
