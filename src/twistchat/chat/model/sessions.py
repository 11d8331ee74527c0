"""
Sessions, and the origins of proposals.

An origin accompanies an event within this process only.  No journal stores it, and no other node sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from twistchat.chat.model.accounts import UNREAD

if TYPE_CHECKING:
    from twistchat.chat.model.events import Source
    from twistchat.chat.model.users import User
    from twistchat.interfaces import IOutlet


class Session:
    """
    One connection that has come in through a door.

    @cvar origin: always C{None}.  Only labelled requests have an origin.
    @ivar id: its id, which is never reused.  Events contain it as C{session}.
    @ivar outlet: its output.
    @ivar exempt: whether it is exempt from rate limits.
    @ivar account: the account that it has logged in to before it entered; C{None} for none.  After that, see its user.
    @ivar webSession: the web session of its account that it logged in with: the hash of its secret, because another web
        session may get the name; C{None} if it logged in by other means, or is a guest's.
    @ivar user: its user; C{None} before the user has entered, and after the session has ended.
    @ivar echo: whether it gets its own texts.
    @ivar ignored: the folded nicks whose texts and invitations it does not get.  Each maps to the folded nick under
        which the user was first ignored: the same nick, or an earlier one.
    @ivar correspondent: the uid of the last user who sent it a private text; C{None} if there is none.
    @ivar watched: the nicks that it watches, by their folded forms.
    @ivar markers: the read markers that no account keeps, by folded target, see L{Account.markers
        <twistchat.chat.model.accounts.Account>}.
    @ivar shown: the times of the newest texts that it was shown from the history of rooms, in milliseconds since the
        epoch, by folded name.  Only rooms of its user are there, see L{Markers.noteShown
        <twistchat.chat.rules.users.markers.Markers.noteShown>}.
    @ivar subscribed: the keys of metadata whose changes it gets, in the order of its requests.
    @ivar closed: whether the connection is gone.  The session gets no more entries.  It belongs to its user until the
        entry of its end is applied.
    @ivar spoke: the time of its last text, or of its start, in seconds on the chat's clock.
    @ivar address: the client's IP address, if it has one.  Only server operators and bans see it.
    @ivar left: the names of the user that it had; C{None} before it has lost its user.
    @ivar door: the name of the door through which it came in.
    @ivar secure: whether its connection is encrypted.
    @ivar fingerprint: the SHA-256 of the client's certificate in hexadecimal; C{None} without one.
    """

    __slots__ = (
        "account",
        "address",
        "closed",
        "correspondent",
        "door",
        "echo",
        "exempt",
        "fingerprint",
        "id",
        "ignored",
        "left",
        "markers",
        "outlet",
        "secure",
        "shown",
        "spoke",
        "subscribed",
        "user",
        "watched",
        "webSession",
    )

    origin: ClassVar[None] = None

    def __init__(
        self,
        id: str,
        outlet: IOutlet,
        exempt: bool = False,
        spoke: float = 0.0,
        address: str | None = None,
        secure: bool = False,
        door: str = "",
    ) -> None:
        self.id = id
        self.outlet = outlet
        self.exempt = exempt
        self.spoke = spoke
        self.address = address
        self.secure = secure
        self.door = door
        self.fingerprint: str | None = None
        self.account: str | None = None
        self.webSession: str | None = None
        self.user: User | None = None
        self.left: Source | None = None
        self.echo = False
        self.correspondent: str | None = None
        self.ignored: dict[str, str] = {}
        self.watched: dict[str, str] = {}
        self.markers = self.shown = UNREAD
        self.subscribed: tuple[str, ...] = ()
        self.closed = False

    @property
    def currentAccount(self) -> str | None:
        """The account that it is logged in to, whether or not it has entered; C{None} for none."""
        return self.account if self.user is None else self.user.source.account

    @property
    def source(self) -> Source | None:
        """The names of its user, or of the user that it had; C{None} if it never had one."""
        return self.left if self.user is None else self.user.source

    @property
    def session(self) -> Session:
        """This object.  An asker is a session or an L{Origin}, and both have this attribute."""
        return self


@dataclass(frozen=True, slots=True)
class Origin:
    """
    A labelled request that leads to an event.

    @ivar session: the session that asks.
    @ivar label: the client's label for its request (IRCv3 labeled-response).  It is passed to L{IOutlet.echo
        <twistchat.interfaces.IOutlet.echo>} with the resulting entry.
    """

    session: Session
    label: str

    @property
    def user(self) -> User | None:
        """The user of the session."""
        return self.session.user

    @property
    def origin(self) -> Origin:
        """This object.  A L{Session} has the origin C{None}."""
        return self


Asker: TypeAlias = "Session | Origin"
"""The source of a request: a session, or an L{Origin} if the request has a label."""
