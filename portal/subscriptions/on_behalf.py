"""What a seller's program has done to a customer's plan: asked for, and waited for a little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.errors import PortalError, Problem
from portal.plans.catalogue import Offer, PlanNotOnOffer, Pricing, choose
from portal.sites.storefront import site_of
from portal.subscriptions.cancel import NothingToEnd, cancel_plan, keep_plan
from portal.subscriptions.change_words import refusal_of
from portal.subscriptions.changes import Asker, Change, settled
from portal.subscriptions.choices import choice_at, choices_of
from portal.subscriptions.estimate import Shown, looked_at
from portal.subscriptions.finding import Holder, holder_of
from portal.subscriptions.hold import Hold
from portal.subscriptions.parts import ADD_ON, ADD_ONS, QUANTITY
from portal.subscriptions.pause import pause_plan, resume_plan
from portal.subscriptions.switch import switch_plan
from portal.subscriptions.switching import NO_PLAN, CannotChange

PATIENCE_S = 4.0
"""So long a program waits for Stripe, before it is told that the change is still asked for."""

NOT_PAUSABLE = Problem("not_pausable", "This plan cannot be paused, or not as it stands now.")


class AddOnNotOnOffer(PortalError):
    """The plan is not sold with this."""

    status = 404
    code = "add_on_not_on_offer"
    sentence = "That add-on is not sold beside this plan, or not at this interval and currency."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What there shall be; None: as it is. A plan by its key or id, add-ons by key with a number.

    All add-ons are named that shall be there, save those whose use is counted.
    """

    plan: str | None = None
    interval: str | None = None
    quantity: int | None = None
    add_ons: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A subscription as it stands now, and the change of it; None: there was nothing to do."""

    customer: str
    hold: Hold
    change: Change | None

    @property
    def is_settled(self) -> bool:
        """Tell whether it is done."""
        return self.change is None or self.change.state != "asked"


async def preview_change(company: str, holder: Holder, hold: Hold, wanted: Wanted) -> Shown:
    """Ask Stripe what a change would cost, changing nothing.

    Raises:
        CannotChange, PlanNotOnOffer, AddOnNotOnOffer: it cannot be made, or not now.
        TooMany: twenty such questions about one customer within five minutes.
        EffectError: Stripe did not tell.
    """
    _refuse_former(holder, hold)
    offer, pricing = await _picked(holder, hold, wanted)
    asked = _asked(wanted, offer, pricing)
    return await looked_at(company, holder.customer, offer, pricing, asked)


async def change_plan(
    company: str, holder: Holder, hold: Hold, wanted: Wanted, by: Asker
) -> Outcome:
    """Have a plan changed for what Stripe says now that it costs. Raises as `preview_change`."""
    if by.made:
        return await _outcome(company, holder, hold, by.made)
    shown = await preview_change(company, holder, hold, wanted)
    change = await switch_plan(company, holder.customer, shown.quote, by=by)
    return await _outcome(company, holder, hold, change)


async def end_plan(
    company: str, holder: Holder, hold: Hold, *, reason: str, at_once: bool, by: Asker
) -> Outcome:
    """Have a plan end, when its period does or at once.

    Raises:
        NothingToEnd: it is over.
    """
    if by.made:
        return await _outcome(company, holder, hold, by.made)
    if not _is_present(holder, hold):
        raise NothingToEnd
    change = await cancel_plan(company, holder.customer, reason=reason, at_once=at_once, by=by)
    return await _outcome(company, holder, hold, change)


async def take_back_end(company: str, holder: Holder, hold: Hold, by: Asker) -> Outcome:
    """Take a cancellation back; nothing is done where there is none. Raises as `end_plan`."""
    if by.made:
        return await _outcome(company, holder, hold, by.made)
    if not _is_present(holder, hold):
        raise NothingToEnd
    change = await keep_plan(company, holder.customer, by=by)
    return await _outcome(company, holder, hold, change)


async def rest(company: str, holder: Holder, hold: Hold, by: Asker) -> Outcome:
    """Have a plan paused; nothing is done where it is.

    Raises:
        CannotChange: it cannot be paused, or something else is being done to it.
    """
    if by.made:
        return await _outcome(company, holder, hold, by.made)
    _refuse_former(holder, hold)
    change = await pause_plan(company, holder.customer, by=by)
    if change is None and not hold.collection_paused:
        raise CannotChange(NOT_PAUSABLE)
    return await _outcome(company, holder, hold, change)


async def go_on(company: str, holder: Holder, hold: Hold, by: Asker) -> Outcome:
    """Have a paused plan go on; nothing is done where it does.

    Raises:
        CannotChange: something else is being done to it.
    """
    if by.made:
        return await _outcome(company, holder, hold, by.made)
    _refuse_former(holder, hold)
    change = await resume_plan(company, holder.customer, by=by)
    return await _outcome(company, holder, hold, change)


def _is_present(holder: Holder, hold: Hold) -> bool:
    """Tell whether this is what the customer holds now, and not what they held before."""
    return hold.is_living and holder.held[0] == hold


def _refuse_former(holder: Holder, hold: Hold) -> None:
    if not _is_present(holder, hold):
        raise CannotChange(NO_PLAN)


async def _picked(holder: Holder, hold: Hold, wanted: Wanted) -> tuple[Offer, Pricing]:
    """Find the plan and price that are wanted among what this customer may choose."""
    site = await site_of(holder.site)
    interval = wanted.interval or hold.interval
    if wanted.plan in (None, hold.plan_key) and interval == hold.interval:
        return await choice_at(site, holder.customer, hold.price, held=hold.price)
    offers = await choices_of(site, holder.customer)
    named = wanted.plan or hold.plan_key
    key = next((offer.key for offer in offers if named in (offer.key, offer.id)), None)
    chosen = choose(offers, key, interval, hold.currency)
    if chosen.pricing.stripe_id is None:
        raise PlanNotOnOffer
    return chosen.offer, chosen.pricing


def _asked(wanted: Wanted, offer: Offer, pricing: Pricing) -> dict[str, str]:
    """Say what is wanted as `parts` reads it."""
    asked = {} if wanted.quantity is None else {QUANTITY: str(wanted.quantity)}
    if wanted.add_ons is None:
        return asked
    sold = {
        add_on.key
        for add_on in offer.add_ons
        if add_on.pricing(pricing.interval, pricing.currency) and not add_on.usage
    }
    if not wanted.add_ons.keys() <= sold:
        raise AddOnNotOnOffer
    named = {f"{ADD_ON}{key}": str(number) for key, number in wanted.add_ons.items()}
    return asked | {ADD_ONS: "1"} | named


async def _outcome(company: str, holder: Holder, hold: Hold, change_id: str | None) -> Outcome:
    """Wait a little for a change, and tell how things stand then.

    Raises:
        CannotChange: Stripe refused it.
    """
    change = None
    if change_id:
        change = await settled(company, holder.customer, change_id, wait_s=PATIENCE_S)
    if change and change.state == "refused":
        problem = refusal_of(change.problem)
        code = change.problem if problem.code == "card_refused" else problem.code
        raise CannotChange(Problem(code, problem.sentence))
    after = await holder_of(company, hold.stripe_id)
    found = after.hold(hold.stripe_id) if after else None
    return Outcome(holder.customer, found or hold, change)
