"""Tests of reading the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twistchat.chat.model.events import SERVER, AdministrativeAct, Entry, TextsForgotten
from twistchat.chat.model.spans import Acts, At
from twistchat.testing.contract.opened import ANN, BOB, GUEST, OpenedJournal, said


class ActsContract(OpenedJournal):
    """A history reads the acts of administrators."""

    def acts(self, limit: int = 9, **filters: Any) -> list[Entry]:
        """Read acts."""
        return list(self.result(self.history.acts(Acts(limit, **filters))))

    def targets(self, limit: int = 9, **filters: Any) -> str:
        """The targets of acts, newest first."""
        events = [entry.event for entry in self.acts(limit, **filters)]
        return " ".join([event.target for event in events if isinstance(event, AdministrativeAct)])

    def test_acts(self) -> None:
        """Acts are read, newest first, with all that was recorded, and nothing else is."""
        kill = AdministrativeAct(ANN, "kill", "Ann", "bob", "spam", "irc", "192.0.2.1")
        reload = AdministrativeAct(SERVER, "reload", "root", door="signal")
        entries = self.append(said("kill"), kill, said("x"), reload, said("y"))
        self.assertEqual(self.acts(), [entries[3], entries[1]])
        self.assertEqual([entry.event for entry in self.acts()], [reload, kill])

    def test_actsNone(self) -> None:
        """Without acts, nothing is found."""
        self.append(said("x"))
        self.assertEqual(self.acts(), [])

    def test_actsPages(self) -> None:
        """The newest acts are found, up to the limit.  The sequence number of the last one gives the next page."""
        self.append(*[AdministrativeAct(ANN, "kill", "Ann", str(number)) for number in range(5)])
        first = self.acts(2)
        self.assertEqual([entry.event.target for entry in first], ["4", "3"])  # type: ignore[attr-defined]  # acts
        self.assertEqual(self.targets(2, before=first[-1].sequence), "2 1")
        self.assertEqual(self.targets(before=first[-1].sequence, after=first[-1].sequence - 2), "2")

    def test_actsTimes(self) -> None:
        """Both ends can be times, and are exclusive."""
        for second in range(5):
            self.time = 1000.0 + second
            self.append(AdministrativeAct(ANN, "kill", "Ann", str(second)), said("x"))
        self.assertEqual(self.targets(after=At(1_002_000)), "4 3")
        self.assertEqual(self.targets(after=At(1_001_999)), "4 3 2")
        self.assertEqual(self.targets(before=At(1_002_000)), "1 0")
        self.assertEqual(self.targets(before=At(1_003_000), after=At(1_000_000)), "2 1")
        self.assertEqual(self.targets(after=At(9_000_000)), "")

    def test_actsFilters(self) -> None:
        """Filters select by who asked, by the act and by the target, in any case."""
        self.append(
            AdministrativeAct(ANN, "kill", "Annie", "one"),
            AdministrativeAct(BOB, "ban", "Bob", "two"),
            AdministrativeAct(SERVER, "account.suspend", "root", "three"),
            AdministrativeAct(GUEST, "accounts", "guest", "Bob"),
            AdministrativeAct(SERVER, "reload", "ann"),
        )
        expected: Sequence[tuple[str, dict[str, Any]]] = (
            (" one", {"who": "ANN"}),
            ("one", {"who": "annie"}),
            ("three", {"who": "root"}),
            ("", {"who": "carol"}),
            ("one", {"act": "KILL"}),
            ("", {"act": "kil"}),
            ("", {"act": "kill."}),
            ("three", {"act": "account"}),
            ("three", {"act": "Account.Suspend"}),
            ("three", {"act": "SUSPEND"}),
            ("", {"act": "suspen"}),
            ("", {"act": "account.s"}),
            ("", {"act": "%"}),
            ("Bob", {"target": "bOB"}),
            ("", {"target": "b"}),
            ("one", {"who": "ann", "act": "kill"}),
            ("", {"who": "ann", "act": "ban"}),
            ("Bob two", {"matching": "BOB"}),
            ("three", {"matching": "account"}),
            (" one", {"matching": "ann"}),
            ("Bob", {"matching": "bob", "act": "accounts"}),
        )
        for wanted, filters in expected:
            self.assertEqual(self.targets(**filters), wanted, filters)

    def test_actsLimited(self) -> None:
        """The limit counts the acts that fit."""
        self.append(*[AdministrativeAct(ANN, act, "Ann", act) for act in ("ban", "kill", "ban", "kill", "ban")])
        self.assertEqual(self.targets(2, act="kill"), "kill kill")
        self.assertEqual(self.targets(1, act="kill"), "kill")

    def test_actsStay(self) -> None:
        """Acts stay when the texts of their author are erased."""
        self.append(AdministrativeAct(ANN, "kill", "Ann", "bob", "spam"), said("x"))
        acts = self.acts()
        self.append(TextsForgotten(SERVER, "ann"))
        self.settle()
        self.assertEqual(self.acts(), acts)
