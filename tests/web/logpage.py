"""
The test page of the log, C{pages/log.html}, and what tests do with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

EDGE = "document.querySelector('.scroller').getBoundingClientRect().top"


@pytest.fixture(name="page")
def makePage(browser: Any, files: str) -> Iterator[Any]:
    """
    The test page with an empty log. An exception in the page fails the test.
    """
    context = browser.new_context(viewport={"width": 900, "height": 600}, timezone_id="UTC", locale="en-GB")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{files}/pages/log.html")
    page.wait_for_function("window.ready")
    yield page
    violations = page.evaluate("violations")
    context.close()
    assert faults == []
    assert violations == []


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
