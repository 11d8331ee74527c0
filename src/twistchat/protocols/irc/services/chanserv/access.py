"""ChanServ's commands for the ranks of accounts and members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.chat.model.modes.room import RANK_BY_LETTER, RANK_WORDS, parseRanks
from twistchat.chat.phrasing import counted
from twistchat.net.client.table import CommandTable
from twistchat.protocols.irc.services.table import Run, ServiceCommand, Usage

if TYPE_CHECKING:
    from twistchat.protocols.irc.services.request import Request

table = CommandTable(ServiceCommand)


@table.command(
    "ACCESS",
    "<channel> (LIST | SET <account> <rank> | DEL <account>)",
    "show or change the ranks (admin, operator, half-operator, voice) of accounts in a channel",
    "#tea SET bob operator",
    least=2,
    account=True,
    privilege="rooms",
)
async def access(request: Request) -> None:
    """C{ACCESS}: lists or changes the access list.  C{ADD} is the same as C{SET}."""
    name, action, ownership = request.words[0], request.word(1), request.chat.ownership
    if action == "LIST":
        request.only(2)
        found = ownership.access(request.asker, name)
        request.say(f"The access list of {name} has {counted(len(found), 'account')}{':' if found else ''}")
        await request.sayAll([f"{one.account}: {nameRanks(one.ranks)}" for one in found])
    elif action in {"SET", "ADD"}:
        request.only(4)
        account, ranks = request.words[2:]
        changing = ownership.setAccess(request.asker, name, account, ranks)
        if changing is not None:
            await changing
        request.say(f"{account} has this rank in {name} now: {nameRanks(parseRanks(ranks))}")
    elif action in {"DEL", "REMOVE"}:
        request.only(3)
        account = request.words[2]
        changing = ownership.setAccess(request.asker, name, account, "")
        if changing is not None:
            await changing
        request.say(f"{account} is no longer in the access list of {name}")
    else:
        raise Usage


@table.command(
    "UP",
    "<channel>",
    "get the ranks that you have in the access list",
    "#tea",
    least=1,
    most=1,
    account=True,
)
async def up(request: Request) -> None:
    """C{UP}: gives the client, who is in the channel, its ranks."""
    name = request.words[0]
    changing = request.chat.ownership.grantOwn(request.asker, name)
    if changing is not None:
        await changing
    request.say(f"You have your ranks in {name}")


def _rankCommand(letter: str, adding: bool) -> Run:
    """Make a command that gives a member a rank for the current visit, or takes it."""

    async def setRank(request: Request) -> None:
        name = request.words[0]
        nick = request.words[1] if len(request.words) > 1 else request.client.nick
        changing = request.chat.ownership.setRank(request.asker, name, nick, letter, adding)
        if changing is not None:
            await changing
        rank = RANK_BY_LETTER[letter].name
        request.say(f"{nick} is {rank} in {name} now" if adding else f"{nick} is not {rank} in {name} now")

    return setRank


def _summary(letter: str, adding: bool) -> str:
    what = "give a member" if adding else "take from a member"
    return f"{what} the rank of {RANK_BY_LETTER[letter].name}, for this visit"


for _letter, _word in (("o", "OP"), ("h", "HALFOP"), ("v", "VOICE")):
    for _adding in (True, False):
        table.command(
            _word if _adding else f"DE{_word}",
            "<channel> [<nick>]",
            _summary(_letter, _adding),
            "#tea bob",
            least=1,
            most=2,
            account=True,
            privilege="rooms",
        )(_rankCommand(_letter, _adding))


def nameRanks(letters: str) -> str:
    """Name ranks, highest first: C{"operator, voice"}."""
    return ", ".join(RANK_WORDS[letter] for letter in letters) or "none"
