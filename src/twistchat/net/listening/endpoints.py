"""
Parses endpoint descriptions, with error messages for administrators.

The syntax is Twisted's (L{twisted.internet.endpoints.serverFromString}): a kind, then arguments, each after a colon.
An argument is a value, or a name, C{=} and a value.  A backslash escapes the next character.  Twisted's error messages
name its own functions, so this module checks a description before Twisted parses it.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint, serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IStreamServerEndpoint, IStreamServerEndpointStringParser
from twisted.plugin import getPlugins

from twistchat.config.readings import LAST_PORT, closest
from twistchat.config.toml import shortened
from twistchat.net.listening.arguments import CHECKS
from twistchat.net.listening.locks import LockedEndpoint
from twistchat.net.listening.tls import (
    SERVER_PEM,
    BadCertificate,
    CertificateFiles,
    Certificates,
    EncryptedEndpoint,
    filesIn,
    filesOf,
)

EXAMPLE_PORT = 6623
"""The port of the examples without encryption, unless L{endpointOf} is given another."""

PROXY = "haproxy:"
"""The prefix of an endpoint whose clients come through a proxy that sends a PROXY header."""

BACKLOG = 128
"""
The number of connections that may wait to be accepted, unless an endpoint says otherwise (listen(2)).

The system ignores further ones, and their clients try again after a second or more.  With Twisted's default of 50, this
also happens to newcomers beside a burst of connections.  With many more, newcomers wait behind the burst.
"""

UNIX_MODE = "660"
"""
The permissions of a C{unix:} socket that names none: those of its owner and its group.

Twisted's default lets every user of the machine connect.  But such connections are exempt from limits, and the web door
takes them for a proxy's.
"""

TLS_PORT = 443
"""The port of a C{tls:} endpoint that names none."""

PLAIN = ("tcp:", "tcp6:", "unix:", "systemd:")
"""The prefixes of endpoints without encryption.  Endpoints of plugins, or behind a proxy, may or may not encrypt."""


class BadEndpoint(Exception):
    """An endpoint cannot be used.  The string says why, and shows an example of its kind."""


@dataclass(frozen=True, slots=True)
class Kind:
    """
    A kind of endpoint.

    @ivar arguments: the names of its arguments, in positional order.
    @ivar required: the required arguments.
    @ivar example: an example of a description.
    """

    arguments: tuple[str, ...]
    required: tuple[str, ...]
    example: str


KINDS: Mapping[str, Kind] = {
    "tcp": Kind(("port", "interface", "backlog"), ("port",), f"tcp:{EXAMPLE_PORT}:interface=127.0.0.1"),
    "tcp6": Kind(("port", "backlog", "interface"), ("port",), rf"tcp6:{EXAMPLE_PORT}:interface=\:\:1"),
    "ssl": Kind(
        (
            "port",
            "privateKey",
            "certKey",
            "sslmethod",
            "interface",
            "backlog",
            "extraCertChain",
            "dhParameters",
        ),
        ("port",),
        "ssl:6697:privateKey=privkey.pem:certKey=cert.pem",
    ),
    "tls": Kind(("path", "port", "backlog", "interface"), ("path",), "tls:/etc/twistchat/certificates:6697"),
    "unix": Kind(("address", "mode", "backlog", "lockfile"), ("address",), "unix:/run/twistchat.sock:mode=660"),
    "systemd": Kind(("domain", "index", "name"), ("domain",), "systemd:domain=INET:name=twistchat.socket"),
}
"""The documented kinds.  L{PROXY} is a prefix to one of these, and not a kind."""


@dataclass(frozen=True, slots=True)
class Parts:
    """
    The parts of an endpoint description.

    @ivar kind: the kind, before the first colon.
    @ivar values: the positional arguments, in order.
    @ivar named: the named arguments.
    """

    kind: str
    values: list[str] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)


def endpointOf(reactor: Any, description: str, port: int = EXAMPLE_PORT) -> tuple[IStreamServerEndpoint, bool]:
    """
    Parse an endpoint description.

    Twisted's own C{haproxy:} connects the protocol before the header has arrived, with the proxy's address, and logs a
    traceback for an invalid header.  So the caller wraps the factory in a L{ProxiedFactory
    <twistchat.net.listening.origin.ProxiedFactory>} instead.

    @param port: the port of the examples in errors.
    @return: the endpoint, and whether its clients come through a proxy.
    @raise BadEndpoint: the description is invalid.
    """
    proxied = description.startswith(PROXY)
    plain = description.removeprefix(PROXY)
    parts = _partsOf(plain)
    kind = KINDS.get(parts.kind)
    front = PROXY if proxied else ""
    if kind is None:
        return _fromPlugin(reactor, plain, parts.kind, port), proxied
    try:
        arguments = _check(parts, kind)
        if parts.kind == "unix" and "mode" not in arguments:
            plain += f":mode={UNIX_MODE}"
        if parts.kind in _ENCRYPTED:
            return _ENCRYPTED[parts.kind](reactor, arguments), proxied
        if "backlog" in kind.arguments and "backlog" not in arguments:
            plain += f":backlog={BACKLOG}"
        endpoint = _fromTwisted(reactor, plain)
        if parts.kind == "unix" and arguments.get("lockfile") != "0":
            endpoint = LockedEndpoint(endpoint, arguments["address"], os.getpid())
        return endpoint, proxied
    except BadEndpoint as bad:
        raise BadEndpoint(f"{bad}; an endpoint of this kind is like {_example(kind, port, front)}") from None


def placeOf(description: str) -> str | None:
    """
    Name what only one endpoint can have: its port, or the path of its UNIX socket.

    @param description: a valid description.
    @return: C{None} for a port that the operating system chooses, and for kinds of endpoints without such a place.
    """
    parts = _partsOf(description.removeprefix(PROXY))
    kind = KINDS.get(parts.kind)
    if kind is None:
        return None
    arguments = {**dict(zip(kind.arguments, parts.values, strict=False)), **parts.named}
    place = arguments.get("port", str(TLS_PORT) if parts.kind == "tls" else arguments.get("address"))
    return None if place == "0" else place


def portOf(description: str) -> int | None:
    """Return the port in a description; C{None} if it has none."""
    found = _PORT.search(description)
    return None if found is None else int(found[0])


def whyNotListening(error: Exception) -> str:
    """Say why an endpoint cannot listen.  Most errors of the operating system keep its own words."""
    path: object = None
    if isinstance(error, CannotListenError) and isinstance(error.socketError, OSError):
        path, error = error.port, error.socketError
    elif isinstance(error, OSError):
        path = error.filename2  # the lock file of a socket
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no such address"
    if error.errno == errno.ENOENT and isinstance(path, str | bytes):
        return f"there is no directory {Path(os.fsdecode(path)).absolute().parent}"
    return error.strerror


def isAddressInUse(error: Exception) -> bool:
    """Return whether another program already listens at the address."""
    return _codeOf(error) == errno.EADDRINUSE


def isForbidden(error: BaseException | None) -> bool:
    """Return whether this process may not listen at the address."""
    return _codeOf(error) == errno.EACCES


def _codeOf(error: BaseException | None) -> int | None:
    """Return the code of an operating system's error that keeps an endpoint from listening."""
    if isinstance(error, CannotListenError) and isinstance(error.socketError, OSError):
        return error.socketError.errno
    return None


def atNextPort(description: str) -> str | None:
    """Return the same description with a neighbouring port, as an example; C{None} if the description has no port."""
    found = _PORT.search(description)
    if found is None:
        return None
    port = int(found[0])
    return f"{description[: found.start()]}{port - 1 if port == LAST_PORT else port + 1}{description[found.end() :]}"


_PORT = re.compile(r"(?<=:)\d+(?=:|$)|(?<=:port=)\d+")


def _partsOf(description: str) -> Parts:
    """
    Split a description into its parts, as Twisted does.

    @raise BadEndpoint: it ends with a backslash, or names an argument twice.
    """
    kind, *arguments = (_split(argument, "=", 1) for argument in _split(description, ":"))
    parts = Parts(_unescaped("=".join(kind)))
    for argument in arguments:
        name, *values = map(_unescaped, argument)
        if not values:
            parts.values.append(name)
        elif name in parts.named:
            raise BadEndpoint(f"the argument {shortened(name)} is there twice")
        else:
            parts.named[name] = values[0]
    return parts


def _split(text: str, mark: str, most: int | None = None) -> list[str]:
    """
    Split a text at each unescaped C{mark}.

    @param most: the most splits, or C{None} for no limit.
    @raise BadEndpoint: the text ends with an unescaped backslash.
    """
    pieces, escaped = [""], False
    for character in text:
        if character == mark and not escaped and (most is None or len(pieces) <= most):
            pieces.append("")
        else:
            pieces[-1] += character
        escaped = character == "\\" and not escaped
    if escaped:
        raise BadEndpoint("nothing stands behind the backslash at its end")
    return pieces


def _unescaped(text: str) -> str:
    """Remove the backslashes that escape characters."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _example(kind: Kind, port: int, front: str = "") -> str:
    """Return an example of a kind of endpoint, quoted for a shell.  TOML reads these quotes too."""
    return quote(front + kind.example.replace(f":{EXAMPLE_PORT}:", f":{port}:"))


def _fromPlugin(reactor: Any, description: str, kind: str, port: int) -> IStreamServerEndpoint:
    """
    Parse an endpoint whose kind is not in L{KINDS}.  A plugin may provide the kind.

    @raise BadEndpoint: no plugin provides it, or the plugin cannot parse the description.
    """
    if kind == PROXY[:-1]:
        raise BadEndpoint(
            f"{PROXY} stands in front of another kind of endpoint, as in {_example(KINDS['tcp'], port, PROXY)}"
        )
    if kind.lower() == "stdio":
        raise BadEndpoint("stdio: has one client, the terminal of the server, and listens nowhere")
    if kind.lower() not in KINDS and kind.lower() in {
        plugin.prefix.lower() for plugin in getPlugins(IStreamServerEndpointStringParser)
    }:
        return _fromTwisted(reactor, description)
    guess = closest(kind.lower(), KINDS, 0.6)
    hint = (
        f"did you mean {_example(KINDS[guess], port)}?"
        if guess
        else f"the kinds are {', '.join(KINDS)}, and {PROXY}tcp"
    )
    raise BadEndpoint(f"there is no kind of endpoint {shortened(kind)!r}; {hint}")


def _fromTwisted(reactor: Any, description: str) -> IStreamServerEndpoint:
    """
    Let Twisted parse a description.

    @raise BadEndpoint: Twisted cannot use it.
    """
    try:
        endpoint: IStreamServerEndpoint = serverFromString(reactor, description)
    except Exception as e:
        if isinstance(e, LookupError) and description.startswith("systemd:"):
            why = "systemd has passed no such socket; the server is to be started by a .socket unit"
            raise BadEndpoint(why) from None
        raise BadEndpoint(f"Twisted cannot use it ({type(e).__name__}: {e})") from None
    return endpoint


def _encryptedOf(files: CertificateFiles, endpoint: IStreamServerEndpoint, reactor: Any) -> EncryptedEndpoint:
    """
    Make an endpoint with TLS.

    @raise BadEndpoint: its certificate or key cannot be used.
    """
    try:
        return EncryptedEndpoint(endpoint, Certificates(files), reactor)
    except BadCertificate as bad:
        raise BadEndpoint(str(bad)) from None


def _sslEndpoint(reactor: Any, arguments: Mapping[str, str]) -> EncryptedEndpoint:
    """
    Make an C{ssl:} endpoint.

    @raise BadEndpoint: see L{_encryptedOf}.
    """
    backlog, interface = int(arguments.get("backlog", BACKLOG)), arguments.get("interface", "")
    endpoint = TCP4ServerEndpoint(reactor, int(arguments["port"]), backlog, interface)
    return _encryptedOf(filesOf(arguments), endpoint, reactor)


def _tlsEndpoint(reactor: Any, arguments: Mapping[str, str]) -> EncryptedEndpoint:
    """
    Make a C{tls:} endpoint.

    @raise BadEndpoint: see L{_encryptedOf}.
    """
    backlog, interface = int(arguments.get("backlog", BACKLOG)), arguments.get("interface", "::")
    endpoint = TCP6ServerEndpoint(reactor, int(arguments.get("port", TLS_PORT)), backlog, interface)
    return _encryptedOf(filesIn(Path(arguments["path"])), endpoint, reactor)


_ENCRYPTED: Mapping[str, Callable[[Any, Mapping[str, str]], EncryptedEndpoint]] = {
    "ssl": _sslEndpoint,
    "tls": _tlsEndpoint,
}
"""For each kind of endpoint with TLS, a function that makes one from its arguments."""


def _check(parts: Parts, kind: Kind) -> Mapping[str, str]:
    """
    Check the arguments of an endpoint of a documented kind.

    @return: the arguments by name.
    @raise BadEndpoint: an argument is missing, unknown, repeated, or has an invalid value.
    """
    if "" in parts.values and len(parts.values) + len(parts.named) > 1:
        raise BadEndpoint(r"an argument is empty; write \: for each colon within an argument, as of an IPv6 address")
    if len(parts.values) > len(kind.arguments):
        raise BadEndpoint(f"{parts.kind} takes {len(kind.arguments)} arguments, and has {len(parts.values)}")
    arguments = dict(zip(kind.arguments, parts.values, strict=False))
    for name, value in parts.named.items():
        if name not in kind.arguments:
            guess = closest(name, kind.arguments, 0.6)
            hint = f"did you mean {guess}?" if guess else f"the arguments of {parts.kind} are {_listed(kind.arguments)}"
            raise BadEndpoint(f"there is no argument {shortened(name)!r}; {hint}")
        if name in arguments:
            raise BadEndpoint(f"the argument {name} is there twice")
        arguments[name] = value
    for name in kind.required:
        if name not in arguments:
            raise BadEndpoint(f"the argument {name} is missing")
    for name, value in arguments.items():
        why = CHECKS[name](value) if name in CHECKS else None
        if why is not None:
            raise BadEndpoint(f"{name} is {shortened(value)!r}, and {why}")
    if parts.kind in _JOINT_CHECKS:
        _JOINT_CHECKS[parts.kind](arguments)
    return arguments


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _checkSsl(arguments: Mapping[str, str]) -> None:
    """
    Check the arguments of an C{ssl:} endpoint that its files do not show.

    @raise BadEndpoint: the default file is missing, or OpenSSL has no such method.
    """
    from OpenSSL import SSL

    if "privateKey" not in arguments and CHECKS["privateKey"](SERVER_PEM) is not None:
        raise BadEndpoint(f"the argument privateKey is missing, and there is no {SERVER_PEM} here")
    if not hasattr(SSL, arguments.get("sslmethod", "TLS_METHOD")):
        raise BadEndpoint("sslmethod is not known; leave it out")


def _checkSystemd(arguments: Mapping[str, str]) -> None:
    """
    Check that the endpoint names one socket.  Only Twisted's parser knows which sockets systemd has passed: it takes
    them out of the environment when it is imported.

    @raise BadEndpoint: it names none, or two.
    """
    if ("index" in arguments) == ("name" in arguments):
        raise BadEndpoint("either index or name is wanted, to say which socket of systemd it is")


_JOINT_CHECKS: Mapping[str, Callable[[Mapping[str, str]], None]] = {"ssl": _checkSsl, "systemd": _checkSystemd}
"""For each kind of endpoint, a check of all its arguments together."""
