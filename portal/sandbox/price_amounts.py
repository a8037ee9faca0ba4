"""What a price asks for: an amount for each unit or tiers, in one currency or several."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import invalid, missing
from portal.sandbox.rows import Row, copied
from portal.sandbox.tiers import read_tiers
from portal.sandbox.views import include

_MOST = 99_999_999_999


def read_currency(code: str, param: str) -> str:
    """Read a currency's code."""
    if len(code) != 3 or not code.isalpha():
        raise invalid(f"Invalid currency: {code}.", param)
    return code.lower()


def read_amount(params: dict[str, Any]) -> Row:
    """Read what a new price asks for in its own currency."""
    if params.get("billing_scheme") == "tiered":
        if "tiers_mode" not in params:
            raise missing("tiers_mode")
        return _tiered(params, "", params["tiers_mode"])
    for name in ("tiers", "tiers_mode"):
        if name in params:
            raise invalid(f"`{name}` needs `billing_scheme` to be `tiered`.", name)
    return {**_flat(params, ""), "_tiers": None, "_tiers_mode": None}


def _tiered(given: dict[str, Any], within: str, mode: str) -> Row:
    if not given.get("tiers"):
        raise missing(_inside(within, "tiers"))
    for name in ("unit_amount", "unit_amount_decimal"):
        if name in given:
            raise invalid(
                f"`{name}` cannot be given beside `tiers`.",
                _inside(within, name),
                "parameters_exclusive",
            )
    return {
        "unit_amount": None,
        "unit_amount_decimal": None,
        "_tiers": read_tiers(given["tiers"], _inside(within, "tiers")),
        "_tiers_mode": mode,
    }


def _inside(within: str, name: str) -> str:
    return f"{within}[{name}]" if within else name


def _flat(given: dict[str, Any], within: str) -> Row:
    amount, exact = given.get("unit_amount"), given.get("unit_amount_decimal")
    if amount is None and exact is None:
        raise missing(_inside(within, "unit_amount"))
    if amount is not None and exact is not None:
        raise invalid(
            "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
            _inside(within, "unit_amount"),
            "parameters_exclusive",
        )
    name = "unit_amount" if exact is None else "unit_amount_decimal"
    value = Decimal(exact if exact is not None else amount or 0)
    if not 0 <= value <= _MOST:
        code = "parameter_invalid_integer"
        raise invalid("Invalid non-negative integer", _inside(within, name), code)
    is_whole = value == value.to_integral_value()
    return {"unit_amount": int(value) if is_whole else None, "unit_amount_decimal": str(value)}


def read_options(given: dict[str, Any] | None, mode: str | None) -> Row:
    """Read what a price asks for in further currencies; `mode`: how its tiers count, if any."""
    options = {}
    for currency, each in (given or {}).items():
        within = f"currency_options[{currency}]"
        options[read_currency(currency, within)] = {
            "custom_unit_amount": None,
            "tax_behavior": each.get("tax_behavior", "unspecified"),
            **(_tiered(each, within, mode) if mode else _flat(each, within)),
        }
    return options


@include("price", "currency_options")
def price_currency_options(account: Account, row: Row) -> Row:
    """Give the price in each of its currencies, its own among them."""
    own = {"custom_unit_amount": None, **row}
    shown_fields = ("custom_unit_amount", "tax_behavior", "unit_amount", "unit_amount_decimal")
    return {
        currency: {name: option[name] for name in shown_fields}
        | ({"tiers": copied(option["_tiers"])} if option.get("_tiers") else {})
        for currency, option in {row["currency"]: own, **row["_currency_options"]}.items()
    }


@include("price", "tiers")
def price_tiers(account: Account, row: Row) -> list[Row] | None:
    """Give the tiers of a tiered price."""
    tiers: list[Row] | None = copied(row.get("_tiers"))
    return tiers
