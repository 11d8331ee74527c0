"""C{METADATA}: changes and shows metadata of users and channels, and subscribes to it (IRCv3 metadata)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from twistchat.chat.errors import (
    BadMetadataKey,
    BadMetadataValue,
    Banned,
    ChatError,
    MetadataForbidden,
    NoSuchNick,
    NoSuchRoom,
    NotInRoom,
    TooFast,
    TooManyOf,
)
from twistchat.chat.model.metadata import checkKey
from twistchat.chat.model.names import fold
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.commands.table import Command
from twistchat.protocols.irc.replies.formatting import middle
from twistchat.protocols.irc.replies.metadata import (
    BATCH,
    EVERYTHING,
    UNKNOWN,
    few,
    isAware,
    postpone,
    refuse,
    refuseLimit,
    refuseRate,
    showKeyValue,
    synchronize,
    warnOfKey,
)
from twistchat.wire.irc import numerics as n

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from twistchat.protocols.irc.protocol import IrcConnection
    from twistchat.protocols.irc.replies.reply import Reply
    from twistchat.wire.irc.message import Message

Run: TypeAlias = "Callable[[IrcConnection, Reply, str, Sequence[str]], Coroutine[Deferred[Any], Any, None]]"
"""Executes a subcommand.  It gets the client, the reply, the target, and the parameters after the subcommand."""

INVALID_TARGETS: Final = (NoSuchNick, NoSuchRoom, NotInRoom, Banned)
"""The errors for targets that do not exist, or whose metadata the client may not see."""

KEYS_A_LINE: Final = 8
"""The most keys in one line, so that the longest fit."""

table = CommandTable(Command)


@table.command(
    "METADATA",
    "<target> (GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC) [<key> ...] [<value>]",
    "show and change metadata",
    "IRCv3 metadata",
)
async def metadata(client: IrcConnection, message: Message, reply: Reply) -> None:
    """C{METADATA}: the target is a nick, a channel, or C{*} for the client itself."""
    if not isAware(client):
        reply.numeric(n.ERR_UNKNOWNCOMMAND, "METADATA", "Unknown command")
        return
    if len(message.params) < 2:
        reply.fail("INVALID_PARAMS", "*", "Not enough parameters: METADATA <target> <subcommand>")
        return
    target, word, *params = message.params
    name = word.upper()
    if name not in _SUBCOMMANDS:
        context = word if middle(word) == word else "*"
        refuse(client, reply, UNKNOWN, context, f"Unknown subcommand: it is one of {', '.join(_SUBCOMMANDS)}")
        return
    run, least, most = _SUBCOMMANDS[name]
    if len(params) < least or (most is not None and len(params) > most):
        what = "Not enough" if len(params) < least else "Too many"
        reply.fail("INVALID_PARAMS", name, f"{what} parameters for METADATA {name}")
        return
    if name in _OWN and target != "*" and fold(target) != fold(client.nick):
        reply.fail("INVALID_TARGET", middle(target), f"METADATA {name} is for yourself only: the target is *")
        return
    try:
        await run(client, reply, target, params)
    except INVALID_TARGETS:
        reply.fail("INVALID_TARGET", middle(target), f"There is no {target}, or you may not see its metadata")
    except MetadataForbidden as e:
        reply.fail(e.code, e.target, middle(e.key), e.text)
    except (BadMetadataKey, BadMetadataValue) as e:
        refuse(client, reply, e.code, middle(e.key), e.text)
    except TooFast as e:
        refuseRate(client, reply, e.wait, middle(target), name, params)
    except TooManyOf as e:
        refuseLimit(client, reply, name, middle(target), e.limit, f"The most keys are {e.limit}; remove one first")


async def _get(client: IrcConnection, reply: Reply, target: str, keys: Sequence[str]) -> None:
    described = client.context.chat.metadata.of(reply.asker, target)
    with reply.batch(BATCH, described.name):
        for key in keys:
            if _isValid(client, reply, key):
                showKeyValue(reply, described.name, key, described.values.get(key))


async def _list(client: IrcConnection, reply: Reply, target: str, params: Sequence[str]) -> None:
    described = client.context.chat.metadata.of(reply.asker, target)
    with reply.batch(BATCH, described.name):
        for key, value in sorted(described.values.items()):
            showKeyValue(reply, described.name, key, value)


async def _set(client: IrcConnection, reply: Reply, target: str, params: Sequence[str]) -> None:
    key, value = params[0], params[1] if len(params) > 1 else ""
    chat = client.context.chat
    receipt = chat.metadata.change(reply.asker, target, key, value)
    name = chat.metadata.of(reply.asker, target).name
    if receipt is not None:
        await receipt
    showKeyValue(reply, name, key, value or None)


async def _clear(client: IrcConnection, reply: Reply, target: str, params: Sequence[str]) -> None:
    chat = client.context.chat
    name, removed = chat.metadata.of(reply.asker, target).name, chat.metadata.clear(reply.asker, target)
    failure: ChatError | None = None
    with reply.batch(BATCH, name):
        for key, receipt in removed:
            try:
                await receipt
            except ChatError as e:
                failure = e
            else:
                showKeyValue(reply, name, key, None)
    if failure is not None:
        raise failure


async def _subscribe(client: IrcConnection, reply: Reply, target: str, keys: Sequence[str]) -> None:
    chat, session = client.context.chat, client.openSession
    known: list[str] = []
    added: list[str] = []
    for key in keys:
        if not _isValid(client, reply, key):
            continue
        try:
            if chat.metadata.subscribe(session, key):
                added.append(key)
        except TooManyOf as e:
            text = f"You subscribe to {e.limit} keys, the most; unsubscribe from one first"
            refuseLimit(client, reply, "SUB", key, e.limit, text)
            break
        known.append(key)
    _showKeys(reply, n.RPL_METADATASUBOK, list(dict.fromkeys(known)))
    if added:
        found = few(chat.metadata.visible(session))
        if found is None:
            postpone(reply, EVERYTHING)
        else:
            await synchronize(client, reply, EVERYTHING, found, added)


async def _unsubscribe(client: IrcConnection, reply: Reply, target: str, keys: Sequence[str]) -> None:
    valid = dict.fromkeys([key for key in keys if _isValid(client, reply, key)])
    for key in valid:
        client.context.chat.metadata.unsubscribe(client.openSession, key)
    _showKeys(reply, n.RPL_METADATAUNSUBOK, list(valid))


async def _subscriptions(client: IrcConnection, reply: Reply, target: str, params: Sequence[str]) -> None:
    with reply.batch("metadata-subs"):
        _showKeys(reply, n.RPL_METADATASUBS, client.openSession.subscribed)


async def _synchronize(client: IrcConnection, reply: Reply, target: str, params: Sequence[str]) -> None:
    chat, session = client.context.chat, client.openSession
    if target == EVERYTHING:
        await synchronize(client, reply, target, chat.metadata.visible(session), session.subscribed)
        return
    described = chat.metadata.of(reply.asker, target)
    room = client.user.rooms.get(fold(target))
    found = iter([described]) if room is None else chat.metadata.within(session, room)
    await synchronize(client, reply, described.name, found, session.subscribed)


def _showKeys(reply: Reply, code: str, keys: Sequence[str]) -> None:
    """Reply with keys, each as a parameter of its own, in as many lines as they need."""
    for start in range(0, len(keys), KEYS_A_LINE):
        reply.numeric(code, *keys[start : start + KEYS_A_LINE])


def _isValid(client: IrcConnection, reply: Reply, key: str) -> bool:
    """Check a key, and reply with a warning if it is not valid."""
    try:
        checkKey(key, client.settings.limits.metadataKey)
    except BadMetadataKey as e:
        warnOfKey(client, reply, middle(key), e)
        return False
    return True


_OWN: Final = frozenset({"SUB", "UNSUB", "SUBS"})
"""The subcommands whose target must be the client itself."""

_SUBCOMMANDS: Final[dict[str, tuple[Run, int, int | None]]] = {
    "GET": (_get, 1, None),
    "LIST": (_list, 0, 0),
    "SET": (_set, 1, 2),
    "CLEAR": (_clear, 0, 0),
    "SUB": (_subscribe, 1, None),
    "UNSUB": (_unsubscribe, 1, None),
    "SUBS": (_subscriptions, 0, 0),
    "SYNC": (_synchronize, 0, 0),
}
"""The subcommands, each with the least and the most parameters; C{None} for any number."""
