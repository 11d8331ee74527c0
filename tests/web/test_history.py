"""The history of a room in the page: far back, and forward again."""

from __future__ import annotations

from typing import Any

from tests.web.browser import PageTestCase
from tests.web.server import EXEMPT

LINES = 2000

TURN = """
async (back) => {
  const scroller = document.querySelector('chat-log .scroller');
  const rows = () => [...scroller.querySelectorAll('.row.spoken')];
  const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const edge = () => (back ? rows()[0] : rows().at(-1)).dataset.msgid;
  const before = edge();
  const numbers = () => rows().map((row) => Number(/line (\\d+)[.]/.exec(row.textContent)?.[1]));
  const began = numbers();
  scroller.scrollTop = back ? 0 : scroller.scrollHeight;
  const view = scroller.getBoundingClientRect();
  const seen = rows().filter((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return top < view.bottom && bottom > view.top;
  });
  const place = back ? seen[0] : seen.at(-1);
  const id = place.dataset.msgid;
  const top = place.getBoundingClientRect().top;
  const until = performance.now() + 15000;
  const over = (row) => row.textContent.includes(back ? 'line 0.' : 'line %LAST%.');
  let moved = 0;
  while (edge() === before && !rows().some(over) && performance.now() < until) await drawn();
  await drawn();
  const now = rows().find((row) => row.dataset.msgid === id);
  if (edge() !== before) moved = now ? now.getBoundingClientRect().top - top : null;
  return { moved, rows: rows().length, over: rows().some(over), stuck: performance.now() >= until,
    began, ended: numbers() };
}
""".replace("%LAST%", str(LINES - 1))
"""Scroll to an edge of what is loaded, and wait for more.  Returns how far the reader's place moved, in pixels."""


class HistoryTests(PageTestCase):
    """A room in which much was said."""

    def test_farBackAndForward(self) -> None:
        """
        A reader goes back through 2,000 lines and forward again, keeps the place whenever more is loaded, and sees
        each line in its order.  The page keeps few rows.
        """
        server = self.serve(*EXEMPT)
        cat = self.irc("cat")
        cat.join("#tea")
        for start in range(0, LINES, 100):
            cat.send(
                *[f"PRIVMSG #tea :line {number}. {'tea ' * (number % 40)}" for number in range(start, start + 100)]
            )
            cat.settle()
        server.stop()
        server.start(options=())
        page = self.enter("ann", "#tea")
        self.shown(page, f"line {LINES - 1}.")
        back = self.travel(page, back=True)
        self.assertEqual(set(range(LINES)), back)
        forward = self.travel(page, back=False)
        self.assertEqual(set(range(LINES)), forward)

    def travel(self, page: Any, back: bool) -> set[int]:
        """Scroll in one direction to the end.  Return the numbers of the lines that were there."""
        met: set[int] = set()
        for _ in range(LINES // 20):
            turn = page.evaluate(TURN, back)
            self.assertFalse(turn["stuck"], turn)
            self.assertLessEqual(turn["rows"], 500)
            self.assertIsNotNone(turn["moved"])
            self.assertLessEqual(abs(turn["moved"]), 2, turn)
            for numbers in (turn["began"], turn["ended"]):
                self.assertEqual(list(range(numbers[0], numbers[-1] + 1)), numbers)
                met.update(numbers)
            if turn["over"]:
                return met
        raise AssertionError(f"the other end was not reached; {len(met)} lines were seen")
