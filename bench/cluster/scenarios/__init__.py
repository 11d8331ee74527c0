"""The catalogue: one module for each subject, with its scenarios in the tuple C{SCENARIOS}."""

from __future__ import annotations

from bench.catalogue import Catalogue
from bench.cluster.scenario import Scenario
from bench.cluster.scenarios import claiming, copying, failing, upgrading

MODULES = (failing, claiming, copying, upgrading)
"""The modules, in the order of the table."""

ALL: Catalogue[Scenario] = Catalogue(MODULES)
"""All scenarios."""

GROUPS, CATALOGUE, chosen = ALL.groups, ALL.scenarios, ALL.chosen
