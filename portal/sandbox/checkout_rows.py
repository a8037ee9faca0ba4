"""A checkout session as it is kept, and how it ends."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata, revising
from portal.sandbox.errors import invalid
from portal.sandbox.events import emit
from portal.sandbox.periods import DAY_S
from portal.sandbox.rows import Row, copied, new_id

KIND = "checkout.session"
_SOONEST_S, _LATEST_S = 30 * 60, DAY_S


_EMPTY: Row = {
    "adaptive_pricing": None,
    "after_expiration": None,
    "allow_promotion_codes": None,
    "amount_subtotal": None,
    "amount_total": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "client_secret": None,
    "collected_information": None,
    "consent": None,
    "consent_collection": None,
    "currency": None,
    "currency_conversion": None,
    "custom_fields": [],
    "custom_text": {
        "after_submit": None,
        "shipping_address": None,
        "submit": None,
        "terms_of_service_acceptance": None,
    },
    "customer_account": None,
    "customer_creation": None,
    "customer_details": None,
    "discounts": None,
    "invoice": None,
    "invoice_creation": None,
    "livemode": False,
    "origin_context": None,
    "payment_intent": None,
    "payment_link": None,
    "payment_method_configuration_details": None,
    "payment_method_options": {},
    "payment_method_types": ["card"],
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "status": "open",
    "submit_type": None,
    "subscription": None,
    "total_details": None,
    "ui_mode": "hosted_page",
    "wallet_options": None,
    "_lines": [],
    "_wanted": {},
    "_typed": {},
}
"""What every session begins with."""


def new_session(account: Account, params: dict[str, Any]) -> Row:
    """Write a session down as its parameters want it; what it costs follows."""
    return account.add(_row(account, params) | _ends_at(account, params.get("expires_at")))


def _ends_at(account: Account, given: int | None) -> Row:
    now = account.now()
    if given is not None and not now + _SOONEST_S <= given <= now + _LATEST_S:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from"
            " Checkout Session creation.",
            "expires_at",
        )
    ends = given or now + _LATEST_S
    return {"expires_at": ends, "_ends_at": account.account_time() + ends - now}


def _row(account: Account, params: dict[str, Any]) -> Row:
    token = new_id("test", 60)
    account.add({"id": token, "kind": KIND, "of": (id := new_id("cs_test", 58))}, "_token")
    return {
        **copied(_EMPTY),
        "id": id,
        "object": KIND,
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "billing_address_collection": params.get("billing_address_collection"),
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": account.now(),
        "customer": params.get("customer"),
        "customer_email": params.get("customer_email"),
        "locale": params.get("locale"),
        "metadata": new_metadata(params),
        "mode": params["mode"],
        "payment_method_collection": params.get("payment_method_collection", "always"),
        "payment_status": "unpaid" if params["mode"] == "subscription" else "no_payment_required",
        "success_url": params["success_url"],
        "url": f"{account.public_url}/p/checkout/{token}",
    }


def is_due(row: Row) -> int | None:
    """Tell when a session ends by itself; None: it has ended."""
    return int(row["_ends_at"]) if row["status"] == "open" else None


def expire(account: Account, row: Row) -> Row:
    """End a session that nobody completed."""
    with revising(account, KIND, row["id"], None) as changed:
        changed["status"] = "expired"
        changed["url"] = None
    emit(account, "checkout.session.expired", changed)
    return changed
