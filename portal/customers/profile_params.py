"""What we send to Stripe of what programs tell of a customer: plain functions of values."""

from __future__ import annotations

from typing import Any

from portal.customers.metadata import at_stripe
from portal.customers.profile import Profile

_SAME = (
    *("description", "individual_name", "invoice_prefix", "next_invoice_sequence", "balance"),
    *("cash_balance", "test_clock"),
)
_VALIDATE = "validate_location"
_OF_INVOICES = {"custom_fields": "custom_fields", "rendering": "rendering_options"}


def profile_params(profile: Profile) -> dict[str, Any]:
    """Return the parameters of what was passed, but for what says how to reach them: see params.

    Empty means none. Of a change they are what is passed with it alone: a balance that was told
    once is never told again.
    """
    given = profile.given
    settings = given.get("stripe_settings") or {}
    params = {name: _plain(settings[name]) for name in _SAME if name in settings}
    invoices = {
        there: _plain(settings[here]) for here, there in _OF_INVOICES.items() if here in settings
    }
    if "invoice_notes" in given:
        invoices["footer"] = given["invoice_notes"]
    if invoices:
        params["invoice_settings"] = invoices
    if "tax_exempt" in given:
        params["tax_exempt"] = given["tax_exempt"]
    tax = {"ip_address": given.get("created_from_ip"), _VALIDATE: settings.get(_VALIDATE)}
    if tax := {name: value for name, value in tax.items() if value}:
        params["tax"] = tax
    return params


def creation_params(profile: Profile) -> dict[str, Any]:
    """Return the parameters for a new customer: what is empty, or as it is anyway, is left out."""
    params = profile_params(profile)
    invoices = {name: value for name, value in params.get("invoice_settings", {}).items() if value}
    params |= {"invoice_settings": invoices}
    if params.get("tax_exempt") == "none":
        del params["tax_exempt"]
    return {name: value for name, value in params.items() if value}


def own_metadata(profile: Profile) -> dict[str, str]:
    """Return the seller's metadata, as far as Stripe is given it."""
    return at_stripe(profile.given.get("metadata") or {})


def _plain(value: object) -> object:
    return "" if value is None else value
