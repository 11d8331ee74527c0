"""
C{<chat-log>} in a browser, served with the content security policy of the door: its rows, its keys, hostile texts.
"""

from __future__ import annotations

from tests.web.logpage import LogTestCase, events, ids, run, texts
from tests.web.payloads import hostileTexts


class RowTests(LogTestCase):
    """
    What the log shows.
    """

    def test_accessible(self) -> None:
        """
        The list is a polite log with a name; a row is an article that is labelled by nick and text, grouped rows too.
        """
        page = self.logPage()
        run(page, "log.append([message(0, {text: 'hello'}), message(1, {text: 'again'})])")
        assert page.get_by_role("log", name="Messages in #lobby").get_attribute("aria-live") is not None
        page.wait_for_selector("[role=log][aria-live=polite]")
        assert page.get_by_role("article", name="ann hello").count() == 1
        assert page.get_by_role("article", name="ann again").count() == 1
        assert page.get_by_role("heading", level=3).count() == 1
        assert page.locator(".grouped").count() == 1

    def test_historyIsNotAnnounced(self) -> None:
        """
        The first rows and older rows come silently, new ones are announced.
        """
        page = self.logPage()
        run(page, "log.append(messages(10, 20))")
        page.wait_for_selector("[aria-live=polite]")
        page.evaluate("log.prepend(messages(0, 10))")
        page.wait_for_selector("[aria-live=off]")
        page.wait_for_selector("[aria-live=polite]")
        run(page, "log.append([message(20)])")
        assert page.locator("[aria-live=polite]").count() == 1

    def test_daysAndMarker(self) -> None:
        """
        A heading begins each day. The line is above the first new message of others, and moves with its time.
        """
        page = self.logPage()
        run(
            page,
            """log.append([message(0), message(86400), message(86401, {self: true}),
                message(86401.5, {kind: 'mode', text: '+q ann'}), message(86402)]);
            log.setMarker(START + 86400000)""",
        )
        assert [text.replace(",", "") for text in texts(page, ".day")] == [
            "Tuesday 10 November 2026",
            "Wednesday 11 November 2026",
        ]
        assert page.evaluate("document.querySelector('.marker').nextElementSibling.dataset.msgid") == "m86402"
        run(page, "log.setMarker(START)")
        assert page.evaluate("document.querySelector('.marker').nextElementSibling.dataset.msgid") == "m86400"
        assert page.evaluate("document.querySelector('.marker').previousElementSibling.className") == "day"
        run(page, "log.setMarker(null)")
        assert page.locator(".marker").count() == 0

    def test_whatIsReadOnArrivalIsNotNew(self) -> None:
        """
        The line does not appear above a message that arrives while the reader is at the end, nor above joins and modes.
        """
        page = self.logPage()
        run(page, "log.append([message(0)]); log.setMarker(START)")
        run(page, "log.append([message(1)])")
        run(page, "log.append([message(2, {kind: 'join'}), message(3, {kind: 'mode'})]); log.setMarker(START + 1000)")
        assert page.locator(".marker").count() == 0

    def test_folds(self) -> None:
        """
        People who come and go in a row are one line, which the reader opens. A message between them begins another.
        """
        page = self.logPage()
        script = """log.append([message(0, {kind: 'join', nick: 'ann'}), message(1, {kind: 'join', nick: 'bob'}),
            message(2, {kind: 'quit', nick: 'cat'}), message(3), message(4, {kind: 'part', nick: 'dan'})])"""
        run(page, script)
        assert [text.replace("\u2068", "").replace("\u2069", "") for text in texts(page, ".fold")] == [
            "ann, bob joined · cat left"
        ]
        assert page.locator(".row:visible").count() == 2
        page.locator(".fold").click()
        page.wait_for_selector(".fold[aria-expanded=true]")
        assert page.locator(".row:visible").count() == 5
        run(page, "log.append([message(5, {kind: 'join', nick: 'eve'})])")
        assert page.locator(".fold").count() == 2

    def test_updates(self) -> None:
        """
        Reactions, a redaction and an echo are shown in the row. An echo goes below what arrived before it.
        """
        page = self.logPage()
        run(page, "log.append([message(0), message(1, {id: 'mine', pending: true, self: true}), message(2)])")
        assert ids(page) == ["m0", "mine", "m2"]
        run(page, "log.append([message(3)])")
        run(
            page,
            """log.update('mine', message(4, {self: true}));
            log.update('m0', message(0, {reactions: {'👍': ['bob', 'cat']}}))""",
        )
        assert ids(page) == ["m0", "m2", "m3", "m4"]
        assert texts(page, ".reaction") == ["👍2"]
        run(page, "log.update('m2', message(2, {kind: 'redacted', text: 'spam'}))")
        assert texts(page, ".redacted .body") == ["Message removed (spam)"]
        run(page, "log.append([message(3, {text: 'the same line again'})])")
        assert ids(page) == ["m0", "m2", "m3", "m4"]

    def test_pendingStaysLast(self) -> None:
        """
        What arrives goes above the reader's own line that the server has not confirmed.
        """
        page = self.logPage()
        run(page, "log.append([message(0), message(9, {id: 'mine', pending: true, self: true})])")
        run(page, "log.append([message(1)])")
        assert ids(page) == ["m0", "m1", "mine"]


class KeyTests(LogTestCase):
    """
    The log by keyboard.
    """

    def test_moving(self) -> None:
        """
        Tab reaches one row, the arrow keys the others.
        """
        page = self.logPage()
        run(page, "log.append(messages(0, 100, {text: 'see http://example.com/'}))")
        assert page.locator(".rows [tabindex='0']").count() == 3
        page.locator("[data-msgid=m99]").focus()
        for key in ("ArrowUp", "ArrowUp", "ArrowDown"):
            page.keyboard.press(key)
        assert page.evaluate("document.activeElement.dataset.msgid") == "m98"
        page.keyboard.press("Home")
        assert page.evaluate("document.activeElement.dataset.msgid") == "m0"
        assert page.locator(".rows .row[tabindex='0']").count() == 1
        page.keyboard.press("End")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") in {"BUTTON", "A"}

    def test_menu(self) -> None:
        """
        Enter opens the menu of a row; the arrow keys move in it, Enter chooses, Escape returns to the row.
        """
        page = self.logPage()
        run(page, "log.append([message(0), message(1, {nick: 'me', self: true})])")
        page.locator("[data-msgid=m0]").focus()
        page.keyboard.press("Enter")
        assert texts(page, "[role=menuitem]") == ["Reply", "Add a reaction", "Copy text", "Show profile"]
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        assert [(one["action"], one["message"]) for one in events(page, "choose")] == [("copy", "m0")]
        assert page.evaluate("document.activeElement.dataset.msgid") == "m0"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Shift+F10")
        page.keyboard.press("ArrowUp")
        assert page.evaluate("document.activeElement.textContent") == "Remove message…"
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.dataset.msgid") == "m1"
        assert page.locator("[role=menu]").is_hidden()

    def test_focusSurvives(self) -> None:
        """
        A focused row that is dropped or written anew leaves the focus in the log.
        """
        page = self.logPage()
        run(page, "log.append(messages(0, 500))")
        page.locator("[data-msgid=m499]").focus()
        run(page, "log.update('m499', message(499, {text: 'anew'}))")
        assert page.evaluate("document.activeElement.dataset.msgid") == "m499"
        run(page, "log.append(messages(500, 1500))")
        assert page.evaluate("document.activeElement.className.includes('row')")

    def test_pointer(self) -> None:
        """
        The buttons beside a row, its sender, its reactions, rooms, and the message that it answers tell the page what
        was chosen.
        """
        page = self.logPage()
        run(
            page,
            """log.append([message(0, {text: 'to #other'}),
                message(1, {nick: 'bob', reactions: {'👍': ['cat']}, replyTo: 'm0', replyPreview:
                    {nick: 'ann', text: 'to #other'}}), message(2, {replyTo: 'gone'})])""",
        )
        page.locator("[data-msgid=m1]").hover()
        page.get_by_role("button", name="Reply", exact=True).click()
        page.locator("[data-msgid=m1] .reaction").click()
        page.locator("[data-msgid=m1] .who").first.click()
        page.locator("a.room").click()
        page.locator("[data-msgid=m1] .quote").click()
        assert page.evaluate("document.activeElement.dataset.msgid") == "m0"
        page.locator("[data-msgid=m2] .quote").click()
        assert [(one["action"], one["message"], one.get("reaction")) for one in events(page, "choose")] == [
            ("reply", "m1", None),
            ("react", "m1", "👍"),
        ]
        assert events(page, "nick")[0]["nick"] == "bob"
        assert events(page, "room")[0]["room"] == "#other"
        assert events(page, "locate")[0]["id"] == "gone"


class PayloadTests(LogTestCase):
    """Hostile texts."""

    def test_payloads(self) -> None:
        """
        No text, in any field, runs, loads or navigates; each stays in its row, as text.
        """
        page = self.logPage()
        hostile = hostileTexts(page)
        assert len(hostile) >= 90
        address = page.url
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        script = """
          let number = 0;
          const fields = (text) => ({text, nick: text, name: text, account: text, target: text, colour: text,
            replyTo: text, replyPreview: {nick: text, text}, reactions: {[text]: [text]}});
          for (const text of argument) {
            for (const kind of ['text', 'notice', 'action', 'kick', 'topic', 'mode', 'part',
                'nick', 'redacted', 'error', 'system', text]) {
              log[number % 2 ? 'append' : 'prepend']([message(++number, {kind, ...fields(text)})]);
              log.find('none');
            }
          }
          log.show({name: argument[0]});
          for (const text of argument) {
            log.append([message(++number, fields(text)), message(++number, {id: text, ...fields(text)})]);
          }
          log.find('none');
        """
        run(page, script, hostile)
        allowed = "article, bdi, span, div, button, time, a, code, pre, h3"
        assert (
            page.evaluate(
                f"[...document.querySelectorAll('.rows *')].filter((one) => !one.matches('{allowed}')).length"
            )
            == 0
        )
        assert (
            page.evaluate(
                "[...document.querySelectorAll('.rows *')]"
                ".flatMap((one) => one.getAttributeNames()).filter((name) => /^on|^src/.test(name))"
            )
            == []
        )
        schemes = page.evaluate(
            "[...new Set([...document.querySelectorAll('.rows a.link')].map((one) => one.protocol))]"
        )
        assert set(schemes) <= {"http:", "https:", "mailto:", "irc:", "ircs:"}
        links = "[...document.querySelectorAll('.rows a.link')]"
        assert page.evaluate(
            f"{links}.every((one) => one.target === '_blank' && one.rel === 'noopener noreferrer nofollow ugc')"
        )
        assert page.evaluate(
            "[...document.querySelectorAll('.rows [style]')].every((one) => /^--/.test(one.getAttribute('style')))"
        )
        for button in ("quote", "who", "reaction"):
            page.evaluate("(name) => document.querySelectorAll(`.rows .${name}`).forEach((one) => one.click())", button)
        page.wait_for_timeout(100)
        assert page.evaluate("window.hit") is None
        assert page.url == address
        assert requests == []
