"""Open a sign-up: its row, and what is owed at Stripe for it."""

from __future__ import annotations

import json
from typing import Any

from portal import clock
from portal.billing.billed import Discount
from portal.customers.details import CustomerDetails
from portal.customers.tables import Customer
from portal.customers.tax_ids_at_stripe import CHANGE_TAX_ID
from portal.database import run_sql
from portal.ids import new_id
from portal.onboarding.asked import Asked, asked_params, keep_asked
from portal.onboarding.params import customer_params, site_marks, subscription_params
from portal.onboarding.steps import CREATE_CUSTOMER, CREATE_SUBSCRIPTION
from portal.operations.enqueue import Owed, enqueue_all, lane_of_customer
from portal.operations.step import Claimed
from portal.plans.catalogue import Chosen
from portal.plans.discounts import charges
from portal.sites.storefront import Storefront


async def open_onboarding(
    site: Storefront,
    customer: Customer,
    details: CustomerDetails,
    chosen: Chosen | None,
    coupon: Discount | None,
    asked: Asked,
) -> tuple[str, Claimed | None]:
    """Write the onboarding and what is owed at Stripe for it; return its id and what may begin.

    Call it in the transaction that makes the customer.
    """
    onboarding, company, lane = new_id("onbo"), site.company_id, lane_of_customer(customer.id)
    await _write(onboarding, site, customer, chosen, coupon, asked)
    marks = site_marks(site) | {"customer": customer.id, "onboarding": onboarding}
    params = customer_params(details, site, marks, asked.profile) | asked_params(asked)
    owed = [Owed(CREATE_CUSTOMER, company, lane, params, customer.id, onboarding)]
    for tax_id in await keep_asked(customer.id, asked):
        beside = {"tax_id": tax_id, "former": None}
        owed.append(Owed(CHANGE_TAX_ID, company, lane, beside, customer.id, onboarding))
    if chosen:
        params = subscription_params(chosen, site, coupon, marks, asked.profile)
        owed.append(Owed(CREATE_SUBSCRIPTION, company, lane, params, customer.id, onboarding))
    return onboarding, await enqueue_all(owed, head_start=True)


async def _write(
    onboarding: str,
    site: Storefront,
    customer: Customer,
    chosen: Chosen | None,
    coupon: Discount | None,
    asked: Asked,
) -> None:
    row: dict[str, Any] = {
        "id": onboarding, "customer": customer.id, "site": site.id,
        "plan": chosen.offer.id if chosen else None,
        "price": chosen.pricing.id if chosen else None,
        "lasting_amount": charges(chosen, coupon).lasting if chosen else None,
        "coupon": coupon.code if coupon else "",
        "state": "accepted", "problem_field": "", "problem_code": "", "problem_text": "",
        "api_key": asked.key, "quiet": asked.quiet.text,
        "success_url": asked.success_url, "cancel_url": asked.cancel_url,
        "trial_days": chosen.trial if chosen else None, "made_of": _made_of(chosen),
        "created_at": clock.now(),
    }  # fmt: skip
    holes = ", ".join(["{}"] * len(row))
    await run_sql(
        f"INSERT INTO onboarding ({', '.join(row)}) VALUES ({holes})",  # noqa: S608 - our own names
        *row.values(),
    )


def _made_of(chosen: Chosen | None) -> str:
    """Write what was asked for of quantity and add-ons, as far as it was."""
    if chosen is None:
        return "[]"
    plan = [[chosen.offer.key, chosen.number]] if chosen.number is not None else []
    return json.dumps(plan + [[each.add_on.key, each.quantity] for each in chosen.taken])
