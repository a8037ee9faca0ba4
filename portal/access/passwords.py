"""A customer's password, where a site offers one: sign in by it, set it, take it away."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from portal import clock
from portal.access.asking import refuse_too_many, tries_of
from portal.access.browsers import leave_only
from portal.access.limits import HOUR, MINUTE, Limit, allow_all, network_of, never_more
from portal.access.notice import owe_notice
from portal.access.password_beat import beat, rest_of
from portal.access.password_hashes import is_dated, is_right, new_hash
from portal.access.password_kinds import Scheme
from portal.access.password_rules import MOST, password_problem
from portal.access.password_work import beside
from portal.access.sessions import SignedIn
from portal.audit.record import record
from portal.customers.directory import find_by_email
from portal.customers.email import Email
from portal.customers.erased import refuse_erased
from portal.database import run_sql, transaction
from portal.errors import InvalidDetails, PortalError, TooMany
from portal.operations.wake import wake
from portal.sites.storefront import Storefront

# Verified where there is no hash to verify: of a password that nobody knows.
_NOBODYS = (
    "$argon2id$v=19$m=19456,t=2,p=1$d59lriwBOLNh2idVbpnDLQ"
    "$EJwTx6T+aTZa3dZiiRrnnQld6OyKIIuUqZzas/lQ9do"
)
_WRITE = """INSERT INTO password (customer, scheme, hash, work, set_at)
 VALUES ({}, 'argon2id', {}, 0, {})
 ON CONFLICT (customer) DO UPDATE SET scheme = excluded.scheme, hash = excluded.hash, work = 0,
 set_at = excluded.set_at, imported_at = NULL"""
_RENEW = """UPDATE password SET scheme = 'argon2id', hash = {}, work = 0, imported_at = NULL
 WHERE customer = {} AND hash = {}"""


class WrongPassword(PortalError):
    """The address and the password do not belong together, or there is no password."""

    status = 422
    code = "wrong_password"
    sentence = "That email address and password do not belong together."


@dataclass(frozen=True, slots=True)
class _Kept:
    customer: str
    scheme: Scheme
    hash: str


async def sign_in_by_password(
    site: Storefront, email: Email, typed: str, *, ip: str | None = None, mark: str = ""
) -> str:
    """Return the customer whose address and password these are; make an old hash ours.

    Takes as long whether there is such a customer with a password or not, whatever kind of hash
    theirs is. `mark` is what the browser keeps of having been signed in.

    Raises:
        WrongPassword: they do not belong together.
        TooMany: this network or this address tried too often.
    """
    if not await allow_all(_limits(site, email, ip, mark)):
        raise TooMany
    beat_s, begun = await beat(), time.monotonic()
    customer = await find_by_email(site.company_id, email.key)
    kept = await _kept_of(customer.id if customer else "")
    stored = kept or _Kept("", "argon2id", _NOBODYS)
    tried = typed if len(typed) <= MOST else ""
    fits = await beside(is_right, stored.scheme, stored.hash, tried)
    if not (kept and fits):
        await asyncio.sleep(rest_of(time.monotonic() - begun, beat_s))
        raise WrongPassword
    await _renew(kept, typed)
    await record(
        "customer.signed_in", company=site.company_id, actor="customer", object_id=kept.customer
    )
    return kept.customer


async def has_password(customer: str) -> bool:
    """Tell whether a customer can sign in by a password."""
    return await _kept_of(customer) is not None


async def set_password(session: SignedIn, site: Storefront, typed: str, email: str) -> None:
    """Give a customer this password, in place of any other, and sign all other browsers out.

    Raises:
        InvalidDetails: it is too short, too long or too common.
        TooMany: too many passwords are being hashed just now, or this customer set too many.
        CustomerErased: nothing is written of them any more.
    """
    if problem := password_problem(typed, email):
        raise InvalidDetails({"password": problem})
    await refuse_too_many(site, session.customer, "password")
    hashed = await beside(new_hash, typed)
    async with transaction():
        await refuse_erased(session.customer)
        await run_sql(_WRITE, session.customer, hashed, clock.now())
        await _note_change(session, site, "password_set")
    wake()


async def remove_password(session: SignedIn, site: Storefront) -> None:
    """Take a customer's password away: from now on they sign in by mail. Safe to repeat."""
    async with transaction():
        await refuse_erased(session.customer)
        gone = await run_sql(
            "DELETE FROM password WHERE customer = {} RETURNING customer", session.customer
        )
        if gone:
            await _note_change(session, site, "password_removed")
    wake()


async def _note_change(session: SignedIn, site: Storefront, what: str) -> None:
    await leave_only(session)
    await record(
        f"customer.{what}",
        company=session.company,
        actor="customer",
        object_id=session.customer,
        fields=("password",),
    )
    await owe_notice(what, site, session.customer)


async def _kept_of(customer: str) -> _Kept | None:
    rows = await run_sql(
        "SELECT customer, scheme, hash FROM password WHERE customer = {}", customer
    )
    return _Kept(**rows[0]) if rows else None


async def _renew(kept: _Kept, typed: str) -> None:
    """Hash the password as we do today, unless somebody set another one meanwhile."""
    if is_dated(kept.scheme, kept.hash):
        await run_sql(_RENEW, await beside(new_hash, typed), kept.customer, kept.hash)
    else:
        await run_sql(
            "UPDATE password SET imported_at = NULL WHERE customer = {}"
            " AND imported_at IS NOT NULL",
            kept.customer,
        )


def _limits(site: Storefront, email: Email, ip: str | None, mark: str) -> dict[str, Limit]:
    """Say how often: as with codes, per network and per address."""
    per_minute, per_hour = site.limits["codes_per_minute"], site.limits["codes_per_hour"]
    whose = [f"network:{network_of(ip)}"] if ip else []
    return {
        f"password:{name}:{who}": never_more(count, within_s)
        for who in (*whose, tries_of(site.company_id, email.key, mark))
        for name, count, within_s in (("minute", per_minute, MINUTE), ("hour", per_hour, HOUR))
    }
