"""Sends mails: composes them, queues them, and gives them to a mail server."""
