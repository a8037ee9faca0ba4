"""Searches: rows found by a query, once they have had time to get into the index.

What is new is not found for a while, as at Stripe. The index knows changes at once, which Stripe's
does not; and customers on a test clock are found at once, for their clock may never move.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from portal.sandbox.account import Account
from portal.sandbox.errors import invalid
from portal.sandbox.listing import limit_of
from portal.sandbox.operations import Call, operation
from portal.sandbox.queries import FieldType, read_query
from portal.sandbox.rows import Row
from portal.sandbox.views import shown

LAG_S = 60
"""How long what is new stays unknown to searches, unless the account's settings say otherwise."""

_CUSTOMERS: Mapping[str, FieldType] = {
    "created": "number", "email": "text", "metadata": "token", "name": "text", "phone": "text",
}  # fmt: skip
_PRODUCTS: Mapping[str, FieldType] = {
    "active": "token", "description": "text", "metadata": "token", "name": "text",
    "shippable": "token", "url": "text",
}  # fmt: skip
_PRICES: Mapping[str, FieldType] = {
    "active": "token", "currency": "token", "lookup_key": "text", "metadata": "token",
    "product": "text", "type": "token",
}  # fmt: skip
_SUBSCRIPTIONS: Mapping[str, FieldType] = {
    "canceled_at": "number", "created": "number", "metadata": "token", "status": "token",
}  # fmt: skip
_INVOICES: Mapping[str, FieldType] = {
    "created": "number", "currency": "token", "customer": "token", "metadata": "token",
    "number": "text", "status": "text", "total": "number",
}  # fmt: skip


@operation("GET", "/v1/customers/search", "CustomerSearchParams")
def search_customers(call: Call) -> Row:
    """Search customers that are not deleted."""
    rows = call.account.kind("customer").values()
    return _found(call, [row for row in rows if not row.get("deleted")], _CUSTOMERS)


@operation("GET", "/v1/products/search", "ProductSearchParams")
def search_products(call: Call) -> Row:
    """Search products."""
    return _found(call, call.account.kind("product").values(), _PRODUCTS)


@operation("GET", "/v1/prices/search", "PriceSearchParams")
def search_prices(call: Call) -> Row:
    """Search prices."""
    return _found(call, call.account.kind("price").values(), _PRICES)


@operation("GET", "/v1/subscriptions/search", "SubscriptionSearchParams")
def search_subscriptions(call: Call) -> Row:
    """Search subscriptions, those that have ended among them."""
    return _found(call, call.account.kind("subscription").values(), _SUBSCRIPTIONS)


@operation("GET", "/v1/invoices/search", "InvoiceSearchParams")
def search_invoices(call: Call) -> Row:
    """Search invoices."""
    return _found(call, call.account.kind("invoice").values(), _INVOICES)


def _found(call: Call, rows: Iterable[Row], fields: Mapping[str, FieldType]) -> Row:
    call.only({"expand", "limit", "page", "query"})
    account, params = call.account, call.params
    query = read_query(params["query"], fields, call.path.split("/")[2])
    found = [row for row in rows if _is_indexed(account, row) and query.fits(row)]
    found.reverse()
    start = _start(found, params.get("page"))
    end = start + limit_of(params)
    has_more = len(found) > end
    answer: Row = {
        "object": "search_result",
        "data": [shown(account, row) for row in found[start:end]],
        "has_more": has_more,
        "next_page": _page(found[end - 1]["id"]) if has_more else None,
        "url": call.path,
    }
    if "total_count" in params.get("expand", []):
        params["expand"].remove("total_count")
        answer["total_count"] = len(found)
    return answer


def _is_indexed(account: Account, row: Row) -> bool:
    lag: int = account.settings().get("search_lag_s", LAG_S)
    return bool(row.get("test_clock")) or row["created"] + lag <= account.account_time()


def _page(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def _start(found: list[Row], page: str | None) -> int:
    """Tell where a page begins: after the row that the page before it ended with."""
    if not page:
        return 0
    try:
        last = base64.urlsafe_b64decode(page).decode()
    except (binascii.Error, UnicodeDecodeError):
        last = ""
    for position, row in enumerate(found):
        if row["id"] == last:
            return position + 1
    raise invalid("Invalid page.", "page")
