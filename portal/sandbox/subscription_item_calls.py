"""Subscription items, by addresses of their own: each change is a change of the subscription."""

from __future__ import annotations

from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import invalid, missing, no_such
from portal.sandbox.listing import listed
from portal.sandbox.lookup import named
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row
from portal.sandbox.subscription_changes import change_subscription
from portal.sandbox.views import shown

_BILLING = frozenset({"expand", "payment_behavior", "proration_behavior", "proration_date"})
_ITEM = frozenset({"metadata", "price", "quantity", "tax_rates"})


@operation("POST", "/v1/subscription_items", "SubscriptionItemCreateParams")
def create_subscription_item(call: Call) -> Row:
    """Add a price to a subscription."""
    call.only(_BILLING | _ITEM | {"subscription"})
    account, params = call.account, call.params
    if "price" not in params:
        raise missing("price")
    subscription = named(account, "subscription", params["subscription"], "subscription")
    given = {name: value for name, value in params.items() if name in _ITEM}
    changed = _change(account, subscription, given, params)
    return shown(account, account.kind("subscription_item")[changed["_items"][-1]])


def _change(
    account: Account, subscription: Row, item: dict[str, Any], params: dict[str, Any]
) -> Row:
    if subscription["status"] in ("canceled", "incomplete_expired"):
        raise no_such("subscription", subscription["id"], "subscription")
    account.follow(subscription)
    billing = {name: value for name, value in params.items() if name in _BILLING}
    return change_subscription(account, subscription, {**billing, "items": [item]})


@operation("POST", "/v1/subscription_items/{id}", "SubscriptionItemUpdateParams")
def update_subscription_item(call: Call) -> Row:
    """Change an item's price, quantity, metadata or tax rates."""
    call.only(_BILLING | _ITEM | {"off_session"})
    item, subscription = _find(call)
    given = {name: value for name, value in call.params.items() if name in _ITEM}
    _change(call.account, subscription, {"id": item["id"], **given}, call.params)
    return shown(call.account, item)


def _find(call: Call) -> tuple[Row, Row]:
    item = call.row("subscription_item", "subscription_item")
    return item, call.account.kind("subscription")[item["subscription"]]


@operation("DELETE", "/v1/subscription_items/{id}", "SubscriptionItemDeleteParams")
def delete_subscription_item(call: Call) -> Row:
    """Take an item away."""
    call.only(_BILLING)
    item, subscription = _find(call)
    if subscription["_items"] == [item["id"]]:
        raise invalid(
            "A subscription must have at least one active plan. If you would like to cancel the"
            " subscription, please use the cancel method."
        )
    _change(call.account, subscription, {"id": item["id"], "deleted": True}, call.params)
    return {"id": item["id"], "object": "subscription_item", "deleted": True}


@operation("GET", "/v1/subscription_items/{id}", "SubscriptionItemRetrieveParams")
def retrieve_subscription_item(call: Call) -> Row:
    """Give a subscription item."""
    return shown(call.account, _find(call)[0])


@operation("GET", "/v1/subscription_items", "SubscriptionItemListParams")
def list_subscription_items(call: Call) -> Row:
    """List the items of a subscription, the newest first."""
    account = call.account
    row = named(account, "subscription", call.params["subscription"], "subscription")
    items = [account.kind("subscription_item")[id] for id in row["_items"]]
    return listed(call, items, "subscription_item", {"subscription"})
