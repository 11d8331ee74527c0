"""
Make a bulk export of Mattermost in its documented format, with the odd parts that real ones have.

See U{https://docs.mattermost.com/onboard/bulk-loading-data-format.html}.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.importing.made import Said, asJson, conversation

ODD = 1_598_956_000_000
"""The time of the first of L{oddLines}, in milliseconds since the epoch."""

Item = dict[str, Any]

HERE = "20200901/teams/noteam/channels/c1/users/u1/f1/plan.png"
"""The path of an attachment that the export contains."""

GONE = "20200901/teams/noteam/channels/c1/users/u1/f2/gone.png"
"""The path of one that it does not."""

PEOPLE = ("alice", "bob.baker", "carol-cook", "dave")

ROOMS = (("acme", "town-square"), ("acme", "leadership"), ("labs", "town-square"), None)
"""The rooms of the made-up conversations.  The last one is a conversation of the first two people."""


def line(kind: str, **fields: Any) -> Item:
    """Make a line."""
    return {"type": kind, kind: fields}


def channel(team: str, name: str, kind: str = "O", **more: Any) -> Item:
    """Make the line of a channel."""
    fields = {"team": team, "name": name, "display_name": name.title(), "type": kind, "header": "", "purpose": ""}
    return {"type": "channel", "channel": fields | more}


def user(name: str, channels: tuple[str, ...] = (), **more: Any) -> Item:
    """Make the line of a person, who is in these channels of C{acme}."""
    roles = "channel_user channel_admin" if name == "alice" else "channel_user"
    fields = {
        "username": name,
        "email": f"{name}@example.com",
        "first_name": name.title(),
        "last_name": "Person",
        "nickname": "",
        "roles": "system_user",
        "teams": [
            {"name": "acme", "roles": "team_user", "channels": [{"name": each, "roles": roles} for each in channels]}
        ],
    }
    return {"type": "user", "user": fields | more}


def post(number: int, message: str, who: str = "alice", **more: Any) -> Item:
    """Make a post in C{odd-things}, so many seconds after L{ODD}."""
    fields = {
        "team": "acme",
        "channel": "odd-things",
        "user": who,
        "message": message,
        "create_at": ODD + 1000 * number,
    }
    return {"type": "post", "post": fields | more}


def direct(number: int, message: str, members: tuple[str, ...], who: str = "alice") -> Item:
    """Make a post in a conversation outside of channels."""
    return line("direct_post", channel_members=list(members), user=who, message=message, create_at=ODD + 1000 * number)


def headLines() -> list[Item]:
    """Return the lines before the posts."""
    version = {"generator": "mattermost-server", "version": "10.5.1", "created": "2024-01-01T00:00:00Z"}
    every = ("town-square", "odd-things")
    return [
        {"type": "version", "version": 1, "info": version},
        line("role", name="system_admin", display_name="", description="", permissions=[]),
        line("emoji", name="party-parrot", image="emoji/e1/image"),
        line("team", name="labs", display_name="Labs", type="I"),
        line("team", name="acme", display_name="Acme", type="O"),
        channel("acme", "town-square", header="Welcome"),
        channel("labs", "town-square"),
        channel("acme", "odd-things", purpose="Oddities"),
        channel("acme", "leadership", "P"),
        channel("acme", "old-project", deleted_at=1_599_000_000_000),
        user("alice", (*every, "leadership")),
        user("bob.baker", every, nickname="Bobby", first_name="", last_name=""),
        user("carol-cook", (*every, "leadership")),
        user("dave", ("town-square",), delete_at=1_599_000_000_000),
        line("bot", username="buildbot", display_name="Build Bot", owner="alice", delete_at=0),
    ]


def oddLines() -> list[Item]:
    """Return posts with the odd parts.  They are not in the order of their times."""
    reply = {"user": "bob.baker", "message": "A reply", "create_at": ODD + 2000, "edit_at": ODD + 9000}
    second = {"user": "alice", "message": "Another", "create_at": ODD + 61_000, "attachments": [{"path": GONE}]}
    thumb = {"user": "bob.baker", "create_at": ODD + 5500, "emoji_name": "thumbsup_medium_skin_tone"}
    parrot = {"user": "ghost", "create_at": ODD + 500, "emoji_name": "party-parrot"}
    attachment = {"fallback": "build 7 failed", "title": "Build 7", "title_link": "https://ci.example.com/7"}
    return [
        post(
            1,
            "A thread, @here: ~town-square, `~town-square`, ~nowhere :tada: 1 < 2",
            replies=[second, reply | {"reactions": [thumb]}],
            reactions=[parrot, parrot],
            flagged_by=["bob.baker"],
            thread_followers=[{"user": "alice"}],
        ),
        post(0, "alice joined the channel.", type="system_join_channel"),
        post(3, "Final words", edit_at=ODD + 9000, is_pinned=True),
        post(4, "*goes for lunch*", type="me", props={"message": "goes for lunch"}),
        post(5, "", attachments=[{"path": HERE}, {"path": GONE}]),
        post(6, "", "buildbot", type="slack_attachment", props={"attachments": [attachment]}),
        post(7, "Who was this?", "ghost"),
        post(8, "twice"),
        post(8, "twice, but another"),
        post(9, "gone", delete_at=ODD + 9000),
        post(10, "In no channel", channel="nowhere"),
        post(11, "a time as text", create_at="soon"),
        post(12, "In the past", channel="old-project"),
        line("direct_channel", members=["alice", "bob.baker"], header=""),
        line("direct_channel", members=["alice", "bob.baker", "carol-cook"], header=""),
        direct(20, "Just us", ("alice", "bob.baker")),
        direct(21, "The three of us", ("alice", "carol-cook", "bob.baker")),
        direct(22, "A note", ("alice", "alice")),
        line("newthing", name="from the future"),
    ]


def makeMattermost(messages: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """
    Make the files of an export.

    @param messages: how many messages there are, besides L{oddLines}.
    """
    random = Random(seed)
    roots: dict[int, Item] = {}
    found: list[tuple[Said, Item]] = []
    for said in conversation(random, messages, len(ROOMS), len(PEOPLE)):
        item = _post(said)
        root = roots.get(said.root) if said.root is not None else None
        if root is None:
            roots[said.micros] = item
            found.append((said, item))
        else:
            root.setdefault("replies", []).append(item)
    lines = [_line(said, item) for said, item in found]
    # Mattermost writes posts in the order of their ids, which are random.
    random.shuffle(lines)
    yield "import.jsonl", b"".join([asJson(item) + b"\n" for item in [*headLines(), *oddLines(), *lines]])
    yield f"data/{HERE}", b"\x89PNG"


def _line(said: Said, item: Item) -> Item:
    """Put a post into its room."""
    room = ROOMS[said.room]
    if room is None:
        return line("direct_post", channel_members=list(PEOPLE[:2]), **item)
    team, name = room
    return {"type": "post", "post": {"team": team, "channel": name} | item}


def _post(said: Said) -> Item:
    """Write a made-up message as Mattermost does."""
    people = PEOPLE if ROOMS[said.room] is not None else PEOPLE[:2]
    time = said.micros // 1000
    item: Item = {"user": people[said.author % len(people)], "message": said.text, "create_at": time}
    if said.reactions:
        item["reactions"] = [
            {"user": people[who % len(people)], "create_at": time + 1000, "emoji_name": name.partition("::")[0]}
            for name, who in [(name, who) for name, several in said.reactions for who in several]
        ]
    return item
