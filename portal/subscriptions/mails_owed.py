"""Which mails a new copy of a subscription calls for. A name for each has it owed only once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from portal.billing.billed import BilledSubscription
from portal.operations.enqueue import Owed, enqueue_all
from portal.subscriptions.happened import Former

SEND_PAYMENT_FAILED = "send_payment_failed"
SEND_PLAN_ENDED = "send_plan_ended"
SEND_PLAN_PAUSED = "send_plan_paused"
SEND_TRIAL_ENDING = "send_trial_ending"
SEND_CARD_EXPIRING = "send_card_expiring"

FAILED = ("past_due", "unpaid")
"""How a subscription stands whose renewal was not paid."""
PAUSE = timedelta(seconds=10)
"""A payment that failed is tried once more by us: whoever's succeeds then needs no mail."""


async def owe_mails(former: Former, customer: str, billed: BilledSubscription) -> None:
    """Owe what a copy tells that the last one did not, in the transaction that writes it.

    Of a first copy nobody is written to: what it tells may be long over.
    """
    if former.copy is None:
        return
    owed = [
        Owed(kind, former.company, None, params, customer, once=once, after=PAUSE)
        for kind, once, params in _due(former.copy, billed)
    ]
    if owed:
        await enqueue_all(owed)


def _due(
    before: Mapping[str, Any], after: BilledSubscription
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name each mail's kind, what makes it the only one, and what is to be known of it."""
    of = {"subscription": after.stripe_id}
    invoice = after.invoice
    if after.status in FAILED and invoice and invoice.status == "open" and invoice.tries:
        again = invoice.next_try_at.isoformat() if invoice.next_try_at else None
        params = of | {"invoice": invoice.stripe_id, "again_at": again}
        yield SEND_PAYMENT_FAILED, f"failed:{invoice.stripe_id}:{invoice.tries}", params
    if after.status == before["status"]:
        return
    if after.status == "canceled":
        yield SEND_PLAN_ENDED, f"ended:{after.stripe_id}", of
    if after.status == "paused":
        since = int(after.trial_ends_at.timestamp()) if after.trial_ends_at else 0
        yield SEND_PLAN_PAUSED, f"paused:{after.stripe_id}:{since}", of
