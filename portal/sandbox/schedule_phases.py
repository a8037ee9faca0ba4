"""The phases of a schedule: how they are read, and what they want of a subscription."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata
from portal.sandbox.errors import invalid, known_within, missing
from portal.sandbox.periods import shifted
from portal.sandbox.rows import Row
from portal.sandbox.subscription_items import priced
from portal.sandbox.subscription_reading import method_of
from portal.sandbox.tax_rates import rates_named

_KNOWN = frozenset(
    {"collection_method", "currency", "default_payment_method", "default_tax_rates"}
    | {"description", "duration", "end_date", "invoice_settings", "items", "metadata"}
    | {"proration_behavior", "start_date", "trial", "trial_end"}
)
_ITEM = frozenset({"metadata", "price", "quantity"})


def read_phases(account: Account, customer: str, given: list[Row], start: int) -> list[Row]:
    """Read phases, each beginning where the one before it ends."""
    phases = []
    for position, each in enumerate(given):
        here = f"phases[{position}]"
        known_within(each, _KNOWN, here)
        if position and "start_date" in each and _moment(account, each["start_date"]) != start:
            raise invalid(
                "The start date of a phase must be the end date of the phase before it.",
                f"{here}[start_date]",
            )
        phases.append(_read_phase(account, customer, each, here, start))
        start = phases[-1]["end_date"]
    return phases


def _moment(account: Account, given: Any) -> int:
    return account.now() if given == "now" else int(given)


def _read_phase(account: Account, customer: str, given: Row, here: str, start: int) -> Row:
    if not given.get("items"):
        raise missing(f"{here}[items]")
    found = priced(account, given["items"], f"{here}[items]")
    end = _end(account, given, found[0][0]["recurring"], start)
    if end <= start:
        raise invalid("A phase must end after it has started.", f"{here}[end_date]")
    rates = rates_named(account, given.get("default_tax_rates"), f"{here}[default_tax_rates]")
    days = (given.get("invoice_settings") or {}).get("days_until_due")
    return {
        **_OF_NO_CONCERN,
        "collection_method": given.get("collection_method"),
        "currency": str(given.get("currency") or found[0][0]["currency"]).lower(),
        "default_payment_method": method_of(account, customer, given.get("default_payment_method")),
        "default_tax_rates": [rate["id"] for rate in rates],
        "description": given.get("description") or None,
        "discounts": [],
        "end_date": end,
        "invoice_settings": None if days is None else _invoice_settings(days),
        "items": [
            _item(each, price, quantity, f"{here}[items][{position}]")
            for position, (each, (price, quantity)) in enumerate(
                zip(given["items"], found, strict=True)
            )
        ],
        "metadata": new_metadata(given),
        "proration_behavior": given.get("proration_behavior", "create_prorations"),
        "start_date": start,
        "trial_end": end if given.get("trial") else _trial_end(account, given),
    }


_OF_NO_CONCERN: Row = {
    "add_invoice_items": [],
    "application_fee_percent": None,
    "billing_cycle_anchor": None,
    "billing_thresholds": None,
    "on_behalf_of": None,
    "transfer_data": None,
}


def _end(account: Account, given: Row, recurring: Row, start: int) -> int:
    """Tell when a phase ends: at a date, after a time, or by default after one billing period."""
    if "end_date" in given and "duration" in given:
        raise invalid(
            "You may only specify one of these parameters: end_date, duration.",
            "end_date",
            "parameters_exclusive",
        )
    if "end_date" in given:
        return _moment(account, given["end_date"])
    duration = given.get("duration") or recurring
    return shifted(start, duration["interval"], duration.get("interval_count", 1))


def _trial_end(account: Account, given: Row) -> int | None:
    return _moment(account, given["trial_end"]) if "trial_end" in given else None


def _item(given: Row, price: Row, quantity: int, here: str) -> Row:
    known_within(given, _ITEM, here)
    return {
        "billing_thresholds": None,
        "discounts": [],
        "metadata": new_metadata(given),
        "plan": price["id"],
        "price": price["id"],
        "quantity": quantity,
        "tax_rates": [],
    }


def _invoice_settings(days_until_due: int) -> Row:
    return {
        "account_tax_ids": None,
        "custom_fields": None,
        "days_until_due": days_until_due,
        "description": None,
        "footer": None,
        "issuer": None,
    }


def phase_of(account: Account, subscription: Row) -> Row:
    """Give the phase a subscription is in: as it is, to the end of its period."""
    items = [account.kind("subscription_item")[id] for id in subscription["_items"]]
    return {
        **_OF_NO_CONCERN,
        "collection_method": None,
        "currency": subscription["currency"],
        "default_payment_method": subscription["default_payment_method"],
        "default_tax_rates": list(subscription["_default_tax_rates"]),
        "description": None,
        "discounts": [],
        "end_date": subscription["_period_end"],
        "invoice_settings": None,
        "items": [_item({}, {"id": item["price"]}, item["quantity"], "") for item in items],
        "metadata": {},
        "proration_behavior": "create_prorations",
        "start_date": subscription["_period_start"],
        "trial_end": subscription["trial_end"] if subscription["status"] == "trialing" else None,
    }


def beginning_of(phase: Row, customer: str) -> dict[str, Any]:
    """Give the parameters with which a subscription begins in a phase."""
    items = [{"price": item["price"]} | _by(item["quantity"]) for item in phase["items"]]
    return {**_terms(phase), "customer": customer, "currency": phase["currency"], "items": items}


def _by(quantity: int) -> Row:
    """Give the quantity as a parameter; what is metered has none."""
    return {"quantity": quantity} if quantity else {}


def change_to(account: Account, subscription: Row, phase: Row) -> dict[str, Any]:
    """Give the parameters that bring a subscription into a phase."""
    rows = [account.kind("subscription_item")[id] for id in subscription["_items"]]
    held = {row["price"]: row["id"] for row in rows}
    wanted = {item["price"]: item["quantity"] for item in phase["items"]}
    items: list[Row] = [
        {"id": held[price], "quantity": quantity}
        if price in held
        else {"price": price} | _by(quantity)
        for price, quantity in wanted.items()
    ]
    items += [{"id": id, "deleted": True} for price, id in held.items() if price not in wanted]
    return {**_terms(phase), "items": items, "proration_behavior": phase["proration_behavior"]}


def _terms(phase: Row) -> dict[str, Any]:
    names = ("collection_method", "default_payment_method", "description", "trial_end")
    terms = {name: phase[name] for name in names if phase[name] is not None}
    terms |= {"metadata": phase["metadata"]} if phase["metadata"] else {}
    if phase["default_tax_rates"]:
        terms["default_tax_rates"] = phase["default_tax_rates"]
    if phase["invoice_settings"]:
        terms["days_until_due"] = phase["invoice_settings"]["days_until_due"]
    return terms
