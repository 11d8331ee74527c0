"""A conversation between IRC clients and a client of the line door, and what each of them must see."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Protocol

from ircclients import ChatClient, Irssi
from smoke import Failed, Person

LOBBY = "#lobby"

HELLO = "héllo from {} ☕: :) \N{LATIN SMALL LETTER E}\N{COMBINING ACUTE ACCENT}"
"""What each says first."""

ASKED = frozenset({"away-notify", "chghost", "extended-join", "multi-prefix", "server-time"})
"""Capabilities that every irssi and WeeChat of these years asks for where they are offered."""


BURST = 20
"""How many lines somebody sends at once: four times what the flood limit takes, so that the rest has to wait."""


REST = 3.0
"""
Seconds until the flood limit takes several lines at once again.  WeeChat closes its connection as soon as it has sent
QUIT, so its reason is only heard where the line need not wait.
"""


class Talker(Protocol):
    """
    A user of an IRC client: at a terminal, or a program on a library.

    @ivar name: their nick.
    """

    name: str

    def say(self, line: str) -> None:
        """Send a line to the lobby, or run a command that begins with C{/}."""

    def sees(self, place: str, pattern: str) -> str:
        """Wait for a matching line in a place, after the last one waited for there, and return it."""


def comeIn(client: ChatClient, port: int, tls: bool, others: list[ChatClient], cat: Person) -> None:
    """Start, connect and join.  The server grants the capabilities that the client requests."""
    client.start()
    asked, granted = (frozenset(words.strip().lstrip(":").split()) for words in client.connect(port, tls))
    if asked != granted or not granted >= ASKED:
        raise Failed(f"{client.name} asked for {sorted(asked)}, and was granted {sorted(granted)}")
    print(f"clients: {client.name}, over {'TLS' if tls else 'TCP'}: {' '.join(sorted(granted))}")
    client.say(f"/join {LOBBY}")
    for person in (client, *others):
        person.sees(LOBBY, rf"\b{client.name} .*has joined {LOBBY}")
    cat.sees(rf"^\* {client.name} joined {LOBBY}$")


def talk(clients: Sequence[Talker], cat: Person) -> None:
    """Each sends a text and an action, and all see them."""
    speakers: list[Talker | Person] = [*clients, cat]
    for speaker in speakers:
        text = HELLO.format(speaker.name)
        speaker.say(text)
        speaker.say("/me waves")
        for reader in clients:
            reader.sees(LOBBY, rf"\b{speaker.name}\b.*{re.escape(text)}$")
            reader.sees(LOBBY, rf" \*\s+{speaker.name} waves$")
        if speaker is not cat:
            cat.sees(rf"^\[\d\d:\d\d\] <{speaker.name}> {re.escape(text)}$")
            cat.sees(rf"^\[\d\d:\d\d\] \* {speaker.name} waves$")


def burst(speaker: Talker, readers: Sequence[Talker], cat: Person) -> None:
    """One participant sends many lines at once, faster than the flood limit.  All see each of them, in order."""
    texts = [f"line {number} of {BURST}" for number in range(1, BURST + 1)]
    for text in texts:
        speaker.say(text)
    for text in texts:
        for reader in readers:
            reader.sees(LOBBY, rf"\b{speaker.name}\b.*\b{text}$")
        cat.sees(rf"^\[\d\d:\d\d\] <{speaker.name}> {text}$")


def govern(ann: ChatClient, wes: ChatClient, cat: Person) -> None:
    """Test modes, a topic and a kick."""
    cat.say("/mode +o ann")
    for reader in (ann, wes):
        reader.sees(LOBBY, r"\[\+o ann\] by cat$")
    cat.sees(rf"^\* cat set \+o ann on {LOBBY}$")
    ann.say(f"/mode {LOBBY} +v wes")
    for reader in (ann, wes):
        reader.sees(LOBBY, r"\[\+v wes\] by ann$")
    cat.sees(rf"^\* ann set \+v wes on {LOBBY}$")
    ann.say(f"/topic {LOBBY} tea at four: ☕")
    for reader in (ann, wes):
        reader.sees(LOBBY, r"\bann .*topic .*tea at four: ☕")
    cat.sees(rf"^\* ann set the topic of {LOBBY} to: tea at four: ☕$")
    ann.say(f"/kick {LOBBY} wes too loud")
    wes.sees(LOBBY, r"\bann .*kicked.* \(too loud\)$")
    ann.sees(LOBBY, r"\bwes was kicked .*by ann \[too loud\]$")
    cat.sees(rf"^\* ann kicked wes from {LOBBY} \(too loud\)$")
    wes.say(f"/join {LOBBY}")
    wes.sees(LOBBY, r"[Tt]opic .*tea at four: ☕")
    ann.sees(LOBBY, r"\bwes .*has joined")
    cat.sees(rf"^\* wes joined {LOBBY}$")


def talkApart(ann: Irssi, wes: ChatClient, cat: Person) -> None:
    """Test private texts in all directions, and to a user who is away."""
    ann.say("/msg wes psst")
    wes.sees("ann", r"\bann\b.*\spsst$")
    wes.say("/msg ann what?")
    ann.sees("wes", r"<wes> what\?$")
    cat.say("/msg ann purr")
    ann.sees("cat", r"<cat> purr$")
    ann.say("/msg cat good cat")
    cat.sees(r"^\[\d\d:\d\d\] @cat <ann> good cat$")
    wes.say("/away out to lunch")
    ann.reads(ann.raw, r":wes!\S+ AWAY :out to lunch")
    ann.say("/query wes")
    ann.say("there?")
    ann.sees("wes", "wes is away: out to lunch$")
    wes.sees("ann", r"\bann\b.*\sthere\?$")
    wes.say("/away")
    ann.reads(ann.raw, r":wes!\S+ AWAY\s*$")


def leave(ann: ChatClient, wes: ChatClient, cat: Person) -> None:
    """Change nick, and quit."""
    wes.say("/nick west")
    for reader in (ann, wes):
        reader.sees(LOBBY, "known as west$")
    cat.sees(r"^\* wes is now west$")
    time.sleep(REST)
    wes.say("/quit so long")
    ann.sees(LOBBY, r"\bwest .*has quit [(\[]Quit: so long[)\]]$")
    cat.sees(r"^\* west quit \(Quit: so long\)$")
    wes.seesTheEnd()
    ann.say("/quit and thanks")
    cat.sees(r"^\* ann quit \(Quit: and thanks\)$")
    ann.seesTheEnd()
