"""Who wants to know when someone comes and goes: the nicks that sessions watch (IRCv3 monitor)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from twistchat.chat.model.names import fold

if TYPE_CHECKING:
    from twistchat.chat.model.sessions import Session


class Watchers:
    """Which sessions of this process watch which nicks, whether anyone has these or not."""

    __slots__ = ("_byNick",)

    def __init__(self) -> None:
        self._byNick: dict[str, dict[str, Session]] = {}

    def __len__(self) -> int:
        """How many nicks are watched."""
        return len(self._byNick)

    def of(self, nick: str) -> Collection[Session]:
        """The sessions that watch a nick, whatever its case."""
        return self._byNick.get(fold(nick), {}).values()

    def add(self, session: Session, nick: str) -> None:
        """Let a session watch a nick, in the form in which it will be asked for."""
        folded = fold(nick)
        session.watched.setdefault(folded, nick)
        self._byNick.setdefault(folded, {})[session.id] = session

    def remove(self, session: Session, nick: str) -> None:
        """Let a session watch a nick no more, if it did."""
        folded = fold(nick)
        if session.watched.pop(folded, None) is not None:
            watchers = self._byNick[folded]
            del watchers[session.id]
            if not watchers:
                del self._byNick[folded]

    def forget(self, session: Session) -> None:
        """Let a session watch nobody any more."""
        for nick in list(session.watched):
            self.remove(session, nick)
