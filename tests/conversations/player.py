"""Plays a script on a server in memory, and compares what its clients receive."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from difflib import unified_diff
from math import ceil
from shutil import rmtree
from tempfile import mkdtemp

from tests.conversations.script import BadScript, Received, Script, Speaker, Step, checksum
from twistchat.config import Settings
from twistchat.testing import Client, MemoryServer, settingsOf
from twistchat.testing.clusters import MemoryCluster
from twistchat.testing.server import NOON

PACE = 0.5
"""Seconds that a client lets pass before each thing it sends, unless the script says otherwise."""

TICK = 0.125
"""Everything happens at a multiple of these seconds, which has no rounding error, so that times are exact."""

MINUTE = 60.0

DEFAULTS = '[line]\ntimezone = "UTC"\n'
"""The configuration where a script has none.  All else has its default, limits included."""


class Player:
    """
    Plays one script.

    @ivar server: the server that runs at present.
    """

    def __init__(self, script: Script, messages: bool = False, nodes: Sequence[str] = ()) -> None:
        """
        @param messages: whether clients use WebSockets instead of streams.
        @param nodes: the names of the nodes of a cluster, of which the clients use the last; none for a single server.
        """
        self._nodes = nodes
        self._cluster: MemoryCluster | None = None
        self._script = script
        self._messages = messages
        self._directory = mkdtemp() if script.journal == "sqlite" or nodes else None
        self._pace = PACE
        self._elapsed = 0.0
        self._clients: dict[str, Client] = {}
        self._read: dict[str, int] = {}
        self._start()

    def play(self) -> Generator[tuple[Step, dict[str, Received]], None, None]:
        """Play the script: each step, and what each client received in it.  Whoever received nothing is left out."""
        try:
            for step in self._script.steps:
                welcomed = self._perform(step)
                yield step, self._collect(welcomed)
        finally:
            self.server.close()
            if self._directory is not None:
                rmtree(self._directory)

    def _start(self) -> None:
        text = self._script.settings
        settings = settingsOf(text if "timezone" in text else text + DEFAULTS)
        if self._nodes:
            self._startCluster(settings)
            return
        self.server = MemoryServer(
            settings, start=NOON + self._elapsed, directory=self._directory, messages=self._messages
        )

    def _startCluster(self, settings: Settings) -> None:
        assert self._directory is not None
        if self._cluster is None:
            self._cluster = MemoryCluster(self._directory, self._nodes, settings, messages=self._messages)
        else:
            self._cluster.start(self._nodes[-1])
        self.server = self._cluster[self._nodes[-1]]

    def _perform(self, step: Step) -> str:
        """
        Let one step happen.

        @return: the client whose welcome is recorded as a checksum, or C{""}.
        """
        match step.verb:
            case "wait":
                self._wait(float(step.text.removesuffix(" awake")), step.text.endswith(" awake"))
            case "pace":
                self._pace = float(step.text)
            case "restart":
                self.server.close()
                self._start()
            case "configuration":
                self.server.configure(step.text + DEFAULTS)
            case "connects":
                self._connect(self._script.speakers[step.name])
            case "enters":
                speaker = self._script.speakers[step.name]
                self._connect(speaker)
                if speaker.door == "irc":
                    self._clients[step.name].sendBytes(_registration(step.name, step.text))
                    return step.name
                self._clients[step.name].sendBytes(f"{step.name}\n".encode())
            case "send":
                self._pass(self._pace)
                self._client(step).sendBytes(step.data)
            case "ends":
                self._client(step).finish()
            case "hangs up":
                self._client(step).hangUp()
            case "stalls" | "reads":
                self._client(step).link.stalled = step.verb == "stalls"
                self.server.pump()
        return ""

    def _client(self, step: Step) -> Client:
        """The client who does something."""
        if step.name not in self._clients:
            raise BadScript(f"{self._script.path}:{step.number}: {step.name} is not connected")
        return self._clients[step.name]

    def _wait(self, seconds: float, awake: bool) -> None:
        """Let time pass, in which IRC clients show every minute that they are there, or do not."""
        while awake and seconds > MINUTE:
            self._pass(MINUTE)
            seconds -= MINUTE
            for name, client in list(self._clients.items()):
                if self._script.speakers[name].door == "irc" and not client.gone:
                    client.sendBytes(b"PONG awake\r\n")
        self._pass(seconds)

    def _connect(self, speaker: Speaker) -> None:
        connect = self.server.connectIrc if speaker.door == "irc" else self.server.connect
        self._read[speaker.name] = 0
        self._clients[speaker.name] = connect(speaker.host)

    def _pass(self, seconds: float) -> None:
        """Let time pass, from one tick at which something is due to the next."""
        while seconds > 0:
            now = self.server.clock.seconds()
            due = min([call.getTime() for call in self.server.clock.getDelayedCalls()], default=now + seconds)
            step = min(max(1, ceil((due - now) / TICK)) * TICK, seconds)
            self.server.advance(step)
            self._elapsed += step
            seconds -= step

    def _collect(self, welcomed: str) -> dict[str, Received]:
        found = {}
        for name, client in list(self._clients.items()):
            data = client.raw[self._read[name] :]
            self._read[name] = len(client.raw)
            if name == welcomed:
                found[name] = Received(None, checksum(data), client.gone)
            elif data or client.gone:
                found[name] = Received(data, gone=client.gone)
            if client.gone:
                del self._clients[name]
        return found


def _registration(nick: str, capabilities: str) -> bytes:
    """What a client sends who comes in through the IRC door."""
    lines = [f"NICK {nick}", f"USER {nick} 0 * :{nick}"]
    if capabilities:
        lines = [f"CAP REQ :{capabilities}", *lines, "CAP END"]
    return b"".join(f"{line}\r\n".encode() for line in lines)


def replay(script: Script, messages: bool = False, nodes: Sequence[str] = ()) -> str:
    """
    Play a script up to the first difference.

    @param messages: whether clients use WebSockets instead of streams.  Then the script ends at its first
        half-close, since only streams have these.
    @param nodes: the names of the nodes of a cluster, see L{Player}.
    @return: the difference, for people to read; C{""} where there is none.
    """
    playing = Player(script, messages, nodes).play()
    for step, found in playing:
        if messages and step.verb == "ends":
            playing.close()
            break
        if found != step.received:
            playing.close()
            wanted, seen = script.show(step.received), script.show(found)
            where = f"{script.path}:{step.number}: {step.lines[0]}"
            diff = unified_diff(wanted, seen, "recorded", "received", lineterm="", n=3)
            return "\n".join([where, *diff])
    return ""


def record(script: Script) -> str:
    """Play a script, and write it with what clients receive now."""
    return script.write([found for _, found in Player(script).play()])
