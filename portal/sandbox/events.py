"""Events: what happened, kept, listed, and queued for every webhook endpoint that asked."""

from __future__ import annotations

import random
from typing import Any

from portal.sandbox.account import Account
from portal.sandbox.errors import invalid
from portal.sandbox.listing import listed
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row, new_id
from portal.sandbox.views import shown, view

API_VERSION = "2026-10-28.endive"
_MOST_TYPES = 20


def emit(account: Account, type: str, row: Row, previous: Row | None = None) -> Row:
    """Record that something happened to a row, as it now is, and queue its deliveries."""
    data: dict[str, Any] = {"object": shown(account, row)}
    if previous is not None:
        data["previous_attributes"] = previous
    event: Row = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": account.now(),
        "data": data,
        "livemode": account.livemode,
        "pending_webhooks": 0,
        "request": dict(account.request),
        "type": type,
    }
    if _is_generated(account):
        account.add(event)
        queue(account, event)
    return event


def _is_generated(account: Account) -> bool:
    """Tell whether an event comes to be; Stripe says that some never do."""
    conditions, settings = account.conditions, account.settings()["webhooks"]
    if conditions.is_silent:
        return False
    conditions.emitted += 1
    share: float = settings["not_generated"]
    return not share or _dice(settings["seed"], f"event {conditions.emitted}").random() >= share


def _dice(seed: Any, of: str) -> random.Random:
    return random.Random(f"{seed} {of}" if seed is not None else None)


@view("event")
def _count_owing(account: Account, row: Row, seen: Row) -> None:
    seen["pending_webhooks"] = account.outbox.owing(row["id"])


def queue(account: Account, event: Row, *, times: int = 1, signature: str | None = None) -> int:
    """Queue an event for the endpoints that want it; tell how many deliveries that makes."""
    wanting = [
        endpoint
        for endpoint in account.kind("webhook_endpoint").values()
        if endpoint["status"] == "enabled" and wants(endpoint["enabled_events"], event["type"])
    ]
    for endpoint in wanting:
        for _ in range(times):
            account.add(_delivery(account, event, endpoint, signature), "_delivery")
    return len(wanting) * times


def wants(enabled: list[str], type: str) -> bool:
    """Tell whether an endpoint asked for this type of event."""
    return "*" in enabled or type in enabled


def _delivery(account: Account, event: Row, endpoint: Row, signature: str | None) -> Row:
    settings, now = account.settings()["webhooks"], account.exact_time()
    number = len(account.kind("_delivery")) + 1
    spread = settings["spread"]
    if spread:
        spread *= _dice(settings["seed"], f"delay {number}").random()
    return {
        "id": new_id("dlv"),
        "number": number,
        "event": event["id"],
        "type": event["type"],
        "endpoint": endpoint["id"],
        "signature": signature,
        "state": "pending",
        "attempts": 0,
        "queued_at": now,
        "next_at": now + settings["delay"] + spread,
        "last_status": None,
        "last_error": None,
    }


@operation("GET", "/v1/events", "EventListParams")
def list_events(call: Call) -> Row:
    """List events, newest first."""
    if "type" in call.params and "types" in call.params:
        raise invalid(
            "You may only specify one of these parameters: type, types.",
            "type",
            "parameters_exclusive",
        )
    types = call.params.get("types") or [call.params.get("type")]
    if len(types) > _MOST_TYPES:
        raise invalid(f"You may name at most {_MOST_TYPES} types.", "types")
    found = [
        event
        for event in call.account.kind("event").values()
        if types == [None] or any(_is_type(event["type"], wanted) for wanted in types)
    ]
    if "delivery_success" in call.params:
        wanted, outbox = call.params["delivery_success"], call.account.outbox
        found = [event for event in found if (outbox.owing(event["id"]) == 0) == wanted]
    return listed(call, found, "event", {"type", "types", "delivery_success"})


def _is_type(type: str, wanted: str) -> bool:
    return type == wanted or (wanted.endswith("*") and type.startswith(wanted[:-1]))


@operation("GET", "/v1/events/{id}", "EventRetrieveParams")
def retrieve_event(call: Call) -> Row:
    """Give one event."""
    return shown(call.account, call.row("event", "event"))
