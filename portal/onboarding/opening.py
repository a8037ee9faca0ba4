"""Open a sign-up: its row, and what is owed at Stripe for it."""

from __future__ import annotations

import json
from typing import Any

from portal import clock
from portal.billing.billed import Discount
from portal.customers.details import CustomerDetails
from portal.customers.params import together
from portal.customers.payment_adopted import ATTACH_METHOD
from portal.customers.profile import profile_of
from portal.customers.tables import Customer
from portal.customers.tax_ids_at_stripe import CHANGE_TAX_ID
from portal.database import run_sql
from portal.ids import new_id
from portal.onboarding.adopt import ADOPT_CUSTOMER, adoption_params
from portal.onboarding.asked import Asked, asked_params, keep_asked
from portal.onboarding.holds import LANE as HOLD_LANE
from portal.onboarding.holds import RELEASE_AFTER, RELEASE_HOLD
from portal.onboarding.params import customer_params, site_marks, subscription_params
from portal.onboarding.steps import CREATE_CUSTOMER, CREATE_SUBSCRIPTION, PAYS_AT_ONCE
from portal.operations.enqueue import Owed, enqueue, enqueue_all, lane_of_customer
from portal.operations.step import Claimed
from portal.plans.catalogue import Chosen
from portal.plans.discounts import charges
from portal.sites.storefront import Storefront
from portal.subscriptions.doubles import LEAVES_DUE

Due = tuple[str, dict[str, Any]]
"""The kind of an operation, and its parameters."""
_STAY = ("id", "customer", "created_at")
"""What an onboarding that begins anew keeps."""


async def open_onboarding(
    site: Storefront,
    customer: Customer,
    details: CustomerDetails,
    chosen: Chosen | None,
    coupon: Discount | None,
    asked: Asked,
    *,
    again: str | None = None,
) -> tuple[str, Claimed | None]:
    """Write the onboarding and what is owed at Stripe for it; return its id and what may begin.

    Call it in the transaction that makes the customer. `again` is one of theirs of which nothing
    came, to begin anew.
    """
    onboarding, company, lane = again or new_id("onbo"), site.company_id, _lane(customer)
    await _write(onboarding, site, customer, chosen, coupon, asked)
    marks = site_marks(site) | {"customer": customer.id, "onboarding": onboarding}
    params = customer_params(details, site, marks, asked.profile)
    params = together(params, asked_params(asked))
    due = [*_coming(asked, params), *_following(asked, await keep_asked(customer.id, asked))]
    if chosen:
        params = subscription_params(chosen, site, coupon, marks, asked.profile)
        due.append((CREATE_SUBSCRIPTION, params))
    owed = [Owed(kind, company, lane, said, customer.id, onboarding) for kind, said in due]
    if asked.is_held:
        of, said = f"{HOLD_LANE}{customer.id}", {"intent": asked.intent}
        owed.append(Owed(RELEASE_HOLD, company, of, said, customer.id, after=RELEASE_AFTER))
    return onboarding, await enqueue_all(owed, head_start=True)


async def open_sale(
    site: Storefront,
    customer: Customer,
    chosen: Chosen,
    asked: Asked,
    *,
    again: str | None = None,
    coupon: Discount | None = None,
    is_there: bool = False,
) -> str:
    """Write an onboarding of a customer who is known, and that they are to be subscribed.

    Return its id. Call it in a transaction that holds them. What is due of it is left so, unless
    they are there: then what is on file pays it. `again` is as in `open_onboarding`, or waits for
    Stripe to have the customer.
    """
    onboarding = again or new_id("onbo")
    await _write(onboarding, site, customer, chosen, coupon, asked)
    marks = site_marks(site) | {"customer": customer.id, "onboarding": onboarding}
    profile = profile_of(customer.to_dict())
    params = subscription_params(chosen, site, coupon, marks, profile)
    await enqueue(
        CREATE_SUBSCRIPTION,
        company=site.company_id,
        lane=_lane(customer),
        params=params | {"customer": customer.stripe_id, _how_due(is_there): True},
        customer=customer.id,
        subject=onboarding,
    )
    return onboarding


def _how_due(is_there: bool) -> str:
    return PAYS_AT_ONCE if is_there else LEAVES_DUE


def _lane(customer: Customer) -> str:
    return lane_of_customer(customer.id)


def _coming(asked: Asked, params: dict[str, Any]) -> list[Due]:
    """Say what has Stripe have the customer: one is made, or one who is there is taken over."""
    if not asked.adopts:
        return [(CREATE_CUSTOMER, params)]
    adoption = adoption_params(asked.adopts, params, imports=asked.imports_methods)
    tax_ids = [_tax_id(said) for said in params.get("tax_id_data", ())]
    return [(ADOPT_CUSTOMER, adoption), *tax_ids]


def _following(asked: Asked, tax_ids: list[dict[str, str]]) -> list[Due]:
    """Say what can be done once there is a customer."""
    method = [(ATTACH_METHOD, {"method": asked.payment})] if asked.payment else []
    return [*map(_tax_id, tax_ids), *([] if asked.pays_from_the_first else method)]


def _tax_id(said: dict[str, str]) -> Due:
    return CHANGE_TAX_ID, {"tax_id": said, "former": None}


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
        "state": "customer_made" if customer.stripe_id else "accepted",
        "problem_field": "", "problem_code": "", "problem_text": "",
        "api_key": asked.key, "quiet": asked.quiet.text,
        "success_url": asked.success_url, "cancel_url": asked.cancel_url,
        "trial_days": chosen.trial if chosen else None, "made_of": _made_of(chosen),
        "created_at": clock.now(),
    }  # fmt: skip
    holes = ", ".join(["{}"] * len(row))
    anew = ", ".join(f"{name} = excluded.{name}" for name in row if name not in _STAY)
    await run_sql(
        f"INSERT INTO onboarding ({', '.join(row)}) VALUES ({holes})"  # noqa: S608 - our own names
        f" ON CONFLICT (id) DO UPDATE SET {anew}",
        *row.values(),
    )


def _made_of(chosen: Chosen | None) -> str:
    """Write what was asked for of quantity and add-ons, as far as it was."""
    if chosen is None:
        return "[]"
    plan = [[chosen.offer.key, chosen.number]] if chosen.number is not None else []
    return json.dumps(plan + [[each.add_on.key, each.quantity] for each in chosen.taken])
