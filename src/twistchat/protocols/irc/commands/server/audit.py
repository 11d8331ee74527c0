"""The command AUDIT, which shows the audit trail to operators of the server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from twistchat.chat.errors import SearchTooBroad
from twistchat.chat.model.events import AdministrativeAct
from twistchat.chat.model.names import withAccount
from twistchat.chat.model.spans import Acts, Damaged
from twistchat.chat.phrasing import counted
from twistchat.config.toml import printable
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.table import Command

if TYPE_CHECKING:
    from twistchat.chat.model.spans import Kept
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

DEFAULT_COUNT: Final = 20
"""The number of acts if the client names none."""

LONGEST_COUNT: Final = 4
"""The most digits of a number of acts."""

table = CommandTable(Command)


@table.command(
    "AUDIT",
    "[<count>] [<nick, account, act or target>]",
    "read what administrators did, newest last",
    "twistchat",
    privilege="audit",
)
async def audit(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{AUDIT}: shows the newest acts; with a word, only those by somebody, of a kind, or about something."""
    words, count = list(message.params), DEFAULT_COUNT
    if words and words[0].isascii() and words[0].isdigit():
        count = max(1, int(words.pop(0)[:LONGEST_COUNT]))
    word = words[0] if words else None
    try:
        acts = await client.context.chat.audit.read(client.openSession, Acts(count, matching=word))
    except SearchTooBroad:
        reply.fail("SEARCH_TOO_BROAD", "That takes too long; ask for acts without a word")
        return
    for kept in reversed(acts):
        await reply.step()
        reply.line("NOTICE", client.nick, f"*** {_describe(kept)}")
    reply.line("NOTICE", client.nick, f"*** End of AUDIT: {counted(len(acts), 'act')}")


def _describe(kept: Kept) -> str:
    """Describe an act in one line."""
    if isinstance(kept, Damaged):
        return f"Entry {kept.sequence} changed on disk, and is not shown"
    act = kept.event
    assert isinstance(act, AdministrativeAct)
    time = datetime.fromtimestamp(kept.time / 1000, UTC)
    place = f" from {act.address}" if act.address else ""
    what = " ".join(word for word in (withAccount(act.who, act.source.account), act.act, act.target) if word)
    detail = f": {act.detail}" if act.detail else ""
    return printable(f"{time:%Y-%m-%dT%H:%M:%SZ} ({act.door or 'server'}{place}) {what}{detail}")
