"""What can happen to somebody after a sign-up: how it comes to be owed, and how it ends well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.billing import inbox
from portal.billing.gateway import gateway_of
from portal.customers.held_tax_ids import held_tax_ids
from portal.customers.tax_id import TaxId
from portal.customers.tax_ids import remove_tax_id, save_tax_id
from portal.database import run_sql, transaction
from portal.onboarding.welcome_mail import SEND_WELCOME
from portal.operations.enqueue import enqueue
from portal.privacy.erasure import ask_erasure
from portal.subscriptions.choices import choice_at
from portal.subscriptions.estimate import quote_for
from portal.subscriptions.held import held_by
from portal.subscriptions.refresh import refresh
from portal.subscriptions.switch import switch_plan
from tests.chaos.lives import ONE_OF_EACH, left_behind
from tests.chaos.story import COMPANY, Story, is_told_once, mails_to, put_card_on_file, row_of
from tests.onboarding.shop import Shop
from tests.reconciliation.conftest import back_up, restore

_STREET, _TAX_ID, _ADDED = "2 Second Street", "GB980780684", "FR40303265045"
_DAYS = 24 * 3600
_OVER = ("canceled", "incomplete_expired")


# Details and tax ids that are changed: by the form again, and in the account


async def _change_tax_ids(shop: Shop, email: str) -> None:
    """Have three, put another in the place of one, and take one away: the form says the first."""
    customer = (await row_of(email))["id"]
    for value in ("GB802311782", "GB110305878", "GB107328000"):
        await save_tax_id(customer, COMPANY, TaxId(value, "gb_vat", is_valid=True))
    await shop.work_in_the_end()
    _first, second, third = await held_tax_ids(customer)
    added = TaxId(_ADDED, "eu_vat", is_valid=True)
    await save_tax_id(customer, COMPANY, added, instead_of=second.id)
    await remove_tax_id(customer, COMPANY, third.id)


async def _is_changed(shop: Shop, email: str) -> bool:
    stripe_id = (await row_of(email))["stripe_id"]
    customers = await shop.stripe.objects("customer")
    (there,) = [one for one in customers if one["id"] == stripe_id]
    tax_ids = await shop.stripe.objects("tax_id")
    values = sorted(one["value"] for one in tax_ids if one["customer"] == stripe_id)
    is_one = await left_behind(shop, email) == ONE_OF_EACH
    return is_one and there["address"]["line1"] == _STREET and values == [_ADDED, _TAX_ID]


# A card that pays what is due, or has a paused plan go on


async def _add_card(shop: Shop, email: str) -> None:
    row = await row_of(email)
    await put_card_on_file(email)
    for changed in (row["stripe_id"], row["sold"]):
        await inbox.note(COMPANY, changed, f"a card of {changed}")


async def _is_paid_once(shop: Shop, email: str) -> bool:
    row = await row_of(email)
    payments = [
        one
        for one in await shop.stripe.objects("payment_intent")
        if one["customer"] == row["stripe_id"] and one["status"] == "succeeded"
    ]
    (copy,) = await run_sql("SELECT status FROM subscription WHERE stripe_id = {}", row["sold"])
    return len(payments) == 1 and copy["status"] == "active"


# A plan that is changed at once, and charged


async def _change_plan(shop: Shop, email: str) -> None:
    """Have whoever has the free plan take the dearest."""
    await _add_card(shop, email)
    await shop.work()
    row = await row_of(email)
    await refresh(row["id"])
    house = await choice_at(shop.site, row["id"], "pric_house")
    shown = await quote_for(COMPANY, row["id"], *house)
    await switch_plan(COMPANY, row["id"], shown.quote)


async def _is_charged_once(shop: Shop, email: str) -> bool:
    row = await row_of(email)
    hold = await held_by(row["id"])
    paid = await shop.stripe.objects("payment_intent")
    return hold is not None and hold.plan_key == "house" and [p["amount"] for p in paid] == [4900]


# The welcome mail


async def _owe_welcome(shop: Shop, email: str) -> None:
    row = await row_of(email)
    for old in mails_to(email):
        old.unlink()
    async with transaction():
        await enqueue(
            SEND_WELCOME,
            company=COMPANY,
            lane=None,
            params={"onboarding": row["onboarding"]},
            customer=row["id"],
        )


async def _is_welcomed(shop: Shop, email: str) -> bool:
    return is_told_once(email, about="")


# Sweeps


async def _lose_rows(shop: Shop, email: str) -> None:
    """Have the database be as it was before the sign-up."""
    kept = {name: rows if name in _SHOP else [] for name, rows in (await back_up()).items()}
    kept["ticket"] = [{"value": 0}]
    await restore(kept)


_SHOP = ("company", "site", "plan", "price", "migration")


async def _double(shop: Shop, email: str) -> None:
    """Have Stripe finish late what it had answered with an error: another customer with a plan."""
    row, v1 = await row_of(email), (await gateway_of(COMPANY)).v1
    first = (await v1.customers.retrieve_async(row["stripe_id"])).to_dict()
    held = (await v1.subscriptions.retrieve_async(row["sold"])).to_dict()
    second = await v1.customers.create_async({"email": email, "metadata": first["metadata"]})
    sold: Any = {
        "customer": second.id,
        "items": [{"price": held["items"]["data"][0]["price"]["id"]}],
        "trial_period_days": 14,
        "metadata": held["metadata"],
    }
    await v1.subscriptions.create_async(sold)


async def _is_one_of_each(shop: Shop, email: str) -> bool:
    """Count what lives."""
    customers = {
        one["id"]
        for one in await shop.stripe.objects("customer")
        if one.get("email") == email and not one.get("deleted")
    }
    sold = [
        one
        for one in await shop.stripe.objects("subscription")
        if one["customer"] in customers and one["status"] not in _OVER
    ]
    row = await row_of(email)
    ours = await run_sql("SELECT stripe_id FROM subscription WHERE customer = {}", row["id"])
    return customers == {row["stripe_id"]} and len(sold) == 1 and len(ours) == 1


# An account that is erased


async def _have_erased(shop: Shop, email: str) -> None:
    await ask_erasure((await row_of(email))["id"], by="operator")


async def _is_erased(shop: Shop, email: str) -> bool:
    """Nobody is there and nothing runs, and that is written down once."""
    there = await shop.stripe.objects("customer")
    sold = await shop.stripe.objects("subscription")
    (row,) = await run_sql("SELECT status, email, last_name FROM customer")
    (erasure,) = await run_sql("SELECT erased_at FROM erasure")
    return (
        (row["status"], row["email"], row["last_name"]) == ("erased", None, "")
        and erasure["erased_at"] is not None
        and all(one.get("deleted") for one in there)
        and [one["status"] for one in sold] == ["canceled"]
    )


ERASE: Mapping[str, Any] = {"erases": True}
SWEEP: Mapping[str, Any] = {"sweeps": True}
CHANGE: Mapping[str, Any] = {"submits": 1, "typed": {"line1": _STREET, "tax_id": _TAX_ID}}

STORIES = (
    Story("details and a tax id are changed", _change_tax_ids, _is_changed, CHANGE, points=110),
    Story("an invoice is paid", _add_card, _is_paid_once, plan="house", points=88),
    Story("a paused plan goes on", _add_card, _is_paid_once, later_s=15 * _DAYS, points=130),
    Story("a dearer plan is charged", _change_plan, _is_charged_once, plan="reader", points=60),
    Story("the welcome mail is sent", _owe_welcome, _is_welcomed, points=24),
    Story("a lost row is adopted", _lose_rows, _is_one_of_each, SWEEP, points=140),
    Story("an account is erased", _have_erased, _is_erased, ERASE, points=90),
    Story("a double is removed", _double, _is_one_of_each, SWEEP, points=220),
)
