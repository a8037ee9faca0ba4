"""Take over the passwords that another site kept, so that its customers need no new ones."""

from __future__ import annotations

from dataclasses import dataclass

from portal import clock
from portal.access.password_beat import look_again
from portal.access.password_hashes import new_hash, onion_of
from portal.access.password_kinds import Scheme, read_imported
from portal.access.password_work import beside
from portal.customers.erased import refuse_erased
from portal.database import run_sql

_KEEP = """INSERT INTO password (customer, scheme, hash, work, set_at, imported_at)
 VALUES ({}, {}, {}, {}, {}, {}) ON CONFLICT (customer) DO UPDATE SET scheme = excluded.scheme,
 hash = excluded.hash, work = excluded.work, set_at = excluded.set_at,
 imported_at = excluded.imported_at
 WHERE password.imported_at IS NOT NULL RETURNING customer"""


@dataclass(frozen=True, slots=True)
class ReadyPassword:
    """What can be kept of an imported password: never it itself, nor its md5."""

    scheme: Scheme
    hash: str
    work: int = 0


async def ready_import(value: str, kind: str) -> ReadyPassword:
    """Check an imported password and make it ready to be kept. Call it outside a transaction.

    `kind` is a document's word: plain_text, password_bcrypt, md5, drupal_v8.2.x,
    bcrypt_wordpress or crypt. Plain text and md5 are hashed at once; of the others the first
    sign-in makes a hash of ours.

    Raises:
        UnusablePassword: no such kind, not of that kind, or too costly to verify.
        TooMany: too many passwords are being hashed just now.
    """
    imported = read_imported(value, kind)
    if imported.scheme is None:
        return ReadyPassword("argon2id", await beside(new_hash, imported.value))
    if imported.scheme == "md5":
        return ReadyPassword("md5", await beside(onion_of, imported.value))
    return ReadyPassword(imported.scheme, imported.value, imported.work)


async def keep_import(customer: str, ready: ReadyPassword) -> bool:
    """Keep an imported password, in the transaction that writes its customer.

    False if they have used or set a password here: then that one stays. Safe to repeat.
    """
    now = clock.now()
    await refuse_erased(customer)
    kept = await run_sql(_KEEP, customer, ready.scheme, ready.hash, ready.work, now, now)
    look_again()
    return bool(kept)
