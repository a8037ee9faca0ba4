"""All that a program asks with a new customer, put together for the one sign-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from portal.access.password_import import ReadyPassword, ready_import
from portal.access.password_kinds import UnusablePassword
from portal.api.customer_reading import (
    Problems,
    billed_to_said,
    codes_of,
    details_said,
    form_of,
    profile_said,
    refuse,
    shipping_said,
    tax_ids_said,
)
from portal.api.customer_sent import NewCustomer, PasswordSent
from portal.billing.billed import Discount
from portal.customers.avatar import drawn
from portal.customers.details import CustomerDetails
from portal.onboarding.asked import Asked
from portal.onboarding.portal_page import refuse_unlisted
from portal.plans.catalogue import Chosen, choose
from portal.plans.choosing import with_parts
from portal.plans.coupon import read_coupon
from portal.plans.offers import offers_of, own_offers
from portal.sites.storefront import Storefront
from portal.web.programs.acting import IMPORT, looked_up_for, needs_too
from portal.web.programs.call import Call

_IMPORT = (
    *("email_verified", "imported", "skip_email_check", "password"),
    *("gateway_customer_id", "import_payment_methods"),
)
NEEDED = {"trials:override": ("trial_days",), IMPORT: _IMPORT}
"""What a key needs to say some of it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A new customer, read: who, what they buy, and what else was asked."""

    details: CustomerDetails
    chosen: Chosen | None
    coupon: Discount | None
    asked: Asked
    verified: bool
    picture: bytes | None
    warnings: list[str]


def refuse_without_scopes(call: Call[NewCustomer]) -> None:
    """See that the key may say all that it says.

    Raises:
        ScopeMissing: naming the scope that it lacks.
    """
    for scope, names in NEEDED.items():
        if any(getattr(call.body, name) not in (None, False) for name in names):
            needs_too(call.caller, scope)


async def wish_of(call: Call[NewCustomer], site: Storefront) -> Wish:
    """Read what a program asks.

    Raises:
        WrongValues: every value that a rule refuses.
        PlanNotOnOffer: the site does not sell that plan.
        GatewayCustomerUnknown, GatewayCustomerTaken, PaymentIntentUnusable: see `looked_up`.
        ScopeMissing: the payment intent is no checkout's of late, and the key may not import.
        ReturnUrlNotListed: somebody would be led elsewhere than the seller declared.
    """
    wanted, problems = call.body, Problems()
    chosen = await _chosen(site, wanted)
    for url in (wanted.success_url, wanted.cancel_url):
        refuse_unlisted(url, site)
    skip_dns = bool(wanted.skip_email_check)
    details, warnings = await details_said(form_of(wanted), site, problems, skip_dns=skip_dns)
    profile = profile_said(wanted, problems)
    shipping = await shipping_said(wanted.shipping, site, problems) if wanted.shipping else None
    country = details.address.country if details else ""
    tax_ids = tax_ids_said(wanted.tax_ids or (), country or site.country, problems)
    password = await _password(wanted.password, problems) if wanted.password else None
    coupon = await _coupon(site, wanted.coupon, chosen, problems)
    refuse(problems)
    assert details is not None
    if tax_ids:
        details = replace(details, tax_id=tax_ids[0].value, tax_id_type=tax_ids[0].type)
    asked = Asked(
        profile=profile,
        consents=_consents(wanted),
        quiet=call.quiet,
        key=call.actor,
        payment=wanted.payment_method or "",
        adopts=wanted.gateway_customer_id or "",
        imports_methods=bool(wanted.import_payment_methods),
        intent=wanted.payment_intent or "",
        shipping=shipping,
        billed_to=billed_to_said(wanted.billing),
        tax_ids=tax_ids[1:],
        password=password,
        success_url=wanted.success_url or "",
        cancel_url=wanted.cancel_url or "",
        noted=call.note_made,
    )
    asked = await looked_up_for(call.caller, details, asked)
    picture = await _picture(call)
    codes = codes_of(warnings, profile)
    return Wish(details, chosen, coupon, asked, bool(wanted.email_verified), picture, codes)


async def _picture(call: Call[NewCustomer]) -> bytes | None:
    """Return the picture that came along, drawn anew, before anything is written."""
    sent = call.files.get("avatar")
    return await drawn(sent, call.request_id) if sent is not None else None


async def _chosen(site: Storefront, wanted: NewCustomer) -> Chosen | None:
    """Return the plan: as named, exclusive ones too, since it is the seller who asks."""
    key = wanted.plan if "plan" in wanted.model_fields_set else site.default_plan
    if key is None:
        return None
    offers = (*await offers_of(site), *await own_offers(site.company_id, [key]))
    return with_parts(
        choose(offers, key, wanted.interval, site.currency),
        quantity=wanted.quantity,
        add_ons={one.key: one.quantity for one in wanted.add_ons or ()},
        trial_days=wanted.trial_days,
    )


async def _coupon(
    site: Storefront, code: str | None, chosen: Chosen | None, problems: Problems
) -> Discount | None:
    found, problem = await read_coupon(site, code or "", chosen, "en")
    if problem:
        problems[("coupon",)] = problem
    return found


async def _password(sent: PasswordSent, problems: Problems) -> ReadyPassword | None:
    try:
        return await ready_import(sent.value, sent.type)
    except UnusablePassword as unusable:
        problems[("password", "value")] = unusable.problem
        return None


def _consents(wanted: NewCustomer) -> Mapping[str, bool]:
    told = wanted.consents.model_dump(exclude_none=True) if wanted.consents else {}
    return {str(kind): bool(given) for kind, given in told.items()}
