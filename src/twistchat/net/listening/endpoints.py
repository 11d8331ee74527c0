"""
Where a door listens: endpoints as an administrator writes them, and what is wrong with one in words of our own.

The syntax is Twisted's (L{twisted.internet.endpoints.serverFromString}): a kind, then arguments, with a colon in front
of each.  An argument is a value, or a name, C{=} and a value.  A backslash takes the meaning from the character behind
it.  Twisted's own errors name its functions; so what an endpoint says is checked here before Twisted reads it.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IStreamServerEndpoint, IStreamServerEndpointStringParser
from twisted.plugin import getPlugins

from twistchat.config.keytypes import closest
from twistchat.config.toml import shortened

SERVER_PEM = "server.pem"
"""The file that has the private key of an C{ssl:} endpoint that names none."""

PROXY = "haproxy:"
"""What an endpoint begins with, in front of another, where clients come through a proxy that sends a PROXY header."""

PLAIN = ("tcp:", "tcp6:", "unix:", "systemd:")
"""What endpoints begin with that never encrypt.  Of others, a plugin's or a proxy's, nobody knows beforehand."""


class BadEndpoint(Exception):
    """An endpoint cannot be used.  As a string it says why, and what one of its kind looks like."""


@dataclass(frozen=True, slots=True)
class Kind:
    """
    A kind of endpoint.

    @ivar arguments: its arguments, in the order in which they stand where they are not named.
    @ivar required: those that must be there.
    @ivar example: one as it may look.
    """

    arguments: tuple[str, ...]
    required: tuple[str, ...]
    example: str


KINDS: Mapping[str, Kind] = {
    "tcp": Kind(("port", "interface", "backlog"), ("port",), "tcp:6623:interface=127.0.0.1"),
    "tcp6": Kind(("port", "backlog", "interface"), ("port",), r"tcp6:6623:interface=\:\:1"),
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
"""The kinds that the documentation names, but for L{PROXY}, which stands in front of one of these."""


@dataclass(frozen=True, slots=True)
class Parts:
    """
    An endpoint taken apart.

    @ivar kind: what stands first.
    @ivar values: the arguments without a name, in order.
    @ivar named: those with one.
    """

    kind: str
    values: list[str] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)


def endpointOf(reactor: Any, description: str) -> tuple[IStreamServerEndpoint, bool]:
    """
    Read an endpoint's description.

    Twisted's own C{haproxy:} makes a connection before the header is there, with the proxy's address, and logs a
    traceback of a bad one.  So the caller puts L{ProxiedFactory <twistchat.net.listening.origin.ProxiedFactory>} in
    front of the factory instead.

    @return: the endpoint, and whether clients come to it through a proxy.
    @raise BadEndpoint: it cannot be read.
    """
    proxied = description.startswith(PROXY)
    plain = description.removeprefix(PROXY)
    parts = _apart(plain)
    kind = KINDS.get(parts.kind)
    front = PROXY if proxied else ""
    if kind is None:
        return _unknown(reactor, plain, parts.kind), proxied
    try:
        _check(parts, kind)
        return _read(reactor, plain), proxied
    except BadEndpoint as bad:
        raise BadEndpoint(f"{bad}; an endpoint of this kind is like {front}{kind.example}") from None


def whyNotListening(error: Exception) -> str:
    """Why an endpoint cannot be listened at, in the words of the operating system where it has some."""
    if isinstance(error, CannotListenError) and isinstance(error.socketError, OSError):
        error = error.socketError
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def isAddressInUse(error: Exception) -> bool:
    """Whether something else listens at an endpoint already."""
    return (
        isinstance(error, CannotListenError)
        and isinstance(error.socketError, OSError)
        and error.socketError.errno == errno.EADDRINUSE
    )


def atNextPort(description: str) -> str | None:
    """The same endpoint at the port beside its own, as an example; C{None} where the description has no port."""
    found = _PORT.search(description)
    if found is None:
        return None
    port = int(found[0])
    return f"{description[: found.start()]}{port - 1 if port == LAST_PORT else port + 1}{description[found.end() :]}"


_PORT = re.compile(r"(?<=:)\d+(?=:|$)|(?<=:port=)\d+")

LAST_PORT = 65535
"""The highest port there is."""


def _apart(description: str) -> Parts:
    """
    Take a description apart, as Twisted does.

    @raise BadEndpoint: it ends with a backslash, or names an argument twice.
    """
    kind, *arguments = (_cut(argument, "=", 1) for argument in _cut(description, ":"))
    parts = Parts(_plain("=".join(kind)))
    for argument in arguments:
        name, *values = map(_plain, argument)
        if not values:
            parts.values.append(name)
        elif name in parts.named:
            raise BadEndpoint(f"the argument {shortened(name)} is there twice")
        else:
            parts.named[name] = values[0]
    return parts


def _cut(text: str, mark: str, most: int | None = None) -> list[str]:
    """Cut a text at each C{mark} that has no backslash in front; at no more than C{most} of them."""
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


def _plain(text: str) -> str:
    """A text without the backslashes that only take the meaning from what stands behind them."""
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _unknown(reactor: Any, description: str, kind: str) -> IStreamServerEndpoint:
    """
    Read an endpoint of a kind that is not of L{KINDS}: a plugin may know it.

    @raise BadEndpoint: none does, or that plugin cannot read it.
    """
    if kind == PROXY[:-1]:
        raise BadEndpoint(f"{PROXY} stands in front of another kind of endpoint, as in {PROXY}{KINDS['tcp'].example}")
    if kind.lower() in {plugin.prefix.lower() for plugin in getPlugins(IStreamServerEndpointStringParser)}:
        return _read(reactor, description)
    guess = closest(kind, KINDS, 0.6)
    hint = f"did you mean {KINDS[guess].example}?" if guess else f"the kinds are {', '.join(KINDS)}, and {PROXY}tcp"
    raise BadEndpoint(f"there is no kind of endpoint {shortened(kind)!r}; {hint}")


def _read(reactor: Any, description: str) -> IStreamServerEndpoint:
    """
    Have Twisted read it.

    @raise BadEndpoint: it cannot.
    """
    try:
        endpoint: IStreamServerEndpoint = serverFromString(reactor, description)
    except Exception as e:
        raise BadEndpoint(f"Twisted cannot use it ({type(e).__name__}: {e})") from None
    return endpoint


def _check(parts: Parts, kind: Kind) -> None:
    """
    Check the arguments of an endpoint whose kind is known.

    @raise BadEndpoint: one is missing, not known, there twice, or not what it should be.
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
        why = _CHECKS[name](value) if name in _CHECKS else None
        if why is not None:
            raise BadEndpoint(f"{name} is {shortened(value)!r}, and {why}")
    if parts.kind in _WHOLE:
        _WHOLE[parts.kind](arguments)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _number(least: int, most: int, what: str) -> Callable[[str], str | None]:
    """Make a check for whole numbers."""

    def check(value: str) -> str | None:
        fits = value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most
        return None if fits else f"{what} is a whole number from {least} to {most}"

    return check


def _matching(pattern: str, why: str) -> Callable[[str], str | None]:
    """Make a check for texts that match a pattern as a whole."""
    return lambda value: None if re.fullmatch(pattern, value) else why


def _file(value: str) -> str | None:
    return None if Path(value).is_file() else "there is no such file"


def _certificates(value: str) -> str | None:
    """A directory of certificates for C{tls:}, which Twisted looks into only when somebody connects."""
    directory = Path(value)
    if not directory.is_dir():
        return "there is no such directory"
    return None if any(directory.glob("*.pem")) else "there is no .pem file in that directory"


_CHECKS: Mapping[str, Callable[[str], str | None]] = {
    "port": _number(0, 65535, "a port"),
    "backlog": _number(1, 65535, "a backlog"),
    "index": _number(0, 65535, "an index"),
    "interface": _matching(r"[^\s]+", "an interface is an IP address of this machine"),
    "mode": _matching("[0-7]{3,4}", "a mode is of three octal digits, as in 660"),
    "lockfile": _matching("[01]", "it is 0 or 1"),
    "address": _matching(r"[^\0]+", "it is the path of a file that is to be made"),
    "domain": _matching("INET6?|UNIX", "a domain is INET, INET6 or UNIX"),
    "name": _matching(".+", "a name is that of a socket of systemd"),
    "path": _certificates,
    "privateKey": _file,
    "certKey": _file,
    "extraCertChain": _file,
    "dhParameters": _file,
}
"""For each argument, what is wrong with a value, to end the sentence "it is …, and"; or C{None}."""


def _checkSsl(arguments: Mapping[str, str]) -> None:
    """
    Check the certificate and the key of an C{ssl:} endpoint.

    @raise BadEndpoint: they are not what they should be.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificate, load_pem_x509_certificates
    from OpenSSL import SSL

    keyFile = arguments.get("privateKey", SERVER_PEM)
    if "privateKey" not in arguments and not Path(keyFile).is_file():
        raise BadEndpoint(f"the argument privateKey is missing, and there is no {SERVER_PEM} here")
    certificateFile = arguments.get("certKey", keyFile)
    if not hasattr(SSL, arguments.get("sslmethod", "TLS_METHOD")):
        raise BadEndpoint("sslmethod is not known; leave it out")
    key = _loaded(keyFile, lambda data: load_pem_private_key(data, None), "private key without a passphrase")
    certificate = _loaded(certificateFile, load_pem_x509_certificate, "certificate")
    for name, load, what in (
        ("extraCertChain", load_pem_x509_certificates, "certificate"),
        ("dhParameters", _findParameters, "parameters for Diffie-Hellman"),
    ):
        if name in arguments:
            _loaded(arguments[name], load, what)
    if certificate.public_key() != key.public_key():
        raise BadEndpoint(f"the certificate in {certificateFile} is not for the private key in {keyFile}")


def _findParameters(data: bytes) -> None:
    """
    Look for parameters for Diffie-Hellman, which only OpenSSL still reads.

    @raise ValueError: there are none.
    """
    if b"-----BEGIN DH PARAMETERS-----" not in data:
        raise ValueError


def _loaded(file: str, load: Callable[[bytes], Any], what: str) -> Any:
    """
    Load something from a file in PEM format.

    @raise BadEndpoint: the file cannot be read, or does not have it.
    """
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return load(Path(file).read_bytes())
    except OSError as e:
        raise BadEndpoint(f"{file}: {e.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadEndpoint(f"{file} has no {what} in PEM format") from None


def _checkSystemd(arguments: Mapping[str, str]) -> None:
    """
    Check which socket of systemd is meant.

    @raise BadEndpoint: none was passed, or not that one.
    """
    from twisted.python.systemd import ListenFDs

    if ("index" in arguments) == ("name" in arguments):
        raise BadEndpoint("either index or name is wanted, to say which socket of systemd it is")
    passed = ListenFDs.fromEnvironment()
    if "index" in arguments:
        known = int(arguments["index"]) < len(passed.inheritedDescriptors())
    else:
        known = arguments["name"] in passed.inheritedNamedDescriptors()
    if not known:
        raise BadEndpoint("systemd has passed no such socket; the server is to be started by a .socket unit")


_WHOLE: Mapping[str, Callable[[Mapping[str, str]], None]] = {"ssl": _checkSsl, "systemd": _checkSystemd}
"""For kinds of endpoints, what is to be checked beyond each argument alone."""
