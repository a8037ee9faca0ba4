"""Whether each company's Stripe key is the right one: looked at when a worker starts."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from portal.billing.gateway import gateway_of, turn_away, warm_gateways
from portal.database import run_sql, transaction
from portal.errors import DatabaseBusy, EffectError, KeyRejected, NotAllowed
from portal.operations.pause import pausing
from portal.operations.save import resume_company
from portal.operations.wake import wake

AGAIN_S = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Keyed:
    """A company, the account where its customers are, and whether it is held already."""

    id: str
    account: str | None
    is_held: bool


class _Wrong(Exception):
    """The key is not to be used; a sentence says why."""


async def check_keys() -> None:
    """Look at every company's key, and again a while later where Stripe does not answer.

    A company whose key is refused, or of another account, is held at Stripe, which the log is told
    once; one that was held and has a good key by now goes on. A permission that is missing is told
    of, and stops only what needs it (docs/decisions/0013).
    """
    # Beside everything else: the SDK is loaded in a thread.
    await warm_gateways()
    unanswered: list[_Keyed] | None = None
    while unanswered is None or unanswered:
        try:
            companies = await _companies() if unanswered is None else unanswered
            unanswered = [each for each in companies if not await _is_judged(each)]
        except DatabaseBusy as busy:
            log.warning("stripe_key.database_busy %s", busy)
        if unanswered is None or unanswered:
            await asyncio.sleep(AGAIN_S)


async def _companies() -> list[_Keyed]:
    rows = await run_sql(
        "SELECT company.id, company.stripe_account, pause.company AS held FROM company"
        " LEFT JOIN pause ON pause.company = company.id ORDER BY company.created_at, company.id"
    )
    return [_Keyed(row["id"], row["stripe_account"], row["held"] is not None) for row in rows]


async def _is_judged(company: _Keyed) -> bool:
    """Hold it, or let it go on, if Stripe answers; Stripe being down is no matter of the key."""
    try:
        await _see_that_it_serves(company)
    except (_Wrong, KeyRejected) as wrong:
        await _hold(company, str(wrong))
    except EffectError as error:
        log.info("stripe_key.unanswered company=%s reason=%s", company.id, error.code)
        return False
    except DatabaseBusy:
        raise
    except Exception:
        # Of one company: the others are looked at all the same.
        log.exception("stripe_key.check_failed company=%s", company.id)
    else:
        await _go_on(company)
    return True


async def _see_that_it_serves(company: _Keyed) -> None:
    # Not before it is needed: it takes the SDK along.
    from portal.billing import stripe_probe, stripe_setup

    gateway = await gateway_of(company.id)
    try:
        if gateway.is_restricted:
            probed = await stripe_probe.probe(gateway)
            account, may_not = probed.account, ", ".join(probed.may_not)
        else:
            # Such a key may do everything.
            account, may_not = (await stripe_setup.read_account(gateway)).stripe_id, ""
    except NotAllowed as missing:
        account, may_not = None, str(missing)
    if may_not:
        log.error("stripe_key.may_not company=%s %s", company.id, may_not)
    if account and company.account not in (None, account):
        raise _Wrong(f"The Stripe key is of {account}, but customers are at {company.account}.")


async def _hold(company: _Keyed, reason: str) -> None:
    turn_away(company.id, reason)
    async with pausing(company.id, reason):
        pass
    if company.is_held:
        log.error("stripe_key.still_wrong company=%s reason=%s", company.id, reason)


async def _go_on(company: _Keyed) -> None:
    if not company.is_held:
        return
    async with transaction():
        await resume_company(company.id)
    log.info("stripe_key.good_again company=%s", company.id)
    wake()
