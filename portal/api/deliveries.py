"""The log of what webhook endpoints were told, and telling it once more."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from litestar import get, post

from portal.api.endpoint_reading import OF_CUSTOMERS
from portal.api.webhook_models import Deliveries, DeliveriesAsked, DeliveryWithPayload
from portal.deliveries.event_types import moment
from portal.deliveries.log import NoSuchDelivery, Told, find_delivery, list_deliveries, replay
from portal.deliveries.wire import REDIRECT_REFUSED
from portal.web.programs.acting import needs_too
from portal.web.programs.call import Answer, Call
from portal.web.programs.caller import Caller, site_of
from portal.web.programs.described import described
from portal.web.programs.handle import program
from portal.web.programs.paging import listed, refuse_both

READ, WRITE = "webhooks:read", "webhooks:write"
_TAG = "Webhooks"


@get(
    "/v1/webhook_deliveries",
    name="api.webhook_deliveries.list",
    opt=described(
        READ,
        "List webhook deliveries of the last 30 days",
        {200: Deliveries},
        query=DeliveriesAsked,
        refusals={404: ("not_found",), 422: ("invalid_details", "both_cursors")},
        tag=_TAG,
    ),
)
@program
async def list_webhook_deliveries(call: Call[None]) -> Answer:
    """List deliveries, the newest first."""
    asked, caller = call.asked(DeliveriesAsked), call.caller
    refuse_both(asked)
    sites = [(await site_of(caller, asked.site)).id] if asked.site else list(caller.sites)
    found = await list_deliveries(
        caller.company,
        asked.filters,
        sites=sites,
        created=asked.bounds(),
        limit=asked.limit + 1,
        after=asked.starting_after,
        before=asked.ending_before,
    )
    has_more = len(found) > asked.limit
    page = found[-asked.limit :] if asked.ending_before else found[: asked.limit]
    shown = [_delivery_told(told) for told in page]
    return Answer(200, listed(shown, has_more=has_more, url=call.url))


@get(
    "/v1/webhook_deliveries/{id:str}",
    name="api.webhook_deliveries.retrieve",
    opt=described(
        READ,
        "Retrieve a webhook delivery with what is sent",
        {200: DeliveryWithPayload},
        refusals={404: ("not_found",)},
        tag=_TAG,
    ),
)
@program
async def retrieve_webhook_delivery(call: Call[None]) -> Answer:
    """Tell all there is of a delivery."""
    return Answer(200, delivery_told_whole(call.caller, await _named(call)))


@post(
    "/v1/webhook_deliveries/{id:str}/replay",
    name="api.webhook_deliveries.replay",
    status_code=202,
    opt=described(
        WRITE,
        "Send an event once more",
        {202: DeliveryWithPayload},
        refusals={404: ("not_found",), 409: ("endpoint_is_off",)},
        also={OF_CUSTOMERS: ()},
        tag=_TAG,
    ),
)
@program
async def replay_webhook_delivery(call: Call[None]) -> Answer:
    """Send it under the same webhook-id; while that waits, asking again changes nothing."""
    named, company = await _named(call), call.caller.company
    if named.customer:
        needs_too(call.caller, OF_CUSTOMERS)
    return Answer(202, delivery_told_whole(call.caller, await replay(company, named.id)))


async def _named(call: Call[Any]) -> Told:
    """Return the delivery that the path names; another seller's or site's is none."""
    found = await find_delivery(call.caller.company, call.path["id"])
    if call.caller.sites and found.site not in call.caller.sites:
        raise NoSuchDelivery
    return found


def delivery_told_whole(caller: Caller, told: Told) -> dict[str, Any]:
    """Return a delivery with what is sent; of a customer, to who may read customers alone."""
    may_read = not told.customer or OF_CUSTOMERS in caller.scopes
    return _delivery_told(told) | {"payload": json.loads(told.body) if may_read else None}


def _delivery_told(told: Told) -> dict[str, Any]:
    is_answer = told.status is not None and told.said != REDIRECT_REFUSED
    return {
        "id": told.id,
        "object": "webhook_delivery",
        "endpoint": told.endpoint,
        "message": told.event,
        "type": told.type,
        "site": told.site,
        "customer": told.customer,
        "state": told.state,
        "attempts": told.attempts,
        "status": told.status,
        "took_ms": told.took_ms,
        "response": (told.said or None) if is_answer else None,
        "problem": None if is_answer else told.said or None,
        "replay_of": told.replay_of or None,
        "next_at": _written(told.next_at) if told.state == "waiting" else None,
        "tried_at": _written(told.tried_at),
        "done_at": _written(told.done_at),
        "created_at": _written(told.created_at),
    }


def _written(at: datetime | None) -> str | None:
    return moment(at) if at else None


DELIVERIES = (list_webhook_deliveries, retrieve_webhook_delivery, replay_webhook_delivery)
