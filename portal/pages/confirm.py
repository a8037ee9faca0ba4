"""Ask for a mailed yes before going on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from portal.access.flows import flows_of
from portal.access.links import request_sign_in
from portal.billing.billed import Discount
from portal.customers.details import CustomerDetails
from portal.customers.directory import find_by_email
from portal.customers.email import normalize_email
from portal.errors import InvalidDetails, Problem, TooMany
from portal.pages.form import Basket
from portal.plans.catalogue import Chosen
from portal.plans.offers import offer_at
from portal.sites.storefront import Storefront
from portal.web.answers import Answer, PageRequest, go_to
from portal.web.browser import browser_of
from portal.web.client import address_of
from portal.web.limits import is_within
from portal.web.scope import scope_of
from portal.web.templates import url_for

DISCOUNT, PRICE = "discount", "price"
_TOO_MANY = Problem(
    "too_many_forms",
    "Many people signed up from your network just now. Wait a few minutes, then press the button"
    " again.",
)
_NOT_KEPT = ("token", "website", "refresh", "price_shown")


class TooManyForms(InvalidDetails):
    """A mail would have to confirm this form, and too many were asked for; it is shown again."""

    status = TooMany.status
    code = TooMany.code


async def must_confirm(request: PageRequest, site: Storefront, details: CustomerDetails) -> bool:
    """Tell whether the address must be confirmed first: always here, or after so many tries.

    Not from the browser that has just made this customer: it only mends what it said before.
    """
    scope = scope_of(request)
    within = is_within(scope, site, "sign_ups_per_minute", "sign_ups_per_hour")
    if site.verify_email != "before" and within:
        return False
    known = await find_by_email(site.company_id, details.email_key)
    flows = await flows_of(browser_of(scope).hash)
    return known is None or all(flow.customer != known.id for flow in flows)


async def confirm_by_mail(
    request: PageRequest,
    site: Storefront,
    details: CustomerDetails,
    typed: Mapping[str, str],
    basket: Basket,
) -> Answer:
    """Mail a link to the address that was typed, and say so: alike whether we know it or not.

    The form waits, sealed, for somebody new, with the price they were shown and what its code was
    said to give; a known customer signs in by the same link.

    Raises:
        TooManyForms: too many mails were asked for from here.
    """
    kept = {name: text for name, text in typed.items() if name not in _NOT_KEPT}
    discount = json.dumps(asdict(basket.discount)) if basket.discount else ""
    price = basket.chosen.pricing.id if basket.chosen else ""
    try:
        await request_sign_in(
            site,
            normalize_email(details.email),
            customer=await find_by_email(site.company_id, details.email_key),
            browser_hash=browser_of(scope_of(request)).hash,
            draft=kept | {"locale": details.locale, DISCOUNT: discount, PRICE: price},
            ip=address_of(scope_of(request)),
        )
    except TooMany as many:
        raise too_many_forms() from many
    return go_to(request, url_for("signup.inbox"))


def too_many_forms() -> TooManyForms:
    """Say at the form that too many were sent from here."""
    return TooManyForms({"signup": _TOO_MANY})


def promised_in(draft: Mapping[str, str]) -> Discount | None:
    """Return the discount that stood beside the button when the form was sent."""
    if not draft.get(DISCOUNT):
        return None
    kept = json.loads(draft[DISCOUNT])
    # What was sealed before an upgrade names no products.
    return Discount(**kept | {"products": tuple(kept.get("products", ()))})


async def ordered_in(draft: Mapping[str, str]) -> Chosen | None:
    """Return what stood beside the button when the form was sent, be it sold otherwise by now."""
    found = await offer_at(draft[PRICE]) if draft.get(PRICE) else None
    return Chosen(*found) if found else None
