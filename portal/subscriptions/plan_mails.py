"""The mails about a plan that nobody asked for: a payment failed, a trial ends, a card expires.

Each is written from what is so when it is sent: what was mended meanwhile is not told any more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from portal import clock
from portal.amounts import charge_words
from portal.customers.reader import Reader, reader_of
from portal.deliveries.mail import Mail, link_to, mail_step
from portal.operations.step import Claimed
from portal.subscriptions.ahead import card_ends
from portal.subscriptions.held import all_held_by
from portal.subscriptions.hold import Hold
from portal.subscriptions.mails_owed import FAILED
from portal.subscriptions.payment import AUTHENTICATION_REQUIRED
from portal.subscriptions.standing_words import card_words, words_of
from portal.subscriptions.status import standing_of
from portal.subscriptions.tables import BillingProfile, PlanChange
from portal.words import translations

_TO_PAY = "/account/pay"
_A_DAY = timedelta(days=1)


async def write_payment_failed(op: Claimed) -> Mail | None:
    """Tell that a renewal was not paid, as long as it is not, and when it is tried again."""
    reader, hold = await reader_of(op.customer), await _hold(op)
    if reader is None or hold is None or hold.is_detached or hold.status not in FAILED:
        return None
    if (hold.invoice, hold.invoice_status) != (op.params["invoice"], "open") or not hold.amount_due:
        return None
    again = op.params["again_at"]
    context = {
        "amount": charge_words(hold.amount_due, hold.currency, reader.locale),
        "card": card_words(hold.card, reader.locale),
        "again": reader.date(datetime.fromisoformat(again)) if again else "",
        "to_confirm": hold.payment == AUTHENTICATION_REQUIRED,
        "link": link_to(reader.site, _TO_PAY),
    }
    return _mail("payment_failed", reader, hold, context)


async def write_trial_ending(op: Claimed) -> Mail | None:
    """Tell that a trial ends soon, and what then; nothing to whoever pays nothing, or has left."""
    reader, hold = await reader_of(op.customer), await _hold(op)
    if reader is None or hold is None or not hold.is_living or hold.is_free or hold.is_ending:
        return None
    ends = hold.trial_ends_at
    if hold.status != "trialing" or ends is None or ends.isoformat() != op.params["ends_at"]:
        return None
    standing = standing_of(hold, clock.now())
    context = {
        "ends": reader.date(ends),
        "said": words_of(standing, reader.locale, reader.zone),
        "card": card_words(hold.card, reader.locale),
        "next_charge": _next_charge(hold, reader),
        "needs_card": hold.card is None,
        "link": link_to(reader.site, "/account" if hold.card else _TO_PAY),
    }
    return _mail("trial_ending", reader, hold, context)


async def write_card_expiring(op: Claimed) -> Mail | None:
    """Tell that the card which a plan is charged to is good no longer soon."""
    reader = await reader_of(op.customer)
    profile = await BillingProfile.objects().get(BillingProfile.customer == op.customer)
    if reader is None or profile is None or profile.payment_method != op.params["payment_method"]:
        return None
    held = [hold for hold in await all_held_by(str(op.customer)) if _is_charged(hold)]
    ends = card_ends(held[0].card) if held and held[0].card else None
    if ends is None or ends <= clock.now():
        return None
    charges = [found.at for hold in held if (found := standing_of(hold, clock.now()).next_charge)]
    charge = min(charges, default=None)
    context = {
        "card": card_words(held[0].card, reader.locale),
        "expires": reader.date(ends - _A_DAY),
        "charge": reader.date(charge) if charge and ends <= charge else "",
        "link": link_to(reader.site, _TO_PAY),
    }
    return _mail("card_expiring", reader, held[0], context)


async def write_plan_ended(op: Claimed) -> Mail | None:
    """Tell that a plan is over; not to whoever has just ended it there and then."""
    reader, hold = await reader_of(op.customer), await _hold(op)
    if reader is None or hold is None or hold.is_detached or not hold.is_over:
        return None
    others = await all_held_by(str(op.customer))
    if any(other.is_living and other.plan_key == hold.plan_key for other in others):
        return None
    if await _was_told(hold):
        return None
    ended = reader.date(hold.ended_at or clock.now())
    return _mail("plan_ended", reader, hold, {"ended": ended, "link": link_to(reader.site, "/")})


async def write_plan_paused(op: Claimed) -> Mail | None:
    """Tell that a trial ended without a card, and that the plan waits for one."""
    reader, hold = await reader_of(op.customer), await _hold(op)
    if reader is None or hold is None or hold.is_detached or hold.card:
        return None
    if hold.status != "paused":
        return None
    said = words_of(standing_of(hold, clock.now()), reader.locale, reader.zone)
    return _mail("plan_paused", reader, hold, {"said": said, "link": link_to(reader.site, _TO_PAY)})


send_payment_failed = mail_step(write_payment_failed)
send_trial_ending = mail_step(write_trial_ending)
send_card_expiring = mail_step(write_card_expiring)
send_plan_ended = mail_step(write_plan_ended)
send_plan_paused = mail_step(write_plan_paused)


async def _hold(op: Claimed) -> Hold | None:
    held = await all_held_by(op.customer) if op.customer else []
    return next((hold for hold in held if hold.stripe_id == op.params["subscription"]), None)


def _mail(template: str, reader: Reader, hold: Hold, context: dict[str, Any]) -> Mail:
    common = {"name": reader.name, "plan_name": hold.plan_name}
    return Mail(reader.site, reader.email, template, common | context, reader.locale)


def _is_charged(hold: Hold) -> bool:
    return hold.is_living and not hold.is_ending and not hold.is_free


def _next_charge(hold: Hold, reader: Reader) -> str:
    charge = standing_of(hold, clock.now()).next_charge
    if charge is None:
        return ""
    amount = charge_words(charge.amount, charge.currency, reader.locale, plus_tax=charge.plus_tax)
    said = translations(reader.locale).gettext("%(amount)s on %(date)s")
    return said % {"amount": amount, "date": reader.date(charge.at)}


async def _was_told(hold: Hold) -> bool:
    """Tell whether its end was asked for within a day, or by withdrawing: that mail told of it."""
    since = (hold.ended_at or clock.now()) - _A_DAY
    return await (
        PlanChange.exists()
        .where(PlanChange.subscription == hold.stripe_id)
        .where(
            (PlanChange.kind == "withdraw")
            | ((PlanChange.kind == "cancel") & (PlanChange.asked_at > since))
        )
    )
