"""
Every key of the configuration, as a field of a dataclass.

The field's type determines how its value is read.  The field's docstring becomes its description in
C{docs/twistchat.toml}.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeVar, get_type_hints

from twistchat.chat.limits import Networks, Seconds
from twistchat.chat.model.names import DEFAULT_RESERVED
from twistchat.config.cluster import ClusterSettings
from twistchat.config.keytypes import (
    Age,
    ClientTags,
    Directory,
    Endpoints,
    Fingerprint,
    Host,
    JournalKind,
    LongestAge,
    MailAddress,
    MailHost,
    Nicks,
    Number,
    PasswordHash,
    Port,
    Privileges,
    Secret,
    ServerName,
    Span,
    Text,
    Url,
)
from twistchat.config.limits import Limits

NO_KEY: Mapping[Any, Any] = MappingProxyType({"key": False})
"""The metadata of a field that is no key of the configuration."""

OwnSettings = TypeVar("OwnSettings")
"""The class of a door's own settings."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """
    The server as a whole.

    @ivar name: the server's name, as IRC clients see it.  Letters, digits, dots and hyphens.  Include a dot, so that
        clients can distinguish it from a nick.
    @ivar description: one line about the server, shown by IRC's WHOIS and LINKS.
    @ivar data: the directory for the server's data.  A relative path starts at the directory where the server is
        started.  The option --data sets it too.
    """

    name: ServerName = "twistchat.local"
    description: Text = "A twistchat server"
    data: Directory = "./twistchat-data"


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """
    The rules of the chat.

    @ivar lobby: the room that users enter when they connect through a door that shows one room at a time.  Only server
        operators with the privilege "rooms" can lock it.
    @ivar reserved: nicks that nobody can use, such as the names of services.
    @ivar keptTags: client-only tags that are kept with the history when they are sent without a text, such as those of
        reactions.  Other tags without a text, such as "+typing", are only passed on.
    """

    lobby: str = "#lobby"
    reserved: Nicks = DEFAULT_RESERVED
    keptTags: ClientTags = ("+draft/react", "+draft/unreact", "+draft/reply", "+react", "+unreact", "+reply")


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """
    The journal.

    @ivar kind: "sqlite" keeps the journal on disk, in the data directory; "memory" keeps it in memory and loses it when
        the server stops.  The option --journal sets it too.
    @ivar durability: "full" writes every message to disk before anyone sees it, so that it survives a power failure;
        "relaxed" answers sooner, but a power failure loses the last moments.
    @ivar retention: how long entries are kept; 0 keeps them for ever.  The current topic, modes, bans and ranks of a
        room are always kept.  The founder of a room can choose another time for it.
    @ivar longestRetention: the longest time that the founder of a room can choose; "retention" is the value of that
        key, and 0 sets no limit.  Administrators can choose any time.
    @ivar retentionCount: the maximum number of entries kept on disk, for all conversations together; 0 sets no limit.
    @ivar auditRetention: how long the audit trail is kept, which says what administrators did; 0 keeps it for ever.  It
        does not depend on "retention" and "retentionCount".
    @ivar keepPassing: whether the history of a room also has joins, parts, quits and changes of nicks.  The history
        always has texts, topics, modes, kicks and renames of the room.  This is off by default: most readers look for
        what was said, and who was here when is personal data, which is kept as long as the texts.
    @ivar searchTime: the maximum duration of a search on disk.  One that takes longer fails, and the user is told to
        narrow it.  Other reads wait for at most one search.
    @ivar keep: the maximum number of entries that the memory journal keeps for history, for all conversations together.
    @ivar own: the keys of [journal.KIND], if a plugin brings this kind of journal; otherwise C{None}.
    """

    kind: JournalKind = "sqlite"
    durability: Literal["full", "relaxed"] = "full"
    retention: Age = 90 * 86400.0
    longestRetention: LongestAge = None
    retentionCount: Number = 0
    auditRetention: Age = 365 * 86400.0
    keepPassing: bool = False
    searchTime: Seconds = 0.5
    keep: int = 10_000
    own: Any = field(default=None, metadata=NO_KEY)

    @property
    def roomsAtMost(self) -> float:
        """The longest retention that the founder of a room can choose, in seconds; 0 for no limit."""
        return self.retention if self.longestRetention is None else self.longestRetention


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """
    Backups that the server makes by itself while it runs.  It reads each one back before it counts.

    @ivar every: the time from one backup to the next; "0s" for no backups.
    @ivar keep: the number of backups to keep.  After each new one, the oldest beyond this number are removed.
    @ivar directory: the directory of the backups, which only the server's user can read.  A relative path starts at the
        data directory.  Copy the backups to another machine from there.
    """

    every: Span = 0.0
    keep: int = 7
    directory: Directory = "backups"


@dataclass(frozen=True, slots=True)
class AccountsSettings:
    """
    Accounts.

    @ivar registration: who can register an account: "open", everybody; "invitation", those who know the code; "closed",
        nobody, so only the command "twistchat account create" makes accounts; "auto", everybody while only this machine
        can reach the server, and nobody otherwise.
    @ivar invitation: the code for "invitation", which needs one.  No message shows it.
    @ivar emailRequired: whether an account needs a verified mail address.  This needs the section [mail].
    @ivar protection: what happens to someone who takes a nick of an account and is not logged in to it: "strict"
        refuses the nick; "prompt" asks them to log in, and renames them after claimTime.  Until then they receive the
        private messages that others send to the nick, and are taken for its owner.
    @ivar claimTime: the time to log in, for "prompt".
    @ivar plaintext: whether passwords are accepted over connections that are not encrypted and come from other
        machines.
    @ivar create: whether the first login through a source from --auth creates the account.
    @ivar succession: what happens to the rooms of a dropped account: "next" makes the successor, or the account with
        the highest rank in the access list, their founder; "free" ends their registration.
    @ivar alwaysOn: whose users stay in the chat, and in their rooms, when their last connection ends: "opt-in", those
        of the accounts that turn it on; "opt-out", those of all accounts that do not turn it off; "off", nobody's.
    @ivar alwaysOnTime: how long they stay; "0s" for ever.
    @ivar webSessionTime: how long a browser stays logged in after it was last used.
    @ivar guests: whether people without an account may come in; the key of the same name in [web] is about the web
        door only.  Without guests, nobody reads what is said here before they have logged in.
    """

    registration: Literal["auto", "open", "invitation", "closed"] = "auto"
    invitation: Secret = field(default="", repr=False)
    emailRequired: bool = False
    protection: Literal["strict", "prompt"] = "strict"
    claimTime: Span = 60.0
    plaintext: bool = False
    create: bool = False
    succession: Literal["next", "free"] = "next"
    alwaysOn: Literal["off", "opt-in", "opt-out"] = "opt-in"
    alwaysOnTime: Span = 30 * 86400.0
    webSessionTime: Seconds = 30 * 86400.0
    guests: bool = True


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """
    Metrics for Prometheus, and the health of the server.

    @ivar endpoint: where to serve /metrics, /healthz and /readyz over HTTP: one of Twisted's server endpoint strings,
        such as "tcp:9667:interface=127.0.0.1", or a list of them; [] for nowhere.  The option --metrics sets it too.
        It needs pip install 'twistchat[metrics]'.
    """

    endpoint: Endpoints = ()


@dataclass(frozen=True, slots=True)
class MailSettings:
    """
    Mail: the codes that verify mail addresses and reset passwords.  Without a host the server sends no mail.

    @ivar host: the mail server that takes the mails, such as "smtp.example.org"; "" for none.
    @ivar port: its port; 0 for the usual one, which depends on the security: 587, 465 or 25.
    @ivar security: how the connection is encrypted: "starttls", after a greeting; "tls", from the first byte; "none",
        not at all, which is possible only if the host is this machine.  The certificate of the host must be valid.
    @ivar user: the name to log in with; "" for no login.
    @ivar password: the password to log in with.  No message shows it.
    @ivar sender: the address that the mails come from, such as "chat@example.org".
    @ivar senderName: the name beside that address; "" for the name of the server.
    """

    host: MailHost = ""
    port: Port = 0
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Text = ""
    password: Secret = field(default="", repr=False)
    sender: MailAddress = ""
    senderName: Text = ""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """
    The log.

    @ivar format: "text" writes a line for people; "json" writes an object in JSON on each line, for programs.
    @ivar level: the least important lines that are written.  "info" has a line for each connection that ends, each
        login and each refusal.
    @ivar address: how the log shows the addresses of clients: "address"; "cloak", as the host that other users see;
        "none", not at all.
    """

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warn", "error", "critical"] = "info"
    address: Literal["address", "cloak", "none"] = "address"


@dataclass(frozen=True, slots=True)
class WebircSettings:
    """
    A gateway.

    @ivar password: the hash of the gateway's password.  The command "twistchat hash-password" makes it.
    @ivar hosts: the networks that the gateway connects from.
    """

    password: PasswordHash = ""
    hosts: Networks = ()


@dataclass(frozen=True, slots=True)
class ClassSettings:
    """
    A class of operators.

    @ivar title: their title, shown by WHOIS.
    @ivar privileges: what they may do.
    @ivar host: the host that others see for them; "" keeps their own.
    """

    title: Text = "is an operator of this server"
    privileges: Privileges = ()
    host: Host = ""


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """
    An operator.  All of C{password}, C{account}, C{fingerprint} and C{hosts} that are set must match.

    @ivar password: the hash of their password; "" if they need none.  The command "twistchat hash-password" makes it.
    @ivar account: the account that they must be logged in to; "" if they need none.
    @ivar fingerprint: the SHA-256 of their client's certificate, in hexadecimal; "" if they need none.
    @ivar class_: their class: the NAME of a table [classes.NAME].
    @ivar hosts: the networks that they must connect from; an empty list allows all.
    """

    password: PasswordHash = ""
    account: str = ""
    fingerprint: Fingerprint = ""
    class_: str = ""
    hosts: Networks = ()


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """
    A provider of OpenID Connect.

    @ivar label: what the web page calls it, as in "Continue with LABEL"; "" means NAME.
    @ivar issuer: the provider's issuer, an https URL.  Its configuration is at ISSUER/.well-known/openid-configuration.
    @ivar clientId: the id under which the provider knows this server.
    @ivar clientSecret: the secret that the provider gave to this server; "" if it gave none.
    @ivar scopes: what the provider is asked for.  "openid" must be one of them.
    @ivar claim: the claim from which the name of a new account is made.
    @ivar create: "always" makes an account for everybody whom the provider knows, when they first log in; "never" lets
        in only those who have linked the provider to their account.
    """

    label: Text = ""
    issuer: Url = ""
    clientId: Text = ""
    clientSecret: Secret = ""
    scopes: Text = "openid profile"
    claim: Text = "preferred_username"
    create: Literal["never", "always"] = "never"


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Everything that can be configured.

    @ivar server: the server as a whole.
    @ivar chat: the rules of the chat.
    @ivar accounts: accounts, and who can register one.
    @ivar mail: the mail server that takes the codes for accounts: they verify mail addresses and reset passwords.
    @ivar listen: where each door listens: one of Twisted's server endpoint strings, or a list of them.  The keys are
        the doors' names.  Without any key, every door listens at its default endpoints; otherwise only the doors named
        here listen.  Each door also has an option, such as --line for the line door.  One such option replaces all
        keys.
    @ivar journal: the record of all events.
    @ivar cluster: the cluster of which this server is a node, if journal.kind is "jetstream".
    @ivar backup: copies of the journal.
    @ivar log: the file or the terminal to which twistd logs.
    @ivar metrics: metrics for Prometheus, and the health of the server.
    @ivar webirc: gateways that connect on behalf of their users, with IRC's command WEBIRC.  Each has its own table,
        [webirc.NAME].
    @ivar oidc: providers of OpenID Connect, with which people can log in at the web door.  Each has its own table,
        [oidc.NAME]; NAME is a part of the URL to which the provider sends browsers back:
        https://chat.example.org/oidc/NAME/callback.
    @ivar classes: classes of server operators.  Each has its own table, [classes.NAME].
    @ivar operators: users who may become server operators, with IRC's command OPER.  Each has its own table,
        [operators.NAME]; NAME is the name they give to OPER.  All of password, account, fingerprint and hosts that are
        set must match.
    @ivar limits: all limits.  Lengths are in characters unless they are said to be in bytes; rates are per second.
    @ivar doors: the sections of doors, by the door's name.  Read one with L{of}.
    """

    server: ServerSettings = field(default_factory=ServerSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)
    accounts: AccountsSettings = field(default_factory=AccountsSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    listen: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    journal: JournalSettings = field(default_factory=JournalSettings)
    cluster: ClusterSettings = field(default_factory=ClusterSettings)
    backup: BackupSettings = field(default_factory=BackupSettings)
    log: LogSettings = field(default_factory=LogSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    webirc: Mapping[str, WebircSettings] = field(default_factory=lambda: MappingProxyType({}))
    oidc: Mapping[str, OidcSettings] = field(default_factory=lambda: MappingProxyType({}))
    classes: Mapping[str, ClassSettings] = field(default_factory=lambda: MappingProxyType({}))
    operators: Mapping[str, OperatorSettings] = field(default_factory=lambda: MappingProxyType({}))
    limits: Limits = field(default_factory=Limits)
    doors: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), metadata=NO_KEY)

    def of(self, door: str, kind: type[OwnSettings]) -> OwnSettings:
        """
        Get the section of a door.

        @param door: the door's name.
        @param kind: the class of its settings.
        @return: the section; or the defaults, if these settings were made without that door.
        """
        found = self.doors.get(door)
        return found if isinstance(found, kind) else kind()

    @property
    def proxies(self) -> Networks:
        """The networks whose PROXY header is believed: those that any door's section lists in C{proxies}."""
        return tuple(network for section in self.doors.values() for network in getattr(section, "proxies", ()))


SECTIONS = tuple(section.name for section in fields(Settings) if section.metadata.get("key", True))
"""The names of the sections that belong to no door."""

_BEFORE_DOORS = SECTIONS.index("backup") + 1

TABLES: dict[str, Any] = {
    section.name: section.default_factory for section in fields(Settings) if is_dataclass(section.default_factory)
}
"""The sections with fixed keys: all except C{listen} and those of L{NAMED}."""

NAMED: dict[str, Any] = {
    "webirc": WebircSettings,
    "oidc": OidcSettings,
    "classes": ClassSettings,
    "operators": OperatorSettings,
}
"""The sections whose tables the administrator names, with the class of each table."""

LIVE = (
    "server.description",
    "chat.reserved",
    "chat.keptTags",
    "accounts",
    "backup",
    "log",
    "listen",
    "webirc",
    "oidc",
    "classes",
    "operators",
    *(f"limits.{key.name}" for key in fields(Limits) if key.name not in ("ircLine", "ircTags", "passwordQueue")),
)
"""
The sections and keys that take effect when the configuration is read again.

The server reads them at each use, or follows a change.  The other keys are used once, when the server starts or when a
client connects.
"""


def keysOf(table: type) -> Iterator[tuple[str, str, object, object]]:
    """List the name, the field, the type and the default of each key in a section."""
    types = get_type_hints(table, include_extras=True)
    for key in fields(table):
        if not key.metadata.get("key", True):
            continue
        yield key.name.removesuffix("_"), key.name, types[key.name], key.default


def sectionsWith(doors: Iterable[str]) -> tuple[str, ...]:
    """List the names of all sections, in the order in which people see them, with those of these doors."""
    return (*SECTIONS[:_BEFORE_DOORS], *doors, *SECTIONS[_BEFORE_DOORS:])


def liveness(doors: Mapping[str, type | None]) -> dict[str, bool]:
    """
    Tell for each key whether a change takes effect when the configuration is read again.

    @param doors: the installed doors, with the class of their settings.
    @return: the keys as C{section.key}, and the sections whose keys the administrator names.
    """
    own = {door: table for door, table in doors.items() if table is not None}
    live: dict[str, bool] = {}
    for section in sectionsWith(own):
        table = own.get(section) or TABLES.get(section)
        if table is None:
            live[section] = section in NAMED or section in LIVE
            continue
        for name, key, _, _ in keysOf(table):
            whole = f"{section}.{name}"
            live[whole] = section in LIVE or whole in LIVE or (section in own and key in liveOf(table))
    return live


def liveOf(table: type) -> tuple[str, ...]:
    """List the keys of a door's section that take effect when the configuration is read again."""
    live: tuple[str, ...] = getattr(table, "live", ())
    return live
