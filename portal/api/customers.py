"""Customers: one made, one retrieved."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import get, post

from portal.api.customer_models import AddressSent, CustomerTold, NewCustomer
from portal.customers.directory import customer_of
from portal.customers.erased import says_erased
from portal.customers.finding import find
from portal.customers.lenient import read_program_details
from portal.customers.shown import tombstone
from portal.customers.tables import Customer
from portal.errors import NotFound, Problem
from portal.onboarding.asked import Asked
from portal.onboarding.shown import told_of
from portal.onboarding.signup import sign_up
from portal.plans.catalogue import Chosen, choose
from portal.plans.offers import offers_of
from portal.sites.storefront import Storefront
from portal.web.programs.caller import Caller, site_of
from portal.web.programs.described import described
from portal.web.programs.handle import Answer, Call, program
from portal.web.programs.problems import Gone

_KNOWN = {"message": "Customer already exists"}


@post(
    "/v1/customers",
    name="api.customers.create",
    opt=described(
        "customers:write",
        "Make a customer and subscribe them to a plan",
        {201: CustomerTold, 200: CustomerTold},
        body=NewCustomer,
        examples={
            "a customer": {
                "email": "ada@lovelace.example",
                "site": "1",
                "first_name": "Ada",
                "last_name": "Lovelace",
                "organisation": "Analytical Engines Ltd",
                "phone": "+44 20 7946 0958",
                "address": {
                    "line1": "12 St James’s Square",
                    "city": "London",
                    "postal_code": "SW1Y 4JH",
                    "country": "GB",
                },
                "language": "en",
                "plan": "studio",
                "interval": "month",
            }
        },
        refusals={404: ("plan_not_on_offer", "not_found"), 422: ("invalid_details",)},
    ),
)
@program
async def create_customer(call: Call[NewCustomer]) -> Answer:
    """Make a customer; whoever is known by their e-mail address stays as they are."""
    if call.made:
        return Answer(201, await told_of(await customer_of(call.made)))
    wanted = call.body
    site = await site_of(call.caller, wanted.site)
    chosen = await _chosen(site, wanted)
    details, warnings = await read_program_details(_given(wanted), site)
    asked = Asked(key=call.actor, quiet=call.quiet, noted=call.note_made)
    signed_up = await sign_up(site, details, chosen=chosen, source="api", asked=asked)
    told = await told_of(await customer_of(signed_up.customer), warnings=_codes(warnings))
    if signed_up.is_new:
        return Answer(201, told)
    return Answer(200, told | _KNOWN)


@get(
    "/v1/customers/{customer:str}",
    name="api.customers.retrieve",
    opt=described(
        "customers:read",
        "Retrieve a customer",
        {200: CustomerTold},
        refusals={410: ("customer_deleted", "customer_erased")},
    ),
)
@program
async def retrieve_customer(call: Call[None]) -> Answer:
    """Tell all there is of a customer."""
    return Answer(200, await told_of(await customer_named(call.caller, call.path["customer"])))


async def customer_named(caller: Caller, customer_id: str) -> Customer:
    """Return the caller's customer of this id.

    Raises:
        NotFound: there is none, or not for this key: told alike.
        Gone: they were deleted or erased.
    """
    found = await find(caller.company, id=customer_id)
    if found is None or (caller.sites and str(found.site) not in caller.sites):
        raise NotFound
    if says_erased(str(found.status)):
        raise Gone(tombstone(customer_id, found.updated_at), "customer_erased")
    return found


async def _chosen(site: Storefront, wanted: NewCustomer) -> Chosen | None:
    key = wanted.plan if "plan" in wanted.model_fields_set else site.default_plan
    if key is None:
        return None
    return choose(await offers_of(site), key, wanted.interval, site.currency)


def _given(wanted: NewCustomer) -> dict[str, str]:
    """Return what was sent by the names that the sign-up form has for it."""
    names = ("email", "first_name", "last_name", "organisation", "phone", "language")
    given = {name: getattr(wanted, name) or "" for name in names}
    address = wanted.address or AddressSent()
    return given | {name: value or "" for name, value in address.model_dump().items()}


def _codes(warnings: Mapping[str, Problem]) -> list[str]:
    return [warning.code for warning in warnings.values()]
