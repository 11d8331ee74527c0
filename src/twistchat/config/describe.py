"""Write a documented C{twistchat.toml} with every key."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Mapping, Sequence

from twistchat.chat.model.privileges import PRIVILEGES
from twistchat.config import toml
from twistchat.config.bounds import described
from twistchat.config.keytypes import Privileges, writtenAs
from twistchat.config.settings import LIVE, NAMED, SECTIONS, TABLES, Settings, keysOf


def describe(doors: Mapping[str, Sequence[str]] | None = None) -> str:
    """
    Write a C{twistchat.toml} that has every key with its default and its description.

    A line that begins with C{"# "} is a description.  One that begins with C{"#"} and no space is a key, commented out.

    @param doors: the default endpoints of each door that gets a key in C{[listen]}.
    """
    sections = _documented(Settings)
    lines = [_comment(paragraph) for paragraph in _PREFACE]
    for section in SECTIONS:
        lines += ["", "", _comment(sections[section]), f"[{section}]"]
        if section in TABLES:
            table = TABLES[section]
            texts = _documented(table)
            for name, field, annotation, default in keysOf(table):
                bounds = described(f"{section}.{name}", annotation)
                lines += ["", _comment(texts[field] + bounds), f"#{name} = {writtenAs(annotation, default)}"]
        elif section in NAMED:
            texts = _documented(NAMED[section])
            lines += ["", f"# [{section}.NAME]"]
            for name, field, annotation, default in keysOf(NAMED[section]):
                choices = _PRIVILEGES if annotation == Privileges else ""
                lines += ["#", _comment(texts[field] + choices), f"#     {name} = {writtenAs(annotation, default)}"]
        elif doors:
            lines += [f"#{door} = {toml.write(endpoints)}" for door, endpoints in doors.items()]
        else:
            lines.append(_comment('For example: line = "tcp:2323:interface=127.0.0.1"'))
    return "\n".join(lines) + "\n"


_LIVE = ", ".join(f"[{name}]" if "." not in name else name for name in LIVE)

_PREFACE = (
    'twistchat.toml: every key with its default. To change one, take away the "#" before it.',
    'A time is a number of seconds, or a text such as "30s", "10m", "24h" or "90d".',
    'A size is a number of bytes, or a text such as "10KiB" or "1MiB".',
    "Where a list of texts is wanted, a single text does too.",
    "The option --set section.key=VALUE sets a key as well, and overrides what is here.",
    f"The signal SIGHUP has this file read again. It takes over {_LIVE}; all else holds from the next start on.",
)

_PRIVILEGES = " The privileges are " + ", ".join(f"{name} ({what})" for name, what in PRIVILEGES.items()) + "."

_IVAR = re.compile(r"^@ivar (\w+): (.*(?:\n[ \t]+.*)*)", re.MULTILINE)

_MARKUP = re.compile(r"[BCIL]\{([^{}]*?)(?: <[^<>{}]*>)?\}")


def _documented(table: type) -> dict[str, str]:
    """Extract the description of each field from the docstrings of a class and its bases, as one line of plain text."""
    texts = {}
    for each in reversed(table.__mro__):
        for name, text in _IVAR.findall(inspect.cleandoc(each.__doc__ or "")):
            plain = " ".join(_MARKUP.sub(r"\1", text).split())
            texts[name] = plain[:1].upper() + plain[1:]
    return texts


def _comment(text: str) -> str:
    return textwrap.fill(
        text, 100, initial_indent="# ", subsequent_indent="# ", break_long_words=False, break_on_hyphens=False
    )
