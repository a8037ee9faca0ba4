"""Applying a declaration makes our tables and Stripe match it, however often it is done."""

from __future__ import annotations

import json

import pytest

from portal.billing.gateway import close_gateways
from portal.errors import EffectError, KeyRejected, Refused
from portal.plans.apply import apply_declaration, changes_of
from portal.plans.at_stripe import OtherAccount
from portal.plans.declaration import read_declaration
from portal.plans.offers import forget_offers, offer_at, offers_of
from portal.plans.tables import Plan, Price
from portal.sealing import unseal
from portal.settings import configure
from portal.sites.storefront import find_site, forget_sites
from portal.sites.tables import Company
from tests.local_stripe import LocalStripe, open_account
from tests.plans.declared import DECLARED, WITH_ADD_ONS, declared_with

CREATES = ("/v1/products", "/v1/prices", "/v1/webhook_endpoints", "/v1/billing/meters")


async def apply(text: str = DECLARED) -> list[str]:
    return await apply_declaration(read_declaration(text))


async def creates(stripe: LocalStripe) -> list[str]:
    return [path for method, path in await stripe.calls() if method == "POST" and path in CREATES]


async def test_what_is_declared_stands_here_and_at_stripe(
    database: str, sandbox: LocalStripe
) -> None:
    await apply()

    site = await find_site(None)
    offers = await offers_of(site)
    assert [offer.key for offer in offers] == ["studio", "reader"]
    assert {price["lookup_key"] for price in await sandbox.objects("price")} == {
        "acme_studio_month_eur", "acme_studio_month_usd", "acme_studio_year_eur",
        "acme_reader_month_eur",
    }  # fmt: skip
    assert all(price.stripe_id for offer in offers for price in offer.prices)
    assert site.portal_configuration is not None
    assert site.limits["mails_per_hour"] == 5
    assert site.limits["codes_per_hour"] == 12


async def test_a_second_time_changes_nothing(database: str, sandbox: LocalStripe) -> None:
    await apply()
    made = await creates(sandbox)

    await apply()

    assert await creates(sandbox) == made
    assert await changes_of(read_declaration(DECLARED)) == []


async def test_the_difference_is_told_before_anything_is_written(
    database: str, sandbox: LocalStripe
) -> None:
    await apply()

    changes = await changes_of(read_declaration(declared_with("eur = 1200", "eur = 1500")))

    assert [(change.thing, change.field) for change in changes] == [("plan studio", "prices")]
    assert "1500" in str(changes[0])
    assert [price["amount"] for price in await Price.select().where(Price.amount == 1500)] == []


async def test_a_new_price_is_a_new_version_that_present_subscribers_do_not_pay(
    database: str, sandbox: LocalStripe
) -> None:
    await apply()
    before = (await offers_of(await find_site(None)))[0]
    was = next(price for price in before.prices if price.amount == 1200)

    await apply(declared_with("eur = 1200", "eur = 1500"))

    now = (await offers_of(await find_site(None)))[0]
    assert now.id != before.id
    assert {price.amount for price in now.prices} == {1500, 1300, 9900}
    kept = await offer_at(was.id)
    assert kept is not None
    assert kept[1].amount == 1200
    truth = {price["id"]: price for price in await sandbox.objects("price")}
    assert truth[was.stripe_id]["lookup_key"] is None
    assert truth[was.stripe_id]["unit_amount"] == 1200
    assert await offer_at("pric_none") is None


async def test_new_words_change_in_place(database: str, sandbox: LocalStripe) -> None:
    await apply()
    before = (await offers_of(await find_site(None)))[0]

    await apply(declared_with('name = "Studio"', 'name = "Atelier"'))

    now = (await offers_of(await find_site(None)))[0]
    assert (now.id, now.name) == (before.id, "Atelier")
    assert [product["name"] for product in await sandbox.objects("product")].count("Atelier") == 1


async def test_a_site_s_form_is_put_into_steps_and_back(
    database: str, sandbox: LocalStripe
) -> None:
    await apply()
    in_steps = declared_with('country = "GB"', 'country = "GB"\nlayout = "steps"')

    told = [str(change) for change in await changes_of(read_declaration(in_steps))]
    await apply(in_steps)

    assert told == ["site shop: layout: page → steps"]
    assert (await find_site(None)).layout == "steps"
    assert await changes_of(read_declaration(in_steps)) == []
    await apply()
    assert (await find_site(None)).layout == "page"


async def test_add_ons_and_what_is_counted_stand_at_stripe_and_stay(
    database: str, sandbox: LocalStripe
) -> None:
    await apply(WITH_ADD_ONS)
    made = await creates(sandbox)

    await apply(WITH_ADD_ONS)

    studio = (await offers_of(await find_site(None)))[0]
    assert studio.quantity is not None
    assert (studio.quantity.units, studio.quantity.max) == ("seats", 9)
    assert [(add_on.key, add_on.usage is not None) for add_on in studio.add_ons] == [
        ("paper", False), ("calls", True),
    ]  # fmt: skip
    assert await creates(sandbox) == made
    assert await changes_of(read_declaration(WITH_ADD_ONS)) == []
    (meter,) = await sandbox.objects("billing.meter")
    truth = {price["lookup_key"]: price for price in await sandbox.objects("price")}
    calls, paper = truth["acme_calls_month_eur"], truth["acme_paper_year_eur"]
    assert (calls["recurring"]["meter"], meter["event_name"]) == (meter["id"], "calls")
    assert paper["metadata"] == {"portal_add_on": "acme/paper"}
    assert "portal_add_on" not in truth["acme_studio_month_eur"]["metadata"]


async def test_another_price_of_an_add_on_leaves_plans_and_subscribers_as_they_are(
    database: str, sandbox: LocalStripe
) -> None:
    await apply(WITH_ADD_ONS)
    before = (await offers_of(await find_site(None)))[0]

    await apply(WITH_ADD_ONS.replace("eur = 300", "eur = 400"))

    after = (await offers_of(await find_site(None)))[0]
    assert after.id == before.id
    was, now = (offer.add_ons[0].pricing("month", "eur") for offer in (before, after))
    assert was is not None
    assert now is not None
    assert (was.amount, now.amount) == (300, 400)
    assert was.stripe_id in {price["id"] for price in await sandbox.objects("price")}


async def test_a_meter_that_counts_otherwise_is_left_alone_and_told(
    database: str, sandbox: LocalStripe
) -> None:
    await apply(WITH_ADD_ONS)

    with pytest.raises(Refused, match="The meter of calls counts by sum"):
        await apply(WITH_ADD_ONS.replace('units = "calls"', 'units = "calls", formula = "last"'))


async def test_an_archived_plan_is_no_longer_on_offer(database: str, sandbox: LocalStripe) -> None:
    await apply()

    await apply(declared_with('name = "Reader"', 'name = "Reader"\nvisibility = "archived"'))

    assert [offer.key for offer in await offers_of(await find_site(None))] == ["studio"]
    assert len(await sandbox.objects("product")) == 2


async def test_a_version_without_its_prices_at_stripe_is_not_on_offer(
    database: str, sandbox: LocalStripe
) -> None:
    await apply()
    await sandbox.fault(match="POST /v1/prices", fault="reset")

    with pytest.raises(EffectError):
        await apply(declared_with("eur = 1200", "eur = 1500"))
    forget_offers()
    on_offer = (await offers_of(await find_site(None)))[0]
    await sandbox.mend()
    await apply(declared_with("eur = 1200", "eur = 1500"))

    assert 1200 in {price.amount for price in on_offer.prices}
    assert 1500 in {price.amount for price in (await offers_of(await find_site(None)))[0].prices}
    assert await Plan.count().where(Plan.key == "studio") == 2


async def test_what_is_at_stripe_already_is_adopted(database: str, sandbox: LocalStripe) -> None:
    await apply()
    made = await creates(sandbox)
    await Price.update({Price.stripe_id: None}, force=True)
    await Plan.update({Plan.stripe_product: None}, force=True)

    await apply()

    assert [path for path in await creates(sandbox) if path != CREATES[2]] == made[:-1]
    assert await Price.count().where(Price.stripe_id.is_null()) == 0


async def test_keys_and_secrets_are_kept_sealed(database: str, sandbox: LocalStripe) -> None:
    await apply()

    company = await Company.objects().first()
    assert company is not None
    assert sandbox.key not in (company.stripe_key or "")
    assert unseal(company.stripe_key or "", "stripe_key") == sandbox.key
    secrets = json.loads(unseal(company.webhook_secrets or "", "webhook_secrets"))
    assert len(secrets) == 1
    assert secrets[0].startswith("whsec_")


async def test_a_lost_secret_means_a_new_endpoint_and_both_secrets_for_a_while(
    database: str, sandbox: LocalStripe
) -> None:
    await apply()
    await Company.update({Company.webhook_endpoint: None}, force=True)

    await apply()

    company = await Company.objects().first()
    assert company is not None
    assert len(json.loads(unseal(company.webhook_secrets or "", "webhook_secrets"))) == 2
    endpoints = await sandbox.objects("webhook_endpoint")
    assert sorted(endpoint["status"] for endpoint in endpoints) == ["disabled", "enabled"]


async def test_a_key_of_another_account_is_refused(database: str, sandbox: LocalStripe) -> None:
    await apply()
    other = await open_account(sandbox.url, sandbox.http)
    await close_gateways()
    configure(stripe_key=other.key)

    with pytest.raises(OtherAccount):
        await apply()


async def test_without_a_key_it_says_what_to_set(database: str) -> None:
    configure(stripe_key=None)

    with pytest.raises(KeyRejected, match="PORTAL_STRIPE_KEY"):
        await apply()


async def test_two_sites_are_found_by_host_number_key_and_id(
    database: str, sandbox: LocalStripe
) -> None:
    second = '[[site]]\nkey = "us"\nname = "US"\ncountry = "US"\ncurrency = "usd"\nhost = "us.x"\n'

    await apply(DECLARED + second)

    forget_sites()
    american = await find_site("us.x:8000")
    assert american.key == "us"
    for name in (american.id, str(american.number), "us"):
        assert (await find_site("elsewhere", name)).id == american.id
    assert (await find_site("elsewhere")).key == "shop"
    assert [offer.key for offer in await offers_of(american)] == ["studio", "reader"]
