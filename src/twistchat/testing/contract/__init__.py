"""A test suite that every journal passes, by topic."""

from __future__ import annotations

from twistchat.testing.contract.accounts import AccountContract
from twistchat.testing.contract.acts import ActsContract
from twistchat.testing.contract.end import EndContract
from twistchat.testing.contract.figures import FiguresContract
from twistchat.testing.contract.following import FollowingContract
from twistchat.testing.contract.keeping import KeepingContract
from twistchat.testing.contract.opened import ANN as ANN
from twistchat.testing.contract.opened import BOB as BOB
from twistchat.testing.contract.opened import GUEST as GUEST
from twistchat.testing.contract.opened import said as said
from twistchat.testing.contract.order import OrderContract
from twistchat.testing.contract.overview import OverviewContract
from twistchat.testing.contract.reading import ReadingContract
from twistchat.testing.contract.renames import RenameContract
from twistchat.testing.contract.searching import SearchContract
from twistchat.testing.contract.texts import TextContract


class JournalContract(
    OrderContract,
    FollowingContract,
    EndContract,
    ReadingContract,
    OverviewContract,
    SearchContract,
    TextContract,
    RenameContract,
    KeepingContract,
    AccountContract,
    FiguresContract,
    ActsContract,
):
    """
    A mixin for a C{SynchronousTestCase} that tests the promises of an L{ILog <twistchat.interfaces.ILog>} and an
    L{IHistory <twistchat.interfaces.IHistory>}.

    Implement C{makeJournal}.  If the journal needs more than a call to do its work, implement C{settle}: see
    L{OpenedJournal <twistchat.testing.contract.opened.OpenedJournal>}.  If stored entries can be damaged, implement
    C{damage}: see L{KeepingContract <twistchat.testing.contract.keeping.KeepingContract>}.
    """
