"""The register of watched nicks (IRCv3 monitor)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from twistchat.chat.model.names import fold

if TYPE_CHECKING:
    from twistchat.chat.model.sessions import Session


class Watchers:
    """The sessions of this process that watch nicks, by nick.  A watched nick need not be in use."""

    __slots__ = ("_byNick",)

    def __init__(self) -> None:
        self._byNick: dict[str, dict[str, Session]] = {}

    def __len__(self) -> int:
        """The number of watched nicks."""
        return len(self._byNick)

    def of(self, nick: str) -> Collection[Session]:
        """The sessions that watch a nick, ignoring case."""
        return self._byNick.get(fold(nick), {}).values()

    def add(self, session: Session, nick: str) -> None:
        """Let a session watch a nick.  Its spelling goes into L{Session.watched}."""
        folded = fold(nick)
        session.watched.setdefault(folded, nick)
        self._byNick.setdefault(folded, {})[session.id] = session

    def remove(self, session: Session, nick: str) -> None:
        """Stop a session from watching a nick, if it does."""
        folded = fold(nick)
        if session.watched.pop(folded, None) is not None:
            watchers = self._byNick[folded]
            del watchers[session.id]
            if not watchers:
                del self._byNick[folded]

    def forget(self, session: Session) -> None:
        """Stop a session from watching any nick."""
        for nick in list(session.watched):
            self.remove(session, nick)
