"""The seller's own balance: what was paid, less nothing, for the sandbox takes no fees."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row
from portal.sandbox.views import include


@operation("GET", "/v1/balance", "BalanceRetrieveParams")
def retrieve_balance(call: Call) -> Row:
    """Give the balance: all that was charged waits to be paid out."""
    amounts = _charged(call.account) or {"usd": 0}
    return {
        "object": "balance",
        "available": [_amount(currency, 0) for currency in amounts],
        "livemode": False,
        "pending": [_amount(currency, amount) for currency, amount in amounts.items()],
    }


def _charged(account: Account) -> dict[str, int]:
    amounts: dict[str, int] = {}
    for charge in account.kind("charge").values():
        if charge["status"] == "succeeded" and charge["captured"]:
            currency = charge["currency"]
            left = charge["amount_captured"] - charge["amount_refunded"]
            amounts[currency] = amounts.get(currency, 0) + left
    return amounts


def _amount(currency: str, amount: int) -> Row:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


@include("customer", "cash_balance")
def cash_balance(account: Account, customer: Row) -> Row:
    """Give `customer.cash_balance`: nobody ever sends the sandbox money by bank transfer."""
    mode = customer.get("_reconciliation", "merchant_default")
    return {
        "object": "cash_balance",
        "available": None,
        "customer": customer["id"],
        "customer_account": None,
        "livemode": False,
        "settings": {
            "reconciliation_mode": "automatic" if mode == "merchant_default" else mode,
            "using_merchant_default": mode == "merchant_default",
        },
    }
