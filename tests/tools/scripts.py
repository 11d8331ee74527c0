"""Loads scripts of this repository that are not part of a package, such as those in C{tools/}."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
"""The root of the repository."""


def loadScript(name: str, folder: str = "tools") -> ModuleType:
    """
    Load a script as a new module.

    @param name: the name of its file, without C{.py}.
    @param folder: its folder in the repository.
    """
    spec = importlib.util.spec_from_file_location(f"script_{name}", ROOT / folder / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks there for its annotations
    spec.loader.exec_module(module)
    return module
