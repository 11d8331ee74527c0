"""
The types of configuration keys.

A type is the annotation of a dataclass's field.  L{readings <twistchat.config.readings>} converts values to each type.
L{twistchat.chat.limits} has the types of limits.
"""

from __future__ import annotations

from typing import Annotated

ServerName = Annotated[str, "server name"]
"""The name of a server, valid in an IRC prefix (RFC 2812, section 2.3.1)."""

Directory = Annotated[str, "directory"]
"""The path of a directory."""

Age = Annotated[float, "age"]
"""A length of time in seconds, or 0 for no limit."""

LongestAge = Annotated[float | None, "longest age"]
"""As L{Age}; or C{None} for the value of C{journal.retention}."""

Number = Annotated[int, "number"]
"""A whole number that may be 0."""

Greeting = Annotated[str, "greeting"]
"""A text of one or more lines."""

Zone = Annotated[str, "time zone"]
"""A name in the IANA time zone database, or C{""} for the machine's own time zone."""

Nicks = Annotated[tuple[str, ...], "nicks"]
"""Names that users could choose as nicks."""

ClientTags = Annotated[tuple[str, ...], "client tags"]
"""Names of client-only tags, with the C{+} (IRCv3 message-tags)."""

Text = Annotated[str, "text"]
"""A text of one line, without control characters."""

Lines = Annotated[tuple[str, ...], "lines"]
"""Up to three texts of one line each."""

NetworkName = Annotated[str, "network name"]
"""The name of an IRC network, valid in a token of IRC's 005."""

Host = Annotated[str, "host"]
"""The host that others see, valid in an IRC prefix; or C{""}."""

Url = Annotated[str, "URL"]
"""An absolute http or https URL (RFC 3986), valid in a token of IRC's 005; or C{""}."""

Origins = Annotated[tuple[str, ...], "origins"]
"""The origins of web sites, as browsers send them (RFC 6454, section 6.2): a scheme, a host and perhaps a port."""

Port = Annotated[int, "port"]
"""A TCP port, or 0 for none."""

Span = Annotated[float, "span"]
"""A length of time in seconds, or 0 for none."""

PasswordHash = Annotated[str, "password hash"]
"""The argon2id hash of a password (RFC 9106), in the encoding of argon2's reference implementation; or C{""}."""

Secret = Annotated[str, "secret"]
"""A text of one line that no message shows; or C{""}."""

MailAddress = Annotated[str, "mail address"]
"""A mail address that every mail server accepts: dot-string@domain in ASCII (RFC 5321, section 4.1.2); or C{""}."""

MailHost = Annotated[str, "mail host"]
"""The name or the IP address of a mail server; or C{""}."""

Fingerprint = Annotated[str, "fingerprint"]
"""A SHA-256 in hexadecimal, in lower case without separators; or C{""}."""

Privileges = Annotated[tuple[str, ...], "privileges"]
"""Keys of L{PRIVILEGES <twistchat.chat.model.users.PRIVILEGES>}."""

Brokers = Annotated[tuple[str, ...], "brokers"]
"""Addresses of NATS servers: C{nats://HOST:PORT}, or C{tls://HOST:PORT}.  They contain no user and no password."""

WebAddresses = Annotated[tuple[str, ...], "web addresses"]
"""Addresses of web servers: a scheme, a host and perhaps a port."""

NodeName = Annotated[str, "node name"]
"""The name of a node of a cluster; or C{""}."""

StreamName = Annotated[str, "stream name"]
"""A name that JetStream takes as the name of a stream, and of a key-value bucket."""

SubjectPrefix = Annotated[str, "subject prefix"]
"""The first tokens of a subject of NATS, without wildcards."""

File = Annotated[str, "file"]
"""The path of a file; or C{""}."""

JournalKind = Annotated[str, "journal kind"]
"""The name of a kind of journal that is installed."""

Endpoints = Annotated[tuple[str, ...], "endpoints"]
"""Twisted's server endpoint strings.  Parsing them needs a reactor, so the code that listens checks them."""
