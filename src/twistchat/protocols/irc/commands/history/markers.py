"""The command for read markers (IRCv3 read-marker)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twistchat.chat.errors import BadNick, Banned, ChatError, NoSuchRoom, NotInRoom
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.history.selectors import BadRequest, parseTime
from twistchat.protocols.irc.commands.table import Command
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.protocols.irc.replies.markers import showMarker
from twistchat.protocols.irc.replies.wording import describeError

if TYPE_CHECKING:
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

FAILED: Final = "The read marker cannot be shown or set"
"""The beginning of the description of errors."""

table = CommandTable(Command)


@table.command("MARKREAD", "<target> [timestamp=<time>]", "show or set up to where you have read", "IRCv3 read-marker")
async def markRead(client: IrcConnection, message: Message, reply: Reply) -> None:
    """
    C{MARKREAD}: shows the read marker of a channel or nick, or moves it forward.

    All errors are standard replies ("Errors and Warnings").  The other sessions of the user get the new marker from
    L{IOutlet.markerMoved <twistchat.interfaces.IOutlet.markerMoved>}.
    """
    if not message.params or not message.params[0]:
        reply.fail("NEED_MORE_PARAMS", "Missing parameters: <target> [timestamp=<time>]")
        return
    target, *rest = message.params
    markers, session = client.context.chat.markers, client.openSession
    try:
        if rest:
            read = parseTime(rest[0]).time
            client.marking = markers.name(target)
            try:
                marking = markers.mark(session, target, read)
                if marking is not None:
                    await marking
            finally:
                client.marking = ""
        if session.user is not None:
            time = markers.marker(session, target)
            reply.line("MARKREAD", middle(markers.name(target)), showMarker(time))
    except BadRequest as e:
        reply.fail(e.code, *map(middle, e.context), e.why)
    except BadNick:
        reply.fail("INVALID_PARAMS", middle(target), "The target is neither a channel nor a nick")
    except (NoSuchRoom, NotInRoom, Banned):
        # One answer, which does not say whether the channel exists.
        reply.fail("INTERNAL_ERROR", middle(target), f"{FAILED}: you cannot read this channel")
    except ChatError as e:
        client.context.refusals.noteError(client.address, e)
        reply.fail("INTERNAL_ERROR", middle(target), f"{FAILED}: {describeError(e)}")
