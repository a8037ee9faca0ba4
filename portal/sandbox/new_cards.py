"""A card that was given, checked and kept; and how it behaves."""

from __future__ import annotations

import hashlib
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.cards import Card, behaviour_of, card_message, is_well_formed
from portal.sandbox.errors import StripeError, card_error
from portal.sandbox.rows import Row, new_id


def new_card(account: Account, given: dict[str, Any], billing: dict[str, Any] | None = None) -> Row:
    """Keep a card that belongs to nobody yet.

    Raises:
        StripeError: 402, the number, date or code cannot be right.
    """
    number = "".join(given["number"].split())
    _check_card(account, number, given)
    card = behaviour_of(number) or Card(number)
    return account.add(_new_method(account, card, given, billing or {}))


def _check_card(account: Account, number: str, given: dict[str, Any]) -> None:
    month, year = given["exp_month"], _in_full(given["exp_year"])
    this_year = 1970 + int(account.now() / 31_556_952)
    cvc = given.get("cvc")
    if not is_well_formed(number):
        raise _bad("incorrect_number", "number")
    if not 1 <= month <= 12:
        raise _bad("invalid_expiry_month", "exp_month")
    if not this_year <= year <= this_year + 50:
        raise _bad("invalid_expiry_year", "exp_year")
    if cvc is not None and not (cvc.isdigit() and len(cvc) in (3, 4)):
        raise _bad("invalid_cvc", "cvc")


def _bad(code: str, param: str) -> StripeError:
    return card_error(card_message(code), code, param=param)


def _new_method(
    account: Account, card: Card, given: dict[str, Any], billing: dict[str, Any]
) -> Row:
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": _billing_details(billing),
        "card": _card(account, card, given),
        "created": account.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
        "_number": card.number,
        "_is_set_up": False,
    }


def _billing_details(billing: dict[str, Any]) -> Row:
    address = billing.get("address") or {}
    fields = ("city", "country", "line1", "line2", "postal_code", "state")
    return {
        "address": {name: address.get(name) for name in fields},
        "email": billing.get("email"),
        "name": billing.get("name"),
        "phone": billing.get("phone"),
        "tax_id": None,
    }


def _card(account: Account, card: Card, given: dict[str, Any]) -> Row:
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass" if given.get("cvc") else None,
        },
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": given["exp_month"],
        "exp_year": _in_full(given["exp_year"]),
        "fingerprint": hashlib.sha256(f"{account.id}{card.number}".encode()).hexdigest()[:16],
        "funding": card.funding,
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _in_full(year: int) -> int:
    return year + 2000 if year < 100 else year


def card_of(method: Row) -> Card:
    """Tell how a payment method's card behaves."""
    return behaviour_of(method["_number"]) or Card(method["_number"])
