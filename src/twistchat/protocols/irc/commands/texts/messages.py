"""Commands that send texts and tags to channels and users, and that delete texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from twistchat.chat.errors import ChatError, NoSuchNick, NoSuchRoom, NotInRoom
from twistchat.chat.model.events import Cuts, Kind, Tags
from twistchat.chat.model.modes.room import RANK_BY_PREFIX
from twistchat.chat.model.names import fold
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.table import MODERN, Command, Outcome
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.wire.irc import numerics as n
from twistchat.wire.irc.texts import capacity, statusTarget

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from twistchat.interfaces import Receipt
    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

    Send: TypeAlias = "Callable[[str], Receipt]"
    """Sends the text or tags to one target.  It raises C{ChatError} if that is refused."""

ACTION = "\x01ACTION "
"""The beginning of an action (modern.ircdocs.horse, "CTCP")."""

table = CommandTable(Command)


@table.command("PRIVMSG", "<target>{,<target>} <text>", "say something", MODERN, concurrent=True)
def privmsg(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{PRIVMSG}: sends a text to channels, to the holders of a rank, and to users, who may be away."""
    return _sendLine(client, message, reply) if _isComplete(client, message, reply) else None


@table.command("NOTICE", "<target>{,<target>} <text>", "say something that nothing answers", MODERN, concurrent=True)
def notice(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{NOTICE}: sends a text, with no reply and no error, except that the text is too long."""
    return _sendLine(client, message, reply) if len(message.params) > 1 else None


@table.command("TAGMSG", "<target>{,<target>}", "send tags without a text", "IRCv3 message-tags", concurrent=True)
def tagmsg(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """C{TAGMSG}: sends tags without a text."""
    if "message-tags" not in client.capabilities:
        reply.numeric(n.ERR_UNKNOWNCOMMAND, "TAGMSG", "Unknown command")
        return None
    if not message.params or not message.params[0]:
        reply.numeric(n.ERR_NORECIPIENT, "No recipient given (TAGMSG)")
        return None
    chat, tags = client.context.chat, clientTags(client, message)

    def send(target: str) -> Receipt:
        rank, name = parseTarget(target)
        if name[:1] == "#":
            return chat.speaking.sendTags(reply.asker, name, tags, rank)
        return chat.speaking.sendTagsPrivate(reply.asker, name, tags)

    return _sendToAll(client, reply, message.params[0], send, "TAGMSG")


@table.command("REDACT", "<target> <msgid> [<reason>]", "take a text back", "IRCv3 message-redaction", minParams=2)
async def redact(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{REDACT}: deletes a text of the client, or any text in a channel of which the client is an operator."""
    if "draft/message-redaction" not in client.capabilities:
        reply.numeric(n.ERR_UNKNOWNCOMMAND, "REDACT", "Unknown command")
        return
    target, msgid, *rest = message.params
    reason = rest[0][: client.settings.limits.reason] if rest else ""
    speaking, (rank, name) = client.context.chat.speaking, parseTarget(target)
    reply.onlyEvent = True
    try:
        if name[:1] == "#":
            await speaking.redact(reply.asker, name, msgid, reason, rank)
        else:
            await speaking.redactPrivate(reply.asker, name, msgid, reason)
    except (NoSuchNick, NoSuchRoom, NotInRoom):
        reply.fail("INVALID_TARGET", middle(target), f"You cannot delete messages from {target}")


def _sendLine(client: IrcConnection, message: Message, reply: Reply) -> Outcome:
    """
    Send a text of one line.  Refuse it if it does not fit into one line to its recipients, so that it is never changed.
    """
    command, (targets, given, *_) = message.command, message.params
    kind, text = _read(command, given)
    source, size = client.user.source, len(text.encode())
    room = min([capacity(source, statusTarget(*parseTarget(target)), kind) for target in targets.split(",")])
    if size > room:
        reply.numeric(n.ERR_INPUTTOOLONG, f"Input line was too long: the text has {size} bytes, and {room} fit")
        return None
    return sendText(client, reply, targets, given, command, clientTags(client, message))


def _read(command: str, text: str) -> tuple[Kind, str]:
    """
    Parse the kind of a text.

    @return: the kind, and the text without the delimiters of an action.
    """
    if command == "NOTICE":
        return "notice", text
    if text.startswith(ACTION):
        return "action", text[len(ACTION) :].removesuffix("\x01")
    return "message", text


def sendText(
    client: IrcConnection, reply: Reply, targets: str, text: str, command: str, tags: Tags, cuts: Cuts = ()
) -> Outcome:
    """
    Send a text to targets, as PRIVMSG or NOTICE.

    @param targets: separated by commas.
    @param text: may have several lines.
    @param cuts: the offsets at which the sender split long lines.
    """
    chat, asker = client.context.chat, reply.asker
    kind, text = _read(command, text)
    if kind == "action":
        cuts = tuple([offset - len(ACTION) for offset in cuts])

    if kind != "notice" and targets[:1] == "#" and "," not in targets:
        reply.onlyEvent = True
        return chat.speaking.say(asker, targets, text, kind, tags, "", cuts)

    def send(target: str) -> Receipt:
        rank, name = parseTarget(target)
        if name[:1] == "#":
            return chat.speaking.say(asker, name, text, kind, tags, rank, cuts)
        return chat.speaking.sayPrivate(asker, name, text, kind, tags, cuts)

    return _sendToAll(client, reply, targets, send, command)


def clientTags(client: IrcConnection, message: Message) -> Tags:
    """Get the client-only tags of a message, which are sent to its recipients (IRCv3 message-tags)."""
    if not message.tags or "message-tags" not in client.capabilities:
        return ()
    return tuple([(key[1:], value) for key, value in message.tags.items() if key[0] == "+" and len(key) > 1])


def parseTarget(target: str) -> tuple[str, str]:
    """
    Parse a target: a nick, or a channel with optional prefixes of ranks.

    @return: the letter of the lowest rank, or C{""}; and the name.  Higher ranks receive the text too
        (modern.ircdocs.horse, "PRIVMSG message").
    """
    if target[:1] == "#":
        return "", target
    name = target.lstrip(PREFIXES)
    if name[:1] != "#":
        return "", target
    ranks = [RANK_BY_PREFIX[prefix] for prefix in target[: len(target) - len(name)]]
    return min(ranks, key=lambda rank: rank.level).letter, name


PREFIXES = "".join(RANK_BY_PREFIX)
"""The prefixes of ranks before the name of a channel."""


def _isComplete(client: IrcConnection, message: Message, reply: Reply) -> bool:
    """Check that a message has a recipient and a text; if not, reply with an error."""
    params = message.params
    if not params or not params[0]:
        reply.numeric(n.ERR_NORECIPIENT, f"No recipient given ({message.command})")
    elif len(params) < 2 or not params[1]:
        reply.numeric(n.ERR_NOTEXTTOSEND, "No text to send")
    else:
        return True
    return False


def _sendToAll(client: IrcConnection, reply: Reply, text: str, send: Send, command: str) -> Outcome:
    """Send something to each target once.  Reply to a PRIVMSG with the users who are away; a NOTICE has no reply."""
    if "," not in text:
        absent = command == "PRIVMSG" and text[:1] != "#" and _away(client, text) is not None
        if absent:
            return _sendToSeveral(client, reply, [text], send, command)
        reply.onlyEvent = True
        if command != "NOTICE":
            return send(text)
        try:
            return send(text).addErrback(_ignoreChatError)
        except ChatError:
            return None
    targets = list({fold(target): target for target in text.split(",") if target}.values())
    limit = client.settings.limits.targets
    if 0 < len(targets) <= limit:
        return _sendToSeveral(client, reply, targets, send, command)
    if command != "NOTICE" and targets:
        reply.numeric(n.ERR_TOOMANYTARGETS, middle(targets[limit]), f"Too many recipients, {limit} may be named")
    elif command != "NOTICE":
        reply.numeric(n.ERR_NORECIPIENT, f"No recipient given ({command})")
    return None


async def _sendToSeveral(client: IrcConnection, reply: Reply, targets: list[str], send: Send, command: str) -> None:
    """Send something to targets.  All of them are in flight at once."""
    sent: list[tuple[str, Receipt]] = []
    for target in targets:
        try:
            sent.append((target, send(target)))
        except ChatError as e:
            if command != "NOTICE":
                reply.error(e, target)
    for target, receipt in sent:
        try:
            await receipt
        except ChatError as e:
            if command != "NOTICE":
                reply.error(e, target)
            continue
        away = _away(client, target) if command == "PRIVMSG" else None
        if away is not None:
            reply.numeric(n.RPL_AWAY, *away)


def _away(client: IrcConnection, target: str) -> tuple[str, str] | None:
    """Get the nick and away message of a user who is away, or of an account; C{None} for other targets."""
    chat, account = client.context.chat, client.openSession.currentAccount
    user = chat.state.users.named(target)
    if user is None and account is not None and chat.inbox.absent(target) is not None:
        return middle(target), "This user is not here now, and gets messages at the next login"
    return None if user is None or user.away is None else (user.nick, user.away)


def _ignoreChatError(failure: Failure) -> Any:
    failure.trap(ChatError)
