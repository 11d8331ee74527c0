"""Shows accounts: as a table, in detail, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from twistchat.config.jsontext import jsonLine
from twistchat.config.toml import printable

COLUMNS = ("NAME", "REGISTERED", "LAST RECORDED LOGIN", "SESSIONS", "STATE")
"""The headings of the table."""

WIDEST = 40
"""The greatest width of a column, in characters.  Otherwise one long cell would make every line as long."""

KINDS = {
    "password": "password",
    "token": "token",
    "certificate": "certificate",
    "sshkey": "SSH key",
    "websession": "browser",
    "totp": "second factor",
    "oidc": "linked login",
}
"""What the kinds of credentials are called."""

TIMES = ("registered", "until", "used", "created", "since", "time")
"""The fields that are times."""


def table(accounts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """
    Lay out accounts as a table, sorted by name.

    @return: its lines.
    """
    rows: list[Sequence[str]] = [COLUMNS]
    for account in sorted(accounts, key=lambda account: str(account["name"]).casefold()):
        name, online = account["name"], str(account["online"] or "-")
        rows.append((name, day(account["registered"]), day(account["used"]), online, state(account)))
    yield from laidOut(rows)


def laidOut(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """
    Lay out rows of cells in columns.  What is not printable in a cell is escaped.

    A column is as wide as its longest cell, and at most L{WIDEST}.  A longer cell moves the rest of its line.

    @return: a line for each row.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [min(WIDEST, max(map(len, column))) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def details(account: Mapping[str, Any]) -> Iterator[str]:
    """
    Describe an account.

    @return: the lines of the description.
    """
    rooms = [f"{room} (founder)" for room in account["rooms"]]
    rooms += [f"{access['room']} (access list: {access['ranks']})" for access in account["access"]]
    parts: list[tuple[str, Sequence[str]]] = [
        ("account", [account["name"]]),
        ("registered", [moment(account["registered"])]),
        ("last login", [_login(account["used"])]),
        ("state", [state(account)]),
        ("mail", [account["email"] or "none"]),
        ("nicks", [", ".join([account["name"], *account["nicks"]])]),
        ("credentials", [_credential(credential) for credential in account["credentials"]]),
        ("rooms", rooms),
        ("online as", [account["nick"]] if account["nick"] else []),
        ("sessions", [_session(session) for session in account["sessions"]]),
    ]
    for label, values in parts:
        for index, value in enumerate(values or ["none"]):
            yield f"{'' if index else label:12}  {printable(value)}"


def state(account: Mapping[str, Any]) -> str:
    """Describe whether an account can be used, and whether it is an administrator's."""
    words = ["administrator"] if account["admin"] else []
    if account["suspended"] is not None:
        words.append(f"suspended: {account['suspended']}" if account["suspended"] else "suspended")
    if account["until"] is not None:
        words.append(f"mail not verified, expires {moment(account['until'])}")
    return printable(", ".join(words) or "active")


def asJson(account: Mapping[str, Any]) -> str:
    """Write an account, or what else a command lists, as one line of JSON.  Times are in ISO 8601, in UTC."""
    return jsonLine(_withTimes(account))


def day(time: int | None) -> str:
    """
    Write a date.

    @param time: milliseconds since the epoch; C{None} for never.
    """
    return "never" if time is None else f"{_at(time):%Y-%m-%d}"


def moment(time: int | None) -> str:
    """
    Write a date and time.

    @param time: milliseconds since the epoch; C{None} for never.
    """
    return "never" if time is None else f"{_at(time):%Y-%m-%d %H:%M} UTC"


def _credential(credential: Mapping[str, Any]) -> str:
    named = f" {credential['name']}" if credential["name"] else ""
    created = "" if credential["created"] is None else f"logged in {day(credential['created'])}; "
    used = f"last recorded use: {day(credential['used'])}"
    return f"{KINDS.get(credential['kind'], credential['kind'])}{named} ({created}{used})"


def _login(time: int | None) -> str:
    """Write the time of the last recorded login.  Others of the same kind may have followed on that day."""
    return moment(time) if time is None else f"{moment(time)} (recorded once a day)"


def _session(session: Mapping[str, Any]) -> str:
    return f"{session['address'] or 'this machine'}, {'encrypted' if session['secure'] else 'not encrypted'}"


def _withTimes(value: Any) -> Any:
    """Replace the times in a JSON value."""
    if isinstance(value, Mapping):
        return {
            key: _at(part).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            if key in TIMES and part is not None
            else _withTimes(part)
            for key, part in value.items()
        }
    return [_withTimes(part) for part in value] if isinstance(value, list | tuple) else value


def _at(time: int) -> datetime:
    return datetime.fromtimestamp(time / 1000, UTC)
