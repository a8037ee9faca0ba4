"""Document 003: what changes of a customer, and who is billed, and where."""

from __future__ import annotations

from litestar import post

from portal.compat.chargebee_door import ONE, REFUSED, SAID
from portal.compat.chargebee_finding import named, told
from portal.compat.chargebee_models import BillingInfo, ChargebeeChange
from portal.compat.chargebee_read import (
    billed_after,
    billed_to,
    details_after,
    email_of_bills,
    profile_given,
)
from portal.compat.chargebee_shapes import ChargebeeCustomer
from portal.customers.known import details_of
from portal.customers.profile import Profile, profile_of
from portal.onboarding.asked import Asked
from portal.onboarding.change import change_customer
from portal.web.programs.call import Answer, Call
from portal.web.programs.described import described
from portal.web.programs.handle import program


@post(
    ONE,
    name="compat.chargebee.update",
    status_code=200,
    opt=described(
        "customers:write",
        "Change a customer, but for address and VAT number",
        {200: ChargebeeCustomer},
        body=ChargebeeChange,
        form=True,
        refusals=REFUSED,
        examples={"another name": {"first_name": "Jane"}},
        **SAID,
    ),
)
@program
async def update_chargebee_customer(call: Call[ChargebeeChange]) -> Answer:
    """Change what is passed of a customer; the rest stays."""
    known = await named(call.caller, call.path["customer"])
    before = profile_of(known.to_dict()).given["metadata"]
    asked = Asked(
        profile=profile_given(call.body, before),
        quiet=call.quiet,
        same_email="another",
        key=call.actor,
    )
    after = await change_customer(known, details_after(call.body, details_of(known)), asked)
    return Answer(200, await told(after), about=str(known.id))


@post(
    [f"{path}/update_billing_info" for path in ONE],
    name="compat.chargebee.bill",
    status_code=200,
    opt=described(
        "customers:write",
        "Replace who is billed, where, and their VAT number",
        {200: ChargebeeCustomer},
        body=BillingInfo,
        form=True,
        refusals=REFUSED,
        examples={"a VAT number": {"vat_number": "GB980780684"}},
        **SAID,
    ),
)
@program
async def update_chargebee_billing_info(call: Call[BillingInfo]) -> Answer:
    """Replace the billing info: what is not passed is taken away."""
    known, address = await named(call.caller, call.path["customer"]), call.body.billing_address
    asked = Asked(
        profile=Profile(billing_email=email_of_bills(address)),
        billed_to=billed_to(address),
        quiet=call.quiet,
        key=call.actor,
    )
    after = await change_customer(known, billed_after(call.body, details_of(known)), asked)
    return Answer(200, await told(after), about=str(known.id))
