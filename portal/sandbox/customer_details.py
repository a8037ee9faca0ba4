"""A customer's details: read, checked and written down."""

from __future__ import annotations

import re
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import take, too_long
from portal.sandbox.errors import StripeError, invalid
from portal.sandbox.rows import Row
from portal.sandbox.tax_location import checked_location

EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;.]+(\.[^@\s,;.]+)+")
_TEXTS = {"name": 256, "phone": 20, "description": 350, "business_name": 150}
PLAIN = (*_TEXTS, "email", "individual_name", "tax_exempt", "balance", "next_invoice_sequence")


def write_details(account: Account, row: Row, params: dict[str, Any]) -> None:
    """Write what was given over a customer, or refuse what makes no sense."""
    for name, limit in _TEXTS.items():
        too_long(params.get(name), limit, name)
    _check_email(params.get("email"))
    if not re.fullmatch("[A-Z0-9]{1,12}", params.get("invoice_prefix") or "A"):
        raise invalid(
            "Invoice prefixes are 1 to 12 uppercase letters or numbers.", "invoice_prefix"
        )
    take(row, {name: value for name, value in params.items() if name != "metadata"}, *PLAIN)
    take(
        row,
        {name: value for name, value in params.items() if name == "invoice_prefix"},
        "invoice_prefix",
    )
    row["tax_exempt"] = row["tax_exempt"] or "none"
    if "preferred_locales" in params:
        row["preferred_locales"] = params["preferred_locales"] or []
    if "address" in params:
        row["address"] = _address(params["address"])
    if "shipping" in params:
        row["shipping"] = _shipping(params["shipping"])
    if "invoice_settings" in params:
        _write_invoice_settings(account, row, params["invoice_settings"])
    if reconciled := ((params.get("cash_balance") or {}).get("settings") or {}):
        row["_reconciliation"] = reconciled.get("reconciliation_mode") or "merchant_default"
    checked_location(row, params.get("tax") or {}, changed=bool({"address", "tax"} & params.keys()))


def _check_email(email: str | None) -> None:
    if not email:
        return
    too_long(email, 512, "email")
    if not EMAIL.fullmatch(email):
        raise StripeError(
            400, f"Invalid email address: {email}", code="email_invalid", param="email", saved=False
        )


def _address(given: dict[str, Any] | None) -> Row | None:
    if given is None:
        return None
    fields = ("city", "country", "line1", "line2", "postal_code", "state")
    country = given.get("country")
    if country and not re.fullmatch(r"[A-Za-z]{2}", country):
        raise invalid(
            f"Country '{country}' is unknown. Try using a 2-character alphanumeric country code"
            " instead, such as 'US', 'EG', or 'GB'. A full list of country codes is available at"
            " https://stripe.com/docs/connect/country-codes",
            "address[country]",
            "country_code_invalid",
        )
    address: Row = {name: given.get(name) or None for name in fields}
    address["country"] = country.upper() if country else None
    return address


def _shipping(given: dict[str, Any] | None) -> Row | None:
    if given is None:
        return None
    return {
        "address": _address(given.get("address")),
        "name": given.get("name"),
        "phone": given.get("phone") or None,
    }


def _write_invoice_settings(account: Account, row: Row, given: dict[str, Any]) -> None:
    settings = row["invoice_settings"]
    if "default_payment_method" in given:
        method = given["default_payment_method"] or None
        held = account.get("payment_method", method)
        if method and (held is None or held["customer"] != row["id"]):
            raise StripeError(
                400,
                f"No such PaymentMethod: '{method}'; it is not attached to this customer.",
                code="resource_missing",
                param="invoice_settings[default_payment_method]",
            )
        settings["default_payment_method"] = method
    for name in ("footer", "custom_fields", "rendering_options"):
        if name in given:
            settings[name] = given[name] or None
