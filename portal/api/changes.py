"""What is done to a subscription: looked at beforehand, changed, ended, paused."""

from __future__ import annotations

from litestar import post, put

from portal.api.subscription_asked import AddOnsWanted, CancelWanted, ChangeWanted
from portal.api.subscription_models import ChangedSubscription, Preview
from portal.api.subscriptions import READ, TAG, WRITE, found
from portal.subscriptions import on_behalf
from portal.subscriptions.on_behalf import Outcome
from portal.subscriptions.shown import change_shown, preview_shown, subscription_shown
from portal.web.programs.acting import asker_of
from portal.web.programs.described import described
from portal.web.programs.handle import Answer, Call, program

_DONE_OR_ASKED = {200: ChangedSubscription, 202: ChangedSubscription}
_NOT_SOLD = ("not_found", "plan_not_on_offer", "add_on_not_on_offer")
_EXAMPLES = {"more seats": {"quantity": 5}, "another plan": {"plan": "house", "interval": "year"}}


@post(
    "/v1/subscriptions/{id:str}/preview",
    opt=described(
        READ,
        "Work out what a change would cost, changing nothing",
        {200: Preview},
        body=ChangeWanted,
        refusals={404: _NOT_SOLD, 409: ("cannot_change",)},
        examples=_EXAMPLES,
        tag=TAG,
    ),
)
@program
async def preview_subscription(call: Call[ChangeWanted]) -> Answer:
    """Tell what Stripe says a change would cost."""
    holder, hold = await found(call)
    shown = await on_behalf.preview_change(call.caller.company, holder, hold, call.body.wanted)
    return Answer(200, preview_shown(shown.quote, shown.today, has_card=shown.has_card))


@post(
    "/v1/subscriptions/{id:str}/change",
    opt=described(
        WRITE,
        "Change a subscription's plan, interval, quantity or add-ons",
        _DONE_OR_ASKED,
        body=ChangeWanted,
        refusals={404: _NOT_SOLD, 409: ("cannot_change",)},
        examples=_EXAMPLES,
        tag=TAG,
    ),
)
@program
async def change_subscription(call: Call[ChangeWanted]) -> Answer:
    """Have a plan changed: dearer at once, cheaper as its declaration says."""
    return _told(
        await on_behalf.change_plan(
            call.caller.company, *await found(call), call.body.wanted, asker_of(call)
        )
    )


@put(
    "/v1/subscriptions/{id:str}/add_ons",
    opt=described(
        WRITE,
        "Set what is held beside the plan",
        _DONE_OR_ASKED,
        body=AddOnsWanted,
        refusals={404: _NOT_SOLD, 409: ("cannot_change",)},
        examples={"three copies": {"add_ons": [{"key": "print", "quantity": 3}]}},
        tag=TAG,
    ),
)
@program
async def set_add_ons(call: Call[AddOnsWanted]) -> Answer:
    """Have exactly these add-ons beside a plan, and what is counted."""
    return _told(
        await on_behalf.change_plan(
            call.caller.company, *await found(call), call.body.wanted, asker_of(call)
        )
    )


@post(
    "/v1/subscriptions/{id:str}/cancel",
    opt=described(
        WRITE,
        "Cancel a subscription, when its period ends or now",
        _DONE_OR_ASKED,
        body=CancelWanted,
        refusals={404: ("not_found",), 409: ("nothing_to_end", "cannot_change")},
        examples={"with its period": {"reason": "unused"}, "now": {"when": "now"}},
        tag=TAG,
    ),
)
@program
async def cancel_subscription(call: Call[CancelWanted]) -> Answer:
    """Have a plan end. Nothing is given back of one that ends now."""
    return _told(
        await on_behalf.end_plan(
            call.caller.company,
            *await found(call),
            reason=call.body.reason or "",
            at_once=call.body.when == "now",
            by=asker_of(call),
        )
    )


@post(
    "/v1/subscriptions/{id:str}/keep",
    opt=described(
        WRITE,
        "Take a cancellation back",
        _DONE_OR_ASKED,
        refusals={404: ("not_found",), 409: ("nothing_to_end", "cannot_change")},
        tag=TAG,
    ),
)
@program
async def keep_subscription(call: Call[None]) -> Answer:
    """Have a plan go on that was cancelled; one that was not stays as it is."""
    return _told(
        await on_behalf.take_back_end(call.caller.company, *await found(call), asker_of(call))
    )


@post(
    "/v1/subscriptions/{id:str}/pause",
    opt=described(
        WRITE,
        "Pause a subscription: nothing is charged until it is resumed",
        _DONE_OR_ASKED,
        refusals={404: ("not_found",), 409: ("cannot_change",)},
        tag=TAG,
    ),
)
@program
async def pause_subscription(call: Call[None]) -> Answer:
    """Pause a plan that may be; one that is paused stays so."""
    return _told(await on_behalf.rest(call.caller.company, *await found(call), asker_of(call)))


@post(
    "/v1/subscriptions/{id:str}/resume",
    opt=described(
        WRITE,
        "Resume a paused subscription",
        _DONE_OR_ASKED,
        refusals={404: ("not_found",), 409: ("cannot_change",)},
        tag=TAG,
    ),
)
@program
async def resume_subscription(call: Call[None]) -> Answer:
    """Have a paused plan charged again; one that is not paused stays as it is."""
    return _told(await on_behalf.go_on(call.caller.company, *await found(call), asker_of(call)))


def _told(outcome: Outcome) -> Answer:
    """Tell the subscription with its change: 202 while Stripe has not done it yet."""
    shown = subscription_shown(outcome.customer, outcome.hold)
    told = shown | {"change": change_shown(outcome.change)}
    return Answer(200 if outcome.is_settled else 202, told)
