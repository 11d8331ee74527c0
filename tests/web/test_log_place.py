"""
C{<chat-log>} in a browser: the reader's place, the bound on rows, and the time that rows take.
"""

from __future__ import annotations

from tests.web.logpage import LogTestCase, events, first, ids, run, scroll, texts, top


class PlaceTests(LogTestCase):
    """
    The reader's place, and the bound on rows.
    """

    def test_follows(self) -> None:
        """
        At the end the log follows, keeps at most 500 rows, and shows the last ones.
        """
        page = self.logPage()
        run(page, "log.append(messages(0, 300))")
        for start in range(300, 1300, 100):
            run(page, "log.append(messages(argument, argument + 100))", start)
            assert len(ids(page)) <= 500
        assert ids(page)[-1] == "m1299"
        assert len(ids(page)) >= 400
        assert page.evaluate("log.stick")
        gap = page.evaluate(
            "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)"
            "(document.querySelector('.scroller'))"
        )
        assert abs(gap) <= 1
        assert events(page, "seen")[-1]["time"] == page.evaluate("START + 1299000")

    def test_appendingDoesNotMoveTheReader(self) -> None:
        """
        A reader who went up stays there, also while rows above are dropped; the button counts what came.
        """
        page = self.logPage()
        run(page, "log.append(messages(0, 480))")
        height = page.evaluate("document.querySelector('.scroller').scrollHeight")
        scroll(page, height - 1500)
        row = first(page)
        place = top(page, row)
        for start in range(480, 600, 20):
            run(page, "log.append(messages(argument, argument + 20, {text: 'a longer line '.repeat(20)}))", start)
        assert abs(top(page, row) - place) <= 2
        assert not page.evaluate("log.stick")
        assert len(ids(page)) <= 500
        assert ids(page)[0] != "m0"
        assert texts(page, ".jump") == ["New messages: 120. Jump to the newest"]
        page.locator(".jump").click()
        page.wait_for_function("log.stick")
        assert ids(page)[-1] == "m599"
        page.wait_for_function("document.querySelector('.jump').hidden")

    def test_prependingDoesNotMoveTheReader(self) -> None:
        """
        Near the start the log asks for older rows, once. They come above without a jump, at the very top too.
        """
        page = self.logPage()
        run(page, "log.append(messages(1000, 1100))")
        assert events(page, "needolder") == []
        scroll(page, 0)
        scroll(page, 1)
        assert [detail["before"] for detail in events(page, "needolder")] == ["m1000"]
        scroll(page, 0)
        row = first(page)
        place = top(page, row)
        run(page, "log.prepend(messages(950, 1000, {text: 'a longer line '.repeat(30)}))")
        assert abs(top(page, row) - place) <= 2
        assert ids(page)[0] == "m950"
        run(page, "log.prepend([])")
        count = len(events(page, "needolder"))
        scroll(page, 0)
        assert len(events(page, "needolder")) == count

    def test_updatesDoNotMoveTheReader(self) -> None:
        """
        A row above that grows does not move what the reader reads, and neither does another width of the page.
        """
        page = self.logPage()
        run(page, "log.append(messages(0, 200, {text: 'some words '.repeat(15)}))")
        scroll(page, 4000)
        row = first(page)
        place = top(page, row)
        run(page, "log.update('m3', message(3, {text: 'many more words '.repeat(100)}))")
        assert abs(top(page, row) - place) <= 2
        run(page, "log.update('m3', message(3))")
        assert abs(top(page, row) - place) <= 2
        page.set_viewport_size({"width": 500, "height": 600})
        run(page, "")
        assert abs(top(page, row) - place) <= 2

    def test_farUpAndBack(self) -> None:
        """
        A reader who goes far up loses rows at the end. New messages are not put below the gap; the rows come back in
        order, none twice and none missing.
        """
        page = self.logPage()
        run(page, "log.append(messages(2000, 2400))")
        oldest = 2000
        for _ in range(6):
            scroll(page, 0)
            row = first(page)
            place = top(page, row)
            oldest -= 100
            run(page, "log.prepend(messages(argument, argument + 100))", oldest)
            assert abs(top(page, row) - place) <= 2
            assert len(ids(page)) <= 500
        assert ids(page)[0] == "m1400"
        assert ids(page)[-1] != "m2399"
        before = ids(page)
        run(page, "log.append(messages(2400, 2410))")
        assert ids(page) == before
        assert not page.evaluate("log.stick")
        newest = 2410
        for _ in range(20):
            scroll(page, 1_000_000)
            if page.evaluate("log.stick"):
                break
            after = int(events(page, "neednewer")[-1]["after"][1:])
            assert after == int(ids(page)[-1][1:])
            run(page, "log.append(messages(argument[0], argument[1]))", [after + 1, min(after + 101, newest)])
            numbers = [int(one[1:]) for one in ids(page)]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert page.evaluate("log.stick")
        assert ids(page)[-1] == "m2409"
        run(page, "log.append([message(2410)])")
        assert ids(page)[-1] == "m2410"

    def test_newest(self) -> None:
        """
        The button asks the page for the newest rows where these are not here.
        """
        page = self.logPage()
        run(page, "log.append(messages(0, 400))")
        scroll(page, 2000)
        run(page, "log.append(messages(400, 1400))")
        assert len(ids(page)) <= 500
        page.locator(".jump").click()
        assert len(events(page, "neednewest")) == 1

    def test_past(self) -> None:
        """
        A part of the past has an end that is not here: live rows are counted, and rows after it come in their order.
        """
        page = self.logPage()
        run(page, "log.show({name: '#tea'}, {past: true})")
        run(page, "log.append(messages(100, 150), {newer: true}); log.find('m120')")
        run(page, "log.append([message(900)], {newer: false})")
        assert ids(page)[-1] == "m149"
        assert not page.evaluate("log.stick || log.atEnd")
        assert texts(page, ".jump") == ["New messages: 1. Jump to the newest"]
        run(page, "log.append(messages(300, 350), {newer: true, after: 'm299'})")
        assert ids(page)[-1] == "m149"
        run(page, "log.append([], {newer: true, after: 'm149', end: false})")
        assert not page.evaluate("log.atEnd")
        run(page, "log.append(messages(150, 200), {newer: true, after: 'm149', end: true})")
        assert ids(page) == [f"m{number}" for number in range(100, 200)]
        run(page, "log.append([message(901)], {newer: false})")
        assert ids(page)[-1] == "m901"

    def test_lateOlderRows(self) -> None:
        """
        Older rows that come after the reader went elsewhere make no gap.
        """
        page = self.logPage()
        run(page, "log.append(messages(100, 150)); log.prepend(messages(20, 50), {before: 'm50'})")
        assert ids(page)[0] == "m100"
        run(page, "log.prepend(messages(50, 100), {before: 'm100'})")
        assert ids(page) == [f"m{number}" for number in range(50, 150)]

    def test_burst(self) -> None:
        """
        Of 20,000 lines at once the last are shown.
        """
        page = self.logPage()
        run(page, "for (let at = 0; at < 20000; at += 10) log.append(messages(at, at + 10))")
        assert ids(page)[-1] == "m19999"
        assert len(ids(page)) <= 500

    def test_find(self) -> None:
        """
        A message that is searched is on the screen, focused and marked. One that is not here is not found.
        """
        page = self.logPage()
        run(page, "log.append(messages(0, 400))")
        assert page.evaluate("log.find('m50')")
        assert page.evaluate("document.activeElement.dataset.msgid") == "m50"
        assert page.locator(".found").is_visible()
        assert page.evaluate("log.find('m50')")
        run(page, "log.append([message(400)])")
        assert not page.evaluate("log.stick")
        assert page.locator("[data-msgid=m50]").is_visible()
        assert not page.evaluate("log.find('nothing')")

    def test_show(self) -> None:
        """
        Another conversation begins empty, at its end, even while rows wait to be drawn.
        """
        page = self.logPage()
        run(page, "log.append(messages(0, 400)); log.setMarker(START)")
        scroll(page, 100)
        run(page, "log.append(messages(400, 450)); log.show({name: '#other'})")
        assert ids(page) == []
        assert page.locator(".marker").count() == 0
        run(page, "log.append(messages(0, 50))")
        assert page.evaluate("log.stick")
        assert page.get_by_role("log", name="Messages in #other").count() == 1


class SpeedTests(LogTestCase):
    """The time that rows take."""

    def test_speed(self) -> None:
        """
        Lines in bursts of fifty cost less than a millisecond each, with their layout. The bursts that other processes
        interrupt least are what counts: a quarter of the hundred.
        """
        page = self.logPage()
        cost = page.evaluate(
            """async () => {
              log.append(messages(0, 500));
              await drawn();
              const costs = [];
              for (let at = 500; at < 5500; at += 50) {
                const burst = messages(at, at + 50, {
                  nick: `n${at % 7}`, text: 'hello \\x02bold\\x02 http://example.com/x #lobby'});
                const start = performance.now();
                log.append(burst);
                log.find('none');
                document.body.offsetHeight;
                costs.push((performance.now() - start) / 50);
                await new Promise((done) => setTimeout(done));
              }
              return costs.sort((one, other) => one - other)[25];
            }"""
        )
        assert cost < 1
