"""
Records conversations anew: C{python -m tests.conversations.record FILE…} plays each script and replaces what clients
receive in it.  Read the difference before it is committed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.conversations.player import record
from tests.conversations.script import BadScript, readScript


def main(names: Sequence[str]) -> str | int:
    """
    Record scripts.

    @param names: their files.
    @return: the status to exit with, or what was wrong.
    """
    if not names:
        return "Usage: python -m tests.conversations.record FILE..."
    for name in names:
        path = Path(name).resolve()
        try:
            text = record(readScript(path))
        except (BadScript, OSError) as bad:
            return str(bad)
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
