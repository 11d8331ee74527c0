"""The commands about the configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from twisted.python.usage import Options

from twistchat.config import ConfigError, describe
from twistchat.config.jsontext import jsonLine
from twistchat.config.toml import printable
from twistchat.config.writing import asObject, writeSettings
from twistchat.console.client import ask, connect
from twistchat.console.help import helpOf, widthOf
from twistchat.console.options import JournalOptions, Refused
from twistchat.console.server.running import RunningOptions
from twistchat.options import CONFIG, SettingsOptions, installedDoors, refuseMore
from twistchat.services.checking import checkCluster, checkEndpoints
from twistchat.services.failure import StartFailure


class CheckConfigOptions(JournalOptions):
    """C{twistchat check-config [FILE]}."""

    synopsis = "[options] [FILE]"
    longdesc = (
        "Reads the configuration as the server does: every key of FILE, the endpoints, and the certificates and keys "
        "that they name.  Says what is wrong and in which line, and what may be a mistake.  The exit status is 0 if a "
        "server can start with it, and 1 if not.  Run this as the user who starts the server, because the files must "
        "be readable."
    )
    examples: ClassVar = ["twistchat check-config", "twistchat check-config /etc/twistchat.toml"]

    def parseArgs(self, *arguments: str) -> None:
        """Read the name of the file."""
        refuseMore(arguments, 1)
        if arguments:
            self["config"] = arguments[0]

    def run(self) -> None:
        """Check the endpoints.  The file itself has been read."""
        from twisted.internet import reactor

        try:
            warnings = [*checkEndpoints(self.doors, self.settings, reactor)]
            if self.settings.journal.kind == "jetstream":
                warnings += checkCluster(self.settings.cluster)
        except StartFailure as e:
            raise Refused(str(e)) from None
        for warning in warnings:
            print(f"Warning: {printable(warning)}")
        name = self["config"] or (CONFIG if Path(CONFIG).exists() else "The configuration without a file")
        print(f"{name} is good")


class DefaultConfigOptions(Options):
    """C{twistchat default-config}."""

    synopsis = "[options]"
    longdesc = (
        "Writes a configuration file that has every key with its default and its description, commented out.  It also "
        "has the sections of the doors that are installed here."
    )
    opt_version = SettingsOptions.opt_version

    def getUsage(self, width: int | None = None) -> str:
        """Lay out the help."""
        return helpOf(self, ["twistchat default-config > twistchat.toml"], widthOf(width))

    def parseArgs(self, *arguments: str) -> None:
        """Refuse all arguments."""
        refuseMore(arguments, 0)

    def run(self) -> None:
        """Write the file."""
        print(describe({door.name: door.settings for door in installedDoors()}), end="")


class PrintConfigOptions(RunningOptions):
    """C{twistchat print-config}."""

    longdesc = (
        "Writes the configuration that is in force, with every key.  If a server runs, this is the server's own, and "
        "comments at the end say what else the file has by now.  Otherwise it is the configuration that a server would "
        "start with.  Passwords, their hashes and other secrets are shown as ***."
    )
    dataHelp = "The data directory of the server."
    examples: ClassVar = ["twistchat print-config", "twistchat print-config --json --config /etc/twistchat.toml"]
    optFlags: ClassVar = [["json", None, "Write a JSON object.  Times are in seconds, and sizes in bytes."]]

    def run(self) -> None:
        """Write the configuration."""
        connection = connect(Path(self.settings.server.data).absolute())
        if connection is None:
            answer = self._atStart()
        else:
            with connection:
                answer = ask(connection, "server.config", {}, lambda part: None)
        if self["json"]:
            print(jsonLine({name: value for name, value in answer.items() if name != "toml"}))
            return
        print(answer["toml"], end="")
        print(*_remarks(answer), sep="\n")

    def _atStart(self) -> Mapping[str, Any]:
        """The configuration of the next start."""
        try:
            settings = self.reread()
        except ConfigError as e:
            raise Refused(str(e)) from None
        return {"running": False, "toml": writeSettings(settings), "settings": asObject(settings)}


def _remarks(answer: Mapping[str, Any]) -> Iterator[str]:
    """Comments about a configuration."""
    if not answer["running"]:
        yield "\n# No server runs with this data directory.  A server would start with this configuration."
        return
    yield "\n# A server runs with this configuration."
    if answer["mistake"] is not None:
        yield f"# The file has a mistake now: {printable(answer['mistake'])}"
    for what, keys in (("twistchat reload", answer["applied"]), ("The next start", answer["deferred"])):
        if keys:
            yield f"# {what} changes: {printable(', '.join(keys))}"
