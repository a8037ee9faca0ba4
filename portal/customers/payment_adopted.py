"""Have a customer pay by a method that a program names: it becomes their default."""

from __future__ import annotations

from dataclasses import dataclass

from portal.billing import inbox
from portal.billing.gateway import gateway_of
from portal.customers.at_stripe import stripe_id_of
from portal.database import run_sql
from portal.operations.backoff import key_of
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.operations.step import Claimed, Step

ATTACH_METHOD = "attach_method"


@dataclass(frozen=True, slots=True)
class Attached:
    """What came of it: whose (cus_…) the method (pm_…) is now."""

    customer: str
    stripe_id: str


async def owe_method(customer_id: str, company: str, method: str, asked_by: str = "") -> None:
    """Owe Stripe the change to this method (pm_…, or a card's token), in a transaction.

    What is open of an invoice is paid by it then, as after any card that is added. `asked_by` names
    the request for `refusal_of_method`.
    """
    await enqueue(
        ATTACH_METHOD,
        company=company,
        lane=lane_of_customer(customer_id),
        params={"method": method},
        customer=customer_id,
        subject=asked_by or customer_id,
    )


async def refusal_of_method(customer_id: str, asked_by: str) -> str | None:
    """Return why Stripe refused the method that one request named; None: it did not, or not yet.

    A sign-up's is asked by the onboarding; what others named since is theirs to hear.
    """
    rows = await run_sql(
        "SELECT state, error_code FROM operation WHERE lane = {} AND kind = {}"
        " AND subject = {} ORDER BY id DESC LIMIT 1",
        *(lane_of_customer(customer_id), ATTACH_METHOD, asked_by),
    )
    return str(rows[0]["error_code"]) if rows and rows[0]["state"] == "failed" else None


async def _attach(op: Claimed) -> Attached:
    stripe_id = await stripe_id_of(op)
    gateway = await gateway_of(op.company)
    key = key_of(op, gateway.account)
    return Attached(stripe_id, await gateway.have_method(stripe_id, op.params["method"], key=key))


async def _attached(op: Claimed, done: Attached) -> None:
    """Look at the customer again without waiting for Stripe to tell."""
    await inbox.note(op.company, done.customer, f"{op.op_id}:{done.customer}")


# Under another key a token that was used up is refused, which the seller's program is told. A
# method that is theirs already is not attached again.
attach_method = Step(call=_attach, done=_attached)
