"""
Make C{src/twistchat/importing/reading/emoji.txt}: the emoji that Slack's and Mattermost's names mean.

The names are the "short names" of C{emoji.json} in the npm package C{emoji-datasource}
(U{https://github.com/iamcal/emoji-data}), which both servers use.  To move to another version, fetch the package with
C{npm pack}, unpack it, and run::

    python tools/emojinames.py path/to/package/emoji.json > src/twistchat/importing/reading/emoji.txt

Each line of the output has an emoji and its names.  It has no skin tones, because
L{twistchat.importing.reading.emoji.emojiNamed} makes these: it puts the modifier after the first code point.  The
script fails if an emoji of the package has another form with a skin tone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEADER = """\
# Emoji and their names, from emoji-datasource (https://github.com/iamcal/emoji-data), under the MIT license: see
# emoji.LICENSE.txt.  Made by tools/emojinames.py.  Do not edit.
"""


def lines(emoji: list[dict[str, Any]]) -> Iterator[str]:
    """
    Return the lines of the table.

    @param emoji: the content of C{emoji.json}.
    @raise ValueError: a skin tone does not follow the first code point.
    """
    for one in sorted(emoji, key=lambda one: str(one["unified"])):
        first, *rest = str(one["unified"]).split("-")
        for tone, variation in one.get("skin_variations", {}).items():
            bare = rest[1:] if rest[:1] == ["FE0F"] else rest
            if "-" not in tone and variation["unified"] != "-".join([first, tone, *bare]):
                raise ValueError(f"{one['short_name']} has another form with the skin tone {tone}")
        yield " ".join(["".join([chr(int(point, 16)) for point in [first, *rest]]), *one["short_names"]])


def main(path: str) -> None:
    """Write the table to standard output."""
    emoji = json.loads(Path(path).read_text("utf-8"))
    sys.stdout.write(HEADER + "".join([f"{line}\n" for line in lines(emoji)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
