"""
The interfaces that others code against, one module per seam.

Extensions of twistchat implement these interfaces.  L{twistchat.testing} has a fake or a contract test for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twistchat.interfaces.accounts import (
    Authenticated,
    Caller,
    FactorSetUp,
    ILogins,
    IMailer,
    IPasswords,
    IRegistrar,
    IScramAttempt,
    ISecondFactors,
    ScramKeys,
    WebCaller,
    WebSession,
)
from twistchat.interfaces.administration import CommandRefused, IAdministration
from twistchat.interfaces.cluster import IClusterLog
from twistchat.interfaces.dialect import IDialect
from twistchat.interfaces.door import IDoor, IDoorFactory
from twistchat.interfaces.figures import Histogram, JournalFigures, LoginFigures
from twistchat.interfaces.history import IHistory
from twistchat.interfaces.journal import (
    CopyFailed,
    IJournalCopying,
    IJournalKind,
    Journal,
    JournalContext,
    JournalCopy,
    JournalUnavailable,
)
from twistchat.interfaces.log import IFollowing, ILog
from twistchat.interfaces.outlet import IOutlet
from twistchat.interfaces.replica import IReplica
from twistchat.interfaces.stream import (
    IStream,
    IStreamReading,
    NotPublished,
    StreamMessage,
    StreamStatus,
    StreamUnusable,
)

if TYPE_CHECKING:
    from twistchat.interfaces.log import Apply as Apply
    from twistchat.interfaces.log import Receipt as Receipt
    from twistchat.interfaces.log import Refused as Refused

__all__ = [
    "Authenticated",
    "Caller",
    "CommandRefused",
    "CopyFailed",
    "FactorSetUp",
    "Histogram",
    "IAdministration",
    "IClusterLog",
    "IDialect",
    "IDoor",
    "IDoorFactory",
    "IFollowing",
    "IHistory",
    "IJournalCopying",
    "IJournalKind",
    "ILog",
    "ILogins",
    "IMailer",
    "IOutlet",
    "IPasswords",
    "IRegistrar",
    "IReplica",
    "IScramAttempt",
    "ISecondFactors",
    "IStream",
    "IStreamReading",
    "Journal",
    "JournalContext",
    "JournalCopy",
    "JournalFigures",
    "JournalUnavailable",
    "LoginFigures",
    "NotPublished",
    "ScramKeys",
    "StreamMessage",
    "StreamStatus",
    "StreamUnusable",
    "WebCaller",
    "WebSession",
]
