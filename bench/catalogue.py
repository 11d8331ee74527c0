"""What the catalogues of scenarios have in common: their groups, the choice of scenarios, and how a run ends."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, Generic, NoReturn, Protocol, TypeVar

INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM
"""The exit statuses after Ctrl-C and after SIGTERM, as shells have them."""


class Named(Protocol):
    """A scenario."""

    @property
    def name(self) -> str:
        """Its name.  It is unique, and differs from those of the groups."""

    @property
    def tried(self) -> str:
        """What is tried, in a few words."""


AnyScenario = TypeVar("AnyScenario", bound=Named)


class Catalogue(Generic[AnyScenario]):
    """
    The scenarios of some modules.

    @ivar groups: the scenarios of each module, by the last part of its name, in the order of the table.
    @ivar scenarios: all scenarios, by name.
    """

    def __init__(self, modules: Iterable[ModuleType]) -> None:
        """
        @param modules: one module for each subject, with its scenarios in the tuple C{SCENARIOS}.
        """
        self.groups: Mapping[str, tuple[AnyScenario, ...]] = MappingProxyType(
            {module.__name__.rpartition(".")[2]: module.SCENARIOS for module in modules}
        )
        self.scenarios: Mapping[str, AnyScenario] = MappingProxyType(
            {scenario.name: scenario for scenarios in self.groups.values() for scenario in scenarios}
        )

    def chosen(self, names: Iterable[str]) -> list[AnyScenario]:
        """
        Return scenarios by their names, or those of their groups, in the order of the catalogue.

        @raise KeyError: there is no such scenario or group.
        """
        wanted = {scenario.name for name in names for scenario in self.groups.get(name) or (self.scenarios[name],)}
        return [scenario for name, scenario in self.scenarios.items() if name in wanted]

    def list(self) -> None:
        """Print all scenarios."""
        for group, scenarios in self.groups.items():
            print("\n".join([f"{group}:", *(f"  {one.name}: {one.tried}" for one in scenarios)]))


def terminated(number: int, frame: object) -> NoReturn:
    """End the process on SIGTERM by an exception, so that contexts end their servers and remove their folders."""
    raise SystemExit(TERMINATED)


def finite(value: Any) -> Any:
    """Replace infinite numbers, which JSON does not have, by C{None} in a document."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if value == float("inf") else value
