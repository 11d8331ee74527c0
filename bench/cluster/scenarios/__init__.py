"""The catalogue: one module for each subject, with its scenarios in the tuple C{SCENARIOS}."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bench.cluster.scenario import Scenario
from bench.cluster.scenarios import claiming, copying, failing, upgrading

MODULES = (failing, claiming, copying, upgrading)
"""The modules, in the order of the table."""

GROUPS: Mapping[str, tuple[Scenario, ...]] = MappingProxyType(
    {module.__name__.rpartition(".")[2]: module.SCENARIOS for module in MODULES}
)
"""The scenarios of each subject."""

CATALOGUE: Mapping[str, Scenario] = MappingProxyType(
    {scenario.name: scenario for scenarios in GROUPS.values() for scenario in scenarios}
)
"""All scenarios, by name.  A name is unique, and differs from those of L{GROUPS}."""


def chosen(names: Sequence[str]) -> list[Scenario]:
    """
    Return scenarios by their names, or those of their groups, in the order of the catalogue.

    @raise KeyError: there is no such scenario or group.
    """
    wanted = {scenario.name for name in names for scenario in GROUPS.get(name) or (CATALOGUE[name],)}
    return [scenario for name, scenario in CATALOGUE.items() if name in wanted]
