"""A plan is changed at Stripe: as it was shown, and as long as it is what was shown."""

from __future__ import annotations

from portal.billing.billed import BilledSubscription, CardRefused, PlannedPrice
from portal.database import run_sql
from portal.errors import Refused
from portal.operations.backoff import key_of
from portal.operations.step import Claimed, Mended, Step
from portal.subscriptions.cancel import let_go
from portal.subscriptions.change_mail import owe_mail
from portal.subscriptions.change_steps import and_then, running, seen_after, write_refused
from portal.subscriptions.change_words import TO_CONFIRM
from portal.subscriptions.payment import AUTHENTICATION_REQUIRED, outcome_of
from portal.subscriptions.quote import moment_of
from portal.subscriptions.switching import preview_params
from portal.subscriptions.sync import Look


async def _switch(op: Claimed) -> Look:
    """Make the change, unless Stripe would charge something else for it than was shown."""
    gateway, found = await running(op)
    if not _is_wanted(op, found.price_stripe_id, found.composition):
        _refuse_changed(op, found)
        update = op.params["update"]
        if update["proration_behavior"] != "none":
            told = await gateway.preview(preview_params(found.stripe_id, update))
            if (told.total, told.amount_due) != (op.params["total"], op.params["due"]):
                # Another worker's try may have made this very change since the look.
                found = await gateway.fetch_subscription(found.stripe_id)
                if _is_wanted(op, found.price_stripe_id, found.composition):
                    return await seen_after(op)
                raise Refused("stale", said="Stripe would charge another amount than was shown.")
        await let_go(op, gateway, found)
        key = key_of(op, gateway.account)
        await gateway.update_subscription(found.stripe_id, update, key=key)
    return await seen_after(op)


async def _plan(op: Claimed) -> Look:
    """Have the change come when the period ends."""
    gateway, found = await running(op)
    coming = found.planned
    if coming is None or not _is_wanted(op, coming.price_stripe_id, dict(coming.items)):
        _refuse_changed(op, found)
        at = moment_of(op.params["at"])
        if at is None or found.period_ends_at != at:
            raise Refused("changed_meanwhile")
        if found.planned:
            await let_go(op, gateway, found)
        await gateway.plan_price(
            found.stripe_id,
            PlannedPrice(op.params["price"], at, tuple(_wanted(op, found).items())),
            {"duration": {"interval": op.params["interval"], "interval_count": 1}},
            marks={"portal": op.company, "operation": op.op_id},
            key=key_of(op, gateway.account),
        )
    return await seen_after(op)


async def _stay(op: Claimed) -> Look:
    gateway, found = await running(op)
    if found.schedule == op.params["schedule"]:
        await let_go(op, gateway, found)
    return await seen_after(op)


def _wanted(op: Claimed, found: BilledSubscription) -> dict[str, int | None]:
    """Return all that there shall be; what an earlier release wrote names the plan alone."""
    held = {op.params["price"]: found.items[0].quantity} | {
        item.price_stripe_id: item.quantity for item in found.items[1:]
    }
    wanted: dict[str, int | None] = op.params.get("wanted") or held
    return wanted


def _is_wanted(op: Claimed, price: str, composition: dict[str, int | None]) -> bool:
    """Tell whether this is what the change was to bring."""
    return bool(price == op.params["price"] and op.params.get("wanted", composition) == composition)


def _refuse_changed(op: Claimed, found: BilledSubscription) -> None:
    """Refuse what was shown of a plan that is another by now.

    Raises:
        Refused: somebody changed or cancelled it meanwhile.
    """
    item = op.params["update"]["items"][0]["id"]
    is_same = found.price_stripe_id == op.params["held_price"] and found.items[0].stripe_id == item
    is_same = is_same and op.params.get("held", found.composition) == found.composition
    if not is_same or found.cancel_at or found.cancel_at_period_end:
        raise Refused("changed_meanwhile")


async def _switched(op: Claimed, seen: Look) -> None:
    is_open = isinstance(seen.billed, BilledSubscription) and seen.billed.status == "past_due"
    if is_open:
        sql = "UPDATE plan_change SET problem = {} WHERE id = {}"
        await run_sql(sql, TO_CONFIRM, op.subject)
    await owe_mail(op, seen)


async def _not_switched(op: Claimed, refused: Refused) -> Mended | None:
    """Have a payment that only the person can confirm left open, so that they can."""
    update = op.params["update"]
    strict = {"payment_behavior": "error_if_incomplete"}.items() <= update.items()
    if isinstance(refused, CardRefused):
        if strict and outcome_of(refused) == AUTHENTICATION_REQUIRED:
            lenient = update | {"payment_behavior": "allow_incomplete"}
            return Mended({**op.params, "update": lenient})
        refused = Refused("card_declined")
    elif strict and refused.reason == "resource_missing":
        refused = Refused("card_missing")
    await write_refused(op, refused)
    return None


switch_step = Step(call=_switch, done=and_then(_switched), refused=_not_switched)
plan_step = Step(call=_plan, done=and_then(owe_mail), refused=write_refused)
stay_step = Step(call=_stay, done=and_then(owe_mail), refused=write_refused)
