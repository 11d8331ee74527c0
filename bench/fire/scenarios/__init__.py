"""The catalogue: one module for each subject, with its scenarios in the tuple C{SCENARIOS}."""

from __future__ import annotations

from bench.catalogue import Catalogue
from bench.fire.scenario import Scenario
from bench.fire.scenarios import (
    clock,
    configuration,
    connections,
    damage,
    death,
    floods,
    logins,
    powercuts,
    readers,
    silence,
    storage,
)

MODULES = (floods, readers, silence, connections, death, storage, damage, powercuts, clock, configuration, logins)
"""The modules, in the order of the table."""

ALL: Catalogue[Scenario] = Catalogue(MODULES)
"""All scenarios."""

GROUPS, CATALOGUE, chosen = ALL.groups, ALL.scenarios, ALL.chosen
