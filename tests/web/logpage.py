"""
The test page of the log, C{pages/log.html}, and what tests do with it.

A server of its own serves it, with the files of the page and its policy: the log needs no chat.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.web.browser import PageTestCase

EDGE = "document.querySelector('.scroller').getBoundingClientRect().top"
STATIC = Path(__file__).resolve().parents[2] / "src" / "twistchat" / "doors" / "web" / "static"
PAGES = Path(__file__).resolve().parent / "pages"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript"}


class Files(BaseHTTPRequestHandler):
    """The page's files under C{/static/}, the tests' own under C{/pages/}, with the policy of the door."""

    def do_GET(self) -> None:
        """Answer with a file that is there."""
        _, folder, path = self.path.split("/", 2) if self.path.count("/") > 1 else ("", "", "")
        root = {"static": STATIC, "pages": PAGES}.get(folder)
        file = (root / path).resolve() if root else None
        if root is None or file is None or not file.is_relative_to(root) or not file.is_file():
            self.send_error(404)
            return
        body = file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", TYPES.get(file.suffix, "application/octet-stream"))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class LogTestCase(PageTestCase):
    """A test of the log.  An exception in its page, and a violation of the policy, fail the test."""

    def logPage(self) -> Any:
        """Return the test page with an empty log."""
        files = ThreadingHTTPServer(("127.0.0.1", 0), Files)
        thread = threading.Thread(target=files.serve_forever, args=(0.05,))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(files.server_close)
        self.addCleanup(files.shutdown)
        page = self.context(viewport={"width": 900, "height": 600}).new_page()
        page.goto(f"http://127.0.0.1:{files.server_port}/pages/log.html")
        page.wait_for_function("window.ready")
        self.addCleanup(lambda: self.assertEqual([], page.evaluate("violations")))
        return page


def run(page: Any, script: str, argument: object = None) -> Any:
    """
    Run a script in the page, and wait until the log is drawn.

    @return: what the script returns.
    """
    return page.evaluate(
        f"async (argument) => {{ const result = (() => {{ {script} }})(); await drawn(); return result }}", argument
    )


def ids(page: Any) -> list[str]:
    """
    @return: the ids of the rows, in their order.
    """
    found: list[str] = page.evaluate("[...document.querySelectorAll('.row')].map((row) => row.dataset.msgid)")
    return found


def texts(page: Any, selector: str) -> list[str]:
    """
    @return: the texts of the elements that a reader sees.
    """
    found: list[str] = page.evaluate(
        "(selector) => [...document.querySelectorAll(selector)].filter((one) => !one.hidden)"
        ".map((one) => one.textContent)",
        selector,
    )
    return found


def first(page: Any) -> str:
    """
    @return: the id of the first row of which the screen shows the top.
    """
    found: str = page.evaluate(
        f"[...document.querySelectorAll('.row')].find((one) => one.getBoundingClientRect().top >= {EDGE}).dataset.msgid"
    )
    return found


def top(page: Any, msgid: str) -> float:
    """
    @return: how far below the upper edge of the log a row is, in pixels.
    """
    found: float = page.evaluate(
        f"(msgid) => document.querySelector(`[data-msgid='${{msgid}}']`).getBoundingClientRect().top - {EDGE}", msgid
    )
    return found


def scroll(page: Any, top: int) -> None:
    """
    Scroll to a place, and wait for what follows.
    """
    run(page, "document.querySelector('.scroller').scrollTop = argument", top)


def events(page: Any, kind: str) -> list[dict[str, Any]]:
    """
    @return: the details of the events of a type so far.
    """
    found: list[dict[str, Any]] = page.evaluate(
        "(kind) => events.filter(({type}) => type === kind)"
        ".map(({detail}) => ({...detail, message: detail.message?.id}))",
        kind,
    )
    return found
