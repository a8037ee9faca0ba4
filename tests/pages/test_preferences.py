"""Language, time zone and consents, each answer with its time and text."""

from __future__ import annotations

import json

from portal import clock
from portal.customers.tables import Consent
from portal.database import run_sql
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.shelves import change_site
from tests.pages.signing_in import customer_at
from tests.people import ADA

HERE = "/account/preferences"


async def test_what_she_prefers_is_kept_and_stripe_speaks_her_language(
    shop: Shop, ada: Visitor
) -> None:
    await change_site(shop, languages="en,de", terms_version="7")
    await customer_at(ada)
    wanted = {"locale": "de", "time_zone": "Asia/Tokyo", "email_marketing": "on"}

    saved = await ada.send(HERE, await ada.fill(HERE, wanted))
    await shop.work_in_the_end()

    assert saved.headers["location"] == f"{HERE}?saved"
    (row,) = await run_sql("SELECT locale, time_zone, version FROM customer")
    assert (row["locale"], row["time_zone"], row["version"]) == ("de", "Asia/Tokyo", 2)
    assert (await shop.stripe.objects("customer"))[0]["preferred_locales"] == ["de"]
    (given,) = await Consent.select()
    assert (given["kind"], given["given"]) == ("email_marketing", True)
    assert (given["text_version"], given["source"]) == ("7", "account")
    page = await ada.open(saved.headers["location"])
    assert "Your changes are saved." in page.text
    assert "You said yes on" in page.text
    assert "JST" in page.text
    (entry,) = await run_sql(
        "SELECT fields FROM audit_entry WHERE action = 'customer.preferences_changed'"
    )
    assert json.loads(entry["fields"]) == ["email_marketing", "time_zone", "locale"]


async def test_a_no_is_kept_beside_the_yes_and_no_change_is_no_row(
    shop: Shop, ada: Visitor
) -> None:
    await customer_at(ada, ADA | {"email_marketing": "on"})
    typed = await ada.fill(HERE, {})
    assert typed["email_marketing"] == "on"
    await ada.send(HERE, typed)
    assert await Consent.count() == 1
    del typed["email_marketing"]

    for _ in range(2):
        await ada.send(HERE, typed)

    given = await Consent.select(Consent.given, Consent.source).order_by(Consent.at, Consent.id)
    assert [(row["given"], row["source"]) for row in given] == [(True, "page"), (False, "account")]
    assert "You said no on" in (await ada.open(HERE)).text
    assert await run_sql("SELECT id FROM operation WHERE kind = 'update_customer'") == []


@ON_SQLITE
async def test_who_agreed_to_calls_can_take_it_back(shop: Shop, ada: Visitor) -> None:
    await customer_at(ada)
    assert "Call me" not in (await ada.open(HERE)).text
    (row,) = await run_sql("SELECT id FROM customer")
    await Consent.insert(
        Consent(
            id="cons_1", customer=row["id"], kind="telemarketing", given=True, text_version="1",
            source="import", at=clock.now(),
        )
    )  # fmt: skip
    typed = await ada.fill(HERE, {})

    del typed["telemarketing"]
    await ada.send(HERE, typed)

    kept = await Consent.select().order_by(Consent.at, Consent.id)
    assert [row["given"] for row in kept] == [True, False]


@ON_SQLITE
async def test_what_is_not_offered_cannot_be_chosen(shop: Shop, ada: Visitor) -> None:
    await customer_at(ada)
    typed = await ada.fill(HERE, {"locale": "tlh", "time_zone": "Mars/Olympus"})

    page = await ada.send(HERE, typed)

    assert page.status_code == 422
    assert "Choose a language from the list." in page.text
    assert "Choose a time zone from the list." in page.text
    (row,) = await run_sql("SELECT locale, time_zone FROM customer")
    assert (row["locale"], row["time_zone"]) == ("en", "")
