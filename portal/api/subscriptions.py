"""What customers hold: one subscription, or all of a customer's."""

from __future__ import annotations

from typing import Any

from litestar import get

from portal.api.expanding import FOR_CUSTOMERS, is_whole
from portal.api.subscription_asked import SubscriptionAsked, SubscriptionsAsked
from portal.api.subscription_models import Subscription, Subscriptions
from portal.customers.directory import customer_of
from portal.errors import NotFound
from portal.onboarding.shown import told_of
from portal.subscriptions.finding import Holder, holder_named, holder_of
from portal.subscriptions.hold import Hold
from portal.subscriptions.shown import subscription_shown
from portal.web.programs.acting import may_see
from portal.web.programs.caller import Caller
from portal.web.programs.described import described
from portal.web.programs.handle import Answer, Call, program

READ, WRITE, TAG = "subscriptions:read", "subscriptions:write", "Subscriptions"


@get(
    "/v1/subscriptions",
    opt=described(
        READ,
        "List what a customer holds and held",
        {200: Subscriptions},
        query=SubscriptionsAsked,
        refusals={404: ("not_found",)},
        tag=TAG,
    ),
)
@program
async def list_subscriptions(call: Call[None]) -> Answer:
    """List a customer's subscriptions: what lives first, then the newest."""
    holder = await holder_asked(call)
    data = [subscription_shown(holder.customer, hold) for hold in holder.held]
    return Answer(200, {"object": "list", "url": call.url, "has_more": False, "data": data})


@get(
    "/v1/subscriptions/{id:str}",
    opt=described(
        READ,
        "Retrieve a subscription",
        {200: Subscription},
        query=SubscriptionAsked,
        also=FOR_CUSTOMERS,
        refusals={404: ("not_found",)},
        tag=TAG,
    ),
)
@program
async def retrieve_subscription(call: Call[None]) -> Answer:
    """Tell a subscription, with its customer if that is asked for."""
    with_customer = is_whole(call, "customer", call.asked(SubscriptionAsked).expand)
    holder, hold = await found(call)
    told = subscription_shown(holder.customer, hold)
    if with_customer:
        told["customer"] = await _customer(holder)
    return Answer(200, told)


async def found(call: Call[Any]) -> tuple[Holder, Hold]:
    """Return the subscription that the path names, and whose it is.

    Raises:
        NotFound: there is none, or not for this key: told alike.
    """
    named = call.path["id"]
    holder = _seen(call.caller, await holder_of(call.caller.company, named))
    hold = holder.hold(named)
    if hold is None:
        raise NotFound
    return holder, hold


async def holder_asked(call: Call[Any]) -> Holder:
    """Return the customer whom the query names, with what they hold. Raises as `found`."""
    named = call.asked(SubscriptionsAsked).customer
    return _seen(call.caller, await holder_named(call.caller.company, named))


def _seen(caller: Caller, holder: Holder | None) -> Holder:
    if holder is None or not may_see(caller, holder.site):
        raise NotFound
    return holder


async def _customer(holder: Holder) -> dict[str, Any]:
    return await told_of(await customer_of(holder.customer))
