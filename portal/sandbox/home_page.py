"""The billing portal's home: plans, payment methods, details and invoices at a glance."""

from __future__ import annotations

from portal.sandbox import hosted
from portal.sandbox.countries import country_name
from portal.sandbox.plan_words import plan_lines
from portal.sandbox.rendering import read_query
from portal.sandbox.rows import Row
from portal.sandbox.visit import Visit
from portal.sandbox.wire import Answer

_SAID = {
    "card": "Your payment method was added.",
    "default": "Your default payment method was changed.",
    "removed": "The payment method was removed.",
    "canceled": "Your plan is canceled.",
    "kept": "Your plan continues.",
    "details": "Your details were saved.",
    "tax_id": "Your tax ids were saved.",
}


def show(visit: Visit, id: str) -> Answer:
    """Show the home page."""
    account, customer = visit.account, visit.customer["id"]
    return visit.page(
        "home.html",
        said=_SAID.get(read_query(visit.request).get("said", ""), ""),
        plans=plan_lines(account, customer),
        cards=hosted.customer_cards(account, customer),
        default_card=visit.customer["invoice_settings"]["default_payment_method"],
        address=_lines(visit.customer["address"]),
        tax_ids=hosted.customer_tax_ids(account, customer),
        invoices=hosted.customer_invoices(account, customer),
    )


def _lines(address: Row | None) -> list[str]:
    if address is None:
        return []
    place = " ".join(filter(None, (address["city"], address["state"], address["postal_code"])))
    lines = (address["line1"], address["line2"], place, country_name(address["country"]))
    return [line for line in lines if line]
