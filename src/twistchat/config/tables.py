"""Read the sections whose tables the administrator names: operators, their classes, gateways, providers of logins."""

from __future__ import annotations

import re
from ipaddress import ip_address
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from twistchat.config import toml
from twistchat.config.errors import ConfigError
from twistchat.config.readings import BadValue, closest, readingOf, visible
from twistchat.config.settings import NAMED, ClassSettings, OidcSettings, OperatorSettings, WebircSettings, keysOf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twistchat.config.readings import Reading


class NamedTables:
    """
    Collects the values of named tables and makes the tables.

    Only the configuration file can set them.  L{read} checks single values; L{finish} checks the rules that concern
    several values.  The first mistake raises L{ConfigError}.
    """

    def __init__(self) -> None:
        self._readings: dict[str, dict[str, Reading]] = {
            section: {key: readingOf(annotation) for key, _, annotation, _ in keysOf(table)}
            for section, table in NAMED.items()
        }
        self._values: dict[str, dict[str, dict[str, object]]] = {section: {} for section in NAMED}
        self._origins: dict[tuple[str, ...], str] = {}

    def read(self, section: str, tables: Mapping[str, object], file: toml.TomlFile, name: str) -> None:
        """
        Read every table of a section.

        @param section: one of L{NAMED}.
        @param tables: the content of the section.
        @param file: the file, for the lines in errors.
        @param name: the name of the file in errors.
        """
        for table, values in tables.items():
            where = f"{name}:{file.line(section, table)}"
            try:
                visible(table)
            except BadValue as bad:
                raise ConfigError(where, f"[{section}.{toml.show(table)}]: {bad.why}") from None
            if not isinstance(values, dict):
                wanted = f"a table of its own is wanted, as in [{section}.NAME]"
                raise ConfigError(where, f"{section}.{toml.shortened(table)}: found {toml.show(values)}; {wanted}")
            self._origins[section, table] = where
            made = self._values[section].setdefault(table, {})
            for key, value in values.items():
                origin = f"{name}:{file.line(section, table, key)}"
                made[key] = self._one(section, table, key, value, origin)
                self._origins[section, table, key] = origin

    def finish(self) -> dict[str, Mapping[str, Any]]:
        """Make the tables, by section and name."""
        made: dict[str, Mapping[str, Any]] = {
            section: MappingProxyType(
                {name: NAMED[section](**_asFields(section, values)) for name, values in tables.items()}
            )
            for section, tables in self._values.items()
        }
        for name, gateway in made["webirc"].items():
            self._checkGateway(name, gateway)
        for name, provider in made["oidc"].items():
            self._checkProvider(name, provider)
        for name, operator in made["operators"].items():
            self._checkOperator(name, operator, made["classes"])
        return made

    def _one(self, section: str, table: str, key: str, value: object, origin: str) -> object:
        readings = self._readings[section]
        if key not in readings:
            guess = closest(key, readings, 0.6)
            hint = f"did you mean {guess}?" if guess else f"the keys of [{section}.NAME] are {', '.join(readings)}"
            raise ConfigError(origin, f"there is no key {toml.shortened(f'{section}.{table}.{key}')}; {hint}")
        try:
            return readings[key](value)
        except BadValue as bad:
            raise ConfigError(
                origin, f"{section}.{toml.shortened(table)}.{key}: found {bad.shown}; {bad.why}"
            ) from None

    def _checkGateway(self, name: str, gateway: WebircSettings) -> None:
        for key, value, what in (
            ("password", gateway.password, 'the hash of its password, which "twistchat hash-password" makes'),
            ("hosts", gateway.hosts, "the networks that it connects from"),
        ):
            if not value:
                raise ConfigError(
                    self._origins["webirc", name], f"webirc.{toml.shortened(name)}.{key} is wanted: {what}"
                )

    def _checkProvider(self, name: str, provider: OidcSettings) -> None:
        where, shown = self._origins["oidc", name], f"oidc.{toml.shortened(name)}"
        if not _URL_NAME.fullmatch(name):
            raise ConfigError(where, f"[{shown}]: the name is a part of URLs; 1 to 32 of a-z, 0-9 and - are wanted")
        for key, value, what in (
            ("issuer", provider.issuer, "the provider's issuer, an https URL"),
            ("clientId", provider.clientId, "the id under which the provider knows this server"),
        ):
            if not value:
                raise ConfigError(where, f"{shown}.{key} is wanted: {what}")
        fault = _issuerFault(provider.issuer)
        if fault is not None:
            found = f"{shown}.issuer: found {toml.show(provider.issuer)}; {fault}"
            raise ConfigError(self._origins["oidc", name, "issuer"], found)
        if "openid" not in provider.scopes.split():
            found = f"{shown}.scopes: found {toml.show(provider.scopes)}; openid must be one of them"
            raise ConfigError(self._origins["oidc", name, "scopes"], found)

    def _checkOperator(self, name: str, operator: OperatorSettings, classes: Mapping[str, ClassSettings]) -> None:
        where, shown = self._origins["operators", name], f"operators.{toml.shortened(name)}"
        if not operator.class_:
            raise ConfigError(where, f"{shown}.class is wanted: the NAME of a table [classes.NAME]")
        if operator.class_ not in classes:
            guess = closest(operator.class_, classes, 0.6)
            known = f"the classes are {', '.join(classes)}" if classes else "there is no table [classes.NAME] at all"
            hint = f"did you mean {guess}?" if guess else known
            found = f"{shown}.class: found {toml.show(operator.class_)}; there is no such class; {hint}"
            raise ConfigError(self._origins["operators", name, "class"], found)
        if not (operator.password or operator.account or operator.fingerprint):
            wanted = "one at least of password, account and fingerprint is wanted, to know them by"
            raise ConfigError(where, f"{shown}: {wanted}")


_URL_NAME = re.compile(r"[a-z0-9-]{1,32}")


def _issuerFault(issuer: str) -> str | None:
    """What is wrong with an issuer (OpenID Connect Discovery 1.0, section 3); C{None} if nothing is."""
    try:
        parts = urlsplit(issuer)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "it is no URL"
    if not host or parts.query or parts.fragment or parts.username is not None or "?" in issuer or "#" in issuer:
        return "a URL with a host, and without a query, a fragment or a user is wanted"
    if parts.scheme != "https" and not isLoopback(host):
        return "https is wanted; a provider without encryption must be on this machine"
    return None


def isLoopback(host: str) -> bool:
    """Whether the host of a URL is certainly this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _asFields(section: str, values: Mapping[str, object]) -> dict[str, object]:
    """Rename values from the names of their keys to the names of their fields."""
    return {field: values[key] for key, field, _, _ in keysOf(NAMED[section]) if key in values}
