"""Coupons."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account, Row, copied, new_id
from portal.sandbox.changes import merged_metadata, new_metadata, revising, take
from portal.sandbox.errors import invalid, missing, refused
from portal.sandbox.events import emit
from portal.sandbox.listing import listed
from portal.sandbox.operations import Call, operation
from portal.sandbox.views import include, shown, view

_KNOWN = frozenset(
    {"id", "amount_off", "applies_to", "currency", "currency_options", "duration", "expand"}
    | {"duration_in_months", "max_redemptions", "metadata", "name", "percent_off", "redeem_by"}
)


@operation("POST", "/v1/coupons", "CouponCreateParams")
def create_coupon(call: Call) -> Row:
    """Create a coupon."""
    call.only(_KNOWN)
    account, params = call.account, call.params
    _check(params)
    if params.get("id") in account.kind("coupon"):
        raise refused("Coupon already exists.", "id", "resource_already_exists")
    row = account.add(_new_coupon(account, params))
    row["metadata"] = new_metadata(params)
    emit(account, "coupon.created", row)
    return shown(account, row)


def _check(params: dict[str, Any]) -> None:
    percent, amount = params.get("percent_off"), params.get("amount_off")
    if (percent is None) == (amount is None):
        raise invalid(
            "You must pass either `percent_off` or `amount_off`, and not both.", "percent_off"
        )
    if percent is not None and not 0 < percent <= 100:
        raise invalid("Invalid percent_off: must be greater than 0 and at most 100.", "percent_off")
    if amount is not None and amount < 1:
        raise invalid("Invalid positive integer", "amount_off", "parameter_invalid_integer")
    if amount is not None and "currency" not in params:
        raise missing("currency")
    if params.get("duration") == "repeating" and "duration_in_months" not in params:
        raise missing("duration_in_months")


def _new_coupon(account: Account, params: dict[str, Any]) -> Row:
    options = params.get("currency_options") or {}
    return {
        "id": params.get("id") or new_id("", 8)[1:],
        "object": "coupon",
        "amount_off": params.get("amount_off"),
        "created": account.now(),
        "currency": params["currency"].lower() if params.get("currency") else None,
        "duration": params.get("duration", "once"),
        "duration_in_months": params.get("duration_in_months"),
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": {},
        "name": params.get("name") or None,
        "percent_off": params.get("percent_off"),
        "redeem_by": params.get("redeem_by"),
        "times_redeemed": 0,
        "valid": True,
        "_applies_to": params.get("applies_to"),
        "_currency_options": {code.lower(): option for code, option in options.items()},
    }


@view("coupon")
def coupon_view(account: Account, row: Row, seen: Row) -> None:
    """Tell whether a coupon can still be redeemed."""
    if not row.get("deleted"):
        seen["valid"] = is_valid(account, row)


def is_valid(account: Account, coupon: Row) -> bool:
    """Tell whether a coupon can still be redeemed."""
    most, last = coupon["max_redemptions"], coupon["redeem_by"]
    used_up = most is not None and coupon["times_redeemed"] >= most
    return not used_up and (last is None or last > account.now())


@include("coupon", "applies_to")
def coupon_applies_to(account: Account, row: Row) -> Row | None:
    """Give the products a coupon is for."""
    applies_to: Row | None = copied(row["_applies_to"])
    return applies_to


@include("coupon", "currency_options")
def coupon_currency_options(account: Account, row: Row) -> Row | None:
    """Give the amounts in other currencies."""
    return copied(row["_currency_options"]) or None


@operation("GET", "/v1/coupons/{id}", "CouponRetrieveParams")
def retrieve_coupon(call: Call) -> Row:
    """Give a coupon."""
    return shown(call.account, call.row("coupon", "coupon"))


@operation("POST", "/v1/coupons/{id}", "CouponUpdateParams")
def update_coupon(call: Call) -> Row:
    """Change a coupon's name and metadata."""
    call.only({"name", "metadata", "expand"})
    call.row("coupon", "coupon")
    with revising(call.account, "coupon", call.ids["id"], "coupon.updated") as row:
        take(row, call.params, "name")
    return shown(call.account, row)


@operation("DELETE", "/v1/coupons/{id}")
def delete_coupon(call: Call) -> Row:
    """Delete a coupon; discounts already given stay."""
    row = call.row("coupon", "coupon")
    emit(call.account, "coupon.deleted", row)
    call.account.remove("coupon", row["id"])
    return {"id": row["id"], "object": "coupon", "deleted": True}


@operation("GET", "/v1/coupons", "CouponListParams")
def list_coupons(call: Call) -> Row:
    """List coupons."""
    return listed(call, call.account.kind("coupon").values(), "coupon")


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
    for other in account.kind("promotion_code").values():
        if other["active"] and other["code"].lower() == row["code"].lower():
            raise refused("An active promotion code with that code already exists.", "code")
    account.add(row)
    emit(account, "promotion_code.created", row)
    return shown(account, row)


def _new_promotion_code(account: Account, params: dict[str, Any]) -> Row:
    restrictions = params.get("restrictions") or {}
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
        "restrictions": {
            "first_time_transaction": restrictions.get("first_time_transaction", False),
            "minimum_amount": restrictions.get("minimum_amount"),
            "minimum_amount_currency": restrictions.get("minimum_amount_currency"),
        },
        "times_redeemed": 0,
    }


@view("promotion_code")
def promotion_code_view(account: Account, row: Row, seen: Row) -> None:
    """Tell whether a code can still be redeemed."""
    seen["active"] = is_active(account, row)


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
