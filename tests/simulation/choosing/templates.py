"""The templates of the lines of each kind of client."""

from __future__ import annotations

from typing import Final

from tests.simulation.choosing.lines import Lines, Templates
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

IRC_CAPABLE: Final[Templates] = {
    "TAGMSG {own}": 1,
    "@+draft/react=x;+draft/reply={msgid} TAGMSG {own}": 2,
    "SETNAME :name {digit}": 1,
    "MONITOR + {nick},{nick}": 1,
    "MONITOR - {nick}": 0.5,
    "MONITOR S": 0.3,
    "METADATA * SET color :#00000{digit}": 1,
    "METADATA {own} SET color :#00000{digit}": 0.5,
    "METADATA {nick} LIST": 0.5,
    "METADATA * SUB color": 0.5,
    "NONSENSE {digit}": 0.3,
    "PRIVMSG": 0.3,
}
"""What a client with message tags does."""

IRC_HISTORY: Final[Templates] = {
    "CHATHISTORY LATEST {own} * {count}": 1,
    "CHATHISTORY LATEST {own} msgid={msgid} {count}": 1,
    "CHATHISTORY BEFORE {own} timestamp=2026-01-02T00:00:00.000Z 20": 1,
    "CHATHISTORY BEFORE {own} msgid={msgid} {count}": 1,
    "CHATHISTORY AFTER {own} msgid={msgid} {count}": 1,
    "CHATHISTORY AFTER {own} timestamp={stamp} {count}": 1,
    "CHATHISTORY AROUND {own} msgid={msgid} {count}": 1,
    "CHATHISTORY BETWEEN {own} msgid={msgid} msgid={msgid} {count}": 0.5,
    "CHATHISTORY BETWEEN {own} timestamp={stamp} timestamp={stamp} {count}": 0.5,
    "CHATHISTORY TARGETS timestamp={stamp} timestamp=2027-01-01T00:00:00.000Z {count}": 1,
    "CHATHISTORY LATEST {account} * {count}": 1,
    "CHATHISTORY AFTER {account} timestamp={stamp} {count}": 0.5,
    "CHATHISTORY LATEST @{own} * {count}": 0.2,
    "CHATHISTORY LATEST {own} * 0": 0.2,
    "MARKREAD {own} timestamp={stamp}": 2,
    "MARKREAD {own}": 0.5,
    "MARKREAD {account} timestamp={stamp}": 0.5,
    "REDACT {own} {msgid}": 1,
    "REDACT {own} {msgid} :sorry": 0.5,
    "SEARCH text=word;in={own};limit={count}": 0.7,
    "SEARCH from={nick};limit={count}": 0.3,
}
"""How a client with draft/chathistory reads what was said before."""

IRC_BOUNCER: Final[Templates] = {
    "ZNC *playback PLAY * 0": 1,
    "PRIVMSG *playback :PLAY {own} 0": 1,
    "ZNC *playback LIST": 0.3,
}
"""How a client that was written for a bouncer does."""

IRC_ACCOUNTS: Final[Templates] = {
    "PRIVMSG NickServ :REGISTER {ownPassword}": 3,
    "NS REGISTER {ownPassword}": 1,
    "NS IDENTIFY {account} {password}": 2,
    "NS IDENTIFY {password}": 0.5,
    "NS LOGOUT": 0.7,
    "NS SET ALWAYS-ON {onOff}": 1.5,
    "NS SET PASSWORD {ownPassword}": 0.3,
    "NS GROUP": 0.5,
    "NS UNGROUP {nick}": 0.2,
    "NS REGAIN {account}": 0.5,
    "NS GHOST {account} {password}": 0.5,
    "NS INFO": 0.3,
    "NS LIST": 0.2,
    "NS STATUS {nick}": 0.2,
    "NS SESSIONS": 0.3,
    "NS SESSIONS END {digit}": 0.3,
    "NS TOKEN ADD {digit}": 0.2,
    "NS FORGE {ownPassword}": 0.2,
    "NICK {account}": 0.5,
}
"""What an IRC client does with accounts."""

IRC_OWNERS: Final[Templates] = {
    "CS REGISTER {own}": 2,
    "CS ACCESS {own} SET {account} {level}": 1,
    "CS ACCESS {own} DEL {account}": 0.3,
    "CS ACCESS {own} LIST": 0.2,
    "CS SET {own} HISTORY {readers}": 0.5,
    "CS SET {own} SUCCESSOR {account}": 0.2,
    "CS OP {own} {nick}": 0.5,
    "CS DEVOICE {own} {nick}": 0.3,
    "CS UP {own}": 0.3,
    "CS INFO {own}": 0.3,
    "CS LIST": 0.2,
}
"""What an IRC client does with registered rooms."""

IRC_EARLY: Final[Templates] = {
    "NICK {newNick}": 3,
    "USER early 0 * :early": 1,
    "CAP END": 2,
    "CAP LS 302": 0.5,
    "AUTHENTICATE PLAIN": 1,
    "AUTHENTICATE *": 0.5,
    "PASS {account}:{password}": 0.5,
    "REGISTER * * {ownPassword}": 0.5,
    "JOIN {room}": 0.5,
    "QUIT": 0.5,
}
"""What an IRC client sends that has not registered."""

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
    "/history newer": 0.5,
    "/history {own} {count}": 0.5,
    "/history {account}": 0.5,
    "/unread": 0.3,
    "/unread {own}": 0.3,
    "/search word": 0.5,
    "/search word in:{own}": 0.3,
}
"""How they read what was said before."""

PERSON_ACCOUNTS: Final[Templates] = {
    "/register": 2,
    "/register {ownPassword}": 2,
    "/login {account} {password}": 1.5,
    "/logout": 0.5,
    "/password": 0.2,
    "/password {ownPassword}": 0.2,
    "/account": 0.3,
    "/account set always-on {onOff}": 1,
    "/nicks": 0.2,
    "/nicks add {nick}": 0.3,
    "/tokens add {digit}": 0.2,
    "/room register": 1,
    "/room access {account} {level}": 0.5,
    "/room set history {readers}": 0.3,
    "/room up": 0.2,
}
"""What they do with accounts, and with the rooms that accounts own."""

PERSON_EARLY: Final[Templates] = {"{newNick}": 4, "/login {account} {password}": 1, "/help": 0.5, "/quit": 0.2}
"""What a person types who has no name yet."""

IRC: Final = (4, IRC_ROOMS), (1, IRC_PEOPLE), (2, IRC_ACCOUNTS), (0.7, IRC_OWNERS)
PERSON: Final = (3, PERSON_ROOMS), (1.5, PERSON_PEOPLE), (1, PERSON_HISTORY), (1.5, PERSON_ACCOUNTS)

LINES: Final = {
    "plain": Lines(*IRC),
    "tags": Lines(*IRC, (1, IRC_CAPABLE)),
    "bouncer": Lines(*IRC, (1, IRC_BOUNCER)),
    "full": Lines(*IRC, (1, IRC_CAPABLE), (2, IRC_HISTORY)),
    "person": Lines(*PERSON),
}
"""The lines of clients that have registered, by the kind of client."""

EARLY: Final = {
    "plain": Lines((1, IRC_EARLY)),
    "tags": Lines((1, IRC_EARLY)),
    "bouncer": Lines((1, IRC_EARLY)),
    "full": Lines((1, IRC_EARLY)),
    "person": Lines((1, PERSON_EARLY)),
}
"""The lines of clients that have not."""
