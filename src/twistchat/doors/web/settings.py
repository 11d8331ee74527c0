"""The settings of the web door: the keys of the section C{[web]}."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from twistchat.chat.limits import Networks
from twistchat.config import Settings
from twistchat.config.keytypes import Origins


@dataclass(frozen=True, slots=True)
class WebSettings:
    """
    The web door.

    @ivar origins: the addresses of web sites that may use this door, for example "https://chat.example.org": the
        address of this page, if people open it by a domain name, and those of other web clients.
    @ivar proxies: networks of web proxies in front of this door, whose headers "Forwarded" or "X-Forwarded-For", and
        "X-Forwarded-Proto", are trusted.  A connection over a UNIX socket is always from a proxy.
    @ivar guests: whether people without an account may come in through this door.
    """

    live: ClassVar = ("origins", "proxies", "guests")

    origins: Origins = ()
    proxies: Networks = ()
    guests: bool = True


def webSettings(settings: Settings) -> WebSettings:
    """Get the section C{[web]}."""
    return settings.of("web", WebSettings)
