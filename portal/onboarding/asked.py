"""What a program asks with a sign-up beside what a person may: values, and whom it means."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from portal.access.password_import import ReadyPassword, keep_import
from portal.customers.billing_contact import BilledTo, keep_billed_to
from portal.customers.details import CustomerDetails
from portal.customers.directory import (
    EmailTaken,
    ExternalIdTaken,
    find_by_email,
    find_by_external_id,
)
from portal.customers.held_tax_ids import keep_tax_id
from portal.customers.params import tax_id_of
from portal.customers.profile import KEEP, NOTHING_MORE, Keep, Profile
from portal.customers.shipping import Shipping, keep_shipping, shipping_params
from portal.customers.tables import Customer
from portal.customers.tax_id import TaxId
from portal.deliveries.quiet import LOUD, Quiet

SameEmail = Literal["present", "refuse", "another"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program asks.

    key: its key (key_…), which the audit names; None: the customers themselves are at our door.
    sites: those of whose customers it may be told; () stands for all of the company.
    same_email: what a known e-mail means: the customer who is there, a refusal, or one customer
        more, who cannot sign in by it.
    payment: a payment method (pm_…), or a card's token (tok_…), to become their default.
    paying: by which name what came of `payment` is asked for, of who is there already.
    leaves_due: of who is there already, what is due by now is not tried with it.
    adopts: their customer at Stripe (cus_…), instead of a new one.
    intent: a payment (pi_…) or a saved card (seti_…) that was confirmed already, whose customer and
        method are taken: have `looked_up` fill them in. is_held: it holds money, not yet taken.
    tax_ids: those beside the first, which stands in the details.
    What is KEEP was not passed.
    noted: called with the customer's id in the transaction that makes them.
    """

    profile: Profile = NOTHING_MORE
    consents: Mapping[str, bool] = field(default_factory=dict)
    quiet: Quiet = LOUD
    same_email: SameEmail = "present"
    key: str | None = None
    sites: tuple[str, ...] = ()
    payment: str = ""
    paying: str = ""
    leaves_due: bool = False
    adopts: str = ""
    imports_methods: bool = False
    intent: str = ""
    is_held: bool = False
    shipping: Shipping | Keep | None = KEEP
    billed_to: BilledTo | Keep = KEEP
    tax_ids: tuple[TaxId, ...] | Keep = KEEP
    password: ReadyPassword | None = None
    success_url: str = ""
    cancel_url: str = ""
    noted: Callable[[str], Awaitable[None]] | None = None

    @property
    def pays_from_the_first(self) -> bool:
        """Tell whether Stripe can make the customer with the method: a token is used up first."""
        return self.payment.startswith("pm_") and not self.adopts

    @property
    def actor(self) -> str:
        """Return who the audit says it was."""
        return self.key or "customer"


PLAIN = Asked()
"""Nothing: the sign-up form."""


async def meet(
    company: str, details: CustomerDetails, asked: Asked
) -> tuple[Customer | None, CustomerDetails]:
    """Return the customer whom these details mean, if they are known, and the details to keep.

    Raises:
        EmailTaken, ExternalIdTaken: they are known, and the program did not mean them, or may not
            be told of them.
    """
    told = asked.profile.external_id
    external_id = told if isinstance(told, str) else ""
    known = await find_by_email(company, details.email_key) if details.email_key else None
    by_id = await find_by_external_id(company, external_id) if external_id else None
    if asked.same_email == "another":
        if by_id:
            raise ExternalIdTaken
        return None, replace(details, email_key="") if known else details
    if asked.same_email == "refuse" and known:
        raise EmailTaken
    if by_id and (asked.same_email == "refuse" or _is_other(by_id, known, details)):
        raise ExternalIdTaken
    met = known or by_id
    if met and asked.sites and str(met.site) not in asked.sites:
        raise EmailTaken if known else ExternalIdTaken
    return met, details


def _is_other(by_id: Customer, known: Customer | None, details: CustomerDetails) -> bool:
    """Tell whether an external id and an e-mail speak of two customers."""
    return known.id != by_id.id if known else bool(details.email_key)


def asked_params(asked: Asked) -> dict[str, Any]:
    """Return the parameters of a new customer at Stripe that the details do not tell."""
    params: dict[str, Any] = {}
    if isinstance(asked.shipping, Shipping):
        params["shipping"] = shipping_params(asked.shipping)
    if asked.pays_from_the_first:
        params["payment_method"] = asked.payment
        params["invoice_settings"] = {"default_payment_method": asked.payment}
    return params


async def keep_asked(customer_id: str, asked: Asked) -> list[dict[str, str]]:
    """Write down what stands beside a new customer's row; return the tax ids for Stripe.

    Call it in the transaction that makes them.
    """
    if isinstance(asked.shipping, Shipping):
        await keep_shipping(customer_id, asked.shipping)
    if asked.billed_to is not KEEP:
        await keep_billed_to(customer_id, asked.billed_to)
    if asked.password:
        await keep_import(customer_id, asked.password)
    if asked.noted:
        await asked.noted(customer_id)
    others = () if asked.tax_ids is KEEP else asked.tax_ids
    for one in others:
        await keep_tax_id(customer_id, one.value, one.type)
    return [said for one in others if (said := tax_id_of(one.value, one.type))]
