"""Lead a customer to their billing portal."""

from __future__ import annotations

from litestar import post

from portal.api.subscription_asked import PortalSessionWanted
from portal.api.subscription_models import PortalSession
from portal.customers.finding import find
from portal.errors import NotFound
from portal.onboarding.portal_page import portal_page
from portal.web.programs.acting import may_see
from portal.web.programs.described import described
from portal.web.programs.handle import Answer, Call, program


@post(
    "/v1/portal_sessions",
    opt=described(
        "portal:create",
        "Create a session of Stripe's billing portal",
        {201: PortalSession},
        body=PortalSessionWanted,
        refusals={
            404: ("not_found",),
            422: ("return_url_not_listed",),
            429: ("cards_held",),
        },
        examples={"to add a card": {"customer": "cust_01k9x", "flow": "payment_method_update"}},
        tag="Portal sessions",
        kept=False,
    ),
)
@program
async def create_portal_session(call: Call[PortalSessionWanted]) -> Answer:
    """Mint a session. Its address is a credential: lead there at once, and keep it nowhere."""
    wanted = call.body
    customer = await find(call.caller.company, id=wanted.customer)
    if customer is None or not may_see(call.caller, str(customer.site)):
        raise NotFound
    url = await portal_page(customer, return_url=wanted.return_url, flow=wanted.flow is not None)
    told = {"object": "portal_session", "customer": wanted.customer, "url": url}
    return Answer(201, told, {"cache-control": "no-store"})
