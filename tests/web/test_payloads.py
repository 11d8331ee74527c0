"""
Hostile texts in every field that a user can set, live and from history: none runs, loads or navigates.

The server exempts its clients from the limits of speed, since this is about what arrives and not about how fast.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.web.browser import PageTestCase
from tests.web.payloads import AUDIT, Watch, forIrc, hostileTexts
from tests.web.server import EXEMPT, IrcPerson

if TYPE_CHECKING:
    from playwright.sync_api import Page

CAPABILITIES = (
    "batch",
    "message-tags",
    "setname",
    "echo-message",
    "draft/metadata-2",
    "draft/account-registration",
    "draft/multiline",
    "draft/chathistory",
)
"""What eve requests: what L{FIELDS} needs, and chathistory, whose clients get no history when they join."""

ROOM = "#hall"

FIELDS: dict[str, Callable[[str], list[str]]] = {
    "message": lambda text: [f"PRIVMSG {ROOM} :{text}"],
    "private message": lambda text: [f"PRIVMSG ann :{text}"],
    "notice": lambda text: [f"NOTICE {ROOM} :{text}"],
    "action": lambda text: [f"PRIVMSG {ROOM} :\x01ACTION {text}\x01"],
    "other CTCP": lambda text: [f"PRIVMSG {ROOM} :\x01{text}\x01"],
    "several lines": lambda text: [
        f"BATCH +m draft/multiline {ROOM}",
        f"@batch=m PRIVMSG {ROOM} :{text}",
        f"@batch=m PRIVMSG {ROOM} :{text}",
        "BATCH -m",
    ],
    "reaction": lambda text: [f"@+draft/react={tag(text)};+draft/reply={{said}} TAGMSG {ROOM}"],
    "answered message": lambda text: [f"@+draft/reply={tag(text)} PRIVMSG {ROOM} :answer"],
    "unknown tag": lambda text: [f"@+{re.sub('[^a-z]', '', text) or 'x'}={tag(text)};+typing=active TAGMSG {ROOM}"],
    "topic": lambda text: [f"TOPIC {ROOM} :{text}"],
    "realname": lambda text: [f"SETNAME :{text}"],
    "away": lambda text: [f"AWAY :{text}"],
    "display name": lambda text: [f"METADATA * SET display-name :{text}"],
    "colour": lambda text: [f"METADATA * SET color :{text}"],
    "avatar": lambda text: [f"METADATA * SET avatar :{text}"],
    "homepage": lambda text: [f"METADATA * SET homepage :{text}"],
    "own key": lambda text: [f"METADATA * SET status :{text}"],
    "metadata of a room": lambda text: [f"METADATA {ROOM} SET display-name :{text}"],
    "list entry": lambda text: [f"MODE {ROOM} +b {word(text)}", f"MODE {ROOM} -b {word(text)}"],
    "key of a room": lambda text: [f"MODE {ROOM} +k {word(text)}", f"MODE {ROOM} -k *"],
    "nick": lambda text: [f"NICK {word(text)}", "NICK eve"],
    "account": lambda text: [f"REGISTER {word(text)} * 1234"],
    "name of a room, and invitation": lambda text: [
        f"JOIN #{word(text)}",
        f"INVITE ann #{word(text)}",
        f"PART #{word(text)} :{text}",
    ],
    "reason of a part": lambda text: [f"PART {ROOM} :{text}", f"JOIN {ROOM}"],
}
"""What eve sends for a text, by the field in which it is then.  C{{said}} stands for the id of a message."""


def word(text: str) -> str:
    """Return a text as one parameter."""
    return re.sub(r"[\s,]", "_", text).lstrip(":")[:50] or "x"


def tag(text: str) -> str:
    """Return a text as the value of a tag (IRCv3 message-tags)."""
    return text.replace("\\", "\\\\").replace(";", "\\:").replace(" ", "\\s")


class PayloadTests(PageTestCase):
    """Someone who wants to own the page."""

    def test_payloads(self) -> None:
        """Nothing that others send is more than text, live and from history, and in the address of the page."""
        self.serve(*EXEMPT)
        context = self.context()
        blank = context.new_page()
        texts = forIrc(hostileTexts(blank))
        blank.close()
        self.assertGreaterEqual(len(set(texts)), 60)
        watch = Watch(context, self.server.url)
        keeper, eve = self.irc("keeper"), self.irc("eve", *CAPABILITIES)
        keeper.join(ROOM)
        eve.join(ROOM)
        keeper.send(f"MODE {ROOM} +o eve")
        live = self.enter("ann", ROOM, context=context)
        watch.watch(live)
        rooms = self.attack(eve, keeper, texts, live)
        self.inspect(live, watch, "live")
        self.wander(live, rooms)
        self.inspect(live, watch, "live, in other views")
        self.openDialogs(live, eve, keeper, rooms, texts)
        self.inspect(live, watch, "in dialogs")
        late = self.page(ROOM, context=context)
        watch.watch(late)
        late.get_by_label("Your name").fill("bob")
        late.get_by_role("button", name="Enter the chat").click()
        self.shown(late, "the end")
        for _ in range(4):
            self.inspect(late, watch, "from history")
            late.evaluate("document.querySelector('chat-log .scroller').scrollTop = 0")
            late.wait_for_function("() => document.querySelector('chat-log .scroller').scrollTop > 0")
        self.arrived(texts)
        for text in texts:
            late.evaluate("(text) => { location.hash = text }", text)
        self.inspect(late, watch, "from the address")
        self.server.stop()

    def attack(self, eve: IrcPerson, keeper: IrcPerson, texts: list[str], page: Page) -> list[str]:
        """Let eve send each text in each field.  Return the rooms that there are then."""
        keeper.send(f"PRIVMSG {ROOM} :what eve answers")
        said = eve.until(re.compile(r"msgid=([^; ]+)[^ ]* :keeper!\S+ PRIVMSG #hall :what eve answers"))[1]
        for name, lines in FIELDS.items():
            for text in texts:
                eve.send(*[line.replace("{said}", said) for line in lines(text)])
            eve.settle()
            if name == "reason of a part":
                keeper.send(f"MODE {ROOM} +o eve")
        eve.send(*[f"JOIN #{word(text)}" for text in texts])
        eve.settle()
        rooms = sorted(set(re.findall(r":eve!\S+ JOIN (#\S+)", eve.text)) - {ROOM})
        for text in texts:
            keeper.send(f"KICK {ROOM} eve :{text}")
            eve.until(" KICK ")
            eve.send(f"JOIN {ROOM}")
            eve.settle()
        for number, text in enumerate(texts[:20]):
            mallory = self.irc(f"mallory{number}")
            mallory.join(ROOM)
            mallory.send(f"QUIT :{text}")
            mallory.until("ERROR")
        keeper.settle()
        keeper.send(f"PRIVMSG {ROOM} :that is all")
        # The page has thousands of lines to show, which takes a slow machine a while.
        self.row(page, "that is all").first.wait_for(state="attached", timeout=60_000)
        return rooms

    def arrived(self, texts: list[str]) -> None:
        """Check that the server took most of the texts: there was something to withstand."""
        entries = self.server.journal(ROOM)
        for event, field in (("said", "text"), ("topic", "topic"), ("kicked", "reason")):
            values = {entry.get(field) for entry in entries if entry["event"] == event}
            self.assertGreaterEqual(len(values.intersection(texts)), 60, {entry["event"] for entry in entries})

    def wander(self, page: Page, rooms: list[str]) -> None:
        """Open the conversation with eve, and some of the rooms with hostile names."""
        self.assertGreater(len(rooms), 20)
        page.locator("nav").get_by_role("button", name="eve").first.click()
        page.get_by_role("heading", name="eve", level=2).wait_for()
        for room in rooms[:: max(1, len(rooms) // 8)]:
            page.get_by_label("Room to join or create").fill(room)
            page.get_by_role("button", name="Join", exact=True).click()
            page.get_by_role("heading", name=room, level=2, exact=True).wait_for()

    def openDialogs(self, page: Page, eve: IrcPerson, keeper: IrcPerson, rooms: list[str], texts: list[str]) -> None:
        """Open the dialogs that show what others have set."""
        keeper.send(f"MODE {ROOM} +o ann", f"MODE {ROOM} +o eve")
        keeper.settle()
        eve.send(*[f"MODE {ROOM} +b {word(text)}" for text in texts[:90]])
        eve.send(*[f"TOPIC {room} :{text}" for room, text in zip(rooms, texts, strict=False)])
        eve.send(*[f"PRIVMSG {ROOM} :ann {text}" for text in texts])
        eve.settle()
        page.evaluate("(room) => { location.hash = room }", ROOM)
        page.get_by_role("heading", name=ROOM, level=2, exact=True).wait_for()
        dialog = page.get_by_role("dialog")
        page.get_by_role("button", name="Find rooms").click()
        dialog.get_by_text(rooms[-1]).first.wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("button", name=f"About {ROOM}").click()
        dialog.get_by_role("tab", name="Bans").click()
        dialog.locator(".masks li").nth(60).wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("button", name=re.compile("^Mentions")).click()
        dialog.locator(".result").nth(10).wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Search messages").click()
        dialog.get_by_label("Words").fill("ann")
        dialog.get_by_role("button", name="Search", exact=True).click()
        dialog.locator(".result").nth(10).wait_for()
        page.keyboard.press("Escape")
        page.evaluate("() => { location.hash = '@eve' }")
        for text in texts[::8]:
            eve.send(f"SETNAME :{text}", f"AWAY :{text}", f"METADATA * SET display-name :{text}")
            eve.settle()
            page.get_by_role("button", name="Profile of eve").click()
            dialog.locator(".facts").wait_for()
            page.keyboard.press("Escape")
            dialog.wait_for(state="detached")
        keeper.send(f"PRIVMSG {ROOM} :the end")
        keeper.settle()

    def inspect(self, page: Page, watch: Watch, when: str) -> None:
        """Check that no text had its way."""
        self.assertEqual([], page.evaluate(AUDIT), when)
        self.assertEqual([], watch.seen, when)
