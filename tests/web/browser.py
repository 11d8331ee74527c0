"""
A real browser for the tests of the page: Debian's Chromium, which Playwright (PyPI) drives.

L{PageTestCase} gives a test a browser, a server and people.  The browser and a server are started once for each process
of tests, when the first test needs them.  Playwright belongs to the thread that starts it, and has an event loop that
runs there all the time, which would disturb other tests.  So the tests of the page run in a thread of their own, from
their C{setUp} to their last cleanup.
"""

from __future__ import annotations

import atexit
import os
import queue
import shutil
import signal
import threading
from collections.abc import Callable
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import SkipTest, TestResult

from twisted.trial.unittest import SynchronousTestCase

from tests.web.server import IrcPerson, LinePerson, LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

WAIT = 15_000
"""Milliseconds after which something that is waited for in a page is not coming."""

BOUND = 240.0
"""Seconds after which a test is ended together with the browser."""

FAULTS = ("Content Security Policy", "Content-Security-Policy", "TrustedHTML", "TrustedScript", "Refused to")
"""What the console says of a page that does what its policy forbids."""


def findBrowser() -> str | None:
    """Return the path of a browser.  C{CHROMIUM} in the environment names another one."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def reasonToSkip() -> str | None:
    """Return why there can be no tests in a browser, or C{None}."""
    if find_spec("playwright") is None:
        return "playwright is not installed: pip install playwright"
    if findBrowser() is None:
        return "no browser is installed: apt-get install chromium"
    return None


class BrowserThread:
    """A thread, and a browser and a server that its work uses.  They are started when they are needed."""

    def __init__(self) -> None:
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._playwright: Any = None
        self._browser: Browser | None = None
        self._server: LiveServer | None = None
        self._children: set[int] = set()

    def call(self, work: Callable[[], None]) -> None:
        """
        Do some work in the thread, and wait for its end.

        @raise AssertionError: it takes longer than L{BOUND}.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="browser", daemon=True)
            self._thread.start()
            atexit.register(self._close)
        done = threading.Event()
        failed: list[BaseException] = []

        def doIt() -> None:
            try:
                work()
            except BaseException as error:
                failed.append(error)
            finally:
                done.set()

        self._work.put(doIt)
        if not done.wait(BOUND):
            # Without its browser, whatever the test waits for there fails.
            for pid in self._children:
                os.kill(pid, signal.SIGKILL)
            if not done.wait(BOUND):
                raise AssertionError(f"a test of the page takes more than {2 * BOUND:.0f} s")
        if failed:
            raise failed[0]

    def browser(self) -> Browser:
        """Return the browser.  Only the thread may call this."""
        if self._browser is None or not self._browser.is_connected():
            from playwright.sync_api import sync_playwright

            before = _children()
            if self._playwright is not None:
                self._playwright.stop()
            self._playwright = sync_playwright().start()
            self._children = _children() - before
            self._browser = self._playwright.chromium.launch(
                executable_path=findBrowser(), args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
        return self._browser

    def server(self) -> LiveServer:
        """Return a running server, which tests share."""
        if self._server is None:
            self._server = LiveServer()
        return self._server

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
        if self._server is not None:
            self._server.close()
        if self._browser is not None:
            self._browser.close()
        if self._playwright is not None:
            self._playwright.stop()

    def _close(self) -> None:
        self._work.put(None)
        assert self._thread is not None
        self._thread.join(BOUND)


def _children() -> set[int]:
    """Return the processes that this thread has started, where the kernel tells."""
    path = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    return set(map(int, path.read_text().split())) if path.exists() else set()


THREAD = BrowserThread()
"""The thread in which the tests of this process run."""

NUMBERS = count(1)
"""What the names of rooms and people end with."""


class PageTestCase(SynchronousTestCase):
    """
    A test of the page in a browser.

    Tests share a server with the default limits, so each test has rooms and names of its own: see L{name}.  A test that
    kills the server, sets options, registers an account, or fails to log in starts one with L{serve}.  Each wait in a
    page is bounded by L{WAIT}, and each other one by L{tests.test_daemon.PATIENCE}.

    @ivar faults: exceptions in pages, and violations of their policy.  A test fails if there are any at its end.
    """

    def run(self, result: TestResult | None = None) -> TestResult | None:
        """Run the test, with C{setUp} and cleanups, in the thread of the browser."""
        run = super().run
        if reasonToSkip() is None:
            THREAD.call(lambda: run(result))
        else:
            run(result)
        return result

    def setUp(self) -> None:
        if (reason := reasonToSkip()) is not None:
            raise SkipTest(reason)
        self.faults: list[str] = []
        self._own: LiveServer | None = None

    def tearDown(self) -> None:
        self.assertEqual([], self.faults)

    @property
    def server(self) -> LiveServer:
        """Return the server of this test."""
        return self._own or THREAD.server()

    def serve(self, *options: str) -> LiveServer:
        """Use a server of this test's own from here on, with the default limits and further options."""
        self._own = LiveServer(*options)
        self.addCleanup(self._own.close)
        return self._own

    def name(self, stem: str) -> str:
        """Return a name that no other test in this process has: for a room with C{#} in front of it, or a nick."""
        return f"{stem}{next(NUMBERS)}"

    def context(self, *, phone: bool = False, dark: bool = False, **options: Any) -> BrowserContext:
        """
        Open a browser of its own, as far as the page can tell: with cookies and storage of its own.

        @param options: of Playwright's C{new_context}.
        """
        size = {"width": 390, "height": 844} if phone else {"width": 1200, "height": 750}
        standard: dict[str, Any] = {
            "viewport": size,
            "has_touch": phone,
            "color_scheme": "dark" if dark else "light",
            "locale": "en-GB",
            "timezone_id": "UTC",
        }
        context = THREAD.browser().new_context(**{**standard, **options})
        self.addCleanup(context.close)
        context.set_default_timeout(WAIT)
        context.on("weberror", lambda fault: self.faults.append(str(fault.error)))
        context.on("console", self._console)
        return context

    def page(self, path: str = "", *, context: BrowserContext | None = None, **options: Any) -> Page:
        """
        Open the page.

        @param path: the end of its address, such as C{#room}.
        @param context: the browser to open it in; without one, a new browser.
        @param options: of L{context}.
        """
        page = (context or self.context(**options)).new_page()
        page.goto(f"{self.server.url}{path}")
        return page

    def enter(self, nick: str, path: str = "", *, context: BrowserContext | None = None, **options: Any) -> Page:
        """Open the page, and enter as a guest.  The arguments are those of L{page}."""
        page = self.page(path, context=context, **options)
        page.get_by_label("Your name").fill(nick)
        page.get_by_role("button", name="Enter the chat").click()
        self.composer(page).wait_for()
        return page

    def composer(self, page: Page) -> Locator:
        """Return the message field."""
        return page.locator("#composer")

    def say(self, page: Page, text: str) -> None:
        """Write a message in the open conversation, and wait until it is shown and the field is empty."""
        self.composer(page).fill(text)
        self.composer(page).press("Enter")
        self.shown(page, text)

    def shown(self, page: Page, text: str) -> None:
        """Wait until the log of the open conversation shows a message with a text."""
        self.row(page, text).first.wait_for(state="attached")

    def ids(self, page: Page) -> list[str]:
        """Return the ids of what was said, as the log of the open conversation shows it."""
        found: list[str] = page.locator("chat-log .row.spoken").evaluate_all(
            "rows => rows.map(row => row.dataset.msgid)"
        )
        return found

    def row(self, page: Page, text: str) -> Locator:
        """Return the messages in the log that contain a text."""
        return page.locator("chat-log .row").filter(has_text=text)

    def irc(self, nick: str, *capabilities: str) -> IrcPerson:
        """Connect an IRC client."""
        person = IrcPerson(self.server, nick, *capabilities)
        self.addCleanup(person.socket.close)
        return person

    def line(self, nick: str) -> LinePerson:
        """Connect a client of the line door, which is in the lobby."""
        person = LinePerson(self.server, nick)
        self.addCleanup(person.socket.close)
        return person

    def _console(self, message: ConsoleMessage) -> None:
        if any(fault in message.text for fault in FAULTS):
            self.faults.append(message.text)
