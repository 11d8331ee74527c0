"""Answers of JetStream's API, and the reasons why there is none."""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any

from nats.errors import NoRespondersError, UnexpectedEOF
from nats.errors import TimeoutError as NatsTimeout

STREAM_NOT_FOUND = 10059
CONSUMER_NOT_FOUND = 10014
JETSTREAM_DISABLED = (10039, 10076)
WRONG_LAST = (10071, 10164)
"""The codes of the refusal of a message whose expected last number does not hold."""

TEMPORARY = frozenset(
    {
        10004,  # the cluster has too few brokers at the moment
        10008,  # JetStream is temporarily not available
        10009,  # no leader
        10023,  # insufficient resources
        10158,  # a message with the same id is on its way
        10167,  # too many messages are on their way
    }
)
"""The codes of refusals that a later try can turn into success."""


class Unreachable(Exception):
    """There was no answer.  C{str} gives the reason.  The request may have arrived."""


class Refused(Exception):
    """
    JetStream refused a request.  C{str} gives its reason.

    @ivar code: JetStream's C{err_code}.
    """

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


def answerIn(data: bytes) -> dict[str, Any]:
    """
    Read an answer.

    @raise Refused: it is a refusal.
    @raise Unreachable: it is not an answer of JetStream.
    """
    try:
        answer = json.loads(data)
    except ValueError as e:
        raise Unreachable("the broker's answer is not JSON") from e
    if not isinstance(answer, dict):
        raise Unreachable("the broker's answer is not an object")
    error = answer.get("error")
    if error:
        raise Refused(int(error.get("err_code") or 0), str(error.get("description") or "refused"))
    return answer


def reasonOf(error: BaseException) -> str:
    """Return why a broker cannot be reached, in a few words of one line."""
    if isinstance(error, NoRespondersError):
        return "nobody answers to this subject"
    if isinstance(error, (TimeoutError, NatsTimeout)):
        return "it does not answer"
    if isinstance(error, UnexpectedEOF):
        return "it closed the connection"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS fails: {error.reason or error}"
    if isinstance(error, ConnectionRefusedError):
        return "the connection is refused"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    text = str(error).removeprefix("nats: ").strip("'\" ") or type(error).__name__
    if "authorization violation" in text.lower() or "authentication" in text.lower():
        return "the login is refused (authorization violation)"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(text.split())
