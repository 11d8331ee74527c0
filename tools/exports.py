#!/usr/bin/env python3
"""
Make an export of Slack or of Mattermost, in its documented format and with the odd parts that real ones have.

Usage, in the folder of the project::

    PYTHONPATH=. python tools/exports.py slack FILE.zip [--messages N] [--seed N]
    PYTHONPATH=. python tools/exports.py mattermost FOLDER [--messages N] [--seed N]

A name that ends with C{.zip} becomes a ZIP file, any other a folder.  The same seed makes the same export.  The parts
are in C{tests/importing/makeslack.py} and C{tests/importing/makemattermost.py}, which the tests use too.  So it needs
what the tests need: C{pip install -e '.[test]'}.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.importing.made import writeFolder, writeZip
from tests.importing.makemattermost import makeMattermost
from tests.importing.makeslack import makeSlack

MAKERS = {"slack": makeSlack, "mattermost": makeMattermost}


def main(arguments: list[str]) -> int:
    """Make an export."""
    parser = argparse.ArgumentParser(description="Make an export of Slack or Mattermost.")
    parser.add_argument("server", choices=MAKERS, help="whose export it looks like")
    parser.add_argument("path", type=Path, help="the ZIP file or the folder to write; neither may exist")
    parser.add_argument("--messages", type=int, default=1000, help="how many messages to make up (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same export (default: 1)")
    options = parser.parse_args(arguments)
    if options.path.exists():
        parser.error(f"{options.path} exists; name a new file or folder")
    write = writeZip if options.path.suffix == ".zip" else writeFolder
    write(options.path, MAKERS[options.server](options.messages, options.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
