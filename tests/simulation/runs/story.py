"""Tells the steps of a simulation as a story, for people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tests.simulation.steps import ACTIONS, ALL, Step

LINES: Final = (
    (re.compile(r"(?:JOIN|/join) (\S+)"), "joins {0}"),
    (re.compile(r"PART (\S+).*"), "leaves {0}"),
    (re.compile(r"(?:PRIVMSG|NOTICE) (\S+) :(.*)"), "says {1!r} to {0}"),
    (re.compile(r"/msg (\S+) (.*)"), "says {1!r} to {0}"),
    (re.compile(r"([^/\s]\S* word.*|t\d+)"), "says {0!r}"),
    (re.compile(r"KICK (\S+) (\S+).*"), "kicks {1} from {0}"),
    (re.compile(r"(?:NICK|/nick) (\S+)"), "changes the nick to {0}"),
    (re.compile(r"/ignore (\S+)"), "ignores {0}"),
)
"""Lines that clients often send, and what they mean."""


def tell(steps: Iterable[Step]) -> list[str]:
    """
    Tell steps as a story.

    @return: a sentence for each step.  A client is named by the nick that it asks for, and its slot.
    """
    names: dict[int, str] = {}
    sentences = []
    for step in steps:
        if step.action == "connect":
            names[step.slot] = f"{step.text.split()[2]}/{step.slot}"
        sentences.append(_sentence(step, names.get(step.slot, f"nobody/{step.slot}")))
    return sentences


def _sentence(step: Step, who: str) -> str:
    size = "everything" if step.size >= ALL else f"{step.size:,} bytes"
    if step.action == "connect":
        buffer = "" if step.size >= ALL else f", with a send buffer of {size}"
        return _end(f"{who} connects ({step.text.rpartition(' ')[0]}){buffer}", step)
    if step.action == "send":
        for pattern, means in LINES:
            if (found := pattern.fullmatch(step.text)) is not None:
                return _end(f"{who} {means.format(*found.groups())}", step)
    text = "repaired" if step.action == "fault" and not step.text else step.text
    told = ACTIONS.get(step.action, step.action).format(who=who, size=size, number=step.size, text=text)
    return _end(told if told.startswith(who) else f"{told[0].upper()}{told[1:]}", step)


def _end(told: str, step: Step) -> str:
    return f"{told}." if step.turn else f"{told}; the turn goes on."
