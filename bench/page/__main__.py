"""C{python -m bench.page}: what the web page costs in a browser.  See C{bench/README.md}, "The page"."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench import machine
from tests.web.browser import findBrowser, reasonToSkip
from tests.web.server import EXEMPT, IrcPerson, LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

ROOM = "#tea"

RATE = 50
"""Lines per second."""

MARKS = """
new MutationObserver(() => {
  if (document.querySelector('input[name=nick]')) window.interactive ??= performance.now();
  if (document.querySelector('#composer')) window.talking ??= performance.now();
}).observe(document, { subtree: true, childList: true });
"""
"""Notes when one can type a name, and when one can type a message."""

TEXTS = (
    "does anyone know how long the tea has to stand? mine is bitter",
    "three minutes, and \x02never\x02 longer: see https://example.com/tea",
    "ann: the one from yesterday was good, thank you",
    "then I will try four spoons and two minutes, as in #kitchen",
)
"""What is said, in turn: plain text, formatting and a link, a mention, the name of a room."""


@dataclass(frozen=True, slots=True)
class Load:
    """
    One first load, with an empty cache.

    @ivar files: the number of answers until one can type a name.
    @ivar first: the bytes of their bodies, compressed as the server sends them.
    @ivar headers: the bytes of their headers.
    @ivar chat: the bytes of the bodies that the chat adds.
    @ivar interactive: milliseconds from the request until one can type a name.
    @ivar talking: milliseconds from the click on the button until one can type a message.
    """

    files: int
    first: float
    headers: float
    chat: float
    interactive: float
    talking: float


@dataclass(frozen=True, slots=True)
class Lines:
    """
    Lines that arrive at L{RATE}.

    @ivar said: how many lines the page has had before.
    @ivar rows: how many rows the log has.
    @ivar task: milliseconds of CPU of the main thread per line, without what the page takes when nothing arrives.
    @ivar script: that part of them in which scripts run.
    @ivar heap: MiB of live objects of JavaScript.
    @ivar memory: MiB of the page's process that it shares with no other.
    """

    said: int
    rows: int
    task: float
    script: float
    heap: float
    memory: float


def measureLoad(browser: Browser, url: str, nick: str) -> Load:
    """Load the page, and enter."""
    context = browser.new_context()
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    received: list[float] = []
    bodies: list[float] = []
    cdp.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    cdp.on("Network.dataReceived", lambda event: bodies.append(event["encodedDataLength"]))
    cdp.send("Network.enable")
    page.add_init_script(MARKS)
    page.goto(f"{url}{ROOM}")
    page.wait_for_function("() => window.interactive", polling=5)
    page.wait_for_load_state("networkidle")
    files, first, headers = len(received), sum(bodies), sum(received) - sum(bodies)
    page.get_by_label("Your name").fill(nick)
    began = page.evaluate("() => performance.now()")
    page.get_by_label("Your name").press("Enter")
    page.wait_for_function("() => window.talking", polling=5)
    page.wait_for_load_state("networkidle")
    interactive, talking = page.evaluate("() => [window.interactive, window.talking]")
    context.close()
    return Load(files, first, headers, sum(bodies) - first, interactive, talking - began)


def counters(cdp: CDPSession) -> dict[str, float]:
    """Return the counters of the page's main thread."""
    return {metric["name"]: metric["value"] for metric in cdp.send("Performance.getMetrics")["metrics"]}


def processMemory(browser: Browser) -> float:
    """Return the private memory of the process of the only page, in MiB."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    page = max((one for one in processes if one["type"] == "renderer"), key=lambda one: float(one["cpuTime"]))
    found = re.search(r"^RssAnon:\s+(\d+) kB", Path(f"/proc/{page['id']}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


class Talk:
    """Somebody who talks, and a page that shows it."""

    def __init__(self, person: IrcPerson, page: Page) -> None:
        self.said = 0
        self._person = person
        self._page = page

    def say(self, count: int, rate: float | None) -> None:
        """Say some lines, at a rate or as fast as possible, and wait until the page shows them."""
        began = time.monotonic()
        for number in range(count):
            if rate:
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
            self._person.send(f"PRIVMSG {ROOM} :{TEXTS[self.said % len(TEXTS)]} ({self.said})")
            self.said += 1
        last = self._page.locator("chat-log .row").filter(has_text=f"({self.said - 1})")
        last.wait_for(state="attached")


def measureLines(browser: Browser, cdp: CDPSession, page: Page, talk: Talk, seconds: int) -> Lines:
    """Measure the page while lines arrive, and before that for as long while none does."""
    before, began = counters(cdp), time.monotonic()
    page.wait_for_timeout(1000 * seconds)
    between, came = counters(cdp), time.monotonic()
    talk.say(RATE * seconds, RATE)
    after, ended = counters(cdp), time.monotonic()
    idle = (between["TaskDuration"] - before["TaskDuration"]) / (came - began)
    task = (after["TaskDuration"] - between["TaskDuration"] - idle * (ended - came)) / (RATE * seconds)
    script = (after["ScriptDuration"] - between["ScriptDuration"]) / (RATE * seconds)
    cdp.send("HeapProfiler.collectGarbage")
    heap = counters(cdp)["JSHeapUsedSize"] / 2**20
    rows = page.locator("chat-log .row").count()
    return Lines(talk.said, rows, 1000 * task, 1000 * script, heap, processMemory(browser))


def measure(browser: Browser, loads: int, seconds: int, many: int) -> tuple[list[Load], list[Lines]]:
    """
    Measure everything.

    @param loads: how many times the page is loaded.
    @param seconds: for how long lines arrive.
    @param many: after how many lines that is repeated.
    """
    with closing(LiveServer(*EXEMPT)) as server:
        loaded = [measureLoad(browser, server.url, f"ann{number}") for number in range(loads)]
        person = IrcPerson(server, "bob")
        person.join(ROOM)
        context = browser.new_context(viewport={"width": 1200, "height": 750})
        page = context.new_page()
        page.goto(f"{server.url}{ROOM}")
        page.get_by_label("Your name").fill("ann")
        page.get_by_label("Your name").press("Enter")
        page.locator("#composer").wait_for()
        cdp = context.new_cdp_session(page)
        # CPU time, which other processes do not add to.
        cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        talk = Talk(person, page)
        lines = [measureLines(browser, cdp, page, talk, seconds)]
        for until in (many // 10, many):
            while talk.said < until:
                talk.say(min(100, until - talk.said), None)
            lines.append(measureLines(browser, cdp, page, talk, seconds))
        person.socket.close()
        context.close()
    return loaded, lines


def described(loads: Sequence[Load], lines: Sequence[Lines]) -> str:
    """Return the figures as tables in Markdown: medians of the loads."""

    def middle(name: str) -> float:
        return median([float(getattr(load, name)) for load in loads])

    text = f"""\
| first load | figure |
| --- | --- |
| bytes until one can type a name | {middle("first") / 1024:.1f} KiB in {middle("files"):.0f} files |
| headers of these files | {middle("headers") / 1024:.1f} KiB |
| time until one can type a name | {middle("interactive"):.0f} ms |
| bytes that the chat adds | {middle("chat") / 1024:.1f} KiB |
| time from the name until one can talk | {middle("talking"):.0f} ms |

| lines so far | rows | ms per line | of it scripts | heap | process |
| --- | --- | --- | --- | --- | --- |
"""
    for one in lines:
        figures = f"{one.task:.2f} | {one.script:.2f} | {one.heap:.1f} MiB | {one.memory:.0f} MiB"
        text += f"| {one.said:,} | {one.rows} | {figures} |\n"
    return text


def main(arguments: Sequence[str]) -> int:
    """Measure, and print the tables.  Return the exit status."""
    machine.requireLinux()
    parser = argparse.ArgumentParser(prog="python -m bench.page", description="Measure the web page in a browser.")
    parser.add_argument("--loads", type=int, default=11, help="how many times the page is loaded")
    parser.add_argument("--seconds", type=int, default=10, help="for how long lines arrive")
    parser.add_argument("--lines", type=int, default=5000, help="after how many lines the last measurement begins")
    parser.add_argument("--out", type=Path, help="a file for the figures, as JSON")
    chosen = parser.parse_args(arguments)
    if (reason := reasonToSkip()) is not None:
        print(reason)
        return 1
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=findBrowser(), args=["--no-sandbox"])
        loads, lines = measure(browser, chosen.loads, chosen.seconds, chosen.lines)
        version = browser.version
        browser.close()
    where = {**machine.describe(), "browser": version}
    print(", ".join(f"{key} {value}" for key, value in where.items()))
    print()
    print(described(loads, lines), end="")
    if chosen.out is not None:
        figures: dict[str, Any] = {"machine": where, "loads": [asdict(one) for one in loads]}
        chosen.out.write_text(json.dumps({**figures, "lines": [asdict(one) for one in lines]}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
