"""Follow the refunds of a withdrawal: one that does not arrive is told to the seller and the payer.

Stripe takes most refunds at once, and some come to nothing days later: a card was closed, a bank
sent the money back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal import clock
from portal.audit.record import record
from portal.billing import inbox
from portal.billing.billed_money import Refund
from portal.billing.gateway import gateway_of
from portal.billing.inbox import ClaimedObject
from portal.database import run_sql, transaction
from portal.errors import Refused
from portal.operations.save import hold_all_of
from portal.operations.wake import wake
from portal.subscriptions.by_hand import (
    Withdrawal,
    is_told,
    owe_correction,
    owe_seller,
    told_of,
)
from portal.subscriptions.changes import hold_customer
from portal.subscriptions.left import Left
from portal.subscriptions.whose import Found

_WAITING = "waits:"
_CHANGE = """SELECT plan_change.customer, plan_change.subscription, plan_change.state
 FROM plan_change JOIN customer ON customer.id = plan_change.customer
 WHERE plan_change.id = {} AND customer.company = {}"""
# What did not arrive is no longer told to be paid back; what was left besides stays told.
_BOUNCED = """UPDATE plan_change SET done_at = {},
 problem = CASE WHEN problem IN ('refund_refused', 'invoice_open') THEN problem ELSE {} END,
 amount_today = CASE WHEN amount_today + {} < 0 THEN amount_today + {} ELSE 0 END
 WHERE id = {} AND state = 'done' RETURNING id"""
# What is worse is told first.
_WAITS = "UPDATE plan_change SET problem = {} WHERE id = {} AND problem = '' RETURNING id"
_ARRIVES = "UPDATE plan_change SET problem = '' WHERE id = {} AND problem = {}"


async def follow_refund(claimed: ClaimedObject) -> Found:
    """Look at a refund that an event told of, and tell of it if it is stuck. Safe to repeat."""
    refund = await _fetch(claimed.company, claimed.object_id)
    rows = await run_sql(_CHANGE, refund.change, claimed.company) if refund else []
    if refund is None or not rows:
        return Found.FOREIGN
    arrived = set() if refund.is_stuck else await _arrived(refund, claimed.company, rows[0])
    async with transaction():
        await hold_all_of(rows[0]["customer"])
        await hold_customer(rows[0]["customer"])
        (row,) = await run_sql(_CHANGE, refund.change, claimed.company)
        if row["state"] == "asked":
            # What was given is not written down yet.
            return Found.AWAITED
        if refund.is_stuck:
            await _write(refund, claimed.company, row)
        elif arrived.issuperset(await told_of(_about(refund, claimed.company, row), _WAITING)):
            # Told again by now: one that has begun to wait since we looked is not among them.
            await run_sql(_ARRIVES, refund.change, Left.WAITS)
        await inbox.mark_done(claimed)
    wake()
    return Found.OURS


async def _fetch(company: str, refund: str) -> Refund | None:
    """Return a refund as it stands; None: Stripe does not know it."""
    try:
        return await (await gateway_of(company)).fetch_refund(refund)
    except Refused as refused:
        if refused.reason != "resource_missing":
            raise
        return None


async def _arrived(refund: Refund, company: str, row: Mapping[str, Any]) -> set[str]:
    """Return this refund, and which others do not wait any more that were told to.

    Where two arrive at once, whoever looks last sees both.
    """
    arrived = {refund.stripe_id}
    for other in await told_of(_about(refund, company, row), _WAITING):
        found = None if other in arrived else await _fetch(company, other)
        if found is None or not found.is_waiting:
            arrived.add(other)
    return arrived


def _about(refund: Refund, company: str, row: Mapping[str, Any]) -> Withdrawal:
    return Withdrawal(company, row["customer"], refund.change, row["subscription"])


async def _write(refund: Refund, company: str, row: Mapping[str, Any]) -> None:
    about = _about(refund, company, row)
    of = refund.stripe_id if refund.is_undone else f"{_WAITING}{refund.stripe_id}"
    if await is_told(about, of):
        return
    if refund.is_undone:
        problem, amount = Left.BOUNCED, refund.amount
        said = await run_sql(_BOUNCED, clock.now(), problem, amount, amount, refund.change)
    else:
        problem = Left.WAITS
        said = await run_sql(_WAITS, problem, refund.change)
    await owe_seller(about, problem, of)
    # Else their customer hears already that something is left.
    if said:
        await owe_correction(about, of)
    action = f"payment.{problem}"
    await record(action, company=company, actor="stripe", object_id=about.subscription)
