"""What can go wrong between a browser, its provider and this server."""

from __future__ import annotations

from typing import Final

SHOWN: Final = 200
"""The most characters of a provider's text that are shown."""


class Failed(Exception):
    """
    A login with a provider failed.

    @ivar text: says to the person what went wrong, in whole sentences.
    @ivar advice: says what they can do.
    @ivar status: the status of the answer.
    @ivar detail: says more to the administrator; C{""} if there is nothing to say.
    """

    def __init__(self, text: str, advice: str, status: int = 403, detail: str = "") -> None:
        super().__init__(f"{text} ({detail})" if detail else text)
        self.text, self.advice, self.status, self.detail = text, advice, status, detail


class ProviderFault(Exception):
    """A provider cannot be reached, or does not answer as the standards say.  The text is for the administrator."""


def shorten(text: object) -> str:
    """Make what a provider says fit to be shown: in one line, without control characters, and cut."""
    shown = "".join([character if character.isprintable() else " " for character in str(text)[: SHOWN + 1]])
    return shown[:SHOWN] + "…" if len(shown) > SHOWN else shown
