"""Update billing details and tax ids in the billing portal."""

from __future__ import annotations

from typing import Any

from portal.sandbox import hosted, hosted_changes
from portal.sandbox.countries import countries
from portal.sandbox.errors import StripeError
from portal.sandbox.rendering import Typed, not_found, read_typed
from portal.sandbox.visit import Visit
from portal.sandbox.wire import Answer

_ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")
_TAX_ID_TYPES = (
    "eu_vat",
    "gb_vat",
    "us_ein",
    "ch_vat",
    "no_vat",
    "au_abn",
    "in_gst",
    "br_cnpj",
    "br_cpf",
    "jp_cn",
    "jp_trn",
    "ae_trn",
    "hk_br",
)


def show_details(visit: Visit, id: str) -> Answer:
    """Show the form with the details as they are."""
    if not visit.updates:
        return visit.refused()
    address = visit.customer["address"] or {}
    typed = {name: visit.customer[name] or "" for name in ("name", "email", "phone")}
    return _form(visit, typed | {name: address.get(name) or "" for name in _ADDRESS}, {})


def _form(visit: Visit, typed: Typed, problems: dict[str, str]) -> Answer:
    return visit.page(
        "details.html",
        status=422 if problems else 200,
        typed=typed,
        problems=problems,
        countries=countries(),
        tax_ids=hosted.customer_tax_ids(visit.account, visit.customer["id"]),
        tax_id_types=_TAX_ID_TYPES,
    )


def save_details(visit: Visit, id: str) -> Answer:
    """Write the details down, of which only what the configuration allows."""
    if not visit.updates:
        return visit.refused()
    typed = read_typed(visit.request)
    details: dict[str, Any] = {
        name: typed[name] for name in ("name", "email", "phone") if name in typed
    }
    if any(name in typed for name in _ADDRESS):
        details["address"] = {name: typed.get(name, "") for name in _ADDRESS}
    try:
        hosted_changes.update_details(
            visit.account, visit.customer["id"], visit.portal.configuration, details
        )
    except StripeError as refusal:
        return _form(visit, _as_it_is(visit) | typed, _problem(refusal))
    return visit.home("details")


def _as_it_is(visit: Visit) -> Typed:
    return {name: visit.customer[name] or "" for name in ("name", "email", "phone")}


def _problem(refusal: StripeError) -> dict[str, str]:
    param = str(refusal.error.get("param", "")).removeprefix("address[").rstrip("]")
    is_asked = param in ("name", "email", "phone", *_ADDRESS)
    return {param if is_asked else "": refusal.error["message"]}


def change_tax_ids(visit: Visit, id: str) -> Answer:
    """Add a tax id, or remove the one the address names."""
    if not visit.may_update("tax_id"):
        return visit.refused()
    typed = read_typed(visit.request)
    if id:
        return _remove_tax_id(visit, id)
    type = typed.get("type", "")
    try:
        if type not in _TAX_ID_TYPES:
            return _form(visit, _as_it_is(visit) | typed, {"type": "Choose a type."})
        hosted_changes.give_tax_id(
            visit.account, visit.customer["id"], type, typed.get("value", "")
        )
    except StripeError as refusal:
        return _form(visit, _as_it_is(visit) | typed, {"value": refusal.error["message"]})
    return visit.home("tax_id")


def _remove_tax_id(visit: Visit, id: str) -> Answer:
    held = hosted.customer_tax_ids(visit.account, visit.customer["id"])
    if all(each["id"] != id for each in held):
        return not_found(visit.base)
    hosted_changes.take_tax_id(visit.account, visit.customer["id"], id)
    return visit.home("tax_id")
