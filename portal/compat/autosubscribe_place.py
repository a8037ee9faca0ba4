"""Where door 002 lies: company, market and customer by the path, and its envelope."""

from __future__ import annotations

from typing import Any

from portal.compat.autosubscribe_models import Refused
from portal.customers.finding import find
from portal.errors import NotFound
from portal.sites.storefront import Storefront
from portal.subscriptions.finding import Holder, holder_named
from portal.subscriptions.stykite import own_id
from portal.web.programs.caller import site_of
from portal.web.programs.handle import Answer, Call

PATH = "/compat/v1/company/{company:str}/country/{country:str}/customer"
ONE = f"{PATH}/{{customer:str}}"
NOT_FOUND = ("not_found",)
ABOUT: Any = {"tag": "002", "problem": Refused}


async def market_of(call: Call[Any]) -> Storefront:
    """Return the site that the path names, if it and the company are the key's.

    Raises:
        NotFound: one of them is not.
    """
    company, country = call.path["company"], call.path["country"]
    if own_id("comp", company) != call.caller.company:
        raise NotFound
    return await site_of(call.caller, own_id("site", country) or country)


async def subscriber_of(call: Call[Any]) -> tuple[dict[str, Any], Holder]:
    """Return the customer whom the path names, by the seller's id or ours, and what they hold.

    Raises:
        NotFound: the market has no such customer.
    """
    site, named = await market_of(call), call.path["customer"]
    company = call.caller.company
    found = await find(company, external_id=named) or await find(company, id=own_id("cust", named))
    holder = await holder_named(company, str(found.id)) if found else None
    if found is None or holder is None or holder.site != site.id:
        raise NotFound
    return found.to_dict(), holder


def told(value: Any, status: int = 200, *, about: str | None = None) -> Answer:
    """Answer in the document's envelope."""
    return Answer(status, {"status": True, "value": value}, about=about)
