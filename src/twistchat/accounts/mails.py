"""The texts of the mails about accounts."""

from __future__ import annotations

from typing import Final, NamedTuple

VALIDITY: Final = "a day"
"""How long a code is valid, in words."""


class Mail(NamedTuple):
    """
    A mail without its recipient.

    @ivar subject: one line.
    @ivar text: the text, with LF between its lines.
    """

    subject: str
    text: str


def verificationMail(server: str, account: str, code: str) -> Mail:
    """
    Write the mail with the code that verifies a mail address.

    @param server: the name of the server.
    @param account: the name of the account.
    @raise ValueError: one of them contains a line break.
    """
    _checkLines(server, account, code)
    return Mail(
        f"Verify your mail address for {account} at {server}",
        f"""\
Somebody gave this mail address for the account {account} at the chat server {server}.

The code that verifies it is {code}

In an IRC client, type:

    /msg NickServ VERIFY {account} {code}

If the client cannot send messages yet, because it has not entered the chat, type:

    /quote VERIFY {account} {code}

With nc or telnet, type:

    /verify {code} {account}

The code is valid for {VALIDITY}.

If this was not you, ignore this mail.
""",
    )


def resetMail(server: str, account: str, code: str) -> Mail:
    """
    Write the mail with the code that resets a password.

    The parameters and errors are those of L{verificationMail}.
    """
    _checkLines(server, account, code)
    return Mail(
        f"Reset the password of {account} at {server}",
        f"""\
Somebody asked for a new password for the account {account} at the chat server {server}.

The code for it is {code}

Type this line at the server in an IRC client, with your new password:

    /msg NickServ SETPASS {account} {code} PASSWORD

The code is valid for {VALIDITY}. Until you use it, your password stays as it is.

If this was not you, ignore this mail.
""",
    )


def _checkLines(*values: str) -> None:
    """A line break would let a name write a part of the mail."""
    for value in values:
        if not value.isprintable():
            raise ValueError("a name or a code in a mail contains a control character")
