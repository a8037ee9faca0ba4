"""A customer's rows made again from what Stripe has of them."""

from __future__ import annotations

from typing import Any

import pytest

from portal import clock
from portal.customers.profile import Profile
from portal.database import run_sql
from portal.onboarding.asked import Asked
from portal.onboarding.signup import sign_up
from portal.sites.storefront import forget_sites
from portal.sites.tables import Site
from tests.onboarding.shop import details, onboarding
from tests.reconciliation.conftest import Swept, back_up, restore


async def adopted(swept: Swept, backup: dict[str, Any]) -> dict[str, Any]:
    """Have an older backup, sweep, and return the customer whom that brought back."""
    await swept.settle()
    await restore(backup)
    report = await swept.sweep()
    assert report.outcomes() == {"adopted": 1}
    assert (await swept.look()).differences == []
    (row,) = await swept.customers()
    return row


async def test_an_organisation_in_northern_ireland_stays_one(swept: Swept) -> None:
    backup = await back_up()
    await swept.shop.sign_up(
        None, first_name="", last_name="", organisation="Titanic Tea", country="XI",
        city="Belfast", postal_code="BT1 5GS", tax_id="", phone="",
    )  # fmt: skip
    await swept.shop.work()
    (was,) = await swept.customers()

    row = await adopted(swept, backup)

    told = ("id", "organisation", "first_name", "last_name", "country", "city", "phone", "locale")
    assert {name: row[name] for name in told} == {name: was[name] for name in told}
    assert row["email_verified_at"] is None


async def test_the_sellers_own_metadata_comes_back_without_our_marks(swept: Swept) -> None:
    backup = await back_up()
    asked = Asked(key="key_1", profile=Profile(metadata={"crm": "7"}))
    await sign_up(swept.shop.site, details(), chosen=None, asked=asked)
    await swept.shop.work()

    row = await adopted(swept, backup)

    assert row["metadata"] == '{"crm": "7"}'


async def open_britain() -> None:
    """Open another shop of the same company."""
    await Site.insert(
        Site(
            id="site_2", number=2, company="comp_1", key="britain", name="Acme Tea UK",
            country="GB", currency="gbp", created_at=clock.now(),
        )
    )  # fmt: skip
    forget_sites()


async def test_the_site_by_which_they_came_is_theirs_again(swept: Swept) -> None:
    await open_britain()
    backup = await back_up()
    # Ada lives in Britain, and bought in the other shop.
    signed_up = await swept.shop.sign_up("reader")
    await swept.shop.work()
    made = dict(await onboarding(signed_up))

    row = await adopted(swept, backup)

    assert row["site"] == "site_1"
    again = dict(await onboarding(signed_up))
    for name in ("site", "plan", "price", "state", "subscription_stripe_id", "lasting_amount"):
        assert again[name] == made[name]


async def test_without_a_mark_of_the_site_their_country_tells_it(swept: Swept) -> None:
    await open_britain()
    backup = await back_up()
    await swept.shop.sign_up(None)
    await swept.shop.work()
    (was,) = await swept.customers()
    v1 = await swept.v1()
    unmarked: Any = {"metadata": {"site": "", "onboarding": ""}}
    await v1.customers.update_async(was["stripe_id"], unmarked)

    row = await adopted(swept, backup)

    assert row["site"] == "site_2"
    assert await run_sql("SELECT id FROM onboarding") == []


@pytest.mark.parametrize("email", ["", "ada@tea.invalid"])
async def test_an_address_that_no_mail_can_have_is_nobodys_key(email: str, swept: Swept) -> None:
    backup = await back_up()
    await swept.shop.sign_up(None)
    await swept.shop.work()
    (was,) = await swept.customers()
    await (await swept.v1()).customers.update_async(was["stripe_id"], {"email": email})

    row = await adopted(swept, backup)

    assert (row["email"], row["email_key"]) == (None, None)


async def test_who_was_deleted_meanwhile_is_not_made_again(swept: Swept) -> None:
    backup = await back_up()
    await swept.people(1)
    (was,) = await swept.customers()
    await (await swept.v1()).customers.delete_async(was["stripe_id"])
    await restore(backup)

    report = await swept.sweep()

    assert report.differences == []
    assert await swept.customers() == []


async def test_a_subscription_that_stripe_knows_no_longer_is_closed(swept: Swept) -> None:
    (made,) = await swept.people(1)
    held = made["subscription_stripe_id"]
    await swept.shop.stripe.fault(match=f"GET /v1/subscriptions/{held}", fault="status", status=404)
    await run_sql("UPDATE subscription SET amount = 7")

    report = await swept.sweep()

    assert report.outcomes() == {"detached": 1}
    (copy,) = await run_sql("SELECT status FROM subscription")
    assert copy["status"] == "canceled"
