"""Webhook endpoints: listed, shown, tried, removed; all their routes."""

from __future__ import annotations

from litestar import delete, get, post

from portal.api.deliveries import delivery_told_whole
from portal.api.endpoint_changes import (
    TAG,
    UNKNOWN,
    WRITE,
    change_webhook_endpoint,
    create_webhook_endpoint,
    rotate_webhook_endpoint,
)
from portal.api.endpoint_reading import (
    OF_CUSTOMERS,
    endpoint_named,
    endpoint_told,
    refuse_without_customers,
)
from portal.api.webhook_models import DeliveryWithPayload, Endpoint, EndpointGone, Endpoints
from portal.deliveries.announce import announce_test
from portal.deliveries.endpoints import list_endpoints, remove_endpoint
from portal.deliveries.log import find_delivery
from portal.web.programs.call import Answer, Call
from portal.web.programs.described import described
from portal.web.programs.handle import program
from portal.web.programs.paging import listed

READ = "webhooks:read"


@get(
    "/v1/webhook_endpoints",
    name="api.webhook_endpoints.list",
    opt=described(READ, "List webhook endpoints", {200: Endpoints}, tag=TAG),
)
@program
async def list_webhook_endpoints(call: Call[None]) -> Answer:
    """List every endpoint of the sites that the key may act for."""
    found = await list_endpoints(call.caller.company, sites=call.caller.sites)
    shown = [endpoint_told(endpoint) for endpoint in found]
    return Answer(200, listed(shown, has_more=False, url=call.url))


@get(
    "/v1/webhook_endpoints/{id:str}",
    name="api.webhook_endpoints.retrieve",
    opt=described(READ, "Retrieve a webhook endpoint", {200: Endpoint}, refusals=UNKNOWN, tag=TAG),
)
@program
async def retrieve_webhook_endpoint(call: Call[None]) -> Answer:
    """Tell all there is of an endpoint but its secret."""
    return Answer(200, endpoint_told(await endpoint_named(call)))


@delete(
    "/v1/webhook_endpoints/{id:str}",
    name="api.webhook_endpoints.delete",
    status_code=200,
    opt=described(
        WRITE,
        "Remove a webhook endpoint",
        {200: EndpointGone},
        also={OF_CUSTOMERS: ()},
        refusals=UNKNOWN,
        tag=TAG,
    ),
)
@program
async def delete_webhook_endpoint(call: Call[None]) -> Answer:
    """Send it nothing more; what was sent stays in the log."""
    named = await endpoint_named(call)
    refuse_without_customers(call.caller, named.types)
    await remove_endpoint(call.caller.company, named.id, actor=call.actor)
    return Answer(200, {"id": named.id, "object": "webhook_endpoint", "deleted": True})


@post(
    "/v1/webhook_endpoints/{id:str}/test",
    name="api.webhook_endpoints.test",
    status_code=202,
    opt=described(
        WRITE,
        "Send a webhook endpoint a test event",
        {202: DeliveryWithPayload},
        refusals=UNKNOWN | {409: ("endpoint_is_off",)},
        tag=TAG,
    ),
)
@program
async def test_webhook_endpoint(call: Call[None]) -> Answer:
    """Send endpoint.test, whatever the endpoint asks for; the log says what came of it."""
    named, company = await endpoint_named(call), call.caller.company
    sent = call.made or await announce_test(company, named.id, made_by=call.note_made)
    return Answer(202, delivery_told_whole(call.caller, await find_delivery(company, sent)))


WEBHOOKS = (
    create_webhook_endpoint,
    list_webhook_endpoints,
    retrieve_webhook_endpoint,
    change_webhook_endpoint,
    delete_webhook_endpoint,
    rotate_webhook_endpoint,
    test_webhook_endpoint,
)
