"""Take a customer over whom the seller has at Stripe already, instead of having one made there.

Only a program that may import asks for it, and only one of the company's own account is found by
its key. One that is another customer's, here or by what is written on it there, stays theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal.billing import inbox
from portal.billing.billed_customers import BilledCustomer
from portal.billing.gateway import REQUEST_S, gateway_of
from portal.customers.directory import lock_any_customer
from portal.customers.erased import is_erased, says_erased
from portal.customers.follow import follow_contact
from portal.customers.params import ADDRESS
from portal.database import run_sql
from portal.errors import PortalError, Refused
from portal.onboarding.made import was_made
from portal.onboarding.steps import customer_made, customer_refused, marked
from portal.operations.backoff import key_of
from portal.operations.step import Claimed, Hold, Mended, Step

ADOPT_CUSTOMER = "adopt_customer"
FIELD = "gateway_customer_id"
UNKNOWN, TAKEN = "gateway_customer_unknown", "gateway_customer_taken"

# A customer is made with these; to one who is there they are told otherwise, or not at all.
_ONLY_AT_FIRST = ("tax_id_data", "payment_method", "test_clock")


class GatewayCustomerUnknown(PortalError):
    """There is no such customer at Stripe, or no longer."""

    status = 422
    code = UNKNOWN
    sentence = "There is no such customer in your account at Stripe."


class GatewayCustomerTaken(PortalError):
    """That customer at Stripe is another customer's here, or another portal's."""

    status = 409
    code = TAKEN
    sentence = "That customer at Stripe belongs to another customer already."


async def examine(company: str, stripe_id: str) -> None:
    """Tell a program before anything is written whether a customer at Stripe can be taken over.

    Raises:
        GatewayCustomerUnknown, GatewayCustomerTaken: why not.
        EffectError: Stripe did not tell.
    """
    gateway = await gateway_of(company)
    try:
        found = await gateway.fetch_customer(stripe_id, within_s=REQUEST_S)
        await _refuse_others(company, found, customer=None)
    except Refused as refused:
        raise _told(refused) from refused


def adoption_params(stripe_id: str, params: Mapping[str, Any], *, imports: bool) -> dict[str, Any]:
    """Return the frozen parameters of an adoption, from those of a new customer."""
    said = {name: value for name, value in params.items() if name not in _ONLY_AT_FIRST}
    if "address" in said:
        said["address"] = dict.fromkeys(ADDRESS, "") | said["address"]
    return {"adopts": stripe_id, "imports": imports, "params": said}


async def _adopt(op: Claimed) -> BilledCustomer:
    """Have them as they were told, with our marks: last of all, since what bears them is ours."""
    assert op.customer is not None
    if await is_erased(op.customer):
        raise Refused("customer_erased", said="Nobody is taken over for who is gone.")
    gateway, stripe_id = await gateway_of(op.company), op.params["adopts"]
    found = await gateway.fetch_customer(stripe_id)
    await _refuse_others(op.company, found, customer=op.customer)
    key = key_of(op, gateway.account)
    if op.params["imports"] and found.card is None:
        former = json.loads(found.object or "{}").get("default_source")
        method = former or await gateway.newest_method(stripe_id)
        if method:
            await gateway.have_method(stripe_id, method, key=key)
    told = marked(replace(op, params=op.params["params"]))
    await gateway.update_customer(stripe_id, told, key=key)
    return await gateway.fetch_customer(stripe_id)


async def _refuse_others(company: str, found: BilledCustomer, *, customer: str | None) -> None:
    """Refuse who is gone, who is linked, and who bears the mark of another sign-up."""
    if found.deleted:
        raise Refused(UNKNOWN, param=FIELD)
    marks = found.metadata
    is_ours = customer is not None and marks.get("customer") == customer
    # Without our name `customer` is a key of the seller's own.
    is_marked = not is_ours and "portal" in marks and ("onboarding" in marks or "customer" in marks)
    if is_marked and not await _was_left(company, marks):
        raise Refused(TAKEN, param=FIELD)
    linked = await run_sql(
        "SELECT id FROM customer WHERE company = {} AND stripe_id = {} AND id <> {}",
        *(company, found.stripe_id, customer or ""),
    )
    if linked:
        raise Refused(TAKEN, param=FIELD)


async def _was_left(company: str, marks: Mapping[str, str]) -> bool:
    """Tell whether these are the marks of an adoption for somebody who was deleted meanwhile.

    Whom we had made ourselves for them is to be deleted there, too.
    """
    customer = marks.get("customer", "")
    if marks.get("portal") != company or await was_made(company, marks, customer):
        return False
    named = await run_sql(
        "SELECT status FROM customer WHERE id = {} AND company = {}", customer, company
    )
    return bool(named) and says_erased(named[0]["status"])


async def _adopted(op: Claimed, found: BilledCustomer) -> None:
    """Go on as after a customer was made, and take over what only Stripe knew of them.

    Of who was deleted meanwhile nothing is: their end is not that of whom the seller had before.
    """
    assert op.customer is not None
    if says_erased(str((await lock_any_customer(op.customer)).status)):
        return
    await customer_made(op, found.stripe_id)
    if found.contact:
        await follow_contact(op.customer, found.contact, found.email)
    await inbox.note(op.company, found.stripe_id, f"{op.op_id}:{found.stripe_id}")


async def _refused(op: Claimed, refusal: Refused) -> Mended | Hold | None:
    if refusal.reason == "resource_missing":
        refusal = Refused(UNKNOWN, param=FIELD, said=refusal.said)
    return await customer_refused(op, refusal)


def _told(refused: Refused) -> PortalError:
    return GatewayCustomerTaken() if refused.reason == TAKEN else GatewayCustomerUnknown()


# It says how things shall be, and does nothing twice.
adopt_customer = Step(call=_adopt, done=_adopted, refused=_refused)
