"""Give a sign-up what Stripe made for it after all, when its operation waits no longer."""

from __future__ import annotations

import json

from portal import clock
from portal.audit.record import record
from portal.billing.billed import BilledSubscription
from portal.billing.billed_customers import ListedCustomer
from portal.database import run_sql, transaction
from portal.onboarding.steps import CREATE_SUBSCRIPTION
from portal.operations.enqueue import lane_of_customer
from portal.operations.save import hold_all_of, reopen
from portal.operations.wake import wake
from portal.reconciliation.adopt import ACTOR, price_of
from portal.subscriptions.doubles import sold_left_due
from portal.subscriptions.payment import leave_due
from portal.subscriptions.sync import keep_subscription


async def claim_customer(company: str, listed: ListedCustomer) -> bool:
    """Give our customer, whose creation was given up, the one that Stripe made after all."""
    customer = listed.billed.metadata["customer"]
    async with transaction():
        await hold_all_of(customer)
        rows = await run_sql(
            "UPDATE customer SET stripe_id = {}, updated_at = {}"
            " WHERE id = {} AND company = {} AND stripe_id IS NULL RETURNING id",
            *(listed.billed.stripe_id, clock.now(), customer, company),
        )
        if rows:
            await _go_on_with(customer, listed.billed.stripe_id)
            await record("customer.adopted", company=company, actor=ACTOR, object_id=customer)
    wake()
    return bool(rows)


async def claim_subscription(company: str, billed: BilledSubscription) -> bool:
    """End the sign-up that a subscription names with it, if it holds none yet.

    What its sale leaves due stays so: nothing that is on file now pays it.
    """
    onboarding = billed.metadata["onboarding"]
    price, _ = await price_of(billed)
    customer = billed.metadata.get("customer", "")
    async with transaction():
        await hold_all_of(customer)
        rows = await run_sql(
            "UPDATE onboarding SET state = 'ready', ready_at = {}, subscription_stripe_id = {},"
            " price = COALESCE(price, {}) WHERE id = {} AND subscription_stripe_id IS NULL"
            " RETURNING customer",
            *(clock.now(), billed.stripe_id, price, onboarding),
        )
        if rows:
            await record(
                "subscription.adopted", company=company, actor=ACTOR, object_id=billed.stripe_id
            )
        if rows and await sold_left_due(company, billed):
            await keep_subscription(rows[0]["customer"], billed)
            await leave_due(company, rows[0]["customer"])
    return bool(rows)


async def _go_on_with(customer: str, stripe_id: str) -> None:
    """End the sign-up that waited for a customer at Stripe, or have its subscription made now."""
    waiting = await run_sql(
        "SELECT id, params FROM operation WHERE lane = {} AND kind = {} AND state = 'refused'",
        *(lane_of_customer(customer), CREATE_SUBSCRIPTION),
    )
    for row in waiting:
        params = json.loads(row["params"])
        if params["customer"] is None:
            await reopen(row["id"], params | {"customer": stripe_id})
    await run_sql(
        "UPDATE onboarding SET problem_field = '', problem_code = '', problem_text = '',"
        " state = CASE WHEN price IS NULL THEN 'ready' ELSE 'customer_made' END,"
        " ready_at = CASE WHEN price IS NULL THEN {} ELSE ready_at END"
        " WHERE customer = {} AND state IN ('accepted', 'stuck')",
        *(clock.now(), customer),
    )
