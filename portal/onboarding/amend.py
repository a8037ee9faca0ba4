"""Take a customer's own changes of their details: here at once, at Stripe as operations."""

from __future__ import annotations

import json
import time

from portal.audit.record import record
from portal.customers.at_stripe import UPDATE_CUSTOMER
from portal.customers.details import CustomerDetails
from portal.customers.directory import changed_fields, customer_of, update_details
from portal.customers.known import with_the_rest
from portal.customers.profile import profile_of
from portal.customers.told import UPDATED, tell_of
from portal.database import run_sql, transaction
from portal.onboarding.resubmit import accept_again, correct, mend_customer
from portal.onboarding.sale import Sale, Wish, lock_sale
from portal.onboarding.steps import CREATE_SUBSCRIPTION
from portal.operations.enqueue import lane_of_customer
from portal.operations.save import reopen
from portal.operations.wake import listening, wake
from portal.sites.storefront import Storefront

_LOOK_EVERY_S = 0.25


async def change_details(site: Storefront, customer_id: str, details: CustomerDetails) -> bool:
    """Bring a customer to these details and owe Stripe the same; False when nothing is new.

    It takes what their own form asks; the rest stays as it is by the time that they are held. What
    Stripe refused of their sign-up is sent once more. Safe to repeat.
    """
    async with transaction():
        sale = await lock_sale(customer_id)
        before = await customer_of(customer_id)
        details = await with_the_rest(details, before)
        after = await update_details(before, details)
        wish = Wish(site, details, None, None, profile_of((after or before).to_dict()))
        due = {UPDATE_CUSTOMER} if after or before.refused_field else set()
        for kind in sorted(await mend_customer(sale, wish, due)):
            await correct(sale, wish, kind)
        if due:
            await sell_again(sale)
        if after:
            await record(
                "customer.details_changed",
                company=site.company_id,
                actor="customer",
                object_id=customer_id,
                fields=changed_fields(before, after),
            )
            await tell_of(UPDATED, customer_id, company=site.company_id)
    wake()
    return bool(due)


async def wait_for_stripe(customer_id: str, *, within_s: float, last: str = "") -> bool:
    """Wait until Stripe has been told of all changes; False when the time is up before.

    `last` is the subject of the one that is told last, if that is not the customer.
    """
    until = time.monotonic() + within_s
    with listening(last or customer_id) as news:
        while await run_sql(_UNDER_WAY, lane_of_customer(customer_id)):
            left = until - time.monotonic()
            if left <= 0:
                return False
            await news.heard(min(_LOOK_EVERY_S, left))
    return True


async def sell_again(sale: Sale) -> None:
    """Send a subscription once more that Stripe refused, perhaps for want of these details."""
    waiting = sale.undone.get(CREATE_SUBSCRIPTION)
    if waiting and waiting["state"] == "refused":
        await reopen(waiting["id"], json.loads(waiting["params"]))
        await accept_again(sale)


_UNDER_WAY = """SELECT id FROM operation WHERE lane = {} AND state = 'ready'
 AND kind IN ('update_customer', 'set_tax_id', 'change_tax_id', 'attach_method')
 LIMIT 1"""
