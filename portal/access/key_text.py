"""How a program's key is written: what may be seen of it, its secret, and a check against slips."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from zlib import crc32

SECRET, PUBLISHABLE = "sk", "pk"
_SEEN = "0123456789abcdefghijklmnopqrstuvwxyz"
_SEEN_LENGTH, _CHECK_LENGTH, _SECRET_BYTES = 8, 6, 32
_SHAPE = re.compile(
    r"(?P<start>portal_(?P<mode>test|live)_(?P<kind>sk|pk)_(?P<public_id>[0-9a-z]{8})_"
    r"(?P<secret>[A-Za-z0-9_-]{43}))(?P<check>[0-9a-z]{6})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key taken apart."""

    livemode: bool
    kind: str
    public_id: str
    secret: str

    def __str__(self) -> str:
        mode = "live" if self.livemode else "test"
        start = f"portal_{mode}_{self.kind}_{self.public_id}_{self.secret}"
        return start + _check(start)


def new_text(*, livemode: bool, kind: str) -> KeyText:
    """Make a key that nobody can guess."""
    public_id = "".join(secrets.choice(_SEEN) for _ in range(_SEEN_LENGTH))
    return KeyText(livemode, kind, public_id, secrets.token_urlsafe(_SECRET_BYTES))


def read_text(text: str) -> KeyText | None:
    """Take a key apart; None for what cannot be one, nearly all noise, without asking anybody."""
    found = _SHAPE.fullmatch(text)
    if found is None or _check(found["start"]) != found["check"]:
        return None
    return KeyText(found["mode"] == "live", found["kind"], found["public_id"], found["secret"])


def _check(start: str) -> str:
    left, digits = crc32(start.encode()), ""
    while left:
        left, digit = divmod(left, len(_SEEN))
        digits = _SEEN[digit] + digits
    return digits.rjust(_CHECK_LENGTH, "0")[-_CHECK_LENGTH:]
