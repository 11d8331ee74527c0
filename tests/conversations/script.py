"""Scripts of conversations: what they hold, read from a file and written back to it.  See README.md in this folder."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.conversations.escapes import BadEscape, escape, unescape

FOLDER = Path(__file__).parent
"""Where the scripts are."""

LINE_ENDS = {"irc": b"\r\n", "line": b"\n"}
"""How each door ends its lines."""

SUFFIX = ".chat"
"""How the name of a script ends."""

_CLIENT = re.compile(r"client (?P<name>\S+) (?P<door>irc|line)(?: (?P<host>\S+))?")
_RECEIVED = re.compile(r"(?P<name>\S+) (?:<(?P<how>[|#]?)(?: (?P<text>.*))?|(?P<gone>is gone))")
_SENT = re.compile(r"(?P<name>\S+) >(?P<how>\|?)(?: (?P<text>.*))?")
_DEED = re.compile(r"(?P<name>\S+) (?P<verb>connects|enters|ends|hangs up|stalls|reads)(?: (?P<text>.*))?")
_ALONE = re.compile(
    r"(?P<verb>wait|pace|journal) (?P<text>\S+(?: awake)?)|(?P<bare>restart)"
    r"|(?P<block>settings|configuration):"
)


class BadScript(Exception):
    """A script cannot be read; the argument names the line and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """
    A client.

    @ivar door: C{irc} or C{line}.
    @ivar host: the IP address from which it connects.
    """

    name: str
    door: str
    host: str


@dataclass(frozen=True, slots=True)
class Received:
    """
    What one client received in one step.

    @ivar data: every byte, in order; C{None} where only the checksum is known.
    @ivar checksum: the number of bytes and their CRC-32, where these stand for the bytes.
    @ivar gone: whether the server closed the connection behind that.
    """

    data: bytes | None = b""
    checksum: str = ""
    gone: bool = False


@dataclass(slots=True)
class Step:
    """
    One thing that happens, and what the clients receive in consequence.

    @ivar number: the line of the script where it is written, from 1.
    @ivar verb: what happens: C{send}, C{wait}, C{restart}, C{connects} and so on.
    @ivar name: the client who does it, or C{""}.
    @ivar text: its argument: a number, capabilities, or a configuration.
    @ivar data: the bytes that are sent.
    @ivar lines: what the script says of it, as it is written there, without what is received.
    @ivar received: what each client receives, by name.  Whoever receives nothing is left out.
    """

    number: int
    verb: str
    name: str = ""
    text: str = ""
    data: bytes = b""
    lines: list[str] = field(default_factory=list)
    received: dict[str, Received] = field(default_factory=dict)


@dataclass(slots=True)
class Script:
    """
    A script.

    @ivar path: its file.
    @ivar speakers: the clients, by name, in the order in which they are declared.
    @ivar steps: what happens, in order.
    @ivar settings: the configuration of the server, as TOML.
    @ivar journal: C{memory} or C{sqlite}.
    @ivar top: the lines before the first step.
    """

    path: Path
    speakers: dict[str, Speaker] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    settings: str = ""
    journal: str = "memory"
    top: list[str] = field(default_factory=list)

    def show(self, received: dict[str, Received]) -> list[str]:
        """What clients received in one step, as lines of a script, in the order of the clients."""
        return [
            line
            for speaker in self.speakers.values()
            if speaker.name in received
            for line in showReceived(speaker, received[speaker.name])
        ]

    def write(self, received: Sequence[dict[str, Received]]) -> str:
        """
        The script as text, with what clients receive replaced.

        @param received: for each step, what each client receives.
        """
        lines = [*self.top]
        for step, found in zip(self.steps, received, strict=True):
            lines += [step.lines[0], *self.show(found), *step.lines[1:]]
        return "\n".join(lines) + "\n"


def checksum(data: bytes) -> str:
    """The number of bytes and their CRC-32, as a script has them."""
    return f"{len(data)} bytes {zlib.crc32(data):08x}"


def showReceived(speaker: Speaker, received: Received) -> list[str]:
    """What a client received, as lines of a script."""
    lines = []
    end = LINE_ENDS[speaker.door]
    if received.data is None:
        lines.append(f"{speaker.name} <# {received.checksum}")
    else:
        for line in _cut(received.data):
            body, how = (line.removesuffix(end), "<") if line.endswith(end) else (line, "<|")
            lines.append(f"{speaker.name} {how} {escape(body)}".rstrip(" "))
    if received.gone:
        lines.append(f"{speaker.name} is gone")
    return lines


def _cut(data: bytes) -> list[bytes]:
    """Cut bytes behind each LF."""
    pieces = [piece + b"\n" for piece in data.split(b"\n")]
    pieces[-1] = pieces[-1][:-1]
    return [piece for piece in pieces if piece]


def readScript(path: Path) -> Script:
    """
    Read a script.

    @raise BadScript: it has a mistake.
    """
    return _Reader(Script(path)).read(path.read_text("utf-8"))


def scripts() -> list[Path]:
    """Every script there is, in order of their names."""
    return sorted(FOLDER.rglob(f"*{SUFFIX}"))


class _Reader:
    """Reads one script line by line."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._number = 0
        self._block: Step | None = None
        self._settings = False

    def read(self, text: str) -> Script:
        """Read all of it."""
        for number, line in enumerate(text.splitlines(), 1):
            self._number = number
            try:
                self._take(line)
            except (BadEscape, ValueError) as bad:
                self._fail(f"{bad}")
        return self._script

    def _fail(self, why: str) -> None:
        raise BadScript(f"{self._script.path.name}:{self._number}: {why}")

    def _take(self, line: str) -> None:
        script = self._script
        if line.startswith("    ") and (self._settings or self._block is not None):
            if self._block is not None:
                self._block.text += f"{line.strip()}\n"
            else:
                script.settings += f"{line.strip()}\n"
            self._keep(line)
            return
        if not line.strip() or line.startswith("#"):
            self._keep(line)
            return
        self._block, self._settings = None, False
        if (client := _CLIENT.fullmatch(line)) is not None:
            host = client["host"] or f"192.0.2.{len(script.speakers) + 1}"
            script.speakers[client["name"]] = Speaker(client["name"], client["door"], host)
            self._keep(line)
        elif (alone := _ALONE.fullmatch(line)) is not None:
            self._takeAlone(line, alone)
        elif (received := _RECEIVED.fullmatch(line)) is not None:
            self._takeReceived(received)
        elif (sent := _SENT.fullmatch(line)) is not None:
            speaker = self._speaker(sent["name"])
            data = unescape(sent["text"] or "") + (b"" if sent["how"] else LINE_ENDS[speaker.door])
            self._step(line, "send", speaker.name, data=data)
        elif (deed := _DEED.fullmatch(line)) is not None:
            self._step(line, deed["verb"], self._speaker(deed["name"]).name, deed["text"] or "")
        else:
            self._fail(f"this means nothing: {line}")

    def _takeAlone(self, line: str, found: re.Match[str]) -> None:
        if found["block"] == "settings":
            self._settings = True
            self._keep(line)
        elif found["block"]:
            self._block = self._step(line, "configuration")
        elif found["bare"]:
            self._step(line, "restart")
        elif found["verb"] == "journal":
            if found["text"] not in {"memory", "sqlite"}:
                self._fail("a journal is memory or sqlite")
            self._script.journal = found["text"]
            self._keep(line)
        else:
            float(found["text"].removesuffix(" awake") if found["verb"] == "wait" else found["text"])
            self._step(line, found["verb"], text=found["text"])

    def _takeReceived(self, found: re.Match[str]) -> None:
        if not self._script.steps:
            self._fail("nothing has happened yet that a client could hear of")
        speaker = self._speaker(found["name"])
        received = self._script.steps[-1].received
        before = received.get(speaker.name, Received())
        if found["gone"]:
            received[speaker.name] = Received(before.data, before.checksum, gone=True)
        elif found["how"] == "#":
            received[speaker.name] = Received(None, found["text"])
        else:
            end = b"" if found["how"] else LINE_ENDS[speaker.door]
            received[speaker.name] = Received((before.data or b"") + unescape(found["text"] or "") + end)

    def _speaker(self, name: str) -> Speaker:
        if name not in self._script.speakers:
            self._fail(f"there is no client {name}")
        return self._script.speakers[name]

    def _step(self, line: str, verb: str, name: str = "", text: str = "", data: bytes = b"") -> Step:
        step = Step(self._number, verb, name, text, data, [line])
        self._script.steps.append(step)
        return step

    def _keep(self, line: str) -> None:
        """Keep a line that is written back as it is."""
        steps = self._script.steps
        (steps[-1].lines if steps else self._script.top).append(line)
