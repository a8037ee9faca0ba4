"""The account's first page: every plan, the days left, the next charge, and the card."""

from __future__ import annotations

import re
from datetime import timedelta

from portal import clock
from portal.amounts import written_date
from portal.database import run_sql
from portal.subscriptions.sync import sync_object
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.signed_in import at_her_account, at_stripe


async def read(visitor: Visitor) -> str:
    """Open the account and return what is read there."""
    page = await visitor.open("/account")
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


async def give_card(shop: Shop, customer: str, month: int, year: int) -> None:
    """Put a card on file that expires then."""
    theirs = await at_stripe(customer)
    card = {"type": "card", "card[number]": "4242424242424242", "card[cvc]": "123"}
    expiry = {"card[exp_month]": str(month), "card[exp_year]": str(year)}
    made = await shop.stripe.post("payment_methods", card | expiry)
    await shop.stripe.post(f"payment_methods/{made['id']}/attach", {"customer": theirs})
    default = {"invoice_settings[default_payment_method]": made["id"]}
    await shop.stripe.post(f"customers/{theirs}", default)


async def give_plan(shop: Shop, customer: str, plan: str, **more: str) -> str:
    """Subscribe somebody to one more plan, as the seller does in the Dashboard."""
    found = (await run_sql("SELECT stripe_id FROM price WHERE id = {}", f"pric_{plan}"))[0]
    bought = {"customer": await at_stripe(customer), "items[0][price]": found["stripe_id"]}
    made = await shop.stripe.post("subscriptions", bought | more)
    assert await sync_object(shop.site.company_id, made["id"])
    return str(made["id"])


async def test_a_trial_is_counted_down_in_words(shop: Shop, ada: Visitor) -> None:
    await at_her_account(ada)

    account = await read(ada)

    ends = written_date(clock.now() + timedelta(days=14))
    assert f"14 days left Trial ends on {ends}" in account
    assert "€12.00 a month" in account
    assert "Next charge" not in account
    assert "None yet" in account


async def test_the_next_charge_has_its_amount_and_date(shop: Shop, ada: Visitor) -> None:
    customer = await at_her_account(ada)
    await give_card(shop, customer, 12, 2034)

    account = await read(ada)

    ends = written_date(clock.now() + timedelta(days=14))
    assert f"Next charge €12.00 on {ends}" in account
    assert "Visa ending in 4242, expires 12/2034" in account
    assert "This card expire" not in account


async def test_a_card_that_is_over_before_the_charge_is_warned_of(shop: Shop, ada: Visitor) -> None:
    customer, today = await at_her_account(ada, plan="reader"), clock.now()
    await give_card(shop, customer, today.month, today.year)
    await give_plan(shop, customer, "house", trial_period_days="60")

    account = await read(ada)

    charged = written_date(today + timedelta(days=60))
    assert f"before the next charge on {charged}. Add another one by then." in account


async def test_each_of_several_plans_is_shown(shop: Shop, ada: Visitor) -> None:
    customer = await at_her_account(ada)
    await give_card(shop, customer, 12, 2034)
    await give_plan(shop, customer, "house", trial_period_days="5")
    gone = await give_plan(shop, customer, "reader")
    await shop.stripe.in_dashboard("DELETE", f"/v1/subscriptions/{gone}")

    account = await read(ada)

    assert account.index("House €49.00 a month") < account.index("Earlier plans")
    assert account.index("Studio €12.00 a month") < account.index("Earlier plans")
    assert "5 days left" in account
    assert "14 days left" in account
    today = written_date(clock.now())
    assert f"Earlier plans Reader Ended on {today}" in account


async def test_a_plan_that_is_over_is_shown_while_there_is_no_other(
    shop: Shop, ada: Visitor
) -> None:
    await at_her_account(ada)
    (held,) = await shop.stripe.objects("subscription")
    await shop.stripe.in_dashboard("DELETE", f"/v1/subscriptions/{held['id']}")

    account = await read(ada)

    assert f"Your plan ended on {written_date(clock.now())}." in account
    assert "Earlier plans" not in account
    assert "€12.00" not in account


async def test_without_a_plan_the_way_to_the_plans_is_shown(shop: Shop, ada: Visitor) -> None:
    await at_her_account(ada)
    await run_sql("DELETE FROM subscription")

    account = await read(ada)

    assert "You have an account, and no plan yet." in account
    assert "Choose a plan" in account
