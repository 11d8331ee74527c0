"""The metrics that documents name exist, and the page for operators names all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families as parse
from twisted.trial.unittest import SynchronousTestCase

from tests.services.nodes import NodeLog
from twistchat.services.monitoring.exporter import Exporter
from twistchat.testing import MemoryServer
from twistchat.testing.journals import inMemory

ROOT = Path(__file__).resolve().parents[3]


def exported() -> set[str]:
    """The names of all metrics, without the parts of histograms."""
    figures = MemoryServer(journal=inMemory(NodeLog)).context.figures
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


class DashboardTests(SynchronousTestCase):
    """contrib/grafana.json."""

    def setUp(self) -> None:
        """Read the dashboard."""
        self.dashboard = json.loads((ROOT / "contrib/grafana.json").read_text("utf-8"))
        self.panels = [panel for panel in self.dashboard["panels"] if panel["type"] != "row"]

    def test_metrics(self) -> None:
        """Every metric in an expression exists, and every metric has a place."""
        expressions = [target["expr"] for panel in self.panels for target in panel["targets"]]
        used = {name for text in expressions for name in re.findall(r"\b(?:twistchat|process)_[a-z_]+\b", text)}
        self.assertEqual({re.sub("_(bucket|count)$", "", name) for name in used}, exported())
        for text in expressions:
            self.assertEqual(
                text.count('{job=~"$job",instance=~"$instance"}'), len(re.findall(r"twistchat_|process_", text))
            )

    def test_panels(self) -> None:
        """Each panel has a title, a description, a unit, legends and a place of its own."""
        self.assertEqual((self.dashboard["uid"], self.dashboard["title"]), ("twistchat", "twistchat"))
        places: set[tuple[int, int]] = set()
        for panel in self.dashboard["panels"]:
            place = panel["gridPos"]
            cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
            self.assertFalse(places & cells, panel["title"])
            self.assertLessEqual(max(x for x, _ in cells), 23)
            places |= cells
        for panel in self.panels:
            self.assertTrue(panel["title"] and panel["description"].endswith("."), panel["title"])
            self.assertIn("unit", panel["fieldConfig"]["defaults"])
            if panel["type"] == "timeseries":
                self.assertTrue(all(target["legendFormat"] for target in panel["targets"]), panel["title"])
        self.assertEqual(len({panel["id"] for panel in self.dashboard["panels"]}), len(self.dashboard["panels"]))
