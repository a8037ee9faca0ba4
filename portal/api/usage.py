"""What customers use of what is counted: told to us, and told by us."""

from __future__ import annotations

from typing import Any

from litestar import get, post

from portal.api.selling_models import UsesTaken, UseTotals
from portal.api.subscription_asked import SubscriptionsAsked, UsageGiven
from portal.api.subscriptions import READ, holder_asked
from portal.subscriptions.usage_kept import Taken
from portal.subscriptions.usage_sent import send_usage
from portal.subscriptions.usage_told import usage_told
from portal.web.programs.described import described
from portal.web.programs.handle import Answer, Call, program


@post(
    "/v1/usage",
    opt=described(
        "usage:write",
        "Send what was used, each once for its event_id",
        {200: UsesTaken},
        body=UsageGiven,
        examples={
            "two uses": {
                "events": [
                    {
                        "event_id": "order-7-1",
                        "customer": "cust_01k9x",
                        "meter": "articles",
                        "quantity": 3,
                        "at": "2026-11-22T12:00:00Z",
                    },
                    {
                        "event_id": "order-7-2",
                        "customer": "cust_01k9x",
                        "meter": "articles",
                        "quantity": "0.5",
                        "at": "2026-11-22T12:05:00Z",
                    },
                ]
            }
        },
        tag="Usage",
    ),
)
@program
async def send_usage_events(call: Call[UsageGiven]) -> Answer:
    """Take uses: each is taken, known already, or refused by itself."""
    caller, uses = call.caller, [event.use for event in call.body.events]
    taken = await send_usage(caller.company, uses, sites=caller.sites)
    data = [_taken(one) for one in taken]
    return Answer(200, {"object": "list", "url": call.url, "has_more": False, "data": data})


@get(
    "/v1/usage",
    opt=described(
        READ,
        "Tell what a customer used in the present period",
        {200: UseTotals},
        query=SubscriptionsAsked,
        refusals={404: ("not_found",)},
        tag="Usage",
    ),
)
@program
async def list_usage(call: Call[None]) -> Answer:
    """Sum up what Stripe's meters have, at most a minute old."""
    data = await usage_told(await holder_asked(call))
    return Answer(200, {"object": "list", "url": call.url, "has_more": False, "data": data})


def _taken(taken: Taken) -> dict[str, Any]:
    problem = taken.problem
    return {
        "event_id": taken.event_id,
        "state": taken.state,
        "problem": problem and {"code": problem.code, "message": str(problem)},
    }
