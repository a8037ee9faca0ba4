"""Door 002: a customer is made and subscribed in one call; asked after, changed, ended."""

from __future__ import annotations

from typing import Any

from litestar import get, post, put

from portal.compat import autosubscribe_models as models
from portal.compat import autosubscribe_words as words
from portal.compat.autosubscribe_place import (
    ABOUT,
    NOT_FOUND,
    ONE,
    PATH,
    market_of,
    subscriber_of,
    told,
)
from portal.compat.taking_in import plan_named, take_in
from portal.customers.lenient import read_program_details
from portal.customers.profile import Profile
from portal.errors import NotFound, Problem
from portal.onboarding.asked import Asked
from portal.onboarding.portal_page import account_page
from portal.subscriptions import on_behalf
from portal.subscriptions.finding import Holder
from portal.subscriptions.held import held_by
from portal.subscriptions.hold import Hold
from portal.subscriptions.on_behalf import Wanted
from portal.web.programs.acting import asker_of, needs_too
from portal.web.programs.described import described
from portal.web.programs.handle import Answer, Call, program
from portal.web.programs.problems import WrongValues

_NO_END = Problem(
    "end_date_refused",
    "A subscription ends with its period, or at once: cancel it with END_OF_CYCLE or IMMEDIATE.",
)


@post(
    PATH,
    opt=described(
        "customers:write",
        "Create a customer with auto subscribe",
        {200: models.Made},
        body=models.NewSubscriber,
        also={"trials:override": ("trial_days",)},
        refusals={
            404: (*NOT_FOUND, "plan_not_on_offer"),
            409: ("email_taken", "external_id_taken"),
            422: ("invalid_details", "refused_by_stripe"),
        },
        examples={"all there is": words.EXAMPLE},
        **ABOUT,
    ),
)
@program
async def create_subscriber(call: Call[models.NewSubscriber]) -> Answer:
    """Make a customer with the default plan, or the one named; who is known keeps their own."""
    site, wanted = await market_of(call), call.body
    if wanted.trial_days is not None:
        needs_too(call.caller, "trials:override")
    plan = wanted.plan_id or site.default_plan
    chosen = await plan_named(site, plan, trial_days=wanted.trial_days)
    details, _ = await read_program_details(words.given(wanted), site)
    asked = Asked(
        profile=Profile(external_id=wanted.customer_identifier),
        key=call.actor,
        sites=(site.id,),
        quiet=call.quiet,
        noted=None if call.made else call.note_made,
    )
    # The default plan is for who never had any. Nobody is subscribed again to what they left.
    taken = await take_in(site, details, chosen, asked, only_first=wanted.plan_id is None)
    value = words.customer_value(taken.customer.to_dict())
    if taken.how == "known" and (hold := await held_by(taken.id)):
        value["subscription"] = words.subscription_value(hold)
    if taken.sold in ("ended", "unpaid"):
        value["account_link"] = account_page()
    return told(value, about=taken.id)


@get(
    ONE,
    opt=described(
        "subscriptions:read",
        "Get customer and subscription details",
        {200: models.Found},
        refusals={404: NOT_FOUND},
        **ABOUT,
    ),
)
@program
async def retrieve_subscriber(call: Call[None]) -> Answer:
    """Tell a customer with the subscription."""
    customer, holder = await subscriber_of(call)
    hold = holder.held[0] if holder.held else None
    value = words.customer_value(customer)
    return told(value | {"subscription": words.subscription_value(hold)})


@put(
    f"{ONE}/subscription",
    opt=described(
        "subscriptions:write",
        "Update subscription",
        {200: models.Changed, 202: models.Changed},
        body=models.SubscriptionWanted,
        refusals={
            404: (*NOT_FOUND, "plan_not_on_offer", "add_on_not_on_offer"),
            409: ("cannot_change",),
            422: ("end_date_refused",),
        },
        examples={"another plan": {"plan_id": "house", "quantity": 2}},
        **ABOUT,
    ),
)
@program
async def update_subscriber(call: Call[models.SubscriptionWanted]) -> Answer:
    """Change the plan or how many of it there are."""
    wanted = call.body
    holder, hold = await _held(call, wanted.subscription_tsid)
    if wanted.end_date is not None:
        raise WrongValues({("end_date",): _NO_END}, "end_date_refused")
    change = Wanted(plan=wanted.plan_id, quantity=wanted.quantity)
    return _changed(
        await on_behalf.change_plan(call.caller.company, holder, hold, change, asker_of(call))
    )


@post(
    f"{ONE}/cancel_subscription",
    opt=described(
        "subscriptions:write",
        "Cancel subscription",
        {200: models.Changed, 202: models.Changed},
        body=models.CancelWanted,
        refusals={404: NOT_FOUND, 409: ("nothing_to_end", "cannot_change")},
        examples={"with its period": {"when": "END_OF_CYCLE"}},
        **ABOUT,
    ),
)
@program
async def cancel_subscriber(call: Call[models.CancelWanted]) -> Answer:
    """Have the subscription end, with its period or at once."""
    holder, hold = await _held(call, call.body.subscription_tsid)
    return _changed(
        await on_behalf.end_plan(
            call.caller.company,
            holder,
            hold,
            reason="",
            at_once=call.body.when == "IMMEDIATE",
            by=asker_of(call),
        )
    )


async def _held(call: Call[Any], named: str | None) -> tuple[Holder, Hold]:
    """Return the subscription that is named, else the one that lives."""
    _, holder = await subscriber_of(call)
    hold = holder.hold(named) if named else next(iter(holder.held), None)
    if hold is None:
        raise NotFound
    return holder, hold


def _changed(outcome: on_behalf.Outcome) -> Answer:
    value = words.subscription_value(outcome.hold)
    return told(value, status=200 if outcome.is_settled else 202)
