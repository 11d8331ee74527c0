"""
Teams, channels and people of a Mattermost export.

See "Data format" of the bulk import, U{https://docs.mattermost.com/onboard/bulk-loading-data-format.html}, which is the
format of the export too.  It has no ids: a channel is named by its team and its name, and a person by a username.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from twistchat.importing.reading.fields import Fields, Malformed, cleaned, shown
from twistchat.importing.records import LeftOut, Person, Room

_USERNAME = re.compile(r"[^\s#/,]{1,100}")

_SLUG = re.compile(r"[^\s/~]{1,100}")


def username(text: str, field: str = "username") -> str:
    """
    Check a username.

    @param text: what the export has.
    @param field: the field that it comes from.
    @return: the name in lower case, which is how Mattermost compares them.
    @raise Malformed: it cannot be one.
    """
    if _USERNAME.fullmatch(text) is None:
        raise Malformed(field)
    return text.lower()


def _slug(item: Fields, field: str) -> str:
    """
    Read the name of a team or channel, as in an address.

    @raise Malformed: it cannot be one.
    """
    name = item.text(field)
    if _SLUG.fullmatch(name) is None:
        raise Malformed(field)
    return name


class Directory:
    """What an export says before its posts."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}
        self._unlisted: set[str] = set()
        self._channels: dict[str, Fields] = {}
        self._names: Counter[str] = Counter()
        self._members: dict[str, dict[str, None]] = {}
        self._admins: dict[str, str] = {}

    def addChannel(self, channel: Fields) -> None:
        """
        Add a channel.

        @raise Malformed: it is not what Mattermost documents, or there is another of this name in the team.
        """
        id, name = roomId(channel, "name"), _slug(channel, "name")
        for field in ("display_name", "type", "header", "purpose"):
            channel.text(field)
        channel.number("deleted_at")
        if id in self._channels:
            raise Malformed("name, which is there twice")
        self._channels[id] = channel
        self._names[name] += 1

    def addUser(self, user: Fields) -> None:
        """
        Add a person, and the channels that the person is in.

        @raise Malformed: it is not what Mattermost documents.
        """
        name = username(user.text("username"))
        full = " ".join(filter(None, [user.text("first_name").strip(), user.text("last_name").strip()]))
        channels = [
            (f"{_slug(team, 'name')}/{_slug(channel, 'name')}", "channel_admin" in channel.text("roles").split())
            for team in user.children("teams")
            for channel in team.children("channels")
        ]
        self._people[name] = Person(
            name,
            name,
            full or user.text("nickname"),
            user.text("email") or None,
            deleted=user.number("delete_at") > 0,
        )
        for id, admin in channels:
            self._members.setdefault(id, {})[name] = None
            if admin:
                self._admins.setdefault(id, name)

    def addBot(self, bot: Fields) -> None:
        """
        Add a bot.

        @raise Malformed: it is not what Mattermost documents.
        """
        name = username(bot.text("username"))
        deleted = bot.number("delete_at") > 0
        self._people[name] = Person(name, name, bot.text("display_name"), bot=True, deleted=deleted)

    def addName(self, name: str, field: str = "user") -> str:
        """
        Add somebody of whom only the username is known, if need be.

        @return: the id of the person.
        @raise Malformed: it cannot be a username.
        """
        name = username(cleaned(name), field)
        if name not in self._people:
            self._people[name] = Person(name, name)
            self._unlisted.add(name)
        return name

    def hasRoom(self, id: str) -> bool:
        """Whether there is a channel."""
        return id in self._channels

    def roomName(self, id: str) -> str:
        """Return the name of a channel: with its team, if another team has a channel of this name."""
        team, _, name = id.partition("/")
        return f"{name}-{team}" if self._names[name] > 1 else name

    def people(self) -> Iterator[Person | LeftOut]:
        """Return everyone, and report those whom no line describes."""
        yield from self._people.values()
        for name in sorted(self._unlisted):
            yield LeftOut("description of a person whom the export does not list", shown(name))

    def rooms(self) -> Iterator[Room]:
        """Return all channels."""
        for id, channel in self._channels.items():
            yield Room(
                id,
                self.roomName(id),
                channel.text("header") or channel.text("purpose") or _title(channel),
                channel.text("type") != "O",
                tuple(self._members.get(id, ())),
                channel.number("deleted_at") > 0,
                self._admins.get(id),
            )


def _title(channel: Fields) -> str:
    """Return the name of a channel for display, if it says more than the name in its address."""
    title = channel.text("display_name")
    return "" if title.lower().replace(" ", "-") == channel.text("name").lower() else title


def roomId(item: Fields, field: str) -> str:
    """
    Return the id of a channel.

    @param item: an object with the names of a team and of a channel.
    @param field: the field with the name of the channel.
    @raise Malformed: these are no names.
    """
    return f"{_slug(item, 'team')}/{_slug(item, field)}"
