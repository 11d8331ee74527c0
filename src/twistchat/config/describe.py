"""Write a documented C{twistchat.toml} with every key."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Mapping, Sequence

from twistchat.chat.model.users import PRIVILEGES
from twistchat.config import toml
from twistchat.config.bounds import described
from twistchat.config.keytypes import Privileges
from twistchat.config.readings import writtenAs
from twistchat.config.settings import NAMED, TABLES, Settings, keysOf, liveness, sectionsWith


def describe(doors: Mapping[str, type | None], endpoints: Mapping[str, Sequence[str]] | None = None) -> str:
    """
    Write a C{twistchat.toml} that has every key with its default and its description.

    A line that begins with C{"# "} is a description.  One that begins with C{"#"} and no space is a key, commented out.

    @param doors: the doors that have a section, with the class of their settings.
    @param endpoints: the default endpoints of each door that gets a key in C{[listen]}.
    """
    sections = _documented(Settings)
    own = {door: table for door, table in sorted(doors.items()) if table is not None}
    tables = TABLES | own
    sections.update((door, _summary(table)) for door, table in own.items())
    lines = [_comment(paragraph) for paragraph in (*_PREFACE, _reloaded(own))]
    for section in sectionsWith(own):
        lines += ["", "", _comment(sections[section]), f"[{section}]"]
        if section in tables:
            table = tables[section]
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
        elif endpoints:
            lines += [f"#{door} = {toml.write(where)}" for door, where in endpoints.items()]
        else:
            lines.append(_comment('For example: line = "tcp:2323:interface=127.0.0.1"'))
    return "\n".join(lines) + "\n"


_PREFACE = (
    'twistchat.toml: every key with its default. To change one, take away the "#" before it.',
    'A time is a number of seconds, or a text such as "30s", "10m", "24h" or "90d".',
    'A size is a number of bytes, or a text such as "10KiB" or "1MiB".',
    "A single text may stand for a list of one text.",
    "The option --set section.key=VALUE sets a key too, and overrides this file.",
)

_PRIVILEGES = " The privileges are " + ", ".join(f"{name} ({what})" for name, what in PRIVILEGES.items()) + "."

_IVAR = re.compile(r"^@ivar (\w+): (.*(?:\n[ \t]+.*)*)", re.MULTILINE)

_MARKUP = re.compile(r"[BCIL]\{([^{}]*?)(?: <[^<>{}]*>)?\}")


def _reloaded(own: Mapping[str, type]) -> str:
    """Say which sections and keys do not take effect when the configuration is read again."""
    live = liveness(own)
    waiting = []
    for section in sectionsWith(own):
        keys = [key for key in live if key.partition(".")[0] == section]
        late = [key for key in keys if not live[key]]
        waiting += [f"[{section}]"] if late and late == keys else late
    return (
        "On SIGHUP the server reads this file again, and applies what has changed. Only changes of "
        f"{', '.join(waiting)} apply at the next start."
    )


def _summary(table: type) -> str:
    """Extract the first paragraph of a class's docstring."""
    return " ".join(inspect.cleandoc(table.__doc__ or "").partition("\n\n")[0].split())


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
