"""Compose a mail as bytes (RFC 5322, RFC 2045)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from twistchat.accounts.email import checkEmail


def compose(sender: Address, recipient: str, subject: str, text: str, date: float, messageId: str) -> bytes:
    """
    Compose a mail with one recipient and a plain text.

    @param recipient: a mail address.
    @param subject: one line.
    @param text: the text, with LF between its lines.
    @param date: the time in seconds since the epoch.
    @param messageId: the Message-ID with its angle brackets.
    @return: the mail in ASCII, with CRLF between its lines.
    @raise BadCredential: the recipient is not a usable mail address.
    @raise ValueError: the subject contains a line break.
    """
    checkEmail(recipient)
    mail = EmailMessage(SMTP)
    mail["From"] = sender
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = subject
    mail["Date"] = datetime.fromtimestamp(date, UTC)
    mail["Message-ID"] = messageId
    # No vacation program answers (RFC 3834, section 5).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, charset="utf-8", cte="quoted-printable")
    return mail.as_bytes()
