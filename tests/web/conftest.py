"""
Under pytest, a test in a browser that fails runs a second time.

On a busy machine a browser may take longer than any sensible bound.  A fault of the page fails twice.
"""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
"""The folder of the tests in a browser."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of this folder run twice if need be."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))
