"""What an import brought over, and what it left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Omission:
    """Something that was left out: how often, and one example, which has no text of a message."""

    count: int
    example: str


@dataclass(slots=True)
class Report:
    """
    The result of an import.

    @ivar source: the team that made the export.
    @ivar people: the number of new accounts.
    @ivar known: the number of people who had an account already, which was found by its mail address.
    @ivar codes: the number of new codes with which people claim accounts that were imported earlier.
    @ivar rooms: the number of new rooms.
    @ivar texts: the number of new texts, with the replies.
    @ivar replies: the number of new replies.
    @ivar reactions: the number of new reactions.
    @ivar present: the number of texts and reactions that were imported earlier.
    @ivar names: the nicks of people whose name was not available, by that name.  Several may have the same name, so
        the id is part of the key then.
    @ivar roomNames: likewise, the names of rooms.
    @ivar matches: the names of people whose account was found by its verified mail address, by that account.
    @ivar former: the names of accounts that may join a private room although they have left it there, by the name of
        the room.
    @ivar omissions: what was left out.
    """

    source: str
    people: int = 0
    known: int = 0
    codes: int = 0
    rooms: int = 0
    texts: int = 0
    replies: int = 0
    reactions: int = 0
    present: int = 0
    names: dict[str, str] = field(default_factory=dict)
    roomNames: dict[str, str] = field(default_factory=dict)
    matches: dict[str, str] = field(default_factory=dict)
    former: dict[str, list[str]] = field(default_factory=dict)
    omissions: dict[str, Omission] = field(default_factory=dict)

    def leaveOut(self, what: str, example: str) -> None:
        """Count something that is left out."""
        omission = self.omissions.get(what)
        if omission is None:
            self.omissions[what] = Omission(1, example)
        else:
            omission.count += 1

    @property
    def added(self) -> int:
        """The number of things that were imported."""
        return self.people + self.codes + self.rooms + self.texts + self.reactions

    def object(self) -> dict[str, Any]:
        """The report as an object of JSON."""
        return {
            "source": self.source,
            "imported": {
                "people": self.people,
                "peopleWithAnAccount": self.known,
                "newCodes": self.codes,
                "rooms": self.rooms,
                "texts": self.texts,
                "replies": self.replies,
                "reactions": self.reactions,
            },
            "importedEarlier": self.present,
            "names": {"people": self.names, "rooms": self.roomNames},
            "matchedByAddress": self.matches,
            "formerMembers": self.former,
            "leftOut": [
                {"what": what, "count": omission.count, "example": omission.example}
                for what, omission in sorted(self.omissions.items())
            ],
        }
