"""
Make an export of Slack in its documented format, with the odd parts that real ones have.

See U{https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports}.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from random import Random
from typing import Any

from tests.importing.made import Said, asJson, conversation

TEAM = "T0TEAM001"

ODD_DAY = "2020-09-01"
"""The day of L{oddMessages}, before the other messages."""

ODD = 1_598_956_000
"""The time of the first of L{oddMessages}, in seconds since the epoch."""

TOKEN = "xoxe-111-222-secret"
"""The token that Slack puts into the addresses of files."""

Item = dict[str, Any]


def user(id: str, name: str, real: str, **more: Any) -> Item:
    """Make an item of C{users.json}."""
    profile = {"real_name": real, "display_name": "", "email": f"{name}@example.com"} | more.pop("profile", {})
    return {
        "id": id,
        "team_id": TEAM,
        "name": name,
        "deleted": False,
        "real_name": real,
        "is_bot": False,
        "profile": profile,
    } | more


USERS = (
    user("U001", "alice", "Alice Archer"),
    user("U002", "bob", "Bob Baker"),
    user("U003", "carol", "Carol Cook"),
    user("U004", "dave.left", "Dave Driver", deleted=True),
    user("U005", "buildbot", "Build Bot", is_bot=True, profile={"bot_id": "B005", "email": None}),
)

FOREIGNER = "U0FOREIGN"
"""Somebody of another workspace, who is only in messages."""


def channel(id: str, name: str, members: list[str], **more: Any) -> Item:
    """Make an item of C{channels.json}."""
    return {
        "id": id,
        "name": name,
        "created": 1_590_000_000,
        "creator": "U001",
        "is_archived": False,
        "is_general": name == "general",
        "members": members,
        "topic": {"value": f"All about {name}", "creator": "U001", "last_set": 1_590_000_001},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    } | more


CHANNELS = (
    channel("C001", "general", ["U001", "U002", "U003", "U004", "U005", "U0NEVERSEEN"]),
    channel("C002", "odd-things", ["U001", "U002"]),
    channel("C003", "old-project", ["U001"], is_archived=True, creator="U0NEVERSEEN"),
    channel("C004", "empty", []),
)

GROUPS = (channel("G001", "leadership", ["U001", "U003"]),)

DMS = (
    {"id": "D001", "created": 1_590_000_000, "members": ["U001", "U002"]},
    {"id": "D002", "created": 1_590_000_000, "members": ["U001", "USLACKBOT"]},
    {"id": "D003", "created": 1_590_000_000, "members": ["U001", "U001"]},
)

MPIMS = (
    {
        "id": "G900",
        "name": "mpdm-alice--bob--carol-1",
        "created": 1_590_000_000,
        "creator": "U001",
        "members": ["U001", "U002", "U003"],
    },
)

FOLDERS = ("general", "old-project", "leadership", "D001", "mpdm-alice--bob--carol-1")
"""The folders of the made-up conversations."""


def message(number: int, text: str, who: str | None = "U001", **more: Any) -> Item:
    """Make a message, so many seconds after L{ODD}."""
    return {"type": "message", "ts": f"{ODD + number}.{number:06}", "user": who, "text": text} | more


def oddMessages() -> list[Item]:
    """Return the messages of C{#odd-things}."""
    root = f"{ODD + 1}.000001"
    rich = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "Hello "},
                    {"type": "user", "user_id": "U002"},
                    {"type": "emoji", "name": "wave", "unicode": "1f44b"},
                    {"type": "link", "url": "https://example.com/", "text": "a page"},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "bullet",
                "indent": 0,
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]},
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "two"}]},
                ],
            },
        ],
    }
    file = {
        "id": "F1",
        "name": "plan.png",
        "url_private": f"https://files.slack.com/files-pri/T0-F1/plan.png?t={TOKEN}",
    }
    return [
        message(0, "<@U002> has joined the channel", "U002", subtype="channel_join"),
        message(
            1,
            "A thread, <@U002|bob> &amp; <@U0GONE>: 1 &lt; 2, *bold*, <!here>, <#C001|general>, <https://example.com/a|this>",
            thread_ts=root,
            reply_count=2,
            replies=[{"user": "U002", "ts": f"{ODD + 2}.000002"}],
            reactions=[
                {"name": "thumbsup::skin-tone-3", "users": ["U002", "U003"], "count": 2},
                {"name": "party-parrot", "users": ["U001"], "count": 5},
            ],
        ),
        message(2, "A reply", "U002", thread_ts=root, parent_user_id="U001"),
        message(3, "A reply for all", "U003", thread_ts=root, subtype="thread_broadcast"),
        message(4, "Final words", edited={"user": "U001", "ts": f"{ODD + 9}.000000"}, pinned_to=["C002"]),
        message(5, "goes for lunch", subtype="me_message"),
        message(6, "Deployed :rocket:", None, subtype="bot_message", bot_id="B005", username="Deploys"),
        message(7, "I am a hook", None, subtype="bot_message", bot_id="B777", username="Weather"),
        message(
            8, "", "U001", files=[file, {"id": "F2", "mode": "tombstone"}, {"id": "F3", "mode": "hidden_by_limit"}]
        ),
        message(9, "This message was deleted.", "USLACKBOT", subtype="tombstone", hidden=True),
        message(
            10, "Greetings", FOREIGNER, user_profile={"name": "frank", "real_name": "Frank Foreign"}, team="T0OTHER"
        ),
        message(11, "", blocks=[rich]),
        message(12, "", None, bot_id="B005", attachments=[{"fallback": "[repo] 2 commits", "color": "36a64f"}]),
        message(13, "From <!date^1598956000^{date}|Sep 1>, <mailto:a@example.com|a@example.com> <!subteam^S1|@devs>"),
        message(14, "Who was this?", "U0GONE"),
        message(15, "Late reply", "U002", thread_ts=f"{ODD - 86400}.000000"),
        message(16, "A huddle happened", "USLACKBOT", subtype="huddle_thread"),
        message(17, "`:rocket:` at 10:30:45 :rocket:\r\nsecond line\x07"),
        message(19, f"<@U001> uploaded <https://files.slack.com/files-pri/T0-F4/x.png?t={TOKEN}|x.png>"),
        {"type": "message", "text": "no time", "user": "U001"},
        {"type": "message", "ts": f"{ODD + 18}.000018", "user": 17, "text": "a number as user"},
    ]


def makeSlack(messages: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """
    Make the files of an export.

    @param messages: how many messages there are, besides L{oddMessages}.
    """
    lists = {"users": USERS, "channels": CHANNELS, "groups": GROUPS, "dms": DMS, "mpims": MPIMS}
    yield from [(f"{name}.json", asJson(items)) for name, items in lists.items()]
    yield "integration_logs.json", asJson([])
    yield "canvases.json", asJson([{"id": "F9", "title": "Notes"}])
    yield f"odd-things/{ODD_DAY}.json", asJson(oddMessages())
    ids = [item["id"] for item in USERS]
    said = conversation(Random(seed), messages, len(FOLDERS), len(ids))
    for day, items in groupby(said, key=lambda item: item.micros // (86_400 * 10**6)):
        name = datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()
        days: dict[int, list[Item]] = {}
        for item in items:
            days.setdefault(item.room, []).append(_message(item, ids[:2] if FOLDERS[item.room] == "D001" else ids))
        # A conversation without messages on a day has no file for it.
        yield from [(f"{FOLDERS[room]}/{name}.json", asJson(found)) for room, found in days.items()]


def _ts(micros: int) -> str:
    return f"{micros // 10**6}.{micros % 10**6:06}"


def _message(said: Said, ids: list[str]) -> Item:
    """Write a made-up message as Slack does."""
    item: Item = {"type": "message", "ts": _ts(said.micros), "user": ids[said.author % len(ids)], "text": said.text}
    if said.root is not None:
        item["thread_ts"] = _ts(said.root)
    if said.reactions:
        item["reactions"] = [
            {"name": name, "users": [ids[who % len(ids)] for who in people], "count": len(people)}
            for name, people in said.reactions
        ]
    return item
