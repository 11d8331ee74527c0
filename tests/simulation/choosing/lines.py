"""The lines of each kind of client."""

from __future__ import annotations

from typing import Final

from tests.simulation.choosing.templates import Lines, Templates
from tests.simulation.promises.secrecy import KEY

IRC_ROOMS: Final[Templates] = {
    "JOIN {room}": 4,
    "PART {own}": 1.5,
    "PART {own} :bye": 0.5,
    f"JOIN {{room}} {KEY}": 0.5,
    "MODE #vault1 +s": 0.5,
    "JOIN 0": 0.1,
    "MODE {own} {mode}": 2,
    "MODE {own} {rank} {nick}": 2,
    "MODE {own} {sign}b {nick}!*@*": 1,
    "MODE {own} b": 0.2,
    "MODE {own}": 0.2,
    "TOPIC {own} :{topic} {digit}": 1,
    "TOPIC {own} :": 0.2,
    "TOPIC {own}": 0.2,
    "KICK {own} {nick} :out": 0.5,
    "INVITE {nick} {own}": 1,
    "RENAME {own} {room}x": 0.3,
    "NAMES {own}": 0.5,
    "LIST": 0.3,
    "WHO {own}": 0.5,
}
"""What an IRC client does with rooms."""

IRC_PEOPLE: Final[Templates] = {
    "NICK {newNick}": 2,
    "WHOIS {nick}": 1,
    "AWAY :{digit}": 1,
    "AWAY": 1,
    "QUIT :gone": 0.5,
}
"""What an IRC client does about people."""

IRC_HISTORY: Final[Templates] = {
    "CHATHISTORY LATEST {own} * {count}": 1,
    "CHATHISTORY BEFORE {own} timestamp=2026-01-02T00:00:00.000Z 20": 1,
}
"""How a client with draft/chathistory reads what was said before."""

PERSON_ROOMS: Final[Templates] = {
    "/join {room}": 4,
    "/leave": 1,
    "/topic {topic} {digit}": 1,
    "/mode {mode}": 1,
    "/op {nick}": 1,
    "/kick {nick}": 0.5,
    "/invite {nick}": 1,
    "/who": 0.5,
    "/rooms": 0.5,
}
"""What a person at the line door does with rooms."""

PERSON_PEOPLE: Final[Templates] = {
    "/nick {newNick}": 1,
    "/ignore {nick}": 3,
    "/unignore {nick}": 1,
    "/whois {nick}": 1,
    "/away": 1,
    "/away {digit}": 1,
    "/echo {onOff}": 1,
    "/quit": 0.3,
}
"""What they do about people."""

PERSON_HISTORY: Final[Templates] = {
    "/history {count}": 1,
    "/history older": 1,
}
"""How they read what was said before."""

IRC: Final = (4, IRC_ROOMS), (1, IRC_PEOPLE)
PERSON: Final = (3, PERSON_ROOMS), (1.5, PERSON_PEOPLE), (0.5, PERSON_HISTORY)

LINES: Final = {
    "plain": Lines(*IRC),
    "tags": Lines(*IRC),
    "full": Lines(*IRC, (0.8, IRC_HISTORY)),
    "person": Lines(*PERSON),
}
"""All of them, by the kind of client."""
