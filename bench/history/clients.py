"""IRC clients that write, read the history, or come back all at once.  They run in a process of their own."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

CAPABILITIES = ["batch", "message-tags", "server-time", "draft/chathistory", "draft/event-playback", "soju.im/search"]

REFUSAL = re.compile(r"(?:\S+ )?(?:FAIL|421|ERROR) ")
"""A line that says that a command is refused."""

TIMEOUT = 60.0
"""How long an answer may take, in seconds."""


@dataclass(frozen=True, slots=True)
class Question:
    """
    A command that is answered with a batch.

    @ivar line: the command; C{%d} stands for the number of a room, and C{%w} for a word.
    @ivar count: how often it is asked.
    @ivar pause: seconds between two questions.
    """

    line: str
    count: int
    pause: float


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What the clients do.

    @ivar port: the port of the IRC door on 127.0.0.1.
    @ivar rooms: the number of rooms, C{#room0} and so on.
    @ivar writes: the lines per second that one client writes, each to another room; 0 for none.
    @ivar seconds: for how long it writes.
    @ivar account: the account and the password of a client that asks questions.
    @ivar member: the number of rooms that it is in.
    @ivar questions: its questions, by name.
    @ivar words: the words for questions.
    @ivar returning: the number of clients that come back at the same time.
    @ivar each: the number of rooms that each of these joins, and asks for the last 50 lines.
    @ivar together: whether all of them are in the same rooms.
    @ivar begin: when they connect, on this machine's monotonic clock.
    """

    port: int
    rooms: int
    writes: float = 0.0
    seconds: float = 0.0
    account: tuple[str, str] = ("", "")
    member: int = 0
    questions: dict[str, Question] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    returning: int = 0
    each: int = 5
    together: bool = False
    begin: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """
    What happened.

    @ivar answered: the seconds until each answer was complete, by question, in the order of the questions.
    @ivar lines: the number of lines of the first answer, by question.
    @ivar refusals: why a question was refused, by question.
    @ivar served: for each client that came back, the seconds until it had all it asked for, sorted.
    @ivar refused: how many of these were disconnected, or had an answer too late.
    """

    answered: dict[str, list[float]]
    lines: dict[str, int]
    refusals: dict[str, str]
    served: list[float]
    refused: int


class Refused(Exception):
    """The server refused a command.  The argument is the line in which it says so."""


class Connection:
    """One client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int, nick: str, account: tuple[str, str] = ("", "")) -> Connection:
        """Connect, register, and log in to an account if there is one."""
        client = cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 20))
        name, password = account
        for capability in (*CAPABILITIES, *(["sasl"] if name else [])):
            client.send(f"CAP REQ :{capability}")  # one by one, since a server refuses all of them if it lacks one
        client.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if name:
            client.send(
                "AUTHENTICATE PLAIN", f"AUTHENTICATE {b64encode(f'{chr(0)}{name}{chr(0)}{password}'.encode()).decode()}"
            )
            await client.until(r"\S+ 903 ")
        client.send("CAP END")
        await client.until(r"\S+ (?:376|422) ")
        return client

    def send(self, *lines: str) -> None:
        """Send lines."""
        self._writer.write("".join([f"{line}\r\n" for line in lines]).encode())

    async def until(self, pattern: str) -> list[str]:
        """
        Read lines until the beginning of one matches a pattern, without its tags.

        @return: all of them.
        """
        found: list[str] = []
        wanted = re.compile(pattern)
        while True:
            data = await self._reader.readline()
            if not data:
                raise EOFError(found[-1:])
            line = data.decode()
            if line[0] == "@":
                line = line.partition(" ")[2]
            if line.startswith("PING "):
                self.send(f"PONG {line[5:].strip()}")
            if REFUSAL.match(line):
                raise Refused(line.strip())
            found.append(line)
            if wanted.match(line):
                return found

    async def join(self, rooms: Sequence[int]) -> None:
        """Join rooms."""
        for start in range(0, len(rooms), 10):
            part = [f"#room{room}" for room in rooms[start : start + 10]]
            self.send(f"JOIN {','.join(part)}")
            await self.until(rf"\S+ 366 \S+ {part[-1]} ")

    async def ask(self, line: str) -> int:
        """
        Send a command, and read its batch.

        @return: the number of lines in it.
        """
        self.send(line)
        (opening,) = (await self.until(r"\S+ BATCH \+"))[-1:]
        return len(await self.until(rf"\S+ BATCH -{re.escape(opening.split()[2][1:])}\s")) - 1

    async def drop(self) -> None:
        """Read everything that comes, until the end."""
        while await self._reader.read(1 << 16):
            pass

    def close(self) -> None:
        """Disconnect."""
        self._writer.close()


async def run(plan: Plan) -> Report:
    """Carry out a plan."""
    report = Report({}, {}, {}, [], 0)
    if plan.writes:
        await _write(plan)
    if plan.questions:
        await _ask(plan, report)
    if plan.returning:
        outcomes = await _return(plan)
        served = sorted([seconds for seconds in outcomes if seconds is not None])
        report = Report(report.answered, report.lines, report.refusals, served, len(outcomes) - len(served))
    return report


async def _write(plan: Plan) -> None:
    """Write lines to a hundred rooms in turn."""
    client = await Connection.open(plan.port, "writer")
    member = min(100, plan.rooms)
    await client.join(range(member))
    reading = asyncio.create_task(client.drop())
    start, count = time.monotonic(), 0
    while time.monotonic() < start + plan.seconds:
        while count < (time.monotonic() - start) * plan.writes:
            client.send(f"PRIVMSG #room{count % member} :kare mito line {count}")
            count += 1
        await asyncio.sleep(0.005)
    reading.cancel()


async def _ask(plan: Plan, report: Report) -> None:
    """Ask each question, one after the other."""
    choose = random.Random(7)
    client = await Connection.open(plan.port, plan.account[0], plan.account)
    await client.join(range(plan.member))
    for name, question in plan.questions.items():
        report.answered[name] = []
        for _ in range(question.count):
            line = question.line.replace("%d", str(choose.randrange(plan.member)))
            while "%w" in line:
                line = line.replace("%w", choose.choice(plan.words), 1)
            start = time.perf_counter()
            try:
                count = await asyncio.wait_for(client.ask(line), TIMEOUT)
            except Refused as e:
                report.refusals[name] = str(e)
                break
            report.answered[name].append(time.perf_counter() - start)
            report.lines.setdefault(name, count)
            await asyncio.sleep(question.pause)
    client.close()


async def _return(plan: Plan) -> list[float | None]:
    """Let clients come back at the same time."""
    await asyncio.sleep(max(0.0, plan.begin - time.monotonic()))
    results = await asyncio.gather(*[_comeBack(plan, number) for number in range(plan.returning)])
    return list(results)


async def _comeBack(plan: Plan, number: int) -> float | None:
    """
    Be one client that comes back.

    @return: the seconds until it had everything; C{None} if it did not get it.
    """
    first = 0 if plan.together else number * plan.each
    rooms = [(first + room) % plan.rooms for room in range(plan.each)]
    try:
        async with asyncio.timeout(TIMEOUT):
            client = await Connection.open(plan.port, f"back{number}")
            await client.join(rooms)
            for room in rooms:
                client.send(f"CHATHISTORY LATEST #room{room} * 50")
            for _ in rooms:
                (opening,) = (await client.until(r"\S+ BATCH \+"))[-1:]
                await client.until(rf"\S+ BATCH -{re.escape(opening.split()[2][1:])}\s")
    except (OSError, EOFError, TimeoutError, Refused):
        return None
    taken = time.monotonic() - plan.begin
    client.close()
    return taken


def main(arguments: Sequence[str]) -> None:
    """Carry out the plan in the first argument, and print the report."""
    fields = json.loads(arguments[0])
    fields["questions"] = {name: Question(**question) for name, question in fields["questions"].items()}
    fields["words"] = tuple(fields["words"])
    fields["account"] = tuple(fields["account"])
    print(json.dumps(asdict(asyncio.run(run(Plan(**fields))))))


if __name__ == "__main__":
    main(sys.argv[1:])
