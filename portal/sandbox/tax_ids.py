"""Tax ids of customers."""

from __future__ import annotations

import re

from portal.sandbox.account import Account
from portal.sandbox.errors import invalid, no_such, refused
from portal.sandbox.events import emit
from portal.sandbox.listing import listed
from portal.sandbox.lookup import living_customer, of_customer
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row, new_id
from portal.sandbox.views import include, list_of, shown

_EU = "AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI"
_FORMS = {
    "eu_vat": rf"({_EU})[A-Z0-9+*]{{2,13}}",
    "gb_vat": r"GB([0-9]{9}|[0-9]{12}|GD[0-9]{3}|HA[0-9]{3})",
    "ch_vat": r"CHE[-. ]?[0-9]{3}[. ]?[0-9]{3}[. ]?[0-9]{3} ?(MWST|TVA|IVA)",
    "us_ein": r"[0-9]{2}-?[0-9]{7}",
    "au_abn": r"[0-9]{11}",
    "in_gst": r"[0-9]{2}[A-Z0-9]{13}",
    "br_cnpj": r"[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}/?[0-9]{4}-?[0-9]{2}",
    "br_cpf": r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}",
    "jp_cn": r"[0-9]{13}",
    "jp_trn": r"T[0-9]{13}",
    "ae_trn": r"[0-9]{15}",
    "hk_br": r"[0-9]{8}",
    "no_vat": r"[0-9]{9}MVA",
}
_VERIFIED = {"000000000": "verified", "111111111": "unverified"}
"""Stripe's own magic numbers; any other European number stays pending."""


def add_tax_id(account: Account, customer: Row, given: Row, param: str = "") -> Row:
    """Add a tax id to a customer.

    Raises:
        StripeError: `tax_id_invalid`, naming the value.
    """
    type, value = given["type"], given["value"].strip()
    form = _FORMS.get(type)
    if not value or (form and not re.fullmatch(form, value.replace(" ", "").upper())):
        raise refused(
            f"Invalid value for {type}.", f"{param}[value]" if param else "value", "tax_id_invalid"
        )
    if len(of_customer(account, "tax_id", customer["id"])) >= 5:
        raise refused("A customer can have at most five tax ids.")
    row = account.add(_new_tax_id(account, customer, type, value))
    emit(account, "customer.tax_id.created", row)
    return row


def _new_tax_id(account: Account, customer: Row, type: str, value: str) -> Row:
    checked = type in ("eu_vat", "gb_vat", "au_abn")
    verification = _VERIFIED.get(re.sub(r"\D", "", value), "pending") if checked else "unavailable"
    return {
        "id": new_id("txi"),
        "object": "tax_id",
        "country": "XI"
        if value.startswith("XI")
        else (value[:2] if type == "eu_vat" else type[:2].upper()),
        "created": account.now(),
        "customer": customer["id"],
        "customer_account": None,
        "livemode": False,
        "owner": {"customer": customer["id"], "type": "customer"},
        "type": type,
        "value": value,
        "verification": {
            "status": verification,
            "verified_address": None,
            "verified_name": None,
        },
    }


@include("customer", "tax_ids")
def customer_tax_ids(account: Account, customer: Row) -> Row:
    """Give `customer.tax_ids`."""
    found = [
        shown(account, row) for row in reversed(of_customer(account, "tax_id", customer["id"]))
    ]
    return list_of(found, f"/v1/customers/{customer['id']}/tax_ids")


@operation("POST", "/v1/customers/{customer}/tax_ids", "CustomerTaxIdCreateParams")
def create_tax_id(call: Call) -> Row:
    """Add a tax id."""
    customer = living_customer(call.account, call.ids["customer"], "customer", in_path=True)
    if not call.params["value"].strip():
        raise invalid("Invalid value.", "value", "parameter_invalid_empty")
    return shown(call.account, add_tax_id(call.account, customer, call.params))


@operation("GET", "/v1/customers/{customer}/tax_ids", "CustomerTaxIdListParams")
def list_tax_ids(call: Call) -> Row:
    """List a customer's tax ids."""
    customer = living_customer(call.account, call.ids["customer"], "customer", in_path=True)
    return listed(call, of_customer(call.account, "tax_id", customer["id"]), "tax_id")


@operation("GET", "/v1/customers/{customer}/tax_ids/{id}", "CustomerTaxIdRetrieveParams")
def retrieve_tax_id(call: Call) -> Row:
    """Give one tax id."""
    return shown(call.account, _held(call))


@operation("DELETE", "/v1/customers/{customer}/tax_ids/{id}")
def delete_tax_id(call: Call) -> Row:
    """Remove a tax id."""
    row = _held(call)
    drop_tax_id(call.account, row)
    return {"id": row["id"], "object": "tax_id", "deleted": True}


def drop_tax_id(account: Account, row: Row) -> None:
    """Remove a tax id and tell of it."""
    emit(account, "customer.tax_id.deleted", row)
    account.remove("tax_id", row["id"])


def _held(call: Call) -> Row:
    row = call.row("tax_id", "tax_id")
    if row["customer"] != call.ids["customer"]:
        raise no_such("tax_id", row["id"], "id", in_path=True)
    return row
