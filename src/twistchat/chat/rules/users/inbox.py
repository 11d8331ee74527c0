"""Private texts to accounts whose users are not here: they are kept, and shown at the next login."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from twistchat.chat import errors
from twistchat.chat.errors import AlreadyLoggedIn, NoSuchNick
from twistchat.chat.model.accounts import Account, Left
from twistchat.chat.model.events import Entry, InboxRead, Kind, PrivateMessage, PrivateMessageRedacted, Source
from twistchat.chat.model.names import fold
from twistchat.chat.model.sessions import Session
from twistchat.chat.model.spans import Around, Kept, pair
from twistchat.chat.model.users import User
from twistchat.chat.rules.core import Core

if TYPE_CHECKING:
    from twistchat.chat.state import State
    from twistchat.interfaces import Receipt

T = TypeVar("T")


class Waiting(NamedTuple):
    """
    Texts that wait for an account.

    @ivar source: the user who reads them.
    @ivar account: the name of the account.
    @ivar texts: the texts, oldest first; at least one.
    """

    source: Source
    account: str
    texts: Sequence[Left]

    @property
    def last(self) -> int:
        """The sequence number of the last text."""
        return self.texts[-1].sequence


def counted(account: str) -> str:
    """What a text that waits for an account counts for, in L{Core.pending}."""
    return f"inbox {fold(account)}"


class Inbox:
    """The verbs for texts that wait for an account."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._marking: dict[str, set[int]] = {}

    def absent(self, nick: str) -> Account | None:
        """The account that has a nick and whose user is not here; C{None} if there is none, or it cannot be used."""
        account = self._core.state.accounts.withNick(nick)
        if account is None or not account.usable or self._core.state.users.ofAccount(account.name) is not None:
            return None
        return account

    def recipient(self, sender: User, nick: str, kind: Kind) -> Source:
        """
        The recipient of a private text to a nick that nobody has, or whose user has no session.

        @return: the names of the user of the nick's account, who is here, perhaps under another nick; or their nick and
            the account, without a uid, so that the text waits for the next login.
        @raise NoSuchNick: the nick belongs to no account, or the text is a notice, which does not wait.
        @raise AccountAway: the sender is a guest, and nobody has the nick.
        @raise UserAway: the sender is a guest, and the user has no session.
        @raise InboxFull: too many texts wait.
        """
        accounts, users = self._core.state.accounts, self._core.state.users
        owner, present = accounts.withNick(nick), users.named(nick)
        if present is None and owner is not None:
            present = users.ofAccount(owner.name)
        if present is not None and (present.detached is None or kind == "notice"):
            return present.source
        account = self.absent(nick) if present is None else accounts.get(present.source.account)
        if account is None or kind == "notice":
            raise NoSuchNick(nick)
        if sender.source.account is None:
            raise errors.AccountAway(nick) if present is None else errors.UserAway(present.nick)
        if len(account.inbox) + self._core.pending[counted(account.name)] >= self._core.limits.inbox:
            raise errors.InboxFull(account.name, self._core.limits.inbox)
        return Source("", account.name if present is None else present.nick, account=account.name)

    def waiting(self, session: Session, shown: Waiting | None = None) -> Waiting | None:
        """
        The texts that wait for the account of a session.  They wait until L{mark}.

        @param shown: what the session has been shown already, which is left out.
        @return: C{None} if none wait.
        """
        user = session.user
        if user is None:
            return None
        account = self._core.state.accounts.get(user.source.account)
        if account is None or not account.usable:
            return None
        after = shown.last if shown is not None and shown.account == account.name else 0
        texts = [left for left in account.inbox if left.sequence > after]
        return Waiting(user.source, account.name, texts) if texts else None

    async def read(self, waiting: Waiting) -> Sequence[Kept]:
        """
        Read texts that wait.

        @return: the texts, oldest first.  Texts that were redacted are left out.
        @raise NotRead: the history cannot be read.
        """
        found = list[Kept]()
        for left in waiting.texts:
            near = await self._core.history.read(Around(pair(waiting.account, left.sender), 1, left.sequence))
            found += [kept for kept in near if kept.sequence == left.sequence]
        return found

    def mark(self, waiting: Waiting) -> Receipt | None:
        """
        Record that the owner of an account has received texts, so that they do not wait any more.

        @return: C{None} if that is recorded already, for example for another session.
        """
        name = waiting.account
        account, marking = self._core.state.accounts.get(name), self._marking.setdefault(name, set())
        wanted = {left.sequence for left in waiting.texts} - marking
        texts = tuple([left.sequence for left in account.inbox if left.sequence in wanted]) if account else ()
        marking.update(texts)

        def marked(result: T) -> T:
            marking.difference_update(texts)
            if not marking and self._marking.get(name) is marking:
                del self._marking[name]
            return result

        if not texts:
            marked(None)
            return None
        return self._core.log.append(InboxRead(waiting.source, name, texts=texts)).addBoth(marked)

    def markPage(self, session: Session, page: Sequence[Kept]) -> None:
        """
        Record that a client has got a page of the history, so that the texts in it do not wait any more.

        @param page: the entries of the page.  Damaged ones count, because nobody can read them.
        """
        waiting = self.waiting(session)
        if waiting is not None:
            sequences = {kept.sequence for kept in page}
            self._markSome(waiting, [left for left in waiting.texts if left.sequence in sequences])

    def markUntil(self, session: Session, times: Mapping[str, int]) -> None:
        """
        Record that a client knows up to which time private conversations have texts, or that its user has read them, so
        that these texts do not wait any more.

        @param times: the times in milliseconds since the epoch, by conversation.
        """
        waiting = self.waiting(session)
        if waiting is not None:
            known = [left for left in waiting.texts if left.time <= times.get(pair(waiting.account, left.sender), -1)]
            self._markSome(waiting, known)

    def _markSome(self, waiting: Waiting, texts: Sequence[Left]) -> None:
        """Record that some of the texts were received.  If the record is refused, they still wait."""
        recorded = self.mark(waiting._replace(texts=texts)) if texts else None
        if recorded is not None:
            recorded.addErrback(_stillWaits)


def _stillWaits(failure: Any) -> None:
    """Ignore that texts cannot be marked: the account is gone, or the journal is full."""
    failure.trap(errors.ChatError)


def announceInbox(state: State, session: Session) -> None:
    """Tell the outlet of a session that has logged in, if texts wait for its account."""
    account = state.accounts.get(session.currentAccount)
    if account is not None and account.inbox and session.user is not None:
        state.broadcast.inboxWaiting(session)


def leave(state: State, entry: Entry, event: PrivateMessage) -> None:
    """
    Let a text wait for the account that is its recipient.  The effect of the text calls this.

    @raise AlreadyLoggedIn: the account's user has come in the meantime.
    @raise NoSuchNick: the account was dropped in the meantime.
    """
    recipient, sender = event.recipient.account or "", event.source.account
    account = state.accounts.get(recipient)
    if account is None or sender is None:
        raise NoSuchNick(event.recipient.nick)
    user = state.users.ofAccount(recipient)
    if user is not None and user.detached is None:
        raise AlreadyLoggedIn(recipient)
    account.inbox += (Left(entry.sequence, sender, entry.time),)


def withdraw(state: State, event: PrivateMessageRedacted) -> None:
    """Take a redacted text from those that wait for an account.  The effect of the redaction calls this."""
    account = state.accounts.get(event.recipient.account)
    if account is not None and account.inbox:
        account.inbox = tuple([left for left in account.inbox if left.sequence != event.sequence])
