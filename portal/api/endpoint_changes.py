"""Webhook endpoints: made, changed, given new secrets."""

from __future__ import annotations

from typing import Any

from litestar import patch, post

from portal.api.endpoint_reading import (
    OF_CUSTOMERS,
    endpoint_named,
    endpoint_told,
    refuse_without_customers,
)
from portal.api.webhook_models import Endpoint, EndpointChange, EndpointWithSecret, NewEndpoint
from portal.deliveries.endpoints import (
    change_endpoint,
    create_endpoint,
    find_endpoint,
    newest_secret,
    rotate_secret,
)
from portal.web.programs.call import Answer, Call
from portal.web.programs.caller import site_of
from portal.web.programs.described import Link, described
from portal.web.programs.handle import program

WRITE, TAG = "webhooks:write", "Webhooks"
UNKNOWN = {404: ("not_found",)}
_WRONG = {422: ("invalid_details",)}


@post(
    "/v1/webhook_endpoints",
    name="api.webhook_endpoints.create",
    opt=described(
        WRITE,
        "Make a webhook endpoint",
        {201: EndpointWithSecret},
        body=NewEndpoint,
        also={OF_CUSTOMERS: ("url", "types")},
        refusals=UNKNOWN | _WRONG | {409: ("too_many_endpoints",)},
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
        tag=TAG,
    ),
)
@program
async def create_webhook_endpoint(call: Call[NewEndpoint]) -> Answer:
    """Have a site's events told to an address; the secret is shown in this answer only."""
    refuse_without_customers(call.caller, call.body.types)
    if call.made:
        return await _with_untold_secret(call, call.made, 201)
    made, secret = await create_endpoint(
        await site_of(call.caller, call.body.site),
        url=call.body.url,
        types=call.body.types,
        actor=call.actor,
        made_by=call.note_made,
    )
    return Answer(201, endpoint_told(made) | {"secret": secret}, once=("secret",))


@patch(
    "/v1/webhook_endpoints/{id:str}",
    name="api.webhook_endpoints.change",
    opt=described(
        WRITE,
        "Change a webhook endpoint",
        {200: Endpoint},
        body=EndpointChange,
        also={OF_CUSTOMERS: ("url", "types", "enabled")},
        refusals=UNKNOWN | _WRONG,
        examples={"turn it off": {"enabled": False}},
        tag=TAG,
    ),
)
@program
async def change_webhook_endpoint(call: Call[EndpointChange]) -> Answer:
    """Change what is passed; turned on again, it is told what happens from then on."""
    named, given = await endpoint_named(call), call.body.given
    if {"url", "types"} & given.keys() or given.get("is_on"):
        refuse_without_customers(call.caller, given.get("types", named.types))
    changed = await change_endpoint(call.caller.company, named.id, actor=call.actor, **given)
    return Answer(200, endpoint_told(changed))


@post(
    "/v1/webhook_endpoints/{id:str}/rotate",
    name="api.webhook_endpoints.rotate",
    status_code=200,
    opt=described(
        WRITE,
        "Give a webhook endpoint a new secret",
        {200: EndpointWithSecret},
        also={OF_CUSTOMERS: ()},
        refusals=UNKNOWN,
        tag=TAG,
    ),
)
@program
async def rotate_webhook_endpoint(call: Call[None]) -> Answer:
    """Make a new secret; for 24 hours every message is signed with the former, too."""
    named, company = await endpoint_named(call), call.caller.company
    refuse_without_customers(call.caller, named.types)
    if call.made:
        return await _with_untold_secret(call, call.made, 200)
    secret = await rotate_secret(company, named.id, actor=call.actor, made_by=call.note_made)
    told = endpoint_told(await find_endpoint(company, named.id)) | {"secret": secret}
    return Answer(200, told, once=("secret",))


async def _with_untold_secret(call: Call[Any], endpoint: str, status: int) -> Answer:
    """Tell the secret that a server made which died before it told anybody."""
    company = call.caller.company
    told = endpoint_told(await find_endpoint(company, endpoint))
    secret = await newest_secret(company, endpoint)
    return Answer(status, told | {"secret": secret}, once=("secret",))
