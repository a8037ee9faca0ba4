"""A customer's balance: each change of it is kept, with what it came to."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata, revising, take
from portal.sandbox.errors import invalid, no_such, refused
from portal.sandbox.listing import listed, matching
from portal.sandbox.lookup import living_customer
from portal.sandbox.operations import Call, operation
from portal.sandbox.price_amounts import read_currency
from portal.sandbox.rows import Row, new_id
from portal.sandbox.views import shown

KIND = "customer_balance_transaction"
_AT = "/v1/customers/{customer}/balance_transactions"


def move_balance(
    account: Account, customer: Row, amount: int, type: str, currency: str, **more: Any
) -> Row:
    """Change a customer's balance and keep why; a negative amount is a credit."""
    with revising(account, "customer", customer["id"], "customer.updated") as changed:
        changed["balance"] += amount
        changed["currency"] = changed["currency"] or currency
    return keep_transaction(account, changed, amount, type, currency, **more)


def keep_transaction(
    account: Account, customer: Row, amount: int, type: str, currency: str, **more: Any
) -> Row:
    """Keep why a balance is now what it is."""
    row: Row = {
        "id": new_id("cbtxn"),
        "object": KIND,
        "amount": amount,
        "checkout_session": None,
        "created": account.now(),
        "credit_note": None,
        "currency": currency,
        "customer": customer["id"],
        "customer_account": None,
        "description": None,
        "ending_balance": customer["balance"],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "type": type,
    }
    return account.add(row | more)


@operation("POST", _AT, "CustomerBalanceTransactionCreateParams")
def create_balance_transaction(call: Call) -> Row:
    """Change a customer's balance by hand."""
    call.only({"amount", "currency", "description", "expand", "metadata"})
    account, params = call.account, call.params
    customer = _customer(call)
    account.follow(customer)
    currency = read_currency(params["currency"], "currency")
    if customer["currency"] not in (None, currency):
        raise refused(
            f"The customer's currency is {customer['currency']}; the balance has to be as well.",
            "currency",
        )
    if params["amount"] == 0:
        raise invalid("The amount must not be zero.", "amount", "parameter_invalid_integer")
    row = move_balance(
        account,
        customer,
        params["amount"],
        "adjustment",
        currency,
        description=params.get("description") or None,
        metadata=new_metadata(params),
    )
    return shown(account, row)


def _customer(call: Call) -> Row:
    return living_customer(call.account, call.ids["customer"], "customer", in_path=True)


@operation("GET", _AT, "CustomerBalanceTransactionListParams")
def list_balance_transactions(call: Call) -> Row:
    """List the changes of a customer's balance."""
    rows = call.account.of_customer(KIND, _customer(call)["id"])
    found = matching(rows, call.params, "invoice")
    return listed(call, found, "customer balance transaction", {"invoice"})


@operation("GET", f"{_AT}/{{id}}", "CustomerBalanceTransactionRetrieveParams")
def retrieve_balance_transaction(call: Call) -> Row:
    """Give one change of a customer's balance."""
    return shown(call.account, _held(call))


@operation("POST", f"{_AT}/{{id}}", "CustomerBalanceTransactionUpdateParams")
def update_balance_transaction(call: Call) -> Row:
    """Change the words beside a change of a customer's balance."""
    call.only({"description", "expand", "metadata"})
    row = call.account.edit(KIND, _held(call)["id"])
    take(row, call.params, "description")
    return shown(call.account, row)


def _held(call: Call) -> Row:
    row = call.row(KIND, "customer balance transaction")
    if row["customer"] != call.ids["customer"]:
        raise no_such("customer balance transaction", row["id"], "id", in_path=True)
    return row
