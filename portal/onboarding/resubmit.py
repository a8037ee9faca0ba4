"""Take the form again from the browser that just made this customer: Back, a double click, a
correction after Stripe refused something."""

# ruff: noqa: S608
# What is put together into SQL here are constants of ours.

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.billing.billed import Discount
from portal.customers.details import CustomerDetails
from portal.customers.directory import update_details
from portal.customers.tables import Customer
from portal.database import is_sqlite, run_sql, transaction
from portal.onboarding.params import changed_params, customer_params, subscription_params
from portal.onboarding.steps import CREATE_CUSTOMER, CREATE_SUBSCRIPTION, UPDATE_CUSTOMER
from portal.operations.enqueue import enqueue, lane_of_customer
from portal.operations.save import abandon, reopen, replace_params
from portal.operations.wake import wake
from portal.plans.catalogue import Chosen
from portal.plans.discounts import charges
from portal.sites.storefront import Storefront


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form says now."""

    site: Storefront
    details: CustomerDetails
    chosen: Chosen | None
    coupon: Discount | None

    @property
    def code(self) -> str:
        """Return the coupon's code, or nothing."""
        return self.coupon.code if self.coupon else ""


@dataclass(frozen=True, slots=True)
class _Sale:
    """An onboarding under the lock of this transaction, and what is still open at Stripe for it."""

    id: str
    customer: str
    price: str | None
    coupon: str
    stripe_id: str | None
    creation: Mapping[str, Any] | None
    correction: Mapping[str, Any] | None
    subscribing: Mapping[str, Any] | None

    @property
    def marks(self) -> dict[str, str]:
        """Return the metadata by which Stripe's objects know ours."""
        return {"customer": self.customer, "onboarding": self.id}


async def newest_onboarding(customer_id: str) -> str | None:
    """Return the id of the customer's last sign-up."""
    rows = await run_sql(_NEWEST, customer_id)
    return str(rows[0]["id"]) if rows else None


async def refused_before(onboarding_id: str, browser_hash: str) -> Customer | None:
    """Return the customer whose details Stripe refused, if this browser made them by this."""
    rows = await run_sql(_REFUSED, onboarding_id, browser_hash)
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
    wish = Wish(site, details, chosen, coupon)
    async with transaction():
        sale = await _lock(known.id)
        changed = await update_details(known, details)
        has_to_follow = await _mend_customer(sale, wish, is_changed=bool(changed))
        await _mend_subscription(sale, wish, has_to_follow=has_to_follow)
    wake()
    return sale.id


async def _lock(customer_id: str) -> _Sale:
    """Read it all, holding it: the operations first, as the worker does, then the onboarding."""
    held = "" if is_sqlite() else " FOR UPDATE"
    open_operations = await run_sql(
        "SELECT id, kind, state, params FROM operation WHERE lane = {} AND kind IN ({}, {}, {})"
        f" AND state IN ('ready', 'refused') ORDER BY id{held}",
        *(lane_of_customer(customer_id), CREATE_CUSTOMER, UPDATE_CUSTOMER, CREATE_SUBSCRIPTION),
    )
    found = (await run_sql(f"{_NEWEST}{held}", customer_id))[0]
    customer = await run_sql("SELECT stripe_id FROM customer WHERE id = {}", customer_id)
    by_kind = {row["kind"]: row for row in open_operations}
    return _Sale(
        id=found["id"],
        customer=customer_id,
        price=found["price"],
        coupon=found["coupon"],
        stripe_id=customer[0]["stripe_id"],
        creation=by_kind.get(CREATE_CUSTOMER),
        correction=by_kind.get(UPDATE_CUSTOMER),
        subscribing=by_kind.get(CREATE_SUBSCRIPTION),
    )


async def _mend_customer(sale: _Sale, wish: Wish, *, is_changed: bool) -> bool:
    """Correct what makes the customer; True when it is too late and an update has to follow."""
    if sale.creation is None:
        return is_changed
    marks = {"portal": wish.site.company_id} | sale.marks
    params = customer_params(wish.details, wish.site, marks)
    if sale.creation["state"] == "refused":
        await reopen(sale.creation["id"], params)
        await _accept_again(sale)
        # An older correction still waits behind it, and would undo this one.
        return sale.correction is not None
    return is_changed and not await replace_params(sale.creation["id"], params)


async def _mend_subscription(sale: _Sale, wish: Wish, *, has_to_follow: bool) -> None:
    """Correct what sells the subscription, after the update that it may depend on."""
    waiting = sale.subscribing
    is_to_do = waiting is None and sale.price is None
    if waiting and waiting["state"] == "refused":
        is_to_do = await abandon(waiting["id"])
    if has_to_follow:
        await _correct(sale, wish)
    if wish.chosen is None:
        return
    was = json.loads(waiting["params"])["customer"] if waiting else sale.stripe_id
    marks = {"portal": wish.site.company_id} | sale.marks
    params = subscription_params(wish.chosen, wish.site, wish.coupon, marks) | {"customer": was}
    if is_to_do:
        await _owe(CREATE_SUBSCRIPTION, sale, wish, params)
        await _accept_again(sale)
        await _note_choice(sale, wish, wish.chosen)
    elif (
        waiting
        and _is_other(sale, wish, wish.chosen)
        and await replace_params(waiting["id"], params)
    ):
        await _note_choice(sale, wish, wish.chosen)


async def _correct(sale: _Sale, wish: Wish) -> None:
    """Have the customer changed: by the correction that waits already, or by another."""
    params = changed_params(wish.details)
    if sale.correction is None or not await replace_params(sale.correction["id"], params):
        await _owe(UPDATE_CUSTOMER, sale, wish, params)


def _is_other(sale: _Sale, wish: Wish, chosen: Chosen) -> bool:
    return (sale.price, sale.coupon) != (chosen.pricing.id, wish.code)


async def _owe(kind: str, sale: _Sale, wish: Wish, params: Mapping[str, Any]) -> None:
    await enqueue(
        kind,
        company=wish.site.company_id,
        lane=lane_of_customer(sale.customer),
        params=params,
        customer=sale.customer,
        subject=sale.id,
    )


async def _accept_again(sale: _Sale) -> None:
    await run_sql(
        "UPDATE onboarding SET state = {}, problem_field = '', problem_code = '', problem_text = ''"
        " WHERE id = {}",
        *("customer_made" if sale.stripe_id else "accepted", sale.id),
    )


async def _note_choice(sale: _Sale, wish: Wish, chosen: Chosen) -> None:
    await run_sql(
        "UPDATE onboarding SET plan = {}, price = {}, lasting_amount = {}, coupon = {}"
        " WHERE id = {}",
        *(chosen.offer.id, chosen.pricing.id, charges(chosen, wish.coupon).lasting),
        *(wish.code, sale.id),
    )


_REFUSED = """SELECT customer.* FROM onboarding
 JOIN flow ON flow.onboarding = onboarding.id JOIN customer ON customer.id = onboarding.customer
 WHERE onboarding.id = {} AND flow.browser_hash = {} AND onboarding.state = 'refused'"""
_NEWEST = """SELECT id, price, coupon FROM onboarding WHERE customer = {}
 ORDER BY created_at DESC, id DESC LIMIT 1"""
