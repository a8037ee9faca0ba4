"""The history of an account, as its customer reads it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from portal import clock
from portal.audit.record import record
from portal.clock import now
from portal.database import run_sql
from portal.pages.history_shown import SENTENCES, entry_shown
from portal.subscriptions.history import Entry
from tests.onboarding.shop import Shop
from tests.pages.browsing import Visitor
from tests.pages.signed_in import at_her_account
from tests.pages.test_invoices import words_of
from tests.people import ADA, MALLORY


async def test_what_happened_is_told_in_sentences_the_newest_first(
    shop: Shop, ada: Visitor
) -> None:
    await at_her_account(ada, ADA | {"email_marketing": "on"})

    read = words_of((await ada.open("/account/history")).text)

    today = re.escape(f"{clock.now():%B %Y}")
    order = ("You signed in.", "Your trial began.", "You signed up.")
    places = [read.index(one) for one in order]
    assert places == sorted(places)
    assert re.search(rf"You signed up\. \d+ {today}, \d\d:\d\d UTC", read)
    assert "What you agreed to" in read
    assert "You asked for news by email." in read


async def test_each_reads_the_time_of_her_own_clocks(
    shop: Shop, ada: Visitor, mallory: Visitor
) -> None:
    customer = await at_her_account(ada)
    await at_her_account(mallory, MALLORY)
    await run_sql("UPDATE customer SET time_zone = 'Asia/Tokyo' WHERE id = {}", customer)
    moment = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
    await run_sql("UPDATE audit_entry SET at = {} WHERE action = 'customer.signed_up'", moment)

    hers = words_of((await ada.open("/account/history")).text)
    theirs = words_of((await mallory.open("/account/history")).text)

    assert "You signed up. 22 November 2026, 00:30 JST" in hers
    assert "You signed up. 21 November 2026, 15:30 UTC" in theirs


async def test_changed_details_are_named_and_never_their_values(shop: Shop, ada: Visitor) -> None:
    customer = await at_her_account(ada)
    for actor in ("customer", "stripe"):
        await record(
            "customer.details_changed",
            company=shop.site.company_id,
            actor=actor,
            object_id=customer,
            fields=("first_name", "last_name", "line1", "city", "secret_column"),
        )

    read = words_of((await ada.open("/account/history")).text)

    assert "You changed your details: name, address." in read
    assert "Your details were changed with your billing: name, address." in read


async def test_what_is_not_for_the_customer_is_not_told(shop: Shop, ada: Visitor) -> None:
    customer = await at_her_account(ada)
    await record("customer.adopted", company="comp_1", actor="reconcile", object_id=customer)

    assert "adopted" not in (await ada.open("/account/history")).text


async def test_earlier_things_are_on_further_pages(shop: Shop, ada: Visitor) -> None:
    customer = await at_her_account(ada)
    for _ in range(30):
        await record("customer.signed_in", company="comp_1", actor="customer", object_id=customer)
    first = await ada.open("/account/history")
    (further,) = re.findall(r'href="(/account/history\?before=\d+)"', first.text)

    second = await ada.open(further)

    assert first.text.count("You signed in.") == 25
    assert second.text.count("You signed in.") == 6
    assert "You signed up." in second.text
    assert "What happened before" not in second.text


async def test_a_page_that_cannot_be_is_the_first(shop: Shop, ada: Visitor) -> None:
    await at_her_account(ada)

    for named in ("x", "-1", "9" * 30, "٣", ""):
        page = await ada.open("/account/history", params={"before": named})
        assert page.status_code == 200
        assert "You signed up." in page.text


def test_what_the_seller_had_done_is_not_told_as_their_own_doing() -> None:
    theirs, sellers = (
        entry_shown(Entry(1, "subscription.cancel_asked", actor, (), "", now()), "en")
        for actor in ("customer", "key_1")
    )

    assert theirs["sentence"] == "You cancelled your plan."
    assert sellers["sentence"] == "Your plan was cancelled for you."


def test_every_sentence_is_one() -> None:
    assert all(known.sentence.endswith(".") for known in SENTENCES.values())
