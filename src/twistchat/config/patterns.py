"""What the values of keys look like, as regular expressions that match a whole value."""

from __future__ import annotations

import re

SERVER_NAME = re.compile(r"(?=.{1,63}\Z)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")

DURATION = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?) ?([a-z]+)")
DURATION_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}

SIZE = re.compile(r"([0-9]{1,18}) ?([A-Za-z]+)")
SIZE_UNITS = {"GiB": 2**30, "MiB": 2**20, "KiB": 2**10, "B": 1}

NETWORK_NAME = re.compile(r"[A-Za-z0-9._-]{1,63}")

HOST = re.compile(r"[A-Za-z0-9/.-][A-Za-z0-9:/._-]{0,62}")

URL = re.compile(r"https?://[!-~]{1,190}")

ORIGIN = re.compile(r"https?://[a-z0-9._-]{1,253}(:[0-9]{1,5})?|https?://\[[0-9a-f:.]{2,45}\](:[0-9]{1,5})?")

BROKER = re.compile(r"(nats|tls)://([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")

NODE_NAME = re.compile(r"(?=.{1,32}\Z)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")

STREAM_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")

SUBJECT_PREFIX = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")

CLIENT_TAG = re.compile(r"\+([A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")

PASSWORD_HASH = re.compile(
    r"\$argon2id\$v=19\$m=[0-9]{1,8},t=[0-9]{1,4},p=[0-9]{1,3}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,172}"
)

FINGERPRINT = re.compile(r"[0-9a-f]{64}")

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"

LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

MAIL_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})*")

HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})*")
