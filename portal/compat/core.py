"""Door 001: a customer is created, with all that another system knew of them; and listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import get, post

from portal.access.password_import import ReadyPassword, ready_import
from portal.access.ways_in import who_has_passwords
from portal.compat import core_shapes as shapes
from portal.compat.core_models import (
    Customers,
    CustomersAsked,
    CustomerTold,
    NewCustomer,
    SiteAsked,
)
from portal.compat.taking_in import TakenIn, at_stripe, take_in
from portal.customers.avatar import drawn, keep_drawn
from portal.customers.directory import customer_of
from portal.customers.lenient import read_program_details
from portal.customers.listing import Wanted, list_customers
from portal.customers.profile_read import read_profile
from portal.customers.shown import customers_shown
from portal.customers.tables import Customer
from portal.errors import InvalidDetails
from portal.onboarding.adopt import examine
from portal.onboarding.arrival import WAIT_S
from portal.onboarding.asked import Asked
from portal.onboarding.begin_anew import refused_for_good
from portal.onboarding.looked_up import looked_up
from portal.sites.storefront import Storefront
from portal.subscriptions.profiles import KeptProfile, profiles_of
from portal.web.programs.acting import needs_too
from portal.web.programs.call import Answer, Call
from portal.web.programs.caller import site_of
from portal.web.programs.described import described
from portal.web.programs.handle import program

_PATH = "/compat/core/v1/customers"
_IMPORT = "customers:import"


@post(
    _PATH,
    opt=described(
        "customers:write",
        "Create a customer",
        {201: CustomerTold},
        body=NewCustomer,
        query=SiteAsked,
        also={_IMPORT: shapes.ONLY_IMPORTS},
        refusals={
            404: ("not_found",),
            409: ("email_taken", "external_id_taken", "gateway_customer_taken"),
            422: (
                *("invalid_details", "identity_missing", "password_missing", "unusable_password"),
                *("gateway_customer_missing", "gateway_customer_unknown", "refused_by_stripe"),
            ),
        },
        examples={"nearly all there is": shapes.EXAMPLE},
        multipart=True,
        tag="001",
    ),
)
@program
async def create_core_customer(call: Call[NewCustomer]) -> Answer:
    """Make a customer without a plan; an e-mail or identifier that is taken is refused."""
    site = await site_of(call.caller, call.asked(SiteAsked).site_id)
    if call.made:
        taken = TakenIn(await customer_of(call.made), "mended")
    else:
        taken = await _make(call, site)
    if call.body.payment_gateway_id:
        await at_stripe(taken, WAIT_S, actor=call.actor)
    (told,) = await _told([await customer_of(taken.id)], site)
    return Answer(201, told)


@get(
    _PATH,
    opt=described(
        "customers:read",
        "List customers",
        {200: Customers},
        query=CustomersAsked,
        refusals={404: ("not_found",)},
        tag="001",
    ),
)
@program
async def list_core_customers(call: Call[None]) -> Answer:
    """List a site's customers, the newest first, each with their default payment method."""
    asked = call.asked(CustomersAsked)
    site = await site_of(call.caller, asked.site_id)
    wanted = Wanted(sites=(site.id,), after=asked.starting_after, limit=asked.limit)
    listed = await list_customers(call.caller.company, wanted)
    data = await _told(listed.found, site)
    page = {"object": "list", "url": call.url, "has_more": listed.has_more, "data": data}
    return Answer(200, page)


async def _make(call: Call[NewCustomer], site: Storefront) -> TakenIn:
    """Read and check all that was sent, then make the customer."""
    said, sent = call.body, call.files.get("avatar")
    if any(getattr(said, name) for name in shapes.ONLY_IMPORTS):
        needs_too(call.caller, _IMPORT)
    shapes.refuse_unfinished(said)
    try:
        details, _ = await read_program_details(
            shapes.form_of(said), site, skip_dns=said.skip_email_dns_validations
        )
        profile = read_profile(shapes.profile_of(said))
        picture = None if sent is None else await drawn(sent, call.request_id)
    except InvalidDetails as invalid:
        raise shapes.by_their_names(invalid.problems) from invalid
    asked = Asked(
        profile=profile,
        consents=shapes.consents_of(said),
        quiet=call.quiet,
        same_email="refuse",
        key=call.actor,
        adopts=said.payment_gateway_id or "",
        imports_methods=said.import_payment_methods,
        password=await _password(said),
        noted=call.note_made,
    )
    if not await refused_for_good(site, details, asked):
        asked = await looked_up(site.company_id, details, asked)
    elif asked.adopts:
        await examine(site.company_id, asked.adopts)
    taken = await take_in(site, details, None, asked, verified=said.email_verified)
    if picture is not None:
        await keep_drawn(taken.id, site.company_id, picture, actor=call.actor)
    return taken


async def _password(said: NewCustomer) -> ReadyPassword | None:
    if said.password is None:
        return None
    return await ready_import(said.password, said.password_type or "password_bcrypt")


async def _told(customers: Sequence[Customer], site: Storefront) -> list[dict[str, Any]]:
    ids = [str(customer.id) for customer in customers]
    shown, profiles = await customers_shown(customers), await profiles_of(ids)
    with_password = await who_has_passwords(ids)
    return [
        shapes.told(
            one,
            customer.to_dict(),
            site.number,
            _source(profiles.get(one["id"])),
            has_password=one["id"] in with_password,
        )
        for one, customer in zip(shown, customers, strict=True)
    ]


def _source(profile: KeptProfile | None) -> dict[str, Any] | None:
    if profile is None or not profile.payment_method:
        return None
    return {
        "id": profile.payment_method,
        "brand": profile.card_brand or None,
        "last4": profile.card_last4 or None,
        "exp_month": profile.card_exp_month or None,
        "exp_year": profile.card_exp_year or None,
    }
