"""Prices: a flat amount, once or per interval, in one currency or several."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from portal.sandbox.account import Account, Row, copied, new_id
from portal.sandbox.changes import new_metadata, revising, take
from portal.sandbox.errors import invalid, missing, refused, unsupported
from portal.sandbox.events import emit
from portal.sandbox.listing import listed, matching
from portal.sandbox.lookup import named
from portal.sandbox.operations import Call, operation
from portal.sandbox.views import include, shown

_MONEY = frozenset({"unit_amount", "unit_amount_decimal", "currency", "currency_options"})
_CREATE = _MONEY | {
    "active", "billing_scheme", "expand", "lookup_key", "metadata", "nickname", "product",
    "product_data", "recurring", "tax_behavior", "transfer_lookup_key",
}  # fmt: skip
_UPDATE = frozenset(
    {"active", "expand", "lookup_key", "metadata", "nickname", "tax_behavior"}
    | {"transfer_lookup_key", "currency_options"}
)


@operation("POST", "/v1/prices", "PriceCreateParams")
def create_price(call: Call) -> Row:
    """Create a price."""
    call.only(_CREATE)
    return shown(call.account, write_price(call.account, call.params))


def write_price(account: Account, params: dict[str, Any]) -> Row:
    """Create a price from parameters that have been read."""
    if ("product" in params) == ("product_data" in params):
        raise missing("product")
    if params.get("billing_scheme") == "tiered":
        raise unsupported("billing_scheme")
    if "unit_amount" not in params and "unit_amount_decimal" not in params:
        raise missing("unit_amount")
    product = _product(account, params)
    row = account.add(_new_price(account, params, product))
    take(row, params, "active", "nickname", "tax_behavior")
    row["metadata"] = new_metadata(params)
    _name(account, row, params)
    emit(account, "price.created", row)
    return row


def _product(account: Account, params: dict[str, Any]) -> str:
    if "product" in params:
        return str(named(account, "product", params["product"], "product")["id"])
    from portal.sandbox.products import create_product

    made = create_product(Call(account, "/v1/products", {}, params["product_data"]))
    return str(made["id"])


def _new_price(account: Account, params: dict[str, Any], product: str) -> Row:
    recurring = params.get("recurring")
    if recurring and recurring.get("usage_type") == "metered":
        raise unsupported("recurring[usage_type]")
    return {
        "id": new_id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": account.now(),
        "currency": _currency(params["currency"], "currency"),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product,
        "recurring": _recurring(recurring) if recurring else None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        **_amount(params, ""),
        "_currency_options": _options(params.get("currency_options")),
    }


def _currency(code: str, param: str) -> str:
    if len(code) != 3 or not code.isalpha():
        raise invalid(f"Invalid currency: {code}.", param)
    return code.lower()


def _recurring(given: Row) -> Row:
    count = given.get("interval_count", 1)
    most = {"day": 1095, "week": 156, "month": 36, "year": 3}[given["interval"]]
    if not 1 <= count <= most:
        raise invalid("Invalid interval_count.", "recurring[interval_count]")
    return {
        "interval": given["interval"],
        "interval_count": count,
        "meter": None,
        "trial_period_days": given.get("trial_period_days"),
        "usage_type": "licensed",
    }


def _amount(given: dict[str, Any], within: str) -> Row:
    amount = given.get("unit_amount")
    if amount is None:
        exact = Decimal(given["unit_amount_decimal"])
        whole = int(exact) if exact == exact.to_integral_value() else None
        return {"unit_amount": whole, "unit_amount_decimal": str(exact)}
    if not 0 <= amount <= 99_999_999_999:
        param = f"{within}[unit_amount]" if within else "unit_amount"
        raise invalid("Invalid non-negative integer", param, "parameter_invalid_integer")
    return {"unit_amount": amount, "unit_amount_decimal": str(amount)}


def _options(given: dict[str, Any] | None) -> Row:
    options = {}
    for currency, each in (given or {}).items():
        within = f"currency_options[{currency}]"
        if "unit_amount" not in each and "unit_amount_decimal" not in each:
            raise missing(f"{within}[unit_amount]")
        options[_currency(currency, within)] = {
            "custom_unit_amount": None,
            "tax_behavior": each.get("tax_behavior", "unspecified"),
            **_amount(each, within),
        }
    return options


def _name(account: Account, row: Row, params: dict[str, Any]) -> None:
    """Give the price its lookup key, taking it from another price when asked to."""
    key = params.get("lookup_key")
    if "lookup_key" not in params:
        return
    holder = next(
        (
            other
            for other in account.kind("price").values()
            if key and other["lookup_key"] == key and other is not row
        ),
        None,
    )
    if holder:
        if not params.get("transfer_lookup_key"):
            raise refused(f"A price (`{holder['id']}`) already uses that lookup key.", "lookup_key")
        with revising(account, "price", holder["id"], "price.updated") as former:
            former["lookup_key"] = None
    row["lookup_key"] = key or None


@operation("GET", "/v1/prices/{id}", "PriceRetrieveParams")
def retrieve_price(call: Call) -> Row:
    """Give a price."""
    return shown(call.account, call.row("price", "price"))


@operation("POST", "/v1/prices/{id}", "PriceUpdateParams")
def update_price(call: Call) -> Row:
    """Change what may change of a price; its amount may not."""
    call.only(_UPDATE)
    account = call.account
    call.row("price", "price")
    with revising(account, "price", call.ids["id"], "price.updated") as row:
        take(row, call.params, "active", "nickname", "tax_behavior")
        _name(account, row, call.params)
        if "currency_options" in call.params:
            row["_currency_options"] |= _options(call.params["currency_options"])
    return shown(account, row)


@operation("GET", "/v1/prices", "PriceListParams")
def list_prices(call: Call) -> Row:
    """List prices."""
    params = call.params
    found = matching(
        call.account.kind("price").values(), params, "active", "currency", "product", "type"
    )
    if "lookup_keys" in params:
        if len(params["lookup_keys"]) > 10:
            raise invalid("You may only specify up to 10 lookup keys.", "lookup_keys")
        found = [row for row in found if row["lookup_key"] in params["lookup_keys"]]
    if recurring := params.get("recurring"):
        found = [row for row in found if matching([row["recurring"] or {}], recurring, *recurring)]
    return listed(
        call, found, "price", {"active", "currency", "product", "type", "lookup_keys", "recurring"}
    )


@include("price", "currency_options")
def price_currency_options(account: Account, row: Row) -> Row:
    """Give the price in each of its currencies, its own among them."""
    own = {
        "custom_unit_amount": None,
        "tax_behavior": row["tax_behavior"],
        "unit_amount": row["unit_amount"],
        "unit_amount_decimal": row["unit_amount_decimal"],
    }
    return {row["currency"]: own, **copied(row["_currency_options"])}


@include("price", "tiers")
def price_tiers(account: Account, row: Row) -> list[Row]:
    """Give the tiers: the sandbox has flat prices only."""
    return []


def price_in(row: Row, currency: str) -> Row:
    """Give the amount of a price in a currency.

    Raises:
        StripeError: the price is not sold in it.
    """
    if row["currency"] == currency:
        return row
    option: Row | None = row["_currency_options"].get(currency)
    if option is None:
        raise refused(
            f"The price specified only supports `{row['currency']}`. This doesn't match the"
            f" expected currency: `{currency}`.",
        )
    return option
