"""What a new password must be: long enough, not known to everybody, and nothing else."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from portal.errors import Problem

LEAST, MOST = 8, 256
"""In characters. No composition is asked for, and nothing is ever cut off."""

# The passwords of eight characters and more among the 20 000 most used, in lower case: the first
# five bytes of the sha256 of each, sorted. The list is the one that Django 5.2 ships.
_COMMON = Path(__file__).with_name("common_passwords.bin")
_BYTES_EACH = 5


def password_problem(typed: str, email: str) -> Problem | None:
    """Say why this cannot be somebody's new password, if it cannot."""
    if len(typed) < LEAST:
        return Problem("password_short", "Use at least {least} characters.", {"least": f"{LEAST}"})
    if len(typed) > MOST:
        return Problem("password_long", "Use at most {most} characters.", {"most": f"{MOST}"})
    if typed.strip().lower() in (email.lower(), email.partition("@")[0].lower()):
        return Problem("password_is_email", "Your password cannot be your email address.")
    if is_common(typed):
        return Problem(
            "password_common", "Many people use this password, so it is soon guessed. Use another."
        )
    return None


def is_common(typed: str) -> bool:
    """Tell whether this is one of the most used passwords, in whichever case."""
    wanted = sha256(typed.strip().lower().encode(errors="replace")).digest()[:_BYTES_EACH]
    known = _known()
    low, high = 0, len(known) // _BYTES_EACH
    while low < high:
        middle = (low + high) // 2
        if known[middle * _BYTES_EACH : (middle + 1) * _BYTES_EACH] < wanted:
            low = middle + 1
        else:
            high = middle
    return known[low * _BYTES_EACH : (low + 1) * _BYTES_EACH] == wanted


@cache
def _known() -> bytes:
    return _COMMON.read_bytes()
