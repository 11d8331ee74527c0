"""The command C{twistchat}: administration of a server's data and configuration, also while the server runs."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Run the console script.

    @param arguments: the arguments after C{twistchat}; if C{None}, those of the process.
    """
    try:
        # These imports take a while, in which somebody may press Ctrl-C.
        from twistchat.console import program
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    program.main(arguments)


__all__ = ["main"]
