"""Once somebody is erased, nothing of them is found: here, in the log of what we did, at Stripe."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from portal import clock
from portal.access.email_change import ask_email_change
from portal.access.links import request_sign_in
from portal.access.sessions import SignedIn, find_session, open_session
from portal.billing.gateway import gateway_of
from portal.customers.address import Address
from portal.customers.billing_email import change_billing_email
from portal.customers.directory import customer_of
from portal.customers.email import normalize_email
from portal.customers.preferences import Preferences, change_preferences
from portal.customers.shipping import Shipping, change_shipping
from portal.database import run_sql
from portal.onboarding.amend import change_details
from portal.privacy.erase import erase_what_is_due
from portal.privacy.erasure import ask_erasure
from portal.subscriptions.cancel import cancel_plan
from portal.subscriptions.refresh import refresh
from tests.chaos.scale import scaled
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop, details
from tests.privacy.gone import (
    CANARIES,
    QUILL,
    among,
    erase_now,
    found_at_stripe,
    found_here,
    pass_days,
)

PEOPLE = scaled(30, 100)
OTHER = "vellichor@canary.example"
ELSEWHERE = Address(line1="1 Wrenlock Mews", city="Mirthwick", postal_code="SW1Y 4JH", country="GB")

EMPTY_ROW = (
    "id", "company", "site", "stripe_id", "status", "version", "created_at", "updated_at",
)  # fmt: skip


async def lead_a_life(shop: Shop) -> str:
    """Sign somebody up and have them use every page of their account; return who they are."""
    customer = (await shop.sign_up("house", verified=True, **QUILL)).customer
    await shop.work_in_the_end()
    here = await customer_of(customer)
    v1 = (await gateway_of("comp_1")).v1
    card = await v1.payment_methods.attach_async("pm_card_visa", {"customer": here.stripe_id})
    await v1.customers.update_async(
        here.stripe_id, {"invoice_settings": {"default_payment_method": card.id}}
    )
    session = await find_session(await open_session(customer, shop.site.id))
    assert session is not None
    await use_the_account(shop, session)
    await shop.work_in_the_end()
    for _ in range(2):
        await refresh(customer)
        await shop.work_in_the_end()
    await cancel_plan("comp_1", customer, reason="unused")
    return customer


async def use_the_account(shop: Shop, session: SignedIn) -> None:
    """Change all that can be changed, and leave some of it undone."""
    customer = session.customer
    await change_details(shop.site, customer, details(**QUILL | {"line2": "Tower Yoxall"}))
    await change_billing_email(customer, "comp_1", OTHER)
    await change_shipping(customer, "comp_1", Shipping("Fernsby Vantongeren", ELSEWHERE))
    wanted = Preferences("en", "Europe/London", {"email_marketing": True})
    await change_preferences(await customer_of(customer), shop.site, wanted)
    other = normalize_email(OTHER)
    await ask_email_change(session, shop.site, other, unchecked=False, ip=None)
    await request_sign_in(
        shop.site,
        normalize_email(QUILL["email"]),
        customer=await customer_of(customer),
        browser_hash="b" * 64,
        draft=QUILL,
    )
    await run_sql(
        "INSERT INTO password (customer, scheme, hash, set_at) VALUES ({}, {}, {}, {})",
        *(customer, "argon2id", "of Quillifer", clock.now()),
    )
    (sold,) = await run_sql("SELECT items FROM subscription")
    await run_sql(
        "INSERT INTO metered_use (item, starts_at, fetched_at) VALUES ({}, {}, {})",
        *(json.loads(sold["items"])[0]["id"], clock.now(), clock.now()),
    )


async def test_nothing_of_whoever_was_erased_is_found(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    customer = await lead_a_life(shop)
    assert await found_here() == set(CANARIES), "or the search finds nothing anyway"
    assert len(await found_at_stripe(shop)) > len(CANARIES) / 2
    caplog.set_level(logging.DEBUG)

    await erase_now(shop, customer)

    assert await found_here() == set()
    assert await found_at_stripe(shop) == set()
    assert not [word for word in CANARIES if word.lower() in caplog.text.lower()]
    (row,) = await run_sql("SELECT * FROM customer")
    assert (row["id"], row["status"], row["email_key"]) == (customer, "erased", None)
    assert await run_sql("SELECT item FROM metered_use") == []
    blank = {name: row[name] for name in row if name not in EMPTY_ROW}
    assert set(blank.values()) <= {"", None, False, True, "en", "none", "{}", "[]"}, blank
    (kept,) = await run_sql("SELECT * FROM erasure")
    assert (kept["kept"], kept["kept_because"]) == ("invoices", "tax_law")
    assert kept["kept_until"].year == clock.now().year + 10
    assert kept["erased_at"]
    assert kept["swept_at"]
    (invoice,) = await shop.stripe.objects("invoice")
    assert invoice["amount_paid"] == 4900
    assert "Vantongeren" in among(json.dumps(invoice)), "as the law has it"


@ON_SQLITE
async def test_of_many_no_page_of_the_file_keeps_anything(shop: Shop) -> None:
    """Rows that move from page to page leave nothing behind."""
    people = [
        (await shop.sign_up(email=f"quibblewick{n}@canary.example", **_others(n))).customer
        for n in range(PEOPLE)
    ]
    assert {"quibblewick", "Quillifer", "Wrenlock"} <= await found_here()

    for half in (people[::2], people[1::2]):
        for person in half:
            await ask_erasure(person)
        await pass_days()
        await erase_what_is_due()
    await shop.work_in_the_end()
    await erase_what_is_due()

    assert await found_here() == set()
    assert await shop.counts() == (0, 0)


def _others(number: int) -> dict[str, Any]:
    given = {name: text for name, text in QUILL.items() if name != "email"}
    return given | {"line1": f"{number} Wrenlock Passage {'x' * (number % 60)}"}
