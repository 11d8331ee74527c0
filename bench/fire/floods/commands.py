"""
Floods of every command: one kind for each command of the server's own tables, so a new command is flooded too.

The parameters come from the help of each command.  What the help cannot tell is in L{PLAUSIBLE}.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from bench.fire.floods.kinds import IRC, LINE, NICK, Kind
from twistchat.protocols.irc.commands import COMMANDS as IRC_COMMANDS
from twistchat.protocols.irc.services import SERVICES
from twistchat.protocols.line.commands import COMMANDS as LINE_COMMANDS

CONNECTIONS = 8
"""How many connections flood a command."""

ROOMS = (b"#b0", b"#" + NICK)
"""The rooms of the commands: the canary's, and the attacker's own, in which it is an operator."""

NAMED = re.compile(r"<([^>]+)>")
"""A parameter in the help of an IRC command."""

VALUES: Mapping[str, str] = {
    "nick": "u0",
    "nickname": "%NICK%a",
    "channel": "%ROOM%",
    "target": "%ROOM%",
    "mask": "*a*b*",
    "network": "192.0.2.0/24",
    "text": ":tea",
    "topic": ":tea",
    "reason": ":tea",
    "realname": ":tea",
    "account": "%NICK%",
    "email": "*",
    "count": "100",
    "modes": "+i-i",
    "duration": "1m",
    "ip": "192.0.2.1",
    "msgid": "0-1",
    "code": "12345678",
}
"""The value of each parameter; C{x} for others."""

PLAUSIBLE: Mapping[str, tuple[str, ...]] = {
    "CAP": ("CAP LS 302", "CAP REQ :echo-message batch", "CAP LIST", "CAP REQ :-echo-message"),
    "AUTHENTICATE": ("AUTHENTICATE PLAIN", "AUTHENTICATE AHgAeAB4", "AUTHENTICATE SCRAM-SHA-256", "AUTHENTICATE *"),
    "BATCH": ("BATCH +1 draft/multiline %ROOM%", "BATCH -1"),
    "CHATHISTORY": (
        "CHATHISTORY LATEST %ROOM% * 500",
        "CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 500",
    ),
    "LIST": ("LIST", "LIST *a*b*,*c*d*,>0", "LIST %ROOM%"),
    "MARKREAD": ("MARKREAD %ROOM%", "MARKREAD %ROOM% timestamp=2026-01-01T00:00:00.000Z"),
    "METADATA": ("METADATA * SET avatar :x", "METADATA %ROOM% LIST", "METADATA * SUB avatar", "METADATA %ROOM% SYNC"),
    "MODE": ("MODE %ROOM%", "MODE %ROOM% +b *a*b*!*@*", "MODE %ROOM% -b *a*b*!*@*", "MODE %ROOM% b", "MODE %NICK% +i"),
    "MONITOR": ("MONITOR + a,b,c,d", "MONITOR L", "MONITOR S", "MONITOR C"),
    "NICK": ("NICK %NICK%a", "NICK %NICK%b"),
    "RENAME": ("RENAME #%NICK% #%NICK%z", "RENAME #%NICK%z #%NICK%", "RENAME #b0 #b00"),
    "SEARCH": ("SEARCH text=tea;limit=100", "SEARCH in=%ROOM%;text=|0"),
    "STATS": tuple(f"STATS {letter}" for letter in "uklm"),
    "WHO": ("WHO", "WHO %ROOM% %tcuihsnfdlaor", "WHO *a*a*a*a*b"),
    "ZNC": ("ZNC *playback play * 0", "ZNC *playback list"),
    "/account": ("/account", "/account set always-on on", "/account drop"),
    "/history": ("/history", "/history 500", "/history yesterday"),
    "/join": ("/join %ROOM%", "/join #kitchen"),
    "/leave": ("/leave %ROOM%", "/join %ROOM%"),
    "/login": ("/login alice", "wrong", "/login alice wrong"),
    "/mode": ("/mode", "/mode +o u0", "/mode +i-i"),
    "/nick": ("/nick %NICK%a", "/nick %NICK%b"),
    "/password": ("/password", "one", "two"),
    "/register": ("/register", "secret secret", "secret secret"),
    "/room": ("/room register", "/room %ROOM% info", "/room access"),
}
"""The lines of commands whose help does not tell what makes sense."""


def ircLines(name: str, parameters: str) -> list[str]:
    """
    Make lines of an IRC command: without parameters, with the required ones, and with all.

    @param parameters: the parameters in the notation of HELP.
    """
    if name in PLAUSIBLE:
        return list(PLAUSIBLE[name])
    lines = [name]
    for choice in parameters.split(" | "):
        bare = re.sub(r"\{[^{}]*\}|\.\.\.", "", choice)
        required = bare
        while "[" in required:
            required = re.sub(r"\[[^\[\]]*\]", "", required)
        for words in (required, bare.replace("[", "").replace("]", "")):
            filled = NAMED.sub(lambda found: VALUES.get(found[1], "x"), words)
            lines.append(" ".join(f"{name} {filled}".split()))
    return list(dict.fromkeys(lines))


def doorLines(name: str, arguments: str, example: str) -> list[str]:
    """
    Make lines of a command of the line door: alone, its example, and with arguments.

    @param arguments: the arguments in the notation of C{/help}.
    @param example: an example; empty if there is none.
    """
    command = f"/{name}"
    if command in PLAUSIBLE:
        return list(PLAUSIBLE[command])
    words = re.sub(r"\[|\]", "", arguments).replace("#ROOM", "%ROOM%").replace("NICK", "u0").replace(" or u0", "")
    return list(dict.fromkeys([command, example or command, f"{command} {words}".strip()]))


def _pieces(lines: Iterable[str], end: bytes) -> bytes:
    """Join lines, each for every room that it can be about."""
    made = [line.encode().replace(b"%ROOM%", room) + end for line in lines for room in ROOMS]
    return b"".join(dict.fromkeys(made))


def _irc(name: str, title: str, lines: Iterable[str]) -> Kind:
    opening = IRC + b"JOIN #" + NICK + b"\r\n"
    return Kind(name, title, "irc", opening, b" 001 ", piece=_pieces(lines, b"\r\n"), connections=CONNECTIONS)


def _commands() -> Iterator[Kind]:
    for command in IRC_COMMANDS.values():
        yield _irc(f"irc {command.name}", command.summary, ircLines(command.name, command.parameters))
    for service in SERVICES.values():
        for name, order in service.commands.items():
            lines = [f"{name} {order.example}".strip(), name]
            sent = [f"PRIVMSG {service.nick} :{line}" for line in lines]
            yield _irc(f"irc {service.nick} {name}", order.summary, sent)
    for spoken in LINE_COMMANDS.values():
        piece = _pieces(doorLines(spoken.name, spoken.arguments, spoken.example), b"\n")
        before = b"/join #" + NICK + b"\n"
        yield Kind(
            f"line /{spoken.name}",
            spoken.summary,
            "line",
            LINE + before,
            b"You are",
            piece=piece,
            connections=CONNECTIONS,
        )


@cache
def commandKinds() -> Mapping[str, Kind]:
    """Return the kinds by name: C{irc NAME}, C{irc SERVICE NAME} or C{line /NAME}."""
    return {kind.name: kind for kind in _commands()}
