"""Take the form again from the browser that just made this customer: Back, a double click, a
correction after Stripe refused something."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from portal.billing.billed import Discount
from portal.customers.at_stripe import UPDATE_CUSTOMER
from portal.customers.details import CustomerDetails
from portal.customers.directory import update_details
from portal.customers.params import changed_params, tax_id_of, together
from portal.customers.profile import profile_of
from portal.customers.tables import Customer
from portal.customers.tax_ids_at_stripe import SET_TAX_ID
from portal.customers.told import UPDATED, tell_of
from portal.database import run_sql, transaction
from portal.onboarding.adopt import ADOPT_CUSTOMER, adoption_params
from portal.onboarding.params import customer_params, site_marks, subscription_params
from portal.onboarding.sale import NEWEST, Sale, Wish, lock_sale
from portal.onboarding.steps import CREATE_CUSTOMER, CREATE_SUBSCRIPTION
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.operations.save import abandon, reopen, replace_params
from portal.operations.wake import wake
from portal.plans.catalogue import Chosen
from portal.plans.discounts import charges
from portal.sites.storefront import Storefront

_BESIDE = ("shipping", "payment_method")
"""What makes a customer and no form of details tells."""


async def newest_onboarding(customer_id: str) -> str | None:
    """Return the id of the customer's last sign-up."""
    return (await newest_state(customer_id))[0]


async def newest_state(customer_id: str) -> tuple[str | None, str]:
    """Return the id of the customer's last sign-up, and how far it has come."""
    rows = await run_sql(NEWEST, customer_id)
    return (str(rows[0]["id"]), str(rows[0]["state"])) if rows else (None, "")


async def refused_before(site_id: str, onboarding_id: str, browser_hash: str) -> Customer | None:
    """Return the customer whose details Stripe refused, if this browser made them here by this."""
    rows = await run_sql(_REFUSED, site_id, onboarding_id, browser_hash)
    return Customer(**rows[0], _exists_in_db=True) if rows else None


async def take_again(
    site: Storefront,
    known: Customer,
    details: CustomerDetails,
    chosen: Chosen | None,
    coupon: Discount | None,
) -> str:
    """Bring the sign-up to what the form says now, as far as Stripe has not done it yet.

    What was refused is sent once more under the next key. What is under way, or done, stays as it
    is: changed details follow as an update, and another plan is chosen later, in the account.
    """
    wish = Wish(site, details, chosen, coupon, profile_of(known.to_dict()))
    async with transaction():
        sale = await lock_sale(known.id)
        is_other = await update_details(known, details)
        changed = {UPDATE_CUSTOMER} if is_other else set()
        if tax_id_of(details.tax_id, details.tax_id_type) != sale.tax_id:
            changed.add(SET_TAX_ID)
        await _mend_subscription(sale, wish, await mend_customer(sale, wish, changed))
        if is_other:
            await tell_of(UPDATED, known.id, company=site.company_id)
    wake()
    return sale.id


async def mend_customer(sale: Sale, wish: Wish, changed: set[str]) -> set[str]:
    """Correct what makes the customer; tell what has to follow, when it is too late for that."""
    creation = sale.undone.get(CREATE_CUSTOMER) or sale.undone.get(ADOPT_CUSTOMER)
    if creation is None:
        return changed
    marks = site_marks(wish.site) | sale.marks
    params = customer_params(wish.details, wish.site, marks, wish.profile)
    params = _anew(json.loads(creation["params"]), params, wish)
    # To whom is taken over, a tax id is told by itself.
    beside = changed & {SET_TAX_ID} if "adopts" in params else set[str]()
    if creation["state"] == "refused":
        await reopen(creation["id"], params)
        await accept_again(sale)
        # Older corrections still wait behind it, and would undo this one.
        return ({UPDATE_CUSTOMER, SET_TAX_ID} & sale.undone.keys()) | beside
    if not changed or await replace_params(creation["id"], params):
        return beside
    return changed


def _anew(was: Mapping[str, Any], params: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
    """Make a creation's parameters anew, with what no form of details tells."""
    if "adopts" in was:
        return adoption_params(wish.adopts or was["adopts"], params, imports=was["imports"])
    again = {name: was[name] for name in _BESIDE if name in was}
    if wish.payment:
        again.pop("payment_method", None)
    elif "payment_method" in again:
        again["invoice_settings"] = {"default_payment_method": again["payment_method"]}
    return together(params, again)


async def _mend_subscription(sale: Sale, wish: Wish, following: set[str]) -> None:
    """Correct what sells the subscription, after the updates that it may depend on."""
    waiting = sale.undone.get(CREATE_SUBSCRIPTION)
    is_to_do = waiting is None and sale.price is None
    if waiting and waiting["state"] == "refused":
        is_to_do = await abandon(waiting["id"])
    for kind in sorted(following):
        await correct(sale, wish, kind)
    if wish.chosen is None:
        return
    was = json.loads(waiting["params"])["customer"] if waiting else sale.stripe_id
    marks = site_marks(wish.site) | sale.marks
    params = subscription_params(wish.chosen, wish.site, wish.coupon, marks, wish.profile)
    params["customer"] = was
    if is_to_do:
        await _owe(CREATE_SUBSCRIPTION, sale, wish, params)
        await accept_again(sale)
        await _note_choice(sale, wish, wish.chosen)
    elif (
        waiting
        and _is_other(sale, wish, wish.chosen)
        and await replace_params(waiting["id"], params)
    ):
        await _note_choice(sale, wish, wish.chosen)


async def correct(sale: Sale, wish: Wish, kind: str) -> None:
    """Have the customer changed: by the correction that waits already, or by another."""
    details = wish.details
    params: Mapping[str, Any] = {
        UPDATE_CUSTOMER: wish.said or changed_params(details, wish.profile),
        SET_TAX_ID: {
            "tax_id": tax_id_of(details.tax_id, details.tax_id_type),
            "beside": sale.beside,
        },
    }[kind]
    waiting = sale.undone.get(kind)
    if waiting:
        # An update may say something else beside that, such as where things are sent to.
        said = json.loads(waiting["params"]) if kind == UPDATE_CUSTOMER else {}
        if await replace_params(waiting["id"], together(said, params)):
            return
    await _owe(kind, sale, wish, params)


def _is_other(sale: Sale, wish: Wish, chosen: Chosen) -> bool:
    return (sale.price, sale.coupon) != (chosen.pricing.id, wish.code)


async def _owe(kind: str, sale: Sale, wish: Wish, params: Mapping[str, Any]) -> None:
    await enqueue(
        kind,
        company=wish.site.company_id,
        lane=lane_of_customer(sale.customer),
        params=params,
        customer=sale.customer,
        subject=sale.id or sale.customer,
    )


async def accept_again(sale: Sale) -> None:
    """Have a sign-up that was refused go on."""
    await run_sql(
        "UPDATE onboarding SET state = {}, problem_field = '', problem_code = '', problem_text = ''"
        " WHERE id = {}",
        *("customer_made" if sale.stripe_id else "accepted", sale.id),
    )


async def _note_choice(sale: Sale, wish: Wish, chosen: Chosen) -> None:
    await run_sql(
        "UPDATE onboarding SET plan = {}, price = {}, lasting_amount = {}, coupon = {}"
        " WHERE id = {}",
        *(chosen.offer.id, chosen.pricing.id, charges(chosen, wish.coupon).lasting),
        *(wish.code, sale.id),
    )


_REFUSED = """SELECT customer.* FROM onboarding
 JOIN flow ON flow.onboarding = onboarding.id JOIN customer ON customer.id = onboarding.customer
 WHERE onboarding.site = {} AND onboarding.id = {} AND flow.browser_hash = {}
 AND onboarding.state = 'refused'"""
