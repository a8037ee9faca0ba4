"""What will happen if a plan is changed: asked of Stripe, changing nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import msgspec

from portal import clock
from portal.access.limits import never_more, wait_before
from portal.billing.billed import BilledSubscription
from portal.billing.billed_invoices import BilledPreview
from portal.billing.gateway import REQUEST_S, gateway_of
from portal.billing.stripe_gateway import StripeGateway
from portal.errors import NotBegun, TooMany
from portal.plans.catalogue import AddOn, Offer, Pricing, Taken
from portal.subscriptions.held import held_by
from portal.subscriptions.hold import HeldItem, Hold, made_of
from portal.subscriptions.parts import ASKED, asked_add_ons, asked_quantity, parts_of
from portal.subscriptions.quote import Quote
from portal.subscriptions.switching import (
    CHANGED,
    NOW,
    CannotChange,
    Parts,
    Terms,
    next_charge_at,
    preview_params,
    prorated_at,
    recurring_params,
    refuse_unchangeable,
    terms_of,
)

_NOTHING: Mapping[str, str] = MappingProxyType({})
_LOOKS = never_more(20, 300.0)


@dataclass(frozen=True, slots=True)
class Shown:
    """A quote, and the invoice behind what is due today: None where there is none."""

    quote: Quote
    offer: Offer
    today: BilledPreview | None
    has_card: bool
    usage: tuple[AddOn, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """By price, what is taken, with its quantity."""


async def count_look(customer: str) -> None:
    """Count one look at what a change would cost: each takes three calls at Stripe.

    Raises:
        TooMany: twenty within five minutes.
    """
    if wait := await wait_before({f"quote:{customer}": _LOOKS}):
        raise TooMany(again_in=wait)


async def looked_at(
    company: str, customer: str, offer: Offer, pricing: Pricing, asked: Mapping[str, str]
) -> Shown:
    """Return the quote as one look more; while Stripe is down none is counted.

    Raises:
        CannotChange, EffectError: see `quote_for`.
        TooMany: see `count_look`.
    """
    if (await gateway_of(company)).transport.is_down:
        raise NotBegun("Stripe is down.")
    await count_look(customer)
    return await quote_for(company, customer, offer, pricing, asked)


async def quote_for(
    company: str,
    customer: str,
    offer: Offer,
    pricing: Pricing,
    asked: Mapping[str, str] = _NOTHING,
) -> Shown:
    """Ask Stripe what a change would cost, changing nothing; `asked` as in `parts`.

    Raises:
        CannotChange: it cannot be made, or not now.
        EffectError: Stripe did not tell.
    """
    hold = await held_by(customer)
    refuse_unchangeable(hold, pricing)
    assert hold is not None
    quantity = asked_quantity(offer, hold, asked)
    taken = asked_add_ons(offer, pricing, hold, asked)
    gateway = await gateway_of(company)
    found = await _as_held(gateway, hold)
    keys = {item.price_stripe_id: item.key for item in hold.add_ons}
    parts = parts_of(found, pricing, quantity, taken, keys)
    terms = terms_of(found, pricing.interval, parts, downgrade=hold.downgrade)
    today, after = await _previews(gateway, found.stripe_id, terms)
    things = _things(offer, parts, taken)
    quote = msgspec.structs.replace(
        _quote(customer, found, pricing, terms, today, after),
        wanted=parts.wanted,
        made_of=made_of(things)[:500],
        asked={name: text for name, text in asked.items() if name.startswith(ASKED)},
    )
    usage = tuple(each.add_on for each in taken if each.add_on.usage)
    names = {thing.price_stripe_id: thing.words for thing in things}
    return Shown(quote, offer, today, hold.card is not None, usage, names)


async def _as_held(gateway: StripeGateway, hold: Hold) -> BilledSubscription:
    """Fetch what is held as Stripe has it now, if that is what our copy says."""
    found = await gateway.fetch_subscription(hold.stripe_id, within_s=REQUEST_S)
    if found.price_stripe_id != hold.price_stripe_id or found.status != hold.status:
        raise CannotChange(CHANGED)
    return found


async def _previews(
    gateway: StripeGateway, subscription: str, terms: Terms
) -> tuple[BilledPreview | None, BilledPreview]:
    """Have drawn up what comes today, where something does, and what comes each time after."""
    coming = gateway.preview(recurring_params(subscription, terms.update))
    if not terms.is_prorated:
        return None, await coming
    today = gateway.preview(preview_params(subscription, terms.update))
    return await asyncio.gather(today, coming)


def _things(offer: Offer, parts: Parts, taken: Sequence[Taken]) -> list[HeldItem]:
    """Return what there shall be as if it were held already, so that it is said alike."""
    price, quantity = next(iter(parts.wanted.items()))
    plan = HeldItem("", price, quantity, name=offer.name, sold_by=offer.quantity)
    return [plan, *(_thing(each) for each in taken)]


def _thing(each: Taken) -> HeldItem:
    return HeldItem(
        "",
        each.pricing.stripe_id or "",
        each.quantity,
        name=each.add_on.name,
        is_add_on=True,
        sold_by=each.add_on.quantity,
        usage=each.add_on.usage,
    )


def _quote(
    customer: str,
    found: BilledSubscription,
    pricing: Pricing,
    terms: Terms,
    today: BilledPreview | None,
    after: BilledPreview,
) -> Quote:
    assert pricing.stripe_id is not None
    moment = prorated_at(today) if today else None
    dated = {} if moment is None else {"proration_date": int(moment.timestamp())}
    return Quote(
        customer=customer,
        subscription=found.stripe_id,
        held_price=found.price_stripe_id,
        price=pricing.id,
        price_stripe_id=pricing.stripe_id,
        interval=pricing.interval,
        when=terms.when,
        update=terms.update | dated,
        currency=found.currency,
        total=today.total if today else 0,
        due=today.amount_due if today else 0,
        next_amount=after.total,
        next_at=_seconds(next_charge_at(found, today)),
        takes_effect_at=None if terms.when == NOW else _seconds(found.period_ends_at),
        made_at=int(clock.now().timestamp()),
        held=found.composition,
    )


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
