"""Door 000: a customer is onboarded, and subscribed where a plan is named."""

from __future__ import annotations

from typing import Any

from litestar import post

from portal.compat.onboard_models import AddressSent, NewCustomer, Onboarded
from portal.compat.taking_in import TakenIn, at_stripe, plan_named, take_in
from portal.customers.lenient import read_program_details
from portal.customers.shown import written
from portal.customers.tables import Customer
from portal.errors import EffectError, NotBegun, TooMany
from portal.onboarding.arrival import WAIT_S
from portal.onboarding.asked import Asked
from portal.onboarding.portal_page import account_page, portal_page, refuse_unlisted
from portal.plans.catalogue import Chosen, PlanNotOnOffer
from portal.plans.offers import offers_of
from portal.sites.storefront import Storefront
from portal.web.programs.caller import site_of
from portal.web.programs.described import described
from portal.web.programs.handle import Answer, Call, program

_MADE, _KNOWN = "Customer successfully onboarded", "Customer already exists"
_SOLD = {
    "sold": f"{_KNOWN}, and is subscribed to the plan now",
    "coming": f"{_KNOWN}, and is subscribed to the plan",
    "this": f"{_KNOWN}, and is subscribed to the plan",
    "another": f"{_KNOWN}, and holds another plan, which was left as it is",
    "ended": f"{_KNOWN}, and held the plan before: it is not sold again by this call",
    "unpaid": f"{_KNOWN}, and did not pay for the plan when it was sold within the last 7 days:"
    " it is not sold again before they are over",
}


@post(
    "/compat/onboard/customers",
    opt=described(
        "customers:write",
        "Onboard a customer",
        {201: Onboarded},
        body=NewCustomer,
        refusals={
            400: ("invalid_details", "refused_by_stripe", "return_url_not_listed"),
            404: ("plan_not_on_offer",),
            409: ("email_taken",),
        },
        examples={
            "with a plan": {
                "email": "john@example.com",
                "firstName": "John",
                "lastName": "Doe",
                "phone": "+12025550123",
                "address": {
                    "street": "123 Main St",
                    "city": "New York",
                    "state": "NY",
                    "postalCode": "10001",
                    "country": "US",
                },
                "planId": 1,
            }
        },
        tag="000",
        # The link in the answer is a credential, and the e-mail address makes it one customer.
        kept=False,
    ),
)
@program
async def onboard_customer(call: Call[NewCustomer]) -> Answer:
    """Make a customer, here and at Stripe, and sell the plan; who is known stays as they are."""
    wanted, site = call.body, await site_of(call.caller)
    for url in (wanted.successUrl, wanted.cancelUrl):
        refuse_unlisted(url, site)
    chosen = await plan_named(site, await _plan(site, wanted.planId))
    details, _ = await read_program_details(_given(wanted), site)
    asked = Asked(
        key=call.actor,
        sites=call.caller.sites,
        quiet=call.quiet,
        success_url=wanted.successUrl or "",
        cancel_url=wanted.cancelUrl or "",
    )
    taken = await take_in(site, details, chosen, asked)
    told = _told(taken, await _arrived(taken, call))
    if taken.sold in ("ended", "unpaid"):
        told["subscriptionLink"] = account_page()
    elif wanted.planId is not None:
        chosen = None if taken.sold == "another" else chosen
        told["subscriptionLink"] = await _link(call, taken.customer, chosen)
    return Answer(201, told, {"cache-control": "no-store"})


async def _plan(site: Storefront, named: int | str | None) -> str | None:
    """Return a plan's key, where its place in the site's list is told."""
    if not isinstance(named, int):
        return named
    offers = await offers_of(site)
    if named > len(offers):
        raise PlanNotOnOffer
    return offers[named - 1].key


def _given(wanted: NewCustomer) -> dict[str, str]:
    """Return what was said by the names that the sign-up form has for it."""
    address = wanted.address or AddressSent()
    given = {
        "email": wanted.email,
        "first_name": wanted.firstName,
        "last_name": wanted.lastName,
        "phone": wanted.phone,
    }
    if wanted.address:
        given |= {
            "line1": address.street or address.line1,
            "line2": address.line2,
            "city": address.city,
            "state": address.state,
            "postal_code": address.postalCode or address.postal_code,
            "country": (address.country or "").upper(),
        }
    return {name: str(value or "") for name, value in given.items()}


async def _arrived(taken: TakenIn, call: Call[NewCustomer]) -> str:
    """Wait for the customer's id at Stripe, and for the plan.

    Raises:
        SignUpRefused: Stripe would not have them, or did not sell the plan.
        NotBegun: it has not answered yet; the same call again goes on from here.
    """
    with_plan = call.body.planId is not None and taken.sold in (None, "sold", "coming")
    stripe_id = await at_stripe(taken, WAIT_S, actor=call.actor, with_plan=with_plan)
    if stripe_id is None:
        raise NotBegun("Stripe has not answered yet.")
    return stripe_id


async def _link(call: Call[Any], customer: Customer, chosen: Chosen | None) -> str | None:
    """Return where the plan's payment method is taken; None where none is, or may be told."""
    if chosen is None or chosen.amount == 0 or "portal:create" not in call.caller.scopes:
        return None
    wanted: NewCustomer = call.body
    back = wanted.cancelUrl or wanted.successUrl
    try:
        return await portal_page(customer, return_url=back, flow=True, done_url=wanted.successUrl)
    except (EffectError, TooMany):
        return None


def _told(taken: TakenIn, stripe_id: str) -> dict[str, Any]:
    row = taken.customer.to_dict()
    known = _SOLD[taken.sold] if taken.sold else _KNOWN
    address = {
        "street": row["line1"] or None,
        "city": row["city"] or None,
        "state": row["state"] or None,
        "postalCode": row["postal_code"] or None,
        "country": row["country"] or None,
    }
    told = {
        "id": row["id"],
        "email": row["email"],
        "firstName": row["first_name"] or None,
        "lastName": row["last_name"] or None,
        "phone": row["phone"] or None,
        "address": address,
        "stripeCustomerId": stripe_id,
        "createdAt": written(row["created_at"]),
        "updatedAt": written(row["updated_at"]),
    }
    message = known if taken.how == "known" else _MADE
    return {"customer": told, "stripeCustomerId": stripe_id, "message": message}
