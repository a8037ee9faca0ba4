"""A customer's picture: kept, shown, taken away."""

from __future__ import annotations

from litestar import delete, get, put

from portal.api.customer_models import CustomerTold
from portal.api.customers import customer_named
from portal.customers.avatar import avatar_of, avatar_version, keep_avatar, remove_avatar
from portal.errors import NotFound
from portal.onboarding.shown import told_of
from portal.web.programs.call import Answer, Call
from portal.web.programs.described import described
from portal.web.programs.handle import program

_PATH = "/v1/customers/{customer:str}/avatar"
_GONE = {410: ("customer_deleted", "customer_erased")}


@put(
    _PATH,
    name="api.avatars.put",
    opt=described(
        "customers:write",
        "Give a customer a picture",
        {200: CustomerTold},
        file="avatar",
        refusals={**_GONE, 422: ("invalid_details",)},
    ),
)
@program
async def put_avatar(call: Call[None]) -> Answer:
    """Keep a picture, drawn anew, in the place of the one that was there."""
    customer = await customer_named(call.caller, call.path["customer"])
    company = call.caller.company
    await keep_avatar(str(customer.id), company, call.files["avatar"], actor=call.actor)
    return Answer(200, await told_of(customer))


@get(
    _PATH,
    name="api.avatars.show",
    opt=described("customers:read", "Show a customer's picture", {200: None}, refusals=_GONE),
)
@program
async def show_avatar(call: Call[None]) -> Answer:
    """Answer with the picture itself, as WebP."""
    customer = await customer_named(call.caller, call.path["customer"])
    image = await avatar_of(str(customer.id), await avatar_version(str(customer.id)))
    if image is None:
        raise NotFound
    return Answer(200, image, media_type="image/webp")


@delete(
    _PATH,
    name="api.avatars.remove",
    status_code=200,
    opt=described("customers:write", "Take a customer's picture away", {204: None}, refusals=_GONE),
)
@program
async def remove_an_avatar(call: Call[None]) -> Answer:
    """Forget the picture; once more, nothing happens."""
    customer = await customer_named(call.caller, call.path["customer"])
    await remove_avatar(str(customer.id), call.caller.company, actor=call.actor)
    return Answer(204)
