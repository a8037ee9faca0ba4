"""A customer's passkeys, where a site offers them: add one, sign in by it, remove it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal import clock
from portal.access.asking import refuse_too_many
from portal.access.limits import HOUR, MINUTE, Limit, allow_all, network_of, never_more
from portal.access.notice import owe_notice
from portal.access.passkey_challenge import (
    new_challenge,
    options_to_add,
    options_to_use,
    origin_of,
    relying_party,
    take_challenge,
)
from portal.access.passkey_check import (
    Answered,
    PasskeyRefused,
    check_new,
    check_use,
    read_answer,
    to_base64url,
)
from portal.access.password_work import beside
from portal.access.sessions import SignedIn
from portal.access.tables import Passkey
from portal.access.user_agent import device_of
from portal.audit.record import record
from portal.customers.erased import refuse_erased
from portal.database import run_sql, transaction
from portal.errors import TooMany
from portal.operations.wake import wake
from portal.sealing import fingerprint
from portal.sites.storefront import Storefront

_WRITE = """INSERT INTO passkey (id, customer, credential, public_key, host, sign_count, browser,
 system, created_at) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (id) DO NOTHING
 RETURNING id"""
_FIND = """SELECT passkey.id, passkey.customer, public_key, sign_count FROM passkey
 JOIN customer ON customer.id = passkey.customer
 WHERE passkey.id = {} AND host = {} AND customer.company = {}"""
_USED = """UPDATE passkey SET sign_count = {}, used_at = {} WHERE id = {} AND sign_count = {}
 RETURNING id"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A passkey as its owner sees it: where it was made, and when."""

    id: str
    browser: str
    system: str
    created_at: datetime


async def passkeys_of(customer: str) -> list[Kept]:
    """List a customer's passkeys, the newest first."""
    rows = (
        await Passkey.select(Passkey.id, Passkey.browser, Passkey.system, Passkey.created_at)
        .where(Passkey.customer == customer)
        .order_by(Passkey.created_at, ascending=False)
    )
    return [Kept(**row) for row in rows]


def ask_for_use(site: Storefront, browser_hash: str) -> str:
    """Return what a sign-in page of this site asks a passkey; empty where there are none."""
    host = relying_party(site)
    return options_to_use(new_challenge("use", browser_hash), host) if host else ""


async def ask_for_one(site: Storefront, session: SignedIn, browser_hash: str, name: str) -> str:
    """Return what the security page asks for to make a passkey; empty where there are none."""
    if not relying_party(site):
        return ""
    rows = await run_sql("SELECT credential FROM passkey WHERE customer = {}", session.customer)
    user = to_base64url(session.customer.encode()), name
    known = [row["credential"] for row in rows]
    return options_to_add(new_challenge("add", browser_hash), site, user, known)


async def add_passkey(
    session: SignedIn, site: Storefront, answer: str, browser_hash: str, user_agent: str
) -> None:
    """Keep the passkey that this browser made for the customer.

    Raises:
        PasskeyRefused: it is none, or somebody's already.
        TooMany: this customer added too many.
    """
    answered, host = read_answer(answer), relying_party(site)
    if not host or not await take_challenge(answered.challenge, "add", browser_hash):
        raise PasskeyRefused
    public_key, count = await beside(check_new, answered, host, origin_of(site))
    await refuse_too_many(site, session.customer, "passkey")
    device = device_of(user_agent)
    row = (fingerprint(answered.credential), session.customer, answered.credential, public_key)
    more = (host, count, device.browser, device.system, clock.now())
    async with transaction():
        await refuse_erased(session.customer)
        if not await run_sql(_WRITE, *row, *more):
            raise PasskeyRefused
        await _note(session, site, "passkey_added")
    wake()


async def sign_in_by_passkey(
    site: Storefront, answer: str, browser_hash: str, *, ip: str | None = None
) -> str:
    """Return the customer whose passkey signed.

    Raises:
        PasskeyRefused: none of this site's did, or not what this browser was asked.
        TooMany: this network tried too often.
    """
    if ip and not await allow_all(_limits(site, network_of(ip))):
        raise TooMany
    answered, host = read_answer(answer), relying_party(site)
    rows = await run_sql(_FIND, fingerprint(answered.credential), host, site.company_id)
    is_ours = await take_challenge(answered.challenge, "use", browser_hash)
    if not (host and rows and is_ours) or answered.handle != rows[0]["customer"]:
        raise PasskeyRefused
    await _use(rows[0], await _checked(rows[0], answered, host, site))
    customer = str(rows[0]["customer"])
    await record(
        "customer.signed_in", company=site.company_id, actor="customer", object_id=customer
    )
    return customer


async def remove_passkey(session: SignedIn, site: Storefront, which: str) -> None:
    """Forget a passkey of this customer. Safe to repeat."""
    async with transaction():
        gone = await run_sql(
            "DELETE FROM passkey WHERE id = {} AND customer = {} RETURNING id",
            *(which, session.customer),
        )
        if gone:
            await _note(session, site, "passkey_removed")
    wake()


async def _checked(row: dict[str, Any], answered: Answered, host: str, site: Storefront) -> int:
    of = row["public_key"], row["sign_count"]
    return await beside(check_use, answered, host, origin_of(site), of)


async def _use(row: dict[str, Any], count: int) -> None:
    if not await run_sql(_USED, count, clock.now(), row["id"], row["sign_count"]):
        raise PasskeyRefused


async def _note(session: SignedIn, site: Storefront, what: str) -> None:
    await record(
        f"customer.{what}", company=session.company, actor="customer", object_id=session.customer
    )
    await owe_notice(what, site, session.customer)


def _limits(site: Storefront, network: str) -> dict[str, Limit]:
    per_minute, per_hour = site.limits["codes_per_minute"], site.limits["codes_per_hour"]
    return {
        f"passkey:minute:{network}": never_more(per_minute, MINUTE),
        f"passkey:hour:{network}": never_more(per_hour, HOUR),
    }
