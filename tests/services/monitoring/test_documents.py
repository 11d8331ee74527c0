"""The metrics that documents name exist, and the page for operators names all of them."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families as parse
from twisted.trial.unittest import SynchronousTestCase

from twistchat.services.monitoring.exporter import Exporter
from twistchat.testing import MemoryServer

ROOT = Path(__file__).resolve().parents[3]


def exported() -> set[str]:
    """The names of all metrics, without the parts of histograms."""
    figures = MemoryServer().context.figures
    figures.backup = dict
    text, _ = Exporter(figures).write("")
    return {f"{family.name}_total" if family.type == "counter" else family.name for family in parse(text.decode())}


class DocumentTests(SynchronousTestCase):
    """docs/operating.md."""

    def test_page(self) -> None:
        """The table has every metric, and no other; the alerts use only these."""
        section = (ROOT / "docs/operating.md").read_text("utf-8").partition("\n### Metrics\n")[2]
        rows = [line.split("|")[1] for line in section.partition("\n### Health\n")[0].splitlines() if line[:3] == "| `"]
        tabled = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
        self.assertEqual(sorted(tabled), sorted(exported()))
        used = re.findall(r"\b(?:twistchat|process)_[a-z_]+\b", section)
        self.assertEqual({re.sub("_bucket$", "", name) for name in used} - exported(), set())
