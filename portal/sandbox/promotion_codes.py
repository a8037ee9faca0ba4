"""Promotion codes: what customers type to redeem a coupon."""

from __future__ import annotations

import re
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import merged_metadata, new_metadata, revising
from portal.sandbox.coupons import is_valid
from portal.sandbox.errors import invalid, missing, refused
from portal.sandbox.events import emit
from portal.sandbox.listing import listed
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row, copied, new_id
from portal.sandbox.views import include, shown, view


@operation("POST", "/v1/promotion_codes", "PromotionCodeCreateParams")
def create_promotion_code(call: Call) -> Row:
    """Create a code that customers type to redeem a coupon."""
    call.only(
        {"active", "code", "customer", "expand", "expires_at", "max_redemptions", "metadata"}
        | {"promotion", "restrictions"}
    )
    account, params = call.account, call.params
    if "coupon" not in params["promotion"]:
        raise missing("promotion[coupon]")
    coupon = params["promotion"]["coupon"]
    if coupon not in account.kind("coupon"):
        raise refused(f"No such coupon: '{coupon}'", "promotion[coupon]", "resource_missing")
    if params.get("customer") and params["customer"] not in account.kind("customer"):
        raise refused(f"No such customer: '{params['customer']}'", "customer", "resource_missing")
    row = _new_promotion_code(account, params)
    _check(account, row)
    account.add(row)
    emit(account, "promotion_code.created", row)
    return shown(account, row)


def _check(account: Account, row: Row) -> None:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,500}", row["code"]):
        raise invalid("Promotion codes are made of letters, digits and dashes.", "code")
    if row["expires_at"] is not None and row["expires_at"] <= account.now():
        raise invalid("`expires_at` must be in the future.", "expires_at")
    for other in account.kind("promotion_code").values():
        if is_active(account, other) and other["code"].lower() == row["code"].lower():
            raise refused("An active promotion code with that code already exists.", "code")


def _new_promotion_code(account: Account, params: dict[str, Any]) -> Row:
    return {
        "id": new_id("promo"),
        "object": "promotion_code",
        "active": params.get("active", True),
        "code": params.get("code") or new_id("", 8)[1:].upper(),
        "created": account.now(),
        "customer": params.get("customer"),
        "customer_account": None,
        "expires_at": params.get("expires_at"),
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": new_metadata(params),
        "promotion": {"coupon": params["promotion"]["coupon"], "type": "coupon"},
        "restrictions": _restrictions(params.get("restrictions") or {}),
        "times_redeemed": 0,
    }


def _restrictions(given: dict[str, Any]) -> Row:
    if "minimum_amount" in given and "minimum_amount_currency" not in given:
        raise missing("restrictions[minimum_amount_currency]")
    rules: Row = {
        "first_time_transaction": given.get("first_time_transaction", False),
        "minimum_amount": given.get("minimum_amount"),
        "minimum_amount_currency": given.get("minimum_amount_currency"),
    }
    if given.get("currency_options"):
        rules["currency_options"] = given["currency_options"]
    return rules


@view("promotion_code")
def promotion_code_view(account: Account, row: Row, seen: Row) -> None:
    """Tell whether a code can still be redeemed."""
    seen["active"] = is_active(account, row)
    seen["restrictions"].pop("currency_options", None)


@include("promotion_code", "restrictions.currency_options")
def promotion_code_currency_options(account: Account, row: Row) -> Row:
    """Give the least amounts in other currencies."""
    options: Row = copied(row["restrictions"].get("currency_options", {}))
    return options


def is_active(account: Account, code: Row) -> bool:
    """Tell whether a promotion code can still be redeemed."""
    coupon = account.get("coupon", code["promotion"]["coupon"])
    most, last = code["max_redemptions"], code["expires_at"]
    return bool(
        code["active"]
        and coupon is not None
        and is_valid(account, coupon)
        and (most is None or code["times_redeemed"] < most)
        and (last is None or last > account.now())
    )


@operation("GET", "/v1/promotion_codes/{id}", "PromotionCodeRetrieveParams")
def retrieve_promotion_code(call: Call) -> Row:
    """Give a promotion code."""
    return shown(call.account, call.row("promotion_code", "promotion code"))


@operation("POST", "/v1/promotion_codes/{id}", "PromotionCodeUpdateParams")
def update_promotion_code(call: Call) -> Row:
    """Switch a promotion code on or off."""
    call.only({"active", "metadata", "expand"})
    account = call.account
    call.row("promotion_code", "promotion code")
    with revising(account, "promotion_code", call.ids["id"], "promotion_code.updated") as row:
        row["active"] = call.params.get("active", row["active"])
        if "metadata" in call.params:
            row["metadata"] = merged_metadata(row["metadata"], call.params["metadata"])
    return shown(account, row)


@operation("GET", "/v1/promotion_codes", "PromotionCodeListParams")
def list_promotion_codes(call: Call) -> Row:
    """List promotion codes; `code` matches in upper and lower case alike."""
    params, account = call.params, call.account
    found = list(account.kind("promotion_code").values())
    if "code" in params:
        found = [row for row in found if row["code"].lower() == params["code"].lower()]
    if "active" in params:
        found = [row for row in found if is_active(account, row) == params["active"]]
    if "coupon" in params:
        found = [row for row in found if row["promotion"]["coupon"] == params["coupon"]]
    if "customer" in params:
        found = [row for row in found if row["customer"] == params["customer"]]
    return listed(call, found, "promotion code", {"code", "active", "coupon", "customer"})
