"""Many clients claim one name at the same moment, on all nodes, also while a part of the cluster is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.cluster.client import IrcClient
from bench.cluster.cluster import BROKERS, NODES, Cluster
from bench.cluster.crowd import Crowd
from bench.cluster.faults import apart
from bench.cluster.messages import Message
from bench.cluster.nodes import WRITERS
from bench.cluster.scenario import REST, Scenario
from bench.fire.scenario import Seen
from bench.protocols import Refused

CLAIMANTS = 100
"""How many clients claim each name.  They are exempt from the limits on joins."""

NICK, ROOM, ACCOUNT = "prize", "#prize", "prizeaccount"
"""The names."""

APART = 15.0
"""For how long a node and its broker are cut off, in seconds."""

CLAIMED = 5.0
"""How long after the cut the names are claimed, in seconds: long before the node is given up."""

PATIENCE = 40.0
"""How long a claimant waits for an answer, in seconds: many passwords are hashed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """
    The claim of one client.

    @ivar claimant: its number.
    @ivar node: the node on which it is.
    @ivar answer: the answer; C{None} if its connection ended, or there was none.
    """

    claimant: int
    node: str
    answer: Sequence[Message] | None


def wonNick(claim: Claim) -> bool:
    """Whether a claimant was told that it has the nick."""
    return any(one.command == b"NICK" and one.last == NICK.encode() for one in claim.answer or ())


def wonRoom(claim: Claim) -> bool:
    """Whether a claimant was told that it is the operator of the room when it came: it was the first one."""
    names = [one.last for one in claim.answer or () if one.command == b"353"]
    return bool(names) and names == [b"@" + own for own in _nicks(claim)]


def wonAccount(claim: Claim) -> bool:
    """Whether a claimant was told that it has registered the account."""
    return any(one.command == b"REGISTER" and one.parameters[0] == b"SUCCESS" for one in claim.answer or ())


def _nicks(claim: Claim) -> list[bytes]:
    return [one.source for one in claim.answer or () if one.command == b"JOIN"]


def checkClaims(kind: str, winners: Sequence[int], told: Mapping[str, object]) -> list[str]:
    """
    At most one claimant was told that it has a name, and all nodes tell everybody the same.

    @param kind: what was claimed.
    @param winners: the numbers of those who were told so.
    @param told: what is said of the holder on each node; C{None} for no holder.
    """
    missed = []
    if len(winners) > 1:
        missed.append(f"{len(winners)} clients were told that they have the {kind}: {winners[:5]}")
    if len({repr(each) for each in told.values()}) > 1:
        missed.append(f"the nodes differ about the holder of the {kind}: {told}")
    elif None in told.values():
        missed.append(f"nobody has the {kind}")
    return missed


def claimed(cut: bool) -> Callable[[Cluster, Crowd, float], Awaitable[Seen]]:
    """Return what the scenario does.  The names are claimed while a node is cut off, if C{cut}."""

    async def run(cluster: Cluster, crowd: Crowd, seconds: float) -> Seen:
        claimants = [IrcClient(f"claim{number}") for number in range(CLAIMANTS)]
        names = list(cluster.nodes)
        nodes = [names[number % len(names)] for number in range(CLAIMANTS)]
        try:
            for client, node in zip(claimants, nodes, strict=True):
                await client.enter(cluster.nodes[node].ports["irc"], WRITERS)
            missed: list[str] = []
            words = []
            cutting = None
            if cut:
                cutting = asyncio.create_task(apart(cluster, [NODES[0], BROKERS[0]], [NODES[0]], True, APART))
                await asyncio.sleep(CLAIMED)
            claims = [
                await _claim(claimants, nodes, lambda number: f"NICK {NICK}"),
                await _claim(claimants, nodes, lambda number: f"JOIN {ROOM}"),
                await _claim(claimants, nodes, lambda number: f"REGISTER {ACCOUNT} * {_password(number)}"),
            ]
            if cutting is not None:
                await cutting
            await asyncio.sleep(REST)
            for kind, won, several in zip(
                ("nick", "room", "account"), (wonNick, wonRoom, wonAccount), claims, strict=True
            ):
                winners = [claim.claimant for claim in several if won(claim)]
                told = {node: await _holder(cluster, node, kind, winners) for node in names}
                missed += checkClaims(kind, winners, told)
                silent = sum(claim.answer is None for claim in several)
                words.append(
                    f"{kind}: {len(winners)} winner, {len(several) - len(winners) - silent} told otherwise, "
                    f"{silent} disconnected"
                )
            return Seen("; ".join(words), missed)
        finally:
            for client in claimants:
                client.close()

    return run


async def _claim(
    claimants: Sequence[IrcClient], nodes: Sequence[str], command: Callable[[int], str]
) -> Sequence[Claim]:
    """Let all claimants send a command at the same moment, and wait for the answers."""

    async def one(number: int, client: IrcClient) -> Claim:
        try:
            return Claim(number, nodes[number], await client.ask(command(number).encode(), PATIENCE))
        except OSError:
            return Claim(number, nodes[number], None)

    return await asyncio.gather(*(one(number, client) for number, client in enumerate(claimants)))


def _password(number: int) -> str:
    return f"correct-horse-{number}"


async def _holder(cluster: Cluster, node: str, kind: str, winners: Sequence[int]) -> str | None:
    """
    Ask on a node who has a name.

    @return: the user name behind the nick, the operators of the room, or the winner if its password is that of the
        account; C{None} if nobody has it.
    @raise OSError: the server does not answer.
    """
    client = IrcClient(f"judge{node}{kind}")
    try:
        await client.enter(cluster.nodes[node].ports["irc"], WRITERS)
        if kind == "nick":
            return next(
                (
                    one.parameters[2].decode()
                    for one in await client.ask(b"WHOIS " + NICK.encode())
                    if one.command == b"311"
                ),
                None,
            )
        if kind == "room":
            answer = await client.ask(b"NAMES " + ROOM.encode())
            names = [name for one in answer if one.command == b"353" for name in one.last.split()]
            operators = [name.decode() for name in names if name.startswith((b"@", b"~"))]
            return ", ".join(operators) or None
        found = None
        for winner in winners:
            answer = await client.ask(f"PRIVMSG NickServ :IDENTIFY {ACCOUNT} {_password(winner)}".encode())
            if any(one.command == b"900" for one in answer):
                found = str(winner)
        return found
    except Refused as e:
        raise OSError(str(e)) from e
    finally:
        client.close()


SCENARIOS = (
    Scenario(
        "claims",
        f"{CLAIMANTS} clients on all nodes claim one nick, create one room and register one account at the same moment",
        "exactly one has it, and all nodes tell everybody the same",
        claimed(False),
    ),
    Scenario(
        "claims-cut",
        f"the same, {CLAIMED:g} s after a node and its broker were cut off for {APART:g} s",
        "at most one has it, and all nodes tell everybody the same",
        claimed(True),
        quick=False,
    ),
)
