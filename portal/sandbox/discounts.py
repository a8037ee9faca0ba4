"""Discounts: a coupon redeemed for a subscription."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.coupons import is_valid
from portal.sandbox.errors import invalid, refused
from portal.sandbox.events import emit
from portal.sandbox.lookup import named, of_customer
from portal.sandbox.periods import shifted
from portal.sandbox.promotion_codes import is_active
from portal.sandbox.rows import Row, new_id

Redemption = tuple[Row, Row | None]
"""A coupon, and the promotion code that stood for it."""


def chosen_coupons(
    account: Account, given: list[dict[str, Any]], customer: Row | None, amount: int, currency: str
) -> list[Redemption]:
    """Find the coupons that were asked for and may be redeemed.

    Raises:
        StripeError: one does not exist, has run out, or is not for this customer or amount.
    """
    return [
        _chosen(account, each, f"discounts[{position}]", customer, amount, currency)
        for position, each in enumerate(given)
    ]


def _chosen(
    account: Account,
    given: dict[str, Any],
    param: str,
    customer: Row | None,
    amount: int,
    currency: str,
) -> Redemption:
    code = None
    if "promotion_code" in given:
        code_param = f"{param}[promotion_code]"
        code = named(
            account, "promotion_code", given["promotion_code"], code_param, "promotion code"
        )
        _check_code(account, code, code_param, customer, amount, currency)
        id = code["promotion"]["coupon"]
    elif "coupon" in given:
        id = given["coupon"]
    elif "discount" in given:
        id = named(account, "discount", given["discount"], f"{param}[discount]")["source"]["coupon"]
    else:
        raise invalid("Missing required param: coupon.", f"{param}[coupon]", "parameter_missing")
    coupon = named(account, "coupon", id, f"{param}[coupon]")
    if not is_valid(account, coupon):
        raise refused(f"Coupon expired: {id}", f"{param}[coupon]", "coupon_expired")
    if coupon["currency"] not in (None, currency) and currency not in coupon["_currency_options"]:
        raise refused(
            f"The coupon's currency {coupon['currency']} does not match {currency}.",
            f"{param}[coupon]",
        )
    return coupon, code


def _check_code(
    account: Account, code: Row, param: str, customer: Row | None, amount: int, currency: str
) -> None:
    rules = code["restrictions"]
    if not is_active(account, code):
        raise refused("This promotion code is not active or has expired.", param, "coupon_expired")
    if code["customer"] and (customer is None or customer.get("id") != code["customer"]):
        raise refused("This promotion code cannot be redeemed by this customer.", param)
    if rules["first_time_transaction"] and customer and _has_paid(account, customer):
        raise refused(
            "This promotion code cannot be redeemed because the associated customer has prior"
            " transactions.",
            param,
        )
    _check_minimum(rules, param, amount, currency)


def _check_minimum(rules: Row, param: str, amount: int, currency: str) -> None:
    """Refuse a code whose minimum, named in one currency or several, is not reached."""
    by_currency = {
        code: option["minimum_amount"] for code, option in rules.get("currency_options", {}).items()
    }
    if rules["minimum_amount"]:
        by_currency[rules["minimum_amount_currency"]] = rules["minimum_amount"]
    if by_currency and amount < by_currency.get(currency, amount + 1):
        raise refused("This promotion code needs a higher amount.", param)


def _has_paid(account: Account, customer: Row) -> bool:
    return any(
        row["status"] == "paid" and row["amount_paid"] > 0
        for row in of_customer(account, "invoice", customer.get("id", ""))
    )


def redeem(account: Account, redemption: Redemption, customer: str, subscription: str) -> Row:
    """Give the discount to a subscription and count the redemption."""
    coupon, code = redemption
    account.edit("coupon", coupon["id"])["times_redeemed"] += 1
    if code:
        account.edit("promotion_code", code["id"])["times_redeemed"] += 1
    now = account.now()
    months = coupon["duration_in_months"]
    row: Row = {
        "id": new_id("di"),
        "object": "discount",
        "checkout_session": None,
        "customer": customer,
        "customer_account": None,
        "end": shifted(now, "month", months) if coupon["duration"] == "repeating" else None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": code["id"] if code else None,
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": now,
        "subscription": subscription,
        "subscription_item": None,
        "_coupon": coupon,
        "_is_used_up": False,
    }
    account.add(row)
    emit(account, "customer.discount.created", row)
    return row


def running_discounts(account: Account, subscription: Row) -> list[tuple[str, Row]]:
    """Give the discounts that apply to the subscription's next invoice, with their coupons."""
    found = []
    for id in subscription["discounts"]:
        row = account.kind("discount")[id]
        has_ended = row["end"] is not None and row["end"] <= account.now()
        if not has_ended and not row["_is_used_up"]:
            found.append((id, row["_coupon"]))
    return found


def use_up(account: Account, subscription: Row) -> None:
    """Drop what applied only once, or has come to its end, after an invoice that it applied to."""
    for id in list(subscription["discounts"]):
        row = account.kind("discount")[id]
        once = row["_coupon"]["duration"] == "once"
        if once or (row["end"] is not None and row["end"] <= account.now()):
            account.edit("discount", id)["_is_used_up"] = True
            account.edit("subscription", subscription["id"])["discounts"].remove(id)
            emit(account, "customer.discount.deleted", row)
