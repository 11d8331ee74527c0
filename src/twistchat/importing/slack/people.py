"""
The people of a Slack export: those in the list of users, and those who are only in messages.

See "User object", U{https://docs.slack.dev/reference/objects/user-object}.  Messages have people whom C{users.json}
does not have: people of other workspaces (Slack Connect), bots that have only a name, and people whom the export left
out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from twistchat.importing.reading.fields import Fields, Malformed, shown
from twistchat.importing.records import LeftOut, Person

SLACKBOT = "USLACKBOT"
"""The id of Slackbot, which is in no list of users."""


class People:
    """Everyone whom an export names."""

    def __init__(self) -> None:
        self._found: dict[str, Person] = {}
        self._unnamed: set[str] = set()
        self._usersOfBots: dict[str, str] = {}

    def addUser(self, user: Fields) -> None:
        """
        Add an item of C{users.json}.

        @raise Malformed: it is not what Slack documents.
        """
        id, profile = user.text("id"), user.child("profile")
        if not id:
            raise Malformed("id")
        self._found[id] = Person(
            id,
            user.text("name") or profile.text("display_name") or id,
            profile.text("real_name") or user.text("real_name"),
            profile.text("email") or None,
            user.flag("is_bot") or id == SLACKBOT,
            user.flag("deleted"),
        )
        if profile.text("bot_id"):
            self._usersOfBots[profile.text("bot_id")] = id

    def authorOf(self, message: Fields) -> str | None:
        """
        Find the author of a message, who is added if need be.

        @return: the id of the person; C{None} if the message names nobody.
        @raise Malformed: the message is not what Slack documents.
        """
        user, bot, name = message.text("user"), message.text("bot_id"), message.text("username")
        if user:
            profile = message.child("user_profile")
            self._add(user, profile.text("name") or profile.text("display_name"), profile.text("real_name"))
            return user
        if bot in self._usersOfBots:
            return self._usersOfBots[bot]
        if bot or name:
            id = bot or f"bot:{name}"
            self._add(id, name or message.child("bot_profile").text("name"), name, bot=True)
            return id
        return None

    def addId(self, id: str) -> None:
        """Add somebody of whom only the id is known."""
        self._add(id, "", "", bot=False)

    def _add(self, id: str, name: str, realname: str, *, bot: bool = False) -> None:
        """Add a person who is in no list, or learn the name of one."""
        if id == SLACKBOT:
            name, bot = name or "slackbot", True
        known = self._found.get(id)
        if known is None:
            self._found[id] = Person(id, name or id.lower(), realname, bot=bot)
            if not name:
                self._unnamed.add(id)
        elif name and id in self._unnamed:
            self._found[id] = replace(known, name=name, realname=realname)
            self._unnamed.discard(id)

    def records(self) -> Iterator[Person | LeftOut]:
        """Return everyone, and report those whose names are unknown."""
        yield from self._found.values()
        for id in sorted(self._unnamed):
            yield LeftOut("name of a person whom the export does not list", shown(id))

    def __contains__(self, id: str) -> bool:
        return id in self._found

    def names(self) -> Mapping[str, str]:
        """Return the names of everyone, by their ids."""
        names = {id: person.name for id, person in self._found.items()}
        return names | {bot: names[user] for bot, user in self._usersOfBots.items()}
