"""Hash a password, and verify one against what we or another site made of it.

Slow, and meant to be: call it by password_work only. What it needs is imported when it is called.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from functools import cache
from typing import TYPE_CHECKING

from portal.access.password_kinds import ITOA64, Scheme

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_BREATHES_EVERY = 1024
_BCRYPT_READS = 72
_PHP_TRIMS = " \n\r\t\v\0"


def new_hash(typed: str) -> str:
    """Hash a password as we keep it: argon2id, with 19 MiB, twice over.

    Source: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
    """
    return _argon2().hash(typed)


def onion_of(md5_hex: str) -> str:
    """Hash the md5 of a password, so that the md5 itself need not be kept."""
    return _argon2().hash(md5_hex)


def is_right(scheme: Scheme, stored: str, typed: str) -> bool:
    """Tell whether this password is the one behind a stored hash."""
    return _VERIFY[scheme](stored, typed)


def is_dated(scheme: Scheme, stored: str) -> bool:
    """Tell whether a hash is another site's, or ours of before, and so is to be made anew."""
    return scheme != "argon2id" or _argon2().check_needs_rehash(stored)


@cache
def _argon2() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def _by_argon2(stored: str, typed: str) -> bool:
    from argon2.exceptions import VerificationError

    try:
        return _argon2().verify(stored, typed)
    except VerificationError:
        return False


def _by_md5(stored: str, typed: str) -> bool:
    return _by_argon2(stored, _md5_of(typed))


def _by_bcrypt(stored: str, typed: str) -> bool:
    return _bcrypt(stored, typed.encode())


def _by_wordpress(stored: str, typed: str) -> bool:
    """Verify what WordPress 6.8 and later make.

    Source: https://make.wordpress.org/core/2025/02/17/wordpress-6-8-will-use-bcrypt-for-password-hashing/
    """
    mixed = hmac.digest(b"wp-sha384", typed.strip(_PHP_TRIMS).encode(), "sha384")
    return _bcrypt(stored.removeprefix("$wp"), base64.b64encode(mixed))


def _bcrypt(stored: str, typed: bytes) -> bool:
    """Verify as PHP does, which reads 72 bytes."""
    import bcrypt

    try:
        return bcrypt.checkpw(typed[:_BCRYPT_READS], stored.encode())
    except ValueError:
        return False


def _by_phpass(stored: str, typed: str) -> bool:
    return _is_stretched(stored, typed.strip(_PHP_TRIMS), "md5")


def _by_drupal(stored: str, typed: str) -> bool:
    """Verify what Drupal made up to 10.0; with a U it had hashed an md5 of still before."""
    if stored.startswith("U"):
        return _is_stretched(stored[1:], _md5_of(typed), "sha512")
    return _is_stretched(stored, typed, "sha512")


def _is_stretched(stored: str, typed: str, digest: str) -> bool:
    """Hash again and again, as often as the fourth character says, and compare what fits.

    Source: https://www.openwall.com/articles/PHP-Users-Passwords
    """
    password, salt = typed.encode(), stored[4:12].encode()
    hashed = hashlib.new(digest, salt + password, usedforsecurity=False).digest()
    for number in range(1 << ITOA64.index(stored[3])):
        hashed = hashlib.new(digest, hashed + password, usedforsecurity=False).digest()
        if number % _BREATHES_EVERY == 0:
            time.sleep(0)  # Whoever waits for the interpreter goes first.
    made = stored[:12] + _in_itoa64(hashed)
    return hmac.compare_digest(made[: len(stored)].encode(), stored.encode())


def _in_itoa64(raw: bytes) -> str:
    """Write three bytes at a time, the lowest six bits first."""
    written = []
    for start in range(0, len(raw), 3):
        part = raw[start : start + 3]
        value = int.from_bytes(part, "little")
        written += [ITOA64[value >> 6 * place & 63] for place in range(len(part) + 1)]
    return "".join(written)


def _by_crypt(stored: str, typed: str) -> bool:
    from passlib.hash import des_crypt, md5_crypt, sha256_crypt, sha512_crypt

    by_prefix = {"$6$": sha512_crypt, "$5$": sha256_crypt, "$1$": md5_crypt}
    try:
        return bool(by_prefix.get(stored[:3], des_crypt).verify(typed, stored))
    except (TypeError, ValueError):
        return False


def _md5_of(typed: str) -> str:
    return hashlib.md5(typed.encode(), usedforsecurity=False).hexdigest()


_VERIFY = {
    "argon2id": _by_argon2,
    "md5": _by_md5,
    "bcrypt": _by_bcrypt,
    "wp_bcrypt": _by_wordpress,
    "phpass": _by_phpass,
    "drupal": _by_drupal,
    "crypt": _by_crypt,
}
