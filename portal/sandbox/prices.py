"""Prices: by the unit or in tiers, once or per interval, for a quantity or for what is used."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata, revising, take
from portal.sandbox.errors import invalid, missing, refused
from portal.sandbox.events import emit
from portal.sandbox.listing import listed, matching
from portal.sandbox.lookup import named
from portal.sandbox.operations import Call, operation
from portal.sandbox.price_amounts import read_amount, read_currency, read_options
from portal.sandbox.rows import Row, new_id
from portal.sandbox.views import shown

_CREATE = frozenset(
    {"active", "billing_scheme", "currency", "currency_options", "expand", "lookup_key"}
    | {"metadata", "nickname", "product", "product_data", "recurring", "tax_behavior", "tiers"}
    | {"tiers_mode", "transfer_lookup_key", "unit_amount", "unit_amount_decimal"}
)
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
    amount = read_amount(params)
    return {
        "id": new_id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": params.get("billing_scheme", "per_unit"),
        "created": account.now(),
        "currency": read_currency(params["currency"], "currency"),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product,
        "recurring": _recurring(account, recurring) if recurring else None,
        "tax_behavior": "unspecified",
        "tiers_mode": amount["_tiers_mode"],
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        **amount,
        "_currency_options": read_options(params.get("currency_options"), amount["_tiers_mode"]),
    }


def _recurring(account: Account, given: Row) -> Row:
    count = given.get("interval_count", 1)
    most = {"day": 1095, "week": 156, "month": 36, "year": 3}[given["interval"]]
    if not 1 <= count <= most:
        raise invalid("Invalid interval_count.", "recurring[interval_count]")
    usage_type = given.get("usage_type", "licensed")
    return {
        "interval": given["interval"],
        "interval_count": count,
        "meter": _meter(account, given.get("meter"), usage_type),
        "trial_period_days": given.get("trial_period_days"),
        "usage_type": usage_type,
    }


def _meter(account: Account, meter: str | None, usage_type: str) -> str | None:
    if usage_type == "licensed":
        if meter:
            raise invalid("A meter needs `usage_type` to be `metered`.", "recurring[meter]")
        return None
    if not meter:
        raise missing("recurring[meter]")
    row = named(account, "billing.meter", meter, "recurring[meter]", "meter")
    if row["status"] != "active":
        raise refused("The meter is not active.", "recurring[meter]")
    return meter


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
            given = call.params["currency_options"]
            row["_currency_options"] |= read_options(given, row["tiers_mode"])
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
        repeated = [row for row in found if row["recurring"]]
        found = [row for row in repeated if matching([row["recurring"]], recurring, *recurring)]
    return listed(
        call, found, "price", {"active", "currency", "product", "type", "lookup_keys", "recurring"}
    )


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
