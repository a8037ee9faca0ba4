"""What each operation of a sign-up does at Stripe, and what we write down afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal import clock
from portal.billing import inbox
from portal.billing.billed import BilledSubscription
from portal.billing.gateway import gateway_of
from portal.customers.erased import is_erased
from portal.customers.held_tax_ids import note_refused
from portal.customers.refusals import is_about_tax_id
from portal.database import run_sql
from portal.errors import Refused
from portal.onboarding.refusals import field_of
from portal.onboarding.welcome_mail import SEND_WELCOME, WELCOME_AFTER
from portal.operations.backoff import key_of
from portal.operations.enqueue import enqueue
from portal.operations.save import fill
from portal.operations.step import Claimed, Hold, Mended, Step
from portal.subscriptions.doubles import LEAVES_DUE
from portal.subscriptions.payment import leave_due
from portal.subscriptions.sync import keep_subscription

CREATE_CUSTOMER = "create_customer"
CREATE_SUBSCRIPTION = "create_subscription"
PAYS_AT_ONCE = "pays_at_once"
"""In the parameters: what is on file pays it at once. Stripe is not told of this."""
_OURS = (LEAVES_DUE, PAYS_AT_ONCE)
_SKEW = timedelta(days=1)
"""How far Stripe's clock may be behind ours."""


async def _create_customer(op: Claimed) -> str:
    gateway = await gateway_of(op.company)
    return await gateway.create_customer(marked(op), key=key_of(op, gateway.account))


async def _find_customer(op: Claimed) -> str | None:
    gateway = await gateway_of(op.company)
    return await gateway.find_customer(op.params, op.op_id, since=op.created_at - _SKEW)


async def customer_made(op: Claimed, stripe_id: str) -> None:
    """Write down whom Stripe has now, and have the sign-up go on with them."""
    await run_sql("UPDATE customer SET stripe_id = {} WHERE id = {}", stripe_id, op.customer)
    await fill(op.lane, CREATE_SUBSCRIPTION, "customer", stripe_id)
    await run_sql(
        "UPDATE onboarding SET"
        " state = CASE WHEN price IS NULL THEN 'ready' ELSE 'customer_made' END,"
        " ready_at = CASE WHEN price IS NULL THEN {} ELSE ready_at END"
        " WHERE id = {} AND state = 'accepted'",
        *(clock.now(), op.subject),
    )


async def customer_refused(op: Claimed, refusal: Refused) -> Mended | Hold | None:
    """Go on without a tax id that Stripe does not take; else have it mended."""
    assert op.customer is not None
    if await is_erased(op.customer):
        return None
    if "tax_id_data" in op.params and is_about_tax_id(refusal):
        await note_refused(op.customer, op.params["tax_id_data"][0]["value"])
        return Mended({name: op.params[name] for name in op.params if name != "tax_id_data"})
    return await _refused(op, refusal)


async def _create_subscription(op: Claimed) -> BilledSubscription:
    if op.params["customer"] is None:
        raise Refused("customer_missing", said="There is no customer at Stripe to subscribe.")
    gateway = await gateway_of(op.company)
    told = {name: value for name, value in marked(op).items() if name not in _OURS}
    return await gateway.create_subscription(told, key=key_of(op, gateway.account))


async def _find_subscription(op: Claimed) -> BilledSubscription | None:
    if op.params["customer"] is None:
        return None
    gateway = await gateway_of(op.company)
    return await gateway.find_subscription(op.params["customer"], op.op_id)


async def _subscription_made(op: Claimed, subscription: BilledSubscription) -> None:
    assert op.customer is not None
    await keep_subscription(op.customer, subscription)
    of = await run_sql(
        "UPDATE onboarding SET state = 'ready', ready_at = {}, subscription_stripe_id = {}"
        " WHERE id = {} RETURNING api_key",
        *(clock.now(), subscription.stripe_id, op.subject),
    )
    if LEAVES_DUE in op.params:
        await leave_due(op.company, op.customer)
    elif PAYS_AT_ONCE in op.params or (of and of[0]["api_key"]):
        # What they pay by may be there, from before or by a program: then it pays at once.
        await inbox.note(op.company, subscription.customer_stripe_id, f"{op.op_id}:pay")
    await enqueue(
        SEND_WELCOME,
        company=op.company,
        lane=None,
        params={"onboarding": op.subject},
        customer=op.customer,
        after=WELCOME_AFTER,
    )


async def _refused(op: Claimed, refusal: Refused) -> Hold | None:
    """Have the person mend what is theirs; the rest is for the operator.

    Of somebody erased or deleted there is nobody to mend it: their end must not wait behind it.
    """
    assert op.customer is not None
    if await is_erased(op.customer):
        return None
    field = field_of(refusal)
    await run_sql(
        "UPDATE onboarding SET state = {}, problem_field = {}, problem_code = {}, problem_text = {}"
        " WHERE id = {}",
        *("refused" if field else "stuck", field or "", refusal.reason[:100], refusal.said),
        op.subject,
    )
    return Hold()


def marked(op: Claimed) -> dict[str, Any]:
    """Return the parameters with the mark by which a look-up knows what this operation made."""
    return dict(op.params) | {"metadata": op.params["metadata"] | {"operation": op.op_id}}


create_customer = Step(
    call=_create_customer, find=_find_customer, done=customer_made, refused=customer_refused
)
create_subscription = Step(
    call=_create_subscription, find=_find_subscription, done=_subscription_made, refused=_refused
)
