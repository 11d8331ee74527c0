"""
A browser for the tests of the web page.

The tests are skipped where Playwright (PyPI) or a browser is missing. C{CHROMIUM} in the environment names another
browser.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def findBrowser() -> str | None:
    """
    @return: the path of a Chromium on this machine, or None.
    """
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """
    A running browser of Playwright's synchronous interface: one for all tests of a process.
    """
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install playwright"
    )
    path = findBrowser()
    if path is None:
        pytest.skip("no browser is installed: apt-get install chromium")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield running
        running.close()


STATIC = Path(__file__).resolve().parents[2] / "src" / "twistchat" / "doors" / "web" / "static"
PAGES = Path(__file__).resolve().parent / "pages"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript"}


class Files(BaseHTTPRequestHandler):
    """
    The page's files under C{/static/}, the tests' own under C{/pages/}, with the policy of the door.
    """

    def do_GET(self) -> None:
        """
        Answer with a file that is there.
        """
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
        """
        Say nothing.
        """


@pytest.fixture(scope="session")
def files() -> Iterator[str]:
    """
    The address of a server on loopback that serves the files of the page and of its tests.
    """
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
