#!/usr/bin/env python3
"""
Take C{docs/page.png}: the page of the web door, in which several people talk.

A real server and a real browser make the picture, so it shows the page as it is.  It needs Playwright, Chromium, and a
font with emoji (Debian's package C{fonts-noto-color-emoji}).  Run this after a change of how the page looks::

    PYTHONPATH=. tools/screenshot.py [--dark] [--phone] [FILE]
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from tests.web.browser import findBrowser, reasonToSkip
from tests.web.server import EXEMPT, IrcPerson, LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]

MOST = 200_000
"""The most bytes that the picture may have."""

ROOM, TOPIC = "#picnic", "Saturday, 2 pm, under the big oak. Bring a cup!"

WIDE, PHONE = {"width": 1200, "height": 720}, {"width": 390, "height": 844}

PEOPLE = {
    "ben": ("Ben", "#2e7d32"),
    "chiara": ("Chiara", "#ad1457"),
    "dana": ("Dana", "#1565c0"),
    "eli": ("Eli", "#6a1b9a"),
    "fatima": ("Fatima", "#b34700"),
}
"""Who is there, with their names and colours."""

CAPABILITIES = ("batch", "message-tags", "echo-message", "draft/metadata-2", "draft/chathistory")

FIRST: Sequence[tuple[str, str]] = (
    ("ben", "Good morning! The weather for Saturday looks \x02great\x02."),
    ("ben", "Who brings what? I have a blanket and two folding chairs."),
    ("chiara", "I bake the lemon cake again: https://recipes.example.org/lemon-cake"),
    ("fatima", "And I bring flatbread, hummus and olives."),
    ("dana", "Is there a bus to the park? My bicycle has a flat tyre."),
    ("eli", "Line 14, every twenty minutes. I can pick you up at the station, Dana."),
)
"""What is said before the reader is there: nick and text."""

SECOND: Sequence[tuple[str, str]] = (
    ("dana", "That would be lovely, thank you!"),
    ("fatima", "alice: do you still have the big teapot?"),
)
"""What is said after the reader has come."""


def hold(server: LiveServer, connections: ExitStack) -> dict[str, IrcPerson]:
    """
    Let people enter some rooms, and begin the conversation.

    @param connections: closes the connections of the people.
    """
    people = {}
    for nick, (name, colour) in PEOPLE.items():
        people[nick] = person = IrcPerson(server, nick, *CAPABILITIES)
        connections.callback(person.socket.close)
        person.join(ROOM)
        person.send(f"METADATA * SET display-name :{name}", f"METADATA * SET color {colour}")
        person.settle()
    ben = people["ben"]
    ben.send(f"TOPIC {ROOM} :{TOPIC}", f"MODE {ROOM} +v chiara")
    for room in ("#lobby", "#books", "#garden"):
        ben.join(room)
        people["eli"].join(room)
    ben.settle()
    for nick, text in FIRST:
        say(people[nick], text)
    return people


def morning() -> str:
    """Return a time zone in which it is about ten o'clock."""
    return f"Etc/GMT{min(12, time.gmtime().tm_hour - 10):+}"


def say(person: IrcPerson, text: str, tags: str = "") -> str:
    """Say something in the room.  Return its id."""
    person.send(f"{tags}PRIVMSG {ROOM} :{text}")
    return person.until(re.compile(rf"msgid=([^;\s]+)[^ ]* :{person.nick}!\S+ PRIVMSG {ROOM} "))[1]


def picture(browser: Browser, *, dark: bool, phone: bool) -> bytes:
    """Hold the conversation, and return the picture."""
    with closing(LiveServer(*EXEMPT)) as server, ExitStack() as connections:
        people = hold(server, connections)
        page = browser.new_page(
            viewport=PHONE if phone else WIDE,
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            timezone_id=morning(),
        )
        page.goto(server.url + ROOM)
        page.get_by_label("Your name").fill("alice")
        page.get_by_role("button", name="Enter the chat").click()
        composer = page.locator("#composer")
        composer.wait_for()
        for room in ("#lobby", "#books", "#garden", ROOM):
            page.evaluate("(room) => { location.hash = room }", room)
            page.get_by_role("heading", name=room, level=2).wait_for()
            composer.wait_for()
        *_, asked = [say(people[nick], text) for nick, text in SECOND]
        composer.fill("Of course, and I have plenty of peppermint from the garden.")
        composer.press("Enter")
        own = people["ben"].until(re.compile(rf"msgid=([^;\s]+)[^ ]* :alice!\S+ PRIVMSG {ROOM} "))[1]
        for nick in ("fatima", "chiara"):
            people[nick].send(f"@+draft/react=❤;+draft/reply={own} TAGMSG {ROOM}")
        people["ben"].send(f"@+draft/react=👍;+draft/reply={asked} TAGMSG {ROOM}")
        say(people["chiara"], "Peppermint tea and lemon cake. Perfect!", f"@+draft/reply={own} ")
        people["ben"].send("PRIVMSG #garden :The first tomatoes are red", "PRIVMSG #garden :alice: want some?")
        people["eli"].send("PRIVMSG #books :Chapter three tonight", "PRIVMSG alice :See you on Saturday")
        people["dana"].send("AWAY :on the bus")
        people["eli"].send(f"@+typing=active TAGMSG {ROOM}")
        page.locator("chat-log .row").filter(has_text="Perfect!").wait_for()
        if not phone:
            page.locator("aside li").filter(has_text="away").first.wait_for(state="attached")
        page.locator(".typing").filter(has_text="is typing").wait_for()
        page.locator("nav li").filter(has_text="eli").first.wait_for(state="attached")
        page.mouse.move(0, 0)
        taken: bytes = page.screenshot(animations="disabled", caret="hide")
        page.close()
    return taken


def main(arguments: Sequence[str]) -> int:
    """Take the picture, and write it.  Return the exit status."""
    parser = argparse.ArgumentParser(description="Take a picture of the web page.")
    parser.add_argument("--dark", action="store_true", help="in the dark")
    parser.add_argument("--phone", action="store_true", help="on a phone")
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "docs/page.png", help="where to write it")
    chosen = parser.parse_args(arguments)
    if (reason := reasonToSkip()) is not None:
        sys.stderr.write(f"{reason}\n")
        return 1
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=findBrowser(), args=["--no-sandbox"])
        taken = picture(browser, dark=chosen.dark, phone=chosen.phone)
        browser.close()
    if len(taken) > MOST:
        sys.stderr.write(f"the picture has {len(taken):,} bytes, more than {MOST:,}\n")
        return 1
    chosen.file.write_bytes(taken)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
