"""The commands about a server that runs.  They reach it through its control socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from twisted.python.usage import UsageError

from twistchat.chat.limits import Seconds
from twistchat.chat.phrasing import counted
from twistchat.config import ServerSettings, Settings
from twistchat.config.readings import BadValue, readingOf
from twistchat.config.toml import printable, shortened
from twistchat.console.accounts.views import asJson
from twistchat.console.options import JournalOptions
from twistchat.console.reaching import askServer
from twistchat.console.server.lists import bans, rooms, users
from twistchat.options import refuseMore
from twistchat.services.control.wire import ControlError

NICK, ROOM = "bob", "'#lobby'"
"""The names in the examples."""


class RunningOptions(JournalOptions):
    """Options of a command about a server that runs."""

    synopsis = "[options]"
    dataHelp = "The data directory of the server, which has its socket."

    def postOptions(self) -> None:
        """Read the configuration.  If C{--data} names the directory, a mistake in the file does not matter."""
        if self["data"] is None:
            super().postOptions()
            return
        try:
            super().postOptions()
        except SystemExit:
            self.settings = Settings(server=ServerSettings(data=self["data"]))

    def ask(
        self,
        command: str,
        receive: Callable[[Mapping[str, Any]], None] = lambda part: None,
        **arguments: object,
    ) -> Mapping[str, Any]:
        """Let the server execute a command of L{twistchat.services.control.server}.  See L{askServer}."""
        return askServer(self.settings, f"server.{command}", arguments, receive, named=self["data"] is not None)


class ListOptions(RunningOptions):
    """
    Options of a command that lists something.

    @cvar named: what it lists: the name of the command, and of the parts of its answer.
    """

    named: ClassVar[tuple[str, str]]
    optFlags: ClassVar = [["json", None, "Write one JSON object per line."]]

    def run(self) -> None:
        """List it."""
        command, name = self.named
        found: list[Mapping[str, Any]] = []

        def receive(part: Mapping[str, Any]) -> None:
            if self["json"]:
                for item in part[name]:
                    print(asJson(item))
            else:
                found.extend(part[name])

        self.ask(command, receive)
        if not self["json"]:
            print(*self.lines(found), sep="\n")

    def lines(self, found: Sequence[Mapping[str, Any]]) -> Iterable[str]:
        """Lay out the list."""
        raise NotImplementedError


class WhoOptions(ListOptions):
    """C{twistchat who}."""

    longdesc = (
        "Lists the users who are here, with a line for each session: the door through which it came in, its address, "
        "and whether its connection is encrypted.  A user without a session is one who stays (accounts.alwaysOn).  "
        "IDLE is the time since the user wrote something."
    )
    examples: ClassVar = ["twistchat who", "twistchat who --json --data /var/lib/twistchat"]
    named: ClassVar = ("who", "users")

    def lines(self, found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Lay out the list."""
        return users(found)


class RoomsOptions(ListOptions):
    """C{twistchat rooms}."""

    longdesc = "Lists the rooms, also those that are secret: the number of users in them, the founder, modes and topic."
    examples: ClassVar = ["twistchat rooms"]
    named: ClassVar = ("rooms", "rooms")

    def lines(self, found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Lay out the list."""
        return rooms(found)


class BansOptions(ListOptions):
    """C{twistchat bans}."""

    longdesc = "Lists the bans from the server that are in force, oldest first.  Times are in UTC."
    examples: ClassVar = ["twistchat bans"]
    named: ClassVar = ("bans", "bans")

    def lines(self, found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Lay out the list."""
        return bans(found)


class KickOptions(RunningOptions):
    """C{twistchat kick NICK [REASON]}."""

    synopsis = "[options] NICK [REASON]"
    longdesc = (
        "Disconnects all sessions of a user.  With --room, removes the user from a room only.  The user is shown the "
        "REASON, and so are those who share a room with them.  The user can come back: see twistchat ban."
    )
    examples: ClassVar = [
        f"twistchat kick {NICK} 'Please read the rules'",
        f"twistchat kick {NICK} --room {ROOM}",
    ]
    optParameters: ClassVar = [["room", None, None, "Remove the user from this room only, as in '#lobby'."]]
    nick: str
    reason: str

    def parseArgs(self, *arguments: str) -> None:
        """Read the nick and the reason, which may have several words."""
        self.nick, self.reason = _first(arguments, "NICK", "the nick of the user"), " ".join(arguments[1:])

    def run(self) -> None:
        """Kick the user."""
        room = self["room"]
        if room is not None and not room.startswith("#"):
            room = f"#{room}"
        answer = self.ask("kick", nick=self.nick, reason=self.reason, room=room)
        nick = printable(answer["nick"])
        if answer["room"] is None:
            print(f"{nick} is disconnected; {counted(answer['sessions'], 'session')} ended")
        else:
            print(f"{nick} is not in {printable(answer['room'])} any more")


class BanOptions(RunningOptions):
    """C{twistchat ban MASK}."""

    synopsis = "[options] MASK"
    longdesc = (
        "Keeps users or networks from the server.  All sessions that match are disconnected.  MASK is an IP address, a "
        "network, USER@HOST or NICK!USER@HOST, in which * stands for any text, or the nick of a user who is here, "
        "which stands for the host that others see.  A ban on the same MASK is replaced."
    )
    examples: ClassVar = [
        "twistchat ban 192.0.2.0/24 --for 7d --reason 'Floods'",
        "twistchat ban '*!*@*.example.net'",
    ]
    optParameters: ClassVar = [
        ["for", None, None, "How long the ban lasts, as in 30m, 12h or 7d.  [default: for ever]"],
        ["reason", None, None, "The reason, which those who are banned are shown."],
    ]
    mask: str
    seconds: float | None = None

    def parseArgs(self, *arguments: str) -> None:
        """Read the mask."""
        refuseMore(arguments, 1)
        self.mask = _first(arguments, "MASK", "whom to ban")
        if self["for"] is not None:
            self.seconds = _duration(self["for"])

    def run(self) -> None:
        """Set the ban."""
        answer = self.ask("ban", mask=self.mask, seconds=self.seconds, reason=self["reason"] or "")
        ends = "for ever" if self.seconds is None else f"for {self['for']}"
        print(f"{printable(answer['mask'])} is banned {ends}")


class UnbanOptions(RunningOptions):
    """C{twistchat unban MASK}."""

    synopsis = "[options] MASK"
    longdesc = "Ends a ban from the server.  MASK is as twistchat bans lists it."
    examples: ClassVar = ["twistchat unban 192.0.2.0/24"]
    mask: str

    def parseArgs(self, *arguments: str) -> None:
        """Read the mask."""
        refuseMore(arguments, 1)
        self.mask = _first(arguments, "MASK", "the ban")

    def run(self) -> None:
        """End the ban."""
        print(f"{printable(self.ask('unban', mask=self.mask)['mask'])} is not banned any more")


class BroadcastOptions(RunningOptions):
    """C{twistchat broadcast TEXT}."""

    synopsis = "[options] TEXT"
    longdesc = (
        "Tells everyone something, at every door.  IRC clients show it as a notice of the server.  The journal does "
        "not keep it, and those who come later do not see it."
    )
    examples: ClassVar = ["twistchat broadcast 'The server restarts at 18:00 UTC'"]
    text: str

    def parseArgs(self, *arguments: str) -> None:
        """Read the text, which may have several words."""
        _first(arguments, "TEXT", "what to say")
        self.text = " ".join(arguments)

    def run(self) -> None:
        """Send the text."""
        print(f"{counted(self.ask('broadcast', text=self.text)['users'], 'user')} told")


class ReloadOptions(RunningOptions):
    """C{twistchat reload}."""

    longdesc = (
        "Has the server read its configuration again, as SIGHUP does.  Says what has changed, and what changes at the "
        "next start.  If there is a mistake, says where, changes nothing, and ends with the exit status 1."
    )
    examples: ClassVar = ["twistchat reload", "twistchat reload --data /var/lib/twistchat"]
    optFlags: ClassVar = [["json", None, "Write a JSON object."]]

    def run(self) -> None:
        """
        Reload the configuration.

        @raise SystemExit: with C{--json}, the server refused it.  The object has C{error} and C{code} then.
        """
        try:
            answer = self.ask("reload")
        except ControlError as e:
            if not self["json"]:
                raise
            print(json.dumps({"error": e.text, "code": e.code}))
            raise SystemExit(1) from None
        if self["json"]:
            print(json.dumps(answer))
            return
        for what, keys in (("Changed", answer["applied"]), ("From the next start on", answer["deferred"])):
            if keys:
                print(f"{what}: {printable(', '.join(keys))}")
        if not answer["applied"] and not answer["deferred"]:
            print("Nothing has changed")


def _first(arguments: Sequence[str], name: str, what: str) -> str:
    """
    Return the first argument.

    @param name: how the usage line calls it.
    @param what: describes it, for the error.
    """
    if not arguments or not arguments[0].strip():
        raise UsageError(f"the argument {name} is missing: {what}")
    return arguments[0]


def _duration(text: str) -> float:
    """
    Read how long a ban lasts.

    @return: seconds.
    @raise UsageError: it is no length of time.
    """
    try:
        seconds = readingOf(Seconds)(text)
    except BadValue:
        raise UsageError(f"--for {printable(shortened(text))}: a time is wanted, as in 30m, 12h or 7d") from None
    assert isinstance(seconds, float)
    return seconds
