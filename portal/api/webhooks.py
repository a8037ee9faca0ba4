"""Webhook endpoints: made, listed, changed, tried, given new secrets, removed."""

from __future__ import annotations

from typing import Any

from litestar import delete, get, patch, post

from portal.api.deliveries import delivery_told_whole
from portal.api.webhook_models import (
    DeliveryWithPayload,
    Endpoint,
    EndpointChange,
    EndpointGone,
    Endpoints,
    EndpointWithSecret,
    NewEndpoint,
)
from portal.deliveries import endpoint as room
from portal.deliveries.announce import announce_test
from portal.deliveries.endpoints import (
    change_endpoint,
    create_endpoint,
    find_endpoint,
    list_endpoints,
    remove_endpoint,
    rotate_secret,
)
from portal.deliveries.event_types import moment
from portal.deliveries.log import find_delivery
from portal.web.programs.call import Answer, Call
from portal.web.programs.caller import Caller, site_of
from portal.web.programs.described import Link, described
from portal.web.programs.handle import program
from portal.web.programs.paging import listed

READ, WRITE = "webhooks:read", "webhooks:write"
_TAG = "Webhooks"
_WRONG = {422: ("invalid_details",)}
_UNKNOWN = {404: ("not_found",)}


@post(
    "/v1/webhook_endpoints",
    name="api.webhook_endpoints.create",
    opt=described(
        WRITE,
        "Make a webhook endpoint",
        {201: EndpointWithSecret},
        body=NewEndpoint,
        refusals=_UNKNOWN | _WRONG | {409: ("too_many_endpoints",)},
        links=(
            Link(201, "retrieve", "retrieve_webhook_endpoint", {"id": "$response.body#/id"}),
            Link(201, "change", "change_webhook_endpoint", {"id": "$response.body#/id"}),
            Link(201, "remove", "delete_webhook_endpoint", {"id": "$response.body#/id"}),
        ),
        examples={
            "all events": {"url": "https://shop.example/webhooks", "site": "1"},
            "some events": {
                "url": "https://shop.example/webhooks",
                "types": ["customer.created", "subscription.canceled"],
            },
        },
        tag=_TAG,
    ),
)
@program
async def create_webhook_endpoint(call: Call[NewEndpoint]) -> Answer:
    """Have a site's events told to an address; the secret is shown in this answer only."""
    if call.made:
        # Its server died before anybody was told the secret: another one, then.
        return await _with_new_secret(call, call.made, 201)
    made, secret = await create_endpoint(
        await site_of(call.caller, call.body.site),
        url=call.body.url,
        types=call.body.types,
        actor=call.actor,
        made_by=call.note_made,
    )
    return Answer(201, _told(made) | {"secret": secret})


@get(
    "/v1/webhook_endpoints",
    name="api.webhook_endpoints.list",
    opt=described(READ, "List webhook endpoints", {200: Endpoints}, tag=_TAG),
)
@program
async def list_webhook_endpoints(call: Call[None]) -> Answer:
    """List every endpoint of the sites that the key may act for."""
    found = await list_endpoints(call.caller.company, sites=call.caller.sites)
    shown = [_told(endpoint) for endpoint in found]
    return Answer(200, listed(shown, has_more=False, url=call.url))


@get(
    "/v1/webhook_endpoints/{id:str}",
    name="api.webhook_endpoints.retrieve",
    opt=described(
        READ, "Retrieve a webhook endpoint", {200: Endpoint}, refusals=_UNKNOWN, tag=_TAG
    ),
)
@program
async def retrieve_webhook_endpoint(call: Call[None]) -> Answer:
    """Tell all there is of an endpoint but its secret."""
    return Answer(200, _told(await _named(call)))


@patch(
    "/v1/webhook_endpoints/{id:str}",
    name="api.webhook_endpoints.change",
    opt=described(
        WRITE,
        "Change a webhook endpoint",
        {200: Endpoint},
        body=EndpointChange,
        refusals=_UNKNOWN | _WRONG,
        examples={"turn it off": {"enabled": False}},
        tag=_TAG,
    ),
)
@program
async def change_webhook_endpoint(call: Call[EndpointChange]) -> Answer:
    """Change what is passed; turned on again, it is told what happens from then on."""
    named = await _named(call)
    changed = await change_endpoint(
        call.caller.company, named.id, actor=call.actor, **call.body.given
    )
    return Answer(200, _told(changed))


@delete(
    "/v1/webhook_endpoints/{id:str}",
    name="api.webhook_endpoints.delete",
    status_code=200,
    opt=described(
        WRITE, "Remove a webhook endpoint", {200: EndpointGone}, refusals=_UNKNOWN, tag=_TAG
    ),
)
@program
async def delete_webhook_endpoint(call: Call[None]) -> Answer:
    """Send it nothing more; what was sent stays in the log."""
    named = await _named(call)
    await remove_endpoint(call.caller.company, named.id, actor=call.actor)
    return Answer(200, {"id": named.id, "object": "webhook_endpoint", "deleted": True})


@post(
    "/v1/webhook_endpoints/{id:str}/rotate",
    name="api.webhook_endpoints.rotate",
    status_code=200,
    opt=described(
        WRITE,
        "Give a webhook endpoint a new secret",
        {200: EndpointWithSecret},
        refusals=_UNKNOWN,
        tag=_TAG,
    ),
)
@program
async def rotate_webhook_endpoint(call: Call[None]) -> Answer:
    """Make a new secret; for 24 hours every message is signed with the former, too."""
    return await _with_new_secret(call, (await _named(call)).id, 200)


@post(
    "/v1/webhook_endpoints/{id:str}/test",
    name="api.webhook_endpoints.test",
    status_code=202,
    opt=described(
        WRITE,
        "Send a webhook endpoint a test event",
        {202: DeliveryWithPayload},
        refusals=_UNKNOWN | {409: ("endpoint_is_off",)},
        tag=_TAG,
    ),
)
@program
async def test_webhook_endpoint(call: Call[None]) -> Answer:
    """Send endpoint.test, whatever the endpoint asks for; the log says what came of it."""
    named, company = await _named(call), call.caller.company
    sent = await announce_test(company, named.id)
    return Answer(202, delivery_told_whole(call.caller, await find_delivery(company, sent)))


async def _named(call: Call[Any]) -> room.Endpoint:
    """Return the endpoint that the path names; another seller's or site's is none."""
    found = await find_endpoint(call.caller.company, call.path["id"])
    return _seen_by(call.caller, found)


def _seen_by(caller: Caller, endpoint: room.Endpoint) -> room.Endpoint:
    if caller.sites and endpoint.site not in caller.sites:
        raise room.NoSuchEndpoint
    return endpoint


async def _with_new_secret(call: Call[Any], endpoint: str, status: int) -> Answer:
    company = call.caller.company
    secret = await rotate_secret(company, endpoint, actor=call.actor)
    return Answer(status, _told(await find_endpoint(company, endpoint)) | {"secret": secret})


def _told(endpoint: room.Endpoint) -> dict[str, Any]:
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


WEBHOOKS = (
    create_webhook_endpoint,
    list_webhook_endpoints,
    retrieve_webhook_endpoint,
    change_webhook_endpoint,
    delete_webhook_endpoint,
    rotate_webhook_endpoint,
    test_webhook_endpoint,
)
