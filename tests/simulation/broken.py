"""What a broken promise is."""

from __future__ import annotations


class Broken(AssertionError):
    """
    A promise of the design does not hold.

    @ivar promise: the promise.
    @ivar seen: what was seen instead.
    """

    def __init__(self, promise: str, seen: str) -> None:
        super().__init__(f"{promise}: {seen}")
        self.promise = promise
        self.seen = seen
