"""
What must hold, one module for each promise.

L{Promise <tests.simulation.promises.promise.Promise>} is what they share: the moments at which the world asks them.
"""

from __future__ import annotations

from tests.simulation.broken import Broken

__all__ = ["Broken"]
