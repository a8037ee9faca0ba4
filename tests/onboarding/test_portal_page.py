"""Stripe's billing portal, opened by a seller's program."""

from __future__ import annotations

import pytest

from portal.customers.directory import customer_of
from portal.database import run_sql
from portal.errors import NotBegun, NotFound, TooMany
from portal.onboarding.portal_page import portal_page
from portal.sites.return_urls import ReturnUrlNotListed
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.shelves import change_site

APP = "https://app.example"


@ON_SQLITE
async def test_it_opens_where_the_seller_declared_it_may_lead_back_to(shop: Shop) -> None:
    limits = '{"program_billing_visits_per_hour": 1}'
    await change_site(shop, return_origins=f'["{APP}"]', limits=limits)
    signed_up = await shop.sign_up()
    with pytest.raises(NotBegun):
        await portal_page(await customer_of(signed_up.customer), flow=True)
    await shop.work()
    ada = await customer_of(signed_up.customer)

    url = await portal_page(ada, return_url=f"{APP}/back", flow=True, done_url=f"{APP}/done")

    assert url.startswith(shop.stripe.url)
    (session,) = await shop.stripe.objects("billing_portal.session")
    assert session["return_url"] == f"{APP}/back"
    after = session["flow"]["after_completion"]
    assert after["redirect"]["return_url"] == f"{APP}/done"
    for name in ("return_url", "done_url"):
        with pytest.raises(ReturnUrlNotListed):
            await portal_page(ada, flow=True, **{name: "https://mallory.example/"})
    with pytest.raises(TooMany):
        await portal_page(ada, flow=True)


@ON_SQLITE
async def test_who_was_erased_has_none(shop: Shop) -> None:
    signed_up = await shop.sign_up()
    await shop.work()
    await run_sql("UPDATE customer SET status = 'erased'")

    with pytest.raises(NotFound):
        await portal_page(await customer_of(signed_up.customer), flow=False)
