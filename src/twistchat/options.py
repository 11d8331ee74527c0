"""Parse the options of C{twistd twistchat} and of the console's commands into settings."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from getopt import GetoptError
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, ClassVar, NoReturn

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.strcred import findCheckerFactories
from twisted.plugin import getPlugins
from twisted.python.usage import Options, UsageError

import twisted
from twistchat import __version__
from twistchat.config import ConfigError, Settings, SettingsBuilder, toml
from twistchat.config.files import MOST_CONFIGURATION, readSmall
from twistchat.config.readings import closest
from twistchat.interfaces import IDoor, IJournalKind
from twistchat.journal.kinds import BUILT_IN
from twisted import plugins

CONFIG = "twistchat.toml"
"""The default configuration file."""

CACHE = "dropin.cache"
"""The file in which Twisted caches the plugins of a folder."""

PLUGIN = "twistchat_plugin.py"
"""The file of the plugins that come with twistchat."""


class SettingsOptions(Options):
    """
    The options that choose settings.

    @ivar doors: the installed doors.
    @ivar journals: the kinds of journals.
    @ivar settings: the settings from the options and the configuration file; set after parsing.
    """

    optParameters: ClassVar = [
        ["config", None, None, f"Read the configuration from this TOML file.  [default: {CONFIG}, if it is there]"],
        ["data", None, None, "Keep data in this directory.  [default: ./twistchat-data]"],
    ]

    doors: Iterable[IDoor] = ()
    journals: Iterable[IJournalKind] = BUILT_IN
    settings: Settings

    def __init__(self) -> None:
        super().__init__()
        self._assignments: list[str] = []
        self._hasFile = False

    def opt_set(self, assignment: str) -> None:
        """Set any key of the configuration: SECTION.KEY=VALUE, VALUE as in TOML.  May be repeated."""
        self._assignments.append(assignment)

    def opt_version(self) -> NoReturn:
        """Show the versions of twistchat and Twisted, and exit."""
        print(f"twistchat {__version__} (Twisted {twisted.__version__})")
        sys.exit(0)

    def postOptions(self) -> None:
        """Read the configuration.  A mistake in it, or in an option, ends the process with a message of one line."""
        self._directory = Path.cwd()
        try:
            self.settings = self.reread()
        except ConfigError as e:
            raise SystemExit(f"twistchat: {e}") from None

    def reread(self) -> Settings:
        """
        Read the configuration.  Each call reads the same file, even if the process has changed its directory.

        @raise ConfigError: the file has a mistake, or cannot be read.
        """
        return self.finish(self.read())

    def read(self) -> SettingsBuilder:
        """Read the configuration file, then C{--set}, then the other options.  Later values override earlier ones."""
        builder = SettingsBuilder({door.name: door.settings for door in self.doors}, _sectionsOf(self.journals))
        name = self["config"] or CONFIG
        path = self._directory / name
        needed = self["config"] is not None or self._hasFile
        try:
            data = readSmall(path, MOST_CONFIGURATION)
        except FileNotFoundError as e:
            if needed:
                raise ConfigError(name, str(e.strerror)) from None
        except OSError as e:
            why = str(e.strerror)
            if not needed and not os.access(self._directory, os.X_OK):
                advice = "start the server in a directory that its user can search, or name the file with --config"
                why = f"the server cannot see whether this file is in {self._directory} ({why}); {advice}"
            raise ConfigError(name, why) from None
        else:
            if self["config"] is None and self._directory.stat().st_mode & stat.S_IWOTH:
                advice = "name it with --config if it is yours, or start in another directory"
                raise ConfigError(name, f"everybody can make files in {self._directory}; {advice}")
            builder.readFile(data, name)
            self._hasFile = True
        for assignment in self._assignments:
            builder.set(assignment)
        if self["data"] is not None:
            builder.put("server.data", self["data"], f"--data {toml.shortened(self['data'])}")
        return builder

    def configuration(self) -> str | None:
        """The path of the configuration file that was read; C{None} if there is none."""
        return str(self._directory / (self["config"] or CONFIG)) if self._hasFile else None

    def finish(self, builder: SettingsBuilder) -> Settings:
        """Make the settings."""
        return builder.finish()


class ChatOptions(SettingsOptions):
    """
    The options of C{twistd twistchat}, without those of the doors.

    @ivar sources: further sources of passwords: checkers of L{IUsernamePassword}.
    """

    synopsis = "[options]"
    longdesc = (
        "A multi-user chat server: one journal, many doors.  With no option at all it listens on this machine only, "
        "and logs what to paste to reach it.  Options override the configuration file.  An ENDPOINT is a Twisted "
        "server endpoint, as in tcp:6623:interface=127.0.0.1; naming one for any door replaces all default listeners."
    )
    optParameters: ClassVar = [
        [
            "journal",
            None,
            None,
            "Where to keep the journal: memory (lost when the server stops), sqlite, or jetstream (a cluster).",
        ],
    ]

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[ICredentialsChecker] = []
        self._endpoints: dict[str, list[str]] = {}
        self._metrics: list[str] = []

    def opt_auth(self, source: str) -> None:
        """Also accept the passwords of this SOURCE, as in file:/etc/chat-passwords; may be repeated."""
        self.sources.append(passwordSource(source))

    def opt_metrics(self, endpoint: str) -> None:
        """Serve metrics for Prometheus, and the server's health, at this ENDPOINT; may be repeated."""
        self._metrics.append(endpoint)

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """
        See L{Options.parseOptions}.

        @raise SystemExit: the command line has a mistake.  Its message has one line.  C{twistd} would answer a
            L{UsageError} with the list of all options.
        """
        try:
            super().parseOptions(options)
        except UsageError as e:
            raise SystemExit(f"twistchat: {mistakeOf(self, e)}; twistd twistchat --help lists the options") from None

    def parseArgs(self, *arguments: str) -> None:
        """Refuse all arguments."""
        refuseMore(arguments, 0)

    def finish(self, builder: SettingsBuilder) -> Settings:
        """Make the settings.  If any door has an option, the options replace the whole section C{[listen]}."""
        if self["journal"] is not None:
            builder.put("journal.kind", self["journal"], f"--journal {toml.shortened(self['journal'])}")
        if self._metrics:
            builder.put("metrics.endpoint", self._metrics, "--metrics")
        for door, descriptions in self._endpoints.items():
            builder.put(f"listen.{door}", descriptions, f"--{door}")
        settings = builder.finish()
        if self._endpoints:
            named = {door: settings.listen[door] for door in self._endpoints}
            settings = replace(settings, listen=MappingProxyType(named))
        return settings


def passwordSource(description: str) -> ICredentialsChecker:
    """
    Make the checker that an option C{--auth} describes, from the plugins of L{twisted.cred.strcred}.

    @param description: the kind of the source; for most kinds, a colon and an argument follow.
    @raise UsageError: there is no such source, or it cannot check passwords.  Its text does not contain the argument of
        other sources than files, which may be a password.
    """
    kind, _, argument = description.partition(":")
    factories = {
        factory.authType: factory
        for factory in findCheckerFactories()
        if IUsernamePassword in factory.credentialInterfaces
    }
    if kind not in factories:
        known = ", ".join(sorted(factories))
        raise UsageError(f"--auth {_shown(kind)}: there is no such source of passwords; there are {known}")
    if kind == "file" and argument:
        if not Path(argument).is_file():  # the plugin only prints a warning
            raise UsageError(f"--auth file: there is no file {_shown(argument)}")
        argument = str(Path(argument).absolute())  # it opens the file later, in the directory of that time
    try:
        checker: ICredentialsChecker = factories[kind].generateChecker(argument)
    except Exception:
        takes = factories[kind].argStringFormat
        raise UsageError(f"--auth {kind}: what follows the colon is wrong: {_shown(takes)}") from None
    return checker


def mistakeOf(options: Options, error: UsageError) -> str:
    """
    Describe a mistake in a command line.  This replaces the messages of L{getopt}, which name no similar option.

    @param options: the options that raised the error.
    """
    cause = error.__context__
    if not isinstance(cause, GetoptError):
        return str(error)
    known = {name.removesuffix("="): name.endswith("=") for name in options.longOpt}
    if f"--{cause.opt}" not in cause.msg:
        return f"there is no option -{_shown(cause.opt)}"
    if cause.opt in known:
        return f"--{cause.opt} needs a value" if known[cause.opt] else f"--{cause.opt} takes no value"
    guesses = [name for name in known if cause.opt and name.startswith(cause.opt)]
    guess = closest(cause.opt, known, 0.6)
    hint = " or ".join(f"--{name}" for name in guesses or ([guess] if guess else []))
    return f"there is no option --{_shown(cause.opt)}" + (f" (did you mean {hint}?)" if hint else "")


def refuseMore(arguments: Sequence[str], count: int) -> None:
    """
    Refuse more arguments than a command takes.

    @raise UsageError: there are more.
    """
    if len(arguments) > count:
        raise UsageError(f"there is an argument too many: {_shown(arguments[count])}")


def installedDoors(package: ModuleType = plugins) -> list[IDoor]:
    """
    Find the doors of all plugins, sorted by name.

    @param package: the package whose modules are the plugins.
    @raise SystemExit: there is none, although doors come with twistchat.  Its message has one line.
    """
    doors = sorted(getPlugins(IDoor, package), key=lambda door: door.name)
    if not doors:
        raise SystemExit(f"twistchat: no door is installed; {_blame(package)}")
    return doors


def installedJournals(package: ModuleType = plugins) -> list[IJournalKind]:
    """
    List the kinds of journals: the built-in kinds, then those of all plugins, sorted by name.

    @param package: the package whose modules are the plugins.
    """
    return [*BUILT_IN, *sorted(getPlugins(IJournalKind, package), key=lambda kind: kind.name)]


def chatOptions(doors: Iterable[IDoor], journals: Iterable[IJournalKind] = BUILT_IN) -> ChatOptions:
    """Make the options of C{twistd twistchat}, including those of these doors and kinds of journals."""
    attributes: dict[str, Any] = {f"opt_{door.name}": _endpointOption(door) for door in doors}
    made: ChatOptions = type("ChatOptions", (ChatOptions,), attributes | {"doors": doors, "journals": journals})()
    return made


def _sectionsOf(kinds: Iterable[IJournalKind]) -> dict[str, type | None]:
    """
    Find the sections of the kinds of journals, by the names of the kinds.

    @raise ConfigError: two kinds have the same name.
    """
    sections: dict[str, type | None] = {}
    for kind in kinds:
        if kind.name in sections:
            raise ConfigError(f"the journal {kind.name}", "two kinds of journals have this name; uninstall one")
        sections[kind.name] = kind.settings
    return sections


def _shown(argument: str) -> str:
    """Show a part of a command line in one short line."""
    return toml.printable(toml.shortened(argument))


def _blame(package: ModuleType) -> str:
    """Tell the administrator why no plugin may have been found, and what to do."""
    for folder in map(Path, package.__path__):
        if (folder / PLUGIN).exists() and (folder / CACHE).exists():
            return (
                f"Twisted's plugin cache may be outdated: delete {toml.printable(str(folder / CACHE))} and start again"
            )
    return f"the file {PLUGIN} is missing: install twistchat again"


def _endpointOption(door: IDoor) -> Callable[[ChatOptions, str], None]:
    def option(self: ChatOptions, endpoint: str) -> None:
        self._endpoints.setdefault(door.name, []).append(endpoint)

    option.__doc__ = f"{door.summary}  Listen at this ENDPOINT; may be repeated."
    if door.defaultEndpoints:
        option.__doc__ += f"  [default: {' '.join(door.defaultEndpoints)}]"
    return option
