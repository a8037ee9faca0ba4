"""Customers: changed, only in what is passed."""

from __future__ import annotations

from dataclasses import replace

from litestar import patch

from portal.api.customer_models import CustomerTold
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
from portal.api.customer_sent import ChangedCustomer
from portal.api.customers import customer_named
from portal.api.examples import CHANGED_CUSTOMER
from portal.customers.address import Address
from portal.customers.billing_contact import BilledTo, billed_to
from portal.customers.details import CustomerDetails
from portal.customers.known import details_of, fields_of
from portal.customers.lenient import PLACES, Warnings
from portal.customers.payment_adopted import refusal_of_method
from portal.customers.profile import KEEP, Keep
from portal.customers.shipping import Shipping
from portal.customers.tables import Customer
from portal.customers.tax_id import TaxId
from portal.errors import Problem
from portal.ids import new_id
from portal.onboarding.amend import wait_for_stripe
from portal.onboarding.asked import Asked
from portal.onboarding.change import change_customer
from portal.onboarding.shown import told_of
from portal.sites.storefront import Storefront, site_of
from portal.web.programs.call import Answer, Call
from portal.web.programs.described import described
from portal.web.programs.handle import program
from portal.web.programs.problems import WrongValues

WAIT_S = 4.0
_REFUSED = Problem("payment_method_refused", "Stripe did not take this payment method.")
_CONTACT = ("first_name", "last_name", "organisation")


class MethodRefused(WrongValues):
    """Stripe did not take the payment method."""

    code = "payment_method_refused"
    sentence = "Stripe did not take this payment method."


@patch(
    "/v1/customers/{customer:str}",
    name="api.customers.change",
    opt=described(
        "customers:write",
        "Change a customer",
        {200: CustomerTold},
        body=ChangedCustomer,
        refusals={
            409: ("email_taken", "external_id_taken"),
            410: ("customer_deleted", "customer_erased"),
            422: ("invalid_details", "payment_method_refused"),
        },
        examples={"a change": CHANGED_CUSTOMER},
    ),
)
@program
async def change_a_customer(call: Call[ChangedCustomer]) -> Answer:
    """Change what is passed, and nothing else; null clears."""
    sent = call.body
    known = await customer_named(call.caller, call.path["customer"])
    site, problems = await site_of(str(known.site)), Problems()
    details, warnings = await _details(sent, known, site, problems)
    profile = profile_said(sent, problems)
    shipping = await _shipping(sent, site, problems)
    tax_ids = _tax_ids(sent, details.address.country or site.country, problems)
    refuse(problems)
    if tax_ids is not KEEP:
        first = tax_ids[0] if tax_ids else TaxId("", None, is_valid=True)
        details = replace(details, tax_id=first.value, tax_id_type=first.type)
    asked = Asked(
        profile=profile,
        consents=sent.consents.model_dump(exclude_none=True) if sent.consents else {},
        quiet=call.quiet,
        key=call.actor,
        payment=sent.payment_method or "",
        paying=new_id("paym"),
        shipping=shipping,
        billed_to=await _billed_to(sent, known),
        tax_ids=tax_ids if tax_ids is KEEP else tax_ids[1:],
    )
    after = await change_customer(known, details, asked)
    if asked.payment:
        await _see_that_it_is_taken(str(known.id), asked.paying)
    return Answer(200, await told_of(after, warnings=codes_of(warnings, profile)))


async def _details(
    sent: ChangedCustomer, known: Customer, site: Storefront, problems: Problems
) -> tuple[CustomerDetails, Warnings]:
    """Return their details with what was passed in its place, which alone is checked anew."""
    before, form = details_of(known), form_of(sent)
    if not form:
        return before, {}
    whole = {**fields_of(known), "email": before.email, "language": before.locale, **form}
    skip_dns = "email" not in form or bool(sent.skip_email_check)
    wrong: Problems = {}
    read, warnings = await details_said(whole, site, wrong, skip_dns=skip_dns)
    if read is None:
        problems.update(wrong)
        return before, {}
    told = {name: getattr(read, name) for name in _CONTACT if name in form}
    if "phone" in form or "country" in form:
        told |= {"phone": read.phone, "phone_e164": read.phone_e164}
    if "email" in form:
        told |= {name: getattr(read, name) for name in ("email", "email_key", "email_unchecked")}
    if "language" in form:
        told["locale"] = read.locale
    after = replace(before, **told)
    return replace(after, address=_address(before.address, read.address, form)), warnings


def _address(before: Address, read: Address, form: dict[str, str]) -> Address:
    passed = [name for name in (*PLACES, "country") if name in form]
    return replace(before, **{name: getattr(read, name) for name in passed})


async def _shipping(
    sent: ChangedCustomer, site: Storefront, problems: Problems
) -> Shipping | Keep | None:
    if "shipping" not in sent.model_fields_set:
        return KEEP
    return await shipping_said(sent.shipping, site, problems) if sent.shipping else None


def _tax_ids(sent: ChangedCustomer, country: str, problems: Problems) -> tuple[TaxId, ...] | Keep:
    if "tax_ids" not in sent.model_fields_set:
        return KEEP
    return tax_ids_said(sent.tax_ids or (), country, problems)


async def _billed_to(sent: ChangedCustomer, known: Customer) -> BilledTo | Keep:
    if "billing" not in sent.model_fields_set:
        return KEEP
    return billed_to_said(sent.billing, await billed_to(str(known.id)))


async def _see_that_it_is_taken(customer: str, paying: str) -> None:
    """Wait a moment for what Stripe says of a payment method.

    Raises:
        MethodRefused: it said no.
    """
    await wait_for_stripe(customer, within_s=WAIT_S, last=paying)
    if await refusal_of_method(customer, paying):
        raise MethodRefused({("payment_method",): _REFUSED})
