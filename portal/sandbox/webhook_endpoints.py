"""Webhook endpoints."""

from __future__ import annotations

from urllib.parse import urlsplit

from portal.sandbox.changes import new_metadata, revising, take
from portal.sandbox.errors import invalid
from portal.sandbox.listing import listed
from portal.sandbox.operations import Call, operation
from portal.sandbox.rows import Row, new_id
from portal.sandbox.views import shown

_KNOWN = frozenset({"description", "enabled_events", "expand", "metadata", "url"})


@operation("POST", "/v1/webhook_endpoints", "WebhookEndpointCreateParams")
def create_webhook_endpoint(call: Call) -> Row:
    """Create an endpoint; its secret is shown this once. Loopback addresses are welcome here."""
    call.only(_KNOWN | {"api_version"})
    account, params = call.account, call.params
    _check_url(params["url"])
    row = account.add(
        {
            "id": new_id("we"),
            "object": "webhook_endpoint",
            "api_version": params.get("api_version"),
            "application": None,
            "created": account.now(),
            "description": params.get("description") or None,
            "enabled_events": _checked_events(params["enabled_events"]),
            "livemode": False,
            "metadata": new_metadata(params),
            "status": "enabled",
            "url": params["url"],
            "_secret": new_id("whsec", 32),
        }
    )
    return shown(account, row) | {"secret": row["_secret"]}


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid(
            "Invalid URL: An explicit scheme (such as https) must be provided.",
            "url",
            "url_invalid",
        )


def _checked_events(events: list[str]) -> list[str]:
    if not events:
        raise invalid(
            "Missing required param: enabled_events.", "enabled_events", "parameter_missing"
        )
    return events


@operation("GET", "/v1/webhook_endpoints/{id}", "WebhookEndpointRetrieveParams")
def retrieve_webhook_endpoint(call: Call) -> Row:
    """Give an endpoint, without its secret."""
    return shown(call.account, call.row("webhook_endpoint", "webhook endpoint"))


@operation("POST", "/v1/webhook_endpoints/{id}", "WebhookEndpointUpdateParams")
def update_webhook_endpoint(call: Call) -> Row:
    """Change an endpoint, or switch it off or on."""
    call.only(_KNOWN | {"disabled"})
    params = call.params
    call.row("webhook_endpoint", "webhook endpoint")
    if "url" in params:
        _check_url(params["url"])
    with revising(call.account, "webhook_endpoint", call.ids["id"], None) as row:
        take(row, params, "description", "url")
        if "enabled_events" in params:
            row["enabled_events"] = _checked_events(params["enabled_events"])
        if "disabled" in params:
            row["status"] = "disabled" if params["disabled"] else "enabled"
    return shown(call.account, row)


@operation("DELETE", "/v1/webhook_endpoints/{id}")
def delete_webhook_endpoint(call: Call) -> Row:
    """Delete an endpoint."""
    row = call.row("webhook_endpoint", "webhook endpoint")
    call.account.remove("webhook_endpoint", row["id"])
    return {"id": row["id"], "object": "webhook_endpoint", "deleted": True}


@operation("GET", "/v1/webhook_endpoints", "WebhookEndpointListParams")
def list_webhook_endpoints(call: Call) -> Row:
    """List endpoints."""
    return listed(call, call.account.kind("webhook_endpoint").values(), "webhook endpoint")
