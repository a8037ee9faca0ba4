"""Coupons."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata, revising, take, too_long
from portal.sandbox.errors import invalid, missing, refused
from portal.sandbox.events import emit
from portal.sandbox.listing import listed
from portal.sandbox.lookup import named
from portal.sandbox.operations import Call, operation
from portal.sandbox.price_amounts import read_currency
from portal.sandbox.rows import Row, copied, new_id
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
    _check(account, params)
    if params.get("id") in account.kind("coupon"):
        raise refused("Coupon already exists.", "id", "resource_already_exists")
    row = account.add(_new_coupon(account, params))
    row["metadata"] = new_metadata(params)
    emit(account, "coupon.created", row)
    return shown(account, row)


def _check(account: Account, params: dict[str, Any]) -> None:
    _check_amount(params)
    _check_duration(params)
    too_long(params.get("name"), 40, "name")
    if params.get("max_redemptions", 1) < 1:
        code = "parameter_invalid_integer"
        raise invalid("Invalid positive integer", "max_redemptions", code)
    if params.get("redeem_by", account.now() + 1) <= account.now():
        raise invalid("`redeem_by` must be in the future.", "redeem_by")
    products = (params.get("applies_to") or {}).get("products", [])
    for position, product in enumerate(products):
        named(account, "product", product, f"applies_to[products][{position}]")


def _check_amount(params: dict[str, Any]) -> None:
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


def _check_duration(params: dict[str, Any]) -> None:
    is_repeating, months = params.get("duration") == "repeating", params.get("duration_in_months")
    if is_repeating and months is None:
        raise missing("duration_in_months")
    if not is_repeating and months is not None:
        raise invalid(
            "`duration_in_months` needs `duration` to be `repeating`.", "duration_in_months"
        )
    if months is not None and months < 1:
        code = "parameter_invalid_integer"
        raise invalid("Invalid positive integer", "duration_in_months", code)


def _new_coupon(account: Account, params: dict[str, Any]) -> Row:
    currency = params.get("currency")
    return {
        "id": params.get("id") or new_id("", 8)[1:],
        "object": "coupon",
        "amount_off": params.get("amount_off"),
        "created": account.now(),
        "currency": read_currency(currency, "currency") if currency else None,
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
        "_currency_options": _options(params),
    }


def _options(params: dict[str, Any]) -> Row:
    """Read the amounts in further currencies."""
    given = params.get("currency_options") or {}
    return {
        read_currency(code, f"currency_options[{code}]"): option for code, option in given.items()
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
def coupon_currency_options(account: Account, row: Row) -> Row:
    """Give the amounts in other currencies."""
    options: Row = copied(row["_currency_options"])
    return options


@operation("GET", "/v1/coupons/{id}", "CouponRetrieveParams")
def retrieve_coupon(call: Call) -> Row:
    """Give a coupon."""
    return shown(call.account, call.row("coupon", "coupon"))


@operation("POST", "/v1/coupons/{id}", "CouponUpdateParams")
def update_coupon(call: Call) -> Row:
    """Change a coupon's name and metadata, or add amounts in further currencies."""
    call.only({"currency_options", "name", "metadata", "expand"})
    call.row("coupon", "coupon")
    with revising(call.account, "coupon", call.ids["id"], "coupon.updated") as row:
        take(row, call.params, "name")
        row["_currency_options"] |= _options(call.params)
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
