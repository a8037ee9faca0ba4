"""Events: what happened, kept, listed, and queued for every webhook endpoint that asked."""

from __future__ import annotations

import time
from typing import Any

from portal.sandbox.account import Account, Row, new_id
from portal.sandbox.listing import listed
from portal.sandbox.operations import Call, operation
from portal.sandbox.views import shown

API_VERSION = "2026-10-28.endive"


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
        "livemode": False,
        "pending_webhooks": 0,
        "request": dict(account.request),
        "type": type,
    }
    account.add(event)
    event["pending_webhooks"] = queue(account, event)
    return event


def queue(account: Account, event: Row, *, once_more: int = 1) -> int:
    """Queue an event for the endpoints that want it; tell how many deliveries that makes."""
    wanting = [
        endpoint
        for endpoint in account.kind("webhook_endpoint").values()
        if endpoint["status"] == "enabled" and wants(endpoint["enabled_events"], event["type"])
    ]
    for endpoint in wanting:
        for _ in range(once_more):
            account.add(_delivery(event, endpoint), "_delivery")
    return len(wanting) * once_more


def wants(enabled: list[str], type: str) -> bool:
    """Tell whether an endpoint asked for this type of event."""
    return "*" in enabled or type in enabled


def _delivery(event: Row, endpoint: Row) -> Row:
    return {
        "id": new_id("dlv"),
        "event": event["id"],
        "type": event["type"],
        "endpoint": endpoint["id"],
        "state": "pending",
        "attempts": 0,
        "queued_at": time.time(),
        "next_at": time.time(),
        "last_status": None,
        "last_error": None,
    }


@operation("GET", "/v1/events", "EventListParams")
def list_events(call: Call) -> Row:
    """List events, newest first."""
    types = call.params.get("types") or [call.params.get("type")]
    found = [
        event
        for event in call.account.kind("event").values()
        if types == [None] or any(_is_type(event["type"], wanted) for wanted in types)
    ]
    return listed(call, found, "event", {"type", "types"})


def _is_type(type: str, wanted: str) -> bool:
    return type == wanted or (wanted.endswith("*") and type.startswith(wanted[:-1]))


@operation("GET", "/v1/events/{id}", "EventRetrieveParams")
def retrieve_event(call: Call) -> Row:
    """Give one event."""
    return shown(call.account, call.row("event", "event"))
