"""Words that a client gives, made fit for use."""

from __future__ import annotations

import re

_UNFIT = re.compile(r"[^A-Za-z0-9._\-\[\]{}|^`\\]")

USERNAME = 16
"""Characters of a username, its C{~} left out."""


def usernameOf(given: str) -> str:
    """
    The username that others see: what may stand before an C{@}, marked with C{~} as nobody vouches for it.

    @param given: the first parameter of USER.
    """
    return f"~{_UNFIT.sub('', given)[:USERNAME] or 'user'}"
