"""A webhook endpoint: the one that a path names, as programs are told of it, and who may aim it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portal.deliveries.endpoint import Endpoint, NoSuchEndpoint
from portal.deliveries.endpoints import find_endpoint
from portal.deliveries.event_types import moment, tells_of_customers
from portal.web.programs.acting import may_see, needs_too
from portal.web.programs.call import Call
from portal.web.programs.caller import Caller

OF_CUSTOMERS = "customers:read"


async def endpoint_named(call: Call[Any]) -> Endpoint:
    """Return the endpoint that the path names; another seller's or site's is none.

    Raises:
        NoSuchEndpoint: there is none, or not for this key: told alike.
    """
    found = await find_endpoint(call.caller.company, call.path["id"])
    if not may_see(call.caller, found.site):
        raise NoSuchEndpoint
    return found


def refuse_without_customers(caller: Caller, types: Iterable[str]) -> None:
    """See that whoever says where events go may read what these tell of customers.

    Raises:
        ScopeMissing: they may not.
    """
    if tells_of_customers(types):
        needs_too(caller, OF_CUSTOMERS)


def endpoint_told(endpoint: Endpoint) -> dict[str, Any]:
    """Tell all there is of an endpoint but its secret."""
    failing_since = endpoint.failing_since
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "site": endpoint.site,
        "url": endpoint.url,
        "types": list(endpoint.types),
        "enabled": endpoint.state == "on",
        "state": endpoint.state,
        "why": endpoint.why or None,
        "failing_since": moment(failing_since) if failing_since else None,
        "created_at": moment(endpoint.created_at),
        "updated_at": moment(endpoint.updated_at),
    }
