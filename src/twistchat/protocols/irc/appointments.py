"""The operators whom the configuration appointed: they follow its changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twisted.logger import Logger

from twistchat.net.reloading import SingleRun

if TYPE_CHECKING:
    from twistchat.chat.model.users import Operator, User
    from twistchat.config import ClassSettings
    from twistchat.net.context import ServerContext

log = Logger()

CHANGED_PER_TURN: Final = 25
"""Operators whose status is compared with the configuration in one turn."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """
    The status that a user got with OPER.

    @ivar name: the NAME of the table [operators.NAME].
    @ivar rights: the class that they have.
    @ivar status: the status in the chat.  If the user has another one now, they got that in another way.
    """

    name: str
    rights: ClassSettings
    status: Operator


class Appointments:
    """
    The users who are operators because of a table in the configuration.

    When the configuration changes, an operator whose table is gone is none any more, and one whose class has changed
    gets its privileges.  This belongs to the user, not to the session that sent OPER: the session may have ended.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._known: dict[str, Appointment] = {}
        self._work = SingleRun(self._compareAll)

    def note(self, user: User, name: str, rights: ClassSettings) -> None:
        """
        Note that a user has become an operator.

        @param name: the NAME of the table [operators.NAME].
        @param rights: the class that they got.
        """
        users = self._context.chat.state.users
        self._known = {uid: one for uid, one in self._known.items() if self._holds(users.get(uid), one)}
        if user.operator is not None:
            self._known[user.source.uid] = Appointment(name, rights, user.operator)

    def follow(self) -> None:
        """The settings may have changed: compare them with the status of all operators."""
        self._work.request()

    async def _compareAll(self) -> None:
        for number, (uid, appointment) in enumerate(list(self._known.items()), 1):
            try:
                await self._compare(uid, appointment)
            except Exception:
                log.failure("The status of an operator did not follow the configuration")
            if number % CHANGED_PER_TURN == 0:
                await self._context.portions.wait()

    async def _compare(self, uid: str, appointment: Appointment) -> None:
        settings, operators = self._context.settings, self._context.chat.operators
        user = self._context.chat.state.users.get(uid)
        if user is None or not self._holds(user, appointment):
            self._known.pop(uid, None)
            return
        table = settings.operators.get(appointment.name)
        rights = None if table is None else settings.classes.get(table.class_)
        if rights == appointment.rights:
            return
        what = f"[operators.{appointment.name}]"
        if rights is None:
            await operators.dismiss(user)
            self._known.pop(uid, None)
            log.info("{nick} is no operator by {what} any more: it is gone", nick=user.source.nick, what=what)
            return
        await operators.promote(user, rights.title, rights.privileges, rights.host, appointment.rights.host)
        if user.operator is not None:
            self._known[uid] = Appointment(appointment.name, rights, user.operator)
        log.info("{nick} has the changed rights of {what}", nick=user.source.nick, what=what)

    @staticmethod
    def _holds(user: User | None, appointment: Appointment) -> bool:
        return user is not None and user.operator is appointment.status
