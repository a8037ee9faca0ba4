"""What sellers' programs are told of a new copy, in the transaction that writes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from portal import clock
from portal.billing.billed import BilledSubscription
from portal.customers.erased import is_erased
from portal.database import run_sql
from portal.deliveries.announce import announce
from portal.deliveries.listeners import is_wanted_at
from portal.deliveries.quiet import LOUD, Quiet, read_quiet
from portal.subscriptions import stykite
from portal.subscriptions.happened import Former
from portal.subscriptions.held import all_held_by
from portal.subscriptions.hold import HeldItem, Hold
from portal.subscriptions.news import STATES, events_of
from portal.subscriptions.shown import item_shown, subscription_shown

ADDON, ADDON_002 = "addon.purchased", "addon.purchase.success"
STATUS_002 = "customer.subscription_status.update"
METHOD, TRIAL_ENDING = "payment_method.attached", "subscription.trial_ending"
# A change is told of soon after somebody asked for it, or it is not theirs.
_SOON = timedelta(minutes=15)


async def tell_of_plan(
    former: Former, news: Iterable[str], billed: BilledSubscription | None
) -> None:
    """Announce what a copy of a subscription tells that the last one did not."""
    news = tuple(news)
    is_collected = billed is None or not billed.collection_paused
    events = events_of(former.copy, news, is_collected=is_collected)
    if not events:
        return
    is_other_status = former.copy is None or bool(STATES & set(news)) or _turned(former, billed)
    candidates = (*events, ADDON, ADDON_002, *((STATUS_002,) if is_other_status else ()))
    wanted = {one for one in candidates if await _is_wanted(former, one)}
    if not wanted:
        return
    hold = await _hold_of(former)
    quiet = await _quiet_of(former)
    for event in wanted & set(events):
        await _tell(former, event, subscription_shown(former.customer, hold), quiet)
    if STATUS_002 in wanted:
        told = stykite.status_update(await _whose(former), hold, clock.now())
        await _tell(former, STATUS_002, told, quiet)
    for item in _gained(former, hold):
        await _tell(former, ADDON, _addon(former, item), quiet)
        told = stykite.addon_bought(await _whose(former), hold, item, clock.now())
        await _tell(former, ADDON_002, told, quiet)


async def tell_of_method(former: Former, news: Iterable[str]) -> None:
    """Announce a payment method that a copy of a customer tells, and the last one did not."""
    if not {"payment_method.added", "payment_method.changed"} & set(news):
        return
    if not await _is_wanted(former, METHOD):
        return
    (row,) = await run_sql(_METHOD, former.customer)
    told = {
        "object": "payment_method",
        "id": row["payment_method"],
        "customer": former.customer,
        "card": {name: row[f"card_{name}"] or None for name in _CARD},
    }
    await _tell(former, METHOD, told, LOUD)


_CARD = ("brand", "last4", "exp_month", "exp_year")


async def tell_of_trial_end(about: Mapping[str, Any]) -> None:
    """Announce that a trial ends soon, once: id, customer, company, site and the reminder's name.

    In the transaction that owes the customer their reminder.
    """
    former = Former(
        about["customer"], about["company"], about["site"], False, about["id"], copy=None
    )
    if await _is_wanted(former, TRIAL_ENDING) and not await is_erased(former.customer):
        told = subscription_shown(former.customer, await _hold_of(former))
        await _tell(former, TRIAL_ENDING, told, LOUD, once=about["once"])


_METHOD = """SELECT payment_method, card_brand, card_last4, card_exp_month, card_exp_year
 FROM billing_profile WHERE customer = {}"""


async def _is_wanted(former: Former, event: str) -> bool:
    return await is_wanted_at(event, company=former.company, site=former.site)


async def _tell(
    former: Former, event: str, told: Mapping[str, Any], quiet: Quiet, once: str | None = None
) -> None:
    async def data() -> Mapping[str, Any]:
        return told

    await announce(
        event,
        company=former.company,
        site=former.site,
        customer=None if former.is_erased else former.customer,
        data=data,
        quiet=quiet,
        once=once,
    )


async def _hold_of(former: Former) -> Hold:
    """Read what the new copy says, which this transaction has written."""
    held = await all_held_by(former.customer)
    return next(hold for hold in held if hold.stripe_id == former.about)


def _turned(former: Former, billed: BilledSubscription | None) -> bool:
    """Tell whether charging was paused, or taken up again."""
    before = bool(former.copy and former.copy["collection_paused"])
    return billed is not None and billed.collection_paused != before


def _gained(former: Former, hold: Hold) -> list[HeldItem]:
    """Return the add-ons that somebody has by this copy, or has more of."""
    if hold.is_over:
        return []
    known = json.loads(former.copy["items"] or "[]") if former.copy else []
    before = {item["price"]: item["quantity"] or 0 for item in known}
    if former.copy and not before:
        return []
    # What is counted comes with the plan, and is no purchase.
    return [
        item
        for item in (one for one in hold.add_ons if one.usage is None)
        if item.price_stripe_id not in before or (item.quantity or 0) > before[item.price_stripe_id]
    ]


def _addon(former: Former, item: HeldItem) -> dict[str, Any]:
    return {
        "object": "addon",
        "customer": former.customer,
        "subscription": former.about,
        "addon": item_shown(item),
    }


async def _whose(former: Former) -> stykite.Whose:
    rows = await run_sql("SELECT external_id FROM customer WHERE id = {}", former.customer)
    return stykite.Whose(former.company, former.site, former.customer, rows[0]["external_id"])


async def _quiet_of(former: Former) -> Quiet:
    """Read what was asked not to be told: with the sign-up, or with the change it comes from."""
    if former.copy is None:
        rows = await run_sql(_SIGNED_UP, former.customer)
    else:
        rows = await run_sql(_CHANGED, former.customer, former.about, clock.now() - _SOON)
    return read_quiet(rows[0]["quiet"] if rows else "")


_SIGNED_UP = """SELECT quiet FROM onboarding WHERE customer = {}
 ORDER BY created_at DESC, id DESC LIMIT 1"""
_CHANGED = """SELECT quiet FROM plan_change WHERE customer = {} AND subscription = {}
 AND asked_at > {} ORDER BY asked_at DESC LIMIT 1"""
