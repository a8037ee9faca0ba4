"""What we send to Stripe for a new customer and a new subscription: plain functions of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from portal.billing.billed import Discount
from portal.customers.params import contact_params, region_mark, tax_id_of
from portal.customers.profile import NOTHING_MORE, Profile
from portal.customers.profile_params import creation_params, own_metadata
from portal.plans.catalogue import Chosen
from portal.plans.discounts import charges

if TYPE_CHECKING:
    from portal.customers.details import CustomerDetails
    from portal.sites.storefront import Storefront

# The languages of Stripe's billing portal.
_PORTAL_LOCALES = (
    *("bg", "cs", "da", "de", "el", "en", "en-AU", "en-CA", "en-GB", "en-IE", "en-IN", "en-NZ"),
    *("en-SG", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id", "it", "ja"),
    *("ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl"),
    *("sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW"),
)


DAYS_TO_PAY = 30
"""How long an invoice may stay open of who pays each by themselves."""


class Taxing(Protocol):
    """How a site taxes."""

    @property
    def tax(self) -> str:
        """None, rates or automatic."""

    @property
    def tax_rates(self) -> Sequence[str]:
        """The ids of the rates (txr_…)."""


def site_marks(site: Storefront) -> dict[str, str]:
    """Return the metadata by which Stripe's objects name the company and the site of ours.

    The company's id is one that no other installation has. Reconciling finds ours by it.
    """
    return {"portal": site.company_id, "site": site.id}


def customer_params(
    details: CustomerDetails,
    site: Taxing,
    metadata: Mapping[str, str],
    profile: Profile = NOTHING_MORE,
) -> dict[str, Any]:
    """Return the parameters of a new customer at Stripe; what is empty is left out."""
    params: dict[str, Any] = contact_params(details, profile) | creation_params(profile)
    params["metadata"] = {**own_metadata(profile), **metadata, **region_mark(details.address)}
    tax_id = tax_id_of(details.tax_id, details.tax_id_type)
    if tax_id:
        params["tax_id_data"] = [tax_id]
    if site.tax == "automatic" and details.address.country:
        # An address that cannot be taxed is told of here, before anything was sold.
        params["tax"] = {"validate_location": "immediately"} | params.get("tax", {})
    return {name: value for name, value in params.items() if value}


def subscription_params(
    chosen: Chosen,
    site: Taxing,
    discount: Discount | None,
    metadata: Mapping[str, str],
    profile: Profile = NOTHING_MORE,
) -> dict[str, Any]:
    """Return the parameters of a new subscription; `customer` is filled in once there is one."""
    params: dict[str, Any] = {
        "customer": None,
        "items": _items(chosen),
        "metadata": dict(metadata),
    }
    params |= _beginning(chosen, discount) | _tax(site)
    if profile.auto_collection is False:
        params |= {"collection_method": "send_invoice", "days_until_due": DAYS_TO_PAY}
        params.pop("payment_behavior", None)
    if discount:
        # Only here has the answer more to tell than the price: what of it will be charged.
        params["discounts"] = [{discount.kind: discount.stripe_id}]
        told = [f"discounts.source.coupon.{name}" for name in ("applies_to", "currency_options")]
        params["expand"] = [*params.get("expand", ()), *told]
    return params


def _items(chosen: Chosen) -> list[dict[str, Any]]:
    """Name the plan, as often as it begins, what was taken beside it, and what is counted."""
    plan: dict[str, Any] = {"price": chosen.pricing.stripe_id}
    if chosen.quantity > 1:
        plan["quantity"] = chosen.quantity
    beside = [
        {"price": each.pricing.stripe_id, "quantity": each.quantity}
        for each in chosen.taken
        if each.quantity
    ]
    return [plan, *beside, *({"price": pricing.stripe_id} for pricing in chosen.metered)]


def portal_locale(language: str) -> str:
    """Return the language in which Stripe's billing portal greets: theirs, or the browser's."""
    tag = language.replace("_", "-")
    named = (tag, tag.partition("-")[0])
    return next((known for known in named if known in _PORTAL_LOCALES), "auto")


def _beginning(chosen: Chosen, discount: Discount | None) -> dict[str, Any]:
    """Say how it begins: with a trial, with a first invoice to pay, or with nothing to pay."""
    if chosen.amount == 0:
        return {}
    if chosen.trial_days:
        # Nobody loses a plan for want of a card that would never be charged.
        is_free = charges(chosen, discount).lasting == 0
        without_card = "create_invoice" if is_free else chosen.offer.trial_without_card
        return {
            "trial_period_days": chosen.trial_days,
            "trial_settings": {"end_behavior": {"missing_payment_method": without_card}},
        }
    # Only here is there something due today, and the answer has to tell how much.
    return {"payment_behavior": "default_incomplete", "expand": ["latest_invoice"]}


def _tax(site: Taxing) -> dict[str, Any]:
    if site.tax == "automatic":
        return {"automatic_tax": {"enabled": True}}
    if site.tax == "rates":
        return {"default_tax_rates": list(site.tax_rates)}
    return {}
